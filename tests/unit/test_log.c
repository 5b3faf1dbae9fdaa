/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of io/log.h. Never writes to a terminal. Run by `make check`.
 */
#include "io/log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static int begin(void **state)
{
	static int fds[2];
	*state = fds;
	return pipe2(fds, O_NONBLOCK | O_CLOEXEC);
}

static int end(void **state)
{
	const int *fds = *state;
	return close(fds[0]) | close(fds[1]);
}

/* What was written since the last time. */
static void expect(const int *fds, const char *text)
{
	char buf[4096] = "";
	ssize_t len = read(fds[0], buf, sizeof(buf) - 1);
	buf[len > 0 ? len : 0] = '\0';
	assert_string_equal(buf, text);
}

static void a_message_is_one_line_with_its_level(void **state)
{
	const int *fds = *state;
	const struct log log = {.fd = fds[1], .threshold = LOG_LEVEL_INFO};
	log_warning(&log, "port is taken port=%d", 53);
	expect(fds, "warning: port is taken port=53\n");
	log_debug(&log, "not wanted");
	log_error(NULL, "no log");
	expect(fds, "");
}

static void a_line_that_is_too_long_is_cut_and_still_ends(void **state)
{
	const int *fds = *state;
	const struct log log = {.fd = fds[1], .threshold = LOG_LEVEL_INFO};
	char text[2 * LOG_LINE_CAP], line[4096];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info(&log, "%s", text);
	ssize_t len = read(fds[0], line, sizeof(line));
	assert_true(len > 0 && len <= LOG_LINE_CAP);
	assert_int_equal(line[len - 1], '\n');
	assert_null(memchr(line, '\0', (size_t)len));
	assert_null(memchr(line, '\n', (size_t)len - 1));
}

static void untrusted_text_stays_in_its_quotes_and_on_its_line(void **state)
{
	char out[LOG_TEXT_CAP], text[512];
	(void)state;
	assert_string_equal(log_escape("plain", out), "\"plain\"");
	assert_string_equal(log_escape("", out), "\"\"");
	assert_string_equal(
		log_escape("a\"b\\c\nd\x1b\xff", out), "\"a\\x22b\\x5cc\\x0ad\\x1b\\xff\"");
	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_escape(text, out);
	assert_true(strlen(out) < LOG_TEXT_CAP);
	assert_int_equal(out[strlen(out) - 1], '"');
}

static void levels_have_the_words_of_the_option_tables(void **state)
{
	(void)state;
	for (int i = 0; i < LOG_LEVEL_COUNT; i++)
		assert_string_equal(log_level_words[i], log_level_text((enum log_level)i));
	assert_null(log_level_words[LOG_LEVEL_COUNT]);
}

static void a_burst_is_let_through_and_the_rest_counted(void **state)
{
	struct log_limit limit = {0};
	(void)state;
	for (int i = 0; i < LOG_LIMIT_BURST; i++)
		assert_true(log_limit_may(&limit, 1));
	for (int i = 0; i < 3; i++)
		assert_false(log_limit_may(&limit, 2));
	assert_true(log_limit_may(&limit, 1 + LOG_LIMIT_PERIOD));
	assert_int_equal(limit.suppressed, 3);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(a_message_is_one_line_with_its_level),
		CASE(a_line_that_is_too_long_is_cut_and_still_ends),
		cmocka_unit_test(untrusted_text_stays_in_its_quotes_and_on_its_line),
		cmocka_unit_test(levels_have_the_words_of_the_option_tables),
		cmocka_unit_test(a_burst_is_let_through_and_the_rest_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
