/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of guests in the core: their addresses in the model, their names, and the links that have guests.
 */
#include "base/err.h"
#include "model/model.h"
#include "name/guest_link.h"
#include "name/names.h"
#include "unit.h"

#include <linux/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel as it is told, the names that follow from it, and the last records of each name: "vm 10.0.0.7". */
struct world {
	struct policy policy;
	struct names *names;
	struct model *model;
	char said[64][96];
	size_t count;
	unsigned zones;
};

static int put_unicast(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct world *w = arg;
	char name[NAME_TEXT_CAP];
	size_t kept = 0;
	name_to_text(owner, name);
	if (strstr(name, ".wan.") || strstr(name, ".lan."))
		return 0;
	const size_t len = strcspn(name, ".");
	name[len] = ' ';
	name[len + 1] = '\0';
	for (size_t i = 0; i < w->count; i++)
		if (strncmp(w->said[i], name, len + 1) != 0)
			memmove(w->said[kept++], w->said[i], sizeof(w->said[i]));
	w->count = kept;
	for (size_t i = 0; i < count; i++)
		for (unsigned j = 0; j < sets[i].count && sets[i].type != RR_PTR; j++) {
			char text[ADDR_TEXT_CAP];
			struct addr a = addr_make(
				sets[i].type == RR_A ? ADDR_V4 : ADDR_V6, sets[i].rdata[j].bytes);
			assert_true(w->count < ARRAY_LEN(w->said));
			snprintf(w->said[w->count++], sizeof(w->said[0]), "%.30s%.60s", name,
				addr_format(&a, text));
		}
	return 0;
}

static int put_reverse_zone(void *arg, const uint8_t *apex UNUSED, enum names_zone what)
{
	((struct world *)arg)->zones += what != NAMES_ZONE_GONE ? 1u : -1u;
	return 0;
}

static int put_mdns_link(
	void *arg UNUSED, const struct names_mdns_link *link UNUSED, bool is_gone UNUSED)
{
	return 0;
}

static int put_mdns(void *arg UNUSED, uint32_t ifindex UNUSED, const uint8_t *owner UNUSED,
	const struct rrset *sets UNUSED, size_t count UNUSED, struct names_mdns_kind kind UNUSED)
{
	return 0;
}

static struct world *start(enum name_duplicates duplicates, const char *self)
{
	struct world *w = calloc(1, sizeof(*w));
	w->policy = (struct policy){.ttl_s = 60,
		.sources = {NAME_ALIAS, NAME_HOSTNAME, NAME_DHCP},
		.source_count = 3,
		.duplicates = duplicates,
		.mdns = NAME_MDNS_AUTO,
		.guests = NAME_GUESTS_AUTO};
	strcpy(w->policy.self, self);
	strcpy(w->policy.host, self);
	assert_int_equal(name_from_text("example.", NULL, &w->policy.domain), 0);
	w->names = names_new(1, &w->policy,
		(struct names_sink){.put_unicast = put_unicast,
			.put_reverse_zone = put_reverse_zone,
			.put_mdns_link = put_mdns_link,
			.put_mdns = put_mdns,
			.arg = w});
	w->model = model_new(1, names_listener(w->names));
	names_bind_model(w->names, w->model);
	return w;
}

static void stop(struct world *w)
{
	model_free(w->model);
	names_free(w->names);
	free(w);
}

static void apply(struct world *w, const struct event *ev)
{
	assert_int_equal(model_apply(w->model, ev), 0);
	names_flush(w->names);
}

static struct event link_event(nsid_t nsid, uint32_t ifindex, const char *kind, const char *alias)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	ev.link.ifindex = ifindex;
	ev.link.flags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP | IFF_MULTICAST | IFF_BROADCAST;
	ev.link.type = ARPHRD_ETHER;
	ev.link.operstate = 6; /* IF_OPER_UP */
	ev.link.mtu = 1500;
	ev.link.parent_nsid = nsid;
	snprintf(ev.link.name, sizeof(ev.link.name), "vnet%u", ifindex);
	snprintf(ev.link.kind, sizeof(ev.link.kind), "%s", kind);
	snprintf(ev.link.alias, sizeof(ev.link.alias), "%s", alias);
	return ev;
}

