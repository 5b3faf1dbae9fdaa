/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of device/await.h: when a link meets the criteria.
 * Never opens a socket. Run by `make check`.
 */
#include "device/await.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

enum { IFINDEX = 7 };

static void link_event(struct await *a, const char *name, uint32_t flags)
{
	struct event ev = {.type = EV_LINK, .nsid = NSID_OWN};
	ev.link.ifindex = IFINDEX;
	ev.link.flags = flags;
	memcpy(ev.link.name, name, strlen(name));
	await_event(a, &ev);
}

static void addr_event(struct await *a, const char *text, uint32_t flags, bool is_gone)
{
	struct event ev = {.type = is_gone ? EV_ADDR_GONE : EV_ADDR, .nsid = NSID_OWN};
	ev.addr.ifindex = IFINDEX;
	ev.addr.flags = flags;
	ev.addr.prefix_len = 64;
	assert_int_equal(addr_parse(text, &ev.addr.addr), 0);
	await_event(a, &ev);
}

static void route_message(
	struct await *a, uint16_t type, const char *to, const char *gateway, uint32_t metric)
{
	_Alignas(8) uint8_t bytes[256] = {0};
	struct prefix prefix;
	struct addr via;
	assert_int_equal(prefix_parse(to, &prefix), 0);
	struct nlmsghdr *h = mnl_nlmsg_put_header(bytes);
	h->nlmsg_type = type;
	struct rtmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->rtm_family = prefix.addr.family == ADDR_V4 ? AF_INET : AF_INET6;
	fixed->rtm_type = RTN_UNICAST;
	fixed->rtm_table = RT_TABLE_MAIN;
	fixed->rtm_dst_len = prefix.len;
	if (prefix.len > 0)
		mnl_attr_put(h, RTA_DST, addr_len(&prefix.addr), prefix.addr.bytes);
	if (gateway) {
		assert_int_equal(addr_parse(gateway, &via), 0);
		mnl_attr_put(h, RTA_GATEWAY, addr_len(&via), via.bytes);
	}
	mnl_attr_put_u32(h, RTA_OIF, IFINDEX);
	mnl_attr_put_u32(h, RTA_PRIORITY, metric);
	await_message(a, h);
}

static void assert_answer(const struct await *a, size_t i, const char *want)
{
	char text[ADDR_TEXT_CAP];
	struct addr addr = await_answer(a, i);
	assert_true(await_is_met(a));
	assert_string_equal(addr_format(&addr, text), want);
}

static int begin(void **state)
{
	static struct await await;
	await = (struct await){.ifname = "nic0"};
	*state = &await;
	return 0;
}

static void without_criteria_the_link_is_enough(void **state)
{
	struct await *a = *state;
	link_event(a, "eth0", IFF_UP);
	assert_false(await_is_met(a));
	link_event(a, "nic0", 0);
	assert_true(await_is_met(a));
	link_event(a, "nic1", 0);
	assert_false(await_is_met(a));
}

static void only_usable_addresses_count(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_nets(a, "fc00::/7,2000::/3"), 0);
	link_event(a, "nic0", IFF_UP);
	addr_event(a, "fd00::5", IFA_F_TENTATIVE, false);
	assert_false(await_is_met(a));
	addr_event(a, "fd00::5", IFA_F_TENTATIVE | IFA_F_DADFAILED, false);
	assert_false(await_is_met(a));
	addr_event(a, "fd00::5", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, false);
	assert_true(await_is_met(a));
	addr_event(a, "fd00::5", IFA_F_PERMANENT, false);
	assert_answer(a, 0, "fd00::5");
	addr_event(a, "fd00::5", 0, true);
	assert_false(await_is_met(a));
}

static void the_answer_does_not_depend_on_the_order_of_events(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_nets(a, "fc00::/7,2000::/3"), 0);
	link_event(a, "nic0", IFF_UP);
	addr_event(a, "2001:db8::1", 0, false);
	assert_answer(a, 0, "2001:db8::1");
	addr_event(a, "fd00::9", 0, false);
	addr_event(a, "fd00::5", 0, false);
	assert_answer(a, 0, "fd00::5");
	addr_event(a, "fd00::5", IFA_F_DEPRECATED, false);
	assert_answer(a, 0, "fd00::9");
	addr_event(a, "fd00::9", IFA_F_DEPRECATED, false);
	assert_answer(a, 0, "2001:db8::1");
}

static void no_later_network_counts_while_an_earlier_one_may_have_an_address_soon(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_nets(a, "fc00::/7,2000::/3"), 0);
	link_event(a, "nic0", IFF_UP);
	addr_event(a, "fd00::5", IFA_F_TENTATIVE, false);
	addr_event(a, "2001:db8::1", 0, false);
	assert_false(await_is_met(a));
	addr_event(a, "fd00::5", 0, false);
	assert_answer(a, 0, "fd00::5");
	addr_event(a, "fd00::5", IFA_F_TENTATIVE | IFA_F_DADFAILED, false);
	assert_answer(a, 0, "2001:db8::1");
	/* An address of the same network, or of a later one, may come late. */
	addr_event(a, "fd00::6", 0, false);
	addr_event(a, "fd00::7", IFA_F_TENTATIVE, false);
	addr_event(a, "2001:db8::2", IFA_F_TENTATIVE, false);
	assert_answer(a, 0, "fd00::6");
}

