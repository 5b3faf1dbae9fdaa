/* SPDX-License-Identifier: ISC */
/* Resource record types and classes: their numbers, mnemonics, and the places of names in their
 * rdata. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"
#include "wire/rr_types.h"

#define RR_NUMBER(text, number, ...) RR_##text = number,
enum rr_type { RR_TYPES(RR_NUMBER) };
#undef RR_NUMBER

/* Types of the fields of rdata. Fields are listed in wire order, which is also the order in
 * text. */
enum rr_field {
	RF_END,
	RF_U8, /* numbers */
	RF_U16,
	RF_U32,
	RF_TIME,      /* four bytes; text may have units (RFC 1035 has none, all servers do) */
	RF_ALGORITHM, /* one byte; text may be the mnemonic of a DNSSEC algorithm */
	RF_CERT_TYPE, /* two bytes; text may be a mnemonic (RFC 4398 §2.1) */
	RF_SCHEME,    /* one byte; text may be a mnemonic (RFC 9859 §2.1) */
	RF_TYPE,      /* two bytes; text is the mnemonic of a record type */
	RF_V4,        /* addresses */
	RF_V6,
	RF_NAME,
	RF_STRING,  /* one character string (RFC 1035 §3.3) */
	RF_STRINGS, /* one or more character strings */
	RF_WORD,    /* a string of letters and digits, without quotes: a CAA tag (RFC 8659 §4.1) */
	RF_REST,    /* the rest, as one quoted string */
	RF_HEX,     /* the rest, as hexadecimal digits */
	RF_BASE64,  /* the rest, as base64 (RFC 4648 §4) */
	RF_PARAMS,  /* the rest: service parameters (RFC 9460 §2.1) */
	RF_RELAY,   /* the rest: a relay of AMTRELAY (RFC 8777 §4) */
	RF_LOC,     /* the rest: a place (RFC 1876 §3) */
	RF_SIG,     /* the fields before a signature's signer (RFC 4034 §3.1) */
	RF_OTHER    /* the rest: bytes that are not interpreted here */
};

enum rr_trait {
	/* Names in it may be compressed: RFC 1035's own types only (RFC 3597 §4). */
	RR_MAY_COMPRESS = 1,
	/* Names in it may also be compressed in multicast DNS (RFC 6762 §18.14). */
	RR_MAY_COMPRESS_MDNS = 2,
	/* Its rdata has one name, which is the target of the record. */
	RR_HAS_TARGET = 4,
	/* The addresses of the target go into the additional section (RFC 1035 §3.3, RFC 2782, RFC
	 * 9460 §4.1). */
	RR_HAS_ADDRS = 8,
	/* An owner has only one record of the type (RFC 2181 §10.1, RFC 6672 §2.4, RFC 1035
	 * §5.2). */
	RR_IS_SINGLE = 16,
	/* Common in zone files: a plain line is read without ldns (zonefile/plain.h). */
	RR_IS_PLAIN = 32,
	/* Exports write its fields as text, which every reader of zone files understands. Other
	 * types are written in the form for unknown types (RFC 3597 §5). */
	RR_HAS_TEXT = 64,
	/* Names in it are in lower case in canonical form (RFC 4034 §6.2, RFC 6840 §5.1). */
	RR_LOWER = 128
};

enum { RR_FIELDS_CAP = 8 };

struct rr_info {
	char text[12];                 /* the mnemonic; "": unknown type */
	uint8_t fields[RR_FIELDS_CAP]; /* enum rr_field, to RF_END */
	uint8_t traits;                /* enum rr_trait */
};

/* Returns what is known about the type; never NULL, static storage. */
const struct rr_info *rr_info(uint16_t type);

static inline bool rr_type_has(uint16_t type, enum rr_trait trait)
{
	return (rr_info(type)->traits & trait) != 0;
}

enum rr_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };

enum { RR_TYPE_TEXT_CAP = 12 }; /* "OPENPGPKEY" or "TYPE65535", and a zero */

/* Writes "AAAA", or "TYPE123" (RFC 3597 §5), to `out`, which has RR_TYPE_TEXT_CAP bytes. Returns
 * `out`. */
const char *rr_type_text(uint16_t type, char *out) NONNULL;

/* Returns the type with that mnemonic (case does not matter), or 0 if there is none. */
uint16_t rr_type_from_text(const char *text, size_t len) NONNULL;

/* True if questions may ask for that type but no record can have it: OPT, TSIG, AXFR, ANY, … (RFC
 * 6895 §3.1). */
bool rr_type_is_meta(uint16_t type);

/* True if the signer makes sets of that type itself: DNSKEY, CDS, CDNSKEY. */
bool rr_type_is_of_signer(uint16_t type);

/* True if sets of that type that others make are signed: no signatures (RFC 4035 §2.2), nothing of the signer, nothing
 * that no record can have, and no DS at the apex (§2.4). A zone that is signed has no other sets. */
bool rr_type_is_signable(uint16_t type, bool is_apex);

/* Where the rdata of a type has names: first `lead` bytes, then `names` names, then anything.
 * Unknown types have no names. */
struct rr_layout {
	uint8_t lead;
	uint8_t names;
};
struct rr_layout rr_layout(uint16_t type);

/* Reads `len` bytes of rdata of that type at the cursor in a message, and writes them to `w` with
 * names uncompressed. Names must end within the rdata. Errors are set in the cursors. */
void rd_rdata(struct rd *r, uint16_t type, size_t len, struct wr *w) NONNULL;

/* True if `rdata` is well formed, as far as this layer knows the type: exact size for A and AAAA,
 * whole and uncompressed names where they should be, at least one string for TXT. */
bool rdata_is_valid(uint16_t type, const uint8_t *rdata, size_t len) NONNULL;

/* Gives valid rdata its canonical form (RFC 4034 §6.2): it turns the names of types that have had names since
 * before RFC 3597 into lower case. */
void rdata_to_canonical(uint16_t type, uint8_t *rdata, size_t len) NONNULL;

/* Total order of canonical rdata: compares bytes from left to right; a prefix comes before the
 * longer rdata (RFC 4034 §6.3; RFC 6762 §8.2 breaks ties with the same order). */
int rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) NONNULL;
