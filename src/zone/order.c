/* SPDX-License-Identifier: ISC */
/*
 * Owns the tree of pages of the ordered index: how pages are split, joined and replaced.
 * Never owns nodes, never frees what readers may see.
 */
#include "zone/order.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "zone/page.h"

enum {
	/* Each level has 32 times the pages of the one above, so this is more than memory has. */
	DEPTH_MAX = 12,
	/* Most pages that one change replaces: one a level, and a neighbour of the leaf. */
	GARBAGE_A_CHANGE = DEPTH_MAX + 2,
	/* Leaves in which many entries were removed are made anew; smaller ones are not worth it. */
	SLOTS_TO_TIDY = 16
};

struct order {
	_Atomic(struct page *) root; /* NULL: no owner yet */
	_Atomic unsigned changes;    /* of what readers see */
	size_t count, bytes;
	bool is_shown; /* writer only: readers may see it */
};

/* The way from the root to a leaf. */
struct path {
	struct page *leaf;
	struct page *branch[DEPTH_MAX];
	unsigned at[DEPTH_MAX]; /* index of the child that was taken */
	unsigned depth;         /* branches */
};

struct order *order_new(void)
{
	return calloc(1, sizeof(struct order));
}

static struct page *root_of(const struct order *o)
{
	return atomic_load_explicit(&o->root, memory_order_acquire);
}

void order_free(struct order *o)
{
	if (!o)
		return;
	/* Progress: each turn removes the first leaf, or the first branch when it is empty. */
	struct page *path[DEPTH_MAX + 1] = {root_of(o)};
	unsigned at[DEPTH_MAX + 1] = {0}, depth = 0;
	while (path[0]) {
		struct page *p = path[depth];
		if (p->level > 0 && at[depth] < p->count) {
			path[depth + 1] = page_child(p, at[depth]++);
			at[++depth] = 0;
			continue;
		}
		free(p);
		path[depth] = NULL;
		depth -= depth > 0;
	}
	free(o);
}

void order_show(struct order *o)
{
	o->is_shown = true;
}

/* Goes from page `p` down to a leaf: by the key or, if it is NULL, along one side. */
static void descend(struct path *path, struct page *p, const struct page_key *key, bool is_last)
{
	while (p->level > 0) {
		unsigned at = key ? page_child_of(p, key) : is_last ? p->count - 1u : 0;
		assert(path->depth < DEPTH_MAX);
		path->branch[path->depth] = p;
		path->at[path->depth++] = at;
		p = page_child(p, at);
	}
	path->leaf = p;
}

/* Goes to the leaf beside. False if there is none. */
static bool step(struct path *path, int side)
{
	while (path->depth > 0) {
		const struct page *p = path->branch[path->depth - 1];
		unsigned at = path->at[path->depth - 1];
		if (side < 0 ? at > 0 : at + 1u < p->count) {
			at = side < 0 ? at - 1 : at + 1;
			path->at[path->depth - 1] = at;
			descend(path, page_child(p, at), NULL, side < 0);
			return true;
		}
		path->depth--;
	}
	return false;
}

/* Returns the word of the nearest entry, 0 if there is none. */
static uint64_t search(const struct order *o, struct page_quest *quest)
{
	struct path path;
	struct page *root = root_of(o);
	if (!root)
		return 0;
	path.depth = 0;
	descend(&path, root, quest->key, false);
	uint64_t word = page_nearest(path.leaf, quest);
	while (!word && step(&path, quest->side)) {
		quest->has_passed = true; /* of two leaves, each may have changed */
		word = page_nearest(path.leaf, quest);
	}
	return word;
}

const struct node *order_at_or_before(const struct order *o, const struct key *key)
{
	struct page_key k;
	struct page_quest quest = {.key = &k, .side = -1, .or_at = true, .skip = ORDER_COMING};
	uint64_t word = 0;
	page_key_of(&k, key);
	for (int i = 0; i < ORDER_TRIES; i++) {
		/* A change is one store, and then one of this number. So if the number has stayed, at
		 * most one change was seen, before or after it happened. */
		unsigned before = atomic_load_explicit(&o->changes, memory_order_acquire);
		quest.has_passed = false;
		word = search(o, &quest);
		if (LIKELY(!quest.has_passed) ||
			atomic_load_explicit(&o->changes, memory_order_acquire) == before)
			break;
	}
	return page_node(word);
}

static void note_change(struct order *o)
{
	unsigned changes = atomic_load_explicit(&o->changes, memory_order_relaxed);
	atomic_store_explicit(&o->changes, changes + 1, memory_order_release);
}

static void discard(struct order *o, struct garbage *g, struct page *p)
{
	o->bytes -= p->bytes;
	if (o->is_shown)
		garbage_add(g, p);
	else
		free(p);
}

static int put_root(struct order *o, const struct page_child *added, unsigned count)
{
	struct page *root = count > 0 ? added[0].page : NULL;
	if (count > 1) {
		root = page_branch(added, count);
		if (!root)
			return ERR_NOMEM;
		o->bytes += root->bytes;
	}
	atomic_store_explicit(&o->root, root, memory_order_release);
	return 0;
}

