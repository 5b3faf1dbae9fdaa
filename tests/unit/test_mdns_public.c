/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of public names: which packets want a signature, and that they have room for it. Never waits in real
 * time, and never signs. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/msgtext.h"
#include "base/limits.h"
#include "dnssec/sig0.h"
#include "wire/rr.h"

enum { ROOM = 150 };

static int setup(void **state)
{
	rig_setup(state);
	mdns_set_signature(rig.m, ROOM);
	return 0;
}

/* The instance of a public name, as the pipeline puts it. */
static void put_public(const char *label, const char *addrs)
{
	char owner[128], instance[128], srv[320];
	snprintf(owner, sizeof(owner), "%s.local", label);
	snprintf(instance, sizeof(instance), "%s._ontap._udp.local", label);
	snprintf(srv, sizeof(srv), "public SRV 0 %s.local, public TXT d=%s", label, label);
	put(owner, addrs);
	put(instance, srv);
}

static unsigned count_signed(void)
{
	unsigned count = 0;
	for (unsigned i = 0; i < rig.heard_count; i++)
		count += rig.heard[i].to.wants_signature;
	return count;
}

static void packets_with_public_records_want_a_signature(void **state)
{
	(void)state;
	put_public("www", "public A 10.0.0.1");
	put("db.local", "A 10.0.0.2");
	rig_wait(5 * NS_PER_S);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		const bool is_announcement = strstr(rig.heard[i].text, "qr;") != NULL;
		assert_int_equal(rig.heard[i].to.wants_signature, is_announcement);
	}
	assert_true(count_signed() >= 2);
	rig_forget();
	ask("10.0.0.9", "q db.local A");
	assert_int_equal(rig_count("db.local.", NULL), 1);
	assert_int_equal(count_signed(), 0);
	ask("10.0.0.9", "q www.local A");
	ask("10.0.0.9", "q www.local AAAA");
	rig_forget();
	rig_wait(100 * NS_PER_S);
	ask("10.0.0.9", "q www._ontap._udp.local SRV");
	ask("10.0.0.9", "q www.local AAAA");
	assert_int_equal(rig.heard_count, 2);
	assert_int_equal(count_signed(), 2);
	rig_forget();
	put("www.local", NULL);
	rig_wait(NS_PER_S);
	assert_true(rig_expect("an www.local. 0 A")->to.wants_signature);
	rig_forget();
	put("db.local", NULL);
	rig_wait(NS_PER_S);
	assert_false(rig_expect("an db.local. 0 A")->to.wants_signature);
}

