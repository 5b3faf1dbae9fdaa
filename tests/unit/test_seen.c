/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of update/seen.h: what of the updates of the last minutes is remembered. Run by `make check`.
 */
#include "update/seen.h"

#include <string.h>

#include "base/limits.h"
#include "unit.h"
#include "wire/msg.h"
#include "wire/name.h"

enum { START = 1764523456, FUDGE = LIMIT_TSIG_FUDGE_S };

static const uint8_t key_a[] = "\1a", key_big_a[] = "\1A", key_b[] = "\1b";

static struct seen *setup_seen(void)
{
	struct seen *s = seen_new(7, START);
	assert_non_null(s);
	return s;
}

/* A message of that number, signed at that second. */
static struct seen_message make(const uint8_t *key, uint64_t signed_s, uint32_t number)
{
	struct seen_message m = {.key = key, .until_s = signed_s + FUDGE};
	put_u32(m.mac + 4, number);
	return m;
}

static int find(
	struct seen *s, const uint8_t *key, uint64_t signed_s, uint32_t number, uint64_t now_s)
{
	const struct seen_message m = make(key, signed_s, number);
	return seen_find(s, &m, now_s);
}

static void note(
	struct seen *s, const uint8_t *key, uint64_t signed_s, uint32_t number, uint64_t now_s)
{
	const struct seen_message m = make(key, signed_s, number);
	assert_int_equal(seen_find(s, &m, now_s), SEEN_NOT);
	seen_note(s, &m, RCODE_YXDOMAIN, now_s);
}

static void what_was_here_is_found(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	note(s, key_a, START + 10, 1, START + 10);
	assert_int_equal(find(s, key_a, START + 10, 1, START + 11), RCODE_YXDOMAIN);
	assert_int_equal(find(s, key_big_a, START + 10, 1, START + 10 + FUDGE), RCODE_YXDOMAIN);
	assert_int_equal(find(s, key_b, START + 10, 1, START + 11), SEEN_NOT);
	struct seen_message m = make(key_a, START + 10, 1);
	m.is_pair = true;
	assert_int_equal(seen_find(s, &m, START + 11), SEEN_NOT);
	/* Another client of the key, whose clock is behind. */
	assert_int_equal(find(s, key_a, START + 2, 2, START + 11), SEEN_NOT);
	seen_free(s);
}

/* Whatever one key sends, nothing of another one is forgotten; and what is forgotten is not taken again. */
static void no_flood_makes_a_message_new_again(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	const uint64_t now_s = START + 100;
	note(s, key_b, now_s, 1, now_s);
	uint64_t forgotten = 0;
	for (uint32_t i = 0; i < 3 * LIMIT_UPDATES_SEEN; i++)
		note(s, key_a, now_s + i / 1000, i, now_s + i / 1000);
	const uint64_t later_s = now_s + 3 * LIMIT_UPDATES_SEEN / 1000;
	for (uint32_t i = 0; i < 3 * LIMIT_UPDATES_SEEN; i++) {
		int rcode = find(s, key_a, now_s + i / 1000, i, later_s);
		assert_int_not_equal(rcode, SEEN_NOT);
		forgotten += rcode == SEEN_FORGOTTEN;
	}
	assert_int_equal(forgotten, 2 * LIMIT_UPDATES_SEEN);
	assert_int_equal(find(s, key_b, now_s, 1, later_s), RCODE_YXDOMAIN);
	assert_int_equal(find(s, key_b, now_s - 9, 2, later_s), SEEN_NOT);
	/* Another client of the key, a few seconds behind. */
	assert_int_equal(find(s, key_a, later_s - 5, 99999999, later_s), SEEN_NOT);
	seen_free(s);
}

static void what_is_not_valid_any_more_takes_no_room(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	uint64_t now_s = START;
	for (uint32_t i = 0; i < 4 * LIMIT_UPDATES_SEEN; i++, now_s += i % 25 == 0)
		note(s, key_a, now_s, i, now_s);
	/* 25 a second for 300 seconds are fewer than the share: nothing valid was forgotten. */
	assert_int_equal(find(s, key_a, now_s - FUDGE, 99999999, now_s), SEEN_NOT);
	seen_free(s);
}

static void what_was_signed_before_the_start_may_have_been_here(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	const uint64_t first_s = START - LIMIT_UPDATES_SLACK_S;
	assert_int_equal(find(s, key_a, first_s - 1, 1, START), SEEN_FORGOTTEN);
	assert_int_equal(find(s, key_a, first_s, 1, START), SEEN_NOT);
	struct seen_message m = make(key_a, first_s - 1, 1);
	m.is_pair = true;
	assert_int_equal(seen_find(s, &m, START), SEEN_NOT);
	/* The clock was ahead when we started: that is no reason to refuse all until then. */
	assert_int_equal(find(s, key_a, START - 3600, 1, START - 3600), SEEN_NOT);
	seen_free(s);
}

static void a_clock_that_goes_back_refuses_nothing(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	for (uint32_t i = 0; i < 2 * LIMIT_UPDATES_SEEN; i++)
		note(s, key_a, START + 90000 + i / 1000, i, START + 90000 + i / 1000);
	assert_int_equal(find(s, key_a, START + 10, 1, START + 10), SEEN_NOT);
	seen_free(s);
}

/* As many keys as there may be: the next one is remembered, too. */
static void the_number_of_keys_is_bounded(void **state)
{
	(void)state;
	struct seen *s = setup_seen();
	for (uint32_t i = 0; i < LIMIT_UPDATES_SEEN_KEYS + 100; i++) {
		uint8_t key[] = {4, 0, 0, 0, 0, 0};
		put_u32(key + 1, i + 0x80808080u);
		note(s, key, START + 9, i, START + 9);
		assert_int_equal(find(s, key, START + 9, i, START + 9), RCODE_YXDOMAIN);
	}
	seen_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_here_is_found),
		cmocka_unit_test(no_flood_makes_a_message_new_again),
		cmocka_unit_test(what_is_not_valid_any_more_takes_no_room),
		cmocka_unit_test(what_was_signed_before_the_start_may_have_been_here),
		cmocka_unit_test(a_clock_that_goes_back_refuses_nothing),
		cmocka_unit_test(the_number_of_keys_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
