/* SPDX-License-Identifier: ISC */
/*
 * The name layer from kernel events to records: which records, for whom, and that they depend on
 * the state alone. The sink keeps the last records of each owner, as sorted lines of text.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/model.h"
#include "base/limits.h"
#include "name/address_names.h"
#include "name/names.h"
#include "unit.h"

enum { SAID_CAP = 4096 };

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

/* A record: "unicast www.lan.example. A lan 10.0.0.1" or "mdns 2 …". */
struct said {
	char *lines[SAID_CAP];
	size_t count;
	unsigned zones, links, rejects, onlink_changes, puts;
};

struct fixture {
	struct said said;
	struct policy policy;
	struct names *names;
	struct model *model;
};

static void said_forget(struct said *s, const char *prefix)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++)
		if (strncasecmp(s->lines[i], prefix, strlen(prefix)) == 0)
			free(s->lines[i]);
		else
			s->lines[kept++] = s->lines[i];
	s->count = kept;
}

static void said_set(struct said *s, const char *prefix, const struct rrset *set)
{
	static const char *const views[] = {"", "lan", "wan", "any"};
	for (unsigned i = 0; i < set->count; i++) {
		char text[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP], line[2 * NAME_TEXT_CAP];
		if (set->type == RR_PTR) {
			name_to_text(set->rdata[i].bytes, text);
		} else if (set->type == RR_TXT) {
			snprintf(text, sizeof(text), "%.*s", set->rdata[i].bytes[0],
				(const char *)set->rdata[i].bytes + 1);
		} else {
			struct addr a = addr_make(
				set->type == RR_A ? ADDR_V4 : ADDR_V6, set->rdata[i].bytes);
			addr_format(&a, text);
		}
		snprintf(line, sizeof(line), "%s%s %s %s", prefix, rr_type_text(set->type, type),
			views[set->view], text);
		assert_true(s->count < SAID_CAP);
		s->lines[s->count++] = strdup(line);
	}
}

static int put_unicast(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	struct said *s = arg;
	char name[NAME_TEXT_CAP], prefix[NAME_TEXT_CAP + 16];
	snprintf(prefix, sizeof(prefix), "unicast %s ", name_to_text(owner, name));
	said_forget(s, prefix);
	for (size_t i = 0; i < count; i++)
		said_set(s, prefix, &sets[i]);
	s->puts++;
	return 0;
}

static int put_mdns(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
	size_t count, struct names_mdns_kind kind)
{
	struct said *s = arg;
	char name[NAME_TEXT_CAP], prefix[NAME_TEXT_CAP + 32];
	snprintf(prefix, sizeof(prefix), "mdns %u %s ", ifindex, name_to_text(owner, name));
	said_forget(s, prefix);
	snprintf(prefix, sizeof(prefix), "of host %u %s ", ifindex, name_to_text(owner, name));
	said_forget(s, prefix);
	if (kind.is_of_host && count > 0) {
		assert_true(s->count < SAID_CAP);
		s->lines[s->count++] = strdup(prefix);
	}
	snprintf(prefix, sizeof(prefix), "mdns %u %s ", ifindex, name_to_text(owner, name));
	for (size_t i = 0; i < count; i++)
		said_set(s, prefix, &sets[i]);
	return 0;
}

static int put_reverse_zone(void *arg, const uint8_t *apex, enum names_zone what)
{
	struct said *s = arg;
	char name[NAME_TEXT_CAP], line[NAME_TEXT_CAP + 32];
	snprintf(line, sizeof(line), "zone %s", name_to_text(apex, name));
	said_forget(s, line);
	if (what == NAMES_ZONE_OURS)
		strcat(line, " without a place");
	if (what != NAMES_ZONE_GONE)
		s->lines[s->count++] = strdup(line);
	return 0;
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct said *s = arg;
	char prefix[32];
	snprintf(prefix, sizeof(prefix), "mdns %u ", link->ifindex);
	if (is_gone)
		said_forget(s, prefix);
	snprintf(prefix, sizeof(prefix), "of host %u ", link->ifindex);
	if (is_gone)
		said_forget(s, prefix);
	s->links++;
	return 0;
}

static void onlink_changed(void *arg)
{
	((struct said *)arg)->onlink_changes++;
}

static void on_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	(void)link;
	(void)word;
	(void)len;
	assert_int_not_equal(verdict, LABEL_OK);
	((struct said *)arg)->rejects++;
}

static struct fixture *start(enum name_duplicates duplicates)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->policy = (struct policy){.ttl_s = 60,
		.sources = {NAME_ALIAS},
		.source_count = 1,
		.duplicates = duplicates,
		.mdns = NAME_MDNS_AUTO};
	assert_int_equal(name_from_text("example.", NULL, &f->policy.domain), 0);
	struct names_sink sink = {.put_unicast = put_unicast,
		.put_reverse_zone = put_reverse_zone,
		.put_mdns_link = put_mdns_link,
		.put_mdns = put_mdns,
		.onlink_changed = onlink_changed,
		.on_reject = on_reject,
		.arg = &f->said};
	f->names = names_new(1, &f->policy, sink);
	f->model = model_new(1, names_listener(f->names));
	names_bind_model(f->names, f->model);
	return f;
}

static void stop(struct fixture *f)
{
	model_free(f->model);
	names_free(f->names);
	said_forget(&f->said, "");
	free(f);
}

static void apply(struct fixture *f, const struct event *ev)
{
	assert_int_equal(model_apply(f->model, ev), 0);
}

static struct event link_event(nsid_t nsid, uint32_t ifindex, const char *alias)
{
	struct event ev = {.type = EV_LINK, .nsid = nsid};
	ev.link.ifindex = ifindex;
	ev.link.flags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP | IFF_MULTICAST | IFF_BROADCAST;
	ev.link.type = ARPHRD_ETHER;
	ev.link.operstate = 6; /* IF_OPER_UP */
	ev.link.mtu = 1500;
	ev.link.parent_nsid = nsid;
	snprintf(ev.link.name, sizeof(ev.link.name), "eth%u", ifindex);
	snprintf(ev.link.alias, sizeof(ev.link.alias), "%s", alias);
	return ev;
}

static struct event addr_event(nsid_t nsid, uint32_t ifindex, const char *addr, uint32_t flags)
{
	struct event ev = {.type = EV_ADDR, .nsid = nsid};
	ev.addr.ifindex = ifindex;
	ev.addr.flags = flags;
	assert_int_equal(addr_parse(addr, &ev.addr.addr), 0);
	ev.addr.prefix_len = ev.addr.addr.family == ADDR_V4 ? 24 : 64;
	return ev;
}

static void add_ns(struct fixture *f, nsid_t nsid, enum event_owner owner)
{
	struct event ev = {.type = EV_NS, .nsid = nsid};
	ev.ns.owner = (uint8_t)owner;
	apply(f, &ev);
}

/* Adds a link; its namespace belongs to the host, unless it exists already. */
static void add_link(struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *alias)
{
	struct event ev = link_event(nsid, ifindex, alias);
	if (!model_ns(f->model, nsid))
		add_ns(f, nsid, OWNER_HOST);
	apply(f, &ev);
}

static void add_addr(struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *addr)
{
	struct event ev = addr_event(nsid, ifindex, addr, IFA_F_PERMANENT);
	apply(f, &ev);
}

static void remove_addr(struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *addr)
{
	struct event ev = addr_event(nsid, ifindex, addr, 0);
	ev.type = EV_ADDR_GONE;
	apply(f, &ev);
}

static bool is_said(const struct fixture *f, const char *line)
{
	for (size_t i = 0; i < f->said.count; i++)
		if (strcmp(f->said.lines[i], line) == 0)
			return true;
	return false;
}

static bool is_said_like(const struct fixture *f, const char *part)
{
	for (size_t i = 0; i < f->said.count; i++)
		if (strstr(f->said.lines[i], part))
			return true;
	return false;
}

#define assert_said(f, line)     assert_true(is_said(f, line))
#define assert_not_said(f, part) assert_false(is_said_like(f, part))

static void each_scope_has_its_branch(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "Web");
	add_addr(f, 5, 2, "10.0.0.7");
	add_addr(f, 5, 2, "198.51.100.7");
	add_addr(f, 5, 2, "2001:db8::7");
	add_addr(f, 5, 2, "fd00::7");
	add_addr(f, 5, 2, "fe80::7");
	names_flush(f->names);
	assert_said(f, "unicast Web.wan.example. A any 198.51.100.7");
	assert_said(f, "unicast Web.wan.example. AAAA any 2001:db8::7");
	assert_said(f, "unicast Web.lan.example. A any 10.0.0.7");
	assert_said(f, "unicast Web.lan.example. AAAA any fd00::7");
	assert_said(f, "unicast Web.example. A lan 10.0.0.7");
	assert_said(f, "unicast Web.example. A wan 198.51.100.7");
	assert_said(f, "unicast Web.example. AAAA lan fd00::7");
	assert_said(f, "unicast Web.example. AAAA wan 2001:db8::7");
	assert_not_said(f, "fe80");
	stop(f);
}

static void lan_clients_get_wan_addresses_of_a_family_without_lan_ones(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "198.51.100.7");
	add_addr(f, 5, 2, "fd00::7");
	names_flush(f->names);
	assert_said(f, "unicast web.example. A any 198.51.100.7");
	assert_said(f, "unicast web.example. AAAA lan fd00::7");
	assert_not_said(f, "AAAA wan");
	stop(f);
}

