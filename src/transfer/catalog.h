/* SPDX-License-Identifier: ISC */
/*
 * The records of a catalog zone (RFC 9432), version 2: by which secondaries learn which zones there
 * are. Each zone's label is a hash of its name, so that it stays the same over restarts (§4.1).
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

/* The SOA of the catalog. */
void catalog_soa(const uint8_t *apex, uint32_t serial, struct catalog_soa *ret) NONNULL;

/* Adds its other records but for the members: NS and version. */
void catalog_head(const uint8_t *apex, struct snapshot *out) NONNULL;

struct catalog_member {
	struct record record;
	struct name owner, target;
};

/* The PTR by which a zone is listed. ERR_RANGE: the catalog's name is too long. */
int catalog_member(const uint8_t *apex, const uint8_t *zone, struct catalog_member *ret) NONNULL
	MUSTCHECK;
