/* SPDX-License-Identifier: ISC */
/*
 * Owns the change from the old records of the zone files to the new ones.
 * Never reads a file.
 */
#include "pipeline/inside.h"

static int put_owner(struct pipeline *p, const struct static_owner *owner, size_t count)
{
	return owner->is_local ? local_put_static(p, owner, count)
			       : unicast_put(p, ZONE_STATIC, owner->name, owner->sets, count);
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
	for (size_t i = 0; i < collection_count(files) && !err; i++)
		err = put_owner(p, collection_at(files, i), collection_at(files, i)->count);
	names_say_mdns_again(p->names); /* together with their records of the new files */
	collection_free(old);
	return err ? err : collection_settle(files);
}
