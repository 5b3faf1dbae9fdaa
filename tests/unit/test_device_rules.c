/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of device/rules.h: the file's syntax, its mistakes, and which rule decides.
 * Never looks up a real user. Run by `make check`.
 */
#include "device/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "device/subids.h"
#include "unit.h"

static int look_up(void *arg UNUSED, bool is_group, const char *name, uint32_t *ret)
{
	if (strcmp(name, is_group ? "kvm" : "alice") != 0)
		return ERR_ABSENT;
	*ret = is_group ? 108 : 1000;
	return 0;
}

static struct rules parse(const char *text)
{
	struct rules rules;
	struct rules_error error;
	assert_int_equal(rules_parse(&rules, text, strlen(text), look_up, NULL, &error), 0);
	return rules;
}

/* Returns the line of the rule that decides for a user in group 100, and for user 1000 also
 * in kvm. 0: none. */
static unsigned line_for(const struct rules *rules, uid_t uid, enum device_type type,
	const char *mode, const char *parent)
{
	static const gid_t groups[] = {100, 108};
	struct rule_question q = {.uid = uid,
		.groups = groups,
		.group_count = uid == 1000 ? 2 : 1,
		.type = type,
		.parent = parent,
		.alias = ""};
	assert_int_equal(device_mode_parse(type, mode, &q.mode), 0);
	const struct rule *rule = rules_find(rules, &q);
	return rule ? rule->line : 0;
}

static void the_first_rule_that_fits_decides(void **state UNUSED)
{
	struct rules rules = parse("# who may what\n"
				   "\n"
				   "deny  user alice macvlan private *   # not that\n"
				   "\tallow\tgroup kvm macvlan * eth0\r\n"
				   "deny * * * eth1\n"
				   "allow * ipvlan l2 *");
	assert_int_equal(rules.count, 4);
	assert_int_equal(line_for(&rules, 1000, DEVICE_MACVLAN, "private", "eth0"), 3);
	assert_int_equal(line_for(&rules, 1000, DEVICE_MACVLAN, "bridge", "eth0"), 4);
	assert_int_equal(line_for(&rules, 1001, DEVICE_MACVLAN, "bridge", "eth0"), 0);
	assert_int_equal(line_for(&rules, 1001, DEVICE_IPVLAN, "l2", "eth1"), 5);
	assert_int_equal(line_for(&rules, 1001, DEVICE_IPVLAN, "l2", "eth0"), 6);
	assert_int_equal(line_for(&rules, 1001, DEVICE_IPVLAN, "l2,private", "eth0"), 6);
	assert_int_equal(line_for(&rules, 1001, DEVICE_IPVLAN, "l3", "eth0"), 0);
	assert_false(rules.at[0].is_allow);
	assert_true(rules.at[1].is_allow);
	rules_fini(&rules);
}

static void both_words_of_a_mode_have_to_fit(void **state UNUSED)
{
	struct rules rules = parse("allow * ipvtap l3s,private *\n");
	assert_int_equal(line_for(&rules, 1, DEVICE_IPVTAP, "l3s,private", "a"), 1);
	assert_int_equal(line_for(&rules, 1, DEVICE_IPVTAP, "l3s", "a"), 0);
	assert_int_equal(line_for(&rules, 1, DEVICE_IPVTAP, "private", "a"), 0);
	rules_fini(&rules);
}

static void an_empty_file_allows_nothing(void **state UNUSED)
{
	struct rules rules = parse("");
	assert_int_equal(line_for(&rules, 0, DEVICE_MACVLAN, "", "eth0"), 0);
	rules_fini(&rules);
}

static void names_decide_too(void **state UNUSED)
{
	static const struct {
		const char *alias;
		unsigned line; /* 0: denied because no rule fits */
	} cases[] = {{"", 2}, {"vm-1", 2}, {"VM-1", 2}, {"vm-1, test", 2}, {"vm-1 router", 1},
		{"router", 1}, {"vm", 0}, {"vm-1 www", 0}, {"rou*", 0}};
	struct rules rules = parse("deny * * * * router,gateway\nallow * * * * vm-*,test\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rule_question q = {.uid = 1, .parent = "eth0", .alias = cases[i].alias};
		const struct rule *rule = rules_find(&rules, &q);
		assert_int_equal(rule ? rule->line : 0, cases[i].line);
	}
	rules_fini(&rules);
}

