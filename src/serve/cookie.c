/* SPDX-License-Identifier: ISC */
/*
 * Owns the making and checking of DNS cookies.
 * Never decides what a client without a cookie gets.
 */
#include "serve/cookie.h"

#include <endian.h>
#include <string.h>

#include "base/cursor.h"

enum {
	VERSION = 1,
	OFF_VERSION = COOKIE_CLIENT_LEN,
	OFF_TIME = OFF_VERSION + 4, /* version and three reserved bytes */
	OFF_HASH = OFF_TIME + 4,
	/* RFC 9018 §4.3 */
	PAST_S = 3600,
	FUTURE_S = 300
};

static void put_hash(uint8_t *to, uint64_t hash)
{
	uint64_t bytes = htole64(hash);
	memcpy(to, &bytes, sizeof(bytes));
}

struct cookie_secret cookie_secret_at(const struct cookie_secret *seed, uint32_t time_s)
{
	struct cookie_secret secret;
	uint8_t text[5] = {0};
	put_u32(text, time_s / COOKIE_PERIOD_S);
	put_hash(secret.bytes, siphash(seed->bytes, text, sizeof(text)));
	text[4] = 1;
	put_hash(secret.bytes + SIPHASH_LEN, siphash(seed->bytes, text, sizeof(text)));
	return secret;
}

/* RFC 9018 §4.4: the hash covers all of the cookie before it, including the reserved bytes, and the
 * client's address. */
static uint64_t hash_of(
	const struct cookie_secret *secret, const uint8_t *cookie, const struct addr *client)
{
	uint8_t text[OFF_HASH + sizeof(client->bytes)];
	size_t len = addr_len(client);
	memcpy(text, cookie, OFF_HASH);
	memcpy(text + OFF_HASH, client->bytes, len);
	return siphash(secret->bytes, text, OFF_HASH + len);
}

void cookie_make(const struct cookie_secret *secret, const uint8_t client_cookie[COOKIE_CLIENT_LEN],
	const struct addr *client, uint32_t now_s, uint8_t ret[COOKIE_LEN])
{
	uint8_t cookie[COOKIE_LEN] = {0};
	memcpy(cookie, client_cookie, COOKIE_CLIENT_LEN);
	cookie[OFF_VERSION] = VERSION;
	put_u32(cookie + OFF_TIME, now_s);
	put_hash(cookie + OFF_HASH, hash_of(secret, cookie, client));
	memcpy(ret, cookie, COOKIE_LEN);
}

uint32_t cookie_time(const uint8_t cookie[COOKIE_LEN])
{
	return get_u32(cookie + OFF_TIME);
}

/* True if the timestamp of a cookie is recent enough, and not in the future (RFC 9018 §4.3). */
static bool cookie_is_recent(uint32_t time_s, uint32_t now_s)
{
	/* Serial arithmetic (RFC 1982), as RFC 9018 requires: works beyond 2106. */
	uint32_t age = now_s - time_s;
	return age <= PAST_S || age >= -(uint32_t)FUTURE_S;
}

bool cookie_is_ours(const struct cookie_secret *secret, const uint8_t cookie[COOKIE_LEN],
	const struct addr *client)
{
	uint64_t theirs, ours = htole64(hash_of(secret, cookie, client));
	memcpy(&theirs, cookie + OFF_HASH, sizeof(theirs));
	return cookie[OFF_VERSION] == VERSION && ours == theirs; /* one comparison: constant time */
}

struct cookie_secret cookie_secret_of(const struct cookie_keys *keys, uint32_t time_s)
{
	return keys->is_seed ? cookie_secret_at(&keys->secrets[0], time_s) : keys->secrets[0];
}

static bool is_made_with(
	const struct cookie_keys *keys, const uint8_t cookie[COOKIE_LEN], const struct addr *client)
{
	if (keys->is_seed) {
		struct cookie_secret secret =
			cookie_secret_at(&keys->secrets[0], cookie_time(cookie));
		return cookie_is_ours(&secret, cookie, client);
	}
	bool is_made = false;
	for (unsigned i = 0; i < keys->count; i++)
		is_made |= cookie_is_ours(&keys->secrets[i], cookie, client);
	return is_made;
}

bool cookie_is_good(const struct cookie_keys *keys, const uint8_t *cookie, unsigned len,
	const struct addr *client, uint32_t now_s)
{
	return len == COOKIE_LEN && cookie_is_recent(cookie_time(cookie), now_s) &&
	       is_made_with(keys, cookie, client);
}

struct cookie_keys *cookie_slot_publish(struct cookie_slot *slot, struct cookie_keys *keys)
{
	const struct cookie_keys *before = atomic_load_explicit(&slot->keys, memory_order_relaxed);
	atomic_store_explicit(&slot->keys, keys, memory_order_release);
	return (struct cookie_keys *)(uintptr_t)before;
}
