/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of zone/view.h: the location of a client, and why. Run by `make check`.
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
	assert_int_equal(view_table_match(t, &a)->view, view);
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

/* Finds the longest prefix that contains the client by checking each. */
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
			rules[i] = (struct view_rule){
				.prefix = prefix_make(&a, 30 + (unsigned)(rng >> 40) % 18),
				(rng >> 60) & 1 ? VIEW_LAN : VIEW_WAN,
				VIEW_BY_OPTION,
				""};
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

/* eth0: 192.168.1.0/24 and fd01::/64; eth1: 192.168.2.0/24; podman0, an inner bridge: 10.88.0.0/16. */
static struct view_table *wired_table(void)
{
	struct view_rule rules[] = {
		rule("192.168.1.0/24", VIEW_LAN, VIEW_BY_LINK, "eth0"),
		rule("fd01::/64", VIEW_LAN, VIEW_BY_LINK, "eth0"),
		rule("192.168.2.0/24", VIEW_LAN, VIEW_BY_LINK, "eth1"),
		rule("10.88.0.0/16", VIEW_LAN, VIEW_BY_LINK, "podman0"),
	};
	rules[0].wire = rules[1].wire = 1;
	rules[2].wire = 2;
	rules[3].wire = 3;
	rules[3].is_inner = true;
	struct view_table *t = view_table_new(rules, ARRAY_LEN(rules));
	assert_non_null(t);
	return t;
}

static uint64_t choose(const struct view_table *t, const char *client, const char *const list[])
{
	uint8_t rdata[16 * 8];
	unsigned count = 0, len = 0;
	for (; list[count]; count++) {
		struct addr a = addr(list[count]);
		len = (unsigned)addr_len(&a);
		memcpy(rdata + count * len, a.bytes, len);
	}
	struct addr a = addr(client);
	return view_table_choose(t, view_table_match(t, &a), rdata, len, count);
}

#define CHOOSE(t, client, ...) choose(t, client, (const char *const[]){__VA_ARGS__, NULL})

static void of_several_private_addresses_a_client_gets_those_on_its_wire(void **state)
{
	(void)state;
	struct view_table *t = wired_table();
	assert_true(view_table_has_wires(t));
	assert_int_equal(CHOOSE(t, "192.168.1.9", "10.88.0.1", "192.168.1.2", "192.168.2.2"), 2);
	assert_int_equal(CHOOSE(t, "192.168.2.9", "10.88.0.1", "192.168.1.2", "192.168.2.2"), 4);
	assert_int_equal(CHOOSE(t, "10.88.0.9", "10.88.0.1", "192.168.1.2", "192.168.2.2"), 1);
	/* The wire decides, not the family: an IPv6 client of eth0 is on the wire of 192.168.1.0/24. */
	assert_int_equal(CHOOSE(t, "fd01::9", "10.88.0.1", "192.168.1.2"), 2);
	assert_int_equal(CHOOSE(t, "192.168.1.9", "fd02::1", "fd01::2"), 2);
	view_table_free(t);
}

static void a_client_elsewhere_gets_no_address_of_an_inner_bridge(void **state)
{
	(void)state;
	struct view_table *t = wired_table();
	assert_int_equal(CHOOSE(t, "172.16.0.9", "10.88.0.1", "192.168.1.2", "192.168.2.2"), 6);
	assert_int_equal(CHOOSE(t, "127.0.0.1", "10.88.0.1", "192.168.1.2"), 2);
	/* The client is on another wire, where the name has no address. */
	assert_int_equal(CHOOSE(t, "192.168.2.9", "10.88.0.1", "192.168.1.2"), 2);
	/* There is no other address: better than no answer. */
	assert_int_equal(CHOOSE(t, "172.16.0.9", "10.88.0.1", "10.88.0.2"), 3);
	view_table_free(t);
}

static void global_addresses_are_never_left_out(void **state)
{
	(void)state;
	struct view_table *t = wired_table();
	assert_int_equal(CHOOSE(t, "192.168.1.9", "2001:db8::1", "fd01::2", "fd02::2"), 3);
	assert_int_equal(CHOOSE(t, "198.51.100.1", "192.0.2.1", "192.0.2.2"), 3);
	assert_int_equal(CHOOSE(t, "172.16.0.9", "192.0.2.1", "10.88.0.1"), 1);
	view_table_free(t);
}

static void without_wires_nothing_is_chosen(void **state)
{
	(void)state;
	struct view_table *t = view_table_new(NULL, 0);
	assert_false(view_table_has_wires(t));
	assert_true(CHOOSE(t, "192.168.1.9", "10.88.0.1", "192.168.1.2") == UINT64_MAX);
	view_table_free(t);
}

/* For random sets: at least one address is chosen, all chosen ones exist, and the choice does not
 * depend on their order. */
static void a_choice_is_never_empty_and_does_not_depend_on_order(void **state)
{
	(void)state;
	static const char *const pool[] = {"10.88.0.1", "10.88.7.7", "192.168.1.2", "192.168.1.3",
		"192.168.2.2", "172.20.0.1", "192.0.2.1", "203.0.113.9"};
	static const char *const clients[] = {"192.168.1.9", "192.168.2.9", "10.88.0.9",
		"172.16.0.1", "127.0.0.1", "198.51.100.1", "fd01::5", "fe80::1"};
	struct view_table *t = wired_table();
	uint64_t rng = 7;
	for (int round = 0; round < 2000; round++) {
		const char *list[5] = {NULL}, *back[5] = {NULL};
		rng = hash_mix(rng, (uint64_t)round + 1);
		unsigned count = 2 + (unsigned)(rng & 1) + (unsigned)(rng >> 1 & 1);
		for (unsigned i = 0; i < count; i++)
			list[i] = back[count - 1 - i] =
				pool[(rng >> (8 + 4 * i)) % ARRAY_LEN(pool)];
		const char *from = clients[(rng >> 40) % ARRAY_LEN(clients)];
		uint64_t a = choose(t, from, list), b = choose(t, from, back);
		assert_true(a != 0 && a < UINT64_C(1) << count);
		for (unsigned i = 0; i < count; i++)
			assert_int_equal(a >> i & 1, b >> (count - 1 - i) & 1);
	}
	view_table_free(t);
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
		cmocka_unit_test(of_several_private_addresses_a_client_gets_those_on_its_wire),
		cmocka_unit_test(a_client_elsewhere_gets_no_address_of_an_inner_bridge),
		cmocka_unit_test(global_addresses_are_never_left_out),
		cmocka_unit_test(without_wires_nothing_is_chosen),
		cmocka_unit_test(a_choice_is_never_empty_and_does_not_depend_on_order),
		cmocka_unit_test(publishing_returns_what_was_published_before),
		cmocka_unit_test(every_reason_has_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
