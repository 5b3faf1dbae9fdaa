/* SPDX-License-Identifier: ISC */
/*
 * A simulated kernel that speaks rtnetlink, in bytes: namespaces with links and addresses;
 * notifications that are lost when the queue is full; dumps that notice changes and report them;
 * and ids that pass from a dead namespace to a new one.
 *
 * It replaces io/netlink.h and watch/census.h, whose functions are defined in simkernel.c. So a
 * program that is linked with it runs the unchanged watch/kernel.c against the simulated kernel.
 * There is only one at a time.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/time.h"
#include "model/event.h"

enum {
	KERNEL_SPACES = 4, /* the first is our own; space i has the nsid i - 1 */
	KERNEL_LINKS = 4,  /* link i has the ifindex i + 1 */
	KERNEL_ADDRS = 4,
	KERNEL_QUEUE = 12,
	KERNEL_DATAGRAM = 1024,
	KERNEL_OWN_ID = 100 /* of our own namespace in its own table */
};

struct kernel_addr {
	bool is_there;
	struct addr addr;
	uint8_t prefix_len;
	uint32_t flags;
};

struct kernel_link {
	bool is_there, is_up;
	uint32_t mtu;
	uint32_t lower; /* ifindex of its lower device, a link of ours; 0: it is no macvlan */
	char alias[64];
	struct kernel_addr addrs[KERNEL_ADDRS];
};

struct kernel_space {
	bool is_there;
	uint64_t changes;  /* increases with each change, and with each new owner of the id */
	uint64_t uts;      /* of its processes; a new one for each new owner */
	char hostname[16]; /* "": it has no process */
	struct kernel_link links[KERNEL_LINKS];
};

struct kernel_datagram {
	nsid_t nsid;
	size_t len;
	_Alignas(8) uint8_t bytes[KERNEL_DATAGRAM];
};

/* A dump in progress on the socket for dumps. */
struct kernel_dump {
	uint16_t type; /* RTM_GET*; 0: none */
	uint32_t seq;
	int space;
	int at; /* its next object */
	uint64_t changes;
	bool is_interrupted;
	bool is_ready; /* the next datagram is made: later news is not in it */
	struct kernel_datagram next;
};

struct simkernel {
	struct kernel_space spaces[KERNEL_SPACES];
	struct kernel_datagram queue[KERNEL_QUEUE];
	size_t queued;
	bool is_congested, has_lost; /* NETLINK_S_CONGESTED, and an ENOBUFS that is due */
	struct kernel_dump dump;
	int news_fd;
	unsigned failures; /* number of future dumps that fail */
	uint64_t overruns; /* how often notifications were lost */
	uint64_t uts_made;
	/* Called before each datagram is received, to make events meanwhile. NULL: none. */
	void (*on_receive)(void *arg);
	void *arg;
};

/* Only our own namespace exists, without links. */
void simkernel_init(struct simkernel *k);

/* Events. Each does nothing if it is impossible. */
void simkernel_add_space(struct simkernel *k, int space);
/* The namespace dies without news of its contents. Not for our own. */
void simkernel_remove_space(struct simkernel *k, int space);
/* Sets the state of the link; it keeps its addresses. */
void simkernel_set_link(struct simkernel *k, int space, int link, const struct kernel_link *as);
/* Removes the link with its addresses and its macvlans, which are reported first. */
void simkernel_remove_link(struct simkernel *k, int space, int link);
void simkernel_set_addr(
	struct simkernel *k, int space, int link, int at, const struct kernel_addr *as);
void simkernel_remove_addr(struct simkernel *k, int space, int link, int at);
void simkernel_set_hostname(struct simkernel *k, int space, const char *hostname);

/* True if the macvlan has a lower link that exists. */
bool simkernel_has_lower(const struct simkernel *k, const struct kernel_link *link);
