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

/* Adds the link over the name. NULL: the name is an owner, or there is no such link. */
static const struct node *add_over(const struct denying *d, const struct key *key)
{
	const struct node *n = order_at_or_before(d->order, key);
	const uint8_t *next = n ? next_of(n) : NULL;
	if (!next || is_name(n, key))
		return NULL;
	add(d->ret, n);
	bool is_last = name_equal(next, node_name(d->apex));
	return is_last || name_cmp(next, key_lower(key)) > 0 ? n : NULL;
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
	if (!over || found->set)
		return over != NULL;
	make_wildcard(key, over, &wildcard);
	if (found->node && !is_name(found->node, &wildcard))
		return false;
	return add_of(d, &wildcard, found->node);
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
