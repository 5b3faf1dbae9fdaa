/* SPDX-License-Identifier: ISC */
/*
 * Owns the putting of records into the zone.
 * Never decides how sources are merged there: zone/ does.
 */
#include <stdlib.h>

#include "base/err.h"
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

/* Each of a file and the workloads may have few enough, and both together too many. */
static void find_crowded_sum(
	const struct pipeline *p, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	for (size_t i = 0; i < count && p->sink.on_crowded; i++) {
		const size_t sum = sets[i].count > LIMIT_TRANSFER_SET
					   ? 0
					   : zone_sum_count(p->zone, sets[i].type);
		if (sum > LIMIT_TRANSFER_SET)
			p->sink.on_crowded(p->sink.arg, owner, sets[i].type, sum);
	}
}

/* True if the name is below lan.DOMAIN, or that itself, and the wan view shall not have it. */
static bool is_to_hide(const struct pipeline *p, const uint8_t *owner)
{
	const uint8_t *domain = p->config.policy.domain.wire;
	struct name lan;
	return p->config.policy.hides_lan && name_prepend("lan", 3, domain, &lan) == 0 &&
	       name_is_below(owner, lan.wire);
}

typedef int zone_put_fn(struct zone *z, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count);

/* Puts what somebody wrote for everybody: where the wan view shall not have it, for the lan view only. */
static int put_for_whom(struct pipeline *p, zone_put_fn *put, enum zone_source source,
	const uint8_t *owner, const struct rrset *sets, size_t count)
{
	if (count == 0 || !is_to_hide(p, owner))
		return put(p->zone, source, owner, sets, count);
	struct rrset *copy = malloc(count * sizeof(*copy));
	if (!copy)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		copy[i] = sets[i];
		copy[i].view &= VIEW_LAN;
	}
	int err = put(p->zone, source, owner, copy, count);
	free(copy);
	return err;
}

static int put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	int err = put_for_whom(p, zone_put, source, owner, sets, count);
	if (!err)
		find_crowded_sum(p, owner, sets, count);
	else if (err == ERR_RANGE && source == ZONE_DERIVED && p->sink.on_no_room &&
		 zone_apex_of(p->zone, owner))
		p->sink.on_no_room(p->sink.arg, owner);
	return err;
}

int unicast_put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count)
{
	struct rdata alias;
	if (source == ZONE_STATIC)
		find_crowded(p, owner, sets, count);
	/* A zone file may have very many records, but only an alias can hide other records. */
	if (source == ZONE_STATIC && !(count > 0 && sets[0].type == RR_CNAME))
		return put(p, source, owner, sets, count);
	bool was_hidden = zone_hidden_alias(p->zone, owner, &alias);
	int err = put(p, source, owner, sets, count);
	if (!was_hidden && zone_hidden_alias(p->zone, owner, &alias))
		tell_hidden_alias(p, owner, alias.bytes);
	return err;
}

int pipeline_put_update(
	struct pipeline *p, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return unicast_put(p, ZONE_UPDATED, owner, sets, count);
}

int pipeline_try_update(
	struct pipeline *p, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return put_for_whom(p, zone_try, ZONE_UPDATED, owner, sets, count);
}
