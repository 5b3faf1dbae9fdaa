/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/err.h.
 * Never looks at the use of the codes. Run by `make check`.
 */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static const int own[] = {ERR_NOMEM, ERR_SHORT, ERR_SYNTAX, ERR_RANGE, ERR_SPACE, ERR_LOOP,
	ERR_EXISTS, ERR_ABSENT, ERR_DENIED};

/* The kernel returns numbers down to -4095 (MAX_ERRNO). */
static void own_codes_are_no_errno(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(own[i] < -4095);
}

static void each_own_code_has_words_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_string_not_equal(err_text(own[i]), "unknown error");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(err_text(own[i]), err_text(own[j]));
	}
}

static void a_negative_errno_has_the_words_of_the_library(void **state)
{
	(void)state;
	assert_string_equal(err_text(-EPERM), strerror(EPERM));
	assert_string_equal(err_text(-ENOENT), "No such file or directory");
	assert_string_equal(err_text(-ESRCH), strerror(ESRCH));
	assert_string_equal(err_text(0), "no error");
}

static void other_numbers_are_unknown(void **state)
{
	(void)state;
	assert_string_equal(err_text(ENOENT), "unknown error");
	assert_string_equal(err_text(-4000), "unknown error");
	assert_string_equal(err_text(ERR_NOMEM + 1), "unknown error");
	assert_string_equal(err_text(-2147483647 - 1), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_codes_are_no_errno),
		cmocka_unit_test(each_own_code_has_words_of_its_own),
		cmocka_unit_test(a_negative_errno_has_the_words_of_the_library),
		cmocka_unit_test(other_numbers_are_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
