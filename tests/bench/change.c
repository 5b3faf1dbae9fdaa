/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of a change: gives a link an address and asks the server until the answer
 * has the address; then removes it, and asks until the answer lacks it.
 * Never starts a server. Run by bench.py.
 *
 *	change COUNT WORKLOAD LINK SERVER CLIENT ADDR PORT NAME 4|6 [do | soa]
 *
 * "do": asks for signatures, too, and an answer without them does not count. "soa": NAME is the zone, and what is
 * waited for is a signed SOA with another serial: all of the change is published.
 *
 * WORKLOAD, SERVER, CLIENT are files of network namespaces: of the link, of the server (where the
 * program also listens for the bare event), and of the client. Prints, for each change, the
 * microseconds to the kernel's event and to the first right answer, as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum {
	CHANGES_MAX = 60000,
	REPLY_CAP = 65535,
	PATIENCE_MS = 20, /* for one reply */
	GIVE_UP_S = 600,  /* for one change: after so long something hangs */
	PAUSE_MS = 3,     /* between changes, so that they are separate */
	EDNS_DO = 0x8000,
	SOA_NUMBERS_LEN = 20
};

struct sample {
	_Atomic ns_t added_event, removed_event; /* set by the listener's thread */
	ns_t added, removed, added_answer, removed_answer;
};

enum what { WHAT_ADDRESS, WHAT_SIGNED, WHAT_SOA };

static struct change {
	enum what what;
	uint32_t serial; /* WHAT_SOA: of the last answer */
	int netlink, client, listener;
	unsigned ifindex;
	int family;
	struct sockaddr_in server;
	uint8_t query[512];
	size_t query_len;
	uint16_t id;
	unsigned count;
	struct sample samples[CHANGES_MAX];
	uint8_t reply[REPLY_CAP];
	uint64_t asked;
} change;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "change: %s: %s\n", what, strerror(errno));
	exit(111);
}

static void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
}

static int open_netlink(unsigned groups)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("netlink");
	return fd;
}

/* Returns the address of change `i`: 2001:db8:bbbb::1:i, or 10.98.i.i. */
static struct addr addr_of(const struct change *c, unsigned i)
{
	uint8_t v4[4] = {10, 98}, v6[16] = {0x20, 1, 0xd, 0xb8, 0xbb, 0xbb, [13] = 1};
	put_u16(v4 + 2, (uint16_t)(i + 1));
	put_u16(v6 + 14, (uint16_t)(i + 1));
	return c->family == AF_INET ? addr_make(ADDR_V4, v4) : addr_make(ADDR_V6, v6);
}

/* Returns the change that an address belongs to, or -1. */
static int index_of(const struct change *c, const uint8_t *bytes)
{
	struct addr first = addr_of(c, 0);
	size_t len = addr_len(&first);
	unsigned i = get_u16(bytes + len - 2);
	if (memcmp(bytes, first.bytes, len - 2) != 0 || i == 0 || i > c->count)
		return -1;
	return (int)i - 1;
}

