/* SPDX-License-Identifier: ISC */
/* Checks of a zone's records that are wrong although each line of the file is valid. Used for
 * one zone file, and for the records of several files together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/name.h"
#include "wire/rrset.h"

enum { ZONECHECK_TEXT_CAP = 2 * NAME_TEXT_CAP + 64 };

/* The state of a walk over a zone's owners. Start with `apex` set, and the rest zero. */
struct zonecheck {
	const uint8_t *apex;
	const uint8_t *dname; /* the owner of the last DNAME */
};

/* Checks the next owner. Owners must come in canonical order (RFC 4034 §6.1). The name is
 * borrowed until the walk ends. ERR_SYNTAX: `text` describes the error. */
int zonecheck_owner(struct zonecheck *check, const uint8_t *name, const struct rrset *sets,
	size_t count, char text[ZONECHECK_TEXT_CAP]) NONNULL_ARGS(1, 2, 5) MUSTCHECK;

/* True if the service parameters are valid (zonefile/params.h). True for types that have none. */
bool zonecheck_has_good_params(uint16_t type, const uint8_t *rdata, size_t len) NONNULL;
