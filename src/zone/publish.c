/* SPDX-License-Identifier: ISC */
/*
 * Owns the end of a generation of a signed zone: owners become visible, names go away, and the SOA says so.
 * Never asks for signatures.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/serial.h"
#include "zone/signing.h"

/* True if readers would see no difference. */
static bool is_same(const struct node *a, const struct node *b)
{
	const size_t skip = offsetof(struct node, name_len);
	if (!a || !b)
		return a == b;
	const size_t size = node_size(a);
	return size == node_size(b) &&
	       memcmp((const uint8_t *)a + skip, (const uint8_t *)b + skip, size - skip) == 0;
}

/* What was said when the generation began is what is published now. What had its place in the order, a reader may still
 * see; room for it is reserved. */
static void settle(struct zone *z, struct job *job)
{
	struct pending *p = job->pending;
	struct node *held = job->held;
	job->held = NULL;
	if (p && list_is_empty(&p->in_waiting)) {
		held = p->truth;
		p->truth = NULL;
		pending_free(z, p);
	} else if (p) {
		p->is_taken = false;
	}
	job->pending = NULL;
	job->truth = NULL;
	if (job->is_coming)
		garbage_add_node(&z->garbage, held);
	else
		node_free(held);
}

static void note_ttl(struct signing *s, const struct node *n)
{
	for (unsigned i = 0; n && i < n->set_count; i++)
		if (n->sets[i].ttl > s->stats.longest_ttl)
			s->stats.longest_ttl = n->sets[i].ttl;
}

static void put_in(struct zone *z, struct order *order, const struct job *job, bool is_in)
{
	if (is_in)
		order_replace(order, job->node);
	else if (order_find(order, job->name, NULL))
		order_remove(order, &z->garbage, job->name);
}

static void put_in_order(struct zone *z, struct signing *s, const struct job *job)
{
	put_in(z, s->order, job, job->is_in_chain);
	if (s->wan)
		put_in(z, s->wan, job, job->is_in_wan);
}

/* A name is found by its hash before it is in the order, and for as long: who is told that it does not exist finds it
 * in neither. */
int publish_job(struct zone *z, struct signing *s, struct job *job)
{
	enum { GARBAGE_OF_ORDER = 16 };
	struct place place;
	tree_locate(&z->tree, job->name, &place);
	struct node *before = place.self && place.self->set_count > 0 ? place.self : NULL;
	int err = tree_reserve(&z->tree, &place, job->node == NULL);
	if (!err)
		err = garbage_reserve(&z->garbage, place.labels.count + (size_t)GARBAGE_OF_ORDER);
	if (!err)
		err = zone_tell(z,
			job->node ? node_spelling(job->node)
			: before  ? node_spelling(before)
				  : job->name,
			before, job->node);
	if (err) {
		tree_release(&place);
		return err;
	}
	s->is_dirty |= !is_same(before, job->node);
	if (job->node)
		tree_put(&z->tree, &place, job->node, false);
	else if (before)
		tree_clear(&z->tree, &place, false);
	else
		tree_release(&place);
	put_in_order(z, s, job);
	note_ttl(s, job->node);
	job->is_published = true;
	s->gen.published++;
	settle(z, job);
	return 0;
}

static int build_apex(struct zone *z, struct signing *s, uint32_t serial_floor)
{
	struct owner *owner = s->owner;
	struct apex *apex = owner->apex;
	struct generation *g = &s->gen;
	struct place place;
	struct node *truth;
	tree_locate(&z->tree, owner->name, &place);
	g->serial = apex->serial;
	apex->serial = apex_next_serial(apex, serial_floor);
	int err = zone_merge(z, node_spelling(place.self), owner->said, apex, &truth);
	if (!err) {
		err = generation_node(z, s, truth, place.self, &g->apex, &g->apex_missing);
		node_free(truth);
	}
	if (err)
		apex->serial = g->serial;
	return err;
}

/* A DNAME of the apex hides all names below, and is no job of a generation: the next one looks for them. */
static void hide_by_apex(struct zone *z, struct signing *s, const struct node *apex)
{
	if (s->apex_hides || !(apex->flags & NODE_DNAME))
		return;
	s->apex_hides = true;
	s->cuts++;
	s->needs_scan = true;
	zone_mark(z, s->owner);
}

int publish_apex(struct zone *z, struct signing *s, uint32_t serial_floor)
{
	struct generation *g = &s->gen;
	struct apex *apex = s->owner->apex;
	struct place place;
	int err = g->apex ? 0 : build_apex(z, s, serial_floor);
	if (err || g->apex_missing > 0)
		return err;
	tree_locate(&z->tree, s->owner->name, &place);
	err = tree_reserve(&z->tree, &place, false);
	if (!err)
		err = zone_tell(z, node_spelling(g->apex), place.self, g->apex);
	if (err) {
		tree_release(&place);
		return err;
	}
	z->latest_serial =
		z->latest_serial ? serial_later(apex->serial, z->latest_serial) : apex->serial;
	hide_by_apex(z, s, g->apex);
	tree_put(&z->tree, &place, g->apex, false);
	order_replace(s->order, g->apex);
	if (s->wan)
		order_replace(s->wan, g->apex);
	note_ttl(s, g->apex);
	g->apex = NULL;
	return 0;
}

/* True if the owner need not wait for the end of the generation. */
static bool is_early(const struct job *job)
{
	return job->node && job->is_in_chain && !job->is_last;
}

