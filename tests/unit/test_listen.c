/* SPDX-License-Identifier: ISC */
/* Tests the addresses at which unicast DNS is served: name/listen.h, on models made of events. */
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "name/listen.h"
#include "unit.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000 /* linux/if.h, which net/if.h excludes */
#endif

enum { UP = IFF_UP | IFF_LOWER_UP | IFF_MULTICAST, TEXT_CAP = 4096 };

static struct model *new_model(void)
{
	struct model *m = model_new(1, (struct model_listener){0});
	struct event ev = {.type = EV_NS, .nsid = NSID_OWN};
	assert_non_null(m);
	assert_int_equal(model_apply(m, &ev), 0);
	return m;
}

static void set_link(struct model *m, uint32_t ifindex, const char *name, const char *kind,
	uint32_t master, uint32_t flags)
{
	struct event ev = {.type = EV_LINK, .nsid = NSID_OWN};
	ev.link.ifindex = ifindex;
	ev.link.flags = flags;
	ev.link.master = master;
	strcpy(ev.link.name, name);
	strcpy(ev.link.kind, kind);
	assert_int_equal(model_apply(m, &ev), 0);
}

static void set_addr(
	struct model *m, nsid_t nsid, uint32_t ifindex, const char *text, uint32_t flags)
{
	struct event ev = {.type = EV_ADDR, .nsid = nsid};
	ev.addr.ifindex = ifindex;
	ev.addr.flags = flags;
	assert_int_equal(addr_parse(text, &ev.addr.addr), 0);
	ev.addr.prefix_len = ev.addr.addr.family == ADDR_V4 ? 24 : 64;
	assert_int_equal(model_apply(m, &ev), 0);
}

static void add_addr(struct model *m, uint32_t ifindex, const char *text)
{
	set_addr(m, NSID_OWN, ifindex, text, 0);
}

/* "auto", "any", "eth0" or an address, as a rule for port 53. */
static struct listen_rule rule_of(const char *word)
{
	struct listen_rule rule = {.kind = LISTEN_LINK, .port = 53};
	if (strcmp(word, "auto") == 0)
		rule.kind = LISTEN_AUTO;
	else if (strcmp(word, "any") == 0)
		rule.kind = LISTEN_ANY;
	else if (addr_parse(word, &rule.addr) == 0)
		rule.kind = LISTEN_ADDR;
	else
		strcpy(rule.ifname, word);
	return rule;
}

/* The places of up to two rules, in one line. */
static void assert_plan(
	const struct model *m, const char *first, const char *second, const char *wanted)
{
	struct listen_rule at[2] = {rule_of(first)};
	struct listen_rules rules = {at, 1};
	struct listen_plan plan;
	char got[TEXT_CAP] = "", addr[ADDR_TEXT_CAP];
	if (second)
		at[rules.count++] = rule_of(second);
	assert_int_equal(listen_plan_make(m, &rules, NULL, &plan), 0);
	for (size_t i = 0; i < plan.count; i++) {
		size_t len = strlen(got);
		snprintf(got + len, sizeof(got) - len, "%s%s", i ? " " : "",
			addr_format(&plan.places[i].addr, addr));
		len = strlen(got);
		if (plan.places[i].ifindex)
			snprintf(got + len, sizeof(got) - len, "%%%u", plan.places[i].ifindex);
		assert_int_equal(plan.places[i].port, 53);
	}
	assert_string_equal(got, wanted);
}

/* A machine with a loopback, an Ethernet, and a bridge for containers that has one. */
static struct model *container_host(void)
{
	struct model *m = new_model();
	set_link(m, 1, "lo", "", 0, IFF_UP | IFF_LOWER_UP | IFF_LOOPBACK);
	add_addr(m, 1, "127.0.0.1");
	set_link(m, 2, "eth0", "", 0, UP);
	add_addr(m, 2, "192.168.1.2");
	set_link(m, 3, "podman0", "bridge", 0, UP);
	add_addr(m, 3, "10.88.0.1");
	set_link(m, 4, "veth0", "veth", 3, UP);
	return m;
}

static void auto_is_the_host_and_links_with_clients_but_no_bridge_of_containers(void **state)
{
	(void)state;
	struct model *m = container_host();
	assert_plan(m, "auto", NULL, "127.0.0.56 192.168.1.2");
	model_free(m);
}

static void a_bridge_counts_as_soon_as_a_port_leads_out(void **state)
{
	(void)state;
	struct model *m = container_host();
	set_link(m, 5, "br0", "bridge", 0, UP);
	add_addr(m, 5, "192.168.2.1");
	assert_plan(m, "auto", NULL, "127.0.0.56 192.168.1.2"); /* no port at all: libvirt's */
	set_link(m, 6, "eth1", "", 5, UP);
	add_addr(m, 6, "192.168.3.1"); /* a port's own address is nobody's */
	assert_plan(m, "auto", NULL, "127.0.0.56 192.168.1.2 192.168.2.1");
	model_free(m);
}

