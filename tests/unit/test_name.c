/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of wire/name.h: names in wire form, text and messages, with the mistakes that
 * RFC 9267 collects. Never reads whole messages. Run by `make check`.
 */
#include "wire/name.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct name parse(const char *text)
{
	struct name name;
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	return name;
}

/* Reads a name at `off` in `bytes`. Returns the cursor's error, and its position afterwards. */
static int read_at(const void *bytes, size_t len, size_t off, struct name *ret, size_t *ret_off)
{
	struct rd r = rd_init(bytes, len);
	rd_bytes(&r, off);
	rd_name(&r, ret);
	if (ret_off)
		*ret_off = rd_off(&r);
	return r.err;
}

static void text_and_back(void **state)
{
	(void)state;
	static const char *const texts[] = {
		".",
		"a.",
		"host.example.",
		"a\\.b.c.",
		"\\000\\255.x.",
		"\\032.x.",
		"sp\\\"q\\\\.x.",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char out[NAME_TEXT_CAP];
		struct name name = parse(texts[i]);
		assert_string_equal(name_to_text(name.wire, out), texts[i]);
		assert_int_equal(name.len, name_len(name.wire));
	}
}

static void relative_text_gets_the_origin(void **state)
{
	(void)state;
	struct name origin = parse("example.org."), name;
	assert_int_equal(name_from_text("host", origin.wire, &name), 0);
	assert_true(name_equal(name.wire, parse("host.example.org.").wire));
	assert_int_equal(name_from_text("@", origin.wire, &name), 0);
	assert_true(name_equal(name.wire, origin.wire));
	assert_int_equal(name_from_text("host.", origin.wire, &name), 0);
	assert_int_equal(name.len, 6);
}

static void bad_text_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "..", ".a", "a..b", "a\\", "a\\25", "a\\256.", "a\\2x3."};
	struct name name;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(name_from_text(texts[i], NULL, &name), ERR_SYNTAX);
}

static void labels_have_63_bytes_at_most(void **state)
{
	(void)state;
	char text[80];
	struct name name;
	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	memset(text, 'x', sizeof(text));
	text[64] = '\0';
	assert_int_equal(name_from_text(text, NULL, &name), ERR_RANGE);
}

static void names_have_255_bytes_at_most(void **state)
{
	(void)state;
	char text[600] = "";
	struct name name;
	for (int i = 0; i < 127; i++)
		strcat(text, "a.");
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	assert_int_equal(name.len, 255);
	assert_int_equal(name_labels(name.wire), NAME_LABELS_MAX);
	strcat(text, "a.");
	assert_int_equal(name_from_text(text, NULL, &name), ERR_RANGE);
}

static void case_does_not_count(void **state)
{
	(void)state;
	struct name a = parse("HOST.Example."), b = parse("host.eXAMPLE."),
		    c = parse("hosu.example.");
	assert_true(name_equal(a.wire, b.wire));
	assert_int_equal(name_cmp(a.wire, b.wire), 0);
	assert_int_equal(name_hash(3, a.wire), name_hash(3, b.wire));
	assert_false(name_equal(a.wire, c.wire));
	/* Only ASCII letters are folded, although "@" and "`" also differ by 32. */
	assert_false(name_equal(parse("a\\@b.").wire, parse("a`b.").wire));
	assert_false(name_equal(parse("\\195\\132.").wire, parse("\\195\\164.").wire));
}

static void rfc4034_s6_1_canonical_order(void **state)
{
	(void)state;
	static const char *const sorted[] = {
		"example.",
		"a.example.",
		"yljkjljk.a.example.",
		"Z.a.example.",
		"zABC.a.EXAMPLE.",
		"z.example.",
		"\\001.z.example.",
		"*.z.example.",
		"\\200.z.example.",
	};
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
		for (size_t j = 0; j < ARRAY_LEN(sorted); j++) {
			int diff = name_cmp(parse(sorted[i]).wire, parse(sorted[j]).wire);
			assert_int_equal((diff > 0) - (diff < 0), (i > j) - (i < j));
		}
}

