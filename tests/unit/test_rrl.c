/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of response rate limiting: which clients share a limit, how it recovers, and the
 * behaviour of a full table. Run by `make check`.
 */
#include "serve/rrl.h"

#include <string.h>

#include "base/cursor.h"
#include "unit.h"

static struct rrl rrl;
static const ns_t start = 1000 * NS_PER_S;

static int set_up(void **state)
{
	(void)state;
	rrl_init(&rrl, 77, 10);
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static bool gives(const char *client, enum rrl_kind kind, ns_t now)
{
	struct addr a = addr_of(client);
	return rrl_may_give(&rrl, &a, kind, now);
}

static unsigned gives_how_many(const char *client, enum rrl_kind kind, ns_t now)
{
	unsigned count = 0;
	while (count < 1000 && gives(client, kind, now))
		count++;
	return count;
}

static void a_second_has_as_many_replies_as_were_asked_for(void **state)
{
	(void)state;
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start), 10);
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start + NS_PER_S / 2), 5);
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start + NS_PER_S / 2), 0);
	/* Unused replies do not accumulate. */
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start + 100 * NS_PER_S), 10);
}

static void a_network_shares_its_limit(void **state)
{
	(void)state;
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start), 10);
	assert_false(gives("192.0.2.254", RRL_ANSWER, start));
	assert_true(gives("192.0.3.1", RRL_ANSWER, start));
	assert_int_equal(gives_how_many("2001:db8:0:100::1", RRL_ANSWER, start), 10);
	assert_false(gives("2001:db8:0:1ff:ffff::1", RRL_ANSWER, start));
	assert_true(gives("2001:db8:0:200::1", RRL_ANSWER, start));
}

static void kinds_of_replies_are_counted_apart(void **state)
{
	(void)state;
	for (int kind = RRL_ANSWER; kind <= RRL_ERROR; kind++)
		assert_int_equal(gives_how_many("192.0.2.1", (enum rrl_kind)kind, start), 10);
}

static void an_ipv6_network_is_none_of_ipv4(void **state)
{
	(void)state;
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start), 10);
	assert_true(gives("0:0:c0:2::", RRL_ANSWER, start));
	assert_true(gives("c000:200::", RRL_ANSWER, start));
}

static void every_second_denial_is_truncated(void **state)
{
	(void)state;
	struct addr a = addr_of("192.0.2.1");
	unsigned counts[3] = {0};
	for (int i = 0; i < 110; i++)
		counts[rrl_judge(&rrl, &a, RRL_ERROR, start)]++;
	assert_int_equal(counts[RRL_GIVE], 10);
	assert_int_equal(counts[RRL_TRUNCATE], 50);
	assert_int_equal(counts[RRL_DROP], 50);
}

static void a_flood_from_everywhere_does_not_free_who_is_limited(void **state)
{
	(void)state;
	struct addr a = addr_of("10.0.0.0");
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start), 10);
	/* Each of these has used less, so it is replaced first. */
	for (uint32_t i = 0; i < 4 * LIMIT_RRL_ENTRIES; i++) {
		put_u32(a.bytes, 0x0a000000 + (i << 8));
		assert_true(rrl_may_give(&rrl, &a, RRL_ANSWER, start));
	}
	assert_false(gives("192.0.2.1", RRL_ANSWER, start));
}

static void a_clock_that_stands_still_or_starts_at_zero_does_no_harm(void **state)
{
	(void)state;
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, 0), 10);
	rrl_init(&rrl, 1, 1000000);
	assert_int_equal(gives_how_many("192.0.2.1", RRL_ANSWER, start), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_second_has_as_many_replies_as_were_asked_for, set_up),
		cmocka_unit_test_setup(a_network_shares_its_limit, set_up),
		cmocka_unit_test_setup(kinds_of_replies_are_counted_apart, set_up),
		cmocka_unit_test_setup(an_ipv6_network_is_none_of_ipv4, set_up),
		cmocka_unit_test_setup(every_second_denial_is_truncated, set_up),
		cmocka_unit_test_setup(
			a_flood_from_everywhere_does_not_free_who_is_limited, set_up),
		cmocka_unit_test_setup(
			a_clock_that_stands_still_or_starts_at_zero_does_no_harm, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
