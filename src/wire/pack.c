/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of DNS messages: records, compression, all-or-nothing.
 * Never allocates; never writes half a record.
 */
#include "wire/pack.h"

#include <assert.h>

#include "wire/name.h"
#include "wire/rr.h"

void pack_init(struct pack *p, void *buffer, size_t cap, uint16_t id, uint16_t flags)
{
	assert(cap >= MSG_HEADER_LEN && cap <= MSG_CAP);
	p->start = buffer;
	p->len = MSG_HEADER_LEN;
	p->cap = cap;
	p->reserved = 0;
	suffixes_init(&p->suffixes);
	p->may_compress_srv = false;
	p->keeps_case = false;
	memset(p->start, 0, MSG_HEADER_LEN);
	put_u16(p->start, id);
	put_u16(p->start + 2, flags);
}

void pack_set_flags(struct pack *p, uint16_t flags)
{
	put_u16(p->start + 2, get_u16(p->start + 2) | flags);
}

static struct wr pack_writer(struct pack *p)
{
	struct wr w = wr_init(p->start, p->cap - (p->reserved < p->cap ? p->reserved : p->cap));
	if (p->len > (size_t)(w.end - w.start))
		w.err = ERR_SPACE;
	else
		w.at = w.start + p->len;
	return w;
}

/* Writes a name. A tail that the message has already becomes a pointer. Its own labels
 * become targets for later names only when it is complete: until then the bytes after them
 * are not written. */
static void write_name(struct pack *p, struct wr *w, const uint8_t *name, bool may_point)
{
	uint16_t hashes[NAME_LABELS_MAX], off = 0;
	const unsigned labels = suffix_hashes(name, hashes);
	const uint8_t *tail = name;
	unsigned own = 0; /* number of labels before that tail */
	for (; own < labels; own++, tail = name_parent(tail)) {
		off = suffixes_find(&p->suffixes, p->start, hashes[own], tail, p->keeps_case);
		if (off)
			break;
	}
	size_t here = wr_len(w);
	if (off && may_point) {
		wr_bytes(w, name, (size_t)(tail - name));
		wr_u16(w, 0xc000 | off);
	} else {
		wr_bytes(w, name, (size_t)(tail - name) + name_len(tail));
	}
	if (w->err)
		return;
	for (unsigned i = 0; i < own; i++, here += 1u + p->start[here])
		suffixes_add(&p->suffixes, here, hashes[i]);
}

static void count_up(struct pack *p, unsigned index)
{
	uint8_t *count = p->start + 4 + 2 * index;
	put_u16(count, get_u16(count) + 1);
}

int pack_question(struct pack *p, const uint8_t *name, uint16_t type, uint16_t class)
{
	struct wr w = pack_writer(p);
	uint16_t suffix_count = p->suffixes.count;
	write_name(p, &w, name, true);
	wr_u16(&w, type);
	wr_u16(&w, class);
	if (w.err) {
		suffixes_rewind(&p->suffixes, suffix_count);
		return w.err;
	}
	p->len = wr_len(&w);
	count_up(p, 0);
	return 0;
}

static void write_rdata(struct pack *p, struct wr *w, const struct pack_rr *rr)
{
	struct rr_layout layout = rr_layout(rr->type);
	bool may_point = rr_type_has(rr->type, RR_MAY_COMPRESS) ||
			 (p->may_compress_srv && rr_type_has(rr->type, RR_MAY_COMPRESS_MDNS));
	const uint8_t *at = rr->rdata;
	wr_bytes(w, at, layout.names ? layout.lead : rr->rdata_len);
	if (layout.names == 0)
		return;
	at += layout.lead;
	for (unsigned i = 0; i < layout.names; i++, at += name_len(at))
		write_name(p, w, at, may_point);
	wr_bytes(w, at, rr->rdata_len - (size_t)(at - rr->rdata));
}

int pack_rr(struct pack *p, enum msg_section section, const struct pack_rr *rr)
{
	struct wr w = pack_writer(p);
	uint16_t suffix_count = p->suffixes.count;
	write_name(p, &w, rr->owner, true);
	wr_u16(&w, rr->type);
	wr_u16(&w, rr->class);
	wr_u32(&w, rr->ttl);
	uint8_t *rdata_len = wr_room(&w, 2);
	size_t start = wr_len(&w);
	write_rdata(p, &w, rr);
	if (w.err) {
		suffixes_rewind(&p->suffixes, suffix_count);
		return w.err;
	}
	put_u16(rdata_len, (uint16_t)(wr_len(&w) - start));
	p->len = wr_len(&w);
	count_up(p, 1 + section);
	return 0;
}

struct pack_mark pack_mark(const struct pack *p)
{
	struct pack_mark mark = {.len = p->len, .suffix_count = p->suffixes.count};
	memcpy(mark.counts, p->start + 4, sizeof(mark.counts));
	return mark;
}

void pack_rewind(struct pack *p, const struct pack_mark *mark)
{
	p->len = mark->len;
	suffixes_rewind(&p->suffixes, mark->suffix_count);
	memcpy(p->start + 4, mark->counts, sizeof(mark->counts));
}
