/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of probing and tie-breaking (RFC 6762 §8.1, §8.2), one section per case.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static void put_web(void)
{
	assert_int_equal(rig_put(RIG_LINK, "web.local", "A 10.0.0.1"), 0);
}

#define PROBE "q web.local. ANY qu; ns web.local. 120 A 10.0.0.1"

static void s8_1_random_delay_of_at_most_250_ms(void **state)
{
	(void)state;
	ns_t earliest = NS_NEVER, latest = 0;
	for (uint64_t seed = 0; seed < 100; seed++) {
		rig_fini();
		rig_init(seed);
		put_web();
		ns_t start = rig.now;
		rig_wait(NS_PER_S);
		ns_t delay = rig.heard[0].at - start;
		assert_true(delay >= 0 && delay <= 250 * NS_PER_MS);
		earliest = delay < earliest ? delay : earliest;
		latest = delay > latest ? delay : latest;
	}
	assert_true(earliest < 30 * NS_PER_MS && latest > 220 * NS_PER_MS);
}

static void s8_1_three_probes_250_ms_apart(void **state)
{
	(void)state;
	put_web();
	rig_wait(NS_PER_S);
	assert_int_equal(rig_count(PROBE, NULL), 3);
	assert_int_equal(rig.heard[1].at - rig.heard[0].at, 250 * NS_PER_MS);
	assert_int_equal(rig.heard[2].at - rig.heard[1].at, 250 * NS_PER_MS);
}

static void s8_1_probe_asks_any_with_qu_and_proposes_without_flush(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	assert_string_equal(rig.heard[0].text, "id=0; " PROBE);
}

static void s8_1_announces_250_ms_after_the_last_probe(void **state)
{
	(void)state;
	put_web();
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_expect("an web.local.")->at - rig.heard[2].at, 250 * NS_PER_MS);
}

static void s8_1_does_not_answer_while_probing(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_forget();
	rig_say("10.0.0.9:4000", "id=1; q web.local A");
	rig_say("10.0.0.9", "q web.local A");
	rig_expect_none("qr");
}

static void s8_1_response_before_the_first_probe_is_ignored(void **state)
{
	(void)state;
	put_web();
	rig_say("10.0.0.9", "qr; aa; an web.local 120 A 10.0.0.9");
	rig_wait(5 * NS_PER_S);
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s8_1_conflicting_response_while_probing_renames(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; aa; an web.local 120 A 10.0.0.9");
	rig_forget();
	rig_wait(5 * NS_PER_S);
	assert_string_equal(rig_current("web.local"), "web-2.local.");
	assert_int_equal(
		rig_count("q web-2.local. ANY qu; ns web-2.local. 120 A 10.0.0.1", NULL), 3);
	rig_expect_none(" web.local.");
}

static void s8_1_unicast_response_to_a_probe_is_a_conflict(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9!", "qr; aa; an web.local 120 A 10.0.0.9");
	assert_string_equal(rig_current("web.local"), "web-2.local.");
}

static void s8_1_any_type_of_record_counts_while_probing(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; aa; an web.local 120 TXT x");
	assert_string_equal(rig_current("web.local"), "web-2.local.");
}

static void s8_1_record_in_the_additional_section_counts(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; aa; an x.local 120 A 10.0.0.9; ar WEB.local 120 A 10.0.0.9");
	assert_string_equal(rig_current("web.local"), "web-2.local.");
}

static void s8_1_goodbye_while_probing_is_no_conflict(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; aa; an web.local 0 A 10.0.0.9");
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s8_1_fifteen_conflicts_in_ten_seconds_slow_down_to_five(void **state)
{
	(void)state;
	put_web();
	unsigned fast = 0;
	for (int i = 0; i < 20; i++) {
		ns_t start = rig.now;
		char claim[64];
		while (rig_count("ANY qu", NULL) == 0 && rig.now < start + 20 * NS_PER_S)
			rig_wait(10 * NS_PER_MS);
		fast += rig.now - start < NS_PER_S;
		if (i >= 15)
			assert_true(rig.now - start >= 5 * NS_PER_S);
		rig_forget();
		snprintf(
			claim, sizeof(claim), "qr; an %s 120 A 10.0.0.9", rig_current("web.local"));
		rig_say("10.0.0.9", claim);
		rig_forget();
	}
	assert_int_equal(fast, 15);
	assert_true(mdns_stats(rig.m).limited >= 5);
}

static void s8_1_known_unique_name_needs_no_probe(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "1.0.0.10.in-addr.arpa", "known PTR web.local"), 0);
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("an 1.0.0.10.in-addr.arpa. 120 PTR flush web.local.", NULL), 2);
	assert_int_equal(rig.heard_count, 2);
}

