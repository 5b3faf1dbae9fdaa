/* SPDX-License-Identifier: ISC */
/*
 * Owns the stored form of record lists for transfers.
 * Never changes a list once made.
 */
#include "transfer/records.h"

#include <stdlib.h>
#include <string.h>

#include "wire/name.h"

enum { RECORD_HEAD_LEN = 10 };

/* Writes everything of a record except its rdata. */
static void wr_head(struct wr *w, const struct record *r)
{
	unsigned owner_len = name_len(r->owner);
	wr_u16(w, r->type);
	wr_u32(w, r->ttl);
	wr_u16(w, r->rdata.len);
	wr_u8(w, r->view);
	wr_u8(w, (uint8_t)owner_len);
	wr_bytes(w, r->owner, owner_len);
}

void records_add(struct buf *b, const struct record *r)
{
	uint8_t head[RECORD_HEAD_LEN + NAME_CAP];
	struct wr w = wr_init(head, sizeof(head));
	wr_head(&w, r);
	buf_add(b, head, wr_len(&w));
	buf_add(b, r->rdata.bytes, r->rdata.len);
}

size_t record_len(const struct record *r)
{
	return RECORD_HEAD_LEN + (size_t)name_len(r->owner) + r->rdata.len;
}

void records_put(struct records *block, const struct record *r)
{
	struct wr w = wr_init(block->bytes + block->len, record_len(r));
	wr_head(&w, r);
	wr_bytes(&w, r->rdata.bytes, r->rdata.len);
	block->len += wr_len(&w);
}

void rd_record(struct rd *r, struct record *ret)
{
	ret->type = rd_u16(r);
	ret->ttl = rd_u32(r);
	ret->rdata.len = rd_u16(r);
	ret->view = rd_u8(r);
	ret->owner = rd_bytes(r, rd_u8(r));
	ret->rdata.bytes = rd_bytes(r, ret->rdata.len);
}

struct records *records_alloc(size_t cap)
{
	struct records *r = malloc(sizeof(*r) + cap);
	if (!r)
		return NULL;
	atomic_init(&r->refs, 1);
	r->len = 0;
	return r;
}

struct records *records_new(const struct buf *b)
{
	struct records *r = b->err ? NULL : records_alloc(b->len);
	if (!r)
		return NULL;
	r->len = b->len;
	if (b->len > 0)
		memcpy(r->bytes, b->bytes, b->len);
	return r;
}

struct records *records_ref(struct records *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void records_unref(struct records *r)
{
	if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
		free(r);
}
