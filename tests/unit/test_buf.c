/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/buf.h: growth, the sticky error, who owns the bytes.
 * Never exhausts real memory: a length that cannot be is enough. Run by `make check`.
 */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/err.h"
#include "unit.h"

static void an_empty_buffer_has_an_empty_text_and_nothing_to_take(void **state)
{
	struct buf b = {0};
	(void)state;
	assert_string_equal(buf_text(&b), "");
	assert_null(buf_take(&b));
	buf_fini(&b);
}

static void appends_follow_each_other(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b);
	buf_puts(&b, "a");
	buf_add(&b, "bcd", 2);
	buf_printf(&b, "%d-%s", 42, "e");
	assert_string_equal(buf_text(&b), "abc42-e");
	assert_int_equal(b.len, 7);
	buf_fini(&b);
}

static void adding_nothing_allocates_nothing(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_add(&b, NULL, 0);
	buf_puts(&b, "");
	assert_null(b.bytes);
	buf_fini(&b);
}

static void zero_bytes_are_content(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.bytes, "a\0b", 4);
	buf_fini(&b);
}

static void every_length_around_a_growth_step_keeps_its_content(void **state)
{
	static char block[600];
	(void)state;
	memset(block, 'x', sizeof(block));
	for (size_t len = 1; len < sizeof(block); len++) {
		struct buf b = {0};
		buf_add(&b, block, len);
		assert_int_equal(strlen(buf_text(&b)), len);
		buf_printf(&b, "%s", "tail");
		assert_string_equal(buf_text(&b) + len, "tail");
		buf_fini(&b);
	}
}

static void a_long_text_grows_byte_by_byte(void **state)
{
	struct buf b = {0};
	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add(&b, &"0123456789"[i % 10], 1);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.bytes[i], '0' + i % 10);
	buf_fini(&b);
}

static void a_printf_longer_than_the_buffer_is_whole(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_printf(&b, "%5000d|", 7);
	assert_int_equal(b.len, 5001);
	assert_string_equal(buf_text(&b) + 4999, "7|");
	buf_fini(&b);
}

static void the_error_stays_and_later_appends_do_nothing(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_puts(&b, "kept");
	buf_add(&b, "x", SIZE_MAX - 2);
	assert_int_equal(b.err, ERR_NOMEM);
	buf_puts(&b, "more");
	buf_printf(&b, "%d", 1);
	assert_string_equal(buf_text(&b), "kept");
	buf_clear(&b);
	assert_int_equal(b.err, ERR_NOMEM);
	assert_null(buf_take(&b));
	buf_fini(&b);
}

static void clearing_keeps_the_memory_for_the_next_text(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_puts(&b, "first");
	const char *before = b.bytes;
	buf_clear(&b);
	assert_string_equal(buf_text(&b), "");
	buf_puts(&b, "second");
	assert_ptr_equal(b.bytes, before);
	assert_string_equal(buf_text(&b), "second");
	buf_fini(&b);
}

static void taken_bytes_are_the_callers_and_the_buffer_is_new(void **state)
{
	struct buf b = {0};
	(void)state;
	buf_puts(&b, "mine");
	char *text = buf_take(&b);
	buf_puts(&b, "yours");
	assert_string_equal(text, "mine");
	assert_string_equal(buf_text(&b), "yours");
	free(text);
	buf_fini(&b);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_has_an_empty_text_and_nothing_to_take),
		cmocka_unit_test(appends_follow_each_other),
		cmocka_unit_test(adding_nothing_allocates_nothing),
		cmocka_unit_test(zero_bytes_are_content),
		cmocka_unit_test(every_length_around_a_growth_step_keeps_its_content),
		cmocka_unit_test(a_long_text_grows_byte_by_byte),
		cmocka_unit_test(a_printf_longer_than_the_buffer_is_whole),
		cmocka_unit_test(the_error_stays_and_later_appends_do_nothing),
		cmocka_unit_test(clearing_keeps_the_memory_for_the_next_text),
		cmocka_unit_test(taken_bytes_are_the_callers_and_the_buffer_is_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
