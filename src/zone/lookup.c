/* SPDX-License-Identifier: ISC */
/*
 * Owns the reader's lookup in the tree of names, and the result for a name and type.
 * Never changes anything, never waits.
 */
#include "zone/lookup.h"

static const struct table *table_of(const struct zone_reader *reader)
{
	return atomic_load_explicit(&reader->table, memory_order_acquire);
}

static bool has_feature(const struct zone_reader *reader, enum table_feature feature)
{
	return atomic_load_explicit(&reader->features, memory_order_relaxed) & 1u << feature;
}

const struct node *zone_node(const struct zone_reader *reader, const struct key *key)
{
	struct table_hit hit = table_find(table_of(reader), key_hash(reader->seed, key, 0), key, 0);
	return hit.node && !hit.is_edge && hit.node->set_count > 0 ? hit.node : NULL;
}

/* A path from the root down to a name. */
struct walk {
	const struct zone_reader *reader;
	const struct table *table;
	const struct key *key;
	bool hides; /* names without anything for the wan view do not exist */
	struct key_labels labels;
	const struct node *apex;  /* of the zone that contains the name */
	const struct node *cut;   /* the highest delegation in that zone, at or above the name */
	const struct node *dname; /* the highest DNAME in that zone, above the name */
	const struct node *self;  /* the node of the name itself */
	bool exists;              /* the name exists, though it may be empty */
	unsigned encloser_labels; /* of the closest encloser (RFC 4592 §2.2.1) */
};

/* Notes a node on the path: `n` is the name or an ancestor of it. */
static void pass(struct walk *w, const struct node *n, bool is_self)
{
	if (n->flags & NODE_APEX) {
		/* What was noted above belongs to another zone. */
		w->apex = n;
		w->cut = w->dname = NULL;
	}
	if (n->flags & NODE_CUT && !w->cut && !w->dname)
		w->cut = n;
	if (n->flags & NODE_DNAME && !is_self && !w->cut && !w->dname)
		w->dname = n;
	if (is_self)
		w->self = n;
}

static void walk_down(struct walk *w)
{
	const struct key *key = w->key;
	unsigned count = w->labels.count;
	/* Progress: each turn goes down by at least one label. */
	for (unsigned labels = 0; labels <= count; labels++) {
		unsigned skip = w->labels.start[count - labels];
		struct table_hit hit =
			table_find(w->table, key_hash(w->reader->seed, key, skip), key, skip);
		if (!hit.node || (w->hides && atomic_load_explicit(&hit.node->wan_count,
						      memory_order_relaxed) == 0))
			return;
		if (hit.is_edge) {
			const uint8_t *name = node_name(hit.node);
			labels = key_common_labels(key, &w->labels, name);
			w->encloser_labels = labels;
			w->exists = labels == count;
			if (key->len - w->labels.start[count - labels] < hit.node->name_len)
				return;
		}
		w->encloser_labels = labels;
		w->exists = labels == count;
		pass(w, hit.node, w->exists);
	}
}

/* True if a wildcard exists below the closest encloser. `*ret` is its node; NULL if it is an empty
 * non-terminal without a node. */
static bool find_wildcard(const struct walk *from, const struct node **ret)
{
	unsigned start = from->labels.start[from->labels.count - from->encloser_labels];
	struct name wildcard;
	struct key key;
	struct walk w = {
		.reader = from->reader, .table = from->table, .key = &key, .hides = from->hides};
	/* The name has a label below the encloser that is at least as long, so this fits. */
	if (name_prepend("*", 1, key_lower(from->key) + start, &wildcard))
		return false;
	key_from_name(&key, wildcard.wire);
	key_split(&key, &w.labels);
	walk_down(&w);
	*ret = w.self;
	return w.exists;
}

/* Returns the set of that type, or for ANY one of the sets (RFC 8482 §4.1): rather not the link of the chain. */
static const struct node_set *pick_set(const struct node *n, uint16_t type, unsigned view)
{
	const struct node_set *link = NULL;
	if (LIKELY(type != RR_ANY))
		return node_set(n, type, view);
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		if (set->view & view && !node_is_chain(set))
			return set;
		link = set->view & view ? set : link;
	}
	return link;
}

void zone_answer_from(const struct node *n, uint16_t type, unsigned view, struct zone_answer *ret)
{
	ret->outcome = ZONE_FOUND;
	ret->node = n;
	ret->set = pick_set(n, type, view);
	if (!ret->set && n->flags & NODE_CNAME) {
		ret->set = node_set(n, RR_CNAME, view);
		ret->outcome = ret->set ? ZONE_ALIAS : ZONE_FOUND;
	}
}

/* True if the cut is at the name, and the type belongs to the parent zone there: DS (RFC 4035 §3.1.4.1) and, in a
 * signed zone, the link of the chain and the signatures of both. */
