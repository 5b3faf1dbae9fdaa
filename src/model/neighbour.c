/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of RTM_NEWNEIGH, and the filter for what is worth it.
 * Never keeps anything of a message.
 */
#include "model/neighbour.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Events are values without padding: model/event.h. */
_Static_assert(sizeof(struct event_neighbour) == 4 + 2 + 1 + 6 + sizeof(struct addr) + 2,
	"padding in struct event_neighbour");

/* htons() is a call where nothing is optimized. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IN_NETWORK_ORDER(x) ((uint16_t)((x) >> 8 | ((x)&0xff) << 8))
#else
#define IN_NETWORK_ORDER(x) ((uint16_t)(x))
#endif

struct reading {
	const struct nlattr *addr, *hwaddr, *vlan;
};

static int keep_attr(const struct nlattr *attr, void *arg)
{
	struct reading *in = arg;
	if (mnl_attr_get_type(attr) == NDA_DST)
		in->addr = attr;
	if (mnl_attr_get_type(attr) == NDA_LLADDR)
		in->hwaddr = attr;
	if (mnl_attr_get_type(attr) == NDA_VLAN)
		in->vlan = attr;
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

/* The kernel leaves the attribute out where the bridge does not keep VLANs apart (fdb_fill_info() in
 * net/bridge/br_fdb.c). */
static bool read_vid(const struct reading *in, struct event_neighbour *ret)
{
	if (in->vlan && mnl_attr_get_payload_len(in->vlan) != sizeof(ret->vid))
		return false;
	if (in->vlan)
		ret->vid = mnl_attr_get_u16(in->vlan);
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
		return !(fixed->ndm_state & NUD_PERMANENT) && read_hwaddr(in, ret) &&
		       read_vid(in, ret);
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
	struct reading in = {NULL, NULL, NULL};
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

/* The numbers of netlink are in the order of this machine's bytes, and BPF loads them as those of the network. */
size_t neighbour_filter_make(struct sock_filter out[static NEIGHBOUR_FILTER_CAP])
{
	enum { FIXED = sizeof(struct nlmsghdr), BRIDGE = 6, PASS = 8, DROP = 9 };
	const struct sock_filter program[] = {
		[0] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		[1] = BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, IN_NETWORK_ORDER(RTM_NEWNEIGH), 0, DROP - 2),
		[2] = BPF_STMT(
			BPF_LD | BPF_B | BPF_ABS, FIXED + offsetof(struct ndmsg, ndm_family)),
		[3] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_BRIDGE, BRIDGE - 4, 0),
		[4] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, FIXED + offsetof(struct ndmsg, ndm_state)),
		[5] = BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IN_NETWORK_ORDER(NUD_FAILED), PASS - 6,
			DROP - 6),
		[BRIDGE] = BPF_STMT(
			BPF_LD | BPF_H | BPF_ABS, FIXED + offsetof(struct ndmsg, ndm_state)),
		[7] = BPF_JUMP(
			BPF_JMP | BPF_JSET | BPF_K, IN_NETWORK_ORDER(NUD_PERMANENT), DROP - 8, 0),
		[PASS] = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		[DROP] = BPF_STMT(BPF_RET | BPF_K, 0),
	};
	_Static_assert(ARRAY_LEN(program) <= NEIGHBOUR_FILTER_CAP, "room");
	memcpy(out, program, sizeof(program));
	return ARRAY_LEN(program);
}
