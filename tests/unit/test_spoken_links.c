/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of which links are reported for mDNS, and of what is reported when links change several
 * times in one batch.
 * Never looks at names. Run by `make check`.
 */
#include "unit.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "name/names.h"

enum { ETH0 = 2, ETH1 = 3, TEXT_CAP = 1024 };

static struct {
	struct names *names;
	struct model *model;
	char told[TEXT_CAP];     /* "gone eth0, up eth0 v4 v6", since the last look */
	char prefixes[TEXT_CAP]; /* of the link that was told last */
} rig;

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	(void)arg;
	size_t len = strlen(rig.told);
	snprintf(rig.told + len, TEXT_CAP - len, "%s%s %s%s%s", len ? ", " : "",
		link->is_left ? "left"
		: is_gone     ? "gone"
			      : "up",
		link->name, !is_gone && link->has_v4 ? " v4" : "",
		!is_gone && link->has_v6 ? " v6" : "");
	rig.prefixes[0] = '\0';
	for (size_t i = 0; i < link->prefix_count; i++) {
		char text[ADDR_TEXT_CAP];
		len = strlen(rig.prefixes);
		snprintf(rig.prefixes + len, TEXT_CAP - len, " %s/%u",
			addr_format(&link->prefixes[i].addr, text), link->prefixes[i].len);
	}
	return 0;
}

static int put_unicast(void *arg UNUSED, const uint8_t *owner UNUSED,
	const struct rrset *sets UNUSED, size_t count UNUSED)
{
	return 0;
}

static int put_mdns(void *arg UNUSED, uint32_t link UNUSED, const uint8_t *owner UNUSED,
	const struct rrset *sets UNUSED, size_t count UNUSED, struct names_mdns_kind kind UNUSED)
{
	return 0;
}

static int put_reverse_zone(
	void *arg UNUSED, const uint8_t *apex UNUSED, enum names_zone what UNUSED)
{
	return 0;
}

static int setup(void **state)
{
	(void)state;
	struct policy policy = {.ttl_s = 60, .mdns = NAME_MDNS_AUTO};
	memset(&rig, 0, sizeof(rig));
	assert_int_equal(name_from_text("example.", NULL, &policy.domain), 0);
	rig.names = names_new(1, &policy,
		(struct names_sink){.put_unicast = put_unicast,
			.put_reverse_zone = put_reverse_zone,
			.put_mdns_link = put_mdns_link,
			.put_mdns = put_mdns});
	rig.model = model_new(1, names_listener(rig.names));
	names_bind_model(rig.names, rig.model);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	model_free(rig.model);
	names_free(rig.names);
	return 0;
}

static void apply(const struct event *ev)
{
	assert_int_equal(model_apply(rig.model, ev), 0);
}

static void link_is(enum event_type type, uint32_t ifindex, const char *name, bool is_up)
{
	struct event ev = {.type = type, .nsid = NSID_OWN};
	ev.link = (struct event_link){.ifindex = ifindex,
		.flags = IFF_MULTICAST | IFF_BROADCAST |
			 (is_up ? IFF_UP | IFF_RUNNING | 1 << 16 : 0),
		.type = ARPHRD_ETHER,
		.operstate = is_up ? 6 : 2,
		.mtu = 1500,
		.parent_nsid = NSID_OWN};
	snprintf(ev.link.name, sizeof(ev.link.name), "%s", name);
	apply(&ev);
}

static void addr_is(enum event_type type, uint32_t ifindex, const char *addr)
{
	struct event ev = {.type = type, .nsid = NSID_OWN};
	ev.addr.ifindex = ifindex;
	assert_int_equal(addr_parse(addr, &ev.addr.addr), 0);
	ev.addr.prefix_len = ev.addr.addr.family == ADDR_V4 ? 24 : 64;
	apply(&ev);
}

static const char *const addrs[] = {"10.0.0.1", "fe80::1", "2001:db8::1"};

static void addrs_are(enum event_type type, uint32_t ifindex)
{
	for (size_t i = 0; i < ARRAY_LEN(addrs); i++)
		addr_is(type, ifindex, addrs[i]);
}

static void made(uint32_t ifindex, const char *name)
{
	link_is(EV_LINK, ifindex, name, true);
	addrs_are(EV_ADDR, ifindex);
}

static void deleted(uint32_t ifindex, const char *name)
{
	addrs_are(EV_ADDR_GONE, ifindex);
	link_is(EV_LINK_GONE, ifindex, name, true);
}

static void assert_told(const char *expected)
{
	names_flush(rig.names);
	assert_string_equal(rig.told, expected);
	rig.told[0] = '\0';
}

static void begin(void)
{
	made(ETH0, "eth0");
	assert_told("up eth0 v4 v6");
}

