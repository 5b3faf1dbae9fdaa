/* SPDX-License-Identifier: ISC */
/*
 * From the state of the kernel to published records: the input is changes of the model, the output
 * is records.
 *
 * It keeps three things; the work to update them is proportional to the change:
 *
 *	links   every link of the model, with the labels it claims and its layer 2 segment
 *	groups  a label and the links that claim it; --duplicates decides who has which name
 *	hosts   a served name with its addresses; and what the sink got last, so that only changes
 *	        are put again
 *
 * Changes only mark groups; names_flush() processes the marks. So the records depend only on the
 * state at a flush, and never on the order of the events before it.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "model/model.h"
#include "name/judge.h"
#include "name/label.h"
#include "name/policy.h"
#include "wire/rrset.h"

/* TTL of host records over mDNS (RFC 6762 §10). */
enum { NAMES_MDNS_TTL_S = 120 };

/* A link of our own namespace on which mDNS is spoken. */
struct names_mdns_link {
	uint32_t ifindex;
	uint32_t mtu;
	bool has_v4, has_v6;           /* has a source address of the family */
	const struct prefix *prefixes; /* on-link prefixes */
	size_t prefix_count;
	const struct addr *addrs; /* of the link */
	size_t addr_count;
	const char *name;
	bool is_left; /* with `is_gone`: the link still works, but we no longer speak there */
};

/* The kind of an owner's records for mDNS. */
struct names_mdns_kind {
	bool is_reverse; /* of a reverse name */
	bool is_of_host; /* of this host's own name, or of a reverse name of its own addresses */
};

/* What a reverse zone is from now on. */
enum names_zone {
	NAMES_ZONE_GONE,
	NAMES_ZONE_OURS, /* whose addresses are in it has as many signed zones as he may have */
	NAMES_ZONE_SIGNABLE
};

/* Receives the records. All arguments are borrowed for the call. An error is counted and the flush
 * continues. After ERR_NOMEM the next flush puts the record again; after another error it is put
 * when its name next changes. */
struct names_sink {
	/* From now on `owner` has exactly these sets in unicast DNS; `count` 0: none. */
	int (*put_unicast)(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count);
	/* A reverse zone that covers our addresses becomes ours, or may be signed from now on, or is no longer ours.
	 * ERR_EXISTS: it is about to end, and has to end before that; it comes again with the next flush. */
	int (*put_reverse_zone)(void *arg, const uint8_t *apex, enum names_zone what);
	/* mDNS begins on a link (or begins again, because the link changed). With `is_gone` it
	 * ends. */
	int (*put_mdns_link)(void *arg, const struct names_mdns_link *link, bool is_gone);
	/* From now on `owner` has exactly these sets on that mDNS link. */
	int (*put_mdns)(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
		size_t count, struct names_mdns_kind kind);
	/* The host names to which a namespace is related changed. */
	void (*on_hostnames)(void *arg, const struct model_ns *ns);
	/* The prefixes that are on-link on a watched interface changed: see names_onlink(). */
	void (*onlink_changed)(void *arg);
	/* A word in an alias, a host name or the name of a namespace is not a valid label, and is
	 * not served. */
	void (*on_reject)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict);
	/* A name has more than LIMIT_HOST_ADDRS addresses of a family and scope, from now on: `count`
	 * of them are not served. */
	void (*on_left_out)(void *arg, const char *label, size_t count);
	/* True if a zone file has that label, in lower case: then no guest and no rootless namespace gets it by its
	 * own word, and no other host. NULL: none has. See names_file_changed(). */
	bool (*is_of_file)(void *arg, const char *label);
	/* A name appeared, changed or was removed. Called after its records were put; for
	 * `watch`. */
	void (*on_host)(void *arg, const char *label, bool is_gone);
	void *arg;
};

struct names; /* opaque */

/* Returns names for a model that does not exist yet: make the model with names_listener(), then
 * bind it. NULL if out of memory. `policy` is copied, except the texts it points to. */
struct names *names_new(uint64_t seed, const struct policy *policy, struct names_sink sink)
	MUSTCHECK;
void names_free(struct names *n);

/* Returns the listener to make the model with. */
struct model_listener names_listener(struct names *n) NONNULL;

/* Binds the model that was made with the listener. It must outlive every later call except
 * names_free(). */
void names_bind_model(struct names *n, const struct model *model) NONNULL;

/* Sets the time, in nanoseconds of the clock of struct event_addr.expires_s. Marks the names whose
 * records must have a lower TTL from now on: it is at most what is left of an address's lifetime. To be
 * called before each flush, and at names_deadline() (NS_NEVER: no need) with a flush after it. */
void names_set_time(struct names *n, ns_t now) NONNULL;
ns_t names_deadline(const struct names *n) NONNULL;

/* Processes all marks: calls the sink for each difference. Cheap if there is no mark. What fails
 * for lack of memory stays marked: names_is_dirty() is true then, and the caller flushes again
 * after a delay. */
void names_flush(struct names *n) NONNULL;

