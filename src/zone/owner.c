/* SPDX-License-Identifier: ISC */
/*
 * Owns the data of owners that have several sources or are an apex: the records per source, their
 * merge, and the report of changes.
 * Never publishes.
 */
#include <stdlib.h>

#include "zone/store.h"

struct owner *zone_owner(const struct zone *z, const struct key *key, unsigned skip)
{
	uint64_t hash = key_hash(z->reader.seed, key, skip);
	unsigned len = key->len - skip;
	return MAP_FIND(&z->owners, hash, struct owner, in_map, owner,
		name_len(owner->name) == len && key_is_at(key, skip, owner->name, len));
}

struct owner *zone_owner_new(struct zone *z, const struct place *place)
{
	const struct key *key = &place->key;
	struct owner *owner = calloc(1, sizeof(*owner) + key->len);
	if (!owner)
		return NULL;
	list_init(&owner->in_dirty);
	memcpy(owner->name, key_lower(key), key->len);
	if (map_add(&z->owners, &owner->in_map, key_hash(z->reader.seed, key, 0))) {
		free(owner);
		return NULL;
	}
	return owner;
}

void zone_owner_free(struct zone *z, struct owner *owner)
{
	map_remove(&z->owners, &owner->in_map);
	list_remove(&owner->in_dirty);
	free(owner->apex);
	free(owner);
}

/* Removes from `facts`, starting at `first`, the types that the node has itself. */
static void give_way(struct facts *facts, size_t first, const struct node *to)
{
	size_t kept = first;
	for (size_t i = first; i < facts->count; i++)
		if (!node_set(to, facts->at[i].type, VIEW_ANY))
			facts->at[kept++] = facts->at[i];
	facts->count = kept;
}

int zone_merge(struct zone *z, const uint8_t *name, struct node *const said[SAY_COUNT],
	struct apex *apex, struct node **ret)
{
	struct facts *facts = &z->facts;
	facts->count = 0;
	for (int s = 0; s < SAY_COUNT; s++) {
		size_t first = facts->count;
		int err = said[s] ? facts_add_node(facts, said[s]) : 0;
		if (err)
			return err;
		if (s == SAY_GENERATED && said[SAY_STATIC])
			give_way(facts, first, said[SAY_STATIC]);
	}
	facts_settle(facts);
	if (apex)
		apex_fill_serial(apex, facts);
	*ret = NULL;
	if (facts->count == 0)
		return 0;
	const struct node_form form = {
		.slabs = z->slabs, .is_apex = apex != NULL, .sends_all = !said[SAY_DERIVED]};
	return node_new(name, facts, form, ret);
}

struct telling {
	const struct zone_listener *listener;
	const uint8_t *name;
};

static void tell_one(void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact)
{
	const struct telling *t = arg;
	const struct zone_change change = {
		.is_added = is_added,
		.owner = t->name,
		.type = fact->type,
		.view = (uint8_t)view,
		.ttl = ttl,
		.rdata = {fact->bytes, fact->len},
	};
	t->listener->on_change(t->listener->arg, &change);
}

int zone_tell(
	struct zone *z, const uint8_t *name, const struct node *before, const struct node *after)
{
	struct telling t = {&z->listener, name};
	int err = 0;
	if (!z->listener.on_change)
		return 0;
	z->before.count = z->after.count = 0;
	if (before)
		err = facts_add_all(&z->before, before);
	if (!err && after)
		err = facts_add_all(&z->after, after);
	if (err)
		return err;
	facts_settle(&z->before);
	facts_settle(&z->after);
	facts_diff(&z->before, &z->after, tell_one, &t);
	return 0;
}

bool zone_mark(struct zone *z, struct owner *owner)
{
	if (!list_is_empty(&owner->in_dirty))
		return false;
	list_append(&z->dirty, &owner->in_dirty);
	return true;
}

void zone_touch(struct zone *z, const struct place *place)
{
	struct owner *owner =
		place->apex ? zone_owner(z, &place->key, place->key.len - place->apex->name_len)
			    : NULL;
	if (owner && owner->apex)
		zone_mark(z, owner);
}
