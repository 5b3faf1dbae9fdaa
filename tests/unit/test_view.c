/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of zone/view.h: where a client stands, and why.
 * Run by `make check`.
 */
#include "zone/view.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "unit.h"

static struct view_rule rule(
	const char *prefix, enum view view, enum view_reason reason, const char *detail)
{
	struct view_rule r = {.view = (uint8_t)view, .reason = (uint8_t)reason};
	assert_int_equal(prefix_parse(prefix, &r.prefix), 0);
	snprintf(r.detail, sizeof(r.detail), "%s", detail);
	return r;
}

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void check(const struct view_table *t, const char *client, enum view view,
	enum view_reason reason, const char *detail)
{
	struct addr a = addr(client);
	const struct view_rule *r = view_table_match(t, &a);
	if (r->view != view || r->reason != reason || strcmp(r->detail, detail) != 0)
		fail_msg("%s: view %d reason %d detail %s", client, r->view, r->reason, r->detail);
	assert_int_equal(view_table_of(t, &a), view);
}

static void private_clients_are_lan_without_any_rule(void **state)
{
	(void)state;
	struct view_table *t = view_table_new(NULL, 0);
	assert_non_null(t);
	check(t, "127.0.0.1", VIEW_LAN, VIEW_BY_LOOPBACK, "");
	check(t, "::1", VIEW_LAN, VIEW_BY_LOOPBACK, "");
	check(t, "10.255.255.255", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "172.15.255.255", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "172.16.0.0", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "172.31.255.255", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "172.32.0.0", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "192.168.1.1", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "100.64.0.1", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "100.128.0.1", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "169.254.9.9", VIEW_LAN, VIEW_BY_LINK_LOCAL, "");
	check(t, "fe80::1", VIEW_LAN, VIEW_BY_LINK_LOCAL, "");
	check(t, "fd00::1", VIEW_LAN, VIEW_BY_PRIVATE, "");
	check(t, "2001:db8::1", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "0.0.0.0", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "::", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "255.255.255.255", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", VIEW_WAN, VIEW_BY_DEFAULT, "");
	view_table_free(t);
}

static void nearest_prefix_wins(void **state)
{
	(void)state;
	const struct view_rule rules[] = {
		rule("2001:db8::/32", VIEW_LAN, VIEW_BY_OPTION, ""),
		rule("2001:db8:1::/48", VIEW_WAN, VIEW_BY_OPTION, ""),
		rule("2001:db8:1:2::/64", VIEW_LAN, VIEW_BY_LINK, "eth0"),
		rule("2001:db8:1:2::5/128", VIEW_WAN, VIEW_BY_OPTION, ""),
		rule("203.0.113.0/24", VIEW_LAN, VIEW_BY_LINK, "br0"),
		rule("10.9.0.0/16", VIEW_WAN, VIEW_BY_OPTION, ""),
	};
	struct view_table *t = view_table_new(rules, ARRAY_LEN(rules));
	check(t, "2001:db8:ffff::1", VIEW_LAN, VIEW_BY_OPTION, "");
	check(t, "2001:db8:1:ffff::1", VIEW_WAN, VIEW_BY_OPTION, "");
	check(t, "2001:db8:1:2::4", VIEW_LAN, VIEW_BY_LINK, "eth0");
	check(t, "2001:db8:1:2::5", VIEW_WAN, VIEW_BY_OPTION, "");
	check(t, "2001:db8:1:2::6", VIEW_LAN, VIEW_BY_LINK, "eth0");
	check(t, "2001:db7::1", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "203.0.113.255", VIEW_LAN, VIEW_BY_LINK, "br0");
	check(t, "203.0.114.0", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "10.9.1.1", VIEW_WAN, VIEW_BY_OPTION, "");
	check(t, "10.10.1.1", VIEW_LAN, VIEW_BY_PRIVATE, "");
	view_table_free(t);
}

static void of_two_rules_with_one_prefix_the_option_counts(void **state)
{
	(void)state;
	const struct view_rule rules[] = {
		rule("192.168.0.0/16", VIEW_WAN, VIEW_BY_OPTION, ""),
		rule("192.168.0.0/16", VIEW_LAN, VIEW_BY_LINK, "br0"),
	};
	struct view_table *t = view_table_new(rules, ARRAY_LEN(rules));
	check(t, "192.168.3.3", VIEW_WAN, VIEW_BY_OPTION, "");
	view_table_free(t);
}

static void ipv4_and_ipv6_rules_do_not_mix(void **state)
{
	(void)state;
	const struct view_rule rules[] = {
		rule("0.0.0.0/0", VIEW_LAN, VIEW_BY_OPTION, ""),
		rule("8000::/1", VIEW_LAN, VIEW_BY_OPTION, ""),
	};
	struct view_table *t = view_table_new(rules, ARRAY_LEN(rules));
	check(t, "198.51.100.1", VIEW_LAN, VIEW_BY_OPTION, "");
	check(t, "2001:db8::1", VIEW_WAN, VIEW_BY_DEFAULT, "");
	check(t, "9000::1", VIEW_LAN, VIEW_BY_OPTION, "");
	view_table_free(t);
}

static void every_address_family_prefix_of_length_zero_covers_all(void **state)
{
	(void)state;
	const struct view_rule rules[] = {rule("::/0", VIEW_LAN, VIEW_BY_OPTION, "")};
	struct view_table *t = view_table_new(rules, ARRAY_LEN(rules));
	check(t, "2001:db8::1", VIEW_LAN, VIEW_BY_OPTION, "");
	check(t, "::", VIEW_LAN, VIEW_BY_OPTION, "");
	view_table_free(t);
}

/* The longest prefix that covers the client, by looking at each. */
static const struct view_rule *slow_match(
	const struct view_rule *rules, size_t count, const struct addr *client)
{
	const struct view_rule *best = NULL;
	for (size_t i = 0; i < count; i++)
		if (prefix_has(&rules[i].prefix, client) &&
			(!best || rules[i].prefix.len > best->prefix.len))
			best = &rules[i];
	return best;
}

static void random_tables_equal_a_linear_search(void **state)
{
	(void)state;
	enum { RULES = 200 };
	static struct view_rule rules[RULES];
	uint64_t rng = 1;
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < RULES; i++) {
			struct addr a = addr("2001:db8::");
			rng = hash_mix(rng, i + 1);
			memcpy(a.bytes + 4, &rng, 2);
			a.bytes[4] &= 3;
			rules[i] =
				(struct view_rule){prefix_make(&a, 30 + (unsigned)(rng >> 40) % 18),
					(rng >> 60) & 1 ? VIEW_LAN : VIEW_WAN, VIEW_BY_OPTION, ""};
			rules[i].view = rules[i].prefix.len & 1 ? VIEW_LAN : VIEW_WAN;
		}
		struct view_table *t = view_table_new(rules, RULES);
		for (int i = 0; i < 500; i++) {
			struct addr a = addr("2001:db8::");
			rng = hash_mix(rng, 99);
			memcpy(a.bytes + 3, &rng, 4);
			a.bytes[3] = 0xb8;
			a.bytes[4] &= 3;
			const struct view_rule *want = slow_match(rules, RULES, &a);
			const struct view_rule *got = view_table_match(t, &a);
			assert_int_equal(got->view, want ? want->view : VIEW_WAN);
			if (want)
				assert_int_equal(got->prefix.len, want->prefix.len);
		}
		view_table_free(t);
	}
}

static void publishing_returns_what_was_published_before(void **state)
{
	(void)state;
	struct view_slot slot = {NULL};
	struct view_table *a = view_table_new(NULL, 0), *b = view_table_new(NULL, 0);
	assert_null(view_slot_publish(&slot, a));
	assert_ptr_equal(view_slot_publish(&slot, b), a);
	assert_ptr_equal(view_slot_publish(&slot, NULL), b);
	view_table_free(a);
	view_table_free(b);
}

static void every_reason_has_a_text(void **state)
{
	(void)state;
	for (int i = 0; i < VIEW_REASON_COUNT; i++)
		assert_string_not_equal(view_reason_text(i), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_clients_are_lan_without_any_rule),
		cmocka_unit_test(nearest_prefix_wins),
		cmocka_unit_test(of_two_rules_with_one_prefix_the_option_counts),
		cmocka_unit_test(ipv4_and_ipv6_rules_do_not_mix),
		cmocka_unit_test(every_address_family_prefix_of_length_zero_covers_all),
		cmocka_unit_test(random_tables_equal_a_linear_search),
		cmocka_unit_test(publishing_returns_what_was_published_before),
		cmocka_unit_test(every_reason_has_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
