/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the journal and the messages of transfers: a secondary that follows step by
 * step ends equal to one that gets the whole zone. Never tests signatures: test_tsig.c does. Run by
 * `make check`.
 */
#include "transfer/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secondary_rig.h"
#include "transfer/catalog.h"
#include "unit.h"
#include "zone_rig.h"

struct world {
	struct zone *zone;
	struct journal *journal;
	unsigned visits;
	uint32_t floor;
};

static void on_change(void *arg, const struct zone_change *change)
{
	struct world *w = arg;
	if (w->journal)
		journal_change(w->journal, change);
}

static void on_serial(void *arg, const uint8_t *apex, uint32_t serial)
{
	struct world *w = arg;
	(void)apex;
	(void)serial;
	w->visits++;
}

static void commit(struct world *w)
{
	rig_commit(w->zone, ++w->floor);
	journal_commit(w->journal, w->floor, on_serial, w);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->floor = 100;
	w->zone = zone_new(1, (struct zone_listener){.on_change = on_change, .arg = w});
	rig_apex(w->zone, "example.");
	rig_put(w->zone, ZONE_DERIVED, "a.example.", "60 A 192.0.2.1", "60 AAAA @lan fd00::1",
		NULL);
	rig_commit(w->zone, w->floor);
	w->journal = journal_new(2, w->zone);
	assert_non_null(w->journal);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	journal_free(w->journal);
	zone_free(w->zone);
	free(w);
	return 0;
}

static void follow(struct world *w, const char *zone, uint8_t view, struct secondary *s)
{
	struct name apex = rig_name(zone);
	secondary_init(s, apex.wire, view);
	assert_true(secondary_refresh(s, w->journal));
}

static void assert_equal_to_whole(struct world *w, struct secondary *s)
{
	struct secondary whole;
	assert_true(secondary_refresh(s, w->journal));
	secondary_init(&whole, s->zone.wire, s->view);
	assert_true(secondary_refresh(&whole, w->journal));
	assert_true(secondary_equal(s, &whole));
	secondary_fini(&whole);
}

static void each_view_gets_what_it_may_see(void **state)
{
	struct world *w = *state;
	struct secondary lan, wan;
	follow(w, "example.", VIEW_LAN, &lan);
	follow(w, "example.", VIEW_WAN, &wan);
	assert_int_equal(lan.count, 4);
	assert_int_equal(wan.count, 3);
	secondary_fini(&lan);
	secondary_fini(&wan);
}

static void steps_lead_to_the_whole_zone(void **state)
{
	struct world *w = *state;
	struct secondary lan, wan;
	follow(w, "example.", VIEW_LAN, &lan);
	follow(w, "example.", VIEW_WAN, &wan);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	commit(w);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", "30 A 192.0.2.1 192.0.2.3", NULL);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", NULL);
	commit(w);
	assert_equal_to_whole(w, &lan);
	assert_equal_to_whole(w, &wan);
	assert_int_equal(lan.steps, 2);
	assert_int_equal(w->visits, 2);
	secondary_fini(&lan);
	secondary_fini(&wan);
}

static void what_comes_and_goes_in_one_batch_is_not_told(void **state)
{
	struct world *w = *state;
	struct secondary s;
	follow(w, "example.", VIEW_WAN, &s);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", NULL);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", NULL);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", "60 A 192.0.2.1", NULL);
	commit(w);
	assert_equal_to_whole(w, &s); /* the strict secondary would not take it otherwise */
	assert_int_equal(s.steps, 1);
	secondary_fini(&s);
}

static void a_change_of_ttl_or_view_alone_is_told(void **state)
{
	struct world *w = *state;
	struct secondary lan, wan;
	follow(w, "example.", VIEW_LAN, &lan);
	follow(w, "example.", VIEW_WAN, &wan);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", "60 A @lan 192.0.2.1", "90 AAAA fd00::1",
		NULL);
	commit(w);
	assert_equal_to_whole(w, &lan);
	assert_equal_to_whole(w, &wan);
	secondary_fini(&lan);
	secondary_fini(&wan);
}

static void an_unknown_or_future_serial(void **state)
{
	struct world *w = *state;
	struct secondary s;
	follow(w, "example.", VIEW_WAN, &s);
	s.serial = 7; /* long ago: the whole zone */
	assert_true(secondary_refresh(&s, w->journal));
	assert_int_equal(s.count, 3);
	assert_int_equal(s.steps, 0);
	s.serial +=
		5; /* RFC 1995 §2: it is ahead of us, so there is nothing to be told but the SOA */
	struct xfr x = {
		.ask = {.zone = s.zone, .type = RR_IXFR, .serial = s.serial, .view = s.view}};
	uint8_t out[512];
	assert_int_equal(journal_source(w->journal, &x.ask, 0, &x.source), 0);
	assert_true(x.source->is_single);
	assert_true(xfr_next(&x, 0, out, sizeof(out)) > 0);
	assert_int_equal(get_u16(out + 6), 1);
	assert_int_equal(xfr_next(&x, 0, out, sizeof(out)), 0);
	xfr_fini(&x);
	secondary_fini(&s);
}

static void many_records_are_many_messages(void **state)
{
	struct world *w = *state;
	struct secondary s;
	char owner[64], line[64];
	for (int i = 0; i < 3000; i++) {
		snprintf(owner, sizeof(owner), "host-%d.Sub.example.", i);
		snprintf(line, sizeof(line), "60 A 192.0.%d.%d", i / 250, i % 250);
		rig_put(w->zone, ZONE_DERIVED, owner, line, NULL);
	}
	commit(w);
	follow(w, "example.", VIEW_WAN, &s);
	assert_int_equal(s.count, 3003);
	assert_in_range(s.messages, 4, 10);
	secondary_fini(&s);
}

