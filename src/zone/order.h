/* SPDX-License-Identifier: ISC */
/*
 * The owners of one zone in canonical order (RFC 4034 §6.1): for its NSEC chain, and for the proof
 * that a name does not exist. One writer, any number of readers, without locks (zone/garbage.h).
 *
 * An owner has a state besides its node:
 *
 *	            readers   the writer's neighbours
 *	(none)      see it    have it
 *	COMING      do not    have it                   it is not published yet
 *	LEAVING     see it    do not have it            it is about to be removed
 *
 * It is a tree of pages (zone/page.h), 16 bytes an owner, some 17 to 20 with all. A search that passes by
 * owners which readers must not see is repeated if the writer has made a change meanwhile. So the
 * answer was right at some moment of the call. Only if that happens ORDER_TRIES times, it may be a
 * mixture of several moments.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"
#include "wire/key.h"
#include "zone/garbage.h"
#include "zone/node.h"

enum { ORDER_TRIES = 16 };
enum order_state { ORDER_COMING = 1, ORDER_LEAVING = 2 };

struct order;

/* Returns an empty index. NULL if out of memory. */
struct order *order_new(void) MUSTCHECK;
/* Frees the index, but no node. No reader may be left. */
void order_free(struct order *o);

/* Lets readers see the index from now on: blocks that are replaced are kept for them. Until then they are
 * freed at once, so that an index which is made at a start leaves no garbage. For the writer. */
void order_show(struct order *o) NONNULL;

/* For readers, in a critical section. Returns the last owner at the name or before it, NULL if there
 * is none: never for a name in the zone, because the apex is before all others. */
const struct node *order_at_or_before(const struct order *o, const struct key *key) NONNULL;

/* Everything below is for the writer only. A name is in lower case. Replaced blocks of the index go
 * into `g`; nodes are the caller's. */

/* Adds an owner, as COMING. It must not be there yet. ERR_NOMEM: nothing has changed. */
int order_add(struct order *o, struct garbage *g, struct node *n) NONNULL MUSTCHECK;

/* Replaces the node of an owner, and publishes the owner if it was COMING: one store. */
void order_replace(struct order *o, struct node *n) NONNULL;
/* Replaces the node of an owner, whose state stays. */
void order_renew(struct order *o, struct node *n) NONNULL;

/* Makes an owner LEAVING, or takes that back. */
void order_leave(struct order *o, const uint8_t *name) NONNULL;
void order_stay(struct order *o, const uint8_t *name) NONNULL;

/* Removes an owner, whatever its state. Cannot fail. */
void order_remove(struct order *o, struct garbage *g, const uint8_t *name) NONNULL;

/* Returns the node of an owner and, if `ret_state` is not NULL, its state. NULL: no such owner. */
struct node *order_find(const struct order *o, const uint8_t *name, unsigned *ret_state)
	NONNULL_ARGS(1, 2);

/* Returns the nearest owner before or behind the name that is not LEAVING. The name itself need not be
 * there. NULL: there is none, which is to say that behind the last owner comes order_first(). */
struct node *order_previous(const struct order *o, const uint8_t *name) NONNULL;
struct node *order_next(const struct order *o, const uint8_t *name) NONNULL;
struct node *order_first(const struct order *o) NONNULL;

/* Returns the nearest owner behind the name that is not COMING: for a walk over what is published, in
 * which the index may change. NULL at the end. */
struct node *order_walk(const struct order *o, const uint8_t *name) NONNULL;

/* Returns the number of owners in all states; and the size in bytes. */
size_t order_count(const struct order *o) NONNULL;
size_t order_bytes(const struct order *o) NONNULL;
