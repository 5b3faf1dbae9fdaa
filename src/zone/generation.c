/* SPDX-License-Identifier: ISC */
/*
 * Owns the beginning of a generation of a signed zone: which owners it has, their places in the chain, and
 * their nodes.
 * Never asks for signatures, never publishes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "zone/signing.h"

/* Adds an owner. Without `p`, it is published, and only its link or its signatures change. ERR_NOMEM. */
static int add_job(struct zone *z, struct signing *s, const uint8_t *name, struct pending *p)
{
	struct generation *g = &s->gen;
	size_t len = name_len(name);
	if (ARRAY_RESERVE(g->jobs, g->cap, g->count + 1))
		return ERR_NOMEM;
	struct job *job = calloc(1, sizeof(*job) + len);
	if (!job)
		return ERR_NOMEM;
	memcpy(job->name, name, len);
	if (map_add(&g->by_name, &job->in_map, name_hash(z->reader.seed, name))) {
		free(job);
		return ERR_NOMEM;
	}
	job->pending = p;
	if (p) {
		job->truth = p->truth;
		p->is_taken = true;
	}
	g->jobs[g->count++] = job;
	return 0;
}

/* An owner that is published takes part once more. */
static void reopen(struct signing *s, struct job *job)
{
	if (!job->is_published)
		return;
	job->is_published = job->is_placed = job->is_coming = job->is_last = false;
	job->leaves_wan = false;
	job->node = NULL;
	job->missing = 0;
	s->gen.published--;
	s->gen.is_reopened = true;
}

/* Makes an owner that waits one of the generation; it may be there already, because of its link. ERR_NOMEM. */
static int take(struct zone *z, struct signing *s, struct pending *p)
{
	struct job *job = generation_job(z, s, p->name);
	if (!job)
		return add_job(z, s, p->name, p);
	reopen(s, job);
	job->pending = p;
	job->truth = p->truth;
	job->is_placed = false;
	p->is_taken = true;
	return 0;
}

/* Takes owners that wait, at most as many as that. ERR_NOMEM: some are taken. */
static int take_waiting(struct zone *z, struct signing *s, size_t most)
{
	LIST_EACH(p, &s->waiting, struct pending, in_waiting) {
		if (p->is_taken) /* it was put again meanwhile: for the next generation */
			continue;
		if (most-- == 0)
			break;
		int err = take(z, s, p);
		if (err)
			return err;
		list_remove(&p->in_waiting);
		s->waiting_count--;
	}
	return 0;
}

static void take_due(struct zone *z, struct signing *s)
{
	while (s->due_count > 0) {
		uint8_t *name = s->due[s->due_count - 1];
		if (!generation_job(z, s, name) && add_job(z, s, name, NULL))
			return;
		free(name);
		s->due_count--;
	}
}

bool generation_shows(struct signing *s)
{
	bool hides = false;
	for (int i = 0; i < SAY_COUNT; i++)
		hides |= s->owner->said[i] && s->owner->said[i]->flags & NODE_DNAME;
	if (!s->apex_hides || hides)
		return false;
	s->apex_hides = false;
	s->cuts--;
	s->needs_scan = true;
	return true;
}

bool generation_begin(struct zone *z, struct signing *s)
{
	struct generation *g = &s->gen;
	const bool is_dirty = !list_is_empty(&s->owner->in_dirty);
	if (!is_dirty && s->waiting_count == 0 && s->due_count == 0)
		return false;
	(void)!take_waiting(z, s, s->has_closed ? GENERATION_OWNERS : FIRST_OWNERS);
	g->changed = g->count;
	take_due(z, s);
	list_remove(&s->owner->in_dirty);
	s->is_dirty |= is_dirty;
	(void)generation_shows(s);
	g->at = g->asked = g->published = 0;
	memcpy(g->keys, s->keys, sizeof(g->keys));
	g->key_count = s->key_count;
	g->phase = PHASE_PLACE;
	return true;
}

