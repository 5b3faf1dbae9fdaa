/* SPDX-License-Identifier: ISC */
/*
 * Who may transfer, and by which keys: immutable, published by its pointer, and read by the threads
 * that answer. A client may if its address is in a prefix, or if it has signed with a key, that is
 * listed.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "transfer/records.h"
#include "wire/tsig_key.h"

/* One line of who may: a prefix, or the name of a key. */
struct policy_allow {
	struct prefix prefix; /* of family ADDR_NONE: it is a key */
	struct name key;
};

struct transfer_policy {
	struct tsig_key *keys;
	size_t key_count;
	struct policy_allow *allow;
	size_t allow_count;
	struct name catalog; /* len 0: none */
	struct records
		*catalog_soa; /* one record; NULL: none. What only who may transfer is told */
};

/* A copy; the SOA is counted once more. NULL if out of memory. */
struct transfer_policy *transfer_policy_new(const struct transfer_policy *from) NONNULL MUSTCHECK;
/* Wipes the secrets. */
void transfer_policy_free(struct transfer_policy *p);

/* Whether a client may; `key` is the name of the key by which it has signed, NULL: it has not. */
bool transfer_policy_allows(const struct transfer_policy *p, const struct addr *client,
	const uint8_t *key) NONNULL_ARGS(1, 2);
