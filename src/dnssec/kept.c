/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the file of signatures, and finds them in it.
 * Never judges whether one is right.
 */
#include "dnssec/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/siphash.h"

enum {
	MAGIC_LEN = 16,
	COUNT_LEN = 4,
	ENTRY_LEN = KEPT_ID_LEN + 8 + CRYPT_SIGNATURE_LEN,
	/* Times in the head of an RRSIG (RFC 4034 §3.1): expiration, inception. */
	TIMES_AT = 8,
	TIMES_END = 16
};

static const uint8_t magic[MAGIC_LEN] = "ontap signed  1\n";
static const uint8_t checksum_key[SIPHASH_KEY_LEN] = "ontap signed  1";

struct kept {
	struct buf file;
	uint8_t key[SIPHASH_KEY_LEN]; /* of the slots */
	size_t count;
	bool is_whole;
	uint32_t *slots; /* offsets of entries in the file, by the hashes of their ids; 0: free */
	size_t mask;     /* number of slots, a power of two, less one */
};

void kept_key(const uint8_t *zone, const uint8_t *dnskey, size_t len, uint8_t ret[CRYPT_DIGEST_LEN])
{
	crypt_digest(zone, name_len(zone), dnskey, len, ret);
}

void kept_id(const uint8_t key[CRYPT_DIGEST_LEN], const uint8_t *message, size_t len,
	struct kept_id *ret)
{
	uint8_t head[CRYPT_DIGEST_LEN + TIMES_AT], digest[CRYPT_DIGEST_LEN];
	memcpy(head, key, CRYPT_DIGEST_LEN);
	memcpy(head + CRYPT_DIGEST_LEN, message, TIMES_AT);
	crypt_digest(head, sizeof(head), message + TIMES_END, len - TIMES_END, digest);
	memcpy(ret->bytes, digest, sizeof(ret->bytes));
}

static void add_u32(struct buf *out, uint32_t value)
{
	uint8_t bytes[4];
	put_u32(bytes, value);
	buf_add(out, bytes, sizeof(bytes));
}

void kept_message(struct buf *out, const uint8_t *message, size_t len, const struct rrsig *sig)
{
	buf_add(out, message, TIMES_AT);
	add_u32(out, sig->expiration);
	add_u32(out, sig->inception);
	buf_add(out, message + TIMES_END, len - TIMES_END);
}

/* Writing. */

void kept_put_head(struct buf *out)
{
	buf_add(out, magic, sizeof(magic));
}

void kept_put(struct buf *block, const struct kept_id *id, const struct rrsig *sig)
{
	if (block->len == 0)
		add_u32(block, 0);
	buf_add(block, id->bytes, sizeof(id->bytes));
	add_u32(block, sig->inception);
	add_u32(block, sig->expiration);
	buf_add(block, sig->bytes, sizeof(sig->bytes));
}

size_t kept_block_count(const struct buf *block)
{
	return block->len / ENTRY_LEN;
}

static void checksum_of(const void *bytes, size_t len, uint8_t ret[SIPHASH_LEN])
{
	const uint64_t sum = siphash(checksum_key, bytes, len);
	put_u32(ret, (uint32_t)(sum >> 32));
	put_u32(ret + 4, (uint32_t)sum);
}

void kept_end_block(struct buf *block)
{
	uint8_t sum[SIPHASH_LEN];
	if (block->err)
		return;
	put_u32((uint8_t *)block->bytes, (uint32_t)kept_block_count(block));
	checksum_of(block->bytes, block->len, sum);
	buf_add(block, sum, sizeof(sum));
}

/* Reading. */

/* Reads a block: returns its first entry, and the number of them. NULL: it is damaged. */
static const uint8_t *read_block(struct rd *r, uint32_t *ret_count)
{
	uint8_t sum[SIPHASH_LEN];
	const uint8_t *block = r->at;
	const uint32_t count = rd_u32(r);
	if (count == 0 || count > KEPT_BLOCK_MAX)
		return NULL;
	const uint8_t *entries = rd_bytes(r, (size_t)count * ENTRY_LEN);
	const uint8_t *wanted = rd_bytes(r, SIPHASH_LEN);
	if (!entries || !wanted)
		return NULL;
	checksum_of(block, COUNT_LEN + (size_t)count * ENTRY_LEN, sum);
	*ret_count = count;
	return memcmp(sum, wanted, sizeof(sum)) == 0 ? entries : NULL;
}

