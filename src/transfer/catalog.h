/* SPDX-License-Identifier: ISC */
/*
 * The records of a catalog zone (RFC 9432), version 2. Secondaries learn from it which zones
 * exist. Each zone's label is a hash of its name, so that it stays the same over restarts
 * (§4.1).
 */
#pragma once

#include "transfer/snapshot.h"
#include "wire/name.h"

/* The label "_catalog" cannot be a host's. */
#define CATALOG_LABEL "_catalog"

struct catalog_soa {
	struct record record;
	uint8_t rdata[64];
};

/* Makes the SOA of the catalog. */
void catalog_soa(const uint8_t *apex, uint32_t serial, struct catalog_soa *ret) NONNULL;

/* Adds the other records of the catalog except the members: NS and version. */
void catalog_head(const uint8_t *apex, struct snapshot *out) NONNULL;

struct catalog_member {
	struct record record;
	struct name owner, target;
};

/* Makes the PTR that lists a zone. ERR_RANGE: the catalog's name is too long. */
int catalog_member(const uint8_t *apex, const uint8_t *zone, struct catalog_member *ret) NONNULL
	MUSTCHECK;
