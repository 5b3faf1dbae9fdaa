/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the file of signatures: what is written is found, and nothing else, whatever happens to the file.
 * Never signs. Run by `make check`.
 */
#include "dnssec/kept.h"

#include <string.h>

#include "base/cursor.h"
#include "unit.h"
#include "wire/name.h"

enum { COUNT = 2 * KEPT_BLOCK_MAX + 30, MESSAGE_LEN = 60, BLOCK_LEN = 4 + KEPT_BLOCK_MAX * 88 + 8 };

static const uint8_t zone[] = "\4zone", dnskey[] = "\1\1\3\15key";

static void make_message(unsigned number, uint8_t ret[MESSAGE_LEN])
{
	for (unsigned i = 0; i < MESSAGE_LEN; i++)
		ret[i] = (uint8_t)(i * 7);
	put_u32(ret + 40, number);
}

static struct kept_id id_of(unsigned number)
{
	uint8_t key[CRYPT_DIGEST_LEN], message[MESSAGE_LEN];
	struct kept_id id;
	kept_key(zone, dnskey, sizeof(dnskey), key);
	make_message(number, message);
	kept_id(key, message, sizeof(message), &id);
	return id;
}

static struct rrsig sig_of(unsigned number)
{
	struct rrsig sig = {.inception = number, .expiration = 1000000 + number};
	memset(sig.bytes, (int)number, sizeof(sig.bytes));
	put_u32(sig.bytes + 7, number);
	return sig;
}

/* A file of signatures with those numbers. */
static struct buf write_file(unsigned count)
{
	struct buf file = {0}, block = {0};
	kept_put_head(&file);
	for (unsigned i = 0; i < count; i++) {
		const struct kept_id id = id_of(i);
		const struct rrsig sig = sig_of(i);
		kept_put(&block, &id, &sig);
		if (kept_block_count(&block) < KEPT_BLOCK_MAX && i + 1 < count)
			continue;
		kept_end_block(&block);
		buf_add(&file, block.bytes, block.len);
		buf_clear(&block);
	}
	assert_int_equal(block.err, 0);
	assert_int_equal(file.err, 0);
	buf_fini(&block);
	return file;
}

static bool has(const struct kept *k, unsigned number)
{
	const struct kept_id id = id_of(number);
	const struct rrsig wanted = sig_of(number);
	struct rrsig sig = {0};
	if (!kept_find(k, &id, &sig))
		return false;
	assert_int_equal(sig.inception, wanted.inception);
	assert_int_equal(sig.expiration, wanted.expiration);
	assert_memory_equal(sig.bytes, wanted.bytes, sizeof(sig.bytes));
	return true;
}

/* Exactly the first `count` are there. */
static void check(struct buf *file, unsigned count, bool is_whole)
{
	struct kept *k = kept_read(file, 99);
	assert_null(file->bytes);
	if (count == 0) {
		assert_null(k);
		return;
	}
	assert_non_null(k);
	assert_int_equal(kept_count(k), count);
	assert_int_equal(kept_is_whole(k), is_whole);
	for (unsigned i = 0; i < COUNT + 10; i++)
		assert_int_equal(has(k, i), i < count);
	kept_free(k);
}

static void what_is_written_is_found(void **state UNUSED)
{
	static const unsigned counts[] = {
		1, 2, KEPT_BLOCK_MAX - 1, KEPT_BLOCK_MAX, KEPT_BLOCK_MAX + 1, COUNT};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct buf file = write_file(counts[i]);
		check(&file, counts[i], true);
	}
}

/* Whole blocks before the damage are used, and nothing of what follows. */
static void a_file_that_ends_early_has_its_whole_blocks(void **state UNUSED)
{
	for (size_t len = 0;; len += 997) {
		struct buf file = write_file(COUNT);
		const size_t blocks = len < 16 ? 0 : (len - 16) / BLOCK_LEN;
		const bool is_edge = len >= 16 && (len - 16) % BLOCK_LEN == 0;
		if (len >= file.len) {
			buf_fini(&file);
			break;
		}
		file.len = len;
		check(&file, (unsigned)blocks * KEPT_BLOCK_MAX, is_edge);
	}
}

