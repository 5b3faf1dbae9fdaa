/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of model/rtnl.h and model/rtnl_request.h: messages as the kernel makes them, and
 * broken ones. Never opens a socket; tests/net has the real kernel. Run by `make check`.
 */
#include "model/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "model/rtnl_request.h"
#include "unit.h"

enum { BUF_CAP = 8192, EVENTS_CAP = 16 };

struct world {
	_Alignas(8) char buf[BUF_CAP]; /* a datagram under construction */
	size_t len;
	struct nlmsghdr *h; /* of the message under construction */
	struct rtnl rtnl;
	struct rtnl_source source;
	struct rtnl_outcome outcome;
	struct event events[EVENTS_CAP];
	size_t count, incomplete;
};

static void on_event(void *arg, const struct event *ev)
{
	struct world *w = arg;
	assert_true(w->count < EVENTS_CAP);
	w->events[w->count++] = *ev;
}

static void on_incomplete_link(void *arg, const struct event *ev)
{
	((struct world *)arg)->incomplete++;
	on_event(arg, ev);
}

static int begin(void **state)
{
	static struct world world;
	memset(&world, 0, sizeof(world));
	world.rtnl.own_id = NSID_UNKNOWN;
	world.rtnl.sink = (struct rtnl_sink){
		.on_event = on_event, .on_incomplete_link = on_incomplete_link, .arg = &world};
	world.source = (struct rtnl_source){.origin = RTNL_NEWS, .nsid = NSID_OWN};
	*state = &world;
	return 0;
}

static void start(struct world *w, uint16_t type)
{
	w->h = mnl_nlmsg_put_header(w->buf + w->len);
	w->h->nlmsg_type = type;
	w->h->nlmsg_seq = w->source.seq;
}

static void finish(struct world *w)
{
	w->len += MNL_ALIGN(w->h->nlmsg_len);
}

static void parse_len(struct world *w, size_t len)
{
	w->count = w->incomplete = 0;
	rtnl_parse(&w->rtnl, &w->source, w->buf, len, &w->outcome);
	w->len = 0;
}

static void parse(struct world *w)
{
	parse_len(w, w->len);
}

static struct ifinfomsg *start_link(struct world *w, uint16_t type, int ifindex)
{
	start(w, type);
	struct ifinfomsg *fixed = mnl_nlmsg_put_extra_header(w->h, sizeof(*fixed));
	fixed->ifi_index = ifindex;
	return fixed;
}

static struct ifaddrmsg *start_addr(struct world *w, uint16_t type, uint8_t family, uint8_t len)
{
	start(w, type);
	struct ifaddrmsg *fixed = mnl_nlmsg_put_extra_header(w->h, sizeof(*fixed));
	fixed->ifa_family = family;
	fixed->ifa_prefixlen = len;
	fixed->ifa_index = 7;
	return fixed;
}

