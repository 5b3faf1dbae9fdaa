/* SPDX-License-Identifier: ISC */
/*
 * How much each user has of pots that all users share. A pot is a limit, for example on the links of
 * the model; the caller compares with it. One thread.
 */
#pragma once

#include "base/map.h"

enum { SHARE_POTS = 3 };

/* The user is unknown: all such users are counted as one. It is (uid_t)-1, which no user has. */
#define SHARE_NOBODY UINT32_MAX

/* What one user has. It exists while one of its counts is not zero. */
struct share {
	uint32_t uid;
	size_t counts[SHARE_POTS];
	struct map_node node; /* owned by share.c */
};

/* All zero bytes: nobody has anything. */
struct shares {
	struct map by_uid;
	size_t sums[SHARE_POTS];
};

/* Frees what is left. */
void shares_fini(struct shares *s) NONNULL;

/* Returns a count of that user, 0 if he has nothing. */
size_t share_count(const struct shares *s, uint32_t uid, unsigned pot) NONNULL;

/* Returns the share of that user; makes it if there is none. Add to it at once. It is borrowed until a
 * share_take() leaves all its counts zero. NULL if out of memory. */
struct share *share_get(struct shares *s, uint32_t uid) NONNULL MUSTCHECK;

/* Add to a count of the share and to the sum, or take from both. */
void share_add(struct shares *s, struct share *share, unsigned pot, size_t count) NONNULL;
void share_take(struct shares *s, struct share *share, unsigned pot, size_t count) NONNULL;