static void reverse_names_lead_to_the_branch_and_make_their_zone(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.1.2.3");
	add_addr(f, 5, 2, "198.51.100.7");
	names_flush(f->names);
	assert_said(f, "unicast 3.2.1.10.in-addr.arpa. PTR any web.lan.example.");
	assert_said(f, "unicast 7.100.51.198.in-addr.arpa. PTR any web.wan.example.");
	assert_said(f, "zone 10.in-addr.arpa.");
	assert_said(f, "zone 100.51.198.in-addr.arpa.");
	remove_addr(f, 5, 2, "10.1.2.3");
	names_flush(f->names);
	assert_not_said(f, "10.in-addr.arpa");
	stop(f);
}

static void several_names_in_one_alias_share_addresses_and_the_reverse_name(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web, mail  Shop web");
	add_addr(f, 5, 2, "10.1.2.3");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.1.2.3");
	assert_said(f, "unicast mail.lan.example. A any 10.1.2.3");
	assert_said(f, "unicast 3.2.1.10.in-addr.arpa. PTR any web.lan.example.");
	assert_said(f, "unicast 3.2.1.10.in-addr.arpa. PTR any Shop.lan.example.");
	stop(f);
}

static void words_that_are_no_labels_are_reported_and_not_served(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2,
		"good -bad wan under_score dotted.name b\xc3\xbc"
		"cher line\nbreak");
	add_addr(f, 5, 2, "10.1.2.3");
	names_flush(f->names);
	assert_said(f, "unicast good.lan.example. A any 10.1.2.3");
	assert_int_equal(f->said.rejects, 6);
	assert_not_said(f, "bad");
	assert_not_said(f, "wan.lan");
	stop(f);
}

static void addresses_not_fit_to_be_served_are_left_out(void **state)
{
	(void)state;
	static const struct {
		const char *addr;
		uint32_t flags;
		bool is_served;
	} rows[] = {
		{"2001:db8::1", IFA_F_PERMANENT, true},
		{"2001:db8::2", IFA_F_TENTATIVE, false},
		{"2001:db8::3", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, true},
		{"2001:db8::4", IFA_F_TENTATIVE | IFA_F_DADFAILED, false},
		{"2001:db8::5", IFA_F_TEMPORARY, false},
		{"2001:db8::6", IFA_F_DEPRECATED, false},
		{"10.0.0.1", IFA_F_SECONDARY, true}, /* the bit of IFA_F_TEMPORARY */
		{"127.0.0.5", IFA_F_PERMANENT, false},
		{"::1", IFA_F_PERMANENT, false},
		{"224.0.0.9", IFA_F_PERMANENT, false},
		{"::ffff:10.0.0.9", IFA_F_PERMANENT, false},
	};
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct event ev = addr_event(5, 2, rows[i].addr, rows[i].flags);
		apply(f, &ev);
	}
	names_flush(f->names);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char part[64];
		snprintf(part, sizeof(part), "A any %s", rows[i].addr);
		if (is_said_like(f, part) != rows[i].is_served)
			fail_msg("%s", rows[i].addr);
	}
	stop(f);
}

static void a_deprecated_address_serves_where_nothing_better_is(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	struct event ev = addr_event(5, 2, "fd00::1", IFA_F_DEPRECATED);
	apply(f, &ev);
	add_addr(f, 5, 2, "2001:db8::1");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. AAAA any fd00::1");
	add_addr(f, 5, 2, "fd00::2");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. AAAA any fd00::2");
	assert_not_said(f, "fd00::1");
	stop(f);
}

static void a_link_that_is_down_or_without_carrier_serves_nothing(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.1");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.1");
	struct event ev = link_event(5, 2, "web");
	ev.link.flags &= ~(uint32_t)(IFF_RUNNING | IFF_LOWER_UP);
	ev.link.operstate = 2; /* IF_OPER_DOWN */
	apply(f, &ev);
	names_flush(f->names);
	assert_not_said(f, "10.0.0.1");
	add_link(f, 5, 2, "web");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.1");
	stop(f);
}

static void a_lifetime_refresh_says_nothing(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "2001:db8::1");
	names_flush(f->names);
	unsigned puts = f->said.puts;
	for (int i = 0; i < 1000; i++)
		add_addr(f, 5, 2, "2001:db8::1");
	names_flush(f->names);
	assert_int_equal(f->said.puts, puts);
	stop(f);
}

static void alias_changes_move_the_addresses_at_once(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "old");
	add_addr(f, 5, 2, "10.0.0.1");
	names_flush(f->names);
	add_link(f, 5, 2, "new");
	names_flush(f->names);
	assert_said(f, "unicast new.example. A lan 10.0.0.1");
	assert_not_said(f, "old");
	add_link(f, 5, 2, "");
	names_flush(f->names);
	assert_int_equal(f->said.count, 0);
	stop(f);
}

static void a_namespace_that_dies_takes_its_names_along(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.1");
	names_flush(f->names);
	struct event ev = {.type = EV_NS_GONE, .nsid = 5};
	apply(f, &ev);
	names_flush(f->names);
	assert_int_equal(f->said.count, 0);
	stop(f);
}

static void mdns_carries_all_addresses_of_the_segment_and_no_others(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, NSID_OWN, 2, ""); /* two wires of our own */
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	add_link(f, NSID_OWN, 3, "");
	add_addr(f, NSID_OWN, 3, "10.9.0.1");
	struct event ev = link_event(5, 7, "web"); /* a macvlan of the first */
	add_ns(f, 5, OWNER_HOST);
	strcpy(ev.link.kind, "macvlan");
	ev.link.parent = 2;
	ev.link.parent_nsid = NSID_OWN;
	apply(f, &ev);
	add_addr(f, 5, 7, "10.0.0.7");
	add_addr(f, 5, 7, "10.9.0.7"); /* in the other wire's prefix, but not on that wire */
	add_addr(f, 5, 7, "fe80::7");
	names_flush(f->names);
	assert_said(f, "mdns 2 web.local. A any 10.0.0.7");
	assert_said(f, "mdns 2 web.local. A any 10.9.0.7");
	assert_said(f, "mdns 2 web.local. AAAA any fe80::7");
	assert_said(f, "mdns 2 7.0.0.10.in-addr.arpa. PTR any web.local.");
	assert_not_said(f, "mdns 3 ");
	stop(f);
}

static void mdns_goes_by_prefix_where_the_wire_is_not_ours(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, NSID_OWN, 2, "");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	add_link(f, 5, 7, "web");
	add_addr(f, 5, 7, "10.0.0.7");
	add_addr(f, 5, 7, "10.5.0.7");
	add_addr(f, 5, 7, "fe80::7");
	names_flush(f->names);
	assert_said(f, "mdns 2 web.local. A any 10.0.0.7");
	assert_not_said(f, "mdns 2 web.local. A any 10.5.0.7");
	assert_not_said(f, "mdns 2 web.local. AAAA");
	stop(f);
}

/* Makes a bridge in a namespace, with one container on it that has this address. */
static void add_container(
	struct fixture *f, nsid_t bridge_ns, nsid_t nsid, const char *alias, const char *addr)
{
	struct event bridge = link_event(bridge_ns, 20, ""), port = link_event(bridge_ns, 21, "");
	struct event link = link_event(nsid, 22, alias);
	add_ns(f, bridge_ns, OWNER_HOST);
	add_ns(f, nsid, OWNER_HOST);
	strcpy(bridge.link.kind, "bridge");
	strcpy(port.link.kind, "veth");
	strcpy(link.link.kind, "veth");
	port.link.master = 20;
	port.link.parent = 22;
	port.link.parent_nsid = nsid;
	link.link.parent = 21;
	link.link.parent_nsid = bridge_ns;
	apply(f, &bridge);
	apply(f, &port);
	apply(f, &link);
	add_addr(f, bridge_ns, 20, "172.17.0.1");
	add_addr(f, nsid, 22, addr);
}

/* Docker in docker, and two isolated networks of libvirt: each has 172.17.0.0/24 for itself. */
static void mdns_does_not_go_by_the_prefix_of_a_network_that_is_closed(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_container(f, NSID_OWN, 5, "outer", "172.17.0.2");
	add_container(f, 6, 7, "inner", "172.17.0.3");
	names_flush(f->names);
	assert_said(f, "mdns 20 outer.local. A any 172.17.0.2");
	assert_not_said(f, "mdns 20 inner.local.");
	assert_not_said(f, "mdns 20 3.0.17.172.in-addr.arpa.");
	struct event nic = link_event(NSID_OWN, 30, "");
	nic.link.master = 20;
	apply(f, &nic);
	names_flush(f->names);
	assert_not_said(f, "mdns 20 inner.local.");
	nic = link_event(6, 31, ""); /* now both lead outwards, perhaps to one another */
	nic.link.master = 20;
	apply(f, &nic);
	names_flush(f->names);
	assert_said(f, "mdns 20 inner.local. A any 172.17.0.3");
	stop(f);
}

static void merge_gives_the_addresses_of_all_first_and_number_tell_them_apart(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 6, 2, "web");
	add_addr(f, 6, 2, "10.0.0.6");
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	add_link(f, 8, 2, "web-2");
	add_addr(f, 8, 2, "10.0.0.8");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.5");
	assert_said(f, "unicast web.lan.example. A any 10.0.0.6");

	f->policy.duplicates = DUPLICATES_FIRST;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.5");
	assert_not_said(f, "10.0.0.6");

	f->policy.duplicates = DUPLICATES_NUMBER;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.5");
	assert_said(f, "unicast web-2.lan.example. A any 10.0.0.8");
	assert_said(f, "unicast web-3.lan.example. A any 10.0.0.6");

	add_link(f, 8, 2, ""); /* the workload that claimed web-2 itself gives it up */
	names_flush(f->names);
	assert_said(f, "unicast web-2.lan.example. A any 10.0.0.6");
	assert_not_said(f, "web-3");
	stop(f);
}

