/* SPDX-License-Identifier: ISC */
/*
 * Names of the zone: whose they are, their states, and what is put of them.
 */
#pragma once

#include "collect/state.h"

/* Makes a label of that key, which may say it. It is AWAY, and nothing is put yet. NULL: out of memory, or there is no
 * room: for the key, or for all. */
struct label *label_add(struct collect *c, struct ckey *key, const struct wire_label *name) NONNULL
	MUSTCHECK;
/* Puts that there is no such name, and frees it. What is said of it stays. False: it could not be put; nothing has
 * changed. */
bool label_drop(struct collect *c, struct label *l) NONNULL MUSTCHECK;

/* What is said has the label from now on. False: too much has it. */
bool label_attach(struct label *l, struct said *s) NONNULL MUSTCHECK;
void label_detach(struct collect *c, struct said *s) NONNULL;
/* Finds whether what `s` says may have its label, if that is not known, and makes the label if it is free. Returns
 * the label, or NULL. */
struct label *label_claim(struct collect *c, struct said *s) NONNULL;

/* Follows what is said of it now: state, addresses. */
void label_refresh(struct collect *c, struct label *l) NONNULL;
/* Begins a state, which may be the same. */
void label_set_state(
	struct collect *c, struct label *l, enum collect_state state, ns_t until) NONNULL;
/* Begins AWAY anew. */
void label_set_away(struct collect *c, struct label *l) NONNULL;
void label_set_word(struct collect *c, struct label *l, enum collect_word word) NONNULL;
/* Replaces the last addresses, which are in order. False: out of memory. */
bool label_set_addrs(struct collect *c, struct label *l, const struct addr *addrs, size_t count)
	NONNULL_ARGS(1, 2);
/* Puts what is to be served, if that is not what was put last. */
void label_put(struct collect *c, struct label *l) NONNULL;

/* Does what is due. True: it is to be dropped, nobody has said it for too long. */
bool label_is_over(struct collect *c, struct label *l) NONNULL;
/* Returns how long it will be AWAY from now on. */
ns_t label_keep_left(const struct collect *c, const struct label *l) NONNULL;
/* Returns until when an update counts that is valid for so long; 0: for ever. */
ns_t label_lease_end(const struct collect *c, uint64_t lease_s) NONNULL;
