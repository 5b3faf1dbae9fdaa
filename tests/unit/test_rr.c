/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of wire/rr.h: types, rdata and the names in it.
 * Never reads whole messages. Run by `make check`.
 */
#include "wire/rr.h"

#include <string.h>

#include "unit.h"

static void types_have_text(void **state)
{
	(void)state;
	char out[RR_TYPE_TEXT_CAP];
	assert_string_equal(rr_type_text(RR_AAAA, out), "AAAA");
	assert_string_equal(rr_type_text(RR_HTTPS, out), "HTTPS");
	assert_string_equal(rr_type_text(65535, out), "TYPE65535");
	assert_string_equal(rr_type_text(0, out), "TYPE0");
}

static void rfc6895_s3_1_meta_types(void **state)
{
	(void)state;
	assert_true(rr_type_is_meta(RR_ANY));
	assert_true(rr_type_is_meta(RR_AXFR));
	assert_true(rr_type_is_meta(RR_OPT));
	assert_true(rr_type_is_meta(RR_TSIG));
	assert_true(rr_type_is_meta(0));
	assert_false(rr_type_is_meta(RR_A));
	assert_false(rr_type_is_meta(RR_CAA));
	assert_false(rr_type_is_meta(127));
}

static void rfc4035_s2_types_that_are_signed(void **state)
{
	(void)state;
	assert_true(rr_type_is_signable(RR_A, true));
	assert_true(rr_type_is_signable(RR_NSEC, false));
	assert_true(rr_type_is_signable(RR_KEY, true));
	assert_true(rr_type_is_signable(RR_DS, false));
	static const uint16_t never[] = {
		0, RR_SIG, RR_RRSIG, RR_DNSKEY, RR_CDS, RR_CDNSKEY, RR_OPT, RR_TSIG, RR_ANY};
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		assert_false(rr_type_is_signable(never[i], true));
		assert_false(rr_type_is_signable(never[i], false));
	}
	assert_false(rr_type_is_signable(RR_DS, true));
}

static void addresses_have_one_size(void **state)
{
	(void)state;
	static const uint8_t bytes[17] = {0};
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		assert_int_equal(rdata_is_valid(RR_A, bytes, len), len == 4);
		assert_int_equal(rdata_is_valid(RR_AAAA, bytes, len), len == 16);
	}
}

#define VALID(type, bytes) rdata_is_valid(type, (const uint8_t *)(bytes), sizeof(bytes) - 1)

static void names_in_rdata_are_whole_and_uncompressed(void **state)
{
	(void)state;
	assert_true(VALID(RR_PTR, "\1a\0"));
	assert_false(VALID(RR_PTR, ""));
	assert_false(VALID(RR_PTR, "\1a"));
	assert_false(VALID(RR_PTR, "\1a\xc0\x00"));
	assert_true(VALID(RR_SRV, "\0\0\0\0\0\x50\1a\0"));
	assert_false(VALID(RR_SRV, "\0\0\0\0\0"));
	assert_false(VALID(RR_SRV, "\0\0\0\0\0\x50"));
	assert_true(VALID(RR_SOA, "\1a\0\1b\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"));
	assert_false(VALID(RR_SOA, "\1a\0"));
}

static void txt_is_one_string_or_more(void **state)
{
	(void)state;
	assert_true(VALID(RR_TXT, "\0"));
	assert_true(VALID(RR_TXT, "\1a\2bc"));
	assert_false(VALID(RR_TXT, ""));
	assert_false(VALID(RR_TXT, "\2a"));
	assert_false(VALID(RR_TXT, "\1a\3bc"));
}

static int expand(
	const char *bytes, size_t message_len, size_t off, uint16_t type, size_t len, struct wr *w)
{
	struct rd r = rd_init(bytes, message_len);
	rd_bytes(&r, off);
	rd_rdata(&r, type, len, w);
	return r.err ? r.err : w->err;
}

#define HEADER                             "\0\0\0\0\0\0\0\0\0\0\0\0"
#define EXPAND(message, off, type, len, w) expand(message, sizeof(message) - 1, off, type, len, w)

static void compressed_names_are_written_in_full(void **state)
{
	(void)state;
	uint8_t out[64];
	struct wr w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "\1a\0\0\1\0\2\0\3\1b\xc0\x0c", 15, RR_SRV, 10, &w), 0);
	assert_int_equal(wr_len(&w), 11);
	assert_memory_equal(out, "\0\1\0\2\0\3\1b\1a\0", 11);
}

static void rfc9267_s4_name_must_end_within_the_rdata(void **state)
{
	(void)state;
	uint8_t out[64];
	struct wr w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "\3abc\0", 12, RR_PTR, 3, &w), ERR_SHORT);
	w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "\1a\0\1b\xc0\x0c", 15, RR_PTR, 3, &w), ERR_SHORT);
}

static void rfc9267_s4_rdata_longer_than_the_message(void **state)
{
	(void)state;
	uint8_t out[64];
	struct wr w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "abc", 12, RR_TXT, 4, &w), ERR_SHORT);
	w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "abc", 12, RR_SRV, 65535, &w), ERR_SHORT);
}

static void rdata_that_does_not_fit_is_an_error(void **state)
{
	(void)state;
	uint8_t out[4];
	struct wr w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "abcde", 12, 99, 5, &w), ERR_SPACE);
}

static void types_not_known_are_copied(void **state)
{
	(void)state;
	uint8_t out[16];
	struct wr w = wr_init(out, sizeof(out));
	assert_int_equal(EXPAND(HEADER "\xc0\x0c\xff", 12, 65280, 3, &w), 0);
	assert_memory_equal(out, "\xc0\x0c\xff", 3);
}

static void rfc4034_s6_3_order_of_rdata(void **state)
{
	(void)state;
	const uint8_t a[] = {1, 2, 3}, b[] = {1, 2, 200};
	assert_true(rdata_cmp(a, 3, b, 3) < 0);
	assert_true(rdata_cmp(b, 3, a, 3) > 0);
	assert_true(rdata_cmp(a, 2, a, 3) < 0);
	assert_true(rdata_cmp(b, 3, a, 2) > 0);
	assert_int_equal(rdata_cmp(a, 3, a, 3), 0);
	assert_int_equal(rdata_cmp(a, 0, b, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_have_text),
		cmocka_unit_test(rfc6895_s3_1_meta_types),
		cmocka_unit_test(rfc4035_s2_types_that_are_signed),
		cmocka_unit_test(addresses_have_one_size),
		cmocka_unit_test(names_in_rdata_are_whole_and_uncompressed),
		cmocka_unit_test(txt_is_one_string_or_more),
		cmocka_unit_test(compressed_names_are_written_in_full),
		cmocka_unit_test(rfc9267_s4_name_must_end_within_the_rdata),
		cmocka_unit_test(rfc9267_s4_rdata_longer_than_the_message),
		cmocka_unit_test(rdata_that_does_not_fit_is_an_error),
		cmocka_unit_test(types_not_known_are_copied),
		cmocka_unit_test(rfc4034_s6_3_order_of_rdata),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
