/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice of the links that prove a negative answer.
 * Never makes a record.
 */
#include "zone/denial.h"

#include "zone/orders.h"

struct denying {
	const struct node *apex;
	const struct order *order;
	struct zone_denial *ret;
};

/* The next owner that the links of this one name, in lower case. NULL: it has no link. */
static const uint8_t *next_of(const struct node *n)
{
	const struct node_set *set = node_set(n, RR_NSEC, VIEW_ANY);
	if (!set)
		return NULL;
	const uint8_t *at = node_rdata(n, set);
	return node_next_rdata(set, &at).bytes;
}

static void add(struct zone_denial *ret, const struct node *n)
{
	for (unsigned i = 0; i < ret->count; i++)
		if (ret->at[i] == n)
			return;
	ret->at[ret->count++] = n;
}

static bool is_name(const struct node *n, const struct key *key)
{
	return n->name_len == key->len && key_is_at(key, 0, node_name(n), key->len);
}

/* True if the link of that owner leads from before the name to behind it. */
static bool is_over(const struct denying *d, const struct node *n, const struct key *key)
{
	const uint8_t *next = next_of(n);
	return next && !is_name(n, key) && name_cmp(node_name(n), key_lower(key)) < 0 &&
	       (name_equal(next, node_name(d->apex)) || name_cmp(next, key_lower(key)) > 0);
}

/* Returns the last owner at or before the name; rather one whose link was added and is over it: while links
 * wait for signatures, they may be of two chains, and a proof must be of one. */
static const struct node *owner_before(const struct denying *d, const struct key *key)
{
	for (unsigned i = 0; i < d->ret->count; i++)
		if (is_over(d, d->ret->at[i], key))
			return d->ret->at[i];
	return order_at_or_before(d->order, key);
}

/* Adds the link over the name. NULL: the name is an owner, or there is no such link. */
static const struct node *add_over(const struct denying *d, const struct key *key)
{
	const struct node *n = owner_before(d, key);
	if (!n || !next_of(n) || is_name(n, key))
		return NULL;
	add(d->ret, n);
	return is_over(d, n, key) ? n : NULL;
}

/* Adds what proves that the name, which exists, has not got a type. `n` may be NULL. */
static bool add_of(const struct denying *d, const struct key *key, const struct node *n)
{
	if (n && next_of(n)) {
		add(d->ret, n);
		return true;
	}
	n = add_over(d, key);
	return n && name_is_below(next_of(n), key_lower(key));
}

/* Makes the name of the wildcard at the closest encloser: the longest ancestor of the name that is also one
 * of either end of the link over it. */
static void make_wildcard(const struct key *key, const struct node *over, struct key *ret)
{
	struct key_labels labels;
	struct name wildcard;
	key_split(key, &labels);
	unsigned before = key_common_labels(key, &labels, node_name(over));
	unsigned behind = key_common_labels(key, &labels, next_of(over));
	unsigned common = before > behind ? before : behind;
	/* The name has another label below the encloser, so there is room for "*". */
	if (name_prepend("*", 1, key_lower(key) + labels.start[labels.count - common], &wildcard))
		name_copy(&wildcard, name_root);
	key_from_name(ret, wildcard.wire);
}

/* Adds the link over a name that does not exist, not even as a name in between. */
static const struct node *add_over_nothing(const struct denying *d, const struct key *key)
{
	const struct node *n = add_over(d, key);
	return n && !name_is_below(next_of(n), key_lower(key)) ? n : NULL;
}

static bool deny_name(const struct denying *d, const struct key *key)
{
	struct key wildcard;
	const struct node *over = add_over_nothing(d, key);
	if (!over)
		return false;
	make_wildcard(key, over, &wildcard);
	return add_over_nothing(d, &wildcard) != NULL;
}

static bool deny_for_wildcard(
	const struct denying *d, const struct key *key, const struct zone_answer *found)
{
	struct key wildcard;
	const struct node *over = add_over_nothing(d, key);
	if (!over)
		return false;
	make_wildcard(key, over, &wildcard);
	const struct node *n = found->node;
	if (n && !is_name(n, &wildcard))
		return false;
	/* The link over the name may not know the wildcard yet. A set of it has a signature, which says enough. */
	if (found->set)
		return true;
	return !(n && next_of(n) && is_over(d, over, &wildcard)) && add_of(d, &wildcard, n);
}

bool zone_deny(const struct zone_reader *reader, const struct key *key, unsigned view,
	const struct zone_answer *found, struct zone_denial *ret)
{
	const struct node *apex = found->apex;
	ret->count = 0;
	if (!apex || !(apex->flags & NODE_SIGNED_ZONE))
		return true;
	const struct denying d = {apex, zone_order(reader, apex), ret};
	if (!d.order)
		return true;
	switch (found->outcome) {
	case ZONE_FOUND:
	case ZONE_ALIAS:
		if (found->is_wildcard)
			return deny_for_wildcard(&d, key, found);
		return found->set || add_of(&d, key, found->node);
	case ZONE_NO_NAME: return deny_name(&d, key);
	case ZONE_DELEGATED:
		if (next_of(found->node) && !node_set(found->node, RR_DS, view))
			add(ret, found->node);
		return true;
	case ZONE_RENAMED:
	case ZONE_OUTSIDE:
	case ZONE_OUTCOME_COUNT: break;
	}
	return true;
}

/* Makes the answer that a name has which is no owner, if only the links count. False if they say nothing of
 * it. */
static bool answer_by_chain(const struct zone_reader *reader, const struct node *apex,
	const struct key *key, uint16_t type, unsigned view, struct zone_answer *ret)
{
	struct zone_denial links = {0};
	const struct denying d = {apex, zone_order(reader, apex), &links};
	struct key wildcard;
	const struct node *over = add_over_nothing(&d, key), *n;
	if (!over)
		return false;
	make_wildcard(key, over, &wildcard);
	n = owner_before(&d, &wildcard);
	*ret = (struct zone_answer){.outcome = ZONE_NO_NAME};
	if (n && is_name(n, &wildcard)) {
		zone_answer_from(n, type, view, ret);
		ret->is_wildcard = true;
	} else if (n && next_of(n) && name_is_below(next_of(n), key_lower(&wildcard))) {
		*ret = (struct zone_answer){.outcome = ZONE_FOUND, .is_wildcard = true};
	}
	ret->apex = apex;
	return true;
}

bool zone_lookup_proved(const struct zone_reader *reader, const struct key *key, uint16_t type,
	unsigned view, struct zone_answer *ret, struct zone_denial *ret_denial)
{
	for (int i = 0; i < DENIAL_TRIES; i++) {
		zone_lookup(reader, key, type, view, ret);
		if (zone_deny(reader, key, view, ret, ret_denial))
			return true;
	}
	struct zone_answer by_chain;
	struct zone_denial denial;
	bool has_data = ret->node && ret->node->set_count > 0 && !ret->is_wildcard;
	if (has_data || !answer_by_chain(reader, ret->apex, key, type, view, &by_chain) ||
		!zone_deny(reader, key, view, &by_chain, &denial))
		return false;
	*ret = by_chain;
	*ret_denial = denial;
	return true;
}
