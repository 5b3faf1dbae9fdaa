/* SPDX-License-Identifier: ISC */
/* What records of a zone must not be, though each line of its file is one: for the reader of zone files, and
 * for what several of them say together. */
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

/* Takes the next owner in canonical order (RFC 4034 §6.1); its name is borrowed for as long as the walk goes
 * on. ERR_SYNTAX: `text` says what is wrong with it. */
int zonecheck_owner(struct zonecheck *check, const uint8_t *name, const struct rrset *sets,
	size_t count, char text[ZONECHECK_TEXT_CAP]) NONNULL_ARGS(1, 2, 5) MUSTCHECK;

/* Whether the parameters of a service are what others take them for (RFC 9460 §2.2, §8): each once and in
 * order, and those there that are mandatory. True for types that have none. */
bool zonecheck_has_good_params(uint16_t type, const uint8_t *rdata, size_t len) NONNULL;
