/* SPDX-License-Identifier: ISC */
/*
 * Owns the canonical form of the records at an owner, and the difference between two such states.
 * Never keeps rdata: it is borrowed.
 */
#include "zone/fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"

void facts_fini(struct facts *facts)
{
	free(facts->at);
	free(facts->made);
	*facts = (struct facts){0};
}

int facts_add_one(struct facts *facts, const struct fact *fact)
{
	if (ARRAY_RESERVE(facts->at, facts->cap, facts->count + 1))
		return ERR_NOMEM;
	facts->at[facts->count++] = *fact;
	return 0;
}

int facts_add(struct facts *facts, const struct rrset *set)
{
	struct fact fact = {.type = set->type, .view = set->view & VIEW_ANY};
	/* RFC 2181 §8: a TTL with the top bit set is zero. */
	uint32_t ttl = set->ttl > INT32_MAX ? 0 : set->ttl;
	for (int v = 0; v < VIEW_COUNT; v++)
		fact.ttl[v] = fact.view & 1 << v ? ttl : 0;
	if (fact.view == 0)
		return 0;
	for (size_t i = 0; i < set->count; i++) {
		fact.bytes = set->rdata[i].bytes;
		fact.len = set->rdata[i].len;
		int err = facts_add_one(facts, &fact);
		if (err)
			return err;
	}
	return 0;
}

static int fact_cmp(const struct fact *a, const struct fact *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return rdata_cmp(a->bytes, a->len, b->bytes, b->len);
}

static int fact_cmp_qsort(const void *a, const void *b)
{
	return fact_cmp(a, b);
}

/* Usually true, since sources keep their records in this order. */
static bool is_sorted(const struct facts *facts)
{
	for (size_t i = 1; i < facts->count; i++)
		if (fact_cmp(&facts->at[i - 1], &facts->at[i]) > 0)
			return false;
	return true;
}

/* The signatures of an owner are as many sets as there are covered types: their TTLs are those of what they
 * cover (RFC 4034 §3). Their rdata begins with the covered type, so these sets are apart when sorted. */
static bool is_same_set(const struct fact *a, const struct fact *b)
{
	if (a->type != b->type)
		return false;
	return a->type != RR_RRSIG || a->len < 2 || b->len < 2 ||
	       get_u16(a->bytes) == get_u16(b->bytes);
}

size_t facts_of_type(const struct facts *facts, size_t first)
{
	size_t end = first;
	while (end < facts->count && is_same_set(&facts->at[first], &facts->at[end]))
		end++;
	return end - first;
}

/* Sets each of `count` facts of one type to the lowest TTL of its set, per view. */
static void level_ttl(struct fact *at, size_t count)
{
	for (int v = 0; v < VIEW_COUNT; v++) {
		uint32_t lowest = UINT32_MAX;
		for (size_t i = 0; i < count; i++)
			if (at[i].view & 1 << v && at[i].ttl[v] < lowest)
				lowest = at[i].ttl[v];
		for (size_t i = 0; i < count; i++)
			if (at[i].view & 1 << v)
				at[i].ttl[v] = lowest;
	}
}

static void unite(struct fact *into, const struct fact *from)
{
	for (int v = 0; v < VIEW_COUNT; v++)
		if (from->view & 1 << v)
			into->ttl[v] = from->ttl[v];
	into->view |= from->view;
}

static void unite_equal(struct facts *facts)
{
	size_t kept = 0;
	for (size_t i = 0; i < facts->count; i++) {
		if (kept > 0 && fact_cmp(&facts->at[kept - 1], &facts->at[i]) == 0)
			unite(&facts->at[kept - 1], &facts->at[i]);
		else
			facts->at[kept++] = facts->at[i];
	}
	facts->count = kept;
}

/* True if there is more at the owner than an alias and what DNSSEC puts beside it (RFC 4034 §3, §4). */
static bool has_more_than_alias(const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		uint16_t type = facts->at[i].type;
		if (type != RR_CNAME && type != RR_NSEC && type != RR_RRSIG)
			return true;
	}
	return false;
}

/* Removes records that must not exist together. Views are not checked separately: whether a name is
 * an alias must not depend on the client. */
static void drop_conflicting(struct facts *facts)
{
	size_t kept = 0;
	const bool has_more = has_more_than_alias(facts);
	for (size_t i = 0, n; i < facts->count; i += n) {
		n = facts_of_type(facts, i);
		if (facts->at[i].type == RR_CNAME && has_more)
			continue;
		size_t take = rr_type_has(facts->at[i].type, RR_IS_SINGLE) ? 1 : n;
		memmove(&facts->at[kept], &facts->at[i], take * sizeof(facts->at[0]));
		kept += take;
	}
	facts->count = kept;
}

void facts_settle(struct facts *facts)
{
	if (!is_sorted(facts))
		qsort(facts->at, facts->count, sizeof(facts->at[0]), fact_cmp_qsort);
	for (size_t i = 0, n; i < facts->count; i += n) {
		n = facts_of_type(facts, i);
		level_ttl(&facts->at[i], n);
	}
	unite_equal(facts);
	if (facts->count > 1)
		drop_conflicting(facts);
}

/* Returns the views of `fact` in which `other` lacks it or has another TTL. `other` is the same
 * record in the other state, or NULL. */
static unsigned views_apart(const struct fact *fact, const struct fact *other)
{
	unsigned apart = fact->view;
	for (int v = 0; other && v < VIEW_COUNT; v++)
		if (other->view & 1 << v && other->ttl[v] == fact->ttl[v])
			apart &= ~(1u << v);
	return apart;
}

/* Walks through `of` and `against` in parallel, and reports the facts of `of` that `against`
 * lacks. */
static void tell_missing(const struct facts *of, const struct facts *against, bool is_added,
	void (*tell)(
		void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact),
	void *arg)
{
	for (size_t i = 0, j = 0; i < of->count; i++) {
		const struct fact *fact = &of->at[i];
		int order = -1;
		while (j < against->count && (order = fact_cmp(fact, &against->at[j])) > 0)
			j++;
		bool is_there = j < against->count && order == 0;
		unsigned apart = views_apart(fact, is_there ? &against->at[j] : NULL);
		if (apart == VIEW_ANY && fact->ttl[0] == fact->ttl[1]) {
			tell(arg, is_added, VIEW_ANY, fact->ttl[0], fact);
			continue;
		}
		for (int v = 0; v < VIEW_COUNT; v++)
			if (apart & 1 << v)
				tell(arg, is_added, 1u << v, fact->ttl[v], fact);
	}
}

void facts_diff(const struct facts *before, const struct facts *after,
	void (*tell)(
		void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact),
	void *arg)
{
	tell_missing(before, after, false, tell, arg);
	tell_missing(after, before, true, tell, arg);
}
