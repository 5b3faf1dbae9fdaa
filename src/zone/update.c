/* SPDX-License-Identifier: ISC */
/*
 * Owns the change of one owner: from the new records of its sources to the node that readers see.
 * Never decides when. A change happens completely or not at all.
 */
#include <stddef.h>
#include <string.h>

#include "zone/store.h"

struct node *update_published(const struct update *u)
{
	return u->place.self && u->place.self->set_count > 0 ? u->place.self : NULL;
}

void update_begin(struct zone *z, struct update *u, const uint8_t *name)
{
	memset(&u->name, 0, sizeof(*u) - offsetof(struct update, name));
	u->name = name;
	tree_locate(&z->tree, name, &u->place);
	u->owner = zone_owner(z, &u->place.key, 0);
	if (u->owner) {
		memcpy(u->said, u->owner->said, sizeof(u->said));
		u->apex = u->owner->apex;
	} else if (update_published(u)) {
		u->said[u->place.self->source] = u->place.self;
	}
}

/* Merges the sources' records, and allocates everything that publishing needs. */
int update_prepare(struct zone *z, struct update *u)
{
	unsigned sources = 0;
	for (int s = 0; s < SAY_COUNT; s++) {
		sources += u->said[s] != NULL;
		u->sum = u->said[s] ? u->said[s] : u->sum;
	}
	u->needs_owner = sources > 1 || u->apex;
	int err = 0;
	if (u->needs_owner) {
		err = zone_merge(z, u->name, u->said, u->apex, &u->sum);
		if (err)
			return err;
	}
	err = tree_reserve(&z->tree, &u->place, u->sum == NULL);
	if (!err && u->needs_owner && !u->owner)
		err = (u->new_owner = zone_owner_new(z, &u->place)) ? 0 : ERR_NOMEM;
	if (!err)
		err = zone_tell(z, u->name, update_published(u), u->sum);
	if (!err)
		return 0;
	if (u->needs_owner)
		node_free(u->sum);
	if (u->new_owner)
		zone_owner_free(z, u->new_owner);
	tree_release(&u->place);
	return err;
}

/* Publishes; cannot fail. Afterwards the nodes belong to `struct owner` or to the tree. */
void update_publish(struct zone *z, struct update *u)
{
	bool was_shared = false; /* the published node was and remains the one of a source */
	for (int s = 0; s < SAY_COUNT; s++)
		was_shared |= u->needs_owner && u->said[s] && u->said[s] == u->place.self;
	if (u->dropped != u->place.self)
		garbage_add(&z->garbage, u->dropped);
	if (u->sum)
		tree_put(&z->tree, &u->place, u->sum, was_shared);
	else if (u->place.self)
		tree_clear(&z->tree, &u->place, was_shared);
	else
		tree_release(&u->place);
	if (u->new_owner)
		u->owner = u->new_owner;
	if (u->needs_owner) {
		memcpy(u->owner->said, u->said, sizeof(u->said));
		u->owner->apex = u->apex;
		if (!u->apex)
			list_remove(&u->owner->in_dirty);
	} else if (u->owner) {
		u->owner->apex = NULL;
		zone_owner_free(z, u->owner);
	}
}
