/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the journal and the messages of transfers: a secondary that follows step by
 * step has the same zone as one that gets the whole zone.
 * Never tests signatures: test_tsig.c does. Run by `make check`.
 */
#include "transfer/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "secondary_rig.h"
#include "transfer/catalog.h"
#include "transfer/journal_zone.h"
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
	assert_equal_to_whole(w, &s); /* the strict secondary would refuse it otherwise */
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
	s.serial = 7; /* too old: gets the whole zone */
	assert_true(secondary_refresh(&s, w->journal));
	assert_int_equal(s.count, 3);
	assert_int_equal(s.steps, 0);
	s.serial += 5; /* RFC 1995 §2: the client's serial is ahead of ours: it gets only the SOA */
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
	char line[512];
	follow(w, "example.", VIEW_WAN, &s);
	for (int i = 0; i < 25000; i++) {
		snprintf(line, sizeof(line), "60 TXT #c8%0400x", i); /* 200 bytes */
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
	for (int i = 0; i < 300000; i++) {
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

/* The zone above loses the names below the new apex, without a report of each. */
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

/* In any order of the zones: the middle one begins last, and ends first. */
static void each_name_is_in_the_nearest_zone_only(void **state)
{
	enum { HOSTS = 50 };
	struct world *w = *state;
	static const char *const zones[] = {"example.", "c.b.example.", "b.example."};
	rig_apex(w->zone, zones[1]);
	rig_apex(w->zone, zones[2]);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		for (int host = 0; host < HOSTS; host++) {
			char owner[64];
			snprintf(owner, sizeof(owner), "host-%d.%s", host, zones[i]);
			rig_put(w->zone, ZONE_DERIVED, owner, "60 A 192.0.2.1", NULL);
		}
	commit(w);
	/* SOA, NS, the hosts; "a" in the first; the delegation in those that have one. */
	static const unsigned counts[] = {2 + HOSTS + 1 + 1, 2 + HOSTS, 2 + HOSTS + 1};
	struct secondary s;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		follow(w, zones[i], VIEW_WAN, &s);
		assert_int_equal(s.count, counts[i]);
		secondary_fini(&s);
	}
	struct name middle = rig_name(zones[2]);
	assert_int_equal(zone_remove_apex(w->zone, middle.wire), 0);
	commit(w);
	follow(w, zones[0], VIEW_WAN, &s);
	assert_int_equal(s.count, counts[0] + HOSTS);
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

/* A transfer in progress has the serial of its request, whatever happens meanwhile. */
static void a_transfer_under_way_is_of_one_serial(void **state)
{
	struct world *w = *state;
	struct xfr x = {.ask = {.zone = rig_name("example."), .type = RR_AXFR, .view = VIEW_WAN}};
	uint8_t out[4096];
	while (journal_source(w->journal, &x.ask, 0, &x.source) == JOURNAL_LATER)
		journal_work(w->journal, 0);
	rig_put(w->zone, ZONE_DERIVED, "a.example.", NULL);
	commit(w);
	journal_trim(w->journal, NS_NEVER);
	assert_true(xfr_next(&x, 0, out, sizeof(out)) > 0);
	assert_int_equal(get_u16(out + 6), 4); /* SOA, NS, A, SOA */
	xfr_fini(&x);
}

/* Whole zones that change while they are copied. */

enum { MANY = 6000 };

static void put_many(struct world *w, const char *zone, unsigned from, unsigned to)
{
	char owner[64], line[64];
	for (unsigned i = from; i < to; i++) {
		snprintf(owner, sizeof(owner), "Host-%u.%s", i, zone);
		snprintf(line, sizeof(line), "60 A 192.0.%u.%u", i / 250, i % 250);
		rig_put(w->zone, ZONE_DERIVED, owner, line, "60 AAAA @lan fd00::1", NULL);
	}
	commit(w);
}

struct changer {
	struct world *w;
	const char *zone;
	unsigned turns, random;
};

/* Some owners change, some are removed, some are added, some change twice. */
static void change_some(void *arg)
{
	struct changer *c = arg;
	char owner[64];
	c->turns++;
	for (int i = 0; i < 40; i++) {
		c->random = c->random * 1103515245 + 12345;
		snprintf(owner, sizeof(owner), "host-%u.%s", (c->random >> 8) % (MANY + 500),
			c->zone);
		if (i % 3 == 0)
			rig_put(c->w->zone, ZONE_DERIVED, owner, NULL);
		else
			rig_put(c->w->zone, ZONE_DERIVED, owner, "60 A 203.0.113.1", NULL);
		if (i == 20)
			commit(c->w);
	}
	commit(c->w);
}

static void a_zone_that_changes_while_it_is_made_is_of_one_serial(void **state)
{
	struct world *w = *state;
	struct changer changer = {.w = w, .zone = "example.", .random = 1};
	struct secondary before, during;
	put_many(w, "example.", 0, MANY);
	follow(w, "example.", VIEW_LAN, &before);
	journal_trim(w->journal, NS_NEVER);
	during = (struct secondary){
		.zone = before.zone, .view = VIEW_LAN, .meanwhile = change_some, .arg = &changer};
	assert_true(secondary_refresh(&during, w->journal));
	assert_true(changer.turns > 10);
	assert_true(secondary_equal(&before, &during));
	during.meanwhile = NULL;
	assert_equal_to_whole(w, &during);
	secondary_fini(&before);
	secondary_fini(&during);
}

/* Counted in slots, not in time: a piece of work does not grow with the zone. */
static void a_whole_zone_is_made_in_bounded_pieces(void **state)
{
	enum { SLOTS_PER_PIECE = 1024 };
	struct world *w = *state;
	struct xfr_ask ask = {.zone = rig_name("example."), .type = RR_AXFR, .view = VIEW_WAN};
	struct xfr_source *source;
	unsigned pieces = 0;
	put_many(w, "example.", 0, MANY);
	assert_false(journal_has_work(w->journal));
	while (journal_source(w->journal, &ask, 0, &source) == JOURNAL_LATER) {
		assert_true(journal_has_work(w->journal));
		journal_work(w->journal, 0);
		pieces++;
	}
	assert_true(pieces >= MANY / SLOTS_PER_PIECE);
	xfr_source_free(source);
	/* The next request gets it at once. */
	assert_int_equal(journal_source(w->journal, &ask, 1, &source), 0);
	xfr_source_free(source);
}

static void double_the_names(void *arg)
{
	struct changer *c = arg;
	if (c->turns++ == 2)
		put_many(c->w, c->zone, MANY, 4 * MANY);
}

/* The table is moved meanwhile, so the copying starts again. */
static void a_zone_that_grows_while_it_is_made_comes_whole(void **state)
{
	struct world *w = *state;
	struct changer changer = {.w = w, .zone = "example."};
	struct secondary s = {.zone = rig_name("example."),
		.view = VIEW_LAN,
		.meanwhile = double_the_names,
		.arg = &changer};
	put_many(w, "example.", 0, MANY);
	assert_true(secondary_refresh(&s, w->journal));
	assert_in_range(s.count, 2 * MANY, 8 * MANY + 10);
	s.meanwhile = NULL;
	assert_equal_to_whole(w, &s);
	secondary_fini(&s);
}

static void many_zones_are_made_in_one_walk(void **state)
{
	struct world *w = *state;
	struct xfr_ask asks[3] = {{.zone = rig_name("example.")},
		{.zone = rig_name("sub.example.")}, {.zone = rig_name("other.")}};
	struct xfr_source *source;
	unsigned pieces = 0, alone = 0;
	rig_apex(w->zone, "sub.example.");
	rig_apex(w->zone, "other.");
	put_many(w, "example.", 0, 1000);
	put_many(w, "sub.example.", 0, 1000);
	put_many(w, "other.", 0, 1000);
	struct xfr_ask one = asks[0];
	for (; journal_source(w->journal, &one, 0, &source) == JOURNAL_LATER; alone++)
		journal_work(w->journal, 0);
	xfr_source_free(source);
	journal_trim(w->journal, NS_NEVER);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_source(w->journal, &asks[i], 0, &source), JOURNAL_LATER);
	for (; journal_has_work(w->journal); pieces++)
		journal_work(w->journal, 0);
	assert_int_equal(pieces, alone);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(journal_source(w->journal, &asks[i], 0, &source), 0);
		xfr_source_free(source);
	}
}

