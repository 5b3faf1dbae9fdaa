/* SPDX-License-Identifier: ISC */
/* Who may have how many transfers at a time. */
#include "base/limits.h"
#include "net/transfers.h"
#include "unit.h"

static struct transfer *begin(struct transfers *t, const char *from)
{
	struct serve_client client = {.port = 1000, .is_tcp = true};
	assert_int_equal(addr_parse(from, &client.addr), 0);
	return transfers_begin(t, &client);
}

static void a_client_that_does_not_read_leaves_transfers_to_the_others(void **state)
{
	(void)state;
	static const char *const slow[] = {"192.0.2.1", "2001:db8::1"};
	static const char *const other[] = {"192.0.2.2", "2001:db8:0:1::1"};
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		struct transfers *t = transfers_new();
		struct transfer *begun[LIMIT_TRANSFERS_CLIENT];
		assert_non_null(t);
		for (size_t j = 0; j < LIMIT_TRANSFERS_CLIENT; j++)
			assert_non_null(begun[j] = begin(t, slow[i]));
		assert_null(begin(t, slow[i]));
		struct transfer *others = begin(t, other[i]);
		assert_non_null(others);
		transfers_end(t, begun[0], true);
		assert_non_null(begun[0] = begin(t, slow[i]));
		for (size_t j = 0; j < LIMIT_TRANSFERS_CLIENT; j++)
			transfers_end(t, begun[j], false);
		transfers_end(t, others, true);
		transfers_free(t);
	}
}

static void an_ipv6_network_is_one_client(void **state)
{
	(void)state;
	struct transfers *t = transfers_new();
	struct transfer *begun[LIMIT_TRANSFERS_CLIENT];
	char from[] = "2001:db8::0";
	assert_non_null(t);
	for (size_t j = 0; j < LIMIT_TRANSFERS_CLIENT; j++) {
		from[sizeof(from) - 2]++;
		assert_non_null(begun[j] = begin(t, from));
	}
	assert_null(begin(t, "2001:db8::99"));
	for (size_t j = 0; j < LIMIT_TRANSFERS_CLIENT; j++)
		transfers_end(t, begun[j], false);
	transfers_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_does_not_read_leaves_transfers_to_the_others),
		cmocka_unit_test(an_ipv6_network_is_one_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
