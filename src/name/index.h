/* SPDX-License-Identifier: ISC */
/*
 * The inside of the name index: what the files of this directory share.
 */
#pragma once

#include "base/err.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "name/names.h"

enum { LABEL_TEXT_CAP = LABEL_CAP + 1 };

/* A present link of the model. */
struct nlink {
	struct map_node node; /* in names.links, by namespace and ifindex */
	const struct model_link *link;
	struct list claims; /* of struct claim.in_link: for all addresses of the link */
	struct list bound;  /* likewise: each for one address (name/bound.c) */
	size_t bound_count;
	bool has_surplus;    /* there were more for single addresses than a link may have */
	uint64_t segment;    /* smallest link_key() of the segment; 0 until placed */
	bool is_foreign;     /* link_is_foreign(), as of the last nlink_judge() */
	bool is_bridge_port; /* as of the last placement */
	bool is_open;        /* its segment is (name/segment.h) */
	uint32_t index;      /* used only during placement of segments */
	/* Another one than before: what the kernel had for the link, and for its IPv6, may be gone,
	 * whatever it looks like now. */
	uint64_t generation, generation_v6;
};

/* The rank of a claim. An earlier rank goes before a later one, and the two never share a name. */
enum claim_rank {
	RANK_OWN,       /* from a namespace that the host owns */
	RANK_GRANTED,   /* by an alias that ontapd set for a user, wherever the link is */
	RANK_ROOTLESS,  /* another user namespace owns the namespace or the UTS namespace */
	RANK_GUEST,     /* a guest says so: the first one has the name, and shares it with nobody */
	RANK_COLLECTED, /* another host says so (names_put_collected()): no link has such a claim */
	RANK_COUNT
};

/* What a host on a link says of a label. Immutable. */
struct collected {
	char label[LABEL_TEXT_CAP]; /* in its original spelling */
	uint32_t ttl_s;
	size_t count;
	struct addr addrs[];
};

/* A label in lower case, and its claims. It exists as long as it has claims or hosts, or is collected. */
struct group {
	struct map_node node;        /* in names.groups, by label */
	struct list claims;          /* of struct claim.in_group */
	size_t ranks[RANK_COUNT];    /* number of claims of each rank */
	struct collected *collected; /* owned; NULL: nobody says it */
	struct list hosts;           /* of struct host.in_group: the names it has made */
	struct list in_dirty;        /* in names.dirty_groups, or in no list */
	const struct claim **sorted; /* during hosts_assign(): claims_sorted(), or NULL */
	size_t sorted_count;
	char label[LABEL_TEXT_CAP];
};

/* A name that a link, or one of its addresses, may claim, found in one of the sources. */
struct candidate {
	const char *word; /* a label, without a zero at its end */
	size_t len;
	enum name_source source;
	bool is_self;
	enum claim_rank rank;
	const struct model_addr *only;        /* see struct claim */
	bool has_link_addrs, has_guest_addrs; /* likewise */
};

/* The claim of a link to a label. */
struct claim {
	struct nlink *nlink;
	struct group *group;
	struct list in_link, in_group;
	const struct model_addr *only; /* for this address; NULL: for all of the link's */
	bool is_self;                  /* claimed only because it is the host's own name */
	bool is_stale;                 /* used only while the claims of an address are updated */
	/* Unless `only`: which addresses of the link it names, those of the kernel or of the guest. */
	bool has_link_addrs, has_guest_addrs;
	enum claim_rank rank;
	enum name_source source;    /* unless is_self */
	char label[LABEL_TEXT_CAP]; /* in its original spelling */
};

/* A step for addresses that last longer than any cache keeps their records. */
#define HOST_ADDR_LASTS UINT32_MAX

/* Who has an address: our own namespace; a guest behind a link of it; or another namespace. */
#define HOLDER_OWN   UINT32_MAX
#define HOLDER_GUEST (UINT32_C(1) << 31) /* and the ifindex of the link */

/* One address of a host, and its segment. Compared byte for byte: there must be no unset
 * padding. */
struct host_addr {
	uint64_t segment;
	struct addr addr;
	uint8_t scope; /* enum addr_scope */
	bool is_own;   /* of a link of our own namespace, and not of a guest behind it */
	bool is_open;  /* its segment is (name/segment.h) */
	union {
		uint32_t step_s;    /* greatest TTL of its records; HOST_ADDR_LASTS: any */
		uint32_t expires_s; /* as in struct event_addr, while they are collected */
	};
	nsid_t nsid;
	uint32_t
		guest; /* ifindex of the link that the guest is behind which has it; 0: no guest has it */
};

