/* SPDX-License-Identifier: ISC */
/*
 * Owns the owners of signed zones whose present records are not served yet, and what may be said in such a zone.
 * Never decides when they are served.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zone/signing.h"

struct job *generation_job(const struct zone *z, const struct signing *s, const uint8_t *name)
{
	return MAP_FIND(&s->gen.by_name, name_hash(z->reader.seed, name), struct job, in_map, job,
		name_equal(job->name, name));
}

/* Owners that wait. */

struct pending *pending_find(const struct zone *z, const struct key *key)
{
	if (z->pending.count == 0)
		return NULL;
	return MAP_FIND(&z->pending, key_hash(z->reader.seed, key, 0), struct pending, in_map, p,
		key_is_at(key, 0, p->name, key->len) && name_len(p->name) == key->len);
}

struct pending *pending_new(struct zone *z, struct signing *s, const struct key *key)
{
	struct pending *p = calloc(1, sizeof(*p) + key->len);
	if (!p)
		return NULL;
	p->signing = s;
	list_init(&p->in_waiting);
	memcpy(p->name, key_lower(key), key->len);
	if (map_add(&z->pending, &p->in_map, key_hash(z->reader.seed, key, 0))) {
		free(p);
		return NULL;
	}
	return p;
}

static void stop_waiting(struct pending *p)
{
	if (!list_is_empty(&p->in_waiting))
		p->signing->waiting_count--;
	list_remove(&p->in_waiting);
}

void pending_free(struct zone *z, struct pending *p)
{
	stop_waiting(p);
	map_remove(&z->pending, &p->in_map);
	if (z->pending.count == 0) /* at a start there were as many as names */
		map_fini(&z->pending);
	node_free(p->truth);
	free(p);
}

/* The generation has borrowed what was said before. */
static void hold(struct zone *z, struct pending *p)
{
	struct job *job = p->is_taken ? generation_job(z, p->signing, p->name) : NULL;
	if (job && p->truth && job->truth == p->truth)
		job->held = p->truth;
	else
		node_free(p->truth);
}

void pending_set(struct zone *z, struct pending *p, struct node *truth)
{
	hold(z, p);
	p->truth = truth;
	if (!list_is_empty(&p->in_waiting))
		return;
	list_append(&p->signing->waiting, &p->in_waiting);
	p->signing->waiting_count++;
}

struct signing *signing_find(const struct zone *z, const uint8_t *apex)
{
	LIST_EACH(s, &z->signings, struct signing, in_zone)
		if (name_equal(s->owner->name, apex))
			return s;
	return NULL;
}

struct signing *signing_over(const struct zone *z, const struct place *place)
{
	if (list_is_empty(&z->signings) || !place->apex)
		return NULL;
	const struct owner *owner =
		zone_owner(z, &place->key, place->key.len - place->apex->name_len);
	return owner && owner->apex ? owner->apex->signing : NULL;
}

bool signing_has_room(const struct node *n)
{
	/* Two links, and what the keys say at an apex. */
	const size_t more = VIEW_COUNT + (n->flags & NODE_APEX ? ZONE_KEY_SETS_MAX : 0);
	const size_t sets = n->set_count + more;
	size_t bytes = node_size(n) + more * (sizeof(struct node_set) + NAME_CAP);
	bytes += sets * RRSIG_KEYS_MAX * sizeof(struct node_sig);
	bytes += STAMPS_MAX * sizeof(struct node_stamp);
	bytes += n->flags & NODE_APEX ? KEYS_SPARE : 0;
	return sets <= UINT8_MAX && bytes <= UINT16_MAX;
}

void signing_copy_near(struct node *n, const struct node *truth)
{
	for (unsigned i = 0; i < n->set_count; i++) {
		struct node_set *set = &n->sets[i];
		const struct node_set *same = node_set(truth, set->type, set->view);
		set->is_near = same && same->is_near;
	}
}

struct node *signing_copy(struct zone *z, const struct node *n)
{
	struct node *copy;
	const struct node_form form = {.slabs = z->slabs, .sends_all = true, .source = n->source};
	z->facts.count = 0;
	if (facts_add_node(&z->facts, n))
		return NULL;
	facts_settle(&z->facts);
	if (node_new(node_spelling(n), &z->facts, form, &copy))
		return NULL;
	signing_copy_near(copy, n);
	return copy;
}

bool signing_hides(const struct zone *z, const struct signing *s, const uint8_t *name)
{
	if (name_equal(name, s->owner->name))
		return s->apex_hides;
	unsigned state;
	const struct job *job = generation_job(z, s, name);
	const struct node *n = order_find(s->order, name, &state);
	if (job && job->is_placed)
		n = job->is_in_chain ? job->truth : NULL;
	else if (n && state & ORDER_LEAVING)
		n = NULL;
	return n && n->flags & (NODE_CUT | NODE_DNAME);
}

bool signing_is_hidden(const struct zone *z, const struct signing *s, const uint8_t *name)
{
	const uint8_t *apex = s->owner->name;
	if (s->cuts == 0)
		return false;
	for (name = name_parent(name); !name_equal(name, apex); name = name_parent(name))
		if (signing_hides(z, s, name))
			return true;
	return signing_hides(z, s, apex);
}

uint32_t signing_renew_before(const struct zone *z, const uint8_t *name)
{
	const uint32_t spread = (uint32_t)(name_hash(z->reader.seed, name) % (2 * SIGN_SPREAD_S));
	return SIGN_RENEW_S - SIGN_SPREAD_S + spread;
}

void signing_date(
	struct node_stamp *stamp, struct dnssec_key_id key, uint32_t inception, uint32_t expiration)
{
	stamp->alg = key.alg;
	put_u32(stamp->times_tag, expiration);
	put_u32(stamp->times_tag + 4, inception);
	put_u16(stamp->times_tag + 8, key.tag);
}

bool signing_is_by(const struct node_stamp *stamp, struct dnssec_key_id key)
{
	return stamp->alg == key.alg && get_u16(stamp->times_tag + 8) == key.tag;
}

bool signing_is_timely(const struct zone *z, const uint8_t *name, const struct node_stamp *stamp)
{
	const uint32_t expiration = get_u32(stamp->times_tag),
		       inception = get_u32(stamp->times_tag + 4);
	return z->now_s >= inception && inception >= z->trusted_from_s &&
	       expiration - signing_renew_before(z, name) > z->now_s;
}
