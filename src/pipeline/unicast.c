/* SPDX-License-Identifier: ISC */
/*
 * Owns the putting of records into the zone.
 * Never decides how sources are merged there: zone/ does.
 */
#include "base/limits.h"
#include "pipeline/inside.h"

/* More records of a type than other servers may take: BIND refuses the whole zone. What an administrator
 * wrote is served all the same. */
static void find_crowded(
	const struct pipeline *p, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	for (size_t i = 0; i < count && p->sink.on_crowded; i++)
		if (sets[i].count > LIMIT_TRANSFER_SET)
			p->sink.on_crowded(p->sink.arg, owner, sets[i].type, sets[i].count);
}

int unicast_put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct rdata alias;
	if (source == ZONE_STATIC)
		find_crowded(p, owner, sets, count);
	/* A zone file may have very many records, but only an alias can hide other records. */
	if (source == ZONE_STATIC && !(count > 0 && sets[0].type == RR_CNAME))
		return zone_put(p->zone, source, owner, sets, count);
	bool was_hidden = zone_hidden_alias(p->zone, owner, &alias);
	int err = zone_put(p->zone, source, owner, sets, count);
	if (!was_hidden && zone_hidden_alias(p->zone, owner, &alias))
		tell_hidden_alias(p, owner, alias.bytes);
	return err;
}
