/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of announcing, updates, goodbyes and sizes (RFC 6762 §8.3, §8.4, §10, §17).
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void s8_3_announces_twice_a_second_apart_and_never_again(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	rig_wait(4000 * NS_PER_S);
	assert_int_equal(rig_count("qr", NULL), 2);
	assert_int_equal(rig.heard[4].at - rig.heard[3].at, NS_PER_S);
	assert_int_equal(mdns_deadline(rig.m), NS_NEVER);
}

static void s8_3_announcement_has_all_records_in_the_answer_section(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::1");
	rig_wait(2 * NS_PER_S);
	const char *text = rig_expect("qr")->text;
	assert_non_null(strstr(
		text, "an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2"));
	assert_non_null(strstr(text, "an web.local. 120 AAAA flush 2001:db8::1"));
	assert_null(strstr(text, "; q "));
}

static void s8_4_new_address_is_announced_at_once_without_a_probe(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	ns_t start = rig.now;
	put("web.local", "A 10.0.0.1, A 10.0.0.2");
	const struct rig_packet *p = rig_expect(
		"an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
	assert_int_equal(p->at, start);
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig.heard_count, 2);
}

static void s8_4_new_type_is_announced_without_a_probe(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	put("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("an web.local. 120 AAAA flush 2001:db8::1", NULL), 2);
	rig_expect_none("ANY");
	rig_expect_none("10.0.0.1");
}

static void s8_4_new_address_is_answered_at_once(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	put("web.local", "A 10.0.0.2");
	rig_forget();
	rig_say("10.0.0.9:4000", "id=5; q web.local A");
	rig_expect("an web.local. 10 A 10.0.0.2");
	rig_expect_none("10.0.0.1");
}

static void s8_4_removed_address_of_a_unique_set_gets_no_goodbye(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, A 10.0.0.2");
	put("web.local", "A 10.0.0.1");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("an web.local. 120 A flush 10.0.0.1", NULL), 2);
	rig_expect_none("10.0.0.2");
}

/* Returns how long it takes until 10.0.0.2, which is removed now, is known to be gone. */
static ns_t time_to_tell_removal(const char *question)
{
	const ns_t start = rig.now;
	rig_forget();
	put("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	while (rig_count("an web.local. 120 A flush 10.0.0.1", NULL) == 0) {
		assert_true(rig.now - start <= 10 * NS_PER_S);
		if (question)
			rig_say("10.0.0.9", question);
		rig_wait(50 * NS_PER_MS);
	}
	rig_expect_none("10.0.0.2");
	return rig_expect("an web.local. 120 A flush 10.0.0.1")->at - start;
}

static void s8_4_removal_is_told_within_a_second(void **state)
{
	static const char *const questions[] = {NULL, "q web.local AAAA", "q web.local A qu"};
	(void)state;
	for (unsigned i = 0; i < 3 * 70; i++) {
		const ns_t after = (i / 3) * 50 * NS_PER_MS;
		put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
		rig_wait(60 * NS_PER_S);
		put("web.local", "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::1");
		rig_wait(after);
		assert_in_range(time_to_tell_removal(questions[i % 3]), 0, NS_PER_S);
		put("web.local", NULL);
		rig_wait(100 * NS_PER_S);
		put("web.local", "A 10.0.0.1, A 10.0.0.2, AAAA 2001:db8::1");
		rig_wait(NS_PER_S + after);
		assert_in_range(time_to_tell_removal(questions[i % 3]), 0, NS_PER_S);
		put("web.local", NULL);
		rig_wait(100 * NS_PER_S);
	}
}

static void s8_4_removed_shared_record_gets_a_goodbye(void **state)
{
	(void)state;
	put_settled("_x._tcp.local", "shared PTR a._x._tcp.local, shared PTR b._x._tcp.local");
	put("_x._tcp.local", "shared PTR a._x._tcp.local");
	rig_expect("an _x._tcp.local. 0 PTR b._x._tcp.local.");
}

