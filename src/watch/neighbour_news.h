/* SPDX-License-Identifier: ISC */
/*
 * News of the kernel's tables of neighbours and of bridges, in all namespaces: which addresses do not answer, and behind
 * which port of a bridge a hardware address is. Only for guests that are listened to: nothing is heard before the start.
 * A filter in the kernel drops what is not worth it, and of many news of one namespace in a short time the rest is
 * lost, as of very many in all: nothing depends on one of them.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "model/event.h"

struct neighbour_news; /* opaque */

/* `on_event` is called from within neighbour_news_handle() only: EV_NEIGHBOUR with NEIGHBOUR_IS_LOST or
 * NEIGHBOUR_IS_BEHIND. Returns NULL if out of memory. */
struct neighbour_news *neighbour_news_new(
	void (*on_event)(void *arg, const struct event *ev), void *arg) NONNULL_ARGS(1) MUSTCHECK;
void neighbour_news_free(struct neighbour_news *n);

/* Begins to hear, if it does not yet. -errno: it does not, and may be tried again. Without CAP_NET_BROADCAST it hears
 * only our own namespace. */
int neighbour_news_start(struct neighbour_news *n) NONNULL;

/* The descriptor to poll for reading, -1 if there is none now, and the deadline. Call neighbour_news_handle() when it
 * is readable, and at the deadline. */
int neighbour_news_fd(const struct neighbour_news *n) NONNULL;
ns_t neighbour_news_deadline(const struct neighbour_news *n) NONNULL;
void neighbour_news_handle(struct neighbour_news *n, ns_t now) NONNULL;