static void put_nsid_message(struct world *w, uint16_t type, int32_t id)
{
	start(w, type);
	mnl_nlmsg_put_extra_header(w->h, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(w->h, NETNSA_NSID, (uint32_t)id);
	finish(w);
}

static void put_linkinfo(struct world *w, const char *kind, uint16_t data_type, uint16_t value)
{
	struct nlattr *info = mnl_attr_nest_start(w->h, IFLA_LINKINFO);
	mnl_attr_put_strz(w->h, IFLA_INFO_KIND, kind);
	struct nlattr *data = mnl_attr_nest_start(w->h, IFLA_INFO_DATA);
	mnl_attr_put_u16(w->h, data_type, value);
	mnl_attr_nest_end(w->h, data);
	mnl_attr_nest_end(w->h, info);
}

static void put_addr_attr(struct world *w, uint16_t type, const char *text)
{
	struct addr addr;
	assert_int_equal(addr_parse(text, &addr), 0);
	mnl_attr_put(w->h, type, addr_len(&addr), addr.bytes);
}

static void expect_malformed(struct world *w)
{
	uint64_t before = w->rtnl.malformed;
	parse(w);
	assert_int_equal(w->count, 0);
	assert_int_equal(w->rtnl.malformed, before + 1);
}

/* --- links -------------------------------------------------------------------------------- */

static void every_field_of_a_link_is_read(void **state)
{
	struct world *w = *state;
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct ifinfomsg *fixed = start_link(w, RTM_NEWLINK, 7);
	fixed->ifi_type = 1;
	fixed->ifi_flags = IFF_UP | IFF_LOWER_UP;
	mnl_attr_put_strz(w->h, IFLA_IFNAME, "vlan0");
	mnl_attr_put_strz(w->h, IFLA_IFALIAS, "two words");
	mnl_attr_put_u32(w->h, IFLA_MTU, 1500);
	mnl_attr_put_u32(w->h, IFLA_MASTER, 3);
	mnl_attr_put_u32(w->h, IFLA_LINK, 4);
	mnl_attr_put_u8(w->h, IFLA_OPERSTATE, IF_OPER_UP);
	mnl_attr_put(w->h, IFLA_ADDRESS, sizeof(mac), mac);
	put_linkinfo(w, "vlan", IFLA_VLAN_ID, 42);
	finish(w);
	parse(w);

	assert_int_equal(w->count, 1);
	assert_int_equal(w->events[0].type, EV_LINK);
	assert_int_equal(w->events[0].nsid, NSID_OWN);
	assert_false(w->events[0].is_dump);
	const struct event_link *link = &w->events[0].link;
	assert_int_equal(link->ifindex, 7);
	assert_int_equal(link->flags, IFF_UP | IFF_LOWER_UP);
	assert_int_equal(link->type, 1);
	assert_int_equal(link->operstate, IF_OPER_UP);
	assert_int_equal(link->hwaddr_len, 6);
	assert_memory_equal(link->hwaddr, mac, 6);
	assert_int_equal(link->mtu, 1500);
	assert_int_equal(link->master, 3);
	assert_int_equal(link->parent, 4);
	assert_int_equal(link->parent_nsid, NSID_OWN);
	assert_int_equal(link->vlan_id, 42);
	assert_string_equal(link->name, "vlan0");
	assert_string_equal(link->kind, "vlan");
	assert_string_equal(link->alias, "two words");
}

static void the_mode_of_an_ipvlan_is_read_and_no_other_drivers_data(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_NEWLINK, 7);
	put_linkinfo(w, "ipvlan", IFLA_IPVLAN_MODE, IPVLAN_MODE_L3S);
	finish(w);
	start_link(w, RTM_NEWLINK, 8);
	put_linkinfo(w, "bridge", 1, 9);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].link.ipvlan_mode, IPVLAN_MODE_L3S);
	assert_int_equal(w->events[1].link.ipvlan_mode, 0);
	assert_int_equal(w->events[1].link.vlan_id, 0);
}

static void put_second_attr(
	struct world *w, const char *kind, uint16_t type, size_t len, uint32_t value)
{
	struct nlattr *info = mnl_attr_nest_start(w->h, IFLA_LINKINFO);
	mnl_attr_put_strz(w->h, IFLA_INFO_KIND, kind);
	struct nlattr *data = mnl_attr_nest_start(w->h, IFLA_INFO_DATA);
	if (len == sizeof(uint16_t))
		mnl_attr_put_u16(w->h, type, (uint16_t)value);
	else
		mnl_attr_put_u32(w->h, type, value);
	mnl_attr_nest_end(w->h, data);
	mnl_attr_nest_end(w->h, info);
}

static void the_mode_of_a_macvlan_and_the_flags_of_an_ipvlan_are_read(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_NEWLINK, 7);
	put_second_attr(w, "macvtap", IFLA_MACVLAN_MODE, 4, MACVLAN_MODE_SOURCE);
	finish(w);
	start_link(w, RTM_NEWLINK, 8);
	put_second_attr(w, "ipvtap", IFLA_IPVLAN_FLAGS, 2, IPVLAN_F_VEPA);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].link.mode_flags, MACVLAN_MODE_SOURCE);
	assert_int_equal(w->events[1].link.mode_flags, IPVLAN_F_VEPA);
}

static void an_alias_may_be_255_bytes_of_anything_and_absent_means_none(void **state)
{
	struct world *w = *state;
	char alias[ALIAS_CAP];
	memset(alias, '\n', sizeof(alias));
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put(w->h, IFLA_IFALIAS, 255, alias); /* no zero after it */
	finish(w);
	start_link(w, RTM_NEWLINK, 7);
	finish(w);
	parse(w);
	assert_int_equal(strlen(w->events[0].link.alias), 255);
	assert_string_equal(w->events[1].link.alias, "");
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put(w->h, IFLA_IFALIAS, 256, alias);
	finish(w);
	expect_malformed(w);
}