static void below_is_by_labels(void **state)
{
	(void)state;
	assert_true(name_is_below(parse("a.b.c.").wire, parse("B.c.").wire));
	assert_true(name_is_below(parse("b.c.").wire, parse("b.c.").wire));
	assert_true(name_is_below(parse("b.c.").wire, name_root));
	assert_false(name_is_below(parse("ab.c.").wire, parse("b.c.").wire));
	assert_false(name_is_below(parse("c.").wire, parse("b.c.").wire));
	/* The name contains the bytes of the apex, but not at the start of a label. */
	assert_false(name_is_below((const uint8_t *)"\5x\1b\1c", (const uint8_t *)"\1b\1c"));
}

static void prepend_checks_lengths(void **state)
{
	(void)state;
	struct name name, suffix = parse("example.");
	uint8_t label[64] = {0};
	assert_int_equal(name_prepend("host", 4, suffix.wire, &name), 0);
	assert_true(name_equal(name.wire, parse("host.example.").wire));
	assert_int_equal(name_prepend("x", 1, name.wire, &name), 0);
	assert_true(name_equal(name.wire, parse("x.host.example.").wire));
	assert_int_equal(name_prepend(label, 0, suffix.wire, &name), ERR_RANGE);
	assert_int_equal(name_prepend(label, 64, suffix.wire, &name), ERR_RANGE);
}

