/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the drawings of `graph`: which link is on which wire, where boxes are, and the
 * text of each form, compared with tests/unit/golden. SHOW_GOLDEN=DIR writes the present output to
 * that directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "show/dot.h"
#include "show/layout.h"
#include "show/outline.h"
#include "show/svg.h"
#include "show/wires.h"
#include "golden_file.h"
#include "unit.h"

enum { LINK_CAP = 160, ADDR_CAP = 4 };

/* A machine, link by link. */
struct machine {
	struct wires_link links[LINK_CAP];
	char text[LINK_CAP][5][48]; /* netns, name, names, and two addresses */
	const char *addrs[LINK_CAP][ADDR_CAP];
	size_t count;
};

static struct wires_link *add(struct machine *m, int32_t nsid, const char *netns, const char *name,
	const char *kind, uint64_t segment)
{
	struct wires_link *link = &m->links[m->count];
	char(*text)[48] = m->text[m->count];
	snprintf(text[0], sizeof(text[0]), "%s", netns);
	snprintf(text[1], sizeof(text[1]), "%s", name);
	*link = (struct wires_link){.nsid = nsid,
		.ifindex = (uint32_t)m->count + 1,
		.segment = segment,
		.netns = text[0],
		.name = text[1],
		.kind = kind,
		.names = "",
		.is_up = true,
		.parent_nsid = WIRES_NSID_UNKNOWN,
		.addrs = m->addrs[m->count]};
	m->count++;
	return link;
}

static void add_addr(struct machine *m, struct wires_link *link, const char *addr)
{
	m->addrs[link - m->links][link->addr_count++] = addr;
}

static void set_names(struct wires_link *link, const char *names, bool is_alias)
{
	link->names = names;
	link->has_alias = is_alias;
}

/* A veth pair: the port of `bridge` in the host, and the workload's end. */
static struct wires_link *add_veth(struct machine *m, const struct wires_link *bridge, int32_t nsid,
	const char *netns, const char *port)
{
	struct wires_link *outer = add(m, WIRES_NSID_HOST, "host", port, "veth", bridge->segment);
	struct wires_link *inner = add(m, nsid, netns, "eth0", "veth", bridge->segment);
	outer->master = bridge->ifindex;
	outer->parent = inner->ifindex;
	outer->parent_nsid = nsid;
	inner->parent = outer->ifindex;
	inner->parent_nsid = WIRES_NSID_HOST;
	return inner;
}

static struct wires make(const struct machine *m)
{
	struct wires w;
	assert_int_equal(wires_make(&w, m->links, m->count), 0);
	return w;
}

static void a_veth_pair_at_a_bridge_is_one_row(void **state)
{
	static struct machine m;
	(void)state;
	m.count = 0;
	struct wires_link *bridge = add(&m, WIRES_NSID_HOST, "host", "br0", "bridge", 7);
	struct wires_link *web = add_veth(&m, bridge, 1, "web", "port-web");
	add_addr(&m, bridge, "10.0.0.1");
	add_addr(&m, web, "10.0.0.2");
	struct wires w = make(&m);
	assert_int_equal(w.count, 1);
	assert_ptr_equal(w.list[0].carrier, bridge);
	assert_int_equal(w.list[0].row_count, 2);
	assert_string_equal(w.list[0].rows[0].title, "host");
	assert_string_equal(w.list[0].rows[1].title, "web");
	assert_int_equal(w.list[0].rows[1].link_count, 1);
	assert_int_equal(w.list[0].port_count, 0);
	wires_fini(&w);
}

static void loopbacks_are_not_shown(void **state)
{
	static struct machine m;
	(void)state;
	m.count = 0;
	struct wires_link *lo = add(&m, WIRES_NSID_HOST, "host", "lo", "", 1);
	lo->is_loopback = true;
	add_addr(&m, lo, "127.0.0.1");
	struct wires w = make(&m);
	assert_int_equal(w.count, 0);
	wires_fini(&w);
}

static void ports_that_lead_elsewhere_are_named_beside_the_bridge(void **state)
{
	static struct machine m;
	struct buf text = {0};
	(void)state;
	m.count = 0;
	struct wires_link *bridge = add(&m, WIRES_NSID_HOST, "host", "br0", "bridge", 7);
	for (int i = 0; i < 2; i++)
		add(&m, WIRES_NSID_HOST, "host", i ? "eth0" : "tap10", i ? "" : "tun", 7)->master =
			bridge->ifindex;
	add_addr(&m, bridge, "10.0.0.1");
	struct wires w = make(&m);
	wires_describe(&text, &w.list[0]);
	assert_string_equal(buf_text(&text), "bridge in host, with eth0, tap10");
	assert_int_equal(w.list[0].row_count, 1);
	buf_fini(&text);
	wires_fini(&w);
}

