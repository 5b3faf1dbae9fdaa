/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of answers: who gets which records, when, and by which way (RFC 6762 §5, §6, §11,
 * §18; RFC 6763 §12). Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

#include "../sim/msgtext.h"

static int setup(void **state)
{
	rig_setup(state);
	assert_int_equal(rig_put(RIG_LINK, "web.local", "A 10.0.0.1, A 10.0.0.2"), 0);
	assert_int_equal(rig_put(RIG_LINK, "dual.local", "A 10.0.0.3, AAAA 2001:db8::3"), 0);
	assert_int_equal(rig_put(RIG_LINK, "1.0.0.10.in-addr.arpa", "known PTR web.local"), 0);
	assert_int_equal(rig_put(RIG_LINK, "_x._tcp.local",
				 "shared PTR S._x._tcp.local, shared PTR T._x._tcp.local"),
		0);
	assert_int_equal(rig_put(RIG_LINK, "S._x._tcp.local", "SRV 80 dual.local, TXT a=b"), 0);
	assert_int_equal(rig_put(RIG_LINK, "alias.local", "CNAME dual.local"), 0);
	rig_settle();
	return 0;
}

/* All records were multicast longer ago than a quarter of their TTL. */
static void grow_old(void)
{
	rig_wait(2000 * NS_PER_S);
	rig_forget();
}

static void s5_3_answers_all_questions_of_a_message(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A; q dual.local AAAA; q nobody.local A");
	assert_int_equal(rig.heard_count, 1);
	rig_expect("an web.local. 120 A flush 10.0.0.1");
	rig_expect("an dual.local. 120 AAAA flush 2001:db8::3");
}

static void s5_4_qu_question_gets_a_unicast_reply(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A qu");
	const struct rig_packet *p = rig_expect("id=0; qr; aa; an web.local. 120 A flush 10.0.0.1");
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(p->to.peer_port, 5353);
	assert_int_equal(p->to.peer.bytes[3], 9);
}

static void s5_4_qu_question_gets_multicast_after_a_quarter_of_the_ttl(void **state)
{
	(void)state;
	rig_wait(25 * NS_PER_S);
	ask("10.0.0.9", "q web.local A qu");
	assert_int_equal(rig.heard[0].to.peer.bytes[3], 9);
	rig_forget();
	rig_wait(5 * NS_PER_S);
	ask("10.0.0.9", "q web.local A qu");
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.peer.bytes[3], 251);
}

static void s5_5_unicast_query_is_answered_by_unicast(void **state)
{
	(void)state;
	ask("10.0.0.9!", "q web.local A");
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.peer.bytes[3], 9);
}

static void s11_no_unicast_reply_leaves_the_link(void **state)
{
	(void)state;
	static const char *const peers[] = {
		"10.0.1.9!", "10.0.1.9:4000", "192.0.2.1!", "192.0.2.1:5000"};
	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		ask(peers[i], "q web.local A; q web.local A qu");
	rig_expect_silence();
	assert_int_equal(mdns_stats(rig.m).off_link, ARRAY_LEN(peers));
}

/* Whatever its subnet and whatever it wants: who asks the group is answered to the group. */
static void s11_query_to_the_group_is_answered_whatever_its_source(void **state)
{
	(void)state;
	static const char *const peers[] = {
		"10.0.1.9", "192.0.2.1", "100.64.0.1", "203.0.113.7", "2001:db8:1::9", "fd00:1::9"};
	static const char *const queries[] = {"q web.local A", "q web.local A qu",
		"q web.local ANY qu", "tc; q web.local A", "tc; q web.local A qu",
		"q web.local ANY qu; ns web.local 120 A 192.0.2.9"};
	rig.has_both = true;
	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		for (size_t j = 0; j < ARRAY_LEN(queries); j++) {
			rig_wait(3 * NS_PER_S);
			rig_forget();
			ask(peers[i], queries[j]);
			assert_int_equal(rig_count("an web.local.", NULL), 1);
			assert_true(rig_expect("an web.local.")->to.is_multicast);
		}
}

static void s11_link_local_source_is_always_on_link(void **state)
{
	(void)state;
	ask("169.254.7.7:4000", "q web.local A");
	ask("fe80::9", "q web.local A");
	assert_int_equal(rig.heard[0].to.peer.bytes[0], 169);
	rig.has_both = true;
	grow_old();
	ask("fe80::9", "q web.local A");
	assert_int_equal(rig.heard[0].to.peer.family, ADDR_V6);
}

