/* SPDX-License-Identifier: ISC */
/*
 * DNS cookies (RFC 7873). With a cookie a client proves that it receives packets at its address.
 * Our cookies follow RFC 9018 and contain their time, so the server keeps no state about
 * clients.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/siphash.h"

enum {
	COOKIE_CLIENT_LEN = 8,
	COOKIE_SERVER_LEN = 16,                             /* ours; other servers use 8 to 32 */
	COOKIE_LEN = COOKIE_CLIENT_LEN + COOKIE_SERVER_LEN, /* as in the option */
	COOKIE_CAP = COOKIE_CLIENT_LEN + 32,
	COOKIE_SECRETS_MAX = 2,     /* two while secrets are being replaced */
	COOKIE_PERIOD_S = 24 * 3600 /* RFC 7873 §7.1 asks for a new secret daily */
};

struct cookie_secret {
	uint8_t bytes[SIPHASH_KEY_LEN];
};

/* The secrets for making and checking cookies. There are two kinds. (1) A seed of this server
 * alone: its secrets change automatically. (2) Secrets that several servers behind one address
 * share, and that administrators change: the first secret makes cookies, and all are accepted
 * (RFC 9018 §5). */
struct cookie_keys {
	bool is_seed;
	unsigned count; /* 1 or more; 1 for a seed */
	struct cookie_secret secrets[COOKIE_SECRETS_MAX];
};

/* The pointer to the published keys. One writer stores it (release); readers load it (acquire). */
struct cookie_slot {
	_Atomic(const struct cookie_keys *) keys;
};

/* Publishes `keys` (NULL: none). Returns the previous keys, which the caller frees after a grace
 * period. */
struct cookie_keys *cookie_slot_publish(struct cookie_slot *slot, struct cookie_keys *keys)
	NONNULL_ARGS(1) MUSTCHECK;

/* Returns the secret for the period that contains `time_s` (seconds since 1970). It is computed
 * only from `seed` and the time. So it changes automatically, all threads have the same one, and
 * the secret of the previous period is never lost. */
struct cookie_secret cookie_secret_at(const struct cookie_secret *seed, uint32_t time_s) NONNULL;

/* Returns the secret for a cookie made at `time_s`. */
struct cookie_secret cookie_secret_of(const struct cookie_keys *keys, uint32_t time_s) NONNULL;

/* Writes the client cookie and the server cookie for a client at `client` with the time `now_s`. */
void cookie_make(const struct cookie_secret *secret, const uint8_t client_cookie[COOKIE_CLIENT_LEN],
	const struct addr *client, uint32_t now_s, uint8_t ret[COOKIE_LEN]) NONNULL;

/* Returns the time in the cookie, which is not verified. */
uint32_t cookie_time(const uint8_t cookie[COOKIE_LEN]) NONNULL;

/* True if `cookie` was made with `secret` for that client. Does not check its age. */
bool cookie_is_ours(const struct cookie_secret *secret, const uint8_t cookie[COOKIE_LEN],
	const struct addr *client) NONNULL;

/* True if the cookie was made with one of our current secrets for that client, and is recent.
 * `len` is the length of the whole option. False for options without a server cookie of ours. */
bool cookie_is_good(const struct cookie_keys *keys, const uint8_t *cookie, unsigned len,
	const struct addr *client, uint32_t now_s) NONNULL;
