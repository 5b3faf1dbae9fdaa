/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of zone/zone.h: sources, publication, serials, reports. Run by `make check`.
 */
#include "zone/zone.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "zone/lookup.h"
#include "zone/store.h"
#include "zone_rig.h"

/* The reports to the listener, one line per change: "+ owner ttl type view". */
static char told[8192];

static void on_change(void *arg, const struct zone_change *c)
{
	char owner[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	size_t used = strlen(told);
	(void)arg;
	snprintf(told + used, sizeof(told) - used, "%c %s %u %s %u\n", c->is_added ? '+' : '-',
		name_to_text(c->owner, owner), c->ttl, rr_type_text(c->type, type), c->view);
}

static struct zone *new_zone(void)
{
	struct zone_listener listener = {on_change, NULL};
	struct zone *z = zone_new(42, listener);
	assert_non_null(z);
	rig_apex(z, "example.");
	rig_commit(z, 100);
	told[0] = '\0';
	return z;
}

static void assert_told(const char *text)
{
	assert_string_equal(told, text);
	told[0] = '\0';
}

static uint32_t serial(const struct zone *z, const char *apex)
{
	struct name n = rig_name(apex);
	return zone_serial(z, n.wire);
}

/* Returns the number of records of a set that a client in `view` gets; -1: no such
 * name, -2: no zone. */
static int count_at(
	const struct zone *z, const char *owner, uint16_t type, unsigned view, uint32_t *ttl)
{
	struct zone_answer answer;
	struct name n = rig_name(owner);
	struct key key;
	key_from_name(&key, n.wire);
	zone_lookup(zone_reader(z), &key, type, view, &answer);
	if (answer.outcome == ZONE_OUTSIDE)
		return -2;
	if (answer.outcome == ZONE_NO_NAME)
		return -1;
	if (ttl && answer.set)
		*ttl = answer.set->ttl;
	return answer.set ? answer.set->count : 0;
}

static int count_any(const struct zone *z, const char *owner, uint16_t type)
{
	return count_at(z, owner, type, VIEW_LAN, NULL);
}

static void new_apex_has_soa_and_ns(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	uint32_t ttl = 0;
	assert_int_equal(count_at(z, "example.", RR_SOA, VIEW_WAN, &ttl), 1);
	assert_int_equal(ttl, 300);
	assert_int_equal(count_any(z, "example.", RR_NS), 1);
	assert_int_equal(count_any(z, "eXAMPle.", RR_NS), 1);
	assert_int_equal(count_any(z, "example.", RR_A), 0);
	assert_int_equal(count_any(z, "other.", RR_SOA), -2);
	assert_int_equal(serial(z, "example."), 100);
	assert_int_equal(serial(z, "other."), 0);
	const struct name inside = rig_name("a.b.Example."), outside = rig_name("other.");
	const struct name apex = rig_name("example.");
	assert_true(name_equal(zone_apex_of(z, inside.wire), apex.wire));
	assert_true(name_equal(zone_apex_of(z, apex.wire), apex.wire));
	assert_null(zone_apex_of(z, outside.wire));
	zone_free(z);
}

static void owner_outside_of_all_zones_is_an_error(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	assert_int_equal(rig_put(z, ZONE_DERIVED, "www.other.", "60 A 192.0.2.1", NULL), ERR_RANGE);
	assert_int_equal(rig_put(z, ZONE_DERIVED, ".", "60 A 192.0.2.1", NULL), ERR_RANGE);
	assert_told("");
	zone_free(z);
}

static void put_replaces_only_what_the_same_source_said(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	assert_int_equal(rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_STATIC, "w.example.", "90 A 192.0.2.2 192.0.2.1",
				 "90 TXT #0141", NULL),
		0);
	uint32_t ttl = 0;
	assert_int_equal(count_at(z, "w.example.", RR_A, VIEW_ANY, &ttl), 2);
	assert_int_equal(ttl, 60); /* RFC 2181 §5.2: the lowest */
	assert_int_equal(rig_put(z, ZONE_DERIVED, "w.example.", NULL), 0);
	assert_int_equal(count_at(z, "w.example.", RR_A, VIEW_ANY, &ttl), 2);
	assert_int_equal(ttl, 90);
	assert_int_equal(rig_put(z, ZONE_STATIC, "w.example.", NULL), 0);
	assert_int_equal(count_any(z, "w.example.", RR_A), -1);
	rig_commit(z, 0);
	zone_free(z);
}