static void s6_sole_owner_answers_at_once(void **state)
{
	(void)state;
	ns_t start = rig.now;
	rig_say("10.0.0.9", "q web.local A");
	assert_int_equal(rig_expect("an web.local.")->at, start);
	assert_int_equal(rig.heard[0].to.peer.bytes[3], 251);
	assert_int_equal(rig.heard[0].to.peer_port, 5353);
}

static void s6_shared_records_wait_20_to_120_ms(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		ns_t start = rig.now;
		ask("10.0.0.9", "q _x._tcp.local PTR");
		ns_t delay = rig.heard[0].at - start;
		assert_true(delay >= 20 * NS_PER_MS && delay <= 120 * NS_PER_MS);
		rig_wait(NS_PER_S);
		rig_forget();
	}
}

static void s6_truncated_query_waits_400_to_500_ms(void **state)
{
	(void)state;
	ns_t start = rig.now;
	ask("10.0.0.9", "tc; q web.local A");
	ns_t delay = rig_expect("an web.local.")->at - start;
	assert_true(delay >= 400 * NS_PER_MS && delay <= 500 * NS_PER_MS);
}

static void s6_3_several_questions_wait_20_to_120_ms(void **state)
{
	(void)state;
	ns_t start = rig.now;
	ask("10.0.0.9", "q web.local A; q other.local A");
	ns_t delay = rig_expect("an web.local.")->at - start;
	assert_true(delay >= 20 * NS_PER_MS && delay <= 120 * NS_PER_MS);
}

static void s6_same_record_once_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		rig_say("10.0.0.9", "q web.local A");
		rig_wait(100 * NS_PER_MS);
	}
	assert_in_range(rig.heard_count, 5, 6);
	for (unsigned i = 1; i < rig.heard_count; i++)
		assert_true(rig.heard[i].at - rig.heard[i - 1].at >= NS_PER_S);
}

static void s6_defence_of_a_probe_after_250_ms(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		rig_say("10.0.0.9", "q web.local ANY; ns web.local 120 A 10.0.0.9");
		rig_wait(125 * NS_PER_MS);
	}
	assert_in_range(rig.heard_count, 4, 6);
	for (unsigned i = 1; i < rig.heard_count; i++)
		assert_true(rig.heard[i].at - rig.heard[i - 1].at >= 250 * NS_PER_MS);
}

static void s8_1_defends_at_once_by_unicast_if_asked_so(void **state)
{
	(void)state;
	ns_t start = rig.now;
	rig_say("10.0.0.9", "q web.local ANY qu; ns web.local 120 A 10.0.0.9");
	assert_int_equal(rig.heard[0].at, start);
	assert_int_equal(rig.heard[0].to.peer.bytes[3], 9);
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
	grow_old();
	rig_say("10.0.0.9", "q web.local ANY qu; ns web.local 120 A 10.0.0.9");
	assert_int_equal(rig.heard_count, 2);
	assert_int_equal(rig.heard[1].to.peer.bytes[3], 251);
}

static void s6_1_absent_type_is_denied(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local AAAA");
	rig_expect("an web.local. 120 NSEC flush A");
	rig_forget();
	ask("10.0.0.9", "q dual.local HTTPS; q alias.local NSEC");
	rig_expect("an dual.local. 120 NSEC flush A AAAA");
	rig_expect("an alias.local. 4500 NSEC flush CNAME");
}

static void s6_1_denies_with_the_restricted_form(void **state)
{
	(void)state;
	static uint8_t buffer[9000];
	const uint8_t expected[] = "\4dual\5local\0\0\4\x40\0\0\x08";
	struct mdns_path to, from = {.link = RIG_LINK,
				     .peer = {ADDR_V4, {10, 0, 0, 9}},
				     .peer_port = MDNS_PORT,
				     .is_multicast = true};
	size_t len = msgtext_pack("q dual.local SVCB", buffer);
	mdns_input(rig.m, rig.now, &from, buffer, len);
	len = mdns_poll(rig.m, rig.now, &to, buffer, sizeof(buffer));
	/* One window, 4 bytes of bitmap: A is bit 1, AAAA bit 28; the name in it is compressed. */
	assert_memory_equal(buffer + len - 6, expected + sizeof(expected) - 7, 6);
	assert_string_equal(
		msgtext_show(buffer, len), "id=0; qr; aa; an dual.local. 120 NSEC flush A AAAA");
}

static void s6_1_no_denial_of_types_above_255(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "caa.local", "A 10.0.0.1, CAA x"), 0);
	rig_settle();
	ask("10.0.0.9", "q caa.local AAAA");
	rig_expect_silence();
}

