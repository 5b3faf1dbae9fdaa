/* SPDX-License-Identifier: ISC */
/*
 * Owns the shape of the tree of names: which ancestors have nodes, which slots are edges.
 * Never decides which records a name has; never frees what readers may see.
 */
#include "zone/tree.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

enum {
	/* Most slots that one change adds: the name's own, its edge, a fork's own,
	 * the split edge's. */
	SLOTS_A_CHANGE = 4,
	/* Most blocks that one change discards, besides ancestors: two tables, the name's node, and
	 * the writer's own data (zone/update.c). */
	GARBAGE_A_CHANGE = 9,
	/* Slots moved with each change while a table grows: some ten microseconds. So all are moved
	 * when a small part of the new room is used. */
	MOVES_A_CHANGE = 128
};

static struct table *table_of(const struct tree *t)
{
	/* Relaxed: this thread stored it. */
	return atomic_load_explicit(&t->reader->table, memory_order_relaxed);
}

static void publish_table(struct tree *t, struct table *table)
{
	t->tables++;
	atomic_store_explicit(&t->reader->table, table, memory_order_release);
}

static struct node *empty_node(const uint8_t *name)
{
	const struct facts none = {0};
	struct node *n;
	return node_new(name, &none, (struct node_form){0}, &n) ? NULL : n;
}

int tree_init(struct tree *t, struct zone_reader *reader, struct garbage *garbage)
{
	*t = (struct tree){.reader = reader, .garbage = garbage};
	struct table *table = table_new(reader->seed, 0);
	struct node *root = empty_node(name_root);
	if (!table || !root) {
		table_free(table);
		node_free(root);
		return ERR_NOMEM;
	}
	struct key key;
	key_from_name(&key, name_root);
	table_add(table, key_hash(reader->seed, &key, 0), root, false);
	t->bytes = node_size(root);
	publish_table(t, table);
	return 0;
}

void tree_fini(struct tree *t)
{
	struct table *table = table_of(t);
	size_t i = 0;
	if (!table)
		return;
	/* During a move, a node may be in both tables. It is freed when its second slot is
	 * found. */
	table_free(table_move_some(table, SIZE_MAX));
	for (struct node *n; (n = table_next(table, &i));)
		node_free(n);
	table_free(table);
	publish_table(t, NULL);
}

static bool has_feature(const struct node *n, enum table_feature feature)
{
	switch (feature) {
	case TABLE_CUTS: return n->flags & (NODE_CUT | NODE_DNAME);
	case TABLE_WILDCARDS: return n->is_wildcard;
	case TABLE_VIEWS: return n->flags & NODE_VIEWS;
	case TABLE_FEATURE_COUNT: break;
	}
	return false;
}

/* Counts a node in (`sign` 1) or out (-1), and updates the features that readers check. */
static void count_node(struct tree *t, const struct node *n, int sign)
{
	size_t by = (size_t)sign;
	uint32_t features = 0;
	t->bytes += by * node_size(n);
	t->names += n->set_count > 0 ? by : 0;
	t->records += by * node_records(n);
	for (int f = 0; f < TABLE_FEATURE_COUNT; f++) {
		t->features[f] += has_feature(n, f) ? by : 0;
		features |= (uint32_t)(t->features[f] > 0) << f;
	}
	features |= (uint32_t)t->hides << TABLE_HIDES;
	atomic_store_explicit(&t->reader->features, features, memory_order_relaxed);
}

void tree_hide(struct tree *t, bool hides)
{
	uint32_t features = atomic_load_explicit(&t->reader->features, memory_order_relaxed);
	t->hides = hides;
	features &= ~(1u << TABLE_HIDES);
	features |= (uint32_t)hides << TABLE_HIDES;
	atomic_store_explicit(&t->reader->features, features, memory_order_relaxed);
}

static uint32_t wan_count(const struct node *n)
{
	return atomic_load_explicit(&n->wan_count, memory_order_relaxed);
}

static void set_wan_count(struct node *n, uint32_t count)
{
	atomic_store_explicit(&n->wan_count, count, memory_order_relaxed);
}

static uint32_t is_wan(const struct node *n)
{
	return node_has_view(n, VIEW_WAN);
}

/* Returns the offset of the name's ancestor that has `labels` labels. */
static unsigned start_of(const struct place *p, unsigned labels)
{
	return p->labels.start[p->labels.count - labels];
}

static uint64_t hash_of(const struct tree *t, const struct place *p, unsigned labels)
{
	return key_hash(t->reader->seed, &p->key, start_of(p, labels));
}

