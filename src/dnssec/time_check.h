/* SPDX-License-Identifier: ISC */
/*
 * Whether the clock can be believed, as a value: from the time that was known last, and from a clock that nobody sets
 * (CLOCK_BOOTTIME). All times are whole seconds, since 1970 or since the machine began.
 *
 * A clock that is before what was known is behind: nothing is signed with it. If it stays so for hours, what was known
 * was wrong, and the present time is believed: a zone without signatures is lost, and signatures of the past harm
 * nobody.
 * A clock that has leapt forward is used, because it may be right now. But it is not what is known until it has been so
 * for hours, and the time that it has left out has not passed for caches.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	TIME_FIRST_S = 1767225600, /* 2026-01-01, before the first release that signs */
	TIME_BACK_MAX_S = 3600,    /* a clock may be set back by so much */
	TIME_LEAP_S = 3600,        /* more than that forward at once is a leap */
	TIME_OFF_MAX_S =
		30 * 86400,      /* a machine that was off for longer is as rare as a wrong clock */
	TIME_DOUBT_S = 6 * 3600, /* after which the clock is believed as it is */
	TIME_STORE_S = 86400     /* so often the time is stored */
};

struct time_check {
	uint64_t known_s;            /* no earlier time is believed */
	uint64_t stored_s;           /* 0: none */
	bool has_seen;               /* the next two are set */
	uint64_t wall_s, boot_s;     /* what both clocks said at one moment of this run */
	uint64_t leapt_s;            /* by how much the clock has leapt forward in this run */
	uint64_t doubt_until_boot_s; /* nothing becomes known before that */
	bool is_behind, was_behind_for_long;
	uint64_t behind_boot_s; /* since when */
};

/* `stored_s`: what was stored last; 0: nothing was. */
void time_check_init(struct time_check *c, uint64_t stored_s) NONNULL;
/* Looks at the clocks. True: the clock can be believed. */
bool time_check_look(struct time_check *c, uint64_t wall_s, uint64_t boot_s) NONNULL MUSTCHECK;
/* True if the time is known, and is to be stored. */
bool time_check_is_due(const struct time_check *c, uint64_t wall_s, uint64_t boot_s) NONNULL;
/* It has been stored, or that was tried. */
void time_check_stored(struct time_check *c, uint64_t wall_s) NONNULL;
/* Somebody says that the present time is right. */
void time_check_accept(struct time_check *c, uint64_t wall_s, uint64_t boot_s) NONNULL;