struct host_addrs {
	struct host_addr *list; /* sorted by address, then segment; no two equal */
	size_t count;
	size_t left_out; /* how many there are besides, above LIMIT_HOST_ADDRS */
	ns_t lower_at;   /* when the step of one of them ends; NS_NEVER */
};

/* A name that is served. */
struct host {
	struct map_node node;   /* in names.hosts, by label in lower case */
	struct list in_group;   /* in its group's hosts, or in no list */
	struct list in_dirty;   /* in names.dirty_hosts, or in no list */
	struct group *group;    /* source of its addresses; NULL: being removed */
	struct host_addrs said; /* what the sink got last */
	struct host_addrs want; /* what the sink has to get, if `has_want` */
	bool has_want;
	bool is_incomplete;         /* the sink did not get all of `said` */
	bool is_silent, was_silent; /* not in mDNS: now; at the last report */
	bool is_away, was_away;     /* it has no address, and is there: now; at the last report */
	enum claim_rank rank, was_rank; /* of all that have it: now; at the last report */
	size_t workload_count;
	nsid_t nsid;                  /* of its first workload */
	struct heap_node in_expiring; /* in names.expiring: when a TTL has to be lowered */
	char key[LABEL_TEXT_CAP];     /* in lower case */
	char label[LABEL_TEXT_CAP];   /* as spelled */
	char said_label[LABEL_TEXT_CAP];
};

/* An address that some host has published, for PTR. */
struct ptr {
	struct map_node node; /* in names.ptrs, by address */
	struct list hosts;    /* of struct ptr_host.in_ptr */
	struct list in_dirty; /* in names.dirty_ptrs, or in no list */
	bool has_zone;        /* it is counted in its reverse zone */
	struct addr addr;
};

struct ptr_host {
	struct list in_ptr;
	struct host *host;
};

/* A reverse zone that is ours because of `count` addresses. */
struct rzone {
	struct map_node node; /* in names.rzones, by name */
	struct name apex;
	size_t count;
	bool is_half_removed; /* there was no memory to remove it */
	bool is_global;
	bool has_place;         /* among the signed zones; it needs none if it is not global */
	uint32_t holder;        /* to whom a place was offered last */
	struct share *share;    /* of him who has given it that place; NULL: nobody's */
	struct list in_waiting; /* in names.waiting_rzones, or in no list */
};

/* A prefix that watched links have: struct onlink in onlink.c. A link that has it is its holder. */
struct onlink;

/* The wires of inner bridges (name/client_link.h), ascending. */
struct inner_wires {
	uint64_t *at; /* owned */
	size_t count, cap;
};

struct spoken_link {
	uint32_t ifindex;
	uint32_t mtu;
	uint64_t segment;
	uint64_t generation, generation_v6; /* of its nlink */
	bool is_open;                       /* its segment is */
	bool has_v4, has_v6;
	bool is_untold;          /* the sink did not get it */
	struct prefix *prefixes; /* sorted */
	struct addr *addrs;      /* as many, sorted */
	size_t prefix_count;
	char name[IF_NAMESIZE];
};

struct names {
	struct policy policy;
	struct names_sink sink;
	uint64_t seed;
	const struct model *model; /* for walks; set by names_bind_model() */
	struct map links, groups, hosts, ptrs, rzones;
	struct map onlinks, onlink_holders;
	struct inner_wires inner_wires;
	struct list dirty_groups, dirty_hosts, dirty_ptrs;
	struct list waiting_rzones; /* of struct rzone.in_waiting: they have no place */
	struct shares signers;      /* signed reverse zones of each holder but HOLDER_OWN */
	bool has_free_places; /* of signed reverse zones: some may be given to those that wait */
	struct gather_room *room;         /* owned; for gather_claims() */
	struct heap expiring;             /* of struct host.in_expiring */
	ns_t now;                         /* names_set_time() */
	struct spoken_link *spoken_links; /* links on which mDNS is spoken, by ifindex */
	size_t spoken_link_count;
	size_t lesser_claim_count; /* of RANK_GRANTED, RANK_GUEST or RANK_COLLECTED */
	bool has_moved_links;      /* segments have to be placed again */
	bool has_new_owners;       /* links may have become foreign, or have ceased to be */
	bool has_own_changes;      /* links or addresses of our own namespace changed */
	bool has_new_onlinks;
	bool has_new_wires;        /* a link is on another segment than before */
	bool has_new_spoken_links; /* all mDNS records must be put again */
	bool has_new_policy;       /* all records must be put again */
	bool has_lost_links;       /* links or claims are missing: there was no memory */
	bool has_lost_onlinks;     /* likewise on-link prefixes */
	uint64_t shortages;        /* failures for lack of memory, ever */
	uint64_t last_generation;
	struct names_stats stats;
};

