/* SPDX-License-Identifier: ISC */
/*
 * Owns a copy of the directory of grants, and the watch on it.
 * Never writes to the directory.
 */
#include "watch/grants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/map.h"
#include "device/grant.h"

enum {
	EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR,
	EVENTS_CAP = 2048
};

/* How often the watch is tried again. */
#define RETRY_PAUSE  (5 * NS_PER_S)
#define RESCAN_PAUSE NS_PER_S

struct grant {
	struct map_node node; /* key: cookie, since a namespace has few grants */
	uint64_t cookie;
	uint32_t ifindex;
	uint32_t uid; /* who has asked for the device */
	bool is_seen; /* found by the running scan */
	char alias[ALIAS_CAP];
};

struct grants {
	struct grants_config config;
	int dir_fd, inotify_fd;
	bool is_watched; /* false: the directory is read again each time */
	ns_t retry_at;   /* when the watch is tried again then */
	bool has_missed; /* a grant, for lack of memory or descriptors: the directory is read again */
	ns_t rescan_at; /* when, then */
	struct map all;
};

static struct grant *find(const struct grants *g, uint64_t cookie, uint32_t ifindex)
{
	return MAP_FIND(&g->all, hash_mix(0, cookie), struct grant, node, grant,
		grant->cookie == cookie && grant->ifindex == ifindex);
}

static struct grant *find_or_make(struct grants *g, const struct device_grant *of)
{
	struct grant *grant = find(g, of->cookie, of->ifindex);
	if (grant)
		return grant;
	grant = g->all.count < LIMIT_GRANTS ? calloc(1, sizeof(*grant)) : NULL;
	if (!grant || map_add(&g->all, &grant->node, hash_mix(0, of->cookie))) {
		free(grant);
		return NULL;
	}
	grant->cookie = of->cookie;
	grant->ifindex = of->ifindex;
	return grant;
}

static void drop(struct grants *g, struct grant *grant)
{
	map_remove(&g->all, &grant->node);
	free(grant);
}

/* --- events ------------------------------------------------------------------------------ */

void grants_mark(const struct grants *g, uint64_t cookie, struct event_link *link)
{
	const struct grant *grant = cookie ? find(g, cookie, link->ifindex) : NULL;
	link->is_granted = grant && strcmp(grant->alias, link->alias) == 0;
	link->is_of_user = link->is_granted && grant->uid != 0;
}

static void tell_link(const struct grants *g, nsid_t nsid, uint64_t cookie, uint32_t ifindex)
{
	struct event ev;
	if (asker_get_link(g->config.asker, nsid, ifindex, &ev))
		return; /* the namespace is gone, or not known yet */
	grants_mark(g, cookie, &ev.link);
	g->config.on_link(g->config.arg, &ev);
}

static void changed(const struct grants *g, uint64_t cookie, uint32_t ifindex)
{
	nsid_t nsid = g->config.find_ns(g->config.arg, cookie);
	if (nsid != NSID_UNKNOWN)
		tell_link(g, nsid, cookie, ifindex);
}

void grants_ns_known(struct grants *g, nsid_t nsid, const struct event_ns *info)
{
	if (info->cookie == 0)
		return;
	MAP_EACH_WITH(grant, &g->all, hash_mix(0, info->cookie), struct grant, node)
		if (grant->cookie == info->cookie)
			tell_link(g, nsid, grant->cookie, grant->ifindex);
}

/* --- reading ------------------------------------------------------------------------------ */

/* Updates our copy of the grant of that name from the directory. Returns true if it has changed. */
static bool read_grant(struct grants *g, const char *name, const struct device_grant *of)
{
	char alias[ALIAS_CAP] = {0};
	ssize_t len = readlinkat(g->dir_fd, name, alias, sizeof(alias));
	struct grant *grant = find(g, of->cookie, of->ifindex);
	if (len <= 0 || len == sizeof(alias)) {
		if (grant)
			drop(g, grant);
		return grant;
	}
	if (!grant)
		grant = find_or_make(g, of);
	if (!grant) {
		g->has_missed |= g->all.count < LIMIT_GRANTS;
		return false;
	}
	bool is_news = strcmp(grant->alias, alias) != 0 || grant->uid != of->uid;
	grant->uid = of->uid;
	memcpy(grant->alias, alias, sizeof(alias));
	grant->is_seen = true;
	return is_news;
}

static void scan(struct grants *g, bool may_tell)
{
	MAP_EACH(grant, &g->all, struct grant, node)
		grant->is_seen = false;
	g->has_missed = false;
	int fd = openat(g->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		g->has_missed = true;
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *de; (de = readdir(dir));) {
		struct device_grant of;
		if (device_grant_parse(de->d_name, &of) == 0 && read_grant(g, de->d_name, &of) &&
			may_tell)
			changed(g, of.cookie, of.ifindex);
	}
	closedir(dir);
	MAP_EACH(grant, &g->all, struct grant, node) {
		uint64_t cookie = grant->cookie;
		uint32_t ifindex = grant->ifindex;
		if (grant->is_seen)
			continue;
		drop(g, grant);
		if (may_tell)
			changed(g, cookie, ifindex);
	}
}