/* Returns the set that a client in the lan view gets. */
static const struct node_set *published(const struct zone *z, const char *owner, uint16_t type)
{
	struct zone_answer answer;
	struct name n = rig_name(owner);
	struct key key;
	key_from_name(&key, n.wire);
	zone_lookup(zone_reader(z), &key, type, VIEW_LAN, &answer);
	assert_non_null(answer.set);
	return answer.set;
}

static void what_each_source_said_is_kept(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	struct name w = rig_name("w.example."), none = rig_name("none.example.");
	rig_put(z, ZONE_UPDATED, "w.example.", "60 TXT #0141", "60 A 10.0.0.1 10.0.0.2", NULL);
	assert_null(zone_said(z, ZONE_STATIC, w.wire));
	assert_null(zone_said(z, ZONE_DERIVED, w.wire));
	assert_null(zone_said(z, ZONE_UPDATED, none.wire));
	assert_int_equal(zone_said(z, ZONE_UPDATED, w.wire)->set_count, 2);
	assert_false(node_set(zone_said(z, ZONE_UPDATED, w.wire), RR_A, VIEW_LAN)->is_near);
	rig_put(z, ZONE_STATIC, "w.example.", "90 A 10.0.0.3 10.0.0.4", NULL);
	assert_false(published(z, "w.example.", RR_A)->is_near);
	rig_put(z, ZONE_DERIVED, "w.example.", "30 AAAA 2001:db8::1", "30 A 10.0.0.5", NULL);
	assert_true(published(z, "w.example.", RR_A)->is_near);
	assert_int_equal(count_any(z, "w.example.", RR_A), 5);
	rig_put(z, ZONE_STATIC, "w.example.", NULL);
	assert_int_equal(zone_said(z, ZONE_UPDATED, w.wire)->set_count, 2);
	assert_int_equal(zone_said(z, ZONE_DERIVED, w.wire)->set_count, 2);
	rig_put(z, ZONE_DERIVED, "w.example.", NULL);
	assert_int_equal(zone_said(z, ZONE_UPDATED, w.wire)->set_count, 2);
	assert_null(zone_said(z, ZONE_DERIVED, w.wire));
	assert_int_equal(count_any(z, "w.example.", RR_A), 2);
	rig_put(z, ZONE_UPDATED, "w.example.", "60 CNAME v.example.", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 1);
	rig_put(z, ZONE_STATIC, "w.example.", "90 A 10.0.0.3", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 0);
	rig_put(z, ZONE_STATIC, "w.example.", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 1);
	rig_put(z, ZONE_UPDATED, "w.example.", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_A), -1);
	rig_commit(z, 0);
	zone_free(z);
}

static void what_is_told_is_the_difference(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1 192.0.2.2", NULL);
	assert_told("+ w.example. 60 A 3\n+ w.example. 60 A 3\n");
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.2 192.0.2.1", NULL);
	assert_told("");
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.2", "60 AAAA @lan fd00::1", NULL);
	assert_told("- w.example. 60 A 3\n+ w.example. 60 AAAA 1\n");
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.2", "60 AAAA fd00::1", NULL);
	assert_told("+ w.example. 60 AAAA 2\n");
	rig_put(z, ZONE_STATIC, "w.example.", "60 A 192.0.2.2", NULL);
	assert_told("");
	rig_put(z, ZONE_DERIVED, "w.example.", NULL);
	assert_told("- w.example. 60 AAAA 3\n");
	rig_put(z, ZONE_STATIC, "w.example.", NULL);
	assert_told("- w.example. 60 A 3\n");
	zone_free(z);
}