static void s6_shared_names_are_not_denied(void **state)
{
	(void)state;
	ask("10.0.0.9", "q _x._tcp.local A");
	ask("10.0.0.9:4000", "q _x._tcp.local A");
	ask("10.0.0.9", "q nobody.local A");
	rig_expect_silence();
}

static void s6_1_denial_is_sent_when_all_that_is_there_is_known(void **state)
{
	(void)state;
	ask("10.0.0.9", "q dual.local A; q dual.local HTTPS; an dual.local 120 A 10.0.0.3");
	rig_expect("an dual.local. 120 NSEC flush A AAAA");
	rig_expect_none("an dual.local. 120 A");
}

static void s6_2_other_family_is_in_the_additional_section(void **state)
{
	(void)state;
	ask("10.0.0.9", "q dual.local A");
	rig_expect(
		"an dual.local. 120 A flush 10.0.0.3; ar dual.local. 120 AAAA flush 2001:db8::3");
	rig_wait(2 * NS_PER_S);
	rig_forget();
	ask("10.0.0.9", "q dual.local AAAA");
	rig_expect(
		"an dual.local. 120 AAAA flush 2001:db8::3; ar dual.local. 120 A flush 10.0.0.3");
}

static void s6_2_absent_family_is_denied_in_the_additional_section(void **state)
{
	(void)state;
	ask("10.0.0.9", "q web.local A");
	rig_expect("10.0.0.2; ar web.local. 120 NSEC flush A");
}

static void s6_2_all_addresses_of_the_link_and_no_others(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	assert_int_equal(rig_put(RIG_SECOND, "web.local", "A 10.0.0.77"), 0);
	rig_settle();
	ask("10.0.0.9:4000", "q web.local A");
	rig_expect("an web.local. 10 A 10.0.0.1; an web.local. 10 A 10.0.0.2");
	rig_expect_none("10.0.0.77");
	rig_forget();
	rig_say_on(RIG_SECOND, "10.0.0.9:4000", "q web.local A");
	rig_expect("an web.local. 10 A 10.0.0.77");
	rig_expect_none("10.0.0.1;");
}

static void s6_4_answers_to_several_queries_share_a_packet(void **state)
{
	(void)state;
	rig_say("10.0.0.9", "q _x._tcp.local PTR");
	rig_say("10.0.0.8", "q web.local A; q x.local A");
	rig_wait(NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	rig_expect("an web.local.");
}

static void s6_5_any_type_and_class_match_all(void **state)
{
	(void)state;
	static uint8_t buffer[9000];
	struct mdns_path from = {.link = RIG_LINK,
		.peer = {ADDR_V4, {10, 0, 0, 9}},
		.peer_port = 4000,
		.is_multicast = true};
	ask("10.0.0.9", "q dual.local ANY");
	rig_expect("an dual.local. 120 A flush 10.0.0.3; an dual.local. 120 AAAA flush");
	size_t len = msgtext_pack("q dual.local A", buffer);
	buffer[len - 1] = CLASS_ANY;
	rig_forget();
	mdns_input(rig.m, rig.now, &from, buffer, len);
	rig_wait(0);
	rig_expect("an dual.local. 10 A 10.0.0.3");
	buffer[len - 1] = CLASS_CH;
	rig_forget();
	mdns_input(rig.m, rig.now, &from, buffer, len);
	rig_wait(0);
	rig_expect_silence();
}

static void s6_7_legacy_query_gets_a_conventional_reply(void **state)
{
	(void)state;
	rig_say("10.0.0.9:40000", "id=4711; q DUAL.Local A");
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.peer_port, 40000);
	assert_false(rig.heard[0].to.is_multicast);
	assert_string_equal(rig.heard[0].text,
		"id=4711; qr; aa; q DUAL.Local. A; "
		"an DUAL.Local. 10 A 10.0.0.3; ar DUAL.Local. 10 AAAA 2001:db8::3");
}

static void s6_7_android_query_with_opt_rd_and_ad(void **state)
{
	(void)state;
	rig_say("10.0.0.9:40000", "id=9; rd; ad; q dual.local AAAA; ar . 32768 OPT");
	assert_int_equal(rig.heard_count, 1);
	assert_string_equal(rig.heard[0].text,
		"id=9; qr; aa; q dual.local. AAAA; "
		"an dual.local. 10 AAAA 2001:db8::3; ar dual.local. 10 A 10.0.0.3");
}

