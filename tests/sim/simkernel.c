/* SPDX-License-Identifier: ISC */
/*
 * Owns the simulated kernel: its objects, and their reports as rtnetlink messages. It also
 * implements io/netlink.h, and watch/census.h, which needs no processes here.
 * Never touches a socket. Called by watch/kernel.c, and by the programs that make events.
 */
#include "simkernel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/compiler.h"
#include "base/err.h"
#include "io/netlink.h"
#include "watch/census.h"

enum { UP_FLAGS = IFF_UP | 0x10000 /* IFF_LOWER_UP */, OPER_UP = 6, OPER_DOWN = 2 };

static struct simkernel *kernel; /* the only one */

/* --- messages ------------------------------------------------------------------------------ */

static nsid_t nsid_of(int space)
{
	return space - 1;
}

static struct nlmsghdr *message(struct kernel_datagram *d, uint16_t type, uint32_t seq)
{
	memset(d, 0, sizeof(*d));
	struct nlmsghdr *h = mnl_nlmsg_put_header(d->bytes);
	h->nlmsg_type = type;
	h->nlmsg_seq = seq;
	return h;
}

static void message_end(struct kernel_datagram *d, const struct nlmsghdr *h)
{
	d->len = MNL_ALIGN(h->nlmsg_len);
}

/* How a message refers to its namespace. */
enum told_as { TOLD_AS_NEWS, TOLD_AS_ANSWER };

static void put_target(struct nlmsghdr *h, uint16_t type, int space, enum told_as as)
{
	if (as == TOLD_AS_ANSWER && space > 0)
		mnl_attr_put_u32(h, type, (uint32_t)nsid_of(space));
}

/* Writes the lower device of a macvlan in another namespace. Its namespace is given by our id in
 * the table of the link's own namespace, which may be any number, or by that in our table. */
static void put_lower(
	struct nlmsghdr *h, const struct kernel_link *link, int space, enum told_as as)
{
	if (!link->lower)
		return;
	mnl_attr_put_u32(h, IFLA_LINK, link->lower);
	if (space > 0)
		mnl_attr_put_u32(
			h, IFLA_LINK_NETNSID, as == TOLD_AS_ANSWER ? (uint32_t)KERNEL_OWN_ID : 0);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "macvlan");
	mnl_attr_nest_end(h, info);
}

static void put_link(
	struct kernel_datagram *d, uint16_t type, uint32_t seq, int space, int l, enum told_as as)
{
	const struct kernel_link *link = &kernel->spaces[space].links[l];
	char name[16];
	struct nlmsghdr *h = message(d, type, seq);
	struct ifinfomsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->ifi_index = l + 1;
	fixed->ifi_type = ARPHRD_ETHER;
	fixed->ifi_flags = IFF_MULTICAST | (link->is_up ? UP_FLAGS : 0);
	snprintf(name, sizeof(name), "eth%d", l);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_MTU, link->mtu);
	mnl_attr_put_u8(h, IFLA_OPERSTATE, link->is_up ? OPER_UP : OPER_DOWN);
	if (link->alias[0])
		mnl_attr_put_strz(h, IFLA_IFALIAS, link->alias);
	put_lower(h, link, space, as);
	put_target(h, IFLA_TARGET_NETNSID, space, as);
	message_end(d, h);
}

static void put_addr(struct kernel_datagram *d, uint16_t type, uint32_t seq, int space, int l,
	const struct kernel_addr *addr, enum told_as as)
{
	struct nlmsghdr *h = message(d, type, seq);
	struct ifaddrmsg *fixed = mnl_nlmsg_put_extra_header(h, sizeof(*fixed));
	fixed->ifa_family = addr->addr.family == ADDR_V4 ? AF_INET : AF_INET6;
	fixed->ifa_prefixlen = addr->prefix_len;
	fixed->ifa_index = (uint32_t)l + 1;
	fixed->ifa_scope = RT_SCOPE_UNIVERSE;
	mnl_attr_put(h, IFA_ADDRESS, addr_len(&addr->addr), addr->addr.bytes);
	mnl_attr_put_u32(h, IFA_FLAGS, addr->flags);
	put_target(h, IFA_TARGET_NETNSID, space, as);
	message_end(d, h);
}

