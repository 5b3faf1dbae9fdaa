/* SPDX-License-Identifier: ISC */
/*
 * TSIG (RFC 8945): finds the record in a message, verifies it, and signs replies, streams of
 * replies, and our own requests. Time is a parameter, in seconds since 1970. Nothing is
 * allocated.
 *
 * An exchange is a `struct tsig`: the key and the last MAC; the next MAC also covers the last
 * one. The side that answers makes it with tsig_verify_request(); the side that asks makes it
 * with tsig_sign_request().
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
	/* Maximum length of a TSIG record without its key's name. */
	TSIG_RECORD_CAP = 10 + 13 + TSIG_TIME_LEN + 2 + 2 + TSIG_MAC_CAP + 2 + 2 + 2 + TSIG_TIME_LEN
};

/* TSIG errors (RFC 8945 §3), with their values in the record. */
enum tsig_error {
	TSIG_NOERROR = 0,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22
};

/* A TSIG record in a message. */
struct tsig_rr {
	size_t off; /* its offset: the end of the signed message */
	struct name key, alg;
	uint64_t time_s;
	uint16_t fudge_s, orig_id, error;
	uint16_t mac_len, other_len;
	const uint8_t *mac, *other; /* in the message */
};

/* Looks for the record. 1: found, in `*ret`; 0: there is none; ERR_SYNTAX: it is in a wrong
 * place (§5.1), or it or another record is malformed. */
int tsig_find(const uint8_t *msg, size_t len, struct tsig_rr *ret) NONNULL MUSTCHECK;

struct tsig {
	struct tsig_key key;
	uint8_t mac[TSIG_MAC_CAP];
	uint8_t mac_len;
	bool is_later;   /* the next message is not the first reply: sign only its timers */
	uint16_t error;  /* enum tsig_error of the request, to be sent in the reply */
	uint64_t time_s; /* of the request; a BADTIME reply repeats it */
	struct name alg; /* of the request; repeated if no key has it */
};

/* Returns the maximum length that the TSIG record of the exchange adds to a message. */
size_t tsig_room(const struct tsig *t) NONNULL;

/* Checks a request in the order of §5.2: key, MAC, time, truncation. Fills `*ret`; its `error`
 * is also the result. ERR_SYNTAX: reply with FORMERR (§5.2.2.1). */
int tsig_verify_request(const struct tsig_key *keys, size_t key_count, const uint8_t *msg,
	const struct tsig_rr *rr, uint64_t now_s, struct tsig *ret) NONNULL_ARGS(3, 4, 6) MUSTCHECK;

/* Appends the record to a reply of `len` bytes in `msg`, which has room for `cap`. Returns the
 * new length; 0 if there is no room. Replies to BADKEY and BADSIG are not signed (§5.3.2). */
size_t tsig_sign_reply(struct tsig *t, uint8_t *msg, size_t len, size_t cap, uint64_t now_s) NONNULL
	MUSTCHECK;

/* Like tsig_sign_reply(), but for our own request: begins the exchange. */
size_t tsig_sign_request(struct tsig *t, const struct tsig_key *key, uint8_t *msg, size_t len,
	size_t cap, uint64_t now_s) NONNULL MUSTCHECK;

/* Checks the reply to our request. TSIG_NOERROR: it is signed with the same key, its time is
 * valid, and it reports no error. ERR_ABSENT: it is not signed in this way. Use the other values
 * of enum tsig_error only in messages for the user. BADTIME is signed too; then `*ret_ahead_s`
 * says how far the server's clock is ahead of ours (§5.2.3). The remaining values could have
 * been sent by anybody. */
int tsig_check_reply(const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s,
	int64_t *ret_ahead_s) NONNULL MUSTCHECK;

/* True if tsig_check_reply() returns TSIG_NOERROR. */
bool tsig_verify_reply(const struct tsig *t, const uint8_t *msg, size_t len, uint64_t now_s) NONNULL
	MUSTCHECK;

/* Returns "BADSIG", … for messages to the user. Static storage. */
const char *tsig_error_text(unsigned error);
