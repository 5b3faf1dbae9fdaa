/* SPDX-License-Identifier: ISC */
/* The data of a record as text, by the table of record types (wire/rr_types.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "wire/name.h"
#include "zonefile/words.h"

/* True if the table has all fields of the type: zonefields_read() reads its text. */
bool zonefields_are_known(uint16_t type);

/* Reads the fields of a known type up to the end of the entry and appends their wire form. Names
 * are completed with `origin`. ERR_SYNTAX. */
int zonefields_read(struct zonewords *w, uint16_t type, const struct name *origin,
	struct wr *out) NONNULL MUSTCHECK;

/* True if the next word is "\#": the data is given as bytes (RFC 3597 §5). */
bool zonefields_are_generic(const struct zonewords *w) NONNULL;

/* Reads such data: "\#", the length, and as many bytes. ERR_SYNTAX. */
int zonefields_read_generic(struct zonewords *w, struct wr *out) NONNULL MUSTCHECK;

/* Returns the type with that mnemonic, also TYPE123 (RFC 3597 §5). 0: it is not in the table. */
uint16_t zonefields_type(const struct zoneword *word) NONNULL;

/* True if the rdata has exactly the fields of its type, as far as the table knows them. */
bool zonefields_are_exact(uint16_t type, const uint8_t *rdata, size_t len) NONNULL;
