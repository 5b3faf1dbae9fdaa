/* SPDX-License-Identifier: ISC */
/*
 * SIG(0) of updates (RFC 2931): a signature by a key pair, in the last record of a message. The public key is a KEY
 * record at the signer's name in a zone of ours, put there by a zone file or an update. The algorithms are those of
 * dnssec/crypt.h. Time is a parameter, in seconds since 1970.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "dnssec/crypt.h"
#include "wire/name.h"
#include "zone/zone.h"

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

/* Looks for the record. 1: found; 0: there is none; ERR_SYNTAX: it is malformed. */
int sig0_find(const uint8_t *msg, size_t len, struct sig0 *ret) NONNULL MUSTCHECK;

/* Returns the last second since 1970 in which it is valid, near `now_s`. */
uint64_t sig0_until(const struct sig0 *sig, uint64_t now_s) NONNULL;

/* Verifies the signature with the keys of the signer. ERR_ABSENT: there is no such key; ERR_RANGE: it is not valid now, or
 * for too long (LIMIT_SIG0_VALID_S: a message may be repeated while it is); ERR_DENIED: it is wrong; ERR_NOMEM. Takes
 * some 100 µs, and twice that if two keys of a signer have one tag. */
int sig0_verify(const struct zone *zone, const uint8_t *msg, const struct sig0 *sig,
	uint64_t now_s) NONNULL MUSTCHECK;