static void the_history_is_bounded(void **state)
{
	struct world *w = *state;
	struct secondary s;
	char line[64];
	follow(w, "example.", VIEW_WAN, &s);
	for (int i = 0; i < 30000; i++) {
		snprintf(line, sizeof(line), "60 A 10.%d.%d.1", i / 250, i % 250);
		rig_put(w->zone, ZONE_DERIVED, "b.example.", line, NULL);
		commit(w);
	}
	struct journal_stats stats = journal_stats(w->journal);
	assert_in_range(stats.bytes, LIMIT_JOURNAL_ZONE / 2, LIMIT_JOURNAL_ZONE);
	assert_true(stats.forgotten > 0);
	assert_equal_to_whole(w, &s); /* by AXFR */
	assert_int_equal(s.steps, 0);
	secondary_fini(&s);
}

static void one_batch_that_is_too_large_ends_the_history(void **state)
{
	struct world *w = *state;
	struct secondary s;
	char owner[64];
	follow(w, "example.", VIEW_WAN, &s);
	for (int i = 0; i < 100000; i++) {
		snprintf(owner, sizeof(owner), "host-%d.a-somewhat-longer-name.example.", i);
		rig_put(w->zone, ZONE_DERIVED, owner, "60 A 192.0.2.1", NULL);
	}
	commit(w);
	assert_int_equal(journal_stats(w->journal).steps, 0);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	commit(w);
	assert_int_equal(journal_stats(w->journal).steps, 1);
	assert_equal_to_whole(w, &s);
	secondary_fini(&s);
}

/* The zone above loses the names below the new apex without a word about each. */
static void a_zone_below_takes_its_names_out_of_the_one_above(void **state)
{
	struct world *w = *state;
	struct secondary s;
	struct name ns = rig_name("ns.sub.example."), sub = rig_name("sub.example.");
	rig_put(w->zone, ZONE_DERIVED, "x.sub.example.", "60 A 192.0.2.9", NULL);
	commit(w);
	follow(w, "example.", VIEW_WAN, &s);
	rig_apex(w->zone, "sub.example.");
	commit(w);
	assert_equal_to_whole(w, &s);
	assert_true(secondary_has(&s, sub.wire, RR_NS, ns.wire, ns.len));
	assert_int_equal(s.count, 4); /* SOA, NS, a.example, and the delegation */
	rig_put(w->zone, ZONE_DERIVED, "x.sub.example.", "60 A 192.0.2.10", NULL);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.10", NULL);
	commit(w);
	assert_equal_to_whole(w, &s);
	assert_int_equal(zone_remove_apex(w->zone, sub.wire), 0);
	commit(w);
	assert_equal_to_whole(w, &s);
	secondary_fini(&s);
}

static void the_catalog_follows_the_zones(void **state)
{
	struct world *w = *state;
	struct name catalog = rig_name("_catalog.example."), other = rig_name("10.in-addr.arpa.");
	struct catalog_member member;
	struct secondary s;
	assert_int_equal(journal_set_catalog(w->journal, catalog.wire, w->floor), 0);
	follow(w, "_catalog.example.", VIEW_WAN, &s);
	assert_int_equal(s.count, 4); /* SOA, NS, version, example. */
	rig_apex(w->zone, "10.in-addr.arpa.");
	commit(w);
	assert_equal_to_whole(w, &s);
	assert_int_equal(s.count, 5);
	assert_int_equal(catalog_member(catalog.wire, other.wire, &member), 0);
	assert_true(secondary_has(&s, member.owner.wire, RR_PTR, other.wire, other.len));
	uint32_t serial = s.serial;
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	commit(w);
	assert_equal_to_whole(w, &s);
	assert_int_equal(s.serial, serial); /* the same zones */
	assert_int_equal(zone_remove_apex(w->zone, other.wire), 0);
	commit(w);
	assert_equal_to_whole(w, &s);
	assert_int_equal(s.count, 4);
	secondary_fini(&s);
}

static void a_zone_that_is_gone_is_not_transferred(void **state)
{
	struct world *w = *state;
	struct name apex = rig_name("example.");
	struct secondary s;
	assert_int_equal(zone_remove_apex(w->zone, apex.wire), 0);
	commit(w);
	secondary_init(&s, apex.wire, VIEW_WAN);
	assert_false(secondary_refresh(&s, w->journal));
	secondary_fini(&s);
}

/* What is being sent is of the serial at which it was asked for, whatever happens meanwhile. */
static void a_transfer_under_way_is_of_one_serial(void **state)
{
	struct world *w = *state;
	struct xfr x = {.ask = {.zone = rig_name("example."), .type = RR_AXFR, .view = VIEW_WAN}};
	uint8_t out[4096];
	assert_int_equal(journal_source(w->journal, &x.ask, 0, &x.source), 0);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", NULL);
	commit(w);
	journal_trim(w->journal, NS_NEVER);
	assert_true(xfr_next(&x, 0, out, sizeof(out)) > 0);
	assert_int_equal(get_u16(out + 6), 4); /* SOA, NS, A, SOA */
	xfr_fini(&x);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_view_gets_what_it_may_see),
		TEST(steps_lead_to_the_whole_zone),
		TEST(what_comes_and_goes_in_one_batch_is_not_told),
		TEST(a_change_of_ttl_or_view_alone_is_told),
		TEST(an_unknown_or_future_serial),
		TEST(many_records_are_many_messages),
		TEST(the_history_is_bounded),
		TEST(one_batch_that_is_too_large_ends_the_history),
		TEST(a_zone_below_takes_its_names_out_of_the_one_above),
		TEST(the_catalog_follows_the_zones),
		TEST(a_zone_that_is_gone_is_not_transferred),
		TEST(a_transfer_under_way_is_of_one_serial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
