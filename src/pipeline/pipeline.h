/* SPDX-License-Identifier: ISC */
/*
 * The whole way from events to records. Input: events of the kernel, and the records of zone
 * files. Output: the published zone, the table of client views, and the records for mDNS.
 *
 *	pipeline_apply ──► model ──► names ──┬──► zone ──► readers
 *	pipeline_set_files ──────────────────┤
 *	                                     └──► sink: mDNS
 *
 * All decisions between input and output are made here: how records of a zone file and of the
 * kernel are merged, the serials of zones, the records at an apex, which clients are LAN
 * clients, and the name of this host. The pipeline has no clock, no host name and no files: the
 * shell passes them in.
 *
 * pipeline_apply() only notes changes; pipeline_flush() publishes them. So the output depends
 * only on the state at a flush, never on the order of the events before it.
 *
 * Everything runs in one thread, except the readers of pipeline_zone() and pipeline_views().
 * pipeline_flush() returns the data that these readers may still use. The shell frees it after
 * they have finished.
 */
#pragma once

#include "base/compiler.h"
#include "mdns/mdns.h"
#include "model/model.h"
#include "name/names.h"
#include "zone/sign.h"
#include "zone/view.h"
#include "zone/zone.h"
#include "zonefile/collection.h"

/* What the administrator configured. Texts and prefixes are borrowed until the next
 * pipeline_set_config() has returned, or for the pipeline's life. */
struct pipeline_config {
	struct policy policy;     /* `self` and `has_self_mdns` are ignored: see has_self */
	struct name ns;           /* in SOA and NS; len 0: this host's name */
	struct name hostmaster;   /* in SOA; len 0: "hostmaster" in the domain */
	const struct prefix *lan; /* clients in these prefixes are LAN clients */
	size_t lan_count;
	bool has_self;     /* this host's name is served for its own links */
	uint16_t srp_port; /* where services are registered (RFC 9665); 0: nowhere */
	/* The rdata of the KEY of this host, which is said at its own name in multicast DNS; len 0: none, and nothing is
	 * public. Else names like one of these patterns (fnmatch(3), of a label) are public there. */
	struct rdata host_key;
	const char *const *published;
	size_t published_count;
};

/* Callbacks for changes. Each may be NULL. All arguments are borrowed during the call. A
 * callback must not call the pipeline, except to read. */
struct pipeline_sink {
	/* A record was added to or removed from the zone. Not called before the end of the first
	 * flush: the caller reads the records that exist by then. */
	void (*on_record)(void *arg, const struct zone_change *change);
	/* True if the zone with that apex is to be signed (zone/sign.h). Asked when it comes. `has_place` false: who has
	 * brought it has as many signed ones as he may; then it may be asked again later. */
	bool (*is_signed)(void *arg, const uint8_t *apex, bool has_place);
	/* A signed zone has come, which has no keys yet (pipeline_set_keys()), or is gone. */
	void (*on_signed_zone)(void *arg, const uint8_t *apex, bool is_gone);
	/* The views of clients may have changed. The batch is not committed yet, so zone_renew()
	 * becomes part of it. */
	void (*on_views)(void *arg);
	/* The views should have changed, but there was no memory: they stay as they were. */
	void (*on_stale_views)(void *arg);

	/* mDNS begins on a link (again, if the link changed) or, with `is_gone`, ends there.
	 * ERR_NOMEM: the next flush calls it again. */
	int (*put_mdns_link)(void *arg, const struct names_mdns_link *link, bool is_gone);
	/* The sets at `owner` on that link are now exactly these: for mdns_put(). Returns its
	 * errors. */
	int (*put_mdns)(void *arg, uint32_t link, const uint8_t *owner,
		const struct mdns_rrset *sets, size_t count);

