/* SPDX-License-Identifier: ISC */
/*
 * Domain names in wire form (RFC 1035 §3.1): a length byte and a label, repeated, with a zero byte
 * at the end. A `const uint8_t *` that is called a name is always complete, uncompressed and valid:
 * at most NAME_CAP bytes with its last zero, and labels of 1 to 63 bytes. A label may contain any
 * bytes (RFC 2181 §11). Comparison ignores ASCII case only (RFC 4343).
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

/* Returns the length in bytes with the last zero: 1 to 255. */
size_t name_len(const uint8_t *name) NONNULL;

/* Returns the number of labels without the root: "a.b." has 2. */
unsigned name_labels(const uint8_t *name) NONNULL;

/* Returns the name without its first label. The root's parent is the root. */
static inline const uint8_t *name_parent(const uint8_t *name)
{
	return name + (name[0] ? 1 + name[0] : 0);
}

bool name_equal(const uint8_t *a, const uint8_t *b) NONNULL;

/* Compares in canonical order (RFC 4034 §6.1). Returns a negative number, 0 or a positive
 * number. */
int name_cmp(const uint8_t *a, const uint8_t *b) NONNULL;

/* True if `name` is `apex` or below it. */
bool name_is_below(const uint8_t *name, const uint8_t *apex) NONNULL;

/* True if the name is "local." or below it: such names are for Multicast DNS only (RFC 6762 §3). */
bool name_is_mdns(const uint8_t *name) NONNULL;

/* True if the name is in-addr.arpa, ip6.arpa, or below one of them: a reverse name or a reverse
 * zone. */
bool name_is_reverse(const uint8_t *name) NONNULL;

/* Returns a hash that is the same for each spelling of the name: it hashes the lower-case form. */
uint64_t name_hash(uint64_t seed, const uint8_t *name) NONNULL;

/* Copies a complete and valid name. Returns `dst->wire`. */
const uint8_t *name_copy(struct name *dst, const uint8_t *name) NONNULL;

/* Turns ASCII letters into lower case in place. */
void name_lower(struct name *name) NONNULL;

/* Returns the byte; an ASCII capital in lower case. */
static inline uint8_t byte_lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? c + 32 : c;
}

/* Reads text: "host.example.", "host" (relative: `origin` is appended; NULL means the root).
 * Understands \. and \DDD (RFC 1035 §5.1). "@" is the origin. ERR_SYNTAX: empty label, bad escape;
 * ERR_RANGE: label or name too long. On error `*ret` is unchanged. */
int name_from_text(const char *text, const uint8_t *origin, struct name *ret) NONNULL_ARGS(1, 3)
	MUSTCHECK;

/* Writes the name as text, with a dot at the end ("." for the root). Escapes special and
 * non-printing bytes. `out` has NAME_TEXT_CAP bytes. Returns `out`. */
const char *name_to_text(const uint8_t *name, char *out) NONNULL;

/* Makes the name `label`.`suffix`. `label` is raw bytes, not text. ERR_RANGE if it is empty or too
 * long. */
int name_prepend(const void *label, size_t label_len, const uint8_t *suffix,
	struct name *ret) NONNULL MUSTCHECK;

/* Makes the name under in-addr.arpa or ip6.arpa (RFC 1035 §3.5, RFC 3596 §2.5) for the first `bits`
 * bits of the address. `bits` is a multiple of 8 for IPv4 and of 4 for IPv6; other values are
 * rounded down. */
void name_reverse(const struct addr *a, unsigned bits, struct name *ret) NONNULL;

/* Finds the address that has this full reverse name. ERR_SYNTAX if `name` is no such name. */
int name_to_addr(const uint8_t *name, struct addr *ret) NONNULL MUSTCHECK;

/* How many pointers one name may have: it has at most 127 labels, and more than one pointer for a
 * label compresses nothing. */
enum { NAME_JUMPS_MAX = 127 };

/* Reads a name, compressed or not, at the cursor and moves the cursor behind it. A pointer must
 * point before the name that contains it, and each further pointer before the previous one (RFC
 * 9267 §2): so there are no loops. The names that are read with one cursor may have at most one
 * pointer for each byte of the message, and one name at most NAME_JUMPS_MAX: so the work is
 * proportional to the length of the message. Case is kept. On failure it sets the cursor's error
 * (ERR_SHORT, ERR_LOOP, ERR_RANGE, ERR_SYNTAX) and `ret` is the root. */
void rd_name(struct rd *r, struct name *ret) NONNULL;

/* Moves the cursor behind a name, without returning it. Does not follow pointers. */
void rd_skip_name(struct rd *r) NONNULL;
