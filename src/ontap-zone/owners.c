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

struct owners_sent {
	uint64_t *content; /* a hash of each owner's records, in canonical order of the names */
	size_t count;
	uint8_t *names; /* likewise, each as it differs from the one before: see put_name() */
};

/* That another content has the same hash is less likely than a fault of the machine. */
static uint64_t hash_owner(const struct static_owner *o)
{
	uint64_t h = hash_mix(0, o->count);
	for (size_t i = 0; i < o->count; i++) {
		const struct rrset *set = &o->sets[i];
		h = hash_mix(h, (uint64_t)set->ttl << 16 | set->type);
		for (size_t j = 0; j < set->count; j++)
			h = hash_bytes(h, set->rdata[j].bytes, set->rdata[j].len);
	}
	return h;
}

/* Names in canonical order have most bytes at their end in common. A name is stored as the number of these,
 * the number of the others, and the others. Returns how many bytes that takes, and writes them if `to` is
 * not NULL. */
static size_t put_name(uint8_t *to, const uint8_t *last, size_t last_len, const uint8_t *name)
{
	const size_t len = name_len(name);
	size_t shared = 0;
	while (shared < len && shared < last_len &&
		name[len - shared - 1] == last[last_len - shared - 1])
		shared++;
	if (to) {
		to[0] = (uint8_t)shared;
		to[1] = (uint8_t)(len - shared);
		memcpy(to + 2, name, len - shared);
	}
	return 2 + len - shared;
}

/* Puts all names, as put_name(). Returns how many bytes they take. */
static size_t put_names(uint8_t *to, const struct collection *c)
{
	const uint8_t *last = NULL;
	size_t last_len = 0, bytes = 0;
	for (size_t i = 0; i < collection_count(c); i++) {
		const uint8_t *name = collection_at(c, i)->name;
		bytes += put_name(to ? to + bytes : NULL, last, last_len, name);
		last = name;
		last_len = name_len(name);
	}
	return bytes;
}

struct owners_sent *owners_sent_new(const struct collection *c)
{
	struct owners_sent *sent = calloc(1, sizeof(*sent));
	if (!sent)
		return NULL;
	sent->count = collection_count(c);
	sent->content = calloc(sent->count + 1, sizeof(*sent->content));
	sent->names = malloc(put_names(NULL, c) + 1);
	if (!sent->content || !sent->names) {
		owners_sent_free(sent);
		return NULL;
	}
	put_names(sent->names, c);
	for (size_t i = 0; i < sent->count; i++)
		sent->content[i] = hash_owner(collection_at(c, i));
	return sent;
}

void owners_sent_free(struct owners_sent *sent)
{
	if (!sent)
		return;
	free(sent->content);
	free(sent->names);
	free(sent);
}

/* A walk along the names. All zero but `left`: before the first one. */
struct sent_walk {
	const uint8_t *at;
	size_t left, len;
	uint8_t name[NAME_CAP];
};

/* Goes to the next name. */
static void walk_next(struct sent_walk *w)
{
	if (w->left == 0)
		return;
	const size_t shared = w->at[0], own = w->at[1];
	memmove(w->name + own, w->name + w->len - shared, shared);
	memcpy(w->name, w->at + 2, own);
	w->len = own + shared;
	w->at += 2 + own;
}

/* Both are sorted: one walk along both finds the differences. */
void owners_each_change(const struct owners_sent *before, const struct owners_sent *after,
	const struct collection *c,
	void (*put)(void *arg, const uint8_t *name, const struct rrset *sets, size_t count),
	void *arg)
{
	struct sent_walk old = {
		.at = before ? before->names : NULL, .left = before ? before->count : 0};
	size_t new = 0;
	walk_next(&old);
	while (old.left > 0 || new < after->count) {
		const struct static_owner *o = new < after->count ? collection_at(c, new) : NULL;
		const int order = old.left == 0 ? 1 : !o ? -1 : name_cmp(old.name, o->name);
		if (order < 0)
			put(arg, old.name, NULL, 0);
		else if (order > 0 ||
			 before->content[before->count - old.left] != after->content[new])
			put(arg, o->name, o->sets, o->count);
		new += order >= 0;
		if (order <= 0) {
			old.left--;
			walk_next(&old);
		}
	}
}
