/* SPDX-License-Identifier: ISC */
/*
 * What is at an owner, record by record: the form in which sources are merged and two states are
 * compared. Settled facts are canonical: sorted by type, then rdata, no record twice, and one TTL a
 * set. So the result depends on what is said, never on the order in which it was said.
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
	uint8_t view;             /* enum view: who sees it */
	uint32_t ttl[VIEW_COUNT]; /* by bit of view; 0 where it is not seen */
};

struct facts {
	struct fact *at;
	size_t count, cap;
};

void facts_fini(struct facts *facts) NONNULL;

/* Adds the records of a set. ERR_NOMEM. */
int facts_add(struct facts *facts, const struct rrset *set) NONNULL MUSTCHECK;
int facts_add_one(struct facts *facts, const struct fact *fact) NONNULL MUSTCHECK;

/* Makes them canonical. Of several TTLs of a set the lowest counts (RFC 2181 §5.2); an alias gives
 * way to anything else (RFC 1034 §3.6.2), and of two aliases the first stays. */
void facts_settle(struct facts *facts) NONNULL;

/* The facts of one type in settled facts: `*first` and how many. */
size_t facts_of_type(const struct facts *facts, size_t first) NONNULL;

/* Tells each difference between two settled lists: what went, then what came, record by record; a
 * record that both views have with one TTL is told once. */
void facts_diff(const struct facts *before, const struct facts *after,
	void (*tell)(
		void *arg, bool is_added, unsigned view, uint32_t ttl, const struct fact *fact),
	void *arg) NONNULL_ARGS(1, 2, 3);