/* Places in the chain. */

static unsigned hides(const struct node *n)
{
	return n ? n->flags & (NODE_CUT | NODE_DNAME) : 0;
}

/* The link of the owner before this name changes, in that order. The apex may be it: what is said of it and its SOA
 * come at the end of the generation all the same. ERR_NOMEM. */
static int disturb_previous(
	struct zone *z, struct signing *s, const struct order *order, const uint8_t *name)
{
	const struct node *before = order_previous(order, name);
	struct job *job = before ? generation_job(z, s, node_name(before)) : NULL;
	if (job)
		reopen(s, job);
	if (!before || job)
		return 0;
	return add_job(z, s, node_name(before), NULL);
}

/* Makes an owner of that order LEAVING, or takes that back. ERR_NOMEM. */
static int turn(
	struct zone *z, struct signing *s, struct order *order, const uint8_t *name, bool is_in)
{
	int err = disturb_previous(z, s, order, name);
	if (err)
		return err;
	if (is_in)
		order_stay(order, name);
	else
		order_leave(order, name);
	return 0;
}

static bool is_in_order(const struct order *order, const uint8_t *name)
{
	unsigned state;
	return order_find(order, name, &state) && !(state & ORDER_LEAVING);
}

/* What is below a new cut has no link any more, and its nodes lose their signatures: needs_scan. */
static int hide_below(struct zone *z, struct signing *s, const uint8_t *name)
{
	for (const struct node *n; (n = order_next(s->order, name));) {
		const uint8_t *below = node_name(n);
		if (!name_is_below(below, name))
			break;
		int err = 0;
		if (s->wan && is_in_order(s->wan, below))
			err = turn(z, s, s->wan, below, false);
		if (!err)
			err = disturb_previous(z, s, s->order, below);
		if (err)
			return err;
		struct job *job = generation_job(z, s, below);
		s->cuts -= signing_hides(z, s, below);
		if (job)
			job->is_in_chain = job->is_in_wan = false;
		order_leave(s->order, below);
		s->needs_scan = true;
	}
	return 0;
}

/* Gives an owner its place in an order, or takes it. ERR_NOMEM. */
static int place_in(
	struct zone *z, struct signing *s, struct order *order, struct job *job, bool is_in)
{
	const bool is_there = order_find(order, job->name, NULL);
	if (!is_in || is_there)
		return is_in == is_in_order(order, job->name) ? 0
							      : turn(z, s, order, job->name, is_in);
	int err = garbage_reserve(&z->garbage, 2);
	if (!err)
		err = disturb_previous(z, s, order, job->name);
	if (!err)
		err = order_add(order, &z->garbage, (struct node *)(uintptr_t)job->truth);
	if (!err)
		job->is_coming = true;
	return err;
}

/* The apex is in the chain from the first generation on. */
static int enter_apex(struct zone *z, const struct signing *s, struct order *order)
{
	struct place place;
	if (!order || order_count(order) > 0)
		return 0;
	tree_locate(&z->tree, s->owner->name, &place);
	int err = order_add(order, &z->garbage, place.self);
	if (!err)
		order_replace(order, place.self);
	return err;
}

/* Gives an owner its place in the chains, or takes it. Each step may be made again. */
static int place(struct zone *z, struct signing *s, struct job *job)
{
	unsigned state = 0;
	const struct node *there = order_find(s->order, job->name, &state);
	const bool was_in = there && !(state & ORDER_LEAVING);
	const unsigned hides_now = hides(job->truth);
	/* As it was before the first try. */
	if (!job->is_begun)
		job->hid = was_in && hides(there);
	job->is_begun = true;
	const bool hid = job->hid;
	int err = 0;
	job->is_in_chain = job->truth && !signing_is_hidden(z, s, job->name);
	job->is_in_wan = s->wan && job->is_in_chain && node_has_view(job->truth, VIEW_WAN);
	job->leaves_wan = s->wan && !job->is_in_wan && order_find(s->wan, job->name, NULL);
	if (job->is_in_chain && hides_now && !hid)
		err = hide_below(z, s, job->name);
	if (!err)
		err = place_in(z, s, s->order, job, job->is_in_chain);
	if (!err && s->wan)
		err = place_in(z, s, s->wan, job, job->is_in_wan);
	if (err)
		return err;
	const bool shows = hid && !(job->is_in_chain && hides_now);
	job->is_last = shows || job->leaves_wan;
	s->needs_scan |= shows;
	s->cuts += (unsigned)(job->is_in_chain && hides_now) - (unsigned)(hid != 0);
	job->is_placed = true;
	job->is_begun = false;
	return 0;
}

