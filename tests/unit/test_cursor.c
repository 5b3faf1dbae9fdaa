/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/cursor.h: byte order, borders, the sticky error.
 * Never tests what is parsed with cursors. Run by `make check`.
 */
#include "base/cursor.h"

#include "unit.h"

static const uint8_t octets[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static void numbers_are_read_in_network_byte_order(void **state)
{
	struct rd r = rd_init(octets, sizeof(octets));
	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x2345);
	assert_int_equal(rd_u32(&r), 0x6789abcd);
	assert_int_equal(rd_off(&r), 7);
	assert_int_equal(rd_left(&r), 1);
	assert_int_equal(rd_u8(&r), 0xef);
	assert_int_equal(r.err, 0);
}

static void the_top_bit_of_a_number_is_no_sign(void **state)
{
	static const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct rd r = rd_init(ones, sizeof(ones));
	(void)state;
	assert_true(rd_u8(&r) == 0xff);
	assert_true(rd_u16(&r) == 0xffff);
	assert_true(rd_u32(&r) == 0xffffffff);
}

static void a_read_that_does_not_fit_moves_nothing_and_the_error_stays(void **state)
{
	struct rd r = rd_init(octets, 3);
	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(r.err, ERR_SHORT);
	assert_int_equal(rd_off(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_null(rd_bytes(&r, 1));
	assert_int_equal(rd_off(&r), 0);
}

static void the_first_error_is_the_one_that_is_kept(void **state)
{
	struct rd r = rd_init(octets, 1);
	(void)state;
	r.err = ERR_LOOP;
	rd_u16(&r);
	assert_int_equal(r.err, ERR_LOOP);
}

static void the_last_byte_can_be_read_and_no_further(void **state)
{
	for (size_t len = 0; len <= sizeof(octets); len++) {
		struct rd r = rd_init(octets, len);
		assert_ptr_equal(rd_bytes(&r, len), octets);
		assert_int_equal(r.err, 0);
		assert_int_equal(rd_left(&r), 0);
		assert_null(rd_bytes(&r, 1));
		assert_int_equal(r.err, ERR_SHORT);
	}
	(void)state;
}

static void a_length_near_the_top_of_size_t_does_not_wrap(void **state)
{
	uint8_t room[4];
	struct rd r = rd_init(octets, sizeof(octets));
	struct wr w = wr_init(room, sizeof(room));
	(void)state;
	rd_u8(&r);
	assert_null(rd_bytes(&r, SIZE_MAX));
	assert_int_equal(r.err, ERR_SHORT);
	wr_u8(&w, 1);
	assert_null(wr_room(&w, SIZE_MAX));
	assert_int_equal(w.err, ERR_SPACE);
}

static void what_was_written_is_read_back(void **state)
{
	uint8_t room[10];
	struct wr w = wr_init(room, sizeof(room));
	(void)state;
	wr_u8(&w, 0xfe);
	wr_u16(&w, 0x1234);
	wr_u32(&w, 0xdeadbeef);
	wr_bytes(&w, "abc", 3);
	assert_int_equal(w.err, 0);
	assert_int_equal(wr_len(&w), sizeof(room));
	assert_int_equal(wr_left(&w), 0);

	struct rd r = rd_init(room, wr_len(&w));
	assert_int_equal(rd_u8(&r), 0xfe);
	assert_int_equal(rd_u16(&r), 0x1234);
	assert_true(rd_u32(&r) == 0xdeadbeef);
	assert_memory_equal(rd_bytes(&r, 3), "abc", 3);
	assert_int_equal(r.err, 0);
}

static void a_write_that_does_not_fit_touches_nothing_and_the_error_stays(void **state)
{
	uint8_t room[4] = {9, 9, 9, 9};
	struct wr w = wr_init(room, 3);
	(void)state;
	wr_u32(&w, 0x01020304);
	assert_int_equal(w.err, ERR_SPACE);
	wr_u8(&w, 1);
	wr_bytes(&w, "a", 1);
	assert_int_equal(wr_len(&w), 0);
	assert_memory_equal(room, "\x09\x09\x09\x09", 4);
}

static void writing_no_bytes_needs_no_room_and_no_source(void **state)
{
	uint8_t room[1];
	struct wr w = wr_init(room, 0);
	(void)state;
	wr_bytes(&w, NULL, 0);
	assert_int_equal(w.err, 0);
	assert_int_equal(wr_len(&w), 0);
}

static void puts_and_gets_agree(void **state)
{
	uint8_t p[4];
	(void)state;
	put_u16(p, 0x8001);
	assert_int_equal(get_u16(p), 0x8001);
	put_u32(p, 0x80000001);
	assert_true(get_u32(p) == 0x80000001);
	assert_int_equal(p[0], 0x80);
	assert_int_equal(p[3], 0x01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_network_byte_order),
		cmocka_unit_test(the_top_bit_of_a_number_is_no_sign),
		cmocka_unit_test(a_read_that_does_not_fit_moves_nothing_and_the_error_stays),
		cmocka_unit_test(the_first_error_is_the_one_that_is_kept),
		cmocka_unit_test(the_last_byte_can_be_read_and_no_further),
		cmocka_unit_test(a_length_near_the_top_of_size_t_does_not_wrap),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(a_write_that_does_not_fit_touches_nothing_and_the_error_stays),
		cmocka_unit_test(writing_no_bytes_needs_no_room_and_no_source),
		cmocka_unit_test(puts_and_gets_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
