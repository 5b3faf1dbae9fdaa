/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of conflicts and renames (RFC 6762 §9, §14, §16).
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "../sim/msgtext.h"

/* A peer that insists: it announces the record, and again when it is probed for. */
static void lose(const char *owner, const char *peer, const char *rdata)
{
	char message[1200], current[NAME_TEXT_CAP];
	strcpy(current, rig_current(owner));
	snprintf(message, sizeof(message), "qr; an %s 120 %s", current, rdata);
	for (int i = 0; i < 100 && strcmp(current, rig_current(owner)) == 0; i++) {
		rig_say(peer, message);
		rig_wait(100 * NS_PER_MS);
	}
	assert_string_not_equal(current, rig_current(owner));
}

static void s9_conflict_probes_again_at_once(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	ns_t start = rig.now;
	rig_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.9");
	assert_int_equal(rig_expect("q web.local. ANY qu")->at, start);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_PROBING);
	assert_int_equal(rig_status(RIG_LINK, "web.local").against.bytes[3], 9);
}

/* Two subnets share a link, or a host has an address of none. */
static const char *const of_other_subnets[] = {
	"10.0.1.9", "192.0.2.1", "100.64.0.1", "203.0.113.7", "2001:db8:1::9", "fd00:1::9"};

static void s11_conflict_counts_whatever_its_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of_other_subnets); i++) {
		char owner[32];
		snprintf(owner, sizeof(owner), "web%zu.local", i);
		put_settled(owner, "A 10.0.0.1");
		lose(owner, of_other_subnets[i], "A 192.0.2.1");
		rig_settle();
	}
}

static void s11_lost_tie_counts_whatever_its_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of_other_subnets); i++) {
		char owner[32], probe[128];
		snprintf(owner, sizeof(owner), "web%zu.local", i);
		snprintf(probe, sizeof(probe), "q %s ANY qu; ns %s 120 A 255.0.2.1", owner, owner);
		put(owner, "A 10.0.0.1");
		rig_wait(300 * NS_PER_MS);
		rig_say(of_other_subnets[i], probe);
		assert_int_equal(rig_status(RIG_LINK, owner).state, MDNS_CONFLICT);
	}
}

