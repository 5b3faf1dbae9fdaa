/* SPDX-License-Identifier: ISC */
/*
 * Keys: which are trusted, what they may say, and which of their packets were here.
 */
#pragma once

#include "collect/packet.h"

/* Replaces the trust and the patterns of the configuration. ERR_NOMEM (also: LIMIT_COLLECT_KEYS), ERR_RANGE: nothing has
 * changed. */
int ckey_set_trust(struct collect *c, const struct collect_config *config) NONNULL MUSTCHECK;
/* Frees such patterns. `patterns` may be NULL if there are none. */
void ckey_free_patterns(struct pattern *patterns, size_t count);

/* Returns the key with exactly that signer, algorithm and tag, or NULL. */
struct ckey *ckey_find(
	const struct collect *c, const uint8_t *signer, uint8_t alg, uint16_t tag) NONNULL;
/* Adds the key, which is not trusted yet. `rdata` is of a KEY, or of a DNSKEY of the same pair. If there is no room, the
 * key that was heard longest ago of those without names gives way. NULL: there is none; out of memory; or the rdata is
 * no key. One that is there already is returned. */
struct ckey *ckey_add(struct collect *c, const uint8_t *signer, struct rdata rdata)
	NONNULL_ARGS(1, 2) MUSTCHECK;
/* Forgets a key without names that has this signer, algorithm and tag, but is another one: to be called before
 * ckey_add() where the caller knows that it has been replaced. */
void ckey_replace(struct collect *c, const uint8_t *signer, struct rdata rdata) NONNULL_ARGS(1, 2);
struct rdata ckey_rdata(const struct ckey *key) NONNULL;
/* Forgets the key, which has no labels. Its said names must be gone. */
void ckey_drop(struct collect *c, struct ckey *key) NONNULL;

/* Returns the key of a packet if it is trusted now: looks into the zone, too. */
struct ckey *ckey_of_packet(struct collect *c, const struct sig0 *sig) NONNULL;
/* True if a key of that signer that is unknown may be trusted as the first that came: no other one has the name. */
bool ckey_may_be_first(const struct collect *c, const uint8_t *signer) NONNULL;
/* The key, which is not known as such yet, came first. If there are too many of those, the one that was heard longest ago
 * of those without names gives way. False: all have names. */
bool ckey_make_first(struct collect *c, struct ckey *key) NONNULL;

/* True if nobody had to approve of the key: it came first, and nothing else is for it. */
static inline bool ckey_counts_as_first(const struct ckey *key)
{
	return key->is_first && !key->is_of_file && !key->is_of_zone;
}

/* True if the key may have one more of a kind of names, of which it has `own`, all keys `all`, and those that count as
 * first `first`: half of all are for these; the other half for keys that somebody has approved of. */
static inline bool ckey_has_room(const struct ckey *key, size_t own, size_t all, size_t first)
{
	return own < LIMIT_COLLECT_KEY_NAMES && all < LIMIT_COLLECT_NAMES &&
	       (!ckey_counts_as_first(key) ||
		       first < LIMIT_COLLECT_NAMES / LIMIT_COLLECT_FIRST_PART);
}

bool ckey_is_trusted(const struct collect *c, const struct ckey *key) NONNULL;
enum collect_origin ckey_origin(const struct collect *c, const struct ckey *key) NONNULL;

/* True if it is a host name of one label (RFC 1123 §2.1) that somebody may have, in lower case: "wan" and "lan" are
 * branches of the zone, and "ns…" its servers. */
bool ckey_is_free_label(const char *text, size_t len) NONNULL;
/* 0, or ERR_DENIED: the key may not say that label, whoever has it. */
int ckey_may_say(const struct collect *c, const struct ckey *key, const struct wire_label *label,
	char ret_text[COLLECT_LABEL_CAP]) NONNULL MUSTCHECK;

/* Returns COLLECT_ACCEPTED if the packet is valid now and was not here; COLLECT_UNTIMELY; COLLECT_KNOWN: it was;
 * COLLECT_REPLAYED: it is older than the last one, or may have been here. */
enum collect_verdict ckey_check_time(
	const struct collect *c, struct ckey *key, const struct sig0 *sig) NONNULL;
/* The packet was verified. */
void ckey_note_packet(struct collect *c, struct ckey *key, const struct sig0 *sig) NONNULL;
