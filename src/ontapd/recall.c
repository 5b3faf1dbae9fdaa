/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of the addresses of guests, with their lifetimes, from the links in the nursery.
 * Never changes a link itself.
 */
#include "ontapd/recall.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "ontapd/ward.h"

/* Reads one address with its lifetime, which no event has. */
static void take_addr(struct autoconf *a, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *fixed = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	struct addr addr = {.family = ADDR_NONE};
	uint32_t lifetime_s = UINT32_MAX;
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*fixed))
		return;
	enum addr_family family = fixed->ifa_family == AF_INET    ? ADDR_V4
				  : fixed->ifa_family == AF_INET6 ? ADDR_V6
								  : ADDR_NONE;
	size_t len = family == ADDR_V4 ? 4 : 16;
	mnl_attr_for_each(attr, h, sizeof(*fixed))
	{
		if (mnl_attr_get_type(attr) == IFA_ADDRESS && mnl_attr_get_payload_len(attr) == len)
			addr = addr_make(family, mnl_attr_get_payload(attr));
		if (mnl_attr_get_type(attr) == IFA_CACHEINFO &&
			mnl_attr_get_payload_len(attr) >= sizeof(struct ifa_cacheinfo))
			lifetime_s = ((const struct ifa_cacheinfo *)mnl_attr_get_payload(attr))
					     ->ifa_valid;
	}
	struct ward *ward = ward_find(a, fixed->ifa_index);
	if (ward && family != ADDR_NONE && addr.family != ADDR_NONE)
		ward_resume(a, ward, &addr, lifetime_s);
}

static int error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	return mnl_nlmsg_get_payload_len(h) >= sizeof(*e) && e->error < 0 ? e->error : -EPROTO;
}

/* Progress: each turn of both loops takes a datagram or a message; the kernel ends the dump. */
static int take_addrs(struct autoconf *a, struct asker *asker)
{
	const struct rtnl_request request = rtnl_dump_addrs(++asker->seq, NSID_OWN);
	int err = netlink_send(asker->fd, &request);
	while (!err) {
		nsid_t ignored;
		long len = netlink_receive(asker->fd, asker->buf, &ignored);
		if (len < 0)
			return (int)len;
		int left = (int)len;
		for (const struct nlmsghdr *h = asker->buf; mnl_nlmsg_ok(h, left);
			h = mnl_nlmsg_next(h, &left)) {
			if (h->nlmsg_seq != asker->seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return error_of(h);
			if (h->nlmsg_type == RTM_NEWADDR)
				take_addr(a, h);
		}
	}
	return err;
}

int recall_addrs(struct autoconf *a)
{
	struct asker reader, none = {.fd = -1};
	/* A socket of its own: that of the nursery is used for each guest meanwhile. */
	int err = netns_visit_enter(a->visits, a->nursery.netns_fd, &reader);
	if (err)
		return err;
	netns_visit_leave(a->visits, &none);
	err = take_addrs(a, &reader);
	asker_close(&reader);
	return err;
}
