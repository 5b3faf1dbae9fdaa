/* SPDX-License-Identifier: ISC */
/* What the zone has at a name, for those who judge an update: as served, or about to be, in both views together; and what the
 * kernel and zone files say there. Writer's thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "update/added.h"
#include "update/message.h"
#include "zone/zone.h"

/* True if there is a record at exactly that name (RFC 2136 §2.4.4); of that type (§2.4.1). */
bool served_has_name(const struct zone *z, const uint8_t *name) NONNULL;
bool served_has_set(const struct zone *z, const uint8_t *name, uint16_t type) NONNULL;

/* Takes the records of class IN as sets (§2.4.2). Returns 0 if each is exactly what is served; ERR_ABSENT if not;
 * ERR_NOMEM. */
int served_equals(const struct zone *z, const struct update_record *records, size_t count)
	NONNULL_ARGS(1) MUSTCHECK;

/* True if others than updates have records at that name: of that type (RR_ANY: of any); that record. What a zone has
 * of itself at its apex counts. */
bool served_others_have(const struct zone *z, const uint8_t *name, uint16_t type) NONNULL;
bool served_others_have_record(const struct zone *z, const uint8_t *name, uint16_t type,
	struct rdata rdata) NONNULL_ARGS(1, 2);

/* True if what others have at that name is an alias, and so nothing else. */
bool served_others_are_alias(const struct zone *z, const uint8_t *name) NONNULL;
