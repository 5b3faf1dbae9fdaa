/* SPDX-License-Identifier: ISC */
/*
 * Owns the netlink socket that reports the end of devices and namespaces, and the search for lost
 * devices (registry.h).
 * Never assumes that it has heard everything: after an overrun it asks for each device.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "ontapd/outage.h"
#include "ontapd/port.h"

/* SEARCHES_MAX: in one namespace, if it changes meanwhile. */
enum { RCVBUF = 4 << 20, BATCH = 256, SEARCHES_MAX = 3 };

struct news {
	struct daemon *daemon;
	struct loop_watch watch;
	struct rtnl rtnl;
	bool has_lost_news; /* and asked for all, in this batch */
	size_t drain_left;  /* datagrams that may be older than the last loss; 0: none was */
	void *buf;
};

static void ignore(void *arg UNUSED, const struct event *ev UNUSED)
{
}

/* A link with our mark may be one that was lost. */
static void on_altname(void *arg, const struct event *ev, const char *name)
{
	struct news *n = arg;
	struct registry *registry = &n->daemon->registry;
	struct device_mark mark;
	if (registry->lost_count == 0 || registry_find(registry, ev->nsid, ev->link.ifindex) ||
		device_mark_parse(name, &mark))
		return;
	struct device *d = registry_find_lost(registry, &mark);
	if (!d)
		return;
	registry_place(registry, d, ev->nsid, ev->link.ifindex);
	device_follow(d, &ev->link);
	log_info(n->daemon->log, "device found: nsid=%d ifindex=%u uid=%u", d->nsid, d->ifindex,
		d->mark.uid);
}

/* Searches a namespace for lost devices. 0; -errno: some may have been missed. */
static int search(struct news *n, nsid_t nsid)
{
	struct asker *a = &n->daemon->visits.asker;
	const struct rtnl_sink sink = {.on_event = ignore, .on_altname = on_altname, .arg = n};
	const struct rtnl_request request = rtnl_dump_links(++a->seq, nsid);
	int err = asker_dump(a, &request, nsid, &sink);
	if (err == -EINVAL) /* the namespace is gone, with all its links */
		err = 0;
	if (err)
		log_debug(
			n->daemon->log, "not searched: nsid=%d error=\"%s\"", nsid, err_text(err));
	return err;
}

static void on_gone(struct news *n, struct device *d, bool has_moved)
{
	struct registry *registry = &n->daemon->registry;
	if (!has_moved) {
		if (outage_has_begun(n->daemon, d))
			outage_note(n->daemon, d);
		else
			registry_remove(registry, d);
		return;
	}
	log_info(n->daemon->log, "device moved: nsid=%d ifindex=%u uid=%u", d->nsid, d->ifindex,
		d->mark.uid);
	registry_lose(registry, d);
}

static void on_event(void *arg, const struct event *ev)
{
	struct news *n = arg;
	struct registry *registry = &n->daemon->registry;
	if (ev->type == EV_NS_GONE) {
		registry_remove_namespace(registry, ev->nsid);
		wish_drop_namespace(&n->daemon->wishes, ev->nsid);
		return;
	}
	if (ev->type == EV_NS && registry->lost_count > 0)
		(void)!search(n, ev->nsid); /* it has an id now */
	if (ev->type != EV_LINK && ev->type != EV_LINK_GONE)
		return;
	port_follow_bridge(n->daemon, ev);
	if (ev->type == EV_LINK && ev->nsid == NSID_OWN) {
		autoconf_follow_parent(&n->daemon->autoconf, &ev->link);
		outage_end(n->daemon, ev->link.name);
	}
	struct device *d = registry_find(registry, ev->nsid, ev->link.ifindex);
	if (!d)
		return;
	if (ev->type == EV_LINK_GONE)
		on_gone(n, d, ev->link.has_moved);
	else {
		device_follow(d, &ev->link);
		port_check_hwaddr(n->daemon, d, &ev->link);
	}
}

/* Searches all namespaces for lost devices. False: the search may have missed some. */
static bool search_all(struct news *n)
{
	nsid_t *nsids;
	size_t count;
	bool is_complete = true;
	if (netns_visit_list_namespaces(&n->daemon->visits, &nsids, &count))
		return false;
	for (size_t i = 0; i < count && n->daemon->registry.lost_count > 0; i++) {
		int err = -EINTR;
		for (int tries = 0; tries < SEARCHES_MAX && err == -EINTR; tries++)
			err = search(n, nsids[i]);
		is_complete = is_complete && !err;
	}
	free(nsids);
	return is_complete;
}

