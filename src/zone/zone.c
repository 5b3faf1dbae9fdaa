/* SPDX-License-Identifier: ISC */
/*
 * Owns the store of all zones: the records of each source at each owner, and when their merge is
 * published.
 * Never waits for readers, never frees what they may see.
 */
#include "zone/zone.h"

#include <assert.h>
#include <stdlib.h>

#include "base/serial.h"
#include "zone/lookup.h"
#include "zone/orders.h"
#include "zone/signing.h"

struct zone_garbage {
	struct garbage blocks;
	struct signing *retired;
};

struct zone *zone_new(uint64_t seed, struct zone_listener listener)
{
	struct zone *z = calloc(1, sizeof(*z));
	if (!z)
		return NULL;
	z->reader.seed = seed;
	z->listener = listener;
	map_init(&z->owners);
	list_init(&z->dirty);
	list_init(&z->signings);
	map_init(&z->pending);
	z->slabs = calloc(1, sizeof(*z->slabs));
	if (!z->slabs || tree_init(&z->tree, &z->reader, &z->garbage)) {
		free(z->slabs);
		free(z);
		return NULL;
	}
	return z;
}

static void free_retired(struct signing *s)
{
	for (struct signing *next; s; s = next) {
		next = s->next_retired;
		signing_free(s);
	}
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	LIST_EACH(s, &z->signings, struct signing, in_zone)
		signing_retire(z, s);
	free_retired(z->retired);
	request_free(z->queue);
	map_fini(&z->pending);
	MAP_EACH(owner, &z->owners, struct owner, in_map) {
		for (int s = 0; s < SAY_COUNT; s++)
			node_free(owner->said[s]);
		zone_owner_free(z, owner);
	}
	map_fini(&z->owners);
	tree_fini(&z->tree);
	orders_fini(&z->reader);
	garbage_free_all(&z->garbage);
	facts_fini(&z->facts);
	facts_fini(&z->before);
	facts_fini(&z->after);
	slabs_tidy(z->slabs);
	assert(!z->slabs->regions);
	free(z->slabs);
	free(z);
}

const struct zone_reader *zone_reader(const struct zone *z)
{
	return &z->reader;
}

int zone_put(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	return zone_say(z, source, owner, sets, count);
}

/* Returns what that source says, alone or with others, of the name of a node; NULL if nothing. */
static const struct node *node_said(
	const struct zone *z, const struct node *n, enum zone_source source)
{
	struct key key;
	key_from_name(&key, node_name(n));
	const struct owner *owner = zone_owner(z, &key, 0);
	if (owner)
		return owner->said[source];
	const struct pending *p = pending_find(z, &key);
	if (p)
		n = p->truth;
	return n && n->set_count > 0 && n->source == source ? n : NULL;
}

const struct node *zone_latest(const struct zone *z, const uint8_t *name)
{
	struct key key;
	key_from_name(&key, name);
	const struct pending *p = pending_find(z, &key);
	return p ? p->truth : zone_node(&z->reader, &key);
}

const struct node *zone_said(const struct zone *z, enum zone_source source, const uint8_t *name)
{
	const struct node *n = zone_latest(z, name);
	return n ? node_said(z, n, source) : NULL;
}

bool zone_is_waiting(const struct zone *z, const uint8_t *name)
{
	struct key key;
	key_from_name(&key, name);
	return pending_find(z, &key) != NULL;
}

bool zone_has(const struct zone *z, enum zone_source source, const uint8_t *name)
{
	return zone_said(z, source, name) != NULL;
}

int zone_keep(struct zone *z, enum zone_source source,
	bool (*is_kept)(void *arg, const uint8_t *owner), void *arg)
{
	const struct table *table = atomic_load_explicit(&z->reader.table, memory_order_relaxed);
	size_t count = 0, i = 0;
	int err = 0;
	struct node **found = calloc(table->used, sizeof(*found));
	if (!found)
		return ERR_NOMEM;
	for (struct node *n; (n = table_next(table, &i));)
		if (node_said(z, n, source) && !is_kept(arg, node_name(n)))
			found[count++] = n;
	/* Removed nodes stay in the garbage until the next commit, so their names are readable. */
	for (i = 0; i < count && !err; i++)
		err = zone_put(z, source, node_spelling(found[i]), NULL, 0);
	free(found);
	/* Those that nobody sees yet. */
	MAP_EACH(p, &z->pending, struct pending, in_map) {
		if (!err && p->truth && node_said(z, p->truth, source) && !is_kept(arg, p->name))
			err = zone_put(z, source, p->name, NULL, 0);
	}
	return err;
}

