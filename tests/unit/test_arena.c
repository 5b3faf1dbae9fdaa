/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/arena.h: allocations do not overlap, and stay until all are freed.
 * Never exhausts real memory. Run by `make check`.
 */
#include "base/arena.h"

#include <string.h>

#include "unit.h"

static void what_is_taken_does_not_overlap_and_does_not_move(void **state)
{
	enum { PIECES = 3000 };
	struct arena a = {0};
	uint8_t *pieces[PIECES];
	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = arena_take(&a, i % 97);
		assert_non_null(pieces[i]);
		memset(pieces[i], (int)(i % 251), i % 97);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t k = 0; k < i % 97; k++)
			assert_int_equal(pieces[i][k], i % 251);
	arena_fini(&a);
}

static void a_piece_may_be_larger_than_a_chunk(void **state)
{
	enum { LARGE = 1 << 20 };
	struct arena a = {0};
	(void)state;
	char *small = arena_copy(&a, "x", 2), *large = arena_take(&a, LARGE);
	assert_non_null(large);
	memset(large, 'y', LARGE);
	assert_string_equal(small, "x");
	assert_string_equal(arena_copy(&a, "z", 2), "z");
	arena_fini(&a);
	arena_fini(&a);
}

static void a_length_that_cannot_be_is_refused(void **state)
{
	struct arena a = {0};
	(void)state;
	assert_null(arena_take(&a, SIZE_MAX));
	assert_non_null(arena_copy(&a, "", 0));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_does_not_overlap_and_does_not_move),
		cmocka_unit_test(a_piece_may_be_larger_than_a_chunk),
		cmocka_unit_test(a_length_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
