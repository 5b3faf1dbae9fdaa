/* SPDX-License-Identifier: ISC */
/*
 * From what the kernel has to what is said: the model's changes in, records out.
 *
 * Three things are kept, each updated in proportion to what changes:
 *
 *	links   every link of the model, with the labels it claims and its layer 2 segment
 *	groups  a label and the links that claim it; --duplicates decides who of them has which name
 *	hosts   a name as it is served, with its addresses; what was said last, so that only a difference
 *	        is said again
 *
 * Changes only mark groups; names_flush() works off the marks. So what is said depends on the state
 * at a flush, and never on the order of the events before it.
 */
#pragma once

#include "base/compiler.h"
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
	bool has_v4, has_v6;           /* has an address of the family to speak from */
	const struct prefix *prefixes; /* on-link ones */
	size_t prefix_count;
	const char *name;
};

/* Where records go. Everything passed is borrowed for the call. An error is counted and the flush
 * goes on; the record is said again when its name next changes. */
struct names_sink {
	/* Exactly these sets are at `owner` in unicast DNS; 0: none. */
	int (*put_unicast)(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count);
	/* A reverse zone that covers addresses of ours begins or ceases to be ours. */
	int (*put_reverse_zone)(void *arg, const uint8_t *apex, bool is_ours);
	/* mDNS begins (again, changed) or, with `is_gone`, ends on a link. */
	int (*put_mdns_link)(void *arg, const struct names_mdns_link *link, bool is_gone);
	/* Exactly these sets are at `owner` on that mDNS link. `is_reverse`: a reverse name. */
	int (*put_mdns)(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
		size_t count, bool is_reverse);
	/* The host names that a namespace is related to changed. */
	void (*on_hostnames)(void *arg, const struct model_ns *ns);
	/* The prefixes that are on-link on a watched interface changed: see names_onlink(). */
	void (*onlink_changed)(void *arg);
	/* A word in an alias, a host name or the name of a namespace is no label, and is not served. */
	void (*on_reject)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict);
	/* A name came, changed or went, after its records were put: for `watch`. */
	void (*on_host)(void *arg, const char *label, bool is_gone);
	void *arg;
};

struct names; /* opaque */

/* Names for a model that does not exist yet: it is made with names_listener(), and then bound. NULL
 * if out of memory. `policy` is copied, but for the texts it points to. */
struct names *names_new(uint64_t seed, const struct policy *policy, struct names_sink sink)
	MUSTCHECK;
void names_free(struct names *n);

/* What the model's listener calls. */
struct model_listener names_listener(struct names *n) NONNULL;

/* The model that was made with the listener; it outlives every later call but names_free(). */
void names_bind_model(struct names *n, const struct model *model) NONNULL;

/* Works off all marks: calls the sink for each difference. Cheap when there is no mark. */
void names_flush(struct names *n) NONNULL;

/* Whether a flush would do anything. */
bool names_is_dirty(const struct names *n) NONNULL;

/* New rules from now on: everything is marked. */
void names_set_policy(struct names *n, const struct policy *policy) NONNULL;

/* At the next flush all is said over mDNS again. */
void names_say_mdns_again(struct names *n) NONNULL;

/* Whether that label, in any spelling, is a name, which the last flush has said, or the one that runs
 * will say. */
bool names_has(const struct names *n, const char *label) NONNULL;

/* One on-link prefix, and a link that has it. */
struct names_onlink {
	struct prefix prefix;
	const char *ifname; /* borrowed until the next change of the model */
	uint64_t wire;      /* names_segment() of that link; 0: not known */
	bool is_inner; /* that wire is a bridge of ours for containers and guests only: client_link.h */
};
/* Calls `visit` for each prefix that is on-link on a watched interface; each once, any order. */
void names_each_onlink(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg) NONNULL_ARGS(1, 2);

/* An address of a name, with why it is or is not served. */
struct names_addr {
	const struct model_addr *addr;
	enum addr_verdict verdict;
	enum addr_scope scope;
	enum name_source source; /* where its link has the name from */
	bool is_self;            /* from this host's own name instead */
};

/* A name as served, or one that is claimed and that nobody has: no workloads then. */
struct names_host {
	const char *label; /* as spelled by the first workload that has it */
	const char *group; /* the label that was claimed: differs where it is numbered */
	size_t addr_count;
	size_t workload_count;
};
/* Calls `visit` for each of them, in order of label. ERR_NOMEM: nothing was visited. */
int names_each_host(const struct names *n, void (*visit)(void *arg, const struct names_host *host),
	void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;

/* "alias", "hostname", "netns". Static storage. */
const char *name_source_text(enum name_source source);

/* Calls `visit` for each address of each link that claims the name `label` serves or would serve,
 * with its verdict. ERR_ABSENT: no workload claims it. */
int names_explain(const struct names *n, const char *label,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg) NONNULL_ARGS(1, 2, 3)
	MUSTCHECK;

/* Calls `visit` for each word that is claimed by a link and is no label. */
void names_each_reject(const struct names *n,
	void (*visit)(void *arg, const struct model_link *link, const char *word, size_t len,
		enum label_verdict verdict),
	void *arg) NONNULL_ARGS(1, 2);

/* The segment of a link: equal numbers are one wire. As of the last flush; 0 if not placed yet. */
uint64_t names_segment(const struct names *n, const struct model_link *link) NONNULL;

/* For exports: link-local addresses of each name, `visit` once a name that has any. */
void names_each_linklocal(const struct names *n,
	void (*visit)(void *arg, const char *label, const struct rrset *sets, size_t count),
	void *arg) NONNULL_ARGS(1, 2);

struct names_stats {
	size_t hosts, groups, claims, rejects, reverse_zones, mdns_links;
	uint64_t flushes, puts, lost; /* lost: errors of the sink or of memory */
};
struct names_stats names_stats(const struct names *n) NONNULL;
