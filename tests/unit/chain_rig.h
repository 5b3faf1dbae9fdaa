/* SPDX-License-Identifier: ISC */
/*
 * A signed store and a plain one for tests, with a signer whose signatures are hashes of what they sign. Allocations of
 * the store may fail. The listener checks that the chain is closed at each serial.
 */
#pragma once

#include "base/err.h"
#include "unit.h"
#include "zone/signing.h"

enum { NAMES_CAP = 400, LINKS_CAP = 4608, NOW = 1700000000 };

/* Deterministic: the same after each setting of `chain_seed`. Returns 0 to `sides` - 1. */
extern uint64_t chain_seed;
unsigned roll(unsigned sides);

/* Allocations fail while both are true: one in twelve. */
extern bool is_faulty, is_working;

/* Does it until there is memory for it. */
#define INSIST(call)                                                                               \
	do {                                                                                       \
		int err_;                                                                          \
		is_working = true;                                                                 \
		while ((err_ = (call)) == ERR_NOMEM)                                               \
			;                                                                          \
		is_working = false;                                                                \
		assert_int_equal(err_, 0);                                                         \
	} while (0)

/* The world. */
struct request {
	uint64_t ticket;
	size_t count;
	uint8_t sigs[ZONE_REQUEST_MAX][RRSIG_BYTES];
	bool is_refused[ZONE_REQUEST_MAX];
};

/* A link of the chain that the listener was told of. */
struct link {
	struct name owner, next;
	uint8_t view; /* one bit */
};

struct rig {
	struct zone *plain, *signed_;
	struct name apex;
	struct name names[NAMES_CAP]; /* all that were ever put */
	size_t count;
	struct request waiting[ZONE_REQUESTS];
	unsigned waiting_count;
	struct dnssec_key_id keys[RRSIG_KEYS_MAX];
	unsigned key_count;
	bool is_obliging; /* the signer refuses nothing */
	bool hides;       /* names that the wan view has nothing of */
	uint32_t now_s;
	struct link links[LINKS_CAP]; /* as told: the chain */
	size_t link_count;
	bool is_closed; /* the last that was told was of the apex, with a new serial */
	long told;      /* records and views, as the listener was told */
};

/* The hash of a message. */
void hash_message(const void *bytes, size_t len, uint8_t out[RRSIG_BYTES]) NONNULL;
/* In how many views a record is. */
long views_in(unsigned view);
void check_links(struct rig *rig) NONNULL;

void chain_setup(struct rig *rig, uint64_t seed) NONNULL;
/* Makes that name a zone. */
void chain_add_apex(struct zone *z, const struct name *name) NONNULL;
void chain_teardown(struct rig *rig) NONNULL;
void set_keys(struct rig *rig) NONNULL;
struct zone_garbage *commit(struct rig *rig) NONNULL;

/* Takes requests; gives the signatures of the oldest one; looks for signatures that end. */
void ask(struct rig *rig) NONNULL;
void answer(struct rig *rig) NONNULL;
void refresh(struct rig *rig) NONNULL;
