/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the querier's questions: when they are asked, in which packets, with which known answers (RFC 6762
 * §5, §7).
 * Never waits in real time. Run by `make check`.
 */
#include "querier_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "../sim/msgtext.h"

enum { SEEDS = 200 };

static const char *const question = "web.local A";
/* So long after interest began, the next question is almost an hour away. */
static const ns_t long_enough = 11300 * NS_PER_S;

static ns_t heard_at(unsigned i)
{
	assert_true(i < rig.heard_count);
	return rig.heard[i].at;
}

static unsigned packets_with(const char *text)
{
	return rig_count(text, NULL);
}

/* §5.1, §5.2 */

static void s5_1_no_question_is_asked_only_once(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(60 * NS_PER_S);
	assert_true(packets_with("q web.local. A") > 3);
}

static void s5_2_first_question_waits_20_to_120_ms(void **state)
{
	ns_t least = NS_NEVER, most = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		q_fini();
		q_init(seed, false);
		const ns_t asked = rig.now;
		q_ask(question);
		q_wait(NS_PER_S / 2);
		assert_int_equal(rig.heard_count, 1);
		least = ns_min(least, heard_at(0) - asked);
		most = ns_max(most, heard_at(0) - asked);
	}
	assert_true(least >= 20 * NS_PER_MS && least < 30 * NS_PER_MS);
	assert_true(most <= 120 * NS_PER_MS && most > 110 * NS_PER_MS);
}

static void s5_2_intervals_double_up_to_an_hour(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(6 * 3600 * NS_PER_S);
	ns_t want = NS_PER_S;
	assert_true(rig.heard_count > 14);
	for (unsigned i = 1; i < rig.heard_count; i++) {
		assert_int_equal(heard_at(i) - heard_at(i - 1), want);
		want = ns_min(2 * want, 3600 * NS_PER_S);
	}
	assert_int_equal(want, 3600 * NS_PER_S);
}

static void s5_2_interval_begins_anew_with_new_interest(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(10 * NS_PER_S);
	q_stop(question);
	rig_forget();
	q_wait(3600 * NS_PER_S);
	rig_expect_silence();
	q_ask(question);
	q_wait(1500 * NS_PER_MS);
	assert_int_equal(rig.heard_count, 2);
}

static void s5_2_question_goes_on_until_nobody_is_interested(void **state)
{
	(void)state;
	q_ask(question);
	q_ask(question);
	assert_int_equal(querier_stats(q).questions, 1);
	q_stop(question);
	q_wait(NS_PER_S / 2);
	rig_expect("q web.local. A");
	rig_forget();
	q_stop(question);
	q_wait(3600 * NS_PER_S);
	rig_expect_silence();
	assert_int_equal(querier_stats(q).questions, 0);
}

static void s5_2_records_are_asked_for_at_80_to_95_percent(void **state)
{
	static const unsigned percents[] = {80, 85, 90, 95};
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		q_fini();
		q_init(seed, false);
		q_ask(question);
		q_wait(long_enough);
		q_say("10.0.0.9", "qr; an web.local 1000 A flush 10.0.0.1");
		const ns_t said = rig.now;
		rig_forget();
		q_wait(999 * NS_PER_S);
		unsigned found = 0;
		for (unsigned i = 0; i < rig.heard_count; i++) {
			ns_t percent_ns = 10 * NS_PER_S, after = heard_at(i) - said;
			if (found < ARRAY_LEN(percents) && after >= percents[found] * percent_ns &&
				after <= (percents[found] + 2) * percent_ns)
				found++;
		}
		assert_int_equal(found, ARRAY_LEN(percents));
		assert_int_equal(rig.heard_count, ARRAY_LEN(percents));
		assert_int_equal(q_record(question).unanswered, 4);
		q_changes();
		q_wait(NS_PER_S);
		assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 expired; ");
	}
}