static void s6_7_legacy_negative_reply_has_no_answers(void **state)
{
	(void)state;
	rig_say("10.0.0.9:40000", "id=9; q web.local AAAA");
	assert_string_equal(
		rig.heard[0].text, "id=9; qr; aa; q web.local. AAAA; ns web.local. 10 NSEC A");
}

static void s6_7_legacy_reply_on_ipv6(void **state)
{
	(void)state;
	struct mdns_path from = {.link = RIG_LINK, .peer_port = 40000, .is_multicast = true};
	uint8_t buffer[9000];
	assert_int_equal(addr_parse("fe80::9", &from.peer), 0);
	size_t len = msgtext_pack("id=3; q web.local A", buffer);
	mdns_input(rig.m, rig.now, &from, buffer, len);
	rig_wait(0);
	assert_string_equal(rig_expect("an web.local. 10 A 10.0.0.1")->text,
		"id=3; qr; aa; q web.local. A; an web.local. 10 A 10.0.0.1; an web.local. 10 A "
		"10.0.0.2");
}

static void s18_5_legacy_reply_too_large_has_tc(void **state)
{
	(void)state;
	char records[4096] = "", *at = records;
	for (int i = 1; i < 60; i++)
		at += sprintf(at, "%sAAAA 2001:db8::%d", i > 1 ? ", " : "", i);
	assert_int_equal(rig_put(RIG_LINK, "many.local", records), 0);
	rig_link(RIG_LINK, 600, true);
	rig_settle();
	rig_say("10.0.0.9:40000", "id=3; q many.local AAAA");
	assert_true(rig_expect("id=3; qr; aa; tc; q many.local.")->len <= 600 - 28);
}

static void cname_is_answered_with_what_it_leads_to(void **state)
{
	(void)state;
	rig_say("10.0.0.9:40000", "id=3; q alias.local A");
	assert_string_equal(rig.heard[0].text,
		"id=3; qr; aa; q alias.local. A; "
		"an alias.local. 10 CNAME dual.local.; an dual.local. 10 A 10.0.0.3; "
		"ar dual.local. 10 AAAA 2001:db8::3");
	rig_forget();
	ask("10.0.0.9", "q alias.local A");
	rig_expect("an alias.local. 4500 CNAME flush dual.local.; an dual.local. 120 A flush");
}

static void cname_loop_ends(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "a.local", "CNAME b.local"), 0);
	assert_int_equal(rig_put(RIG_LINK, "b.local", "CNAME a.local"), 0);
	rig_settle();
	rig_say("10.0.0.9:40000", "id=3; q a.local A");
	assert_string_equal(rig.heard[0].text,
		"id=3; qr; aa; q a.local. A; "
		"an a.local. 10 CNAME b.local.; an b.local. 10 CNAME a.local.");
}

static void rfc6763_s12_1_ptr_brings_srv_txt_and_addresses(void **state)
{
	(void)state;
	rig_say("10.0.0.9:40000", "id=3; q _x._tcp.local PTR");
	rig_expect("ar S._x._tcp.local. 10 SRV 80 dual.local.; ar S._x._tcp.local. 10 TXT a=b; "
		   "ar dual.local. 10 A 10.0.0.3; ar dual.local. 10 AAAA 2001:db8::3");
}

static void rfc6763_s12_2_srv_brings_addresses(void **state)
{
	(void)state;
	ask("10.0.0.9", "q S._x._tcp.local SRV");
	rig_expect(
		"ar dual.local. 120 A flush 10.0.0.3; ar dual.local. 120 AAAA flush 2001:db8::3");
}

static void s4_reverse_name_is_answered(void **state)
{
	(void)state;
	ask("10.0.0.9", "q 1.0.0.10.in-addr.arpa PTR");
	rig_expect("an 1.0.0.10.in-addr.arpa. 120 PTR flush web.local.");
}

static void s16_names_compare_without_case_and_keep_it(void **state)
{
	(void)state;
	ask("10.0.0.9", "q S._X._TCP.LOCAL TXT");
	rig_expect("an S._x._tcp.local. 4500 TXT flush a=b");
}

static void s16_utf8_names_are_bytes(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "b\\195\\188cher.local", "A 10.0.0.5"), 0);
	rig_settle();
	ask("10.0.0.9", "q B\\195\\188CHER.local A");
	rig_expect("an b\\195\\188cher.local. 120 A flush 10.0.0.5");
	rig_forget();
	ask("10.0.0.9", "q b\\195\\156cher.local A");
	rig_expect_silence();
}