/* A momentary shortage of memory must not have effects for as long as clients ask. */
static void a_zone_that_could_not_be_made_is_made_again_after_a_while(void **state)
{
	struct world *w = *state;
	const ns_t half = LIMIT_IMAGE_KEEP_S * NS_PER_S / 2;
	struct xfr_ask ask = {.zone = rig_name("example.")};
	struct xfr_source *source;
	while (journal_source(w->journal, &ask, 0, &source) == JOURNAL_LATER)
		journal_work(w->journal, 0);
	xfr_source_free(source);
	jzone_find(w->journal, ask.zone.wire)->snapshot->err = ERR_NOMEM;
	assert_int_equal(journal_source(w->journal, &ask, half, &source), ERR_NOMEM);
	journal_trim(w->journal, 2 * half);
	assert_int_equal(journal_source(w->journal, &ask, 2 * half, &source), JOURNAL_LATER);
}

/* Secondaries that change their view. */

static void refresh_from(struct world *w, struct secondary *s, const char *addr, uint8_t view)
{
	assert_int_equal(addr_parse(addr, &s->client), 0);
	s->view = view;
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	commit(w);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", NULL);
	commit(w);
	assert_true(secondary_refresh(s, w->journal));
}

static void a_client_that_moves_to_the_other_view_gets_all(void **state)
{
	struct world *w = *state;
	struct secondary s;
	follow(w, "example.", VIEW_LAN, &s);
	refresh_from(w, &s, "192.0.2.99", VIEW_LAN);
	assert_int_equal(s.steps, 2);
	refresh_from(w, &s, "192.0.2.99", VIEW_WAN);
	assert_int_equal(s.steps, 0);
	assert_equal_to_whole(w, &s);
	refresh_from(w, &s, "192.0.2.99", VIEW_WAN);
	assert_int_equal(s.steps, 2);
	/* The same server from its other address, which is in the other view. */
	refresh_from(w, &s, "fd00::99", VIEW_LAN);
	assert_int_equal(s.steps, 0);
	assert_equal_to_whole(w, &s);
	secondary_fini(&s);
}

