/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of owners as bytes.
 * Never trusts bytes that it reads.
 */
#include "zonefile/owner_bytes.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/err.h"

void owners_write_sets(struct wr *w, const struct rrset *sets, size_t count)
{
	wr_u16(w, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		wr_u16(w, sets[i].type);
		wr_u32(w, sets[i].ttl);
		wr_u16(w, sets[i].count);
		for (size_t j = 0; j < sets[i].count; j++) {
			wr_u16(w, sets[i].rdata[j].len);
			wr_bytes(w, sets[i].rdata[j].bytes, sets[i].rdata[j].len);
		}
	}
}

void owners_write(struct wr *w, const uint8_t *name, const struct rrset *sets, size_t count)
{
	wr_bytes(w, name, name_len(name));
	owners_write_sets(w, sets, count);
}

size_t owners_sets_len(const struct rrset *sets, size_t count)
{
	enum { COUNT_LEN = 2, SET_LEN = 8, RECORD_LEN = 2 };
	size_t len = COUNT_LEN + count * SET_LEN;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			len += RECORD_LEN + sets[i].rdata[j].len;
	return len;
}

/* Reads a name without compression: its labels and the root. */
static const uint8_t *read_name(struct rd *r)
{
	const uint8_t *start = r->at;
	size_t len = 0;
	uint8_t label;
	do {
		label = rd_u8(r);
		rd_bytes(r, label);
		len += 1u + label;
	} while (label != 0 && label < 64 && len < NAME_CAP && !r->err);
	return label == 0 && !r->err && len <= NAME_CAP ? start : NULL;
}

/* The set's records are put behind `*used` others. They may move until the owner is read: the sets get
 * their pointers at the end. */
static int read_set(struct rd *r, struct owners_room *room, struct rrset *set, size_t *used)
{
	set->type = rd_u16(r);
	set->view = VIEW_ANY;
	set->ttl = rd_u32(r);
	set->count = rd_u16(r);
	if (r->err || set->count > rd_left(r) / 2)
		return ERR_SYNTAX;
	if (ARRAY_RESERVE(room->rdata, room->rdata_cap, *used + set->count + 1u))
		return ERR_NOMEM;
	for (size_t j = 0; j < set->count; j++) {
		struct rdata *rdata = &room->rdata[(*used)++];
		rdata->len = rd_u16(r);
		rdata->bytes = rd_bytes(r, rdata->len);
	}
	return r->err ? ERR_SYNTAX : 0;
}

int owners_read_sets(struct rd *r, struct owners_room *room, struct owners_read *ret)
{
	size_t used = 0;
	int err = 0;
	ret->count = rd_u16(r);
	if (r->err || ret->count > rd_left(r))
		return ERR_SYNTAX;
	if (ARRAY_RESERVE(room->sets, room->sets_cap, ret->count + 1))
		return ERR_NOMEM;
	for (size_t i = 0; i < ret->count && !err; i++)
		err = read_set(r, room, &room->sets[i], &used);
	used = 0;
	for (size_t i = 0; i < ret->count && !err; i++) {
		room->sets[i].rdata = &room->rdata[used];
		used += room->sets[i].count;
	}
	ret->sets = room->sets;
	return err;
}

int owners_next(struct rd *r, struct owners_room *room, struct owners_read *ret)
{
	ret->name = read_name(r);
	return ret->name && !r->err ? owners_read_sets(r, room, ret) : ERR_SYNTAX;
}

void owners_room_fini(struct owners_room *room)
{
	free(room->sets);
	free(room->rdata);
	*room = (struct owners_room){0};
}
