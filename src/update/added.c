/* SPDX-License-Identifier: ISC */
/*
 * Owns all that updates have added, and the drafts of changes to it.
 * Never publishes anything itself.
 */
#include "update/added.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"

/* What one key has added. */
struct key_sum {
	struct map_node in_map;
	size_t sets, bytes;
	enum added_kind kind;
	uint8_t name[];
};

struct added {
	struct map owners; /* of struct added_owner.in_map */
	struct map keys;   /* of struct key_sum.in_map */
	struct list
		unput; /* of struct added_owner.in_unput; those without sets are freed when put */
	struct map emptied; /* the same owners: they are not in `owners` any more */
	struct heap leases; /* owners with records that have one */
	uint64_t seed;
	size_t sets, records, bytes, leased, leased_bytes;
};

/* Owners. */

static struct added_owner *find(const struct map *m, uint64_t seed, const uint8_t *name)
{
	return MAP_FIND(
		m, name_hash(seed, name), struct added_owner, in_map, o, name_equal(o->name, name));
}

static void free_owner(struct added_owner *o)
{
	if (!o)
		return;
	list_remove(&o->in_unput);
	for (unsigned i = 0; i < o->set_count; i++)
		free(o->sets[i]);
	free(o->sets);
	free(o);
}

static struct added_owner *new_owner(const uint8_t *name)
{
	size_t len = name_len(name);
	struct added_owner *o = calloc(1, sizeof(*o) + len);
	if (!o)
		return NULL;
	list_init(&o->in_unput);
	memcpy(o->name, name, len);
	return o;
}

static struct added_set *copy_set(const struct added_set *set)
{
	size_t size = sizeof(*set) + set->key_len + set->len;
	struct added_set *copy = malloc(size);
	STEPS(1 + size / STEP_BYTES);
	return copy ? memcpy(copy, set, size) : NULL;
}

static struct added_owner *copy_owner(const struct added_owner *from)
{
	struct added_owner *o = new_owner(from->name);
	if (!o || from->set_count == 0)
		return o;
	o->sets = calloc(from->set_count, sizeof(struct added_set *));
	for (; o->sets && o->set_count < from->set_count; o->set_count++)
		if (!(o->sets[o->set_count] = copy_set(from->sets[o->set_count])))
			break;
	if (o->set_count == from->set_count)
		return o;
	free_owner(o);
	return NULL;
}

static bool is_same_set(const struct added_set *a, const struct added_set *b)
{
	size_t at_a = 0, at_b = 0;
	if (!a || !b || a->count != b->count || a->len != b->len || a->ttl != b->ttl)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		const bool is_same_lease = added_set_until(a, at_a) == added_set_until(b, at_b);
		struct rdata x = added_set_next(a, &at_a), y = added_set_next(b, &at_b);
		if (!is_same_lease || rdata_cmp(x.bytes, x.len, y.bytes, y.len) != 0)
			return false;
	}
	return true;
}

/* True if both have the same records. Who has said so when may differ. */
static bool is_same_owner(const struct added_owner *a, const struct added_owner *b)
{
	unsigned in_b = b ? b->set_count : 0;
	if (a->set_count != in_b)
		return false;
	for (unsigned i = 0; i < in_b; i++)
		if (!is_same_set(added_owner_set(a, b->sets[i]->type), b->sets[i]))
			return false;
	return true;
}

/* All of them. */

struct added *added_new(uint64_t seed)
{
	struct added *a = calloc(1, sizeof(*a));
	struct map_node first = {0};
	if (!a)
		return NULL;
	a->seed = seed;
	list_init(&a->unput);
	/* From now on, adding to these maps cannot fail. */
	if (map_add(&a->owners, &first, 0)) {
		free(a);
		return NULL;
	}
	map_remove(&a->owners, &first);
	if (map_add(&a->emptied, &first, 0)) {
		added_free(a);
		return NULL;
	}
	map_remove(&a->emptied, &first);
	return a;
}

static void free_owners(struct map *m)
{
	MAP_EACH(o, m, struct added_owner, in_map)
		free_owner(o);
	map_fini(m);
}

void added_free(struct added *a)
{
	if (!a)
		return;
	free_owners(&a->owners);
	free_owners(&a->emptied);
	MAP_EACH(sum, &a->keys, struct key_sum, in_map)
		free(sum);
	map_fini(&a->keys);
	free(a);
}

