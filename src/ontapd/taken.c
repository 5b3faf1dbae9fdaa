/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of the host's addresses, and its netlink socket.
 * Never looks into other namespaces.
 */
#include "ontapd/taken.h"

#include <linux/rtnetlink.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

enum { BATCH = 64, RCVBUF = 1 << 20 };

/* After a dump that did not end well. */
#define RETRY_DELAY (100 * NS_PER_MS)

/* One address on one link; several links may have the same. */
struct taken_addr {
	struct map_node by_addr;
	struct addr addr, peer;
	uint32_t ifindex;
	uint32_t round; /* of the last dump that had it */
	uint8_t prefix_len;
};

static uint64_t hash_of(const struct addr *addr)
{
	return hash_bytes(addr->family, addr->bytes, sizeof(addr->bytes));
}

bool taken_has(const struct taken *t, const struct addr *addr)
{
	return MAP_FIND(&t->addrs, hash_of(addr), struct taken_addr, by_addr, a,
		       addr_equal(&a->addr, addr)) != NULL;
}

/* One link may have an IPv4 address several times, with other prefix lengths or peers (inet_insert_ifa). */
static bool is_same(const struct taken_addr *a, const struct event_addr *of)
{
	return a->ifindex == of->ifindex && addr_equal(&a->addr, &of->addr) &&
	       (of->addr.family == ADDR_V6 ||
		       (a->prefix_len == of->prefix_len && addr_equal(&a->peer, &of->peer)));
}

static struct taken_addr *find(const struct taken *t, const struct event_addr *of)
{
	return MAP_FIND(
		&t->addrs, hash_of(&of->addr), struct taken_addr, by_addr, a, is_same(a, of));
}

/* One that there is no memory for is a loss, too: it is in the next dump. */
static void add(struct taken *t, const struct event_addr *of)
{
	struct taken_addr *a = find(t, of);
	bool is_new = !taken_has(t, &of->addr);
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a) {
			t->must_read = true;
			return;
		}
		*a = (struct taken_addr){.addr = of->addr,
			.ifindex = of->ifindex,
			.peer = of->peer,
			.prefix_len = of->prefix_len};
		if (map_add(&t->addrs, &a->by_addr, hash_of(&of->addr))) {
			free(a);
			t->must_read = true;
			return;
		}
	}
	a->round = t->round;
	if (is_new)
		t->on_change(t->arg, &of->addr, true);
}

static void drop(struct taken *t, struct taken_addr *a)
{
	struct addr addr = a->addr;
	map_remove(&t->addrs, &a->by_addr);
	free(a);
	if (!taken_has(t, &addr))
		t->on_change(t->arg, &addr, false);
}

/* Until the dump after a loss, nothing goes: what came after a stale notification may be lost. */
static void on_event(void *arg, const struct event *ev)
{
	struct taken *t = arg;
	struct taken_addr *a;
	if (ev->type == EV_ADDR)
		add(t, &ev->addr);
	else if (ev->type == EV_ADDR_GONE && !t->must_read && (a = find(t, &ev->addr)))
		drop(t, a);
}

static int dump(struct taken *t)
{
	struct asker a;
	int err = asker_open(&a);
	const struct rtnl_sink sink = {.on_event = on_event, .arg = t};
	if (!err) {
		const struct rtnl_request request = rtnl_dump_addrs(++a.seq, NSID_OWN);
		err = asker_dump(&a, &request, NSID_OWN, &sink);
	}
	asker_close(&a);
	return err;
}

/* Addresses that a whole dump does not have are gone. What is read later from the queue is repeated to the end, so the
 * dump needs no marks for news, as long as nothing of that is lost. If it may be, the dump is not the last. */
static int read_all(struct taken *t, ns_t now)
{
	t->round++;
	t->must_read = false;
	int err = dump(t);
	if (!err && t->must_read)
		err = ERR_NOMEM;
	t->must_read = err || t->drain_left > 0;
	t->due = err ? now + RETRY_DELAY : now;
	if (err)
		return err;
	MAP_EACH(each, &t->addrs, struct taken_addr, by_addr)
		if (each->round != t->round)
			drop(t, each);
	return 0;
}

static void on_news(void *arg, uint32_t events UNUSED)
{
	struct taken *t = arg;
	for (int i = 0; i < BATCH; i++) {
		struct rtnl_source source = {.origin = RTNL_NEWS};
		struct rtnl_outcome outcome;
		long len = netlink_receive(t->watch.fd, t->buf, &source.nsid);
		if (len == -ENOBUFS || len == -EMSGSIZE) {
			t->must_read = true;
			t->drain_left = t->rcvbuf / NETLINK_MIN_CHARGE;
			continue;
		}
		if (len < 0) {
			t->drain_left = 0;
			return;
		}
		t->drain_left -= t->drain_left > 0;
		rtnl_parse(&t->rtnl, &source, t->buf, (size_t)len, &outcome);
	}
}

ns_t taken_deadline(const struct taken *t)
{
	return t->watch.fd >= 0 && t->must_read ? t->due : NS_NEVER;
}

/* The kernel drops all news after a loss until the queue is empty (NETLINK_S_CONGESTED in net/netlink/af_netlink.c). */
void taken_turn(struct taken *t, ns_t now)
{
	if (taken_deadline(t) > now)
		return;
	if (t->drain_left > 0)
		on_news(t, 0);
	if (t->must_read && t->drain_left == 0)
		(void)!read_all(t, now);
}

bool taken_is_sure(struct taken *t, ns_t now)
{
	return !t->must_read || (now >= t->due && read_all(t, now) == 0);
}

int taken_open(struct taken *t, struct loop *loop)
{
	static const int groups[] = {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
	t->loop = loop;
	t->must_read = false;
	t->drain_left = 0;
	t->rtnl.own_id = NSID_UNKNOWN;
	t->rtnl.sink = (struct rtnl_sink){.on_event = on_event, .arg = t};
	t->buf = malloc(NETLINK_DATAGRAM_CAP);
	if (!t->buf)
		return ERR_NOMEM;
	t->watch = (struct loop_watch){.fd = netlink_open(), .on_ready = on_news, .arg = t};
	if (t->watch.fd < 0)
		return t->watch.fd;
	t->rcvbuf = netlink_set_buffer(t->watch.fd, RCVBUF);
	int err = netlink_join(t->watch.fd, groups, ARRAY_LEN(groups));
	if (!err)
		err = loop_add(loop, &t->watch, EPOLLIN);
	if (!err)
		err = read_all(t, loop_now());
	return err == -EINTR ? 0 : err; /* then it is repeated */
}

void taken_close(struct taken *t)
{
	if (t->watch.fd >= 0) {
		loop_remove(t->loop, &t->watch);
		close(t->watch.fd);
	}
	t->watch.fd = -1;
	free(t->buf);
	t->buf = NULL;
	MAP_EACH(a, &t->addrs, struct taken_addr, by_addr) {
		map_remove(&t->addrs, &a->by_addr);
		free(a);
	}
	map_fini(&t->addrs);
}

void taken_each(const struct taken *t, void (*each)(void *arg, const struct addr *addr), void *arg)
{
	MAP_EACH(a, &t->addrs, const struct taken_addr, by_addr)
		each(arg, &a->addr);
}