/* A reload of what has not changed costs nothing, wherever the lists of the policy are. */
static void a_policy_that_says_the_same_says_nothing(void **state)
{
	static const char *const texts[] = {"x*", "y"}, *const same[] = {"x*", "y"},
				 *const other[] = {"x*", "z"};
	struct address_name at[] = {{.addr = {ADDR_V4, {10, 0, 0, 5}}, .label = "git"}}, at2[1];
	struct address_names names = {at, 1, 1}, names2 = {at2, 1, 1};
	struct fixture *f = start(DUPLICATES_MERGE);
	(void)state;
	memcpy(at2, at, sizeof(at));
	f->policy.ignored = f->policy.mdns_links = f->policy.guest_links = texts;
	f->policy.ignored_count = f->policy.mdns_link_count = f->policy.guest_link_count = 2;
	f->policy.address_names = &names;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	struct policy policy = f->policy;
	policy.ignored = policy.mdns_links = policy.guest_links = same;
	policy.address_names = &names2;
	names_set_policy(f->names, &policy);
	assert_false(names_is_dirty(f->names));
#define EXPECT_NEWS(change)                                                                        \
	do {                                                                                       \
		policy = f->policy;                                                                \
		change;                                                                            \
		names_set_policy(f->names, &policy);                                               \
		assert_true(names_is_dirty(f->names));                                             \
		names_set_policy(f->names, &f->policy);                                            \
		names_flush(f->names);                                                             \
	} while (0)
	EXPECT_NEWS(policy.ignored = other);
	EXPECT_NEWS(policy.mdns_links = other);
	EXPECT_NEWS(policy.guest_link_count = 1);
	EXPECT_NEWS(policy.address_names = NULL);
	EXPECT_NEWS(strcpy(at2[0].label, "code"); policy.address_names = &names2);
	EXPECT_NEWS(policy.domain.wire[1] ^= 1);
	EXPECT_NEWS(policy.ttl_s++);
	EXPECT_NEWS(policy.source_count--);
	EXPECT_NEWS(policy.duplicates++);
	EXPECT_NEWS(policy.rootless = ROOTLESS_YES);
	EXPECT_NEWS(policy.has_temporary = true);
	EXPECT_NEWS(policy.has_deprecated = true);
	EXPECT_NEWS(policy.mdns = NAME_MDNS_LISTED);
	EXPECT_NEWS(strcpy(policy.self, "x"));
	EXPECT_NEWS(strcpy(policy.host, "x"));
	EXPECT_NEWS(policy.has_self_mdns = !policy.has_self_mdns);
	EXPECT_NEWS(policy.guests = NAME_GUESTS_LISTED);
	stop(f);
}

static void a_rootless_namespace_never_gets_shares_or_pushes_out_a_name(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start(d);
		add_ns(f, 4, OWNER_USER);
		add_link(f, 4, 2, "router other web-2");
		add_addr(f, 4, 2, "10.6.6.6");
		add_link(f, 5, 2, "router web");
		add_addr(f, 5, 2, "10.0.0.5");
		names_flush(f->names);
		assert_not_said(f, "10.6.6.6");

		f->policy.rootless = ROOTLESS_YES;
		names_set_policy(f->names, &f->policy);
		names_flush(f->names);
		assert_said(f, "unicast other.lan.example. A any 10.6.6.6");
		assert_not_said(f, "router.lan.example. A any 10.6.6.6");
		assert_not_said(f, "router-2");
		if (d == DUPLICATES_NUMBER)
			assert_not_said(f, "web-2");

		add_link(f, 5, 2, ""); /* the host's own gives it up: it is free now */
		names_flush(f->names);
		assert_said(f, "unicast router.lan.example. A any 10.6.6.6");
		stop(f);
	}
}

static void add_granted_link(struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *alias)
{
	struct event ev = link_event(nsid, ifindex, alias);
	ev.link.is_granted = true;
	apply(f, &ev);
}

static void a_granted_name_is_served_and_goes_behind_the_hosts_own(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start(d);
		add_ns(f, 4, OWNER_USER);
		add_granted_link(f, 4, 2, "www");
		add_addr(f, 4, 2, "10.6.6.6");
		add_link(f, 4, 3, "router"); /* another link of the same namespace */
		add_addr(f, 4, 3, "10.6.6.7");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.6.6.6");
		assert_not_said(f, "10.6.6.7");

		add_link(f, 5, 2, "www"); /* the host's own */
		add_addr(f, 5, 2, "10.0.0.5");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.0.0.5");
		assert_not_said(f, "10.6.6.6");
		add_link(f, 5, 2, "");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.6.6.6");

		add_link(f, 4, 2, "router"); /* renamed by its owner: no longer granted */
		names_flush(f->names);
		assert_not_said(f, "10.6.6.6");
		stop(f);
	}
}

static void add_users_link(struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *alias)
{
	struct event ev = link_event(nsid, ifindex, alias);
	ev.link.is_granted = ev.link.is_of_user = true;
	apply(f, &ev);
}

/* A user who lives in the host's namespace may order a device there. */
static void a_users_device_in_the_hosts_own_namespace_goes_behind_the_hosts_names(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start(d);
		add_link(f, 5, 2, "www"); /* root's workload */
		add_addr(f, 5, 2, "10.0.0.5");
		add_users_link(f, NSID_OWN, 9, "www");
		add_addr(f, NSID_OWN, 9, "10.6.6.6");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.0.0.5");
		assert_not_said(f, "A any 10.6.6.6");
		assert_not_said(f, "www-2");

		add_link(f, 5, 2, ""); /* the name is free now */
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.6.6.6");
		stop(f);
	}
}

static void a_users_device_does_not_get_the_name_of_this_host(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	strcpy(f->policy.self, "box");
	names_set_policy(f->names, &f->policy);
	add_link(f, NSID_OWN, 2, "");
	add_addr(f, NSID_OWN, 2, "10.0.0.5");
	add_users_link(f, NSID_OWN, 9, "box");
	add_addr(f, NSID_OWN, 9, "10.6.6.6");
	names_flush(f->names);
	assert_said(f, "unicast box.lan.example. A any 10.0.0.5");
	assert_not_said(f, "10.6.6.6");
	stop(f);
}

static void a_granted_name_is_not_shared_with_who_only_calls_himself_so(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start(d);
		f->policy.rootless = ROOTLESS_YES;
		names_set_policy(f->names, &f->policy);
		add_ns(f, 3, OWNER_USER);
		add_link(f, 3, 2, "www");
		add_addr(f, 3, 2, "10.6.6.5");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.6.6.5");
		add_ns(f, 4, OWNER_USER);
		add_granted_link(f, 4, 2, "www");
		add_addr(f, 4, 2, "10.6.6.6");
		names_flush(f->names);
		assert_said(f, "unicast www.lan.example. A any 10.6.6.6");
		assert_not_said(f, "10.6.6.5");
		stop(f);
	}
}

static void count_label(
	void *arg, const char *label UNUSED, enum name_source source UNUSED, bool is_self UNUSED)
{
	++*(unsigned *)arg;
}

static unsigned count_labels(struct fixture *f, nsid_t nsid, uint32_t ifindex)
{
	unsigned count = 0;
	names_each_label(f->names, model_link(f->model, nsid, ifindex), count_label, &count);
	return count;
}

static void a_link_of_others_has_few_names_and_fewer_if_they_are_not_served(void **state)
{
	(void)state;
	const char *many = "a b c d e f g h i j k l m n o p q r s t u v w x y z";
	struct fixture *f = start(DUPLICATES_MERGE);
	add_ns(f, 4, OWNER_USER);
	add_link(f, 4, 2, many);
	add_link(f, 5, 2, many); /* the host's */
	names_flush(f->names);
	assert_int_equal(count_labels(f, 5, 2), 26);
	assert_int_equal(count_labels(f, 4, 2), LIMIT_REFUSED_NAMES);
	f->policy.rootless = ROOTLESS_YES;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_int_equal(count_labels(f, 4, 2), LIMIT_FOREIGN_NAMES);
	add_addr(f, 4, 2, "10.6.6.6");
	add_link(f, 5, 2, "");
	names_flush(f->names);
	assert_said(f, "unicast p.lan.example. A any 10.6.6.6");
	assert_not_said(f, "unicast q.lan.example.");
	stop(f);
}

/* Root in a user's own namespace can configure any address. */
static void a_rootless_address_begins_no_zone_and_shares_no_reverse_name(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_ns(f, 4, OWNER_USER);
	add_granted_link(f, 4, 2, "www");
	add_addr(f, 4, 2, "10.0.0.5");
	add_addr(f, 4, 2, "9.9.9.9");
	names_flush(f->names);
	assert_not_said(f, "zone ");
	add_link(f, 5, 2, "db");
	add_addr(f, 5, 2, "10.0.0.5");
	names_flush(f->names);
	assert_said(f, "zone 10.in-addr.arpa.");
	assert_not_said(f, "zone 9.9.9");
	assert_said(f, "unicast 5.0.0.10.in-addr.arpa. PTR any db.lan.example.");
	remove_addr(f, 5, 2, "10.0.0.5");
	names_flush(f->names);
	assert_said(f, "unicast 5.0.0.10.in-addr.arpa. PTR any www.lan.example.");
	assert_not_said(f, "zone ");
	stop(f);
}