static void give_link(struct world *w, uint32_t ifindex, const char *alias)
{
	const struct event ev = link_event(NSID_OWN, ifindex, "tun", alias);
	apply(w, &ev);
}

static struct event addr_event(
	enum event_type type, nsid_t nsid, uint32_t ifindex, const char *text, bool is_guest)
{
	struct event ev = {.type = type, .nsid = nsid};
	ev.addr.ifindex = ifindex;
	ev.addr.is_guest = is_guest;
	assert_int_equal(addr_parse(text, &ev.addr.addr), 0);
	const unsigned whole = 8 * (unsigned)addr_len(&ev.addr.addr);
	ev.addr.prefix_len = (uint8_t)(is_guest ? whole : whole == 32 ? 24 : 64);
	return ev;
}

static void give(struct world *w, uint32_t ifindex, const char *text, bool is_guest)
{
	const struct event ev = addr_event(EV_ADDR, NSID_OWN, ifindex, text, is_guest);
	apply(w, &ev);
}

static void take(struct world *w, uint32_t ifindex, const char *text, bool is_guest)
{
	const struct event ev = addr_event(EV_ADDR_GONE, NSID_OWN, ifindex, text, is_guest);
	apply(w, &ev);
}

static void call(struct world *w, uint32_t ifindex, const char *name)
{
	struct event ev = {.type = EV_GUEST_NAME, .nsid = NSID_OWN};
	ev.guest.ifindex = ifindex;
	snprintf(ev.guest.name, sizeof(ev.guest.name), "%s", name);
	apply(w, &ev);
}

static int cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void assert_says(struct world *w, const char *expected)
{
	char text[4096] = "";
	if (w->count)
		qsort(w->said, w->count, sizeof(w->said[0]), cmp);
	for (size_t i = 0; i < w->count; i++) {
		strcat(text, i ? ", " : "");
		strcat(text, w->said[i]);
	}
	assert_string_equal(text, expected);
}

/* --- the model ---- */

static void a_dump_neither_sweeps_nor_doubles_the_addresses_of_guests(void **state UNUSED)
{
	static const enum event_type ends[] = {EV_SYNC_END, EV_SYNC_ABORT};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct world *w = start(DUPLICATES_MERGE, "");
		struct event ev = {.type = EV_SYNC_BEGIN, .nsid = NSID_OWN};
		give_link(w, 5, "vm");
		give(w, 5, "10.0.0.7", true);
		apply(w, &ev);
		give(w, 5, "10.0.0.8", true); /* while it runs */
		struct event link = link_event(NSID_OWN, 5, "tun", "vm");
		link.is_dump = true;
		apply(w, &link);
		ev.type = EV_SYNC_LINKS;
		apply(w, &ev);
		ev.type = ends[i];
		apply(w, &ev);
		assert_says(w, "vm 10.0.0.7, vm 10.0.0.8");
		ev.type = EV_SYNC_BEGIN;
		apply(w, &ev);
		take(w, 5, "10.0.0.7", true);
		ev.type = EV_SYNC_LINKS; /* the link was not listed: it is gone, and all of it */
		apply(w, &ev);
		ev.type = EV_SYNC_END;
		apply(w, &ev);
		assert_says(w, "");
		stop(w);
	}
}

static void what_is_said_of_no_link_is_refused(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	const struct event addr = addr_event(EV_ADDR, NSID_OWN, 5, "10.0.0.7", true);
	struct event name = {.type = EV_GUEST_NAME, .nsid = NSID_OWN};
	name.guest.ifindex = 5;
	assert_int_equal(model_apply(w->model, &addr), ERR_ABSENT);
	assert_int_equal(model_apply(w->model, &name), ERR_ABSENT);
	memset(name.guest.name, 'x', sizeof(name.guest.name));
	assert_int_equal(model_apply(w->model, &name), ERR_SYNTAX);
	stop(w);
}

