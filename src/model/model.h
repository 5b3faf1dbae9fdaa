/* SPDX-License-Identifier: ISC */
/*
 * The state of the kernel as of the last event applied: namespaces, their links, their addresses.
 *
 * Mark and sweep. EV_SYNC_BEGIN marks everything in the namespace as old. An object that a dump
 * lists becomes seen. An object that a notification names becomes fresh: a dump can no longer
 * change it, because the notification may be younger than the dump's snapshot. An object that a
 * notification removes leaves a tombstone, for the same reason. EV_SYNC_LINKS and EV_SYNC_END
 * remove the objects that are still old, and the tombstones. EV_SYNC_ABORT treats all remaining
 * objects of the namespace as seen. So a dump that finds nothing new changes nothing. Events of a
 * dump (is_dump) are ignored unless they come between EV_SYNC_BEGIN and its end.
 *
 * An address may be reported before its link. Then it is held back: the listener and the lookups do
 * not see it until its link is present too.
 *
 * In IPv4, one link may have the same address several times, with different prefix lengths or
 * peers. Each is a model_addr of its own, as in the kernel; IPv6 addresses are unique on their
 * link.
 *
 * Addresses that a guest has taken by itself (is_guest) are not the kernel's. Dumps leave them as they
 * are. They and the guest's name exist only while their link is present.
 *
 * Each change is reported at once to one listener, with the state before it. One thread.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "model/event.h"

struct model_ns {
	nsid_t nsid;
	struct event_ns info;
	struct list links;     /* of struct model_link.in_ns */
	struct list hostnames; /* of struct model_hostname.in_ns: our own first, then by uts */
	size_t hostname_count;
	struct map_node node;          /* owned by model.c */
	size_t link_count, addr_count; /* owned by table.c */
	struct share *share; /* of the stranger it belongs to; NULL: root's; owned by table.c */
	uint8_t lacks;       /* what was refused for lack of room; owned by lacking.c */
	bool is_syncing;     /* between EV_SYNC_BEGIN and its end */
};

/* What is known about the guest behind a link. */
struct model_guest {
	char name[GUEST_LABEL_CAP]; /* as EV_GUEST_NAME says it; "": none */
	uint64_t since;             /* of the name: a later one has a greater number */
};

struct model_link {
	struct model_ns *ns; /* never NULL */
	struct event_link info;
	struct model_guest *guest; /* NULL: it has said nothing; owned by model.c */
	uint32_t guest_addr_count; /* addresses of the guest */
	struct list addrs;         /* of struct model_addr.in_link */
	struct list in_ns;
	struct map_node node; /* owned by model.c */
	uint8_t mark;         /* owned by model.c */
	bool is_present;      /* false: so far only its addresses were reported, or it is a
			       * tombstone, or it is being removed. Do not use it then */
};

/* A UTS namespace in which a process of the network namespace is. EV_SYNC_* do not affect it. */
struct model_hostname {
	struct list in_ns;
	struct event_hostname info;
};

struct model_addr {
	struct model_link *link; /* never NULL */
	struct event_addr info;
	struct list in_link;
	struct map_node node; /* owned by model.c */
	struct map_node by_addr;
	uint8_t mark;    /* owned by model.c */
	uint8_t scope;   /* enum addr_scope of the address */
	bool is_present; /* false: a tombstone, or being removed */
};

/* What changed. While the listener runs, the model already has the change. For *_GONE, lookups no
 * longer find the object and its is_present is false, but it is still complete; it is freed
 * afterwards. MODEL_LINK_NEW comes before each MODEL_ADDR_NEW of the link, and MODEL_NS_NEW comes
 * before MODEL_LINK_NEW. Before a link is reported gone, each of its addresses is; before a
 * namespace is, each of its links is. */
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

/* `before` is the previous info structure (for *_CHANGED), else NULL. An event that changes
 * nothing is not reported. The pointer to the changed object is
 * never NULL. The listener may call the model to read only. */
