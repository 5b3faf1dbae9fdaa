/* SPDX-License-Identifier: ISC */
/*
 * Owns the bytes of requests that change the kernel's state.
 * Never sends them.
 */
#include "device/request.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "device/mark.h"
#include "model/event.h"

/* The largest are the two with a long text: they have headers, one nest and one text. */
_Static_assert(sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg) + 2 * sizeof(struct nlattr) +
			       ALIAS_CAP + MNL_ALIGNTO <=
		       RTNL_REQUEST_CAP,
	"an alias may not fit");
/* This one has header, name, parent, namespace, hardware address, kind with mode and flag. */
_Static_assert(sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg) + 9 * sizeof(struct nlattr) +
			       IF_NAMESIZE + KIND_CAP + 6 * 8 <=
		       RTNL_REQUEST_CAP,
	"a new link may not fit");

/* This one has two names, hardware addresses, MTUs, the bridge and the namespace, in four nests. */
_Static_assert(sizeof(struct nlmsghdr) + 2 * sizeof(struct ifinfomsg) + 13 * sizeof(struct nlattr) +
			       2 * IF_NAMESIZE + KIND_CAP + 6 * 8 <=
		       RTNL_REQUEST_CAP,
	"a new pair may not fit");

static struct nlmsghdr *put_header(
	struct rtnl_request *req, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(req->bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
	return h;
}

static struct ifinfomsg *put_link(struct nlmsghdr *h, uint32_t ifindex)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)ifindex;
	return link;
}

static void put_mode(struct nlmsghdr *h, const struct device_spec *spec)
{
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	if (device_type_is_ipvlan(spec->type)) {
		mnl_attr_put_u16(h, IFLA_IPVLAN_MODE, spec->mode.mode);
		mnl_attr_put_u16(h, IFLA_IPVLAN_FLAGS, spec->mode.flag);
	} else {
		mnl_attr_put_u32(h, IFLA_MACVLAN_MODE, spec->mode.mode);
	}
	mnl_attr_nest_end(h, data);
}

struct rtnl_request request_new_link(uint32_t seq, const struct device_spec *spec)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, seq);
	put_link(h, spec->ifindex);
	mnl_attr_put_strz(h, IFLA_IFNAME, spec->ifname);
	mnl_attr_put_u32(h, IFLA_LINK, spec->parent);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)spec->netns_fd);
	if (spec->hwaddr)
		mnl_attr_put(h, IFLA_ADDRESS, DEVICE_HWADDR_LEN, spec->hwaddr);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, device_type_text(spec->type));
	put_mode(h, spec);
	mnl_attr_nest_end(h, info);
	req.len = h->nlmsg_len;
	return req;
}

/* --- ports of a bridge --------------------------------------------------------------------- */

/* Of the outer end of a veth; "veth" and "ve-" are names that network managers care about. */
#define PORT_NAME "ontapp%d"

void device_port_hwaddr(const uint8_t *hwaddr, uint8_t out[DEVICE_HWADDR_LEN])
{
	enum { HIGHEST = 0xfe, SECOND = 0xfa };
	memcpy(out, hwaddr, DEVICE_HWADDR_LEN);
	out[0] = hwaddr[0] == HIGHEST ? SECOND : HIGHEST;
}

/* The other end, in VETH_INFO_PEER: a message of its own inside. */
static void put_inner_end(struct nlmsghdr *h, const struct device_spec *spec, uint32_t mtu)
{
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_index = (int)spec->ifindex;
	mnl_attr_put_strz(h, IFLA_IFNAME, spec->ifname);
	mnl_attr_put(h, IFLA_ADDRESS, DEVICE_HWADDR_LEN, spec->hwaddr);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)spec->netns_fd);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
}

