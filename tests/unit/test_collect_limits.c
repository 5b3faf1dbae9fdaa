/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/collect about what is bounded, and who has a share of it that nobody takes. Run by `make check`.
 */
#include <stdio.h>

#include "collect_rig.h"
#include "unit.h"

enum { KEEP_S = 30 * 86400, FIRST_KEYS = LIMIT_COLLECT_KEYS / LIMIT_COLLECT_FIRST_PART };

static struct rig rig;
static struct rig_packet m;
static struct rig_host h1, h2;

/* A collector that trusts h1, by a file, and any that comes first. */
static int setup(void **state)
{
	static struct collect_trust trust;
	(void)state;
	h1 = rig_host(1);
	h2 = rig_host(2);
	trust = (struct collect_trust){
		.signer = h1.signer.wire, .key = {h1.rdata, (uint16_t)h1.rdata_len}};
	rig_begin(&rig,
		&(struct collect_config){
			.keep_s = KEEP_S, .trust = &trust, .trust_count = 1, .trusts_first = true});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

static struct rig_host host_of(unsigned i)
{
	return rig_host(100 + 4 * i + 1);
}

/* As fast as one source is heard. */
static void wait_for_budget(void)
{
	rig.now += NS_PER_S / LIMIT_COLLECT_SOURCE_S;
}

static enum collect_verdict say(const struct rig_host *h, const char *host)
{
	wait_for_budget();
	return rig_say(&rig, h, host, host, "192.0.2.7", 120);
}

static enum collect_verdict say_key(const struct rig_host *h)
{
	wait_for_budget();
	packet_begin(&m);
	packet_add_key(&m, h);
	packet_sign(&m, h, rig.now_s - 60);
	return packet_send(&rig, RIG_LINK, &m);
}

/* Keys. */

static void a_first_key_without_names_gives_way(void **state)
{
	(void)state;
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "web"), COLLECT_ACCEPTED);
	for (unsigned i = 1; i < FIRST_KEYS; i++) {
		const struct rig_host h = host_of(i);
		assert_int_equal(say_key(&h), COLLECT_ACCEPTED);
	}
	assert_int_equal(collect_stats(rig.c).keys, 1 + FIRST_KEYS);
	const struct rig_host late = host_of(0), oldest = host_of(1), next = host_of(2);
	assert_int_equal(say_key(&late), COLLECT_ACCEPTED);
	assert_int_equal(say(&late, "mail"), COLLECT_ACCEPTED);
	assert_int_equal(collect_stats(rig.c).keys, 1 + FIRST_KEYS);
	/* The one that was heard longest ago, but not one that has names. */
	assert_int_equal(say(&oldest, "www"), COLLECT_STRANGER);
	assert_int_equal(say(&next, "www"), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "other"), COLLECT_ACCEPTED);
}

/* Hosts of unverified packets. */
static void ask_for(unsigned host, unsigned source)
{
	const struct rig_host h = host_of(host);
	const uint8_t bytes[] = {10, 1, (uint8_t)(source >> 8), (uint8_t)source};
	const struct addr a = rig_addr("192.0.2.7"), peer = addr_make(ADDR_V4, bytes);
	packet_begin(&m);
	packet_add_addr(&m, "web", &a, 120);
	packet_sign(&m, &h, rig.now_s - 60);
	wait_for_budget();
	assert_int_equal(packet_send_from(&rig, RIG_LINK, &m, &peer), COLLECT_STRANGER);
}

static void questions_for_keys_end_and_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_COLLECT_KEYS_ASKED + 10; i++)
		ask_for(i, i);
	assert_int_equal(rig.asks, 1 + LIMIT_COLLECT_KEYS_ASKED);
	rig_pass(&rig, LIMIT_COLLECT_KEY_ASKED_S);
	assert_int_equal(rig.asks, 1);
}

static void assert_asked(unsigned host)
{
	char name[NAME_TEXT_CAP];
	const struct rig_host h = host_of(host);
	assert_string_equal(rig.last_ask, name_to_text(h.local.wire, name));
}

