/* SPDX-License-Identifier: ISC */
/*
 * Owns the zones as transfers see them: their SOA and their steps.
 * Never changes the zone, never decides what is sent.
 */
#include "transfer/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/serial.h"
#include "transfer/catalog.h"
#include "transfer/journal_zone.h"
#include "transfer/source.h"
#include "zone/node.h"

static void forget(struct journal *j, struct jzone *z)
{
	j->bytes -= z->history.bytes;
	history_forget(&z->history);
	source_forget(j, z);
}

static void jzone_free(struct journal *j, struct jzone *z)
{
	forget(j, z);
	history_fini(&z->history);
	list_remove(&z->in_dirty);
	map_remove(&j->zones, &z->in_map);
	records_unref(z->soa);
	if (z->next_soa != z->soa)
		records_unref(z->next_soa);
	free(z);
}

/* A new zone takes over names of the zone above it, and gives them back at its end. Such names are
 * not reported one by one, so the history of the zone above is incomplete: forget it. */
static void tell_zone_above(struct journal *j, const struct jzone *z)
{
	struct jzone *above = z->apex.wire[0] ? jzone_over(j, name_parent(z->apex.wire)) : NULL;
	if (!above || z->is_catalog)
		return;
	above->is_leaf = false;
	forget(j, above);
	above->history.is_broken = true;
}

static struct jzone *jzone_new(struct journal *j, const uint8_t *apex, bool is_catalog)
{
	struct jzone *z = calloc(1, sizeof(*z));
	if (!z)
		return NULL;
	name_copy(&z->apex, apex);
	z->is_catalog = is_catalog;
	list_init(&z->in_dirty);
	list_init(&z->in_imaged);
	list_init(&z->in_wanted);
	history_init(&z->history);
	if (map_add(&j->zones, &z->in_map, name_hash(j->seed, apex))) {
		free(z);
		return NULL;
	}
	tell_zone_above(j, z);
	return z;
}

static struct records *one_record(const struct record *r)
{
	struct buf b = {0};
	records_add(&b, r);
	struct records *made = records_new(&b);
	buf_fini(&b);
	return made;
}

static void mark_dirty(struct journal *j, struct jzone *z)
{
	list_remove(&z->in_dirty);
	list_append(&j->dirty, &z->in_dirty);
}

/* The SOA at an apex was added (`soa` not NULL) or removed. */
static void set_next_soa(struct journal *j, struct jzone *z, struct records *soa)
{
	if (z->next_soa != z->soa)
		records_unref(z->next_soa);
	z->next_soa = soa;
	mark_dirty(j, z);
}

static void change_soa(struct journal *j, bool is_added, const struct record *r)
{
	struct jzone *z = jzone_find(j, r->owner);
	if (z && z->is_catalog)
		return;
	if (!z && is_added)
		z = jzone_new(j, r->owner, false);
	if (z)
		set_next_soa(j, z, is_added ? one_record(r) : NULL);
}

static void note(struct jzone *z, bool is_added, const struct record *r)
{
	/* What existed before the first serial is not part of the history. */
	if (z->serial != 0)
		history_note(&z->history, is_added, r, LIMIT_JOURNAL_ZONE);
}

void journal_change(struct journal *j, const struct zone_change *change)
{
	const struct record r = record_of(change);
	if (r.type == RR_SOA) {
		change_soa(j, change->is_added, &r);
		return;
	}
	source_before_change(j, r.owner);
	struct jzone *z = jzone_over(j, r.owner);
	if (z)
		note(z, change->is_added, &r);
}

/* Returns the serial of a SOA record. */
static uint32_t serial_of(const struct records *soa)
{
	enum { SERIAL_FROM_END = 20 };
	return soa->len > SERIAL_FROM_END ? get_u32(soa->bytes + soa->len - SERIAL_FROM_END) : 0;
}

/* Removes the oldest steps until the new one is within the limits. */
static void bound(struct journal *j, struct jzone *z)
{
	while (!list_is_empty(&z->history.steps) &&
		(z->history.bytes > LIMIT_JOURNAL_ZONE || j->bytes > LIMIT_JOURNAL)) {
		j->bytes -= z->history.bytes;
		history_forget_oldest(&z->history);
		j->bytes += z->history.bytes;
		j->forgotten++;
	}
}

/* The zone has a new serial: makes a step of the pending changes. */
static void advance(struct journal *j, struct jzone *z)
{
	uint32_t serial = serial_of(z->next_soa);
	j->bytes -= z->history.bytes;
	if (z->soa && z->serial != 0)
		history_close(&z->history, z->serial, serial, z->soa, z->next_soa);
	j->bytes += z->history.bytes;
	bound(j, z);
	records_unref(z->soa);
	z->soa = z->next_soa;
	z->serial = serial;
	source_advance(j, z);
}