/* Marks all devices as lost that are not in their place. Returns how many. */
static size_t lose_absent(struct news *n)
{
	struct daemon *d = n->daemon;
	size_t count = 0;
	MAP_EACH(dev, &d->registry.devices, struct device, by_place) {
		struct event ignored;
		if (dev->is_lost)
			continue;
		int err = asker_get_link(&d->visits.asker, dev->nsid, dev->ifindex, &ignored);
		if (err != -ENODEV && err != -EINVAL)
			continue;
		if (err == -ENODEV && outage_has_begun(d, dev)) {
			outage_note(d, dev);
			continue;
		}
		registry_lose(&d->registry, dev);
		dev->is_doubtful = true;
		count++;
	}
	return count;
}

/* The lost notifications may have reported the end of any device, or its move to another namespace.
 * A device that is found nowhere counts as gone. It may have moved to a namespace without an id,
 * but otherwise every device that ends during a loss would count for ever. */
static void ask_for_all(struct news *n)
{
	struct registry *registry = &n->daemon->registry;
	log_warning(n->daemon->log, "notifications lost: devices=%zu", registry->devices.count);
	if (lose_absent(n) == 0)
		return;
	bool is_complete = search_all(n);
	MAP_EACH(dev, &registry->devices, struct device, by_place) {
		if (dev->is_doubtful && dev->is_lost && is_complete)
			registry_remove(registry, dev);
		else
			dev->is_doubtful = false;
	}
}

static void end_loss(struct news *n)
{
	n->drain_left = 0;
	n->has_lost_news = true;
	ask_for_all(n);
}

/* What is in the queue is older than the loss, and the kernel drops more until it is empty: it is read first, but
 * not for ever. */
static void read_news(struct news *n)
{
	for (int i = 0; i < BATCH; i++) {
		struct rtnl_source source = {.origin = RTNL_NEWS};
		struct rtnl_outcome outcome;
		long len = netlink_receive(n->watch.fd, n->buf, &source.nsid);
		if (len == -ENOBUFS || len == -EMSGSIZE) {
			n->drain_left = RCVBUF / NETLINK_MIN_CHARGE;
			continue;
		}
		if (len < 0 && n->drain_left > 0)
			end_loss(n);
		if (len < 0)
			return;
		if (source.nsid == n->rtnl.own_id)
			source.nsid = NSID_OWN;
		rtnl_parse(&n->rtnl, &source, n->buf, (size_t)len, &outcome);
		if (n->drain_left > 0 && --n->drain_left == 0)
			end_loss(n);
	}
}

/* Makes again what waits for parents whose return was among the lost notifications. */
static void end_outages(struct daemon *d)
{
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
		struct event link;
		outage_end(d, listener->parent);
		if (netns_visit_get_link(&d->visits.asker, listener->parent, &link) == 0)
			port_follow_bridge(d, &link);
	}
}

static void on_news(void *arg, uint32_t events UNUSED)
{
	struct news *n = arg;
	n->has_lost_news = false;
	read_news(n);
	outage_report(n->daemon);
	if (n->has_lost_news)
		end_outages(n->daemon);
}

static int open_socket(struct news *n)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_NSID};
	const int on = 1;
	int fd = netlink_open();
	if (fd < 0)
		return fd;
	n->watch = (struct loop_watch){.fd = fd, .on_ready = on_news, .arg = n};
	if (setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) != 0)
		return -errno;
	(void)netlink_set_buffer(fd, RCVBUF);
	return netlink_join(fd, groups, ARRAY_LEN(groups));
}

int news_open(struct news **ret, struct daemon *d)
{
	struct news *n = calloc(1, sizeof(*n));
	if (!n)
		return ERR_NOMEM;
	n->daemon = d;
	n->watch.fd = -1;
	n->rtnl.own_id = d->visits.asker.rtnl.own_id;
	n->rtnl.sink = (struct rtnl_sink){.on_event = on_event, .on_altname = on_altname, .arg = n};
	n->buf = malloc(NETLINK_DATAGRAM_CAP);
	int err = n->buf ? open_socket(n) : ERR_NOMEM;
	if (!err)
		err = loop_add(d->loop, &n->watch, EPOLLIN);
	if (err)
		news_close(n);
	else
		*ret = n;
	return err;
}

void news_close(struct news *n)
{
	if (!n)
		return;
	loop_remove(n->daemon->loop, &n->watch);
	if (n->watch.fd >= 0)
		close(n->watch.fd);
	free(n->buf);
	free(n);
}