static void the_hosts_own_name_is_said_but_not_over_mdns_unless_wanted(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	strcpy(f->policy.self, "hub");
	names_set_policy(f->names, &f->policy);
	add_link(f, NSID_OWN, 2, "");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	add_link(f, 5, 2, "");
	add_addr(f, 5, 2, "10.0.0.5");
	names_flush(f->names);
	assert_said(f, "unicast hub.example. A lan 10.0.0.1");
	assert_not_said(f, "10.0.0.5");
	assert_not_said(f, "mdns");
	add_link(f, NSID_OWN, 2, "Hub gate"); /* an alias claims it explicitly */
	names_flush(f->names);
	assert_said(f, "mdns 2 Hub.local. A any 10.0.0.1");
	assert_said(f, "mdns 2 gate.local. A any 10.0.0.1");
	add_link(f, NSID_OWN, 2, "");
	names_flush(f->names);
	assert_said(f, "unicast hub.example. A lan 10.0.0.1");
	assert_not_said(f, "mdns");
	f->policy.has_self_mdns = true;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "mdns 2 hub.local. A any 10.0.0.1");
	stop(f);
}

/* What another responder on this host would say, too (mdns_set_company()). */
static void the_hosts_name_and_the_reverse_of_its_addresses_are_told_as_such(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	strcpy(f->policy.host, "Hub");
	strcpy(f->policy.self, "Hub");
	f->policy.has_self_mdns = true;
	names_set_policy(f->names, &f->policy);
	add_link(f, NSID_OWN, 2, "gate");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	add_link(f, 5, 3, "web hub");
	add_addr(f, 5, 3, "10.0.0.5");
	names_flush(f->names);
	assert_said(f, "of host 2 Hub.local. ");
	assert_said(f, "of host 2 1.0.0.10.in-addr.arpa. ");
	assert_not_said(f, "of host 2 gate");
	assert_not_said(f, "of host 2 web");
	assert_not_said(f, "of host 2 5.0.0.10");
	/* Without the host's name: the address still belongs to the host, but has the other name. */
	f->policy.self[0] = '\0';
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "of host 2 1.0.0.10.in-addr.arpa. ");
	stop(f);
}

static void set_hostname(struct fixture *f, nsid_t nsid, uint64_t uts, const char *name,
	bool is_own, bool is_rootless)
{
	struct event ev = {.type = *name ? EV_HOSTNAME : EV_HOSTNAME_GONE, .nsid = nsid};
	ev.hostname.uts = uts;
	ev.hostname.is_own = is_own;
	ev.hostname.owner = is_rootless ? OWNER_USER : OWNER_HOST;
	snprintf(ev.hostname.name, sizeof(ev.hostname.name), "%s", name);
	apply(f, &ev);
}

static struct fixture *start_with_hostnames(enum name_duplicates duplicates)
{
	struct fixture *f = start(duplicates);
	f->policy.sources[0] = NAME_ALIAS;
	f->policy.sources[1] = NAME_HOSTNAME;
	f->policy.source_count = 2;
	names_set_policy(f->names, &f->policy);
	return f;
}

static void a_host_name_names_its_namespace_where_there_is_no_alias(void **state)
{
	(void)state;
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	add_link(f, 5, 2, "");
	add_link(f, 5, 3, "gate");
	add_addr(f, 5, 2, "10.0.0.5");
	add_addr(f, 5, 3, "10.0.1.5");
	set_hostname(f, 5, 70, "www", false, false);
	names_flush(f->names);
	assert_said(f, "unicast www.lan.example. A any 10.0.0.5");
	assert_said(f, "unicast gate.lan.example. A any 10.0.1.5");
	assert_not_said(f, "www.lan.example. A any 10.0.1.5");

	set_hostname(f, 5, 71, "api", false, false); /* two names of one namespace */
	set_hostname(f, 5, 70, "web", false, false);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.5");
	assert_said(f, "unicast api.lan.example. A any 10.0.0.5");
	assert_not_said(f, "www");

	set_hostname(f, 5, 70, "", false, false);
	set_hostname(f, 5, 71, "", false, false);
	names_flush(f->names);
	assert_not_said(f, "unicast web");
	assert_not_said(f, "unicast api");
	assert_said(f, "unicast gate.lan.example. A any 10.0.1.5");
	stop(f);
}

static void this_hosts_name_names_no_other_namespace(void **state)
{
	(void)state;
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	add_link(f, NSID_OWN, 2, "");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	add_link(f, 5, 2, "");
	add_addr(f, 5, 2, "10.0.0.5");
	set_hostname(f, NSID_OWN, 1, "hub", true, false);
	set_hostname(f, 5, 1, "hub", true, false);  /* ip netns exec */
	set_hostname(f, 5, 2, "HUB", false, false); /* unshare -nu, without setting a name */
	names_flush(f->names);
	assert_not_said(f, "hub");
	assert_not_said(f, "HUB");
	set_hostname(f, NSID_OWN, 1, "hub2", true, false); /* the old one is an ordinary name now */
	names_flush(f->names);
	assert_said(f, "unicast HUB.lan.example. A any 10.0.0.5");
	stop(f);
}

static void a_host_name_with_dots_names_its_workload_by_the_first_label(void **state)
{
	(void)state;
	static const char *const patterns[] = {"*.invalid", "tmp"};
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	f->policy.ignored = patterns;
	f->policy.ignored_count = 2;
	names_set_policy(f->names, &f->policy);
	add_link(f, NSID_OWN, 2, "");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	set_hostname(f, NSID_OWN, 1, "hub.example.com", true, false);
	for (nsid_t nsid = 5; nsid < 9; nsid++) {
		char addr[32];
		snprintf(addr, sizeof(addr), "10.0.0.%d", (int)nsid);
		add_link(f, nsid, 2, "");
		add_addr(f, nsid, 2, addr);
	}
	set_hostname(f, 5, 5, "www.example.com", false, false);
	set_hostname(f, 6, 6, "HUB", false, false); /* this host's, without its domain */
	set_hostname(f, 7, 7, "no.invalid", false, false);
	set_hostname(f, 8, 8, "tmp.example", false, false);
	names_flush(f->names);
	assert_said(f, "unicast www.lan.example. A any 10.0.0.5");
	assert_not_said(f, "10.0.0.6");
	assert_not_said(f, "10.0.0.7");
	assert_not_said(f, "10.0.0.8");
	stop(f);
}

static void host_names_that_are_no_labels_or_ignored_are_told_and_not_served(void **state)
{
	(void)state;
	static const char *const patterns[] = {"tmp-*", "????????????"};
	static const char *const bad[] = {"localhost", "(none)", ".b", "a b", "-x", "TMP-1",
		"0123456789ab", "wan",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	f->policy.ignored = patterns;
	f->policy.ignored_count = 2;
	names_set_policy(f->names, &f->policy);
	add_link(f, 5, 2, "");
	add_addr(f, 5, 2, "10.0.0.5");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unsigned before = f->said.rejects;
		set_hostname(f, 5, 70, bad[i], false, false);
		names_flush(f->names);
		assert_int_equal(f->said.rejects, before + 1);
		assert_not_said(f, "10.0.0.5");
	}
	set_hostname(f, 5, 70, "0123456789abc", false, false);
	names_flush(f->names);
	assert_said(f, "unicast 0123456789abc.lan.example. A any 10.0.0.5");
	stop(f);
}

static void the_ids_of_containers_are_ignored_and_names_of_that_length_are_not(void **state)
{
	(void)state;
	static const char *const patterns[] = {LABEL_CONTAINER_ID};
	static const char *const ids[] = {"d9cbfd31c412", "012345678901", "D9CBFD31C412",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
	static const char *const others[] = {
		"mail-gateway", "d9cbfd31c41", "d9cbfd31c4122", "d9cbfd31c41g", "container-id"};
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	f->policy.ignored = patterns;
	f->policy.ignored_count = 1;
	names_set_policy(f->names, &f->policy);
	add_link(f, 5, 2, "");
	add_addr(f, 5, 2, "10.0.0.5");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		set_hostname(f, 5, 70, ids[i], false, false);
		names_flush(f->names);
		assert_not_said(f, "10.0.0.5");
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		char line[128];
		set_hostname(f, 5, 70, others[i], false, false);
		names_flush(f->names);
		snprintf(line, sizeof(line), "unicast %s.lan.example. A any 10.0.0.5", others[i]);
		assert_said(f, line);
	}
	stop(f);
}

/* One end of a veth; the other one is `peer` in the namespace `peer_nsid`. */
static void add_veth(struct fixture *f, nsid_t nsid, uint32_t ifindex, nsid_t peer_nsid,
	uint32_t peer, const char *alias)
{
	struct event ev = link_event(nsid, ifindex, alias);
	snprintf(ev.link.kind, sizeof(ev.link.kind), "veth");
	ev.link.parent = peer;
	ev.link.parent_nsid = peer_nsid;
	apply(f, &ev);
}

/* A container's root may make a user namespace, which counts as root's, with links and names of his
 * choice. */
