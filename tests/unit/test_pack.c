/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of wire/pack.h: messages written whole, with compression and sections in order.
 * Never reads sockets. Run by `make check`.
 */
#include "wire/pack.h"

#include <stdio.h>
#include <string.h>

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
	p.has_compression = false;
	assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	assert_int_equal(p.len, 12 + 11 + 10 + 2 + 11 + 10 + 11);
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
		uint16_t name_count = p.name_count;
		memcpy(before, buffer, p.len);
		assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), ERR_SPACE);
		assert_int_equal(p.len, 30);
		assert_int_equal(p.name_count, name_count);
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
	static uint8_t buffer[16384];
	struct pack p;
	pack_init(&p, buffer, sizeof(buffer), 0, 0);
	for (int i = 0; i < 2 * PACK_NAMES; i++) {
		char text[32];
		snprintf(text, sizeof(text), "host%d.example.", i);
		struct name name = parse(text);
		struct pack_rr rr = record(&name, RR_A, "\xc0\0\2\1", 4);
		assert_int_equal(pack_rr(&p, SECTION_ANSWER, &rr), 0);
	}
	struct rd r = rd_init(buffer, p.len);
	struct msg_header h;
	rd_header(&r, &h);
	assert_int_equal(h.count[SECTION_ANSWER], 2 * PACK_NAMES);
	for (int i = 0; i < 2 * PACK_NAMES; i++) {
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
