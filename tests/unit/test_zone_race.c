/* SPDX-License-Identifier: ISC */
/*
 * Owns the test that readers and the writer do not disturb each other: threads look up names all
 * the time, while the main thread changes names around them, publishes and frees. A sanitizer
 * detects a node that is freed too early; without one, the test detects a name that is not found.
 * Run by `make check`.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "io/rcu.h"
#include "serve/answer.h"
#include "unit.h"
#include "wire/msg.h"
#include "zone/sign.h"
#include "zone_rig.h"

enum { READERS = 3, CHANGES = 60000, NAMES = 300, QUERY_CAP = 300 };

static struct zone *zone;
static struct view_slot views;
static _Atomic bool is_over;
static _Atomic unsigned lost;     /* wrong answers for the name that never changes */
static _Atomic unsigned unproved; /* answers without what proves them */
static bool has_do;               /* clients want signatures */
static _Atomic unsigned long asked;

/* Returns one of the names that come and go. Some are deep, so that the tree forks above them. */
static const char *passing_name(uint64_t dice, char out[64])
{
	if (dice >> 60 == 0)
		return dice >> 59 & 1 ? "x.stay.a.b.example." : "b.example.";
	snprintf(out, 64, dice >> 32 & 1 ? "h%u.e%u.f.g.example." : "h%u.example.",
		(unsigned)dice % NAMES, (unsigned)(dice >> 16) % 7);
	return out;
}

static size_t make_query(const char *owner, uint8_t query[QUERY_CAP])
{
	static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0};
	struct name n;
	if (name_from_text(owner, NULL, &n))
		return 0;
	memset(query, 0, MSG_HEADER_LEN);
	query[5] = 1;
	memcpy(query + MSG_HEADER_LEN, n.wire, n.len);
	memcpy(query + MSG_HEADER_LEN + n.len, "\0\1\0\1", 4);
	if (!has_do)
		return MSG_HEADER_LEN + n.len + 4u;
	query[11] = 1;
	memcpy(query + MSG_HEADER_LEN + n.len + 4, opt, sizeof(opt));
	return MSG_HEADER_LEN + n.len + 4u + sizeof(opt);
}

/* True if the reply to a client that wants signatures has them: SOA and a link, each with its signature, or a set
 * with one. */
static bool is_signed(const uint8_t *reply)
{
	unsigned rcode = reply[3] & 15, answers = get_u16(reply + 6), links = get_u16(reply + 8);
	return rcode == 3 ? answers == 0 && (links == 4 || links == 6)
			  : rcode == 0 && (answers == 2 ? links == 0 : answers == 0 && links == 4);
}

static void *ask_on_and_on(void *arg)
{
	struct serve_ctx *ctx = arg;
	struct serve_client client = {.port = 1, .addr.family = ADDR_V4};
	uint8_t query[QUERY_CAP], reply[EDNS_PAYLOAD];
	char text[64];
	uint64_t dice = (uintptr_t)arg;
	unsigned long count = 0;
	rcu_reader_begin();
	while (!is_over) {
		dice = hash_mix(dice, ++count);
		bool is_staying = count % 8 == 0;
		size_t len = make_query(
			is_staying ? "stay.a.b.example." : passing_name(dice, text), query);
		len = serve_answer(ctx, &client, query, len, reply, sizeof(reply));
		lost += len == 0 || (is_staying && (reply[3] & 15 || reply[7] != 1 + has_do));
		unproved += has_do && !is_signed(reply);
		if (count % 16 == 0) {
			rcu_reader_offline();
			rcu_reader_online();
		}
	}
	rcu_reader_end();
	asked += count;
	return NULL;
}

static void free_garbage(void *arg)
{
	zone_garbage_free(arg);
}

static void free_views(void *arg)
{
	view_table_free(arg);
}

/* Publishes what is complete, and signs some of what is not. */
static void commit_and_sign(void)
{
	static const uint8_t sigs[ZONE_REQUEST_MAX][RRSIG_BYTES];
	static const bool is_refused[ZONE_REQUEST_MAX];
	struct zone_request request;
	rcu_defer(free_garbage, zone_commit(zone, 1));
	while (zone_next_request(zone, &request))
		zone_signed(zone, request.ticket, sigs, is_refused, request.count);
}

static void change_on_and_on(void)
{
	uint64_t dice = 1;
	char text[64];
	for (unsigned i = 1; i <= CHANGES; i++) {
		dice = hash_mix(dice, i);
		uint8_t bytes[4] = {192, 0, 2, (uint8_t)(dice >> 40)};
		const struct rdata rdata = {bytes, sizeof(bytes)};
		const struct rrset set = {
			RR_A, dice >> 50 & 7 ? VIEW_ANY : VIEW_LAN, 60, 1, &rdata};
		struct name owner = rig_name(passing_name(dice, text));
		assert_int_equal(zone_put(zone, ZONE_DERIVED, owner.wire, &set, dice >> 20 & 1), 0);
		if (i % 10 == 0 && has_do)
			commit_and_sign();
		else if (i % 10 == 0)
			rcu_defer(free_garbage, zone_commit(zone, 1));
		if (i % 1000 == 0)
			rcu_defer(free_views, view_slot_publish(&views, view_table_new(NULL, 0)));
	}
}

static void sign_all(void)
{
	static const uint8_t dnskey[] = {1, 1, 3, 13, 9, 9};
	static const struct rdata rdata = {dnskey, sizeof(dnskey)};
	struct name apex = rig_name("example.");
	struct zone_keys keys = {.active = {{7, 13}}, .active_count = 1, .set_count = 1};
	keys.sets[0].set = (struct rrset){RR_DNSKEY, VIEW_ANY, 60, 1, &rdata};
	keys.sets[0].sig_count = 1;
	keys.sets[0].sigs[0] = (struct rrsig){.key = {7, 13}, .expiration = UINT32_MAX};
	assert_int_equal(zone_sign(zone, apex.wire), 0);
	assert_int_equal(zone_set_keys(zone, apex.wire, &keys), 0);
	zone_set_clock(zone, 1700000000);
	do
		commit_and_sign();
	while (zone_is_signing(zone));
}

static void race(void)
{
	static struct serve_ctx ctx[READERS];
	pthread_t threads[READERS];
	is_over = false;
	for (int i = 0; i < READERS; i++) {
		ctx[i].zone = zone_reader(zone);
		ctx[i].views = &views;
		assert_int_equal(pthread_create(&threads[i], NULL, ask_on_and_on, &ctx[i]), 0);
	}
	change_on_and_on();
	is_over = true;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rcu_drain();
	assert_int_equal(lost, 0);
	assert_int_equal(unproved, 0);
	assert_true(asked > 0);
}

static int set_up(void **state)
{
	(void)state;
	zone = zone_new(11, (struct zone_listener){NULL, NULL});
	rig_apex(zone, "example.");
	rig_put(zone, ZONE_DERIVED, "stay.a.b.example.", "60 A 192.0.2.1", NULL);
	rig_commit(zone, 1);
	assert_null(view_slot_publish(&views, view_table_new(NULL, 0)));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	view_table_free(view_slot_publish(&views, NULL));
	zone_free(zone);
	return 0;
}

static void what_stays_is_found_while_all_around_changes(void **state)
{
	(void)state;
	race();
}

static void answers_of_a_signed_zone_have_their_proofs(void **state)
{
	(void)state;
	has_do = true;
	sign_all();
	race();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_stays_is_found_while_all_around_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			answers_of_a_signed_zone_have_their_proofs, set_up, tear_down),
	};
	rcu_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