/* Puts the instances [first, end) of a service. */
static void put_instances(unsigned first, unsigned end)
{
	char records[4096];
	int len = 0;
	for (unsigned i = first; i < end; i++)
		len += snprintf(records + len, sizeof(records) - (size_t)len,
			"%sshared PTR i%u._x._tcp.local", i > first ? ", " : "", i);
	put("_x._tcp.local", records);
}

static unsigned count_records(const char *part)
{
	unsigned count = 0;
	for (unsigned i = 0; i < rig.heard_count; i++)
		for (const char *at = rig.heard[i].text; (at = strstr(at, part)) != NULL; at++)
			count++;
	return count;
}

static void s8_4_of_a_shared_set_only_what_has_changed_is_announced(void **state)
{
	(void)state;
	put_instances(0, 50);
	rig_settle();
	put_instances(0, 51); /* one more */
	rig_settle();
	rig_forget();
	put_instances(0, 52);
	rig_wait(500 * NS_PER_MS);
	assert_int_equal(count_records("an _x"), 1);
	put_instances(0, 53); /* and another, while the first waits to be announced again */
	rig_wait(5 * NS_PER_S);
	assert_in_range(count_records("PTR i51."), 2, 3);
	assert_int_equal(count_records("PTR i52."), 2);
	assert_int_equal(count_records("PTR i5."), 0);
	rig_forget();
	put_instances(1, 53); /* one less */
	rig_wait(5 * NS_PER_S);
	assert_int_equal(count_records("an _x"), 1);
	rig_expect("an _x._tcp.local. 0 PTR i0._x._tcp.local.");
}

static void s8_4_at_most_ten_updates_a_minute(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	ns_t start = rig.now;
	for (int i = 0; i < 600; i++) {
		char record[32];
		snprintf(record, sizeof(record), "A 10.0.0.%d", i % 250 + 1);
		put("web.local", record);
		rig_wait(200 * NS_PER_MS);
	}
	/* Each update is announced twice. */
	for (ns_t at = start; at + 60 * NS_PER_S < rig.now; at += NS_PER_S) {
		unsigned count = 0;
		for (unsigned i = 0; i < rig.heard_count; i++)
			count += rig.heard[i].at >= at && rig.heard[i].at < at + 60 * NS_PER_S;
		assert_in_range(count, 6, 20);
	}
}

static void s8_4_same_records_again_say_nothing(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, A 10.0.0.2");
	put("web.local", "A 10.0.0.2, A 10.0.0.1");
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

/* An update that has to wait (§8.4) would have flushed the previous address; nothing
 * else will do so. */
static void s10_1_goodbye_takes_back_what_was_replaced_and_not_yet_flushed(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	for (int i = 2; i < 20; i++) {
		char record[32];
		snprintf(record, sizeof(record), "A 10.0.0.%d", i);
		rig_forget();
		put("web.local", record);
	}
	rig_expect_silence();
	put("web.local", NULL);
	rig_expect("an web.local. 0 A flush 10.0.0.19");
}

static void s10_1_removed_name_says_goodbye_with_ttl_0(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	put("web.local", NULL);
	rig_expect(
		"qr; aa; an web.local. 0 A flush 10.0.0.1; an web.local. 0 AAAA flush 2001:db8::1");
	rig_forget();
	rig_say("10.0.0.9:4000", "q web.local A");
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

static void s10_1_last_record_of_a_type_says_goodbye(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	put("web.local", "A 10.0.0.1");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_count("an web.local. 0 AAAA flush 2001:db8::1", NULL), 1);
	rig_expect_none("10.0.0.1");
}

static void s10_1_name_removed_while_probing_says_nothing(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_wait(300 * NS_PER_MS);
	rig_forget();
	put("web.local", NULL);
	rig_wait(5 * NS_PER_S);
	rig_expect_silence();
}

static void s10_1_goodbye_of_everything_on_exit(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put("web.local", "A 10.0.0.1");
	put("1.0.0.10.in-addr.arpa", "known PTR web.local");
	assert_int_equal(rig_put(RIG_SECOND, "db.local", "A 10.0.0.5"), 0);
	rig_settle();
	mdns_goodbye(rig.m, rig.now);
	assert_true(mdns_deadline(rig.m) <= rig.now);
	rig_wait(0);
	rig_expect("an web.local. 0 A flush 10.0.0.1");
	rig_expect("an 1.0.0.10.in-addr.arpa. 0 PTR flush web.local.");
	rig_expect("an db.local. 0 A flush 10.0.0.5");
	assert_int_equal(mdns_deadline(rig.m), NS_NEVER);
}

static void s10_1_goodbye_of_everything_before_sleep(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, true);
	put("web.local", "A 10.0.0.1");
	put("printer.local", "shared PTR web.local");
	put_on(RIG_SECOND, "db.local", "A 10.0.0.5");
	rig_settle();
	rig_say("10.0.0.9", "tc; q web.local A"); /* waits for the rest of it */
	mdns_sleep(rig.m, rig.now);
	rig_wait(0);
	rig_expect("an web.local. 0 A flush 10.0.0.1");
	rig_expect("an printer.local. 0 PTR web.local.");
	rig_expect("an db.local. 0 A flush 10.0.0.5");
	assert_int_equal(mdns_deadline(rig.m), NS_NEVER);
	assert_int_equal(rig_status(RIG_LINK, "web.local").state, MDNS_SILENT);
}