bool zone_hidden_alias(const struct zone *z, const uint8_t *name, struct rdata *ret)
{
	struct key key;
	key_from_name(&key, name);
	/* An owner with one source that is no apex has no owner record. So one with an owner record
	 * has several sources. */
	const struct owner *owner = zone_owner(z, &key, 0);
	const struct node *said = owner ? owner->said[SAY_STATIC] : NULL;
	const struct node_set *set = said ? node_set(said, RR_CNAME, VIEW_ANY) : NULL;
	if (!set || !(owner->said[SAY_DERIVED] || owner->said[SAY_UPDATED] ||
			    owner->said[SAY_GENERATED]))
		return false;
	const uint8_t *at = node_rdata(said, set);
	*ret = node_next_rdata(set, &at);
	return true;
}

size_t zone_sum_count(const struct zone *z, uint16_t type)
{
	size_t most = 0;
	for (unsigned view = VIEW_LAN; z->last_sum && view <= VIEW_WAN; view <<= 1) {
		const struct node_set *set = node_set(z->last_sum, type, view);
		most = set && set->count > most ? set->count : most;
	}
	return most;
}

/* Returns the owner record of `name` if that is the apex of a zone, otherwise NULL. */
static struct owner *apex_owner(const struct zone *z, const uint8_t *name)
{
	struct key key;
	key_from_name(&key, name);
	struct owner *owner = zone_owner(z, &key, 0);
	return owner && owner->apex ? owner : NULL;
}

/* Stores or removes the generated records `node` (NULL: none) and the apex. On failure,
 * takes over neither. */
static int replace_apex(struct zone *z, struct update *u, struct node *node, struct apex *apex)
{
	u->dropped = u->said[SAY_GENERATED];
	u->said[SAY_GENERATED] = node;
	u->apex = apex;
	if (!u->owner || u->owner->apex != apex)
		u->signing = NULL; /* the zone above may be a signed one */
	int err = update_prepare(z, u);
	if (err)
		return err;
	zone_touch(z, &u->place); /* the zone above changes, if this zone is new */
	update_publish(z, u);
	return 0;
}

void zone_each_apex(const struct zone *z, void (*visit)(void *arg, const struct node *n), void *arg)
{
	MAP_EACH(owner, &z->owners, struct owner, in_map) {
		struct place place;
		if (!owner->apex)
			continue;
		tree_locate(&z->tree, owner->name, &place);
		if (place.self)
			visit(arg, place.self);
	}
}

bool zone_has_apex(const struct zone *z, const uint8_t *name)
{
	return apex_owner(z, name) != NULL;
}

uint64_t zone_apex_changes(const struct zone *z)
{
	return z->apex_changes;
}

const uint8_t *zone_apex_of(const struct zone *z, const uint8_t *name)
{
	struct place place;
	tree_locate(&z->tree, name, &place);
	return place.apex ? node_name(place.apex) : NULL;
}

int zone_add_apex(struct zone *z, const struct zone_apex *params)
{
	struct update u;
	struct node *generated;
	update_begin(z, &u, params->name);
	int err = apex_generate(z, params, &generated);
	if (err)
		return err;
	if (zone_says_same(generated, u.said[SAY_GENERATED])) {
		node_free(generated);
		return 0;
	}
	struct apex *apex = u.apex ? u.apex : calloc(1, sizeof(*apex));
	err = apex ? replace_apex(z, &u, generated, apex) : ERR_NOMEM;
	if (err) {
		node_free(generated);
		if (!u.owner || u.owner->apex != apex)
			free(apex);
		return err;
	}
	if (zone_mark(z, u.owner) && apex->serial == 0)
		z->apex_count++;
	z->apex_changes += u.owner->apex->serial == 0;
	return 0;
}

/* Removes an owner that no source has any more, and that is no apex. */
static int forget(struct zone *z, const uint8_t *name)
{
	struct update u;
	int err = 0;
	for (int s = 0; s < SAY_COUNT && !err; s++) {
		update_begin(z, &u, name);
		if (!u.said[s])
			continue;
		u.dropped = u.said[s];
		u.said[s] = NULL;
		err = update_prepare(z, &u);
		if (!err)
			update_publish(z, &u);
	}
	return err;
}

