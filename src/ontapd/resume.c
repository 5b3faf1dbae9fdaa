/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of what an earlier run knew of guests: from the links in the nursery.
 * Never changes a link.
 */
#include "ontapd/resume.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "device/guest_mark.h"
#include "ontapd/recall.h"
#include "ontapd/ward.h"

/* --- links -------------------------------------------------------------------------------- */

/* The policy is that of the rules now. */
static struct guest_policy policy_of(struct daemon *d, const struct device *dev)
{
	LIST_EACH(c, &d->clients, struct client, in_daemon)
		LIST_EACH(held, &c->devices, struct device, in_holder)
			if (held == dev)
				return permit_guest_policy(d, dev, &c->caller);
	const struct caller unknown = {.uid = dev->mark.uid, .pidfd = -1};
	return permit_guest_policy(d, dev, &unknown);
}

static void begin(
	struct daemon *d, const struct device *dev, const uint8_t hwaddr[DEVICE_HWADDR_LEN])
{
	const struct guest_policy policy = policy_of(d, dev);
	if (ward_find(&d->autoconf, dev->ifindex))
		return;
	int err = autoconf_begin(&d->autoconf, dev, hwaddr, &policy);
	if (err)
		log_error(d->log, "guest is not followed: ifindex=%u error=\"%s\"", dev->ifindex,
			err_text(err));
}

/* An ipvtap has the parent's address; its guest's is in this name. */
static void on_altname(void *arg, const struct event *ev, const char *name)
{
	struct daemon *d = arg;
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	struct device *dev =
		registry_find(&d->registry, d->autoconf.nursery.nsid, ev->link.ifindex);
	if (dev && device_type_is_ipvlan(dev->type) && guest_mark_parse(name, hwaddr)) {
		device_set_guest_hwaddr(dev, hwaddr);
		begin(d, dev, hwaddr);
	}
}

static void on_link(void *arg, const struct event *ev)
{
	struct daemon *d = arg;
	const struct device *dev =
		ev->type == EV_LINK
			? registry_find(&d->registry, d->autoconf.nursery.nsid, ev->link.ifindex)
			: NULL;
	if (dev && !device_type_is_ipvlan(dev->type))
		begin(d, dev, ev->link.hwaddr);
}

static int take_links(struct daemon *d, struct asker *reader)
{
	const struct rtnl_sink sink = {.on_event = on_link, .on_altname = on_altname, .arg = d};
	const struct rtnl_request request = rtnl_dump_links(++reader->seq, NSID_OWN);
	int err = asker_dump(reader, &request, NSID_OWN, &sink);
	return err == -EINTR ? 0 : err;
}

void resume_guests(struct daemon *d)
{
	struct autoconf *a = &d->autoconf;
	struct asker reader, none = {.fd = -1};
	if (!nursery_is_there(&a->nursery))
		return;
	/* A socket of its own: that of the nursery is used for each guest meanwhile. */
	int err = netns_visit_enter(&d->visits, a->nursery.netns_fd, &reader);
	if (!err) {
		netns_visit_leave(&d->visits, &none);
		err = take_links(d, &reader);
		asker_close(&reader);
	}
	if (!err)
		err = recall_addrs(a);
	if (err)
		log_error(d->log, "guests are not followed: error=\"%s\"", err_text(err));
	else
		log_info(d->log, "guests followed: count=%zu", a->guests.count);
}
