/* SPDX-License-Identifier: ISC */
/*
 * Signatures of sets of records (RFC 4034 §3) as values. The algorithms are ECDSA P-256 with SHA-256
 * (13, RFC 6605) and Ed25519 (15, RFC 8080): both have signatures of 64 bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"

enum {
	RRSIG_BYTES = 64,
	RRSIG_HEAD_LEN = 18, /* the fields before the signer's name */
	RRSIG_RDATA_MAX = RRSIG_HEAD_LEN + NAME_CAP + RRSIG_BYTES,
	RRSIG_KEYS_MAX =
		2 /* keys that sign a set: two while the algorithm changes (RFC 6781 §4.1.4) */
};

enum dnssec_alg { DNSSEC_P256 = 13, DNSSEC_ED25519 = 15 };

/* A key that signs, as its signatures name it. */
struct dnssec_key_id {
	uint16_t tag; /* RFC 4034 appendix B */
	uint8_t alg;  /* enum dnssec_alg */
};

struct rrsig {
	struct dnssec_key_id key;
	uint8_t labels; /* of the owner, without the root and without "*" (§3.1.3) */
	uint32_t inception, expiration; /* unix time (§3.1.5) */
	uint8_t bytes[RRSIG_BYTES];
};
