/* SPDX-License-Identifier: ISC */
/* Records of a master file in the order of their lines, and that list in canonical order. */
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

/* Adds an entry. ERR_NOMEM. */
int zonelist_add(struct zonelist *list, const struct zonelist_entry *entry) NONNULL MUSTCHECK;

/* Sorts by owner (RFC 4034 §6.1), type and rdata, and keeps of equal records the one with the lowest
 * TTL, then line. Entries of one owner have one pointer after, to its first spelling. ERR_NOMEM. */
int zonelist_sort(struct zonelist *list) NONNULL MUSTCHECK;