static void messages_of_bridges_and_of_wireless_extensions_are_no_links(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_DELLINK, 7)->ifi_family = AF_BRIDGE; /* a port left its bridge */
	finish(w);
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_u32(w->h, IFLA_WIRELESS, 0);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 0);
	assert_int_equal(w->rtnl.malformed, 0);
	start_link(w, RTM_DELLINK, 7);
	finish(w);
	parse(w);
	assert_int_equal(w->events[0].type, EV_LINK_GONE);
	assert_int_equal(w->events[0].link.ifindex, 7);
}

static void put_child(struct world *w, int32_t link_netnsid)
{
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_u32(w->h, IFLA_LINK, 4);
	mnl_attr_put_u32(w->h, IFLA_LINK_NETNSID, (uint32_t)link_netnsid);
	if (w->source.origin != RTNL_NEWS && w->source.nsid != NSID_OWN)
		mnl_attr_put_u32(w->h, IFLA_TARGET_NETNSID, (uint32_t)w->source.nsid);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 1);
}

static void the_id_of_a_parents_namespace_is_ours_in_dumps_and_our_own_news_only(void **state)
{
	struct world *w = *state;
	w->rtnl.own_id = 1000;
	put_child(w, 3);
	assert_int_equal(w->events[0].link.parent_nsid, 3);
	put_child(w, 1000);
	assert_int_equal(w->events[0].link.parent_nsid, NSID_OWN);
	put_child(w, -1); /* the kernel has no id for it: not our NSID_OWN */
	assert_int_equal(w->events[0].link.parent_nsid, NSID_UNKNOWN);
	assert_int_equal(w->incomplete, 0);

	w->source = (struct rtnl_source){.origin = RTNL_NEWS, .nsid = 200};
	put_child(w, 0);
	assert_int_equal(w->incomplete, 1);
	assert_int_equal(w->events[0].link.parent_nsid, NSID_UNKNOWN);
	w->rtnl.sink.on_incomplete_link = NULL;
	put_child(w, 0);
	assert_int_equal(w->incomplete, 0);

	w->source = (struct rtnl_source){.origin = RTNL_DUMP, .nsid = 200, .seq = 5};
	put_child(w, 100);
	assert_int_equal(w->events[0].link.parent_nsid, 100);
	assert_true(w->events[0].is_dump);
	w->source.origin = RTNL_ANSWER;
	put_child(w, 1000);
	assert_int_equal(w->events[0].link.parent_nsid, NSID_OWN);
	assert_false(w->events[0].is_dump);
}

static void news_of_a_veth_without_its_peer_is_incomplete(void **state)
{
	struct world *w = *state;
	for (int has_peer = 0; has_peer < 2; has_peer++) {
		start_link(w, RTM_NEWLINK, 7);
		put_linkinfo(w, "veth", 1, 0);
		if (has_peer)
			mnl_attr_put_u32(w->h, IFLA_LINK, 8);
		finish(w);
		parse(w);
		assert_int_equal(w->incomplete, !has_peer);
	}
}

/* --- addresses ---------------------------------------------------------------------------- */