	/* The name of this host may have changed: call pipeline_set_self() before the next
	 * flush. */
	void (*on_self)(void *arg);
	/* A word in an alias, a host name or the name of a namespace is no valid label, so it is
	 * not served. */
	void (*on_reject)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict);
	/* A zone file, or a zone file and workloads together, have more records of a type at `owner` than other
	 * servers take: LIMIT_TRANSFER_SET. */
	void (*on_crowded)(void *arg, const uint8_t *owner, uint16_t type, size_t count);
	/* Records of zone files at `owner` leave no room for those of workloads, which are not served. */
	void (*on_no_room)(void *arg, const uint8_t *owner);
	/* A name has more addresses than are served, from now on: `count` are left out. */
	void (*on_left_out)(void *arg, const char *label, size_t count);
	/* The alias of a zone file at `owner` is not served, because workloads have that name. */
	void (*on_hidden_alias)(void *arg, const uint8_t *owner, const uint8_t *target);
	void *arg;
};

struct pipeline; /* opaque */

/* Returns a pipeline without events, files and host name; the zone of the domain exists.
 * `config` is copied. NULL if out of memory. */
struct pipeline *pipeline_new(uint64_t seed, const struct pipeline_config *config,
	struct pipeline_sink sink) NONNULL MUSTCHECK;
/* To be called after the last reader has ended and everything from pipeline_flush() is freed. */
void pipeline_free(struct pipeline *p);

/* Applies an event of the kernel. Errors are those of model_apply(), and are counted; nothing
 * has changed then. */
int pipeline_apply(struct pipeline *p, const struct event *ev) NONNULL MUSTCHECK;

/* Sets the records that zone files have at that owner to exactly these; `count` 0: to none. The owner
 * is below the domain, below .local, or a reverse name. Readers see it at once. The last call of a
 * series is followed by pipeline_end_statics(), which makes mDNS say what the series has changed.
 * ERR_RANGE: a node cannot hold this much. ERR_NOMEM: try again. */
int pipeline_put_static(struct pipeline *p, const uint8_t *owner, const struct rrset *sets,
	size_t count) NONNULL_ARGS(1, 2) MUSTCHECK;
void pipeline_end_statics(struct pipeline *p) NONNULL;
/* Makes room for that many owners in zones, before they are put. ERR_NOMEM. */
int pipeline_expect_statics(struct pipeline *p, size_t names) NONNULL MUSTCHECK;

/* Sets the records that updates have at that owner to exactly these. Readers see it at once; the next flush gives
 * its zone a serial. ERR_RANGE: it is in no zone, or a node cannot hold this much. ERR_NOMEM: try again. */
int pipeline_put_update(struct pipeline *p, const uint8_t *owner, const struct rrset *sets,
	size_t count) NONNULL_ARGS(1, 2) MUSTCHECK;
/* Returns what pipeline_put_update() would return, and changes nothing. */
int pipeline_try_update(struct pipeline *p, const uint8_t *owner, const struct rrset *sets,
	size_t count) NONNULL_ARGS(1, 2) MUSTCHECK;

/* Sets what another host says of the name `label`: names_put_collected(). The next flush publishes it. */
int pipeline_put_collected(
	struct pipeline *p, const char *label, const struct names_said *said) NONNULL MUSTCHECK;

/* True if no other host may have that name: a workload or a zone file has it, or it is this host's. */
bool pipeline_is_taken(const struct pipeline *p, const char *label) NONNULL;

/* Sets the records of the zone files to exactly `files`, and takes ownership of it, also on
 * failure. ERR_NOMEM, ERR_RANGE: a part of the records is not served. */
int pipeline_set_files(struct pipeline *p, struct collection *files) NONNULL MUSTCHECK;

/* Sets a new configuration: only differences have an effect. `config` is copied. If the domain
 * changes, records of the former one are served until pipeline_end_statics(): the caller must read the
 * files again. ERR_NOMEM: the records at the apex are not updated. */
int pipeline_set_config(struct pipeline *p, const struct pipeline_config *config) NONNULL MUSTCHECK;