/* A zone of the catalog was added or removed. */
static void note_member(struct journal *j, bool is_added, const struct jzone *z)
{
	struct catalog_member member;
	if (!j->catalog || catalog_member(j->catalog->apex.wire, z->apex.wire, &member))
		return;
	note(j->catalog, is_added, &member.record);
	mark_dirty(j, j->catalog);
}

/* RFC 1982 §3.2. */
static uint32_t serial_after(uint32_t serial, uint32_t floor)
{
	uint32_t next = serial + 1;
	if (serial == 0 || serial_is_after(floor, next))
		next = floor;
	return next ? next : 1;
}

static void advance_catalog(struct journal *j, uint32_t serial_floor)
{
	struct jzone *z = j->catalog;
	struct catalog_soa soa;
	catalog_soa(z->apex.wire, serial_after(z->serial, serial_floor), &soa);
	struct records *next = one_record(&soa.record);
	list_remove(&z->in_dirty);
	if (!next)
		return;
	z->next_soa = next;
	advance(j, z);
}

/* Handles what a batch of changes did to one zone. */
static void commit_zone(struct journal *j, struct jzone *z,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	list_remove(&z->in_dirty);
	if (!z->next_soa) {
		if (jzone_is_member(z))
			note_member(j, false, z);
		visit(arg, z->apex.wire, 0);
		tell_zone_above(j, z);
		jzone_free(j, z);
		return;
	}
	if (serial_of(z->next_soa) == z->serial)
		return; /* only its parameters changed: the new serial follows */
	bool is_new = z->serial == 0;
	advance(j, z);
	if (is_new)
		note_member(j, true, z);
	visit(arg, z->apex.wire, z->serial);
}

void journal_commit(struct journal *j, uint32_t serial_floor,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	LIST_EACH(z, &j->dirty, struct jzone, in_dirty) {
		if (!z->is_catalog)
			commit_zone(j, z, visit, arg);
	}
	if (j->catalog && !list_is_empty(&j->catalog->in_dirty)) {
		advance_catalog(j, serial_floor);
		visit(arg, j->catalog->apex.wire, j->catalog->serial);
	}
}

struct records *journal_soa(const struct journal *j, const uint8_t *apex)
{
	const struct jzone *z = jzone_find(j, apex);
	return z && z->serial != 0 ? z->soa : NULL;
}

void journal_each_zone(const struct journal *j,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	MAP_EACH(z, &j->zones, const struct jzone, in_map) {
		if (z->serial != 0)
			visit(arg, z->apex.wire, z->serial);
	}
}

void journal_each_misplaced(const struct journal *j,
	unsigned (*view_of)(void *arg, const struct addr *client),
	void (*visit)(void *arg, const uint8_t *apex), void *arg)
{
	MAP_EACH(z, &j->zones, const struct jzone, in_map) {
		if (history_has_misplaced(&z->history, z->serial, view_of, arg))
			visit(arg, z->apex.wire);
	}
}

struct journal_stats journal_stats(const struct journal *j)
{
	struct journal_stats stats = {
		.zones = j->zones.count, .bytes = j->bytes, .forgotten = j->forgotten};
	MAP_EACH(jzone, &j->zones, struct jzone, in_map)
		stats.steps += jzone->history.step_count;
	return stats;
}

int journal_set_catalog(struct journal *j, const uint8_t *catalog, uint32_t serial_floor)
{
	j->catalog = jzone_find(j, catalog) ? NULL : jzone_new(j, catalog, true);
	if (!j->catalog)
		return ERR_NOMEM;
	advance_catalog(j, serial_floor);
	return j->catalog->serial != 0 ? 0 : ERR_NOMEM;
}

/* Notes a zone that exists in the store: all views see the SOA of an apex. */
static void learn(void *arg, const struct node *n)
{
	struct journal *j = arg;
	const struct node_set *soa = node_set(n, RR_SOA, VIEW_ANY);
	if (!soa)
		return;
	const uint8_t *at = node_rdata(n, soa);
	change_soa(j, true,
		&(struct record){
			node_spelling(n), RR_SOA, soa->view, soa->ttl, node_next_rdata(soa, &at)});
}

static void ignore(void *arg UNUSED, const uint8_t *apex UNUSED, uint32_t serial UNUSED)
{
}

struct journal *journal_new(uint64_t seed, struct zone *zone)
{
	struct journal *j = calloc(1, sizeof(*j));
	if (!j)
		return NULL;
	j->seed = seed;
	j->zone = zone;
	map_init(&j->zones);
	list_init(&j->dirty);
	list_init(&j->imaged);
	list_init(&j->wanted);
	zone_each_apex(zone, learn, j);
	journal_commit(j, 0, ignore, NULL);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	snapshot_walk_free(j->walk);
	MAP_EACH(jzone, &j->zones, struct jzone, in_map)
		jzone_free(j, jzone);
	map_fini(&j->zones);
	free(j);
}