/* Notes that `n`, which has `labels` labels, is the name itself or an ancestor of it. */
static void pass(struct place *p, struct node *n, unsigned labels)
{
	if (n->flags & NODE_APEX)
		p->apex = n;
	if (labels == p->labels.count) {
		p->self = n;
	} else {
		p->above = n;
		p->above_labels = labels;
	}
}

void tree_locate(const struct tree *t, const uint8_t *name, struct place *ret)
{
	struct place *p = ret;
	memset(&p->self, 0, sizeof(*p) - offsetof(struct place, self));
	key_from_name(&p->key, name);
	key_split(&p->key, &p->labels);

	/* Progress: each turn goes down by at least one label. */
	for (unsigned labels = 0; labels <= p->labels.count; labels++) {
		struct table_hit hit = table_find(
			table_of(t), hash_of(t, p, labels), &p->key, start_of(p, labels));
		if (!hit.node)
			return;
		if (hit.is_edge) {
			labels = key_common_labels(&p->key, &p->labels, node_name(hit.node));
			if (labels < name_labels(node_name(hit.node))) {
				p->below = hit.node;
				p->below_common = labels;
				return;
			}
		}
		pass(p, hit.node, labels);
	}
}

/* True if the node must stay even without records. */
static bool is_needed_empty(const struct node *n)
{
	return n->children > 0 || n->name_len == 1;
}

/* Allocates the empty node that a change at that place needs, if any. ERR_NOMEM. */
static int reserve_spare(struct place *p, bool is_clearing)
{
	const uint8_t *name = NULL;
	struct name fork;
	if (p->self && is_clearing && is_needed_empty(p->self)) {
		name = node_name(p->self);
	} else if (!p->self && p->below && p->below_common < p->labels.count) {
		const uint8_t *at = node_name(p->below);
		for (unsigned i = name_labels(at); i > p->below_common; i--)
			at = name_parent(at);
		name = name_copy(&fork, at);
	}
	if (!name)
		return 0;
	p->spare = empty_node(name);
	return p->spare ? 0 : ERR_NOMEM;
}

static void move_some(struct tree *t, size_t slots)
{
	garbage_add(t->garbage, table_move_some(table_of(t), slots));
}

/* Makes room for `more` slots. First moves the rest of the previous table: usually there is none,
 * unless the table was made smaller. ERR_NOMEM. */
static int grow(struct tree *t, size_t more)
{
	move_some(t, SIZE_MAX);
	struct table *larger = table_grow(table_of(t), more);
	if (!larger)
		return ERR_NOMEM;
	publish_table(t, larger);
	return 0;
}

int tree_reserve(struct tree *t, struct place *place, bool is_clearing)
{
	int err = garbage_reserve(t->garbage, place->labels.count + (size_t)GARBAGE_A_CHANGE);
	if (!err)
		err = reserve_spare(place, is_clearing);
	if (err)
		return err;
	move_some(t, MOVES_A_CHANGE);
	if (table_has_room(table_of(t), SLOTS_A_CHANGE))
		return 0;
	err = grow(t, SLOTS_A_CHANGE);
	if (err)
		tree_release(place);
	return err;
}

int tree_expect(struct tree *t, size_t names)
{
	enum { TABLES = 2 }; /* the current one, and one that was being moved */
	size_t used = table_of(t)->used, more = names > used ? names - used : 0;
	if (table_has_room(table_of(t), more))
		return 0;
	if (garbage_reserve(t->garbage, TABLES) || grow(t, more))
		return ERR_NOMEM;
	move_some(t, SIZE_MAX);
	return 0;
}

bool tree_is_settled(struct tree *t)
{
	if (garbage_reserve(t->garbage, 1) == 0)
		move_some(t, MOVES_A_CHANGE);
	return !table_is_moving(table_of(t));
}

void tree_release(struct place *place)
{
	node_free(place->spare);
	place->spare = NULL;
}

/* Makes the edge from `p->above` to `p->below` begin below the ancestor of `labels` labels. Adds
 * its new slot if it is still longer than one label, and notes it. */
static void shorten_edge(struct tree *t, struct place *p, unsigned labels)
{
	struct node *below = p->below;
	struct key key;
	struct key_labels in_below;
	key_from_name(&key, node_name(below));
	key_split(&key, &in_below);
	below->edge = 0;
	if (in_below.count == labels + 1)
		return;
	below->edge = in_below.start[in_below.count - labels - 1];
	table_add(table_of(t), key_hash(t->reader->seed, &key, below->edge), below, true);
}

