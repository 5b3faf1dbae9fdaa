/* SPDX-License-Identifier: ISC */
/*
 * How the keys of one zone come and go (RFC 7583, RFC 6781 §4.1.3 and §4.1.4, RFC 8078), as a value and in
 * whole seconds since 1970. A zone has one key that signs everything. A new one takes over in these steps:
 *
 *	GENERATED   its files are being written
 *	SIGNING     (a new algorithm only) signs all data, beside the old key; not yet in the DNSKEY set
 *	            → all data has its signatures, and what was cached without them is gone
 *	PUBLISHED   in the DNSKEY set, which both keys sign
 *	            → the set without it is gone from all caches
 *	SUBMITTED   CDS and CDNSKEY ask the parent for its DS
 *	            → somebody has seen the DS there (roll_ds_seen)
 *	ACTIVE      signs all data. The old key is LEAVING: in the DNSKEY set only
 *	            → the old DS, and all signatures of the old key, are gone from all caches
 *	RETIRED     the old key is out of the DNSKEY set
 *	            → that set is gone from all caches; its files are removed
 *
 * With a new algorithm, the old key goes on to sign all data while it is LEAVING. Then it is DROPPED: out of the
 * DNSKEY set, but its signatures stay until that set is gone from all caches.
 * The first key of a zone signs from the start, and is PUBLISHED until data without signatures is gone.
 *
 * CDS and CDNSKEY always say what the parent should have (RFC 7344 §4, RFC 8078): the key that was SUBMITTED last, then
 * ACTIVE; or, while the zone becomes unsigned, no DS. They are not there before the first key is SUBMITTED: a
 * parent that takes them at once (RFC 8078 §3) would make bogus what caches have without signatures.
 *
 * Each step is stored before it takes effect, so the process may be killed at any moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "wire/name.h"
#include "wire/rrsig.h"

/* The words of the state file are in roll_state_text(). */
enum roll_state {
	ROLL_GENERATED,
	ROLL_SIGNING,
	ROLL_PUBLISHED,
	ROLL_SUBMITTED,
	ROLL_ACTIVE,
	ROLL_LEAVING,
	ROLL_DROPPED,
	ROLL_RETIRED,
	ROLL_STATE_COUNT
};

enum roll_mode {
	ROLL_SIGNED,
	ROLL_UNSIGNING, /* CDS and CDNSKEY ask the parent to remove the DS */
	ROLL_DS_GONE,   /* it has been removed; caches may have it still */
	ROLL_UNSIGNED,  /* no signatures; keys are RETIRED, then gone */
	ROLL_MODE_COUNT
};

struct roll_key {
	struct dnssec_key_id id;
	enum roll_state state;
	uint64_t created_s, since_s;
};

enum { ROLL_KEYS_MAX = 3 }; /* an old one, a new one, and one that has just retired */

/* How long others keep what they have got, in seconds. */
struct roll_times {
	uint32_t dnskey_ttl_s;  /* of DNSKEY, CDS and CDNSKEY */
	uint32_t zone_ttl_s;    /* the longest of the zone */
	uint32_t ds_ttl_s;      /* of the DS at the parent */
	uint32_t propagation_s; /* until all servers of the zone, or of the parent, have a change */
	uint32_t validity_s;    /* after which no signature of before is served */
};

struct roll {
	struct name zone; /* in lower case */
	enum roll_mode mode;
	uint64_t mode_since_s;
	uint64_t
		fresh_s; /* since when all data has the signatures of those keys that now sign; 0: not yet */
	struct roll_times
		times; /* what caches may have: shorter ones count later than longer ones */
	struct roll_times next; /* as set last */
	uint64_t next_s;        /* since when */
	unsigned count;
	struct roll_key keys[ROLL_KEYS_MAX]; /* the oldest first */
};

/* A zone with no keys: roll_add() gives it the first one. */
void roll_init(struct roll *r, const uint8_t *zone, const struct roll_times *times) NONNULL;
/* From now on these are the times. What was longer before still counts until it is over, and no step is to come.
 * True: that has changed something. */
bool roll_set_times(struct roll *r, uint64_t now_s, const struct roll_times *times) NONNULL
	MUSTCHECK;

/* The clock has leapt forward by `leapt_s`, which has not passed: what has begun before began later by as much, though
 * never after `now_s`. So, with 0, a clock that has been set back lets no wait be longer than from now on. True: that
 * has changed something. */
bool roll_leap(struct roll *r, uint64_t now_s, uint64_t leapt_s) NONNULL MUSTCHECK;

/* Begins the life of a key: the first one, or a successor. ERR_EXISTS: keys are being changed, see
 * roll_is_busy(). */
int roll_add(struct roll *r, uint64_t now_s, struct dnssec_key_id id) NONNULL MUSTCHECK;
/* True if a step is to come, or has been asked of the parent: no other roll can begin. */
bool roll_is_busy(const struct roll *r) NONNULL;

/* Somebody has seen at the parent what CDS asks for: the new DS; or, while the zone becomes unsigned, none.
 * ERR_ABSENT: nothing is asked of the parent. */
int roll_ds_seen(struct roll *r, uint64_t now_s) NONNULL MUSTCHECK;
/* The DS goes, then, by roll_end(), the keys. ERR_EXISTS: keys are being changed. ERR_ABSENT: it is not signed. */
int roll_unsign(struct roll *r, uint64_t now_s) NONNULL MUSTCHECK;
/* All data has just the signatures of these keys. Without such news, a step waits until older signatures have
 * expired. True: that has changed something. */
bool roll_fresh(struct roll *r, uint64_t now_s, const struct dnssec_key_id *ids, unsigned count)
	NONNULL_ARGS(1) MUSTCHECK;

/* Ends the zone as a signed one, if the DS is gone from all caches. True: it is ROLL_UNSIGNED now. Apart from
 * roll_step(), because the server has to begin without signatures. */
bool roll_end(struct roll *r, uint64_t now_s) NONNULL MUSTCHECK;
/* Returns when roll_end() may do that; UINT64_MAX: not yet known. */
uint64_t roll_end_time(const struct roll *r) NONNULL;

/* Does at most one step, if it is due. True: it did; store the state, then let it take effect. */
bool roll_step(struct roll *r, uint64_t now_s) NONNULL MUSTCHECK;
/* Returns when the next step is due, as far as that is known; UINT64_MAX: there is none, or it is not known. */
uint64_t roll_deadline(const struct roll *r) NONNULL;

/* What the key number `i` does. */
bool roll_signs_data(const struct roll *r, unsigned i) NONNULL;
bool roll_is_in_set(
	const struct roll *r, unsigned i) NONNULL; /* DNSKEY; signs that, CDS and CDNSKEY too */
bool roll_is_in_cds(const struct roll *r, unsigned i) NONNULL;
/* CDS and CDNSKEY ask for the removal of the DS. */
bool roll_has_delete(const struct roll *r) NONNULL;
/* True if roll_ds_seen() is waited for. */
bool roll_is_asking(const struct roll *r) NONNULL;

const char *roll_state_text(enum roll_state state);
const char *roll_mode_text(enum roll_mode mode);

/* Appends the state as a file. */
void roll_print(const struct roll *r, struct buf *out) NONNULL;
/* Reads it. ERR_SYNTAX: `*ret_line` is the line. On failure `*ret` is unchanged. */
int roll_parse(const char *text, struct roll *ret, unsigned *ret_line) NONNULL MUSTCHECK;
