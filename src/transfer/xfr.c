/* SPDX-License-Identifier: ISC */
/*
 * Owns the splitting of a transfer into messages.
 * Never looks at the zone: it sends data that was copied before.
 */
#include "transfer/xfr.h"

#include <stdlib.h>

#include "wire/pack.h"

void xfr_source_free(struct xfr_source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->block_count; i++)
		records_unref(s->blocks[i]);
	free(s->blocks);
	records_unref(s->soa);
	free(s);
}

void xfr_fini(struct xfr *x)
{
	xfr_source_free(x->source);
	x->source = NULL;
}

static int put_record(struct xfr *x, struct pack *p, const struct record *r)
{
	int err = pack_rr(p, SECTION_ANSWER,
		&(struct pack_rr){.owner = r->owner,
			.type = r->type,
			.class = CLASS_IN,
			.ttl = r->ttl,
			.rdata = r->rdata.bytes,
			.rdata_len = r->rdata.len});
	if (!err)
		x->records++;
	return err;
}

static int put_soa(struct xfr *x, struct pack *p)
{
	struct record soa;
	struct rd r = rd_init(x->source->soa->bytes, x->source->soa->len);
	rd_record(&r, &soa);
	int err = put_record(x, p, &soa);
	if (!err)
		x->soa_count++;
	return err;
}

/* Writes the next record. ERR_SPACE if there is no room; sets `is_done` after the last. */
static int put_next(struct xfr *x, struct pack *p)
{
	if (x->soa_count == 0) {
		int err = put_soa(x, p);
		x->is_done = !err && x->source->is_single;
		return err;
	}
	if (x->block == x->source->block_count) {
		int err = put_soa(x, p);
		x->is_done = !err;
		return err;
	}
	const struct records *block = x->source->blocks[x->block];
	struct rd r = rd_init(block->bytes + x->off, block->len - x->off);
	struct record record;
	int err = 0;
	if (rd_left(&r) > 0) {
		rd_record(&r, &record);
		if (record.view & x->ask.view)
			err = put_record(x, p, &record);
	}
	if (err)
		return err;
	x->off += rd_off(&r);
	if (x->off == block->len) {
		x->block++;
		x->off = 0;
	}
	return 0;
}

/* Writes records until there is no room for the next. */
static int fill(struct xfr *x, struct pack *p)
{
	const struct pack_mark empty = pack_mark(p);
	while (!x->is_done) {
		int err = put_next(x, p);
		if (err && p->len > empty.len)
			return 0;
		if (err)
			return err;
	}
	return 0;
}

/* Makes a message of at most `cap` bytes. Returns its length. */
static int make(struct xfr *x, uint8_t *out, size_t cap)
{
	struct pack p;
	/* RD is copied from the query. (RFC 5936 §2.2.1: the flags are those of a normal reply.) */
	uint16_t flags = (uint16_t)(MSG_QR | MSG_AA | (x->flags & MSG_RD));
	pack_init(&p, out, cap, x->id, flags);
	p.keeps_case = true; /* RFC 5936 §3.4 */
	p.reserved = x->is_signed ? tsig_room(&x->tsig) : 0;
	/* §2.2.1: only the first message needs the question. */
	int err = x->messages == 0 ? pack_question(&p, x->ask.zone.wire, x->ask.type, CLASS_IN) : 0;
	if (!err)
		err = fill(x, &p);
	return err ? err : (int)p.len;
}

int xfr_next(struct xfr *x, uint64_t now_s, uint8_t *out, size_t cap)
{
	if (x->is_done)
		return 0;
	size_t usual = cap < LIMIT_TRANSFER_MESSAGE ? cap : LIMIT_TRANSFER_MESSAGE;
	int len = make(x, out, usual);
	if (len == ERR_SPACE && cap > usual)
		len = make(x, out, cap); /* a single record that is larger */
	if (len > 0 && x->is_signed) {
		len = (int)tsig_sign_reply(&x->tsig, out, (size_t)len, cap, now_s);
		len = len > 0 ? len : ERR_SPACE;
	}
	if (len > 0) {
		x->messages++;
		x->bytes += (uint64_t)len;
	}
	return len;
}

int xfr_refuse(struct xfr *x, unsigned rcode, uint64_t now_s, uint8_t *out, size_t cap)
{
	struct pack p;
	pack_init(&p, out, cap, x->id, (uint16_t)(MSG_QR | (x->flags & MSG_RD) | rcode));
	if (pack_question(&p, x->ask.zone.wire, x->ask.type, CLASS_IN))
		return 0;
	x->is_done = true;
	return x->is_signed ? (int)tsig_sign_reply(&x->tsig, out, p.len, cap, now_s) : (int)p.len;
}