static void s8_1_names_put_together_share_probe_packets(void **state)
{
	(void)state;
	char owner[32], record[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(owner, sizeof(owner), "host%d.local", i);
		snprintf(record, sizeof(record), "A 10.0.%d.%d", i / 250, i % 250 + 1);
		assert_int_equal(rig_put(RIG_LINK, owner, record), 0);
	}
	ns_t start = rig.now;
	rig_wait(1100 * NS_PER_MS);
	for (int i = 0; i < 1000; i++) {
		snprintf(owner, sizeof(owner), "an host%d.local. 120 A", i);
		assert_true(rig_expect(owner)->at - start <= 1100 * NS_PER_MS);
	}
	assert_in_range(rig_count("ANY qu", NULL), 3 * 20, 3 * 40);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].len <= 1500 - 48);
}

static void s8_1_too_many_names_start_in_batches_a_second_apart(void **state)
{
	(void)state;
	char owner[32];
	for (int i = 0; i < 3 * LIMIT_MDNS_BATCH; i++) {
		snprintf(owner, sizeof(owner), "host%d.local", i);
		assert_int_equal(rig_put(RIG_LINK, owner, "A 10.0.0.1"), 0);
	}
	ns_t start = rig.now;
	rig_wait(NS_PER_S);
	rig_expect_none("host1024.local. ANY");
	rig_wait(5 * NS_PER_S);
	rig_expect("an host3071.local.");
	for (ns_t at = start; at < rig.now; at += NS_PER_S) {
		unsigned packets = 0;
		for (unsigned i = 0; i < rig.heard_count; i++)
			packets += rig.heard[i].at >= at && rig.heard[i].at < at + NS_PER_S;
		assert_true(packets < 250);
	}
}

static void s8_2_loser_of_a_tie_waits_a_second_and_probes_again(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	ns_t lost = rig.now;
	rig_forget();
	rig_say("10.0.0.9", "q web.local ANY qu; ns web.local 120 A 10.0.0.9");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_CONFLICT);
	rig_wait(5 * NS_PER_S);
	assert_in_range(rig.heard[0].at - lost, NS_PER_S, NS_PER_S + 50 * NS_PER_MS);
	assert_int_equal(rig_count(PROBE, NULL), 3);
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s8_2_winner_of_a_tie_goes_on(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "q web.local ANY qu; ns web.local 120 A 10.0.0.0");
	rig_wait(NS_PER_S);
	assert_int_equal(rig_count(PROBE, NULL), 3);
	rig_expect("an web.local. 120 A flush 10.0.0.1");
}

static void s8_2_bytes_compare_without_sign(void **state)
{
	(void)state;
	/* The RFC's own example: 169.254.200.50 is later than 169.254.99.200. */
	assert_int_equal(rig_put(RIG_LINK, "web.local", "A 169.254.99.200"), 0);
	rig_wait(300 * NS_PER_MS);
	rig_say("169.254.200.50", "q web.local ANY; ns web.local 120 A 169.254.200.50");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_CONFLICT);
}

static void s8_2_type_compares_before_rdata(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "q web.local ANY; ns web.local 120 AAAA ::");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_CONFLICT);
}

static void s8_2_names_in_rdata_compare_uncompressed(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "s._x._tcp.local", "SRV 80 bbb.local"), 0);
	rig_wait(300 * NS_PER_MS);
	/* When compressed, the target ends in a pointer, whose first byte is above any length
	 * byte. */
	rig_say("10.0.0.9",
		"q s._x._tcp.local ANY; q a.local ANY; ns s._x._tcp.local 120 SRV 80 aaa.local");
	assert_int_equal(rig_status(RIG_LINK, "s._x._tcp.local").state, MDNS_PROBING);
	rig_say("10.0.0.9",
		"q s._x._tcp.local ANY; q a.local ANY; ns s._x._tcp.local 120 SRV 80 ccc.local");
	assert_int_equal(rig_status(RIG_LINK, "s._x._tcp.local").state, MDNS_CONFLICT);
}

