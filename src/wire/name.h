/* SPDX-License-Identifier: ISC */
/*
 * Domain names in wire form (RFC 1035 §3.1): length byte and label, repeated, ended by a zero byte.
 * A `const uint8_t *` that is called a name is always complete, uncompressed and valid: at most
 * NAME_CAP bytes with its last zero, labels of 1 to 63 bytes. Bytes in a label are any (RFC 2181
 * §11); comparison folds ASCII case only (RFC 4343).
 *
 *	form                                   most bytes
 *	wire                                   255
 *	text, each byte as \DDD, with its zero 1009   (4 * 250 + dots and zero, rounded up)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/cursor.h"

enum { NAME_CAP = 255, NAME_TEXT_CAP = 1024, LABEL_CAP = 63, NAME_LABELS_MAX = 127 };

/* A name with its storage. `len` counts the last zero byte. */
struct name {
	uint8_t len;
	uint8_t wire[NAME_CAP];
};

/* The root: one zero byte. */
extern const uint8_t name_root[1];

/* "local.", the domain of Multicast DNS (RFC 6762 §3). */
extern const uint8_t name_local[7];

/* Length in bytes with the last zero: 1 to 255. */
size_t name_len(const uint8_t *name) NONNULL;

/* Labels without the root: "a.b." has 2. */
unsigned name_labels(const uint8_t *name) NONNULL;

/* The name without its first label. The root's parent is the root. */
static inline const uint8_t *name_parent(const uint8_t *name)
{
	return name + (name[0] ? 1 + name[0] : 0);
}

bool name_equal(const uint8_t *a, const uint8_t *b) NONNULL;

/* Canonical order (RFC 4034 §6.1). Negative, 0 or positive. */
int name_cmp(const uint8_t *a, const uint8_t *b) NONNULL;

/* Whether `name` is `apex` or below it. */
bool name_is_below(const uint8_t *name, const uint8_t *apex) NONNULL;

/* Whether the name is "local." or below it: those are for Multicast DNS alone (RFC 6762 §3). */
bool name_is_mdns(const uint8_t *name) NONNULL;

/* Whether the name is in-addr.arpa, ip6.arpa, or below one of them: a reverse name, or a zone of such. */
bool name_is_reverse(const uint8_t *name) NONNULL;

/* The same for each spelling of the name: hashes it in lower case. */
uint64_t name_hash(uint64_t seed, const uint8_t *name) NONNULL;

/* Copies a name that is complete and valid. Returns `dst->wire`. */
const uint8_t *name_copy(struct name *dst, const uint8_t *name) NONNULL;

/* Lower-cases ASCII letters in place. */
void name_lower(struct name *name) NONNULL;

/* One byte, ASCII letters in lower case. */
static inline uint8_t byte_lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? c + 32 : c;
}

/* Reads text: "host.example.", "host" (relative: `origin` is put behind it; NULL: the root),
 * with \. and \DDD (RFC 1035 §5.1). "@" is the origin. ERR_SYNTAX: empty label, bad escape;
 * ERR_RANGE: label or name too long. `*ret` untouched then. */
int name_from_text(const char *text, const uint8_t *origin, struct name *ret) NONNULL_ARGS(1, 3)
	MUSTCHECK;

/* Writes text with a dot at the end ("." for the root), special and non-printing bytes escaped.
 * `out` has NAME_TEXT_CAP bytes. Returns `out`. */
const char *name_to_text(const uint8_t *name, char *out) NONNULL;

/* The name `label`.`suffix`. `label` is bytes, not text. ERR_RANGE if it is empty or too long. */
int name_prepend(const void *label, size_t label_len, const uint8_t *suffix,
	struct name *ret) NONNULL MUSTCHECK;

/* The name under in-addr.arpa or ip6.arpa (RFC 1035 §3.5, RFC 3596 §2.5) of the first `bits` bits
 * of the address: a multiple of 8 for IPv4, of 4 for IPv6 (rounded down otherwise). */
void name_reverse(const struct addr *a, unsigned bits, struct name *ret) NONNULL;

/* The address whose full reverse name this is. ERR_SYNTAX if it is none. */
int name_to_addr(const uint8_t *name, struct addr *ret) NONNULL MUSTCHECK;

/* Reads a name, compressed or not, at the cursor and moves it behind. Pointers must point before
 * the name they stand in, each before the last (RFC 9267 §2): so it ends. Case is kept. On failure
 * sets the cursor's error (ERR_SHORT, ERR_LOOP, ERR_RANGE, ERR_SYNTAX) and `ret` is the root. */
void rd_name(struct rd *r, struct name *ret) NONNULL;

/* The same without the name: moves the cursor behind it. Does not follow the pointer. */
void rd_skip_name(struct rd *r) NONNULL;
