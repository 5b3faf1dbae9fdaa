/* SPDX-License-Identifier: ISC */
/*
 * Owns the multicast sockets: opens them, joins the groups, sends, and receives packets with their
 * link and destination.
 * Never looks into a packet.
 */
#include "net/mdns.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "net/group.h"
#include "net/own_source.h"
#include "net/sockaddr.h"
#include "wire/msg.h"

/* Most packets per recvmmsg(); packets read from one socket before other events have their turn;
 * most packets per sendmmsg(), and their total length. */
enum { MDNS_IN = 32, MDNS_BURST = 64, MDNS_OUT = 64, MDNS_OUT_BYTES = 32768 };
enum { MDNS_PACKET_CAP = 9000 };

struct mdns_socket {
	struct loop_watch watch; /* fd -1: not open */
	struct mdns_net_link *link;
	enum addr_family family;
};

struct mdns_net_link {
	struct map_node by_ifindex;
	struct mdns_net *net;
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	struct mdns_socket v4, v6;
	unsigned members; /* sockets in the group, while they are counted */
};

/* Holds the local address of a packet, received or sent. */
union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* The buffers for received packets. */
struct mdns_in {
	struct mmsghdr msgs[MDNS_IN];
	struct iovec iov[MDNS_IN];
	union sockaddr_inet peers[MDNS_IN];
	union control control[MDNS_IN];
	uint8_t packets[MDNS_IN][MDNS_PACKET_CAP];
};

/* The packets for one socket that wait for mdns_net_flush(). */
struct mdns_out {
	const struct mdns_net_link *link;
	int fd;
	unsigned count;
	size_t len; /* used bytes of `bytes` */
	struct mmsghdr msgs[MDNS_OUT];
	struct iovec iov[MDNS_OUT];
	union sockaddr_inet peers[MDNS_OUT];
	union control control[MDNS_OUT];
	uint8_t bytes[MDNS_OUT_BYTES];
};

struct mdns_net {
	struct loop *loop;
	const struct log *log;
	mdns_packet_fn *on_packet;
	void *arg;
	struct map links; /* by ifindex */
	struct log_limit limit;
	struct group_files groups;
	struct mdns_in in;
	struct mdns_out out;
};

/* Prepares place `i` for the next packet: restores what recvmmsg() has changed. */
static void in_reset(struct mdns_in *in, unsigned i)
{
	in->msgs[i].msg_hdr.msg_namelen = sizeof(in->peers[i]);
	in->msgs[i].msg_hdr.msg_controllen = sizeof(in->control[i]);
}

static void in_init(struct mdns_in *in)
{
	for (unsigned i = 0; i < MDNS_IN; i++) {
		in->iov[i] = (struct iovec){in->packets[i], sizeof(in->packets[i])};
		in->msgs[i].msg_hdr = (struct msghdr){.msg_name = &in->peers[i],
			.msg_iov = &in->iov[i],
			.msg_iovlen = 1,
			.msg_control = &in->control[i]};
		in_reset(in, i);
	}
}

static void out_init(struct mdns_out *out)
{
	for (unsigned i = 0; i < MDNS_OUT; i++)
		out->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &out->peers[i], .msg_iov = &out->iov[i], .msg_iovlen = 1};
}

struct mdns_net *mdns_net_new(
	struct loop *loop, const struct log *log, mdns_packet_fn *on_packet, void *arg)
{
	struct mdns_net *net = calloc(1, sizeof(*net));
	if (!net)
		return NULL;
	net->loop = loop;
	net->log = log;
	net->on_packet = on_packet;
	net->arg = arg;
	group_open(&net->groups);
	in_init(&net->in);
	out_init(&net->out);
	return net;
}

static void socket_close(struct mdns_net *net, struct mdns_socket *s)
{
	if (s->watch.fd < 0)
		return;
	mdns_net_flush(net);
	loop_remove(net->loop, &s->watch);
	close(s->watch.fd);
	s->watch.fd = -1;
}

static void link_free(struct mdns_net_link *link)
{
	socket_close(link->net, &link->v4);
	socket_close(link->net, &link->v6);
	map_remove(&link->net->links, &link->by_ifindex);
	free(link);
}

void mdns_net_free(struct mdns_net *net)
{
	if (!net)
		return;
	MAP_EACH(mdns_net_link, &net->links, struct mdns_net_link, by_ifindex)
		link_free(mdns_net_link);
	map_fini(&net->links);
	group_close(&net->groups);
	free(net);
}

