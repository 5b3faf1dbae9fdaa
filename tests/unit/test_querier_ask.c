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

/* §3, §4, §5.1, §5.2 */

static void s3_questions_go_to_the_groups(void **state)
{
	(void)state;
	rig.has_both = true;
	q_ask("9.1.254.169.in-addr.arpa PTR");
	q_ask("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa PTR");
	q_ask(question);
	q_wait(10 * NS_PER_S);
	assert_true(rig_count("q 9.1.254.169.in-addr.arpa. PTR", "ip6.arpa. PTR") > 4);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		const struct mdns_path *to = &rig.heard[i].to;
		const struct mdns_path group = multicast_group(RIG_LINK, lane_of(&to->peer));
		assert_true(to->is_multicast && addr_equal(&to->peer, &group.peer));
	}
}

static void s5_1_no_question_is_asked_only_once(void **state)
{
	(void)state;
	q_ask(question);
	q_wait(60 * NS_PER_S);
	assert_true(rig_count("q web.local. A", NULL) > 3);
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

static void s5_2_questions_are_a_second_apart_however_often_it_begins(void **state)
{
	(void)state;
	q_ask(question);
	for (unsigned i = 0; i < 50; i++) {
		q_wait(210 * NS_PER_MS);
		querier_restart(q, rig.now);
	}
	q_wait(NS_PER_S);
	assert_true(rig.heard_count > 5);
	for (unsigned i = 1; i < rig.heard_count; i++)
		assert_true(heard_at(i) - heard_at(i - 1) >= NS_PER_S);
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

/* A refresh asks again, and if that gets no answer, the query goes on. */
static void s5_2_unique_answer_is_all_that_is_asked_for(void **state)
{
	(void)state;
	q_ask_settled(question);
	q_say("10.0.0.9", "qr; an web.local 1000 A flush 10.0.0.1");
	q_wait(790 * NS_PER_S);
	rig_expect_silence();
	q_wait(31 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	q_wait(3600 * NS_PER_S);
	assert_true(rig.heard_count >= 5);
}

static void s5_2_shared_answer_is_not_all_that_is_asked_for(void **state)
{
	(void)state;
	q_ask_settled("_x._tcp.local PTR");
	q_say("10.0.0.9", "qr; an _x._tcp.local 4500 PTR a._x._tcp.local");
	q_wait(70 * NS_PER_S);
	assert_int_equal(rig_count("q _x._tcp.local. PTR", NULL), 6);
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
	assert_int_equal(rig_count("q _x._tcp.local. PTR", NULL), 1);
}

static void s5_2_refreshes_are_a_second_apart_however_short_the_ttl(void **state)
{
	(void)state;
	q_ask_settled(question);
	for (unsigned i = 0; i < 100; i++) {
		q_say("10.0.0.9", "qr; an web.local 1 A flush 10.0.0.1");
		q_wait(990 * NS_PER_MS);
	}
	assert_true(rig.heard_count > 50);
	for (unsigned i = 1; i < rig.heard_count; i++)
		assert_true(heard_at(i) - heard_at(i - 1) >= 900 * NS_PER_MS);
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
		assert_int_equal(rig_count(text, NULL), 1);
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
	assert_int_equal(rig_count(" qu", NULL), 1);
	assert_non_null(strstr(rig.heard[0].text, " qu"));
	rig_forget();
	querier_restart(q, rig.now); /* and after sleep */
	q_wait(100 * NS_PER_S);
	assert_int_equal(rig_count("q web.local. A qu", NULL), 1);
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

static void what_waits_for_a_lane_that_ends_is_dropped(void **state)
{
	char text[100];
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text),
			"a-name-that-is-long-enough-to-fill-packets-%u.local A", i);
		q_ask(text);
	}
	q_wait(NS_PER_S / 5);
	q_link(RIG_LINK, 1500, false, true);
	rig_forget();
	q_wait(10 * NS_PER_S);
	rig_expect_silence(); /* on IPv4 */
	q_link(RIG_LINK, 1500, true, true);
	q_wait(20 * NS_PER_S);
	rig_expect("fill-packets-4999.local. A");
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
		CASE(s3_questions_go_to_the_groups),
		CASE(s5_1_no_question_is_asked_only_once),
		CASE(s5_2_first_question_waits_20_to_120_ms),
		CASE(s5_2_intervals_double_up_to_an_hour),
		CASE(s5_2_interval_begins_anew_with_new_interest),
		CASE(s5_2_questions_are_a_second_apart_however_often_it_begins),
		CASE(s5_2_question_goes_on_until_nobody_is_interested),
		CASE(s5_2_records_are_asked_for_at_80_to_95_percent),
		CASE(s5_2_records_without_interest_are_not_asked_for),
		CASE(s5_2_unique_answer_is_all_that_is_asked_for),
		CASE(s5_2_shared_answer_is_not_all_that_is_asked_for),
		CASE(s5_2_answer_ends_the_refresh),
		CASE(s5_2_one_question_is_for_all_records_of_a_set),
		CASE(s5_2_refreshes_are_a_second_apart_however_short_the_ttl),
		CASE(s5_2_full_querier_uses_port_5353_both_ways),
		CASE(s5_3_questions_of_a_moment_share_a_packet),
		CASE(s5_3_more_questions_than_fit_go_into_the_next_packet),
		CASE(s5_4_only_the_first_question_after_link_up_is_qu),
		CASE(s5_4_later_questions_are_never_qu),
		CASE(s14_each_link_has_its_own_questions),
		CASE(s18_1_header_of_a_query_is_zero),
		CASE(packets_are_paced),
		CASE(what_waits_for_a_lane_that_ends_is_dropped),
		CASE(meta_types_cannot_be_asked_for),
		CASE(lane_that_ends_holds_nothing_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