/* True if a flush would do anything. */
bool names_is_dirty(const struct names *n) NONNULL;

/* Sets a new policy, and marks everything if it differs from the one before, whose lists must still be there. */
void names_set_policy(struct names *n, const struct policy *policy) NONNULL;

/* What is_of_file() says of that label, in any spelling, may have changed. Cheap if no guest, no rootless namespace and no other host claims it. */
void names_file_changed(struct names *n, const char *label) NONNULL;

/* What other hosts say over mDNS, and have signed, of the name `label`: these addresses, with a TTL of at most `ttl_s`;
 * `count` 0: none, and the name stays (a TXT record says "away"). `is_there` false: it is gone. The label may be in any
 * spelling. Such a name gives way to workloads and to zone files; it begins no reverse zone, and is never said over mDNS.
 * ERR_RANGE: it is no label; ERR_NOMEM: nothing has changed. */
struct names_said {
	const struct addr *addrs;
	size_t count;
	uint32_t ttl_s;
	bool is_there;
};
int names_put_collected(struct names *n, const char *label, const struct names_said *said) NONNULL
	MUSTCHECK;
/* What becomes of what is collected of a name, or would be. */
enum names_collected {
	COLLECTED_SERVED,
	COLLECTED_WORKLOAD, /* a workload has the name, or could get it as a numbered one */
	COLLECTED_FILE      /* a zone file has it */
};
enum names_collected names_judge_collected(const struct names *n, const char *label) NONNULL;

/* Makes the next flush put all mDNS records again. */
void names_say_mdns_again(struct names *n) NONNULL;

/* True if that label, in any spelling, is a name that the last flush has put, or that the running
 * flush will put. */
bool names_has(const struct names *n, const char *label) NONNULL;

/* True if that name has an address on that mDNS link, or if it is not said over mDNS here at all. As names_has(). */
bool names_has_on(const struct names *n, const char *label, uint32_t ifindex) NONNULL;

/* One on-link prefix, and a link that has it. */
struct names_onlink {
	struct prefix prefix;
	const char *ifname; /* borrowed until the next change of the model */
	uint64_t wire;      /* names_segment() of that link; 0: not known */
	bool is_inner; /* that wire is a bridge only for our containers and guests: client_link.h */
};
/* Calls `visit` for each prefix that is on-link on a watched interface; each once, any order. */
void names_each_onlink(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg) NONNULL_ARGS(1, 2);

/* An address of a name, and why it is served or not. */
struct names_addr {
	const struct model_addr *addr;
	enum addr_verdict verdict;
	enum addr_scope scope;
	enum name_source source; /* from which its link has the name */
	bool is_self;            /* from this host's own name; no `source` */
};

/* A name that is served; or a name that is claimed but that nobody has: then it has no
 * workloads. */
struct names_host {
	const char *label; /* as spelled by the first workload that has it */
	const char *group; /* the claimed label: differs if the name is numbered */
	size_t addr_count;
	size_t workload_count;
	bool is_collected; /* it has the addresses of names_put_collected() */
};
/* Calls `visit` for each such name, in order of label. ERR_NOMEM: nothing was visited. */
int names_each_host(const struct names *n, void (*visit)(void *arg, const struct names_host *host),
	void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;

/* Returns "alias", "hostname", "netns", "label", "dhcp" or "address". Static storage. */
const char *name_source_text(enum name_source source);

/* Calls `visit`, with the verdict, for each address of each link that claims the name of `label`,
 * whether it is served or not. ERR_ABSENT: no workload claims it. */
int names_explain(const struct names *n, const char *label,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg) NONNULL_ARGS(1, 2, 3)
	MUSTCHECK;

/* Calls `visit` for each label that a link claims, whether it is served or not. `is_self`: it is
 * this host's own name, from no source. */
typedef void names_label_fn(void *arg, const char *label, enum name_source source, bool is_self);
void names_each_label(const struct names *n, const struct model_link *link, names_label_fn *visit,
	void *arg) NONNULL_ARGS(1, 2, 3);

/* Calls `visit` for each word that a link claims and that is not a valid label. */
void names_each_reject(const struct names *n,
	void (*visit)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict),
	void *arg) NONNULL_ARGS(1, 2);

/* Returns the segment of a link as of the last flush, or 0 if it is not placed yet. Links with the
 * same number are on one wire. */
uint64_t names_segment(const struct names *n, const struct model_link *link) NONNULL;

/* Calls `visit` once for each name with link-local addresses. For exports. */
void names_each_linklocal(const struct names *n,
	void (*visit)(void *arg, const char *label, const struct rrset *sets, size_t count),
	void *arg) NONNULL_ARGS(1, 2);

struct names_stats {
	size_t hosts, groups, claims, rejects, reverse_zones, mdns_links;
	size_t left_out;              /* addresses above LIMIT_HOST_ADDRS */
	uint64_t flushes, puts, lost; /* lost: errors of the sink or of memory */
};
struct names_stats names_stats(const struct names *n) NONNULL;
