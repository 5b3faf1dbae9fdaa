/* SPDX-License-Identifier: ISC */
/*
 * Owns the known state of a link that is waited for, and decides whether that is enough.
 * Never asks the kernel.
 */
#include "device/await.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"

/* --- criteria ----------------------------------------------------------------------------- */

/* Parses the prefix in the `len` bytes at `text`. */
static int parse_prefix(const char *text, size_t len, struct prefix *ret)
{
	char copy[ADDR_TEXT_CAP];
	if (len >= sizeof(copy))
		return ERR_SYNTAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return prefix_parse(copy, ret);
}

static struct await_criterion *next_criterion(struct await *a)
{
	return a->criterion_count < AWAIT_CRITERIA_CAP ? &a->criteria[a->criterion_count] : NULL;
}

int await_add_nets(struct await *a, const char *text)
{
	struct await_criterion *c = next_criterion(a);
	if (!c)
		return ERR_SPACE;
	*c = (struct await_criterion){0};
	/* Progress: each turn reads one prefix and its comma. */
	for (;;) {
		size_t len = strcspn(text, ",");
		if (c->net_count == AWAIT_NETS_CAP)
			return ERR_SPACE;
		int err = parse_prefix(text, len, &c->nets[c->net_count]);
		if (err)
			return err;
		c->net_count++;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	a->criterion_count++;
	return 0;
}

int await_add_route(struct await *a, const char *text)
{
	struct await_criterion *c = next_criterion(a);
	if (!c)
		return ERR_SPACE;
	*c = (struct await_criterion){.is_route = true, .net_count = 1};
	int err = prefix_parse(text, &c->nets[0]);
	if (!err)
		a->criterion_count++;
	return err;
}

/* --- state -------------------------------------------------------------------------------- */

static struct event_addr *find_addr(struct await *a, const struct event_addr *addr)
{
	for (size_t i = 0; i < a->addr_count; i++)
		if (a->addrs[i].ifindex == addr->ifindex &&
			addr_equal(&a->addrs[i].addr, &addr->addr) &&
			a->addrs[i].prefix_len == addr->prefix_len)
			return &a->addrs[i];
	return NULL;
}

static void put_addr(struct await *a, const struct event_addr *addr)
{
	struct event_addr *known = find_addr(a, addr);
	if (known)
		*known = *addr;
	else if (a->addr_count < AWAIT_ADDRS_CAP)
		a->addrs[a->addr_count++] = *addr;
}

static void remove_addr(struct await *a, const struct event_addr *addr)
{
	struct event_addr *known = find_addr(a, addr);
	if (known)
		*known = a->addrs[--a->addr_count];
}

/* When a link goes down, the kernel removes its IPv4 routes without notifications
 * (fib_sync_down_dev). */
static void drop_routes(struct await *a, uint32_t ifindex)
{
	size_t kept = 0;
	for (size_t i = 0; i < a->route_count; i++)
		if (a->routes[i].ifindex != ifindex)
			a->routes[kept++] = a->routes[i];
	a->route_count = kept;
}

static void put_link(struct await *a, const struct event_link *link)
{
	bool is_up = link->flags & IFF_UP;
	if (strcmp(link->name, a->ifname) == 0) {
		a->ifindex = link->ifindex;
		a->is_up = is_up;
	} else if (link->ifindex == a->ifindex) {
		a->ifindex = 0; /* it has another name now */
	}
	if (!is_up)
		drop_routes(a, link->ifindex);
}

void await_event(struct await *a, const struct event *ev)
{
	if (ev->nsid != NSID_OWN)
		return;
	if (ev->type == EV_LINK)
		put_link(a, &ev->link);
	else if (ev->type == EV_LINK_GONE && ev->link.ifindex == a->ifindex)
		a->ifindex = 0;
	else if (ev->type == EV_ADDR)
		put_addr(a, &ev->addr);
	else if (ev->type == EV_ADDR_GONE)
		remove_addr(a, &ev->addr);
}

void await_forget(struct await *a)
{
	a->ifindex = 0;
	a->addr_count = a->route_count = 0;
}

/* --- routes ------------------------------------------------------------------------------- */

static int keep_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	uint16_t type = mnl_attr_get_type(attr);
	if (type <= RTA_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

/* Returns the address in `attr`; ADDR_NONE if its length is wrong. */
static struct addr read_addr(const struct nlattr *attr, enum addr_family family)
{
	size_t len = family == ADDR_V4 ? 4 : 16;
	if (!attr || mnl_attr_get_payload_len(attr) != len)
		return (struct addr){0};
	return addr_make(family, mnl_attr_get_payload(attr));
}

static uint32_t read_u32(const struct nlattr *attr)
{
	uint32_t value = 0;
	if (attr && mnl_attr_get_payload_len(attr) == sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

/* RTA_VIA: a gateway of the other family (RFC 5549). */
static struct addr read_via(const struct nlattr *attr)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;
	const uint8_t *bytes = attr ? mnl_attr_get_payload(attr) : NULL;
	uint16_t family;
	if (len < sizeof(family))
		return (struct addr){0};
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET6 && len == sizeof(family) + 16)
		return addr_make(ADDR_V6, bytes + sizeof(family));
	if (family == AF_INET && len == sizeof(family) + 4)
		return addr_make(ADDR_V4, bytes + sizeof(family));
	return (struct addr){0};
}

/* Reads a unicast route of the main table with one next hop. False for other routes, and
 * for malformed ones. */
static bool read_route(const struct nlmsghdr *h, struct await_route *ret)
{
	const struct nlattr *attrs[RTA_MAX + 1] = {0};
	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct rtmsg))
		return false;
	const struct rtmsg *fixed = mnl_nlmsg_get_payload(h);
	bool is_v4 = fixed->rtm_family == AF_INET;
	if ((!is_v4 && fixed->rtm_family != AF_INET6) || fixed->rtm_type != RTN_UNICAST ||
		fixed->rtm_table != RT_TABLE_MAIN || (fixed->rtm_flags & RTM_F_CLONED))
		return false;
	if (mnl_attr_parse(h, sizeof(*fixed), keep_attr, attrs) != MNL_CB_OK)
		return false;
	enum addr_family family = is_v4 ? ADDR_V4 : ADDR_V6;
	struct addr to = read_addr(attrs[RTA_DST], family);
	static const uint8_t zeros[16];
	if (to.family == ADDR_NONE)
		to = addr_make(family, zeros);
	if (fixed->rtm_dst_len > 8 * addr_len(&to))
		return false;
	*ret = (struct await_route){
		.to = prefix_make(&to, fixed->rtm_dst_len),
		.gateway = read_addr(attrs[RTA_GATEWAY], family),
		.ifindex = read_u32(attrs[RTA_OIF]),
		.metric = read_u32(attrs[RTA_PRIORITY]),
	};
	if (ret->gateway.family == ADDR_NONE)
		ret->gateway = read_via(attrs[RTA_VIA]);
	return true;
}