static void a_tap_with_an_alias_is_a_workload_of_its_own(void **state)
{
	static struct machine m;
	(void)state;
	m.count = 0;
	struct wires_link *bridge = add(&m, WIRES_NSID_HOST, "host", "br0", "bridge", 7);
	struct wires_link *tap = add(&m, WIRES_NSID_HOST, "host", "tap0", "tun", 7);
	tap->master = bridge->ifindex;
	set_names(bridge, "machine", false);
	set_names(tap, "vm1", true);
	add_addr(&m, bridge, "10.0.0.1");
	struct wires w = make(&m);
	assert_int_equal(w.list[0].row_count, 2);
	assert_string_equal(w.list[0].rows[0].title, "machine");
	assert_string_equal(w.list[0].rows[1].title, "vm1");
	assert_string_equal(w.list[0].rows[1].netns, "host");
	wires_fini(&w);
}

static void macvlans_are_on_the_wire_of_their_lower_device(void **state)
{
	static struct machine m;
	(void)state;
	m.count = 0;
	struct wires_link *lower = add(&m, WIRES_NSID_HOST, "host", "eth0", "", 3);
	add_addr(&m, lower, "192.0.2.1");
	for (int i = 0; i < 3; i++) {
		char netns[8];
		snprintf(netns, sizeof(netns), "svc%d", i == 0 ? 10 : i);
		struct wires_link *link = add(&m, i, netns, "eth0", "macvlan", 3);
		link->parent = lower->ifindex;
		link->parent_nsid = WIRES_NSID_HOST;
	}
	struct wires w = make(&m);
	assert_ptr_equal(w.list[0].carrier, lower);
	assert_int_equal(w.list[0].row_count, 4);
	assert_string_equal(w.list[0].rows[1].title, "svc1");
	assert_string_equal(w.list[0].rows[2].title, "svc2");
	assert_string_equal(w.list[0].rows[3].title, "svc10");
	wires_fini(&w);
}

static void a_vlan_is_a_wire_that_knows_its_trunk(void **state)
{
	static struct machine m;
	struct buf text = {0};
	(void)state;
	m.count = 0;
	struct wires_link *trunk = add(&m, WIRES_NSID_HOST, "host", "eth0", "", 3);
	struct wires_link *vlan = add(&m, WIRES_NSID_HOST, "host", "eth0.10", "vlan", 4);
	add_addr(&m, trunk, "192.0.2.1");
	add_addr(&m, vlan, "192.0.2.129");
	vlan->parent = trunk->ifindex;
	vlan->parent_nsid = WIRES_NSID_HOST;
	vlan->vlan_id = 10;
	struct wires w = make(&m);
	assert_int_equal(w.count, 2);
	assert_ptr_equal(w.list[1].trunk, trunk);
	wires_describe(&text, &w.list[1]);
	assert_string_equal(buf_text(&text), "VLAN 10 on eth0 in host");
	buf_clear(&text);
	dot_write(&text, &w);
	assert_non_null(strstr(buf_text(&text), "wire0 -- wire1 [label=\"VLAN 10\"]"));
	buf_fini(&text);
	wires_fini(&w);
}

static void links_without_address_name_or_neighbour_come_together_at_the_end(void **state)
{
	static struct machine m;
	(void)state;
	m.count = 0;
	for (unsigned i = 0; i < 3; i++)
		add(&m, WIRES_NSID_HOST, "host",
			i == 0   ? "dummy0"
			: i == 1 ? "dummy1"
				 : "eth0",
			"", i);
	add_addr(&m, &m.links[2], "192.0.2.1");
	struct wires w = make(&m);
	assert_int_equal(w.count, 2);
	assert_null(w.list[1].carrier);
	assert_int_equal(w.list[1].row_count, 1);
	assert_int_equal(w.list[1].rows[0].link_count, 2);
	wires_fini(&w);
}

static void nothing_makes_an_empty_picture(void **state)
{
	struct wires w;
	struct buf out = {0};
	(void)state;
	assert_int_equal(wires_make(&w, NULL, 0), 0);
	svg_write(&out, &w);
	assert_non_null(strstr(buf_text(&out), "</svg>"));
	buf_fini(&out);
	wires_fini(&w);
}