static void tunnels_and_links_that_are_down_have_no_clients(void **state)
{
	(void)state;
	struct model *m = container_host();
	set_link(m, 7, "wg0", "wireguard", 0, IFF_UP | IFF_LOWER_UP | IFF_POINTOPOINT);
	add_addr(m, 7, "10.200.0.1");
	set_link(m, 10, "vx0", "vxlan", 0, UP); /* tunnels that look like an Ethernet */
	add_addr(m, 10, "10.201.0.1");
	set_link(m, 11, "gre1", "gretap", 0, UP);
	add_addr(m, 11, "10.202.0.1");
	set_link(m, 8, "eth2", "", 0, IFF_MULTICAST);
	add_addr(m, 8, "192.168.4.1");
	assert_plan(m, "auto", NULL, "127.0.0.56 192.168.1.2");
	set_link(m, 8, "eth2", "", 0, IFF_MULTICAST | IFF_UP); /* carrier may come and go */
	assert_plan(m, "auto", NULL, "127.0.0.56 192.168.1.2 192.168.4.1");
	model_free(m);
}

static void links_of_other_namespaces_are_theirs(void **state)
{
	(void)state;
	struct model *m = container_host();
	struct event ev = {.type = EV_LINK, .nsid = 5};
	ev.link.ifindex = 9;
	ev.link.flags = UP;
	strcpy(ev.link.name, "eth9");
	assert_int_equal(model_apply(m, &ev), 0);
	set_addr(m, 5, 9, "192.168.9.9", 0);
	assert_plan(m, "auto", "eth9", "127.0.0.56 192.168.1.2");
	model_free(m);
}

static void an_address_waits_until_it_is_usable(void **state)
{
	(void)state;
	struct model *m = container_host();
	set_addr(m, NSID_OWN, 2, "2001:db8::2", IFA_F_TENTATIVE);
	set_addr(m, NSID_OWN, 2, "2001:db8::3", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
	set_addr(m, NSID_OWN, 2, "2001:db8::4", IFA_F_DADFAILED | IFA_F_PERMANENT);
	assert_plan(m, "eth0", NULL, "192.168.1.2 2001:db8::3");
	set_addr(m, NSID_OWN, 2, "2001:db8::2", IFA_F_PERMANENT);
	assert_plan(m, "eth0", NULL, "192.168.1.2 2001:db8::2 2001:db8::3");
	model_free(m);
}

static void link_local_addresses_know_their_link(void **state)
{
	(void)state;
	struct model *m = container_host();
	add_addr(m, 2, "fe80::2");
	assert_plan(m, "eth0", NULL, "192.168.1.2 fe80::2%2");
	model_free(m);
}

static void a_link_may_be_named_whatever_it_is(void **state)
{
	(void)state;
	struct model *m = container_host();
	assert_plan(m, "podman0", "lo", "10.88.0.1 127.0.0.1");
	assert_plan(m, "nosuch", NULL, "");
	model_free(m);
}

static void an_address_is_wanted_whether_it_is_there_or_not(void **state)
{
	(void)state;
	struct model *m = container_host();
	assert_plan(m, "192.0.2.1", "2001:db8::77", "192.0.2.1 2001:db8::77");
	model_free(m);
}

static void nothing_is_wanted_twice(void **state)
{
	(void)state;
	struct model *m = container_host();
	assert_plan(m, "192.168.1.2", "auto", "192.168.1.2 127.0.0.56");
	model_free(m);
}

static void a_wildcard_covers_all_addresses_of_its_family_and_port(void **state)
{
	(void)state;
	struct model *m = container_host();
	add_addr(m, 2, "2001:db8::2");
	assert_plan(m, "auto", "any", "0.0.0.0 ::");
	assert_plan(m, "eth0", "0.0.0.0", "0.0.0.0 2001:db8::2");
	struct listen_rule at[] = {rule_of("any"), rule_of("192.168.1.2")};
	struct listen_plan plan;
	at[1].port = 5300;
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){at, 2}, NULL, &plan), 0);
	assert_int_equal(plan.count, 3);
	model_free(m);
}

static void places_are_bounded_and_what_is_left_out_is_counted(void **state)
{
	(void)state;
	struct model *m = container_host();
	struct listen_rule rule = rule_of("eth0");
	struct listen_plan plan;
	for (unsigned i = 0; i < LIMIT_DNS_PLACES + 9; i++) {
		char text[ADDR_TEXT_CAP];
		snprintf(text, sizeof(text), "10.1.0.%u", i + 1);
		add_addr(m, 2, text);
	}
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, NULL, &plan), 0);
	assert_int_equal(plan.count, LIMIT_DNS_PLACES);
	assert_int_equal(plan.left_out, 10); /* the ninth, and what the link had before */
	model_free(m);
}

