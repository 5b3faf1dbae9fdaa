/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of DNS cookies, with the examples of RFC 9018 as facts.
 * Run by `make check`.
 */
#include "serve/cookie.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { DAY_S = 24 * 3600 };

static void from_hex(const char *text, uint8_t *ret)
{
	for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2)
		*ret++ = (uint8_t)byte;
}

static struct cookie_secret secret_of(const char *hex)
{
	struct cookie_secret secret;
	from_hex(hex, secret.bytes);
	return secret;
}

static struct addr addr_of(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static const char rfc_secret[] = "e5e973e5a6b2a43f48e7dc849e37bfcf";

static void siphash_gives_what_its_authors_say(void **state)
{
	(void)state;
	uint8_t bytes[16];
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	assert_true(siphash(bytes, bytes, 15) == 0xa129ca6149be45e5);
	assert_true(siphash(bytes, bytes, 0) == 0x726fdb47dd0e0e31);
}

/* RFC 9018 appendix A: time, client, secret, client's cookie, the whole cookie. */
static void cookies_are_those_of_other_servers(void **state)
{
	static const struct {
		uint32_t now_s;
		const char *client, *secret, *cookie;
	} rows[] = {
		{1559731985, "198.51.100.100", rfc_secret,
			"2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
		{1559734385, "198.51.100.100", rfc_secret,
			"2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
		{1559734700, "203.0.113.203", rfc_secret,
			"fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
		{1559741817, "2001:db8:220:1:59de:d0f4:8769:82b8",
			"dd3bdf9344b678b185a6f5cb60fca715",
			"22681ab97d52c298010000005cf7c57926556bd0934c72f8"},
		{1559741961, "2001:db8:220:1:59de:d0f4:8769:82b8",
			"445536bcd2513298075a5d379663c962",
			"22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cookie_secret secret = secret_of(rows[i].secret);
		struct addr client = addr_of(rows[i].client);
		uint8_t expected[COOKIE_LEN], made[COOKIE_LEN];
		from_hex(rows[i].cookie, expected);
		cookie_make(&secret, expected, &client, rows[i].now_s, made);
		assert_memory_equal(made, expected, COOKIE_LEN);
		assert_true(cookie_is_ours(&secret, expected, &client));
		assert_int_equal(cookie_time(expected), rows[i].now_s);
	}
}

static void reserved_bytes_may_have_been_used_by_another_server(void **state)
{
	(void)state;
	uint8_t cookie[COOKIE_LEN];
	struct cookie_secret secret = secret_of(rfc_secret);
	struct addr client = addr_of("203.0.113.203");
	from_hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", cookie);
	assert_true(cookie_is_ours(&secret, cookie, &client));
	cookie[COOKIE_CLIENT_LEN] = 2;
	assert_false(cookie_is_ours(&secret, cookie, &client));
}

static void only_the_client_it_was_made_for_may_use_it(void **state)
{
	(void)state;
	const struct cookie_keys seed = {true, 1, {{"sixteen bytes .."}}};
	struct cookie_secret secret = cookie_secret_of(&seed, 1000);
	struct addr client = addr_of("192.0.2.1"), other = addr_of("192.0.2.2");
	uint8_t cookie[COOKIE_CAP] = {0};
	cookie_make(&secret, (const uint8_t *)"client 1", &client, 1000, cookie);
	assert_true(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, 1000));
	assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN, &other, 1000));
	assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN - 1, &client, 1000));
	assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN + 1, &client, 1000));
	assert_false(cookie_is_good(&seed, cookie, COOKIE_CLIENT_LEN, &client, 1000));
	for (int i = 0; i < COOKIE_LEN; i++) {
		cookie[i] ^= 1;
		assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, 1000));
		cookie[i] ^= 1;
	}
}

static void it_is_good_for_an_hour(void **state)
{
	static const uint32_t times[] = {100 * DAY_S - 1800, 0xffffff00};
	const struct cookie_keys seed = {true, 1, {{"sixteen bytes .."}}};
	struct addr client = addr_of("2001:db8::1");
	uint8_t cookie[COOKIE_LEN];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		uint32_t at = times[i];
		struct cookie_secret secret = cookie_secret_of(&seed, at);
		cookie_make(&secret, (const uint8_t *)"client 1", &client, at, cookie);
		assert_true(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, at + 3600));
		assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, at + 3601));
		assert_true(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, at - 300));
		assert_false(cookie_is_good(&seed, cookie, COOKIE_LEN, &client, at - 301));
	}
}

static void the_secret_changes_daily(void **state)
{
	(void)state;
	const struct cookie_secret seed = {"sixteen bytes .."};
	struct cookie_secret a = cookie_secret_at(&seed, 10 * DAY_S);
	struct cookie_secret b = cookie_secret_at(&seed, 11 * DAY_S - 1);
	struct cookie_secret c = cookie_secret_at(&seed, 11 * DAY_S);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&b, &c, sizeof(a));
	assert_memory_not_equal(a.bytes, a.bytes + SIPHASH_LEN, SIPHASH_LEN);
}

/* RFC 9018 §5: the new secret is accepted before it is used, and the old one as long as its
 * cookies are valid. */
static void one_shared_secret_takes_over_from_another(void **state)
{
	(void)state;
	const struct cookie_secret old = {"the old one ...."}, new = {"the new one ...."};
	const struct cookie_keys stages[] = {{false, 1, {old}}, {false, 2, {old, new}},
		{false, 2, {new, old}}, {false, 1, {new}}};
	static const bool is_accepted[][4] = {
		{1, 1, 1, 0}, {1, 1, 1, 0}, {0, 1, 1, 1}, {0, 1, 1, 1}};
	struct addr client = addr_of("192.0.2.1");
	uint8_t cookie[COOKIE_LEN];
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		/* Used as it is, since other servers have it too. */
		struct cookie_secret secret = cookie_secret_of(&stages[i], 1000);
		assert_memory_equal(&secret, &stages[i].secrets[0], sizeof(secret));
		cookie_make(&secret, (const uint8_t *)"client 1", &client, 1000, cookie);
		for (size_t j = 0; j < ARRAY_LEN(stages); j++)
			assert_int_equal(
				cookie_is_good(&stages[j], cookie, COOKIE_LEN, &client, 1000),
				is_accepted[i][j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_what_its_authors_say),
		cmocka_unit_test(cookies_are_those_of_other_servers),
		cmocka_unit_test(reserved_bytes_may_have_been_used_by_another_server),
		cmocka_unit_test(only_the_client_it_was_made_for_may_use_it),
		cmocka_unit_test(it_is_good_for_an_hour),
		cmocka_unit_test(the_secret_changes_daily),
		cmocka_unit_test(one_shared_secret_takes_over_from_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