/* Thirty namespaces: containers at a bridge, services on a network card, and some oddities. */
static const struct machine *large_machine(void)
{
	static struct machine m;
	static char names[LINK_CAP][64], addrs[LINK_CAP][3][48];
	m.count = 0;
	struct wires_link *card = add(&m, WIRES_NSID_HOST, "host", "enp3s0", "", 1);
	struct wires_link *bridge = add(&m, WIRES_NSID_HOST, "host", "podman1", "bridge", 2);
	set_names(card, "machine", false);
	set_names(bridge, "machine", false);
	add_addr(&m, card, "192.168.1.2");
	add_addr(&m, card, "2001:db8:1:0:be24:11ff:fe6b:dc01");
	add_addr(&m, card, "fe80::be24:11ff:fe6b:dc01");
	add_addr(&m, bridge, "10.89.0.1");
	for (int i = 1; i <= 30; i++) {
		char netns[48], port[16];
		bool is_card = i > 18;
		snprintf(netns, sizeof(netns),
			is_card ? "svc%d" : "netns-27b4a5e8-1234-5678-9abc-0123456789%02d", i);
		snprintf(port, sizeof(port), "veth%d", i);
		struct wires_link *link =
			is_card ? add(&m, i, netns, "eth0", i % 2 ? "macvlan" : "ipvlan", 1)
				: add_veth(&m, bridge, i, netns, port);
		snprintf(names[i], sizeof(names[i]),
			i == 5   ? "mail-gateway, smtp"
			: i == 7 ? "a-name-of-sixty-three-letters-which-is-as-long-as-a-label-can-b"
				 : "workload-%d",
			i);
		snprintf(addrs[i][0], sizeof(addrs[i][0]), is_card ? "192.168.1.%d" : "10.89.0.%d",
			i + 20);
		snprintf(addrs[i][1], sizeof(addrs[i][1]), "fd77:7777:7777::%x", i);
		snprintf(addrs[i][2], sizeof(addrs[i][2]), "2001:db8:1:0:a8bb:ccff:fe00:%x",
			0x1000 + i);
		if (i % 6 != 0)
			set_names(link, names[i], i % 3 != 0);
		for (int j = 0; j < 3; j++)
			add_addr(&m, link, addrs[i][j]);
		link->is_up = i != 4;
	}
	struct wires_link *vlan = add(&m, WIRES_NSID_HOST, "host", "enp3s0.20", "vlan", 3);
	vlan->vlan_id = 20;
	vlan->parent = card->ifindex;
	vlan->parent_nsid = WIRES_NSID_HOST;
	set_names(vlan, "machine", false);
	add_addr(&m, vlan, "172.20.0.2");
	struct wires_link *tunnel = add(&m, WIRES_NSID_HOST, "host", "wg0", "wireguard", 4);
	set_names(tunnel, "machine", false);
	add_addr(&m, tunnel, "10.200.0.1");
	add(&m, WIRES_NSID_HOST, "host", "dummy0", "dummy", 5);
	add(&m, WIRES_NSID_HOST, "host", "wlan0", "", 6)->is_up = false;
	return &m;
}

static const struct machine *small_machine(void)
{
	static struct machine m;
	m.count = 0;
	struct wires_link *bridge = add(&m, WIRES_NSID_HOST, "host", "br0", "bridge", 2);
	set_names(bridge, "machine", false);
	add_addr(&m, bridge, "10.77.0.1");
	add_addr(&m, bridge, "fd77:7777:7777::1");
	struct wires_link *alpha = add_veth(&m, bridge, 1, "lab-<alpha>", "port-alpha");
	set_names(alpha, "alpha", true);
	add_addr(&m, alpha, "10.77.0.2");
	add_addr(&m, alpha, "2001:db8:77::2");
	add_addr(&m, alpha, "fe80::a8bb:ccff:fedd:eeff");
	struct wires_link *beta = add_veth(&m, bridge, 2, "lab & \033[31m\"beta\"", "port-beta");
	beta->is_up = false;
	add_addr(&m, beta, "10.77.0.3");
	add(&m, WIRES_NSID_HOST, "host", "dummy0", "dummy", 5);
	return &m;
}

static void the_picture_of_thirty_namespaces_fits_on_a_page(void **state)
{
	struct wires w = make(large_machine());
	struct layout l;
	size_t workloads = 0;
	(void)state;
	assert_int_equal(layout_make(&l, &w), 0);
	assert_true(l.width <= 800);
	assert_true(l.height <= 1200);
	for (size_t i = 0; i < l.row_count; i++)
		workloads += l.rows[i].row->links[0]->nsid != WIRES_NSID_HOST;
	assert_int_equal(workloads, 30);
	layout_fini(&l);
	wires_fini(&w);
}