static void links_that_lead_to_no_namespace_of_the_host_are_not_the_hosts(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start(d);
		f->policy.rootless = ROOTLESS_SYSTEM;
		names_set_policy(f->names, &f->policy);
		add_ns(f, 7, OWNER_HOST);
		add_link(f, 7, 2, "nas");
		add_addr(f, 7, 2, "10.0.0.7");
		names_flush(f->names);
		unsigned changes = f->said.onlink_changes;
		add_ns(f, 4, OWNER_SYSTEM);
		add_veth(f, 4, 2, 4, 3, "nas wpad");
		add_veth(f, 4, 3, 4, 2, "wpad");
		add_link(f, 4, 5, "wpad"); /* such as a dummy */
		add_addr(f, 4, 2, "45.0.0.1");
		add_addr(f, 4, 3, "45.0.0.2");
		add_addr(f, 4, 5, "45.0.1.1");
		names_flush(f->names);
		assert_not_said(f, "45.0");
		assert_said(f, "unicast nas.lan.example. A any 10.0.0.7");
		assert_int_equal(f->said.onlink_changes, changes);
		/* The host takes the other end: then it is a container of the host's. And what it
		 * has on that link is attached, too. */
		add_veth(f, 4, 2, 7, 9, "pod");
		add_veth(f, 4, 6, 4, 2, "inner");
		add_addr(f, 4, 6, "45.0.2.1");
		names_flush(f->names);
		assert_said(f, "unicast pod.wan.example. A any 45.0.0.1");
		assert_said(f, "unicast inner.wan.example. A any 45.0.2.1");
		assert_int_equal(f->said.onlink_changes, changes + 1);
		add_veth(f, 4, 2, 4, 3, "pod");
		names_flush(f->names);
		assert_not_said(f, "45.0");
		assert_int_equal(f->said.onlink_changes, changes + 2);
		stop(f);
	}
}

/* nspawn -U, unprivileged LXC started by root, Docker with userns-remap. */
static void a_user_namespace_that_root_made_is_the_hosts_own_unless_refused(void **state)
{
	(void)state;
	struct fixture *f = start_with_hostnames(DUPLICATES_MERGE);
	f->policy.rootless = ROOTLESS_SYSTEM;
	names_set_policy(f->names, &f->policy);
	add_ns(f, 4, OWNER_SYSTEM);
	add_veth(f, 4, 2, NSID_OWN, 20, "pod");
	add_addr(f, 4, 2, "10.1.0.4");
	add_ns(f, 6, OWNER_USER);
	add_link(f, 6, 2, "his");
	add_addr(f, 6, 2, "10.6.0.6");
	set_hostname(f, 4, 70, "web", false, false);
	struct event ev = {
		.type = EV_HOSTNAME, .nsid = 4, .hostname = {.uts = 71, .name = "inner"}};
	ev.hostname.owner = OWNER_SYSTEM;
	apply(f, &ev);
	names_flush(f->names);
	assert_said(f, "unicast pod.lan.example. A any 10.1.0.4");
	assert_said(f, "zone 10.in-addr.arpa.");
	assert_not_said(f, "10.6.0.6");
	assert_int_equal(f->said.onlink_changes, 1);
	add_veth(f, 4, 2, NSID_OWN, 20,
		""); /* then its host names count, whichever user namespace they are in */
	names_flush(f->names);
	assert_said(f, "unicast inner.lan.example. A any 10.1.0.4");
	assert_said(f, "unicast web.lan.example. A any 10.1.0.4");
	f->policy.rootless = ROOTLESS_NO;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_not_said(f, "10.1.0.4");
	assert_int_equal(f->said.onlink_changes, 2); /* its prefix makes nobody a lan client */
	f->policy.rootless = ROOTLESS_YES;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.1.0.4");
	assert_said(f, "unicast his.lan.example. A any 10.6.0.6");
	assert_said(f, "zone 10.in-addr.arpa."); /* by the one of root's */
	stop(f);
}

static void a_rootless_host_name_never_gets_shares_or_pushes_out_a_name(void **state)
{
	(void)state;
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++) {
		struct fixture *f = start_with_hostnames(d);
		add_ns(f, 4, OWNER_USER);
		add_link(f, 4, 2, "");
		add_addr(f, 4, 2, "10.6.6.6");
		set_hostname(f, 4, 70, "router", false, true);
		add_link(f, NSID_OWN, 2, ""); /* unshare -Uu, in the host's network namespace */
		add_addr(f, NSID_OWN, 2, "10.0.0.1");
		set_hostname(f, NSID_OWN, 71, "printer", false, true);
		add_link(f, 5, 2, "router");
		add_addr(f, 5, 2, "10.0.0.5");
		names_flush(f->names);
		assert_not_said(f, "10.6.6.6");
		assert_not_said(f, "printer");

		f->policy.rootless = ROOTLESS_YES;
		names_set_policy(f->names, &f->policy);
		names_flush(f->names);
		assert_said(f, "unicast printer.lan.example. A any 10.0.0.1");
		assert_not_said(f, "router.lan.example. A any 10.6.6.6");
		add_link(f, 5, 2, "");
		names_flush(f->names);
		assert_said(f, "unicast router.lan.example. A any 10.6.6.6");
		set_hostname(f, 5, 72, "router", false, false); /* the host's own, by host name */
		names_flush(f->names);
		assert_not_said(f, "router.lan.example. A any 10.6.6.6");
		stop(f);
	}
}

/* If host names are preferred: a process of a user namespace sets one in a workload's network
 * namespace. It does not become the name of the workload. */
static void a_rootless_host_name_does_not_stand_for_another_source(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	f->policy.sources[0] = NAME_HOSTNAME;
	f->policy.sources[1] = NAME_ALIAS;
	f->policy.source_count = 2;
	names_set_policy(f->names, &f->policy);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	set_hostname(f, 5, 70, "evil", false, true);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.5");
	assert_not_said(f, "evil");
	set_hostname(f, 5, 71, "www", false, false);
	names_flush(f->names);
	assert_said(f, "unicast www.lan.example. A any 10.0.0.5");
	assert_not_said(f, "web");
	stop(f);
}

static void a_namespace_of_unknown_owner_is_served_as_if_it_were_rootless(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_ns(f, 4, OWNER_UNKNOWN);
	add_link(f, 4, 2, "web");
	add_addr(f, 4, 2, "10.6.6.6");
	names_flush(f->names);
	assert_not_said(f, "10.6.6.6");
	add_ns(f, 4, OWNER_HOST); /* a process in it, or a file, has told the owner */
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.6.6.6");
	stop(f);
}

static void a_changed_domain_says_everything_again(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	names_flush(f->names);
	assert_int_equal(name_from_text("vanya.", NULL, &f->policy.domain), 0);
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.vanya. A any 10.0.0.5");
	assert_said(f, "unicast 5.0.0.10.in-addr.arpa. PTR any web.lan.vanya.");
	stop(f);
}

static void prefixes_wider_than_a_lan_do_not_make_clients_lan(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, 5, 2, "");
	struct event ev = addr_event(5, 2, "1.2.3.4", 0);
	ev.addr.prefix_len = 1;
	apply(f, &ev);
	names_flush(f->names);
	assert_int_equal(f->said.onlink_changes, 0);
	ev.addr.prefix_len = 24;
	apply(f, &ev);
	names_flush(f->names);
	assert_int_equal(f->said.onlink_changes, 1);
	stop(f);
}

/* What is reported of the on-link prefix 10.0.0.0/24. */
struct onlink_seen {
	unsigned count;
	char ifname[IF_NAMESIZE];
	uint64_t wire;
	bool is_inner;
};

static void note_onlink(void *arg, const struct names_onlink *onlink)
{
	struct onlink_seen *seen = arg;
	seen->count++;
	snprintf(seen->ifname, sizeof(seen->ifname), "%s", onlink->ifname);
	seen->wire = onlink->wire;
	seen->is_inner = onlink->is_inner;
}

static struct onlink_seen see_onlink(struct fixture *f)
{
	struct onlink_seen seen = {0};
	names_flush(f->names);
	names_each_onlink(f->names, note_onlink, &seen);
	assert_int_equal(seen.count, 1);
	return seen;
}

static void add_bridge(struct fixture *f, uint32_t ifindex)
{
	struct event ev = link_event(NSID_OWN, ifindex, "");
	snprintf(ev.link.kind, sizeof(ev.link.kind), "bridge");
	apply(f, &ev);
}

static void add_port(struct fixture *f, uint32_t ifindex, uint32_t master, const char *kind)
{
	struct event ev = link_event(NSID_OWN, ifindex, "");
	snprintf(ev.link.kind, sizeof(ev.link.kind), "%s", kind);
	ev.link.master = master;
	apply(f, &ev);
}

static void a_bridge_of_containers_is_inner_until_a_port_leads_out(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_ns(f, NSID_OWN, OWNER_HOST);
	add_bridge(f, 7);
	add_addr(f, NSID_OWN, 7, "10.0.0.1");
	assert_true(see_onlink(f).is_inner); /* it has no ports at all */
	add_port(f, 8, 7, "veth");
	assert_true(see_onlink(f).is_inner);
	unsigned changes = f->said.onlink_changes;
	add_port(f, 9, 7, "");
	assert_false(see_onlink(f).is_inner);
	assert_int_equal(f->said.onlink_changes, changes + 1);
	add_port(f, 9, 0, "");
	assert_true(see_onlink(f).is_inner);
	assert_int_equal(f->said.onlink_changes, changes + 2);
	stop(f);
}

