/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of silence for other responders on this host.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <string.h>

#define OWN         "10.0.0.200"
#define OWN_REVERSE "200.0.0.10.in-addr.arpa"

static const char probe[] = "q box.local ANY; q " OWN_REVERSE " ANY; ns box.local 120 A " OWN
			    "; ns " OWN_REVERSE " 120 PTR box.local";
static const char announcement[] =
	"qr; an box.local 120 A flush " OWN "; an " OWN_REVERSE " 120 PTR flush box.local";
static const char goodbye[] =
	"qr; an box.local 0 A flush " OWN "; an " OWN_REVERSE " 0 PTR flush box.local";

static unsigned notices(enum mdns_notice_type type)
{
	struct mdns_notice notice;
	unsigned count = 0;
	while (mdns_next_notice(rig.m, &notice))
		count += notice.type == type;
	return count;
}

static void count_one(void *arg, const struct mdns_neighbour *neighbour)
{
	unsigned *count = arg;
	++*count;
	assert_int_equal(neighbour->link, RIG_LINK);
}

static unsigned neighbours(void)
{
	unsigned count = 0;
	mdns_each_neighbour(rig.m, count_one, &count);
	return count;
}

static enum mdns_state state_of(const char *owner)
{
	return rig_status(RIG_LINK, owner).state;
}

/* Puts the host's own name, its reverse name, and a workload's name. */
static void put_host(void)
{
	put("box.local", "host A " OWN);
	put(OWN_REVERSE, "known host PTR box.local, known host PTR homeassistant.local");
	put("web.local", "A 10.0.0.1");
	rig_settle();
}

static void expect_silence_about_host(void)
{
	rig_expect_none("box.local");
	rig_expect_none(OWN_REVERSE);
}

static void the_host_s_name_is_left_to_a_neighbour_that_probes(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, probe);
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
	rig_say("10.0.0.9:4000", "q box.local A");
	rig_say("10.0.0.9", "q " OWN_REVERSE " PTR");
	rig_say(OWN, announcement);
	rig_wait(60 * NS_PER_S);
	rig_expect_silence();
	assert_int_equal(notices(MDNS_NOTICE_NEIGHBOUR), 1);
	assert_int_equal(neighbours(), 1);
}

static void the_same_records_are_a_neighbour_s_too(void **state)
{
	(void)state;
	put("box.local", "host A " OWN);
	put_settled(OWN_REVERSE, "known host PTR box.local");
	rig_say(OWN, announcement);
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
}

static void all_other_names_are_said_beside_a_neighbour(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, announcement);
	rig_say("10.0.0.9:4000", "q web.local A");
	rig_expect("an web.local. 10 A 10.0.0.1");
	put_settled("homeassistant.local", "A " OWN);
	assert_int_equal(state_of("homeassistant.local"), MDNS_ESTABLISHED);
	assert_int_equal(state_of("web.local"), MDNS_ESTABLISHED);
	expect_silence_about_host();
}

static void what_the_host_gets_while_a_neighbour_is_there_is_not_said(void **state)
{
	(void)state;
	rig_say(OWN, announcement); /* none of our names belongs to the host yet */
	rig_wait(NS_PER_S);
	put_host();
	put("box.local", "host A " OWN ", A 10.0.0.201");
	put("201.0.0.10.in-addr.arpa", "known host PTR box.local");
	rig_wait(30 * NS_PER_S);
	expect_silence_about_host();
	rig_expect_none("201.0.0.10");
	put("box.local", NULL);
	put(OWN_REVERSE, NULL);
	rig_wait(30 * NS_PER_S);
	expect_silence_about_host();
}

/* The packets received in a test come back: the sockets of a host receive their own packets. */
static void echo(void)
{
	for (unsigned i = 0; i < rig.heard_count; i++) {
		struct mdns_path from = {
			.link = RIG_LINK, .peer_port = MDNS_PORT, .is_multicast = true};
		assert_int_equal(addr_parse(OWN, &from.peer), 0);
		mdns_input(rig.m, rig.now, &from, rig.heard[i].bytes, rig.heard[i].len);
	}
}

static void what_we_say_ourselves_is_no_neighbour(void **state)
{
	(void)state;
	put("box.local", "host A " OWN);
	put(OWN_REVERSE, "known host PTR box.local");
	rig_wait(5 * NS_PER_S);
	rig_say("10.0.0.9", "q box.local A; q " OWN_REVERSE " PTR");
	rig_wait(NS_PER_S);
	assert_true(rig_count("box.local", OWN) >= 5);
	echo();
	put("box.local", NULL);
	echo();
	assert_int_equal(neighbours(), 0);
}

