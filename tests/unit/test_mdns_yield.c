/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of yielding to workloads that speak for themselves.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

static void yields_in_silence_to_the_probe_of_the_workload(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	rig_say("10.0.0.1", "q web.local ANY qu; ns web.local 120 A 10.0.0.1; "
			    "ns web.local 120 AAAA 2001:db8::99");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	rig_wait(900 * NS_PER_MS);
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.1; an web.local 120 AAAA 2001:db8::99");
	rig_say("10.0.0.9:4000", "q web.local A");
	rig_say("10.0.0.9", "q web.local A");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.1; an web.local 120 AAAA 2001:db8::99");
	rig_wait(100 * NS_PER_S);
	rig_expect_silence();
	struct mdns_notice notice = {0};
	while (mdns_next_notice(rig.m, &notice))
		;
	assert_int_equal(notice.type, MDNS_NOTICE_YIELDED);
}

static void yields_in_silence_to_a_response_of_the_workload(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.1; an web.local 120 A 10.0.0.99");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	put("web.local", "A 10.0.0.1");
	rig_wait(100 * NS_PER_S);
	rig_expect_silence();
}

static void yields_to_a_workload_that_proposes_less_than_we_have(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1, AAAA fe80::1");
	rig_say("10.0.0.1", "q web.local ANY qu; ns web.local 120 A 10.0.0.1; "
			    "ns web.local 120 AAAA 2001:db8::1");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	rig_expect_silence();
}

static void yields_to_a_workload_that_announces_less_than_we_have(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1, AAAA fe80::1");
	rig_say("10.0.0.1", "qr; an web.local 120 A flush 10.0.0.1; "
			    "an web.local 120 AAAA flush 2001:db8::1");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	rig_expect_silence();
}

/* At the next change of its addresses it would say something else than we do. */
static void yields_to_a_workload_that_says_the_same(void **state)
{
	(void)state;
	static const char *const said[] = {
		("q web.local ANY qu; ns web.local 120 AAAA 2001:db8::1; "
		 "ns web.local 120 A 10.0.0.1"),
		"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 AAAA flush 2001:db8::1",
		"qr; an web.local 120 A flush 10.0.0.1"};
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		for (int is_probing = 0; is_probing < (i == 0 ? 1 : 2); is_probing++) {
			put("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
			rig_wait(is_probing ? 500 * NS_PER_MS : 5 * NS_PER_S);
			rig_forget();
			rig_say("10.0.0.1", said[i]);
			assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
			put("web.local", "A 10.0.0.1, AAAA 2001:db8::1, AAAA fe80::1");
			rig_wait(2 * NS_PER_S);
			rig_say("10.0.0.1", "qr; an web.local 120 AAAA flush fe80::1");
			rig_wait(60 * NS_PER_S);
			assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
			rig_expect_none("ns web.local.");
			rig_expect_none("an web.local.");
			rig_fini();
			rig_init(i + 1);
		}
}

/* A workload that is probing again would take a proposal of ours for a conflict. */
static void asks_the_workload_without_a_claim(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1",
		"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 A flush 10.0.0.9");
	put("web.local", "A 10.0.0.1, A 10.0.0.2");
	rig_wait(1900 * NS_PER_MS);
	rig_expect_silence();
	rig_wait(2 * NS_PER_S);
	assert_true(rig_count("q web.local. ANY", NULL) > 0);
	rig_expect_none("ns web.local.");
	rig_say("10.0.0.1",
		"qr; an web.local 120 A flush 10.0.0.1; an web.local 120 A flush 10.0.0.2");
	rig_forget();
	rig_wait(100 * NS_PER_S);
	rig_expect_silence();
}