static void put_nsid(struct kernel_datagram *d, uint16_t type, uint32_t seq, nsid_t nsid)
{
	struct nlmsghdr *h = message(d, type, seq);
	mnl_nlmsg_put_extra_header(h, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(h, NETNSA_NSID, (uint32_t)nsid);
	message_end(d, h);
}

/* Writes the end of a dump, or a refusal: `err` is 0 or -errno. */
static void put_end(struct kernel_datagram *d, uint16_t type, uint32_t seq, int err)
{
	struct nlmsghdr *h = message(d, type, seq);
	int *error = mnl_nlmsg_put_extra_header(h, sizeof(*error));
	*error = err;
	message_end(d, h);
}

/* --- events -------------------------------------------------------------------------------- */

void simkernel_init(struct simkernel *k)
{
	memset(k, 0, sizeof(*k));
	k->spaces[0].is_there = true;
	k->news_fd = -1;
	kernel = k;
}

/* Like netlink_broadcast(): a message without room is lost, and so are all others until
 * the queue is empty. */
static void notify(struct simkernel *k, int space, const struct kernel_datagram *d)
{
	k->spaces[space].changes++;
	if (k->queued == KERNEL_QUEUE && !k->is_congested) {
		k->has_lost = k->is_congested = true;
		k->overruns++;
	}
	if (!k->is_congested)
		k->queue[k->queued++] = *d;
}

static void notify_link(struct simkernel *k, uint16_t type, int space, int l)
{
	struct kernel_datagram d;
	put_link(&d, type, 0, space, l, TOLD_AS_NEWS);
	d.nsid = nsid_of(space);
	notify(k, space, &d);
}

static void notify_addr(
	struct simkernel *k, uint16_t type, int space, int l, const struct kernel_addr *addr)
{
	struct kernel_datagram d;
	put_addr(&d, type, 0, space, l, addr, TOLD_AS_NEWS);
	d.nsid = nsid_of(space);
	notify(k, space, &d);
}

static void notify_nsid(struct simkernel *k, uint16_t type, int space)
{
	struct kernel_datagram d;
	put_nsid(&d, type, 0, nsid_of(space));
	d.nsid = NSID_OWN;
	notify(k, space, &d);
}

void simkernel_add_space(struct simkernel *k, int n)
{
	struct kernel_space *space = &k->spaces[n];
	if (space->is_there)
		return;
	*space = (struct kernel_space){
		.is_there = true, .changes = space->changes, .uts = ++k->uts_made};
	notify_nsid(k, RTM_NEWNSID, n);
}

void simkernel_remove_space(struct simkernel *k, int n)
{
	struct kernel_space *space = &k->spaces[n];
	if (n == 0 || !space->is_there)
		return;
	*space = (struct kernel_space){.changes = space->changes};
	notify_nsid(k, RTM_DELNSID, n);
}

bool simkernel_has_lower(const struct simkernel *k, const struct kernel_link *link)
{
	return link->lower > 0 && link->lower <= KERNEL_LINKS &&
	       k->spaces[0].links[link->lower - 1].is_there;
}

void simkernel_set_link(struct simkernel *k, int n, int l, const struct kernel_link *as)
{
	struct kernel_link *link = &k->spaces[n].links[l];
	if (!k->spaces[n].is_there)
		return;
	link->is_there = true;
	link->is_up = as->is_up;
	link->mtu = as->mtu;
	link->lower = n > 0 && simkernel_has_lower(k, as) ? as->lower : 0;
	memcpy(link->alias, as->alias, sizeof(link->alias));
	notify_link(k, RTM_NEWLINK, n, l);
}

/* Without its macvlans. */
static void remove_one_link(struct simkernel *k, int n, int l)
{
	struct kernel_link *link = &k->spaces[n].links[l];
	for (int a = 0; a < KERNEL_ADDRS; a++)
		simkernel_remove_addr(k, n, l, a);
	notify_link(k, RTM_DELLINK, n, l);
	*link = (struct kernel_link){0};
}

void simkernel_remove_link(struct simkernel *k, int n, int l)
{
	if (!k->spaces[n].links[l].is_there)
		return;
	for (int m = 1; m < KERNEL_SPACES && n == 0; m++)
		for (int i = 0; i < KERNEL_LINKS; i++)
			if (k->spaces[m].links[i].lower == (uint32_t)l + 1)
				remove_one_link(k, m, i);
	remove_one_link(k, n, l);
}

void simkernel_set_addr(struct simkernel *k, int n, int l, int at, const struct kernel_addr *as)
{
	struct kernel_link *link = &k->spaces[n].links[l];
	if (!link->is_there)
		return;
	if (link->addrs[at].is_there && !addr_equal(&link->addrs[at].addr, &as->addr))
		simkernel_remove_addr(k, n, l, at);
	link->addrs[at] = *as;
	link->addrs[at].is_there = true;
	notify_addr(k, RTM_NEWADDR, n, l, as);
}

void simkernel_remove_addr(struct simkernel *k, int n, int l, int at)
{
	struct kernel_addr *addr = &k->spaces[n].links[l].addrs[at];
	if (!addr->is_there)
		return;
	addr->is_there = false;
	notify_addr(k, RTM_DELADDR, n, l, addr);
}

void simkernel_set_hostname(struct simkernel *k, int n, const char *hostname)
{
	struct kernel_space *space = &k->spaces[n];
	if (space->is_there)
		snprintf(space->hostname, sizeof(space->hostname), "%s", hostname);
}

/* --- dumps --------------------------------------------------------------------------------- */

/* Finds the next object at or after `at`; false at the end. */
static bool dump_link(struct kernel_dump *dump)
{
	const struct kernel_space *space = &kernel->spaces[dump->space];
	for (; dump->at < KERNEL_LINKS; dump->at++)
		if (space->links[dump->at].is_there) {
			put_link(&dump->next, RTM_NEWLINK, dump->seq, dump->space, dump->at,
				TOLD_AS_ANSWER);
			dump->at++;
			return true;
		}
	return false;
}

static bool dump_addr(struct kernel_dump *dump)
{
	const struct kernel_space *space = &kernel->spaces[dump->space];
	for (; dump->at < KERNEL_LINKS * KERNEL_ADDRS; dump->at++) {
		int l = dump->at / KERNEL_ADDRS;
		const struct kernel_addr *addr = &space->links[l].addrs[dump->at % KERNEL_ADDRS];
		if (!addr->is_there)
			continue;
		put_addr(&dump->next, RTM_NEWADDR, dump->seq, dump->space, l, addr, TOLD_AS_ANSWER);
		dump->at++;
		return true;
	}
	return false;
}

static bool dump_nsid(struct kernel_dump *dump)
{
	for (; dump->at < KERNEL_SPACES; dump->at++)
		if (kernel->spaces[dump->at].is_there) {
			nsid_t nsid = dump->at == 0 ? KERNEL_OWN_ID : nsid_of(dump->at);
			put_nsid(&dump->next, RTM_NEWNSID, dump->seq, nsid);
			dump->at++;
			return true;
		}
	return false;
}

/* Makes the next datagram, from the present state. */
static void dump_produce(struct kernel_dump *dump)
{
	const struct kernel_space *space = &kernel->spaces[dump->space];
	bool is_table = dump->type == RTM_GETNSID, has_more = false;
	int err = 0;
	dump->is_interrupted |= dump->at > 0 && !is_table && space->changes != dump->changes;
	dump->changes = space->changes;
	if (kernel->failures > 0) {
		kernel->failures--;
		err = -EBUSY;
	} else if (!space->is_there) {
		err = -EINVAL;
	} else {
		has_more = is_table                    ? dump_nsid(dump)
			   : dump->type == RTM_GETLINK ? dump_link(dump)
						       : dump_addr(dump);
	}
	if (!has_more)
		put_end(&dump->next, dump->at == 0 && err ? NLMSG_ERROR : NLMSG_DONE, dump->seq,
			err);
	if (dump->is_interrupted)
		((struct nlmsghdr *)dump->next.bytes)->nlmsg_flags |= NLM_F_DUMP_INTR;
	dump->is_ready = true;
}

static bool is_end(const struct kernel_datagram *d)
{
	uint16_t type = ((const struct nlmsghdr *)d->bytes)->nlmsg_type;
	return type == NLMSG_DONE || type == NLMSG_ERROR;
}

/* --- io/netlink.h -------------------------------------------------------------------------- */

/* The two attributes have different numbers, and no message has both. */
static int keep_target(const struct nlattr *attr, void *arg)
{
	uint16_t type = mnl_attr_get_type(attr);
	if (type == IFLA_TARGET_NETNSID || type == IFA_TARGET_NETNSID)
		*(uint32_t *)arg = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

int netlink_open(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int netlink_subscribe(int fd, bool is_all UNUSED)
{
	kernel->news_fd = fd;
	return 0;
}

size_t netlink_set_buffer(int fd UNUSED, size_t bytes UNUSED)
{
	return KERNEL_QUEUE * (size_t)256; /* the number of datagrams that may be queued */
}

/* Starts a dump. The rest of the previous one was lost with its socket. */
int netlink_send(int fd UNUSED, const struct rtnl_request *request)
{
	const struct nlmsghdr *h = (const void *)request->bytes;
	uint32_t target = UINT32_MAX;
	size_t fixed = h->nlmsg_type == RTM_GETLINK   ? sizeof(struct ifinfomsg)
		       : h->nlmsg_type == RTM_GETADDR ? sizeof(struct ifaddrmsg)
						      : sizeof(struct rtgenmsg);
	mnl_attr_parse(h, (unsigned)fixed, keep_target, &target);
	kernel->dump = (struct kernel_dump){
		.type = h->nlmsg_type, .seq = h->nlmsg_seq, .space = (int)target + 1};
	kernel->dump.changes = kernel->spaces[kernel->dump.space].changes;
	dump_produce(&kernel->dump);
	return 0;
}

static long copy_out(const struct kernel_datagram *d, void *buf, nsid_t *ret_nsid)
{
	*ret_nsid = d->nsid;
	memcpy(buf, d->bytes, d->len);
	return (long)d->len;
}

static long receive_news(struct simkernel *k, void *buf, nsid_t *ret_nsid)
{
	if (k->has_lost) {
		k->has_lost = false;
		return -ENOBUFS;
	}
	if (k->queued == 0)
		return -EAGAIN;
	long len = copy_out(&k->queue[0], buf, ret_nsid);
	memmove(k->queue, k->queue + 1, --k->queued * sizeof(k->queue[0]));
	if (k->queued == 0)
		k->is_congested = false;
	return len;
}

static long receive_dump(struct kernel_dump *dump, void *buf, nsid_t *ret_nsid)
{
	if (!dump->is_ready)
		return -EAGAIN;
	long len = copy_out(&dump->next, buf, ret_nsid);
	dump->is_ready = false;
	if (!is_end(&dump->next))
		dump_produce(dump);
	return len;
}

long netlink_receive(int fd, void *buf, nsid_t *ret_nsid)
{
	if (kernel->on_receive)
		kernel->on_receive(kernel->arg);
	return fd == kernel->news_fd ? receive_news(kernel, buf, ret_nsid)
				     : receive_dump(&kernel->dump, buf, ret_nsid);
}

int asker_open(struct asker *a)
{
	*a = (struct asker){.fd = -1, .rtnl = {.own_id = NSID_UNKNOWN}};
	return 0;
}

void asker_close(struct asker *a UNUSED)
{
}

int asker_set_nsid(struct asker *a UNUSED, int fd UNUSED, nsid_t nsid UNUSED)
{
	return -EEXIST; /* our own has one */
}

/* Its bridges keep no VLANs apart: there is nothing to list. */
int asker_dump(struct asker *a UNUSED, const struct rtnl_request *request UNUSED,
	nsid_t nsid UNUSED, const struct rtnl_sink *sink UNUSED)
{
	return 0;
}

int asker_get_nsid(struct asker *a UNUSED, int fd UNUSED, nsid_t *ret)
{
	*ret = KERNEL_OWN_ID;
	return 0;
}

int asker_find_or_give_nsid(
	struct asker *a UNUSED, int fd UNUSED, nsid_t *next UNUSED, nsid_t *ret UNUSED)
{
	return -EEXIST;
}

static void keep_event(void *arg, const struct event *ev)
{
	*(struct event *)arg = *ev;
}

int asker_get_link(struct asker *a, nsid_t nsid, uint32_t ifindex, struct event *ret)
{
	int space = nsid + 1, l = (int)ifindex - 1;
	struct kernel_datagram d;
	struct rtnl_source source = {.origin = RTNL_ANSWER, .nsid = nsid, .seq = ++a->seq};
	struct rtnl_outcome outcome;
	if (space < 0 || space >= KERNEL_SPACES || !kernel->spaces[space].is_there)
		return -EINVAL;
	if (l < 0 || l >= KERNEL_LINKS || !kernel->spaces[space].links[l].is_there)
		return -ENODEV;
	put_link(&d, RTM_NEWLINK, source.seq, space, l, TOLD_AS_ANSWER);
	a->rtnl.sink = (struct rtnl_sink){.on_event = keep_event, .arg = ret};
	rtnl_parse(&a->rtnl, &source, d.bytes, d.len, &outcome);
	return 0;
}

/* --- watch/census.h ------------------------------------------------------------------------ */

/* What was reported of the namespaces, by nsid. */
struct census {
	struct census_config config;
	struct event_hostname told[KERNEL_SPACES]; /* uts 0: nothing */
	struct event_ns info;
};

int census_new(const struct census_config *config, struct census **ret)
{
	struct census *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NOMEM;
	c->config = *config;
	c->info.owner = OWNER_HOST;
	*ret = c;
	return 0;
}

void census_free(struct census *c)
{
	free(c);
}

static struct event_hostname hostname_of(int space)
{
	const struct kernel_space *from = &kernel->spaces[space];
	struct event_hostname hostname = {.is_own = space == 0, .owner = OWNER_HOST};
	if (!from->is_there || !from->hostname[0])
		return hostname;
	hostname.uts = from->uts + 1;
	snprintf(hostname.name, sizeof(hostname.name), "%s", from->hostname);
	return hostname;
}

static bool is_told(const struct census *c, int space)
{
	const struct event_hostname now = hostname_of(space);
	return memcmp(&now, &c->told[space], sizeof(now)) == 0 ||
	       (now.uts == 0 && c->told[space].uts == 0);
}

static void tell_hostname(struct census *c, int space, const struct event_hostname *now)
{
	struct event ev = {.nsid = nsid_of(space)};
	if (c->told[space].uts && c->told[space].uts != now->uts) {
		ev.type = EV_HOSTNAME_GONE;
		ev.hostname = c->told[space];
		c->config.on_event(c->config.arg, &ev);
	}
	if (now->uts) {
		if (space > 0)
			c->config.on_info(c->config.arg, ev.nsid, &c->info);
		ev.type = EV_HOSTNAME;
		ev.hostname = *now;
		c->config.on_event(c->config.arg, &ev);
	}
	c->told[space] = *now;
}

void census_handle(struct census *c, ns_t now UNUSED)
{
	for (int i = 0; i < KERNEL_SPACES; i++)
		if (!is_told(c, i)) {
			const struct event_hostname hostname = hostname_of(i);
			tell_hostname(c, i, &hostname);
		}
}

ns_t census_deadline(const struct census *c)
{
	for (int i = 0; i < KERNEL_SPACES; i++)
		if (!is_told(c, i))
			return 0;
	return NS_NEVER;
}

void census_trigger(struct census *c UNUSED)
{
}

void census_ns_appeared(struct census *c UNUSED, nsid_t nsid UNUSED)
{
}

void census_ns_gone(struct census *c, nsid_t nsid)
{
	c->told[nsid + 1] = (struct event_hostname){0};
}

void census_forget_ids(struct census *c UNUSED)
{
}

void census_tell_again(struct census *c, nsid_t nsid)
{
	for (int i = 0; i < KERNEL_SPACES; i++)
		if (nsid == NSID_UNKNOWN || nsid == nsid_of(i))
			c->told[i] = (struct event_hostname){0};
}

const struct event_ns *census_info(const struct census *c, nsid_t nsid UNUSED)
{
	return &c->info;
}

nsid_t census_find(const struct census *c UNUSED, uint64_t cookie UNUSED)
{
	return NSID_UNKNOWN;
}

bool census_is_settled(const struct census *c UNUSED)
{
	return true;
}

struct census_stats census_stats(const struct census *c UNUSED)
{
	return (struct census_stats){.means = CENSUS_NONE};
}
