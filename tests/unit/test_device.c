/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the small modules of src/device: type.h, mark.h, secret.h, rate.h.
 * Never asks the kernel. Run by `make check`.
 */
#include <linux/if_link.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "device/grant.h"
#include "device/guest_mark.h"
#include "device/mark.h"
#include "device/rate.h"
#include "device/secret.h"
#include "device/type.h"
#include "model/event.h"
#include "unit.h"

static void types_are_the_kernels_kinds(void **state UNUSED)
{
	enum device_type type;
	for (int i = 0; i < DEVICE_TYPE_COUNT; i++) {
		assert_int_equal(
			device_type_parse(device_type_text((enum device_type)i), &type), 0);
		assert_int_equal(type, i);
	}
	assert_int_equal(device_type_parse("tun", &type), ERR_SYNTAX);
	assert_int_equal(device_type_of_kind("tun", &type), 0);
	assert_int_equal(type, DEVICE_TAP);
	assert_int_equal(device_type_parse("", &type), ERR_SYNTAX);
	assert_true(device_type_is_tap(DEVICE_IPVTAP));
	assert_false(device_type_is_tap(DEVICE_MACVLAN));
}

static void modes_are_read_and_written(void **state UNUSED)
{
	static const struct {
		enum device_type type;
		const char *text, *written;
	} cases[] = {
		{DEVICE_MACVLAN, "", "bridge"},
		{DEVICE_MACVTAP, "passthru", "passthru"},
		{DEVICE_IPVLAN, "", "l2,bridge"},
		{DEVICE_IPVLAN, "l3s", "l3s,bridge"},
		{DEVICE_IPVTAP, "private", "l2,private"},
		{DEVICE_IPVTAP, "l3s,private", "l3s,private"},
		{DEVICE_IPVTAP, "vepa,l3", "l3,vepa"},
		{DEVICE_VETH, "", "bridge"},
		{DEVICE_TAP, "private", "private"},
		{DEVICE_TAP, "open", "open"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct device_mode mode;
		char text[DEVICE_MODE_CAP];
		assert_int_equal(device_mode_parse(cases[i].type, cases[i].text, &mode), 0);
		assert_string_equal(
			device_mode_format(cases[i].type, mode, text), cases[i].written);
	}
}

static void modes_of_other_types_are_refused(void **state UNUSED)
{
	struct device_mode mode = {.mode = 77};
	assert_int_equal(device_mode_parse(DEVICE_MACVLAN, "l2", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_MACVLAN, "bridge,vepa", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_IPVLAN, "source", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_MACVLAN, "open", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_VETH, "vepa", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_TAP, "bridge,private", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_IPVLAN, "l2,", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_IPVLAN, ",l2", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_IPVLAN, "l2,l3", &mode), ERR_SYNTAX);
	assert_int_equal(device_mode_parse(DEVICE_IPVLAN, "vepa,private", &mode), ERR_SYNTAX);
	assert_int_equal(mode.mode, 77);
}

static void names_that_mean_more_than_one_link_are_refused(void **state UNUSED)
{
	assert_true(device_is_name("nic0"));
	assert_true(device_is_name("fifteen-bytes.x"));
	static const char *const bad[] = {"", ".", "..", "all", "default", "x%d", "a/b", "a:b",
		"a b", "sixteen-bytes.xx", "ontapd-1", "\xc3\xa4"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(device_is_name(bad[i]));
}

static void aliases_hold_no_control_characters(void **state UNUSED)
{
	char longest[ALIAS_CAP + 1];
	assert_true(device_is_alias(""));
	assert_true(device_is_alias("www, mail"));
	assert_true(device_is_alias("b\xc3\xbc"
				    "cher"));
	assert_false(device_is_alias("a\nb"));
	assert_false(device_is_alias("a\x7f"));
	memset(longest, 'a', sizeof(longest));
	longest[ALIAS_CAP - 1] = '\0';
	assert_true(device_is_alias(longest));
	longest[ALIAS_CAP - 1] = 'a';
	longest[ALIAS_CAP] = '\0';
	assert_false(device_is_alias(longest));
}

/* Compares each field: the padding may differ. */
static void assert_marks_equal(const struct device_mark *a, const struct device_mark *b)
{
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->is_kept, b->is_kept);
	assert_int_equal(a->has_fixed, b->has_fixed);
	assert_int_equal(a->port_mode, b->port_mode);
	assert_int_equal(a->has_first_byte, b->has_first_byte);
	assert_int_equal(a->first_byte, b->first_byte);
	assert_int_equal(a->pid, b->pid);
	assert_true(a->start_time == b->start_time);
	assert_int_equal(a->instance, b->instance);
	assert_int_equal(a->serial, b->serial);
	assert_true(a->seal == b->seal);
	assert_string_equal(a->parent, b->parent);
}

static void a_mark_is_read_as_it_was_written(void **state UNUSED)
{
	struct device_mark mark = {.uid = UINT32_MAX,
		.has_fixed = true,
		.port_mode = DEVICE_PORT_OPEN,
		.has_first_byte = true,
		.first_byte = 0xfe,
		.pid = INT32_MAX,
		.start_time = UINT64_MAX,
		.instance = UINT32_MAX,
		.serial = 0x0a0b0c0d,
		.seal = UINT64_MAX,
		.parent = "wlp3s0-15-bytes"};
	struct device_mark back;
	char text[DEVICE_MARK_CAP];
	device_mark_format(&mark, text);
	assert_true(strlen(text) < DEVICE_MARK_CAP - 1);
	assert_int_equal(device_mark_parse(text, &back), 0);
	assert_marks_equal(&mark, &back);
	for (unsigned options = 0; options < 2 * 2 * 3 * 2; options++) {
		mark.is_kept = options & 1;
		mark.has_fixed = options & 2;
		mark.port_mode = (uint8_t)(options / 4 % 3);
		mark.has_first_byte = options / 12;
		mark.first_byte = mark.has_first_byte ? 0x02 : 0;
		assert_int_equal(device_mark_parse(device_mark_format(&mark, text), &back), 0);
		assert_marks_equal(&mark, &back);
	}
	assert_int_equal(device_mark_parse("ontapd-1000-k-0-0-0-9f3a01c2-7-eth0", &back), 0);
	assert_true(back.is_kept);
	assert_int_equal(back.uid, 1000);
	assert_string_equal(back.parent, "eth0");
}

static void a_seal_is_of_all_that_a_mark_says(void **state UNUSED)
{
	const uint8_t machine[2][MACHINE_SECRET_LEN] = {{1}, {2}};
	struct device_mark mark = {.uid = 1000,
		.pid = 4711,
		.start_time = 5,
		.instance = 1,
		.serial = 7,
		.parent = "eth0"};
	uint64_t seals[12] = {device_seal(machine[0], &mark), device_seal(machine[1], &mark)};
	mark.seal = seals[0];
	assert_true(device_seal(machine[0], &mark) == seals[0]);
	struct device_mark others[10];
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		others[i] = mark;
	others[7].has_fixed = true;
	others[8].port_mode = DEVICE_PORT_PRIVATE;
	others[9].has_first_byte = true;
	others[0].uid = 0;
	others[1].is_kept = true;
	others[2].pid = 1;
	others[3].start_time = 6;
	others[4].instance = 0;
	others[5].serial = 8;
	strcpy(others[6].parent, "eth1");
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		seals[2 + i] = device_seal(machine[0], &others[i]);
	for (size_t i = 0; i < ARRAY_LEN(seals); i++)
		for (size_t j = 0; j < i; j++)
			assert_true(seals[i] != seals[j]);
}

static void what_is_no_mark_is_none(void **state UNUSED)
{
	static const char *const bad[] = {"", "eth0", "ontapd-", "ontapd-9f3a01c2",
		"ontapd-1000-kx-0-0-0-1-7-eth0", "ontapd-1000-kh-0-0-0-1-7-eth0",
		"ontapd-1000-khfff-0-0-0-1-7-eth0", "ontapd-1000-kio-0-0-0-1-7-eth0",
		"ontapd-1000-ka", "ontapd-1000-kh02", "ontapd-1000-x-0-0-0-1-7-eth0",
		"ontapd-1000-k-0-0-0-1-7-", "ontapd-1000-k-0-0-0-1-7", "ontapd-1000-k-0-0-0-1-eth0",
		"ontapd-1000-k-0-0-0-1-10000000000000000-eth0", "ontapd--1-k-0-0-0-1-7-eth0",
		"ontapd-4294967296-k-0-0-0-1-7-eth0", "ontapd-1-k-0-0-0-1-7-sixteen-bytes.xx",
		"ontapd-1-k-0-18446744073709551616-0-1-7-e", "ontapd-+1-k-0-0-0-1-7-eth0",
		"ontapd-1-k-2147483648-0-0-1-7-eth0"};
	struct device_mark mark;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(device_mark_parse(bad[i], &mark), ERR_SYNTAX);
}

static void a_grant_is_read_as_it_was_written(void **state UNUSED)
{
	static const char *const bad[] = {"", "1-2-3-4-", "0-2-3-4-eth0", "1-0-3-4-eth0",
		"1-2-eth0", "1-2-3-eth0", "1--3-4-eth0", "18446744073709551616-2-3-4-eth0",
		"1-2147483648-3-4-eth0", "1-2-4294967296-4-eth0", "1-2-3-4294967296-eth0",
		"+1-2-3-4-eth0", "1-2-3-4-a/b", "1-2-3-4-sixteen-bytes.xx"};
	struct device_grant grant = {.cookie = UINT64_MAX,
		.ifindex = INT32_MAX,
		.nsid = NSID_OWN,
		.uid = UINT32_MAX,
		.parent = "fifteen-bytes-x"};
	struct device_grant back;
	char text[DEVICE_GRANT_CAP];
	assert_string_equal(device_grant_format(&grant, text),
		"18446744073709551615-2147483647-4294967295-4294967295-fifteen-bytes-x");
	assert_int_equal(device_grant_parse(text, &back), 0);
	assert_true(back.cookie == grant.cookie);
	assert_int_equal(back.ifindex, grant.ifindex);
	assert_int_equal(back.nsid, grant.nsid);
	assert_int_equal(back.uid, grant.uid);
	assert_string_equal(back.parent, grant.parent);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(device_grant_parse(bad[i], &back), ERR_SYNTAX);
}

static void the_secret_depends_on_all_that_tells_workloads_apart(void **state UNUSED)
{
	uint8_t machine[2][MACHINE_SECRET_LEN] = {{1}, {2}};
	const struct device_identity ids[] = {
		{.machine = machine[0], .parent = "eth0", .workload = "www"},
		{.machine = machine[1], .parent = "eth0", .workload = "www"},
		{.machine = machine[0], .parent = "eth1", .workload = "www"},
		{.machine = machine[0], .parent = "eth0", .workload = "mail"},
		{.machine = machine[0], .parent = "eth0", .workload = "www", .instance = 1},
		{.machine = machine[0], .parent = "eth0w", .workload = "ww"},
	};
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		for (size_t j = 0; j < ARRAY_LEN(ids); j++) {
			struct addr a = device_secret(&ids[i]), b = device_secret(&ids[j]);
			uint8_t x[DEVICE_HWADDR_LEN], y[DEVICE_HWADDR_LEN];
			device_hwaddr(&ids[i], x);
			device_hwaddr(&ids[j], y);
			assert_int_equal(addr_equal(&a, &b), i == j);
			assert_int_equal(memcmp(x, y, sizeof(x)) == 0, i == j);
			assert_int_equal(x[0] & 3, 2); /* unicast, locally administered */
		}
}

/* RFC 4231 has no test case of that form. This value is from an independent implementation
 * (Python's hmac): if it changes, every address changes. */
static void the_secret_stays_what_it_was(void **state UNUSED)
{
	uint8_t machine[MACHINE_SECRET_LEN];
	for (size_t i = 0; i < sizeof(machine); i++)
		machine[i] = (uint8_t)i;
	const struct device_identity id = {.machine = machine, .parent = "eth0", .workload = "www"};
	struct addr secret = device_secret(&id);
	char text[ADDR_TEXT_CAP];
	assert_string_equal(addr_format(&secret, text), "f264:d914:6be2:c0a4:30c4:9a1d:9bb1:9b0e");
}

static void a_second_s_worth_may_come_at_once(void **state UNUSED)
{
	struct rate rate;
	ns_t now = NS_PER_S;
	rate_init(&rate, 5);
	for (int i = 0; i < 5; i++)
		assert_true(rate_may(&rate, 1000, now));
	assert_false(rate_may(&rate, 1000, now));
	assert_true(rate_may(&rate, 1001, now));
	assert_true(rate_may(&rate, 1000, now + NS_PER_S / 5));
	assert_false(rate_may(&rate, 1000, now + NS_PER_S / 5));
	rate_fini(&rate);
}

static void rate_zero_is_no_limit(void **state UNUSED)
{
	struct rate rate;
	rate_init(&rate, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(rate_may(&rate, 1000, 0));
	rate_fini(&rate);
}

static void users_are_forgotten_when_their_bucket_is_full(void **state UNUSED)
{
	struct rate rate;
	rate_init(&rate, 1);
	for (uint32_t uid = 0; uid < LIMIT_DEVICE_USERS; uid++)
		assert_true(rate_may(&rate, uid, 0));
	assert_false(rate_may(&rate, LIMIT_DEVICE_USERS, 0));
	assert_true(rate_may(&rate, LIMIT_DEVICE_USERS, 2 * NS_PER_S));
	rate_fini(&rate);
}

static void the_mark_of_a_guest_is_read_as_it_was_written(void **state UNUSED)
{
	static const char *const others[] = {"", "ontap-guest-", "ontap-guest-0211223344",
		"ontap-guest-02112233445", "ontap-guest-0211223344556", "ontap-guest-02112233445g",
		"ontap-guest-021122334A55", "ontap-guest- 21122334455", "guest-021122334455"};
	uint8_t hwaddr[DEVICE_HWADDR_LEN] = {2, 0x11, 0xab, 0, 0xff, 9}, again[DEVICE_HWADDR_LEN];
	char text[GUEST_MARK_CAP];
	guest_mark_format(hwaddr, text);
	assert_string_equal(text, "ontap-guest-0211ab00ff09");
	assert_true(strlen(text) + 1 == GUEST_MARK_CAP);
	assert_true(guest_mark_parse(text, again));
	assert_memory_equal(again, hwaddr, sizeof(hwaddr));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(guest_mark_parse(others[i], again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_the_kernels_kinds),
		cmocka_unit_test(modes_are_read_and_written),
		cmocka_unit_test(modes_of_other_types_are_refused),
		cmocka_unit_test(names_that_mean_more_than_one_link_are_refused),
		cmocka_unit_test(aliases_hold_no_control_characters),
		cmocka_unit_test(a_mark_is_read_as_it_was_written),
		cmocka_unit_test(a_seal_is_of_all_that_a_mark_says),
		cmocka_unit_test(what_is_no_mark_is_none),
		cmocka_unit_test(a_grant_is_read_as_it_was_written),
		cmocka_unit_test(the_mark_of_a_guest_is_read_as_it_was_written),
		cmocka_unit_test(the_secret_depends_on_all_that_tells_workloads_apart),
		cmocka_unit_test(the_secret_stays_what_it_was),
		cmocka_unit_test(a_second_s_worth_may_come_at_once),
		cmocka_unit_test(rate_zero_is_no_limit),
		cmocka_unit_test(users_are_forgotten_when_their_bucket_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