/* Sets the name of this host. With dots it is a full name, otherwise a name in the domain. If it
 * is not valid for either, or is "", the name is "ns" in the domain. ERR_NOMEM: the SOA does not
 * have the new name. */
int pipeline_set_self(struct pipeline *p, const char *hostname) NONNULL MUSTCHECK;

/* True if a flush would do anything. After a flush: something failed for lack of memory; flush
 * again after a delay. */
bool pipeline_is_dirty(const struct pipeline *p) NONNULL;

/* True if a flush has left work for further ones, because it would have taken too long: flush again as soon
 * as others have had their turn. */
bool pipeline_has_more(const struct pipeline *p) NONNULL;

/* Sets the keys of a signed zone, and the clock for signatures: zone_set_keys(), zone_set_clock(). The next flush
 * signs with them. ERR_ABSENT: that zone is not signed; ERR_NOMEM, ERR_RANGE. */
int pipeline_set_keys(struct pipeline *p, const uint8_t *apex, const struct zone_keys *keys) NONNULL
	MUSTCHECK;
void pipeline_set_clock(struct pipeline *p, uint32_t now_s) NONNULL;
/* The store is asked for requests, and gets signatures: zone_next_request(), zone_signed(), zone_refresh(). */

/* What readers may still use. When they have finished, free it by zone_garbage_free() and
 * view_table_free(). NULL: nothing. */
struct pipeline_retired {
	struct zone_garbage *garbage; /* not NULL: a new state of the zone is published */
	struct view_table *views;
};

/* Sets the time for lifetimes of addresses: names_set_time(). To be called before each flush, and at
 * pipeline_deadline(), NS_NEVER: no need. */
void pipeline_set_time(struct pipeline *p, ns_t now) NONNULL;
ns_t pipeline_deadline(const struct pipeline *p) NONNULL;

/* Publishes all changes since the last flush. A changed zone gets the serial of
 * pipeline_next_serial(). */
void pipeline_flush(
	struct pipeline *p, uint32_t serial_floor, struct pipeline_retired *ret) NONNULL;

/* Returns the lowest serial for a zone that changes now: `floor`, or one later than all before.
 * 0 means none. */
uint32_t pipeline_next_serial(const struct pipeline *p, uint32_t floor) NONNULL;

/* The parts of the pipeline, for reading. Other threads may read the zone, and it may be walked. */
const struct model *pipeline_model(const struct pipeline *p) NONNULL;

/* Call model_is_asked() and model_set_limits(). */
void pipeline_is_asked(struct pipeline *p, nsid_t nsid) NONNULL;
void pipeline_set_limits(struct pipeline *p, struct model_limits limits) NONNULL;
const struct names *pipeline_names(const struct pipeline *p) NONNULL;
struct zone *pipeline_zone(const struct pipeline *p) NONNULL;

/* Returns the domain of names; valid until the configuration changes. */
const uint8_t *pipeline_domain(const struct pipeline *p) NONNULL;

/* Returns the slot of the published table of client views. */
const struct view_slot *pipeline_views(const struct pipeline *p) NONNULL;
/* Returns the view of a client by the present table, for the pipeline's own thread. */
enum view pipeline_view_of(const struct pipeline *p, const struct addr *client) NONNULL;

/* The rules of the table, without the built-in ones: on-link prefixes and those of the
 * configuration. The caller frees `list`. ERR_NOMEM. */
struct pipeline_rules {
	struct view_rule *list;
	size_t count, cap;
	int err;
};
int pipeline_rules(const struct pipeline *p, struct pipeline_rules *ret) NONNULL MUSTCHECK;

/* Returns the links that use mDNS; valid until the next flush. */
const uint32_t *pipeline_mdns_links(const struct pipeline *p, size_t *ret_count) NONNULL;

/* Returns how many inputs or outputs were refused because of a limit or of memory. */
uint64_t pipeline_refused(const struct pipeline *p) NONNULL;