static void a_prefix_is_told_with_a_link_of_our_own_where_there_is_one(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_ns(f, NSID_OWN, OWNER_HOST);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	add_link(f, 6, 3, "www");
	add_addr(f, 6, 3, "10.0.0.6");
	assert_string_equal(see_onlink(f).ifname, "eth2");
	uint64_t wire = see_onlink(f).wire;
	assert_true(wire != 0);
	/* The link that first had the prefix has lost it; another one has it. */
	remove_addr(f, 5, 2, "10.0.0.5");
	assert_string_equal(see_onlink(f).ifname, "eth3");
	assert_true(see_onlink(f).wire != wire);
	add_link(f, NSID_OWN, 4, "");
	add_addr(f, NSID_OWN, 4, "10.0.0.1");
	assert_string_equal(see_onlink(f).ifname, "eth4");
	remove_addr(f, NSID_OWN, 4, "10.0.0.1");
	assert_string_equal(see_onlink(f).ifname, "eth3");
	stop(f);
}

/* The links of the test below in the order in which a prefix is told with them. */
static const struct {
	nsid_t nsid;
	uint32_t ifindex;
	const char *ifname;
} holders[] = {
	{NSID_OWN, 40, "eth40"},
	{NSID_OWN, 41, "eth41"},
	{5, 9, "eth9"},
	{6, 2, "eth2"},
	{6, 3, "eth3"},
};

static void whatever_came_first_the_first_link_with_a_prefix_is_told(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	uint32_t seed = 1;
	bool has[ARRAY_LEN(holders)][2] = {{false}};
	add_ns(f, NSID_OWN, OWNER_HOST);
	for (size_t i = 0; i < ARRAY_LEN(holders); i++)
		add_link(f, holders[i].nsid, holders[i].ifindex, "");
	for (int turn = 0; turn < 2000; turn++) {
		seed = seed * 1103515245 + 12345;
		size_t which = (seed >> 16) % ARRAY_LEN(holders), nth = seed >> 31, first = 0;
		char text[ADDR_TEXT_CAP];
		snprintf(text, sizeof(text), "10.0.0.%zu", 1 + 2 * which + nth);
		if (has[which][nth])
			remove_addr(f, holders[which].nsid, holders[which].ifindex, text);
		else
			add_addr(f, holders[which].nsid, holders[which].ifindex, text);
		has[which][nth] = !has[which][nth];
		while (first < ARRAY_LEN(holders) && !has[first][0] && !has[first][1])
			first++;
		if (first < ARRAY_LEN(holders))
			assert_string_equal(see_onlink(f).ifname, holders[first].ifname);
	}
	stop(f);
}

struct explained {
	enum addr_verdict verdicts[8];
	size_t count;
};

static void note(void *arg, const struct names_addr *na)
{
	struct explained *e = arg;
	e->verdicts[e->count++] = na->verdict;
}

static void explain_tells_the_reason_for_each_address(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_FIRST);
	struct explained e = {0};
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	add_link(f, 6, 2, "WEB");
	add_addr(f, 6, 2, "10.0.0.6");
	names_flush(f->names);
	assert_int_equal(names_explain(f->names, "wEb", note, &e), 0);
	assert_int_equal(e.count, 2);
	assert_int_equal(e.verdicts[0], ADDR_SERVED);
	assert_int_equal(e.verdicts[1], ADDR_OUTRANKED);
	assert_true(names_explain(f->names, "none", note, &e) != 0);
	stop(f);
}

/* The bridge takes frames that arrive there, and does not have that address. */
static void a_port_of_a_bridge_has_no_link_local_address_to_be_reached_at(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	struct explained e = {0};
	struct event port = link_event(NSID_OWN, 2, "box"), bridge = link_event(NSID_OWN, 5, "box");
	port.link.master = 5;
	strcpy(bridge.link.kind, "bridge");
	add_ns(f, NSID_OWN, OWNER_HOST);
	apply(f, &port);
	add_addr(f, NSID_OWN, 2, "fe80::2");
	add_addr(f, NSID_OWN, 2, "169.254.0.2");
	add_addr(f, NSID_OWN, 2, "10.0.0.2");
	names_flush(f->names); /* the bridge is not known yet */
	apply(f, &bridge);
	add_addr(f, NSID_OWN, 5, "fe80::5");
	names_flush(f->names);
	assert_not_said(f, "fe80::2");
	assert_said(f, "mdns 5 box.local. AAAA any fe80::5");
	assert_said(f, "mdns 5 box.local. A any 169.254.0.2");
	assert_said(f, "mdns 5 box.local. A any 10.0.0.2");
	assert_int_equal(names_explain(f->names, "box", note, &e), 0);
	assert_int_equal(e.count, 4);
	size_t left_out = 0;
	for (size_t i = 0; i < e.count; i++)
		left_out += e.verdicts[i] == ADDR_BRIDGE_PORT;
	assert_int_equal(left_out, 1);
	port.link.master = 0;
	apply(f, &port);
	names_flush(f->names);
	assert_said(f, "mdns 2 box.local. AAAA any fe80::2");
	stop(f);
}

/* Names of single addresses. */

static void add_label(
	struct fixture *f, nsid_t nsid, uint32_t ifindex, const char *addr, const char *label)
{
	struct event ev = addr_event(nsid, ifindex, addr, IFA_F_PERMANENT);
	strcpy(ev.addr.label, label);
	apply(f, &ev);
}

static struct fixture *start_with_labels(const char *file, struct address_names *names)
{
	struct fixture *f = start(DUPLICATES_MERGE);
	struct address_names_error error;
	*names = (struct address_names){0};
	assert_int_equal(address_names_read(names, file, strlen(file), &error), 0);
	assert_int_equal(address_names_settle(names), 0);
	f->policy.sources[1] = NAME_LABEL;
	f->policy.source_count = 2;
	f->policy.address_names = names;
	names_set_policy(f->names, &f->policy);
	return f;
}

static void an_address_has_the_name_of_its_label_and_no_other_address_has_it(void **state)
{
	(void)state;
	struct address_names names;
	struct fixture *f = start_with_labels("", &names);
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.7");
	add_label(f, 5, 2, "10.0.0.8", "git");
	add_label(f, 5, 2, "10.0.0.9", "Web"); /* the link has that name for all */
	add_label(f, 5, 2, "10.0.0.6", "no_name");
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.8");
	assert_said(f, "unicast web.lan.example. A any 10.0.0.7");
	assert_said(f, "unicast web.lan.example. A any 10.0.0.8");
	assert_not_said(f, "git.lan.example. A any 10.0.0.7");
	assert_said(f, "unicast 8.0.0.10.in-addr.arpa. PTR any git.lan.example.");
	assert_int_equal(f->said.rejects, 1);
	struct explained e = {0};
	assert_int_equal(names_explain(f->names, "git", note, &e), 0);
	assert_int_equal(e.count, 1);

	add_label(f, 5, 2, "10.0.0.7", "git");
	remove_addr(f, 5, 2, "10.0.0.8");
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.7");
	assert_not_said(f, "10.0.0.8");

	f->policy.source_count = 1; /* labels are no longer listed */
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_not_said(f, "git");
	stop(f);
	address_names_fini(&names);
}

static void a_file_names_an_address_while_a_link_has_it(void **state)
{
	(void)state;
	struct address_names names, other;
	struct fixture *f = start_with_labels("10.0.0.8 git code\n2001:db8::8 git\n", &names);
	add_link(f, 5, 2, "");
	add_addr(f, 5, 2, "10.0.0.7");
	names_flush(f->names);
	assert_not_said(f, "git");
	add_addr(f, 5, 2, "10.0.0.8");
	add_link(f, NSID_OWN, 3, "");
	add_addr(f, NSID_OWN, 3, "2001:db8::8");
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.8");
	assert_said(f, "unicast git.wan.example. AAAA any 2001:db8::8");
	assert_said(f, "unicast code.lan.example. A any 10.0.0.8");
	assert_not_said(f, "10.0.0.7");

	struct address_names_error error;
	other = (struct address_names){0};
	assert_int_equal(address_names_read(&other, "10.0.0.7 git", 12, &error), 0);
	f->policy.address_names = &other;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.7");
	assert_not_said(f, "10.0.0.8");
	assert_not_said(f, "code");
	struct event gone = link_event(5, 2, "");
	gone.type = EV_LINK_GONE;
	apply(f, &gone);
	names_flush(f->names);
	assert_not_said(f, "git");
	stop(f);
	address_names_fini(&names);
	address_names_fini(&other);
}

/* Whoever has the address in a namespace of his own gets none of it. */
static void a_rootless_address_gets_no_name_of_a_file(void **state)
{
	(void)state;
	struct address_names names;
	struct fixture *f = start_with_labels("10.0.0.8 git\n10.0.0.9 www\n", &names);
	f->policy.rootless = ROOTLESS_YES;
	names_set_policy(f->names, &f->policy);
	add_ns(f, 6, OWNER_USER);
	add_link(f, 6, 2, "");
	add_addr(f, 6, 2, "10.0.0.8");
	add_label(f, 6, 2, "10.0.0.9", "mail");
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.8"); /* as nobody else has it */
	add_link(f, 5, 2, "git");
	add_addr(f, 5, 2, "10.0.0.5");
	add_link(f, 5, 3, "mail");
	add_addr(f, 5, 3, "10.0.0.4");
	names_flush(f->names);
	assert_said(f, "unicast git.lan.example. A any 10.0.0.5");
	assert_not_said(f, "git.lan.example. A any 10.0.0.8");
	assert_not_said(f, "mail.lan.example. A any 10.0.0.9");
	f->policy.rootless = ROOTLESS_SYSTEM;
	names_set_policy(f->names, &f->policy);
	names_flush(f->names);
	assert_not_said(f, "10.0.0.9");
	stop(f);
	address_names_fini(&names);
}