static void a_changed_ttl_is_out_and_in(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	told[0] = '\0';
	rig_put(z, ZONE_DERIVED, "w.example.", "61 A 192.0.2.1", NULL);
	assert_told("- w.example. 60 A 3\n+ w.example. 61 A 3\n");
	zone_free(z);
}

static void same_again_publishes_nothing(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A @lan 192.0.2.1 192.0.2.2",
		"60 A @wan 192.0.2.3", NULL);
	rig_commit(z, 0);
	uint32_t before = serial(z, "example.");
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A @wan 192.0.2.3",
		"60 A @lan 192.0.2.2 192.0.2.1", NULL);
	rig_apex(z, "example.");
	assert_null(zone_commit(z, 5));
	assert_int_equal(serial(z, "example."), before);
	zone_free(z);
}

static void views_see_their_own_sets(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A @lan 10.0.0.1 10.0.0.2", "30 A @wan 192.0.2.3",
		"60 AAAA @lan fd00::1", NULL);
	uint32_t ttl = 0;
	assert_int_equal(count_at(z, "w.example.", RR_A, VIEW_LAN, &ttl), 2);
	assert_int_equal(ttl, 60);
	assert_int_equal(count_at(z, "w.example.", RR_A, VIEW_WAN, &ttl), 1);
	assert_int_equal(ttl, 30);
	assert_int_equal(count_at(z, "w.example.", RR_AAAA, VIEW_LAN, NULL), 1);
	assert_int_equal(count_at(z, "w.example.", RR_AAAA, VIEW_WAN, NULL), 0);
	/* Equal sets of both views are merged. */
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A @lan 10.0.0.1", "60 A @wan 10.0.0.1", NULL);
	assert_int_equal(zone_stats(z).records, 2 + 1);
	zone_free(z);
}

static void ancestors_exist_while_a_name_below_them_does(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "a.b.c.example.", "60 A 192.0.2.1", NULL);
	assert_int_equal(count_any(z, "b.c.example.", RR_A), 0);
	assert_int_equal(count_any(z, "c.example.", RR_A), 0);
	assert_int_equal(count_any(z, "x.c.example.", RR_A), -1);
	assert_int_equal(count_any(z, "x.a.b.c.example.", RR_A), -1);
	rig_put(z, ZONE_DERIVED, "d.c.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_DERIVED, "a.b.c.example.", NULL);
	assert_int_equal(count_any(z, "b.c.example.", RR_A), -1);
	assert_int_equal(count_any(z, "c.example.", RR_A), 0);
	rig_put(z, ZONE_DERIVED, "d.c.example.", NULL);
	assert_int_equal(count_any(z, "c.example.", RR_A), -1);
	zone_free(z);
}

static void label_bytes_that_look_like_lengths_make_no_ancestors(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	/* The bytes of this name end with "\001x.c.example", but that is not an ancestor. */
	rig_put(z, ZONE_DERIVED, "q.a\\001x.c.example.", "60 A 192.0.2.1", NULL);
	assert_int_equal(count_any(z, "x.c.example.", RR_A), -1);
	assert_int_equal(count_any(z, "a\\001x.c.example.", RR_A), 0);
	assert_int_equal(count_any(z, "c.example.", RR_A), 0);
	zone_free(z);
}