/* Adds to the counts of all nodes above the name. */
static void add_above(struct tree *t, const struct place *p, uint32_t by)
{
	for (unsigned labels = 0; by != 0 && labels < p->labels.count; labels++) {
		struct table_hit hit = table_find(
			table_of(t), hash_of(t, p, labels), &p->key, start_of(p, labels));
		if (hit.node && !hit.is_edge)
			set_wan_count(hit.node, wan_count(hit.node) + by);
	}
}

/* Inserts `n`, which has `labels` labels, in the edge from `p->above` to `p->below`. */
static void put_on_edge(struct tree *t, struct place *p, struct node *n, unsigned labels)
{
	struct table *table = table_of(t);
	unsigned edge_labels = p->above_labels + 1;
	uint64_t edge_hash = hash_of(t, p, edge_labels);
	size_t edge_slot = table_locate(table, edge_hash, p->below, true);
	bool has_edge = labels > edge_labels;

	n->children = 1;
	n->edge = 0;
	set_wan_count(n, wan_count(p->below) + is_wan(n));
	shorten_edge(t, p, labels);
	if (has_edge) {
		n->edge = (uint8_t)(start_of(p, edge_labels) - start_of(p, labels));
		table_add(table, hash_of(t, p, labels), n, false);
	}
	/* Until here, every search ends as before; from here on, it finds `n` on its path. */
	table_replace(table, edge_slot, edge_hash, n, has_edge);
	count_node(t, n, 1);
}

/* Inserts `n`, the name itself, below `p->above`, where no edge leads to it. */
static void put_below(struct tree *t, struct place *p, struct node *n)
{
	struct table *table = table_of(t);
	unsigned edge_labels = p->above_labels + 1;

	n->children = 0;
	n->edge = 0;
	set_wan_count(n, is_wan(n));
	count_node(t, n, 1);
	table_add(table, hash_of(t, p, p->labels.count), n, false);
	if (p->labels.count > edge_labels) {
		n->edge = (uint8_t)start_of(p, edge_labels);
		table_add(table, hash_of(t, p, edge_labels), n, true);
	}
	p->above->children++;
}

/* Replaces `p->self` by `n`. */
static void put_instead(struct tree *t, struct place *p, struct node *n)
{
	struct table *table = table_of(t);
	struct node *old = p->self;
	uint64_t hash = hash_of(t, p, p->labels.count);

	n->children = old->children;
	n->edge = old->edge;
	set_wan_count(n, wan_count(old) + is_wan(n) - is_wan(old));
	count_node(t, n, 1);
	table_replace(table, table_locate(table, hash, old, false), hash, n, false);
	if (n->edge) {
		hash = key_hash(t->reader->seed, &p->key, n->edge);
		table_replace(table, table_locate(table, hash, old, true), hash, n, true);
	}
	count_node(t, old, -1);
}

void tree_put(struct tree *t, struct place *place, struct node *n, bool keep_old)
{
	const uint32_t by = is_wan(n) - (place->self ? is_wan(place->self) : 0);
	if (place->self) {
		put_instead(t, place, n);
		if (!keep_old)
			garbage_add_node(t->garbage, place->self);
	} else if (place->below && !place->spare) {
		put_on_edge(t, place, n, place->labels.count);
	} else {
		if (place->below) {
			put_on_edge(t, place, place->spare, place->below_common);
			place->above = place->spare;
			place->above_labels = place->below_common;
			place->spare = NULL;
		}
		put_below(t, place, n);
	}
	add_above(t, place, by);
	tree_release(place);
}

/* Removes `p->self`, which has no children. */
static void take_out(struct tree *t, struct place *p)
{
	struct table *table = table_of(t);
	struct node *n = p->self;
	/* The edge is removed first: it must not lead a search to a node that is gone. */
	if (n->edge)
		table_remove(table, key_hash(t->reader->seed, &p->key, n->edge), n, true);
	table_remove(table, hash_of(t, p, p->labels.count), n, false);
	count_node(t, n, -1);
	add_above(t, p, 0 - is_wan(n));
	p->above->children--;
}

void tree_clear(struct tree *t, struct place *place, bool keep_old)
{
	if (is_needed_empty(place->self)) {
		struct node *spare = place->spare;
		place->spare = NULL;
		tree_put(t, place, spare, keep_old);
		return;
	}
	take_out(t, place);
	if (!keep_old)
		garbage_add_node(t->garbage, place->self);
	/* Progress: each turn goes up, and the root is the last. */
	struct place up = *place;
	while (up.above->set_count == 0 && !(up.above->flags & NODE_APEX) &&
		!is_needed_empty(up.above)) {
		tree_locate(t, node_name(up.above), &up);
		take_out(t, &up);
		garbage_add_node(t->garbage, up.self);
	}
	tree_release(place);
}
