/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of owners as bytes, and the comparison of what was sent with what is to be said.
 * Never sends.
 */
#include "ontap-zone/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/hash.h"

/* As bytes. */

void owners_write(struct wr *w, const uint8_t *name, const struct rrset *sets, size_t count)
{
	wr_bytes(w, name, name_len(name));
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

int owners_next(struct rd *r, struct owners_room *room, struct owners_read *ret)
{
	size_t used = 0;
	int err = 0;
	ret->name = read_name(r);
	ret->count = rd_u16(r);
	if (!ret->name || r->err || ret->count > rd_left(r))
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

void owners_room_fini(struct owners_room *room)
{
	free(room->sets);
	free(room->rdata);
	*room = (struct owners_room){0};
}

/* What was sent. */

struct sent {
	uint64_t content[2];
	size_t name; /* place in `names` */
};

struct owners_sent {
	struct sent *at; /* in canonical order */
	size_t count;
	uint8_t *names;
};

/* Two hashes of 64 bits together: that another content has the same is less likely than a fault of the
 * machine. */
static void hash_owner(const struct static_owner *o, uint64_t ret[2])
{
	for (uint64_t seed = 0; seed < 2; seed++) {
		uint64_t h = hash_mix(seed, o->count);
		for (size_t i = 0; i < o->count; i++) {
			const struct rrset *set = &o->sets[i];
			h = hash_mix(h, (uint64_t)set->ttl << 16 | set->type);
			for (size_t j = 0; j < set->count; j++)
				h = hash_bytes(h, set->rdata[j].bytes, set->rdata[j].len);
		}
		ret[seed] = h;
	}
}

struct owners_sent *owners_sent_new(const struct collection *c)
{
	struct owners_sent *sent = calloc(1, sizeof(*sent));
	size_t bytes = 0, count = collection_count(c);
	for (size_t i = 0; i < count; i++)
		bytes += name_len(collection_at(c, i)->name);
	if (!sent)
		return NULL;
	sent->at = calloc(count + 1, sizeof(*sent->at));
	sent->names = malloc(bytes + 1);
	if (!sent->at || !sent->names) {
		owners_sent_free(sent);
		return NULL;
	}
	for (size_t i = 0, place = 0; i < count; i++) {
		const struct static_owner *o = collection_at(c, i);
		size_t len = name_len(o->name);
		memcpy(sent->names + place, o->name, len);
		sent->at[i].name = place;
		hash_owner(o, sent->at[i].content);
		place += len;
	}
	sent->count = count;
	return sent;
}

void owners_sent_free(struct owners_sent *sent)
{
	if (!sent)
		return;
	free(sent->at);
	free(sent->names);
	free(sent);
}

/* Both are sorted: one walk along both finds the differences. */
void owners_each_change(const struct owners_sent *before, const struct owners_sent *after,
	const struct collection *c,
	void (*put)(void *arg, const uint8_t *name, const struct rrset *sets, size_t count),
	void *arg)
{
	const size_t old_count = before ? before->count : 0;
	size_t old = 0, new = 0;
	while (old < old_count || new < after->count) {
		const uint8_t *gone = old < old_count ? before->names + before->at[old].name : NULL;
		const struct static_owner *o = new < after->count ? collection_at(c, new) : NULL;
		const int order = !gone ? 1 : !o ? -1 : name_cmp(gone, o->name);
		if (order < 0)
			put(arg, gone, NULL, 0);
		else if (order > 0 || memcmp(before->at[old].content, after->at[new].content,
					      sizeof(after->at[new].content)) != 0)
			put(arg, o->name, o->sets, o->count);
		old += order <= 0;
		new += order >= 0;
	}
}