static void s10_1_who_sleeps_says_nothing_until_awake(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	rig_settle();
	put("young.local", "A 10.0.0.2"); /* is not said yet */
	mdns_sleep(rig.m, rig.now);
	rig_wait(0);
	rig_expect_none("young.local");
	rig_forget();
	put("web.local", "A 10.0.0.3");
	put("late.local", "host A 10.0.0.4");
	mdns_set_company(rig.m, rig.now, RIG_LINK, 1);
	rig_link(RIG_LINK, 1400, true);
	put_on(RIG_SECOND, "late.local", "A 10.0.0.4");
	rig_link(RIG_SECOND, 1500, true);
	ask("10.0.0.9", "q web.local A");
	ask("10.0.0.9:4000", "q web.local A");
	rig_wait(60 * NS_PER_S);
	rig_expect_silence();
	mdns_set_company(rig.m, rig.now, RIG_LINK, 0);
	mdns_restart(rig.m, rig.now);
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.3");
	rig_expect("an young.local. 120 A flush 10.0.0.2");
	rig_expect("an late.local. 120 A flush 10.0.0.4");
}

static void s10_1_goodbyes_of_many_names_share_packets(void **state)
{
	(void)state;
	char owner[32];
	for (int i = 0; i < 300; i++) {
		snprintf(owner, sizeof(owner), "host%d.local", i);
		put(owner, "A 10.0.0.1");
	}
	rig_settle();
	mdns_goodbye(rig.m, rig.now);
	rig_wait(0);
	rig_expect("an host299.local. 0 A");
	assert_in_range(rig.heard_count, 4, 10);
}

static void s10_1_rescue_when_a_peer_says_goodbye_to_our_record(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1, A 10.0.0.2");
	rig_say("10.0.0.9", "qr; an web.local 0 A 10.0.0.1");
	rig_wait(NS_PER_S);
	rig_expect("an web.local. 120 A flush 10.0.0.1; an web.local. 120 A flush 10.0.0.2");
}

