/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of rules of RFC 6762 that concern more than one part of the engine: §2, §3, §5,
 * §6, §14, §18, §24.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

static void s2_unique_records_are_probed_for_and_shared_ones_are_not(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	put("_x._tcp.local", "shared PTR a._x._tcp.local");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("q web.local. ANY", NULL), 3);
	assert_int_equal(rig_count("q _x._tcp.local.", NULL), 0);
	assert_int_equal(rig_count("an _x._tcp.local.", NULL), 2);
}

static void s2_responders_that_say_the_same_both_keep_the_name(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9", "q web.local ANY; ns web.local 120 A 10.0.0.1");
	ask("10.0.0.9", "qr; aa; an web.local 120 A flush 10.0.0.1");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s3_name_that_is_lost_is_given_up_and_another_taken(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	for (int i = 0; i < 2; i++) {
		rig_say("10.0.0.9", "qr; aa; an web.local 120 A flush 10.0.0.9");
		rig_wait(300 * NS_PER_MS);
	}
	rig_settle();
	ask("10.0.0.8", "q web.local A");
	rig_expect_silence();
	ask("10.0.0.8", "q web-2.local A");
	rig_expect("an web-2.local. 120 A flush 10.0.0.1");
}

static void s5_asks_for_a_name_before_it_claims_it(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_wait(5 * NS_PER_S);
	assert_true(rig.heard_count >= 4);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		bool is_question = strstr(rig.heard[i].text, "; q web.local. ANY") != NULL;
		assert_int_equal(is_question, i < 3);
	}
}

static void s6_what_others_say_is_never_answered(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9",
		"qr; aa; an other.local 120 A flush 10.0.0.9; ar web.local 120 TXT flush a=b");
	rig_forget();
	ask("10.0.0.8", "q other.local A; q web.local TXT");
	rig_expect_none("other.local");
	rig_expect_none("a=b");
}

static void s6_unknown_names_are_not_answered(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9", "q nobody.local A");
	ask("10.0.0.9:4000", "id=7; q nobody.local A");
	ask("10.0.0.9!", "q local SOA");
	rig_expect_silence();
}

static void s6_multicast_answers_go_to_the_group_at_port_5353(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9", "q web.local A");
	const struct mdns_path *to = &rig_expect("an web.local.")->to;
	static const uint8_t group[] = {224, 0, 0, 251};
	assert_int_equal(to->peer_port, MDNS_PORT);
	assert_memory_equal(to->peer.bytes, group, sizeof(group));
}

static void s6_2_what_only_another_link_has_is_denied_here(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put("web.local", "A 10.0.0.1");
	put_on(RIG_SECOND, "web.local", "AAAA 2001:db8::1");
	rig_settle();
	ask("10.0.0.9", "q web.local AAAA");
	rig_expect("an web.local. 120 NSEC flush A");
	rig_expect_none("2001:db8::1");
}

static void s14_name_is_defended_on_each_link(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put("web.local", "A 10.0.0.1");
	put_on(RIG_SECOND, "web.local", "A 10.0.0.1");
	rig_settle();
	for (uint32_t link = RIG_LINK; link <= RIG_SECOND; link++) {
		rig_forget();
		rig_say_on(link, "10.0.0.9", "q web.local ANY; ns web.local 120 A 10.0.0.9");
		assert_int_equal(rig_expect("an web.local. 120 A flush 10.0.0.1")->to.link, link);
	}
}

static void s18_12_qu_bit_is_not_part_of_the_class(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9", "q web.local A qu");
	assert_false(rig_expect("an web.local. 120 A flush 10.0.0.1")->to.is_multicast);
}

static void s18_13_flush_bit_is_not_part_of_the_class(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	ask("10.0.0.9", "q web.local A; an web.local 120 A flush 10.0.0.1");
	rig_expect_silence();
	ask("10.0.0.9", "q web.local A; ar . 0 OPT flush");
	rig_expect("an web.local. 120 A flush 10.0.0.1");
}

static void s18_14_names_are_compressed_but_srv_not_in_a_legacy_reply(void **state)
{
	(void)state;
	/* Owner and record without rdata; the rest of a name that ends in a pointer. */
	enum { HEADER = 12, FIXED = 10, POINTER = 2, SRV_FIXED = 6, WEB = 4, LOCAL = 7 };
	enum {
		OWNER = 4 + 3 + 5 + LOCAL,
		ADDITIONAL_A = POINTER + FIXED + 4,
		NSEC = POINTER + FIXED + POINTER + 2 + 1
	};
	put("web.local", "A 10.0.0.1");
	put("abc._x._tcp.local", "SRV 80 web.local");
	rig_settle();
	ask("10.0.0.9", "q abc._x._tcp.local SRV");
	assert_int_equal(rig_expect("an abc")->len,
		HEADER + OWNER + FIXED + SRV_FIXED + WEB + POINTER + ADDITIONAL_A + NSEC);
	ask("10.0.0.9:4000", "id=7; q abc._x._tcp.local SRV");
	assert_int_equal(rig_expect("id=7")->len,
		HEADER + OWNER + 4 + POINTER + FIXED + SRV_FIXED + WEB + LOCAL + ADDITIONAL_A);
}

static void s24_2_names_have_up_to_255_bytes(void **state)
{
	(void)state;
	char name[256], message[300];
	static const char label[] =
		"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0";
	snprintf(name, sizeof(name), "%s.%s.%s.%.54s.local", label, label, label, label);
	put(name, "A 10.0.0.1");
	rig_settle();
	snprintf(message, sizeof(message), "q %s A", name);
	ask("10.0.0.9", message);
	rig_expect("120 A flush 10.0.0.1");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s2_unique_records_are_probed_for_and_shared_ones_are_not),
		CASE(s2_responders_that_say_the_same_both_keep_the_name),
		CASE(s3_name_that_is_lost_is_given_up_and_another_taken),
		CASE(s5_asks_for_a_name_before_it_claims_it),
		CASE(s6_what_others_say_is_never_answered),
		CASE(s6_unknown_names_are_not_answered),
		CASE(s6_multicast_answers_go_to_the_group_at_port_5353),
		CASE(s6_2_what_only_another_link_has_is_denied_here),
		CASE(s14_name_is_defended_on_each_link),
		CASE(s18_12_qu_bit_is_not_part_of_the_class),
		CASE(s18_13_flush_bit_is_not_part_of_the_class),
		CASE(s18_14_names_are_compressed_but_srv_not_in_a_legacy_reply),
		CASE(s24_2_names_have_up_to_255_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
