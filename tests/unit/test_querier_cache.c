/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the querier's cache: which responses count, what they change, when records leave, and how much each
 * source may have (RFC 6762 §6, §10, §11).
 * Never waits in real time. Run by `make check`.
 */
#include "querier_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "../sim/msgtext.h"

static const char *const question = "web.local A";
static const char *const answer = "qr; an web.local 120 A flush 10.0.0.1";

/* §6 */

static void s6_response_from_port_5353_counts_and_from_others_not(void **state)
{
	(void)state;
	q_say("10.0.0.9:5354", answer);
	assert_string_equal(q_changes(), "");
	assert_int_equal(querier_stats(q).ignored, 1);
	q_say("10.0.0.9", answer);
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; ");
}

static void s6_unicast_response_counts_if_just_asked_for(void **state)
{
	(void)state;
	q_say("10.0.0.9!", answer); /* never asked */
	q_ask_settled(question);
	q_say("10.0.0.9!", answer); /* asked, but not with QU */
	assert_string_equal(q_changes(), "");
	querier_restart(q, rig.now);
	q_wait(NS_PER_S);
	q_say("10.0.0.9!", "qr; an db.local 120 A 10.0.0.1"); /* not what was asked for */
	assert_string_equal(q_changes(), "");
	q_say("10.0.0.9!", "qr; an web.local 120 A 10.0.0.1; ar web.local 120 AAAA fe80::1");
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; +web.local. AAAA fe80::1; ");
	q_wait(2 * NS_PER_S);
	q_say("10.0.0.9!", "qr; an web.local 120 A 10.0.0.2");
	assert_string_equal(q_changes(), "");
}

static void s6_records_of_all_sections_are_stored(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an a.local 120 A 10.0.0.1; ns b.local 120 A 10.0.0.2; ar c.local "
			  "120 A 10.0.0.3");
	assert_string_equal(
		q_changes(), "+a.local. A 10.0.0.1; +b.local. A 10.0.0.2; +c.local. A 10.0.0.3; ");
}

static void s6_questions_in_a_response_say_nothing(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; q web.local A; an web.local 120 A 10.0.0.1");
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; ");
}

static void s6_1_odd_nsec_does_no_harm(void **state)
{
	static const uint8_t odd[] = {0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0,
		/* web.local NSEC: next is the root, windows 3 and 1 out of order, an empty one */
		3, 'w', 'e', 'b', 5, 'l', 'o', 'c', 'a', 'l', 0, 0, RR_NSEC, 0x80, 1, 0, 0, 0, 120,
		0, 8, 0, 3, 1, 0x40, 1, 1, 0x80, 0,
		/* and an address */
		0xc0, 12, 0, RR_A, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 1};
	const struct mdns_path from = rig_path(RIG_LINK, "10.0.0.9");
	(void)state;
	querier_input(q, rig.now, &from, odd, sizeof(odd), true);
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; ");
	assert_int_equal(querier_stats(q).malformed, 0);
	q_say("10.0.0.9", "qr; an web.local 120 NSEC flush AAAA"); /* no A: says nothing to us */
	q_wait(2 * NS_PER_S);
	assert_string_equal(q_changes(), "");
	assert_string_equal(q_records(question), " 10.0.0.1");
}

/* §3, §13, §16 */

static void s13_names_outside_of_mdns_are_stored_only_if_asked_for(void **state)
{
	static const char *const reverse = "qr; an 1.0.0.10.in-addr.arpa 120 PTR web.local";
	(void)state;
	q_say("10.0.0.9", "qr; an www.example.org 120 A 10.0.0.1");
	assert_string_equal(q_changes(), "");
	q_say("10.0.0.9", reverse);
	assert_string_equal(q_changes(), "+1.0.0.10.in-addr.arpa. PTR web.local.; ");
	q_ask_settled("www.example.org A");
	q_say("10.0.0.9", "qr; an www.example.org 120 A 10.0.0.1");
	assert_string_equal(q_changes(), "+www.example.org. A 10.0.0.1; ");
}

