/* SPDX-License-Identifier: ISC */
/*
 * Owns the putting of records into the zone.
 * Never decides how sources are merged there: zone/ does.
 */
#include "pipeline/inside.h"

int unicast_put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct rdata alias;
	/* A zone file may have very many records, but only an alias can hide other records. */
	if (source == ZONE_STATIC && !(count > 0 && sets[0].type == RR_CNAME))
		return zone_put(p->zone, source, owner, sets, count);
	bool was_hidden = zone_hidden_alias(p->zone, owner, &alias);
	int err = zone_put(p->zone, source, owner, sets, count);
	if (!was_hidden && zone_hidden_alias(p->zone, owner, &alias))
		tell_hidden_alias(p, owner, alias.bytes);
	return err;
}
