/* SPDX-License-Identifier: ISC */
/* Resource record types and classes: their numbers, mnemonics, and where names stand in their rdata. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"

enum rr_type {
	RR_A = 1,
	RR_NS = 2,
	RR_MD = 3,
	RR_MF = 4,
	RR_CNAME = 5,
	RR_SOA = 6,
	RR_MB = 7,
	RR_MG = 8,
	RR_MR = 9,
	RR_PTR = 12,
	RR_HINFO = 13,
	RR_MINFO = 14,
	RR_MX = 15,
	RR_TXT = 16,
	RR_RP = 17,
	RR_AFSDB = 18,
	RR_RT = 21,
	RR_SIG = 24,
	RR_PX = 26,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_NAPTR = 35,
	RR_KX = 36,
	RR_DNAME = 39,
	RR_OPT = 41,
	RR_DS = 43,
	RR_SSHFP = 44,
	RR_RRSIG = 46,
	RR_NSEC = 47,
	RR_DNSKEY = 48,
	RR_TLSA = 52,
	RR_SVCB = 64,
	RR_HTTPS = 65,
	RR_TKEY = 249,
	RR_TSIG = 250,
	RR_IXFR = 251,
	RR_AXFR = 252,
	RR_MAILB = 253,
	RR_MAILA = 254,
	RR_ANY = 255,
	RR_CAA = 257
};

enum rr_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };

enum { RR_TYPE_TEXT_CAP = 10 }; /* "TYPE65535" and a zero */

/* "AAAA", or "TYPE123" (RFC 3597 §5) written to `out`, of RR_TYPE_TEXT_CAP bytes. Returns `out`. */
const char *rr_type_text(uint16_t type, char *out) NONNULL;

/* Whether questions may ask for that number but no record can have it: OPT, TSIG, AXFR, ANY, …
 * (RFC 6895 §3.1). */
bool rr_type_is_meta(uint16_t type);

/* How the rdata of a type is laid out, as far as names in it go (RFC 1035 §3.3 and the types' own
 * RFCs): `lead` bytes, then `names` names, then anything. Types not known have no names. */
struct rr_layout {
	uint8_t lead;
	uint8_t names;
	bool may_compress; /* in unicast: RFC 1035's own types only (RFC 3597 §4) */
};
struct rr_layout rr_layout(uint16_t type);

/* Reads `len` bytes of rdata of that type at the cursor, in a message, and writes them with their
 * names uncompressed to `w`. Names must end within the rdata. Errors are the cursors'. */
void rd_rdata(struct rd *r, uint16_t type, size_t len, struct wr *w) NONNULL;

/* Whether `rdata` is well formed as far as this layer knows the type: exact size for A and AAAA,
 * whole and uncompressed names where they should be, at least one string for TXT. */
bool rdata_is_valid(uint16_t type, const uint8_t *rdata, size_t len) NONNULL;

/* Total order on canonical rdata: bytes, left to right, the shorter first (RFC 4034 §6.3; the same
 * order RFC 6762 §8.2 uses to break ties). */
int rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) NONNULL;
