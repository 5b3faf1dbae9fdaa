/* SPDX-License-Identifier: ISC */
/*
 * Owns what is kept of zone files, for links and reverse zones that come later.
 * Never passes it on: files.c and local.c do.
 */
#include <stdlib.h>

#include "base/err.h"
#include "pipeline/inside.h"

/* What the zone has not, or not always: records for mDNS, and those of reverse names. */
struct kept {
	struct map_node in_statics;
	struct list in_kind;
	struct static_owner owner; /* its data is in this block */
};

/* The hash needs no secret, since the names come from our own files. */
static struct kept *kept_find(const struct pipeline *p, const uint8_t *name)
{
	return MAP_FIND(&p->statics.by_name, name_hash(0, name), struct kept, in_statics, k,
		name_equal(k->owner.name, name));
}

const struct static_owner *statics_find(const struct pipeline *p, const uint8_t *name)
{
	const struct kept *kept = kept_find(p, name);
	return kept ? &kept->owner : NULL;
}

void statics_init(struct statics *s)
{
	map_init(&s->by_name);
	for (int kind = 0; kind < STATICS_KINDS; kind++)
		list_init(&s->of_kind[kind]);
	s->next = &s->of_kind[STATICS_REVERSE];
}

void statics_each(const struct pipeline *p, enum statics_kind kind,
	void (*visit)(void *arg, const struct static_owner *owner), void *arg)
{
	LIST_EACH(kept, &p->statics.of_kind[kind], struct kept, in_kind)
		visit(arg, &kept->owner);
}

void statics_rewind(struct pipeline *p)
{
	p->statics.next = p->statics.of_kind[STATICS_REVERSE].next;
}

const struct static_owner *statics_next(struct pipeline *p)
{
	const struct list *head = &p->statics.of_kind[STATICS_REVERSE];
	const struct kept *kept = list_owner(p->statics.next, head, offsetof(struct kept, in_kind));
	return kept ? &kept->owner : NULL;
}

void statics_pass(struct pipeline *p)
{
	p->statics.next = p->statics.next->next;
}

void statics_fini(struct pipeline *p)
{
	MAP_EACH(kept, &p->statics.by_name, struct kept, in_statics)
		free(kept);
	map_fini(&p->statics.by_name);
}

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

int statics_keep(struct pipeline *p, const struct static_owner *o)
{
	struct kept *old = kept_find(p, o->name);
	struct kept *kept = o->count > 0 ? kept_new(o) : NULL;
	if (o->count > 0 && !kept)
		return ERR_NOMEM;
	if (kept && map_add(&p->statics.by_name, &kept->in_statics, name_hash(0, o->name))) {
		free(kept);
		return ERR_NOMEM;
	}
	/* At the end: a walk that is under way comes to it. */
	if (kept)
		list_append(&p->statics.of_kind[o->is_local ? STATICS_LOCAL : STATICS_REVERSE],
			&kept->in_kind);
	if (!old)
		return 0;
	if (p->statics.next == &old->in_kind)
		statics_pass(p);
	map_remove(&p->statics.by_name, &old->in_statics);
	list_remove(&old->in_kind);
	free(old);
	return 0;
}
