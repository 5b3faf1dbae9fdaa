/* SPDX-License-Identifier: ISC */
/*
 * Owns the change from the old records of the zone files to the new ones.
 * Never reads a file.
 */
#include "base/err.h"
#include "pipeline/inside.h"

static int put_owner(struct pipeline *p, const struct static_owner *owner, size_t count)
{
	if (owner->is_local)
		return local_put_static(p, owner, count);
	int err = unicast_put(p, ZONE_STATIC, owner->name, owner->sets, count);
	/* The reverse zone may not be ours yet: see files_put_reverse(). */
	return owner->is_reverse && err == ERR_RANGE ? 0 : err;
}

int files_put_reverse(struct pipeline *p, const uint8_t *apex)
{
	int err = 0;
	for (size_t i = 0; i < collection_count(p->files) && !err; i++) {
		const struct static_owner *owner = collection_at(p->files, i);
		if (owner->is_reverse && name_is_below(owner->name, apex))
			err = put_owner(p, owner, owner->count);
	}
	return err;
}

static bool is_in_files(void *files, const uint8_t *owner)
{
	return collection_find(files, owner) != NULL;
}

/* Removes the records of the old files that the new ones lack. */
static int take_back(struct pipeline *p, const struct collection *old, struct collection *files)
{
	int err = zone_keep(p->zone, ZONE_STATIC, is_in_files, files);
	for (size_t i = 0; i < collection_count(old) && !err; i++)
		if (!collection_find(files, collection_at(old, i)->name))
			err = put_owner(p, collection_at(old, i), 0);
	return err;
}

int pipeline_set_files(struct pipeline *p, struct collection *files)
{
	struct collection *old = p->files;
	int err = zone_expect(p->zone, collection_zone_count(files));
	if (!err && old)
		err = collection_index(files);
	if (!err && old)
		err = take_back(p, old, files);
	p->files = files;
	int index_err = services_index(p);
	for (size_t i = 0; i < collection_count(files) && !err; i++)
		err = put_owner(p, collection_at(files, i), collection_at(files, i)->count);
	names_say_mdns_again(p->names); /* together with their records of the new files */
	collection_free(old);
	err = err ? err : index_err;
	int settle_err = collection_settle(files);
	index_err = services_index(p);
	err = err ? err : settle_err;
	return err ? err : index_err;
}