static void on_many_links_what_we_say_is_no_neighbour_either(void **state)
{
	(void)state;
	enum { LINKS = 300 };
	for (uint32_t link = RIG_LINK; link < RIG_LINK + LINKS; link++) {
		rig_link(link, 1500, false);
		put_on(link, "box.local", "host A " OWN);
	}
	rig_wait(5 * NS_PER_S);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		struct mdns_path from = rig.heard[i].to;
		from.peer_port = MDNS_PORT;
		assert_int_equal(addr_parse(OWN, &from.peer), 0);
		mdns_input(rig.m, rig.now, &from, rig.heard[i].bytes, rig.heard[i].len);
	}
	assert_true(rig.heard_count >= 5 * LINKS);
	assert_int_equal(neighbours(), 0);
}

/* Two links on one network: the other one's packets arrive here, too. */
static void what_another_link_of_this_host_says_is_no_neighbour(void **state)
{
	(void)state;
	struct addr other;
	struct mdns_link second = {
		.id = RIG_SECOND, .mtu = 1500, .has_v4 = true, .addrs = &other, .addr_count = 1};
	assert_int_equal(addr_parse("10.0.0.201", &other), 0);
	put_host();
	assert_int_equal(mdns_link_up(rig.m, rig.now, &second), 0);
	rig_say("10.0.0.201", announcement);
	assert_int_equal(neighbours(), 0);
}

static void what_we_said_before_it_was_a_name_of_the_host_is_no_neighbour(void **state)
{
	(void)state;
	put("box.local", "A " OWN);
	rig_wait(5 * NS_PER_S);
	put("box.local", "host A " OWN);
	echo();
	assert_int_equal(neighbours(), 0);
}

static void another_host_is_no_neighbour(void **state)
{
	(void)state;
	put_host();
	rig_say("10.0.0.9", announcement);
	rig_say("10.0.0.200:4000", announcement);
	assert_int_equal(neighbours(), 0);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
}

static void a_responder_for_services_only_is_no_neighbour(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, "qr; an tv.local 120 A flush " OWN
		     "; an s._x._tcp.local 120 SRV flush 0 0 80 tv.local");
	assert_int_equal(neighbours(), 0);
}

static void after_its_goodbye_the_name_is_ours_again(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, announcement);
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1);
	rig_wait(10 * NS_PER_S);
	rig_say(OWN, goodbye);
	mdns_set_company(rig.m, rig.now, RIG_LINK, 0);
	rig_wait(1900 * NS_PER_MS);
	rig_expect_silence();
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("q box.local. ANY qu", "A " OWN), 3);
	rig_expect("an " OWN_REVERSE ". 120 PTR flush box.local");
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	assert_int_equal(notices(MDNS_NOTICE_NEIGHBOUR_GONE), 1);
}

static void a_goodbye_before_a_new_start_leads_to_nothing(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, announcement);
	rig_wait(10 * NS_PER_S);
	rig_say(OWN, goodbye);
	rig_wait(NS_PER_S);
	rig_say(OWN, probe);
	rig_wait(60 * NS_PER_S);
	rig_expect_silence();
}

static void one_that_fell_silent_is_asked_for_before_its_name_is_taken(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, announcement);
	rig_wait(119 * NS_PER_S);
	rig_expect_silence();
	rig_wait(2 * NS_PER_S);
	const struct rig_packet *asked = rig_expect("q box.local. ANY;");
	assert_null(strstr(asked->text, "ns "));
	assert_non_null(strstr(asked->text, OWN_REVERSE));
	rig_say(OWN, announcement);
	rig_forget();
	rig_wait(200 * NS_PER_S); /* twice as long as before */
	rig_expect_silence();
	rig_wait(60 * NS_PER_S);
	assert_int_equal(rig_count("q box.local. ANY", OWN_REVERSE), 3);
	rig_expect("an box.local. 120 A flush " OWN);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
}

static void company_is_asked_before_the_host_s_name_is_probed_for(void **state)
{
	(void)state;
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1);
	put("box.local", "host A " OWN);
	put("web.local", "A 10.0.0.1");
	rig_wait(2 * NS_PER_S);
	assert_int_equal(state_of("web.local"), MDNS_ESTABLISHED);
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
	assert_int_equal(rig_count("q box.local. ANY qu", NULL), 0);
	rig_wait(10 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1); /* as before: only a browser */
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	mdns_set_company(rig.m, rig.now, RIG_LINK, 2); /* one more */
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
}

/* systemd-resolved drops what comes from its own host. */
static void one_that_cannot_be_asked_is_left_the_name_while_it_speaks(void **state)
{
	(void)state;
	put_host();
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1);
	rig_say(OWN, announcement);
	rig_wait(119 * NS_PER_S);
	rig_expect_silence();
	rig_say(OWN, announcement); /* somebody has asked it */
	rig_wait(119 * NS_PER_S);
	rig_expect_silence();
	rig_wait(10 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	assert_int_equal(neighbours(), 0);
	rig_say(OWN, announcement);
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
	assert_int_equal(neighbours(), 1);
}

