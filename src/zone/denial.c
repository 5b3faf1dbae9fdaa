/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice of the links that prove a negative answer.
 * Never makes a record.
 */
#include "zone/denial.h"

#include <string.h>

#include "zone/orders.h"

struct denying {
	const struct node *apex;
	const struct order *order;
	unsigned view;
	struct zone_denial *ret;
};

/* The labels of a name in lower case, without those of the apex. All names here are in the zone, so only
 * these are compared. */
struct labels {
	const uint8_t *name;
	unsigned len; /* of the name */
	unsigned count;
	uint8_t at[NAME_LABELS_MAX];
	uint8_t next[NODE_NEXT_ROOM]; /* the name, if a link leads to it */
};

static void split(const struct denying *d, const uint8_t *name, unsigned len, struct labels *ret)
{
	unsigned end = len - d->apex->name_len;
	ret->name = name;
	ret->len = len;
	ret->count = 0;
	for (unsigned at = 0; at < end; at += 1u + name[at])
		ret->at[ret->count++] = (uint8_t)at;
}

static void split_key(const struct denying *d, const struct key *key, struct labels *ret)
{
	split(d, key_lower(key), key->len, ret);
}

/* Returns how many labels, counted from the apex, the names have in common. `*ret_order` compares the names
 * (RFC 4034 §6.1). */
static unsigned compare(const struct labels *a, const struct labels *b, int *ret_order)
{
	unsigned most = a->count < b->count ? a->count : b->count;
	for (unsigned common = 0; common < most; common++) {
		const uint8_t *x = a->name + a->at[a->count - common - 1];
		const uint8_t *y = b->name + b->at[b->count - common - 1];
		int diff = memcmp(x + 1, y + 1, x[0] < y[0] ? x[0] : y[0]);
		*ret_order = diff ? diff : x[0] - y[0];
		if (*ret_order)
			return common;
	}
	*ret_order = (a->count > most) - (b->count > most);
	return most;
}

static bool has_link(const struct denying *d, const struct node *n)
{
	return node_set(n, RR_NSEC, d->view) != NULL;
}

