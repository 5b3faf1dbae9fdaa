/* SPDX-License-Identifier: ISC */
/*
 * Owns the use of the cryptographic library.
 * Never asks for randomness, and leaves no secret in memory that it frees.
 */
#include "dnssec/crypt.h"

#include <gmp.h>
#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/eddsa.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/steps.h"

/* The length of a coordinate, of a number in a signature, and of the order of the curve. */
enum { P256_LEN = 32 };

/* The order of the curve's base point (FIPS 186-4, D.1.2.3). */
static const uint8_t p256_order[P256_LEN] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9,
	0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

size_t crypt_public_len(unsigned alg)
{
	return alg == DNSSEC_P256 ? 2 * P256_LEN : ED25519_KEY_SIZE;
}

/* Numbers. */

static void number_from(mpz_t ret, const uint8_t bytes[P256_LEN])
{
	nettle_mpz_init_set_str_256_u(ret, P256_LEN, bytes);
}

static void number_wipe(mpz_t number)
{
	explicit_bzero(number->_mp_d, (size_t)number->_mp_alloc * sizeof(*number->_mp_d));
	mpz_clear(number);
}

/* Initialises the scalar. False: it is 0, or not less than the order. */
static bool scalar_from(struct ecc_scalar *ret, const uint8_t secret[CRYPT_SECRET_LEN])
{
	mpz_t number;
	number_from(number, secret);
	ecc_scalar_init(ret, nettle_get_secp_256r1());
	bool is_good = ecc_scalar_set(ret, number);
	number_wipe(number);
	return is_good;
}

/* Initialises the point. False: it is not on the curve. */
static bool point_from(struct ecc_point *ret, const uint8_t *public_key)
{
	mpz_t x, y;
	number_from(x, public_key);
	number_from(y, public_key + P256_LEN);
	ecc_point_init(ret, nettle_get_secp_256r1());
	bool is_good = ecc_point_set(ret, x, y);
	mpz_clear(x);
	mpz_clear(y);
	return is_good;
}

/* The generator of RFC 6979 §3.2. */
struct nonces {
	uint8_t k[SHA256_DIGEST_SIZE], v[SHA256_DIGEST_SIZE];
	bool has_begun; /* a number has been taken */
};

/* K = HMAC(K, V | separator | secret | digest), V = HMAC(K, V). Without a secret, that is step h.3. */
static void nonces_mix(
	struct nonces *n, uint8_t separator, const uint8_t *secret, const uint8_t *digest)
{
	struct hmac_sha256_ctx hmac;
	hmac_sha256_set_key(&hmac, sizeof(n->k), n->k);
	hmac_sha256_update(&hmac, sizeof(n->v), n->v);
	hmac_sha256_update(&hmac, 1, &separator);
	if (secret) {
		hmac_sha256_update(&hmac, CRYPT_SECRET_LEN, secret);
		hmac_sha256_update(&hmac, CRYPT_DIGEST_LEN, digest);
	}
	hmac_sha256_digest(&hmac, sizeof(n->k), n->k);
	hmac_sha256_set_key(&hmac, sizeof(n->k), n->k);
	hmac_sha256_update(&hmac, sizeof(n->v), n->v);
	hmac_sha256_digest(&hmac, sizeof(n->v), n->v);
	explicit_bzero(&hmac, sizeof(hmac));
}

/* The number modulo the order (bits2octets): it is less than twice that. */
static void reduce(uint8_t number[P256_LEN])
{
	int borrow = 0;
	if (memcmp(number, p256_order, P256_LEN) < 0)
		return;
	for (int i = P256_LEN - 1; i >= 0; i--) {
		int digit = number[i] - p256_order[i] - borrow;
		borrow = digit < 0;
		number[i] = (uint8_t)digit;
	}
}

static void nonces_begin(struct nonces *n, const uint8_t secret[CRYPT_SECRET_LEN],
	const uint8_t digest[CRYPT_DIGEST_LEN])
{
	uint8_t reduced[CRYPT_DIGEST_LEN];
	memcpy(reduced, digest, sizeof(reduced));
	reduce(reduced);
	memset(n->k, 0, sizeof(n->k));
	memset(n->v, 1, sizeof(n->v));
	n->has_begun = false;
	nonces_mix(n, 0, secret, reduced);
	nonces_mix(n, 1, secret, reduced);
}