static void s8_2_1_longer_list_wins(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9",
		"q web.local ANY; ns web.local 120 A 10.0.0.1; ns web.local 120 A 10.0.0.9");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_CONFLICT);
}

static void s8_2_1_lists_are_sorted_before_they_are_compared(void **state)
{
	(void)state;
	assert_int_equal(rig_put(RIG_LINK, "web.local", "A 10.0.0.7, A 10.0.0.2"), 0);
	rig_wait(300 * NS_PER_MS);
	/* Sorted, theirs begins with .1: earlier than our .2, whatever follows. */
	rig_say("10.0.0.9",
		"q web.local ANY; ns web.local 120 A 10.0.0.9; ns web.local 120 A 10.0.0.1");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_PROBING);
}

static void s8_2_1_same_records_are_no_tie(void **state)
{
	(void)state;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "q web.local ANY qu; ns web.local 120 A 10.0.0.1");
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1");
	assert_string_equal(rig_current("web.local"), "web.local.");
}

static void s8_2_probe_of_our_second_link_on_the_wire_is_no_tie(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put_web();
	assert_int_equal(rig_put(RIG_SECOND, "web.local", "A 10.0.0.2, A 10.0.0.3"), 0);
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.2",
		"q web.local ANY qu; ns web.local 120 A 10.0.0.2; ns web.local 120 A 10.0.0.3");
	rig_say_on(RIG_SECOND, "10.0.0.1", "q web.local ANY qu; ns web.local 120 A 10.0.0.1");
	rig_say("10.0.0.2", "qr; an web.local 120 A 10.0.0.2; an web.local 120 A 10.0.0.3");
	rig_wait(5 * NS_PER_S);
	rig_say_on(RIG_SECOND, "10.0.0.1", "qr; an web.local 120 A 10.0.0.1");
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_ESTABLISHED);
	assert_int_equal(rig_status(RIG_SECOND, "web.local").state, MDNS_ESTABLISHED);
	assert_int_equal(mdns_stats(rig.m).conflicts, 0);
}

static void s8_link_that_comes_back_probes_and_announces_again(void **state)
{
	(void)state;
	put_web();
	rig_settle();
	mdns_link_down(rig.m, rig.now, RIG_LINK);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_SILENT);
	rig_say("10.0.0.9:4000", "q web.local A");
	rig_wait(NS_PER_S);
	rig_expect_silence();
	rig_link(RIG_LINK, 1500, true);
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count(PROBE, NULL), 3);
	assert_int_equal(rig_count("an web.local.", NULL), 2);
}

static void s8_link_up_again_without_change_says_nothing(void **state)
{
	(void)state;
	put_web();
	rig_settle();
	rig_link(RIG_LINK, 1500, true);
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

static void s8_restart_probes_and_announces_again(void **state)
{
	(void)state;
	put_web();
	rig_settle();
	mdns_restart(rig.m, rig.now);
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count(PROBE, NULL), 3);
	assert_int_equal(rig_count("an web.local.", NULL), 2);
}

static void s20_probes_and_announces_on_both_families(void **state)
{
	(void)state;
	rig.has_both = true;
	put_web();
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig.heard_count, 2 * (3 + 2));
	for (unsigned i = 0; i < rig.heard_count; i += 2) {
		assert_int_equal(rig.heard[i].to.peer.family, ADDR_V4);
		assert_int_equal(rig.heard[i + 1].to.peer.family, ADDR_V6);
		assert_string_equal(rig.heard[i].text, rig.heard[i + 1].text);
	}
}

static void s17_probe_of_a_name_with_many_records_is_one_large_packet(void **state)
{
	(void)state;
	char records[2048] = "A 10.0.0.1", txt[1001];
	memset(txt, 'x', sizeof(txt) - 1);
	txt[sizeof(txt) - 1] = '\0';
	snprintf(records, sizeof(records), "A 10.0.0.1, TXT %.900s, TXT %.901s", txt, txt);
	assert_int_equal(rig_put(RIG_LINK, "web.local", records), 0);
	put_web();
	assert_int_equal(rig_put(RIG_LINK, "web.local", records), 0);
	assert_int_equal(rig_put(RIG_LINK, "other.local", "A 10.0.0.1"), 0);
	rig_wait(300 * NS_PER_MS);
	assert_true(rig_expect("q web.local.")->len > 1800);
	assert_null(strstr(rig_expect("q web.local.")->text, "other"));
	rig_expect("q other.local.");
}

