/* SPDX-License-Identifier: ISC */
/* Owns the tests of base/budget.h. Run by `make check`. */
#include "base/budget.h"

#include "base/compiler.h"

#include "unit.h"

enum { BURST = 64 };

#define STEP (12 * NS_PER_S)

static unsigned spend(struct budget *b, ns_t now)
{
	unsigned count = 0;
	while (count < 2 * BURST && budget_may(b, now, BURST, STEP))
		count++;
	return count;
}

/* The clock may be younger than all of it lasts: a machine that has just started. */
static void all_is_there_at_first(void **state UNUSED)
{
	static const ns_t times[] = {0, 1, NS_PER_S, BURST * STEP, 1000000 * NS_PER_S};
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct budget b = {0};
		assert_int_equal(spend(&b, times[i]), BURST);
	}
}

static void what_is_spent_comes_back(void **state UNUSED)
{
	struct budget b = {0};
	assert_int_equal(spend(&b, NS_PER_S), BURST);
	assert_int_equal(spend(&b, NS_PER_S + STEP - 1), 0);
	assert_int_equal(spend(&b, NS_PER_S + STEP), 1);
	assert_int_equal(spend(&b, NS_PER_S + 4 * STEP), 3);
	assert_int_equal(spend(&b, NS_PER_S + 1000 * STEP), BURST);
}

static void a_look_takes_nothing(void **state UNUSED)
{
	struct budget b = {0};
	for (unsigned i = 0; i < BURST; i++) {
		assert_true(budget_has(&b, NS_PER_S, BURST, STEP));
		assert_true(budget_has(&b, NS_PER_S, BURST, STEP));
		assert_true(budget_may(&b, NS_PER_S, BURST, STEP));
	}
	assert_false(budget_has(&b, NS_PER_S, BURST, STEP));
}

/* But from the few with which it is together. */
static void one_key_takes_nothing_from_others(void **state UNUSED)
{
	enum { KEYS = BUDGET_SHARES * BURST / 4 };
	struct budget_shares s = {0};
	unsigned count = 0;
	while (budget_share_may(&s, 0, NS_PER_S, BURST, STEP))
		;
	for (uint64_t key = 1; key <= KEYS; key++)
		count += budget_share_may(&s, key, NS_PER_S, BURST, STEP);
	assert_in_range(count, KEYS - 2 * KEYS / BUDGET_SHARES, KEYS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_there_at_first),
		cmocka_unit_test(what_is_spent_comes_back),
		cmocka_unit_test(a_look_takes_nothing),
		cmocka_unit_test(one_key_takes_nothing_from_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