static void the_kernel_and_the_guest_may_have_the_same_address(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	give_link(w, 5, "vm");
	give(w, 5, "10.0.0.7", false);
	give(w, 5, "10.0.0.7", true);
	take(w, 5, "10.0.0.7", true);
	assert_says(w, "vm 10.0.0.7");
	take(w, 5, "10.0.0.7", false);
	assert_says(w, "");
	stop(w);
}

static void count_holder(void *arg, const struct model_addr *holder)
{
	unsigned *count = arg;
	assert_true(holder->is_present);
	++*count;
}

/* Whatever happens, the index by address has what a look at each link finds. */
static void the_index_of_holders_is_that_of_the_links(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	srand(4711);
	for (int step = 0; step < 4000; step++) {
		char text[32];
		const uint32_t ifindex = 1 + (uint32_t)rand() % 4;
		const bool is_guest = rand() % 2;
		snprintf(text, sizeof(text), "10.0.0.%d", 1 + rand() % 5);
		struct event ev = addr_event(
			rand() % 3 ? EV_ADDR : EV_ADDR_GONE, NSID_OWN, ifindex, text, is_guest);
		if (rand() % 8 == 0)
			ev = link_event(NSID_OWN, ifindex, "tun", "vm");
		else if (rand() % 8 == 0)
			ev = (struct event){
				.type = EV_LINK_GONE, .nsid = NSID_OWN, .link.ifindex = ifindex};
		else if (rand() % 16 == 0)
			ev = (struct event){
				.type = rand() % 2 ? EV_SYNC_BEGIN : EV_SYNC_END, .nsid = NSID_OWN};
		(void)!model_apply(w->model, &ev);
		for (int last = 1; last <= 5; last++) {
			unsigned found = 0, expected = 0;
			struct addr addr;
			snprintf(text, sizeof(text), "10.0.0.%d", last);
			assert_int_equal(addr_parse(text, &addr), 0);
			model_each_holder(w->model, &addr, count_holder, &found);
			const struct model_ns *ns = model_ns(w->model, NSID_OWN);
			if (ns)
				LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
					unsigned guests = 0;
					LIST_EACH(
						a, &link->addrs, const struct model_addr, in_link) {
						bool is_here = a->is_present && link->is_present;
						expected +=
							is_here && addr_equal(&a->info.addr, &addr);
						guests += is_here && a->info.is_guest;
					}
					assert_int_equal(link->guest_addr_count, guests);
				}
			assert_int_equal(found, expected);
		}
	}
	stop(w);
}

/* --- names ---- */

static void an_alias_names_the_guest_and_no_longer_the_end_of_the_host(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	give_link(w, 5, "vm");
	give(w, 5, "10.0.0.1", false);
	assert_says(w, "vm 10.0.0.1");
	give(w, 5, "10.0.0.7", true);
	assert_says(w, "vm 10.0.0.7");
	take(w, 5, "10.0.0.7", true);
	assert_says(w, "vm 10.0.0.1");
	stop(w);
}

static void the_name_of_the_host_is_no_name_of_its_guests(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "host");
	give_link(w, 5, "");
	give(w, 5, "10.0.0.1", false);
	give(w, 5, "10.0.0.7", true);
	assert_says(w, "host 10.0.0.1");
	call(w, 5, "HOST");
	assert_says(w, "host 10.0.0.1");
	call(w, 5, "vm");
	assert_says(w, "host 10.0.0.1, vm 10.0.0.7");
	stop(w);
}

static void a_host_name_of_programs_here_is_no_name_of_guests(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	struct event ev = {.type = EV_HOSTNAME, .nsid = NSID_OWN};
	ev.hostname.uts = 7;
	ev.hostname.owner = OWNER_HOST;
	strcpy(ev.hostname.name, "program");
	apply(w, &ev);
	give_link(w, 5, "");
	give(w, 5, "10.0.0.1", false);
	give(w, 5, "10.0.0.7", true);
	call(w, 5, "vm");
	assert_says(w, "program 10.0.0.1, vm 10.0.0.7");
	stop(w);
}

