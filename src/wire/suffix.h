/* SPDX-License-Identifier: ISC */
/*
 * Which names, and ends of names, stand in a message that is being written, and where: what a later
 * name can point to (RFC 1035 §4.1.4). A ring of the newest, found by hash; of fixed size, so that a
 * name that is no longer known makes a longer message, not a wrong one.
 *
 *	heads[hash] ──► newest with that hash ──older──► … ──older──► one that the ring has lost
 *
 * A suffix is known by its number: they are counted from 1 on as they come, and number n is in
 * ring[n % SUFFIX_COUNT] while oldest <= n <= count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	/* Those that are pointed to stay, and most are pointed to soon or never. More would make a
	 * message of 16 KiB hardly shorter, and it is on the stack. */
	SUFFIX_COUNT = 256,
	SUFFIX_HEADS = 256,
	/* Suffixes looked at for one: who picks names that collide gets longer messages, not more work. */
	SUFFIX_TRIES = 16,
	/* A pointer has 14 bits. */
	SUFFIX_OFF_MAX = 0x3fff
};

struct suffix {
	uint16_t off; /* where it stands in the message */
	uint16_t hash;
	uint16_t older; /* number of the one before with the same head */
};

struct suffixes {
	uint16_t count;  /* numbers given */
	uint16_t oldest; /* number of the oldest that is known */
	uint16_t heads[SUFFIX_HEADS];
	struct suffix ring[SUFFIX_COUNT];
};

void suffixes_init(struct suffixes *s) NONNULL;

/* The hashes of a name's suffixes, the name itself first, into `hashes`; one more for each label
 * that stands before. The same for each spelling. Returns how many: its labels. */
unsigned suffix_hashes(const uint8_t *name, uint16_t *hashes) NONNULL;

/* The offset at which `name`, of that hash, stands in the message, or 0. `is_exact`: in this very
 * spelling. One that is found and would soon be lost is new again. */
uint16_t suffixes_find(struct suffixes *s, const uint8_t *message, uint16_t hash,
	const uint8_t *name, bool is_exact) NONNULL;

/* From now on that offset is known, in the place of the oldest. What stands there must be written
 * by then to its end. Offsets that no pointer reaches are ignored. */
void suffixes_add(struct suffixes *s, size_t off, uint16_t hash) NONNULL;

/* Forgets all that came after number `count`: what was written of them is taken back. */
void suffixes_rewind(struct suffixes *s, uint16_t count) NONNULL;
