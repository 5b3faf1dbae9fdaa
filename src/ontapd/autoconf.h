/* SPDX-License-Identifier: ISC */
/*
 * Guests that configure themselves: the wiring between a tap in the nursery, the BPF programs, the learner, and
 * the addresses on the tap's link, which are what the kernel and ontap-zone know of the guest.
 *
 *	guest ─► learner: "ifindex 7 has 10.0.0.9" ─► judged here ─► RTM_NEWADDR in the nursery
 *	                                                        └──► the guard lets it be said
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "guest/policy.h"
#include "ontapd/learner.h"
#include "ontapd/nursery.h"
#include "ontapd/registry.h"
#include "ontapd/rewrite.h"
#include "ontapd/taken.h"

struct autoconf {
	const struct log *log;
	struct loop *loop;
	struct netns_visit *visits;
	struct learner learner;
	struct nursery nursery;
	struct rewrite *rewrite;   /* NULL: none */
	char why[REWRITE_WHY_CAP]; /* there is none */
	bool has_tried;            /* to load it */
	bool is_furnished;         /* all that guests need is there */
	bool must_teach; /* the learner knows nothing, or not all: it is a new one, or did not read */
	ns_t teach_at;   /* not before this time */
	struct loop_watch strays;
	struct taken taken;
	struct map guests; /* of struct ward, by ifindex */
	struct map addrs;  /* of struct ward_addr, by address */
	struct list wires; /* of struct wire */
	struct log_limit complaints;
	const char *path;          /* of the nursery's file; borrowed */
	const char *notify_socket; /* borrowed; NULL: none */
};

/* Before anything else: starts the learner. A failure is logged, and only leaves out guests. */
void autoconf_init(struct autoconf *a, struct netns_visit *visits, struct loop *loop,
	const struct log *log) NONNULL;
/* Takes over the nursery of an earlier run: `stored_fd` from the service manager, or -1. Errors are logged. */
void autoconf_open(struct autoconf *a, int stored_fd) NONNULL;
void autoconf_close(struct autoconf *a) NONNULL;
/* Tells a learner that has begun anew everything, if that fails again a second later; and learns the host's addresses
 * again after a loss. Call it in each turn of the loop, and at the deadline. */
void autoconf_turn(struct autoconf *a) NONNULL;
/* The time at which autoconf_turn() has to do something, or NS_NEVER. */
ns_t autoconf_deadline(const struct autoconf *a) NONNULL;

/* Makes the nursery, and what guests need besides, unless it is there. The learner must run. -errno. */
int autoconf_make_nursery(struct autoconf *a) NONNULL MUSTCHECK;

/* A tap has been made in the nursery; `d` is not in the registry yet. Its guest has the hardware address
 * `hwaddr`, and may claim what `policy` allows. -errno. */
int autoconf_begin(struct autoconf *a, const struct device *d,
	const uint8_t hwaddr[DEVICE_HWADDR_LEN], const struct guest_policy *policy) NONNULL
	MUSTCHECK;
/* The tap is gone, or about to go. Does nothing if it has no guest. */
void autoconf_end(struct autoconf *a, nsid_t nsid, uint32_t ifindex) NONNULL;

/* The parent may have another hardware address now. */
void autoconf_follow_parent(struct autoconf *a, const struct event_link *link) NONNULL;
