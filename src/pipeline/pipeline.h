/* SPDX-License-Identifier: ISC */
/*
 * From event to records, whole: events of the kernel and what zone files say go in; the published zone,
 * the table of where clients stand, and the records of mDNS come out.
 *
 *	pipeline_apply ──► model ──► names ──┬──► zone ──► readers
 *	pipeline_set_files ──────────────────┤
 *	                                     └──► sink: mDNS
 *
 * All that is decided between the two ends is decided here: what a zone file and the kernel say together
 * of one name, which serial a zone gets, what is at the top of a zone, who is a LAN client, what this
 * host is called. It has no clock, no host name and no file: the shell tells them.
 *
 * pipeline_apply() only notes what has changed; pipeline_flush() says it. So what is said depends on
 * what there is at a flush, and never on the order of the events before it.
 *
 * One thread, but for the readers of pipeline_zone() and pipeline_views(): what they may still look at
 * is handed out by pipeline_flush(), for the shell to free when they have let go.
 */
#pragma once

#include "base/compiler.h"
#include "mdns/mdns.h"
#include "model/model.h"
#include "name/names.h"
#include "zone/view.h"
#include "zone/zone.h"
#include "zonefile/collection.h"

/* What the administrator decided. Texts and prefixes are borrowed, until the next pipeline_set_config()
 * has returned, or for the pipeline's life. */
struct pipeline_config {
	struct policy policy;     /* `self` and `has_self_mdns` are not looked at: see has_self */
	struct name ns;           /* in SOA and NS; len 0: this host's name */
	struct name hostmaster;   /* in SOA; len 0: "hostmaster" in the domain */
	const struct prefix *lan; /* their clients are LAN clients */
	size_t lan_count;
	bool has_self; /* this host's name is a name for its own links */
};

/* What the pipeline tells as it changes. Each may be NULL; all is borrowed for the call. None may call
 * back, except to read. */
struct pipeline_sink {
	/* A record came or went in the zone. Not told before the end of the first flush: what there is by
	 * then is asked for. */
	void (*on_record)(void *arg, const struct zone_change *change);
	/* Clients may stand elsewhere than before. The batch is not committed yet: zone_renew() goes into
	 * it. */
	void (*on_views)(void *arg);
	/* The same, but there was no memory: they stand where they stood. */
	void (*on_stale_views)(void *arg);

	/* mDNS begins (again, changed) or, with `is_gone`, ends on a link. */
	void (*put_mdns_link)(void *arg, const struct names_mdns_link *link, bool is_gone);
	/* Exactly these sets are at `owner` on that link: for mdns_put(), whose errors it returns. */
	int (*put_mdns)(void *arg, uint32_t link, const uint8_t *owner,
		const struct mdns_rrset *sets, size_t count);

	/* This host may have another name: pipeline_set_self() is due before the next flush. */
	void (*on_self)(void *arg);
	/* A word in an alias, a host name or the name of a namespace is no label, and is not served. */
	void (*on_reject)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict);
	/* The alias of a zone file at `owner` is not said, for workloads have that name. */
	void (*on_hidden_alias)(void *arg, const uint8_t *owner, const uint8_t *target);
	void *arg;
};

struct pipeline; /* opaque */

/* Without a kernel, files and host name yet; the zone of the domain is there. `config` is copied. NULL: no
 * memory. */
struct pipeline *pipeline_new(uint64_t seed, const struct pipeline_config *config,
	struct pipeline_sink sink) NONNULL MUSTCHECK;
/* After the last reader has ended, and all that was handed out by pipeline_flush() is freed. */
void pipeline_free(struct pipeline *p);

/* Applies an event of the kernel. Errors as of model_apply(), which are counted; nothing changed then. */
int pipeline_apply(struct pipeline *p, const struct event *ev) NONNULL MUSTCHECK;

/* What zone files say is exactly this; it is moved in, also on failure. ERR_NOMEM, ERR_RANGE: a part of it
 * is not said. */
int pipeline_set_files(struct pipeline *p, struct collection *files) NONNULL MUSTCHECK;

/* New rules from now on: what differs is changed, all else goes on. `config` is copied. What is not below
 * another domain any more goes with it: files are to be read again. ERR_NOMEM: as before. */
int pipeline_set_config(struct pipeline *p, const struct pipeline_config *config) NONNULL MUSTCHECK;

/* This host is called that: with dots a whole name, else one in the domain; what is fit for neither, ""
 * too, is "ns" in the domain. ERR_NOMEM: the SOA does not say so. */
int pipeline_set_self(struct pipeline *p, const char *hostname) NONNULL MUSTCHECK;

/* Whether a flush would do anything. */
bool pipeline_is_dirty(const struct pipeline *p) NONNULL;

/* What readers may still look at: to be freed, by zone_garbage_free() and view_table_free(), when they have
 * let go. NULL: nothing. */
struct pipeline_retired {
	struct zone_garbage *garbage; /* not NULL: a new state of the zone is published */
	struct view_table *views;
};

/* Publishes what has changed since the last flush. A zone that changed gets pipeline_next_serial(). */
void pipeline_flush(
	struct pipeline *p, uint32_t serial_floor, struct pipeline_retired *ret) NONNULL;

/* The least serial that a zone which changes now gets: `floor`, or one later than all before. 0 is none. */
uint32_t pipeline_next_serial(const struct pipeline *p, uint32_t floor) NONNULL;

/* Its parts, to be looked at; the zone to be read by others, and walked. */
const struct model *pipeline_model(const struct pipeline *p) NONNULL;
const struct names *pipeline_names(const struct pipeline *p) NONNULL;
struct zone *pipeline_zone(const struct pipeline *p) NONNULL;

/* The domain of names; valid until the configuration changes. */
const uint8_t *pipeline_domain(const struct pipeline *p) NONNULL;

/* Where clients stand: the published table. */
const struct view_slot *pipeline_views(const struct pipeline *p) NONNULL;
/* By the table of now, for the pipeline's own thread. */
enum view pipeline_view_of(const struct pipeline *p, const struct addr *client) NONNULL;

/* The rules of the table, beside what is built in: on-link prefixes and those of the configuration. The
 * caller frees `list`. ERR_NOMEM. */
struct pipeline_rules {
	struct view_rule *list;
	size_t count, cap;
	int err;
};
int pipeline_rules(const struct pipeline *p, struct pipeline_rules *ret) NONNULL MUSTCHECK;

/* The links on which mDNS is spoken; valid until the next flush. */
const uint32_t *pipeline_mdns_links(const struct pipeline *p, size_t *ret_count) NONNULL;

/* How much could not be taken in or said, for a limit or for memory. */
uint64_t pipeline_refused(const struct pipeline *p) NONNULL;
