/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of wire/pack.h: messages written whole, with compression and sections in order.
 * Never reads sockets. Run by `make check`.
 */
#include "wire/pack.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "unit.h"
#include "wire/rr.h"

static struct name parse(const char *text)
{
	struct name name;
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	return name;
}

static struct pack_rr record(const struct name *owner, uint16_t type, const void *rdata, size_t len)
{
	return (struct pack_rr){
		.owner = owner->wire,
		.type = type,
		.class = CLASS_IN,
		.ttl = 60,
		.rdata = rdata,
		.rdata_len = (uint16_t)len,
	};
}

static void owner_of_the_question_is_a_pointer(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	struct name name = parse("host.example.");
	struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
	pack_init(&p, buffer, sizeof(buffer), 7, MSG_QR);
	assert_int_equal(pack_question(&p, name.wire, RR_A, CLASS_IN), 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	assert_int_equal(p.len, 12 + 14 + 4 + 2 + 10 + 4);
	assert_memory_equal(buffer, "\0\7\x80\0\0\1\0\1\0\0\0\0", 12);
	assert_memory_equal(buffer + 30, "\xc0\x0c", 2);
}

static void tails_are_shared_without_case(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	struct name a = parse("a.Example."), b = parse("b.eXAMPLE.");
	struct pack_rr rr = record(&b, RR_A, "\xc0\0\2\1", 4);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	assert_int_equal(pack_question(&p, a.wire, RR_A, CLASS_IN), 0);
	assert_int_equal(pack_rr(&p, SECTION_ADDITIONAL, &rr), 0);
	assert_memory_equal(buffer + 12 + 11 + 4, "\1b\xc0\x0e", 4);
	assert_memory_equal(buffer + 4, "\0\1\0\0\0\0\0\1", 8);
}

static void rfc3597_s4_no_pointers_in_newer_rdata(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	struct name name = parse("h.example.");
	uint8_t srv[6 + 11] = {0};
	memcpy(srv + 6, name.wire, name.len);
	struct pack_rr rr = record(&name, RR_SRV, srv, sizeof(srv));
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	assert_int_equal(p.len, 12 + 11 + 10 + 17);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	p.may_compress_srv = true; /* RFC 6762 §18.14 */
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	assert_int_equal(p.len, 12 + 11 + 10 + 6 + 2);
}

static void names_in_old_rdata_are_compressed(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	struct name name = parse("h.example.");
	struct pack_rr rr = record(&name, RR_PTR, name.wire, name.len);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	assert_memory_equal(buffer + 12 + 11 + 8, "\0\2\xc0\x0c", 4);
}

static void what_does_not_fit_leaves_the_message_as_it_was(void **state)
{
	(void)state;
	struct name name = parse("host.example."), other = parse("other.example.");
	struct pack_rr rr = record(&other, RR_PTR, name.wire, name.len);
	for (size_t cap = 12 + 18; cap < 12 + 18 + 8 + 10 + 2; cap++) {
		uint8_t buffer[128], before[128];
		struct pack p;
		pack_init(&p, buffer, cap, 0, 0);
		assert_int_equal(pack_question(&p, name.wire, RR_A, CLASS_IN), 0);
		uint16_t suffix_count = p.suffixes.count;
		memcpy(before, buffer, p.len);
		assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), ERR_SPACE);
		assert_int_equal(p.len, 30);
		assert_int_equal(p.suffixes.count, suffix_count);
		assert_memory_equal(buffer, before, p.len);
	}
}

static void reserved_room_stays_free(void **state)
{
	(void)state;
	uint8_t buffer[64];
	struct pack p;
	struct name name = parse("a.");
	struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
	pack_init(&p, buffer, 12 + 17 + 11, 0, 0);
	p.reserved = 12;
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), ERR_SPACE);
	p.reserved = 11;
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	p.reserved = 0;
	struct pack_rr opt = {.owner = name_root, .type = RR_OPT, .class = 1232};
	assert_int_equal(pack_rr(&p, SECTION_ADDITIONAL, &opt), 0);
	assert_int_equal(p.len, 40);
}

static void rewind_forgets_records_names_and_counts(void **state)
{
	(void)state;
	uint8_t buffer[512], once[512];
	struct pack p;
	struct name a = parse("a.example."), b = parse("b.other.");
	struct pack_rr first = record(&a, RR_A, "\xc0\0\2\1", 4),
		       second = record(&b, RR_A, "\xc0\0\2\2", 4);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &first), 0);
	struct pack_mark mark = pack_mark(&p);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &second), 0);
	size_t len = p.len;
	memcpy(once, buffer, len);
	pack_rewind(&p, &mark);
	assert_int_equal(get_u16(buffer + 6), 1);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &second), 0);
	assert_int_equal(p.len, len);
	assert_memory_equal(buffer, once, len);
}

