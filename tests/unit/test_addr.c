/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/addr.h: text, order, scopes, prefixes.
 * Never tests the resolver. Run by `make check`.
 */
#include "base/addr.h"

#include "base/err.h"
#include "unit.h"

static struct addr addr_of(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;
	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static void text_of_an_address_survives_the_round_trip(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1",
		"2001:db8::1", "fe80::1:2:3:4", "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.1"};
	char out[ADDR_TEXT_CAP];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a = addr_of(texts[i]);
		assert_string_equal(addr_format(&a, out), texts[i]);
	}
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
	static const char *const texts[] = {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ",
		" 1.2.3.4", "01.2.3.4", "1.2.3.4/8", "fe80::1%eth0", "[::1]", ":::", "1::2::3",
		"12345::", "1:2:3:4:5:6:7:8:9", "::g", "host"};
	const struct addr before = addr_of("192.0.2.7");
	struct addr a = before;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(addr_parse(texts[i], &a), ERR_SYNTAX);
		assert_true(addr_equal(&a, &before));
	}
}

static void no_address_has_a_text_and_no_length(void **state)
{
	struct addr none = {0};
	char out[ADDR_TEXT_CAP];
	(void)state;
	assert_string_equal(addr_format(&none, out), "-");
	assert_int_equal(addr_len(&none), 0);
}

