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

static bool may_verify(struct transfers *t, bool is_tcp, unsigned from)
{
	struct serve_client client = {.port = 1000, .is_tcp = is_tcp};
	assert_int_equal(addr_parse("192.0.2.1", &client.addr), 0);
	client.addr.bytes[1] = (uint8_t)(from >> 8);
	client.addr.bytes[2] = (uint8_t)from;
	return transfers_may_verify(t, &client);
}

/* With as many addresses over UDP as he likes. */
static void who_invents_addresses_leaves_a_share_to_tcp(void **state)
{
	(void)state;
	struct transfers *t = transfers_new();
	unsigned taken = 0;
	assert_non_null(t);
	for (unsigned i = 0; i < 100 * LIMIT_SIG0_S; i++)
		taken += may_verify(t, false, i);
	assert_true(taken >= LIMIT_SIG0_S / 2);
	for (unsigned i = 0; i < LIMIT_SIG0_SOURCE_S; i++)
		assert_true(may_verify(t, true, 1));
	/* And those who wait. */
	const struct update_ask pair = {.is_sig0 = true, .fd = -1};
	const struct serve_client udp = {.port = 1000}, tcp = {.port = 1000, .is_tcp = true};
	struct transfer *waiting[LIMIT_SIG0_WAITING + 1];
	size_t count = 0;
	for (struct transfer *one;
		(one = transfers_begin_update(t, &udp, &pair, (const uint8_t *)"", 0)) != NULL;) {
		assert_true(count < ARRAY_LEN(waiting));
		waiting[count++] = one;
	}
	assert_true(count > 0);
	struct transfer *honest = transfers_begin_update(t, &tcp, &pair, (const uint8_t *)"", 0);
	assert_non_null(honest);
	transfers_end(t, honest, true);
	while (count > 0)
		transfers_end(t, waiting[--count], true);
	assert_non_null(
		waiting[0] = transfers_begin_update(t, &udp, &pair, (const uint8_t *)"", 0));
	transfers_end(t, waiting[0], true);
	transfers_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_does_not_read_leaves_transfers_to_the_others),
		cmocka_unit_test(an_ipv6_network_is_one_client),
		cmocka_unit_test(who_invents_addresses_leaves_a_share_to_tcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
