/* SPDX-License-Identifier: ISC */
/*
 * Owns the bytes of requests about filters.
 * Never sends them.
 */
#include "device/filter.h"

#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

#include "base/cursor.h"

/* In tcm_info: the priority, and the protocol in network byte order. */
enum { PRIORITY_SHIFT = 16 };

static struct nlmsghdr *put_header(
	struct rtnl_request *req, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(req->bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
	return h;
}

static struct tcmsg *put_tc(struct nlmsghdr *h, uint32_t ifindex, uint32_t parent)
{
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	return tc;
}

static uint32_t parent_of(enum filter_way way)
{
	return TC_H_MAKE(TC_H_CLSACT, way == FILTER_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static uint32_t place_of_ours(void)
{
	uint8_t protocol[2];
	uint16_t as_is;
	put_u16(protocol, ETH_P_ALL);
	memcpy(&as_is, protocol, sizeof(as_is));
	return (uint32_t)FILTER_PRIORITY << PRIORITY_SHIFT | as_is;
}

struct rtnl_request request_add_clsact(uint32_t seq, uint32_t ifindex)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, seq);
	struct tcmsg *tc = put_tc(h, ifindex, TC_H_CLSACT);
	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(h, TCA_KIND, "clsact");
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_put_filter(
	uint32_t seq, uint32_t ifindex, enum filter_way way, int program_fd)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h =
		put_header(&req, RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	struct tcmsg *tc = put_tc(h, ifindex, parent_of(way));
	tc->tcm_handle = FILTER_HANDLE;
	tc->tcm_info = place_of_ours();
	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	struct nlattr *options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put_u32(h, TCA_BPF_FD, (uint32_t)program_fd);
	mnl_attr_put_strz(h, TCA_BPF_NAME, "ontap");
	mnl_attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(h, options);
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_delete_filter(uint32_t seq, uint32_t ifindex, enum filter_way way)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_DELTFILTER, NLM_F_ACK, seq);
	struct tcmsg *tc = put_tc(h, ifindex, parent_of(way));
	tc->tcm_handle = FILTER_HANDLE;
	tc->tcm_info = place_of_ours();
	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	req.len = h->nlmsg_len;
	return req;
}

struct rtnl_request request_dump_filters(uint32_t seq, uint32_t ifindex, enum filter_way way)
{
	struct rtnl_request req = {0};
	struct nlmsghdr *h = put_header(&req, RTM_GETTFILTER, NLM_F_DUMP, seq);
	put_tc(h, ifindex, parent_of(way));
	req.len = h->nlmsg_len;
	return req;
}

bool filter_is_before_ours(const struct nlmsghdr *h)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	return h->nlmsg_type == RTM_NEWTFILTER && mnl_nlmsg_get_payload_len(h) >= sizeof(*tc) &&
	       tc->tcm_info >> PRIORITY_SHIFT < FILTER_PRIORITY;
}
