/* SPDX-License-Identifier: ISC */
/*
 * NSEC records: the assertion that a name has no other types (RFC 6762 §6.1).
 */
#pragma once

#include "mdns/link.h"

enum { NSEC_RDATA_CAP = NAME_CAP + 2 + 32 };

/* True if the engine may assert that the name has no other types: all its sets are unique and
 * have types below 256 (§6.1). */
bool nsec_is_possible(const struct mname *mname) NONNULL;
/* Writes the rdata and returns its length. */
uint16_t nsec_write(const struct mname *mname, uint8_t out[NSEC_RDATA_CAP]) NONNULL;
/* Returns the TTL in seconds: the lowest of the name's sets. */
uint32_t nsec_ttl(const struct mname *mname) NONNULL;
