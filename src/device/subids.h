/* SPDX-License-Identifier: ISC */
/*
 * Whom the subordinate ids of users belong to: the content of /etc/subuid (subuid(5)), a line
 *
 *	USER:FIRST:COUNT
 *
 * for each range, with a name or a number for the user. A user may become each of these ids in a user
 * namespace, so what is limited for a user is counted for all of them together.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "device/rules.h"

struct subid_range {
	uint32_t first, count;
	uint32_t owner;
};

struct subids {
	struct subid_range *at;
	size_t count, cap;
};

/* Reads the content of the file. Lines that are none, or whose user is not known, are left out, as
 * newuidmap(1) does; so are those after LIMIT_DEVICE_SUBIDS. ERR_NOMEM. */
int subids_parse(struct subids *ret, const char *text, size_t len, rules_lookup_fn *lookup,
	void *arg) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
void subids_fini(struct subids *s) NONNULL;

/* Returns the user to whom `uid` is counted: itself, or the owner of its range. Root's ranges belong to
 * containers, of which each is a user of its own: the first id of the range. */
uint32_t subids_account(const struct subids *s, uint32_t uid) NONNULL;
