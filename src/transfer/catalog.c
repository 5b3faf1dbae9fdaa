/* SPDX-License-Identifier: ISC */
/*
 * Owns the records of a catalog zone.
 * Never knows which zones exist.
 */
#include "transfer/catalog.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"

enum {
	CATALOG_TTL_S = 0, /* RFC 9432 §4: not for resolvers */
	CATALOG_REFRESH_S = 3600,
	CATALOG_RETRY_S = 600,
	CATALOG_EXPIRE_S = 2147483646 /* §4.1: if it expired, secondaries would lose all zones */
};

static const uint8_t invalid[] = "\7invalid";

void catalog_soa(const uint8_t *apex, uint32_t serial, struct catalog_soa *ret)
{
	struct wr w = wr_init(ret->rdata, sizeof(ret->rdata));
	wr_bytes(&w, invalid, sizeof(invalid));
	wr_bytes(&w, invalid, sizeof(invalid));
	wr_u32(&w, serial);
	wr_u32(&w, CATALOG_REFRESH_S);
	wr_u32(&w, CATALOG_RETRY_S);
	wr_u32(&w, CATALOG_EXPIRE_S);
	wr_u32(&w, 0);
	ret->record = (struct record){.owner = apex,
		.type = RR_SOA,
		.view = VIEW_ANY,
		.ttl = CATALOG_TTL_S,
		.rdata = {ret->rdata, (uint16_t)wr_len(&w)}};
}

void catalog_head(const uint8_t *apex, struct snapshot *out)
{
	static const uint8_t version[] = {1, '2'};
	struct name owner;
	snapshot_add(out, &(struct record){.owner = apex,
				  .type = RR_NS,
				  .view = VIEW_ANY,
				  .ttl = CATALOG_TTL_S,
				  .rdata = {invalid, sizeof(invalid)}});
	if (name_prepend("version", 7, apex, &owner))
		return;
	snapshot_add(out, &(struct record){.owner = owner.wire,
				  .type = RR_TXT,
				  .view = VIEW_ANY,
				  .ttl = CATALOG_TTL_S,
				  .rdata = {version, sizeof(version)}});
}

/* A 64-bit hash: among a thousand zones, two have the same one with probability 10^-13 or so. No
 * secret is in the seed: the label must be the same after each start. */
static void unique_label(const uint8_t *zone, char out[17])
{
	snprintf(out, 17, "%016llx", (unsigned long long)name_hash(0, zone));
}

int catalog_member(const uint8_t *apex, const uint8_t *zone, struct catalog_member *ret)
{
	struct name zones;
	char label[17];
	unique_label(zone, label);
	if (name_prepend("zones", 5, apex, &zones) ||
		name_prepend(label, strlen(label), zones.wire, &ret->owner))
		return ERR_RANGE;
	name_copy(&ret->target, zone);
	ret->record = (struct record){.owner = ret->owner.wire,
		.type = RR_PTR,
		.view = VIEW_ANY,
		.ttl = CATALOG_TTL_S,
		.rdata = {ret->target.wire, ret->target.len}};
	return 0;
}
