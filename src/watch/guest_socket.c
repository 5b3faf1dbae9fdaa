/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of packet sockets, in our own namespace and in others.
 * Never reads from one: their bytes are strangers'.
 */
#include "watch/guest_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "guest/filter.h"
#include "io/netlink.h"
#include "io/netns.h"
#include "model/neighbour.h"

/* Room for some frames of a burst; what does not fit is said again, or is not worth more. */
enum { RECEIVE_BUFFER = 65536 };

/* A link of a guest, and what is behind it. */
struct place {
	uint32_t ifindex;
	uint8_t behind[LIMIT_GUEST_BEHIND][6]; /* hardware addresses */
	size_t count;
};

/* A look into the kernel's tables. */
struct finding {
	nsid_t nsid;
	struct place places[GUEST_SOCKETS_AT_ONCE];
	size_t count;
	struct place *at; /* whose hardware addresses are asked for */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

struct guest_sockets {
	const char *netns_dir;
	struct netns_self self;
	struct asker asker;
	struct finding finding; /* the present one */
};

struct guest_sockets *guest_sockets_new(const char *netns_dir)
{
	struct guest_sockets *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->netns_dir = netns_dir;
	g->self = netns_self_open();
	if (asker_open(&g->asker) == 0)
		return g;
	guest_sockets_free(g);
	return NULL;
}

void guest_sockets_free(struct guest_sockets *g)
{
	if (!g)
		return;
	asker_close(&g->asker);
	netns_self_close(&g->self);
	free(g);
}

/* The kind is checked here, too: the serving process cannot make us open a network card. */
static int check_link(struct guest_sockets *g, nsid_t nsid, uint32_t ifindex, bool *ret_is_inverse)
{
	static const struct {
		const char *kind;
		bool is_inverse;
	} kinds[] = {{"tun", false}, {"macvtap", true}, {"veth", false}};
	struct event ev;
	int err = asker_get_link(&g->asker, nsid, ifindex, &ev);
	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (ev.type != EV_LINK || ev.link.type != ARPHRD_ETHER ||
			strcmp(ev.link.kind, kinds[i].kind) != 0)
			continue;
		*ret_is_inverse = kinds[i].is_inverse;
		return 0;
	}
	return -EINVAL;
}

static int attach_filter(int fd, bool is_inverse)
{
	struct sock_filter filter[GUEST_FILTER_CAP];
	const struct sock_fprog program = {
		.len = (unsigned short)guest_filter_make(filter, true, is_inverse),
		.filter = filter};
	const int yes = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &yes, sizeof(yes)) != 0)
		return -errno;
	return 0;
}

/* Without a protocol, the socket receives nothing until it is bound: no frame passes it without the
 * filter, and none of another link (packet(7)). */
static int open_here(uint32_t ifindex, bool is_inverse)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	const int size = RECEIVE_BUFFER;
	const struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex};
	int err = attach_filter(fd, is_inverse);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!err && bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Returns a descriptor of the namespace, if its file still leads to it. */
static int open_netns(struct guest_sockets *g, nsid_t nsid, const struct event_ns *info)
{
	char path[512];
	nsid_t found = NSID_UNKNOWN;
	if (!g->netns_dir || !info || !info->name[0] ||
		(size_t)snprintf(path, sizeof(path), "%s/%s", g->netns_dir, info->name) >=
			sizeof(path))
		return -ENOENT;
	int fd = netns_open(path);
	if (fd < 0)
		return fd;
	int err = asker_get_nsid(&g->asker, fd, &found);
	if (!err && found == nsid)
		return fd;
	close(fd);
	return err ? err : -ENOENT;
}

/* The socket stays in the namespace where it is made. If the process cannot return, it must not go on. */
static int open_there(struct guest_sockets *g, int netns_fd, uint32_t ifindex, bool is_inverse)
{
	if (setns(netns_fd, CLONE_NEWNET) != 0)
		return -errno;
	int fd = open_here(ifindex, is_inverse);
	if (setns(g->self.net_fd, CLONE_NEWNET) != 0)
		abort();
	return fd;
}