static void reverse_ipv6_names_cost_no_node_for_each_label(void **state)
{
	(void)state;
	enum { NAMES = 1000 };
	struct zone *z = new_zone();
	struct addr a;
	struct name apex, owner;
	assert_int_equal(addr_parse("2001:db8:1:2::", &a), 0);
	name_reverse(&a, 64, &apex);
	const struct zone_apex params = {apex.wire, name_root, name_root, 1, 1, 1, 1, 1};
	assert_int_equal(zone_add_apex(z, &params), 0);
	const struct rdata target = {name_root, 1};
	const struct rrset set = {RR_PTR, VIEW_ANY, 60, 1, &target};
	size_t before = zone_stats(z).bytes;
	for (unsigned i = 0; i < NAMES; i++) {
		uint64_t id = 0x9e3779b97f4a7c15u * (i + 1);
		memcpy(a.bytes + 8, &id, 8);
		name_reverse(&a, 128, &owner);
		assert_int_equal(zone_put(z, ZONE_DERIVED, owner.wire, &set, 1), 0);
		/* Each ancestor below the apex exists, and is empty. */
		for (const uint8_t *up = name_parent(owner.wire); name_len(up) > apex.len;
			up = name_parent(up)) {
			struct zone_answer answer;
			struct key key;
			key_from_name(&key, up);
			zone_lookup(zone_reader(z), &key, RR_PTR, VIEW_ANY, &answer);
			assert_int_equal(answer.outcome, ZONE_FOUND);
			assert_null(answer.set);
		}
	}
	/* A node per name, one per fork, and slots. */
	assert_true(zone_stats(z).bytes - before < NAMES * (8 + 12 + 74 + 1 + 40 + 64));
	zone_free(z);
}

static void generated_soa_and_ns_give_way_to_static_ones(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	assert_int_equal(
		rig_put(z, ZONE_STATIC, "example.", "900 NS ns1.example. ns2.example.", NULL), 0);
	uint32_t ttl = 0;
	assert_int_equal(count_at(z, "example.", RR_NS, VIEW_WAN, &ttl), 2);
	assert_int_equal(ttl, 900);
	assert_int_equal(count_any(z, "example.", RR_SOA), 1);
	rig_put(z, ZONE_STATIC, "example.", NULL);
	assert_int_equal(count_any(z, "example.", RR_NS), 1);
	zone_free(z);
}

static void static_soa_replaces_parameters_and_is_a_floor_for_the_serial(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	/* Names of one byte, serial 5000, four numbers of 7. */
	const char *soa = "111 SOA #000000001388"
			  "00000007"
			  "00000007"
			  "00000007"
			  "00000007";
	assert_int_equal(rig_put(z, ZONE_STATIC, "example.", soa, NULL), 0);
	rig_commit(z, 200);
	uint32_t ttl = 0;
	assert_int_equal(count_at(z, "example.", RR_SOA, VIEW_WAN, &ttl), 1);
	assert_int_equal(ttl, 111);
	assert_int_equal(serial(z, "example."), 5000);
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 200);
	assert_int_equal(serial(z, "example."), 5001);
	zone_free(z);
}

static void serial_rises_with_each_commit_that_changed_something(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_commit(z, 1000);
	assert_int_equal(serial(z, "example."), 100);
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_DERIVED, "v.example.", "60 A 192.0.2.1", NULL);
	told[0] = '\0';
	rig_commit(z, 1000);
	assert_told("- example. 300 SOA 3\n+ example. 300 SOA 3\n");
	assert_int_equal(serial(z, "example."), 1000);
	rig_put(z, ZONE_DERIVED, "w.example.", NULL);
	rig_commit(z, 1000);
	assert_int_equal(serial(z, "example."), 1001);
	/* The clock was set back. */
	rig_put(z, ZONE_DERIVED, "v.example.", NULL);
	rig_commit(z, 7);
	assert_int_equal(serial(z, "example."), 1002);
	zone_free(z);
}

static void serial_wraps_as_rfc_1982_says(void **state)
{
	(void)state;
	struct zone *z = zone_new(1, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_commit(z, 0xfffffff0);
	assert_int_equal(serial(z, "example."), 0xfffffff0);
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 0xffffffff);
	assert_int_equal(serial(z, "example."), 0xffffffff);
	rig_put(z, ZONE_DERIVED, "w.example.", NULL);
	rig_commit(z, 0xfffffff0);
	assert_int_equal(serial(z, "example."), 1); /* 0 means no serial */
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 0x70000000);
	assert_int_equal(serial(z, "example."), 0x70000000);
	zone_free(z);
}

