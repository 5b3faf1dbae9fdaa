/* SPDX-License-Identifier: ISC */
/*
 * Owns the form in which lists of records are kept for transfers.
 * Never changes a list once made. Called by the journal and the generator of messages.
 */
#include "transfer/records.h"

#include <stdlib.h>
#include <string.h>

#include "wire/name.h"

enum { RECORD_HEAD_LEN = 10 };

void records_add(struct buf *b, const struct record *r)
{
	uint8_t head[RECORD_HEAD_LEN];
	uint8_t owner_len = (uint8_t)name_len(r->owner);
	put_u16(head, r->type);
	put_u32(head + 2, r->ttl);
	put_u16(head + 6, r->rdata.len);
	head[8] = r->view;
	head[9] = owner_len;
	buf_add(b, head, sizeof(head));
	buf_add(b, r->owner, owner_len);
	buf_add(b, r->rdata.bytes, r->rdata.len);
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

struct records *records_new(const struct buf *b)
{
	struct records *r = b->err ? NULL : malloc(sizeof(*r) + b->len);
	if (!r)
		return NULL;
	atomic_init(&r->refs, 1);
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
