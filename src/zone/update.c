/* SPDX-License-Identifier: ISC */
/*
 * Owns the change of one owner: from the new records of its sources to the node that readers see; in a
 * signed zone, to what waits for signatures.
 * Never decides when. A change happens completely or not at all.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zone/signing.h"

struct node *update_present(const struct update *u)
{
	if (u->pending)
		return u->pending->truth;
	return u->place.self && u->place.self->set_count > 0 ? u->place.self : NULL;
}

void update_begin(struct zone *z, struct update *u, const uint8_t *name)
{
	memset(&u->name, 0, sizeof(*u) - offsetof(struct update, name));
	u->name = name;
	tree_locate(&z->tree, name, &u->place);
	u->owner = zone_owner(z, &u->place.key, 0);
	u->signing = signing_over(z, &u->place);
	u->pending = u->signing ? pending_find(z, &u->place.key) : NULL;
	struct node *present = update_present(u);
	if (u->owner) {
		memcpy(u->said, u->owner->said, sizeof(u->said));
		u->apex = u->owner->apex;
	} else if (present) {
		u->said[present->source] = present;
	}
}

/* In a signed zone the node that a lone source has said is the tree's, or waits: with a second source, the owner
 * gets a copy of it. And the apex is put together at the end of each generation. ERR_NOMEM, ERR_RANGE. */
static int prepare_signed(struct zone *z, struct update *u)
{
	if (u->sum && !signing_has_room(u->sum))
		return ERR_RANGE;
	if (!u->apex && !u->pending) {
		u->new_pending = pending_new(z, u->signing, &u->place.key);
		return u->new_pending ? 0 : ERR_NOMEM;
	}
	return 0;
}

static int copy_lone(struct zone *z, struct update *u)
{
	const struct node *present = update_present(u);
	for (int s = 0; s < SAY_COUNT && present; s++) {
		if (u->said[s] != present)
			continue;
		u->copy = signing_copy(z, present);
		if (!u->copy)
			return ERR_NOMEM;
		u->said[s] = u->copy;
	}
	return 0;
}

static void release(struct zone *z, struct update *u)
{
	if (u->needs_owner)
		node_free(u->sum);
	if (u->new_owner)
		zone_owner_free(z, u->new_owner);
	if (u->new_pending)
		pending_free(z, u->new_pending);
	node_free(u->copy);
	tree_release(&u->place);
}

/* Merges the sources' records. */
static int merge(struct zone *z, struct update *u)
{
	unsigned sources = 0;
	for (int s = 0; s < SAY_COUNT; s++) {
		sources += u->said[s] != NULL;
		u->sum = u->said[s] ? u->said[s] : u->sum;
	}
	u->needs_owner = sources > 1 || u->apex;
	if (!u->needs_owner)
		return 0;
	u->sum = NULL;
	int err = u->signing && !u->owner ? copy_lone(z, u) : 0;
	return err ? err : zone_merge(z, u->name, u->said, u->apex, &u->sum);
}

int update_try(struct zone *z, struct update *u)
{
	int err = merge(z, u);
	if (!err && u->signing && u->sum && !signing_has_room(u->sum))
		err = ERR_RANGE;
	release(z, u);
	return err;
}

/* Merges, and allocates everything that publishing needs. */
int update_prepare(struct zone *z, struct update *u)
{
	int err = merge(z, u);
	if (!err)
		err = u->signing ? prepare_signed(z, u)
				 : tree_reserve(&z->tree, &u->place, u->sum == NULL);
	if (!err && u->needs_owner && !u->owner)
		err = (u->new_owner = zone_owner_new(z, &u->place)) ? 0 : ERR_NOMEM;
	if (!err && !u->signing)
		err = zone_tell(z, u->name, update_present(u), u->sum);
	if (err)
		release(z, u);
	return err;
}

/* Afterwards the nodes belong to `struct owner` or to the tree. */
static void settle_owner(struct zone *z, struct update *u)
{
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

/* What waits is what readers will see. Nobody but the writer knows the nodes of sources. */
static void publish_signed(struct zone *z, struct update *u)
{
	const bool was_lone = !u->owner;
	struct pending *p = u->pending ? u->pending : u->new_pending;
	if (!was_lone)
		node_free(u->dropped);
	settle_owner(z, u);
	if (u->apex)
		node_free(u->sum);
	else
		pending_set(z, p, u->sum);
	u->sum = u->apex ? NULL : u->sum;
	tree_release(&u->place);
}

/* Publishes; cannot fail. */
void update_publish(struct zone *z, struct update *u)
{
	if (u->signing) {
		publish_signed(z, u);
		return;
	}
	bool was_shared = false; /* the published node was and remains the one of a source */
	for (int s = 0; s < SAY_COUNT; s++)
		was_shared |= u->needs_owner && u->said[s] && u->said[s] == u->place.self;
	if (u->dropped != u->place.self)
		garbage_add_node(&z->garbage, u->dropped);
	if (u->sum)
		tree_put(&z->tree, &u->place, u->sum, was_shared);
	else if (u->place.self)
		tree_clear(&z->tree, &u->place, was_shared);
	else
		tree_release(&u->place);
	settle_owner(z, u);
}
