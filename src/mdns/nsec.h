/* SPDX-License-Identifier: ISC */
/*
 * The assertion that a name has no other types (RFC 6762 §6.1).
 */
#pragma once

#include "mdns/link.h"

enum { NSEC_RDATA_CAP = NAME_CAP + 2 + 32 };

/* Whether the engine may say for that name that there is nothing else: all its sets are unique, and
 * of types below 256 (§6.1). */
bool nsec_is_possible(const struct mname *mname) NONNULL;
/* Writes the rdata, returns its length. */
uint16_t nsec_write(const struct mname *mname, uint8_t out[NSEC_RDATA_CAP]) NONNULL;
/* Its TTL, in seconds: the lowest of the name's sets. */
uint32_t nsec_ttl(const struct mname *mname) NONNULL;