/* Whoever has not asked for it would not know what it is. */
static void unicast_is_signed_for_who_asks_with_do(void **state)
{
	(void)state;
	put_public("www", "public A 10.0.0.1");
	put("db.local", "A 10.0.0.2");
	rig_settle();
	static const struct {
		const char *from, *query;
		bool is_signed;
	} cases[] = {{"10.0.0.9", "q www.local A qu; ar . 32768 OPT", true},
		{"10.0.0.9!", "q www.local A; ar . 32768 OPT", true},
		{"10.0.0.9", "q www.local AAAA qu; ar . 32768 OPT", true},
		{"10.0.0.9", "q db.local A qu; ar . 32768 OPT", false},
		{"10.0.0.9", "q www.local A qu; ar . 0 OPT", false},
		{"10.0.0.9", "q www.local A qu; ar . 32768 A 10.9.9.9", false},
		{"10.0.0.9", "q www.local A qu", false},
		{"10.0.0.9:4000", "id=1; q www.local A qu; ar . 32768 OPT", false},
		{"10.0.0.9:4000", "id=1; q www.local A", false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* The multicast of the denial comes first: then it is fresh. */
		ask("10.0.0.8", "q www.local AAAA");
		rig_forget();
		ask(cases[i].from, cases[i].query);
		if (rig.heard_count != 1 || rig.heard[0].to.is_multicast ||
			rig.heard[0].to.wants_signature != cases[i].is_signed)
			fail_msg("case %zu: %u packets: %s", i, rig.heard_count,
				rig.heard_count ? rig.heard[0].text : "");
		rig_forget();
	}
	/* Known answers in further packets do not make it forget that. */
	rig_say("10.0.0.9", "tc; q www.local A qu; ar . 32768 OPT");
	rig_wait(NS_PER_S);
	assert_int_equal(rig.heard_count, 1);
	assert_true(rig.heard[0].to.wants_signature);
}

/* What is said of names without a signature is what was said before, packet by packet. */
static void other_packets_are_the_same_to_the_byte(void **state)
{
	(void)state;
	static struct rig_packet before[RIG_HEARD];
	unsigned before_count = 0;
	for (int is_second = 0; is_second < 2; is_second++) {
		rig_fini();
		rig_init(7);
		if (is_second)
			mdns_set_signature(rig.m, ROOM);
		for (unsigned i = 0; i < 60; i++) {
			char owner[32], addrs[64];
			snprintf(owner, sizeof(owner), "host-with-a-name-%u.local", i);
			snprintf(addrs, sizeof(addrs), "A 10.0.0.%u, AAAA 2001:db8::%u", i + 1,
				i + 1);
			put(owner, addrs);
		}
		rig_wait(5 * NS_PER_S);
		ask("10.0.0.9", "q host-with-a-name-7.local ANY qu; ar . 32768 OPT");
		ask("10.0.0.9", "q host-with-a-name-8.local ANY");
		ask("10.0.0.9:4000", "id=9; q host-with-a-name-9.local A");
		mdns_goodbye(rig.m, rig.now);
		rig_wait(NS_PER_S);
		if (is_second)
			break;
		before_count = rig.heard_count;
		assert_true(before_count > 10);
		for (unsigned i = 0; i < before_count; i++) {
			before[i] = rig.heard[i];
			rig.heard[i] = (struct rig_packet){.len = 0};
		}
	}
	assert_int_equal(rig.heard_count, before_count);
	for (unsigned i = 0; i < before_count; i++) {
		assert_false(rig.heard[i].to.wants_signature);
		assert_int_equal(rig.heard[i].len, before[i].len);
		assert_memory_equal(rig.heard[i].bytes, before[i].bytes, before[i].len);
		assert_true(rig.heard[i].at == before[i].at);
		free(before[i].bytes);
		free(before[i].text);
	}
}

/* Many of both kinds: what is mixed has room, and the rest is as full as it was. */
static void there_is_room_for_the_signature(void **state)
{
	(void)state;
	const size_t payload = multicast_payload(1500, LANES_ALL);
	size_t longest[2] = {0};
	for (unsigned i = 0; i < 200; i++) {
		char label[32], addrs[64];
		snprintf(label, sizeof(label), "name-%u", i);
		if (i % 2) {
			snprintf(addrs, sizeof(addrs), "public A 10.0.1.%u", i);
			put_public(label, addrs);
		} else {
			snprintf(addrs, sizeof(addrs), "A 10.0.1.%u, AAAA 2001:db8::%u", i, i);
			strcat(label, ".local");
			put(label, addrs);
		}
	}
	rig_wait(10 * NS_PER_S);
	mdns_goodbye(rig.m, rig.now);
	rig_wait(NS_PER_S);
	for (unsigned i = 0; i < rig.heard_count; i++) {
		const struct rig_packet *p = &rig.heard[i];
		const bool is_public = strstr(p->text, "_ontap") || strstr(p->text, "A 10.0.1.1;");
		const bool is_response = strstr(p->text, "qr;");
		size_t *most = &longest[p->to.wants_signature];
		assert_true(p->len + (p->to.wants_signature ? ROOM : 0) <= payload);
		assert_true(!is_public || !is_response || p->to.wants_signature);
		*most = p->len > *most ? p->len : *most;
	}
	assert_true(longest[1] > payload - ROOM - 100);
	assert_true(longest[0] > payload - 200);
}

/* As the KEY of the host: who wants it asks. */
static void a_quiet_set_is_answered_and_not_announced(void **state)
{
	(void)state;
	put("box.local", "A 10.0.0.5, public quiet TXT key");
	rig_wait(5 * NS_PER_S);
	rig_expect("an box.local. 120 A");
	rig_expect("ns box.local. 120 A");
	rig_expect_none("TXT");
	assert_int_equal(count_signed(), 0);
	rig_forget();
	ask("10.0.0.9", "q box.local A");
	ask("10.0.0.9", "q box.local MX");
	assert_int_equal(count_signed(), 0);
	rig_expect("A TXT"); /* the denial does not deny it */
	rig_forget();
	ask("10.0.0.9", "q box.local TXT");
	assert_true(rig_expect("an box.local. 4500 TXT flush key")->to.wants_signature);
	rig_forget();
	/* Another host with the same name and address does not win by having less. */
	put("cat.local", "A 10.0.0.6, public quiet TXT key");
	rig_wait(300 * NS_PER_MS);
	rig_say("10.0.0.9", "q cat.local ANY qu; ns cat.local 120 A 10.0.0.6");
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig_status(RIG_LINK, "cat.local").state, MDNS_ESTABLISHED);
}

