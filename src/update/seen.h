/* SPDX-License-Identifier: ISC */
/*
 * The updates of the last minutes, by what tells two signed messages apart: one that comes twice is found (RFC 8945
 * §5.2.3, §10). Each key has a share of its own, so that no key makes the messages of another one forgotten. Of a key
 * that sends more than its share, those are forgotten first that are valid for the shortest time; from then on a
 * message that is not valid for longer than them, and is not found, may be one of them:
 *
 *	            forgotten            remembered
 *	  ──────────────────────────┼──────────────────────► valid until
 *	  SEEN_FORGOTTEN            │ its rcode, or SEEN_NOT
 *
 * So clients of one key may have clocks that differ. Nothing is known of the time before the start: messages with
 * a shared key (TSIG) that are older count as forgotten. Key pairs do not tell when they have signed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum { SEEN_MAC = 16, SEEN_NOT = -1, SEEN_FORGOTTEN = -2 };

struct seen_message {
	const uint8_t *key; /* its name */
	bool is_pair;       /* SIG(0) */
	uint64_t until_s;   /* the last second since 1970 in which it is valid */
	uint8_t mac[SEEN_MAC];
};

struct seen; /* opaque */

/* `start_s`: seconds since 1970. NULL if out of memory. */
struct seen *seen_new(uint64_t seed, uint64_t start_s) MUSTCHECK;
void seen_free(struct seen *s);

/* Returns the rcode that the message had; SEEN_NOT: it has not been here; SEEN_FORGOTTEN: it may have been. The
 * message is valid at `now_s`. If the clock goes back, all is forgotten, for good. */
int seen_find(struct seen *s, const struct seen_message *m, uint64_t now_s) NONNULL;

/* Remembers the message, which seen_find() does not know. Without memory it does not. */
void seen_note(
	struct seen *s, const struct seen_message *m, unsigned rcode, uint64_t now_s) NONNULL;