static void link_local_addresses_of_many_containers_displace_no_address_of_the_lan(void **state)
{
	(void)state;
	struct model *m = new_model();
	struct listen_rule rule = rule_of("auto");
	struct listen_plan plan;
	for (unsigned i = 0; i < LIMIT_DNS_PLACES + 9; i++) {
		char text[ADDR_TEXT_CAP];
		snprintf(text, sizeof(text), "ve-c%u", i);
		set_link(m, 10 + i, text, "veth", 0, UP);
		snprintf(text, sizeof(text), "fe80::%x", i + 1);
		add_addr(m, 10 + i, text);
	}
	set_link(m, 200, "eth0", "", 0, UP);
	add_addr(m, 200, "192.168.1.2");
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, NULL, &plan), 0);
	assert_int_equal(plan.count, LIMIT_DNS_PLACES);
	assert_int_equal(plan.left_out, 11);
	assert_int_equal(plan.places[0].addr.bytes[0], 127);
	assert_int_equal(plan.places[1].addr.bytes[0], 192);
	model_free(m);
}

static void at_the_limit_link_local_addresses_that_are_served_stay(void **state)
{
	(void)state;
	struct model *m = new_model();
	struct listen_rule rule = rule_of("auto");
	struct listen_plan before, plan;
	char text[ADDR_TEXT_CAP];
	for (unsigned i = 1; i <= LIMIT_DNS_PLACES + 9; i++) {
		snprintf(text, sizeof(text), "ve-c%u", i);
		set_link(m, i, text, "veth", 0, UP);
	}
	for (unsigned i = 10; i < LIMIT_DNS_PLACES + 9;
		i++) { /* those of the first links are late */
		snprintf(text, sizeof(text), "fe80::%x", i);
		add_addr(m, i, text);
	}
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, NULL, &before), 0);
	assert_int_equal(before.count, LIMIT_DNS_PLACES);
	add_addr(m, 1, "fe80::1");
	add_addr(m, 2, "fe80::2");
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, &before, &plan), 0);
	assert_int_equal(plan.left_out, 2);
	assert_memory_equal(plan.places, before.places, sizeof(plan.places));
	model_free(m);
}

static void what_a_rule_waits_for_is_known(void **state)
{
	(void)state;
	struct model *m = container_host();
	struct listen_rule rule = rule_of("eth9");
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_LINK);
	set_link(m, 9, "eth9", "", 0, UP);
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_ADDRESS);
	set_addr(m, NSID_OWN, 9, "2001:db8::9", IFA_F_TENTATIVE);
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_ADDRESS);
	set_addr(m, NSID_OWN, 9, "2001:db8::9", 0);
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_NOTHING);
	rule = rule_of("auto");
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_NOTHING);
	model_free(m);
}

static void a_link_local_address_waits_for_its_link(void **state)
{
	(void)state;
	struct model *m = container_host();
	struct listen_rule rule = rule_of("fe80::9");
	struct listen_plan plan;
	strcpy(rule.ifname, "eth9");
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, NULL, &plan), 0);
	assert_int_equal(plan.count, 0);
	assert_int_equal(listen_rule_lack(m, &rule), LISTEN_LACK_LINK);
	set_link(m, 9, "eth9", "", 0, UP);
	assert_int_equal(listen_plan_make(m, &(struct listen_rules){&rule, 1}, NULL, &plan), 0);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.places[0].ifindex, 9);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			auto_is_the_host_and_links_with_clients_but_no_bridge_of_containers),
		cmocka_unit_test(a_bridge_counts_as_soon_as_a_port_leads_out),
		cmocka_unit_test(tunnels_and_links_that_are_down_have_no_clients),
		cmocka_unit_test(links_of_other_namespaces_are_theirs),
		cmocka_unit_test(an_address_waits_until_it_is_usable),
		cmocka_unit_test(link_local_addresses_know_their_link),
		cmocka_unit_test(a_link_may_be_named_whatever_it_is),
		cmocka_unit_test(an_address_is_wanted_whether_it_is_there_or_not),
		cmocka_unit_test(nothing_is_wanted_twice),
		cmocka_unit_test(a_wildcard_covers_all_addresses_of_its_family_and_port),
		cmocka_unit_test(places_are_bounded_and_what_is_left_out_is_counted),
		cmocka_unit_test(
			link_local_addresses_of_many_containers_displace_no_address_of_the_lan),
		cmocka_unit_test(at_the_limit_link_local_addresses_that_are_served_stay),
		cmocka_unit_test(what_a_rule_waits_for_is_known),
		cmocka_unit_test(a_link_local_address_waits_for_its_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
