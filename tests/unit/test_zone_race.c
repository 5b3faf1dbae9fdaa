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
#include "zone_rig.h"

enum { READERS = 3, CHANGES = 60000, NAMES = 300, QUERY_CAP = 300 };

static struct zone *zone;
static struct view_slot views;
static _Atomic bool is_over;
static _Atomic unsigned lost; /* wrong answers for the name that never changes */
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
	struct name n;
	if (name_from_text(owner, NULL, &n))
		return 0;
	memset(query, 0, MSG_HEADER_LEN);
	query[5] = 1;
	memcpy(query + MSG_HEADER_LEN, n.wire, n.len);
	memcpy(query + MSG_HEADER_LEN + n.len, "\0\1\0\1", 4);
	return MSG_HEADER_LEN + n.len + 4u;
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
		lost += len == 0 || (is_staying && (reply[3] & 15 || reply[7] != 1));
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
		if (i % 10 == 0)
			rcu_defer(free_garbage, zone_commit(zone, 1));
		if (i % 1000 == 0)
			rcu_defer(free_views, view_slot_publish(&views, view_table_new(NULL, 0)));
	}
}

static void what_stays_is_found_while_all_around_changes(void **state)
{
	static struct serve_ctx ctx[READERS];
	pthread_t threads[READERS];
	(void)state;
	zone = zone_new(11, (struct zone_listener){NULL, NULL});
	rig_apex(zone, "example.");
	rig_put(zone, ZONE_DERIVED, "stay.a.b.example.", "60 A 192.0.2.1", NULL);
	rig_commit(zone, 1);
	assert_null(view_slot_publish(&views, view_table_new(NULL, 0)));
	rcu_start(NULL);
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
	view_table_free(view_slot_publish(&views, NULL));
	zone_free(zone);
	assert_int_equal(lost, 0);
	assert_true(asked > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_found_while_all_around_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