static void reverse_names_and_back(void **state)
{
	(void)state;
	static const char *const texts[][2] = {
		{"192.0.2.10", "10.2.0.192.in-addr.arpa."},
		{"2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
				"ip6.arpa."},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a, back;
		struct name name;
		assert_int_equal(addr_parse(texts[i][0], &a), 0);
		name_reverse(&a, 8 * (unsigned)addr_len(&a), &name);
		assert_true(name_equal(name.wire, parse(texts[i][1]).wire));
		assert_int_equal(name_to_addr(name.wire, &back), 0);
		assert_true(addr_equal(&a, &back));
	}
	struct addr a;
	static const char *const wrong[] = {
		"1.0.0.in-addr.arpa.",
		"256.0.0.1.in-addr.arpa.",
		"01.0.0.1.in-addr.arpa.",
		"1.0.0.0.in-addr.example.",
		"x.0.0.1.in-addr.arpa.",
		"1.2.3.4.5.in-addr.arpa.",
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(name_to_addr(parse(wrong[i]).wire, &a), ERR_SYNTAX);
}

/* A header of twelve bytes, then the bytes of the case. */
#define HEADER                      "\0\0\0\0\0\0\0\0\0\0\0\0"
#define READ(bytes, off, name, end) read_at(bytes, sizeof(bytes) - 1, off, name, end)

static void reads_a_pointer_backwards(void **state)
{
	(void)state;
	struct name name;
	size_t end;
	assert_int_equal(READ(HEADER "\1a\1b\0\1c\xc0\x0e", 17, &name, &end), 0);
	assert_true(name_equal(name.wire, parse("c.b.").wire));
	assert_int_equal(end, 21);
	assert_int_equal(READ(HEADER "\1a\0\1b\xc0\x0c\1c\xc0\x0f", 19, &name, &end), 0);
	assert_true(name_equal(name.wire, parse("c.b.a.").wire));
}

enum { HEADER_LEN = 12, CHAIN_CAP = 1000 };

/* Writes a message: a root name behind the header, then a chain of `jumps` pointers, each to the
 * one before it. Returns its length; the last pointer is at the end. */
static size_t write_chain(uint8_t *message, unsigned jumps)
{
	size_t len = HEADER_LEN + 1;
	memset(message, 0, len);
	for (size_t to = HEADER_LEN; jumps > 0; jumps--, len += 2) {
		message[len] = (uint8_t)(0xc0 | to >> 8);
		message[len + 1] = (uint8_t)to;
		to = len;
	}
	return len;
}

static void a_name_has_no_more_pointers_than_labels(void **state)
{
	(void)state;
	static uint8_t message[HEADER_LEN + 1 + 2 * CHAIN_CAP];
	for (unsigned jumps = 1; jumps <= CHAIN_CAP; jumps++) {
		struct name name;
		struct rd r = rd_init(message, write_chain(message, jumps));
		rd_bytes(&r, rd_left(&r) - 2);
		rd_name(&r, &name);
		assert_int_equal(r.err, jumps <= NAME_JUMPS_MAX ? 0 : ERR_LOOP);
		assert_int_equal(name.len, 1);
		assert_true(r.jumps <= NAME_JUMPS_MAX + 1);
	}
}

/* However long the chain is that each of the names ends in. */
static void pointers_are_followed_in_proportion_to_the_message(void **state)
{
	(void)state;
	static uint8_t message[65535];
	for (unsigned jumps = 1; jumps <= NAME_JUMPS_MAX; jumps++) {
		size_t len = write_chain(message, jumps), last = len - 2;
		for (; len + 2 <= sizeof(message); len += 2) {
			message[len] = (uint8_t)(0xc0 | last >> 8);
			message[len + 1] = (uint8_t)last;
		}
		struct rd r = rd_init(message, len);
		rd_bytes(&r, last + 2);
		while (!r.err && rd_left(&r) > 0) {
			struct name name;
			rd_name(&r, &name);
		}
		assert_true(r.jumps <= len + 1);
		assert_int_equal(r.err, jumps > 1 ? ERR_LOOP : 0);
	}
}

static void rfc9267_s2_pointer_to_itself(void **state)
{
	(void)state;
	struct name name;
	assert_int_equal(READ(HEADER "\xc0\x0c", 12, &name, NULL), ERR_LOOP);
	assert_int_equal(READ(HEADER "\1a\xc0\x0e", 12, &name, NULL), ERR_LOOP);
	assert_int_equal(READ(HEADER "\1a\xc0\x0c", 12, &name, NULL), ERR_LOOP);
}

static void rfc9267_s2_pointer_loop(void **state)
{
	(void)state;
	struct name name;
	assert_int_equal(READ(HEADER "\xc0\x0e\xc0\x0c", 14, &name, NULL), ERR_LOOP);
	assert_int_equal(READ(HEADER "\1a\xc0\x10\1b\xc0\x0c", 16, &name, NULL), ERR_LOOP);
}

static void rfc9267_s2_pointer_forward(void **state)
{
	(void)state;
	struct name name;
	assert_int_equal(READ(HEADER "\xc0\x0e\1a\0", 12, &name, NULL), ERR_LOOP);
	assert_int_equal(READ(HEADER "\xff\xff", 12, &name, NULL), ERR_LOOP);
}

static void rfc9267_s2_pointer_into_the_header(void **state)
{
	(void)state;
	struct name name;
	for (char off = 0; off < 12; off++) {
		char bytes[] = HEADER "\xc0\0";
		bytes[13] = off;
		assert_int_equal(READ(bytes, 12, &name, NULL), ERR_LOOP);
	}
}

static void rfc9267_s2_label_that_runs_out_of_the_message(void **state)
{
	(void)state;
	struct name name;
	assert_int_equal(READ(HEADER "\5abc", 12, &name, NULL), ERR_SHORT);
	assert_int_equal(READ(HEADER "\1a", 12, &name, NULL), ERR_SHORT);
	assert_int_equal(READ(HEADER "\xc0", 12, &name, NULL), ERR_SHORT);
	assert_int_equal(READ(HEADER, 12, &name, NULL), ERR_SHORT);
	assert_int_equal(name.len, 1);
}

static void rfc9267_s3_label_types_that_do_not_exist(void **state)
{
	(void)state;
	struct name name;
	assert_int_equal(READ(HEADER "\x40"
				     "a\0",
				 12, &name, NULL),
		ERR_SYNTAX);
	assert_int_equal(READ(HEADER "\x80"
				     "a\0",
				 12, &name, NULL),
		ERR_SYNTAX);
	assert_int_equal(READ(HEADER "\xbf"
				     "a\0",
				 12, &name, NULL),
		ERR_SYNTAX);
}

static void rfc9267_s3_name_over_255_bytes(void **state)
{
	(void)state;
	uint8_t bytes[12 + 5 * 64 + 1] = {0};
	struct name name;
	for (int i = 0; i < 5; i++)
		bytes[12 + 64 * i] = 63;
	assert_int_equal(read_at(bytes, sizeof(bytes), 12, &name, NULL), ERR_RANGE);
	/* It is short in the message; only its pointer makes it too long. */
	bytes[12 + 3 * 64] = 0;
	memcpy(bytes + 12 + 3 * 64 + 1, "\76", 1);
	bytes[12 + 3 * 64 + 1 + 63] = 0xc0;
	bytes[12 + 3 * 64 + 1 + 64] = 12;
	assert_int_equal(read_at(bytes, sizeof(bytes), 12 + 3 * 64 + 1, &name, NULL), ERR_RANGE);
}

static void name_of_255_bytes_is_read(void **state)
{
	(void)state;
	uint8_t bytes[12 + 255];
	struct name name;
	memset(bytes, 1, sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 0;
	assert_int_equal(read_at(bytes, sizeof(bytes), 12, &name, NULL), 0);
	assert_int_equal(name.len, 255);
}

static void skip_stops_behind_the_pointer(void **state)
{
	(void)state;
	static const char bytes[] = "\1a\1b\0\1c\xc0\x02\x40";
	struct rd r = rd_init(bytes, sizeof(bytes) - 1);
	rd_skip_name(&r);
	assert_int_equal(rd_off(&r), 5);
	rd_skip_name(&r);
	assert_int_equal(rd_off(&r), 9);
	rd_skip_name(&r);
	assert_int_equal(r.err, ERR_SYNTAX);
}

static void names_of_mdns_are_local_and_below(void **state)
{
	(void)state;
	assert_true(name_is_mdns(parse("local.").wire));
	assert_true(name_is_mdns(parse("a.b.LOCAL.").wire));
	assert_false(name_is_mdns(parse("local.example.").wire));
	assert_false(name_is_mdns(parse("nonlocal.").wire));
	assert_false(name_is_mdns(name_root));
}

static void reverse_names_are_those_of_both_families(void **state)
{
	(void)state;
	assert_true(name_is_reverse(parse("1.2.0.192.in-addr.arpa.").wire));
	assert_true(name_is_reverse(parse("IN-ADDR.ARPA.").wire));
	assert_true(name_is_reverse(parse("8.b.d.0.1.0.0.2.ip6.arpa.").wire));
	assert_false(name_is_reverse(parse("arpa.").wire));
	assert_false(name_is_reverse(parse("home.arpa.").wire));
	assert_false(name_is_reverse(parse("in-addr.arpa.example.").wire));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_mdns_are_local_and_below),
		cmocka_unit_test(reverse_names_are_those_of_both_families),
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(relative_text_gets_the_origin),
		cmocka_unit_test(bad_text_is_refused),
		cmocka_unit_test(labels_have_63_bytes_at_most),
		cmocka_unit_test(names_have_255_bytes_at_most),
		cmocka_unit_test(case_does_not_count),
		cmocka_unit_test(rfc4034_s6_1_canonical_order),
		cmocka_unit_test(below_is_by_labels),
		cmocka_unit_test(prepend_checks_lengths),
		cmocka_unit_test(reverse_names_and_back),
		cmocka_unit_test(reads_a_pointer_backwards),
		cmocka_unit_test(a_name_has_no_more_pointers_than_labels),
		cmocka_unit_test(pointers_are_followed_in_proportion_to_the_message),
		cmocka_unit_test(rfc9267_s2_pointer_to_itself),
		cmocka_unit_test(rfc9267_s2_pointer_loop),
		cmocka_unit_test(rfc9267_s2_pointer_forward),
		cmocka_unit_test(rfc9267_s2_pointer_into_the_header),
		cmocka_unit_test(rfc9267_s2_label_that_runs_out_of_the_message),
		cmocka_unit_test(rfc9267_s3_label_types_that_do_not_exist),
		cmocka_unit_test(rfc9267_s3_name_over_255_bytes),
		cmocka_unit_test(name_of_255_bytes_is_read),
		cmocka_unit_test(skip_stops_behind_the_pointer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