static void waits_for_the_workload_after_its_link_was_down(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A flush 10.0.0.1");
	mdns_link_down(rig.m, rig.now, RIG_LINK);
	rig_wait(NS_PER_S);
	rig_link(RIG_LINK, 1500, false);
	rig_wait(1900 * NS_PER_MS);
	rig_expect_silence();
	rig_wait(6 * NS_PER_S);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

/* The address belongs to our own host, and our packet comes back when we have more records
 * already. */
static void does_not_yield_to_an_echo_of_itself(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.200");
	rig_wait(300 * NS_PER_MS);
	put("web.local", "A 10.0.0.200, A 10.0.0.2");
	rig_say("10.0.0.200", "q web.local ANY qu; ns web.local 120 A 10.0.0.200");
	rig_settle();
	put("web.local", "A 10.0.0.200, A 10.0.0.2, AAAA fe80::1");
	put("web.local", "A 10.0.0.200, A 10.0.0.2, A 10.0.0.3, AAAA fe80::1");
	rig_say("10.0.0.200", "qr; an web.local 120 A flush 10.0.0.200; "
			      "an web.local 120 A flush 10.0.0.2");
	rig_settle();
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

/* Both ends of many veth pairs are in our namespace, and each link hears what we say on its peer. */
static void does_not_yield_to_its_own_words_on_many_links(void **state)
{
	enum { LINKS = 140 };
	char records[64], probe[128];
	(void)state;
	for (uint32_t i = 1; i <= LINKS; i++) {
		rig_link(i, 1500, false);
		snprintf(records, sizeof(records), "A 10.1.0.%u, A 10.0.0.200", i);
		put_on(i, "web.local", records);
	}
	rig_wait(300 * NS_PER_MS);
	for (uint32_t i = 1; i <= LINKS; i++) {
		snprintf(probe, sizeof(probe),
			"q web.local ANY qu; ns web.local 120 A 10.1.0.%u; "
			"ns web.local 120 A 10.0.0.200",
			i);
		rig_say_on(((i - 1) ^ 1) + 1, "10.0.0.200", probe);
	}
	rig_settle();
	for (uint32_t i = 1; i <= LINKS; i++)
		assert_int_equal(rig_status(i, "web.local").state, MDNS_ESTABLISHED);
}

/* systemd-resolved probes for A alone on IPv4 and for AAAA alone on IPv6, which are also sets that we
 * have sent. Any part of what we say is the workload's own, if we did not say it just now. */
static void yields_to_a_workload_that_proposes_any_part_of_what_we_say(void **state)
{
	(void)state;
	static const char *const records[] = {
		"A 10.0.0.1", "A 10.0.0.2", "AAAA 2001:db8::1", "AAAA fe80::1"};
	for (unsigned part = 1; part < 15; part++) {
		char owner[32], probe[512];
		snprintf(owner, sizeof(owner), "web%u.local", part);
		put_settled(owner, "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::1, AAAA fe80::1");
		int len = snprintf(probe, sizeof(probe), "q %s ANY qu", owner);
		for (unsigned i = 0; i < ARRAY_LEN(records); i++)
			if (part & 1u << i)
				len += snprintf(probe + len, sizeof(probe) - (size_t)len,
					"; ns %s 120 %s", owner, records[i]);
		rig_say(part % 2 ? "10.0.0.1" : "fe80::1", probe);
		assert_int_equal(rig_status(RIG_LINK, owner).state, MDNS_YIELDED);
		rig_expect_silence();
		put(owner, NULL);
	}
}

/* A reflector in a workload repeats at once, on another link, what we say of it. */
static void does_not_yield_to_a_workload_that_reflects(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put_on(RIG_SECOND, "web.local", "A 10.0.0.1, AAAA fe80::1");
	put("web.local", "A 10.0.0.1, AAAA fe80::1");
	for (unsigned heard = 0, i = 0; i < 500; i++) {
		rig_wait(10 * NS_PER_MS);
		for (; heard < rig.heard_count; heard++) {
			struct mdns_path from = {
				.link = RIG_LINK + RIG_SECOND - rig.heard[heard].to.link,
				.peer_port = MDNS_PORT,
				.is_multicast = true,
				.peer = {ADDR_V4, {10, 0, 0, 1}}};
			mdns_input(rig.m, rig.now, &from, rig.heard[heard].bytes,
				rig.heard[heard].len);
		}
	}
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

static void yields_by_an_address_on_another_link(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	assert_int_equal(rig_put(RIG_SECOND, "web.local", "A 10.0.0.2"), 0);
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.2", "qr; an web.local 120 A 10.0.0.77");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	assert_int_equal(rig_status(RIG_SECOND, "web.local").state, MDNS_ESTABLISHED);
}

static void yields_reverse_name_and_service_by_what_they_point_to(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1, AAAA fe80::1");
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	put_settled("s._x._tcp.local", "SRV 80 web.local, TXT a");
	rig_say("fe80::1", "qr; an 1.0.0.10.in-addr.arpa 120 PTR own-name.local; "
			   "an s._x._tcp.local 4500 TXT b");
	assert_int_equal(rig_status(RIG_LINK, "s._x._tcp.local").state, MDNS_YIELDED);
	rig_say("10.0.0.9:4000", "q 1.0.0.10.in-addr.arpa PTR");
	rig_wait(NS_PER_S);
	rig_expect_silence();
}

/* Its own responder has another name for itself than we have for it. */
static void yields_in_silence_to_the_probe_of_the_workload_for_its_reverse_name(void **state)
{
	(void)state;
	static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "2001:db8::1", "fe80::1"};
	put("web.local", "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::1, AAAA fe80::1");
	for (size_t from = 0; from < ARRAY_LEN(addresses); from++)
		for (size_t of = 0; of < ARRAY_LEN(addresses); of++) {
			struct addr addr;
			struct name reverse;
			char owner[NAME_TEXT_CAP], probe[3 * NAME_TEXT_CAP];
			assert_int_equal(addr_parse(addresses[of], &addr), 0);
			name_reverse(&addr, addr.family == ADDR_V4 ? 32 : 128, &reverse);
			name_to_text(reverse.wire, owner);
			put_settled(owner, "known PTR web.local");
			snprintf(probe, sizeof(probe), "q %s ANY qu; ns %s 120 PTR box.local",
				owner, owner);
			rig_say(addresses[from], probe);
			rig_wait(5 * NS_PER_S);
			rig_expect_silence();
			put(owner, NULL);
		}
}

static void takes_up_again_when_the_workload_says_goodbye(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.99");
	rig_wait(10 * NS_PER_S);
	rig_expect_silence();
	rig_say("10.0.0.1", "qr; an web.local 0 A 10.0.0.99; an web.local 0 A 10.0.0.1");
	rig_wait(7 * NS_PER_S);
	assert_int_equal(rig_count("q web.local. ANY", NULL), 3 + 3);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

static void takes_up_again_when_the_records_have_expired_and_nobody_answers(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.99");
	rig_wait(119 * NS_PER_S);
	rig_expect_silence();
	rig_wait(6 * NS_PER_S);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

static void stays_silent_twice_as_long_each_time_the_workload_answers(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.99");
	ns_t last = 0;
	for (int i = 0; i < 8; i++) {
		ns_t start = rig.now;
		while (rig_count("q web.local. ANY", NULL) == 0)
			rig_wait(100 * NS_PER_MS);
		assert_true(rig.now - start > last);
		last = rig.now - start < 1800 * NS_PER_S ? rig.now - start : 0;
		rig_forget();
		rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.99");
		assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_YIELDED);
	}
}

static void takes_up_again_when_the_addresses_change(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.1", "qr; an web.local 120 A 10.0.0.99");
	put("web.local", "A 10.0.0.3");
	rig_wait(7 * NS_PER_S);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

/* It was killed, and has said no goodbye. */
static void takes_up_again_when_a_question_remains_without_an_answer(void **state)
{
	(void)state;
	static const char *const peers[] = {"10.0.0.9", "10.0.0.9:4000", "fe80::9"};
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		put_settled("web.local", "A 10.0.0.1");
		rig_say("10.0.0.1", "qr; an web.local 4500 A flush 10.0.0.1");
		rig_wait(20 * NS_PER_S);
		rig_say(peers[i], "q web.local A");
		rig_wait(NS_PER_S);
		rig_say("10.0.0.1", "qr; an web.local 4500 A flush 10.0.0.1"); /* it is there */
		rig_wait(60 * NS_PER_S);
		rig_expect_silence();
		rig_say(peers[i], "q web.local A");
		rig_wait(9 * NS_PER_S);
		assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
		rig_say("10.0.0.1", "qr; an web.local 4500 A flush 10.0.0.1");
		rig_forget();
		for (int t = 0; t < 50; t++) { /* many questions are no reason to ask as often */
			rig_say(peers[i], "q web.local A");
			rig_wait(100 * NS_PER_MS);
			if (rig_count("q web.local. ANY", NULL) == 1)
				rig_say("10.0.0.1", "qr; an web.local 4500 A flush 10.0.0.1");
		}
		assert_in_range(rig_count("q web.local. ANY", NULL), 0, 2);
		rig_fini();
		rig_init(i);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(yields_in_silence_to_the_probe_of_the_workload),
		CASE(yields_in_silence_to_a_response_of_the_workload),
		CASE(yields_to_a_workload_that_proposes_less_than_we_have),
		CASE(yields_to_a_workload_that_announces_less_than_we_have),
		CASE(yields_to_a_workload_that_says_the_same),
		CASE(asks_the_workload_without_a_claim),
		CASE(waits_for_the_workload_after_its_link_was_down),
		CASE(does_not_yield_to_an_echo_of_itself),
		CASE(does_not_yield_to_its_own_words_on_many_links),
		CASE(yields_to_a_workload_that_proposes_any_part_of_what_we_say),
		CASE(does_not_yield_to_a_workload_that_reflects),
		CASE(yields_by_an_address_on_another_link),
		CASE(yields_reverse_name_and_service_by_what_they_point_to),
		CASE(yields_in_silence_to_the_probe_of_the_workload_for_its_reverse_name),
		CASE(takes_up_again_when_the_workload_says_goodbye),
		CASE(takes_up_again_when_the_records_have_expired_and_nobody_answers),
		CASE(stays_silent_twice_as_long_each_time_the_workload_answers),
		CASE(takes_up_again_when_the_addresses_change),
		CASE(takes_up_again_when_a_question_remains_without_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
