/* SPDX-License-Identifier: ISC */
/* Records of a master file in the order of their lines, and owner by owner in canonical order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"

/* One record as it was read. What it points to is in the arena of its list. */
struct zonelist_entry {
	const uint8_t
		*owner; /* the same pointer as that of the entry before, if it is the same name */
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

/* Forgets the entries; what they point to stays. */
void zonelist_forget(struct zonelist *list) NONNULL;

/* Adds an entry. ERR_NOMEM. */
int zonelist_add(struct zonelist *list, const struct zonelist_entry *entry) NONNULL MUSTCHECK;

/* Calls for each owner in canonical order (RFC 4034 §6.1) with its entries, which are sorted by type and
 * rdata; of equal records there is the one with the lowest TTL, then line. All have one pointer to the owner,
 * its first spelling. They are valid for the call. Stops at an error. ERR_NOMEM. */
int zonelist_each_owner(struct zonelist *list,
	int (*visit)(void *arg, const struct zonelist_entry *entries, size_t count), void *arg)
	NONNULL_ARGS(1, 2) MUSTCHECK;
