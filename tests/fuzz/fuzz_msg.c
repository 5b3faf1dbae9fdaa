/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of DNS messages: a message that can be read is written again, and reads the
 * same.
 * Never checks which messages are right: tests/unit/test_msg.c does. Run by a fuzzer and its
 * replay.
 */
#include "wire/msg.h"

#include <stdlib.h>
#include <string.h>

#include "steps.h"
#include "wire/pack.h"
#include "wire/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { EXPANDED_CAP = 70000, STEPS_A_BYTE = 200, STEPS_FIXED = 200 };

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool copy_questions(struct rd *r, unsigned count, struct pack *p)
{
	for (unsigned i = 0; i < count; i++) {
		struct question q;
		rd_question(r, &q);
		if (r->err || pack_question(p, q.name.wire, q.type, q.class))
			return false;
	}
	return true;
}

/* Reads a record; expanded rdata in storage that the next call overwrites. */
static bool read_record(struct rd *r, struct rr *rr, const uint8_t **ret_rdata, size_t *ret_len)
{
	static uint8_t rdata[EXPANDED_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	rd_rr(r, rr);
	if (r->err || rr_rdata_expand(r, rr, &w) || wr_len(&w) > UINT16_MAX)
		return false;
	*ret_rdata = rdata;
	*ret_len = wr_len(&w);
	return true;
}

static bool copy_records(struct rd *r, const struct msg_header *h, struct pack *p)
{
	for (int section = 0; section < SECTION_COUNT; section++)
		for (unsigned i = 0; i < h->count[section]; i++) {
			struct rr rr;
			const uint8_t *rdata;
			size_t len;
			if (!read_record(r, &rr, &rdata, &len) ||
				!rdata_is_valid(rr.type, rdata, len))
				return false;
			struct pack_rr out = {
				.owner = rr.owner.wire,
				.type = rr.type,
				.class = rr.class,
				.ttl = rr.ttl,
				.rdata = rdata,
				.rdata_len = (uint16_t)len,
			};
			if (pack_rr(p, (enum msg_section)section, &out))
				return false;
		}
	return true;
}

/* Computes a hash of the content of the message. False if it cannot be read. */
static bool digest(const uint8_t *bytes, size_t len, uint64_t *ret)
{
	struct rd r = rd_init(bytes, len);
	struct msg_header h;
	uint64_t sum = 1;
	rd_header(&r, &h);
	for (unsigned i = 0; i < h.qdcount && !r.err; i++) {
		struct question q;
		rd_question(&r, &q);
		sum = sum * 31 + name_hash(1, q.name.wire) + q.type + q.class;
	}
	unsigned count = (unsigned)h.count[0] + h.count[1] + h.count[2];
	for (unsigned i = 0; i < count && !r.err; i++) {
		struct rr rr;
		const uint8_t *rdata;
		size_t rdata_len;
		if (!read_record(&r, &rr, &rdata, &rdata_len))
			return false;
		sum = sum * 31 + name_hash(1, rr.owner.wire) + rr.type + rr.class + rr.ttl;
		/* A name in rdata may change its case when it becomes a pointer. */
		for (size_t j = 0; j < rdata_len; j++)
			sum = sum * 31 + byte_lower(rdata[j]);
	}
	*ret = sum;
	return !r.err;
}

static void round_trip(const uint8_t *bytes, size_t len, bool may_compress_srv)
{
	static uint8_t out[MSG_CAP];
	struct rd r = rd_init(bytes, len);
	struct msg_header h;
	struct pack p;
	uint64_t before, after;
	rd_header(&r, &h);
	if (r.err)
		return;
	steps_begin();
	pack_init(&p, out, sizeof(out), h.id, h.flags);
	p.may_compress_srv = may_compress_srv;
	bool is_read = copy_questions(&r, h.qdcount, &p) && copy_records(&r, &h, &p);
	/* The work is in proportion to the message: to read it, and to write it again. */
	check(r.jumps <= len + 1);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	if (!is_read)
		return;
	check(digest(bytes, len, &before));
	check(digest(out, p.len, &after));
	check(before == after);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	round_trip(bytes, len, false);
	round_trip(bytes, len, true);
	return 0;
}
