/* SPDX-License-Identifier: ISC */
/*
 * Owns which zones are signed, and their keys.
 * Never decides which signatures are needed.
 */
#include "zone/signing.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* The nodes in the tree are the tree's alone from now on. ERR_NOMEM: some are so already. */
static int part(struct zone *z, struct signing *s)
{
	MAP_EACH(owner, &z->owners, struct owner, in_map) {
		struct place place;
		tree_locate(&z->tree, owner->name, &place);
		if (!place.apex || signing_over(z, &place) != s)
			continue;
		for (int i = 0; i < SAY_COUNT; i++) {
			struct node *copy;
			if (!owner->said[i] || owner->said[i] != place.self)
				continue;
			copy = signing_copy(z, owner->said[i]);
			if (!copy)
				return ERR_NOMEM;
			owner->said[i] = copy;
		}
	}
	return 0;
}

void signing_free(struct signing *s)
{
	if (!s)
		return;
	generation_free(s);
	LIST_EACH(p, &s->waiting, struct pending, in_waiting) {
		node_free(p->truth);
		free(p);
	}
	order_free(s->order);
	order_free(s->wan);
	free(s->link);
	for (size_t i = 0; i < s->due_count; i++)
		free(s->due[i]);
	free(s->due);
	free(s);
}

static struct signing *begin(struct zone *z, struct owner *owner)
{
	struct signing *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	list_init(&s->waiting);
	map_init(&s->gen.by_name);
	s->order = order_new();
	s->wan = z->tree.hides ? order_new() : NULL;
	s->link = malloc(sizeof(*s->link));
	if (!s->order || !s->link || (z->tree.hides && !s->wan)) {
		signing_free(s);
		return NULL;
	}
	if (orders_begin(&z->reader, &z->garbage, owner->name)) {
		signing_free(s);
		return NULL;
	}
	s->owner = owner;
	list_append(&z->signings, &s->in_zone);
	owner->apex->signing = s;
	return s;
}

int zone_sign(struct zone *z, const uint8_t *apex)
{
	struct key key;
	key_from_name(&key, apex);
	struct owner *owner = zone_owner(z, &key, 0);
	if (!owner || !owner->apex)
		return ERR_ABSENT;
	struct signing *s = owner->apex->signing;
	if (!s) {
		s = begin(z, owner);
		if (!s)
			return ERR_NOMEM;
	}
	int err = part(z, s);
	if (!err)
		err = signing_scan(z, s);
	zone_mark(z, owner);
	return err;
}

/* An owner that was never published leaves nothing in the tree that would lead to it. */
static void drop_unborn(struct zone *z, struct pending *p)
{
	struct key key;
	struct place place;
	key_from_name(&key, p->name);
	struct owner *owner = zone_owner(z, &key, 0);
	tree_locate(&z->tree, p->name, &place);
	if (!owner || owner->apex || (place.self && place.self->set_count > 0))
		return;
	for (int i = 0; i < SAY_COUNT; i++)
		node_free(owner->said[i]);
	zone_owner_free(z, owner);
}

/* Readers may still see nodes that were never published, in the order of owners. */
void signing_retire(struct zone *z, struct signing *s)
{
	request_forget(z, s);
	MAP_EACH(p, &z->pending, struct pending, in_map) {
		if (p->signing != s)
			continue;
		drop_unborn(z, p);
		map_remove(&z->pending, &p->in_map);
		list_remove(&p->in_waiting);
		list_append(&s->waiting, &p->in_waiting);
	}
	if (s->gen.apex) /* this serial was never published */
		s->owner->apex->serial = s->gen.serial;
	list_remove(&s->in_zone);
	s->owner->apex->signing = NULL;
	s->owner = NULL;
	s->next_retired = z->retired;
	z->retired = s;
}

int signing_end(struct zone *z, struct signing *s)
{
	int err = orders_put(&z->reader, &z->garbage, s->owner->name, NULL, NULL);
	if (!err)
		signing_retire(z, s);
	return err;
}

/* By members: what is between them may be anything. */
static bool has_same_keys(const struct signing *s, const struct zone_keys *keys)
{
	if (s->key_count != keys->active_count)
		return false;
	for (unsigned i = 0; i < s->key_count; i++)
		if (s->keys[i].tag != keys->active[i].tag || s->keys[i].alg != keys->active[i].alg)
			return false;
	return true;
}

/* Takes what the keys say into the zone, and their signatures aside. */
int zone_set_keys(struct zone *z, const uint8_t *apex, const struct zone_keys *keys)
{
	struct signing *s = signing_find(z, apex);
	struct rrset sets[ZONE_KEY_SETS_MAX];
	if (!s)
		return ERR_ABSENT;
	for (unsigned i = 0; i < keys->set_count; i++)
		sets[i] = keys->sets[i].set;
	int err = zone_say(z, SAY_KEYS, s->owner->name, sets, keys->set_count);
	if (err)
		return err;
	if (!has_same_keys(s, keys))
		refresh_restart(s);
	memcpy(s->keys, keys->active, sizeof(s->keys));
	s->key_count = keys->active_count;
	s->has_failed = false;
	s->ready_sets = keys->set_count;
	for (unsigned i = 0; i < keys->set_count; i++) {
		memcpy(s->ready[i], keys->sets[i].sigs, sizeof(s->ready[i]));
		s->ready_count[i] = keys->sets[i].sig_count;
		s->ready_type[i] = keys->sets[i].set.type;
	}
	zone_mark(z, s->owner);
	return 0;
}

void zone_set_failed(struct zone *z, const uint8_t *apex)
{
	struct signing *s = signing_find(z, apex);
	if (s)
		s->has_failed = s->key_count == 0;
}

void zone_set_clock(struct zone *z, uint32_t now_s)
{
	z->now_s = now_s;
}

bool zone_is_signing(const struct zone *z)
{
	LIST_EACH(s, &z->signings, const struct signing, in_zone)
		if (!s->has_failed &&
			(s->waiting_count > 0 || s->gen.phase != PHASE_IDLE || !s->has_closed))
			return true;
	return false;
}

bool zone_is_whole(const struct zone *z)
{
	LIST_EACH(s, &z->signings, const struct signing, in_zone)
		if (s->has_closed && s->gen.published > 0)
			return false;
	return true;
}

static struct zone_sign_stats stats_of(const struct signing *s)
{
	struct zone_sign_stats stats = s->stats;
	stats.owners = order_count(s->order);
	stats.waiting = s->waiting_count + s->gen.count - s->gen.published;
	memcpy(stats.keys, s->keys, sizeof(stats.keys));
	stats.key_count = s->key_count;
	stats.is_fresh = s->is_fresh;
	stats.has_begun = s->has_closed;
	stats.has_failed = s->has_failed;
	return stats;
}

int zone_sign_stats(const struct zone *z, const uint8_t *apex, struct zone_sign_stats *ret)
{
	const struct signing *s = signing_find(z, apex);
	if (!s)
		return ERR_ABSENT;
	*ret = stats_of(s);
	return 0;
}

void zone_each_signed(const struct zone *z,
	void (*visit)(void *arg, const uint8_t *apex, const struct zone_sign_stats *stats),
	void *arg)
{
	LIST_EACH(s, &z->signings, const struct signing, in_zone) {
		const struct zone_sign_stats stats = stats_of(s);
		visit(arg, s->owner->name, &stats);
	}
}