static void full_table_of_names_means_longer_not_wrong(void **state)
{
	(void)state;
	static uint8_t buffer[MSG_CAP];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	for (int i = 0; i < 2 * SUFFIX_COUNT; i++) {
		char text[32];
		snprintf(text, sizeof(text), "host%d.example.", i);
		struct name name = parse(text);
		struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
		assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	}
	struct rd r = rd_init(buffer, p.len);
	struct msg_header h;
	rd_header(&r, &h);
	assert_int_equal(h.count[SECTION_ANSWER], 2 * SUFFIX_COUNT);
	for (int i = 0; i < 2 * SUFFIX_COUNT; i++) {
		char text[32];
		struct rr rr;
		snprintf(text, sizeof(text), "host%d.example.", i);
		struct name name = parse(text);
		rd_rr(&r, &rr);
		assert_int_equal(r.err, 0);
		assert_true(name_equal(rr.owner.wire, name.wire));
	}
}

static void names_behind_the_reach_of_pointers_are_no_targets(void **state)
{
	(void)state;
	static uint8_t buffer[MSG_CAP], rdata[0x4000];
	struct pack p;
	struct name a = parse("a.example."), b = parse("b.far.");
	struct pack_rr filler = record(&a, 99, rdata, sizeof(rdata)),
		       far = record(&b, RR_A, "\1\2\3\4", 4);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &filler), 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &far), 0);
	size_t len = p.len;
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &far), 0);
	assert_int_equal(p.len - len, b.len + 10 + 4);
}

static void put_a(struct pack *p, const char *owner)
{
	struct name name = parse(owner);
	struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
	assert_int_equal(pack_rr(p, SECTION_ANSWER, &rr), 0);
}

static void the_last_owner_and_the_zone_are_pointers_however_many_names_there_are(void **state)
{
	(void)state;
	static uint8_t buffer[0x4000];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	put_a(&p, "zone.example.");
	for (int i = 1000; i < 1000 + 3 * SUFFIX_COUNT / 2; i++) {
		char text[32];
		snprintf(text, sizeof(text), "h%d.zone.example.", i);
		size_t len = p.len;
		put_a(&p, text);
		assert_int_equal(p.len - len, 1 + 5 + 2 + 14);
		len = p.len;
		put_a(&p, text);
		assert_int_equal(p.len - len, 2 + 14);
	}
}

static void rfc5936_s3_4_a_transfer_keeps_each_spelling(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	p.keeps_case = true;
	put_a(&p, "host.example.");
	size_t second = p.len;
	put_a(&p, "Host.example.");
	assert_memory_equal(buffer + second, "\4Host\xc0\x11", 7);
	size_t third = p.len;
	put_a(&p, "host.example.");
	assert_memory_equal(buffer + third, "\xc0\x0c", 2);
}

static void names_that_differ_by_the_bit_of_case_alone_are_two(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	uint16_t one[NAME_LABELS_MAX], other[NAME_LABELS_MAX];
	struct name a = parse("[abcdefghij.example."), b = parse("{abcdefghij.example.");
	assert_int_equal(suffix_hashes(a.wire, one), 2);
	assert_int_equal(suffix_hashes(b.wire, other), 2);
	assert_int_equal(one[0], other[0]);
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	put_a(&p, "[abcdefghij.example.");
	size_t len = p.len;
	put_a(&p, "{abcdefghij.example.");
	assert_int_equal(p.len - len, 12 + 2 + 14);
}

static void each_spelling_has_the_same_hash_whatever_its_length(void **state)
{
	(void)state;
	for (size_t len = 1; len <= LABEL_CAP; len++) {
		char small[LABEL_CAP], large[LABEL_CAP];
		uint16_t one[NAME_LABELS_MAX], other[NAME_LABELS_MAX];
		struct name a, b;
		for (size_t i = 0; i < len; i++) {
			small[i] = (char)('a' + i % 26);
			large[i] = (char)('A' + i % 26);
		}
		assert_int_equal(name_prepend(small, len, name_root, &a), 0);
		assert_int_equal(name_prepend(large, len, name_root, &b), 0);
		assert_int_equal(suffix_hashes(a.wire, one), 1);
		assert_int_equal(suffix_hashes(b.wire, other), 1);
		assert_int_equal(one[0], other[0]);
	}
}

