/* SPDX-License-Identifier: ISC */
/*
 * Signatures that outlive a run, as a file: a start takes those that are still right, and need not make them again.
 *
 *	file   magic 16 | blocks
 *	block  count 4 | count times (id 16 | inception 4 | expiration 4 | signature 64) | checksum 8
 *
 * The *id* says of what a signature is, but for its times: of which key of which zone, and of which message (RFC 4034
 * §3.1.8.1, dnssec/signing.h). So one that is of another key or of other records is not found. It is half of a SHA-256,
 * because records come from others, too: nobody makes two sets of records with the same one. The checksum is
 * for accidents only. Numbers are in network order.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "dnssec/crypt.h"

enum { KEPT_ID_LEN = 16, KEPT_BLOCK_MAX = 256 /* signatures: some 22 KiB */ };

struct kept_id {
	uint8_t bytes[KEPT_ID_LEN];
};

/* Computes what ids have of a key: of the zone's name in lower case and the rdata of its DNSKEY. */
void kept_key(const uint8_t *zone, const uint8_t *dnskey, size_t len,
	uint8_t ret[CRYPT_DIGEST_LEN]) NONNULL;
/* Computes the id of the signature of that message, which has the head of an RRSIG at least. */
void kept_id(const uint8_t key[CRYPT_DIGEST_LEN], const uint8_t *message, size_t len,
	struct kept_id *ret) NONNULL;
/* Appends the message with the times of that signature instead of its own: that is what it signs. */
void kept_message(
	struct buf *out, const uint8_t *message, size_t len, const struct rrsig *sig) NONNULL;

/* Writing: the head, and then blocks of 1 to KEPT_BLOCK_MAX signatures. A block is added up in a buffer that is empty
 * before, and ended. Failures are in the buffer's `err`. */
void kept_put_head(struct buf *out) NONNULL;
void kept_put(struct buf *block, const struct kept_id *id, const struct rrsig *sig) NONNULL;
size_t kept_block_count(const struct buf *block) NONNULL;
void kept_end_block(struct buf *block) NONNULL;

/* What was read. */
struct kept;

/* Reads a file, and takes over its bytes. Everything behind a damaged block is left out. `seed`: a random number.
 * NULL: it has no signature, or there is no memory. */
struct kept *kept_read(struct buf *file, uint64_t seed) NONNULL MUSTCHECK;
void kept_free(struct kept *k);
size_t kept_count(const struct kept *k) NONNULL;
/* True if nothing was left out. */
bool kept_is_whole(const struct kept *k) NONNULL;
/* Finds a signature, and fills in times and bytes. */
bool kept_find(const struct kept *k, const struct kept_id *id, struct rrsig *ret) NONNULL;