/* An owner whose link or signatures change is taken as it is published. */
static void find_published(struct zone *z, const struct signing *s, struct job *job)
{
	struct place place;
	unsigned state = 0;
	const struct node *there = order_find(s->order, job->name, &state);
	tree_locate(&z->tree, job->name, &place);
	job->truth = place.self && place.self->set_count > 0 ? place.self : NULL;
	job->is_in_chain = job->truth && there && !(state & ORDER_LEAVING);
	job->is_in_wan = job->is_in_chain && s->wan && is_in_order(s->wan, job->name);
	job->is_placed = true;
}

static int place_once(struct zone *z, struct signing *s)
{
	struct generation *g = &s->gen;
	for (; g->at < g->count; g->at++) {
		struct job *job = g->jobs[g->at];
		int err = 0;
		if (!job->pending && !job->is_published)
			find_published(z, s, job);
		else if (job->pending && !job->is_placed)
			err = place(z, s, job);
		if (err)
			return err;
	}
	return 0;
}

/* Progress: a job is reopened only after it was published. */
static int place_all(struct zone *z, struct signing *s)
{
	int err = place_once(z, s);
	while (!err && s->gen.is_reopened) {
		s->gen.is_reopened = false;
		s->gen.at = 0;
		err = place_once(z, s);
	}
	return err;
}

/* Jobs that were placed while a cut hid them are placed again. */
static void look_again(struct zone *z, const struct signing *s)
{
	for (size_t i = 0; i < s->gen.count; i++) {
		struct job *job = s->gen.jobs[i];
		if (job->pending && job->truth && !job->is_in_chain)
			job->is_placed = signing_is_hidden(z, s, job->name);
	}
}

int generation_place(struct zone *z, struct signing *s)
{
	struct generation *g = &s->gen;
	int err = enter_apex(z, s, s->order);
	if (!err)
		err = enter_apex(z, s, s->wan);
	if (!err)
		err = place_all(z, s);
	/* Progress: names that a cut hides, or does not hide any more, are placed here, and are cuts of their own at
	 * most once. */
	while (!err && s->needs_scan) {
		err = signing_scan(z, s);
		if (!err)
			err = take_waiting(z, s, SIZE_MAX);
		if (err)
			return err;
		s->needs_scan = false;
		look_again(z, s);
		g->at = 0;
		err = place_all(z, s);
	}
	if (err)
		return err;
	g->at = 0;
	g->phase = PHASE_BUILD;
	return 0;
}

/* Nodes. */

/* The TTL of links: RFC 9077 §3. */
static uint32_t link_ttl(const struct signing *s, const struct node *soa_of)
{
	const struct node_set *set = node_set(soa_of, RR_SOA, VIEW_ANY);
	if (!set || !s)
		return 0;
	const uint8_t *at = node_rdata(soa_of, set);
	struct rdata soa = node_next_rdata(set, &at);
	uint32_t minimum = soa.len < 4 ? 0 : get_u32(soa.bytes + soa.len - 4);
	return set->ttl < minimum ? set->ttl : minimum;
}

