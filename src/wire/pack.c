/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of DNS messages: records, compression, all-or-nothing.
 * Never allocates; never writes half a record. Called by the answer path and the mDNS engine.
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
	p->name_count = 0;
	p->has_compression = true;
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

/* Whether the name that stands in the message at `off` (we wrote it, so it is sound) is `name`. */
static bool is_name_at(const struct pack *p, size_t off, const uint8_t *name)
{
	for (;;) {
		while (p->start[off] >= 0xc0)
			off = get_u16(p->start + off) & 0x3fff;
		uint8_t len = p->start[off];
		if (len != name[0])
			return false;
		if (len == 0)
			return true;
		if (p->keeps_case && memcmp(p->start + off, name, 1u + len) != 0)
			return false;
		for (unsigned i = 1; i <= len; i++)
			if (byte_lower(p->start[off + i]) != byte_lower(name[i]))
				return false;
		off += 1u + len;
		name += 1 + len;
	}
}

/* The offset at which `name` stands in the message, or 0. */
static uint16_t find_name(const struct pack *p, const uint8_t *name)
{
	for (uint16_t i = 0; i < p->name_count; i++)
		if (is_name_at(p, p->names[i], name))
			return p->names[i];
	return 0;
}

/* Writes a name, its tail as a pointer if it stands in the message already. Its own labels become
 * targets for later names only when it is whole: until then the bytes behind them are not written. */
static void write_name(struct pack *p, struct wr *w, const uint8_t *name, bool may_point)
{
	uint16_t name_count = p->name_count;
	for (; *name; name = name_parent(name)) {
		uint16_t off = p->has_compression ? find_name(p, name) : 0;
		if (off && may_point) {
			wr_u16(w, 0xc000 | off);
			break;
		}
		size_t here = wr_len(w);
		wr_bytes(w, name, 1u + name[0]);
		if (!off && here < 0x4000 && name_count < PACK_NAMES)
			p->names[name_count++] = (uint16_t)here;
	}
	if (*name == 0)
		wr_u8(w, 0);
	if (!w->err)
		p->name_count = name_count;
}

static void count_up(struct pack *p, unsigned index)
{
	uint8_t *count = p->start + 4 + 2 * index;
	put_u16(count, get_u16(count) + 1);
}

int pack_question(struct pack *p, const uint8_t *name, uint16_t type, uint16_t class)
{
	struct wr w = pack_writer(p);
	uint16_t name_count = p->name_count;
	write_name(p, &w, name, true);
	wr_u16(&w, type);
	wr_u16(&w, class);
	if (w.err) {
		p->name_count = name_count;
		return w.err;
	}
	p->len = wr_len(&w);
	count_up(p, 0);
	return 0;
}

static void write_rdata(struct pack *p, struct wr *w, const struct pack_rr *rr)
{
	struct rr_layout layout = rr_layout(rr->type);
	/* RFC 6762 §18.14: over multicast, names in SRV, NSEC and the like may be compressed too. */
	bool may_point = layout.may_compress || (p->may_compress_srv && rr->type != RR_SIG &&
							rr->type != RR_RRSIG && rr->type != RR_SVCB &&
							rr->type != RR_HTTPS && rr->type != RR_TSIG);
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
	uint16_t name_count = p->name_count;
	write_name(p, &w, rr->owner, true);
	wr_u16(&w, rr->type);
	wr_u16(&w, rr->class);
	wr_u32(&w, rr->ttl);
	uint8_t *rdata_len = wr_room(&w, 2);
	size_t start = wr_len(&w);
	write_rdata(p, &w, rr);
	if (w.err) {
		p->name_count = name_count;
		return w.err;
	}
	put_u16(rdata_len, (uint16_t)(wr_len(&w) - start));
	p->len = wr_len(&w);
	count_up(p, 1 + section);
	return 0;
}

struct pack_mark pack_mark(const struct pack *p)
{
	struct pack_mark mark = {.len = p->len, .name_count = p->name_count};
	memcpy(mark.counts, p->start + 4, sizeof(mark.counts));
	return mark;
}

void pack_rewind(struct pack *p, const struct pack_mark *mark)
{
	p->len = mark->len;
	p->name_count = mark->name_count;
	memcpy(p->start + 4, mark->counts, sizeof(mark->counts));
}
