/* SPDX-License-Identifier: ISC */
/* The option Update Lease of EDNS (RFC 9664): how long what an update adds is to stay. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	UPDATE_LEASE_CODE = 2,
	UPDATE_LEASE_CAP = 4 + 8 /* with its code and length */
};

/* In seconds. */
struct update_lease {
	uint32_t lease_s;     /* of all records but KEY; 0: they are to be removed */
	uint32_t key_lease_s; /* of KEY; the same, if the option has only one number */
	bool has_key_lease;
};

/* Looks for the option in a message. 1: found; 0: there is none; ERR_SYNTAX: it is malformed. */
int update_lease_find(const uint8_t *msg, size_t len, struct update_lease *ret) NONNULL MUSTCHECK;

/* Returns what is granted to who asks for `asked`: within LIMIT_LEASE_*, and the key stays at least as long. */
struct update_lease update_lease_grant(const struct update_lease *asked) NONNULL;

/* Writes the option for a reply. Returns its length. */
size_t update_lease_put(const struct update_lease *lease, uint8_t out[UPDATE_LEASE_CAP]) NONNULL;
