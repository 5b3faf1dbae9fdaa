/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the querier's known answers, and of questions that other hosts ask (RFC 6762 §7).
 * Never waits in real time. Run by `make check`.
 */
#include "querier_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static const char *const question = "web.local A";

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
		assert_int_equal(rig.heard[i].at, rig.heard[0].at);
		assert_true(rig.heard[i].len <= 1472);
		assert_int_equal(strstr(rig.heard[i].text, "; tc") != NULL, !is_last);
		assert_int_equal(strstr(rig.heard[i].text, "; q ") != NULL, i == 0);
	}
	for (unsigned i = 0; i < 200; i++) {
		char text[100];
		snprintf(text, sizeof(text), "PTR instance-number-%u._x", i);
		assert_int_equal(rig_count(text, NULL), 1);
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

static void s7_3_question_does_not_count_if_it_knows_what_leaves_here(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 1 A 10.0.0.1");
	q_say("10.0.0.9", "qr; an web.local 0 A 10.0.0.1");
	q_ask(question);
	q_say("10.0.0.8", "q web.local A; an web.local 120 A 10.0.0.1");
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

static void signed_answers_are_asked_for_with_do(void **state)
{
	(void)state;
	q_fini();
	q_init(1, true);
	fill("_x._tcp.local", 200);
	q_ask("_x._tcp.local PTR");
	q_wait(NS_PER_S / 2);
	assert_true(rig.heard_count > 2);
	assert_int_equal(rig_count("; ar . 32768 OPT", NULL), rig.heard_count);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, q_setup, q_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s7_1_known_answers_have_more_than_half_of_their_ttl),
		CASE(s7_1_known_answers_of_others_are_not_stored),
		CASE(s7_2_known_answers_go_on_in_packets_without_questions),
		CASE(s7_2_known_answers_are_limited),
		CASE(s7_2_questions_whose_known_answers_do_not_fit_go_into_another_packet),
		CASE(s7_3_question_of_another_host_counts_as_ours),
		CASE(s7_3_question_while_ours_waits_counts),
		CASE(s7_3_old_question_does_not_count),
		CASE(s7_3_question_does_not_count_if_it_knows_what_we_do_not),
		CASE(s7_3_question_does_not_count_if_it_knows_what_leaves_here),
		CASE(s7_3_question_counts_if_we_know_what_it_knows),
		CASE(s7_3_other_questions_do_not_count),
		CASE(s7_3_others_silence_us_only_once_in_a_row),
		CASE(s7_3_question_counts_on_its_family_only),
		CASE(s17_queries_fit_the_mtu),
		CASE(signed_answers_are_asked_for_with_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