static void each_zone_has_its_own_serial(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_apex(z, "sub.example.");
	rig_commit(z, 200);
	assert_int_equal(serial(z, "example."), 200);
	assert_int_equal(serial(z, "sub.example."), 200);
	rig_put(z, ZONE_DERIVED, "w.sub.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 300);
	assert_int_equal(serial(z, "example."), 200);
	assert_int_equal(serial(z, "sub.example."), 300);
	zone_free(z);
}

static void apex_that_goes_takes_with_it_what_only_it_held(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_apex(z, "sub.example.");
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_STATIC, "example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_DERIVED, "w.sub.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 200);
	struct name apex = rig_name("example.");
	assert_int_equal(zone_remove_apex(z, apex.wire), 0);
	assert_int_equal(zone_remove_apex(z, apex.wire), ERR_ABSENT);
	rig_commit(z, 300);
	assert_int_equal(count_any(z, "w.example.", RR_A), -2);
	assert_int_equal(count_any(z, "example.", RR_SOA), -2);
	assert_int_equal(count_any(z, "w.sub.example.", RR_A), 1);
	struct zone_stats stats = zone_stats(z);
	assert_int_equal(stats.zones, 1);
	assert_int_equal(stats.names, 2);
	zone_free(z);
}

static void names_of_a_zone_that_goes_belong_to_the_zone_above(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_apex(z, "sub.example.");
	rig_put(z, ZONE_DERIVED, "w.sub.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 200);
	struct name apex = rig_name("sub.example.");
	assert_int_equal(zone_remove_apex(z, apex.wire), 0);
	rig_commit(z, 300);
	assert_int_equal(count_any(z, "w.sub.example.", RR_A), 1);
	assert_int_equal(count_any(z, "sub.example.", RR_SOA), 0);
	assert_int_equal(serial(z, "example."), 300);
	zone_free(z);
}

static void a_zone_that_goes_and_comes_in_one_batch_is_there_once(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	struct name apex = rig_name("sub.example.");
	/* Two sources: the owner's data survives the start of a zone there. */
	rig_put(z, ZONE_DERIVED, "sub.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_STATIC, "sub.example.", "60 A 192.0.2.2", NULL);
	rig_apex(z, "sub.example.");
	assert_int_equal(zone_remove_apex(z, apex.wire), 0);
	rig_commit(z, 200);
	assert_int_equal(zone_stats(z).zones, 1);
	rig_apex(z, "sub.example.");
	assert_int_equal(zone_remove_apex(z, apex.wire), 0);
	rig_apex(z, "sub.example.");
	rig_commit(z, 300);
	assert_int_equal(zone_stats(z).zones, 2);
	assert_int_equal(serial(z, "sub.example."), 300);
	assert_int_equal(count_any(z, "sub.example.", RR_A), 2);
	zone_free(z);
}

static void an_alias_gives_way_to_anything_else(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_STATIC, "w.example.", "60 CNAME v.example.", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 1);
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 0);
	assert_int_equal(count_any(z, "w.example.", RR_A), 1);
	rig_put(z, ZONE_DERIVED, "w.example.", NULL);
	assert_int_equal(count_any(z, "w.example.", RR_CNAME), 1);
	zone_free(z);
}

static void ttl_with_the_top_bit_is_zero(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	uint32_t ttl = 1;
	rig_put(z, ZONE_STATIC, "w.example.", "4294967295 A 192.0.2.1", NULL);
	assert_int_equal(count_at(z, "w.example.", RR_A, VIEW_ANY, &ttl), 1);
	assert_int_equal(ttl, 0);
	zone_free(z);
}

struct list_of {
	char text[4096];
};