/* Returns the set of `of` that is the same as that set of `n`, or NULL. */
static const struct node_set *same_set(
	const struct node *of, const struct node *n, const struct node_set *set)
{
	for (unsigned i = 0; i < of->set_count; i++) {
		const struct node_set *other = &of->sets[i];
		const uint8_t *from = node_rdata(n, set);
		size_t len = (size_t)(node_rdata_end(n, set) - from);
		if (other->type == set->type && other->view == set->view && other->is_signed &&
			other->ttl == set->ttl && other->count == set->count &&
			other->len == set->len &&
			(size_t)(node_rdata_end(of, other) - node_rdata(of, other)) == len &&
			memcmp(node_rdata(of, other), from, len) == 0 &&
			(!node_is_chain(set) || node_same_link(of, other, n, set)))
			return other;
	}
	return NULL;
}

static struct node_stamp *stamp_of(const struct node *n, unsigned i)
{
	return (struct node_stamp *)(uintptr_t)&node_stamps(n)[i];
}

/* True if a signature of the old node can be one of a new node, whose signatures by that key have that stamp. */
static bool is_good(const struct zone *z, const struct node *old, const struct node_sig *sig,
	struct dnssec_key_id key, const struct node_stamp *stamp)
{
	const struct node_stamp *of = node_stamp(old, sig);
	return signing_is_by(of, key) && signing_is_timely(z, node_name(old), of) &&
	       (stamp->alg == 0 || memcmp(of, stamp, sizeof(*of)) == 0);
}

/* Fills in signatures of the old node that are still good. Others get the same stamp, so that the signatures of an owner
 * end together. Returns how many are missing. */
static unsigned reuse(const struct zone *z, const struct signing *s, const struct node *n,
	const struct node_set *set, const struct node *old)
{
	struct node_sig *to = (struct node_sig *)(uintptr_t)node_sigs(n, set);
	const struct node_set *same = old ? same_set(old, n, set) : NULL;
	unsigned missing = 0;
	for (unsigned k = 0; k < s->gen.key_count; k++, to++) {
		struct node_stamp *stamp = stamp_of(n, k);
		to->has_more = k + 1 < s->gen.key_count;
		for (const struct node_sig *sig = same ? node_sigs(old, same) : NULL; sig;
			sig = sig->has_more ? sig + 1 : NULL) {
			if (!is_good(z, old, sig, s->gen.keys[k], stamp))
				continue;
			*stamp = *node_stamp(old, sig);
			memcpy(to->bytes, sig->bytes, sizeof(to->bytes));
			to->is_blank = false;
			break;
		}
		missing += to->is_blank;
	}
	return missing;
}

/* True if the signer makes the signatures of that set by itself. They are filled in. */
static bool is_ready(const struct signing *s, const struct node *n, const struct node_set *set)
{
	struct node_sig *to = (struct node_sig *)(uintptr_t)node_sigs(n, set);
	for (unsigned i = 0; i < s->ready_sets; i++) {
		if (s->ready_type[i] != set->type)
			continue;
		for (unsigned k = 0; k < s->ready_count[i]; k++) {
			const struct rrsig *sig = &s->ready[i][k];
			const unsigned at = STAMPS_OF_KEYS + i * RRSIG_KEYS_MAX + k;
			signing_date(stamp_of(n, at), sig->key, sig->inception, sig->expiration);
			memcpy(to[k].bytes, sig->bytes, sizeof(to[k].bytes));
			to[k].stamp = at & 63;
			to[k].is_blank = false;
			to[k].has_more = k + 1 < s->ready_count[i];
		}
		return true;
	}
	return false;
}

/* Returns the name to which the link of that owner leads in an order; NULL: the owner is not in it. */
static const uint8_t *next_in(
	const struct signing *s, const struct order *order, const struct node *truth)
{
	const struct node *next = order_next(order, node_name(truth));
	if (!is_in_order(order, node_name(truth)))
		return NULL;
	return next ? node_name(next) : s->owner->name;
}

