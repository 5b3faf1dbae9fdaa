/* SPDX-License-Identifier: ISC */
/*
 * Owns the look at the zone for an update.
 * Never changes it.
 */
#include "update/served.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zone/node.h"

static const enum zone_source others[] = {ZONE_DERIVED, ZONE_STATIC};

bool served_has_name(const struct zone *z, const uint8_t *name)
{
	const struct node *n = zone_latest(z, name);
	return n && n->set_count > 0;
}

bool served_has_set(const struct zone *z, const uint8_t *name, uint16_t type)
{
	const struct node *n = zone_latest(z, name);
	return n && node_set(n, type, VIEW_ANY);
}

/* `link` is scratch of NSEC_RDATA_MAX bytes. */
static bool node_has_record(const struct node *n, uint16_t type, struct rdata wanted, uint8_t *link)
{
	for (unsigned i = 0; n && i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		for (unsigned r = 0; set->type == type && r < set->count; r++)
			if (added_is_same_rdata(type, node_read_rdata(n, set, &at, link), wanted))
				return true;
	}
	return false;
}

/* --- sets with given records ---------------------------------------------------------------- */

static int compare_records(const void *left, const void *right)
{
	const struct update_record *a = *(const struct update_record *const *)left,
				   *b = *(const struct update_record *const *)right;
	int order = name_cmp(a->owner, b->owner);
	STEPS(1);
	if (!order)
		order = (a->type > b->type) - (a->type < b->type);
	return order ? order
		     : rdata_cmp(a->rdata.bytes, a->rdata.len, b->rdata.bytes, b->rdata.len);
}

static bool is_of_set(const struct update_record *a, const struct update_record *b)
{
	return a->type == b->type && name_equal(a->owner, b->owner);
}

/* True if one of the records is that one. */
static bool is_given(const struct update_record *const *at, size_t count, struct rdata wanted)
{
	for (size_t i = 0; i < count; i++)
		if (added_is_same_rdata(at[i]->type, at[i]->rdata, wanted))
			return true;
	return false;
}

/* Compares `count` given records of one set with what is served. */
static bool is_exact(
	const struct zone *z, const struct update_record *const *at, size_t count, uint8_t *link)
{
	const struct node *n = zone_latest(z, at[0]->owner);
	for (size_t i = 0; i < count; i++)
		if (!node_has_record(n, at[0]->type, at[i]->rdata, link))
			return false;
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *rdata = node_rdata(n, set);
		for (unsigned r = 0; set->type == at[0]->type && r < set->count; r++)
			if (!is_given(at, count, node_read_rdata(n, set, &rdata, link)))
				return false;
	}
	return true;
}

int served_equals(const struct zone *z, const struct update_record *records, size_t count)
{
	const struct update_record **at = calloc(count + 1, sizeof(struct update_record *));
	uint8_t *link = malloc(NSEC_RDATA_MAX);
	size_t given = 0, n;
	int err = at && link ? 0 : ERR_NOMEM;
	for (size_t i = 0; i < count && !err; i++)
		if (records[i].class == CLASS_IN)
			at[given++] = &records[i];
	if (given > 1)
		qsort(at, given, sizeof(struct update_record *), compare_records);
	for (size_t i = 0; i < given && !err; i += n) {
		for (n = 1; i + n < given && is_of_set(at[i], at[i + n]); n++)
			;
		err = is_exact(z, at + i, n, link) ? 0 : ERR_ABSENT;
	}
	free(link);
	free(at);
	return err;
}

/* --- others --------------------------------------------------------------------------------- */

bool served_others_have(const struct zone *z, const uint8_t *name, uint16_t type)
{
	bool has = zone_has_apex(z, name) && (type == RR_ANY || type == RR_SOA || type == RR_NS);
	for (size_t i = 0; i < ARRAY_LEN(others) && !has; i++) {
		const struct node *n = zone_said(z, others[i], name);
		has = n && (type == RR_ANY || node_set(n, type, VIEW_ANY));
	}
	return has;
}

bool served_others_have_record(
	const struct zone *z, const uint8_t *name, uint16_t type, struct rdata rdata)
{
	/* No source says a link of the chain. */
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (node_has_record(zone_said(z, others[i], name), type, rdata, NULL))
			return true;
	return false;
}

bool served_others_are_alias(const struct zone *z, const uint8_t *name)
{
	bool has_alias = false, has_other = zone_has_apex(z, name);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const struct node *n = zone_said(z, others[i], name);
		for (unsigned s = 0; n && s < n->set_count; s++) {
			has_alias |= n->sets[s].type == RR_CNAME;
			has_other |= n->sets[s].type != RR_CNAME;
		}
	}
	return has_alias && !has_other;
}