static void s10_1_shared_record_is_rescued_alone(void **state)
{
	(void)state;
	put_settled("_x._tcp.local", "shared PTR a._x._tcp.local, shared PTR b._x._tcp.local");
	rig_say("10.0.0.9", "qr; an _x._tcp.local 0 PTR a._x._tcp.local");
	rig_wait(2 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	rig_expect("an _x._tcp.local. 4500 PTR a._x._tcp.local.");
	rig_expect_none("PTR b.");
}

static void s10_2_flush_bit_on_unique_and_not_on_shared(void **state)
{
	(void)state;
	put("web.local", "A 10.0.0.1");
	put("_x._tcp.local", "shared PTR a._x._tcp.local");
	rig_wait(3 * NS_PER_S);
	rig_expect("web.local. 120 A flush");
	rig_expect("_x._tcp.local. 4500 PTR a._x");
	rig_expect_none("PTR flush");
}

static void s10_2_set_larger_than_a_packet_goes_at_once_in_several(void **state)
{
	(void)state;
	char records[4096] = "", *at = records;
	for (int i = 1; i < 60; i++)
		at += sprintf(at, "%sAAAA 2001:db8::%d", i > 1 ? ", " : "", i);
	put("web.local", records);
	rig_link(RIG_LINK, 576, true);
	rig_wait(2 * NS_PER_S);
	ns_t first = rig_expect("AAAA flush 2001:db8::1;")->at;
	assert_int_equal(rig_expect("AAAA flush 2001:db8::59")->at, first);
}

static void s17_packets_keep_to_the_mtu(void **state)
{
	(void)state;
	char owner[32];
	rig_link(RIG_LINK, 700, true);
	for (int i = 0; i < 300; i++) {
		snprintf(owner, sizeof(owner), "host%d.local", i);
		put(owner, "A 10.0.0.1, AAAA 2001:db8::1");
	}
	rig_wait(5 * NS_PER_S);
	rig_expect("an host299.local. 120 AAAA");
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].len <= 700 - 40 - 8);
}

static void s17_probes_have_1440_bytes_at_most(void **state)
{
	(void)state;
	char owner[32];
	rig_link(RIG_LINK, 9000, false);
	for (int i = 0; i < 300; i++) {
		snprintf(owner, sizeof(owner), "host%d.local", i);
		put(owner, "A 10.0.0.1, AAAA 2001:db8::1");
	}
	rig_wait(240 * NS_PER_MS);
	assert_true(rig_count("q host1.local. ANY", NULL) > 0);
	for (unsigned i = 0; i < rig.heard_count; i++)
		assert_true(rig.heard[i].len <= 1440);
}

static void s17_one_large_record_goes_alone(void **state)
{
	(void)state;
	char records[1200] = "TXT ";
	memset(records + 4, 'x', 1000);
	rig_link(RIG_LINK, 600, true);
	put("big.local", records);
	put("web.local", "A 10.0.0.1");
	rig_wait(2 * NS_PER_S);
	assert_true(rig_expect("an big.local.")->len > 1000);
	assert_null(strstr(rig_expect("an big.local.")->text, "web"));
	rig_expect("an web.local.");
}

static void s17_what_fits_in_no_packet_is_refused(void **state)
{
	(void)state;
	static uint8_t large[8300];
	struct rdata rdata = {large, sizeof(large)};
	struct mdns_rrset set = {.set = {.type = 65399, .ttl = 120, .count = 1, .rdata = &rdata}};
	const uint8_t *owner = (const uint8_t *)"\1a\5local";
	assert_int_equal(mdns_put(rig.m, rig.now, RIG_LINK, owner, &set, 1), ERR_RANGE);
	rdata.len = 8190;
	assert_int_equal(mdns_put(rig.m, rig.now, RIG_LINK, owner, &set, 1), 0);
	rig_wait(3 * NS_PER_S);
	assert_in_range(rig_expect("a.local. 120 TYPE65399")->len, 8190, 9000 - 48);
}

static void records_put_before_the_link_is_up_wait_for_it(void **state)
{
	(void)state;
	assert_int_equal(rig_put(9, "web.local", "A 10.0.0.1"), 0);
	rig_wait(2 * NS_PER_S);
	rig_expect_silence();
	rig_link(9, 1500, false);
	rig_wait(2 * NS_PER_S);
	rig_expect("an web.local.");
}

