/* SPDX-License-Identifier: ISC */
/* A zone for tests, filled line by line: "www.example. 60 A 192.0.2.1 192.0.2.2". */
#pragma once

#include "zone/zone.h"

/* Parses a name. The test fails if the text is not a name. */
struct name rig_name(const char *text);

/* Makes that name a zone with NS ns.NAME, SOA hostmaster.NAME, refresh … 3600 600 86400, minimum 30,
 * TTL 300. */
void rig_apex(struct zone *z, const char *name);

/* Puts the sets of one owner. Each line: TTL, type, optionally @lan or @wan, and one or more of: an
 * address; a name; "#hex" for bytes. NULL ends the lines; none at all empties the owner. Returns
 * what zone_put() does. */
int rig_put(struct zone *z, enum zone_source source, const char *owner, ...)
	__attribute__((sentinel));

/* zone_commit() with a floor of `floor`, garbage freed at once. */
void rig_commit(struct zone *z, uint32_t floor);