static void the_addresses_of_guests_stand_behind_the_names(void **state UNUSED)
{
	static const struct {
		const char *rule, *policy;
	} cases[] = {{"allow * * * *", "dhcp,slaac"}, {"allow * * * * vm", "dhcp,slaac"},
		{"allow * * * * vm any", "any"}, {"allow * * * * * dhcp", "dhcp"},
		{"allow * * * * vm 10.0.0.0/8,2001:db8::/32", "10.0.0.0/8,2001:db8::/32"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[GUEST_POLICY_CAP];
		struct rules rules = parse(cases[i].rule);
		struct rule_question q = {.uid = 1, .parent = "eth0", .alias = "vm"};
		const struct rule *rule = rules_find(&rules, &q);
		assert_non_null(rule);
		assert_string_equal(
			guest_policy_format(&rule->guest_policy, text), cases[i].policy);
		rules_fini(&rules);
	}
	/* As a pattern, * would not fit a request without a name. */
	struct rules rules = parse("deny * * * * *\n");
	struct rule_question q = {.uid = 1, .parent = "eth0", .alias = ""};
	assert_non_null(rules_find(&rules, &q));
	rules_fini(&rules);
}

static void a_link_in_our_own_namespace_needs_a_rule_that_says_so(void **state UNUSED)
{
	struct rules rules = parse("allow * ipvlan * eth0\n"
				   "allow * macvlan * eth0 web host\n"
				   "allow * ipvlan * * * any host\n"
				   "deny * * * *\n");
	struct rule_question q = {.type = DEVICE_IPVLAN, .parent = "eth0", .alias = "web"};
	assert_int_equal(rules_find(&rules, &q)->line, 1);
	q.is_in_host = true;
	assert_int_equal(rules_find(&rules, &q)->line, 3);
	q.type = DEVICE_MACVLAN;
	assert_int_equal(rules_find(&rules, &q)->line, 2);
	q.alias = "db";
	assert_int_equal(rules_find(&rules, &q)->line, 4); /* a denying rule is for all */
	rules_fini(&rules);
	struct rules_error error;
	const char *const bad[] = {"deny * * * * * host", "allow * * * * * host host"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(rules_parse(&rules, bad[i], strlen(bad[i]), look_up, NULL, &error),
			ERR_SYNTAX);
}

/* All orders of the words after the name, with each number of addresses of each family. */
static void a_name_has_its_addresses_in_any_order_of_words(void **state UNUSED)
{
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (unsigned i = 0; i < ARRAY_LEN(orders) * 16; i++) {
		char words[3][128] = {"any", "addr=", "gateway="}, text[512], wanted[128] = "";
		char formatted[DEVICE_FIXED_CAP];
		unsigned v4 = 1 + i % 2, v6 = 1 + i / 2 % 2;
		bool has_policy = i & 4, has_gateway = i & 8;
		for (unsigned n = 0; n < v4 + v6; n++)
			snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted),
				n < v4 ? "%s192.0.2.%u/24" : "%s2001:db8::%x/64", n ? "," : "",
				n + 5);
		strcat(words[1], wanted);
		strcat(words[2], i % 3 ? "2001:db8::1,192.0.2.1" : "fe80::1,192.0.2.1");
		size_t len = (size_t)snprintf(text, sizeof(text), "allow * veth * br0 web");
		for (size_t w = 0; w < 3; w++) {
			int word = orders[i / 16][w];
			if ((word != 0 || has_policy) && (word != 2 || has_gateway))
				len += (size_t)snprintf(
					text + len, sizeof(text) - len, " %s", words[word]);
		}
		struct rules rules = parse(text);
		const struct rule *rule = &rules.at[0];
		assert_string_equal(device_fixed_format(&rule->fixed, formatted), wanted);
		assert_int_equal(rule->fixed.gateway4.family, has_gateway ? ADDR_V4 : ADDR_NONE);
		assert_int_equal(rule->fixed.gateway6.family, has_gateway ? ADDR_V6 : ADDR_NONE);
		assert_string_equal(guest_policy_format(&rule->guest_policy, text),
			has_policy ? "any" : "dhcp,slaac");
		rules_fini(&rules);
	}
}

