/* SPDX-License-Identifier: ISC */
/*
 * Owns the walk that copies whole zones, and the decision which owners it skips.
 * Never knows which zones exist.
 */
#include "transfer/snapshot_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "wire/rr.h"
#include "zone/lookup.h"

/* Number of slots visited per call: some 0.1 ms. */
enum { SLOTS_A_CALL = 512 };

/* An owner that has changed since the walk began. The snapshot has its former records. */
struct changed {
	struct map_node in_map;
	uint8_t name[];
};

struct snapshot_walk {
	struct zone *zone;
	uint64_t seed;
	struct walked_snapshots (*snapshots_of)(void *arg, const uint8_t *owner);
	void *arg;
	struct zone_walk walk;
	struct map changed;
};

struct snapshot_walk *snapshot_walk_new(struct zone *zone, uint64_t seed,
	struct walked_snapshots (*snapshots_of)(void *arg, const uint8_t *owner), void *arg)
{
	struct zone_walk walk;
	struct snapshot_walk *s = zone_walk_begin(zone, &walk) ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	*s = (struct snapshot_walk){
		.zone = zone, .seed = seed, .snapshots_of = snapshots_of, .arg = arg, .walk = walk};
	map_init(&s->changed);
	return s;
}

void snapshot_walk_free(struct snapshot_walk *s)
{
	if (!s)
		return;
	MAP_EACH(changed, &s->changed, struct changed, in_map)
		free(changed);
	map_fini(&s->changed);
	free(s);
}

static bool has_changed(const struct snapshot_walk *s, const uint8_t *name)
{
	if (s->changed.count == 0)
		return false;
	return MAP_FIND(&s->changed, name_hash(s->seed, name), struct changed, in_map, c,
		name_equal(c->name, name));
}

static int note_change(struct snapshot_walk *s, const uint8_t *name)
{
	size_t len = name_len(name);
	struct changed *c = malloc(sizeof(*c) + len);
	if (!c)
		return ERR_NOMEM;
	memcpy(c->name, name, len);
	if (map_add(&s->changed, &c->in_map, name_hash(s->seed, name)) == 0)
		return 0;
	free(c);
	return ERR_NOMEM;
}

static void put_aside(struct snapshot_walk *s, const struct node *n)
{
	struct walked_snapshots to = s->snapshots_of(s->arg, node_name(n));
	if (to.own)
		snapshot_add_node(to.own, n, RR_ANY);
	if (to.above)
		snapshot_add_node(to.above, n, RR_NS);
}

int snapshot_walk_before_change(struct snapshot_walk *s, const uint8_t *owner)
{
	struct key key;
	if (has_changed(s, owner))
		return 0;
	key_from_name(&key, owner);
	const struct node *n = zone_node(zone_reader(s->zone), &key);
	int err = note_change(s, owner);
	/* If the walk has passed it, it is in the snapshot already. */
	if (!err && n && !zone_walk_has_passed(s->zone, &s->walk, n))
		put_aside(s, n);
	return err;
}

static void visit(void *arg, const struct node *n)
{
	struct snapshot_walk *s = arg;
	if (!has_changed(s, node_name(n)))
		put_aside(s, n);
}

int snapshot_walk_work(struct snapshot_walk *s)
{
	return zone_walk_some(s->zone, &s->walk, SLOTS_A_CALL, visit, s);
}
