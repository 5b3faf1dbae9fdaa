/* SPDX-License-Identifier: ISC */
/*
 * Owns the values of keys, and the rdata that is made of them.
 * Never chooses a secret.
 */
#include "dnssec/keys.h"

#include <string.h>

#include "base/cursor.h"
#include "base/err.h"

const uint8_t cds_delete[CDS_DELETE_LEN] = {0, 0, 0, 0, 0};
const uint8_t cdnskey_delete[CDS_DELETE_LEN] = {0, 0, DNSKEY_PROTOCOL, 0, 0};

int key_from_secret(unsigned alg, const uint8_t secret[CRYPT_SECRET_LEN], struct key_pair *ret)
{
	struct key_pair key = {.alg = (uint8_t)alg};
	if (!crypt_is_known(alg) || !crypt_public(alg, secret, key.public_key))
		return ERR_RANGE;
	memcpy(key.secret, secret, sizeof(key.secret));
	key_set_flags(&key, DNSKEY_FLAGS);
	*ret = key;
	key_wipe(&key);
	return 0;
}

void key_set_flags(struct key_pair *key, unsigned flags)
{
	uint8_t rdata[DNSKEY_CAP];
	key->flags = (uint16_t)flags;
	key->tag = key_tag(rdata, key_dnskey(key, rdata));
}

void key_wipe(struct key_pair *key)
{
	explicit_bzero(key, sizeof(*key));
}

size_t key_dnskey(const struct key_pair *key, uint8_t ret[DNSKEY_CAP])
{
	const size_t len = crypt_public_len(key->alg);
	put_u16(ret, key->flags);
	ret[2] = DNSKEY_PROTOCOL;
	ret[3] = key->alg;
	memcpy(ret + DNSKEY_HEAD, key->public_key, len);
	return DNSKEY_HEAD + len;
}

uint16_t key_tag(const uint8_t *dnskey, size_t len)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? dnskey[i] : (uint32_t)dnskey[i] << 8;
	return (uint16_t)(sum + (sum >> 16));
}

void key_ds(const struct key_pair *key, const uint8_t *zone, uint8_t ret[DS_LEN])
{
	uint8_t dnskey[DNSKEY_CAP];
	struct name owner;
	const size_t len = key_dnskey(key, dnskey);
	name_copy(&owner, zone);
	name_lower(&owner);
	put_u16(ret, key->tag);
	ret[2] = key->alg;
	ret[3] = DS_SHA256;
	crypt_digest(owner.wire, owner.len, dnskey, len, ret + 4);
}

void key_sign(const struct key_pair *key, const uint8_t *message, size_t len,
	uint8_t ret[CRYPT_SIGNATURE_LEN])
{
	crypt_sign(key->alg, key->secret, key->public_key, message, len, ret);
}