static void the_local_address_is_ours_and_the_other_the_peers(void **state)
{
	struct world *w = *state;
	char text[ADDR_TEXT_CAP];
	start_addr(w, RTM_NEWADDR, AF_INET, 24)->ifa_flags = 0x80;
	put_addr_attr(w, IFA_ADDRESS, "10.0.0.1");
	put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
	mnl_attr_put_u32(w->h, IFA_FLAGS, 0x280);
	finish(w);
	start_addr(w, RTM_NEWADDR, AF_INET6, 128)->ifa_flags = 0x40;
	put_addr_attr(w, IFA_LOCAL, "2001:db8::1");
	put_addr_attr(w, IFA_ADDRESS, "2001:db8::2");
	finish(w);
	start_addr(w, RTM_DELADDR, AF_INET6, 64);
	put_addr_attr(w, IFA_ADDRESS, "2001:db8::3");
	finish(w);
	parse(w);

	assert_int_equal(w->count, 3);
	assert_string_equal(addr_format(&w->events[0].addr.addr, text), "10.0.0.1");
	assert_int_equal(w->events[0].addr.peer.family, ADDR_NONE);
	assert_int_equal(w->events[0].addr.flags, 0x280); /* all 32 bits, not the header's 8 */
	assert_int_equal(w->events[0].addr.prefix_len, 24);
	assert_string_equal(addr_format(&w->events[1].addr.addr, text), "2001:db8::1");
	assert_string_equal(addr_format(&w->events[1].addr.peer, text), "2001:db8::2");
	assert_int_equal(w->events[1].addr.flags, 0x40);
	assert_int_equal(w->events[2].type, EV_ADDR_GONE);
	assert_string_equal(addr_format(&w->events[2].addr.addr, text), "2001:db8::3");
}

/* --- VLANs of bridges ---------------------------------------------------------------------- */

struct ports {
	struct rtnl_port at[8];
	size_t count;
};

static struct ports ports;

static void on_bridge_port(void *arg, const struct rtnl_port *port)
{
	(void)arg;
	assert_true(ports.count < ARRAY_LEN(ports.at));
	ports.at[ports.count++] = *port;
}

static void put_vlan(struct world *w, uint16_t id, uint16_t flags)
{
	struct bridge_vlan_info vlan = {.vid = id, .flags = flags};
	mnl_attr_put(w->h, IFLA_BRIDGE_VLAN_INFO, sizeof(vlan), &vlan);
}

static void start_port(struct world *w, uint16_t type, int ifindex)
{
	start_link(w, type, ifindex)->ifi_family = AF_BRIDGE;
}

static void the_pvid_of_a_port_is_read_and_makes_no_event(void **state)
{
	struct world *w = *state;
	ports.count = 0;
	w->rtnl.sink.on_bridge_port = on_bridge_port;
	start_port(w, RTM_NEWLINK, 7);
	struct nlattr *list = mnl_attr_nest_start(w->h, IFLA_AF_SPEC);
	put_vlan(w, 10, BRIDGE_VLAN_INFO_RANGE_BEGIN);
	put_vlan(w, 19, BRIDGE_VLAN_INFO_RANGE_END);
	put_vlan(w, 20, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
	put_vlan(w, 30, BRIDGE_VLAN_INFO_UNTAGGED);
	mnl_attr_put(w->h, IFLA_BRIDGE_VLAN_INFO, 2, "xx"); /* too short */
	mnl_attr_nest_end(w->h, list);
	finish(w);
	start_port(w, RTM_NEWLINK, 8);
	finish(w);
	start_port(w, RTM_DELLINK, 9);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 0);
	assert_int_equal(ports.count, 3);
	assert_int_equal(ports.at[0].ifindex, 7);
	assert_int_equal(ports.at[0].pvid, 20);
	assert_true(ports.at[0].has_vlans);
	assert_false(ports.at[0].is_gone);
	assert_int_equal(ports.at[1].pvid, 0);
	assert_false(ports.at[1].has_vlans);
	assert_true(ports.at[2].is_gone);
}

static void a_bridge_says_whether_it_keeps_vlans_apart(void **state)
{
	struct world *w = *state;
	for (uint8_t filters = 0; filters < 2; filters++) {
		start_link(w, RTM_NEWLINK, 7);
		struct nlattr *info = mnl_attr_nest_start(w->h, IFLA_LINKINFO);
		mnl_attr_put_strz(w->h, IFLA_INFO_KIND, "bridge");
		struct nlattr *data = mnl_attr_nest_start(w->h, IFLA_INFO_DATA);
		mnl_attr_put_u8(w->h, IFLA_BR_VLAN_FILTERING, filters);
		mnl_attr_nest_end(w->h, data);
		mnl_attr_nest_end(w->h, info);
		finish(w);
	}
	parse(w);
	assert_int_equal(w->count, 2);
	assert_false(w->events[0].link.is_vlan_aware);
	assert_true(w->events[1].link.is_vlan_aware);
}

