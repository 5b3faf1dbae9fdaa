/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/edit.h: the distance of two texts, within its bound.
 * Never measures time. Run by `make check`.
 */
#include "base/edit.h"

#include <string.h>

#include "unit.h"

static void equal_texts_have_no_distance_whatever_their_case(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("", "", 3), 0);
	assert_int_equal(edit_distance("web", "web", 0), 0);
	assert_int_equal(edit_distance("WEB", "web", 0), 0);
}

static void each_edit_counts_one(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("web", "webs", 3), 1);
	assert_int_equal(edit_distance("webs", "web", 3), 1);
	assert_int_equal(edit_distance("web", "wub", 3), 1);
	assert_int_equal(edit_distance("wbe", "web", 3), 1);
	assert_int_equal(edit_distance("", "abc", 3), 3);
	assert_int_equal(edit_distance("kitten", "sitting", 3), 3);
	assert_int_equal(edit_distance("names", "nmaes", 3), 1);
}

static void what_differs_by_more_is_one_more_than_the_bound(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("kitten", "sitting", 2), 3);
	assert_int_equal(edit_distance("abcdef", "", 2), 3);
	assert_int_equal(edit_distance("", "abcdef", 2), 3);
	assert_int_equal(edit_distance("aaaaaaaaaa", "bbbbbbbbbb", 4), 5);
	assert_int_equal(edit_distance("a", "b", 0), 1);
}

static void too_long_texts_are_like_nothing(void **state)
{
	char a[EDIT_LEN_CAP + 2];
	(void)state;
	memset(a, 'a', sizeof(a));
	a[EDIT_LEN_CAP] = '\0';
	assert_int_equal(edit_distance(a, a, 2), 0);
	a[EDIT_LEN_CAP] = 'a';
	a[EDIT_LEN_CAP + 1] = '\0';
	assert_int_equal(edit_distance(a, a, 2), 3);
}

/* The whole table, without a band: the bounded one must agree with it. */
static unsigned plain_distance(const char *a, const char *b)
{
	unsigned table[9][9];
	for (unsigned i = 0; i <= strlen(a); i++) {
		for (unsigned j = 0; j <= strlen(b); j++) {
			unsigned best = i == 0   ? j
					: j == 0 ? i
						 : table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (i > 0 && table[i - 1][j] + 1 < best)
				best = table[i - 1][j] + 1;
			if (j > 0 && table[i][j - 1] + 1 < best)
				best = table[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				table[i - 2][j - 2] + 1 < best)
				best = table[i - 2][j - 2] + 1;
			table[i][j] = best;
		}
	}
	return table[strlen(a)][strlen(b)];
}

static void the_band_gives_what_the_whole_table_gives(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		char a[8] = "", b[8] = "";
		unsigned r = n * 2654435761u;
		for (unsigned i = 0; i < (r >> 28) % 7; i++)
			a[i] = (char)('a' + (r >> (2 * i)) % 3);
		for (unsigned i = 0; i < (r >> 24) % 7; i++)
			b[i] = (char)('a' + (r >> (3 * i + 1)) % 3);
		for (unsigned max = 0; max < 5; max++) {
			unsigned plain = plain_distance(a, b);
			assert_int_equal(edit_distance(a, b, max), plain > max ? max + 1 : plain);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_no_distance_whatever_their_case),
		cmocka_unit_test(each_edit_counts_one),
		cmocka_unit_test(what_differs_by_more_is_one_more_than_the_bound),
		cmocka_unit_test(too_long_texts_are_like_nothing),
		cmocka_unit_test(the_band_gives_what_the_whole_table_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
