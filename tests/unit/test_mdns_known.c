/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of known answers, also in several packets, and of duplicate answers by peers (RFC
 * 6762 §6.6, §7).
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "../sim/msgtext.h"

static int setup(void **state)
{
	rig_setup(state);
	assert_int_equal(rig_put(RIG_LINK, "web.local", "A 10.0.0.1, A 10.0.0.2"), 0);
	assert_int_equal(rig_put(RIG_LINK, "_x._tcp.local",
				 "shared PTR a._x._tcp.local, "
				 "shared PTR b._x._tcp.local, shared PTR c._x._tcp.local"),
		0);
	rig_settle();
	return 0;
}

static void s7_1_known_answer_suppresses(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A; an web.local 120 A 10.0.0.1; an web.local 60 A 10.0.0.2");
	rig_expect_silence();
	assert_int_equal(mdns_stats(rig.m).suppressed, 1);
}

static void s7_1_known_answer_below_half_of_the_ttl_does_not(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A; an web.local 59 A 10.0.0.1; an web.local 59 A 10.0.0.2");
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
}

static void s7_1_shared_records_are_suppressed_one_by_one(void **state)
{
	(void)state;
	ask("10.0.0.9", "q _x._tcp.local PTR; an _x._tcp.local 4500 PTR b._x._tcp.local");
	rig_expect("PTR a._x._tcp.local.");
	rig_expect("PTR c._x._tcp.local.");
	rig_expect_none("PTR b._x._tcp.local.");
}

static void s10_2_unique_set_is_sent_whole_if_one_record_is_unknown(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A; an web.local 120 A 10.0.0.1");
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
}

static void s7_1_known_denial_suppresses(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local AAAA; an web.local 120 NSEC A");
	rig_expect_silence();
	ask("10.0.0.9", "q web.local AAAA; an web.local 120 NSEC A AAAA");
	rig_expect("an web.local. 120 NSEC flush A");
}

static void s7_1_known_answers_are_not_believed(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A; an web.local 120 A 10.0.0.77; an web.local 120 A 10.0.0.1");
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
	rig_expect_none("10.0.0.77");
}

static void s7_1_known_answers_suppress_unicast_too(void **state)
{
	(void)state;
	ask("10.0.0.9",
		"q web.local A qu; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.2");
	rig_expect_silence();
}

static void s7_1_known_answers_of_one_asker_do_not_hold_for_another(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "q _x._tcp.local PTR; an _x._tcp.local 4500 PTR a._x._tcp.local");
	rig_say("10.0.0.8", "q _x._tcp.local PTR; an _x._tcp.local 4500 PTR b._x._tcp.local");
	rig_wait(NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	rig_expect("PTR a._x._tcp.local.");
	rig_expect("PTR b._x._tcp.local.");
}

static void s7_2_known_answers_in_later_packets_suppress(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "tc; q _x._tcp.local PTR; an _x._tcp.local 4500 PTR a._x._tcp.local");
	rig_wait(100 * NS_PER_MS);
	rig_say("10.0.0.9", "an _x._tcp.local 4500 PTR b._x._tcp.local");
	rig_wait(NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	rig_expect("qr; aa; an _x._tcp.local. 4500 PTR c._x._tcp.local.");
	rig_expect_none("PTR a.");
	rig_expect_none("PTR b.");
}

static void s7_2_later_packets_of_another_host_do_not(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "tc; q _x._tcp.local PTR; an _x._tcp.local 4500 PTR a._x._tcp.local");
	rig_say("10.0.0.8", "an _x._tcp.local 4500 PTR b._x._tcp.local");
	rig_wait(NS_PER_S);
	rig_expect("PTR b._x._tcp.local.");
	rig_expect_none("PTR a.");
}

static void s7_2_two_askers_at_once_keep_apart(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "tc; q web.local A; an web.local 120 A 10.0.0.1");
	rig_say("10.0.0.8", "tc; q _x._tcp.local PTR; an _x._tcp.local 4500 PTR a._x._tcp.local");
	rig_say("10.0.0.9", "an web.local 120 A 10.0.0.2");
	rig_say("10.0.0.8", "an _x._tcp.local 4500 PTR b._x._tcp.local; "
			    "an _x._tcp.local 4500 PTR c._x._tcp.local");
	rig_wait(NS_PER_S);
	rig_expect_silence();
}

static void s7_2_each_truncated_packet_extends_the_wait(void **state)
{
	(void)state;
	ns_t start = rig.now;
	rig_say("10.0.0.9", "tc; q web.local A");
	rig_wait(390 * NS_PER_MS);
	rig_say("10.0.0.9", "tc; an web.local 120 A 10.0.0.1");
	rig_wait(390 * NS_PER_MS);
	rig_say("10.0.0.9", "tc; an x.local 120 A 10.0.0.1");
	rig_wait(NS_PER_S);
	ns_t delay = rig_expect("an web.local.")->at - start;
	assert_true(delay >= 1180 * NS_PER_MS && delay <= 1280 * NS_PER_MS);
}

