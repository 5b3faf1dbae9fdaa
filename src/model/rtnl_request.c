/* SPDX-License-Identifier: ISC */
/*
 * Owns the bytes of our requests.
 * Never sends them.
 */
#include "model/rtnl_request.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* A request is a header, a fixed part and at most two attributes of four bytes: it fits. */
_Static_assert(
	sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg) + 2 * (sizeof(struct nlattr) + 4) <=
		RTNL_REQUEST_CAP,
	"a request may not fit");

static struct nlmsghdr *put_header(
	struct rtnl_request *req, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(req->bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
	return h;
}

/* Statistics are half of a link's message, and nobody here reads them: leave them out. */
static void put_link(struct nlmsghdr *h, nsid_t nsid, uint32_t ifindex)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)ifindex;
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nsid != NSID_OWN)
		mnl_attr_put_u32(h, IFLA_TARGET_NETNSID, (uint32_t)nsid);
}

struct rtnl_request rtnl_dump_links(uint32_t seq, nsid_t nsid)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETLINK, NLM_F_DUMP, seq);
	put_link(h, nsid, 0);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_get_link(uint32_t seq, nsid_t nsid, uint32_t ifindex)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETLINK, 0, seq);
	put_link(h, nsid, ifindex);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_dump_bridge_ports(uint32_t seq)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETLINK, NLM_F_DUMP, seq);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_family = AF_BRIDGE;
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_dump_addrs(uint32_t seq, nsid_t nsid)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETADDR, NLM_F_DUMP, seq);
	struct ifaddrmsg *addr = mnl_nlmsg_put_extra_header(h, sizeof(*addr));
	addr->ifa_family = AF_UNSPEC;
	if (nsid != NSID_OWN)
		mnl_attr_put_u32(h, IFA_TARGET_NETNSID, (uint32_t)nsid);
	req.len = h->nlmsg_len;
	return req;
}

static struct rtnl_request dump_neighbours(uint32_t seq, uint8_t family, uint32_t ifindex)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETNEIGH, NLM_F_DUMP, seq);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(h, sizeof(*neighbour));
	neighbour->ndm_family = family;
	neighbour->ndm_ifindex = (int32_t)ifindex;
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_dump_neighbours(uint32_t seq)
{
	return dump_neighbours(seq, AF_UNSPEC, 0);
}

struct rtnl_request rtnl_dump_behind(uint32_t seq, uint32_t port)
{
	return dump_neighbours(seq, AF_BRIDGE, port);
}

static struct nlmsghdr *put_nsid(
	struct rtnl_request *req, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = put_header(req, type, flags, seq);
	struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(h, sizeof(*gen));
	gen->rtgen_family = AF_UNSPEC;
	return h;
}

struct rtnl_request rtnl_dump_nsids(uint32_t seq)
{
	struct rtnl_request req = {0};
	req.len = put_nsid(&req, RTM_GETNSID, NLM_F_DUMP, seq)->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_get_nsid(uint32_t seq, int fd)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_nsid(&req, RTM_GETNSID, 0, seq);
	mnl_attr_put_u32(h, NETNSA_FD, (uint32_t)fd);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request rtnl_set_nsid(uint32_t seq, int fd, nsid_t nsid)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_nsid(&req, RTM_NEWNSID, NLM_F_ACK, seq);
	mnl_attr_put_u32(h, NETNSA_FD, (uint32_t)fd);
	mnl_attr_put_u32(h, NETNSA_NSID, (uint32_t)nsid);
	req.len = h->nlmsg_len;
	return req;
}