static void list_record(void *arg, const struct zone_change *c)
{
	struct list_of *list = arg;
	char owner[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	size_t used = strlen(list->text);
	assert_true(c->is_added);
	snprintf(list->text + used, sizeof(list->text) - used, "%s %s %u\n",
		name_to_text(c->owner, owner), rr_type_text(c->type, type), c->view);
}

static void records_are_listed_soa_first_then_in_canonical_order(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	struct list_of list = {""};
	rig_put(z, ZONE_DERIVED, "Zeta.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_DERIVED, "b.example.", "60 A @lan 10.0.0.1", "60 A @wan 192.0.2.1 10.0.0.1",
		NULL);
	rig_put(z, ZONE_DERIVED, "a.b.example.", "60 AAAA fd00::1", NULL);
	rig_put(z, ZONE_STATIC, "example.", "60 A 192.0.2.1", NULL);
	struct name apex = rig_name("example.");
	assert_int_equal(zone_each_record(z, apex.wire, list_record, &list), 0);
	assert_string_equal(list.text,
		"example. SOA 3\nexample. A 3\nexample. NS 3\nb.example. A 3\n"
		"b.example. A 2\na.b.example. AAAA 3\nZeta.example. A 3\n");
	zone_free(z);
}

static void more_than_a_node_holds_changes_nothing(void **state)
{
	(void)state;
	enum { RECORDS = 300 };
	static uint8_t bytes[RECORDS][256];
	static struct rdata rdata[RECORDS];
	struct zone *z = new_zone();
	struct name owner = rig_name("w.example.");
	for (int i = 0; i < RECORDS; i++) {
		bytes[i][0] = 255;
		bytes[i][1] = (uint8_t)i;
		bytes[i][2] = (uint8_t)(i >> 8);
		rdata[i] = (struct rdata){bytes[i], 256};
	}
	const struct rrset set = {RR_TXT, VIEW_ANY, 60, RECORDS, rdata};
	rig_put(z, ZONE_STATIC, "w.example.", "60 A 192.0.2.1", NULL);
	assert_int_equal(zone_put(z, ZONE_STATIC, owner.wire, &set, 1), ERR_RANGE);
	assert_int_equal(count_any(z, "w.example.", RR_A), 1);
	assert_int_equal(count_any(z, "w.example.", RR_TXT), 0);
	zone_free(z);
}

static void what_was_published_is_kept_until_the_garbage_is_freed(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.1", NULL);
	rig_commit(z, 0);
	struct name n = rig_name("w.example.");
	struct key key;
	struct zone_answer answer;
	key_from_name(&key, n.wire);
	zone_lookup(zone_reader(z), &key, RR_A, VIEW_ANY, &answer);
	rig_put(z, ZONE_DERIVED, "w.example.", "60 A 192.0.2.7", NULL);
	struct zone_garbage *garbage = zone_commit(z, 0);
	/* A sanitizer would detect the access to a freed node. */
	assert_int_equal(node_rdata(answer.node, answer.set)[3], 1);
	assert_non_null(garbage);
	zone_garbage_free(garbage);
	zone_garbage_free(NULL);
	zone_free(z);
}

static void the_table_grows_and_shrinks_with_the_names(void **state)
{
	(void)state;
	enum { NAMES = 20000 };
	struct zone *z = new_zone();
	char text[64];
	for (int i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "h%d.example.", i);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1", NULL), 0);
	}
	rig_commit(z, 0);
	size_t full = zone_stats(z).bytes;
	for (int i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "h%d.example.", i);
		assert_int_equal(count_any(z, text, RR_A), 1);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, NULL), 0);
		assert_int_equal(count_any(z, text, RR_A), -1);
	}
	rig_commit(z, 0);
	/* Changes at small size: the table becomes small again when it is rebuilt. */
	for (int i = 0; i < 2 * NAMES; i++) {
		snprintf(text, sizeof(text), "c%d.example.", i);
		rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1", NULL);
		rig_put(z, ZONE_DERIVED, text, NULL);
		if (i % 1000 == 0)
			rig_commit(z, 0);
	}
	assert_true(zone_stats(z).bytes < full / 2);
	zone_free(z);
}