static void s5_2_records_without_interest_are_not_asked_for(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 120 A flush 10.0.0.1");
	q_wait(119 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
	q_wait(2 * NS_PER_S);
	rig_expect_silence();
	assert_string_equal(q_records(question), "");
	/* And not any more after it has ended. */
	q_ask(question);
	q_say("10.0.0.9", "qr; an web.local 120 A flush 10.0.0.1");
	q_stop(question);
	rig_forget();
	q_wait(121 * NS_PER_S);
	rig_expect_silence();
}

static void s5_2_answer_ends_the_refresh(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(long_enough);
	q_say("10.0.0.9", "qr; an web.local 100 A flush 10.0.0.1");
	rig_forget();
	q_wait(83 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	q_say("10.0.0.9", "qr; an web.local 100 A flush 10.0.0.1");
	assert_int_equal(q_record(question).unanswered, 0);
	q_wait(79 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
}

/* Many records of one set, each with its own end: one question is for all whose time has come. */
static void s5_2_one_question_is_for_all_records_of_a_set(void **state)
{
	(void)state;
	q_ask("_x._tcp.local PTR");
	q_wait(long_enough);
	for (unsigned i = 0; i < 100; i++) {
		char text[100];
		snprintf(text, sizeof(text), "qr; an _x._tcp.local 1000 PTR i%u._x._tcp.local", i);
		q_say("10.0.0.9", text);
	}
	rig_forget();
	q_wait(830 * NS_PER_S);
	assert_int_equal(packets_with("q _x._tcp.local. PTR"), 1);
}

static void s5_2_full_querier_uses_port_5353_both_ways(void **state)
{
	(void)state;
	rig.has_both = true;
	q_ask(question);
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 2);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		char text[ADDR_TEXT_CAP];
		assert_true(rig.heard[i].to.is_multicast);
		assert_int_equal(rig.heard[i].to.peer_port, MDNS_PORT);
		assert_string_equal(
			addr_format(&rig.heard[i].to.peer, text), i ? "ff02::fb" : "224.0.0.251");
	}
}

/* §5.3 */

static void s5_3_questions_of_a_moment_share_a_packet(void **state)
{
	char text[64];
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "n%u.local A", i);
		q_ask(text);
		q_wait(100 * NS_PER_US);
	}
	q_wait(3600 * NS_PER_S);
	assert_true(rig.heard_count > 10);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		assert_non_null(strstr(rig.heard[i].text, "q n0.local. A"));
		assert_non_null(strstr(rig.heard[i].text, "q n39.local. A"));
	}
}

static void s5_3_more_questions_than_fit_go_into_the_next_packet(void **state)
{
	char text[100];
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "a-name-that-is-long-enough-to-fill-it-%u.local A", i);
		q_ask(text);
	}
	q_wait(NS_PER_S / 2);
	assert_true(rig.heard_count > 2);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].len <= 1472);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "fill-it-%u.local.", i);
		assert_int_equal(packets_with(text), 1);
	}
}

/* §5.4 */

static void s5_4_only_the_first_question_after_link_up_is_qu(void **state)
{
	(void)state;
	querier_link_down(q, rig.now, RIG_LINK);
	q_ask(question);
	q_wait(10 * NS_PER_S);
	rig_expect_silence();
	q_link(RIG_LINK, 1500, true, true);
	q_ask("too.local A"); /* active at the moment when the link comes up */
	q_wait(100 * NS_PER_S);
	assert_int_equal(rig_count("q web.local. A qu", "q too.local. A qu"), 1);
	assert_int_equal(packets_with(" qu"), 1);
	assert_non_null(strstr(rig.heard[0].text, " qu"));
	rig_forget();
	querier_restart(q, rig.now); /* and after sleep */
	q_wait(100 * NS_PER_S);
	assert_int_equal(packets_with("q web.local. A qu"), 1);
	assert_non_null(strstr(rig.heard[0].text, " qu"));
}

static void s5_4_later_questions_are_never_qu(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(100 * NS_PER_S);
	rig_expect("q web.local. A");
	rig_expect_none(" qu");
}

/* §7.1, §7.2 */

static void s7_1_known_answers_have_more_than_half_of_their_ttl(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.1; an web.local 10 A 10.0.0.2");
	q_wait(6 * NS_PER_S);
	q_ask(question);
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 1);
	rig_expect("id=0; q web.local. A; an web.local. 113 A 10.0.0.1");
	rig_expect_none("10.0.0.2");
	q_wait(53 * NS_PER_S);
	rig_forget();
	q_wait(12 * NS_PER_S);
	rig_expect("q web.local. A");
	rig_expect_none("10.0.0.1");
}

static void s7_1_known_answers_of_others_are_not_stored(void **state)
{
	(void)state;
	q_ask_settled(question);
	q_say("10.0.0.9", "q web.local A; an web.local 120 A 10.0.0.1");
	assert_string_equal(q_records(question), "");
}

static void fill(const char *name, unsigned count)
{
	for (unsigned i = 0; i < count; i += 10) {
		char text[2000] = "qr";
		for (unsigned j = i; j < i + 10 && j < count; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				"; an %s 4500 PTR instance-number-%u.%s", name, j, name);
		q_say("10.0.0.9", text);
	}
}

static void s7_2_known_answers_go_on_in_packets_without_questions(void **state)
{
	(void)state;
	fill("_x._tcp.local", 200);
	q_ask("_x._tcp.local PTR");
	q_wait(NS_PER_S / 2);
	assert_true(rig.heard_count > 2);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		const bool is_last = i + 1 == rig.heard_count;
		assert_int_equal(heard_at(i), heard_at(0));
		assert_true(rig.heard[i].len <= 1472);
		assert_int_equal(strstr(rig.heard[i].text, "; tc") != NULL, !is_last);
		assert_int_equal(strstr(rig.heard[i].text, "; q ") != NULL, i == 0);
	}
	for (unsigned i = 0; i < 200; i++) {
		char text[100];
		snprintf(text, sizeof(text), "PTR instance-number-%u._x", i);
		assert_int_equal(packets_with(text), 1);
	}
}