static void s18_2_to_18_11_other_opcodes_and_rcodes_are_ignored(void **state)
{
	(void)state;
	ask("10.0.0.9", "opcode=5; q web.local A");
	ask("10.0.0.9", "rcode=3; q web.local A");
	ask("10.0.0.9", "opcode=4; qr; an web.local 120 A 10.0.0.9");
	rig_expect_silence();
	assert_int_equal(mdns_stats(rig.m).ignored, 3);
}

static void s18_header_of_what_is_sent(void **state)
{
	(void)state;
	ask("10.0.0.9", "id=77; rd; ad; q web.local A");
	rig_expect("id=0; qr; aa; an");
}

static void s6_questions_in_responses_are_ignored(void **state)
{
	(void)state;
	ask("10.0.0.9", "qr; q web.local A");
	rig_expect_silence();
}

static void s20_answer_goes_out_by_the_family_of_the_question(void **state)
{
	(void)state;
	rig.has_both = true;
	ask("10.0.0.9", "q web.local A");
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.peer.family, ADDR_V4);
	ask("fe80::9", "q web.local A");
	assert_int_equal(rig.heard_count, 2);
	assert_int_equal(rig.heard[1].to.peer.family, ADDR_V6);
}

static void malformed_packets_are_counted_and_dropped(void **state)
{
	(void)state;
	uint8_t buffer[9000];
	struct mdns_path from = {.link = RIG_LINK,
		.peer = {ADDR_V4, {10, 0, 0, 9}},
		.peer_port = MDNS_PORT,
		.is_multicast = true};
	size_t len = msgtext_pack("q web.local A; an web.local 120 A 10.0.0.9", buffer);
	for (size_t cut = 0; cut < len; cut++)
		mdns_input(rig.m, rig.now, &from, buffer, cut);
	assert_true(mdns_stats(rig.m).malformed >= 12);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s5_3_answers_all_questions_of_a_message),
		CASE(s5_4_qu_question_gets_a_unicast_reply),
		CASE(s5_4_qu_question_gets_multicast_after_a_quarter_of_the_ttl),
		CASE(s5_5_unicast_query_is_answered_by_unicast),
		CASE(s11_no_unicast_reply_leaves_the_link),
		CASE(s11_query_to_the_group_is_answered_whatever_its_source),
		CASE(s11_link_local_source_is_always_on_link),
		CASE(s6_sole_owner_answers_at_once),
		CASE(s6_shared_records_wait_20_to_120_ms),
		CASE(s6_truncated_query_waits_400_to_500_ms),
		CASE(s6_3_several_questions_wait_20_to_120_ms),
		CASE(s6_same_record_once_a_second),
		CASE(s6_defence_of_a_probe_after_250_ms),
		CASE(s8_1_defends_at_once_by_unicast_if_asked_so),
		CASE(s6_1_absent_type_is_denied),
		CASE(s6_1_denies_with_the_restricted_form),
		CASE(s6_1_no_denial_of_types_above_255),
		CASE(s6_shared_names_are_not_denied),
		CASE(s6_1_denial_is_sent_when_all_that_is_there_is_known),
		CASE(s6_2_other_family_is_in_the_additional_section),
		CASE(s6_2_absent_family_is_denied_in_the_additional_section),
		CASE(s6_2_all_addresses_of_the_link_and_no_others),
		CASE(s6_4_answers_to_several_queries_share_a_packet),
		CASE(s6_5_any_type_and_class_match_all),
		CASE(s6_7_legacy_query_gets_a_conventional_reply),
		CASE(s6_7_android_query_with_opt_rd_and_ad),
		CASE(s6_7_legacy_negative_reply_has_no_answers),
		CASE(s6_7_legacy_reply_on_ipv6),
		CASE(s18_5_legacy_reply_too_large_has_tc),
		CASE(cname_is_answered_with_what_it_leads_to),
		CASE(cname_loop_ends),
		CASE(rfc6763_s12_1_ptr_brings_srv_txt_and_addresses),
		CASE(rfc6763_s12_2_srv_brings_addresses),
		CASE(s4_reverse_name_is_answered),
		CASE(s16_names_compare_without_case_and_keep_it),
		CASE(s16_utf8_names_are_bytes),
		CASE(s18_2_to_18_11_other_opcodes_and_rcodes_are_ignored),
		CASE(s18_header_of_what_is_sent),
		CASE(s6_questions_in_responses_are_ignored),
		CASE(s20_answer_goes_out_by_the_family_of_the_question),
		CASE(malformed_packets_are_counted_and_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