/* Makes one or two branches of those children. ERR_NOMEM. */
static int make_branches(struct page_child *all, unsigned count, struct page_child made[2])
{
	unsigned half = count > PAGE_ENTRIES_MAX ? count / 2 : count;
	made[0] = made[1] = (struct page_child){0};
	made[0].page = page_branch(all, half);
	if (made[0].page && half < count) {
		made[1] = all[half];
		made[1].page = page_branch(all + half, count - half);
	}
	if (made[0].page && (made[1].page || half == count))
		return 0;
	free(made[0].page);
	return ERR_NOMEM;
}

/* Replaces the `removed` children of the branch above `depth`, from the one on the path on, by
 * `count` others. All is made first, and then one store publishes it. ERR_NOMEM: nothing has
 * changed. */
static int splice(struct order *o, struct garbage *g, const struct path *path, unsigned depth,
	unsigned removed, const struct page_child *added, unsigned count)
{
	if (depth == 0)
		return put_root(o, added, count);
	struct page *p = path->branch[depth - 1];
	unsigned at = path->at[depth - 1], all_count = p->count + count - removed;
	if (removed == 1 && count == 1) {
		page_store(p, at, (uintptr_t)added[0].page);
		return 0;
	}
	struct page_child all[PAGE_ENTRIES_MAX + 1], made[2] = {{0}};
	page_children(p, all);
	struct page_child first = all[at];
	memmove(&all[at + count], &all[at + removed], (p->count - at - removed) * sizeof(*all));
	if (count > 0) {
		memcpy(&all[at], added, count * sizeof(*all));
		all[at].separator = first.separator;
		all[at].separator_len = first.separator_len;
	}
	/* A root with one child is not needed. */
	bool is_needed = all_count > (depth == 1);
	int err = is_needed ? make_branches(all, all_count, made) : 0;
	if (err)
		return err;
	const struct page_child *up = is_needed ? made : all;
	unsigned up_count = is_needed ? 1 + (made[1].page != NULL) : all_count;
	err = splice(o, g, path, depth - 1, 1, up, up_count);
	if (err) {
		free(made[0].page);
		free(made[1].page);
		return err;
	}
	o->bytes += made[0].page ? made[0].page->bytes : 0;
	o->bytes += made[1].page ? made[1].page->bytes : 0;
	discard(o, g, p);
	return 0;
}

/* Replaces `removed` leaves, from the one on the path on, by new ones with these items. `where` is
 * the index of the item that was added; -1: none was. ERR_NOMEM: nothing has changed. */
static int replace_leaves(struct order *o, struct garbage *g, const struct path *path,
	unsigned removed, const struct page_item *items, unsigned count, int where)
{
	struct page_child made[2] = {{0}};
	struct page_key separator;
	unsigned half = count;
	if (count > PAGE_ENTRIES_MAX) {
		/* Names that come in order leave full pages behind. */
		half = (unsigned)where + 1 == count ? PAGE_ENTRIES_MAX : count / 2;
		made[1].separator_len =
			page_separate(items[half - 1].word, items[half].word, &separator);
		made[1].separator = separator.bytes;
		made[1].page = page_leaf(items + half, count - half);
	}
	made[0].page = page_leaf(items, half);
	int err = made[0].page && (made[1].page || half == count) ? 0 : ERR_NOMEM;
	if (!err)
		err = splice(o, g, path, path->depth, removed, made, 1 + (half < count));
	if (err) {
		free(made[0].page);
		free(made[1].page);
		return err;
	}
	o->bytes += made[0].page->bytes + (half < count ? made[1].page->bytes : 0);
	return 0;
}

static int add_first(struct order *o, uint64_t word)
{
	const struct page_item item = {0, word};
	const struct path path = {0};
	return replace_leaves(o, NULL, &path, 0, &item, 1, -1);
}

int order_add(struct order *o, struct garbage *g, struct node *n)
{
	struct page_item items[PAGE_SLOTS_MAX + 1];
	struct path path = {0};
	struct key name;
	struct page_key key;
	uint64_t word = (uintptr_t)n | ORDER_COMING;
	int err = garbage_reserve(g, GARBAGE_A_CHANGE);
	key_from_name(&name, node_name(n));
	page_key_of(&key, &name);
	if (err)
		return err;
	if (!root_of(o)) {
		err = add_first(o, word);
	} else {
		descend(&path, root_of(o), &key, false);
		if (!page_put(path.leaf, &key, word)) {
			unsigned count = page_items(path.leaf, items);
			unsigned at = page_insert(path.leaf, items, count, &key, word);
			err = replace_leaves(o, g, &path, 1, items, count + 1, (int)at);
			if (!err)
				discard(o, g, path.leaf);
		}
	}
	o->count += !err;
	return err;
}

