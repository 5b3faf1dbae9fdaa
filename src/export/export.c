/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of an export: all added records, sorted, without duplicates.
 * Never writes a format itself.
 */
#include "export/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "export/formats.h"

struct export
{
	struct arena arena; /* of the records */
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
	arena_fini(&e->arena);
	free(e->records);
	free(e);
}

static int reserve(struct export *e)
{
	return ARRAY_RESERVE(e->records, e->cap, e->count + 1);
}

void export_add(void *arg, const struct zone_change *change)
{
	struct export *e = arg;
	struct erecord *r = e->err || reserve(e) ? NULL : erecord_new(&e->arena, change);
	if (!r) {
		e->err = ERR_NOMEM;
		return;
	}
	e->records[e->count++] = r;
	e->is_sorted = false;
}

void export_fail(struct export *e)
{
	e->err = ERR_NOMEM;
}

size_t export_count(const struct export *e)
{
	return e->count;
}

static void sort(struct export *e)
{
	if (e->is_sorted || e->count == 0)
		return;
	qsort(e->records, e->count, sizeof(*e->records), erecord_cmp);
	size_t kept = 1;
	for (size_t i = 1; i < e->count; i++)
		if (erecord_same_cmp(e->records[kept - 1], e->records[i]) != 0)
			e->records[kept++] = e->records[i];
	e->count = kept;
	e->is_sorted = true;
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
