/* SPDX-License-Identifier: ISC */
/*
 * What the kernel has: namespaces, their links, their addresses, as of the last event applied.
 *
 * Mark and sweep. EV_SYNC_BEGIN marks everything in the namespace as old. What a dump names becomes
 * seen; what news names becomes fresh, and a dump can no longer change it, for the news may be
 * younger than the dump's snapshot; what news removes leaves a tombstone for the same reason.
 * EV_SYNC_LINKS and EV_SYNC_END remove what is still old, and the tombstones. EV_SYNC_ABORT makes
 * all that is left of the namespace as good as seen. So a dump that finds nothing new changes
 * nothing. What claims to be of a dump (is_dump) outside of EV_SYNC_BEGIN and its end is passed
 * over.
 *
 * An address may be heard of before its link. It is held back then: the listener and the lookups
 * know of it only once its link is present too.
 *
 * IPv4 lets one link have one address several times, with different prefix lengths or peers. Each
 * is a model_addr of its own, as in the kernel; IPv6 addresses are unique on their link.
 *
 * Each change is told at once to one listener, with what was before. One thread.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "model/event.h"

struct model_ns {
	nsid_t nsid;
	struct event_ns info;
	struct list links; /* of struct model_link.in_ns */
	struct list
		hostnames; /* of struct model_hostname.in_ns: those of our own first, then by uts */
	size_t hostname_count;
	struct map_node node; /* owned by model.c */
	bool is_syncing;      /* between EV_SYNC_BEGIN and its end */
};

struct model_link {
	struct model_ns *ns; /* never NULL */
	struct event_link info;
	struct list addrs; /* of struct model_addr.in_link */
	struct list in_ns;
	struct map_node node; /* owned by model.c */
	uint8_t mark;         /* owned by model.c */
	bool is_present;      /* false: only addresses of it were heard of yet, a tombstone, or
	                        * on its way out: not to be looked at */
};

/* A UTS namespace that a process of the namespace is in. EV_SYNC_* have no say about it. */
struct model_hostname {
	struct list in_ns;
	struct event_hostname info;
};

struct model_addr {
	struct model_link *link; /* never NULL */
	struct event_addr info;
	struct list in_link;
	struct map_node node; /* owned by model.c */
	uint8_t mark;         /* owned by model.c */
	bool is_present;      /* false: a tombstone, or on its way out */
};

/* What changed. The model is already as it is after the change while the listener runs: for *_GONE
 * lookups no longer find the object and its is_present is false, but it is still whole; it is freed
 * after. MODEL_LINK_NEW comes before each MODEL_ADDR_NEW of the link, and MODEL_NS_NEW before that.
 * A link that goes first reports each of its addresses, a namespace that goes each of its links. */
enum model_change {
	MODEL_NS_NEW,
	MODEL_NS_CHANGED,
	MODEL_NS_GONE,
	MODEL_LINK_NEW,
	MODEL_LINK_CHANGED,
	MODEL_LINK_GONE,
	MODEL_ADDR_NEW,
	MODEL_ADDR_CHANGED,
	MODEL_ADDR_GONE
};

/* `before` is the info structure as it was (for *_CHANGED), else NULL. Exactly one of the pointers
 * that the kind of change names is not NULL. An event that changes nothing is not reported: a
 * lifetime refresh, say. The listener must not call back into the model except to read. */
struct model_listener {
	void (*on_ns)(void *arg, enum model_change change, const struct model_ns *ns);
	void (*on_link)(void *arg, enum model_change change, const struct model_link *link,
		const struct event_link *before);
	void (*on_addr)(void *arg, enum model_change change, const struct model_addr *addr,
		const struct event_addr *before);
	/* The list of the namespace's host names is another than before, or has another name in it.
	 * With MODEL_NS_GONE they go unsaid. */
	void (*on_hostnames)(void *arg, const struct model_ns *ns);
	void *arg;
};
/* Any of the functions may be NULL. */

struct model; /* opaque */

/* An empty model. `seed` is of the tables' hash. NULL if out of memory. */
struct model *model_new(uint64_t seed, struct model_listener listener) MUSTCHECK;
void model_free(struct model *m);

/* Applies one event. ERR_NOMEM, ERR_RANGE (a limit of base/limits.h) or ERR_SYNTAX (no event that
 * the kernel half makes: no zero at the end of a name, say); nothing changed then. Any sequence of
 * events is safe; EV_LINK, EV_ADDR and EV_HOSTNAME of a namespace not heard of make it. */
int model_apply(struct model *m, const struct event *ev) NONNULL MUSTCHECK;

/* Lookups return a pointer valid until the next model_apply(), or NULL; only what is present.
 * model_addr() gives any one of those that differ in prefix length or peer only. */
const struct model_ns *model_ns(const struct model *m, nsid_t nsid) NONNULL;
const struct model_link *model_link(const struct model *m, nsid_t nsid, uint32_t ifindex) NONNULL;
const struct model_addr *model_addr(
	const struct model *m, nsid_t nsid, uint32_t ifindex, const struct addr *addr) NONNULL;

/* Calls `visit` for each namespace in ascending order of nsid (NSID_OWN first). ERR_NOMEM if the
 * order could not be made; nothing was visited then. */
int model_each_ns(const struct model *m, void (*visit)(void *arg, const struct model_ns *ns),
	void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;

/* Counts of what is present, for `status`. */
struct model_stats {
	size_t namespaces, links, addrs;
};
struct model_stats model_stats(const struct model *m) NONNULL;

/* Whether the namespace is somebody else's: another user namespace owns it, or nobody could say which
 * does, so that it may be. */
bool model_ns_is_foreign(const struct model_ns *ns) NONNULL;

/* Whether traffic passes through the link: up, and with carrier as far as the driver knows.
 * (IFF_UP and IFF_LOWER_UP, and operstate UP or UNKNOWN: RFC 2863 as Documentation/networking/
 * operstates.rst has it.) */
bool model_link_is_up(const struct event_link *link) NONNULL;
