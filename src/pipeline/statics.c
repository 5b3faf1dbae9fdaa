/* SPDX-License-Identifier: ISC */
/*
 * Owns what is kept of zone files, for links and reverse zones that come later.
 * Never passes it on: files.c and local.c do.
 */
#include <stdlib.h>

#include "base/cursor.h"
#include "base/err.h"
#include "pipeline/inside.h"

/* An owner for mDNS. */
struct kept {
	struct map_node in_local;
	struct list in_order;
	struct static_owner owner; /* its data is in this block */
};

/* The hash needs no secret, since the names come from our own files. */
static struct kept *kept_find(const struct pipeline *p, const uint8_t *name)
{
	return MAP_FIND(&p->statics.local, name_hash(0, name), struct kept, in_local, k,
		name_equal(k->owner.name, name));
}

const struct static_owner *statics_find(const struct pipeline *p, const uint8_t *name)
{
	const struct kept *kept = kept_find(p, name);
	return kept ? &kept->owner : NULL;
}

void statics_init(struct statics *s)
{
	map_init(&s->local);
	list_init(&s->in_order);
}

void statics_each_local(const struct pipeline *p,
	void (*visit)(void *arg, const struct static_owner *owner), void *arg)
{
	LIST_EACH(kept, &p->statics.in_order, struct kept, in_order)
		visit(arg, &kept->owner);
}

void statics_fini(struct pipeline *p)
{
	struct statics *s = &p->statics;
	MAP_EACH(kept, &s->local, struct kept, in_local)
		free(kept);
	map_fini(&s->local);
	packed_fini(&s->reverse);
	packed_at_fini(&s->walk);
	owners_room_fini(&s->room);
}

/* Reverse names. */

int statics_each_reverse(
	const struct pipeline *p, void (*visit)(void *arg, const uint8_t *name), void *arg)
{
	struct packed_at at = {0};
	int found;
	while ((found = packed_next(&p->statics.reverse, &at)) > 0)
		visit(arg, at.name.wire);
	packed_at_fini(&at);
	return found;
}

/* Goes to before the name that is not passed yet. */
static void seek(struct statics *s)
{
	s->has_next = false;
	packed_seek(&s->walk, s->passed.len > 0 ? s->passed.wire : NULL);
}

void statics_rewind(struct pipeline *p)
{
	p->statics.passed.len = 0;
	seek(&p->statics);
}

/* Reads the records at the walk's place. */
static int read_next(struct statics *s)
{
	struct owners_read read;
	struct rd r = rd_init((const uint8_t *)s->walk.bytes.bytes, s->walk.bytes.len);
	int err = owners_read_sets(&r, &s->room, &read);
	s->next = (struct static_owner){.name = s->walk.name.wire,
		.sets = read.sets,
		.count = read.count,
		.is_reverse = true};
	return err;
}

int statics_next(struct pipeline *p, const struct static_owner **ret)
{
	struct statics *s = &p->statics;
	*ret = NULL;
	if (!s->has_next) {
		int found = packed_next(&s->reverse, &s->walk);
		int err = found > 0 ? read_next(s) : found;
		s->has_next = found > 0 && !err;
		if (found > 0 && err)
			seek(s);
		if (!s->has_next)
			return err;
	}
	*ret = &s->next;
	return 0;
}

void statics_pass(struct pipeline *p)
{
	name_copy(&p->statics.passed, p->statics.walk.name.wire);
	p->statics.has_next = false;
}

/* What the walk has read may be another owner's now. */
static int keep_reverse(struct pipeline *p, const struct static_owner *o)
{
	struct statics *s = &p->statics;
	const size_t len = o->count > 0 ? owners_sets_len(o->sets, o->count) : 0;
	uint8_t *bytes = malloc(len + 1);
	if (!bytes)
		return ERR_NOMEM;
	struct wr w = wr_init(bytes, len);
	if (len > 0)
		owners_write_sets(&w, o->sets, o->count);
	int err = packed_put(&s->reverse, o->name, bytes, len);
	free(bytes);
	if (s->has_next)
		seek(s);
	return err;
}

/* Names for mDNS. */

static size_t kept_size(const struct static_owner *o)
{
	size_t size = sizeof(struct kept) + o->count * sizeof(*o->sets) + name_len(o->name);
	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; j < o->sets[i].count; j++)
			size += sizeof(struct rdata) + o->sets[i].rdata[j].len;
	return size;
}

static const uint8_t *copy_bytes(uint8_t **to, const void *bytes, size_t len)
{
	uint8_t *copy = *to;
	if (len > 0)
		memcpy(copy, bytes, len);
	*to += len;
	return copy;
}

/* Returns a copy in one block; what has the strictest alignment is first. NULL: no memory. */
static struct kept *kept_new(const struct static_owner *o)
{
	struct kept *kept = malloc(kept_size(o));
	if (!kept)
		return NULL;
	struct rrset *set = (struct rrset *)(kept + 1);
	struct rdata *rdata = (struct rdata *)(set + o->count);
	uint8_t *bytes = (uint8_t *)rdata;
	for (size_t i = 0; i < o->count; i++)
		bytes += o->sets[i].count * sizeof(*rdata);
	kept->owner = *o;
	kept->owner.file = NULL;
	kept->owner.sets = set;
	kept->owner.name = copy_bytes(&bytes, o->name, name_len(o->name));
	for (size_t i = 0; i < o->count; i++, set++) {
		*set = o->sets[i];
		set->rdata = rdata;
		for (size_t j = 0; j < set->count; j++, rdata++)
			*rdata = (struct rdata){.len = o->sets[i].rdata[j].len,
				.bytes = copy_bytes(&bytes, o->sets[i].rdata[j].bytes,
					o->sets[i].rdata[j].len)};
	}
	return kept;
}

static int keep_local(struct pipeline *p, const struct static_owner *o)
{
	struct kept *old = kept_find(p, o->name);
	struct kept *kept = o->count > 0 ? kept_new(o) : NULL;
	if (o->count > 0 && !kept)
		return ERR_NOMEM;
	if (kept && map_add(&p->statics.local, &kept->in_local, name_hash(0, o->name))) {
		free(kept);
		return ERR_NOMEM;
	}
	if (kept)
		list_append(&p->statics.in_order, &kept->in_order);
	if (!old)
		return 0;
	map_remove(&p->statics.local, &old->in_local);
	list_remove(&old->in_order);
	free(old);
	return 0;
}

int statics_keep(struct pipeline *p, const struct static_owner *o)
{
	return o->is_local ? keep_local(p, o) : keep_reverse(p, o);
}