/* Finds the owner that the link of this one leads to. */
static void split_next(const struct denying *d, const struct node *n, struct labels *ret)
{
	const struct node_set *set = node_set(n, RR_NSEC, d->view);
	const struct node_next next = node_next(n, set);
	node_write_next(n, &next, ret->next);
	split(d, ret->next, node_next_len(&next), ret);
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

/* True if the link of that owner, which is before the name, leads to behind the name; the last one leads to
 * the apex. */
static bool leads_beyond(const struct denying *d, const struct node *n, const struct labels *name)
{
	struct labels next;
	int order;
	split_next(d, n, &next);
	return next.count == 0 || (compare(&next, name, &order), order > 0);
}

static bool is_over(const struct denying *d, const struct node *n, const struct labels *name)
{
	struct labels owner;
	int order;
	split(d, node_name(n), n->name_len, &owner);
	compare(&owner, name, &order);
	return order < 0 && leads_beyond(d, n, name);
}

/* Returns the last owner at or before the name; rather one whose link was added and is over it: while links
 * wait for signatures, they may be of two chains, and a proof must be of one. */
static const struct node *owner_before(
	const struct denying *d, const struct key *key, const struct labels *name)
{
	for (unsigned i = 0; i < d->ret->count; i++)
		if (is_over(d, d->ret->at[i], name))
			return d->ret->at[i];
	return order_at_or_before(d->order, key);
}

/* Adds the link over the name. NULL: the name is an owner, or there is no such link. */
static const struct node *add_over(
	const struct denying *d, const struct key *key, const struct labels *name)
{
	const struct node *n = owner_before(d, key, name);
	if (!n || !has_link(d, n) || is_name(n, key))
		return NULL;
	add(d->ret, n);
	return leads_beyond(d, n, name) ? n : NULL;
}

/* True if the link over the name leads to a name below it: so it is a name in between. */
static bool is_between(const struct denying *d, const struct node *over, const struct labels *name)
{
	struct labels next;
	int order;
	split_next(d, over, &next);
	return next.len > name->len && compare(&next, name, &order) == name->count;
}

/* Adds the link over a name that does not exist, not even as a name in between. */
static const struct node *add_over_nothing(
	const struct denying *d, const struct key *key, const struct labels *name)
{
	const struct node *n = add_over(d, key, name);
	return n && !is_between(d, n, name) ? n : NULL;
}

/* Adds what proves that the name, which exists, has not got a type. `n` may be NULL. */
static bool add_of(const struct denying *d, const struct key *key, const struct node *n)
{
	struct labels name;
	if (n && has_link(d, n)) {
		add(d->ret, n);
		return true;
	}
	split_key(d, key, &name);
	n = add_over(d, key, &name);
	return n && is_between(d, n, &name);
}

/* A wildcard, and its labels. */
struct wildcard {
	struct key key;
	struct labels name;
};

/* Makes the wildcard at the closest encloser: the longest ancestor of the name that is also one of either
 * end of the link over it. */
static void make_wildcard(const struct denying *d, const struct labels *name,
	const struct node *over, struct wildcard *ret)
{
	struct labels owner, next;
	struct name wildcard;
	int order;
	unsigned common = 0;
	/* A name right below the apex has no other. */
	if (name->count > 1) {
		split(d, node_name(over), over->name_len, &owner);
		split_next(d, over, &next);
		unsigned before = compare(&owner, name, &order);
		unsigned behind = compare(&next, name, &order);
		common = before > behind ? before : behind;
	}
	const uint8_t *encloser =
		common < name->count ? name->name + name->at[name->count - common - 1] : name->name;
	/* There is room for "*": its label is at least as short as the one that it replaces. */
	if (common == name->count || name_prepend("*", 1, name_parent(encloser), &wildcard))
		name_copy(&wildcard, node_name(d->apex));
	key_from_name(&ret->key, wildcard.wire);
	split_key(d, &ret->key, &ret->name);
}

static bool deny_name(const struct denying *d, const struct key *key)
{
	struct labels name;
	struct wildcard wildcard;
	split_key(d, key, &name);
	const struct node *over = add_over_nothing(d, key, &name);
	if (!over)
		return false;
	make_wildcard(d, &name, over, &wildcard);
	return add_over_nothing(d, &wildcard.key, &wildcard.name) != NULL;
}

static bool deny_for_wildcard(
	const struct denying *d, const struct key *key, const struct zone_answer *found)
{
	struct labels name;
	struct wildcard wildcard;
	split_key(d, key, &name);
	const struct node *over = add_over_nothing(d, key, &name), *n = found->node;
	if (!over)
		return false;
	make_wildcard(d, &name, over, &wildcard);
	if (n && !is_name(n, &wildcard.key))
		return false;
	/* The link over the name may not know the wildcard yet. A set of it has a signature, which says enough. */
	if (found->set)
		return true;
	return !(n && has_link(d, n) && is_over(d, over, &wildcard.name)) &&
	       add_of(d, &wildcard.key, n);
}

bool zone_deny(const struct zone_reader *reader, const struct key *key, unsigned view,
	const struct zone_answer *found, struct zone_denial *ret)
{
	const struct node *apex = found->apex;
	ret->count = 0;
	if (!apex || !(apex->flags & NODE_SIGNED_ZONE))
		return true;
	const struct denying d = {apex, zone_order(reader, apex, view), view, ret};
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
		if (has_link(&d, found->node) && !node_set(found->node, RR_DS, view))
			add(ret, found->node);
		return true;
	case ZONE_RENAMED:
	case ZONE_OUTSIDE:
	case ZONE_OUTCOME_COUNT: break;
	}
	return true;
}

/* Makes the answer that the chain gives for a name which the table does not have, or as a name in between. An
 * owner that is about to go away leaves the table first. False if the chain says nothing of the name. */
static bool answer_by_chain(const struct zone_reader *reader, const struct node *apex,
	const struct key *key, uint16_t type, unsigned view, struct zone_answer *ret)
{
	struct zone_denial links = {0};
	const struct denying d = {apex, zone_order(reader, apex, view), view, &links};
	struct labels name;
	struct wildcard wildcard;
	const struct node *n = order_at_or_before(d.order, key);
	*ret = (struct zone_answer){.outcome = ZONE_NO_NAME, .apex = apex};
	if (n && is_name(n, key)) {
		zone_answer_from(n, type, view, ret);
		return !(n->flags & NODE_CUT);
	}
	split_key(&d, key, &name);
	const struct node *over = add_over_nothing(&d, key, &name);
	if (!over)
		return false;
	make_wildcard(&d, &name, over, &wildcard);
	n = owner_before(&d, &wildcard.key, &wildcard.name);
	if (n && is_name(n, &wildcard.key))
		zone_answer_from(n, type, view, ret);
	else if (n && has_link(&d, n) && is_between(&d, n, &wildcard.name))
		ret->outcome = ZONE_FOUND;
	ret->is_wildcard = ret->outcome != ZONE_NO_NAME;
	return true;
}

static bool has_data(const struct node *n, unsigned view)
{
	for (unsigned i = 0; i < n->set_count; i++)
		if (n->sets[i].view & view)
			return true;
	return false;
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
	if ((ret->node && !ret->is_wildcard && has_data(ret->node, view)) ||
		!answer_by_chain(reader, ret->apex, key, type, view, &by_chain) ||
		!zone_deny(reader, key, view, &by_chain, &denial))
		return false;
	*ret = by_chain;
	*ret_denial = denial;
	return true;
}