static void the_link_has_to_be_up(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_nets(a, "10.0.0.0/8"), 0);
	assert_int_equal(await_add_route(a, "0.0.0.0/0"), 0);
	addr_event(a, "10.0.0.1", 0, false);
	route_message(a, RTM_NEWROUTE, "0.0.0.0/0", "10.0.0.9", 0);
	link_event(a, "nic0", IFF_UP);
	assert_answer(a, 0, "10.0.0.1");
	assert_answer(a, 1, "10.0.0.9");
	link_event(a, "nic0", 0);
	assert_false(await_is_met(a));
	link_event(a, "nic0", IFF_UP);
	assert_false(await_is_met(a)); /* its routes were removed without notifications */
}

static void a_route_is_answered_by_the_gateway_of_the_lowest_metric(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_route(a, "::/0"), 0);
	link_event(a, "nic0", IFF_UP);
	route_message(a, RTM_NEWROUTE, "2001:db8::/64", NULL, 1);
	assert_false(await_is_met(a));
	route_message(a, RTM_NEWROUTE, "::/0", "fe80::2", 1024);
	assert_answer(a, 0, "fe80::2");
	route_message(a, RTM_NEWROUTE, "::/0", "fe80::1", 512);
	assert_answer(a, 0, "fe80::1");
	route_message(a, RTM_DELROUTE, "::/0", "fe80::1", 512);
	assert_answer(a, 0, "fe80::2");
	route_message(a, RTM_DELROUTE, "::/0", "fe80::2", 1024);
	assert_false(await_is_met(a));
}

static void a_route_without_a_gateway_is_answered_by_its_network(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_route(a, "2001:db8::/64"), 0);
	link_event(a, "nic0", IFF_UP);
	route_message(a, RTM_NEWROUTE, "2001:db8::/64", NULL, 256);
	assert_answer(a, 0, "2001:db8::");
}

static void assert_missing(const struct await *a, const char *expected)
{
	struct buf out = {0};
	await_missing(a, &out);
	assert_string_equal(buf_text(&out), expected);
	assert_int_equal(out.len == 0, await_is_met(a));
	buf_fini(&out);
}

static void what_is_missing_is_said(void **state)
{
	struct await a = {.ifname = "eth0"};
	(void)state;
	assert_int_equal(await_add_nets(&a, "fc00::/7,2000::/3"), 0);
	assert_int_equal(await_add_route(&a, "::/0"), 0);
	assert_missing(&a, "there is no such interface");
	link_event(&a, "eth0", 0);
	assert_missing(&a, "the interface is down");
	link_event(&a, "eth0", IFF_UP);
	assert_missing(&a, "no address in fc00::/7 or 2000::/3; no route to ::/0");
	addr_event(&a, "2001:db8::7", IFA_F_TENTATIVE, false);
	route_message(&a, RTM_NEWROUTE, "::/0", "fe80::1", 1);
	assert_missing(&a, "no address in fc00::/7 or 2000::/3, 2001:db8::7 is still tentative");
	addr_event(&a, "2001:db8::7", IFA_F_TENTATIVE | IFA_F_DADFAILED, false);
	assert_missing(
		&a, "no address in fc00::/7 or 2000::/3, 2001:db8::7 is used by another host");
	addr_event(&a, "fe80::7", 0, false);
	addr_event(&a, "2001:db8::7", 0, false);
	assert_missing(&a, "");
}

static void criteria_that_are_no_prefixes_are_refused(void **state)
{
	struct await *a = *state;
	assert_int_equal(await_add_nets(a, ""), ERR_SYNTAX);
	assert_int_equal(await_add_nets(a, "10.0.0.0/8,"), ERR_SYNTAX);
	assert_int_equal(await_add_nets(a, "10.0.0.0/8,,fc00::/7"), ERR_SYNTAX);
	assert_int_not_equal(await_add_nets(a, "10.0.0.1/8"), 0);
	assert_int_not_equal(await_add_route(a, "::/0,fc00::/7"), 0);
	assert_int_equal(a->criterion_count, 0);
	for (int i = 0; i < AWAIT_CRITERIA_CAP; i++)
		assert_int_equal(await_add_route(a, "::/0"), 0);
	assert_int_equal(await_add_route(a, "::/0"), ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_criteria_the_link_is_enough, begin),
		cmocka_unit_test_setup(only_usable_addresses_count, begin),
		cmocka_unit_test_setup(the_answer_does_not_depend_on_the_order_of_events, begin),
		cmocka_unit_test_setup(
			no_later_network_counts_while_an_earlier_one_may_have_an_address_soon,
			begin),
		cmocka_unit_test_setup(the_link_has_to_be_up, begin),
		cmocka_unit_test_setup(
			a_route_is_answered_by_the_gateway_of_the_lowest_metric, begin),
		cmocka_unit_test_setup(a_route_without_a_gateway_is_answered_by_its_network, begin),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test_setup(criteria_that_are_no_prefixes_are_refused, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