static void mistakes_in_fixed_addresses_are_told(void **state UNUSED)
{
	static const char form[] = "addr= needs addresses with their prefix lengths, as "
				   "192.0.2.5/24";
	static const char one[] = "addr= needs one name before it, without a pattern";
	static const struct {
		const char *text, *what;
	} cases[] = {{"allow * * * * web addr=", form}, {"allow * * * * web addr=192.0.2.5", form},
		{"allow * * * * web addr=192.0.2.5/33", form},
		{"allow * * * * web addr=192.0.2.5/0", form},
		{"allow * * * * web addr=192.0.2.5/24,", form},
		{"allow * * * * web addr=,192.0.2.5/24", form},
		{"allow * * * * web addr=127.0.0.1/8", "addr= has an address that no host has"},
		{"allow * * * * web addr=fe80::5/64", "addr= has an address that no host has"},
		{"allow * * * * web addr=ff02::1/64", "addr= has an address that no host has"},
		{"allow * * * * web addr=192.0.2.5/24,192.0.2.5/25", "addr= has an address twice"},
		{"allow * * * * web addr=10.0.0.1/8,10.0.0.2/8,10.0.0.3/8,10.0.0.4/8,10.0.0.5/8",
			"addr= has too many addresses"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=", "gateway= needs addresses"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=10.0.0.2/8",
			"gateway= needs addresses"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=::1",
			"gateway= has an address that no host has"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=10.0.0.2,10.0.0.3",
			"gateway= has two addresses of one family"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=fd00::1",
			"gateway= has a family of which addr= has no address"},
		{"allow * * * * web gateway=10.0.0.2",
			"gateway= has a family of which addr= has no address"},
		{"allow * * * * web addr=10.0.0.1/8 gateway=10.0.0.1",
			"an address cannot be its own gateway"},
		{"deny * * * * web addr=10.0.0.1/8", "only an allow rule can have addr="},
		{"allow * * * * addr=10.0.0.1/8", one}, {"allow * * * * * addr=10.0.0.1/8", one},
		{"allow * * * * web* addr=10.0.0.1/8", one},
		{"allow * * * * w?b addr=10.0.0.1/8", one},
		{"allow * * * * [w]eb addr=10.0.0.1/8", one},
		{"allow * * * * web,www addr=10.0.0.1/8", one},
		{"allow * macvtap * * web addr=10.0.0.1/8",
			"addr= is not for taps: their guests have the addresses"},
		{"allow * * * * web addr=10.0.0.1/8 addr=10.0.0.2/8",
			"expected: allow|deny user|group NAME TYPE MODE PARENT [NAMES [ADDRS] "
			"[addr=] "
			"[gateway=] [host]]"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[256];
		struct rules rules;
		struct rules_error error;
		int len = snprintf(text, sizeof(text), "# a line before\n%s\n", cases[i].text);
		assert_int_equal(
			rules_parse(&rules, text, (size_t)len, look_up, NULL, &error), ERR_SYNTAX);
		assert_int_equal(error.line, 2);
		assert_string_equal(error.text, cases[i].what);
	}
}

static void fixed_addresses_are_found_again_without_groups(void **state UNUSED)
{
	static const struct {
		const char *alias;
		uid_t uid;
		const char *addrs;
	} cases[] = {{"web", 7, "10.0.0.1/8"}, {"WEB", 7, "10.0.0.1/8"}, {"www", 7, ""},
		{"", 7, ""}, {"db", 7, ""}, {"db", 1000, "10.0.0.2/8"}, {"web db", 1000, ""}};
	struct rules rules = parse("allow * * * * web\n"
				   "allow group kvm * * * web addr=10.0.0.1/8\n"
				   "allow user alice * * * db addr=10.0.0.2/8\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[DEVICE_FIXED_CAP];
		const struct rule_question q = {
			.uid = cases[i].uid, .parent = "eth0", .alias = cases[i].alias};
		const struct device_fixed fixed = rules_find_fixed(&rules, &q);
		assert_string_equal(device_fixed_format(&fixed, text), cases[i].addrs);
	}
	const struct device_fixed *web = &rules.at[1].fixed, *db = &rules.at[2].fixed;
	assert_ptr_equal(device_fixed_common(web, web), &web->at[0].addr);
	assert_null(device_fixed_common(web, db));
	assert_null(device_fixed_common(&rules.at[0].fixed, web));
	rules_fini(&rules);
}

static void mistakes_are_told_with_their_line(void **state UNUSED)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *what;
	} cases[] = {
		{"permit * * * *\n", 1, "expected allow or deny, not \"permit\""},
		{"\nallow\n", 2, "who is missing"},
		{"allow user\n", 1, "the name of the user is missing"},
		{"allow user bob * * *\n", 1, "there is no user \"bob\""},
		{"allow group alice * * *\n", 1, "there is no group \"alice\""},
		{"allow somebody * * *\n", 1, "expected user, group or *, not \"somebody\""},
		{"allow * tun * *\n", 1, "there is no type \"tun\""},
		{"allow * macvlan l2 *\n", 1, "there is no mode \"l2\" of macvlan"},
		{"allow * * l9 *\n", 1, "there is no mode \"l9\" of *"},
		{"allow * * *\n", 1,
			"expected: allow|deny user|group NAME TYPE MODE PARENT "
			"[NAMES [ADDRS] [addr=] [gateway=] [host]]"},
		{"allow user alice * * * * *\n", 1,
			"expected dhcp, slaac, any or prefixes (at most 8), not \"*\""},
		{"allow * * * * * 10.0.0.1/8\n", 1,
			"expected dhcp, slaac, any or prefixes (at most 8), not \"10.0.0.1/8\""},
		{"allow * * * * * any x\n", 1,
			"expected: allow|deny user|group NAME TYPE MODE PARENT "
			"[NAMES [ADDRS] [addr=] [gateway=] [host]]"},
		{"allow user alice * * * * * any addr=10.0.0.1/8 gateway=10.0.0.2 any\n", 1,
			"too many words"},
		{"allow * * * sixteen-bytes.xx\n", 1,
			"no link can have the name \"sixteen-bytes.xx\""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rules rules;
		struct rules_error error;
		assert_int_equal(rules_parse(&rules, cases[i].text, strlen(cases[i].text), look_up,
					 NULL, &error),
			ERR_SYNTAX);
		assert_int_equal(error.line, cases[i].line);
		assert_string_equal(error.text, cases[i].what);
	}
}