static void an_alias_comes_before_what_the_guest_says(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	give_link(w, 5, "vm");
	give(w, 5, "10.0.0.7", true);
	call(w, 5, "other");
	assert_says(w, "vm 10.0.0.7");
	w->policy.sources[0] = NAME_DHCP;
	w->policy.sources[1] = NAME_ALIAS;
	w->policy.source_count = 2;
	names_set_policy(w->names, &w->policy);
	names_flush(w->names);
	assert_says(w, "other 10.0.0.7");
	w->policy.source_count = 0;
	names_set_policy(w->names, &w->policy);
	names_flush(w->names);
	assert_says(w, "");
	stop(w);
}

static void a_guest_gets_no_name_of_others_in_any_way(void **state UNUSED)
{
	for (enum name_duplicates d = 0; d < DUPLICATES_COUNT; d++) {
		struct world *w = start(d, "");
		const struct event web = link_event(3, 2, "veth", "web");
		const struct event web_addr = addr_event(EV_ADDR, 3, 2, "10.0.0.2", false);
		give_link(w, 5, "");
		give(w, 5, "10.0.0.7", true);
		call(w, 5, "web");
		assert_says(w, "web 10.0.0.7");
		struct event ns = {.type = EV_NS, .nsid = 3};
		ns.ns.owner = OWNER_HOST;
		apply(w, &ns);
		apply(w, &web);
		apply(w, &web_addr);
		assert_says(w, "web 10.0.0.2");
		call(w, 5, "web-2"); /* the name of a second "web" */
		assert_says(w,
			d == DUPLICATES_NUMBER ? "web 10.0.0.2" : "web 10.0.0.2, web-2 10.0.0.7");
		const struct event gone = {.type = EV_NS_GONE, .nsid = 3};
		apply(w, &gone);
		assert_says(w, "web-2 10.0.0.7");
		stop(w);
	}
}

/* The first guest that has said a name keeps it, whatever the numbers of their links are. */
static void of_several_guests_the_first_has_the_name_alone(void **state UNUSED)
{
	for (enum name_duplicates d = 0; d < DUPLICATES_COUNT; d++) {
		struct world *w = start(d, "");
		for (uint32_t i = 5; i <= 7; i++)
			give_link(w, i, "");
		give(w, 5, "10.0.0.5", true);
		give(w, 6, "10.0.0.6", true);
		give(w, 7, "10.0.0.7", true);
		call(w, 6, "db");
		call(w, 5, "db");
		call(w, 7, "DB");
		assert_says(w, "db 10.0.0.6");
		call(w, 6, "db"); /* says it again: it stays the first */
		assert_says(w, "db 10.0.0.6");
		call(w, 6, "");
		assert_says(w, "db 10.0.0.5");
		call(w, 6, "db");
		assert_says(w, "db 10.0.0.5");
		stop(w);
	}
}

static void what_a_guest_says_is_judged_as_host_names_are(void **state UNUSED)
{
	static const char *const ignored[] = {"build-*", LABEL_CONTAINER_ID};
	static const char *const bad[] = {
		"build-7", "0123456789ab", "localhost", "wan", "a_b", "-a", "a-", "\xff", "a b c"};
	struct world *w = start(DUPLICATES_MERGE, "");
	w->policy.ignored = ignored;
	w->policy.ignored_count = ARRAY_LEN(ignored);
	names_set_policy(w->names, &w->policy);
	give_link(w, 5, "");
	give(w, 5, "10.0.0.7", true);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		call(w, 5, bad[i]);
		assert_says(w, "");
	}
	call(w, 5, "vm");
	assert_says(w, "vm 10.0.0.7");
	stop(w);
}

