/* SPDX-License-Identifier: ISC */
/*
 * Guests that configure themselves (--guests): which links are listened to, and what the guests behind them have, as
 * events for the pipeline (is_guest, EV_GUEST_NAME).
 *
 *	a link comes ─► guest_link_is ─► watcher_open_guest_socket ─► net/frames.h ─► guest/guest.h ─► events
 *
 * Nothing is polled: a link is judged when the kernel reports a change of it. The addresses of a guest go
 * with its link.
 */
#pragma once

#include "base/compiler.h"
#include "base/heap.h"
#include "base/map.h"
#include "io/log.h"
#include "io/loop.h"
#include "ontap-zone/runtime.h"
#include "watch/watcher.h"

struct guest_place {
	nsid_t nsid;
	uint32_t ifindex;
};

struct guests {
	struct loop *loop;
	const struct log *log;
	struct runtime *runtime;
	struct watcher *watcher;
	struct map links;          /* of struct guest_link in guests.c */
	struct heap due;           /* the same, by when they are due */
	struct guest_place *dirty; /* links to be judged */
	size_t dirty_count, dirty_cap;
	struct addr *moved; /* addresses of links that came, or went: who has them is judged anew */
	size_t moved_count, moved_cap;
	bool are_all_dirty, have_all_moved;
	bool has_new_networks; /* prefixes of links changed */
	bool is_at_limit;
	bool has_unasked; /* the watcher had no room for another request */
	bool has_room;    /* it has now */
	ns_t judge_at;    /* are_all_dirty: not before; NS_NEVER: at once */
	struct log_limit complaints;
};

/* Nothing is listened to before the first guests_poll(). `watcher` may be NULL until then. */
void guests_init(struct guests *g, struct loop *loop, const struct log *log,
	struct runtime *runtime) NONNULL;
void guests_fini(struct guests *g) NONNULL;

/* Notes an event of the kernel, before or after it is applied. Returns true if it is only for guests. */
bool guests_hear(struct guests *g, const struct event *ev) NONNULL;

/* The answer of the watcher; takes `fd` over. */
void guests_take_socket(struct guests *g, const struct event *ev, int fd) NONNULL;

/* The prefixes of links changed, or the configuration did: all links are judged anew. */
void guests_changed(struct guests *g, bool is_configuration) NONNULL;

/* Does what is due. After a flush: the wires of links must be known. */
void guests_poll(struct guests *g, ns_t now) NONNULL;
ns_t guests_deadline(const struct guests *g) NONNULL;

/* One link that is listened to, for `status`. */
struct guest_status {
	const struct model_link *link; /* NULL: it is gone, or not reported yet */
	const char *name;              /* what the guest calls itself; "": nothing */
	uint64_t frames, pauses;
	const struct addr *refused; /* claims that do not count */
	const uint8_t *why;         /* for each: enum guest_refusal */
	size_t refused_count;
	bool is_open;
};
void guests_each(const struct guests *g,
	void (*visit)(void *arg, const struct guest_status *status), void *arg) NONNULL_ARGS(1, 2);