static int add_link(struct zone *z, const struct signing *s, const struct node *truth, bool is_apex)
{
	struct place place;
	const uint8_t *lan = next_in(s, s->order, truth);
	const uint8_t *const next[] = {lan, s->wan ? next_in(s, s->wan, truth) : lan};
	tree_locate(&z->tree, s->owner->name, &place);
	return facts_add_nsec(&z->facts, next, link_ttl(s, is_apex ? truth : place.self),
		!is_apex && node_set(truth, RR_NS, VIEW_ANY), s->link);
}

uint32_t generation_link_ttl(const struct zone *z, const struct signing *s)
{
	struct place place;
	tree_locate(&z->tree, s->owner->name, &place);
	return link_ttl(s, place.self);
}

int generation_node(struct zone *z, const struct signing *s, const struct node *truth,
	const struct node *old, struct node **ret, unsigned *ret_missing)
{
	const bool is_apex = truth->flags & NODE_APEX;
	const struct node_form form = {.slabs = z->slabs,
		.is_apex = is_apex,
		.sends_all = true,
		.source = truth->source,
		.key_count = is_apex ? RRSIG_KEYS_MAX : s->gen.key_count,
		.stamp_count = is_apex ? STAMPS_MAX : s->gen.key_count,
		.signer_len = (unsigned)name_len(s->owner->name)};
	z->facts.count = 0;
	int err = facts_add_node(&z->facts, truth);
	if (!err)
		err = add_link(z, s, truth, is_apex);
	if (!err)
		err = node_new(node_spelling(truth), &z->facts, form, ret);
	if (err)
		return err;
	signing_copy_near(*ret, truth);
	*ret_missing = 0;
	for (unsigned i = 0; i < (*ret)->set_count; i++) {
		const struct node_set *set = &(*ret)->sets[i];
		if (set->is_signed && !(is_apex && is_ready(s, *ret, set)))
			*ret_missing += reuse(z, s, *ret, set, old);
	}
	return 0;
}

/* An owner that is coming has the node that will be published. */
static void renew(const struct signing *s, const struct job *job)
{
	unsigned state = 0;
	if (order_find(s->order, job->name, &state) && state & ORDER_COMING)
		order_renew(s->order, job->node);
	if (s->wan && order_find(s->wan, job->name, &state) && state & ORDER_COMING)
		order_renew(s->wan, job->node);
}

static int build(struct zone *z, struct signing *s, struct job *job)
{
	struct place place;
	if (!job->truth || job->node)
		return 0;
	if (!job->is_in_chain) {
		job->node = signing_copy(z, job->truth);
		return job->node ? 0 : ERR_NOMEM;
	}
	tree_locate(&z->tree, job->name, &place);
	int err = generation_node(z, s, job->truth, place.self, &job->node, &job->missing);
	if (!err && job->is_coming)
		renew(s, job);
	return err;
}

/* From the last name to the first: an owner is seen when the one that it leads to is. */
static int cmp_jobs(const void *a, const void *b)
{
	const struct job *const *x = a, *const *y = b;
	return name_cmp((*y)->name, (*x)->name);
}

int generation_build(struct zone *z, struct signing *s)
{
	struct generation *g = &s->gen;
	if (g->at == 0 && g->changed > 1 && s->has_closed)
		qsort(g->jobs, g->changed, sizeof(struct job *), cmp_jobs);
	for (; g->at < g->count; g->at++) {
		int err = build(z, s, g->jobs[g->at]);
		if (err)
			return err;
	}
	g->at = 0;
	g->phase = PHASE_SIGN;
	return 0;
}

void generation_free(struct signing *s)
{
	struct generation *g = &s->gen;
	for (size_t i = 0; i < g->count; i++) {
		struct job *job = g->jobs[i];
		map_remove(&g->by_name, &job->in_map);
		node_free(job->held);
		if (!job->is_published)
			node_free(job->node);
		free(job);
	}
	node_free(g->apex);
	map_fini(&g->by_name);
	free(g->jobs);
	*g = (struct generation){0};
	map_init(&g->by_name);
}