struct rtnl_request request_new_veth(uint32_t seq, const struct device_spec *spec, uint32_t mtu)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, seq);
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	device_port_hwaddr(spec->hwaddr, hwaddr);
	put_link(h, spec->port_ifindex);
	mnl_attr_put_strz(h, IFLA_IFNAME, PORT_NAME);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(hwaddr), hwaddr);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	mnl_attr_put_u32(h, IFLA_MASTER, spec->parent);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, device_type_text(spec->type));
	put_inner_end(h, spec, mtu);
	mnl_attr_nest_end(h, info);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_join_bridge(uint32_t seq, uint32_t ifindex, uint32_t bridge)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_SETLINK, NLM_F_ACK, seq);
	put_link(h, ifindex);
	struct nlattr *families = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, families);
	mnl_attr_put_u32(h, IFLA_MASTER, bridge);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_set_port(uint32_t seq, uint32_t ifindex, uint8_t mode)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_NEWLINK, NLM_F_ACK, seq);
	bool is_open = mode == DEVICE_PORT_OPEN;
	put_link(h, ifindex);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_SLAVE_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(h, IFLA_BRPORT_GUARD, true);
	mnl_attr_put_u8(h, IFLA_BRPORT_PROTECT, true);
	mnl_attr_put_u8(h, IFLA_BRPORT_LEARNING, is_open);
	mnl_attr_put_u8(h, IFLA_BRPORT_UNICAST_FLOOD, is_open);
	mnl_attr_put_u8(h, IFLA_BRPORT_LOCKED, !is_open);
	mnl_attr_put_u8(h, IFLA_BRPORT_ISOLATED, mode == DEVICE_PORT_PRIVATE);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_add_fdb(uint32_t seq, uint32_t ifindex, const uint8_t *hwaddr)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	struct ndmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->ndm_family = AF_BRIDGE;
	fixed->ndm_ifindex = (int)ifindex;
	fixed->ndm_flags = NTF_MASTER;
	fixed->ndm_state = NUD_NOARP;
	mnl_attr_put(h, NDA_LLADDR, DEVICE_HWADDR_LEN, hwaddr);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_set_hwaddr(uint32_t seq, uint32_t ifindex, const uint8_t *hwaddr)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_SETLINK, NLM_F_ACK, seq);
	put_link(h, ifindex);
	mnl_attr_put(h, IFLA_ADDRESS, DEVICE_HWADDR_LEN, hwaddr);
	req.len = h->nlmsg_len;
	return req;
}

/* --- any link ------------------------------------------------------------------------------ */

struct rtnl_request request_delete_link(uint32_t seq, nsid_t nsid, uint32_t ifindex)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_DELLINK, NLM_F_ACK, seq);
	put_link(h, ifindex);
	if (nsid != NSID_OWN)
		mnl_attr_put_u32(h, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_get_link(uint32_t seq, const char *ifname)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETLINK, 0, seq);
	put_link(h, 0);
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	mnl_attr_put_strz(h, IFLA_IFNAME, ifname);
	req.len = h->nlmsg_len;
	return req;
}

static struct rtnl_request set_text(uint32_t seq, uint32_t ifindex, uint16_t type, const char *text)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_SETLINK, NLM_F_ACK, seq);
	put_link(h, ifindex);
	mnl_attr_put_strz(h, type, text);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_rename_link(uint32_t seq, uint32_t ifindex, const char *name)
{
	return set_text(seq, ifindex, IFLA_IFNAME, name);
}

struct rtnl_request request_set_alias(uint32_t seq, uint32_t ifindex, const char *alias)
{
	return set_text(seq, ifindex, IFLA_IFALIAS, alias);
}

static struct rtnl_request set_flag(uint32_t seq, uint32_t ifindex, unsigned flag)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_SETLINK, NLM_F_ACK, seq);
	struct ifinfomsg *link = put_link(h, ifindex);
	link->ifi_flags = link->ifi_change = flag;
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_set_up(uint32_t seq, uint32_t ifindex)
{
	return set_flag(seq, ifindex, IFF_UP);
}

struct rtnl_request request_set_allmulti(uint32_t seq, uint32_t ifindex)
{
	return set_flag(seq, ifindex, IFF_ALLMULTI);
}

struct rtnl_request request_set_mtu(uint32_t seq, uint32_t ifindex, uint32_t mtu)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_SETLINK, NLM_F_ACK, seq);
	put_link(h, ifindex);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_add_altname(uint32_t seq, uint32_t ifindex, const char *name)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(
		&req, RTM_NEWLINKPROP, NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND, seq);
	put_link(h, ifindex);
	struct nlattr *list = mnl_attr_nest_start(h, IFLA_PROP_LIST);
	mnl_attr_put_strz(h, IFLA_ALT_IFNAME, name);
	mnl_attr_nest_end(h, list);
	req.len = h->nlmsg_len;
	return req;
}