static bool is_of_parent(const struct walk *w, uint16_t type)
{
	bool is_signed = w->cut->flags & NODE_SIGNED;
	return w->cut == w->self &&
	       (type == RR_DS || (is_signed && (type == RR_NSEC || type == RR_RRSIG)));
}

/* The name does not exist: answers from a wildcard, if there is one. */
static void answer_missing(
	const struct walk *w, uint16_t type, unsigned view, struct zone_answer *ret)
{
	const struct node *wildcard;
	ret->outcome = ZONE_NO_NAME;
	if (!has_feature(w->reader, TABLE_WILDCARDS) || !find_wildcard(w, &wildcard))
		return;
	ret->outcome = ZONE_FOUND;
	ret->is_wildcard = true;
	if (wildcard)
		zone_answer_from(wildcard, type, view, ret);
}

static void lookup_by_walk(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret)
{
	struct walk w = {.reader = reader,
		.table = table_of(reader),
		.key = key,
		.hides = view == VIEW_WAN && has_feature(reader, TABLE_HIDES)};
	key_split(key, &w.labels);
	walk_down(&w);
	*ret = (struct zone_answer){.apex = w.apex};
	if (!w.apex) {
		ret->outcome = ZONE_OUTSIDE;
	} else if (w.cut && !is_of_parent(&w, type)) {
		ret->outcome = ZONE_DELEGATED;
		ret->node = w.cut;
		ret->set = node_set(w.cut, RR_NS, VIEW_ANY);
	} else if (w.dname) {
		ret->outcome = ZONE_RENAMED;
		ret->node = w.dname;
		ret->set = node_set(w.dname, RR_DNAME, VIEW_ANY);
	} else if (!w.exists) {
		answer_missing(&w, type, view, ret);
	} else {
		ret->outcome = ZONE_FOUND;
		if (w.self)
			zone_answer_from(w.self, type, view, ret);
	}
}

const struct node *zone_node_or_wildcard(const struct zone_reader *reader, const struct key *key)
{
	struct zone_answer found;
	const struct node *n = zone_node(reader, key);
	if (n || !has_feature(reader, TABLE_WILDCARDS))
		return n;
	lookup_by_walk(reader, key, RR_ANY, VIEW_ANY, &found);
	return found.is_wildcard ? found.node : NULL;
}

/* The number of ancestors that are tried one by one, upwards: nearly all names are that
 * close to their apex. */
enum { STEPS_UP = 3 };

/* Finds negative answers for names near their apex, searching upwards. `self` is the node of the
 * name; NULL if the table has none. That tells whether the name exists, if its parent has a node:
 * then an empty non-terminal has a slot of its own. False if only the walk from the root can
 * tell. */
static bool find_absence(const struct zone_reader *reader, const struct table *table,
	const struct key *key, const struct node *self, struct zone_answer *ret)
{
	unsigned skip = 0;
	const uint8_t *lower = key_lower(key);
	for (int step = 0; step < STEPS_UP && lower[skip] != 0; step++) {
		if (!(self && step == 0 && self->flags & NODE_APEX))
			skip += 1u + lower[skip];
		struct table_hit hit =
			table_find(table, key_hash(reader->seed, key, skip), key, skip);
		bool has_node = hit.node && !hit.is_edge;
		if (step == 0 && !self && !has_node)
			return false;
		if (has_node && hit.node->flags & NODE_APEX) {
			*ret = (struct zone_answer){.outcome = self ? ZONE_FOUND : ZONE_NO_NAME,
				.node = self,
				.apex = hit.node};
			return true;
		}
	}
	return false;
}

void zone_lookup(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret)
{
	/* A reader may see one of the two changed and the other not yet. Then names below a new
	 * delegation or wildcard are answered as before. */
	const uint32_t intricate = 1u << TABLE_CUTS | 1u << TABLE_WILDCARDS;
	uint32_t features = atomic_load_explicit(&reader->features, memory_order_relaxed);
	const struct table *table = table_of(reader);

	/* Without any cut, the node of the name is the answer, whatever is above it. */
	if (LIKELY(!(features & 1u << TABLE_CUTS))) {
		struct table_hit hit = table_find(table, key_hash(reader->seed, key, 0), key, 0);
		const struct node *n = hit.node;
		if (n && !hit.is_edge && n->set_count > 0) {
			*ret = (struct zone_answer){0};
			zone_answer_from(n, type, view, ret);
			if (LIKELY(ret->set != NULL))
				return;
		}
		if (!hit.is_edge && !(features & intricate) &&
			!(view == VIEW_WAN && features & 1u << TABLE_HIDES) &&
			find_absence(reader, table, key, n, ret))
			return;
	}
	lookup_by_walk(reader, key, type, view, ret);
}