static void room_for_names_that_come_together_is_made_once(void **state)
{
	(void)state;
	enum { NAMES = 3000 };
	struct zone *z = new_zone();
	char text[64];
	assert_int_equal(rig_put(z, ZONE_DERIVED, "before.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(zone_expect(z, NAMES), 0);
	const struct table *table = atomic_load(&z->reader.table);
	assert_false(table_is_moving(table));
	assert_int_equal(count_any(z, "before.example.", RR_A), 1);
	for (int i = 0; i < NAMES - 4;
		i++) { /* the root, the apex, that owner; a change reserves some */
		snprintf(text, sizeof(text), "h%d.example.", i);
		assert_int_equal(rig_put(z, ZONE_STATIC, text, "60 A 192.0.2.1", NULL), 0);
		assert_ptr_equal(atomic_load(&z->reader.table), table);
	}
	/* They exist now, so no more room is needed. */
	assert_int_equal(zone_expect(z, NAMES), 0);
	assert_ptr_equal(atomic_load(&z->reader.table), table);
	zone_free(z);
}

static bool is_kept(void *arg, const uint8_t *owner)
{
	unsigned *asked = arg;
	++*asked;
	return owner[1] == 'k';
}

static void what_a_source_said_is_taken_back_but_for_some_owners(void **state)
{
	(void)state;
	struct zone *z = new_zone();
	unsigned asked = 0;
	assert_int_equal(rig_put(z, ZONE_STATIC, "keep.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_STATIC, "gone.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_STATIC, "both.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_DERIVED, "both.example.", "60 A 192.0.2.2", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_DERIVED, "derived.example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig_put(z, ZONE_STATIC, "example.", "60 A 192.0.2.1", NULL), 0);
	assert_int_equal(zone_keep(z, ZONE_STATIC, is_kept, &asked), 0);
	rig_commit(z, 0);
	assert_int_equal(asked, 4); /* not of sources that had no records there */
	assert_int_equal(count_any(z, "keep.example.", RR_A), 1);
	assert_int_equal(count_any(z, "gone.example.", RR_A), -1);
	assert_int_equal(count_any(z, "both.example.", RR_A), 1);
	assert_int_equal(count_any(z, "derived.example.", RR_A), 1);
	assert_int_equal(count_any(z, "example.", RR_SOA), 1);
	assert_int_equal(zone_stats(z).names, 4);
	asked = 0;
	assert_int_equal(zone_keep(z, ZONE_DERIVED, is_kept, &asked), 0);
	assert_int_equal(asked, 2);
	assert_int_equal(zone_stats(z).names, 2);
	rig_commit(z, 0);
	zone_free(z);
}

/* Counted in slots, not in time: what one change moves does not grow with the table. At any moment
 * all names are found, and a walk visits each once. */
static void a_change_moves_few_slots_while_the_table_grows(void **state)
{
	(void)state;
	enum { NAMES = 12000, MOST_A_CHANGE = 256, CHANGES_A_TURN = 4 };
	struct zone *z = new_zone();
	const struct table *before = NULL;
	size_t moved = 0, changes_while_moving = 0;
	char text[64];
	for (int i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), i % 3 ? "h%d.example." : "h%d.a.b.c.example.", i);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1", NULL), 0);
		const struct table *now = atomic_load(&z->reader.table);
		if (now == before)
			assert_true(now->moved - moved <= CHANGES_A_TURN * MOST_A_CHANGE);
		else if (before)
			assert_null(atomic_load(&before->previous));
		before = now;
		moved = now->moved;
		if (!table_is_moving(now))
			continue;
		changes_while_moving++;
		snprintf(text, sizeof(text), "h%d.example.", i / 7 * 3 + 1);
		assert_int_equal(count_any(z, text, RR_A), (i / 7 * 3 + 1) < i ? 1 : -1);
		if (changes_while_moving % 16)
			continue;
		/* Changes and removals happen in both tables. */
		assert_int_equal(
			rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1 192.0.2.2", NULL), 0);
		assert_int_equal(count_any(z, text, RR_A), 2);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, NULL), 0);
		assert_int_equal(count_any(z, text, RR_A), -1);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1", NULL), 0);
		size_t seen = 0, at = 0;
		while (table_next(now, &at))
			seen++;
		assert_true(seen >= zone_stats(z).names && seen <= zone_stats(z).names + 8);
	}
	assert_true(changes_while_moving > 100);
	assert_int_equal(zone_stats(z).names, NAMES + 1);
	zone_free(z);
}

