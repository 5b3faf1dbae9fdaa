/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of RTM_NEWNEIGH.
 * Never keeps anything of a message.
 */
#include "model/neighbour.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct reading {
	const struct nlattr *addr, *hwaddr;
};

static int keep_attr(const struct nlattr *attr, void *arg)
{
	struct reading *in = arg;
	if (mnl_attr_get_type(attr) == NDA_DST)
		in->addr = attr;
	if (mnl_attr_get_type(attr) == NDA_LLADDR)
		in->hwaddr = attr;
	return MNL_CB_OK;
}

static bool read_hwaddr(const struct reading *in, struct event_neighbour *ret)
{
	if (!in->hwaddr || mnl_attr_get_payload_len(in->hwaddr) != sizeof(ret->hwaddr))
		return false;
	memcpy(ret->hwaddr, mnl_attr_get_payload(in->hwaddr), sizeof(ret->hwaddr));
	return true;
}

static bool read_addr(const struct reading *in, uint8_t family, struct event_neighbour *ret)
{
	const size_t len = family == AF_INET ? 4 : 16;
	if (!in->addr || mnl_attr_get_payload_len(in->addr) != len)
		return false;
	ret->addr =
		addr_make(family == AF_INET ? ADDR_V4 : ADDR_V6, mnl_attr_get_payload(in->addr));
	return true;
}

/* Of a bridge, the permanent entries are the hardware addresses of the ports themselves. */
static bool read_by_family(
	const struct ndmsg *fixed, const struct reading *in, struct event_neighbour *ret)
{
	const uint16_t answered = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
	switch (fixed->ndm_family) {
	case AF_BRIDGE:
		ret->kind = NEIGHBOUR_IS_BEHIND;
		return !(fixed->ndm_state & NUD_PERMANENT) && read_hwaddr(in, ret);
	case AF_INET:
	case AF_INET6:
		ret->kind = fixed->ndm_state & NUD_FAILED ? NEIGHBOUR_IS_LOST : NEIGHBOUR_IS_THERE;
		if (!read_addr(in, fixed->ndm_family, ret))
			return false;
		return ret->kind == NEIGHBOUR_IS_LOST ||
		       ((fixed->ndm_state & answered) && read_hwaddr(in, ret));
	default: return false;
	}
}

bool neighbour_read(const struct nlmsghdr *h, struct event_neighbour *ret)
{
	struct reading in = {NULL, NULL};
	struct event_neighbour found = {.kind = NEIGHBOUR_IS_THERE};
	if (h->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(h) < sizeof(struct ndmsg) ||
		mnl_attr_parse(h, sizeof(struct ndmsg), keep_attr, &in) != MNL_CB_OK)
		return false;
	const struct ndmsg *fixed = mnl_nlmsg_get_payload(h);
	found.ifindex = (uint32_t)fixed->ndm_ifindex;
	if (fixed->ndm_ifindex <= 0 || !read_by_family(fixed, &in, &found))
		return false;
	*ret = found;
	return true;
}
