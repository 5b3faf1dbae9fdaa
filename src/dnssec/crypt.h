/* SPDX-License-Identifier: ISC */
/*
 * Signatures of DNSSEC with the two algorithms that ontap-zone uses: ECDSA P-256 with SHA-256 (RFC 6605) and
 * Ed25519 (RFC 8080). Public keys and signatures are in the form that DNSKEY and RRSIG have.
 * A signature depends on nothing but the key and the message: ECDSA's nonces are those of RFC 6979.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/rrsig.h"

enum {
	CRYPT_SECRET_LEN = 32,
	CRYPT_PUBLIC_CAP = 64,
	CRYPT_SIGNATURE_LEN = 64,
	CRYPT_DIGEST_LEN = 32
};

/* True if it is one of enum dnssec_alg. */
static inline bool crypt_is_known(unsigned alg)
{
	return alg == DNSSEC_P256 || alg == DNSSEC_ED25519;
}

/* Returns the length of a public key: 64 (RFC 6605 §4) or 32 bytes (RFC 8080 §3). `alg` is known. */
size_t crypt_public_len(unsigned alg);

/* Computes the public key. False: the secret is none; for P-256, that is one of 2^32 random values. `alg` is
 * known. `ret` has crypt_public_len() bytes. */
bool crypt_public(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN], uint8_t *ret) NONNULL
	MUSTCHECK;

/* Signs the message. `alg` is known, and the keys belong together. Takes about 50 µs. */
void crypt_sign(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN], const uint8_t *public_key,
	const uint8_t *message, size_t len, uint8_t ret[CRYPT_SIGNATURE_LEN]) NONNULL;

/* True if the signature is right. A key that is no point of the curve has no right one. `alg` is known. Takes
 * about 125 µs, so strangers must not choose how often. */
bool crypt_verify(unsigned alg, const uint8_t *public_key, const uint8_t *message, size_t len,
	const uint8_t signature[CRYPT_SIGNATURE_LEN]) NONNULL MUSTCHECK;

/* SHA-256 of two strings of bytes, one after the other. */
void crypt_digest(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
	uint8_t ret[CRYPT_DIGEST_LEN]) NONNULL;