/* A reader keeps the table that it began with. While the next one is filled, each name is still
 * found from the old one, although the path to it has changed. */
static void who_began_in_the_table_before_finds_every_name(void **state)
{
	(void)state;
	enum { NAMES = 1000 };
	struct zone *z = new_zone();
	struct zone_reader reader = {.seed = z->reader.seed};
	struct table *before, *now;
	char text[64];
	assert_int_equal(
		rig_put(z, ZONE_DERIVED, "x.b.a.deep.example.", "60 A 192.0.2.1", NULL), 0);
	for (int i = 0;; i++) {
		before = atomic_load(&z->reader.table);
		snprintf(text, sizeof(text), "h%d.example.", i);
		assert_int_equal(rig_put(z, ZONE_DERIVED, text, "60 A 192.0.2.1", NULL), 0);
		now = atomic_load(&z->reader.table);
		if (i >= NAMES && now != before)
			break;
	}
	assert_true(table_is_moving(now));
	/* The path to the first name gets a fork. */
	assert_int_equal(rig_put(z, ZONE_DERIVED, "y.a.deep.example.", "60 A 192.0.2.1", NULL), 0);
	assert_true(table_is_moving(now));
	atomic_store(&reader.table, before);
	struct zone_answer answer;
	struct name n = rig_name("x.b.a.deep.example.");
	struct key key;
	key_from_name(&key, n.wire);
	zone_lookup(&reader, &key, RR_TXT, VIEW_LAN, &answer);
	assert_int_equal(answer.outcome, ZONE_FOUND);
	assert_null(answer.set);
	zone_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_apex_has_soa_and_ns),
		cmocka_unit_test(owner_outside_of_all_zones_is_an_error),
		cmocka_unit_test(put_replaces_only_what_the_same_source_said),
		cmocka_unit_test(what_each_source_said_is_kept),
		cmocka_unit_test(what_is_told_is_the_difference),
		cmocka_unit_test(a_changed_ttl_is_out_and_in),
		cmocka_unit_test(same_again_publishes_nothing),
		cmocka_unit_test(views_see_their_own_sets),
		cmocka_unit_test(ancestors_exist_while_a_name_below_them_does),
		cmocka_unit_test(label_bytes_that_look_like_lengths_make_no_ancestors),
		cmocka_unit_test(reverse_ipv6_names_cost_no_node_for_each_label),
		cmocka_unit_test(generated_soa_and_ns_give_way_to_static_ones),
		cmocka_unit_test(static_soa_replaces_parameters_and_is_a_floor_for_the_serial),
		cmocka_unit_test(serial_rises_with_each_commit_that_changed_something),
		cmocka_unit_test(serial_wraps_as_rfc_1982_says),
		cmocka_unit_test(each_zone_has_its_own_serial),
		cmocka_unit_test(apex_that_goes_takes_with_it_what_only_it_held),
		cmocka_unit_test(names_of_a_zone_that_goes_belong_to_the_zone_above),
		cmocka_unit_test(a_zone_that_goes_and_comes_in_one_batch_is_there_once),
		cmocka_unit_test(an_alias_gives_way_to_anything_else),
		cmocka_unit_test(ttl_with_the_top_bit_is_zero),
		cmocka_unit_test(records_are_listed_soa_first_then_in_canonical_order),
		cmocka_unit_test(more_than_a_node_holds_changes_nothing),
		cmocka_unit_test(what_was_published_is_kept_until_the_garbage_is_freed),
		cmocka_unit_test(the_table_grows_and_shrinks_with_the_names),
		cmocka_unit_test(room_for_names_that_come_together_is_made_once),
		cmocka_unit_test(what_a_source_said_is_taken_back_but_for_some_owners),
		cmocka_unit_test(a_change_moves_few_slots_while_the_table_grows),
		cmocka_unit_test(who_began_in_the_table_before_finds_every_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