const struct added_owner *added_find(const struct added *a, const uint8_t *name)
{
	return find(&a->owners, a->seed, name);
}

void added_each(
	const struct added *a, void (*visit)(void *arg, const struct added_owner *o), void *arg)
{
	MAP_EACH(o, &a->owners, struct added_owner, in_map)
		visit(arg, o);
}

struct added_stats added_stats(const struct added *a)
{
	return (struct added_stats){
		a->owners.count, a->sets, a->records, a->bytes, a->leased, a->leased_bytes};
}

/* Sums. */

/* NULL: there is none, as for no key. */
static struct key_sum *find_sum(const struct added *a, const struct added_by *by)
{
	if (!by->key)
		return NULL;
	return MAP_FIND(&a->keys, name_hash(a->seed, by->key), struct key_sum, in_map, s,
		s->kind == by->kind && name_equal(s->name, by->key));
}

/* Makes the sums of all keys of the draft. */
static int make_sums(const struct added_draft *d)
{
	struct added *a = d->added;
	MAP_EACH(o, &d->owners, struct added_owner, in_map)
		for (unsigned i = 0; i < o->set_count; i++) {
			const struct added_by by = added_set_by(o->sets[i]);
			if (!by.key || find_sum(a, &by))
				continue;
			struct key_sum *sum = calloc(1, sizeof(*sum) + name_len(by.key));
			if (!sum)
				return ERR_NOMEM;
			sum->kind = by.kind;
			memcpy(sum->name, by.key, name_len(by.key));
			if (map_add(&a->keys, &sum->in_map, name_hash(a->seed, by.key))) {
				free(sum);
				return ERR_NOMEM;
			}
		}
	return 0;
}

/* Counts what the owner has, or counts it no more. */
static void count_owner(struct added *a, const struct added_owner *o, bool is_there)
{
	for (unsigned i = 0; i < o->set_count; i++) {
		const struct added_set *set = o->sets[i];
		const size_t one = is_there ? 1 : (size_t)-1;
		const struct added_by by = added_set_by(set);
		struct key_sum *sum = find_sum(a, &by);
		a->sets += one;
		a->records += one * set->count;
		a->bytes += one * set->len;
		if (added_set_until(set, 0) != 0) {
			a->leased += one;
			a->leased_bytes += one * set->len;
		}
		if (!sum)
			continue;
		sum->sets += one;
		sum->bytes += one * set->len;
		if (sum->sets > 0)
			continue;
		map_remove(&a->keys, &sum->in_map);
		free(sum);
	}
}

/* Drafts. */

void added_draft_init(struct added_draft *d, struct added *a)
{
	d->added = a;
	map_init(&d->owners);
}

void added_draft_fini(struct added_draft *d)
{
	free_owners(&d->owners);
	map_init(&d->owners);
}

struct added_owner *added_draft_owner(struct added_draft *d, const uint8_t *name)
{
	struct added_owner *o = find(&d->owners, d->added->seed, name);
	if (o)
		return o;
	const struct added_owner *present = added_find(d->added, name);
	o = present ? copy_owner(present) : new_owner(name);
	if (o && map_add(&d->owners, &o->in_map, name_hash(d->added->seed, name))) {
		free_owner(o);
		return NULL;
	}
	return o;
}

int added_draft_merge(struct added_draft *into, struct added_draft *from)
{
	struct map_node first;
	/* Only the first one may fail. */
	if (from->owners.count > 0) {
		if (map_add(&into->owners, &first, 0))
			return ERR_NOMEM;
		map_remove(&into->owners, &first);
	}
	MAP_EACH(o, &from->owners, struct added_owner, in_map) {
		map_remove(&from->owners, &o->in_map);
		(void)!map_add(&into->owners, &o->in_map, name_hash(into->added->seed, o->name));
	}
	return 0;
}

bool added_draft_overlaps(const struct added_draft *d, const struct added_draft *other)
{
	MAP_EACH(o, &d->owners, struct added_owner, in_map) {
		if (added_draft_has(other, o->name))
			return true;
	}
	return false;
}

bool added_draft_has(const struct added_draft *d, const uint8_t *name)
{
	return find(&d->owners, d->added->seed, name) != NULL;
}

