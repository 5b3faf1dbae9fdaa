/* SPDX-License-Identifier: ISC */
/*
 * Owns the judgement on the clock.
 * Never reads a clock, and never stores a time.
 */
#include "dnssec/time_check.h"

void time_check_init(struct time_check *c, uint64_t stored_s)
{
	*c = (struct time_check){
		.stored_s = stored_s, .known_s = stored_s > TIME_FIRST_S ? stored_s : TIME_FIRST_S};
}

/* A machine that has no time yet (1970) waits for as long as it takes. */
static bool is_behind(struct time_check *c, uint64_t wall_s, uint64_t boot_s)
{
	if (wall_s + TIME_BACK_MAX_S >= c->known_s)
		return false;
	if (!c->is_behind || wall_s < TIME_FIRST_S)
		c->behind_boot_s = boot_s;
	if (boot_s - c->behind_boot_s < TIME_DOUBT_S)
		return true;
	time_check_accept(c, wall_s, boot_s);
	c->was_behind_for_long = true;
	return false;
}

/* Compares the clocks. If both go on alike, the first moment stays, so that small leaps add up. */
static void compare(struct time_check *c, uint64_t wall_s, uint64_t boot_s)
{
	const uint64_t expected_s = c->wall_s + (boot_s - c->boot_s);
	const bool has_leapt = c->has_seen && wall_s > expected_s + TIME_LEAP_S;
	if (has_leapt)
		c->leapt_s += wall_s - expected_s;
	if (has_leapt || (!c->has_seen && wall_s > c->known_s + TIME_OFF_MAX_S))
		c->doubt_until_boot_s = boot_s + TIME_DOUBT_S;
	if (c->has_seen && !has_leapt && wall_s >= expected_s)
		return;
	c->has_seen = true;
	c->wall_s = wall_s;
	c->boot_s = boot_s;
}

bool time_check_look(struct time_check *c, uint64_t wall_s, uint64_t boot_s)
{
	c->was_behind_for_long = false;
	c->is_behind = is_behind(c, wall_s, boot_s);
	if (c->is_behind)
		return false;
	compare(c, wall_s, boot_s);
	if (boot_s >= c->doubt_until_boot_s && wall_s > c->known_s)
		c->known_s = wall_s;
	return true;
}

bool time_check_is_due(const struct time_check *c, uint64_t wall_s, uint64_t boot_s)
{
	return !c->is_behind && boot_s >= c->doubt_until_boot_s &&
	       (wall_s >= c->stored_s + TIME_STORE_S || c->known_s < c->stored_s);
}

void time_check_stored(struct time_check *c, uint64_t wall_s)
{
	c->stored_s = wall_s;
}

void time_check_accept(struct time_check *c, uint64_t wall_s, uint64_t boot_s)
{
	c->known_s = wall_s;
	c->is_behind = false;
	c->doubt_until_boot_s = boot_s;
}
