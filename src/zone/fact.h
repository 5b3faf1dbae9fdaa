/* SPDX-License-Identifier: ISC */
/*
 * The records at an owner, one by one. Sources are merged and two states are compared in this
 * form. Settled facts are canonical: sorted by type, then by rdata, without duplicates, and with
 * one TTL per set. So the result depends only on the records, never on the order in which they
 * were added.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/rrset.h"

enum { VIEW_COUNT = 2 }; /* bits of enum view */

struct fact {
	const uint8_t *bytes; /* rdata; borrowed */
	uint16_t len;
	uint16_t type;
	uint8_t view;             /* enum view: the views that see it */
	uint32_t ttl[VIEW_COUNT]; /* by bit of view; 0 if that view does not see it */
};

struct facts {
	struct fact *at;
	size_t count, cap;
	uint8_t *made; /* owned: rdata that is not in a node as such (facts_add_all()) */
	size_t made_cap;
};

void facts_fini(struct facts *facts) NONNULL;

/* Adds the records of a set. ERR_NOMEM. */
int facts_add(struct facts *facts, const struct rrset *set) NONNULL MUSTCHECK;
int facts_add_one(struct facts *facts, const struct fact *fact) NONNULL MUSTCHECK;

/* Makes the facts canonical. If a set has several TTLs, the lowest one is used (RFC 2181 §5.2).
 * An alias is removed if there is anything else (RFC 1034 §3.6.2). Of two aliases the first one
 * stays. */
void facts_settle(struct facts *facts) NONNULL;

/* Returns how many facts, starting at `*first`, are of the same set: of one type, and signatures of one
 * covered type (RFC 4034 §3). The facts must be settled. */
size_t facts_of_type(const struct facts *facts, size_t first) NONNULL;

/* Calls `tell` for each difference between two settled lists: first for removed records, then
 * for added ones, record by record. A record that both views have with the same TTL is reported
 * once. */
void facts_diff(const struct facts *before, const struct facts *after,
	void (*tell)(
		void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact),
	void *arg) NONNULL_ARGS(1, 2, 3);