static void bytes_past_an_ipv4_address_are_zero(void **state)
{
	static const uint8_t bytes[16] = {192, 0, 2, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
	struct addr made = addr_make(ADDR_V4, bytes), parsed = addr_of("192.0.2.1");
	(void)state;
	assert_true(addr_equal(&made, &parsed));
}

static void order_is_by_family_then_bytes(void **state)
{
	static const char *const ascending[] = {"0.0.0.1", "9.255.255.255", "10.0.0.0", "10.0.0.1",
		"255.0.0.0", "::", "::1", "2001:db8::", "fe80::1", "ff02::fb"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < ARRAY_LEN(ascending); j++) {
			struct addr a = addr_of(ascending[i]), b = addr_of(ascending[j]);
			int cmp = addr_cmp(&a, &b);
			assert_int_equal((cmp > 0) - (cmp < 0), (i > j) - (i < j));
		}
}

static void scopes_are_decided_at_the_borders_of_their_prefixes(void **state)
{
	static const struct {
		const char *text;
		enum addr_scope scope;
	} rows[] = {
		{"0.0.0.0", ADDR_SCOPE_NONE},
		{"0.255.255.255", ADDR_SCOPE_NONE},
		{"1.0.0.0", ADDR_SCOPE_WAN},
		{"9.255.255.255", ADDR_SCOPE_WAN},
		{"10.0.0.0", ADDR_SCOPE_LAN},
		{"10.255.255.255", ADDR_SCOPE_LAN},
		{"11.0.0.0", ADDR_SCOPE_WAN},
		{"100.63.255.255", ADDR_SCOPE_WAN},
		{"100.64.0.0", ADDR_SCOPE_LAN},
		{"100.127.255.255", ADDR_SCOPE_LAN},
		{"100.128.0.0", ADDR_SCOPE_WAN},
		{"126.255.255.255", ADDR_SCOPE_WAN},
		{"127.0.0.1", ADDR_SCOPE_NONE},
		{"127.255.255.255", ADDR_SCOPE_NONE},
		{"169.253.255.255", ADDR_SCOPE_WAN},
		{"169.254.0.0", ADDR_SCOPE_LOCAL},
		{"169.254.255.255", ADDR_SCOPE_LOCAL},
		{"169.255.0.0", ADDR_SCOPE_WAN},
		{"172.15.255.255", ADDR_SCOPE_WAN},
		{"172.16.0.0", ADDR_SCOPE_LAN},
		{"172.31.255.255", ADDR_SCOPE_LAN},
		{"172.32.0.0", ADDR_SCOPE_WAN},
		{"192.167.255.255", ADDR_SCOPE_WAN},
		{"192.168.0.0", ADDR_SCOPE_LAN},
		{"192.168.255.255", ADDR_SCOPE_LAN},
		{"192.169.0.0", ADDR_SCOPE_WAN},
		{"223.255.255.255", ADDR_SCOPE_WAN},
		{"224.0.0.251", ADDR_SCOPE_NONE},
		{"240.0.0.1", ADDR_SCOPE_NONE},
		{"255.255.255.255", ADDR_SCOPE_NONE},
		{"::", ADDR_SCOPE_NONE},
		{"::1", ADDR_SCOPE_NONE},
		{"::ffff:10.0.0.1", ADDR_SCOPE_NONE},
		{"1fff:ffff::", ADDR_SCOPE_NONE},
		{"2000::", ADDR_SCOPE_WAN},
		{"2001:db8::1", ADDR_SCOPE_WAN},
		{"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ADDR_SCOPE_WAN},
		{"4000::", ADDR_SCOPE_NONE},
		{"fbff::", ADDR_SCOPE_NONE},
		{"fc00::", ADDR_SCOPE_LAN},
		{"fdff:ffff::1", ADDR_SCOPE_LAN},
		{"fe00::", ADDR_SCOPE_NONE},
		{"fe7f::", ADDR_SCOPE_NONE},
		{"fe80::", ADDR_SCOPE_LOCAL},
		{"febf:ffff::", ADDR_SCOPE_LOCAL},
		{"fec0::", ADDR_SCOPE_NONE},
		{"ff02::fb", ADDR_SCOPE_NONE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr a = addr_of(rows[i].text);
		assert_string_equal(
			addr_scope_text(addr_scope(&a)), addr_scope_text(rows[i].scope));
	}
}

static void no_address_has_no_scope_to_serve(void **state)
{
	struct addr none = {0};
	(void)state;
	assert_int_equal(addr_scope(&none), ADDR_SCOPE_NONE);
}

static void loopback_and_multicast_are_told_apart(void **state)
{
	struct addr loopback4 = addr_of("127.9.9.9"), loopback6 = addr_of("::1");
	struct addr group4 = addr_of("224.0.0.251"), group6 = addr_of("ff02::fb");
	struct addr last4 = addr_of("239.255.255.255"), reserved4 = addr_of("240.0.0.0");
	(void)state;
	assert_true(addr_is_loopback(&loopback4) && addr_is_loopback(&loopback6));
	assert_false(addr_is_loopback(&group4) || addr_is_loopback(&group6));
	assert_true(addr_is_multicast(&group4) && addr_is_multicast(&group6));
	assert_true(addr_is_multicast(&last4));
	assert_false(addr_is_multicast(&reserved4) || addr_is_multicast(&loopback6));
}

static void no_address_and_the_zero_address_are_unspecified(void **state)
{
	struct addr none = {0}, any4 = addr_of("0.0.0.0"), any6 = addr_of("::");
	struct addr first4 = addr_of("0.0.0.1"), loopback6 = addr_of("::1");
	(void)state;
	assert_true(addr_is_unspecified(&none));
	assert_true(addr_is_unspecified(&any4) && addr_is_unspecified(&any6));
	assert_false(addr_is_unspecified(&first4) || addr_is_unspecified(&loopback6));
}

static void only_mapped_addresses_are_unmapped(void **state)
{
	struct addr mapped = addr_unmap(addr_of("::ffff:192.0.2.1")), plain = addr_of("192.0.2.1");
	struct addr compatible = addr_of("::192.0.2.1"), unchanged = addr_unmap(compatible);
	struct addr same = addr_unmap(plain);
	(void)state;
	assert_true(addr_equal(&mapped, &plain));
	assert_true(addr_equal(&compatible, &unchanged));
	assert_true(addr_equal(&same, &plain));
}

static void text_of_a_prefix_survives_the_round_trip(void **state)
{
	static const char *const texts[] = {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25",
		"192.0.2.1/32", "::/0", "2000::/3", "fe80::/10", "2001:db8::1/128"};
	char out[ADDR_TEXT_CAP];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct prefix p = prefix_of(texts[i]);
		assert_string_equal(prefix_format(&p, out), texts[i]);
	}
}

static void an_address_alone_is_a_prefix_of_its_full_length(void **state)
{
	(void)state;
	assert_int_equal(prefix_of("192.0.2.1").len, 32);
	assert_int_equal(prefix_of("2001:db8::1").len, 128);
}

static void the_longest_text_fits_its_buffer(void **state)
{
	struct prefix p = prefix_of("2001:1db8:1001:1002:1003:1004:1005:1006/128");
	char out[ADDR_TEXT_CAP];
	(void)state;
	assert_string_equal(prefix_format(&p, out), "2001:1db8:1001:1002:1003:1004:1005:1006/128");
}

static void what_is_no_prefix_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"", ERR_SYNTAX},
		{"/8", ERR_SYNTAX},
		{"10.0.0.0/", ERR_SYNTAX},
		{"10.0.0.0/8/", ERR_SYNTAX},
		{"10.0.0.0/-1", ERR_SYNTAX},
		{"10.0.0.0/+8", ERR_SYNTAX},
		{"10.0.0.0/ 8", ERR_SYNTAX},
		{"10.0.0.0/8x", ERR_SYNTAX},
		{"10.0.0.0/33", ERR_RANGE},
		{"::/129", ERR_RANGE},
		{"::/4294967297", ERR_RANGE},
		{"10.0.0.1/8", ERR_RANGE},
		{"fd00::1/8", ERR_RANGE},
		{"fc00:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/7", ERR_SYNTAX},
	};
	const struct prefix before = prefix_of("192.0.2.0/24");
	struct prefix p = before;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(prefix_parse(rows[i].text, &p), rows[i].err);
		assert_true(prefix_equal(&p, &before));
	}
}

