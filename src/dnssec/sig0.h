/* SPDX-License-Identifier: ISC */
/*
 * SIG(0) (RFC 2931): a signature of a whole message by a key pair, in the message's last record. Where public keys come from,
 * and which of them may sign what, is the caller's. The algorithms are those of dnssec/crypt.h. Time is a parameter,
 * in seconds since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "dnssec/keys.h"
#include "wire/name.h"
#include "wire/rrset.h"

struct sig0 {
	size_t off; /* of the record: the end of the signed message */
	uint8_t alg;
	uint16_t tag;
	uint32_t expiration, inception;
	struct name signer;
	const uint8_t *head; /* its data up to the signer's name, in the message: SIG0_HEAD bytes */
	const uint8_t *signature;
	size_t signature_len;
};

enum { SIG0_HEAD = 18, SIG0_RDATA_MAX = SIG0_HEAD + NAME_CAP + CRYPT_SIGNATURE_LEN };

/* The data of the record, with nothing compressed. */
struct sig0_rdata {
	uint16_t len;
	uint8_t bytes[SIG0_RDATA_MAX];
};

/* Looks for the record. 1: found; 0: there is none; ERR_SYNTAX: it is malformed. What is found points into the message. */
int sig0_find(const uint8_t *msg, size_t len, struct sig0 *ret) NONNULL MUSTCHECK;

/* True if it is valid now, and for at most `most_s` seconds from now: a message may be repeated while it is. */
bool sig0_is_valid(const struct sig0 *sig, uint64_t now_s, uint32_t most_s) NONNULL;

/* Return the first and the last second since 1970 in which it is valid, near `now_s`. */
uint64_t sig0_since(const struct sig0 *sig, uint64_t now_s) NONNULL;
uint64_t sig0_until(const struct sig0 *sig, uint64_t now_s) NONNULL;

/* Returns NULL if the rdata of a KEY or DNSKEY (any bytes) is that of a key that may sign messages (RFC 2931 §2.4) by an
 * algorithm of ours; else a text that tells why not. */
const char *sig0_key_wrong(struct rdata key);
/* True if that is so, and the key is the one that the record names, by algorithm and tag. */
bool sig0_is_by(const struct sig0 *sig, struct rdata key) NONNULL;

/* Verifies the signature of the message, in which `sig` was found, with the rdata of a KEY for which sig0_is_by() is
 * true. ERR_DENIED: it is wrong; ERR_NOMEM. Takes some 100 µs, so strangers must not choose how often. */
int sig0_verify(const uint8_t *msg, const struct sig0 *sig, struct rdata key) NONNULL MUSTCHECK;

/* Signs the message of at least a header, which has no such record yet: makes the data of one. Times are in seconds since
 * 1970. ERR_NOMEM. */
int sig0_make(const struct key_pair *key, const uint8_t *signer, uint64_t inception_s,
	uint64_t expiration_s, const uint8_t *msg, size_t len, struct sig0_rdata *ret) NONNULL
	MUSTCHECK;

/* Returns by how many bytes sig0_append() makes a message longer. */
size_t sig0_room(const uint8_t *owner, size_t rdata_len) NONNULL;
/* Appends the record, with a TTL of 0, to the message of `*len` bytes, and counts it. RFC 2931 §3 has the root and class ANY
 * for updates. ERR_SPACE: it would be longer than `cap`. */
int sig0_append(uint8_t *msg, size_t *len, size_t cap, const uint8_t *owner, uint16_t class,
	const uint8_t *rdata, size_t rdata_len) NONNULL MUSTCHECK;
