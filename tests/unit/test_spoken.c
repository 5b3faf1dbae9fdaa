/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of packets that wait for the signer: their order, and that nobody waits for long. Never signs, and never
 * waits in real time. Run by `make check`.
 */
#include "ontap-zone/spoken.h"

#include <string.h>

#include "base/limits.h"
#include "dnssec/sig0.h"
#include "unit.h"

enum { SENT_MAX = 2 * LIMIT_SPOKEN };

static struct rig {
	struct spoken s;
	ns_t now;
	struct {
		uint8_t id, peer;
		bool is_signed;
	} sent[SENT_MAX];
	unsigned sent_count, asked, late, in_time;
} rig;

static void send(void *arg, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	struct sig0 sig;
	(void)arg;
	assert_true(rig.sent_count < SENT_MAX);
	rig.sent[rig.sent_count].id = packet[1];
	rig.sent[rig.sent_count].peer = to->peer.bytes[3];
	rig.sent[rig.sent_count++].is_signed = sig0_find(packet, len, &sig) == 1;
}

static void sign(void *arg, uint64_t ticket, const uint8_t *packet, size_t len)
{
	(void)arg, (void)packet;
	assert_int_equal(len, MSG_HEADER_LEN);
	assert_int_equal(ticket, rig.asked + 1);
	rig.asked++;
}

static void on_late(void *arg, bool is_late)
{
	(void)arg;
	*(is_late ? &rig.late : &rig.in_time) += 1;
}

static int setup(void **state)
{
	const struct spoken_sink sink = {.send = send, .sign = sign, .on_late = on_late};
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.now = NS_PER_S;
	spoken_init(&rig.s, &sink);
	spoken_set_signer(&rig.s, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	spoken_fini(&rig.s);
	return 0;
}

/* A packet with that number, to the group (peer 251) or to one host. */
static void say(uint8_t id, uint8_t peer, bool wants_signature)
{
	const uint8_t packet[MSG_HEADER_LEN] = {0, id, 0x84};
	const struct mdns_path to = {.link = 1,
		.peer = {ADDR_V4, {10, 0, 0, peer}},
		.peer_port = MDNS_PORT,
		.is_multicast = peer == 251,
		.wants_signature = wants_signature};
	spoken_take(&rig.s, rig.now, &to, packet, sizeof(packet));
}

static void answer(uint64_t ticket, bool is_refused)
{
	static const uint8_t rdata[SIG0_HEAD + 1 + CRYPT_SIGNATURE_LEN];
	spoken_signed(&rig.s, ticket, name_local, is_refused ? NULL : rdata,
		is_refused ? 0 : sizeof(rdata));
}

static void assert_sent(unsigned i, uint8_t id, bool is_signed)
{
	assert_true(i < rig.sent_count);
	assert_int_equal(rig.sent[i].id, id);
	assert_int_equal(rig.sent[i].is_signed, is_signed);
}

static void what_follows_to_the_same_destination_waits_too(void **state)
{
	(void)state;
	say(1, 251, false);
	assert_sent(0, 1, false);
	say(2, 251, true);
	say(3, 251, false);
	say(4, 9, false);
	say(5, 9, true);
	assert_int_equal(rig.sent_count, 2);
	assert_sent(1, 4, false); /* others are not delayed */
	answer(1, false);
	assert_int_equal(rig.sent_count, 4);
	assert_sent(2, 2, true);
	assert_sent(3, 3, false);
	answer(2, true);
	assert_sent(4, 5, false);
	assert_true(spoken_is_empty(&rig.s));
	assert_true(spoken_deadline(&rig.s) == NS_NEVER);
	assert_int_equal(rig.s.stats.signed_packets, 1);
	assert_int_equal(rig.s.stats.late, 1);
	assert_int_equal(rig.late, 0);
}

static void a_late_signer_is_not_waited_for(void **state)
{
	(void)state;
	say(1, 251, true);
	rig.now += 10 * NS_PER_MS;
	say(2, 251, true);
	assert_true(spoken_deadline(&rig.s) == NS_PER_S + SPOKEN_PATIENCE);
	rig.now = NS_PER_S + SPOKEN_PATIENCE - 1;
	spoken_poll(&rig.s, rig.now);
	assert_int_equal(rig.sent_count, 0);
	rig.now++;
	spoken_poll(&rig.s, rig.now);
	assert_int_equal(rig.sent_count, 1);
	assert_sent(0, 1, false);
	/* From now on nothing waits, but for what has begun to. */
	say(3, 9, true);
	assert_sent(1, 3, false);
	assert_int_equal(rig.asked, 2);
	rig.now += 10 * NS_PER_MS;
	spoken_poll(&rig.s, rig.now);
	assert_sent(2, 2, false);
	assert_int_equal(rig.late, 1); /* told once */
	/* It has caught up when it has answered all that was asked for. */
	answer(1, false);
	say(4, 251, true);
	assert_sent(3, 4, false);
	answer(2, false);
	assert_int_equal(rig.in_time, 1);
	say(5, 251, true);
	assert_int_equal(rig.sent_count, 4);
	answer(3, false);
	assert_sent(4, 5, true);
	assert_int_equal(rig.s.stats.late, 4);
}

static void without_a_signer_nothing_waits(void **state)
{
	(void)state;
	say(1, 251, true);
	say(2, 251, false);
	spoken_set_signer(&rig.s, false);
	assert_sent(0, 1, false);
	assert_sent(1, 2, false);
	say(3, 251, true);
	assert_sent(2, 3, false);
	answer(1, false); /* of one that has been sent */
	assert_int_equal(rig.sent_count, 3);
}

static void unicast_is_signed_a_hundred_times_a_second(void **state)
{
	(void)state;
	unsigned most = 0, asked_at[300];
	for (unsigned i = 0; i < 300; i++) {
		for (int k = 0; k < 5; k++)
			say(1, 9, true);
		asked_at[i] = rig.asked;
		if (i >= 100 && rig.asked - asked_at[i - 100] > most)
			most = rig.asked - asked_at[i - 100];
		while (!spoken_is_empty(&rig.s))
			for (uint64_t t = 1; t <= rig.asked; t++)
				answer(t, false);
		rig.sent_count = 0;
		rig.now += 10 * NS_PER_MS;
	}
	assert_true(most <= LIMIT_SPOKEN_UNICAST_S && most > LIMIT_SPOKEN_UNICAST_S - 20);
	const unsigned before = rig.asked;
	for (unsigned i = 0; i < 300; i++)
		say(2, 251, true); /* the group is not limited so */
	assert_int_equal(rig.asked, before + 300);
}

static void a_full_queue_goes_out_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_SPOKEN; i++)
		say((uint8_t)i, 251, true);
	assert_int_equal(rig.sent_count, 0);
	say(200, 251, true);
	assert_int_equal(rig.sent_count, LIMIT_SPOKEN + 1);
	for (unsigned i = 0; i < LIMIT_SPOKEN; i++)
		assert_sent(i, (uint8_t)i, false);
	assert_sent(LIMIT_SPOKEN, 200, false);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {CASE(what_follows_to_the_same_destination_waits_too),
		CASE(a_late_signer_is_not_waited_for), CASE(without_a_signer_nothing_waits),
		CASE(unicast_is_signed_a_hundred_times_a_second),
		CASE(a_full_queue_goes_out_in_order)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