static void a_name_that_a_guest_gave_itself_begins_no_reverse_zone(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	give_link(w, 5, "");
	give(w, 5, "10.0.0.7", true);
	call(w, 5, "vm");
	assert_int_equal(w->zones, 0);
	give_link(w, 5, "vm");
	assert_int_equal(w->zones, 1);
	stop(w);
}

static void link_local_addresses_of_guests_behind_a_bridge_are_served(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	const struct event bridge = link_event(NSID_OWN, 2, "bridge", "");
	struct event port = link_event(NSID_OWN, 5, "tun", "vm");
	port.link.master = 2;
	apply(w, &bridge);
	apply(w, &port);
	give(w, 5, "2001:db8::7", true);
	assert_int_equal(w->count, 1);
	unsigned served = 0;
	give(w, 5, "fe80::7", true);
	const struct model_link *link = model_link(w->model, NSID_OWN, 5);
	LIST_EACH(a, &link->addrs, const struct model_addr, in_link)
		served += addr_judge(&w->policy, a, true, false) == ADDR_SERVED;
	assert_int_equal(served, 2);
	stop(w);
}

/* A bridge has an entry for each VLAN: that somebody in another one uses the same hardware address says nothing. */
static void only_a_port_in_the_vlan_of_the_guest_is_beside_it(void **state UNUSED)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	static const uint32_t masters[] = {2, 2, 3, 0};
	for (uint32_t i = 0; i < ARRAY_LEN(masters); i++) {
		struct event port = link_event(NSID_OWN, 5 + i, "tun", "");
		port.link.master = masters[i];
		port.link.pvid = i == 0 ? 10 : 20;
		apply(w, &port);
	}
	const struct model_link *at[ARRAY_LEN(masters)];
	for (uint32_t i = 0; i < ARRAY_LEN(masters); i++)
		at[i] = model_link(w->model, NSID_OWN, 5 + i);
	assert_true(guest_link_is_beside(at[0], at[1], 0));
	assert_true(guest_link_is_beside(at[0], at[1], 10)); /* a trunk */
	assert_false(guest_link_is_beside(at[0], at[1], 20));
	assert_false(guest_link_is_beside(at[0], at[2], 10));
	assert_false(guest_link_is_beside(at[3], at[3], 0));
	struct event without = link_event(NSID_OWN, 5, "tun", "");
	without.link.master = 2;
	apply(w, &without);
	assert_true(guest_link_is_beside(at[0], at[1], 0));
	assert_false(guest_link_is_beside(at[0], at[1], 10));
	stop(w);
}

/* --- links ---- */

struct link_case {
	const char *what;
	bool is_expected;
	const char *kind, *alias;
	uint32_t master, parent;
	nsid_t parent_nsid;
	const char *addr;
	bool is_down, is_granted;
	enum name_guests guests;
	const char *listed;
};

static void assert_link(const struct link_case *c)
{
	struct world *w = start(DUPLICATES_MERGE, "");
	const struct event bridge = link_event(NSID_OWN, 2, "bridge", "");
	const struct event peer = link_event(4, 9, "veth", "");
	struct event ev = link_event(NSID_OWN, 5, c->kind, c->alias ? c->alias : "");
	ev.link.master = c->master;
	ev.link.parent = c->parent;
	ev.link.parent_nsid = c->parent_nsid;
	ev.link.is_granted = c->is_granted;
	if (c->is_down)
		ev.link.operstate = 2;
	apply(w, &bridge);
	apply(w, &peer);
	apply(w, &ev);
	if (c->addr)
		give(w, 5, c->addr, false);
	give(w, 5, "10.0.0.77", true); /* what it has already does not count */
	w->policy.guests = c->guests;
	w->policy.guest_links = &c->listed;
	w->policy.guest_link_count = 1;
	w->policy.source_count = c->alias ? 2 : 3; /* without an alias: only with NAME_DHCP */
	const struct model_link *link = model_link(w->model, NSID_OWN, 5);
	if (guest_link_is(&w->policy, w->model, link) != c->is_expected)
		fail_msg("%s", c->what);
	if (!c->alias) {
		w->policy.source_count = 2;
		if (c->guests == NAME_GUESTS_AUTO && guest_link_is(&w->policy, w->model, link))
			fail_msg("%s, without a name", c->what);
	}
	stop(w);
}