/* Adds or removes the address, and waits for the kernel's acknowledgement. */
static void change_addr(struct change *c, unsigned i, bool is_added)
{
	char buffer[512];
	struct addr addr = addr_of(c, i);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	h->nlmsg_type = is_added ? RTM_NEWADDR : RTM_DELADDR;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (is_added ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = (unsigned char)c->family;
	m->ifa_prefixlen = c->family == AF_INET ? 16 : 64;
	m->ifa_flags = IFA_F_NODAD;
	m->ifa_index = c->ifindex;
	mnl_attr_put(h, IFA_LOCAL, addr_len(&addr), addr.bytes);
	mnl_attr_put(h, IFA_ADDRESS, addr_len(&addr), addr.bytes);
	if (send(c->netlink, h, h->nlmsg_len, 0) < 0)
		die("netlink send");
	ssize_t len = recv(c->netlink, buffer, sizeof(buffer), 0);
	const struct nlmsgerr *e = mnl_nlmsg_get_payload((struct nlmsghdr *)buffer);
	if (len < (ssize_t)(NLMSG_HDRLEN + sizeof(*e)) || e->error) {
		errno = len < 0 ? errno : -e->error;
		die(is_added ? "cannot add the address" : "cannot remove the address");
	}
}

/* What a reply says. */
struct said {
	bool has_address, is_signed;
	uint32_t serial; /* of the SOA; 0: none */
};

static struct said read_reply(const uint8_t *reply, size_t len, const struct addr *addr)
{
	struct said said = {.has_address = memmem(reply, len, addr->bytes, addr_len(addr)) != NULL};
	struct rd r = rd_init(reply, len);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	rd_question(&r, &q);
	for (unsigned i = 0; i < h.count[SECTION_ANSWER] && !r.err; i++) {
		rd_rr(&r, &rr);
		said.is_signed |= rr.type == RR_RRSIG;
		if (rr.type == RR_SOA && rr.rdata_len >= SOA_NUMBERS_LEN)
			said.serial = get_u32(rr.rdata + rr.rdata_len - SOA_NUMBERS_LEN);
	}
	return said;
}

/* True if the reply shows the change: that the address is there, or has gone. */
static bool is_right(
	struct change *c, const uint8_t *reply, size_t len, const struct addr *addr, bool is_there)
{
	const struct said said = read_reply(reply, len, addr);
	if (c->what == WHAT_SOA) {
		const bool is_new = said.is_signed && said.serial != 0 && said.serial != c->serial;
		if (is_new)
			c->serial = said.serial;
		return is_new;
	}
	return said.has_address == is_there &&
	       (c->what != WHAT_SIGNED || !is_there || said.is_signed);
}

/* Sends a question, and waits for a reply to it, or to the same one sent before. True if it shows the change. */
static bool is_answered(struct change *c, const struct addr *addr, bool is_there)
{
	c->asked++;
	if (sendto(c->client, c->query, c->query_len, 0, (struct sockaddr *)&c->server,
		    sizeof(c->server)) < 0)
		die("send");
	for (;;) {
		ssize_t len = recv(c->client, c->reply, sizeof(c->reply), 0);
		if (len < 0)
			return false;
		if (len > (ssize_t)c->query_len - 11 && memcmp(c->reply, c->query, 2) == 0)
			return is_right(c, c->reply, (size_t)len, addr, is_there);
	}
}

/* Asks until the answer shows the change. Returns the time. The id is that of the
 * change: a late reply counts, but not a reply to a question from before the change. */
static ns_t ask_until(struct change *c, unsigned i, bool is_there)
{
	struct addr addr = addr_of(c, i);
	ns_t end = loop_now() + GIVE_UP_S * NS_PER_S;
	put_u16(c->query, ++c->id);
	while (!is_answered(c, &addr, is_there)) {
		if (loop_now() > end) {
			errno = ETIMEDOUT;
			die(is_there ? "the address is not answered" : "the address stays");
		}
	}
	return loop_now();
}

static void note_event(struct change *c, const struct nlmsghdr *h, ns_t now)
{
	const struct nlattr *attr;
	if (h->nlmsg_type != RTM_NEWADDR && h->nlmsg_type != RTM_DELADDR)
		return;
	mnl_attr_for_each(attr, h, sizeof(struct ifaddrmsg))
	{
		struct addr first = addr_of(c, 0);
		if (mnl_attr_get_type(attr) != IFA_ADDRESS ||
			mnl_attr_get_payload_len(attr) != addr_len(&first))
			continue;
		int i = index_of(c, mnl_attr_get_payload(attr));
		if (i < 0)
			continue;
		_Atomic ns_t *at = h->nlmsg_type == RTM_NEWADDR ? &c->samples[i].added_event
								: &c->samples[i].removed_event;
		ns_t none = 0;
		atomic_compare_exchange_strong(at, &none, now);
	}
}

/* Listens for the changes like the server, and records their times. */
static void *listen_to_events(void *arg)
{
	struct change *c = arg;
	static char buffer[65536];
	for (;;) {
		ssize_t len = recv(c->listener, buffer, sizeof(buffer), 0);
		ns_t now = loop_now();
		if (len <= 0)
			continue;
		int left = (int)len;
		for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; mnl_nlmsg_ok(h, left);
			h = mnl_nlmsg_next(h, &left))
			note_event(c, h, now);
	}
	return NULL;
}

