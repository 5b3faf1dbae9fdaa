/* SPDX-License-Identifier: ISC */
/*
 * TSIG (RFC 8945): finding the record in a message, verifying it, signing replies, streams of
 * replies, and requests of our own. Time comes in as seconds since 1970; nothing is allocated.
 *
 * An exchange is a `struct tsig`: the key and the last MAC, which the next one is chained to. It is
 * made by tsig_verify_request() for one who answers, by tsig_sign_request() for one who asks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/msg.h"
#include "wire/tsig_key.h"

enum {
	TSIG_MAC_CAP = 64, /* of SHA-512 */
	TSIG_TIME_LEN = 6,
	/* Most bytes of a TSIG record, its key's name apart. */
	TSIG_RECORD_CAP = 10 + 13 + TSIG_TIME_LEN + 2 + 2 + TSIG_MAC_CAP + 2 + 2 + 2 + TSIG_TIME_LEN
};

/* Errors of TSIG (RFC 8945 §3), as they stand in the record. */
enum tsig_error {
	TSIG_NOERROR = 0,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22
};

/* A TSIG record as it stands in a message. */
struct tsig_rr {
	size_t off; /* where it begins: where the message proper ends */
	struct name key, alg;
	uint64_t time_s;
	uint16_t fudge_s, orig_id, error;
	uint16_t mac_len, other_len;
	const uint8_t *mac, *other; /* in the message */
};

/* Looks for the record. 1: there is one, in `*ret`; 0: there is none; ERR_SYNTAX: there is one
 * where it must not be (§5.1), or it or any record is malformed. */
int tsig_find(const uint8_t *msg, size_t len, struct tsig_rr *ret) NONNULL MUSTCHECK;

struct tsig {
	struct tsig_key key;
	uint8_t mac[TSIG_MAC_CAP];
	uint8_t mac_len;
	bool is_later;   /* the next message is not the first reply: only its timers are signed */
	uint16_t error;  /* enum tsig_error, of the request: what the reply has to say */
	uint64_t time_s; /* of the request; TSIG_BADTIME repeats it */
	struct name alg; /* of the request, repeated where no key has it */
};

/* Most bytes that the exchange's TSIG record adds to a message. */
size_t tsig_room(const struct tsig *t) NONNULL;

/* Checks a request in the order of §5.2: key, MAC, time, truncation. Fills `*ret`, whose `error` is
 * the result too. ERR_SYNTAX: what §5.2.2.1 answers with FORMERR. */
int tsig_verify_request(const struct tsig_key *keys, size_t key_count, const uint8_t *msg,
	const struct tsig_rr *rr, uint64_t now_s, struct tsig *ret) NONNULL_ARGS(3, 4, 6) MUSTCHECK;

/* Puts the record behind the `len` bytes of a reply in `msg`, which has room for `cap`. Returns the
 * new length; 0 if there is no room. Replies to BADKEY and BADSIG are not signed (§5.3.2). */
size_t tsig_sign_reply(struct tsig *t, uint8_t *msg, size_t len, size_t cap, uint64_t now_s) NONNULL
	MUSTCHECK;

/* The same for a request of ours: begins the exchange. */
size_t tsig_sign_request(struct tsig *t, const struct tsig_key *key, uint8_t *msg, size_t len,
	size_t cap, uint64_t now_s) NONNULL MUSTCHECK;

/* What the reply to it is worth: TSIG_NOERROR if it is signed with the same key and by the time, and
 * says no error. ERR_ABSENT: it is not signed so. Other values of enum tsig_error are for messages to
 * a person: BADTIME is signed too, and `*ret_ahead_s` then by how much the server's clock is ahead of
 * ours (§5.2.3); the rest is what anybody could have sent. */
int tsig_check_reply(const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s,
	int64_t *ret_ahead_s) NONNULL MUSTCHECK;

/* Whether it is TSIG_NOERROR. */
bool tsig_verify_reply(const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s) NONNULL
	MUSTCHECK;

/* "BADSIG", … for messages to a person. Static storage. */
const char *tsig_error_text(unsigned error);
