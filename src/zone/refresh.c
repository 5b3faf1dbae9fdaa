/* SPDX-License-Identifier: ISC */
/*
 * Owns when signatures are made anew: long before they end, spread over time, and when the key is another.
 * Never makes one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "zone/signing.h"

enum {
	OWNERS_A_LOOK = 512,
	OWNERS_IN_HASTE = 4096, /* until everything is signed by the present keys */
	DUE_URGENT = 1000,      /* when signatures have ended, or do so within a day */
	URGENT_S = 86400,
	DUE_AT_ONCE = 20, /* owners: about as many signatures as a request has */
	PASS_S = 3600
};

static bool is_active(const struct signing *s, const struct node_stamp *stamp)
{
	for (unsigned k = 0; k < s->key_count; k++)
		if (signing_is_by(stamp, s->keys[k]))
			return true;
	return false;
}

static bool is_ready_type(const struct signing *s, uint16_t type)
{
	for (unsigned i = 0; i < s->ready_sets; i++)
		if (s->ready_type[i] == type)
			return true;
	return false;
}

/* Notes when signatures end, for `status`. */
static void note(
	struct zone *z, struct signing *s, const struct node *n, const struct node_stamp *stamp)
{
	const uint32_t expiration = get_u32(stamp->times_tag),
		       renewal = expiration - signing_renew_before(z, node_name(n));
	const uint32_t inception = get_u32(stamp->times_tag + 4);
	s->is_urgent |= expiration < z->now_s + URGENT_S || inception > z->now_s ||
			inception < z->trusted_from_s;
	if (s->look_expiration == 0 || expiration < s->look_expiration)
		s->look_expiration = expiration;
	if (s->look_renewal == 0 || renewal < s->look_renewal)
		s->look_renewal = renewal;
}

/* True if all signatures of the set are good, and there is one of each active key. */
static bool is_set_good(
	struct zone *z, struct signing *s, const struct node *n, const struct node_set *set)
{
	unsigned count = 0;
	for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
		const struct node_stamp *stamp = node_stamp(n, sig);
		note(z, s, n, stamp);
		if (!is_active(s, stamp) || !signing_is_timely(z, node_name(n), stamp))
			return false;
		count++;
		if (!sig->has_more)
			return count == s->key_count;
	}
}

static bool is_good(struct zone *z, struct signing *s, const struct node *n)
{
	const uint32_t link_ttl = generation_link_ttl(z, s);
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		if (!set->is_signed || (n->flags & NODE_APEX && is_ready_type(s, set->type)))
			continue;
		if (!is_set_good(z, s, n, set) || (node_is_chain(set) && set->ttl != link_ttl))
			return false;
	}
	return true;
}

/* Without memory, the next look finds it again. */
static void make_due(struct zone *z, struct signing *s, const struct node *n)
{
	if (n->flags & NODE_APEX) {
		zone_mark(z, s->owner);
		return;
	}
	uint8_t *name = malloc(n->name_len);
	if (!name || ARRAY_RESERVE(s->due, s->due_cap, s->due_count + 1)) {
		free(name);
		return;
	}
	memcpy(name, node_name(n), n->name_len);
	s->due[s->due_count++] = name;
}

void refresh_restart(struct signing *s)
{
	s->is_fresh = s->has_stale = false;
	s->look_expiration = s->look_renewal = 0;
	name_copy(&s->look_at, name_root);
}

static void end_pass(struct signing *s)
{
	s->is_fresh |= !s->has_stale;
	s->has_stale = false;
	s->stats.expiration = s->look_expiration;
	s->stats.next_renewal = s->look_renewal;
	s->look_expiration = s->look_renewal = 0;
	name_copy(&s->look_at, name_root);
}

/* Returns the seconds until the next look. */
static unsigned look(struct zone *z, struct signing *s)
{
	if (s->look_at.len == 0)
		name_copy(&s->look_at, name_root);
	s->is_urgent = false;
	const unsigned most = s->is_fresh ? OWNERS_A_LOOK : OWNERS_IN_HASTE;
	for (unsigned i = 0; i < most; i++) {
		const struct node *n = order_walk(s->order, s->look_at.wire);
		if (!n) {
			end_pass(s);
			break;
		}
		name_copy(&s->look_at, node_name(n));
		if (!is_good(z, s, n)) {
			make_due(z, s, n);
			s->has_stale = true;
		}
		if (s->due_count >= (s->is_urgent ? DUE_URGENT : DUE_AT_ONCE))
			return 1;
	}
	if (s->due_count > 0 || !s->is_fresh)
		return 1;
	return (unsigned)(PASS_S / (1 + order_count(s->order) / OWNERS_A_LOOK));
}

unsigned zone_refresh(struct zone *z)
{
	unsigned soonest = 0;
	LIST_EACH(s, &z->signings, struct signing, in_zone) {
		unsigned after = 1;
		s->is_refused = false;
		if (s->key_count > 0 && z->now_s > 0 && s->has_closed && s->due_count == 0)
			after = look(z, s);
		soonest = soonest == 0 || after < soonest ? after : soonest;
	}
	return soonest == 0 && !list_is_empty(&z->signings) ? 1 : soonest;
}