/* Step h: the library calls this again until the number is less than the order, and fits. */
static void nonces_next(void *arg, size_t len, uint8_t *ret)
{
	struct nonces *n = arg;
	struct hmac_sha256_ctx hmac;
	if (n->has_begun)
		nonces_mix(n, 0, NULL, NULL);
	n->has_begun = true;
	hmac_sha256_set_key(&hmac, sizeof(n->k), n->k);
	hmac_sha256_update(&hmac, sizeof(n->v), n->v);
	hmac_sha256_digest(&hmac, sizeof(n->v), n->v);
	explicit_bzero(&hmac, sizeof(hmac));
	memset(ret, 0, len);
	memcpy(ret, n->v, len < sizeof(n->v) ? len : sizeof(n->v));
}

/* P-256. */

static bool p256_public(const uint8_t secret[CRYPT_SECRET_LEN], uint8_t *ret)
{
	struct ecc_scalar scalar;
	struct ecc_point point;
	bool is_good = scalar_from(&scalar, secret);
	if (is_good) {
		mpz_t x, y;
		ecc_point_init(&point, nettle_get_secp_256r1());
		ecc_point_mul_g(&point, &scalar);
		mpz_init(x);
		mpz_init(y);
		ecc_point_get(&point, x, y);
		nettle_mpz_get_str_256(P256_LEN, ret, x);
		nettle_mpz_get_str_256(P256_LEN, ret + P256_LEN, y);
		mpz_clear(x);
		mpz_clear(y);
		ecc_point_clear(&point);
	}
	ecc_scalar_clear(&scalar);
	return is_good;
}

static void p256_sign(const uint8_t secret[CRYPT_SECRET_LEN], const uint8_t *message, size_t len,
	uint8_t ret[CRYPT_SIGNATURE_LEN])
{
	uint8_t digest[CRYPT_DIGEST_LEN];
	struct ecc_scalar scalar;
	struct dsa_signature signature;
	struct nonces nonces;
	crypt_digest(message, len, message, 0, digest);
	nonces_begin(&nonces, secret, digest);
	memset(ret, 0, CRYPT_SIGNATURE_LEN);
	dsa_signature_init(&signature);
	if (scalar_from(&scalar, secret)) {
		ecdsa_sign(&scalar, &nonces, nonces_next, sizeof(digest), digest, &signature);
		nettle_mpz_get_str_256(P256_LEN, ret, signature.r);
		nettle_mpz_get_str_256(P256_LEN, ret + P256_LEN, signature.s);
	}
	ecc_scalar_clear(&scalar);
	dsa_signature_clear(&signature);
	explicit_bzero(&nonces, sizeof(nonces));
}

static bool p256_verify(const uint8_t *public_key, const uint8_t *message, size_t len,
	const uint8_t signature[CRYPT_SIGNATURE_LEN])
{
	uint8_t digest[CRYPT_DIGEST_LEN];
	struct ecc_point point;
	struct dsa_signature s;
	crypt_digest(message, len, message, 0, digest);
	number_from(s.r, signature);
	number_from(s.s, signature + P256_LEN);
	bool is_right =
		point_from(&point, public_key) && ecdsa_verify(&point, sizeof(digest), digest, &s);
	ecc_point_clear(&point);
	dsa_signature_clear(&s);
	return is_right;
}

/* Both. */

bool crypt_public(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN], uint8_t *ret)
{
	if (alg == DNSSEC_P256)
		return p256_public(secret, ret);
	ed25519_sha512_public_key(ret, secret);
	return true;
}

void crypt_sign(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN], const uint8_t *public_key,
	const uint8_t *message, size_t len, uint8_t ret[CRYPT_SIGNATURE_LEN])
{
	if (alg == DNSSEC_P256)
		p256_sign(secret, message, len, ret);
	else
		ed25519_sha512_sign(public_key, secret, len, message, ret);
}

bool crypt_verify(unsigned alg, const uint8_t *public_key, const uint8_t *message, size_t len,
	const uint8_t signature[CRYPT_SIGNATURE_LEN])
{
	STEPS(1 + len / STEP_BYTES);
	if (alg == DNSSEC_P256)
		return p256_verify(public_key, message, len, signature);
	return ed25519_sha512_verify(public_key, len, message, signature);
}

void crypt_digest(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
	uint8_t ret[CRYPT_DIGEST_LEN])
{
	struct sha256_ctx sha;
	sha256_init(&sha);
	sha256_update(&sha, a_len, a);
	sha256_update(&sha, b_len, b);
	sha256_digest(&sha, CRYPT_DIGEST_LEN, ret);
}
