/* SPDX-License-Identifier: ISC */
/*
 * Owns the derivation of secrets and hardware addresses: the HMAC-SHA256 (RFC 2104) of an identity.
 * Never makes or stores the machine's secret.
 */
#include "device/secret.h"

#include <net/if.h>
#include <nettle/hmac.h>
#include <string.h>

#include "base/cursor.h"
#include "model/event.h"

enum { PURPOSE_CAP = 16 };

/* Each field ends with a zero, which no field contains: so different identities never have
 * the same message. */
static void put_field(struct wr *w, const char *text, size_t cap)
{
	wr_bytes(w, text, strnlen(text, cap - 1));
	wr_u8(w, 0);
}

static void derive(
	const struct device_identity *id, const char *purpose, uint8_t out[SHA256_DIGEST_SIZE])
{
	uint8_t message[PURPOSE_CAP + IF_NAMESIZE + ALIAS_CAP + 4];
	struct wr w = wr_init(message, sizeof(message));
	put_field(&w, purpose, PURPOSE_CAP);
	put_field(&w, id->parent, IF_NAMESIZE);
	put_field(&w, id->workload, ALIAS_CAP);
	wr_u32(&w, id->instance);
	struct hmac_sha256_ctx hmac;
	hmac_sha256_set_key(&hmac, MACHINE_SECRET_LEN, id->machine);
	hmac_sha256_update(&hmac, wr_len(&w), message);
	hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, out);
}

uint64_t device_seal(const uint8_t machine[MACHINE_SECRET_LEN], const struct device_mark *mark)
{
	static const char purpose[] = "ontap mark";
	struct device_mark bare = *mark;
	char text[DEVICE_MARK_CAP];
	uint8_t digest[SHA256_DIGEST_SIZE];
	bare.seal = 0;
	device_mark_format(&bare, text);
	struct hmac_sha256_ctx hmac;
	hmac_sha256_set_key(&hmac, MACHINE_SECRET_LEN, machine);
	hmac_sha256_update(&hmac, sizeof(purpose), (const uint8_t *)purpose);
	hmac_sha256_update(&hmac, strlen(text), (const uint8_t *)text);
	hmac_sha256_digest(&hmac, sizeof(digest), digest);
	struct rd r = rd_init(digest, sizeof(digest));
	uint64_t high = rd_u32(&r);
	return high << 32 | rd_u32(&r);
}

struct addr device_secret(const struct device_identity *id)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	derive(id, "ontap rfc7217", digest);
	return addr_make(ADDR_V6, digest);
}

void device_id(const struct device_identity *id, uint8_t out[DEVICE_ID_LEN])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	derive(id, "ontap id", digest);
	memcpy(out, digest, DEVICE_ID_LEN);
}

void device_hwaddr(const struct device_identity *id, uint8_t out[DEVICE_HWADDR_LEN])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	derive(id, "ontap hwaddr", digest);
	memcpy(out, digest, DEVICE_HWADDR_LEN);
	out[0] = (uint8_t)((out[0] & ~1u) | 2u);
}