static void s7_2_endless_truncated_packets_do_not_hold_an_answer_up(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "tc; q web.local A");
	for (int i = 0; i < 60; i++) {
		rig_wait(300 * NS_PER_MS);
		rig_say("10.0.0.9", "tc; an x.local 120 A 10.0.0.1");
	}
	rig_expect("an web.local.");
}

static void s7_2_too_many_truncated_queries_are_answered_without_suppression(void **state)
{
	(void)state;
	char peer[32];
	for (int i = 0; i < LIMIT_MDNS_CONTINUED + 10; i++) {
		snprintf(peer, sizeof(peer), "10.0.0.%d", i + 10);
		rig_say(peer, "tc; q web.local A");
	}
	rig_wait(NS_PER_S);
	rig_expect("an web.local.");
	assert_int_equal(mdns_stats(rig.m).limited, 10);
}

static void s7_2_ten_thousand_known_answers(void **state)
{
	(void)state;
	static char message[8000];
	rig_say("10.0.0.9", "tc; q web.local A");
	for (int packet = 0; packet < 100; packet++) {
		char *at = message + sprintf(message, "tc");
		for (int i = 0; i < 100; i++)
			at += sprintf(at,
				"; an h%d.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.1",
				100 * packet + i);
		rig_say("10.0.0.9", message);
	}
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
}

static void s7_2_records_removed_during_the_wait_are_not_answered(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "tc; q web.local A");
	assert_int_equal(rig_put(RIG_LINK, "web.local", NULL), 0);
	rig_forget();
	rig_wait(NS_PER_S);
	rig_expect_silence();
}

static void s7_4_same_answer_of_a_peer_suppresses_ours(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "q _x._tcp.local PTR");
	rig_say("10.0.0.8", "qr; an _x._tcp.local 4500 PTR a._x._tcp.local; "
			    "an _x._tcp.local 4500 PTR b._x._tcp.local");
	rig_wait(NS_PER_S);
	rig_expect("PTR c._x._tcp.local.");
	rig_expect_none("PTR a.");
	rig_expect_none("PTR b.");
}

static void s7_4_same_answer_with_a_lower_ttl_does_not(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "q web.local A; q x.local A");
	rig_say("10.0.0.8", "qr; an web.local 100 A 10.0.0.1; an web.local 100 A 10.0.0.2");
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1");
}

static void s7_4_all_of_a_unique_set_must_be_answered(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "q web.local A; q x.local A");
	rig_say("10.0.0.8", "qr; an web.local 120 A 10.0.0.1");
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
	rig_wait(NS_PER_S);
	rig_forget();
	rig_say("10.0.0.9", "q web.local A; q x.local A");
	rig_say("10.0.0.8", "qr; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.2");
	rig_wait(NS_PER_S);
	rig_expect_silence();
}

static void s6_6_same_record_with_less_than_half_of_the_ttl_is_announced(void **state)
{
	(void)state;
	rig_say("10.0.0.8", "qr; an web.local 59 A 10.0.0.1");
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
}

static void s6_6_same_record_with_half_of_the_ttl_is_left_alone(void **state)
{
	(void)state;
	rig_say("10.0.0.8", "qr; an web.local 60 A 10.0.0.1");
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s7_1_known_answer_suppresses),
		CASE(s7_1_known_answer_below_half_of_the_ttl_does_not),
		CASE(s7_1_shared_records_are_suppressed_one_by_one),
		CASE(s10_2_unique_set_is_sent_whole_if_one_record_is_unknown),
		CASE(s7_1_known_denial_suppresses),
		CASE(s7_1_known_answers_are_not_believed),
		CASE(s7_1_known_answers_suppress_unicast_too),
		CASE(s7_1_known_answers_of_one_asker_do_not_hold_for_another),
		CASE(s7_2_known_answers_in_later_packets_suppress),
		CASE(s7_2_later_packets_of_another_host_do_not),
		CASE(s7_2_two_askers_at_once_keep_apart),
		CASE(s7_2_each_truncated_packet_extends_the_wait),
		CASE(s7_2_endless_truncated_packets_do_not_hold_an_answer_up),
		CASE(s7_2_too_many_truncated_queries_are_answered_without_suppression),
		CASE(s7_2_ten_thousand_known_answers),
		CASE(s7_2_records_removed_during_the_wait_are_not_answered),
		CASE(s7_4_same_answer_of_a_peer_suppresses_ours),
		CASE(s7_4_same_answer_with_a_lower_ttl_does_not),
		CASE(s7_4_all_of_a_unique_set_must_be_answered),
		CASE(s6_6_same_record_with_less_than_half_of_the_ttl_is_announced),
		CASE(s6_6_same_record_with_half_of_the_ttl_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