int guest_sockets_open(
	struct guest_sockets *g, nsid_t nsid, const struct event_ns *info, uint32_t ifindex)
{
	bool is_inverse = false;
	int err = check_link(g, nsid, ifindex, &is_inverse);
	if (err)
		return err;
	if (nsid == NSID_OWN)
		return open_here(ifindex, is_inverse);
	int netns_fd = g->self.net_fd < 0 ? g->self.net_fd : open_netns(g, nsid, info);
	if (netns_fd < 0)
		return netns_fd;
	int fd = open_there(g, netns_fd, ifindex, is_inverse);
	close(netns_fd);
	return fd;
}

/* --- neighbours ------------------------------------------------------------------------------- */

static void ignore_event(void *arg UNUSED, const struct event *ev UNUSED)
{
}

static void on_behind(void *arg, const struct nlmsghdr *h)
{
	const struct finding *f = arg;
	struct event_neighbour n;
	if (neighbour_read(h, &n) && n.kind == NEIGHBOUR_IS_BEHIND && n.ifindex == f->at->ifindex &&
		f->at->count < LIMIT_GUEST_BEHIND)
		memcpy(f->at->behind[f->at->count++], n.hwaddr, 6);
}

static bool is_behind(const struct place *place, const struct event_neighbour *n)
{
	if (place->ifindex == n->ifindex)
		return true;
	for (size_t i = 0; i < place->count; i++)
		if (memcmp(place->behind[i], n->hwaddr, 6) == 0)
			return true;
	return false;
}

static void on_neighbour(void *arg, const struct nlmsghdr *h)
{
	const struct finding *f = arg;
	struct event ev = {.type = EV_NEIGHBOUR, .nsid = f->nsid};
	if (!neighbour_read(h, &ev.neighbour) || ev.neighbour.kind != NEIGHBOUR_IS_THERE)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (!is_behind(&f->places[i], &ev.neighbour))
			continue;
		ev.neighbour.ifindex = f->places[i].ifindex;
		f->on_event(f->arg, &ev);
		return;
	}
}

/* First what is behind each link, then, of all of them together, who has those hardware addresses. */
static void find_by(struct asker *a, struct finding *f)
{
	const struct rtnl_sink behind = {
		.on_event = ignore_event, .on_message = on_behind, .arg = f};
	const struct rtnl_sink neighbours = {
		.on_event = ignore_event, .on_message = on_neighbour, .arg = f};
	for (size_t i = 0; i < f->count; i++) {
		f->at = &f->places[i];
		const struct rtnl_request request = rtnl_dump_behind(++a->seq, f->at->ifindex);
		(void)!asker_dump(a, &request, NSID_OWN, &behind);
	}
	const struct rtnl_request request = rtnl_dump_neighbours(++a->seq);
	(void)!asker_dump(a, &request, NSID_OWN, &neighbours);
}

/* Opens an asker in the namespace; its socket stays there. */
static int asker_open_there(struct guest_sockets *g, int netns_fd, struct asker *ret)
{
	if (setns(netns_fd, CLONE_NEWNET) != 0)
		return -errno;
	int err = asker_open(ret);
	if (setns(g->self.net_fd, CLONE_NEWNET) != 0)
		abort();
	return err;
}

void guest_sockets_find_neighbours(struct guest_sockets *g, nsid_t nsid,
	const struct event_ns *info, const uint32_t *ifindexes, size_t count,
	void (*on_event)(void *arg, const struct event *ev), void *arg)
{
	struct finding *f = &g->finding;
	*f = (struct finding){.nsid = nsid, .on_event = on_event, .arg = arg};
	while (f->count < count && f->count < GUEST_SOCKETS_AT_ONCE) {
		f->places[f->count].ifindex = ifindexes[f->count];
		f->count++;
	}
	if (nsid == NSID_OWN) {
		find_by(&g->asker, f);
		return;
	}
	struct asker there = {.fd = -1};
	int netns_fd = g->self.net_fd < 0 ? -1 : open_netns(g, nsid, info);
	if (netns_fd < 0)
		return;
	if (asker_open_there(g, netns_fd, &there) == 0)
		find_by(&there, f);
	asker_close(&there);
	close(netns_fd);
}
