/* SPDX-License-Identifier: ISC */
/*
 * Owns a record of an export: its copy, its order, equality, and search.
 * Never writes a format.
 */
#include "export/erecord.h"

#include <string.h>

/* An arena gives what is not aligned: so each record takes a multiple of its alignment. */
struct erecord *erecord_new(struct arena *arena, const struct zone_change *change)
{
	enum { ALIGNED = _Alignof(struct erecord) };
	size_t owner_len = name_len(change->owner);
	size_t len = sizeof(struct erecord) + owner_len + change->rdata.len;
	struct erecord *r = arena_take(arena, (len + ALIGNED - 1) / ALIGNED * ALIGNED);
	if (!r)
		return NULL;
	r->ttl = change->ttl;
	r->type = change->type;
	r->view = change->view;
	r->rdata_len = change->rdata.len;
	memcpy(r->bytes, change->owner, owner_len);
	if (change->rdata.len > 0)
		memcpy(r->bytes + owner_len, change->rdata.bytes, change->rdata.len);
	r->owner = r->bytes;
	r->rdata = r->bytes + owner_len;
	return r;
}

/* SOA and NS come first, since a master file must begin with them; the others are sorted by
 * number. */
static unsigned type_rank(uint16_t type)
{
	return type == RR_SOA ? 0 : type == RR_NS ? 1 : type + 2u;
}

static int owner_type_cmp(const uint8_t *owner, uint16_t type, const struct erecord *b)
{
	int diff = name_cmp(owner, b->owner);
	return diff ? diff : (int)type_rank(type) - (int)type_rank(b->type);
}

int erecord_same_cmp(const struct erecord *a, const struct erecord *b)
{
	int diff = owner_type_cmp(a->owner, a->type, b);
	if (!diff)
		diff = rdata_cmp(a->rdata, a->rdata_len, b->rdata, b->rdata_len);
	return diff ? diff : a->view - b->view;
}

int erecord_cmp(const void *pa, const void *pb)
{
	const struct erecord *a = *(struct erecord *const *)pa, *b = *(struct erecord *const *)pb;
	int diff = erecord_same_cmp(a, b);
	if (!diff)
		diff = (a->ttl > b->ttl) - (a->ttl < b->ttl);
	return diff ? diff : memcmp(a->owner, b->owner, name_len(a->owner));
}

struct erecord *const *erecords_find(
	struct erecords r, const uint8_t *owner, uint16_t type, size_t *ret_left)
{
	size_t low = 0, high = r.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (owner_type_cmp(owner, type, r.at[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == r.count || owner_type_cmp(owner, type, r.at[low]) != 0)
		return NULL;
	*ret_left = r.count - low;
	return &r.at[low];
}