static void s7_2_known_answers_are_limited(void **state)
{
	(void)state;
	fill("_x._tcp.local", LIMIT_QUERIER_KNOWN + 500);
	q_ask("_x._tcp.local PTR");
	q_wait(NS_PER_S / 2);
	unsigned known = 0;
	for (unsigned i = 0; i < rig.heard_count; i++)
		known += get_u16(rig.heard[i].bytes + 6);
	assert_int_equal(known, LIMIT_QUERIER_KNOWN);
}

/* A question with many known answers does not take others into its chain of packets. */
static void s7_2_questions_whose_known_answers_do_not_fit_go_into_another_packet(void **state)
{
	(void)state;
	fill("_x._tcp.local", 30);
	fill("_y._tcp.local", 30);
	q_ask("_x._tcp.local PTR");
	q_ask("_y._tcp.local PTR");
	q_ask(question);
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 2);
	rig_expect_none("; tc");
}

/* §7.3 */

static void s7_3_question_of_another_host_counts_as_ours(void **state)
{
	(void)state;
	q_ask(question);
	q_say("10.0.0.9", "q web.local A");
	q_wait(900 * NS_PER_MS);
	rig_expect_silence();
	assert_int_equal(querier_stats(q).suppressed, 1);
	q_wait(200 * NS_PER_MS);
	rig_expect("q web.local. A"); /* a second after it */
}

static void s7_3_question_while_ours_waits_counts(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(15 * NS_PER_S /
		10); /* asked twice; the third time is two seconds after the second */
	rig_forget();
	q_wait(NS_PER_S);
	q_say("10.0.0.9", "q web.local A");
	q_wait(2 * NS_PER_S);
	rig_expect_silence();
}

static void s7_3_old_question_does_not_count(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(3500 *
		NS_PER_MS); /* the next one is four seconds after the third, which was just sent */
	q_say("10.0.0.9", "q web.local A");
	rig_forget();
	q_wait(4 * NS_PER_S);
	rig_expect("q web.local. A");
}

static void s7_3_question_does_not_count_if_it_knows_what_we_do_not(void **state)
{
	(void)state;
	q_ask(question);
	q_say("10.0.0.9", "q web.local A; an web.local 120 A 10.0.0.1");
	q_wait(NS_PER_S / 2);
	rig_expect("q web.local. A");
}

static void s7_3_question_counts_if_we_know_what_it_knows(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.2");
	q_ask(question);
	q_say("10.0.0.8", "q web.local A; an web.local 120 A 10.0.0.1");
	q_wait(NS_PER_S / 2);
	rig_expect_silence();
}

static void s7_3_other_questions_do_not_count(void **state)
{
	static const char *const messages[] = {"q web.local A qu", "q web.local AAAA",
		"q db.local A", "tc; q web.local A", "qr; q web.local A"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		q_ask(question);
		q_say("10.0.0.9", messages[i]);
		q_say("10.0.0.9:4000", "q web.local A");
		q_say("10.0.0.9!", "q web.local A");
		q_say("10.0.0.200", "q web.local A"); /* our own, come back */
		q_say_on(RIG_SECOND, "10.0.0.9", "q web.local A");
		q_wait(NS_PER_S / 2);
		rig_expect("q web.local. A");
		q_stop(question);
		q_wait(NS_PER_S);
		rig_forget();
	}
}

static void s7_3_others_silence_us_only_once_in_a_row(void **state)
{
	(void)state;
	q_ask(question);
	for (unsigned i = 0; i < 400; i++) {
		q_say("10.0.0.9", "q web.local A");
		q_wait(10 * NS_PER_MS);
	}
	assert_true(rig.heard_count >= 1);
	assert_true(querier_stats(q).suppressed >= 1);
}

static void s7_3_question_counts_on_its_family_only(void **state)
{
	(void)state;
	rig.has_both = true;
	q_ask(question);
	q_say("10.0.0.9", "q web.local A");
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.peer.family, ADDR_V6);
}

/* §14, §17, §18 */

static void s14_each_link_has_its_own_questions(void **state)
{
	(void)state;
	q_link(RIG_SECOND, 1500, true, false);
	q_ask_on(RIG_SECOND, question);
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 1);
	assert_int_equal(rig.heard[0].to.link, RIG_SECOND);
}

