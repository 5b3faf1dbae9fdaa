/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of records that seem wrong: asked for again, or observed (RFC 6762 §10.4, §10.5).
 * Never waits in real time. Run by `make check`.
 */
#include "querier_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static const char *const question = "web.local A";
static const char *const answer = "qr; an web.local 120 A flush 10.0.0.1";

static void s10_4_reconfirm_asks_twice_or_more_and_forgets_after_10_s(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_wait(10 * NS_PER_S);
	q_changes();
	q_reconfirm(question);
	q_wait(9900 * NS_PER_MS);
	assert_int_equal(rig_count("q web.local. A", NULL), 3);
	rig_expect_none("10.0.0.1"); /* a known answer would not be said */
	assert_string_equal(q_changes(), "");
	q_wait(100 * NS_PER_MS);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 unconfirmed; ");
	assert_int_equal(querier_deadline(q), NS_NEVER);
}

static void s10_4_doubted_record_of_a_short_ttl_is_no_known_answer(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 10 A 10.0.0.1");
	q_reconfirm(question);
	q_wait(4 * NS_PER_S);
	rig_expect("q web.local. A");
	rig_expect_none("10.0.0.1");
}

static void s10_4_reconfirm_while_it_is_confirmed_asks_no_more(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_reconfirm(question);
	q_wait(NS_PER_S / 2);
	q_reconfirm(question);
	q_wait(15 * NS_PER_S);
	assert_int_equal(rig_count("q web.local. A", NULL), 3);
}

static void s10_4_reconfirm_keeps_what_is_said_again(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_wait(10 * NS_PER_S);
	q_reconfirm(question);
	q_wait(NS_PER_S);
	q_say("10.0.0.9", answer);
	q_wait(60 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
	q_reconfirm("nothing.local A");
	assert_int_equal(querier_stats(q).records, 1);
}

static void s10_4_others_questions_do_not_spare_it(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_reconfirm(question);
	q_say("10.0.0.8", "q web.local A");
	q_wait(NS_PER_S / 2);
	rig_expect("q web.local. A");
}

static void s10_5_records_that_nobody_says_when_others_ask_are_forgotten(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.2");
	q_wait(5 * NS_PER_S);
	q_changes();
	q_say("10.0.0.8", "q web.local A");
	q_say("10.0.0.8", "q web.local A"); /* at the same time: one */
	q_wait(20 * NS_PER_S);
	assert_string_equal(q_changes(), "");
	q_say("10.0.0.8", "q web.local A");
	q_wait(5 * NS_PER_S);
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.2");
	q_changes();
	q_wait(4900 * NS_PER_MS);
	assert_string_equal(q_changes(), "");
	q_wait(100 * NS_PER_MS);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 unconfirmed; ");
	assert_string_equal(q_records(question), " 10.0.0.2");
	rig_expect_silence(); /* we do not ask ourselves */
}

static void s10_5_who_asks_need_not_answer(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.1");
	q_say("10.0.0.8", "qr; an web.local 120 A 10.0.0.2");
	q_wait(5 * NS_PER_S);
	for (unsigned i = 0; i < 3; i++) {
		q_say("10.0.0.8", "q web.local A");
		q_wait(5 * NS_PER_S);
	}
	q_wait(30 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.2");
}

static void s10_5_one_question_is_not_enough(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_say("10.0.0.8", "q web.local A");
	q_wait(100 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
}

/* Who knows it does not get it as an answer; nor on another family, by unicast, from another port, or to a query that
 * goes on. */
static void s10_5_questions_whose_answer_we_would_not_hear_do_not_count(void **state)
{
	static const struct {
		const char *peer, *message;
	} cases[] = {
		{"10.0.0.8", "q web.local A; an web.local 120 A 10.0.0.1"},
		{"10.0.0.8", "q web.local A qu"},
		{"10.0.0.8", "tc; q web.local A"},
		{"10.0.0.8", "q web.local AAAA"},
		{"10.0.0.8!", "q web.local A"},
		{"10.0.0.8:4000", "q web.local A"},
		{"fe80::8", "q web.local A"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		q_say("10.0.0.9", answer);
		for (unsigned j = 0; j < 3; j++) {
			q_wait(2 * NS_PER_S);
			q_say(cases[i].peer, cases[i].message);
		}
		q_wait(30 * NS_PER_S);
		assert_string_equal(q_records(question), " 10.0.0.1");
	}
}

/* Whoever can send a frame to us alone could else remove what he likes. */
static void s10_5_questions_that_are_not_trusted_do_not_count(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	for (unsigned i = 0; i < 4; i++) {
		q_wait(5 * NS_PER_S);
		q_say_untrusted("10.0.0.8", "q web.local A");
	}
	q_wait(30 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
}

static void s10_5_answer_that_is_not_trusted_shows_that_it_lives(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	for (unsigned i = 0; i < 3; i++) {
		q_wait(5 * NS_PER_S);
		q_say("10.0.0.8", "q web.local A");
		q_say_untrusted("10.0.0.9", answer);
	}
	q_wait(30 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, q_setup, q_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s10_4_reconfirm_asks_twice_or_more_and_forgets_after_10_s),
		CASE(s10_4_doubted_record_of_a_short_ttl_is_no_known_answer),
		CASE(s10_4_reconfirm_while_it_is_confirmed_asks_no_more),
		CASE(s10_4_reconfirm_keeps_what_is_said_again),
		CASE(s10_4_others_questions_do_not_spare_it),
		CASE(s10_5_records_that_nobody_says_when_others_ask_are_forgotten),
		CASE(s10_5_who_asks_need_not_answer),
		CASE(s10_5_one_question_is_not_enough),
		CASE(s10_5_questions_whose_answer_we_would_not_hear_do_not_count),
		CASE(s10_5_questions_that_are_not_trusted_do_not_count),
		CASE(s10_5_answer_that_is_not_trusted_shows_that_it_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
