/* SPDX-License-Identifier: ISC */
/*
 * Which names and suffixes of names are in a message that is being written, and at which offsets:
 * later names can point to them (RFC 1035 §4.1.4). It is a ring of the newest suffixes, found by
 * hash. The ring has a fixed size: a suffix that was dropped makes the message longer, but not
 * wrong.
 *
 *	heads[hash] ──► newest with that hash ──older──► … ──older──► one that the ring has lost
 *
 * Each suffix has a number: they are counted from 1 in order of arrival. Number n is in ring[n %
 * SUFFIX_COUNT] while oldest <= n <= count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	/* A suffix in use stays in the ring, and most are used soon or never. A larger ring would
	 * hardly make a message of 16 KiB shorter, and the ring is on the stack. */
	SUFFIX_COUNT = 256,
	SUFFIX_HEADS = 256,
	/* Suffixes compared in one search: names chosen to collide make messages longer, but not
	 * more work. */
	SUFFIX_TRIES = 16,
	/* A pointer has 14 bits. */
	SUFFIX_OFF_MAX = 0x3fff
};

struct suffix {
	uint16_t off; /* its offset in the message */
	uint16_t hash;
	uint16_t older; /* number of the previous suffix with the same head */
};

struct suffixes {
	uint16_t count;  /* numbers given */
	uint16_t oldest; /* number of the oldest known suffix */
	uint16_t heads[SUFFIX_HEADS];
	struct suffix ring[SUFFIX_COUNT];
};

void suffixes_init(struct suffixes *s) NONNULL;

/* Writes the hashes of a name's suffixes to `hashes`, one for each label; the first is of the name
 * itself. The hashes are the same for each spelling. Returns their number: that of the labels. */
unsigned suffix_hashes(const uint8_t *name, uint16_t *hashes) NONNULL;

/* Returns the offset of `name`, which has that hash, in the message, or 0. `is_exact`: only in
 * exactly this spelling. A suffix that is found but would soon be dropped becomes the newest
 * again. */
uint16_t suffixes_find(struct suffixes *s, const uint8_t *message, uint16_t hash,
	const uint8_t *name, bool is_exact) NONNULL;

/* Adds the suffix at that offset, in place of the oldest one. It must already be written to its
 * end. Offsets that no pointer can reach are ignored. */
void suffixes_add(struct suffixes *s, size_t off, uint16_t hash) NONNULL;

/* Forgets all suffixes after number `count`, because their text is removed from the message. */
void suffixes_rewind(struct suffixes *s, uint16_t count) NONNULL;