static struct await_route *find_route(struct await *a, const struct await_route *route)
{
	for (size_t i = 0; i < a->route_count; i++)
		if (a->routes[i].ifindex == route->ifindex &&
			a->routes[i].metric == route->metric &&
			prefix_equal(&a->routes[i].to, &route->to) &&
			addr_equal(&a->routes[i].gateway, &route->gateway))
			return &a->routes[i];
	return NULL;
}

/* False for routes of other links and other networks: they are not needed, and must
 * not use up room. */
static bool is_wanted(const struct await *a, const struct await_route *route)
{
	for (size_t i = 0; i < a->criterion_count; i++)
		if (a->criteria[i].is_route && prefix_equal(&a->criteria[i].nets[0], &route->to))
			return true;
	return false;
}

void await_message(struct await *a, const struct nlmsghdr *h)
{
	struct await_route route;
	bool is_gone = h->nlmsg_type == RTM_DELROUTE;
	if ((!is_gone && h->nlmsg_type != RTM_NEWROUTE) || !read_route(h, &route) ||
		!is_wanted(a, &route))
		return;
	struct await_route *known = find_route(a, &route);
	if (known && is_gone)
		*known = a->routes[--a->route_count];
	else if (!known && !is_gone && a->route_count < AWAIT_ROUTES_CAP)
		a->routes[a->route_count++] = route;
}

/* --- criteria fulfilled? ------------------------------------------------------------------ */

/* True if the address is usable: duplicate address detection is done, or it is optimistic. */
static bool is_usable(const struct event_addr *addr)
{
	if (addr->flags & IFA_F_DADFAILED)
		return false;
	return !(addr->flags & IFA_F_TENTATIVE) || (addr->flags & IFA_F_OPTIMISTIC);
}

/* True if duplicate address detection is running: the address will be usable soon, or be
 * removed. */
static bool is_pending(const struct event_addr *addr)
{
	return (addr->flags & IFA_F_TENTATIVE) &&
	       !(addr->flags & (IFA_F_DADFAILED | IFA_F_OPTIMISTIC));
}