static void s17_queries_fit_the_mtu(void **state)
{
	(void)state;
	q_link(RIG_LINK, 600, true, true);
	fill("_x._tcp.local", 100);
	q_ask("_x._tcp.local PTR");
	q_wait(NS_PER_S / 2);
	assert_true(rig.heard_count > 5);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].len <= 600 - 28);
}

static void s18_1_header_of_a_query_is_zero(void **state)
{
	static const uint8_t header[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	(void)state;
	q_ask(question);
	q_wait(NS_PER_S / 2);
	assert_int_equal(rig.heard_count, 1);
	assert_memory_equal(rig.heard[0].bytes, header, sizeof(header));
}

/* Beyond RFC 6762 */

static void signed_answers_are_asked_for_with_do(void **state)
{
	(void)state;
	q_fini();
	q_init(1, true);
	fill("_x._tcp.local", 200);
	q_ask("_x._tcp.local PTR");
	q_wait(NS_PER_S / 2);
	assert_true(rig.heard_count > 2);
	assert_int_equal(packets_with("; ar . 32768 OPT"), rig.heard_count);
}

static void packets_are_paced(void **state)
{
	char text[100];
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text),
			"a-name-that-is-long-enough-to-fill-packets-%u.local A", i);
		q_ask(text);
	}
	q_wait(NS_PER_S / 5);
	assert_true(rig.heard_count <= LIMIT_QUERIER_BURST);
	q_wait(10 * NS_PER_S);
	rig_forget();
	q_wait(NS_PER_S);
	assert_true(rig.heard_count <= LIMIT_QUERIER_PACKETS_S);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text),
			"a-name-that-is-long-enough-to-fill-packets-%u.local A", i);
		q_stop(text);
	}
	assert_int_equal(querier_stats(q).questions, 0);
	assert_int_equal(querier_deadline(q), NS_NEVER);
}

static void meta_types_cannot_be_asked_for(void **state)
{
	const struct name name = msgtext_name("web.local");
	(void)state;
	assert_int_equal(querier_ask(q, rig.now, RIG_LINK, name.wire, RR_ANY), ERR_RANGE);
	assert_int_equal(querier_ask(q, rig.now, RIG_LINK, name.wire, RR_OPT), ERR_RANGE);
	assert_int_equal(querier_deadline(q), NS_NEVER);
}

static void lane_that_ends_holds_nothing_up(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(130 * NS_PER_MS);
	rig_forget();
	q_link(RIG_LINK, 1500, false, true);
	rig.has_both = true;
	q_wait(100 * NS_PER_S);
	assert_true(rig.heard_count > 3);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_int_equal(rig.heard[i].to.peer.family, ADDR_V6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, q_setup, q_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s5_1_no_question_is_asked_only_once),
		CASE(s5_2_first_question_waits_20_to_120_ms),
		CASE(s5_2_intervals_double_up_to_an_hour),
		CASE(s5_2_interval_begins_anew_with_new_interest),
		CASE(s5_2_question_goes_on_until_nobody_is_interested),
		CASE(s5_2_records_are_asked_for_at_80_to_95_percent),
		CASE(s5_2_records_without_interest_are_not_asked_for),
		CASE(s5_2_answer_ends_the_refresh),
		CASE(s5_2_one_question_is_for_all_records_of_a_set),
		CASE(s5_2_full_querier_uses_port_5353_both_ways),
		CASE(s5_3_questions_of_a_moment_share_a_packet),
		CASE(s5_3_more_questions_than_fit_go_into_the_next_packet),
		CASE(s5_4_only_the_first_question_after_link_up_is_qu),
		CASE(s5_4_later_questions_are_never_qu),
		CASE(s7_1_known_answers_have_more_than_half_of_their_ttl),
		CASE(s7_1_known_answers_of_others_are_not_stored),
		CASE(s7_2_known_answers_go_on_in_packets_without_questions),
		CASE(s7_2_known_answers_are_limited),
		CASE(s7_2_questions_whose_known_answers_do_not_fit_go_into_another_packet),
		CASE(s7_3_question_of_another_host_counts_as_ours),
		CASE(s7_3_question_while_ours_waits_counts),
		CASE(s7_3_old_question_does_not_count),
		CASE(s7_3_question_does_not_count_if_it_knows_what_we_do_not),
		CASE(s7_3_question_counts_if_we_know_what_it_knows),
		CASE(s7_3_other_questions_do_not_count),
		CASE(s7_3_others_silence_us_only_once_in_a_row),
		CASE(s7_3_question_counts_on_its_family_only),
		CASE(s14_each_link_has_its_own_questions),
		CASE(s17_queries_fit_the_mtu),
		CASE(s18_1_header_of_a_query_is_zero),
		CASE(signed_answers_are_asked_for_with_do),
		CASE(packets_are_paced),
		CASE(meta_types_cannot_be_asked_for),
		CASE(lane_that_ends_holds_nothing_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