static struct rd blocks_of(const struct buf *file)
{
	struct rd r = rd_init(file->bytes, file->len);
	const uint8_t *head = rd_bytes(&r, MAGIC_LEN);
	return head && memcmp(head, magic, MAGIC_LEN) == 0 ? r : rd_init(magic, 0);
}

/* Counts the entries of whole blocks; what follows is cut off. */
static void count_entries(struct kept *k)
{
	struct rd r = blocks_of(&k->file);
	size_t whole = k->file.len - rd_left(&r);
	uint32_t count;
	k->is_whole = rd_left(&r) > 0;
	/* Progress: each turn but the last reads a block. */
	while (rd_left(&r) > 0) {
		k->is_whole = read_block(&r, &count) != NULL;
		if (!k->is_whole)
			break;
		k->count += count;
		whole = k->file.len - rd_left(&r);
	}
	k->file.len = whole;
}

static size_t slot_of(const struct kept *k, const uint8_t *id)
{
	return siphash(k->key, id, KEPT_ID_LEN) & k->mask;
}

/* Returns the slot with that id, or the free one where it would be. Each id has one slot, at most half of them are used,
 * and nobody knows the key: so the search ends soon. */
static uint32_t *find_slot(const struct kept *k, const uint8_t *id)
{
	size_t slot = slot_of(k, id);
	while (k->slots[slot] != 0 && memcmp(k->file.bytes + k->slots[slot], id, KEPT_ID_LEN) != 0)
		slot = (slot + 1) & k->mask;
	return &k->slots[slot];
}

static int index_entries(struct kept *k)
{
	struct rd r = blocks_of(&k->file);
	size_t slots = 2;
	while (slots < 2 * k->count)
		slots *= 2;
	k->mask = slots - 1;
	k->slots = calloc(slots, sizeof(*k->slots));
	if (!k->slots)
		return ERR_NOMEM;
	/* Progress: each turn reads a block that was read before. */
	while (rd_left(&r) > 0) {
		const uint32_t count = rd_u32(&r);
		const uint8_t *entry = rd_bytes(&r, (size_t)count * ENTRY_LEN);
		for (uint32_t i = 0; entry && i < count; i++)
			*find_slot(k, entry + (size_t)i * ENTRY_LEN) =
				(uint32_t)(rd_off(&r) - (size_t)(count - i) * ENTRY_LEN);
		rd_bytes(&r, SIPHASH_LEN);
	}
	return 0;
}

struct kept *kept_read(struct buf *file, uint64_t seed)
{
	struct kept *k = calloc(1, sizeof(*k));
	if (!k || file->err || file->len == 0) {
		buf_fini(file);
		free(k);
		return NULL;
	}
	k->file = *file;
	memcpy(k->key, &seed, sizeof(seed));
	buf_init(file);
	if (k->file.len <= UINT32_MAX)
		count_entries(k);
	if (k->count > 0 && !index_entries(k))
		return k;
	kept_free(k);
	return NULL;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	buf_fini(&k->file);
	free(k->slots);
	free(k);
}

size_t kept_count(const struct kept *k)
{
	return k->count;
}

bool kept_is_whole(const struct kept *k)
{
	return k->is_whole;
}

bool kept_find(const struct kept *k, const struct kept_id *id, struct rrsig *ret)
{
	const uint32_t at = *find_slot(k, id->bytes);
	struct rd r = rd_init(k->file.bytes, k->file.len);
	if (at == 0)
		return false;
	rd_bytes(&r, at + KEPT_ID_LEN);
	ret->inception = rd_u32(&r);
	ret->expiration = rd_u32(&r);
	memcpy(ret->bytes, rd_bytes(&r, CRYPT_SIGNATURE_LEN), CRYPT_SIGNATURE_LEN);
	return true;
}