static void assert_is_pointer(struct pack *p, const char *owner)
{
	size_t len = p->len;
	put_a(p, owner);
	assert_int_equal(p->len - len, 2 + 14);
}

static void what_was_before_what_is_taken_back_is_known_still(void **state)
{
	(void)state;
	uint8_t buffer[512];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	p.keeps_case = true;
	put_a(&p, "host.example.");
	struct pack_mark mark = pack_mark(&p);
	put_a(&p, "Host.example."); /* the same hash */
	pack_rewind(&p, &mark);
	assert_is_pointer(&p, "host.example.");
}

static void going_back_behind_all_that_is_known_begins_anew(void **state)
{
	(void)state;
	static uint8_t buffer[0x4000];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	put_a(&p, "zone.example.");
	struct pack_mark mark = pack_mark(&p);
	for (int i = 0; i < 2 * SUFFIX_COUNT; i++) {
		char text[32];
		snprintf(text, sizeof(text), "h%d.zone.example.", i);
		put_a(&p, text);
	}
	pack_rewind(&p, &mark);
	put_a(&p, "a.zone.example.");
	assert_is_pointer(&p, "a.zone.example.");
	assert_is_pointer(&p, "zone.example.");
}

/* Records, marks and rewinds in any order give messages with exactly the records that remain. */
static void what_is_taken_back_is_pointed_to_by_nothing(void **state)
{
	(void)state;
	enum { RECORDS = 900, MARKS = 4 };
	static uint8_t buffer[0x4000];
	static unsigned owners[RECORDS];
	uint64_t dice = 1;
	for (int round = 0; round < 40; round++) {
		struct {
			struct pack_mark mark;
			unsigned count;
		} marks[MARKS];
		unsigned mark_count = 0, count = 0;
		struct pack p;
		pack_init(&p, buffer, sizeof(buffer), 0, 0);
		for (int turn = 0; turn < 3000 && count < RECORDS; turn++) {
			char text[64];
			dice = hash_mix(dice, 77);
			unsigned act = dice % 400, i = dice >> 20 & 1023;
			if (act == 0 && mark_count < MARKS) {
				marks[mark_count].mark = pack_mark(&p);
				marks[mark_count++].count = count;
			} else if (act == 1 && mark_count > 0) {
				pack_rewind(&p, &marks[--mark_count].mark);
				count = marks[mark_count].count;
			}
			snprintf(text, sizeof(text), "h%u.net%u.example.", i, i % 7);
			struct name name = parse(text);
			struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
			if (pack_rr(&p, SECTION_ANSWER, &rr) == 0)
				owners[count++] = i;
		}
		struct rd r = rd_init(buffer, p.len);
		struct msg_header h;
		rd_header(&r, &h);
		assert_int_equal(h.count[SECTION_ANSWER], count);
		for (unsigned i = 0; i < count; i++) {
			char text[64];
			struct rr rr;
			snprintf(
				text, sizeof(text), "h%u.net%u.example.", owners[i], owners[i] % 7);
			struct name name = parse(text);
			rd_rr(&r, &rr);
			assert_int_equal(r.err, 0);
			assert_true(name_equal(rr.owner.wire, name.wire));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_of_the_question_is_a_pointer),
		cmocka_unit_test(tails_are_shared_without_case),
		cmocka_unit_test(rfc3597_s4_no_pointers_in_newer_rdata),
		cmocka_unit_test(names_in_old_rdata_are_compressed),
		cmocka_unit_test(what_does_not_fit_leaves_the_message_as_it_was),
		cmocka_unit_test(reserved_room_stays_free),
		cmocka_unit_test(rewind_forgets_records_names_and_counts),
		cmocka_unit_test(full_table_of_names_means_longer_not_wrong),
		cmocka_unit_test(names_behind_the_reach_of_pointers_are_no_targets),
		cmocka_unit_test(
			the_last_owner_and_the_zone_are_pointers_however_many_names_there_are),
		cmocka_unit_test(rfc5936_s3_4_a_transfer_keeps_each_spelling),
		cmocka_unit_test(names_that_differ_by_the_bit_of_case_alone_are_two),
		cmocka_unit_test(each_spelling_has_the_same_hash_whatever_its_length),
		cmocka_unit_test(what_was_before_what_is_taken_back_is_known_still),
		cmocka_unit_test(going_back_behind_all_that_is_known_begins_anew),
		cmocka_unit_test(what_is_taken_back_is_pointed_to_by_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