static void a_label_is_what_is_behind_its_colon(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text, *want;
	} labels[] = {{"eth0", ""}, {"eth0:git", "git"}, {"eth0:", ""}, {"eth0:a:b", "a:b"},
		{":", ""}, {"e:0123456789abc", "0123456789abc"}};
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		start_addr(w, RTM_NEWADDR, AF_INET, 24);
		put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
		mnl_attr_put_strz(w->h, IFA_LABEL, labels[i].text);
		finish(w);
	}
	start_addr(w, RTM_NEWADDR, AF_INET, 24);
	put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
	mnl_attr_put_strz(w->h, IFA_LABEL, "eth0:longer_than_it");
	finish(w);
	parse(w);
	assert_int_equal(w->count, ARRAY_LEN(labels));
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		assert_string_equal(w->events[i].addr.label, labels[i].want);
}

static void addresses_of_the_wrong_length_or_prefix_are_malformed(void **state)
{
	struct world *w = *state;
	start_addr(w, RTM_NEWADDR, AF_INET, 24);
	put_addr_attr(w, IFA_LOCAL, "2001:db8::1");
	finish(w);
	expect_malformed(w);
	start_addr(w, RTM_NEWADDR, AF_INET, 33);
	put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
	finish(w);
	expect_malformed(w);
	start_addr(w, RTM_NEWADDR, AF_INET6, 64);
	finish(w);
	expect_malformed(w);
	start_addr(w, RTM_NEWADDR, AF_INET, 24)->ifa_index = 0;
	put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
	finish(w);
	expect_malformed(w);
	start_addr(w, RTM_NEWADDR, AF_PACKET, 24); /* not a family that we know */
	finish(w);
	parse(w);
	assert_int_equal(w->count, 0);
}

/* --- ids ---------------------------------------------------------------------------------- */

static void only_our_own_table_tells_of_namespaces(void **state)
{
	struct world *w = *state;
	w->rtnl.own_id = 1000;
	put_nsid_message(w, RTM_NEWNSID, 5);
	put_nsid_message(w, RTM_DELNSID, 5);
	put_nsid_message(w, RTM_NEWNSID, 1000); /* our own */
	parse(w);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].type, EV_NS);
	assert_int_equal(w->events[0].nsid, 5);
	assert_int_equal(w->events[1].type, EV_NS_GONE);
	assert_int_equal(w->events[1].nsid, 5);
	w->source.nsid = 100; /* the table of another namespace */
	put_nsid_message(w, RTM_NEWNSID, 0);
	parse(w);
	assert_int_equal(w->count, 0);
	w->source.nsid = NSID_OWN;
	put_nsid_message(w, RTM_NEWNSID, -1);
	expect_malformed(w);
}

static void a_question_for_an_id_may_be_answered_by_none(void **state)
{
	struct world *w = *state;
	w->source = (struct rtnl_source){.origin = RTNL_ANSWER, .nsid = NSID_OWN, .seq = 9};
	put_nsid_message(w, RTM_NEWNSID, -1);
	parse(w);
	assert_int_equal(w->count, 0);
	assert_int_equal(w->outcome.answers, 1);
	w->rtnl.own_id = 1000;
	put_nsid_message(w, RTM_NEWNSID, 1000);
	parse(w);
	assert_int_equal(w->events[0].nsid, NSID_OWN);
}

/* --- dumps -------------------------------------------------------------------------------- */

static void put_end(struct world *w, uint16_t type, int error, uint16_t flags)
{
	start(w, type);
	w->h->nlmsg_flags = flags;
	memcpy(mnl_nlmsg_put_extra_header(w->h, sizeof(error)), &error, sizeof(error));
	finish(w);
}

static void a_dump_may_fail_in_its_last_message(void **state)
{
	struct world *w = *state;
	w->source = (struct rtnl_source){.origin = RTNL_DUMP, .nsid = 5, .seq = 9};
	put_end(w, NLMSG_DONE, -EINVAL, 0);
	parse(w);
	assert_true(w->outcome.is_done);
	assert_int_equal(w->outcome.error, -EINVAL);
	put_end(w, NLMSG_ERROR, -EPERM, 0);
	parse(w);
	assert_true(w->outcome.is_done);
	assert_int_equal(w->outcome.error, -EPERM);
	put_end(w, NLMSG_DONE, 0, 0);
	parse(w);
	assert_true(w->outcome.is_done);
	assert_int_equal(w->outcome.error, 0);
	assert_false(w->outcome.is_interrupted);
}