size_t added_draft_settle(struct added_draft *d)
{
	MAP_EACH(o, &d->owners, struct added_owner, in_map)
		if (is_same_owner(o, added_find(d->added, o->name))) {
			map_remove(&d->owners, &o->in_map);
			free_owner(o);
		}
	return d->owners.count;
}

/* What the draft adds, or less than 0, of all keys or of one. */
struct growth {
	long sets, bytes, key_sets, key_bytes, leased, leased_bytes;
};

static void grow(struct growth *g, const struct added_owner *o, const struct added_by *of, long by)
{
	for (unsigned i = 0; o && i < o->set_count; i++) {
		const struct added_set *set = o->sets[i];
		const uint8_t *key = added_set_key(set);
		g->sets += by;
		g->bytes += by * (long)set->len;
		if (added_set_until(set, 0) != 0) {
			g->leased += by;
			g->leased_bytes += by * (long)set->len;
		}
		if (!key || !of->key || set->kind != of->kind || !name_equal(of->key, key))
			continue;
		g->key_sets += by;
		g->key_bytes += by * (long)set->len;
	}
}

static bool fits(size_t have, long more, size_t limit)
{
	return more <= 0 || have + (size_t)more <= limit;
}

static void grow_by(struct growth *g, const struct added_draft *d, const struct added_by *of)
{
	MAP_EACH(o, &d->owners, struct added_owner, in_map) {
		grow(g, o, of, 1);
		grow(g, added_find(d->added, o->name), of, -1);
	}
}

bool added_draft_fits(
	const struct added_draft *d, const struct added_draft *before, const struct added_by *by)
{
	const struct added *a = d->added;
	const struct key_sum *sum = find_sum(a, by);
	struct growth g = {0};
	grow_by(&g, d, by);
	if (g.sets <= 0 && g.bytes <= 0 && g.key_sets <= 0 && g.key_bytes <= 0 && g.leased <= 0 &&
		g.leased_bytes <= 0)
		return true;
	if (before)
		grow_by(&g, before, by);
	return fits(a->sets, g.sets, LIMIT_UPDATE_SETS) &&
	       fits(a->bytes, g.bytes, LIMIT_UPDATE_BYTES) &&
	       fits(a->leased, g.leased, LIMIT_SRP_SETS) &&
	       fits(a->leased_bytes, g.leased_bytes, LIMIT_SRP_BYTES) &&
	       fits(sum ? sum->sets : 0, g.key_sets, LIMIT_UPDATE_KEY_SETS) &&
	       fits(sum ? sum->bytes : 0, g.key_bytes, LIMIT_UPDATE_KEY_BYTES);
}

/* Removes the owner from the state, if it is there. */
static void take_out(struct added *a, const uint8_t *name)
{
	struct added_owner *old = find(&a->owners, a->seed, name);
	struct added_owner *emptied = find(&a->emptied, a->seed, name);
	if (emptied) {
		map_remove(&a->emptied, &emptied->in_map);
		free_owner(emptied);
	}
	if (!old)
		return;
	count_owner(a, old, false);
	heap_remove(&a->leases, &old->due);
	map_remove(&a->owners, &old->in_map);
	free_owner(old);
}

static void note_lease(struct added *a, struct added_owner *o)
{
	const uint64_t end = added_owner_next_end(o);
	if (end != UINT64_MAX)
		heap_put(&a->leases, &o->due, (ns_t)end);
}

int added_take(struct added_draft *d)
{
	struct added *a = d->added;
	int err = make_sums(d);
	if (err)
		return err;
	MAP_EACH(o, &d->owners, struct added_owner, in_map) {
		map_remove(&d->owners, &o->in_map);
		count_owner(a, o, true); /* before the old ones, so that no sum ends in between */
		take_out(a, o->name);
		struct map *to = o->set_count > 0 ? &a->owners : &a->emptied;
		(void)!map_add(to, &o->in_map, name_hash(a->seed, o->name));
		list_append(&a->unput, &o->in_unput);
		note_lease(a, o);
	}
	added_draft_fini(d);
	return 0;
}

