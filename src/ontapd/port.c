/* SPDX-License-Identifier: ISC */
/*
 * Owns what becomes of a port: its bridge, its mode, its hardware address.
 * Never makes or deletes one: create.c does.
 */
#include "ontapd/port.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

#define KIND_BRIDGE "bridge"

bool port_is_on_bridge(const struct job *job)
{
	struct event link;
	return netns_visit_get_link(&job->creator->visits->asker, job->parent, &link) == 0 &&
	       strcmp(link.link.kind, KIND_BRIDGE) == 0;
}

/* Before the port joins: a bridge takes over the lowest MTU of its ports (br_mtu_auto_adjust). */
static int set_own_mtu(struct asker *own, const struct device *d, uint32_t mtu)
{
	const struct rtnl_request request = request_set_mtu(++own->seq, d->port_ifindex, mtu);
	return netns_visit_ask(own, &request);
}

static int set_own_hwaddr(struct asker *own, const struct device *d)
{
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	if (d->type != DEVICE_TAP) /* a veth has it from the beginning */
		return 0;
	device_port_hwaddr(d->hwaddr, hwaddr);
	const struct rtnl_request request = request_set_hwaddr(++own->seq, d->port_ifindex, hwaddr);
	return netns_visit_ask(own, &request);
}

static int join(struct asker *own, const struct device *d)
{
	const struct rtnl_request request =
		request_join_bridge(++own->seq, d->port_ifindex, d->parent_ifindex);
	return netns_visit_ask(own, &request);
}

static int set_mode(struct asker *own, const struct device *d)
{
	const struct rtnl_request request =
		request_set_port(++own->seq, d->port_ifindex, d->mode.mode);
	return netns_visit_ask(own, &request);
}

/* The bridge does not learn where the device is: it is told. */
static int tell_hwaddr(struct asker *own, const struct device *d)
{
	if (d->mode.mode == DEVICE_PORT_OPEN)
		return 0;
	const struct rtnl_request request = request_add_fdb(++own->seq, d->port_ifindex, d->hwaddr);
	return netns_visit_ask(own, &request);
}

static int set_up(struct asker *own, const struct device *d)
{
	/* A tap is the device itself, which may have to stay down. */
	if (d->type == DEVICE_TAP && (d->wanted.flags & DEVICE_STAY_DOWN))
		return 0;
	const struct rtnl_request request = request_set_up(++own->seq, d->port_ifindex);
	return netns_visit_ask(own, &request);
}

int port_join(struct asker *own, const struct device *d, uint32_t mtu)
{
	int err = set_own_mtu(own, d, mtu);
	if (!err)
		err = set_own_hwaddr(own, d);
	if (!err)
		err = join(own, d);
	if (!err)
		err = set_mode(own, d);
	if (!err)
		err = tell_hwaddr(own, d);
	return err ? err : set_up(own, d);
}

/* --- the bridge goes and comes ------------------------------------------------------------ */

static bool is_port_of(const struct device *d, const char *parent)
{
	return device_type_is_port(d->type) && !d->is_doomed && strcmp(d->mark.parent, parent) == 0;
}

static void on_bridge_gone(struct daemon *d, uint32_t ifindex)
{
	const struct device *any = NULL;
	size_t count = 0;
	MAP_EACH(dev, &d->registry.devices, const struct device, by_place)
		if (device_type_is_port(dev->type) && dev->parent_ifindex == ifindex) {
			any = dev;
			count++;
		}
	if (any)
		log_warning(d->log,
			"parent gone: parent=%s devices=%zu note=\"its ports join it again when it "
			"returns\"",
			any->mark.parent, count);
}

/* True if the port is in a bridge: an administrator has put it there. */
static bool is_in_bridge(struct daemon *d, const struct device *dev)
{
	struct event port;
	return asker_get_link(&d->visits.asker, NSID_OWN, dev->port_ifindex, &port) == 0 &&
	       port.link.master != 0;
}

static void rejoin(struct daemon *d, struct device *dev, const struct event_link *bridge)
{
	if (is_in_bridge(d, dev)) {
		dev->parent_ifindex = bridge->ifindex;
		return;
	}
	struct device moved = *dev;
	moved.parent_ifindex = bridge->ifindex;
	int err = port_join(&d->visits.asker, &moved, bridge->mtu);
	if (!err)
		dev->parent_ifindex = bridge->ifindex;
	if (err)
		log_warning(d->log, "port does not join: parent=%s ifindex=%u error=\"%s\"",
			dev->mark.parent, dev->port_ifindex, err_text(err));
	else
		log_info(d->log, "port joins its parent again: parent=%s ifindex=%u uid=%u",
			dev->mark.parent, dev->port_ifindex, dev->mark.uid);
}

void port_follow_bridge(struct daemon *d, const struct event *ev)
{
	if (ev->nsid != NSID_OWN)
		return;
	if (ev->type == EV_LINK_GONE)
		on_bridge_gone(d, ev->link.ifindex);
	if (ev->type != EV_LINK || strcmp(ev->link.kind, KIND_BRIDGE) != 0)
		return;
	MAP_EACH(dev, &d->registry.devices, struct device, by_place)
		if (is_port_of(dev, ev->link.name) && dev->parent_ifindex != ev->link.ifindex)
			rejoin(d, dev, &ev->link);
}

/* News may be older than the device: of the time before it got its address. */
static bool has_hwaddr_now(struct daemon *d, const struct device *dev, const uint8_t *expected)
{
	struct event now;
	int err = asker_get_link(&d->visits.asker, NSID_OWN, dev->port_ifindex, &now);
	return err || memcmp(now.link.hwaddr, expected, DEVICE_HWADDR_LEN) == 0;
}

void port_check_hwaddr(struct daemon *d, struct device *dev, const struct event_link *link)
{
	uint8_t expected[DEVICE_HWADDR_LEN];
	if (dev->type != DEVICE_TAP || dev->is_doomed || dev->mark.uid == 0)
		return;
	device_port_hwaddr(dev->hwaddr, expected);
	if (memcmp(link->hwaddr, expected, sizeof(expected)) == 0 ||
		has_hwaddr_now(d, dev, expected))
		return;
	log_warning(d->log,
		"tap is deleted: ifname=%s ifindex=%u uid=%u error=\"its holder has changed its "
		"hardware address\"",
		dev->ifname, dev->ifindex, dev->mark.uid);
	registry_doom(&d->registry, dev);
}
