/* SPDX-License-Identifier: ISC */
/* IPv4 and IPv6 addresses and prefixes as plain values, and the classes that naming knows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* Bytes that are enough for the text of any address or prefix, with its zero:
 * "x:…:255.255.255.255/128". */
#define ADDR_TEXT_CAP 52

enum addr_family { ADDR_NONE, ADDR_V4, ADDR_V6 };

/* An address in network byte order. Bytes past the family's length are always zero. So two
 * addresses are equal exactly if their structures are equal byte for byte. */
struct addr {
	uint8_t family; /* enum addr_family */
	uint8_t bytes[16];
};

/* A prefix: `addr` with the bits past `len` zero. */
struct prefix {
	struct addr addr;
	uint8_t len; /* in bits */
};

/* How far an address is reachable, which decides the names it appears in (the table of names in
 * doc/architecture.md). */
enum addr_scope {
	ADDR_SCOPE_NONE, /* loopback, multicast, unspecified, v4-mapped, reserved: never in a name */
	ADDR_SCOPE_LOCAL, /* link-local: fe80::/10, 169.254.0.0/16 */
	ADDR_SCOPE_LAN,   /* ULA fc00::/7, RFC 1918, 100.64.0.0/10 */
	ADDR_SCOPE_WAN,   /* 2000::/3, and IPv4 that is none of the above */
	ADDR_SCOPE_COUNT
};

/* Returns the address with the bytes `bytes`: 4 bytes for ADDR_V4, 16 for ADDR_V6. */
struct addr addr_make(enum addr_family family, const void *bytes) NONNULL;

/* Length in bytes of an address of that family: 4, 16, or 0 for ADDR_NONE. */
size_t addr_len(const struct addr *a) NONNULL;

bool addr_equal(const struct addr *a, const struct addr *b) NONNULL;

/* Total order: family, then bytes. Negative, 0 or positive. */
int addr_cmp(const struct addr *a, const struct addr *b) NONNULL;

/* Reads "192.0.2.1" or "2001:db8::1". No zone id, no port. Returns 0 or ERR_SYNTAX; on error `*ret`
 * is unchanged. */
int addr_parse(const char *text, struct addr *ret) NONNULL MUSTCHECK;

/* Writes the text form (RFC 5952) to `out`, which has ADDR_TEXT_CAP bytes. Returns `out`. */
const char *addr_format(const struct addr *a, char *out) NONNULL;

enum addr_scope addr_scope(const struct addr *a) NONNULL;

/* "wan", "lan", "local", "none". Static storage. */
const char *addr_scope_text(enum addr_scope scope);

/* True for 0.0.0.0, :: and ADDR_NONE. */
bool addr_is_unspecified(const struct addr *a) NONNULL;
bool addr_is_loopback(const struct addr *a) NONNULL;
bool addr_is_multicast(const struct addr *a) NONNULL;

/* Returns an address of the form ::ffff:a.b.c.d (from a dual-stack socket) as ADDR_V4, and any
 * other address unchanged. */
struct addr addr_unmap(struct addr a);

/* Returns the prefix of `len` bits that contains `a`. `len` must be at most 8 * addr_len(a). */
struct prefix prefix_make(const struct addr *a, unsigned len) NONNULL;

bool prefix_has(const struct prefix *p, const struct addr *a) NONNULL;
/* True if one of the `count` prefixes has it. */
bool prefixes_have(const struct prefix *p, size_t count, const struct addr *a) NONNULL_ARGS(3);
bool prefix_equal(const struct prefix *p, const struct prefix *q) NONNULL;

/* Reads "10.0.0.0/8", or an address alone (a prefix of its full length). Bits set past the length
 * are an error: otherwise a typing mistake would silently give a wider prefix. ERR_SYNTAX,
 * ERR_RANGE. */
int prefix_parse(const char *text, struct prefix *ret) NONNULL MUSTCHECK;

/* Writes "10.0.0.0/8" to `out`, which has ADDR_TEXT_CAP bytes. Returns `out`. */
const char *prefix_format(const struct prefix *p, char *out) NONNULL;