/* The usable addresses of a network. */
struct choice {
	const struct event_addr *best; /* the lowest usable address; NULL: none */
	bool is_pending;               /* one may become usable soon */
};

/* Finds the addresses in one of the networks. Of several addresses the lowest is the best, so
 * the result does not depend on which came first. */
static struct choice look_in_net(
	const struct await *a, const struct prefix *net, bool is_deprecated)
{
	struct choice c = {0};
	for (size_t i = 0; i < a->addr_count; i++) {
		const struct event_addr *addr = &a->addrs[i];
		if (addr->ifindex != a->ifindex ||
			!!(addr->flags & IFA_F_DEPRECATED) != is_deprecated ||
			!prefix_has(net, &addr->addr))
			continue;
		c.is_pending = c.is_pending || is_pending(addr);
		if (is_usable(addr) && (!c.best || addr_cmp(&addr->addr, &c.best->addr) < 0))
			c.best = addr;
	}
	return c;
}

/* Searches the networks in order; deprecated addresses (RFC 4862) come last. One router
 * advertisement may cause addresses in several networks, whose detections end at random times.
 * So a later network does not count while an earlier one may have an address soon. */
static const struct event_addr *find_address(const struct await *a, const struct await_criterion *c)
{
	for (int is_deprecated = 0; is_deprecated < 2; is_deprecated++)
		for (size_t i = 0; i < c->net_count; i++) {
			const struct choice found = look_in_net(a, &c->nets[i], is_deprecated);
			if (found.best || found.is_pending)
				return found.best;
		}
	return NULL;
}

/* Returns the route with the lowest metric, as the kernel would choose. */
static const struct await_route *find_best_route(
	const struct await *a, const struct await_criterion *c)
{
	const struct await_route *best = NULL;
	for (size_t i = 0; i < a->route_count; i++) {
		const struct await_route *route = &a->routes[i];
		if (route->ifindex == a->ifindex && prefix_equal(&route->to, &c->nets[0]) &&
			(!best || route->metric < best->metric))
			best = route;
	}
	return best;
}

bool await_is_met(const struct await *a)
{
	if (a->ifindex == 0 || (a->criterion_count > 0 && !a->is_up))
		return false;
	for (size_t i = 0; i < a->criterion_count; i++) {
		const struct await_criterion *c = &a->criteria[i];
		if (c->is_route ? !find_best_route(a, c) : !find_address(a, c))
			return false;
	}
	return true;
}

struct addr await_answer(const struct await *a, size_t i)
{
	const struct await_criterion *c = &a->criteria[i];
	if (!c->is_route)
		return find_address(a, c)->addr;
	const struct await_route *route = find_best_route(a, c);
	return route->gateway.family != ADDR_NONE ? route->gateway : route->to.addr;
}

/* --- missing criteria --------------------------------------------------------------------- */

static void add_networks(struct buf *out, const struct await_criterion *c)
{
	char text[ADDR_TEXT_CAP];
	for (size_t i = 0; i < c->net_count; i++)
		buf_printf(out, "%s%s", i > 0 ? " or " : "", prefix_format(&c->nets[i], text));
}

/* Appends the addresses of the link that would meet the criteria if they were usable. */
static void add_unusable(struct buf *out, const struct await *a, const struct await_criterion *c)
{
	char text[ADDR_TEXT_CAP];
	for (size_t i = 0; i < a->addr_count; i++) {
		const struct event_addr *addr = &a->addrs[i];
		if (addr->ifindex != a->ifindex || is_usable(addr) ||
			!prefixes_have(c->nets, c->net_count, &addr->addr))
			continue;
		buf_printf(out, ", %s %s", addr_format(&addr->addr, text),
			addr->flags & IFA_F_DADFAILED ? "is used by another host"
						      : "is still tentative");
	}
}

static void add_criterion(struct buf *out, const struct await *a, const struct await_criterion *c)
{
	if (c->is_route ? find_best_route(a, c) != NULL : find_address(a, c) != NULL)
		return;
	buf_puts(out, out->len > 0 ? "; " : "");
	buf_puts(out, c->is_route ? "no route to " : "no address in ");
	add_networks(out, c);
	if (!c->is_route)
		add_unusable(out, a, c);
}

void await_missing(const struct await *a, struct buf *out)
{
	if (a->ifindex == 0)
		buf_puts(out, "there is no such interface");
	else if (a->criterion_count > 0 && !a->is_up)
		buf_puts(out, "the interface is down");
	for (size_t i = 0; i < a->criterion_count && a->ifindex != 0 && a->is_up; i++)
		add_criterion(out, a, &a->criteria[i]);
}