/* Finds the leaf with that name, and the index of its entry there. -1: there is none. */
static int find(const struct order *o, const uint8_t *name, struct path *ret)
{
	struct key plain;
	struct page_key key;
	struct page *root = root_of(o);
	if (!root)
		return -1;
	key_from_name(&plain, name);
	page_key_of(&key, &plain);
	ret->depth = 0;
	descend(ret, root, &key, false);
	return page_find(ret->leaf, &key);
}

static void put_instead(struct order *o, struct node *n, uint64_t kept_states)
{
	struct path path;
	int i = find(o, node_name(n), &path);
	if (i < 0)
		return;
	uint64_t old = page_word(path.leaf, (unsigned)i);
	page_store(path.leaf, (unsigned)i, (uintptr_t)n | (old & kept_states));
	if (old & ~kept_states & ORDER_COMING)
		note_change(o);
}

void order_replace(struct order *o, struct node *n)
{
	put_instead(o, n, ORDER_LEAVING);
}

void order_renew(struct order *o, struct node *n)
{
	put_instead(o, n, ORDER_LEAVING | ORDER_COMING);
}

static void set_leaving(struct order *o, const uint8_t *name, uint64_t bit)
{
	struct path path;
	int i = find(o, name, &path);
	if (i < 0)
		return;
	uint64_t word = page_word(path.leaf, (unsigned)i);
	page_store(path.leaf, (unsigned)i, (word & ~(uint64_t)ORDER_LEAVING) | bit);
}

void order_leave(struct order *o, const uint8_t *name)
{
	set_leaving(o, name, ORDER_LEAVING);
}

void order_stay(struct order *o, const uint8_t *name)
{
	set_leaving(o, name, 0);
}

/* Joins the leaf with the one beside it, if both have few entries. Otherwise makes it anew, without
 * the removed ones. Out of memory, all stays as it is. */
static void tidy(struct order *o, struct garbage *g, struct path *path)
{
	struct page_item items[2 * PAGE_SLOTS_MAX];
	struct page *leaf = path->leaf, *other = NULL;
	unsigned count = page_items(leaf, items), depth = path->depth;
	if (depth > 0) {
		const struct page *p = path->branch[depth - 1];
		unsigned *at = &path->at[depth - 1];
		bool is_last = *at + 1u == p->count;
		if (p->count > 1)
			other = page_child(p, is_last ? *at - 1 : *at + 1);
		if (other && other->live + count > PAGE_ENTRIES_MAX / 2)
			other = NULL;
		if (other && is_last) {
			--*at;
			leaf = other;
			other = path->leaf;
			count = page_items(leaf, items);
		}
	}
	if (other)
		count += page_items(other, items + count);
	if (replace_leaves(o, g, path, other ? 2 : 1, items, count, -1))
		return;
	discard(o, g, leaf);
	if (other)
		discard(o, g, other);
}

void order_remove(struct order *o, struct garbage *g, const uint8_t *name)
{
	struct path path;
	int i = find(o, name, &path);
	if (i < 0)
		return;
	struct page *leaf = path.leaf;
	page_store(leaf, (unsigned)i, 0);
	note_change(o);
	o->count--;
	leaf->live--;
	/* From here on, all is for the size only. */
	unsigned slots = leaf->count + atomic_load_explicit(&leaf->tail, memory_order_relaxed);
	if (garbage_reserve(g, GARBAGE_A_CHANGE))
		return;
	if (leaf->live == 0 && splice(o, g, &path, path.depth, 1, NULL, 0) == 0)
		discard(o, g, leaf);
	else if (leaf->live > 0 && slots >= SLOTS_TO_TIDY && leaf->live <= slots / 4)
		tidy(o, g, &path);
}

struct node *order_find(const struct order *o, const uint8_t *name, unsigned *ret_state)
{
	struct path path;
	int i = find(o, name, &path);
	uint64_t word = i < 0 ? 0 : page_word(path.leaf, (unsigned)i);
	if (ret_state)
		*ret_state = word & PAGE_STATES;
	return page_node(word);
}

static struct node *neighbour(
	const struct order *o, const uint8_t *name, int side, bool or_at, uint64_t skip)
{
	struct key plain;
	struct page_key key;
	struct page_quest quest = {.key = &key, .side = side, .or_at = or_at, .skip = skip};
	key_from_name(&plain, name);
	page_key_of(&key, &plain);
	return page_node(search(o, &quest));
}

struct node *order_previous(const struct order *o, const uint8_t *name)
{
	return neighbour(o, name, -1, false, ORDER_LEAVING);
}

struct node *order_next(const struct order *o, const uint8_t *name)
{
	return neighbour(o, name, 1, false, ORDER_LEAVING);
}

struct node *order_first(const struct order *o)
{
	return neighbour(o, name_root, 1, true, ORDER_LEAVING);
}

struct node *order_walk(const struct order *o, const uint8_t *name)
{
	return neighbour(o, name, 1, false, ORDER_COMING);
}

size_t order_count(const struct order *o)
{
	return o->count;
}

size_t order_bytes(const struct order *o)
{
	return sizeof(*o) + o->bytes;
}
