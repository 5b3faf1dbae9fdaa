/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of an export: copies, order, what is the same.
 * Never writes a format itself. Called by main for `export` and for --export.
 */
#include "export/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "export/erecord.h"

struct export
{
	struct erecord **records;
	size_t count, cap;
	int err; /* 0 or ERR_NOMEM */
	bool is_sorted;
};

struct export *export_new(void)
{
	return calloc(1, sizeof(struct export));
}

void export_free(struct export *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++)
		free(e->records[i]);
	free(e->records);
	free(e);
}

static int reserve(struct export *e)
{
	if (e->count < e->cap)
		return 0;
	size_t cap = e->cap ? 2 * e->cap : 64;
	struct erecord **records = reallocarray(e->records, cap, sizeof(*records));
	if (!records)
		return ERR_NOMEM;
	e->records = records;
	e->cap = cap;
	return 0;
}

static struct erecord *erecord_new(const struct zone_change *change)
{
	size_t owner_len = name_len(change->owner);
	struct erecord *r = malloc(sizeof(*r) + owner_len + change->rdata.len);
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

void export_add(void *arg, const struct zone_change *change)
{
	struct export *e = arg;
	struct erecord *r = e->err || reserve(e) ? NULL : erecord_new(change);
	if (!r) {
		e->err = ERR_NOMEM;
		return;
	}
	e->records[e->count++] = r;
	e->is_sorted = false;
}

/* SOA and NS lead, since a master file must begin with them; the others go by number. */
static unsigned type_rank(uint16_t type)
{
	return type == RR_SOA ? 0 : type == RR_NS ? 1 : type + 2u;
}

static int owner_type_cmp(const uint8_t *owner, uint16_t type, const struct erecord *b)
{
	int diff = name_cmp(owner, b->owner);
	return diff ? diff : (int)type_rank(type) - (int)type_rank(b->type);
}

/* What makes two records the same one. */
static int same_cmp(const struct erecord *a, const struct erecord *b)
{
	int diff = owner_type_cmp(a->owner, a->type, b);
	if (!diff)
		diff = rdata_cmp(a->rdata, a->rdata_len, b->rdata, b->rdata_len);
	return diff ? diff : a->view - b->view;
}

/* Total, so that the order does not depend on the one they came in: of equal records the one with
 * the lowest TTL comes first, then by the spelling of the owner. */
static int erecord_cmp(const void *pa, const void *pb)
{
	const struct erecord *a = *(struct erecord *const *)pa, *b = *(struct erecord *const *)pb;
	int diff = same_cmp(a, b);
	if (!diff)
		diff = (a->ttl > b->ttl) - (a->ttl < b->ttl);
	return diff ? diff : memcmp(a->owner, b->owner, name_len(a->owner));
}

static void sort(struct export *e)
{
	if (e->is_sorted || e->count == 0)
		return;
	qsort(e->records, e->count, sizeof(*e->records), erecord_cmp);
	size_t kept = 1;
	for (size_t i = 1; i < e->count; i++) {
		if (same_cmp(e->records[kept - 1], e->records[i]) == 0)
			free(e->records[i]);
		else
			e->records[kept++] = e->records[i];
	}
	e->count = kept;
	e->is_sorted = true;
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

int export_write(struct export *e, const struct export_options *options, struct buf *out)
{
	int err = 0;
	if (e->err)
		return e->err;
	sort(e);
	struct erecords records = {e->records, e->count};
	switch (options->format) {
	case EXPORT_TINYDNS: export_tinydns(records, options, out); break;
	case EXPORT_ZONE: err = export_zone(records, options, out); break;
	case EXPORT_HOSTS: err = export_hosts(records, options, out); break;
	case EXPORT_JSON: export_json(records, options, out); break;
	case EXPORT_FORMAT_COUNT: break;
	}
	return err ? err : out->err;
}
