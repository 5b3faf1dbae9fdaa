/* SPDX-License-Identifier: ISC */
/*
 * Owns the treatment of links and grants that the previous run has left.
 * Never looks at links with other parents than ours: they may belong to another ontapd.
 *
 *	its name is a temporary one       half made                  deleted
 *	mark says kept                                               taken over
 *	mark says process                 process still exists       taken over, until it ends
 *	                                  process has ended          deleted
 *	no mark, or not with our seal     not ours                   left alone
 */
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "device/grant.h"
#include "device/secret.h"
#include "ontapd/daemon.h"
#include "ontapd/grant.h"
#include "ontapd/port.h"

/* A link that was found with one of our parents. */
struct found {
	struct list in_scan;
	struct event event;
	struct device_mark mark;
	bool has_mark;
};

struct scan {
	struct daemon *daemon;
	struct list found;
	int err;
};

/* --- scan --------------------------------------------------------------------------------- */

static bool is_our_parent(struct daemon *d, const char *parent)
{
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon)
		if (strcmp(listener->parent, parent) == 0)
			return true;
	return false;
}

/* Finds the bridge of the other end of a veth, 0: none. */
static uint32_t find_bridge(struct daemon *d, const struct event_link *link)
{
	struct event port;
	if (asker_get_link(&d->visits.asker, NSID_OWN, link->parent, &port))
		return 0;
	return port.link.master;
}

/* The kernel does not tell in which namespace the parent of an ipvtap is (drivers/net/ipvlan/ipvtap.c has no
 * get_link_net, as ipvlan_main.c has): it seems to be in that of the link. */
static bool is_parent_hidden(const struct event *ev, enum device_type type)
{
	return type == DEVICE_IPVTAP && ev->link.parent_nsid == ev->nsid;
}

/* True if the parent of the link is one of ours. That of a port is in
 * its mark: the bridge may have gone meanwhile. */
static bool is_on_our_parent(struct daemon *d, const struct found *f)
{
	const struct event_link *link = &f->event.link;
	enum device_type type;
	if (device_type_of_kind(link->kind, &type))
		return false;
	if (device_type_is_port(type) && f->has_mark)
		return is_our_parent(d, f->mark.parent);
	if (link->parent_nsid != NSID_OWN && !f->has_mark)
		return false; /* this may be the index of another link */
	uint32_t ifindex = type == DEVICE_VETH ? find_bridge(d, link) : link->parent;
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
		struct event parent;
		if (netns_visit_get_link(&d->visits.asker, listener->parent, &parent) == 0 &&
			ifindex != 0 && parent.link.ifindex == ifindex)
			return true;
	}
	return false;
}

static void on_link(void *arg, const struct event *ev)
{
	struct scan *s = arg;
	enum device_type type;
	if (ev->type != EV_LINK || s->err || device_type_of_kind(ev->link.kind, &type) ||
		(ev->link.parent_nsid != NSID_OWN && !is_parent_hidden(ev, type)))
		return;
	struct found *f = calloc(1, sizeof(*f));
	if (!f) {
		s->err = ERR_NOMEM;
		return;
	}
	f->event = *ev;
	list_append(&s->found, &f->in_scan);
}

/* The altname belongs to the last link that was reported. */
static void on_altname(void *arg, const struct event *ev, const char *name)
{
	struct scan *s = arg;
	if (list_is_empty(&s->found))
		return;
	struct found *f = container_of(s->found.prev, struct found, in_scan);
	struct device_mark mark;
	if (f->event.nsid != ev->nsid || f->event.link.ifindex != ev->link.ifindex ||
		device_mark_parse(name, &mark))
		return;
	if (mark.seal == device_seal(s->daemon->machine_secret, &mark)) {
		f->mark = mark;
		f->has_mark = true;
	} else {
		log_warning(s->daemon->log, "mark is not ours: nsid=%d ifindex=%u", ev->nsid,
			ev->link.ifindex);
	}
}

static int scan_namespace(struct scan *s, nsid_t nsid)
{
	const struct rtnl_sink sink = {.on_event = on_link, .on_altname = on_altname, .arg = s};
	struct asker *a = &s->daemon->visits.asker;
	const struct rtnl_request request = rtnl_dump_links(++a->seq, nsid);
	int err = asker_dump(a, &request, nsid, &sink);
	/* -EINTR: the dump was interrupted, but has all of our links, since only we make them.
	 * -EINVAL: the namespace is gone. */
	return err == -EINTR || err == -EINVAL ? 0 : err;
}