/* It has the port, and a third program was the responder. */
static void one_without_a_word_does_not_keep_the_place_of_another(void **state)
{
	(void)state;
	put_host();
	mdns_set_company(rig.m, rig.now, RIG_LINK, 2);
	rig_say(OWN, announcement);
	rig_wait(10 * NS_PER_S);
	rig_say(OWN, goodbye);
	rig_wait(10 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	assert_int_equal(neighbours(), 0);
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1);
	rig_wait(4000 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
}

static void fewer_members_of_the_group_are_a_reason_to_ask(void **state)
{
	(void)state;
	put_host();
	mdns_set_company(rig.m, rig.now, RIG_LINK, 2);
	rig_say(OWN, announcement);
	rig_wait(10 * NS_PER_S);
	rig_expect_silence();
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1); /* a browser stays */
	rig_wait(1900 * NS_PER_MS);
	rig_expect_silence();
	rig_wait(10 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	assert_int_equal(neighbours(), 0);
}

static void who_is_there_is_looked_for_before_anything_is_said_for_the_host(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	assert_true(mdns_look_at(rig.m) == NS_NEVER);
	put("box.local", "host A " OWN);
	ns_t at = mdns_look_at(rig.m);
	assert_true(at >= rig.now && at <= mdns_deadline(rig.m));
	mdns_looked(rig.m, at);
	rig_wait(at - rig.now);
	rig_expect("q box.local. ANY qu");
	assert_true(mdns_look_at(rig.m) == rig.now + 250 * NS_PER_MS);
}

static void each_link_has_its_own_moments_to_look(void **state)
{
	(void)state;
	put("box.local", "host A " OWN);
	rig_wait(100 * NS_PER_MS); /* so that the second link is probed on at other times */
	rig_link(RIG_SECOND, 1500, true);
	put_on(RIG_SECOND, "box.local", "host A 10.0.0.201");
	for (int i = 0; i < 6; i++) {
		ns_t at = mdns_look_at(rig.m);
		assert_true(at == mdns_deadline(rig.m)); /* nothing is sent without a look */
		mdns_looked(rig.m, at);
		rig_wait(at - rig.now);
	}
	assert_int_equal(rig_count("q box.local. ANY qu", NULL), 6);
}

static void packets_with_names_of_the_host_are_marked(void **state)
{
	(void)state;
	rig.has_both = true;
	put_host();
	rig_say("10.0.0.9", "q box.local A; q web.local A");
	rig_wait(NS_PER_S);
	assert_true(rig_expect("an box.local. 120")->to.is_of_host);
	rig_forget();
	put("db.local", "A 10.0.0.2");
	rig_wait(5 * NS_PER_S);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_false(rig.heard[i].to.is_of_host);
	rig_forget();
	put("box.local", "host A " OWN ", A 10.0.0.201"); /* said in both families */
	rig_wait(5 * NS_PER_S);
	assert_true(rig.heard_count >= 4);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].to.is_of_host);
}

static void a_name_that_is_the_host_s_no_more_is_said(void **state)
{
	(void)state;
	put_host();
	rig_say(OWN, announcement);
	put("box.local", "A 10.0.0.7");
	rig_settle();
	assert_int_equal(state_of("box.local"), MDNS_ESTABLISHED);
	put("box.local", "host A " OWN);
	rig_wait(10 * NS_PER_S);
	assert_int_equal(state_of("box.local"), MDNS_DEFERRED);
	rig_expect_silence();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_host_s_name_is_left_to_a_neighbour_that_probes,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_same_records_are_a_neighbour_s_too, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			all_other_names_are_said_beside_a_neighbour, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_the_host_gets_while_a_neighbour_is_there_is_not_said, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_we_say_ourselves_is_no_neighbour, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			on_many_links_what_we_say_is_no_neighbour_either, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_another_link_of_this_host_says_is_no_neighbour,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_we_said_before_it_was_a_name_of_the_host_is_no_neighbour, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			another_host_is_no_neighbour, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_responder_for_services_only_is_no_neighbour, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			after_its_goodbye_the_name_is_ours_again, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_goodbye_before_a_new_start_leads_to_nothing, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			one_that_fell_silent_is_asked_for_before_its_name_is_taken, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			company_is_asked_before_the_host_s_name_is_probed_for, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			one_that_cannot_be_asked_is_left_the_name_while_it_speaks, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			one_without_a_word_does_not_keep_the_place_of_another, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			fewer_members_of_the_group_are_a_reason_to_ask, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_is_there_is_looked_for_before_anything_is_said_for_the_host, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			each_link_has_its_own_moments_to_look, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			packets_with_names_of_the_host_are_marked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_the_host_s_no_more_is_said, rig_setup, rig_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