static void a_link_has_so_many_names_of_addresses_and_the_next_one_after_the_first_goes(
	void **state)
{
	(void)state;
	struct address_names names;
	struct fixture *f = start_with_labels("", &names);
	char addr[32], label[IF_NAMESIZE];
	add_link(f, 5, 2, "");
	for (unsigned i = 0; i <= LIMIT_ADDRESS_CLAIMS; i++) {
		snprintf(addr, sizeof(addr), "10.0.%u.%u", i / 256, i % 256);
		snprintf(label, sizeof(label), "n%u", i);
		add_label(f, 5, 2, addr, label);
	}
	assert_int_equal(names_stats(f->names).claims, LIMIT_ADDRESS_CLAIMS);
	remove_addr(f, 5, 2, "10.0.0.0");
	assert_int_equal(names_stats(f->names).claims, LIMIT_ADDRESS_CLAIMS);
	remove_addr(f, 5, 2, "10.0.0.1");
	assert_int_equal(names_stats(f->names).claims, LIMIT_ADDRESS_CLAIMS - 1);
	stop(f);
	address_names_fini(&names);
}

/* What other hosts say. */

/* `addrs`: words; NULL: the name is gone. */
static void collect(struct fixture *f, const char *label, const char *addrs)
{
	struct addr list[4];
	char text[128];
	struct names_said said = {.addrs = list, .ttl_s = 30, .is_there = addrs != NULL};
	snprintf(text, sizeof(text), "%s", addrs ? addrs : "");
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		assert_int_equal(addr_parse(word, &list[said.count++]), 0);
	assert_int_equal(names_put_collected(f->names, label, &said), 0);
	names_flush(f->names);
}

static void a_collected_name_has_the_branches_of_a_workload_and_is_not_said_over_mdns(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	add_link(f, NSID_OWN, 2, "hub");
	add_addr(f, NSID_OWN, 2, "10.0.0.1");
	collect(f, "Lap", "10.0.0.7 2001:db8::7 fe80::7");
	assert_said(f, "unicast Lap.wan.example. AAAA any 2001:db8::7");
	assert_said(f, "unicast Lap.lan.example. A any 10.0.0.7");
	assert_said(f, "unicast Lap.example. A lan 10.0.0.7");
	assert_said(f, "unicast Lap.example. AAAA any 2001:db8::7");
	assert_not_said(f, "fe80");
	assert_not_said(f, "mdns 2 Lap");
	assert_not_said(f, "away");
	const unsigned puts = f->said.puts;
	collect(f, "Lap", "10.0.0.7 2001:db8::7 fe80::7");
	assert_int_equal(f->said.puts, puts);
	collect(f, "lap", "10.0.0.8");
	assert_said(f, "unicast lap.lan.example. A any 10.0.0.8");
	assert_not_said(f, "2001:db8");
	collect(f, "LAP", NULL);
	assert_not_said(f, "ap.");
	const struct names_said said = {.is_there = true};
	assert_int_equal(names_put_collected(f->names, "wan", &said), ERR_RANGE);
	assert_int_equal(names_put_collected(f->names, "_x", &said), ERR_RANGE);
	stop(f);
}

static void a_collected_name_without_addresses_is_there(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	collect(f, "lap", "10.0.0.7");
	collect(f, "lap", "");
	assert_said(f, "unicast lap.example. TXT any away");
	assert_said(f, "unicast lap.wan.example. TXT any away");
	assert_not_said(f, "10.0.0.7");
	assert_not_said(f, "lap.lan");
	add_link(f, 5, 2, "lap");
	names_flush(f->names);
	assert_not_said(f, "lap");
	add_link(f, 5, 2, "");
	names_flush(f->names);
	assert_said(f, "unicast lap.example. TXT any away");
	collect(f, "lap", "10.0.0.7");
	assert_not_said(f, "away");
	collect(f, "lap", "");
	collect(f, "lap", NULL);
	assert_not_said(f, "lap");
	stop(f);
}

static void a_collected_name_gives_way_to_workloads(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_NUMBER);
	collect(f, "web", "10.0.0.7");
	collect(f, "web-2", "10.0.0.8");
	assert_int_equal(names_judge_collected(f->names, "WEB"), COLLECTED_SERVED);
	assert_said(f, "unicast web-2.lan.example. A any 10.0.0.8");
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.1");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.1");
	assert_not_said(f, "10.0.0.7");
	assert_not_said(f, "10.0.0.8");
	assert_int_equal(names_judge_collected(f->names, "web"), COLLECTED_WORKLOAD);
	assert_int_equal(names_judge_collected(f->names, "web-2"), COLLECTED_WORKLOAD);
	assert_int_equal(names_judge_collected(f->names, "web-3"), COLLECTED_WORKLOAD);
	assert_int_equal(names_judge_collected(f->names, "pad"), COLLECTED_SERVED);
	struct event gone = link_event(5, 2, "");
	gone.type = EV_LINK_GONE;
	apply(f, &gone);
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.7");
	assert_said(f, "unicast web-2.lan.example. A any 10.0.0.8");
	add_ns(f, 6, OWNER_USER); /* one that is not served takes nothing away */
	add_link(f, 6, 2, "web");
	add_addr(f, 6, 2, "10.0.0.6");
	names_flush(f->names);
	assert_said(f, "unicast web.lan.example. A any 10.0.0.7");
	stop(f);
}

static void a_collected_address_begins_no_zone_but_is_in_one_that_comes(void **state)
{
	(void)state;
	struct fixture *f = start(DUPLICATES_MERGE);
	collect(f, "lap", "10.0.0.7");
	assert_not_said(f, "zone ");
	said_forget(&f->said, "unicast 7."); /* as no zone took it */
	add_link(f, 5, 2, "web");
	add_addr(f, 5, 2, "10.0.0.5");
	names_flush(f->names);
	assert_said(f, "unicast 7.0.0.10.in-addr.arpa. PTR any lap.lan.example.");
	add_addr(f, 5, 2, "10.0.0.7");
	names_flush(f->names);
	assert_said(f, "unicast 7.0.0.10.in-addr.arpa. PTR any web.lan.example.");
	assert_not_said(f, "PTR any lap");
	stop(f);
}

/* Shuffling. A world is a list of events that lead to one state. The result must not depend on the
 * order in which namespaces, links and addresses appear, on what appeared and disappeared before,
 * or on when it was flushed. */

static uint32_t random_below(uint64_t *rng, uint32_t n)
{
	*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*rng >> 33) % n;
}

enum { WORLD_LINKS = 24, WORLD_HOSTNAMES = 8 };

/* Of a third of the numbers, what a host of a world says; `before`: what it said before that. */
static void collect_one(struct fixture *f, unsigned number, const char *before)
{
	static const char *const labels[] = {
		"web-2", "lap", "mail", "WEB-3", "db", "pad", "hub", "box"};
	char text[32];
	struct addr addr;
	if (number % 3 > 0)
		return;
	snprintf(
		text, sizeof(text), "10.0.%u.%u", number % 2, number); /* a link may have it, too */
	assert_int_equal(addr_parse(before ? before : text, &addr), 0);
	const struct names_said said = {
		.addrs = &addr, .count = before || number % 4 > 0, .ttl_s = 30, .is_there = true};
	assert_int_equal(names_put_collected(f->names, labels[number / 3], &said), 0);
}