static int scan_all(struct scan *s)
{
	nsid_t *nsids;
	size_t count;
	int err = netns_visit_list_namespaces(&s->daemon->visits, &nsids, &count);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		err = scan_namespace(s, nsids[i]);
	free(nsids);
	return err ? err : s->err;
}

/* --- decisions ---------------------------------------------------------------------------- */

static bool is_half_made(const struct found *f)
{
	return strncmp(f->event.link.name, DEVICE_NEW_PREFIX, strlen(DEVICE_NEW_PREFIX)) == 0;
}

static void delete_link(struct daemon *d, const struct found *f)
{
	struct asker *a = &d->visits.asker;
	const struct rtnl_request request =
		request_delete_link(++a->seq, f->event.nsid, f->event.link.ifindex);
	char name[LOG_TEXT_CAP];
	int err = netns_visit_ask(a, &request);
	log_escape(f->event.link.name, name);
	if (err)
		log_warning(d->log, "left over: nsid=%d ifname=%s ifindex=%u error=\"%s\"",
			f->event.nsid, name, f->event.link.ifindex, err_text(err));
	else
		log_info(d->log, "left over, deleted: nsid=%d ifname=%s ifindex=%u", f->event.nsid,
			name, f->event.link.ifindex);
}

static struct device_mode mode_of(enum device_type type, const struct found *f)
{
	const struct event_link *link = &f->event.link;
	if (device_type_is_port(type))
		return (struct device_mode){.mode = f->mark.port_mode};
	if (device_type_is_ipvlan(type))
		return (struct device_mode){
			.mode = (uint8_t)link->ipvlan_mode, .flag = link->mode_flags};
	return (struct device_mode){.mode = link->mode_flags};
}

static struct device_identity identity_of(const struct daemon *d, const struct device *dev)
{
	return (struct device_identity){.machine = d->machine_secret,
		.parent = dev->mark.parent,
		.workload = dev->workload,
		.instance = dev->mark.instance};
}

/* Finds out what its maker has asked for, by what the link has and would not have otherwise. */
static struct device_wanted wanted_of(
	struct daemon *d, const struct device *dev, const struct found *f)
{
	const struct event_link *link = &f->event.link;
	const struct device_identity id = identity_of(d, dev);
	uint8_t derived[DEVICE_HWADDR_LEN];
	struct event parent;
	struct device_wanted wanted = {.flags = (dev->mark.is_kept ? DEVICE_KEEP : 0) |
						(link->flags & IFF_UP ? 0 : DEVICE_STAY_DOWN)};
	device_hwaddr(&id, derived);
	memcpy(wanted.hwaddr, dev->hwaddr, sizeof(wanted.hwaddr));
	wanted.has_hwaddr = !device_type_is_ipvlan(dev->type) &&
			    dev->mode.mode != MACVLAN_MODE_PASSTHRU &&
			    memcmp(derived, dev->hwaddr, sizeof(derived)) != 0;
	if (asker_get_link(&d->visits.asker, NSID_OWN, link->parent, &parent) == 0 &&
		link->mtu < parent.link.mtu)
		wanted.mtu = link->mtu;
	return wanted;
}

/* The hardware address of a tap's guest differs from that of its port in the first byte. */
static void find_tap_hwaddr(struct daemon *d, struct device *dev, const struct event_link *link)
{
	const struct device_identity id = identity_of(d, dev);
	device_hwaddr(&id, dev->hwaddr);
	dev->hwaddr_len = DEVICE_HWADDR_LEN;
	if (!dev->mark.has_first_byte)
		return;
	memcpy(dev->hwaddr, link->hwaddr, DEVICE_HWADDR_LEN);
	dev->hwaddr[0] = dev->mark.first_byte;
}

/* Finds the port, and the bridge that it is at: 0 if none. */
static void find_port(struct daemon *d, struct device *dev, const struct event_link *link)
{
	bool is_tap = dev->type == DEVICE_TAP;
	dev->port_ifindex = is_tap ? link->ifindex : link->parent;
	dev->parent_ifindex = is_tap ? link->master : find_bridge(d, link);
	if (is_tap)
		find_tap_hwaddr(d, dev, link);
}