static void an_interrupted_dump_and_an_overrun_are_noticed(void **state)
{
	struct world *w = *state;
	w->source = (struct rtnl_source){.origin = RTNL_DUMP, .nsid = NSID_OWN, .seq = 9};
	start_link(w, RTM_NEWLINK, 7);
	w->h->nlmsg_flags = NLM_F_DUMP_INTR;
	finish(w);
	put_end(w, NLMSG_OVERRUN, 0, 0);
	parse(w);
	assert_int_equal(w->count, 1);
	assert_true(w->outcome.is_interrupted);
	assert_true(w->outcome.is_overrun);
	assert_false(w->outcome.is_done);
}

static void answers_to_others_and_of_others_are_dropped(void **state)
{
	struct world *w = *state;
	w->source = (struct rtnl_source){.origin = RTNL_DUMP, .nsid = 5, .seq = 9};
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_u32(w->h, IFLA_TARGET_NETNSID, 5);
	w->h->nlmsg_seq = 8;
	finish(w);
	put_end(w, NLMSG_DONE, 0, 0);
	w->h->nlmsg_seq = 8;
	parse(w);
	assert_int_equal(w->count, 0);
	assert_false(w->outcome.is_done);

	start_link(w, RTM_NEWLINK, 7); /* without the attribute: in our own namespace */
	finish(w);
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_u32(w->h, IFLA_TARGET_NETNSID, 6);
	finish(w);
	start_addr(w, RTM_NEWADDR, AF_INET, 24);
	put_addr_attr(w, IFA_LOCAL, "10.0.0.1");
	mnl_attr_put_u32(w->h, IFA_TARGET_NETNSID, 5);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->events[0].type, EV_ADDR);
	assert_int_equal(w->rtnl.misattributed, 2);
}

/* --- broken bytes ------------------------------------------------------------------------- */

static void a_message_cut_anywhere_makes_no_event(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_strz(w->h, IFLA_IFNAME, "eth0");
	put_linkinfo(w, "vlan", IFLA_VLAN_ID, 42);
	finish(w);
	size_t whole = w->len;
	for (size_t len = 0; len < whole; len++) {
		parse_len(w, len);
		assert_int_equal(w->count, 0);
	}
	assert_int_equal(w->rtnl.malformed, whole - 1); /* an empty message is not malformed */
	parse_len(w, whole);
	assert_int_equal(w->count, 1);
}

static void a_length_above_int_max_is_not_taken_for_negative(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_NEWLINK, 7);
	finish(w);
	w->h->nlmsg_len = 0xf0000010;
	expect_malformed(w);
}

static void attributes_of_the_wrong_length_are_malformed(void **state)
{
	struct world *w = *state;
	static const uint16_t types[] = {
		IFLA_MTU, IFLA_MASTER, IFLA_LINK, IFLA_OPERSTATE, IFLA_LINK_NETNSID};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		start_link(w, RTM_NEWLINK, 7);
		mnl_attr_put_u16(w->h, types[i], 1);
		finish(w);
		expect_malformed(w);
	}
	start_link(w, RTM_NEWLINK, 0);
	finish(w);
	expect_malformed(w);
	start_link(w, RTM_NEWLINK, 7);
	mnl_attr_put_strz(w->h, IFLA_IFNAME, "a-name-of-17-chars");
	finish(w);
	expect_malformed(w);
	start(w, RTM_NEWLINK); /* no fixed part */
	finish(w);
	expect_malformed(w);
	start(w, RTM_NEWNSID);
	finish(w);
	expect_malformed(w);
}

static void a_broken_message_does_not_take_the_next_with_it(void **state)
{
	struct world *w = *state;
	start_link(w, RTM_NEWLINK, -1);
	finish(w);
	start_link(w, RTM_NEWLINK, 7);
	finish(w);
	parse(w);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->rtnl.malformed, 1);
}

/* --- requests ----------------------------------------------------------------------------- */

