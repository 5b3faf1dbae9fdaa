/* SPDX-License-Identifier: ISC */
/*
 * Who may have how many signed reverse zones: from addresses of namespaces to the zones that the pipeline signs. Each
 * address is in a /64 of its own, "2001:db8:NET:SUB::HOST".
 * Never signs anything.
 */
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "pipeline/explain.h"
#include "pipeline/pipeline.h"
#include "unit.h"
#include "zone/sign.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

enum {
	PART = LIMIT_SIGNED_ZONES / LIMIT_SIGNED_NS_PART,
	OTHERS = LIMIT_SIGNED_ZONES / LIMIT_SIGNED_OTHERS_PART,
	A_LINK = 80 /* addresses; a name has at most LIMIT_HOST_ADDRS */
};

static struct {
	struct pipeline *p;
	struct pipeline_config config;
	bool is_listed; /* all zones are named */
	unsigned signed_, all, told;
} rig;

static bool is_signed(void *arg, const uint8_t *apex, bool has_place)
{
	(void)arg;
	return name_is_reverse(apex) && (has_place || rig.is_listed);
}

static void on_signed_zone(void *arg, const uint8_t *apex, bool is_gone)
{
	(void)arg, (void)apex;
	rig.told += is_gone ? -1u : 1u;
}

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.config = (struct pipeline_config){
		.policy = {.ttl_s = 60, .sources = {NAME_ALIAS}, .source_count = 1}};
	assert_int_equal(name_from_text("example.", NULL, &rig.config.policy.domain), 0);
	rig.p = pipeline_new(7, &rig.config,
		(struct pipeline_sink){.is_signed = is_signed, .on_signed_zone = on_signed_zone});
	return rig.p ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_free(rig.p);
	return 0;
}

static void flush_once(void)
{
	struct pipeline_retired retired = {0};
	pipeline_flush(rig.p, 100, &retired);
	zone_garbage_free(retired.garbage);
	view_table_free(retired.views);
}

static void flush(void)
{
	unsigned turns = 0;
	do
		flush_once();
	while ((pipeline_has_more(rig.p) || pipeline_is_dirty(rig.p)) && ++turns < 1000);
	assert_in_range(turns, 0, 999);
}

/* A link "eth<ifindex>" in that namespace, with the name "n<nsid>-<ifindex>". */
static void give_link(nsid_t nsid, uint32_t ifindex)
{
	struct event ns = {.type = EV_NS, .nsid = nsid, .ns = {.owner = OWNER_HOST}};
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	ev.link.ifindex = ifindex;
	ev.link.flags = IFF_UP | IFF_LOWER_UP | IFF_MULTICAST;
	ev.link.operstate = 6; /* IF_OPER_UP */
	ev.link.type = ARPHRD_ETHER;
	ev.link.mtu = 1500;
	ev.link.parent_nsid = nsid;
	snprintf(ev.link.name, sizeof(ev.link.name), "eth%u", ifindex);
	snprintf(ev.link.alias, sizeof(ev.link.alias), "n%d-%u", nsid + 1, ifindex);
	if (nsid != NSID_OWN)
		assert_int_equal(pipeline_apply(rig.p, &ns), 0);
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
}

static struct addr addr_in(unsigned net, unsigned sub, unsigned host)
{
	return (struct addr){.family = ADDR_V6,
		.bytes = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)(net >> 8), (uint8_t)net,
			(uint8_t)(sub >> 8), (uint8_t)sub, [15] = (uint8_t)host}};
}

/* An address of a guest is that of the guest behind the link. */
static void change(
	enum event_type type, nsid_t nsid, uint32_t ifindex, struct addr addr, bool is_guest)
{
	struct event ev = {.type = type, .nsid = nsid};
	ev.addr.ifindex = ifindex;
	ev.addr.addr = addr;
	ev.addr.prefix_len = 64;
	ev.addr.rt_scope = RT_SCOPE_UNIVERSE;
	ev.addr.is_guest = is_guest;
	assert_int_equal(pipeline_apply(rig.p, &ev), 0);
}

static void add(nsid_t nsid, uint32_t ifindex, unsigned net, unsigned sub)
{
	change(EV_ADDR, nsid, ifindex, addr_in(net, sub, 1), false);
}

static void drop(nsid_t nsid, uint32_t ifindex, unsigned net, unsigned sub)
{
	change(EV_ADDR_GONE, nsid, ifindex, addr_in(net, sub, 1), false);
}

static void add_many(nsid_t nsid, unsigned net, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		const uint32_t ifindex = 2 + i / A_LINK;
		if (i == from || i % A_LINK == 0)
			give_link(nsid, ifindex);
		add(nsid, ifindex, net, i);
	}
}

static bool is_zone_signed(unsigned net, unsigned sub)
{
	struct zone_sign_stats stats;
	struct name apex;
	const struct addr addr = addr_in(net, sub, 0);
	name_reverse(&addr, 64, &apex);
	return zone_sign_stats(pipeline_zone(rig.p), apex.wire, &stats) == 0;
}

