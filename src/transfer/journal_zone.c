/* SPDX-License-Identifier: ISC */
/*
 * Owns the search for the zones of a journal.
 * Never changes them.
 */
#include "transfer/journal_zone.h"

struct jzone *jzone_find(const struct journal *j, const uint8_t *apex)
{
	uint64_t hash = name_hash(j->seed, apex);
	return MAP_FIND(&j->zones, hash, struct jzone, in_map, z, name_equal(z->apex.wire, apex));
}

struct jzone *jzone_over(const struct journal *j, const uint8_t *name)
{
	for (;; name = name_parent(name)) {
		struct jzone *z = jzone_find(j, name);
		if (z && !z->is_catalog)
			return z;
		if (name[0] == 0)
			return NULL;
	}
}

bool jzone_is_member(const struct jzone *z)
{
	return !z->is_catalog && z->serial != 0;
}
