/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/ends.h and pipeline/packed.h, the latter against a naive list, with walks that go on while names
 * come and go.
 * Never reads a file. Run by `make check`.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/ends.h"
#include "pipeline/packed.h"

enum { NAMES = 400, BYTES = 9000, ROUNDS = 12000, STRINGS = 3000, STRING_CAP = 1200 };

static unsigned roll(unsigned sides)
{
	return (unsigned)rand() % sides;
}

/* Strings that often have much in common. */
static void strings_are_read_as_they_were(void **state)
{
	static uint8_t stored[STRINGS * (STRING_CAP + ENDS_HEAD_MAX)];
	static uint8_t strings[STRINGS][STRING_CAP], now[STRING_CAP];
	static size_t len[STRINGS];
	size_t used = 0, now_len = 0;
	(void)state;
	srand(1);
	for (size_t i = 0; i < STRINGS; i++) {
		len[i] = roll(4) ? roll(40) : roll(STRING_CAP);
		for (size_t k = 0; k < len[i]; k++)
			strings[i][k] = (uint8_t)('a' + (roll(200) == 0));
		const size_t before = used;
		used += ends_put(stored + used, i ? strings[i - 1] : NULL, i ? len[i - 1] : 0,
			strings[i], len[i]);
		assert_true(used - before <= len[i] + ENDS_HEAD_MAX);
		assert_int_equal(used - before, ends_put(NULL, i ? strings[i - 1] : NULL,
							i ? len[i - 1] : 0, strings[i], len[i]));
	}
	const uint8_t *at = stored;
	for (size_t i = 0; i < STRINGS; i++) {
		const struct ends_stored s = ends_next(&at);
		assert_int_equal(ends_len(&s), len[i]);
		ends_apply(&s, now, now_len);
		now_len = len[i];
		assert_memory_equal(now, strings[i], now_len);
	}
	assert_ptr_equal(at, stored + used);
}

/* The naive list: in order, and the bytes that each name has; none: it is not there. */
static struct {
	struct name name;
	uint8_t bytes[BYTES];
	size_t len;
} all[NAMES];

static int cmp_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	return name_cmp(x->wire, y->wire);
}

static void make_names(void)
{
	struct name names[NAMES];
	for (unsigned i = 0; i < NAMES; i++) {
		char text[80];
		snprintf(text, sizeof(text),
			i % 3 ? "%u.%u.2.10.in-addr.arpa." : "h%u.n%u.example.", i, i % 5);
		assert_int_equal(name_from_text(text, NULL, &names[i]), 0);
	}
	qsort(names, NAMES, sizeof(names[0]), cmp_names);
	for (unsigned i = 0; i < NAMES; i++)
		all[i].name = names[i];
}

static void put(struct packed *p, unsigned i, bool is_there)
{
	all[i].len = !is_there ? 0 : roll(20) ? 20 + roll(30) : 1 + roll(BYTES);
	for (size_t k = 0; k < all[i].len; k++)
		all[i].bytes[k] = (uint8_t)(k % 30 == 7 ? roll(256) : k);
	assert_int_equal(packed_put(p, all[i].name.wire, all[i].bytes, all[i].len), 0);
}

/* The walk must be at that name, or at the end. */
static void expect_at(int found, const struct packed_at *at, unsigned i)
{
	assert_int_equal(found, i < NAMES);
	if (i == NAMES)
		return;
	assert_true(name_equal(at->name.wire, all[i].name.wire));
	assert_int_equal(at->name.len, all[i].name.len);
	assert_int_equal(at->bytes.len, all[i].len);
	assert_memory_equal(at->bytes.bytes, all[i].bytes, all[i].len);
}

static unsigned next_there(unsigned i)
{
	while (i < NAMES && all[i].len == 0)
		i++;
	return i;
}

static void expect_all(const struct packed *p)
{
	struct packed_at at = {0};
	unsigned i = next_there(0);
	for (; i < NAMES; i = next_there(i + 1))
		expect_at(packed_next(p, &at), &at, i);
	expect_at(packed_next(p, &at), &at, NAMES);
	packed_at_fini(&at);
}

/* Names come and go at any place, while another walk is under way. */
static void a_list_is_what_was_put(void **state)
{
	struct packed p = {0};
	struct packed_at at = {0};
	unsigned place = 0; /* the walk is before this one */
	(void)state;
	srand(2);
	make_names();
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* Now and then nearly all go. */
		const bool is_there = roll(100) < (round / 1000 % 4 == 3 ? 3 : 60);
		if (roll(3))
			put(&p, roll(NAMES), is_there);
		const unsigned next = next_there(place);
		if (roll(4))
			expect_at(packed_next(&p, &at), &at, next);
		else
			continue;
		place = next == NAMES ? 0 : next + 1;
		if (next == NAMES || roll(50) == 0) {
			place = roll(NAMES + 1);
			packed_seek(&at, place > 0 ? all[place - 1].name.wire : NULL);
		}
		if (roll(100) == 0)
			expect_all(&p);
	}
	for (unsigned i = 0; i < NAMES; i++)
		put(&p, i, false);
	expect_all(&p);
	assert_int_equal(p.count, 0);
	packed_at_fini(&at);
	packed_fini(&p);
}

/* As from a file. */
static void names_in_order_take_little(void **state)
{
	struct packed p = {0};
	(void)state;
	make_names();
	for (unsigned i = 0; i < NAMES; i++)
		put(&p, i, true);
	expect_all(&p);
	assert_in_range(p.count, NAMES / 32, NAMES / 8); /* blocks are full, but for long ones */
	packed_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_read_as_they_were),
		cmocka_unit_test(a_list_is_what_was_put),
		cmocka_unit_test(names_in_order_take_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
