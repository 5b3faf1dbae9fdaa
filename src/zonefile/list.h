/* SPDX-License-Identifier: ISC */
/* Records of a master file in the order of their lines, and owner by owner in canonical order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"

/* One record as it was read. Its pointers point into the arena of its list. */
struct zonelist_entry {
	const uint8_t *owner; /* same pointer as in the entry before if the name is the same */
	const uint8_t *rdata;
	uint16_t rdata_len;
	uint16_t type;
	uint32_t ttl;
	unsigned line;
};

/* All zero bytes are an empty list. */
struct zonelist {
	struct arena arena;
	struct zonelist_entry *at;
	size_t count, cap;
};

void zonelist_fini(struct zonelist *list) NONNULL;

/* Removes the entries, but does not free what they point to. */
void zonelist_forget(struct zonelist *list) NONNULL;

/* Adds an entry. ERR_NOMEM. */
int zonelist_add(struct zonelist *list, const struct zonelist_entry *entry) NONNULL MUSTCHECK;

/* Calls `visit` for each owner in canonical order (RFC 4034 §6.1) with its entries, sorted by
 * type and rdata. Of equal records only one stays: the one with the lowest TTL, then the lowest
 * line. All entries of an owner have the same `owner` pointer, with the first spelling. The
 * entries are valid during the call. Stops at the first error. ERR_NOMEM. */
int zonelist_each_owner(struct zonelist *list,
	int (*visit)(void *arg, const struct zonelist_entry *entries, size_t count), void *arg)
	NONNULL_ARGS(1, 2) MUSTCHECK;