static void one_source_has_a_share_of_the_questions_for_keys(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_COLLECT_SOURCE_KEYS_ASKED + 4; i++)
		ask_for(i, 1);
	assert_int_equal(rig.asks, 1 + LIMIT_COLLECT_SOURCE_KEYS_ASKED);
	assert_asked(LIMIT_COLLECT_SOURCE_KEYS_ASKED - 1);
	/* There was time to answer: its own oldest one gives way. */
	rig_pass(&rig, 1);
	ask_for(20, 1);
	assert_int_equal(rig.asks, 1 + LIMIT_COLLECT_SOURCE_KEYS_ASKED);
	assert_asked(20);
	/* Others are not in its way, nor it in theirs. */
	for (unsigned i = LIMIT_COLLECT_SOURCE_KEYS_ASKED; i < LIMIT_COLLECT_KEYS_ASKED; i++)
		ask_for(100 + i, 100 + i);
	assert_int_equal(rig.asks, 1 + LIMIT_COLLECT_KEYS_ASKED);
	rig_pass(&rig, 1);
	ask_for(30, 2);
	assert_asked(30);
	assert_int_equal(rig.asks, 1 + LIMIT_COLLECT_KEYS_ASKED);
}

/* Names. */

static void a_key_has_so_many_names(void **state)
{
	(void)state;
	char host[16];
	for (unsigned i = 0; i < LIMIT_PUBLIC_NAMES; i++) {
		snprintf(host, sizeof(host), "n%u", i);
		assert_int_equal(say(&h1, host), COLLECT_ACCEPTED);
		if (i % LIMIT_COLLECT_SOURCE_S == 0)
			rig_pass(&rig, 1); /* so many packets of a second are remembered */
	}
	assert_int_equal(collect_stats(rig.c).names, LIMIT_PUBLIC_NAMES);
	/* One more is told once: it is not worth a signature any more. */
	assert_int_equal(say(&h1, "one-more"), COLLECT_ACCEPTED);
	assert_int_equal(rig.news[COLLECT_NEWS_FULL], 1);
	assert_int_equal(say(&h1, "one-more"), COLLECT_KNOWN);
	assert_int_equal(say(&h1, "another"), COLLECT_KNOWN);
	rig_assert(&rig, "one-more", NULL, 0);
	assert_int_equal(rig.news[COLLECT_NEWS_FULL], 1);
	/* Until there was room. */
	assert_int_equal(rig_say(&rig, &h1, "n0", "n0", "192.0.2.7", 0), COLLECT_ACCEPTED);
	rig_pass(&rig, 1);
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "n0"), 0);
	assert_int_equal(say(&h1, "one-more"), COLLECT_ACCEPTED);
	rig_assert(&rig, "one-more", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(say(&h1, "another"), COLLECT_ACCEPTED);
	assert_int_equal(rig.news[COLLECT_NEWS_FULL], 2);
}

/* As many names as a key has, with addresses only. */
static void say_addrs(const struct rig_host *h)
{
	enum { OF_PACKET = 256 };
	char host[16];
	const struct addr a = rig_addr("192.0.2.7");
	for (unsigned at = 0; at < LIMIT_COLLECT_KEY_NAMES; at += OF_PACKET) {
		packet_begin(&m);
		for (unsigned i = at; i < at + OF_PACKET; i++) {
			snprintf(host, sizeof(host), "n%u", i);
			packet_add_addr(&m, host, &a, LIMIT_COLLECT_TTL_S);
		}
		packet_sign(&m, h, rig.now_s - 60);
		wait_for_budget();
		(void)packet_send(&rig, RIG_LINK, &m);
	}
}

static void first_keys_leave_half_of_what_is_said(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_COLLECT_NAMES / LIMIT_COLLECT_KEY_NAMES; i++) {
		const struct rig_host h = host_of(i);
		assert_int_equal(say_key(&h), COLLECT_ACCEPTED);
		say_addrs(&h);
	}
	const unsigned told = rig.news[COLLECT_NEWS_FULL];
	assert_true(told > 0);
	assert_int_equal(say_key(&h2), COLLECT_ACCEPTED);
	assert_int_equal(say(&h2, "mail"), COLLECT_ACCEPTED);
	rig_assert(&rig, "mail", NULL, 0);
	assert_int_equal(rig.news[COLLECT_NEWS_FULL], told + 1);
	assert_int_equal(say(&h1, "web"), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig.news[COLLECT_NEWS_FULL], told + 1);
}

#define LIMIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIMIT_TEST(a_first_key_without_names_gives_way),
		LIMIT_TEST(questions_for_keys_end_and_are_bounded),
		LIMIT_TEST(one_source_has_a_share_of_the_questions_for_keys),
		LIMIT_TEST(a_key_has_so_many_names),
		LIMIT_TEST(first_keys_leave_half_of_what_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
