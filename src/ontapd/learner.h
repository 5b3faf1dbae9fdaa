/* SPDX-License-Identifier: ISC */
/*
 * The learner: a process without privileges that reads what guests and their wires say, and tells us which addresses
 * the guests have. We read no byte of theirs ourselves. Orders and news are values of fixed size, over a
 * socketpair. Its parent, our child, makes it again if it ends; then it must be told everything anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "guest/guest.h"
#include "guest/policy.h"
#include "io/log.h"
#include "io/loop.h"

enum learner_order_type {
	LEARNER_SOCKET, /* comes with the packet socket to read from */
	LEARNER_RING, /* comes with the ring buffer of the programs (rewrite_heard_fd()), instead */
	LEARNER_BEGIN,  /* a tap has a guest: all but `addr` */
	LEARNER_END,    /* forget it */
	LEARNER_WIRE,   /* the parent has another hardware address */
	LEARNER_RESUME, /* the guest has had `addr` since before our start, for `lifetime_s` */
	LEARNER_HINT,   /* the guest has said that it has `addr` */
	LEARNER_FORGET, /* the guest must not have `addr` */
	LEARNER_ORDER_COUNT
};

struct learner_order {
	enum learner_order_type type;
	uint32_t ifindex; /* of the tap */
	uint8_t hwaddr[GUEST_HWADDR_LEN], wire_hwaddr[GUEST_HWADDR_LEN];
	struct guest_policy policy;
	struct addr addr;
	uint32_t lifetime_s; /* UINT32_MAX: for ever */
};

enum learner_news_type {
	LEARNER_HAS,     /* the guest has `addr`, from now on for `lifetime_s` */
	LEARNER_GONE,    /* it has it no more */
	LEARNER_REFUSED, /* it claims `addr`, against the policy or another's right: `why` */
	LEARNER_AGAIN,   /* the learner had ended, and begins anew: only the type counts */
	LEARNER_NEWS_COUNT
};

struct learner_news {
	enum learner_news_type type;
	uint32_t ifindex;
	struct addr addr;
	uint32_t lifetime_s; /* UINT32_MAX: for ever */
	enum guest_origin origin;
	enum guest_refusal why;
};

/* News bring few orders each, and are read one by one while there is no room for an order. */
enum { LEARNER_KEPT = 64 };

struct learner {
	struct loop_watch watch; /* fd -1: it does not run */
	struct loop *loop;
	pid_t pid;
	bool is_ordering; /* orders that follow from news meanwhile are kept, and sent after it */
	bool has_lost;    /* one of those that had no room */
	size_t kept_count;
	struct learner_order kept[LEARNER_KEPT];
	bool is_stuck; /* it did not read for a second: it is not waited for until it does */
	void (*on_news)(void *arg, const struct learner_news *news);
	void (*on_again)(
		void *arg); /* it knows nothing any more, or has missed an order; must order nothing yet */
	void (*on_end)(void *arg); /* it has ended for good; may be NULL */
	void *arg;
};

/* Starts the process. Call it while the process is young: the child has what the parent has, and drops it. The
 * caller has set on_news, on_again, on_end and arg. -errno: watch.fd is -1 then. */
int learner_start(struct learner *l, const struct log *log) NONNULL MUSTCHECK;
/* Begins to receive news through the loop. -errno. */
int learner_listen(struct learner *l, struct loop *loop) NONNULL MUSTCHECK;
void learner_stop(struct learner *l) NONNULL;

static inline bool learner_is_running(const struct learner *l)
{
	return l->watch.fd >= 0;
}

/* Sends an order; with LEARNER_SOCKET and LEARNER_RING the descriptor `fd`, else -1. May call on_news. Waits up to a second
 * for room, but not for a hint, which the guest's next frame repeats; and after that second calls on_again, and does not
 * wait until the learner reads again. An order from within on_news is sent after the one that is waiting. -errno: -EAGAIN
 * without room. */
int learner_order(struct learner *l, const struct learner_order *order, int fd) NONNULL MUSTCHECK;