static inline uint64_t link_key(nsid_t nsid, uint32_t ifindex)
{
	return (uint64_t)(uint32_t)(nsid + 2) << 32 | ifindex;
}

static inline uint64_t link_hash(const struct names *n, nsid_t nsid, uint32_t ifindex)
{
	return hash_mix(n->seed, link_key(nsid, ifindex));
}

/* Counts an error of memory or of the sink. What failed for lack of memory stays marked, and the
 * next flush does it again; after other errors that would not help. */
static inline void names_check(struct names *n, int err)
{
	if (err)
		n->stats.lost++;
	if (err == ERR_NOMEM)
		n->shortages++;
}

/* index.c: look-ups in the index. */

/* Returns the place of the first entry with that address; `addrs->count` or more: there is none. */
size_t host_addrs_find(const struct host_addrs *addrs, const struct addr *addr);

/* Returns the link, or NULL. */
struct nlink *nlink_find(const struct names *n, nsid_t nsid, uint32_t ifindex);
/* Copies the label and turns it into lower case; `dst` has LABEL_TEXT_CAP bytes. */
void label_lower(char *dst, const char *label);
/* Returns the hash of a lower-case label, as used by names.groups and names.hosts. */
uint64_t label_hash(const struct names *n, const char *key);
/* Return the group, or the host, of that lower-case label, or NULL. */
struct group *group_find(const struct names *n, const char *key);
struct host *host_find(const struct names *n, const char *key);
/* Makes the name of a host in a branch of the zone: "wan", "lan", or "" for the zone itself;
 * "local" is the mDNS domain. ERR_RANGE if the result is too long for a name. */
int host_owner(
	const struct names *n, const struct host *host, const char *branch, struct name *ret);
/* True if an address is valid on a link of ours (RFC 6762 §6.2): it is on the link's own wire; or
 * it is on none of our wires, but on-link there by prefix, and a bridge that we cannot see may join
 * the wires: both are open (name/segment.h). Two closed networks with one prefix, as each docker
 * and each libvirt makes them, have nothing to do with each other. A link-local address means
 * nothing on another wire. */
bool host_addr_is_on(
	const struct names *n, const struct host_addr *ha, const struct spoken_link *link);

/* group.c: claims, and the groups that they form.
 * claim_add() makes a claim; ERR_NOMEM: nothing has changed. claim_find() returns the claim of all
 * addresses of the link to that lower-case label, or NULL. */
int claim_add(struct names *n, struct nlink *nlink, const struct candidate *candidate) MUSTCHECK;
void claim_remove(struct names *n, struct claim *claim);
struct claim *claim_find(const struct nlink *nlink, const char *key);
/* True if the claim names that address of its link. */
bool claim_names(const struct claim *claim, const struct model_addr *addr);
/* True if the claim names the guest behind the link, and the address is that of the host's end. */
bool claim_is_host_end(const struct claim *claim, const struct model_addr *addr);
/* Removes the claims of a list, or all of the link. */
void claims_drop_all(struct names *n, struct list *claims);
void claims_drop(struct names *n, struct nlink *nlink);
/* Marks what the link claims; for single addresses only that of `only`, unless it is NULL. */
void claims_mark(struct names *n, struct nlink *nlink, const struct model_addr *only);
void group_mark(struct names *n, struct group *group);
/* Returns the group of that lower-case label, a new one if need be; NULL: no memory. group_unref() frees it if nothing
 * refers to it; group_mark() lets the next flush give its names anew. */
struct group *group_get(struct names *n, const char *key) MUSTCHECK;
void group_unref(struct names *n, struct group *group);

/* claim.c: the labels that a link claims. */
void claims_update(struct names *n, struct nlink *nlink, bool may_report);
typedef void reject_fn(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict);
void claims_each_reject(
	const struct names *n, const struct model_link *link, reject_fn *visit, void *arg);

/* bound.c: the labels that a single address claims. bound_update() makes its claims what the state
 * says; bound_drop() removes them, because the address goes. */
void bound_update(
	struct names *n, struct nlink *nlink, const struct model_addr *addr, bool may_report);
