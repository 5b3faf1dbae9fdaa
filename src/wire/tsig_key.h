/* SPDX-License-Identifier: ISC */
/* A key of TSIG (RFC 8945) as a value: the name both ends know it by, its algorithm, its secret. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "wire/name.h"

/* Those of RFC 8945 §6 that are for use. Not HMAC-MD5: it must not be. */
enum tsig_alg {
	TSIG_HMAC_SHA1,
	TSIG_HMAC_SHA224,
	TSIG_HMAC_SHA256,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
	TSIG_ALG_COUNT
};

struct tsig_key {
	struct name name; /* in lower case */
	enum tsig_alg alg;
	uint16_t secret_len;
	uint8_t secret[LIMIT_TSIG_SECRET];
};

/* The algorithm's name in wire form. Static storage. */
const uint8_t *tsig_alg_name(enum tsig_alg alg);

/* Reads "NAME:ALGORITHM:BASE64". NULL if that is what `text` is, else what is wrong, without the
 * secret in it; `*ret` is untouched then. */
const char *tsig_key_parse(const char *text, struct tsig_key *ret) NONNULL MUSTCHECK;

/* The key of that name among `count`, or NULL. */
const struct tsig_key *tsig_key_find(const struct tsig_key *keys, size_t count, const uint8_t *name)
	NONNULL_ARGS(3);

/* Wipes and frees an array of keys. */
void tsig_keys_free(struct tsig_key *keys, size_t count);
