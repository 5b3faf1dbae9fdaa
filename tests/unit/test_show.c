/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of terminal output: natural order, text that is safe and cut, tables.
 * Never needs a terminal. Run by `make check`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "show/natural.h"
#include "show/table.h"
#include "show/text.h"
#include "unit.h"

static void numbers_in_names_are_in_the_order_of_their_values(void **state)
{
	static const char *const order[] = {"", "2", "10", "svc", "svc1", "svc2", "svc2a", "svc10",
		"svc10-1", "svc10-02", "svc10-10", "svc99999999999999999999999999",
		"svc100000000000000000000000000", "web"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t j = 0; j < ARRAY_LEN(order); j++) {
			int sign = natural_cmp(order[i], order[j]);
			assert_int_equal((sign > 0) - (sign < 0), (i > j) - (i < j));
		}
}

static void case_and_zeros_count_where_all_else_is_equal(void **state)
{
	(void)state;
	assert_true(natural_cmp("Web", "web") < 0);
	assert_true(natural_cmp("Web2", "web1") > 0);
	assert_true(natural_cmp("a01", "a1") < 0);
	assert_true(natural_cmp("a1", "a01") > 0);
	assert_true(natural_cmp("a0", "a00") != 0);
	assert_int_equal(natural_cmp("a007", "a007"), 0);
}

static void assert_cut(const char *text, size_t columns, enum text_cut cut, const char *expected)
{
	struct buf out = {0};
	size_t used = text_put_cut(&out, text, columns, cut);
	assert_string_equal(buf_text(&out), expected);
	assert_int_equal(used, text_columns(expected));
	buf_fini(&out);
}

static void text_is_cut_in_the_middle_or_at_its_end(void **state)
{
	(void)state;
	assert_cut("netns-27b4a5e8", 14, TEXT_CUT_MIDDLE, "netns-27b4a5e8");
	assert_cut("netns-27b4a5e8", 9, TEXT_CUT_MIDDLE, "netn…a5e8");
	assert_cut("netns-27b4a5e8", 8, TEXT_CUT_MIDDLE, "netn…5e8");
	assert_cut("netns-27b4a5e8", 8, TEXT_CUT_END, "netns-2…");
	assert_cut("netns-27b4a5e8", 1, TEXT_CUT_MIDDLE, "…");
	assert_cut("netns-27b4a5e8", 0, TEXT_CUT_MIDDLE, "");
	assert_cut("netns-27b4a5e8", 3, TEXT_WHOLE, "netns-27b4a5e8");
	assert_cut("\u65e5\u672c\u8a9e", 5, TEXT_CUT_MIDDLE, "\u65e5…\u8a9e");
}

static void nothing_in_text_is_a_command_to_the_terminal(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {{"\033[31m", "\\x1b[31m"}, {"a\nb\tc", "a\\x0ab\\x09c"}, {"\x7f", "\\x7f"},
		{"\xc2\x9b"
		 "31m",
			"\\u009b31m"},
		{"\u202eabc", "\\u202eabc"}, {"\xff\xc0", "\\xff\\xc0"}, {"\xe2\x82", "\\xe2\\x82"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, {"\u00fc \u20ac", "\u00fc \u20ac"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = {0};
		text_put(&out, cases[i].text);
		assert_string_equal(buf_text(&out), cases[i].expected);
		assert_int_equal(text_columns(cases[i].text), text_columns(cases[i].expected));
		buf_fini(&out);
	}
}

static void columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(text_columns("\u00fcber"), 4);
	assert_int_equal(text_columns("e\u0301"), 1);
	assert_int_equal(text_columns("\u65e5\u672c"), 4);
}

static const struct table_column columns[] = {
	{.title = "NAME", .cut = TEXT_WHOLE},
	{.title = "LOCAL", .cut = TEXT_CUT_MIDDLE, .rank = 1, .least = 6, .is_optional = true},
	{.title = "ADDRESS", .cut = TEXT_CUT_MIDDLE, .rank = 1, .least = 9},
	{.title = "NAMESPACE", .cut = TEXT_CUT_MIDDLE, .rank = 0, .least = 9},
	{.title = "STATE", .cut = TEXT_CUT_END, .rank = 0, .least = 6},
};

static void put_row(struct table *t, const char *const *cells)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		table_put(t, i == 0 ? TEXT_NAME : TEXT_PLAIN, cells[i]);
}

static char *make_table(size_t width, bool has_colour)
{
	static const char *const rows[][ARRAY_LEN(columns)] = {
		{"web", "", "10.7.0.2", "netns-27b4a5e8-1234-5678-9abc-0123456789ab", "served"},
		{"", "", "2001:db8:1111:2222:3333:4444:5555:6666", "short",
			"tentative: duplicate address detection is running"}};
	struct table t;
	struct buf out = {0};
	table_init(&t, columns, ARRAY_LEN(columns));
	put_row(&t, rows[0]);
	put_row(&t, rows[1]);
	table_write(&t, &out, width, has_colour);
	table_fini(&t);
	return buf_take(&out);
}

static void a_table_is_as_wide_as_what_is_in_it(void **state)
{
	char *text = make_table(0, false);
	(void)state;
	assert_string_equal(text, "NAME  ADDRESS                                 NAMESPACE         "
				  "                          STATE\n"
				  "web   10.7.0.2                                "
				  "netns-27b4a5e8-1234-5678-9abc-0123456789ab  served\n"
				  "      2001:db8:1111:2222:3333:4444:5555:6666  short             "
				  "                          "
				  "tentative: duplicate address detection is running\n");
	free(text);
}

static void on_a_narrow_terminal_the_widest_columns_of_low_rank_are_cut_first(void **state)
{
	char *text = make_table(80, false);
	(void)state;
	assert_string_equal(text,
		"NAME ADDRESS                                NAMESPACE         STATE\n"
		"web  10.7.0.2                               netns-27…456789ab served\n"
		"     2001:db8:1111:2222:3333:4444:5555:6666 short             tentative: "
		"duplic…\n");
	free(text);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (size_t width = 34; width < 160; width++) {
		char *text = make_table(width, false), *rest = text, *line;
		while ((line = strsep(&rest, "\n")))
			assert_true(text_columns(line) <= width);
		free(text);
	}
}

static void a_name_is_whole_on_any_terminal(void **state)
{
	char *text = make_table(5, false);
	(void)state;
	assert_non_null(strstr(text, "\nweb "));
	free(text);
}

static void colours_take_no_room(void **state)
{
	char *text = make_table(60, true), *plain = make_table(60, false);
	size_t length = 0;
	(void)state;
	for (const char *p = text; *p; p++) {
		if (*p == '\033')
			p = strchr(p, 'm');
		else
			length++;
	}
	assert_int_equal(length, strlen(plain));
	assert_non_null(strstr(text, "\033[1mweb\033[0m"));
	free(text);
	free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_names_are_in_the_order_of_their_values),
		cmocka_unit_test(case_and_zeros_count_where_all_else_is_equal),
		cmocka_unit_test(text_is_cut_in_the_middle_or_at_its_end),
		cmocka_unit_test(nothing_in_text_is_a_command_to_the_terminal),
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(a_table_is_as_wide_as_what_is_in_it),
		cmocka_unit_test(on_a_narrow_terminal_the_widest_columns_of_low_rank_are_cut_first),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(a_name_is_whole_on_any_terminal),
		cmocka_unit_test(colours_take_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
