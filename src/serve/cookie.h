/* SPDX-License-Identifier: ISC */
/*
 * DNS cookies (RFC 7873): what a client shows to prove that it gets what is sent to its address. Ours
 * are those of RFC 9018, which tell their own age, so nothing is kept about clients.
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
	COOKIE_SERVER_LEN = 16,                             /* of ours; others' have 8 to 32 */
	COOKIE_LEN = COOKIE_CLIENT_LEN + COOKIE_SERVER_LEN, /* as it stands in the option */
	COOKIE_CAP = COOKIE_CLIENT_LEN + 32,
	COOKIE_SECRETS_MAX = 2,     /* while one takes over from the other */
	COOKIE_PERIOD_S = 24 * 3600 /* RFC 7873 §7.1 asks for a new secret daily */
};

struct cookie_secret {
	uint8_t bytes[SIPHASH_KEY_LEN];
};

/* What cookies are made and checked with. Either a seed of this server alone, for secrets that change by
 * themselves; or secrets that several servers share behind one address, and that people change: the first
 * makes cookies, all are accepted (RFC 9018 §5). */
struct cookie_keys {
	bool is_seed;
	unsigned count; /* 1 or more; of a seed 1 */
	struct cookie_secret secrets[COOKIE_SECRETS_MAX];
};

/* The pointer by which they are published: stored by one writer (release), loaded by readers (acquire). */
struct cookie_slot {
	_Atomic(const struct cookie_keys *) keys;
};

/* Publishes `keys` (NULL: none) and returns what was there, to be freed after a grace period. */
struct cookie_keys *cookie_slot_publish(struct cookie_slot *slot, struct cookie_keys *keys)
	NONNULL_ARGS(1) MUSTCHECK;

/* The secret of the period that `time_s` (seconds since 1970) is in. It follows from `seed` and the time
 * alone: so it changes without anyone changing it, all threads have the same one, and that of the period
 * before is never lost. */
struct cookie_secret cookie_secret_at(const struct cookie_secret *seed, uint32_t time_s) NONNULL;

/* The secret for a cookie that is made at that time. */
struct cookie_secret cookie_secret_of(const struct cookie_keys *keys, uint32_t time_s) NONNULL;

/* Writes client's and server's cookie for a client at `client` as of now. */
void cookie_make(const struct cookie_secret *secret, const uint8_t client_cookie[COOKIE_CLIENT_LEN],
	const struct addr *client, uint32_t now_s, uint8_t ret[COOKIE_LEN]) NONNULL;

/* When the cookie was made, by its own word. */
uint32_t cookie_time(const uint8_t cookie[COOKIE_LEN]) NONNULL;

/* Whether `cookie` was made by us with `secret` for that client. Does not look at its age. */
bool cookie_is_ours(const struct cookie_secret *secret, const uint8_t cookie[COOKIE_LEN],
	const struct addr *client) NONNULL;

/* The same with a secret that it may have been made with, and it is recent. `len`: of the whole option;
 * those that have no server's cookie of ours are simply not good. */
bool cookie_is_good(const struct cookie_keys *keys, const uint8_t *cookie, unsigned len,
	const struct addr *client, uint32_t now_s) NONNULL;
