/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/array.h.
 * Never exhausts real memory: a length that cannot be is enough. Run by `make check`.
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "unit.h"

struct numbers {
	uint32_t *at;
	size_t count, cap;
};

static void an_array_that_grows_keeps_what_is_in_it(void **state)
{
	struct numbers n = {0};
	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		assert_int_equal(ARRAY_RESERVE(n.at, n.cap, n.count + 1), 0);
		assert_true(n.cap > n.count);
		n.at[n.count++] = i;
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(n.at[i], i);
	free(n.at);
}

static void it_at_least_doubles(void **state)
{
	struct numbers n = {0};
	size_t grown = 0;
	(void)state;
	for (size_t need = 1; need <= 100000; need++) {
		size_t before = n.cap;
		assert_int_equal(ARRAY_RESERVE(n.at, n.cap, need), 0);
		assert_true(n.cap == before || n.cap >= 2 * before);
		grown += n.cap != before;
	}
	assert_true(grown < 20);
	free(n.at);
}

static void what_is_needed_at_once_is_there(void **state)
{
	struct numbers n = {0};
	(void)state;
	assert_int_equal(ARRAY_RESERVE(n.at, n.cap, 1000), 0);
	assert_true(n.cap >= 1000);
	n.at[999] = 1;
	free(n.at);
}

static void nothing_is_there_without_a_need(void **state)
{
	struct numbers n = {0};
	(void)state;
	assert_int_equal(ARRAY_RESERVE(n.at, n.cap, 0), 0);
	assert_null(n.at);
	assert_int_equal(n.cap, 0);
}

static void a_length_that_cannot_be_changes_nothing(void **state)
{
	struct numbers n = {0};
	(void)state;
	assert_int_equal(ARRAY_RESERVE(n.at, n.cap, 3), 0);
	uint32_t *at = n.at;
	size_t cap = n.cap;
	n.at[2] = 7;
	assert_int_equal(ARRAY_RESERVE(n.at, n.cap, SIZE_MAX), ERR_NOMEM);
	assert_int_equal(ARRAY_RESERVE(n.at, n.cap, SIZE_MAX / 4), ERR_NOMEM);
	assert_ptr_equal(n.at, at);
	assert_int_equal(n.cap, cap);
	assert_int_equal(n.at[2], 7);
	free(n.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_that_grows_keeps_what_is_in_it),
		cmocka_unit_test(it_at_least_doubles),
		cmocka_unit_test(what_is_needed_at_once_is_there),
		cmocka_unit_test(nothing_is_there_without_a_need),
		cmocka_unit_test(a_length_that_cannot_be_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
