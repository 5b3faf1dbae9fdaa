/* SPDX-License-Identifier: ISC */
/*
 * What was heard of a host's name: its addresses on each link, and how long they last.
 */
#pragma once

#include "collect/state.h"

/* Returns what was heard on that link, or NULL. */
struct heard *heard_find(const struct said *s, int slot) NONNULL;
/* The same; makes it if there is none. NULL: out of memory. */
struct heard *heard_get(struct said *s, int slot) NONNULL MUSTCHECK;
struct heard_addr *heard_addr_find(const struct heard *h, const struct addr *a) NONNULL;

/* Says the address. False: there is no room. */
bool heard_say(struct heard *h, const struct addr *a, struct life life, uint32_t mark) NONNULL;
/* Which addresses go. */
struct heard_test {
	bool (*goes)(const struct heard_addr *a, const void *arg);
	const void *arg;
};
/* Removes the addresses for which the test is true. Returns how many. */
size_t heard_remove(struct heard *h, struct heard_test test) NONNULL;

/* The link is gone: what was heard there goes on to be so on none. */
void heard_unlink(struct said *s, int slot) NONNULL;
/* Frees what has nothing any more at `now`. */
void heard_tidy(struct said *s, ns_t now) NONNULL;
void heard_free_all(struct said *s) NONNULL;

/* How long after its end an address stays while others of its name are said on: as long as they may be late. */
static inline ns_t heard_grace_end(const struct heard_addr *a)
{
	return life_end(&a->life) + (a->is_leaving ? 0 : a->life.ttl_s * (NS_PER_S / 4));
}

/* Returns when something about it ends next, after `now`; NS_NEVER. */
ns_t heard_next_end(const struct said *s, ns_t now) NONNULL;
