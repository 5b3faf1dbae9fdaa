/* SPDX-License-Identifier: ISC */
/*
 * Owns the zones as transfers see them: their SOA, their steps, and the whole of them when asked
 * for. Never changes the zone. Called by the main thread, through the zone's listener and for who
 * asks.
 */
#include "transfer/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "transfer/catalog.h"
#include "transfer/history.h"

/* One zone. */
struct jzone {
	struct map_node in_map; /* by hash of the name */
	struct name apex;
	struct records *soa;      /* of `serial`; NULL before the first */
	struct records *next_soa; /* as told since the last commit; NULL: none, the zone goes */
	uint32_t serial;          /* 0: not committed yet */
	bool is_dirty;            /* the SOA was told of since the last commit */
	bool is_catalog;
	size_t zones_below; /* zones of which this is the nearest above */
	struct history history;
	struct records *image; /* all records but the SOA, or NULL */
	ns_t image_until;
};

struct journal {
	uint64_t seed;
	const struct zone *zone;
	struct map zones;
	struct jzone *catalog; /* NULL: none */
	size_t bytes;          /* of all histories */
	bool has_dirty;
	uint64_t forgotten;
};

static struct jzone *jzone_find(const struct journal *j, const uint8_t *apex)
{
	uint64_t hash = name_hash(j->seed, apex);
	for (struct map_node *n = map_first(&j->zones, hash); n; n = map_next(n)) {
		struct jzone *z = container_of(n, struct jzone, in_map);
		if (name_equal(z->apex.wire, apex))
			return z;
	}
	return NULL;
}

/* The zone that a name is in: the nearest at or above it. The catalog has no such names. */
static struct jzone *jzone_over(const struct journal *j, const uint8_t *name)
{
	for (;; name = name_parent(name)) {
		struct jzone *z = jzone_find(j, name);
		if (z && !z->is_catalog)
			return z;
		if (name[0] == 0)
			return NULL;
	}
}

static void drop_image(struct jzone *z)
{
	records_unref(z->image);
	z->image = NULL;
}

static void forget(struct journal *j, struct jzone *z)
{
	j->bytes -= z->history.bytes;
	history_forget(&z->history);
	drop_image(z);
}

static void jzone_free(struct journal *j, struct jzone *z)
{
	forget(j, z);
	map_remove(&j->zones, &z->in_map);
	records_unref(z->soa);
	if (z->next_soa != z->soa)
		records_unref(z->next_soa);
	free(z);
}

/* A zone that begins below another takes names out of it, and one that ends gives them back,
 * without a word about each: the history of the one above says nothing of that. */