static void s9_name_that_nobody_insists_on_is_kept(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.9");
	rig_settle();
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s9_loser_takes_a_number(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	rig_settle();
	assert_string_equal(rig_current("web.local"), "web-2.local.");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	rig_settle();
	assert_string_equal(rig_current("web.local"), "web-3.local.");
	rig_say("10.0.0.8:4000", "q web-3.local A");
	rig_expect("an web-3.local. 10 A 10.0.0.1");
	rig_forget();
	rig_say("10.0.0.8:4000", "q web.local A");
	rig_expect_silence();
}

static void s9_conflict_in_the_additional_section(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9", "qr; an x.local 120 A 10.0.0.9; ar web.local 120 A 10.0.0.9");
	rig_expect("q web.local. ANY qu");
}

static void s9_same_rdata_is_no_conflict(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, A 10.0.0.2");
	rig_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.2");
	rig_settle();
	assert_int_equal(mdns_stats(rig.m).conflicts, 0);
}

static void s9_other_type_is_no_conflict(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9", "qr; an web.local 120 TXT x");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

static void s9_address_of_the_family_that_we_deny_is_a_conflict(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9", "qr; an web.local 120 AAAA 2001:db8::9");
	rig_expect("q web.local. ANY qu");
}

static void s9_shared_record_is_no_conflict(void **state)
{
	(void)state;
	put_settled("_x._tcp.local", "shared PTR a._x._tcp.local");
	rig_say("10.0.0.9", "qr; an _x._tcp.local 120 PTR z._x._tcp.local");
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

static void s6_response_from_another_port_is_ignored(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9:4000", "qr; an web.local 120 A 10.0.0.9");
	rig_expect_silence();
}

static void s6_unasked_unicast_response_is_ignored(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	rig_say("10.0.0.9!", "qr; an web.local 120 A 10.0.0.9");
	rig_expect_silence();
}

static void s14_rename_holds_on_all_links(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	assert_int_equal(rig_put(RIG_SECOND, "web.local", "A 10.0.0.2"), 0);
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("q web-2.local. ANY qu", "A 10.0.0.2"), 3);
	rig_say_on(RIG_SECOND, "10.0.0.8:4000", "q web-2.local A");
	rig_expect("an web-2.local. 10 A 10.0.0.2");
}

static void s14_own_second_link_on_the_wire_is_no_conflict(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put("web.local", "A 10.0.0.1");
	assert_int_equal(rig_put(RIG_SECOND, "web.local", "A 10.0.0.2, AAAA fe80::2"), 0);
	rig_settle();
	rig_say("10.0.0.2", "qr; an web.local 120 A 10.0.0.2; an web.local 120 AAAA fe80::2");
	rig_settle();
	assert_int_equal(mdns_stats(rig.m).conflicts, 0);
}

/* Each packet that we send comes back to us, half a second later, from a reflector. */
static void s9_reflected_packets_never_rename(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	for (int i = 0; i < 60; i++) {
		unsigned count = rig.heard_count;
		rig_wait(500 * NS_PER_MS);
		for (unsigned j = 0; j < count; j++) {
			rig_say("10.0.0.254", rig.heard[j].text);
			free(rig.heard[j].text);
			free(rig.heard[j].bytes);
		}
		memmove(rig.heard, rig.heard + count,
			(rig.heard_count - count) * sizeof(rig.heard[0]));
		rig.heard_count -= count;
		if (i == 20)
			put("web.local",
				"A 10.0.0.5"); /* what comes back differs from what we have now */
	}
	assert_int_equal(mdns_stats(rig.m).conflicts, 0);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
}

static void s9_records_that_point_to_a_renamed_name_follow(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	put("s._x._tcp.local", "SRV 80 web.local");
	put("_x._tcp.local", "shared PTR s._x._tcp.local");
	rig_settle();
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	rig_wait(5 * NS_PER_S);
	rig_expect("an 1.0.0.10.in-addr.arpa. 120 PTR flush web-2.local.");
	rig_expect("an s._x._tcp.local. 120 SRV flush 80 web-2.local.");
	rig_forget();
	lose("s._x._tcp.local", "10.0.0.9", "SRV 80 other.local");
	rig_wait(5 * NS_PER_S);
	assert_string_equal(rig_current("s._x._tcp.local"), "s\\032\\(2\\)._x._tcp.local.");
	rig_expect("an _x._tcp.local. 0 PTR s._x._tcp.local.");
	rig_expect("an _x._tcp.local. 4500 PTR s\\032\\(2\\)._x._tcp.local.");
}

static void s9_name_persists(void **state)
{
	(void)state;
	struct name owner = msgtext_name("web.local"), current = msgtext_name("web-7.local");
	assert_int_equal(mdns_set_name(rig.m, owner.wire, current.wire), 0);
	put("web.local", "A 10.0.0.1");
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	rig_wait(5 * NS_PER_S);
	rig_expect("q web-7.local. ANY");
	rig_expect("PTR flush web-7.local.");
	rig_expect_none(" web.local.");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	assert_string_equal(rig_current("web.local"), "web-8.local.");
}

static void s9_renamed_name_is_remembered_while_it_is_gone(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	put("web.local", NULL);
	rig_settle();
	put("web.local", "A 10.0.0.1");
	assert_string_equal(rig_current("web.local"), "web-2.local.");
}

static void s9_rename_leaves_out_names_of_our_own(void **state)
{
	(void)state;
	put("web-2.local", "A 10.0.0.2");
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	assert_string_equal(rig_current("web.local"), "web-3.local.");
}

static void s9_name_put_later_does_not_take_a_renamed_one(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	put_settled("web-2.local", "A 10.0.0.2");
	assert_string_equal(rig_current("web.local"), "web-2.local.");
	assert_string_equal(rig_current("web-2.local"), "web-2-2.local.");
}

static void s9_long_label_is_cut_at_a_character(void **state)
{
	(void)state;
	/* 61 letters and an u-umlaut: 63 bytes; "-2" takes two, and half a character stays out. */
	char owner[200] = "";
	for (int i = 0; i < 60; i++)
		strcat(owner, "x");
	strcat(owner, "\\195\\188x.local");
	put_settled(owner, "A 10.0.0.1");
	lose(owner, "10.0.0.9", "A 10.0.0.9");
	struct mdns_status status = rig_status(RIG_LINK, owner);
	assert_int_equal(status.current.wire[0], 62);
	assert_memory_equal(status.current.wire + 61, "-2\5local", 8);
}

static void s9_renames_are_bounded(void **state)
{
	(void)state;
	struct mdns_notice notice;
	put_settled("web.local", "A 10.0.0.1");
	for (int i = 0; i < 3 * LIMIT_MDNS_RENAMES; i++) {
		char message[100];
		snprintf(message, sizeof(message), "qr; an %s 120 A 10.0.0.9",
			rig_current("web.local"));
		rig_say("10.0.0.9", message);
		rig_wait(6 * NS_PER_S);
		rig_forget();
		while (mdns_next_notice(rig.m, &notice))
			assert_true(notice.current.wire[0] <= 7);
	}
	assert_true(mdns_stats(rig.m).renames <= LIMIT_MDNS_RENAMES + 20);
}

/* How a name ends and comes back with another address. */
static void replace_by_put(void)
{
	put("web.local", NULL);
	put("web.local", "A 10.0.0.2");
}

static void replace_by_change(void)
{
	put("web.local", "A 10.0.0.2");
}

static void replace_with_the_link(void)
{
	mdns_link_gone(rig.m, rig.now, RIG_LINK);
	rig_link(RIG_LINK, 1500, false);
	put("web.local", "A 10.0.0.2");
}

static void replace_while_the_link_is_down(void)
{
	mdns_link_down(rig.m, rig.now, RIG_LINK);
	put("web.local", "A 10.0.0.2");
	rig_link(RIG_LINK, 1500, false);
}

/* Reflectors repeat what we said of it before, as long as caches may have it, and not for longer. */
static void echoes_of_a_name_that_was_replaced_are_known_for_its_ttl(void **state)
{
	(void)state;
	static void (*const replace[])(void) = {replace_by_put, replace_by_change,
		replace_with_the_link, replace_while_the_link_is_down};
	static const char *const echoes[] = {"qr; an web.local 120 A flush 10.0.0.1",
		"qr; an web.local 60 A 10.0.0.1",
		"q web.local ANY qu; ns web.local 120 A 10.0.0.1"};
	for (size_t how = 0; how < ARRAY_LEN(replace); how++)
		for (size_t i = 0; i < ARRAY_LEN(echoes); i++) {
			put_settled("web.local", "A 10.0.0.1");
			replace[how]();
			for (int t = 0; t < 119 * 4; t++) {
				rig_say("10.0.0.250", echoes[i]);
				rig_wait(250 * NS_PER_MS);
			}
			assert_string_equal(rig_current("web.local"), "web.local.");
			assert_int_equal(mdns_stats(rig.m).conflicts, 0);
			assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
			rig_wait(2 * NS_PER_S);
			rig_say("10.0.0.250", echoes[0]);
			assert_int_equal(mdns_stats(rig.m).conflicts, 1);
			rig_fini();
			rig_init(i);
		}
}

/* What is remembered of many names that were removed has a limit. */
static void names_that_were_removed_are_forgotten(void **state)
{
	(void)state;
	char owner[32];
	for (int i = 0; i < 2 * LIMIT_MDNS_RECENT; i++) {
		snprintf(owner, sizeof(owner), "web%d.local", i);
		put(owner, "A 10.0.0.1");
		put(owner, NULL);
	}
	put_settled("web1.local", "A 10.0.0.2");
	rig_say("10.0.0.9", "qr; an web1.local 120 A flush 10.0.0.1");
	assert_int_equal(mdns_stats(rig.m).conflicts, 1);
	put_settled("web2047.local", "A 10.0.0.2");
	rig_say("10.0.0.9", "qr; an web2047.local 120 A flush 10.0.0.1");
	assert_int_equal(mdns_stats(rig.m).conflicts, 1);
}

static void reverse_name_is_defended_and_not_renamed(void **state)
{
	(void)state;
	put_settled("1.0.0.10.in-addr.arpa", "known PTR web.local");
	for (int i = 0; i < 20; i++) {
		rig_say("10.0.0.9", "qr; an 1.0.0.10.in-addr.arpa 120 PTR other.local");
		rig_wait(2 * NS_PER_S);
	}
	assert_int_equal(rig.heard_count, 3);
	assert_int_equal(rig_count("an 1.0.0.10.in-addr.arpa. 120 PTR flush web.local.", NULL), 3);
}

static void status_tells_who_has_the_name_that_was_lost(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	lose("web.local", "10.0.0.9", "A 10.0.0.9");
	rig_settle();
	struct mdns_status status = rig_status(RIG_LINK, "web.local");
	assert_int_equal(status.state, MDNS_ESTABLISHED);
	assert_int_equal(status.against.bytes[3], 9);
}

static void thousands_of_conflicting_claims_are_answered_with_few_packets(void **state)
{
	(void)state;
	char text[100];
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "host%d.local", i);
		put(text, "A 10.0.0.1");
	}
	rig_settle();
	for (int second = 0; second < 30; second++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "qr; an host%d.local 120 A 10.0.0.9", i);
			rig_say("10.0.0.9", text);
			rig_wait(NS_PER_MS);
		}
		assert_true(rig.heard_count < 250);
		rig_forget();
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s9_conflict_probes_again_at_once),
		CASE(s11_conflict_counts_whatever_its_source),
		CASE(s11_lost_tie_counts_whatever_its_source),
		CASE(s9_name_that_nobody_insists_on_is_kept),
		CASE(s9_loser_takes_a_number),
		CASE(s9_conflict_in_the_additional_section),
		CASE(s9_same_rdata_is_no_conflict),
		CASE(s9_other_type_is_no_conflict),
		CASE(s9_address_of_the_family_that_we_deny_is_a_conflict),
		CASE(s9_shared_record_is_no_conflict),
		CASE(s6_response_from_another_port_is_ignored),
		CASE(s6_unasked_unicast_response_is_ignored),
		CASE(s14_rename_holds_on_all_links),
		CASE(s14_own_second_link_on_the_wire_is_no_conflict),
		CASE(s9_reflected_packets_never_rename),
		CASE(s9_records_that_point_to_a_renamed_name_follow),
		CASE(s9_name_persists),
		CASE(s9_renamed_name_is_remembered_while_it_is_gone),
		CASE(s9_rename_leaves_out_names_of_our_own),
		CASE(s9_name_put_later_does_not_take_a_renamed_one),
		CASE(s9_long_label_is_cut_at_a_character),
		CASE(s9_renames_are_bounded),
		CASE(echoes_of_a_name_that_was_replaced_are_known_for_its_ttl),
		CASE(names_that_were_removed_are_forgotten),
		CASE(reverse_name_is_defended_and_not_renamed),
		CASE(status_tells_who_has_the_name_that_was_lost),
		CASE(thousands_of_conflicting_claims_are_answered_with_few_packets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