/* Returns the destination of a packet, from its only control message. For IPv4 the socket asks for
 * the destination alone (IP_RECVORIGDSTADDR): with IP_PKTINFO the kernel also looks up a route for
 * each packet. */
static struct addr destination_of(struct msghdr *msg)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_ORIGDSTADDR) {
		struct sockaddr_in to;
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		return addr_make(ADDR_V4, &to.sin_addr);
	}
	if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo to;
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		return addr_make(ADDR_V6, &to.ipi6_addr);
	}
	return (struct addr){.family = ADDR_NONE};
}

static void in_deliver(const struct mdns_socket *s, unsigned i, ns_t now)
{
	struct mdns_net *net = s->link->net;
	struct mmsghdr *msg = &net->in.msgs[i];
	struct mdns_path from = {.link = s->link->ifindex};
	if (msg->msg_hdr.msg_flags & MSG_TRUNC)
		return; /* longer than 9000 bytes: RFC 6762 §17 */
	from.peer = sockaddr_addr(&net->in.peers[i]);
	from.peer_port = sockaddr_port(&net->in.peers[i]);
	from.local = destination_of(&msg->msg_hdr);
	from.is_multicast = addr_is_multicast(&from.local);
	if (from.is_multicast)
		from.local = (struct addr){.family = ADDR_NONE};
	net->on_packet(net->arg, now, &from, net->in.packets[i], msg->msg_len);
}

/* Reads packets by one call, and passes them on. Returns how many; 0 if none is left. */
static unsigned socket_receive(const struct mdns_socket *s)
{
	struct mdns_in *in = &s->link->net->in;
	int count = recvmmsg(s->watch.fd, in->msgs, MDNS_IN, MSG_DONTWAIT, NULL);
	if (count <= 0)
		return 0; /* the call has cleared a pending error */
	const ns_t now = loop_now();
	for (unsigned i = 0; i < (unsigned)count; i++) {
		in_deliver(s, i, now);
		in_reset(in, i);
	}
	return (unsigned)count;
}

static void socket_ready(void *arg, uint32_t events UNUSED)
{
	const struct mdns_socket *s = arg;
	for (unsigned taken = 0; taken < MDNS_BURST && s->watch.fd >= 0;) {
		unsigned count = socket_receive(s);
		if (count < MDNS_IN)
			return;
		taken += count;
	}
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int setup_v4(int fd, uint32_t ifindex)
{
	union sockaddr_inet any;
	socklen_t any_len = sockaddr_make(&(struct addr){.family = ADDR_V4}, MDNS_PORT, 0, &any);
	struct ip_mreqn group = {.imr_ifindex = (int)ifindex};
	group.imr_multiaddr.s_addr = htonl(0xe00000fb);
	/* All peers are on the link (§11). Without this option, a packet to 169.254/16 might be
	 * sent to a router (RFC 3927 §2.6.2). */
	return set(fd, SOL_SOCKET, SO_DONTROUTE, 1) || set(fd, IPPROTO_IP, IP_RECVORIGDSTADDR, 1) ||
	       set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) ||
	       set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 255) || set(fd, IPPROTO_IP, IP_TTL, 255) ||
	       set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) ||
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group)) ||
	       bind(fd, &any.any, any_len) ||
	       setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
}

static int setup_v6(int fd, uint32_t ifindex)
{
	union sockaddr_inet any;
	socklen_t any_len = sockaddr_make(&(struct addr){.family = ADDR_V6}, MDNS_PORT, 0, &any);
	struct ipv6_mreq group = {.ipv6mr_interface = ifindex};
	static const uint8_t ff02_fb[16] = {0xff, 0x02, [15] = 0xfb};
	memcpy(&group.ipv6mr_multiaddr, ff02_fb, sizeof(ff02_fb));
	return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
	       set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255) ||
	       set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex) ||
	       bind(fd, &any.any, any_len) ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group));
}