static void start_listener(struct change *c, const char *netns)
{
	const int on = 1, room = 4 << 20;
	pthread_t thread;
	enter(netns);
	c->listener = open_netlink(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	setsockopt(c->listener, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (setsockopt(c->listener, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) ||
		pthread_create(&thread, NULL, listen_to_events, c))
		die("listener");
	pthread_detach(thread);
}

static void start_client(
	struct change *c, const char *netns, const char *addr, const char *port, const char *text)
{
	const struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
	struct name name;
	struct pack p;
	const struct pack_rr opt = {name_root, RR_OPT, EDNS_PAYLOAD, EDNS_DO, name_root, 0};
	const uint16_t type = c->what == WHAT_SOA ? RR_SOA : c->family == AF_INET ? RR_A : RR_AAAA;
	enter(netns);
	c->client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->client < 0 ||
		setsockopt(c->client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("socket");
	c->server = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	pack_init(&p, c->query, sizeof(c->query), 0, 0);
	if (inet_pton(AF_INET, addr, &c->server.sin_addr) != 1 ||
		name_from_text(text, NULL, &name) || pack_question(&p, name.wire, type, CLASS_IN) ||
		(c->what != WHAT_ADDRESS && pack_rr(&p, SECTION_ADDITIONAL, &opt)))
		die("bad address or name");
	c->query_len = p.len;
}

static void measure(struct change *c, unsigned i)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};
	struct sample *s = &c->samples[i];
	s->added = loop_now();
	change_addr(c, i, true);
	s->added_answer = ask_until(c, i, true);
	nanosleep(&pause, NULL);
	s->removed = loop_now();
	change_addr(c, i, false);
	s->removed_answer = ask_until(c, i, false);
	nanosleep(&pause, NULL);
}

static void print_column(const struct change *c, const char *key, int column)
{
	printf("\"%s\": [", key);
	for (unsigned i = 0; i < c->count; i++) {
		const struct sample *s = &c->samples[i];
		const ns_t spans[] = {s->added_event - s->added, s->added_answer - s->added,
			s->removed_event - s->removed, s->removed_answer - s->removed};
		/* Without an event there is no duration. */
		printf("%s%.1f", i ? ", " : "", spans[column] < 0 ? -1.0 : spans[column] / 1000.0);
	}
	printf("]");
}

int main(int argc, char **argv)
{
	struct change *c = &change;
	if (argc < 10 || argc > 11) {
		fprintf(stderr,
			"usage: change COUNT WORKLOAD LINK SERVER CLIENT ADDR PORT NAME 4|6 "
			"[do | soa]\n");
		return 100;
	}
	c->count = (unsigned)atoi(argv[1]);
	if (argc > 10)
		c->what = strcmp(argv[10], "soa") == 0 ? WHAT_SOA : WHAT_SIGNED;
	c->family = argv[9][0] == '4' ? AF_INET : AF_INET6;
	if (c->count < 1 || c->count > CHANGES_MAX)
		die("bad count");
	start_listener(c, argv[4]);
	start_client(c, argv[5], argv[6], argv[7], argv[8]);
	enter(argv[2]);
	c->netlink = open_netlink(0);
	c->ifindex = if_nametoindex(argv[3]);
	if (c->ifindex == 0)
		die(argv[3]);
	if (c->what == WHAT_SOA)
		(void)ask_until(c, 0, true); /* the serial before the first change */
	for (unsigned i = 0; i < c->count; i++)
		measure(c, i);
	const char *const keys[] = {
		"add_event_us", "add_answer_us", "remove_event_us", "remove_answer_us"};
	for (int k = 0; k < 4; k++) {
		fputs(k ? ", " : "{", stdout);
		print_column(c, keys[k], k);
	}
	printf(", \"asked\": %llu}\n", (unsigned long long)c->asked);
	return 0;
}