static void handle_event(struct grants *g, const struct inotify_event *ev)
{
	struct device_grant of;
	if (ev->mask & IN_Q_OVERFLOW)
		scan(g, true);
	else if (ev->mask & IN_IGNORED)
		log_warning(
			g->config.log, "grants are not seen any more: dir=\"%s\"", g->config.path);
	else if (ev->len > 0 && device_grant_parse(ev->name, &of) == 0 &&
		 read_grant(g, ev->name, &of))
		changed(g, of.cookie, of.ifindex);
}

/* Watches the open directory, not the path, which may lead elsewhere by now. */
static int watch(struct grants *g)
{
	struct epoll_event ev = {.events = EPOLLIN};
	char path[sizeof("/proc/self/fd/") + 10];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", g->dir_fd);
	g->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	g->is_watched = g->inotify_fd >= 0 && inotify_add_watch(g->inotify_fd, path, EVENTS) >= 0 &&
			epoll_ctl(g->config.epoll_fd, EPOLL_CTL_ADD, g->inotify_fd, &ev) == 0;
	int err = g->is_watched ? 0 : -errno;
	if (err && g->inotify_fd >= 0)
		close(g->inotify_fd);
	if (err)
		g->inotify_fd = -1;
	return err;
}

/* Without inotify, the directory is read before it is needed: each time. */
static void handle_unwatched(struct grants *g, ns_t now)
{
	if (now >= g->retry_at) {
		g->retry_at = now + RETRY_PAUSE;
		if (watch(g) == 0)
			log_info(g->config.log, "inotify is back: dir=\"%s\"", g->config.path);
	}
	scan(g, true);
}

ns_t grants_deadline(const struct grants *g)
{
	if (!g)
		return NS_NEVER;
	return ns_min(
		g->is_watched ? NS_NEVER : g->retry_at, g->has_missed ? g->rescan_at : NS_NEVER);
}

void grants_handle(struct grants *g, ns_t now)
{
	_Alignas(struct inotify_event) char buf[EVENTS_CAP];
	ssize_t len;
	if (!g)
		return;
	if (!g->is_watched) {
		handle_unwatched(g, now);
		return;
	}
	if (g->has_missed && now >= g->rescan_at)
		scan(g, true);
	/* Progress: each turn reads what is queued, and steps over each event. */
	while ((len = read(g->inotify_fd, buf, sizeof(buf))) > 0)
		for (const char *at = buf; at < buf + len;) {
			const struct inotify_event *ev = (const void *)at;
			handle_event(g, ev);
			at += sizeof(*ev) + ev->len;
		}
	if (g->has_missed && now >= g->rescan_at)
		g->rescan_at = now + RESCAN_PAUSE;
}

/* --- the whole ---------------------------------------------------------------------------- */

/* Only root, ontapd or our own user may be able to write to it. */
static int open_dir(struct grants *g)
{
	struct stat st;
	g->dir_fd = open(g->config.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (g->dir_fd < 0 || fstat(g->dir_fd, &st) != 0)
		return -errno;
	bool is_safe = (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == g->config.owner) &&
		       !(st.st_mode & (S_IWGRP | S_IWOTH));
	return is_safe ? 0 : ERR_DENIED;
}

struct grants *grants_open(const struct grants_config *config)
{
	struct grants *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->config = *config;
	g->dir_fd = g->inotify_fd = -1;
	map_init(&g->all);
	int err = open_dir(g);
	if (!err) {
		const int watch_err = watch(g);
		if (watch_err)
			log_warning(config->log,
				"no inotify for the directory of grants: dir=\"%s\" error=\"%s\" "
				"note=\"it is read often; the sysctl is fs.inotify.max_user_%s\"",
				config->path, err_text(watch_err),
				watch_err == -ENOSPC ? "watches" : "instances");
		scan(g, false);
		return g;
	}
	log_print(config->log, err == -ENOENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
		"nothing is granted: dir=\"%s\" error=\"%s\"", config->path,
		err == ERR_DENIED ? "others may write to it" : err_text(err));
	grants_close(g);
	return NULL;
}

void grants_close(struct grants *g)
{
	if (!g)
		return;
	MAP_EACH(grant, &g->all, struct grant, node)
		drop(g, grant);
	map_fini(&g->all);
	if (g->inotify_fd >= 0)
		close(g->inotify_fd);
	if (g->dir_fd >= 0)
		close(g->dir_fd);
	free(g);
}
