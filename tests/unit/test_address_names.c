/* SPDX-License-Identifier: ISC */
/* The reader of --address-names. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/address_names.h"

static const char *name_at(const struct address_names *list, const char *addr, size_t i)
{
	struct addr at;
	size_t count;
	assert_int_equal(addr_parse(addr, &at), 0);
	const struct address_name *names = address_names_find(list, &at, &count);
	return i < count ? names[i].label : NULL;
}

static void names_are_found_by_address_in_the_order_of_the_file(void **state)
{
	(void)state;
	static const char text[] = "# a comment\n\n \t\n"
				   "10.0.0.2\tgit  Code# and another\n"
				   "2001:db8::1 www\n"
				   "10.0.0.1 b\n"
				   "10.0.0.2 third";
	struct address_names list = {0};
	struct address_names_error error;
	assert_int_equal(address_names_read(&list, text, strlen(text), &error), 0);
	assert_int_equal(address_names_settle(&list), 0);
	assert_string_equal(name_at(&list, "10.0.0.2", 0), "git");
	assert_string_equal(name_at(&list, "10.0.0.2", 1), "Code");
	assert_string_equal(name_at(&list, "10.0.0.2", 2), "third");
	assert_null(name_at(&list, "10.0.0.2", 3));
	assert_string_equal(name_at(&list, "10.0.0.1", 0), "b");
	assert_string_equal(name_at(&list, "2001:db8::1", 0), "www");
	assert_null(name_at(&list, "10.0.0.3", 0));
	address_names_fini(&list);
}

static void a_wrong_line_is_told_with_its_number(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line;
		const char *why;
	} wrong[] = {
		{"10.0.0.1 a\n\n10.0.0.300 b\n", 3, "'10.0.0.300' is no address"},
		{"git 10.0.0.1\n", 1, "'git' is no address"},
		{"fe80::1%eth0 a\n", 1, "'fe80::1%eth0' is no address"},
		{"10.0.0.1/24 a\n", 1, "'10.0.0.1/24' is no address"},
		{"\n10.0.0.1 # none\n", 2, "'10.0.0.1' has no name"},
		{"10.0.0.1 a.b\n", 1, "'a.b' has a byte that is no letter, digit or hyphen"},
		{"10.0.0.1 a\r\n", 1, "'a?' has a byte that is no letter, digit or hyphen"},
		{"127.0.0.1 localhost\n", 1, "'localhost' is what each machine calls itself"},
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct address_names list = {0};
		struct address_names_error error = {0};
		const char *text = wrong[i].text;
		assert_int_equal(address_names_read(&list, text, strlen(text), &error), ERR_SYNTAX);
		assert_int_equal(error.line, wrong[i].line);
		assert_string_equal(error.text, wrong[i].why);
		address_names_fini(&list);
	}
}

static void so_many_names_are_read_and_no_more(void **state)
{
	(void)state;
	struct address_names list = {0};
	struct address_names_error error;
	static const char line[] = "10.0.0.1 a\n";
	for (unsigned i = 0; i < LIMIT_ADDRESS_NAMES; i++)
		assert_int_equal(address_names_read(&list, line, strlen(line), &error), 0);
	assert_int_equal(address_names_read(&list, line, strlen(line), &error), ERR_SYNTAX);
	assert_string_equal(error.text, "'a' is one name too many");
	address_names_fini(&list);
}

/* Random lists: what is found is what a search through the lines finds. */
static void what_is_found_is_what_was_written(void **state)
{
	(void)state;
	unsigned rng = 1;
	for (unsigned round = 0; round < 200; round++) {
		char lines[40][64];
		unsigned count = (rng = rng * 1103515245u + 12345u) >> 16 & 31;
		struct address_names list = {0};
		struct address_names_error error;
		for (unsigned i = 0; i < count; i++) {
			unsigned last = (rng = rng * 1103515245u + 12345u) >> 16 & 7;
			int len = snprintf(lines[i], sizeof(lines[i]), "10.0.0.%u n%u", last, i);
			assert_int_equal(
				address_names_read(&list, lines[i], (size_t)len, &error), 0);
		}
		assert_int_equal(address_names_settle(&list), 0);
		for (unsigned last = 0; last < 8; last++) {
			char addr[32], prefix[48];
			size_t found = 0;
			snprintf(addr, sizeof(addr), "10.0.0.%u", last);
			snprintf(prefix, sizeof(prefix), "%s ", addr);
			for (unsigned i = 0; i < count; i++)
				if (strncmp(lines[i], prefix, strlen(prefix)) == 0)
					assert_string_equal(name_at(&list, addr, found++),
						lines[i] + strlen(prefix));
			assert_null(name_at(&list, addr, found));
		}
		address_names_fini(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_by_address_in_the_order_of_the_file),
		cmocka_unit_test(a_wrong_line_is_told_with_its_number),
		cmocka_unit_test(so_many_names_are_read_and_no_more),
		cmocka_unit_test(what_is_found_is_what_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
