/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of wire/msg.h: messages read unit by unit, with wrong counts and lengths.
 * Never uses our own writer: the messages are written by hand. Run by `make check`.
 */
#include "wire/msg.h"

#include <string.h>

#include "unit.h"
#include "wire/rr.h"

/* A query for a.b. AAAA with an answer a.b. 10 A 192.0.2.1 and an OPT. */
static const char message[] = "\x12\x34\x81\x00\0\1\0\1\0\0\0\1"
			      "\1a\1b\0\0\x1c\0\1"
			      "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\xc0\0\2\1"
			      "\0\0\x29\x04\xd0\1\2\x80\0\0\0";
enum { LEN = sizeof(message) - 1 };

static void reads_header_question_record_and_edns(void **state)
{
	(void)state;
	struct rd r = rd_init(message, LEN);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	assert_int_equal(h.id, 0x1234);
	assert_int_equal(h.flags, MSG_QR | MSG_RD);
	assert_int_equal(msg_opcode(&h), OPCODE_QUERY);
	assert_int_equal(msg_rcode(&h), RCODE_NOERROR);
	assert_int_equal(h.qdcount, 1);
	assert_int_equal(h.count[SECTION_ANSWER], 1);
	assert_int_equal(h.count[SECTION_ADDITIONAL], 1);
	rd_question(&r, &q);
	assert_int_equal(q.type, RR_AAAA);
	assert_int_equal(q.class, CLASS_IN);
	rd_rr(&r, &rr);
	assert_true(name_equal(rr.owner.wire, q.name.wire));
	assert_int_equal(rr.type, RR_A);
	assert_int_equal(rr.ttl, 10);
	assert_memory_equal(rr.rdata, "\xc0\0\2\1", 4);
	rd_rr(&r, &rr);
	struct edns edns = rr_edns(&rr);
	assert_int_equal(r.err, 0);
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(edns.payload, 1232);
	assert_int_equal(edns.ext_rcode, 1);
	assert_int_equal(edns.version, 2);
	assert_true(edns.has_do);
	assert_int_equal(edns.options_len, 0);
}

static void every_cut_is_an_error_and_reads_no_further(void **state)
{
	(void)state;
	for (size_t len = 0; len < LEN; len++) {
		uint8_t bytes[LEN];
		memcpy(bytes, message, len);
		struct rd r = rd_init(bytes, len);
		struct msg_header h;
		struct question q;
		struct rr rr;
		rd_header(&r, &h);
		rd_question(&r, &q);
		rd_rr(&r, &rr);
		rd_rr(&r, &rr);
		assert_int_equal(r.err, ERR_SHORT);
	}
}

static void rfc9267_s5_counts_that_lie(void **state)
{
	(void)state;
	uint8_t bytes[LEN];
	memcpy(bytes, message, LEN);
	memset(bytes + 4, 0xff, 8);
	struct rd r = rd_init(bytes, LEN);
	struct msg_header h;
	unsigned read = 0;
	rd_header(&r, &h);
	for (; read < h.qdcount && !r.err; read++) {
		struct question q;
		rd_question(&r, &q);
	}
	assert_int_not_equal(r.err, 0);
	assert_true(read < 10);
}

static void rfc9267_s4_rdlength_that_lies(void **state)
{
	(void)state;
	uint8_t bytes[LEN];
	memcpy(bytes, message, LEN);
	bytes[12 + 9 + 10] = 0xff; /* high byte of the first record's length */
	struct rd r = rd_init(bytes, LEN);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	rd_question(&r, &q);
	rd_rr(&r, &rr);
	assert_int_equal(r.err, ERR_SHORT);
	assert_null(rr.rdata);
}

static void rdata_is_expanded_from_anywhere_in_the_message(void **state)
{
	(void)state;
	static const char pointing[] = "\0\0\x84\0\0\0\0\1\0\0\0\0"
				       "\1a\1b\0\0\x0c\0\1\0\0\0\x0a\0\4\1c\xc0\x0e"
				       "tail";
	struct rd r = rd_init(pointing, sizeof(pointing) - 1);
	struct msg_header h;
	struct rr rr;
	uint8_t out[32];
	struct wr w = wr_init(out, sizeof(out));
	rd_header(&r, &h);
	rd_rr(&r, &rr);
	rd_bytes(&r, 4);
	assert_int_equal(rr_rdata_expand(&r, &rr, &w), 0);
	assert_int_equal(wr_len(&w), 5);
	assert_memory_equal(out, "\1c\1b\0", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_header_question_record_and_edns),
		cmocka_unit_test(every_cut_is_an_error_and_reads_no_further),
		cmocka_unit_test(rfc9267_s5_counts_that_lie),
		cmocka_unit_test(rfc9267_s4_rdlength_that_lies),
		cmocka_unit_test(rdata_is_expanded_from_anywhere_in_the_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