static void clients_of_both_views_go_on_step_by_step(void **state)
{
	struct world *w = *state;
	struct secondary lan, wan;
	follow(w, "example.", VIEW_LAN, &lan);
	follow(w, "example.", VIEW_WAN, &wan);
	for (int i = 0; i < 3; i++) {
		refresh_from(w, &lan, "10.0.0.1", VIEW_LAN);
		refresh_from(w, &wan, "192.0.2.99", VIEW_WAN);
		assert_true(secondary_refresh(&lan, w->journal));
	}
	assert_true(lan.steps > 0 && wan.steps > 0);
	assert_equal_to_whole(w, &lan);
	assert_equal_to_whole(w, &wan);
	secondary_fini(&lan);
	secondary_fini(&wan);
}

static unsigned all_are_wan(void *arg, const struct addr *client)
{
	(void)arg;
	(void)client;
	return VIEW_WAN;
}

static void renew(void *arg, const uint8_t *apex)
{
	struct world *w = arg;
	zone_renew(w->zone, apex);
}

static void who_is_moved_to_the_other_view_is_given_a_new_serial(void **state)
{
	struct world *w = *state;
	struct secondary s;
	follow(w, "example.", VIEW_LAN, &s);
	refresh_from(w, &s, "192.0.2.99", VIEW_LAN);
	uint32_t serial = s.serial;
	s.view = VIEW_WAN;
	journal_each_misplaced(w->journal, all_are_wan, renew, w);
	commit(w);
	assert_true(secondary_refresh(&s, w->journal));
	assert_int_equal(s.steps, 0);
	assert_int_not_equal(s.serial, serial);
	assert_equal_to_whole(w, &s);
	/* Only once: we know its new view then. */
	serial = s.serial;
	journal_each_misplaced(w->journal, all_are_wan, renew, w);
	commit(w);
	assert_true(secondary_refresh(&s, w->journal));
	assert_int_equal(s.serial, serial);
	secondary_fini(&s);
}

static void clients_that_are_gone_renew_nothing(void **state)
{
	struct world *w = *state;
	struct secondary s;
	follow(w, "example.", VIEW_LAN, &s);
	rig_put(w->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.2", NULL);
	commit(w);
	uint32_t serial = zone_serial(w->zone, s.zone.wire);
	journal_each_misplaced(w->journal, all_are_wan, renew, w);
	commit(w);
	assert_int_equal(zone_serial(w->zone, s.zone.wire), serial);
	secondary_fini(&s);
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
		TEST(each_name_is_in_the_nearest_zone_only),
		TEST(the_catalog_follows_the_zones),
		TEST(a_zone_that_is_gone_is_not_transferred),
		TEST(a_transfer_under_way_is_of_one_serial),
		TEST(a_zone_that_changes_while_it_is_made_is_of_one_serial),
		TEST(a_whole_zone_is_made_in_bounded_pieces),
		TEST(a_zone_that_grows_while_it_is_made_comes_whole),
		TEST(many_zones_are_made_in_one_walk),
		TEST(a_zone_that_could_not_be_made_is_made_again_after_a_while),
		TEST(a_client_that_moves_to_the_other_view_gets_all),
		TEST(clients_of_both_views_go_on_step_by_step),
		TEST(who_is_moved_to_the_other_view_is_given_a_new_serial),
		TEST(clients_that_are_gone_renew_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
