/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the file of signatures: any bytes are read within them, what is found is what the file has,
 * and a file that is written and then damaged has its blocks up to the damage.
 * Never opens a file. Run by a fuzzer, and its replay.
 *
 * The input: a byte for the kind. 0: the rest is a file. Otherwise: two bytes say which bit of the file is damaged, and
 * of what follows each byte is a signature, whose id it is.
 */
#include "dnssec/kept.h"

#include <string.h>

#include "require.h"
#include "steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { STEPS_A_BYTE = 2, STEPS_FIXED = 100, HEAD = 16, ENTRY_LEN = 88, IDS = 256 };

static struct kept_id id_of(uint8_t number)
{
	static const uint8_t key[CRYPT_DIGEST_LEN];
	uint8_t message[RRSIG_HEAD_LEN] = {0};
	struct kept_id id;
	message[0] = number;
	kept_id(key, message, sizeof(message), &id);
	return id;
}

static struct rrsig sig_of(uint8_t number)
{
	struct rrsig sig = {.inception = number, .expiration = 1u << 31 | number};
	memset(sig.bytes, number, sizeof(sig.bytes));
	return sig;
}

static struct kept *read_file(const struct buf *file)
{
	struct buf copy = {0};
	buf_add(&copy, file->bytes, file->len);
	steps_begin();
	struct kept *k = kept_read(&copy, 42);
	steps_check(file->len, STEPS_A_BYTE, STEPS_FIXED);
	require(copy.bytes == NULL);
	require(!k || (kept_count(k) > 0 && kept_count(k) <= file->len / ENTRY_LEN));
	return k;
}

/* Each sixteen bytes as an id: what is found is behind them. */
static void any_file(const uint8_t *bytes, size_t len)
{
	struct buf file = {0};
	buf_add(&file, bytes, len);
	struct kept *k = read_file(&file);
	for (size_t at = 0; k && at + sizeof(struct kept_id) <= len; at++) {
		struct kept_id id;
		struct rrsig sig;
		memcpy(&id, bytes + at, sizeof(id));
		if (kept_find(k, &id, &sig))
			require(memmem(bytes, len, sig.bytes, sizeof(sig.bytes)) != NULL);
	}
	kept_free(k);
	buf_fini(&file);
}

/* Writes signatures in blocks of four, and notes where each block ends. Returns their number. */
static size_t write_file(
	const uint8_t *numbers, size_t count, struct buf *file, size_t ends[IDS / 4 + 1])
{
	struct buf block = {0};
	size_t blocks = 0;
	kept_put_head(file);
	for (size_t i = 0; i < count; i++) {
		const struct kept_id id = id_of(numbers[i]);
		const struct rrsig sig = sig_of(numbers[i]);
		kept_put(&block, &id, &sig);
		if (kept_block_count(&block) < 4 && i + 1 < count)
			continue;
		kept_end_block(&block);
		buf_add(file, block.bytes, block.len);
		buf_clear(&block);
		ends[blocks++] = file->len;
	}
	require(!block.err && !file->err);
	buf_fini(&block);
	return blocks;
}

static void damaged_file(const uint8_t *bytes, size_t len)
{
	const size_t bit = (size_t)bytes[0] << 8 | bytes[1];
	const uint8_t *numbers = bytes + 2;
	const size_t count = len - 2 < IDS ? len - 2 : IDS;
	size_t ends[IDS / 4 + 1], whole = 0;
	struct buf file = {0};
	const size_t blocks = write_file(numbers, count, &file, ends);
	const bool is_damaged = bit / 8 < file.len;
	if (is_damaged)
		file.bytes[bit / 8] ^= (char)(1 << bit % 8);
	while (whole < blocks && (!is_damaged || ends[whole] <= bit / 8))
		whole++;
	const size_t left = bit / 8 < HEAD && is_damaged ? 0
			    : 4 * whole < count          ? 4 * whole
							 : count;
	struct kept *k = read_file(&file);
	require(!k == (left == 0) && (!k || kept_count(k) == left));
	require(!k || kept_is_whole(k) == !is_damaged);
	for (unsigned id = 0; k && id < IDS; id++) {
		const struct kept_id wanted = id_of((uint8_t)id);
		const struct rrsig sig = sig_of((uint8_t)id);
		struct rrsig found = {0};
		const bool is_there = kept_find(k, &wanted, &found);
		require(is_there == (memchr(numbers, (int)id, left) != NULL));
		require(!is_there || memcmp(&sig, &found, sizeof(sig)) == 0);
	}
	kept_free(k);
	buf_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 1)
		return 0;
	if (bytes[0] == 0)
		any_file(bytes + 1, len - 1);
	else if (len >= 3)
		damaged_file(bytes + 1, len - 1);
	return 0;
}
