/* SPDX-License-Identifier: ISC */
/* A clock that is behind, or leaps, is believed only after hours, and no stored time stops signing for ever. */
#include "dnssec/time_check.h"

#include "unit.h"

enum { BOOT = 1000, HOUR = 3600, DAY = 86400, YEAR = 365 * DAY };
#define NOW UINT64_C(1800000000)

/* One that has run for an hour, and knows the time. */
static struct time_check begun(void)
{
	struct time_check c;
	time_check_init(&c, NOW - DAY);
	assert_true(time_check_look(&c, NOW - HOUR, BOOT - HOUR));
	assert_true(time_check_look(&c, NOW, BOOT));
	return c;
}

static void a_clock_that_is_set_back_is_not_believed(void **state)
{
	struct time_check c = begun();
	(void)state;
	assert_int_equal(c.known_s, NOW);
	assert_true(time_check_look(&c, NOW - HOUR + 10, BOOT + 10));
	assert_false(time_check_look(&c, NOW - 2 * HOUR, BOOT + 20));
	assert_false(time_check_is_due(&c, NOW - 2 * HOUR, BOOT + 20));
	assert_false(time_check_look(&c, NOW - YEAR, BOOT + 30));
	/* When it is right again, nothing has leapt. */
	assert_true(time_check_look(&c, NOW + 40, BOOT + 40));
	assert_int_equal(c.leapt_s, 0);
}

/* A clock that was once wrong, by years, does not lose the zone. */
static void a_leap_is_not_stored_until_it_has_been_so_for_hours(void **state)
{
	struct time_check c = begun();
	(void)state;
	assert_true(time_check_is_due(&c, NOW, BOOT));
	time_check_stored(&c, NOW);
	assert_true(time_check_look(&c, NOW + 20 * YEAR, BOOT));
	assert_int_equal(c.leapt_s, 20 * YEAR);
	assert_false(time_check_is_due(&c, NOW + 20 * YEAR, BOOT));
	assert_int_equal(c.known_s, NOW);
	struct time_check corrected = c;
	assert_true(time_check_look(&corrected, NOW + HOUR, BOOT + HOUR));
	assert_int_equal(corrected.leapt_s, 20 * YEAR);
	assert_true(time_check_look(&c, NOW + 20 * YEAR + TIME_DOUBT_S, BOOT + TIME_DOUBT_S));
	assert_true(time_check_is_due(&c, NOW + 20 * YEAR + TIME_DOUBT_S, BOOT + TIME_DOUBT_S));
	assert_int_equal(c.known_s, NOW + 20 * YEAR + TIME_DOUBT_S);
}

static void small_leaps_add_up(void **state)
{
	struct time_check c = begun();
	uint64_t wall_s = NOW;
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(time_check_look(&c, wall_s += HOUR / 2, BOOT));
	assert_true(c.leapt_s > 45 * HOUR);
}

/* A machine was off for long, or its clock is wrong. */
static void the_first_time_of_a_run_may_be_wrong(void **state)
{
	struct time_check c;
	(void)state;
	for (int is_new = 0; is_new < 2; is_new++) {
		time_check_init(&c, is_new ? 0 : NOW);
		assert_true(time_check_look(&c, NOW + YEAR, BOOT));
		assert_false(time_check_is_due(&c, NOW + YEAR, BOOT));
		assert_true(time_check_look(&c, NOW, BOOT));
		assert_true(time_check_look(&c, NOW + YEAR + TIME_DOUBT_S, BOOT + TIME_DOUBT_S));
	}
	time_check_init(&c, NOW);
	assert_true(time_check_look(&c, NOW + 7 * DAY, BOOT));
	assert_true(time_check_is_due(&c, NOW + 7 * DAY, BOOT));
	assert_int_equal(c.leapt_s, 0);
}

static void a_stored_time_that_is_wrong_counts_for_hours(void **state)
{
	struct time_check c;
	(void)state;
	time_check_init(&c, NOW + 20 * YEAR);
	assert_false(time_check_look(&c, NOW, BOOT));
	struct time_check accepted = c;
	assert_false(time_check_look(&c, NOW + TIME_DOUBT_S - 1, BOOT + TIME_DOUBT_S - 1));
	assert_true(time_check_look(&c, NOW + TIME_DOUBT_S, BOOT + TIME_DOUBT_S));
	assert_true(c.was_behind_for_long);
	assert_true(time_check_is_due(&c, NOW + TIME_DOUBT_S, BOOT + TIME_DOUBT_S));
	time_check_accept(&accepted, NOW, BOOT);
	assert_true(time_check_look(&accepted, NOW, BOOT));
	/* No time at all never becomes one; and those hours do not count later. */
	time_check_init(&c, NOW);
	assert_false(time_check_look(&c, 10, BOOT));
	assert_false(time_check_look(&c, YEAR, BOOT + YEAR));
	assert_false(time_check_look(&c, NOW - DAY, BOOT + YEAR + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_is_set_back_is_not_believed),
		cmocka_unit_test(a_leap_is_not_stored_until_it_has_been_so_for_hours),
		cmocka_unit_test(small_leaps_add_up),
		cmocka_unit_test(the_first_time_of_a_run_may_be_wrong),
		cmocka_unit_test(a_stored_time_that_is_wrong_counts_for_hours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