static void an_id_belongs_to_the_owner_of_its_range(void **state UNUSED)
{
	static const char text[] =
		"alice:100000:65536\n"
		"2000:300000:10\n"
		"# not a range\n"
		"nobody-here:400000:10\n"
		"0:500000:65536\n"
		"alice:x:10\nalice:1\n:600000:5\nalice:4294967290:10\nalice:99999999999:1";
	static const struct {
		uint32_t uid, account;
	} expected[] = {{0, 0}, {1000, 1000}, {99999, 99999}, {100000, 1000}, {165535, 1000},
		{165536, 165536}, {300009, 2000}, {300010, 300010}, {400001, 400001},
		{500000, 500000}, {565535, 500000}, {600001, 600001}, {4294967295U, 1000}};
	struct subids subids;
	assert_int_equal(subids_parse(&subids, text, strlen(text), look_up, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		assert_int_equal(subids_account(&subids, expected[i].uid), expected[i].account);
	subids_fini(&subids);
	/* Cut at each length, it may have less, but is read. */
	for (size_t len = 0; len < strlen(text); len++) {
		assert_int_equal(subids_parse(&subids, text, len, look_up, NULL), 0);
		assert_in_range(subids.count, 0, 4);
		subids_fini(&subids);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_fits_decides),
		cmocka_unit_test(an_id_belongs_to_the_owner_of_its_range),
		cmocka_unit_test(both_words_of_a_mode_have_to_fit),
		cmocka_unit_test(an_empty_file_allows_nothing),
		cmocka_unit_test(names_decide_too),
		cmocka_unit_test(the_addresses_of_guests_stand_behind_the_names),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(a_name_has_its_addresses_in_any_order_of_words),
		cmocka_unit_test(mistakes_in_fixed_addresses_are_told),
		cmocka_unit_test(fixed_addresses_are_found_again_without_groups),
		cmocka_unit_test(a_link_in_our_own_namespace_needs_a_rule_that_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
