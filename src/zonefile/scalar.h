/* SPDX-License-Identifier: ISC */
/* Values that are one word of a master file. All return ERR_SYNTAX, and record the fault in `w`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"
#include "zonefile/words.h"

enum { ZONESCALAR_STRING_CAP = 255 };

/* Reads a decimal number of at most `most`: digits and nothing else. */
int zonescalar_number(struct zonewords *w, const struct zoneword *word, uint32_t most,
	uint32_t *ret) NONNULL MUSTCHECK;

/* True if the word is a number, or numbers with units such as 1h30m: a TTL and not a type. */
bool zonescalar_is_time(const struct zoneword *word) NONNULL;

/* Reads a time in seconds: a number, or numbers with the units w, d, h, m, s in either case. */
int zonescalar_time(struct zonewords *w, const struct zoneword *word, uint32_t *ret_s) NONNULL
	MUSTCHECK;

/* Reads a name. "@" is the origin, which also completes names without a final dot. */
int zonescalar_name(struct zonewords *w, const struct zoneword *word, const struct name *origin,
	struct name *ret) NONNULL MUSTCHECK;

/* Appends the bytes that the word stands for: its escapes are resolved (RFC 1035 §5.1). */
int zonescalar_bytes(struct zonewords *w, const struct zoneword *word, struct wr *out) NONNULL
	MUSTCHECK;

/* Appends a character string: its length, and at most 255 bytes. */
int zonescalar_string(struct zonewords *w, const struct zoneword *word, struct wr *out) NONNULL
	MUSTCHECK;

/* Appends the bytes that all remaining words of the entry together stand for: hexadecimal digits,
 * or base64 (RFC 4648 §4). At least one word must follow. */
int zonescalar_hex(struct zonewords *w, struct wr *out) NONNULL MUSTCHECK;
int zonescalar_base64(struct zonewords *w, struct wr *out) NONNULL MUSTCHECK;