/* Appends a record as a signature is: what it says does not matter. */
static size_t add_signature(uint8_t *packet, size_t len, size_t cap)
{
	static const uint8_t rdata[SIG0_HEAD + 1 + CRYPT_SIGNATURE_LEN];
	const struct name owner = msgtext_name("box.local");
	assert_int_equal(
		sig0_append(packet, &len, cap, owner.wire, CLASS_IN, rdata, sizeof(rdata)), 0);
	return len;
}

static void come(uint8_t last, uint8_t *packet, size_t len)
{
	const struct mdns_path from = {.link = RIG_LINK,
		.peer = {ADDR_V4, {10, 0, 0, last}},
		.peer_port = MDNS_PORT,
		.is_multicast = true};
	mdns_input(rig.m, rig.now, &from, packet, len);
}

/* Its signature is about the packet: no other responder has spoken, and no name is contradicted. */
static void a_signed_packet_that_comes_back_is_ours(void **state)
{
	uint8_t packet[9000];
	size_t len;
	for (int is_noted = 0; is_noted < 2; is_noted++) {
		rig_fini();
		setup(state);
		mdns_set_company(rig.m, rig.now, RIG_LINK, 0);
		put("box.local", "host public A 10.0.0.200");
		rig_wait(2 * NS_PER_S);
		const struct rig_packet *p = rig_expect("an box.local. 120 A");
		memcpy(packet, p->bytes, p->len);
		len = add_signature(packet, p->len, sizeof(packet));
		if (is_noted)
			mdns_note_signed(rig.m, &p->to, packet, len);
		come(200, packet, len);
		assert_int_equal(
			rig_status(RIG_LINK, "box.local").state == MDNS_DEFERRED, !is_noted);
	}
	/* With something else in the packet, it says nothing of the name that the signature has. */
	len = msgtext_pack("qr; aa; an other.local 120 A 10.0.0.9", packet);
	len = add_signature(packet, len, sizeof(packet));
	come(9, packet, len);
	come(200, packet, len);
	rig_wait(NS_PER_S);
	const enum mdns_state now = rig_status(RIG_LINK, "box.local").state;
	assert_true(now == MDNS_ANNOUNCING || now == MDNS_ESTABLISHED);
	assert_int_equal(mdns_stats(rig.m).conflicts, 0);
}

static void a_public_record_leaves_room_in_the_largest_packet(void **state)
{
	(void)state;
	static uint8_t bytes[LIMIT_MDNS_RDATA];
	struct rdata rdata = {bytes, LIMIT_MDNS_RDATA - LIMIT_MDNS_SIGNATURE};
	struct mdns_rrset set = {.set = {.type = RR_TXT, .ttl = 120, .count = 1, .rdata = &rdata},
		.is_public = true};
	const struct name owner = msgtext_name("big.local");
	mdns_set_signature(rig.m, SIZE_MAX);
	assert_int_equal(mdns_put(rig.m, rig.now, RIG_LINK, owner.wire, &set, 1), 0);
	rig_wait(5 * NS_PER_S);
	assert_int_equal(rig.heard_count, 2);
	assert_true(rig.heard[0].to.wants_signature);
	assert_true(rig.heard[0].len + LIMIT_MDNS_SIGNATURE <= LIMIT_MDNS_PACKET - 48);
	rdata.len++;
	assert_int_equal(mdns_put(rig.m, rig.now, RIG_LINK, owner.wire, &set, 1), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			packets_with_public_records_want_a_signature, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			unicast_is_signed_for_who_asks_with_do, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			other_packets_are_the_same_to_the_byte, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			there_is_room_for_the_signature, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_quiet_set_is_answered_and_not_announced, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_signed_packet_that_comes_back_is_ours, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_public_record_leaves_room_in_the_largest_packet, setup, rig_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
