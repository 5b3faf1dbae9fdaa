/* SPDX-License-Identifier: ISC */
/*
 * Signed zones (RFC 4033 to 4035): for the writer.
 *
 * Everything is signed before it is served, by somebody else, to whom the caller passes messages: this
 * layer has no keys. So a change of an owner in a signed zone does not reach readers at once:
 *
 *	zone_put ──► waiting ──► zone_commit: a generation ──► zone_next_request ──► the signer
 *	                              ▲      │                                         │
 *	                              │      └── owner by owner, as it is complete ◄── zone_signed
 *	                              └──────────── at its end: the SOA, the next one begins
 *
 * A *generation* takes owners that wait, computes the chain of NSEC records as it will be, and builds the
 * nodes of these owners and of those whose link changes. What an owner had signed already, it keeps. An owner
 * is published when its signatures are there, those that were changed first, and names that go away
 * last: so at no moment a name is denied that exists. Then the SOA is signed and published, with a new
 * serial: transfers go from one such state to the next.
 *
 * There is one chain for both views, with the same owners; only the bitmaps may differ. An owner that
 * has no records in a view has a link there all the same, so a name that exists only for some clients is
 * NODATA for others, at secondaries as here. (RFC 4035 §2.3 does not expect such links; validators and
 * servers do not mind them.)
 */
#pragma once

#include "wire/rrsig.h"
#include "zone/zone.h"

/* One set at the apex that is about keys: DNSKEY, CDS or CDNSKEY, with its signatures. */
struct zone_key_set {
	struct rrset set;
	struct rrsig sigs[RRSIG_KEYS_MAX];
	unsigned sig_count;
};

enum { ZONE_KEY_SETS_MAX = 3 };

/* The keys of a zone, as the signer tells them. */
struct zone_keys {
	struct dnssec_key_id active[RRSIG_KEYS_MAX]; /* those that sign everything else */
	unsigned active_count;
	struct zone_key_set sets[ZONE_KEY_SETS_MAX];
	unsigned set_count;
};

/* Makes the zone with that apex a signed one. From now on nothing of it changes for readers until
 * zone_set_keys(), and what was there already is signed then, too. ERR_ABSENT: no such zone; ERR_NOMEM:
 * try again. */
int zone_sign(struct zone *z, const uint8_t *apex) NONNULL MUSTCHECK;

/* Sets the keys of a signed zone. What is signed by other keys is signed anew, a bit at a time
 * (zone_refresh()). ERR_ABSENT: it is not signed; ERR_NOMEM; ERR_RANGE. */
int zone_set_keys(struct zone *z, const uint8_t *apex, const struct zone_keys *keys) NONNULL
	MUSTCHECK;

/* Sets the time for signatures, unix time; 0, as at the beginning: it is not known, and nothing is
 * signed. To be called before zone_commit() and zone_next_request(). */
void zone_set_clock(struct zone *z, uint32_t now_s) NONNULL;

/* What is to be signed next. */
enum { ZONE_REQUEST_MAX = 64, ZONE_REQUEST_BYTES = 96 * 1024, ZONE_REQUESTS = 2 };
struct zone_message {
	const uint8_t *bytes; /* RFC 4034 §3.1.8.1; borrowed until the next call */
	size_t len;
};
struct zone_request {
	uint64_t ticket;
	size_t count;
	struct zone_message messages[ZONE_REQUEST_MAX];
};

/* Makes the next request, of at least one message. False: there is none now, or ZONE_REQUESTS are under
 * way. */
bool zone_next_request(struct zone *z, struct zone_request *ret) NONNULL MUSTCHECK;

/* Takes the signatures of a request, in its order. `is_refused[i]`: the signer has not signed that one;
 * it is asked again after the next zone_refresh(). Afterwards zone_commit() publishes what is complete. */
void zone_signed(struct zone *z, uint64_t ticket, const uint8_t (*sigs)[RRSIG_BYTES],
	const bool *is_refused, size_t count) NONNULL;

/* The signer has lost all requests: they are made again. */
void zone_unsigned(struct zone *z) NONNULL;

/* Signatures that outlive a run. */

struct zone_kept {
	/* Asked before the signer is: fills in times and bytes of the signature that `sig->key` has made of that message,
	 * whatever times the message has, and returns true. One whose times are not good is not used. */
	bool (*find)(void *arg, const uint8_t *apex, const struct zone_message *message,
		struct rrsig *sig);
	void *arg;
};

/* Lets signatures be taken from there; `find` NULL: no more. */
void zone_use_kept(struct zone *z, struct zone_kept kept) NONNULL;
/* Some of them are wrong: all signatures that were made before now are made anew, a bit at a time. */
void zone_distrust(struct zone *z) NONNULL;

/* Visits the signatures of the next `owners` owners behind `*at`, the root at first, of a signed zone, as they are
 * published; between two calls anything may change. Both arguments of `visit` are borrowed. Returns 1 if there is
 * more, or 0 at the end. ERR_ABSENT: it is not signed; ERR_NOMEM. */
int zone_each_signature(const struct zone *z, const uint8_t *apex, struct name *at, size_t owners,
	void (*visit)(void *arg, const struct zone_message *message, const struct rrsig *sig),
	void *arg) NONNULL_ARGS(1, 2, 3, 5) MUSTCHECK;

/* Looks at some signatures of each signed zone, and lets those be renewed that end soon, or are by other
 * keys than the active ones. Returns the seconds after which to call it again; 0: there is no signed zone. */
unsigned zone_refresh(struct zone *z) NONNULL;

/* There are no keys for that zone, now. Nobody waits for it; its names are answered with SERVFAIL until there are. */
void zone_set_failed(struct zone *z, const uint8_t *apex) NONNULL;

/* True if a zone waits for signatures: names that were put are not all served as they were put. */
bool zone_is_signing(const struct zone *z) NONNULL;
/* True if what readers see of each signed zone is as of its SOA, so that it may be transferred; but for those that
 * have not begun (`has_begun` of zone_sign_stats()). */
bool zone_is_whole(const struct zone *z) NONNULL;

/* For `status`: of one signed zone. */
struct zone_sign_stats {
	size_t owners;         /* in the chain */
	size_t waiting;        /* owners whose signatures are being made, or wait for that */
	uint64_t made;         /* signatures since the start */
	uint64_t kept;         /* signatures of a former run that were taken since the start */
	uint64_t refused;      /* of them not signed at first */
	uint32_t expiration;   /* the earliest of all signatures at the last look; 0: not known */
	uint32_t next_renewal; /* when the first of them is renewed */
	struct dnssec_key_id keys[RRSIG_KEYS_MAX]; /* that sign now */
	unsigned key_count;                        /* 0: none are known */
	bool has_begun, has_failed; /* the first generation has ended; there are no keys */
	uint32_t longest_ttl;       /* of all that was published since the start, in seconds */
	bool is_fresh;              /* everything is signed by just these keys, and published */
};
/* Visits each signed zone. */
void zone_each_signed(const struct zone *z,
	void (*visit)(void *arg, const uint8_t *apex, const struct zone_sign_stats *stats),
	void *arg) NONNULL_ARGS(1, 2);
/* ERR_ABSENT: that zone is not signed. */
int zone_sign_stats(const struct zone *z, const uint8_t *apex, struct zone_sign_stats *ret) NONNULL
	MUSTCHECK;