static void tell_zone_above(struct journal *j, const struct jzone *z, int change)
{
	struct jzone *above = z->apex.wire[0] ? jzone_over(j, name_parent(z->apex.wire)) : NULL;
	if (!above || z->is_catalog)
		return;
	above->zones_below += (size_t)change;
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
	history_init(&z->history);
	if (map_add(&j->zones, &z->in_map, name_hash(j->seed, apex))) {
		free(z);
		return NULL;
	}
	tell_zone_above(j, z, 1);
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

/* The SOA at an apex came (`soa` not NULL) or went. */
static void set_next_soa(struct journal *j, struct jzone *z, struct records *soa)
{
	if (z->next_soa != z->soa)
		records_unref(z->next_soa);
	z->next_soa = soa;
	z->is_dirty = j->has_dirty = true;
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
	/* What was there before the first serial is not history, but the zone. */
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
	struct jzone *z = jzone_over(j, r.owner);
	if (z)
		note(z, change->is_added, &r);
}

/* The serial of a SOA in struct records' form. */
static uint32_t serial_of(const struct records *soa)
{
	enum { SERIAL_FROM_END = 20 };
	return soa->len > SERIAL_FROM_END ? get_u32(soa->bytes + soa->len - SERIAL_FROM_END) : 0;
}

/* Makes room for what was just added, the oldest first. */
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

/* The zone has a new serial: what is pending becomes a step. */
static void advance(struct journal *j, struct jzone *z)
{
	uint32_t serial = serial_of(z->next_soa);
	j->bytes -= z->history.bytes;
	if (z->soa && z->serial != 0)
		history_close(&z->history, z->serial, serial, z->soa, z->next_soa);
	j->bytes += z->history.bytes;
	bound(j, z);
	drop_image(z);
	records_unref(z->soa);
	z->soa = z->next_soa;
	z->serial = serial;
}

static bool is_member(const struct jzone *z)
{
	return !z->is_catalog && z->serial != 0;
}

/* A zone of the catalog came or went. */
static void note_member(struct journal *j, bool is_added, const struct jzone *z)
{
	struct catalog_member member;
	if (!j->catalog || catalog_member(j->catalog->apex.wire, z->apex.wire, &member))
		return;
	note(j->catalog, is_added, &member.record);
	j->catalog->is_dirty = true;
}

/* RFC 1982 §3.2. */
static uint32_t serial_after(uint32_t serial, uint32_t floor)
{
	uint32_t next = serial + 1;
	if (serial == 0 || (int32_t)(floor - next) > 0)
		next = floor;
	return next ? next : 1;
}

static void advance_catalog(struct journal *j, uint32_t serial_floor)
{
	struct jzone *z = j->catalog;
	struct catalog_soa soa;
	catalog_soa(z->apex.wire, serial_after(z->serial, serial_floor), &soa);
	struct records *next = one_record(&soa.record);
	z->is_dirty = false;
	if (!next)
		return;
	z->next_soa = next;
	advance(j, z);
}

/* Works off what a batch did to one zone. */
static void commit_zone(struct journal *j, struct jzone *z,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	z->is_dirty = false;
	if (!z->next_soa) {
		if (is_member(z))
			note_member(j, false, z);
		visit(arg, z->apex.wire, 0);
		tell_zone_above(j, z, -1);
		jzone_free(j, z);
		return;
	}
	if (serial_of(z->next_soa) == z->serial)
		return; /* its parameters changed, and the serial will */
	bool is_new = z->serial == 0;
	advance(j, z);
	if (is_new)
		note_member(j, true, z);
	visit(arg, z->apex.wire, z->serial);
}

void journal_commit(struct journal *j, uint32_t serial_floor,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	if (!j->has_dirty)
		return;
	j->has_dirty = false;
	MAP_FOR_EACH(n, &j->zones) {
		struct jzone *z = container_of(n, struct jzone, in_map);
		if (z->is_dirty && !z->is_catalog)
			commit_zone(j, z, visit, arg);
	}
	if (j->catalog && j->catalog->is_dirty) {
		advance_catalog(j, serial_floor);
		visit(arg, j->catalog->apex.wire, j->catalog->serial);
	}
}

/* Making what is sent. */

struct imaging {
	const struct journal *j;
	const struct jzone *z;
	struct buf out;
};

/* Whether a record below the apex is the zone's: not in a zone below; but of that the NS (RFC 1034
 * §4.2.1). */
static bool is_in_zone(const struct imaging *m, const struct zone_change *record)
{
	const struct jzone *over = m->z->zones_below ? jzone_over(m->j, record->owner) : m->z;
	return over == m->z ||
	       (record->type == RR_NS && name_equal(over->apex.wire, record->owner) &&
		       jzone_over(m->j, name_parent(record->owner)) == m->z);
}

static void image_add(void *arg, const struct zone_change *record)
{
	struct imaging *m = arg;
	const struct record r = record_of(record);
	if (record->type != RR_SOA && is_in_zone(m, record))
		records_add(&m->out, &r);
}

static void image_catalog(struct imaging *m)
{
	struct catalog_member member;
	catalog_head(m->z->apex.wire, &m->out);
	MAP_FOR_EACH(n, &m->j->zones) {
		const struct jzone *z = container_of(n, struct jzone, in_map);
		if (is_member(z) && catalog_member(m->z->apex.wire, z->apex.wire, &member) == 0)
			records_add(&m->out, &member.record);
	}
}

/* The whole zone, kept for the next who asks. NULL if out of memory. */
static struct records *image_get(struct journal *j, struct jzone *z, ns_t now)
{
	z->image_until = now + LIMIT_IMAGE_KEEP_S * NS_PER_S;
	if (z->image)
		return z->image;
	struct imaging m = {.j = j, .z = z};
	int err = 0;
	if (z->is_catalog)
		image_catalog(&m);
	else
		err = zone_each_record(j->zone, z->apex.wire, image_add, &m);
	z->image = err ? NULL : records_new(&m.out);
	buf_fini(&m.out);
	return z->image;
}

static struct xfr_source *source_new(const struct jzone *z, size_t blocks)
{
	struct xfr_source *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->blocks = calloc(blocks + 1, sizeof(struct records *));
	if (!s->blocks) {
		free(s);
		return NULL;
	}
	s->soa = records_ref(z->soa);
	return s;
}

static struct xfr_source *source_whole(struct journal *j, struct jzone *z, ns_t now)
{
	struct records *image = image_get(j, z, now);
	struct xfr_source *s = image ? source_new(z, 1) : NULL;
	if (s)
		s->blocks[s->block_count++] = records_ref(image);
	return s;
}

static struct xfr_source *source_single(const struct jzone *z)
{
	struct xfr_source *s = source_new(z, 0);
	if (s)
		s->is_single = true;
	return s;
}

/* Bytes of all steps from that one on. */
static size_t steps_len(const struct jzone *z, const struct step *first)
{
	size_t len = 0;
	for (const struct list *p = &first->in_history; p != &z->history.steps; p = p->next)
		len += container_of(p, struct step, in_history)->records->len;
	return len;
}

/* Whether it is less to send all of the zone (RFC 1995 §4 lets us). Not worth the question where
 * the steps are few. */
static bool is_whole_shorter(struct journal *j, struct jzone *z, const struct step *first, ns_t now)
{
	enum { FEW = 64 * 1024 };
	size_t len = steps_len(z, first);
	const struct records *image = len > FEW ? image_get(j, z, now) : NULL;
	return image && image->len < len;
}

static struct xfr_source *source_steps(const struct jzone *z, struct step *first)
{
	struct xfr_source *s = source_new(z, z->history.step_count);
	if (!s)
		return NULL;
	s->is_incremental = true;
	for (struct list *p = &first->in_history; p != &z->history.steps; p = p->next)
		s->blocks[s->block_count++] =
			records_ref(container_of(p, struct step, in_history)->records);
	return s;
}

int journal_source(struct journal *j, const struct xfr_ask *ask, ns_t now, struct xfr_source **ret)
{
	struct jzone *z = jzone_find(j, ask->zone.wire);
	struct xfr_source *s;
	if (!z || z->serial == 0)
		return ERR_ABSENT;
	struct step *first = ask->type == RR_IXFR ? history_from(&z->history, ask->serial) : NULL;
	/* Who has the same or, by RFC 1982, a later one is up to date (RFC 1995 §2). */
	if (ask->type == RR_IXFR && (int32_t)(z->serial - ask->serial) <= 0)
		s = source_single(z);
	else if (first && !is_whole_shorter(j, z, first, now))
		s = source_steps(z, first);
	else
		s = source_whole(j, z, now);
	if (!s)
		return ERR_NOMEM;
	*ret = s;
	return 0;
}

struct records *journal_soa(const struct journal *j, const uint8_t *apex)
{
	const struct jzone *z = jzone_find(j, apex);
	return z && z->serial != 0 ? z->soa : NULL;
}

void journal_trim(struct journal *j, ns_t now)
{
	MAP_FOR_EACH(n, &j->zones) {
		struct jzone *z = container_of(n, struct jzone, in_map);
		if (z->image && z->image_until <= now)
			drop_image(z);
	}
}

ns_t journal_deadline(const struct journal *j)
{
	ns_t deadline = NS_NEVER;
	MAP_FOR_EACH(n, &j->zones) {
		const struct jzone *z = container_of(n, struct jzone, in_map);
		if (z->image)
			deadline = ns_min(deadline, z->image_until);
	}
	return deadline;
}

void journal_each_zone(const struct journal *j,
	void (*visit)(void *arg, const uint8_t *apex, uint32_t serial), void *arg)
{
	MAP_FOR_EACH(n, &j->zones) {
		const struct jzone *z = container_of(n, struct jzone, in_map);
		if (z->serial != 0)
			visit(arg, z->apex.wire, z->serial);
	}
}

struct journal_stats journal_stats(const struct journal *j)
{
	struct journal_stats stats = {
		.zones = j->zones.count, .bytes = j->bytes, .forgotten = j->forgotten};
	MAP_FOR_EACH(n, &j->zones)
		stats.steps += container_of(n, struct jzone, in_map)->history.step_count;
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

static void learn(void *arg, const struct zone_change *record)
{
	struct journal *j = arg;
	if (record->type == RR_SOA)
		journal_change(j, record);
}

static void ignore(void *arg UNUSED, const uint8_t *apex UNUSED, uint32_t serial UNUSED)
{
}

struct journal *journal_new(uint64_t seed, const struct zone *zone)
{
	struct journal *j = calloc(1, sizeof(*j));
	if (!j)
		return NULL;
	j->seed = seed;
	j->zone = zone;
	map_init(&j->zones);
	if (zone_each_record(zone, name_root, learn, j)) {
		journal_free(j);
		return NULL;
	}
	journal_commit(j, 0, ignore, NULL);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	MAP_FOR_EACH(n, &j->zones)
		jzone_free(j, container_of(n, struct jzone, in_map));
	map_fini(&j->zones);
	free(j);
}