static void a_prefix_has_its_first_and_last_address_and_not_their_neighbours(void **state)
{
	static const struct {
		const char *prefix, *below, *first, *last, *above;
	} rows[] = {
		{"10.0.0.0/8", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
		{"192.0.2.64/27", "192.0.2.63", "192.0.2.64", "192.0.2.95", "192.0.2.96"},
		{"192.0.2.1/32", "192.0.2.0", "192.0.2.1", "192.0.2.1", "192.0.2.2"},
		{"fc00::/7", "fbff:ffff::", "fc00::", "fdff:ffff::", "fe00::"},
		{"2001:db8::/127", "2001:db7::", "2001:db8::", "2001:db8::1", "2001:db8::2"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct prefix p = prefix_of(rows[i].prefix);
		struct addr below = addr_of(rows[i].below), first = addr_of(rows[i].first);
		struct addr last = addr_of(rows[i].last), above = addr_of(rows[i].above);
		assert_true(prefix_has(&p, &first) && prefix_has(&p, &last));
		assert_false(prefix_has(&p, &below) || prefix_has(&p, &above));
		assert_true(prefixes_have(&p, 1, &last));
		assert_false(prefixes_have(&p, 1, &above) || prefixes_have(NULL, 0, &last));
	}
}

static void the_empty_prefix_has_all_of_its_family_only(void **state)
{
	struct prefix all4 = prefix_of("0.0.0.0/0"), all6 = prefix_of("::/0");
	struct addr a4 = addr_of("192.0.2.1"), a6 = addr_of("2001:db8::1");
	(void)state;
	assert_true(prefix_has(&all4, &a4) && prefix_has(&all6, &a6));
	assert_false(prefix_has(&all4, &a6) || prefix_has(&all6, &a4));
}

static void making_a_prefix_clears_the_bits_past_its_length(void **state)
{
	struct addr a = addr_of("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	(void)state;
	for (unsigned len = 0; len <= 128; len++) {
		struct prefix p = prefix_make(&a, len);
		unsigned set = 0;
		for (unsigned bit = len; bit < 128; bit++)
			set += p.addr.bytes[bit / 8] >> (7 - bit % 8) & 1;
		assert_int_equal(set, 0);
		assert_true(prefix_has(&p, &a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_an_address_survives_the_round_trip),
		cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
		cmocka_unit_test(no_address_has_a_text_and_no_length),
		cmocka_unit_test(bytes_past_an_ipv4_address_are_zero),
		cmocka_unit_test(order_is_by_family_then_bytes),
		cmocka_unit_test(scopes_are_decided_at_the_borders_of_their_prefixes),
		cmocka_unit_test(no_address_has_no_scope_to_serve),
		cmocka_unit_test(loopback_and_multicast_are_told_apart),
		cmocka_unit_test(no_address_and_the_zero_address_are_unspecified),
		cmocka_unit_test(only_mapped_addresses_are_unmapped),
		cmocka_unit_test(text_of_a_prefix_survives_the_round_trip),
		cmocka_unit_test(an_address_alone_is_a_prefix_of_its_full_length),
		cmocka_unit_test(the_longest_text_fits_its_buffer),
		cmocka_unit_test(what_is_no_prefix_is_refused_and_changes_nothing),
		cmocka_unit_test(a_prefix_has_its_first_and_last_address_and_not_their_neighbours),
		cmocka_unit_test(the_empty_prefix_has_all_of_its_family_only),
		cmocka_unit_test(making_a_prefix_clears_the_bits_past_its_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