static void expect_u32(
	const struct nlmsghdr *h, size_t fixed, uint16_t type, bool is_there, uint32_t value)
{
	const struct nlattr *attr;
	bool found = false;
	mnl_attr_for_each(attr, h, (unsigned)fixed) if (mnl_attr_get_type(attr) == type)
	{
		found = true;
		assert_int_equal(mnl_attr_get_u32(attr), value);
	}
	assert_int_equal(found, is_there);
}

static const struct nlmsghdr *check_header(
	const struct rtnl_request *r, uint16_t type, uint16_t flags)
{
	const struct nlmsghdr *h = (const void *)r->bytes;
	assert_int_equal(h->nlmsg_len, r->len);
	assert_true(mnl_nlmsg_ok(h, (int)r->len));
	assert_int_equal(h->nlmsg_type, type);
	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | flags);
	assert_int_equal(h->nlmsg_seq, 9);
	return h;
}

static void requests_name_their_target_unless_it_is_ours(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		nsid_t nsid = i ? 5 : NSID_OWN;
		struct rtnl_request r = rtnl_dump_links(9, nsid);
		expect_u32(check_header(&r, RTM_GETLINK, NLM_F_DUMP), sizeof(struct ifinfomsg),
			IFLA_TARGET_NETNSID, i, 5);
		r = rtnl_dump_addrs(9, nsid);
		expect_u32(check_header(&r, RTM_GETADDR, NLM_F_DUMP), sizeof(struct ifaddrmsg),
			IFA_TARGET_NETNSID, i, 5);
		r = rtnl_get_link(9, nsid, 7);
		const struct nlmsghdr *h = check_header(&r, RTM_GETLINK, 0);
		expect_u32(h, sizeof(struct ifinfomsg), IFLA_TARGET_NETNSID, i, 5);
		const struct ifinfomsg *link = mnl_nlmsg_get_payload(h);
		assert_int_equal(link->ifi_index, 7);
	}
}

static void requests_for_ids_have_descriptor_and_id(void **state)
{
	(void)state;
	struct rtnl_request r = rtnl_dump_nsids(9);
	check_header(&r, RTM_GETNSID, NLM_F_DUMP);
	r = rtnl_get_nsid(9, 4);
	expect_u32(check_header(&r, RTM_GETNSID, 0), sizeof(struct rtgenmsg), NETNSA_FD, true, 4);
	r = rtnl_set_nsid(9, 4, 1000);
	const struct nlmsghdr *h = check_header(&r, RTM_NEWNSID, NLM_F_ACK);
	expect_u32(h, sizeof(struct rtgenmsg), NETNSA_FD, true, 4);
	expect_u32(h, sizeof(struct rtgenmsg), NETNSA_NSID, true, 1000);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		CASE(every_field_of_a_link_is_read),
		CASE(the_mode_of_an_ipvlan_is_read_and_no_other_drivers_data),
		CASE(the_mode_of_a_macvlan_and_the_flags_of_an_ipvlan_are_read),
		CASE(an_alias_may_be_255_bytes_of_anything_and_absent_means_none),
		CASE(messages_of_bridges_and_of_wireless_extensions_are_no_links),
		CASE(the_id_of_a_parents_namespace_is_ours_in_dumps_and_our_own_news_only),
		CASE(news_of_a_veth_without_its_peer_is_incomplete),
		CASE(the_local_address_is_ours_and_the_other_the_peers),
		CASE(addresses_of_the_wrong_length_or_prefix_are_malformed),
		CASE(the_pvid_of_a_port_is_read_and_makes_no_event),
		CASE(a_bridge_says_whether_it_keeps_vlans_apart),
		CASE(a_label_is_what_is_behind_its_colon),
		CASE(only_our_own_table_tells_of_namespaces),
		CASE(a_question_for_an_id_may_be_answered_by_none),
		CASE(a_dump_may_fail_in_its_last_message),
		CASE(an_interrupted_dump_and_an_overrun_are_noticed),
		CASE(answers_to_others_and_of_others_are_dropped),
		CASE(a_message_cut_anywhere_makes_no_event),
		CASE(a_length_above_int_max_is_not_taken_for_negative),
		CASE(attributes_of_the_wrong_length_are_malformed),
		CASE(a_broken_message_does_not_take_the_next_with_it),
		cmocka_unit_test(requests_name_their_target_unless_it_is_ours),
		cmocka_unit_test(requests_for_ids_have_descriptor_and_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