static struct device device_of(struct daemon *d, const struct found *f)
{
	const struct event_link *link = &f->event.link;
	struct device dev = {.nsid = f->event.nsid,
		.parent_ifindex = link->parent,
		.ifindex = link->ifindex,
		.netns_fd = -1,
		.mark = f->mark};
	dev.account = subids_account(&d->subids, dev.mark.uid);
	(void)!device_type_of_kind(link->kind, &dev.type); /* we made it: known */
	dev.mode = mode_of(dev.type, f);
	device_follow(&dev, link);
	device_name_workload(&dev, link->alias, link->name);
	if (device_type_is_port(dev.type))
		find_port(d, &dev, link);
	return dev;
}

/* False: no process needs the device any more. */
static bool take_over(struct daemon *d, const struct found *f)
{
	struct client *holder = NULL;
	if (!f->mark.is_kept) {
		struct caller caller;
		if (caller_find((pid_t)f->mark.pid, f->mark.start_time, f->mark.uid, &caller))
			return false;
		holder = client_adopt(d, &caller);
		if (!holder) {
			caller_close(&caller);
			return false;
		}
	}
	struct device dev = device_of(d, f);
	dev.wanted = wanted_of(d, &dev, f);
	if (dev.ifindex > d->creator.last_ifindex)
		d->creator.last_ifindex = dev.ifindex; /* what comes later has a higher one */
	struct device *known = registry_add(&d->registry, &dev);
	if (known && holder)
		list_append(&holder->devices, &known->in_holder);
	log_info(d->log, "taken over: nsid=%d ifindex=%u uid=%u pid=%u", dev.nsid, dev.ifindex,
		dev.mark.uid, dev.mark.pid);
	return true;
}

static void decide(struct daemon *d, const struct found *f)
{
	if (!is_on_our_parent(d, f) ||
		registry_find(&d->registry, f->event.nsid, f->event.link.ifindex))
		return;
	if (is_half_made(f) || (f->has_mark && !take_over(d, f)))
		delete_link(d, f);
}

/* --- grants ------------------------------------------------------------------------------- */

static void adopt_grant(struct registry *r, const struct device_grant *grant, const char *name)
{
	char alias[ALIAS_CAP] = {0};
	struct device *d = registry_find(r, grant->nsid, grant->ifindex);
	ssize_t len = readlinkat(r->grants_fd, name, alias, sizeof(alias));
	bool is_ours = d && strcmp(d->mark.parent, grant->parent) == 0 && d->cookie == 0;
	if (!is_ours || len <= 0 || len == sizeof(alias)) {
		(void)unlinkat(r->grants_fd, name, 0);
		return;
	}
	d->cookie = grant->cookie;
	/* The alias of the link may have been changed by its owner. */
	memcpy(d->workload, alias, sizeof(alias));
}

/* Handles the grants of a previous run for devices of `parent`. Devices in the registry keep their
 * grants; all other grants are removed. */
static void adopt_grants(struct registry *r, const char *parent)
{
	DIR *dir = grants_open_to_read(r->grants_fd);
	if (!dir)
		return;
	for (const struct dirent *de; (de = readdir(dir));) {
		struct device_grant grant;
		if (device_grant_parse(de->d_name, &grant) == 0 &&
			strcmp(grant.parent, parent) == 0)
			adopt_grant(r, &grant, de->d_name);
	}
	closedir(dir);
}

/* The bridge may have been replaced meanwhile. */
static void rejoin_ports(struct daemon *d, const char *parent)
{
	struct event link;
	if (netns_visit_get_link(&d->visits.asker, parent, &link) == 0)
		port_follow_bridge(d, &link);
}

int adopt_all(struct daemon *d)
{
	struct scan s = {.daemon = d};
	list_init(&s.found);
	int err = scan_all(&s);
	LIST_EACH(f, &s.found, struct found, in_scan) {
		if (!err)
			decide(d, f);
		list_remove(&f->in_scan);
		free(f);
	}
	if (!err) {
		LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
			adopt_grants(&d->registry, listener->parent);
			rejoin_ports(d, listener->parent);
		}
		/* After the grants, which know the names. */
		MAP_EACH(dev, &d->registry.devices, struct device, by_place)
			dev->fixed = permit_fixed(d, dev);
		return 0;
	}
	log_error(d->log, "what a run before left cannot be found: error=\"%s\"", err_text(err));
	return err;
}
