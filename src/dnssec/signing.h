/* SPDX-License-Identifier: ISC */
/*
 * What the server asks the signer for, and what the signer answers. The server may be under an
 * attacker's control: so the signer signs nothing that would make him more than a liar for two weeks.
 *
 *	request  ticket 8 | count 2 | count times (length 4 | message)
 *	answer   ticket 8 | count 2 | count times (refusal 1 | signature 64)
 *
 * A message is what RFC 4034 §3.1.8.1 signs: the rdata of an RRSIG up to the signer's name, then the records in
 * canonical form and order. Numbers are in network order. The ticket is the asker's, and comes back.
 *
 * The key of the host signs whole messages instead (SIG(0), dnssec/sig0.h), and never what keys of zones sign, nor they
 * what it signs. The signer itself sets the times.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "dnssec/keys.h"
#include "dnssec/sig0.h"

enum {
	SIGNING_COUNT_MAX = 64,
	/* Of a message: a set of a whole DNS message, with its owner repeated before each record. */
	SIGNING_MESSAGE_MAX = 2 << 20,
	SIGNING_REQUEST_MAX = SIGNING_MESSAGE_MAX + (1 << 20), /* of a request */

	/* Days and hours that a signature may be valid from now on, and begin ahead of now. */
	SIGNING_AHEAD_MAX_S = 15 * 86400,
	SIGNING_INCEPTION_MAX_S = 3600
};

/* Why a message is not signed. */
enum signing_refusal {
	SIGNING_DONE,
	SIGNING_MALFORMED, /* not of that form, or not canonical */
	SIGNING_TYPE, /* DNSKEY, CDS, CDNSKEY: the signer makes them itself. Or no data, or no message
			      that a host signs */
	SIGNING_KEY,   /* no key of that zone, algorithm and tag */
	SIGNING_OWNER, /* not at or below the zone's name */
	SIGNING_TIME,  /* valid for too long, or from too late on; or the time is not known */
	SIGNING_NO_MEMORY
};

/* Returns a text for the log. Static storage. */
const char *signing_refusal_text(unsigned refusal);

struct signing_keys {
	/* Returns the key, or NULL. `zone` is in lower case. */
	const struct key_pair *(*find)(void *arg, const uint8_t *zone, unsigned alg, unsigned tag);
	void *arg;
};

/* The time is not known: all is refused, by SIGNING_TIME at last. */
#define SIGNING_NEVER UINT64_MAX

/* Judges one message, and signs it if it is allowed. `now_s`: seconds since 1970, or SIGNING_NEVER. */
enum signing_refusal signing_sign(const struct signing_keys *keys, uint64_t now_s,
	const uint8_t *message, size_t len, uint8_t ret[CRYPT_SIGNATURE_LEN]) NONNULL MUSTCHECK;

/* Appends the answer to a request. ERR_SYNTAX: it is no request, and nothing has been signed. ERR_NOMEM.
 * `refused`: becomes the last refusal in it, or SIGNING_DONE. */
int signing_answer(const struct signing_keys *keys, uint64_t now_s, const uint8_t *request,
	size_t len, struct buf *out, enum signing_refusal *refused) NONNULL MUSTCHECK;

/* Signatures of packets by the key of the host. */

enum {
	/* From when on, and until when they are valid: shorter than any copy of them could be of use, but clocks differ. */
	SIGNING_PACKET_BACK_S = 60,
	SIGNING_PACKET_AHEAD_S = 120
};

struct signing_host {
	struct key_pair key;  /* with KEY_FLAGS */
	struct name name;     /* of the key, in lower case */
	uint64_t inception_s; /* of the packet before: none has a lower one. Seconds since 1970 */
};

/* Judges a packet, and makes the data of its SIG if it is allowed: it is a response (of mDNS) or an update, whole, and not
 * signed yet. SIGNING_TIME: the time is not known, or before what the packet before says: that must pass first. */
enum signing_refusal signing_sign_packet(struct signing_host *host, uint64_t now_s,
	const uint8_t *packet, size_t len, struct sig0_rdata *ret) NONNULL MUSTCHECK;

/* The server's side. */

struct signing_message {
	const uint8_t *bytes;
	size_t len;
};

/* Appends a request. ERR_RANGE: no message, or more or longer ones than may be. ERR_NOMEM. */
int signing_put_request(struct buf *out, uint64_t ticket, const struct signing_message *messages,
	size_t count) NONNULL MUSTCHECK;

struct signing_result {
	uint64_t ticket;
	size_t count;
	uint8_t signatures[SIGNING_COUNT_MAX][CRYPT_SIGNATURE_LEN];
	bool is_refused[SIGNING_COUNT_MAX];
};

/* Reads an answer. ERR_SYNTAX: it is none. */
int signing_parse_answer(const uint8_t *bytes, size_t len, struct signing_result *ret) NONNULL
	MUSTCHECK;