static void damage_is_seen(void **state UNUSED)
{
	for (size_t at = 0; at < 16 + 3 * BLOCK_LEN; at += at < 40 ? 1 : 61) {
		struct buf file = write_file(COUNT);
		if (at < file.len) {
			file.bytes[at] ^= 0x10;
			check(&file,
				at < 16 ? 0 : (unsigned)((at - 16) / BLOCK_LEN) * KEPT_BLOCK_MAX,
				false);
		}
		buf_fini(&file);
	}
}

static void what_follows_the_last_block_is_damage(void **state UNUSED)
{
	struct buf file = write_file(3);
	buf_add(&file, "\0\0\0\0", 4);
	check(&file, 3, false);
}

static void without_signatures_there_is_nothing(void **state UNUSED)
{
	struct buf file = {0};
	check(&file, 0, true);
	kept_put_head(&file);
	check(&file, 0, true);
	buf_puts(&file, "some other file, which is longer than a head");
	check(&file, 0, true);
	file = write_file(3);
	file.err = ERR_NOMEM;
	check(&file, 0, true);
}

/* Twice the same: the last one counts, and a file of nothing else takes no longer. */
static void an_id_that_comes_twice_is_found_once(void **state UNUSED)
{
	struct buf file = {0}, block = {0};
	const struct kept_id id = id_of(5);
	kept_put_head(&file);
	for (unsigned i = 0; i < KEPT_BLOCK_MAX; i++) {
		const struct rrsig sig = sig_of(i % 6);
		kept_put(&block, &id, &sig);
	}
	const struct rrsig last = sig_of(5);
	memcpy(block.bytes + block.len - 64, last.bytes, 64);
	put_u32((uint8_t *)block.bytes + block.len - 72, last.inception);
	put_u32((uint8_t *)block.bytes + block.len - 68, last.expiration);
	kept_end_block(&block);
	buf_add(&file, block.bytes, block.len);
	buf_fini(&block);
	struct kept *k = kept_read(&file, 1);
	assert_non_null(k);
	assert_true(has(k, 5));
	assert_false(has(k, 4));
	kept_free(k);
}

/* The times of the message make no difference; each other bit does, and the zone, and the key. */
static void an_id_says_of_what_a_signature_is(void **state UNUSED)
{
	uint8_t key[CRYPT_DIGEST_LEN], message[MESSAGE_LEN];
	struct kept_id id, other;
	make_message(1, message);
	kept_key(zone, dnskey, sizeof(dnskey), key);
	kept_id(key, message, sizeof(message), &id);
	for (unsigned bit = 0; bit < 8 * MESSAGE_LEN; bit++) {
		const bool is_time = bit / 8 >= 8 && bit / 8 < 16;
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		kept_id(key, message, sizeof(message), &other);
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(memcmp(&id, &other, sizeof(id)) == 0, is_time);
	}
	kept_id(key, message, sizeof(message) - 1, &other);
	assert_memory_not_equal(&id, &other, sizeof(id));
	kept_key(zone, dnskey, sizeof(dnskey) - 1, key);
	kept_id(key, message, sizeof(message), &other);
	assert_memory_not_equal(&id, &other, sizeof(id));
	kept_key((const uint8_t *)"\4zonf", dnskey, sizeof(dnskey), key);
	kept_id(key, message, sizeof(message), &other);
	assert_memory_not_equal(&id, &other, sizeof(id));
}

static void a_message_gets_the_times_of_its_signature(void **state UNUSED)
{
	uint8_t message[MESSAGE_LEN];
	struct buf out = {0};
	const struct rrsig sig = {.inception = 0x01020304, .expiration = 0x05060708};
	make_message(1, message);
	kept_message(&out, message, sizeof(message), &sig);
	memcpy(message + 8, "\5\6\7\10\1\2\3\4", 8);
	assert_int_equal(out.len, sizeof(message));
	assert_memory_equal(out.bytes, message, sizeof(message));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_found),
		cmocka_unit_test(a_file_that_ends_early_has_its_whole_blocks),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(what_follows_the_last_block_is_damage),
		cmocka_unit_test(without_signatures_there_is_nothing),
		cmocka_unit_test(an_id_that_comes_twice_is_found_once),
		cmocka_unit_test(an_id_says_of_what_a_signature_is),
		cmocka_unit_test(a_message_gets_the_times_of_its_signature),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