static void count_zone(void *arg, const uint8_t *apex)
{
	struct zone_sign_stats stats;
	(void)arg;
	rig.all += name_is_reverse(apex);
	rig.signed_ += zone_sign_stats(pipeline_zone(rig.p), apex, &stats) == 0;
}

static void assert_zones(unsigned all, unsigned signed_)
{
	rig.all = rig.signed_ = 0;
	explain_each_zone(rig.p, count_zone, NULL);
	assert_int_equal(rig.all, all);
	assert_int_equal(rig.signed_, signed_);
	assert_int_equal(rig.told, signed_);
}

static void a_namespace_has_a_part_of_the_places(void **state)
{
	(void)state;
	add_many(4, 4, 0, PART + 10);
	add_many(5, 5, 0, 3);
	flush();
	assert_zones(PART + 13, PART + 3);
	/* One that ends gives its place to one that waits. */
	drop(4, 2, 4, 0);
	assert_true(is_zone_signed(4, 0));
	flush();
	assert_zones(PART + 12, PART + 3);
	add(4, 2, 4, 0);
	flush();
	assert_false(is_zone_signed(4, 0));
	assert_zones(PART + 13, PART + 3);
	for (unsigned i = 0; i < A_LINK && i < PART + 10; i++)
		drop(4, 2, 4, i);
	flush();
	assert_zones(3, 3);
}

static void all_others_leave_a_part_for_our_own(void **state)
{
	(void)state;
	enum { NAMESPACES = LIMIT_SIGNED_NS_PART / LIMIT_SIGNED_OTHERS_PART };
	for (int i = 0; i < NAMESPACES + 2; i++)
		add_many(10 + i, 10 + (unsigned)i, 0, PART);
	flush();
	assert_zones((NAMESPACES + 2) * PART, OTHERS);
	add_many(NSID_OWN, 1, 0, OTHERS);
	flush();
	assert_zones((NAMESPACES + 2) * PART + OTHERS, 2 * OTHERS);
}

static void who_else_has_an_address_there_may_have_the_place(void **state)
{
	(void)state;
	add_many(4, 4, 0, PART);
	flush();
	give_link(4, 3);
	add(4, 3, 5, 0);
	add(4, 3, 5, 1);
	add(4, 3, 5, 2);
	flush();
	assert_zones(PART + 3, PART);
	/* Another address in the zone, and the same address. */
	give_link(6, 2);
	change(EV_ADDR, 6, 2, addr_in(5, 0, 9), false);
	give_link(NSID_OWN, 2);
	add(NSID_OWN, 2, 5, 2);
	flush();
	assert_true(is_zone_signed(5, 0));
	assert_false(is_zone_signed(5, 1));
	assert_true(is_zone_signed(5, 2));
	/* They stay signed while anybody has an address there. */
	drop(NSID_OWN, 2, 5, 2);
	change(EV_ADDR_GONE, 6, 2, addr_in(5, 0, 9), false);
	flush();
	assert_zones(PART + 3, PART + 2);
}

static void each_guest_has_a_part(void **state)
{
	(void)state;
	enum { GUESTS = 3, EACH = PART + 2 };
	for (uint32_t g = 0; g < GUESTS; g++) {
		give_link(NSID_OWN, 2 + g);
		for (unsigned i = 0; i < EACH; i++)
			change(EV_ADDR, NSID_OWN, 2 + g, addr_in(20 + g, i, 1), true);
	}
	flush();
	assert_zones(GUESTS * EACH, GUESTS * PART);
}

static void a_zone_that_is_named_needs_no_place(void **state)
{
	(void)state;
	rig.is_listed = true;
	add_many(4, 4, 0, PART + 10);
	flush();
	assert_zones(PART + 10, PART + 10);
}

/* While the records of files leave a zone, its place is given away. If it comes back then, it ends first: it would be
 * signed without a place. */
static void a_zone_that_goes_keeps_no_place(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct name owner, to;
		const struct addr addr = {.family = ADDR_V6,
			.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 4, 0,
				0, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i}};
		assert_int_equal(name_from_text("h.example.", NULL, &to), 0);
		const struct rdata rdata = {to.wire, to.len};
		const struct rrset set = {
			.type = RR_PTR, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
		name_reverse(&addr, 128, &owner);
		assert_int_equal(pipeline_put_static(rig.p, owner.wire, &set, 1), 0);
	}
	add_many(4, 4, 0, PART);
	flush();
	give_link(4, 3);
	add(4, 3, 5, 0);
	flush();
	assert_zones(PART + 1, PART);
	drop(4, 2, 4, 0);
	flush_once();
	assert_true(pipeline_has_more(rig.p) && is_zone_signed(4, 0) && is_zone_signed(5, 0));
	add(4, 2, 4, 0);
	flush();
	assert_zones(PART + 1, PART);
	assert_false(is_zone_signed(4, 0));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_namespace_has_a_part_of_the_places),
		CASE(all_others_leave_a_part_for_our_own),
		CASE(who_else_has_an_address_there_may_have_the_place),
		CASE(each_guest_has_a_part),
		CASE(a_zone_that_is_named_needs_no_place),
		CASE(a_zone_that_goes_keeps_no_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