static void a_link_that_is_the_same_is_not_reported_again(void **state)
{
	(void)state;
	begin();
	made(ETH0, "eth0");
	assert_told("");
	addr_is(EV_ADDR_GONE, ETH0, "2001:db8::1");
	addr_is(EV_ADDR, ETH0, "2001:db8::1");
	assert_told("");
	/* A bridge takes the address of a port. */
	struct event ev = {.type = EV_LINK, .nsid = NSID_OWN};
	ev.link = model_link(rig.model, NSID_OWN, ETH0)->info;
	ev.link.hwaddr_len = 6;
	ev.link.hwaddr[0] = 2;
	apply(&ev);
	assert_told("");
}

/* Deleted and made again, or moved to another namespace and back: the index is the same. */
static void a_link_that_was_made_anew_is_another_one(void **state)
{
	(void)state;
	begin();
	for (int times = 1; times < 3; times++) {
		for (int i = 0; i < times; i++) {
			deleted(ETH0, "eth0");
			made(ETH0, "eth0");
		}
		assert_told("gone eth0, up eth0 v4 v6");
	}
}

static void links_that_have_exchanged_their_indexes_are_other_ones(void **state)
{
	(void)state;
	begin();
	made(ETH1, "eth1");
	assert_told("up eth1 v4 v6");
	deleted(ETH0, "eth0");
	deleted(ETH1, "eth1");
	made(ETH0, "eth1");
	made(ETH1, "eth0");
	assert_told("gone eth0, up eth1 v4 v6, gone eth1, up eth0 v4 v6");
}

/* It may have been plugged in elsewhere. */
static void a_link_that_was_down_for_a_moment_is_another_one(void **state)
{
	(void)state;
	begin();
	link_is(EV_LINK, ETH0, "eth0", false);
	link_is(EV_LINK, ETH0, "eth0", true);
	assert_told("gone eth0, up eth0 v4 v6");
}

/* An MTU below 1280, or disable_ipv6, takes all addresses and the groups. IPv4 goes on. */
static void ipv6_that_was_gone_for_a_moment_is_joined_again(void **state)
{
	(void)state;
	begin();
	addr_is(EV_ADDR_GONE, ETH0, "fe80::1");
	addr_is(EV_ADDR_GONE, ETH0, "2001:db8::1");
	addr_is(EV_ADDR, ETH0, "fe80::1");
	addr_is(EV_ADDR, ETH0, "2001:db8::1");
	assert_told("up eth0 v4, up eth0 v4 v6");
	addr_is(EV_ADDR_GONE, ETH0, "fe80::1");
	addr_is(EV_ADDR_GONE, ETH0, "2001:db8::1");
	assert_told("up eth0 v4");
	addr_is(EV_ADDR, ETH0, "fe80::1");
	assert_told("up eth0 v4 v6");
}

static void point_to_point(const char *addr, const char *peer, uint8_t prefix_len)
{
	struct event ev = {.type = EV_ADDR, .nsid = NSID_OWN};
	ev.addr.ifindex = ETH0;
	ev.addr.prefix_len = prefix_len;
	assert_int_equal(addr_parse(addr, &ev.addr.addr), 0);
	assert_int_equal(addr_parse(peer, &ev.addr.peer), 0);
	apply(&ev);
}

/* ip addr add A peer B/24: the route is to the prefix of B. */
static void on_link_is_the_prefix_of_the_other_end(void **state)
{
	(void)state;
	link_is(EV_LINK, ETH0, "eth0", true);
	point_to_point("10.0.0.1", "192.0.2.9", 24);
	assert_told("up eth0 v4");
	assert_string_equal(rig.prefixes, " 192.0.2.0/24");
	point_to_point("10.0.0.1", "198.51.100.9", 32);
	point_to_point("2001:db8::1", "2001:db8:1::9", 64);
	names_flush(rig.names);
	assert_string_equal(rig.prefixes, " 192.0.2.0/24 198.51.100.9/32 2001:db8:1::/64");
}

/* Only a link that still works is left. */
static void a_link_on_which_we_no_longer_speak_is_left(void **state)
{
	(void)state;
	struct policy policy = {.ttl_s = 60, .mdns = NAME_MDNS_NONE};
	assert_int_equal(name_from_text("example.", NULL, &policy.domain), 0);
	begin();
	made(ETH1, "eth1");
	assert_told("up eth1 v4 v6");
	link_is(EV_LINK, ETH1, "eth1", false);
	names_set_policy(rig.names, &policy);
	assert_told("left eth0, gone eth1");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_link_that_is_the_same_is_not_reported_again),
		CASE(a_link_that_was_made_anew_is_another_one),
		CASE(links_that_have_exchanged_their_indexes_are_other_ones),
		CASE(a_link_that_was_down_for_a_moment_is_another_one),
		CASE(ipv6_that_was_gone_for_a_moment_is_joined_again),
		CASE(on_link_is_the_prefix_of_the_other_end),
		CASE(a_link_on_which_we_no_longer_speak_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
