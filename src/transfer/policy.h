/* SPDX-License-Identifier: ISC */
/*
 * The clients that may transfer zones, and the keys. The policy is immutable, published by its
 * pointer, and read by the threads that answer. A client may transfer if its address is in a
 * listed prefix, or if it has signed with a listed key.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "transfer/records.h"
#include "wire/tsig_key.h"

/* One entry of the list: a prefix, or the name of a key. */
struct policy_allow {
	struct prefix prefix; /* family ADDR_NONE: the entry is a key */
	struct name key;
};

struct transfer_policy {
	struct tsig_key *keys;
	size_t key_count;
	struct policy_allow *allow;
	size_t allow_count;
	bool has_sig0;       /* key pairs may update */
	bool has_updates;    /* some keys may update: such messages are for the main thread */
	struct name catalog; /* len 0: none */
	struct records
		*catalog_soa; /* one record; NULL: none. Only for clients that may transfer */
};

/* Returns a copy. A reference to the SOA is added. NULL if out of memory. */
struct transfer_policy *transfer_policy_new(const struct transfer_policy *from) NONNULL MUSTCHECK;
/* Also wipes the secrets. */
void transfer_policy_free(struct transfer_policy *p);

/* True if a client may transfer. `key` is the name of the key that it signed with; NULL: not
 * signed. */
bool transfer_policy_allows(const struct transfer_policy *p, const struct addr *client,
	const uint8_t *key) NONNULL_ARGS(1, 2);