static void links_with_guests_are_told_from_others(void **state UNUSED)
{
	static const struct link_case cases[] = {
		{"tap", true, "tun", "vm", .listed = ""},
		{"tap without alias", true, "tun", NULL, .listed = ""},
		{"macvtap", true, "macvtap", "vm", .parent = 2, .parent_nsid = NSID_OWN,
			.listed = ""},
		{"tap of a bridge", true, "tun", "vm", .master = 2, .listed = ""},
		{"tap, link-local of the host", true, "tun", "vm", .addr = "fe80::1", .listed = ""},
		{"tap with an address", false, "tun", "vm", .addr = "10.0.0.1", .listed = ""},
		{"tap, IPv6 address", false, "tun", "vm", .addr = "2001:db8::1", .listed = ""},
		{"tap without carrier", false, "tun", "vm", .is_down = true, .listed = ""},
		{"tap of ontapd", false, "tun", "vm", .is_granted = true, .listed = ""},
		{"network card", false, "", "vm", .master = 2, .listed = ""},
		{"network card, listed", false, "", "vm", .guests = NAME_GUESTS_LISTED,
			.listed = "vnet5"},
		{"dummy", false, "dummy", "vm", .master = 2, .listed = ""},
		{"veth", false, "veth", "vm", .parent = 9, .parent_nsid = NSID_UNKNOWN,
			.listed = ""},
		{"veth of a bridge to nowhere", true, "veth", "vm", .master = 2, .parent = 9,
			.parent_nsid = NSID_UNKNOWN, .listed = ""},
		{"veth of a bridge to a namespace that is not seen", true, "veth", "vm",
			.master = 2, .parent = 9, .parent_nsid = 8, .listed = ""},
		{"veth of a bridge to a container", false, "veth", "vm", .master = 2, .parent = 9,
			.parent_nsid = 4, .listed = ""},
		{"no", false, "tun", "vm", .guests = NAME_GUESTS_NONE, .listed = ""},
		{"listed", true, "tun", "vm", .guests = NAME_GUESTS_LISTED, .listed = "vnet5"},
		{"listed, with an address", true, "tun", "vm", .addr = "10.0.0.1",
			.guests = NAME_GUESTS_LISTED, .listed = "vnet5"},
		{"others are listed", false, "tun", "vm", .guests = NAME_GUESTS_LISTED,
			.listed = "vnet6"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_link(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_neither_sweeps_nor_doubles_the_addresses_of_guests),
		cmocka_unit_test(what_is_said_of_no_link_is_refused),
		cmocka_unit_test(the_kernel_and_the_guest_may_have_the_same_address),
		cmocka_unit_test(the_index_of_holders_is_that_of_the_links),
		cmocka_unit_test(an_alias_names_the_guest_and_no_longer_the_end_of_the_host),
		cmocka_unit_test(the_name_of_the_host_is_no_name_of_its_guests),
		cmocka_unit_test(a_host_name_of_programs_here_is_no_name_of_guests),
		cmocka_unit_test(an_alias_comes_before_what_the_guest_says),
		cmocka_unit_test(a_guest_gets_no_name_of_others_in_any_way),
		cmocka_unit_test(of_several_guests_the_first_has_the_name_alone),
		cmocka_unit_test(what_a_guest_says_is_judged_as_host_names_are),
		cmocka_unit_test(a_name_that_a_guest_gave_itself_begins_no_reverse_zone),
		cmocka_unit_test(link_local_addresses_of_guests_behind_a_bridge_are_served),
		cmocka_unit_test(only_a_port_in_the_vlan_of_the_guest_is_beside_it),
		cmocka_unit_test(links_with_guests_are_told_from_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