void bound_update_link(struct names *n, struct nlink *nlink);
void bound_drop(struct names *n, struct nlink *nlink, const struct model_addr *addr);
void bound_each_reject(
	const struct names *n, const struct model_addr *addr, reject_fn *visit, void *arg);

/* host.c: reporting the addresses of each name to the sink. */
void hosts_say(struct names *n);
void hosts_mark_all(struct names *n);
void hosts_mark_expiring(struct names *n);
void host_mark(struct names *n, struct host *host);
void host_free(struct names *n, struct host *host);

/* assign.c: who has which name. */
void hosts_assign(struct names *n);
int claims_sorted(const struct group *group, const struct claim ***ret, size_t *ret_count);
bool group_refuses(const struct names *n, const struct group *group, const struct claim *claim);

/* gather.c: the addresses of a name. */

/* Returns room for gather_claims(), too large for the stack; free() frees it. NULL if out of memory. */
struct gather_room *gather_room_new(void);
/* Collects the served addresses of `count` claims, at most LIMIT_HOST_ADDRS of a family and scope. The
 * caller frees `ret->list`. ERR_NOMEM. */
int gather_claims(const struct names *n, const struct claim *const *claims, size_t count,
	struct host_addrs *ret) MUSTCHECK;
/* Likewise those that are collected. */
int gather_collected(
	const struct names *n, const struct collected *collected, struct host_addrs *ret) MUSTCHECK;
/* True if a changed end of a lifetime may change records, or comes before the time at which we look
 * again (struct event_addr.expires_s). False for a lifetime that is renewed in time. */
bool expiry_matters(const struct names *n, uint32_t before_s, uint32_t after_s);

/* rzone.c: the reverse zones. */

/* Counts an address in its zone, which it may begin; `holder` has it. ERR_NOMEM, or ERR_EXISTS, a zone that is about to end
 * has to end first: it is not counted. */
int rzone_enter(struct names *n, const struct addr *addr, uint32_t holder, bool *ret_is_new)
	MUSTCHECK;
/* Counts it out. ERR_NOMEM: it is still counted. */
int rzone_leave(struct names *n, const struct addr *addr) MUSTCHECK;
/* An address that is counted is also that of `holder`, who may have a place for its zone. */
void rzone_offer(struct names *n, const struct addr *addr, uint32_t holder);
/* Gives places that have become free to zones that wait. */
void rzones_settle(struct names *n);
void rzones_free(struct names *n);

/* reverse.c: PTR. */
/* Replaces the addresses host->said by `addrs`, and marks the addresses that differ; if `is_renewed`,
 * all: their names may differ. */
void ptrs_update(
	struct names *n, struct host *host, const struct host_addrs *addrs, bool is_renewed);
void ptrs_mark_all(struct names *n);
void ptrs_say(struct names *n);
void ptrs_free(struct names *n);

/* topology.c: segments, mDNS links. ERR_NOMEM: not all is done. */
int segments_place(struct names *n) MUSTCHECK;
int spoken_links_update(struct names *n) MUSTCHECK;
void spoken_links_free(struct names *n);

/* Returns the prefix that the address makes on-link: on a point-to-point address (ip addr add A peer B/24)
 * it is that of the other end, as the kernel's route is (net/ipv4/fib_frontend.c, fib_add_ifaddr()). */
static inline struct prefix onlink_prefix(const struct event_addr *info)
{
	const bool has_peer = info->peer.family == info->addr.family;
	return prefix_make(has_peer ? &info->peer : &info->addr, info->prefix_len);
}

/* onlink.c: on-link prefixes, which tell a lan client.
 * onlink_count() counts an address of a link (`by` is 1), or no longer (-1); onlink_count_link() all
 * addresses of the link. Those of a foreign link do not count, and may not be passed. */
void onlink_count(
	struct names *n, const struct model_link *link, const struct event_addr *addr, int by);
void onlink_count_link(struct names *n, const struct model_link *link, int by);
/* Counts all addresses again, after a lack of memory. */
void onlinks_rebuild(struct names *n);
void onlinks_free(struct names *n);
/* Calls `visit` for each on-link prefix, with a link that has it and the wire of that link. */
void onlinks_each(const struct names *n,
	void (*visit)(void *arg, const struct names_onlink *onlink), void *arg);
/* Links have moved: sets has_new_onlinks if prefixes may be on other wires than before.
 * ERR_NOMEM: the former wires still count. */
int onlinks_note_moves(struct names *n) MUSTCHECK;