size_t added_expire(struct added *a, uint64_t now_s)
{
	struct added_draft d;
	size_t count = 0;
	added_draft_init(&d, a);
	while (added_next_end(a) <= now_s) {
		struct added_owner *o =
			container_of(heap_first(&a->leases), struct added_owner, due);
		struct added_owner *copy = added_draft_owner(&d, o->name);
		if (!copy || added_owner_expire(copy, now_s) || added_take(&d))
			break;
		count++;
	}
	added_draft_fini(&d);
	return count;
}

uint64_t added_next_end(const struct added *a)
{
	const struct heap_node *first = heap_first(&a->leases);
	return first ? (uint64_t)first->at : UINT64_MAX;
}

/* Publication. */

/* The key of who has registered a name for some time (RFC 9665) is not served: otherwise who comes first would have a
 * key in the zone, and the rights that the name of a key gives. */
static bool is_served(const struct added_set *set)
{
	return set->type != RR_KEY || added_set_until(set, 0) == 0;
}

/* Who gets a record: all; but a private address that a device has registered is for the lan, as those of workloads are,
 * and one that is of use on a link only (or nowhere) is for nobody. */
static unsigned view_of(const struct added_set *set, struct rdata rdata)
{
	if (added_set_until(set, 0) == 0 || (set->type != RR_A && set->type != RR_AAAA))
		return VIEW_ANY;
	const struct addr addr = addr_make(set->type == RR_A ? ADDR_V4 : ADDR_V6, rdata.bytes);
	switch (addr_scope(&addr)) {
	case ADDR_SCOPE_WAN: return VIEW_ANY;
	case ADDR_SCOPE_LAN: return VIEW_LAN;
	default: return 0;
	}
}

/* Adds the records of the set that are for that view to `rdata`. Returns the set of them. */
static struct rrset take_view(const struct added_set *set, unsigned view, struct rdata *rdata)
{
	struct rrset taken = {set->type, (uint8_t)view, set->ttl, 0, rdata};
	size_t at = 0;
	for (unsigned r = 0; r < set->count; r++) {
		rdata[taken.count] = added_set_next(set, &at);
		taken.count += view_of(set, rdata[taken.count]) == view;
	}
	return taken;
}

static int put_owner(const struct added_owner *o, added_put_fn *put, void *arg)
{
	static const unsigned views[] = {VIEW_ANY, VIEW_LAN};
	struct rrset *sets = calloc(2u * o->set_count + 1, sizeof(*sets));
	size_t records = 0, used = 0, count = 0;
	for (unsigned i = 0; i < o->set_count; i++)
		records += o->sets[i]->count;
	struct rdata *rdata = calloc(records + 1, sizeof(*rdata));
	for (unsigned i = 0; sets && rdata && i < 2 * o->set_count; i++) {
		if (!is_served(o->sets[i / 2]))
			continue;
		sets[count] = take_view(o->sets[i / 2], views[i % 2], rdata + used);
		used += sets[count].count;
		count += sets[count].count > 0;
	}
	int err = sets && rdata ? put(arg, o->name, sets, count) : ERR_NOMEM;
	free(sets);
	free(rdata);
	return err;
}

int added_draft_try(const struct added_draft *d, added_put_fn *try, void *arg)
{
	MAP_EACH(o, &d->owners, struct added_owner, in_map) {
		int err = o->set_count > 0 ? put_owner(o, try, arg) : 0;
		if (err)
			return err;
	}
	return 0;
}

int added_put_all(struct added *a, added_put_fn *put, void *arg)
{
	LIST_EACH(o, &a->unput, struct added_owner, in_unput) {
		int err = put_owner(o, put, arg);
		if (err == ERR_NOMEM)
			return err;
		list_remove(&o->in_unput);
		if (o->set_count > 0)
			continue;
		map_remove(&a->emptied, &o->in_map);
		free_owner(o);
	}
	return 0;
}

static void touch(struct added *a, struct added_owner *o)
{
	if (list_is_empty(&o->in_unput))
		list_append(&a->unput, &o->in_unput);
}

void added_touch(struct added *a, const uint8_t *name)
{
	struct added_owner *o = find(&a->owners, a->seed, name);
	if (o)
		touch(a, o);
}

void added_zones_changed(struct added *a)
{
	MAP_EACH(o, &a->owners, struct added_owner, in_map)
		touch(a, o);
}
