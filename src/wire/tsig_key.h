/* SPDX-License-Identifier: ISC */
/* A TSIG key (RFC 8945) as a value: the name that both ends use for it, its algorithm, its
 * secret. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "wire/name.h"

/* The algorithms of RFC 8945 §6 that may be used. HMAC-MD5 must not be used, so it is not here. */
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

/* Returns the algorithm's name in wire form. Static storage. */
const uint8_t *tsig_alg_name(enum tsig_alg alg);

/* Reads "NAME:ALGORITHM:BASE64". Returns NULL on success, else a text that tells what is wrong and
 * does not contain the secret; `*ret` is unchanged then. */
const char *tsig_key_parse(const char *text, struct tsig_key *ret) NONNULL MUSTCHECK;

/* Returns the key with that name among the `count` keys, or NULL. */
const struct tsig_key *tsig_key_find(const struct tsig_key *keys, size_t count, const uint8_t *name)
	NONNULL_ARGS(3);

/* Wipes and frees an array of keys. */
void tsig_keys_free(struct tsig_key *keys, size_t count);