static void s16_spelling_does_not_matter(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an _x._tcp.local 120 PTR One._x._tcp.local");
	q_say("10.0.0.9", "qr; an _X._TCP.Local 120 PTR oNE._x._TCP.local");
	assert_string_equal(q_changes(),
		"+_x._tcp.local. PTR One._x._tcp.local.; =_x._tcp.local. PTR One._x._tcp.local.; ");
	assert_string_equal(q_records("_X._tcp.LOCAL PTR"), " One._x._tcp.local.");
}

/* §10 */

static void s10_record_stays_for_its_ttl(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_wait(100 * NS_PER_S);
	q_say("10.0.0.9", answer);
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; =web.local. A 10.0.0.1; ");
	q_wait(119 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
	q_wait(2 * NS_PER_S);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 expired; ");
	assert_int_equal(querier_stats(q).records, 0);
	assert_int_equal(querier_stats(q).bytes, 0);
	assert_int_equal(querier_stats(q).peers, 0);
}

static void s10_record_tells_what_was_said_of_it(void **state)
{
	char text[ADDR_TEXT_CAP];
	(void)state;
	q_say("10.0.0.9", answer);
	struct querier_record r = q_record(question);
	assert_int_equal(r.link, RIG_LINK);
	assert_int_equal(r.ttl_s, 120);
	assert_true(r.is_unique);
	assert_int_equal(r.heard_at, rig.now);
	assert_int_equal(r.expires_at, rig.now + 120 * NS_PER_S);
	assert_string_equal(addr_format(&r.peer, text), "10.0.0.9");
	q_say("10.0.0.8", "qr; an web.local 4000000000 A 10.0.0.1");
	r = q_record(question);
	assert_false(r.is_unique);
	assert_int_equal(r.ttl_s, LIMIT_QUERIER_TTL_S);
	assert_string_equal(addr_format(&r.peer, text), "10.0.0.8");
}

static void s10_1_goodbye_takes_a_second(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_changes();
	q_say("10.0.0.9", "qr; an web.local 0 A flush 10.0.0.1");
	assert_string_equal(q_records(question), " * 10.0.0.1");
	q_wait(900 * NS_PER_MS);
	assert_string_equal(q_changes(), "");
	q_wait(100 * NS_PER_MS);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 goodbye; ");
}

static void s10_1_goodbye_is_taken_back_within_a_second(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_say("10.0.0.9", "qr; an web.local 0 A flush 10.0.0.1");
	q_wait(900 * NS_PER_MS);
	q_say("10.0.0.8", answer); /* another host has it, too */
	q_wait(100 * NS_PER_S);
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; =web.local. A 10.0.0.1; ");
	assert_string_equal(q_records(question), " 10.0.0.1");
}

static void s10_1_goodbye_to_what_nobody_said_does_nothing(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an web.local 0 A flush 10.0.0.1");
	assert_string_equal(q_changes(), "");
	assert_int_equal(querier_deadline(q), NS_NEVER);
	q_say("10.0.0.9", answer);
	q_say("10.0.0.9", "qr; an web.local 0 A 10.0.0.2");
	q_wait(10 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
}

static void s10_1_record_that_leaves_is_no_known_answer(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_ask(question);
	q_say("10.0.0.9", "qr; an web.local 0 A flush 10.0.0.1");
	q_wait(NS_PER_S / 2);
	rig_expect("q web.local. A");
	rig_expect_none("10.0.0.1");
}

static void s10_2_flush_bit_replaces_the_set_after_a_second(void **state)
{
	(void)state;
	q_say("10.0.0.9",
		"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 A flush 10.0.0.2; "
		"an web.local 120 AAAA flush fe80::1; an db.local 120 A flush 10.0.0.1");
	q_wait(2 * NS_PER_S);
	q_changes();
	q_say("10.0.0.9",
		"qr; an web.local 120 A flush 10.0.0.2; an web.local 120 A flush 10.0.0.3");
	assert_string_equal(q_changes(), "=web.local. A 10.0.0.2; +web.local. A 10.0.0.3; ");
	assert_string_equal(q_records(question), " * 10.0.0.1 10.0.0.2 10.0.0.3");
	q_wait(NS_PER_S);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 flushed; ");
	assert_string_equal(q_records("web.local AAAA"), " fe80::1");
	assert_string_equal(q_records("db.local A"), " 10.0.0.1");
}

static void s10_2_records_of_the_last_second_are_not_flushed(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_wait(NS_PER_S); /* a set may be said in several packets */
	q_say("10.0.0.9", "qr; an web.local 120 A flush 10.0.0.2");
	q_wait(2 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1 10.0.0.2");
}

static void s10_2_records_without_the_bit_are_added(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; an _x._tcp.local 4500 PTR a._x._tcp.local");
	q_wait(10 * NS_PER_S);
	q_say("10.0.0.8", "qr; an _x._tcp.local 4500 PTR b._x._tcp.local");
	q_wait(10 * NS_PER_S);
	assert_string_equal(q_records("_x._tcp.local PTR"), " a._x._tcp.local. b._x._tcp.local.");
}

static void s10_2_flush_is_taken_back_within_the_second(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_wait(10 * NS_PER_S);
	q_say("10.0.0.9", "qr; an web.local 120 A flush 10.0.0.2");
	q_wait(900 * NS_PER_MS);
	q_say("10.0.0.8", answer);
	q_wait(10 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1 10.0.0.2");
}

static void s10_3_link_down_empties_the_cache(void **state)
{
	(void)state;
	q_link(RIG_SECOND, 1500, true, true);
	q_say("10.0.0.9", answer);
	q_say_on(RIG_SECOND, "10.0.0.9", answer);
	q_changes();
	querier_link_down(q, rig.now, RIG_LINK);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 link-down; ");
	assert_string_equal(q_records_on(RIG_SECOND, question), " 10.0.0.1");
	q_say("10.0.0.9", answer); /* the link is down */
	assert_string_equal(q_changes(), "");
	querier_link_gone(q, rig.now, RIG_SECOND);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 link-down; ");
	assert_int_equal(querier_stats(q).bytes, 0);
	assert_int_equal(querier_deadline(q), NS_NEVER);
}

static void s10_3_restart_keeps_what_is_said_again(void **state)
{
	(void)state;
	q_ask_settled(question);
	q_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.2");
	q_wait(2 * NS_PER_S);
	q_changes();
	rig_forget();
	querier_restart(q, rig.now);
	q_wait(5 * NS_PER_S);
	assert_true(rig_count("q web.local. A", NULL) >= 2);
	rig_expect_none("10.0.0."); /* nothing is known for certain */
	assert_string_equal(q_changes(), "");
	q_say("10.0.0.9", answer);
	q_wait(5 * NS_PER_S);
	assert_string_equal(
		q_changes(), "=web.local. A 10.0.0.1; -web.local. A 10.0.0.2 flushed; ");
	q_wait(60 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
}

static void s10_3_restart_forgets_what_nobody_says_again(void **state)
{
	(void)state;
	q_say("10.0.0.9", answer);
	q_changes();
	querier_restart(q, rig.now);
	q_wait(9900 * NS_PER_MS);
	assert_string_equal(q_changes(), "");
	q_wait(100 * NS_PER_MS);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 unconfirmed; ");
}

/* §11, §14, §18 */

static void s11_unicast_response_must_come_from_the_link(void **state)
{
	(void)state;
	q_ask(question);
	querier_restart(q, rig.now);
	q_wait(NS_PER_S);
	q_say("192.0.2.9!", answer);
	assert_string_equal(q_changes(), "");
	assert_int_equal(querier_stats(q).off_link, 1);
	q_say("fe80::9!", answer);
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; ");
	q_say("192.0.2.9",
		"qr; an web.local 120 A 10.0.0.2"); /* to the group: from the link in any case */
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.2; ");
}

static void s14_each_link_has_its_own_cache(void **state)
{
	(void)state;
	q_link(RIG_SECOND, 1500, true, true);
	q_say("10.0.0.9", answer);
	q_wait(5 * NS_PER_S);
	q_say_on(RIG_SECOND, "10.0.0.9", "qr; an web.local 120 A flush 10.0.0.2");
	q_wait(5 * NS_PER_S);
	assert_string_equal(q_records(question), " 10.0.0.1");
	assert_string_equal(q_records_on(RIG_SECOND, question), " 10.0.0.2");
	q_say_on(99, "10.0.0.9", answer); /* no such link */
	assert_int_equal(querier_stats(q).records, 2);
}

static void s18_3_other_opcodes_and_rcodes_are_ignored(void **state)
{
	(void)state;
	q_say("10.0.0.9", "qr; opcode=4; an web.local 120 A 10.0.0.1");
	q_say("10.0.0.9", "qr; rcode=3; an web.local 120 A 10.0.0.1");
	assert_string_equal(q_changes(), "");
	assert_int_equal(querier_stats(q).ignored, 2);
	q_say("10.0.0.9", "id=7; qr; aa; tc; rd; ad; an web.local 120 A 10.0.0.1");
	assert_string_equal(q_changes(), "+web.local. A 10.0.0.1; ");
}

/* Trust, and limits */

static void what_is_not_trusted_changes_nothing(void **state)
{
	(void)state;
	q_say_untrusted("10.0.0.9", answer);
	assert_string_equal(q_changes(), "");
	q_say("10.0.0.9", answer);
	q_wait(5 * NS_PER_S);
	q_changes();
	q_say_untrusted("10.0.0.8", "qr; an web.local 0 A flush 10.0.0.1");
	q_say_untrusted("10.0.0.8", "qr; an web.local 120 A flush 10.0.0.2");
	q_say_untrusted("10.0.0.8", "qr; an web.local 120 A flush 10.0.0.1");
	q_wait(115 * NS_PER_S);
	assert_string_equal(q_changes(), "-web.local. A 10.0.0.1 expired; ");
}

static void news_is_what_would_change_something(void **state)
{
	(void)state;
	assert_true(q_is_news("10.0.0.9", answer));
	assert_false(q_is_news("10.0.0.9", "qr; an web.local 0 A 10.0.0.1"));
	assert_false(q_is_news("10.0.0.9", "qr; an web.local 120 NSEC flush A"));
	assert_false(q_is_news("10.0.0.9", "qr; an www.example.org 120 A 10.0.0.1"));
	assert_false(q_is_news("10.0.0.9:4000", answer));
	assert_false(q_is_news("10.0.0.9!", answer));
	assert_false(q_is_news("10.0.0.9", "q web.local A"));
	q_say("10.0.0.9",
		"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 A flush 10.0.0.2");
	q_wait(10 * NS_PER_S);
	assert_false(q_is_news("10.0.0.9",
		"qr; an web.local 120 A flush 10.0.0.2; an web.local 120 A flush 10.0.0.1"));
	assert_false(q_is_news("10.0.0.9", "qr; an web.local 120 A 10.0.0.1"));
	assert_true(q_is_news("10.0.0.9", "qr; an web.local 0 A 10.0.0.1"));
	assert_true(q_is_news("10.0.0.9", "qr; an web.local 60 A 10.0.0.1"));
	assert_true(q_is_news("10.0.0.9", answer)); /* flushes the other one */
	q_wait(10 * NS_PER_S);
	assert_true(q_is_news(
		"10.0.0.9", "qr; an web.local 120 A 10.0.0.1")); /* its end moves by a sixth */
	q_reconfirm(question);
	q_changes();
	assert_int_equal(querier_stats(q).packets_in, 1);
}

static void news_is_that_more_is_flushed(void **state)
{
	static const char *const first = "qr; an web.local 120 A flush 10.0.0.1";
	(void)state;
	for (unsigned i = 0; i < 2; i++)
		q_say("10.0.0.9",
			"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 A flush 10.0.0.2; "
			"an web.local 120 A flush 10.0.0.3");
	q_wait(2 * NS_PER_S);
	assert_true(q_is_news("10.0.0.9", first));
	for (unsigned i = 0; i < 2; i++)
		q_say("10.0.0.9", "qr; an web.local 0 A 10.0.0.3");
	assert_true(q_is_news("10.0.0.9", first));
	for (unsigned i = 0; i < 2; i++)
		q_say("10.0.0.9", "qr; an web.local 0 A 10.0.0.2");
	assert_false(q_is_news("10.0.0.9", first)); /* the others leave already */
}

static void one_source_has_a_part_of_the_cache_only(void **state)
{
	static const size_t part = LIMIT_QUERIER_BYTES / LIMIT_QUERIER_PEER_PART;
	char text[2000], name[32];
	(void)state;
	q_say("10.0.0.9", answer);
	for (unsigned i = 0; i < 20000; i += 20) {
		snprintf(text, sizeof(text), "qr");
		for (unsigned j = i; j < i + 20; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				"; an n%u.local 4500 A 10.0.0.1", j);
		q_say("10.0.0.66", text);
	}
	assert_true(querier_stats(q).bytes > part - 2000);
	assert_true(querier_stats(q).bytes < part + 2000);
	assert_true(querier_stats(q).records > 4000);
	assert_true(querier_stats(q).limited > 4000);
	assert_int_equal(querier_stats(q).sets,
		querier_stats(q).records); /* nothing is left of the others */
	assert_string_equal(q_records(question), " 10.0.0.1");
	q_say("10.0.0.8", "qr; an db.local 120 A 10.0.0.2"); /* others have room */
	assert_string_equal(q_records("db.local A"), " 10.0.0.2");
	for (unsigned i = 0; i < 20000; i++) { /* and what has left makes room */
		snprintf(text, sizeof(text), "qr; an n%u.local 0 A 10.0.0.1", i);
		q_say("10.0.0.66", text);
	}
	q_wait(2 * NS_PER_S);
	assert_int_equal(querier_stats(q).records, 2);
	snprintf(name, sizeof(name), "n%u.local A", 19999);
	q_say("10.0.0.66", "qr; an n19999.local 4500 A 10.0.0.1");
	assert_string_equal(q_records(name), " 10.0.0.1");
}

static void all_sources_together_have_the_cache(void **state)
{
	char text[9000], peer[32];
	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		snprintf(peer, sizeof(peer), "10.0.%u.%u", i / 200, i % 200);
		snprintf(text, sizeof(text), "qr");
		for (unsigned j = 0; j < 40; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				"; an n%u-%u.local 4500 A 10.0.0.1", i, j);
		q_say(peer, text);
	}
	assert_true(querier_stats(q).bytes <= LIMIT_QUERIER_BYTES);
	assert_true(querier_stats(q).bytes > LIMIT_QUERIER_BYTES - 2000);
	assert_true(querier_stats(q).limited > 0);
	assert_string_equal(q_records("n0-0.local A"), " 10.0.0.1"); /* the first are still there */
}

static void questions_are_limited(void **state)
{
	char text[64];
	(void)state;
	for (unsigned i = 0; i <= LIMIT_QUERIER_QUESTIONS; i++) {
		snprintf(text, sizeof(text), "n%u.local", i);
		const struct name name = msgtext_name(text);
		assert_int_equal(querier_ask(q, rig.now, RIG_LINK, name.wire, RR_A),
			i < LIMIT_QUERIER_QUESTIONS ? 0 : ERR_RANGE);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, q_setup, q_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s6_response_from_port_5353_counts_and_from_others_not),
		CASE(s6_unicast_response_counts_if_just_asked_for),
		CASE(s6_records_of_all_sections_are_stored),
		CASE(s6_questions_in_a_response_say_nothing),
		CASE(s6_1_odd_nsec_does_no_harm),
		CASE(s13_names_outside_of_mdns_are_stored_only_if_asked_for),
		CASE(s16_spelling_does_not_matter),
		CASE(s10_record_stays_for_its_ttl),
		CASE(s10_record_tells_what_was_said_of_it),
		CASE(s10_1_goodbye_takes_a_second),
		CASE(s10_1_goodbye_is_taken_back_within_a_second),
		CASE(s10_1_goodbye_to_what_nobody_said_does_nothing),
		CASE(s10_1_record_that_leaves_is_no_known_answer),
		CASE(s10_2_flush_bit_replaces_the_set_after_a_second),
		CASE(s10_2_records_of_the_last_second_are_not_flushed),
		CASE(s10_2_records_without_the_bit_are_added),
		CASE(s10_2_flush_is_taken_back_within_the_second),
		CASE(s10_3_link_down_empties_the_cache),
		CASE(s10_3_restart_keeps_what_is_said_again),
		CASE(s10_3_restart_forgets_what_nobody_says_again),
		CASE(s11_unicast_response_must_come_from_the_link),
		CASE(s14_each_link_has_its_own_cache),
		CASE(s18_3_other_opcodes_and_rcodes_are_ignored),
		CASE(what_is_not_trusted_changes_nothing),
		CASE(news_is_what_would_change_something),
		CASE(news_is_that_more_is_flushed),
		CASE(one_source_has_a_part_of_the_cache_only),
		CASE(all_sources_together_have_the_cache),
		CASE(questions_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