static void notices_tell_established_and_renamed(void **state)
{
	(void)state;
	struct mdns_notice notice;
	put_web();
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "qr; an web.local 120 A 10.0.0.9");
	rig_settle();
	assert_true(mdns_next_notice(rig.m, &notice));
	assert_int_equal(notice.type, MDNS_NOTICE_RENAMED);
	assert_memory_equal(notice.current.wire, "\5web-2\5local", 13);
	assert_memory_equal(notice.name.wire, "\3web\5local", 11);
	assert_int_equal(notice.peer.bytes[3], 9);
	assert_true(mdns_next_notice(rig.m, &notice));
	assert_int_equal(notice.type, MDNS_NOTICE_ESTABLISHED);
	assert_false(mdns_next_notice(rig.m, &notice));
}

/* Somebody else may have the name: then the reverse name leads to another one. */
static void reverse_name_waits_for_the_name_that_it_leads_to(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	rig_wait(400 * NS_PER_MS);
	rig_say("10.0.0.9:4000", "q 1.0.0.10.in-addr.arpa PTR");
	for (int i = 0; i < 5; i++) {
		char message[100];
		snprintf(message, sizeof(message), "qr; an %s 120 A flush 10.0.0.9",
			rig_current("web.local"));
		rig_say("10.0.0.9", message);
		rig_wait(400 * NS_PER_MS);
	}
	rig_expect_none("an 1.0.0.10");
	rig_wait(2 * NS_PER_S);
	const struct rig_packet *name = rig_expect("an web-"), *reverse = rig_expect("an 1.0.0.10");
	assert_true(reverse->at >= name->at && reverse->at <= name->at + NS_PER_S);
	rig_expect_none("PTR flush web.local.");
}

static void reverse_name_is_announced_together_with_its_name(void **state)
{
	(void)state;
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	put("web.local", "A 10.0.0.1");
	put("2.0.0.10.in-addr.arpa", "known PTR gone.local");
	rig_wait(3 * NS_PER_S);
	assert_int_equal(rig_count("an web.local.", "an 1.0.0.10.in-addr.arpa."), 2);
	assert_int_equal(rig_count("an 2.0.0.10.in-addr.arpa.", NULL), 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s8_1_random_delay_of_at_most_250_ms),
		CASE(s8_1_three_probes_250_ms_apart),
		CASE(s8_1_probe_asks_any_with_qu_and_proposes_without_flush),
		CASE(s8_1_announces_250_ms_after_the_last_probe),
		CASE(s8_1_does_not_answer_while_probing),
		CASE(s8_1_response_before_the_first_probe_is_ignored),
		CASE(s8_1_conflicting_response_while_probing_renames),
		CASE(s8_1_unicast_response_to_a_probe_is_a_conflict),
		CASE(s8_1_any_type_of_record_counts_while_probing),
		CASE(s8_1_record_in_the_additional_section_counts),
		CASE(s8_1_goodbye_while_probing_is_no_conflict),
		CASE(s8_1_fifteen_conflicts_in_ten_seconds_slow_down_to_five),
		CASE(s8_1_known_unique_name_needs_no_probe),
		CASE(s8_1_names_put_together_share_probe_packets),
		CASE(s8_1_too_many_names_start_in_batches_a_second_apart),
		CASE(s8_2_loser_of_a_tie_waits_a_second_and_probes_again),
		CASE(s8_2_winner_of_a_tie_goes_on),
		CASE(s8_2_bytes_compare_without_sign),
		CASE(s8_2_type_compares_before_rdata),
		CASE(s8_2_names_in_rdata_compare_uncompressed),
		CASE(s8_2_1_longer_list_wins),
		CASE(s8_2_1_lists_are_sorted_before_they_are_compared),
		CASE(s8_2_1_same_records_are_no_tie),
		CASE(s8_2_probe_of_our_second_link_on_the_wire_is_no_tie),
		CASE(s8_link_that_comes_back_probes_and_announces_again),
		CASE(s8_link_up_again_without_change_says_nothing),
		CASE(s8_restart_probes_and_announces_again),
		CASE(s20_probes_and_announces_on_both_families),
		CASE(s17_probe_of_a_name_with_many_records_is_one_large_packet),
		CASE(notices_tell_established_and_renamed),
		CASE(reverse_name_waits_for_the_name_that_it_leads_to),
		CASE(reverse_name_is_announced_together_with_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
