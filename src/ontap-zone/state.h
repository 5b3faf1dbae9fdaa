/* SPDX-License-Identifier: ISC */
/*
 * What outlives the daemon, in files of the state directory: `serial`, the last SOA serial, and
 * `mdns-names`, the names that conflicts led to, one pair "WANTED CURRENT" a line. Both are small,
 * and written beside and renamed; without them the daemon runs as well, and says so once.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "io/log.h"
#include "mdns/mdns.h"

/* The last serial that was stored, 0 if none. A file that is malformed counts as none. */
uint32_t state_read_serial(const char *dir, const struct log *log) NONNULL_ARGS(1);
void state_write_serial(const char *dir, const struct log *log, uint32_t serial) NONNULL_ARGS(1);

/* Tells the engine all pairs that were stored. */
void state_read_names(const char *dir, const struct log *log, struct mdns *mdns)
	NONNULL_ARGS(1, 3);
/* Stores one pair more, or instead of the one that has the same `wanted`; a name that is `current`
 * again is forgotten. */
void state_write_name(const char *dir, const struct log *log, const uint8_t *wanted,
	const uint8_t *current) NONNULL_ARGS(1, 3, 4);
