/* SPDX-License-Identifier: ISC */
/* The guests that configure themselves, their addresses, and their wires. */
#pragma once

#include "base/budget.h"
#include "base/limits.h"
#include "ontapd/autoconf.h"

/* A parent with guests. */
struct wire {
	struct list in_all;
	uint32_t ifindex;
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	size_t ward_count, tap_count;            /* all; those of ipvtaps */
	struct addr banned[LIMIT_GUEST_ROUTERS]; /* of routers, that guests have claimed */
	size_t banned_count;
};

/* A guest: the tap's link in the nursery. */
struct ward {
	struct map_node by_ifindex;
	struct list addrs; /* of struct ward_addr, the least recently renewed first */
	struct wire *wire;
	uint32_t ifindex;
	uint32_t uid; /* of who asked for the tap */
	bool is_rewritten;
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	struct guest_policy policy;
	struct budget added, logged; /* addresses; lines about them */
};

/* An address of a guest, which is on its link. */
struct ward_addr {
	struct map_node by_addr;
	struct list in_ward;
	struct ward *ward;
	struct addr addr;
};

/* Adds a copy of the guest, whose `wire` and `addrs` are set here, on the wire of that parent, and tells the learner
 * and the programs. -errno; nothing is left then. */
int ward_add(struct autoconf *a, const struct ward *ward, uint32_t wire_ifindex) NONNULL MUSTCHECK;
void ward_remove(struct autoconf *a, struct ward *ward) NONNULL;
/* Returns the guest behind the link in the nursery, or NULL. */
struct ward *ward_find(const struct autoconf *a, uint32_t ifindex) NONNULL;
/* Returns the wire, or NULL. */
struct wire *wire_find(const struct autoconf *a, uint32_t ifindex) NONNULL;

/* The guest has the address already: after a restart, of ours or of the learner. `lifetime_s`: UINT32_MAX: for ever. */
void ward_resume(struct autoconf *a, struct ward *ward, const struct addr *addr,
	uint32_t lifetime_s) NONNULL;

/* Handlers: what the learner says, what the guard has dropped, what the host has. */
void ward_on_news(void *arg, const struct learner_news *news) NONNULL;
void ward_on_stray(void *arg, uint32_t ifindex, const struct addr *addr) NONNULL;
void ward_on_taken(void *arg, const struct addr *addr, bool is_taken) NONNULL;

/* Sends an order, and logs a failure. */
void ward_order(struct autoconf *a, const struct learner_order *order) NONNULL;
/* Tells the learner about the guest, and of no address. */
void ward_tell_learner(struct autoconf *a, const struct ward *ward) NONNULL;
/* Tells the programs about the guest, its hardware address on the wire included. -errno. */
int ward_tell_programs(struct autoconf *a, const struct ward *ward) NONNULL MUSTCHECK;
