/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of mdns_each_held(): our records are found, on each link, under the current name.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

enum { FOUND_CAP = 512 };

static void add_found(void *arg, const struct mdns_held *held)
{
	char *text = arg, type[RR_TYPE_TEXT_CAP];
	size_t len = strlen(text);
	snprintf(text + len, FOUND_CAP - len, "%s%u %s %u.%u", len > 0 ? ", " : "", held->link,
		rr_type_text(held->type, type), held->rdata.bytes[0],
		held->rdata.bytes[held->rdata.len - 1]);
}

/* "LINK TYPE FIRST.LAST" of each record: the first and the last byte of its rdata. */
static void assert_found(const char *name, const char *expected)
{
	struct name wire;
	char text[FOUND_CAP] = "";
	assert_int_equal(name_from_text(name, NULL, &wire), 0);
	mdns_each_held(rig.m, wire.wire, add_found, text);
	assert_string_equal(text, expected);
}

static void what_is_announced_is_found_whatever_its_case(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::3");
	assert_found("web.local.", "1 A 10.1, 1 A 10.2, 1 AAAA 32.3");
	assert_found("WEB.Local.", "1 A 10.1, 1 A 10.2, 1 AAAA 32.3");
	assert_found("nope.local.", "");
}

static void what_is_probed_for_is_not_ours_yet(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	assert_found("web.local.", "");
	rig_settle();
	assert_found("web.local.", "1 A 10.1");
}

static void each_link_has_its_own(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, false);
	put_on(RIG_LINK, "web.local", "A 10.0.0.1");
	put_on(RIG_SECOND, "web.local", "A 10.0.0.2");
	rig_settle();
	assert_found("web.local.", "1 A 10.1, 2 A 10.2");
	mdns_link_down(rig.m, rig.now, RIG_LINK);
	assert_found("web.local.", "2 A 10.2");
}

static void a_name_that_another_host_has_is_not_ours_and_the_new_one_is(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; an web.local 120 A flush 10.0.0.9");
	rig_settle();
	assert_string_equal(rig_current("web.local"), "web-2.local.");
	assert_found("web.local.", "");
	assert_found("web-2.local.", "1 A 10.1");
}

static void what_is_left_to_the_workload_is_found(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.9");
	rig_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.9; an web.local 120 A 10.0.0.8");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	assert_found("web.local.", "1 A 10.9");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_announced_is_found_whatever_its_case),
		CASE(what_is_probed_for_is_not_ours_yet),
		CASE(each_link_has_its_own),
		CASE(a_name_that_another_host_has_is_not_ours_and_the_new_one_is),
		CASE(what_is_left_to_the_workload_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
