/* SPDX-License-Identifier: ISC */
/*
 * Owns the text form of TSIG keys and the names of their algorithms.
 * Never computes anything with them.
 */
#include "wire/tsig_key.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const uint8_t *name;
} algs[TSIG_ALG_COUNT] = {
	[TSIG_HMAC_SHA1] = {"hmac-sha1", (const uint8_t *)"\x09hmac-sha1"},
	[TSIG_HMAC_SHA224] = {"hmac-sha224", (const uint8_t *)"\x0bhmac-sha224"},
	[TSIG_HMAC_SHA256] = {"hmac-sha256", (const uint8_t *)"\x0bhmac-sha256"},
	[TSIG_HMAC_SHA384] = {"hmac-sha384", (const uint8_t *)"\x0bhmac-sha384"},
	[TSIG_HMAC_SHA512] = {"hmac-sha512", (const uint8_t *)"\x0bhmac-sha512"},
};

const uint8_t *tsig_alg_name(enum tsig_alg alg)
{
	return algs[alg].name;
}

/* Decodes text that must be base64 (RFC 4648 §4) as a whole, without blanks. Returns the number of
 * bytes; 0 if the text is invalid, empty, or too long. */
static size_t decode_secret(const char *text, uint8_t out[LIMIT_TSIG_SECRET])
{
	struct base64_decode_ctx ctx;
	uint8_t bytes[LIMIT_TSIG_SECRET + 3]; /* BASE64_DECODE_LENGTH() rounds up */
	size_t text_len = strlen(text), len = 0;
	if (BASE64_DECODE_LENGTH(text_len) > sizeof(bytes) || strpbrk(text, " \t\r\n\f\v"))
		return 0;
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &len, bytes, text_len, text) ||
		!base64_decode_final(&ctx) || len > LIMIT_TSIG_SECRET)
		len = 0;
	memcpy(out, bytes, len);
	explicit_bzero(bytes, sizeof(bytes));
	return len;
}

const char *tsig_key_parse(const char *text, struct tsig_key *ret)
{
	struct tsig_key key = {.alg = TSIG_ALG_COUNT};
	char name[NAME_TEXT_CAP];
	const char *alg = strchr(text, ':'), *secret = alg ? strchr(alg + 1, ':') : NULL;
	if (!secret || (size_t)(alg - text) >= sizeof(name))
		return "is not NAME:ALGORITHM:BASE64";
	memcpy(name, text, (size_t)(alg - text));
	name[alg - text] = '\0';
	if (name[0] == '\0' || name_from_text(name, NULL, &key.name))
		return "the name of the key is no domain name";
	name_lower(&key.name);
	size_t alg_len = (size_t)(secret - ++alg);
	for (int i = 0; i < TSIG_ALG_COUNT; i++)
		if (strlen(algs[i].text) == alg_len && strncasecmp(algs[i].text, alg, alg_len) == 0)
			key.alg = (enum tsig_alg)i;
	if (key.alg == TSIG_ALG_COUNT)
		return "the algorithm is not hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384 or "
		       "hmac-sha512";
	key.secret_len = (uint16_t)decode_secret(secret + 1, key.secret);
	if (key.secret_len == 0)
		return "the secret is no base64, or too long";
	*ret = key;
	return NULL;
}

const struct tsig_key *tsig_key_find(const struct tsig_key *keys, size_t count, const uint8_t *name)
{
	for (size_t i = 0; i < count; i++)
		if (name_equal(keys[i].name.wire, name))
			return &keys[i];
	return NULL;
}

void tsig_keys_free(struct tsig_key *keys, size_t count)
{
	if (keys && count > 0)
		explicit_bzero(keys, count * sizeof(*keys));
	free(keys);
}