/* Returns an open socket that is bound to the link and has joined the group; -errno. */
static int socket_make(const struct mdns_net_link *link, enum addr_family family)
{
	int fd = socket(family == ADDR_V4 ? AF_INET : AF_INET6,
		SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || set(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link->name,
			(socklen_t)strlen(link->name)) ||
		(family == ADDR_V4 ? setup_v4(fd, link->ifindex) : setup_v6(fd, link->ifindex))) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int socket_open(struct mdns_net *net, struct mdns_socket *s)
{
	int fd = socket_make(s->link, s->family);
	if (fd < 0)
		return fd;
	s->watch.fd = fd;
	int err = loop_add(net->loop, &s->watch, EPOLLIN);
	if (err) {
		close(fd);
		s->watch.fd = -1;
	}
	return err;
}

/* Opens or closes the socket. -errno: it is not open. */
static int socket_want(struct mdns_socket *s, bool is_wanted)
{
	struct mdns_net *net = s->link->net;
	char name[LOG_TEXT_CAP];
	if (!is_wanted)
		socket_close(net, s);
	if (!is_wanted || s->watch.fd >= 0)
		return 0;
	int err = socket_open(net, s);
	if (err)
		log_warning(net->log, "mdns socket: link=%s family=%s error=\"%s\"",
			log_escape(s->link->name, name), s->family == ADDR_V4 ? "ipv4" : "ipv6",
			err_text(err));
	return err;
}

static bool is_lack(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS;
}

static struct mdns_net_link *link_find(const struct mdns_net *net, uint32_t ifindex)
{
	/* No keyed hash is needed: the kernel chooses the ifindex. */
	return map_owner(
		map_first(&net->links, ifindex), offsetof(struct mdns_net_link, by_ifindex));
}

static void socket_init(struct mdns_socket *s, struct mdns_net_link *link, enum addr_family family)
{
	*s = (struct mdns_socket){.watch = {.fd = -1, .on_ready = socket_ready, .arg = s},
		.link = link,
		.family = family};
}

static struct mdns_net_link *link_new(struct mdns_net *net, uint32_t ifindex)
{
	struct mdns_net_link *link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->net = net;
	link->ifindex = ifindex;
	socket_init(&link->v4, link, ADDR_V4);
	socket_init(&link->v6, link, ADDR_V6);
	if (map_add(&net->links, &link->by_ifindex, ifindex)) {
		free(link);
		return NULL;
	}
	return link;
}

/* Without the filter, a stranger on the link can pass for another responder of this host. */
static void filter_own_sources(struct mdns_net_link *link, const struct mdns_link *wanted)
{
	char name[LOG_TEXT_CAP];
	int err = own_source_attach(link->v6.watch.fd, wanted->addrs, wanted->addr_count);
	if (err)
		log_warning(link->net->log, "mdns socket: link=%s filter=own-source error=\"%s\"",
			log_escape(link->name, name), err_text(err));
}

int mdns_net_link(struct mdns_net *net, const char *name, struct mdns_link *wanted)
{
	struct mdns_net_link *link = link_find(net, wanted->id);
	if (!link)
		link = link_new(net, wanted->id);
	if (!link) {
		log_error(net->log, "mdns socket: error=\"%s\"", err_text(ERR_NOMEM));
		wanted->has_v4 = wanted->has_v6 = false;
		return ERR_NOMEM;
	}
	/* The name is used only to bind a socket. A later rename does not change the binding. */
	strncpy(link->name, name, sizeof(link->name) - 1);
	const int err_v4 = socket_want(&link->v4, wanted->has_v4);
	const int err_v6 = socket_want(&link->v6, wanted->has_v6);
	wanted->has_v4 = link->v4.watch.fd >= 0;
	wanted->has_v6 = link->v6.watch.fd >= 0;
	if (wanted->has_v6)
		filter_own_sources(link, wanted);
	return is_lack(err_v4) || is_lack(err_v6) ? ERR_NOMEM : 0;
}

bool mdns_net_has_link(const struct mdns_net *net, uint32_t ifindex)
{
	return link_find(net, ifindex) != NULL;
}

void mdns_net_link_gone(struct mdns_net *net, uint32_t ifindex)
{
	struct mdns_net_link *link = link_find(net, ifindex);
	if (link)
		link_free(link);
}

/* Sets the source address of the packet. A peer that sent its query to one of our addresses expects
 * the reply from that address. */
static void send_from(struct msghdr *msg, const struct mdns_path *to, union control *control)
{
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {.ipi6_ifindex = to->link};
	const bool is_v4 = to->local.family == ADDR_V4;
	msg->msg_controllen = 0;
	if (to->local.family == ADDR_NONE)
		return;
	memcpy(&v4.ipi_spec_dst, to->local.bytes, sizeof(v4.ipi_spec_dst));
	memcpy(&v6.ipi6_addr, to->local.bytes, sizeof(v6.ipi6_addr));
	msg->msg_control = control;
	msg->msg_controllen = is_v4 ? CMSG_SPACE(sizeof(v4)) : CMSG_SPACE(sizeof(v6));
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = is_v4 ? CMSG_LEN(sizeof(v4)) : CMSG_LEN(sizeof(v6));
	memcpy(CMSG_DATA(c), is_v4 ? (const void *)&v4 : &v6, is_v4 ? sizeof(v4) : sizeof(v6));
}

/* Members of the multicast groups. */

static unsigned link_sockets(const struct mdns_net_link *link)
{
	return (link->v4.watch.fd >= 0) + (link->v6.watch.fd >= 0);
}

static void count_members(void *arg, const struct group_line *line)
{
	struct mdns_net *net = arg;
	struct mdns_net_link *link = link_find(net, line->ifindex);
	if (link)
		link->members += line->members;
}

void mdns_net_look(struct mdns_net *net,
	void (*found)(void *arg, uint32_t ifindex, unsigned others), void *arg)
{
	MAP_EACH(link, &net->links, struct mdns_net_link, by_ifindex)
		link->members = 0;
	int err = group_each(&net->groups, false, count_members, net);
	int err_v6 = group_each(&net->groups, true, count_members, net);
	if (!err && err_v6 != -ENOENT) /* no such file: no IPv6 */
		err = err_v6;
	MAP_EACH(link, &net->links, const struct mdns_net_link, by_ifindex) {
		unsigned ours = link_sockets(link);
		unsigned others = link->members > ours ? link->members - ours : 0;
		found(arg, link->ifindex, err ? 1 : others);
	}
}

unsigned mdns_net_sockets(const struct mdns_net *net)
{
	unsigned count = 0;
	MAP_EACH(link, &net->links, const struct mdns_net_link, by_ifindex)
		count += link_sockets(link);
	return count;
}

static void tell_unsent(struct mdns_net *net, unsigned i, int err)
{
	const struct mdns_out *out = &net->out;
	char peer[ADDR_TEXT_CAP], name[LOG_TEXT_CAP];
	/* When a link is removed, its routes and addresses are gone before we get the news. EINVAL:
	 * the query was sent to an address that cannot be a source: a broadcast address, or one
	 * that was removed. */
	const bool is_going = err == -ENETUNREACH || err == -ENETDOWN || err == -ENODEV ||
			      err == -EADDRNOTAVAIL || err == -EINVAL;
	if (is_going) {
		log_debug(net->log, "mdns send: link=%s error=\"%s\"",
			log_escape(out->link->name, name), err_text(err));
	} else if (log_limit_may(&net->limit, loop_now())) {
		struct addr to = sockaddr_addr(&out->peers[i]);
		log_warning(net->log, "mdns send: link=%s to=%s error=\"%s\"",
			log_escape(out->link->name, name), addr_format(&to, peer), err_text(err));
	}
}

void mdns_net_flush(struct mdns_net *net)
{
	struct mdns_out *out = &net->out;
	for (unsigned i = 0; i < out->count;) {
		int sent = sendmmsg(out->fd, out->msgs + i, out->count - i, MSG_DONTWAIT);
		if (sent <= 0)
			tell_unsent(net, i, -errno); /* this packet is lost, as UDP permits */
		i += sent > 0 ? (unsigned)sent : 1;
	}
	out->count = 0;
	out->len = 0;
}

void mdns_net_send(
	struct mdns_net *net, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	struct mdns_out *out = &net->out;
	const struct mdns_net_link *link = link_find(net, to->link);
	int fd = !link ? -1 : to->peer.family == ADDR_V4 ? link->v4.watch.fd : link->v6.watch.fd;
	if (fd < 0 || len > sizeof(out->bytes))
		return;
	if (out->count > 0 &&
		(out->fd != fd || out->count == MDNS_OUT || len > sizeof(out->bytes) - out->len))
		mdns_net_flush(net);
	unsigned i = out->count++;
	out->link = link;
	out->fd = fd;
	out->iov[i] = (struct iovec){out->bytes + out->len, len};
	memcpy(out->bytes + out->len, packet, len);
	out->len += len;
	out->msgs[i].msg_hdr.msg_namelen =
		sockaddr_make(&to->peer, to->peer_port, to->link, &out->peers[i]);
	send_from(&out->msgs[i].msg_hdr, to, &out->control[i]);
}
