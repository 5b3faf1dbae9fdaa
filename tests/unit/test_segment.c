/* SPDX-License-Identifier: ISC */
/* Which links share a wire: tests each row of the table in name/segment.h. */
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name/segment.h"
#include "unit.h"

enum { LINKS_CAP = 64 };

static struct segment_vlan room[LINKS_CAP];

struct wires {
	struct event_link infos[LINKS_CAP];
	struct segment_link links[LINKS_CAP];
	uint32_t count;
};

static uint32_t add(struct wires *w, const char *kind, uint32_t parent, uint32_t master)
{
	uint32_t i = w->count++;
	w->infos[i] = (struct event_link){0};
	strcpy(w->infos[i].kind, kind);
	w->links[i] =
		(struct segment_link){.info = &w->infos[i], .parent = parent, .master = master};
	return i;
}

static uint32_t add_vlan(struct wires *w, uint32_t parent, uint16_t id)
{
	uint32_t i = add(w, "vlan", parent, SEGMENT_NONE);
	w->infos[i].vlan_id = id;
	return i;
}

static bool is_one_wire(struct wires *w, uint32_t a, uint32_t b)
{
	segment_place(w->links, w->count, room);
	return w->links[a].segment == w->links[b].segment;
}

static void macvlans_share_the_wire_of_their_lower_device_and_siblings(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t eth = add(&w, "", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t other = add(&w, "", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t a = add(&w, "macvlan", eth, SEGMENT_NONE);
	uint32_t b = add(&w, "macvtap", a, SEGMENT_NONE);
	assert_true(is_one_wire(&w, a, b));
	assert_true(is_one_wire(&w, eth, b));
	assert_false(is_one_wire(&w, other, a));
}

static void ipvlans_share_it_in_l2_mode_only(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t eth = add(&w, "", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t l2 = add(&w, "ipvlan", eth, SEGMENT_NONE);
	uint32_t l3 = add(&w, "ipvtap", eth, SEGMENT_NONE);
	uint32_t l3s = add(&w, "ipvlan", eth, SEGMENT_NONE);
	w.infos[l2].ipvlan_mode = IPVLAN_MODE_L2;
	w.infos[l3].ipvlan_mode = IPVLAN_MODE_L3;
	w.infos[l3s].ipvlan_mode = IPVLAN_MODE_L3S;
	assert_true(is_one_wire(&w, eth, l2));
	assert_false(is_one_wire(&w, eth, l3));
	assert_false(is_one_wire(&w, eth, l3s));
	assert_false(is_one_wire(&w, l3, l3s));
}

static void veths_share_it_with_their_peer_and_a_bridge_joins_its_ports(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t bridge = add(&w, "bridge", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t a = add(&w, "veth", 2, bridge), in_a = add(&w, "veth", 1, SEGMENT_NONE);
	uint32_t b = add(&w, "veth", 4, bridge), in_b = add(&w, "veth", 3, SEGMENT_NONE);
	(void)a;
	(void)b;
	assert_true(is_one_wire(&w, in_a, in_b));
	assert_true(is_one_wire(&w, in_a, bridge));
}

static void a_vrf_is_no_wire(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t vrf = add(&w, "vrf", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t a = add(&w, "", SEGMENT_NONE, vrf), b = add(&w, "", SEGMENT_NONE, vrf);
	assert_false(is_one_wire(&w, a, b));
}

static void vlans_are_apart_from_their_lower_device_and_together_by_id(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t a = add(&w, "veth", 1, SEGMENT_NONE), b = add(&w, "veth", 0, SEGMENT_NONE);
	uint32_t a10 = add_vlan(&w, a, 10), b10 = add_vlan(&w, b, 10), b20 = add_vlan(&w, b, 20);
	uint32_t a10in5 = add_vlan(&w, a10, 5), b10in5 = add_vlan(&w, b10, 5);
	uint32_t child = add(&w, "macvlan", b10in5, SEGMENT_NONE);
	assert_false(is_one_wire(&w, a, a10));
	assert_true(is_one_wire(&w, a10, b10));
	assert_false(is_one_wire(&w, a10, b20));
	assert_true(is_one_wire(&w, a10in5, child));
	assert_false(is_one_wire(&w, a10, a10in5));
}

static uint32_t add_port(struct wires *w, const char *kind, uint32_t bridge, uint16_t pvid)
{
	uint32_t i = add(w, kind, SEGMENT_NONE, bridge);
	w->infos[i].pvid = pvid;
	return i;
}

static void a_port_is_on_the_wire_of_its_pvid_where_the_bridge_keeps_vlans_apart(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t bridge = add_port(&w, "bridge", SEGMENT_NONE, 1);
	uint32_t trunk = add_port(&w, "", bridge, 1), none = add_port(&w, "tun", bridge, 0);
	uint32_t a = add_port(&w, "tun", bridge, 20), b = add_port(&w, "tun", bridge, 20);
	uint32_t c = add_port(&w, "tun", bridge, 30);
	uint32_t upper = add_vlan(&w, bridge, 20);
	uint32_t inner = add(&w, "veth", a, SEGMENT_NONE); /* the other end of a */
	assert_true(is_one_wire(&w, a, c)); /* all are on one wire, as long as it does not */
	assert_false(is_one_wire(&w, a, upper));
	w.infos[bridge].is_vlan_aware = true;
	assert_true(is_one_wire(&w, a, b));
	assert_true(is_one_wire(&w, a, upper));
	assert_true(is_one_wire(&w, inner, upper));
	assert_true(is_one_wire(&w, bridge, trunk));
	assert_false(is_one_wire(&w, bridge, a));
	assert_false(is_one_wire(&w, a, c));
	assert_false(is_one_wire(&w, none, bridge));
	assert_false(is_one_wire(&w, none, a));
	assert_true(w.links[a].is_open); /* the trunk carries it further */
	w.infos[bridge].pvid = 0;
	assert_false(is_one_wire(&w, bridge, none));
	assert_false(is_one_wire(&w, bridge, trunk));
	assert_true(is_one_wire(&w, a, upper));
}

/* Random bridges beside a naive rule: two ports are on one wire exactly if their PVIDs are equal. */
static void pvids_decide_for_random_ports(void **state)
{
	(void)state;
	unsigned rng = 7;
	for (unsigned round = 0; round < 300; round++) {
		struct wires w = {.count = 0};
		uint32_t bridge = add_port(&w, "bridge", SEGMENT_NONE, (uint16_t)(round % 3));
		w.infos[bridge].is_vlan_aware = true;
		for (unsigned i = 0; i < 12; i++) {
			rng = rng * 1103515245u + 12345u;
			add_port(&w, "tun", bridge, (uint16_t)((rng >> 16) % 4));
		}
		for (uint32_t a = 0; a < w.count; a++)
			for (uint32_t b = 0; b < a; b++)
				assert_int_equal(is_one_wire(&w, a, b),
					w.infos[a].pvid == w.infos[b].pvid && w.infos[a].pvid != 0);
	}
}

static void links_that_name_each_other_in_a_ring_end(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	for (uint32_t i = 0; i < LINKS_CAP; i++)
		add(&w, i % 2 ? "macvlan" : "vlan", (i + 1) % LINKS_CAP, (i + 7) % LINKS_CAP);
	segment_place(w.links, w.count, room);
	for (uint32_t i = 0; i < w.count; i++)
		assert_true(w.links[i].segment < w.count);
}

static bool is_open(struct wires *w, uint32_t link)
{
	segment_place(w->links, w->count, room);
	return w->links[link].is_open;
}

/* Adds a bridge with `count` containers, each by a veth. Returns the bridge. */
static uint32_t add_containers(struct wires *w, uint32_t count)
{
	uint32_t bridge = add(w, "bridge", SEGMENT_NONE, SEGMENT_NONE);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t port = add(w, "veth", w->count + 1, bridge);
		add(w, "veth", port, SEGMENT_NONE);
	}
	return bridge;
}

static void a_segment_whose_ends_are_all_known_is_closed(void **state)
{
	(void)state;
	struct wires w = {.count = 0};
	uint32_t bridge = add_containers(&w, 3);
	uint32_t dummy = add(&w, "dummy", SEGMENT_NONE, SEGMENT_NONE);
	uint32_t vlan = add_vlan(&w, bridge, 5), on_vlan = add(&w, "macvlan", vlan, SEGMENT_NONE);
	add(&w, "macvlan", dummy, SEGMENT_NONE);
	assert_false(is_open(&w, bridge));
	assert_false(is_open(&w, dummy));
	assert_false(is_open(&w, on_vlan));
}

/* It has no wire, but its lower device routes for it: so its addresses may be on other links. */
static void an_ipvlan_of_layer_3_is_open(void **state)
{
	(void)state;
	static const char *const kinds[] = {"ipvlan", "ipvtap"};
	static const uint16_t modes[] = {IPVLAN_MODE_L2, IPVLAN_MODE_L3, IPVLAN_MODE_L3S};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (size_t j = 0; j < ARRAY_LEN(modes); j++) {
			struct wires w = {.count = 0};
			uint32_t lower = add(&w, "dummy", SEGMENT_NONE, SEGMENT_NONE);
			uint32_t child = add(&w, kinds[i], lower, SEGMENT_NONE);
			w.infos[child].ipvlan_mode = modes[j];
			assert_int_equal(is_open(&w, child), modes[j] != IPVLAN_MODE_L2);
			assert_false(is_open(&w, lower));
		}
}

static void one_end_that_is_not_known_opens_it(void **state)
{
	(void)state;
	static const char *const kinds[] = {
		"", "tun", "vxlan", "wireguard", "gretap", "veth", "macvlan", "new-kind"};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct wires w = {.count = 0};
		uint32_t bridge = add_containers(&w, 3), other = add_containers(&w, 1);
		uint32_t vlan = add_vlan(&w, bridge, 5), inner = add_vlan(&w, vlan, 6);
		add(&w, kinds[i], SEGMENT_NONE, bridge);
		assert_true(is_open(&w, bridge));
		assert_true(is_open(&w, bridge + 2));
		assert_true(is_open(&w, inner));
		assert_false(is_open(&w, other));
	}
}

/* The number of comparisons of kinds shows how much work it is. */
static unsigned long compared;

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

int __wrap_strcmp(const char *a, const char *b)
{
	compared++;
	return __real_strcmp(a, b);
}

/* Two lower devices on one wire, with the same ids; anybody may make that many. */
static void many_vlans_need_no_more_work_for_each(void **state)
{
	(void)state;
	enum { IDS = 4094, COUNT = 2 + 2 * IDS };
	struct event_link *infos = calloc(COUNT, sizeof(*infos));
	struct segment_link *links = calloc(COUNT, sizeof(*links));
	struct segment_vlan *vlans = calloc(COUNT, sizeof(*vlans));
	assert_true(infos && links && vlans);
	for (uint32_t i = 0; i < COUNT; i++) {
		strcpy(infos[i].kind, i < 2 ? "veth" : "vlan");
		infos[i].vlan_id = i < 2 ? 0 : (uint16_t)(1 + i / 2);
		links[i] = (struct segment_link){
			.info = &infos[i], .parent = i < 2 ? 1 - i : i % 2, .master = SEGMENT_NONE};
	}
	compared = 0;
	segment_place(links, COUNT, vlans);
	for (uint32_t i = 2; i < COUNT; i += 2) {
		assert_int_equal(links[i].segment, links[i + 1].segment);
		assert_int_not_equal(links[i].segment, links[0].segment);
	}
	assert_in_range(compared, 1, 64 * COUNT);
	free(infos);
	free(links);
	free(vlans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macvlans_share_the_wire_of_their_lower_device_and_siblings),
		cmocka_unit_test(ipvlans_share_it_in_l2_mode_only),
		cmocka_unit_test(veths_share_it_with_their_peer_and_a_bridge_joins_its_ports),
		cmocka_unit_test(a_vrf_is_no_wire),
		cmocka_unit_test(vlans_are_apart_from_their_lower_device_and_together_by_id),
		cmocka_unit_test(
			a_port_is_on_the_wire_of_its_pvid_where_the_bridge_keeps_vlans_apart),
		cmocka_unit_test(pvids_decide_for_random_ports),
		cmocka_unit_test(links_that_name_each_other_in_a_ring_end),
		cmocka_unit_test(a_segment_whose_ends_are_all_known_is_closed),
		cmocka_unit_test(an_ipvlan_of_layer_3_is_open),
		cmocka_unit_test(one_end_that_is_not_known_opens_it),
		cmocka_unit_test(many_vlans_need_no_more_work_for_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