int device_addr_parse(const char *text, struct device_addr *ret)
{
	char copy[ADDR_TEXT_CAP];
	size_t len = strcspn(text, "/");
	struct device_addr a = {0};
	if (len >= sizeof(copy))
		return ERR_SYNTAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	int err = addr_parse(copy, &a.addr);
	if (err)
		return err;
	unsigned long max = 8 * addr_len(&a.addr), prefix_len = max;
	if (text[len] == '/') {
		const char *digits = text + len + 1;
		size_t count = strspn(digits, "0123456789");
		if (count == 0 || count > 3 || digits[count])
			return ERR_SYNTAX;
		prefix_len = strtoul(digits, NULL, 10);
	}
	if (prefix_len > max)
		return ERR_SYNTAX;
	a.prefix_len = (uint8_t)prefix_len;
	*ret = a;
	return 0;
}

static void put_addr(struct nlmsghdr *h, uint32_t ifindex, const struct device_addr *addr)
{
	struct ifaddrmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->ifa_family = addr->addr.family == ADDR_V4 ? AF_INET : AF_INET6;
	fixed->ifa_prefixlen = addr->prefix_len;
	fixed->ifa_index = ifindex;
	mnl_attr_put(h, IFA_LOCAL, addr_len(&addr->addr), addr->addr.bytes);
	mnl_attr_put(h, IFA_ADDRESS, addr_len(&addr->addr), addr->addr.bytes);
}

struct rtnl_request request_add_addr(uint32_t seq, uint32_t ifindex, const struct device_addr *addr)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	put_addr(h, ifindex, addr);
	if (addr->lifetime_s > 0) {
		const struct ifa_cacheinfo info = {
			.ifa_prefered = addr->lifetime_s, .ifa_valid = addr->lifetime_s};
		mnl_attr_put(h, IFA_CACHEINFO, sizeof(info), &info);
	}
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_add_guest_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	uint32_t lifetime_s = addr->lifetime_s > 0 ? addr->lifetime_s : UINT32_MAX;
	put_addr(h, ifindex, addr);
	mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	const struct ifa_cacheinfo info = {.ifa_prefered = lifetime_s, .ifa_valid = lifetime_s};
	mnl_attr_put(h, IFA_CACHEINFO, sizeof(info), &info);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_delete_addr(
	uint32_t seq, uint32_t ifindex, const struct device_addr *addr)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_DELADDR, NLM_F_ACK, seq);
	put_addr(h, ifindex, addr);
	req.len = h->nlmsg_len;
	return req;
}

static struct nlmsghdr *put_default_route(struct rtnl_request *req, uint32_t seq, uint32_t ifindex,
	const struct addr *gateway, uint8_t protocol)
{
	struct nlmsghdr *h =
		put_header(req, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	struct rtmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->rtm_family = gateway->family == ADDR_V4 ? AF_INET : AF_INET6;
	fixed->rtm_table = RT_TABLE_MAIN;
	fixed->rtm_protocol = protocol;
	fixed->rtm_scope = RT_SCOPE_UNIVERSE;
	fixed->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_GATEWAY, addr_len(gateway), gateway->bytes);
	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	return h;
}

struct rtnl_request request_default_route(
	uint32_t seq, uint32_t ifindex, const struct addr *gateway, const struct addr *source)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_default_route(&req, seq, ifindex, gateway, RTPROT_DHCP);
	mnl_attr_put(h, RTA_PREFSRC, addr_len(source), source->bytes);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_gateway(uint32_t seq, uint32_t ifindex, const struct addr *gateway)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_default_route(&req, seq, ifindex, gateway, RTPROT_STATIC);
	struct rtmsg *fixed = mnl_nlmsg_get_payload(h);
	fixed->rtm_flags = RTNH_F_ONLINK;
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_dump_routes(uint32_t seq, enum addr_family family)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETROUTE, NLM_F_DUMP, seq);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));
	route->rtm_family = family == ADDR_V4 ? AF_INET : AF_INET6;
	req.len = h->nlmsg_len;
	return req;
}
