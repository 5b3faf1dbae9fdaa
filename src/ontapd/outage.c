/* SPDX-License-Identifier: ISC */
/*
 * Owns the way through the outage of a parent: who is told, and what is made again.
 * Never holds a namespace meanwhile: a namespace that nobody uses may end.
 */
#include "ontapd/outage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum { PATH_CAP = 64 + 256 };

/* --- the parent vanishes ------------------------------------------------------------------ */

bool outage_has_begun(struct daemon *d, const struct device *dev)
{
	struct event ignored;
	return asker_get_link(&d->visits.asker, NSID_OWN, dev->parent_ifindex, &ignored) == -ENODEV;
}

static struct listener *find_listener(struct daemon *d, const char *parent)
{
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon)
		if (strcmp(listener->parent, parent) == 0)
			return listener;
	return NULL;
}

static struct client *find_holder(struct daemon *d, const struct device *dev)
{
	LIST_EACH(c, &d->clients, struct client, in_daemon)
		LIST_EACH(held, &c->devices, struct device, in_holder)
			if (held == dev)
				return c;
	return NULL;
}

void outage_note(struct daemon *d, struct device *dev)
{
	struct listener *listener = find_listener(d, dev->mark.parent);
	struct client *holder = find_holder(d, dev);
	if (listener)
		listener->vanished_count++;
	if (holder)
		holder->has_lost_parent = true;
	if (dev->mark.is_kept && !dev->is_doomed && !wish_add(&d->wishes, dev))
		log_warning(d->log,
			"kept device is lost: parent=%s nsid=%d ifindex=%u uid=%u error=\"too "
			"many\"",
			dev->mark.parent, dev->nsid, dev->ifindex, dev->mark.uid);
	registry_remove(&d->registry, dev);
}

void outage_report(struct daemon *d)
{
	bool has_vanished = false;
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
		if (listener->vanished_count == 0)
			continue;
		log_warning(d->log,
			"parent gone: parent=%s devices=%zu note=\"their connections are closed; "
			"kept devices are made again when it returns\"",
			listener->parent, listener->vanished_count);
		listener->vanished_count = 0;
		has_vanished = true;
	}
	if (!has_vanished)
		return;
	LIST_EACH(c, &d->clients, struct client, in_daemon) {
		if (c->has_lost_parent && c->conn.fd >= 0)
			client_close(c);
	}
}

/* --- the namespace of a wish -------------------------------------------------------------- */

/* Returns a descriptor of the file if it is that namespace, else -1. */
static int open_if(struct daemon *d, const char *path, nsid_t nsid)
{
	nsid_t found;
	int fd = netns_open(path);
	if (fd < 0)
		return -1;
	if (asker_get_nsid(&d->visits.asker, fd, &found) == 0 && found == nsid)
		return fd;
	close(fd);
	return -1;
}

/* Searches DIRECTORY/NAME+suffix for all names. */
static int search(struct daemon *d, const char *directory, const char *suffix, nsid_t nsid)
{
	DIR *dir = opendir(directory);
	int fd = -1;
	if (!dir)
		return -1;
	for (const struct dirent *de; fd < 0 && (de = readdir(dir));) {
		char path[PATH_CAP];
		if (de->d_name[0] == '.')
			continue;
		int len = snprintf(path, sizeof(path), "%s/%s%s", directory, de->d_name, suffix);
		if (len < (int)sizeof(path))
			fd = open_if(d, path, nsid);
	}
	closedir(dir);
	return fd;
}

/* A namespace has a file in /run/netns, or a process lives in it; else nobody needs its device. */
static int open_namespace(struct daemon *d, nsid_t nsid)
{
	if (nsid == NSID_OWN)
		return fcntl(d->visits.self.net_fd, F_DUPFD_CLOEXEC, 0);
	int fd = search(d, "/run/netns", "", nsid);
	return fd >= 0 ? fd : search(d, "/proc", "/ns/net", nsid);
}

/* --- the parent returns ------------------------------------------------------------------- */

/* True: the wish is fulfilled, or never will be. */
static bool fulfil(struct daemon *d, const struct wish *wish)
{
	struct device_reply reply = {0};
	const struct caller caller = {
		.uid = wish->uid, .account = subids_account(&d->subids, wish->uid), .pidfd = -1};
	struct device *made = NULL;
	struct job job = {.creator = &d->creator,
		.parent = wish->parent,
		.caller = &caller,
		.netns_fd = open_namespace(d, wish->nsid),
		.request = &wish->request,
		.type = wish->type,
		.mode = wish->mode,
		.fixed = wish->fixed,
		.reply = &reply};
	enum device_status status = DEVICE_ABSENT;
	if (job.netns_fd >= 0) {
		status = create_device(&job, &made);
		close(job.netns_fd);
	} else {
		job_refuse(&job, status, "its namespace is not found");
	}
	if (status)
		log_warning(d->log,
			"kept device is not made again: parent=%s nsid=%d ifname=%s uid=%u "
			"error=\"%s\"",
			wish->parent, wish->nsid, wish->request.ifname, wish->uid, reply.text);
	else
		log_info(d->log,
			"kept device is made again: parent=%s nsid=%d ifname=%s ifindex=%u uid=%u",
			wish->parent, wish->nsid, reply.ifname, reply.ifindex, wish->uid);
	return status == DEVICE_OK || status == DEVICE_EXISTS || status == DEVICE_DENIED;
}

static bool is_there(struct daemon *d, const char *parent)
{
	struct event link;
	return netns_visit_get_link(&d->visits.asker, parent, &link) == 0;
}

void outage_end(struct daemon *d, const char *parent)
{
	if (d->wishes.count == 0 || !is_there(d, parent))
		return;
	LIST_EACH(wish, &d->wishes.all, struct wish, in_list) {
		if (strcmp(wish->parent, parent) == 0 && fulfil(d, wish))
			wish_drop(&d->wishes, wish);
	}
}