static bool overlap(int a, int a_len, int b, int b_len)
{
	return a < b + b_len && b < a + a_len;
}

static void boxes_and_rows_do_not_overlap_and_are_within_the_picture(void **state)
{
	struct wires w = make(large_machine());
	struct layout l;
	(void)state;
	assert_int_equal(layout_make(&l, &w), 0);
	for (size_t i = 0; i < l.box_count; i++) {
		const struct layout_box *a = &l.boxes[i];
		assert_true(a->x >= 0 && a->y >= 0);
		assert_true(a->x + a->width <= l.width && a->y + a->height <= l.height);
		for (size_t j = 0; j < i; j++)
			assert_false(overlap(a->x, a->width, l.boxes[j].x, l.boxes[j].width) &&
				     overlap(a->y, a->height, l.boxes[j].y, l.boxes[j].height));
		for (size_t j = 0; j < a->wire->row_count; j++) {
			const struct layout_row *row = &l.rows[a->first_row + j];
			assert_true(row->x > a->x && row->x + row->width <= a->x + a->width);
			assert_true(row->y > a->y &&
				    row->y + row->height <= a->y + a->height + LAYOUT_ROW_GAP);
		}
	}
	for (size_t i = 0; i < l.row_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(overlap(l.rows[i].x, l.rows[i].width, l.rows[j].x,
					     l.rows[j].width) &&
				     overlap(l.rows[i].y, l.rows[i].height, l.rows[j].y,
					     l.rows[j].height));
	layout_fini(&l);
	wires_fini(&w);
}

static void every_workload_has_its_names_in_every_drawing(void **state)
{
	struct wires w = make(large_machine());
	struct buf svg = {0}, dot = {0}, text = {0};
	(void)state;
	svg_write(&svg, &w);
	dot_write(&dot, &w);
	outline_write(&text, &w, 80, false);
	for (int i = 1; i <= 30; i++) {
		char name[32];
		if (i == 5 || i == 7 || i % 6 == 0)
			continue;
		snprintf(name, sizeof(name), "workload-%d", i);
		assert_non_null(strstr(buf_text(&svg), name));
		assert_non_null(strstr(buf_text(&dot), name));
		assert_non_null(strstr(buf_text(&text), name));
	}
	assert_non_null(strstr(
		buf_text(&svg), "a-name-of-sixty-three-letters-which-is-as-long-as-a-label-can-b"));
	buf_fini(&svg);
	buf_fini(&dot);
	buf_fini(&text);
	wires_fini(&w);
}

static void the_drawings_are_as_they_were_seen_to_be_good(void **state)
{
	struct buf out = {0};
	(void)state;
	struct wires w = make(small_machine());
	svg_write(&out, &w);
	golden_check(&out, "graph-small.svg");
	dot_write(&out, &w);
	golden_check(&out, "graph-small.dot");
	outline_write(&out, &w, 80, false);
	golden_check(&out, "graph-small.txt");
	wires_fini(&w);
	w = make(large_machine());
	svg_write(&out, &w);
	golden_check(&out, "graph-large.svg");
	outline_write(&out, &w, 80, false);
	golden_check(&out, "graph-large-80.txt");
	outline_write(&out, &w, 200, false);
	golden_check(&out, "graph-large-200.txt");
	wires_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_veth_pair_at_a_bridge_is_one_row),
		cmocka_unit_test(loopbacks_are_not_shown),
		cmocka_unit_test(ports_that_lead_elsewhere_are_named_beside_the_bridge),
		cmocka_unit_test(a_tap_with_an_alias_is_a_workload_of_its_own),
		cmocka_unit_test(macvlans_are_on_the_wire_of_their_lower_device),
		cmocka_unit_test(a_vlan_is_a_wire_that_knows_its_trunk),
		cmocka_unit_test(links_without_address_name_or_neighbour_come_together_at_the_end),
		cmocka_unit_test(nothing_makes_an_empty_picture),
		cmocka_unit_test(the_picture_of_thirty_namespaces_fits_on_a_page),
		cmocka_unit_test(boxes_and_rows_do_not_overlap_and_are_within_the_picture),
		cmocka_unit_test(every_workload_has_its_names_in_every_drawing),
		cmocka_unit_test(the_drawings_are_as_they_were_seen_to_be_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
