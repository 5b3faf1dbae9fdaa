/* SPDX-License-Identifier: ISC */
/*
 * Keys of signed zones, and the records that tell of them: DNSKEY, DS, CDS, CDNSKEY. A zone has one key at a
 * time for everything (a CSK, flags 257), and two during a roll. A host has a key of its own, which signs messages
 * (flags 512, a KEY record), and is never one of a zone.
 */
#pragma once

#include "base/compiler.h"
#include "dnssec/crypt.h"
#include "wire/name.h"

enum {
	DNSKEY_FLAGS = 257, /* zone key, and where trust enters (RFC 4034 §2.1.1) */
	KEY_FLAGS = 512,    /* of a KEY record: a host's key (RFC 2535 §3.1.2) */
	DNSKEY_PROTOCOL = 3,
	DNSKEY_HEAD = 4, /* flags, protocol, algorithm */
	DNSKEY_CAP = DNSKEY_HEAD + CRYPT_PUBLIC_CAP,
	DS_SHA256 = 2,
	DS_LEN = 4 + CRYPT_DIGEST_LEN
};

/* A key with its secret. Wipe it: key_wipe(). */
struct key_pair {
	uint8_t alg;    /* enum dnssec_alg */
	uint16_t flags; /* DNSKEY_FLAGS, KEY_FLAGS */
	uint16_t tag;   /* it depends on the flags */
	uint8_t public_key[CRYPT_PUBLIC_CAP];
	uint8_t secret[CRYPT_SECRET_LEN];
};

/* Makes a key of a zone of a secret: 32 bytes that nobody can guess. ERR_RANGE: those are none, try others; or `alg`
 * is not known. */
int key_from_secret(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN],
	struct key_pair *ret) NONNULL MUSTCHECK;
/* Makes it a key with these flags: it has another tag then. */
void key_set_flags(struct key_pair *key, unsigned flags) NONNULL;
void key_wipe(struct key_pair *key) NONNULL;

/* Writes the rdata of the DNSKEY, which is that of the CDNSKEY too, or of the KEY. Returns its length. */
size_t key_dnskey(const struct key_pair *key, uint8_t ret[DNSKEY_CAP]) NONNULL;
/* Returns the tag of the key with that rdata (RFC 4034, appendix B). */
uint16_t key_tag(const uint8_t *dnskey, size_t len) NONNULL;
/* Writes the rdata of the DS, which is that of the CDS too: SHA-256 (RFC 4509). `zone` may have capitals. */
void key_ds(const struct key_pair *key, const uint8_t *zone, uint8_t ret[DS_LEN]) NONNULL;

/* The rdata of CDS and CDNSKEY that ask the parent to remove the DS (RFC 8078 §4). */
enum { CDS_DELETE_LEN = 5 };
extern const uint8_t cds_delete[CDS_DELETE_LEN], cdnskey_delete[CDS_DELETE_LEN];

/* Signs bytes: what RFC 4034 §3.1.8.1 says, for an RRSIG. */
void key_sign(const struct key_pair *key, const uint8_t *message, size_t len,
	uint8_t ret[CRYPT_SIGNATURE_LEN]) NONNULL;
