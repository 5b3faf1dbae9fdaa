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
#include "dnssec/crypt.h"
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

enum { SIG0_HEAD = 18 };

/* Looks for the record. 1: found; 0: there is none; ERR_SYNTAX: it is malformed. What is found points into the message. */
int sig0_find(const uint8_t *msg, size_t len, struct sig0 *ret) NONNULL MUSTCHECK;

/* True if it is valid now, and for at most `most_s` seconds from now: a message may be repeated while it is. */
bool sig0_is_valid(const struct sig0 *sig, uint64_t now_s, uint32_t most_s) NONNULL;

/* Returns the last second since 1970 in which it is valid, near `now_s`. */
uint64_t sig0_until(const struct sig0 *sig, uint64_t now_s) NONNULL;

/* Returns NULL if the rdata of a KEY or DNSKEY (any bytes) is that of a key that may sign messages (RFC 2931 §2.4) by an
 * algorithm of ours; else a text that tells why not. */
const char *sig0_key_wrong(struct rdata key);
/* True if that is so, and the key is the one that the record names, by algorithm and tag. */
bool sig0_is_by(const struct sig0 *sig, struct rdata key) NONNULL;

/* Verifies the signature of the message, in which `sig` was found, with the rdata of a KEY for which sig0_is_by() is
 * true. ERR_DENIED: it is wrong; ERR_NOMEM. Takes some 100 µs, so strangers must not choose how often. */
int sig0_verify(const uint8_t *msg, const struct sig0 *sig, struct rdata key) NONNULL MUSTCHECK;