static void play(struct fixture *f, uint64_t world_seed, uint64_t order_seed)
{
	static const char *const aliases[] = {
		"web", "Web", "web-2", "mail web", "db", "", "web-3 db"};
	uint64_t world = world_seed;
	struct event links[WORLD_LINKS], addrs[WORLD_LINKS];
	static const char *const hostnames[] = {"web", "db", "box", "web-2", "hub", "localhost"};
	static const char *const labels[] = {"", "", "web", "Git", "db", "web-2"};
	struct event names[WORLD_LINKS];
	unsigned order[WORLD_LINKS];
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		char text[32];
		nsid_t nsid = (nsid_t)random_below(&world, 6) - 1;
		links[i] =
			link_event(nsid, 10 + i, aliases[random_below(&world, ARRAY_LEN(aliases))]);
		links[i].link.is_granted = random_below(&world, 2);
		links[i].link.is_of_user = links[i].link.is_granted && random_below(&world, 2);
		if (random_below(&world, 3) == 0) {
			strcpy(links[i].link.kind, "macvlan");
			links[i].link.parent = 10 + random_below(&world, WORLD_LINKS);
			links[i].link.parent_nsid = (nsid_t)random_below(&world, 6) - 1;
		}
		snprintf(text, sizeof(text), "10.0.%u.%u", random_below(&world, 3), i);
		addrs[i] = addr_event(nsid, 10 + i, text, 0);
		strcpy(addrs[i].addr.label, labels[random_below(&world, ARRAY_LEN(labels))]);
		/* One of the namespaces is rootless, and one has an unknown owner. */
		names[i] = (struct event){.type = EV_NS, .nsid = (nsid_t)(i % 6) - 1};
		names[i].ns.owner = i % 6 == 4   ? OWNER_UNKNOWN
				    : i % 6 == 3 ? OWNER_USER
				    : i % 6 == 2 ? OWNER_SYSTEM
						 : OWNER_HOST;
		if (i >= 6 && i < 6 + WORLD_HOSTNAMES) {
			names[i] = (struct event){.type = EV_HOSTNAME, .nsid = nsid};
			names[i].hostname.uts = i;
			names[i].hostname.is_own = i == 6;
			names[i].hostname.owner = i % 3 == 0 ? OWNER_USER : OWNER_HOST;
			strcpy(names[i].hostname.name,
				hostnames[random_below(&world, ARRAY_LEN(hostnames))]);
		}
		order[i] = i;
	}
	for (unsigned i = WORLD_LINKS; i-- > 1;) {
		unsigned j = random_below(&order_seed, i + 1), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		const struct event *link = &links[order[i]], *addr = &addrs[order[i]];
		struct event name = names[order[i]];
		if (name.type == EV_HOSTNAME && random_below(&order_seed, 2) == 0) {
			strcpy(name.hostname.name, "before");
			apply(f, &name);
			if (random_below(&order_seed, 2))
				names_flush(f->names);
			name.type = EV_HOSTNAME_GONE;
			if (random_below(&order_seed, 2))
				apply(f, &name);
		}
		apply(f, &names[order[i]]);
		if (random_below(&order_seed, 3) == 0) { /* something else was there before */
			struct event other = *link;
			strcpy(other.link.alias, "web other");
			other.link.is_granted = false;
			apply(f, &other);
			struct event labelled = *addr;
			strcpy(labelled.addr.label, "before");
			apply(f, &labelled);
			if (random_below(&order_seed, 2))
				names_flush(f->names);
			if (random_below(&order_seed, 2)) {
				other.type = EV_LINK_GONE;
				apply(f, &other);
			}
		}
		if (random_below(&order_seed, 3) == 0)
			collect_one(f, order[i], "10.9.9.9");
		collect_one(f, order[i], NULL);
		apply(f, link);
		apply(f, addr);
		if (random_below(&order_seed, 4) == 0)
			names_flush(f->names);
	}
	names_flush(f->names);
}

/* With labels, and with names of a file for one address in three. */
static struct fixture *start_world(
	enum name_duplicates d, uint64_t world, const struct address_names *names)
{
	struct fixture *f = start_with_hostnames(d);
	f->policy.rootless = (enum name_rootless)(world % ROOTLESS_COUNT);
	f->policy.sources[f->policy.source_count++] = NAME_LABEL;
	f->policy.address_names = names;
	names_set_policy(f->names, &f->policy);
	return f;
}

static void make_address_names(struct address_names *names)
{
	static const char *const words[] = {"web", "git", "db", "hub"};
	struct address_names_error error;
	char line[64];
	for (unsigned i = 0; i < 3 * WORLD_LINKS; i += 3) {
		int len = snprintf(line, sizeof(line), "10.0.%u.%u %s f%u", i % 3, i / 3,
			words[i % ARRAY_LEN(words)], i);
		assert_int_equal(address_names_read(names, line, (size_t)len, &error), 0);
	}
	assert_int_equal(address_names_settle(names), 0);
}

static void say_onlink(void *arg, const struct names_onlink *onlink)
{
	struct said *s = arg;
	char text[ADDR_TEXT_CAP], line[128];
	snprintf(line, sizeof(line), "onlink %s %s", prefix_format(&onlink->prefix, text),
		onlink->ifname);
	assert_true(s->count < SAID_CAP);
	s->lines[s->count++] = strdup(line);
}

static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void what_is_said_depends_on_the_state_and_not_on_the_order(void **state)
{
	(void)state;
	struct address_names names = {0};
	make_address_names(&names);
	for (enum name_duplicates d = DUPLICATES_MERGE; d < DUPLICATES_COUNT; d++)
		for (uint64_t world = 1; world <= 20; world++) {
			struct fixture *want = start_world(d, world, &names);
			play(want, world, 0);
			names_each_onlink(want->names, say_onlink, &want->said);
			qsort(want->said.lines, want->said.count, sizeof(char *), line_cmp);
			for (uint64_t order = 1; order <= 10; order++) {
				struct fixture *f = start_world(d, world, &names);
				play(f, world, order);
				names_each_onlink(f->names, say_onlink, &f->said);
				qsort(f->said.lines, f->said.count, sizeof(char *), line_cmp);
				for (size_t i = 0; i < f->said.count && i < want->said.count; i++)
					if (strcmp(f->said.lines[i], want->said.lines[i]) != 0)
						fail_msg("policy %d world %lu order %lu: \"%s\" "
							 "not \"%s\"",
							d, (unsigned long)world,
							(unsigned long)order, f->said.lines[i],
							want->said.lines[i]);
				assert_int_equal(f->said.count, want->said.count);
				stop(f);
			}
			stop(want);
		}
	address_names_fini(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scope_has_its_branch),
		cmocka_unit_test(lan_clients_get_wan_addresses_of_a_family_without_lan_ones),
		cmocka_unit_test(reverse_names_lead_to_the_branch_and_make_their_zone),
		cmocka_unit_test(several_names_in_one_alias_share_addresses_and_the_reverse_name),
		cmocka_unit_test(words_that_are_no_labels_are_reported_and_not_served),
		cmocka_unit_test(addresses_not_fit_to_be_served_are_left_out),
		cmocka_unit_test(a_deprecated_address_serves_where_nothing_better_is),
		cmocka_unit_test(a_link_that_is_down_or_without_carrier_serves_nothing),
		cmocka_unit_test(a_lifetime_refresh_says_nothing),
		cmocka_unit_test(alias_changes_move_the_addresses_at_once),
		cmocka_unit_test(a_namespace_that_dies_takes_its_names_along),
		cmocka_unit_test(mdns_carries_all_addresses_of_the_segment_and_no_others),
		cmocka_unit_test(mdns_goes_by_prefix_where_the_wire_is_not_ours),
		cmocka_unit_test(mdns_does_not_go_by_the_prefix_of_a_network_that_is_closed),
		cmocka_unit_test(merge_gives_the_addresses_of_all_first_and_number_tell_them_apart),
		cmocka_unit_test(a_policy_that_says_the_same_says_nothing),
		cmocka_unit_test(a_rootless_namespace_never_gets_shares_or_pushes_out_a_name),
		cmocka_unit_test(a_granted_name_is_served_and_goes_behind_the_hosts_own),
		cmocka_unit_test(
			a_users_device_in_the_hosts_own_namespace_goes_behind_the_hosts_names),
		cmocka_unit_test(a_users_device_does_not_get_the_name_of_this_host),
		cmocka_unit_test(a_granted_name_is_not_shared_with_who_only_calls_himself_so),
		cmocka_unit_test(a_link_of_others_has_few_names_and_fewer_if_they_are_not_served),
		cmocka_unit_test(a_rootless_address_begins_no_zone_and_shares_no_reverse_name),
		cmocka_unit_test(the_hosts_own_name_is_said_but_not_over_mdns_unless_wanted),
		cmocka_unit_test(a_host_name_names_its_namespace_where_there_is_no_alias),
		cmocka_unit_test(the_hosts_name_and_the_reverse_of_its_addresses_are_told_as_such),
		cmocka_unit_test(this_hosts_name_names_no_other_namespace),
		cmocka_unit_test(a_host_name_with_dots_names_its_workload_by_the_first_label),
		cmocka_unit_test(host_names_that_are_no_labels_or_ignored_are_told_and_not_served),
		cmocka_unit_test(a_user_namespace_that_root_made_is_the_hosts_own_unless_refused),
		cmocka_unit_test(links_that_lead_to_no_namespace_of_the_host_are_not_the_hosts),
		cmocka_unit_test(
			the_ids_of_containers_are_ignored_and_names_of_that_length_are_not),
		cmocka_unit_test(a_rootless_host_name_never_gets_shares_or_pushes_out_a_name),
		cmocka_unit_test(a_rootless_host_name_does_not_stand_for_another_source),
		cmocka_unit_test(a_namespace_of_unknown_owner_is_served_as_if_it_were_rootless),
		cmocka_unit_test(a_changed_domain_says_everything_again),
		cmocka_unit_test(prefixes_wider_than_a_lan_do_not_make_clients_lan),
		cmocka_unit_test(a_bridge_of_containers_is_inner_until_a_port_leads_out),
		cmocka_unit_test(a_prefix_is_told_with_a_link_of_our_own_where_there_is_one),
		cmocka_unit_test(whatever_came_first_the_first_link_with_a_prefix_is_told),
		cmocka_unit_test(explain_tells_the_reason_for_each_address),
		cmocka_unit_test(a_port_of_a_bridge_has_no_link_local_address_to_be_reached_at),
		cmocka_unit_test(an_address_has_the_name_of_its_label_and_no_other_address_has_it),
		cmocka_unit_test(a_file_names_an_address_while_a_link_has_it),
		cmocka_unit_test(a_rootless_address_gets_no_name_of_a_file),
		cmocka_unit_test(
			a_collected_name_has_the_branches_of_a_workload_and_is_not_said_over_mdns),
		cmocka_unit_test(a_collected_name_without_addresses_is_there),
		cmocka_unit_test(a_collected_name_gives_way_to_workloads),
		cmocka_unit_test(a_collected_address_begins_no_zone_but_is_in_one_that_comes),
		cmocka_unit_test(
			a_link_has_so_many_names_of_addresses_and_the_next_one_after_the_first_goes),
		cmocka_unit_test(what_is_said_depends_on_the_state_and_not_on_the_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