/* Removes each owner whose nearest apex is the node `apex`, except the apex. */
static int forget_below(struct zone *z, const struct node *apex)
{
	const struct table *table = atomic_load_explicit(&z->reader.table, memory_order_relaxed);
	size_t count = 0, i = 0;
	int err = 0;
	if (apex->children == 0)
		return 0; /* usual: the records were removed one by one */
	struct node **found = calloc(table->used, sizeof(*found));
	if (!found)
		return ERR_NOMEM;
	for (struct node *n; (n = table_next(table, &i));)
		if (n != apex && n->set_count > 0 && name_is_below(node_name(n), node_name(apex)))
			found[count++] = n;
	/* Removed nodes stay in the garbage until the next commit, so their names are readable. */
	for (i = 0; i < count && !err; i++) {
		struct place place;
		tree_locate(&z->tree, node_name(found[i]), &place);
		if (place.apex == apex)
			err = forget(z, node_name(found[i]));
	}
	free(found);
	return err;
}

int zone_remove_apex(struct zone *z, const uint8_t *name)
{
	struct owner *owner = apex_owner(z, name);
	struct update u;
	int err = 0;
	if (!owner)
		return ERR_ABSENT;
	if (owner->apex->signing && signing_end(z, owner->apex->signing))
		return ERR_NOMEM;
	err = zone_say(z, SAY_KEYS, name, NULL, 0);
	if (err)
		return err;
	tree_locate(&z->tree, name, &u.place);
	struct node *self = u.place.self;
	bool has_zone_above = false;
	for (const uint8_t *up = name; *up && !has_zone_above;) {
		up = name_parent(up);
		has_zone_above = apex_owner(z, up) != NULL;
	}
	if (!has_zone_above)
		err = forget_below(z, self);
	/* As long as the zone is there, this can be tried again. */
	for (unsigned say = 0; say < SAY_GENERATED && !has_zone_above && !err; say++)
		err = zone_say(z, say, name, NULL, 0);
	if (err)
		return err;
	update_begin(z, &u, name);
	struct apex *apex = u.apex;
	err = replace_apex(z, &u, NULL, NULL);
	if (err)
		return err;
	free(apex);
	z->apex_count--;
	z->apex_changes++;
	tree_locate(&z->tree, name, &u.place);
	zone_touch(z, &u.place);
	return 0;
}

/* Gives the zone its next serial and publishes its SOA. Out of memory, it stays dirty. */
static void advance_serial(struct zone *z, struct owner *owner, uint32_t floor)
{
	struct apex *apex = owner->apex;
	uint32_t before = apex->serial;
	struct update u;
	update_begin(z, &u, owner->name);
	u.name = node_spelling(u.place.self);
	apex->serial = apex_next_serial(apex, floor);
	if (update_prepare(z, &u)) {
		apex->serial = before;
		return;
	}
	z->latest_serial =
		z->latest_serial ? serial_later(apex->serial, z->latest_serial) : apex->serial;
	list_remove(&owner->in_dirty);
	update_publish(z, &u);
}

struct zone_garbage *zone_commit(struct zone *z, uint32_t serial_floor)
{
	LIST_EACH(owner, &z->dirty, struct owner, in_dirty)
		if (!owner->apex->signing)
			advance_serial(z, owner, serial_floor);
	signing_advance(z, serial_floor);
	slabs_tidy(z->slabs);
	const bool has_any = z->garbage.count > 0 || z->retired;
	struct zone_garbage *garbage = has_any ? malloc(sizeof(*garbage)) : NULL;
	if (!garbage)
		return NULL; /* kept until the next commit */
	garbage->blocks = z->garbage;
	garbage->retired = z->retired;
	z->garbage = (struct garbage){0};
	z->retired = NULL;
	return garbage;
}

void zone_garbage_free(struct zone_garbage *garbage)
{
	if (!garbage)
		return;
	garbage_free_all(&garbage->blocks);
	free_retired(garbage->retired);
	free(garbage);
}

int zone_expect(struct zone *z, size_t names)
{
	return tree_expect(&z->tree, names);
}

void zone_hide_lan(struct zone *z, bool hides)
{
	tree_hide(&z->tree, hides);
}

void zone_listen(struct zone *z, struct zone_listener listener)
{
	z->listener = listener;
}

void zone_renew(struct zone *z, const uint8_t *apex)
{
	struct owner *owner = apex_owner(z, apex);
	if (owner)
		zone_mark(z, owner);
}

uint32_t zone_serial(const struct zone *z, const uint8_t *apex)
{
	const struct owner *owner = apex_owner(z, apex);
	return owner ? owner->apex->serial : 0;
}

uint32_t zone_latest_serial(const struct zone *z)
{
	return z->latest_serial;
}

struct zone_stats zone_stats(const struct zone *z)
{
	const struct table *table = atomic_load_explicit(&z->reader.table, memory_order_relaxed);
	return (struct zone_stats){
		.zones = z->apex_count,
		.names = z->tree.names,
		.records = z->tree.records,
		.bytes = z->tree.bytes + table_size(table),
	};
}