static void s10_1_link_that_is_left_is_told_and_no_other(void **state)
{
	(void)state;
	rig_link(RIG_SECOND, 1500, false);
	put_on(RIG_SECOND, "web.local", "A 10.0.0.1");
	put_settled("web.local", "A 10.0.0.1");
	mdns_link_leave(rig.m, rig.now, RIG_SECOND);
	rig_wait(NS_PER_MS);
	assert_int_equal(rig_count("an web.local. 0 A", NULL), 1);
	assert_int_equal(rig_expect("an web.local. 0 A")->to.link, RIG_SECOND);
	mdns_link_gone(rig.m, rig.now, RIG_SECOND);
	rig_wait(2 * NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
}

static void link_that_is_gone_takes_its_records_in_silence(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	mdns_link_gone(rig.m, rig.now, RIG_LINK);
	rig_wait(2 * NS_PER_S);
	rig_expect_silence();
	rig_link(RIG_LINK, 1500, true);
	rig_wait(2 * NS_PER_S);
	rig_expect_silence();
}

/* Brings up the second link with these families. */
static void link_with(bool has_v4, bool has_v6)
{
	struct mdns_link l = {.id = RIG_SECOND, .mtu = 1500, .has_v4 = has_v4, .has_v6 = has_v6};
	assert_int_equal(mdns_link_up(rig.m, rig.now, &l), 0);
}

static unsigned count_on(enum addr_family family, const char *part)
{
	unsigned count = 0;
	for (unsigned i = 0; i < rig.heard_count; i++)
		count += rig.heard[i].to.peer.family == family &&
			 strstr(rig.heard[i].text, part) != NULL;
	return count;
}

/* Its names are ours on one family, and the other one comes now. */
static void begin_late(bool is_v6_late)
{
	link_with(is_v6_late, !is_v6_late);
	put_on(RIG_SECOND, "web.local", "A 10.0.0.1");
	put_on(RIG_SECOND, "1.0.0.10.in-addr.arpa", "known PTR web.local");
	rig_settle();
	rig.has_both = true;
	link_with(true, true);
}

static void s20_a_family_that_comes_later_is_probed_on_and_answers_go_on(void **state)
{
	(void)state;
	for (int is_v6_late = 0; is_v6_late < 2; is_v6_late++) {
		enum addr_family late = is_v6_late ? ADDR_V6 : ADDR_V4,
				 first = is_v6_late ? ADDR_V4 : ADDR_V6;
		begin_late(is_v6_late);
		rig_say_on(RIG_SECOND, is_v6_late ? "10.0.0.9" : "fe80::9", "q web.local A");
		rig_say_on(RIG_SECOND, is_v6_late ? "fe80::9" : "169.254.0.9", "q web.local A");
		rig_say_on(
			RIG_SECOND, is_v6_late ? "fe80::9" : "169.254.0.9:4000", "q web.local A");
		rig_wait(700 * NS_PER_MS);
		assert_int_equal(count_on(first, "an web.local."), 1);
		assert_int_equal(count_on(late, "an "), 0);
		rig_wait(4 * NS_PER_S);
		assert_int_equal(count_on(late, "ns web.local. 120 A 10.0.0.1"), 3);
		assert_int_equal(count_on(first, "ns web.local."), 0);
		assert_int_equal(count_on(late, "an web.local. 120 A flush"), 2);
		assert_int_equal(count_on(late, "an 1.0.0.10.in-addr.arpa."), 2);
		rig_fini();
		rig_init((uint64_t)is_v6_late);
	}
}

/* A device that speaks IPv4 alone had the name there, at every boot of ours. */
static void s20_who_has_the_name_on_a_later_family_keeps_it(void **state)
{
	(void)state;
	begin_late(false);
	for (int i = 0; i < 10; i++) {
		rig_wait(250 * NS_PER_MS);
		if (count_on(ADDR_V4, "q web.local. ANY") > 0)
			rig_say_on(RIG_SECOND, "169.254.0.9",
				"qr; an web.local 120 A flush 169.254.0.9");
	}
	rig_settle();
	assert_int_equal(rig_status(RIG_SECOND, "web.local").state, MDNS_ESTABLISHED);
	rig_say_on(RIG_SECOND, "169.254.0.8:4000", "q web-2.local A");
	rig_expect("an web-2.local. 10 A 10.0.0.1");
}

/* What is put, lost or gone meanwhile ends as it should. */
static void s20_names_that_change_while_a_family_is_probed_on_are_announced_on_both(void **state)
{
	(void)state;
	begin_late(true);
	rig_wait(300 * NS_PER_MS);
	put_on(RIG_SECOND, "db.local", "A 10.0.0.3");
	put_on(RIG_SECOND, "web.local", NULL);
	rig_settle();
	put_on(RIG_SECOND, "cache.local", "A 10.0.0.4");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(count_on(ADDR_V6, "an cache.local. 120 A flush 10.0.0.4"), 2);
	assert_int_equal(count_on(ADDR_V4, "an cache.local. 120 A flush 10.0.0.4"), 2);
	rig_say_on(RIG_SECOND, "fe80::9", "q db.local A");
	assert_true(count_on(ADDR_V6, "an db.local.") > 0);
	link_with(true, false);
	link_with(true, true);
	link_with(true, false);
	rig_settle();
	put_on(RIG_SECOND, "cache.local", "A 10.0.0.5");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(count_on(ADDR_V4, "an cache.local. 120 A flush 10.0.0.5"), 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(s8_3_announces_twice_a_second_apart_and_never_again),
		CASE(s8_3_announcement_has_all_records_in_the_answer_section),
		CASE(s8_4_new_address_is_announced_at_once_without_a_probe),
		CASE(s8_4_new_type_is_announced_without_a_probe),
		CASE(s8_4_new_address_is_answered_at_once),
		CASE(s8_4_removed_address_of_a_unique_set_gets_no_goodbye),
		CASE(s8_4_removal_is_told_within_a_second),
		CASE(s8_4_removed_shared_record_gets_a_goodbye),
		CASE(s8_4_of_a_shared_set_only_what_has_changed_is_announced),
		CASE(s8_4_at_most_ten_updates_a_minute),
		CASE(s8_4_same_records_again_say_nothing),
		CASE(s10_1_removed_name_says_goodbye_with_ttl_0),
		CASE(s10_1_goodbye_takes_back_what_was_replaced_and_not_yet_flushed),
		CASE(s10_1_last_record_of_a_type_says_goodbye),
		CASE(s10_1_name_removed_while_probing_says_nothing),
		CASE(s10_1_goodbye_of_everything_on_exit),
		CASE(s10_1_goodbye_of_everything_before_sleep),
		CASE(s10_1_who_sleeps_says_nothing_until_awake),
		CASE(s10_1_goodbyes_of_many_names_share_packets),
		CASE(s10_1_rescue_when_a_peer_says_goodbye_to_our_record),
		CASE(s10_1_shared_record_is_rescued_alone),
		CASE(s10_2_flush_bit_on_unique_and_not_on_shared),
		CASE(s10_2_set_larger_than_a_packet_goes_at_once_in_several),
		CASE(s17_packets_keep_to_the_mtu),
		CASE(s17_probes_have_1440_bytes_at_most),
		CASE(s17_one_large_record_goes_alone),
		CASE(s17_what_fits_in_no_packet_is_refused),
		CASE(records_put_before_the_link_is_up_wait_for_it),
		CASE(s10_1_link_that_is_left_is_told_and_no_other),
		CASE(link_that_is_gone_takes_its_records_in_silence),
		CASE(s20_a_family_that_comes_later_is_probed_on_and_answers_go_on),
		CASE(s20_who_has_the_name_on_a_later_family_keeps_it),
		CASE(s20_names_that_change_while_a_family_is_probed_on_are_announced_on_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
