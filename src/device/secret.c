/* SPDX-License-Identifier: ISC */
/*
 * Owns the derivation of secrets and hardware addresses: HMAC-SHA256 (RFC 2104) of who it is for.
 * Never makes or stores the machine's secret. Called by ontapd for each device.
 */
#include "device/secret.h"

#include <ldns/sha2.h>
#include <net/if.h>
#include <string.h>

#include "base/cursor.h"
#include "model/event.h"

enum { BLOCK_LEN = 64, PURPOSE_CAP = 16 };

/* HMAC for keys of MACHINE_SECRET_LEN bytes, which are shorter than a block, and short messages. */
static void hmac(const uint8_t *key, const uint8_t *message, size_t len,
	uint8_t out[LDNS_SHA256_DIGEST_LENGTH])
{
	uint8_t inner[BLOCK_LEN + ALIAS_CAP + IF_NAMESIZE + PURPOSE_CAP + 8];
	uint8_t outer[BLOCK_LEN + LDNS_SHA256_DIGEST_LENGTH];
	memset(inner, 0x36, BLOCK_LEN);
	memset(outer, 0x5c, BLOCK_LEN);
	for (size_t i = 0; i < MACHINE_SECRET_LEN; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	memcpy(inner + BLOCK_LEN, message, len);
	ldns_sha256(inner, (unsigned)(BLOCK_LEN + len), outer + BLOCK_LEN);
	ldns_sha256(outer, sizeof(outer), out);
}

/* Each field ends with a zero, which is in none of them: no two identities make one message. */
static void put_field(struct wr *w, const char *text, size_t cap)
{
	wr_bytes(w, text, strnlen(text, cap - 1));
	wr_u8(w, 0);
}

static void derive(const struct device_identity *id, const char *purpose,
	uint8_t out[LDNS_SHA256_DIGEST_LENGTH])
{
	uint8_t message[PURPOSE_CAP + IF_NAMESIZE + ALIAS_CAP + 4];
	struct wr w = wr_init(message, sizeof(message));
	put_field(&w, purpose, PURPOSE_CAP);
	put_field(&w, id->parent, IF_NAMESIZE);
	put_field(&w, id->workload, ALIAS_CAP);
	wr_u32(&w, id->instance);
	hmac(id->machine, message, wr_len(&w), out);
}

struct addr device_secret(const struct device_identity *id)
{
	uint8_t digest[LDNS_SHA256_DIGEST_LENGTH];
	derive(id, "ontap rfc7217", digest);
	return addr_make(ADDR_V6, digest);
}

void device_id(const struct device_identity *id, uint8_t out[DEVICE_ID_LEN])
{
	uint8_t digest[LDNS_SHA256_DIGEST_LENGTH];
	derive(id, "ontap id", digest);
	memcpy(out, digest, DEVICE_ID_LEN);
}

void device_hwaddr(const struct device_identity *id, uint8_t out[DEVICE_HWADDR_LEN])
{
	uint8_t digest[LDNS_SHA256_DIGEST_LENGTH];
	derive(id, "ontap hwaddr", digest);
	memcpy(out, digest, DEVICE_HWADDR_LEN);
	out[0] = (uint8_t)((out[0] & ~1u) | 2u);
}