struct model_listener {
	void (*on_ns)(void *arg, enum model_change change, const struct model_ns *ns);
	void (*on_link)(void *arg, enum model_change change, const struct model_link *link,
		const struct event_link *before);
	void (*on_addr)(void *arg, enum model_change change, const struct model_addr *addr,
		const struct event_addr *before);
	/* The namespace's list of host names changed, or a name in it did. Not called when the list
	 * goes with its namespace (MODEL_NS_GONE). */
	void (*on_hostnames)(void *arg, const struct model_ns *ns);
	void *arg;
};
/* Any of the functions may be NULL. */

struct model; /* opaque */

/* How much fits into a model; strangers get the parts of it that base/limits.h names. */
struct model_limits {
	size_t namespaces, links, addrs;
};

/* Returns an empty model. `seed` is for the hash of its tables. NULL if out of memory. */
struct model *model_new(uint64_t seed, struct model_listener listener) MUSTCHECK;
void model_free(struct model *m);

/* Changes how much fits in, from that of base/limits.h. What is there stays. For tests. */
void model_set_limits(struct model *m, struct model_limits limits) NONNULL;

/* Applies one event. ERR_NOMEM, ERR_RANGE (a limit of base/limits.h, or the part of it for strangers or
 * for one of them; see model_next_lacking()) or ERR_SYNTAX (an event that the kernel half never makes, for
 * example a name without a zero at its end); on error nothing changed. Any sequence of events is safe. EV_LINK, EV_ADDR and EV_HOSTNAME create their namespace
 * if it is not known. */
int model_apply(struct model *m, const struct event *ev) NONNULL MUSTCHECK;

/* True if events were refused with ERR_RANGE, and not all of what they were about was asked again. */
bool model_is_lacking(const struct model *m) NONNULL;

/* Finds a namespace of which an event was refused, and in which there is room now; one of root's if there
 * is one. The kernel has to be asked about all of it again. `*ret` is NSID_UNKNOWN if a whole namespace was
 * refused: then all have to be asked. False if there is none. Its work grows with the number of namespaces. */
bool model_next_lacking(const struct model *m, nsid_t *ret) NONNULL;

/* The kernel was asked: what model_next_lacking() returned counts as complete until the next refusal. */
void model_is_asked(struct model *m, nsid_t nsid) NONNULL;

/* Lookups return a pointer that is valid until the next model_apply(), or NULL. They find present
 * objects only. If several addresses differ only in prefix length or peer, model_addr() returns any
 * of them. */
const struct model_ns *model_ns(const struct model *m, nsid_t nsid) NONNULL;
const struct model_link *model_link(const struct model *m, nsid_t nsid, uint32_t ifindex) NONNULL;
const struct model_addr *model_addr(
	const struct model *m, nsid_t nsid, uint32_t ifindex, const struct addr *addr) NONNULL;

/* Calls `visit` for each present address that is equal to `addr`, on any link of any namespace, in any
 * order. */
void model_each_holder(const struct model *m, const struct addr *addr,
	void (*visit)(void *arg, const struct model_addr *holder), void *arg) NONNULL_ARGS(1, 2, 3);

/* Calls `visit` for each namespace in ascending order of nsid (NSID_OWN first). ERR_NOMEM if there
 * is no memory for sorting; then nothing was visited. */
int model_each_ns(const struct model *m, void (*visit)(void *arg, const struct model_ns *ns),
	void *arg) NONNULL_ARGS(1, 2) MUSTCHECK;

/* Numbers of present objects, for `status`. */
struct model_stats {
	size_t namespaces, links, addrs;
};
struct model_stats model_stats(const struct model *m) NONNULL;

/* Returns "host", "system", "user" or "unknown" for an enum event_owner. Static storage. */
const char *event_owner_text(uint8_t owner);

/* True if the link can pass traffic: it is up, and has carrier as far as the driver knows. (IFF_UP
 * and IFF_LOWER_UP, and operstate UP or UNKNOWN: see RFC 2863 and
 * Documentation/networking/operstates.rst.) */
bool model_link_is_up(const struct event_link *link) NONNULL;
