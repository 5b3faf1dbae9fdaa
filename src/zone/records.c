/* SPDX-License-Identifier: ISC */
/*
 * Owns the walks over all records: in order for exports, in pieces for transfers.
 * Never changes anything.
 */
#include <stdlib.h>

#include "zone/store.h"

struct walk {
	void (*visit)(void *arg, const struct zone_change *record);
	void *arg;
	const uint8_t *owner;
	uint16_t only; /* only this type; 0: all types */
	uint16_t but;  /* except this type; 0: none */
};

static void visit_one(
	void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact)
{
	const struct walk *w = arg;
	const struct zone_change record = {
		.is_added = is_added,
		.owner = w->owner,
		.type = fact->type,
		.view = (uint8_t)view,
		.ttl = ttl,
		.rdata = {fact->bytes, fact->len},
	};
	if ((w->only && fact->type != w->only) || fact->type == w->but)
		return;
	w->visit(w->arg, &record);
}

/* Visits the node's records. A record that both views have with the same TTL is visited once. */
static int visit_node(struct walk *w, const struct node *n, struct facts *scratch)
{
	const struct facts none = {0};
	scratch->count = 0;
	int err = facts_add_node(scratch, n);
	if (err)
		return err;
	facts_settle(scratch);
	w->owner = node_spelling(n);
	facts_diff(&none, scratch, visit_one, w);
	return 0;
}

static int cmp_nodes(const void *a, const void *b)
{
	const struct node *const *n = a, *const *m = b;
	return name_cmp(node_name(*n), node_name(*m));
}

/* Returns all nodes with records at or below `apex`, in canonical order, and their number in
 * `*count`. NULL if out of memory. The caller frees the array. */
static const struct node **nodes_below(const struct zone *z, const uint8_t *apex, size_t *count)
{
	const struct table *table = atomic_load_explicit(&z->reader.table, memory_order_relaxed);
	const struct node **nodes = calloc(table->used, sizeof(*nodes));
	size_t i = 0;
	*count = 0;
	if (!nodes)
		return NULL;
	for (struct node *n; (n = table_next(table, &i));)
		if (n->set_count > 0 && name_is_below(node_name(n), apex))
			nodes[(*count)++] = n;
	qsort(nodes, *count, sizeof(*nodes), cmp_nodes);
	return nodes;
}

int zone_each_record(const struct zone *z, const uint8_t *apex,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
{
	size_t count;
	struct facts scratch = {0};
	struct walk w = {.visit = visit, .arg = arg};
	const struct node **nodes = nodes_below(z, apex, &count);
	if (!nodes)
		return ERR_NOMEM;
	int err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		bool is_top = i == 0 && name_equal(node_name(nodes[i]), apex);
		w.only = is_top ? RR_SOA : 0;
		w.but = 0;
		err = visit_node(&w, nodes[i], &scratch);
		if (!is_top || err)
			continue;
		w.only = 0;
		w.but = RR_SOA;
		err = visit_node(&w, nodes[i], &scratch);
	}
	facts_fini(&scratch);
	free(nodes);
	return err;
}

int zone_node_records(
	const struct node *n, void (*visit)(void *arg, const struct zone_change *record), void *arg)
{
	struct facts scratch = {0};
	struct walk w = {.visit = visit, .arg = arg};
	int err = visit_node(&w, n, &scratch);
	facts_fini(&scratch);
	return err;
}

static struct table *table_of(const struct zone *z)
{
	return atomic_load_explicit(&z->reader.table, memory_order_relaxed);
}

static bool has_records(const struct node *n)
{
	return n && n->set_count > 0;
}

void zone_each_node(const struct zone *z, void (*visit)(void *arg, const struct node *n), void *arg)
{
	size_t i = 0;
	for (const struct node *n; (n = table_next(table_of(z), &i));)
		if (has_records(n))
			visit(arg, n);
}

bool zone_walk_begin(struct zone *z, struct zone_walk *ret)
{
	*ret = (struct zone_walk){.table = z->tree.tables};
	return tree_is_settled(&z->tree);
}

int zone_walk_some(const struct zone *z, struct zone_walk *w, size_t slots,
	void (*visit)(void *arg, const struct node *n), void *arg)
{
	const struct table *t = table_of(z);
	if (w->table != z->tree.tables)
		return ERR_ABSENT;
	for (; slots > 0 && w->at <= t->mask; slots--, w->at++) {
		const struct node *n = table_node_at(t, w->at);
		if (has_records(n))
			visit(arg, n);
	}
	return w->at <= t->mask;
}

bool zone_walk_has_passed(const struct zone *z, const struct zone_walk *w, const struct node *n)
{
	struct table *t = table_of(z);
	struct key key;
	key_from_name(&key, node_name(n));
	return w->table == z->tree.tables &&
	       table_locate(t, key_hash(z->reader.seed, &key, 0), n, false) < w->at;
}