/* True if the link leads to an owner that readers see. Otherwise the name of that owner would be neither there nor
 * denied. Before the end of the first generation nobody is promised anything. */
static bool leads_on(const struct zone *z, const struct signing *s, const struct order *order,
	const struct job *job)
{
	const struct node *next = order && s->has_closed ? order_next(order, job->name) : NULL;
	const struct job *at_next = next ? generation_job(z, s, node_name(next)) : NULL;
	return !at_next || !at_next->is_coming || at_next->is_published;
}

/* The order at the end of a generation: names that were hidden, before what hid them; links that lead past names that go
 * away; and these. */
enum step { STEP_HIDDEN, STEP_LINKS, STEP_LEAVE };

static enum step step_of(const struct signing *s, const struct job *job)
{
	if (job->is_in_chain && !job->leaves_wan)
		return STEP_LINKS;
	return order_find(s->order, job->name, NULL) ? STEP_LEAVE : STEP_HIDDEN;
}

static enum step first_step(const struct signing *s)
{
	enum step first = STEP_LEAVE;
	for (size_t i = s->gen.at; i < s->gen.count; i++)
		if (!s->gen.jobs[i]->is_published && step_of(s, s->gen.jobs[i]) < first)
			first = step_of(s, s->gen.jobs[i]);
	return first;
}

/* Publishes what is complete, once; names that go away wait until no link but one of them leads to them. */
static int publish_some(struct zone *z, struct signing *s)
{
	struct generation *g = &s->gen;
	const bool is_end = g->phase == PHASE_LEAVE;
	const enum step step = is_end ? first_step(s) : STEP_HIDDEN;
	while (g->asked < g->count && g->jobs[g->asked]->missing == 0)
		g->asked++;
	for (size_t i = g->at; i < g->asked; i++) {
		struct job *job = g->jobs[i];
		const bool is_due = !job->is_published && job->missing == 0 &&
				    (is_end ? step_of(s, job) == step : is_early(job)) &&
				    leads_on(z, s, s->order, job) && leads_on(z, s, s->wan, job);
		/* One of them that stays in the other chain still needs signatures; its link leads to those behind it. */
		if (step == STEP_LEAVE && !job->is_published && job->missing > 0)
			return 0;
		int err = is_due ? publish_job(z, s, job) : 0;
		if (err)
			return err;
		if (i == g->at && job->is_published)
			g->at++;
	}
	return 0;
}

static int publish_complete(struct zone *z, struct signing *s)
{
	size_t before;
	/* Progress: each turn but the last publishes something. */
	do {
		before = s->gen.published;
		int err = publish_some(z, s);
		if (err)
			return err;
	} while (s->gen.published != before);
	return 0;
}

/* True if all jobs are published that need not wait for the end. */
static bool is_chain_closed(const struct signing *s)
{
	if (s->gen.asked < s->gen.count)
		return false;
	for (size_t i = s->gen.at; i < s->gen.count; i++)
		if (!s->gen.jobs[i]->is_published && is_early(s->gen.jobs[i]))
			return false;
	return true;
}

static int cmp_jobs(const void *a, const void *b)
{
	const struct job *const *x = a, *const *y = b;
	return name_cmp((*x)->name, (*y)->name);
}

/* Names go away from the first to the last: the link before those that are left leads to the next one, or past all. */
static void begin_to_leave(struct generation *g)
{
	if (g->published < g->count)
		qsort(g->jobs, g->count, sizeof(struct job *), cmp_jobs);
	g->phase = PHASE_LEAVE;
	g->at = 0;
}

static void end(struct signing *s)
{
	generation_free(s);
	s->is_dirty = false;
	s->has_closed = true;
}

/* Goes on with a generation as far as it can. True if it has ended, or has more to do at once. */
static bool go_on(struct zone *z, struct signing *s, uint32_t serial_floor)
{
	struct generation *g = &s->gen;
	if (g->phase == PHASE_PLACE && generation_place(z, s))
		return false;
	if (g->phase == PHASE_BUILD && generation_build(z, s))
		return false;
	if (g->phase == PHASE_SIGN) {
		if (publish_complete(z, s) || !is_chain_closed(s))
			return false;
		begin_to_leave(g);
	}
	if (g->phase == PHASE_LEAVE) {
		if (publish_complete(z, s) || g->published < g->count)
			return false;
		g->phase = PHASE_CLOSE;
	}
	if (!s->has_closed && s->waiting_count > 0 && !g->apex) {
		/* A large zone begins in parts, so that what waits and what is signed are not both there as a whole. */
		generation_free(s);
		return true;
	}
	if (s->is_dirty && !g->apex && generation_shows(s)) {
		g->phase = PHASE_PLACE;
		g->at = g->asked = 0;
		return true;
	}
	if (s->is_dirty && (publish_apex(z, s, serial_floor) || g->apex))
		return false;
	if (!s->has_closed && orders_put(&z->reader, &z->garbage, s->owner->name, s->order, s->wan))
		return false;
	end(s);
	return true;
}

void signing_advance(struct zone *z, uint32_t serial_floor)
{
	LIST_EACH(s, &z->signings, struct signing, in_zone) {
		if (s->key_count == 0 || z->now_s == 0)
			continue;
		/* Progress: each turn publishes what waited before it. */
		while (s->gen.phase != PHASE_IDLE || generation_begin(z, s))
			if (!go_on(z, s, serial_floor))
				break;
	}
}
