/* SPDX-License-Identifier: ISC */
/*
 * Owns the names of namespaces, and the watch on the directory that contains them.
 * Never decides about ids, never keeps a namespace open.
 */
#include "watch/netns_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "io/netns.h"

#define RETRY_MIN NS_PER_MS
#define RETRY_MAX NS_PER_S

/* Without inotify, the directory is scanned so often, and inotify is tried again. */
#define BLIND_PAUSE (5 * NS_PER_S)

enum { PATH_CAP = 1024 };

enum {
	DIR_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
		     IN_MOVE_SELF | IN_ONLYDIR,
	ANCESTOR_EVENTS = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
};

/* A namespace that has a name here, or had one. */
struct known_ns {
	nsid_t nsid;
	struct map_node node;
	struct list names;    /* of struct entry.in_ns */
	struct list in_dirty; /* linked to itself: no change to report */
	struct event_ns info;
};

/* A file in the directory. */
struct entry {
	struct map_node node;
	struct known_ns *ns; /* NULL: not a namespace (yet) */
	struct list in_ns;
	struct list in_pending; /* linked to itself: not to be opened again */
	ns_t retry_at, wait, give_up;
	bool is_seen; /* found by the running scan */
	char name[NETNS_NAME_CAP];
};

struct netns_dir {
	struct netns_dir_config config;
	char path[PATH_CAP];
	int inotify_fd;
	int mounts_fd;   /* /proc/self/mountinfo while a file is pending, otherwise -1 */
	int dir_wd;      /* -1 while the directory does not exist */
	int ancestor_wd; /* watch on its nearest existing ancestor then, otherwise -1 */
	bool has_to_scan;
	bool is_blind; /* neither the directory nor an ancestor is watched; it is logged */
	ns_t look_at;  /* when the next scan is due then */
	struct netns_self self;
	struct map names;
	struct map namespaces;
	struct list pending; /* of struct entry.in_pending */
	struct list dirty;   /* of struct known_ns.in_dirty */
	struct log_limit complaints;
};

/* --- namespaces --------------------------------------------------------------------------- */

static struct known_ns *ns_find(const struct netns_dir *d, nsid_t nsid)
{
	return MAP_FIND(&d->namespaces, hash_mix(0, (uint32_t)nsid), struct known_ns, node, ns,
		ns->nsid == nsid);
}

static struct known_ns *ns_find_or_make(struct netns_dir *d, nsid_t nsid)
{
	struct known_ns *ns = ns_find(d, nsid);
	if (ns)
		return ns;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		return NULL;
	ns->nsid = nsid;
	list_init(&ns->names);
	list_init(&ns->in_dirty);
	if (map_add(&d->namespaces, &ns->node, hash_mix(0, (uint32_t)nsid))) {
		free(ns);
		return NULL;
	}
	return ns;
}

static void ns_free(struct netns_dir *d, struct known_ns *ns)
{
	map_remove(&d->namespaces, &ns->node);
	list_remove(&ns->in_dirty);
	free(ns);
}

static void lack(const struct netns_dir *d)
{
	if (d->config.on_shortage)
		d->config.on_shortage(d->config.arg);
}

static void ns_touch(struct netns_dir *d, struct known_ns *ns)
{
	list_remove(&ns->in_dirty);
	list_append(&d->dirty, &ns->in_dirty);
}

/* Of several names, chooses the first in byte order, so the order of their creation does not
 * matter. */
static void ns_choose_name(struct known_ns *ns)
{
	const char *first = NULL;
	LIST_EACH(entry, &ns->names, struct entry, in_ns) {
		const char *name = entry->name;
		if (!first || strcmp(name, first) < 0)
			first = name;
	}
	memset(ns->info.name, 0, sizeof(ns->info.name));
	if (first)
		memcpy(ns->info.name, first, strlen(first));
}

/* Reports the changes after a whole batch of events. So a renamed file never leaves its namespace
 * without a name. */
static void tell_all(struct netns_dir *d)
{
	LIST_EACH(ns, &d->dirty, struct known_ns, in_dirty) {
		list_remove(&ns->in_dirty);
		ns_choose_name(ns);
		d->config.on_info(d->config.arg, ns->nsid, &ns->info);
	}
}

/* --- files -------------------------------------------------------------------------------- */

static uint64_t name_hash(const char *name)
{
	return hash_bytes(0, name, strlen(name)); /* files of root: no seed is needed */
}

static struct entry *entry_find(const struct netns_dir *d, const char *name)
{
	return MAP_FIND(
		&d->names, name_hash(name), struct entry, node, e, strcmp(e->name, name) == 0);
}

static struct entry *entry_find_or_make(struct netns_dir *d, const char *name)
{
	struct entry *e = entry_find(d, name);
	if (e)
		return e;
	size_t len = strlen(name);
	if (len >= sizeof(e->name) || d->names.count >= LIMIT_NETNS_NAMES)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	memcpy(e->name, name, len);
	list_init(&e->in_ns);
	list_init(&e->in_pending);
	if (map_add(&d->names, &e->node, name_hash(name))) {
		free(e);
		return NULL;
	}
	return e;
}

static void entry_detach(struct netns_dir *d, struct entry *e)
{
	if (!e->ns)
		return;
	list_remove(&e->in_ns);
	ns_touch(d, e->ns);
	e->ns = NULL;
}

static void entry_free(struct netns_dir *d, struct entry *e)
{
	entry_detach(d, e);
	map_remove(&d->names, &e->node);
	list_remove(&e->in_pending);
	free(e);
}

/* Opens the file again from now on, repeatedly, until NETNS_DIR_PATIENCE is over. */
static void entry_await(struct netns_dir *d, struct entry *e, ns_t now)
{
	list_remove(&e->in_pending);
	list_append(&d->pending, &e->in_pending);
	e->wait = RETRY_MIN;
	e->retry_at = now;
	e->give_up = now + NETNS_DIR_PATIENCE;
}

static void complain(struct netns_dir *d, const struct entry *e, int err, ns_t now)
{
	char text[LOG_TEXT_CAP];
	if (log_limit_may(&d->complaints, now))
		log_warning(d->config.log,
			"namespace has no id and is not watched: name=%s error=\"%s\"",
			log_escape(e->name, text), err_text(err));
}

/* Finds the namespace that is mounted on the file now. -errno: there is none, or it has no id. */
static int entry_bind(struct netns_dir *d, struct entry *e, ns_t now)
{
	char path[PATH_CAP + NETNS_NAME_CAP];
	snprintf(path, sizeof(path), "%s/%s", d->path, e->name);
	int fd = netns_open(path);
	if (fd < 0)
		return fd;
	nsid_t nsid;
	int err = d->config.identify(d->config.arg, fd, &nsid);
	struct known_ns *ns = err ? NULL : ns_find_or_make(d, nsid);
	if (ns) {
		netns_facts(&d->self, fd, &ns->info);
		if (e->ns != ns)
			entry_detach(d, e);
		e->ns = ns;
		list_remove(&e->in_ns);
		list_append(&ns->names, &e->in_ns);
		ns_touch(d, ns);
	} else {
		if (!err)
			lack(d);
		complain(d, e, err ? err : ERR_NOMEM, now);
	}
	close(fd);
	return ns ? 0 : -EPERM;
}

/* Opens the file. Returns true if it is a namespace. */
static bool entry_look(struct netns_dir *d, struct entry *e, ns_t now)
{
	if (entry_bind(d, e, now) != 0) {
		entry_detach(d, e);
		return false;
	}
	list_remove(&e->in_pending);
	return true;
}

static void look_at_pending(struct netns_dir *d, ns_t now)
{
	LIST_EACH(e, &d->pending, struct entry, in_pending) {
		if (entry_look(d, e, now))
			continue;
		if (now >= e->give_up)
			list_remove(&e->in_pending);
		if (now >= e->retry_at) {
			e->retry_at = now + e->wait;
			e->wait = ns_min(2 * e->wait, RETRY_MAX);
		}
	}
}

/* --- the mount table ---------------------------------------------------------------------- */

/* Watches the mount table only while a file is pending: each mount of the whole machine wakes us
 * up. */
static void watch_mounts(struct netns_dir *d)
{
	if (list_is_empty(&d->pending)) {
		if (d->mounts_fd >= 0)
			close(d->mounts_fd);
		d->mounts_fd = -1;
		return;
	}
	if (d->mounts_fd >= 0)
		return;
	struct epoll_event ev = {.events = EPOLLPRI};
	d->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (d->mounts_fd < 0)
		return;
	if (epoll_ctl(d->config.epoll_fd, EPOLL_CTL_ADD, d->mounts_fd, &ev) != 0) {
		close(d->mounts_fd);
		d->mounts_fd = -1;
	}
}

/* --- the directory ------------------------------------------------------------------------ */

static void forget_watch(struct netns_dir *d, int *wd)
{
	if (*wd >= 0)
		(void)inotify_rm_watch(d->inotify_fd, *wd); /* may have gone already */
	*wd = -1;
}

/* Returns the length of the longest existing part of the path, above the directory itself. */
static size_t ancestor_len(const struct netns_dir *d)
{
	char path[PATH_CAP];
	size_t len = strlen(d->path);
	memcpy(path, d->path, len + 1);
	while (len > 1) {
		while (len > 1 && path[len - 1] != '/')
			len--;
		path[len] = '\0';
		if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0)
			break;
		len--; /* past the slash */
	}
	return len;
}

/* Watches the nearest existing ancestor until the directory is made. If a directory between them is
 * made meanwhile, no event reports it: so repeat until nothing changes, at most 8 times. */
static void watch_ancestor(struct netns_dir *d)
{
	for (int i = 0; i < 8; i++) {
		char path[PATH_CAP];
		size_t len = ancestor_len(d);
		memcpy(path, d->path, len);
		path[len] = '\0';
		forget_watch(d, &d->ancestor_wd);
		d->ancestor_wd =
			inotify_add_watch(d->inotify_fd, len ? path : ".", ANCESTOR_EVENTS);
		if (ancestor_len(d) == len)
			return;
	}
}

/* -errno: neither the directory nor an ancestor is watched. */
static int watch_dir(struct netns_dir *d)
{
	if (d->dir_wd >= 0)
		return 0;
	d->dir_wd = inotify_add_watch(d->inotify_fd, d->path, DIR_EVENTS);
	if (d->dir_wd < 0) {
		watch_ancestor(d);
		d->dir_wd = inotify_add_watch(d->inotify_fd, d->path, DIR_EVENTS);
	}
	if (d->dir_wd < 0 && d->ancestor_wd < 0)
		return -errno;
	if (d->dir_wd >= 0)
		forget_watch(d, &d->ancestor_wd);
	return 0;
}

static void look_at_name(struct netns_dir *d, const char *name, ns_t now)
{
	struct entry *e = entry_find_or_make(d, name);
	if (!e && d->names.count < LIMIT_NETNS_NAMES) {
		lack(d);
		return;
	}
	if (!e) {
		if (log_limit_may(&d->complaints, now))
			log_warning(d->config.log, "too many names of namespaces: limit=%d",
				LIMIT_NETNS_NAMES);
		return;
	}
	e->is_seen = true;
	if (!entry_look(d, e, now))
		entry_await(d, e, now);
}

/* All programs of a user share the limits of inotify, also those in containers: who has used them up is
 * not us, and may end. */
static int open_inotify(struct netns_dir *d)
{
	struct epoll_event ev = {.events = EPOLLIN};
	if (d->inotify_fd >= 0)
		return 0;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int err = fd < 0 ? -errno : 0;
	if (!err && epoll_ctl(d->config.epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		err = -errno;
	if (!err)
		d->inotify_fd = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

/* Logs when the watch is lost, and when there is one again. */
static void tell_sight(struct netns_dir *d, int err)
{
	const bool is_blind = d->inotify_fd < 0 || (d->dir_wd < 0 && d->ancestor_wd < 0);
	if (is_blind == d->is_blind)
		return;
	d->is_blind = is_blind;
	if (is_blind)
		log_warning(d->config.log,
			"no inotify for the directory of namespaces: dir=\"%s\" error=\"%s\" "
			"note=\"it is read every 5 s; the sysctl is fs.inotify.max_user_%s\"",
			d->path, err_text(err), err == -ENOSPC ? "watches" : "instances");
	else
		log_info(d->config.log, "inotify is back: dir=\"%s\"", d->path);
}

/* -errno: the directory cannot be read to its end now, and no name is dropped. One that is not there has no
 * names. */
static int read_names(struct netns_dir *d, ns_t now)
{
	MAP_EACH(entry, &d->names, struct entry, node)
		entry->is_seen = false;
	DIR *dir = opendir(d->path);
	int err = dir || errno == ENOENT || errno == ENOTDIR ? 0 : errno;
	if (dir) {
		for (const struct dirent *de; (errno = 0, de = readdir(dir));)
			if (de->d_name[0] != '.' && de->d_type != DT_DIR)
				look_at_name(d, de->d_name, now);
		err = errno;
		closedir(dir);
	}
	if (err)
		return -err;
	MAP_EACH(e, &d->names, struct entry, node) {
		if (!e->is_seen)
			entry_free(d, e);
	}
	return 0;
}

void netns_dir_scan(struct netns_dir *d, ns_t now)
{
	d->has_to_scan = false;
	int err = open_inotify(d);
	if (!err)
		err = watch_dir(d);
	tell_sight(d, err);
	d->look_at = now + BLIND_PAUSE;
	if (read_names(d, now))
		lack(d);
	watch_mounts(d);
	tell_all(d);
}

/* --- inotify ------------------------------------------------------------------------------ */

static void handle_dir_event(struct netns_dir *d, const struct inotify_event *ev, ns_t now)
{
	if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		forget_watch(d, &d->dir_wd);
		d->has_to_scan = true;
		return;
	}
	if ((ev->mask & IN_ISDIR) || ev->len == 0 || ev->name[0] == '.')
		return;
	if (!(ev->mask & (IN_DELETE | IN_MOVED_FROM))) {
		look_at_name(d, ev->name, now);
		return;
	}
	struct entry *e = entry_find(d, ev->name);
	if (e)
		entry_free(d, e);
}

static void handle_event(struct netns_dir *d, const struct inotify_event *ev, ns_t now)
{
	if (ev->mask & IN_Q_OVERFLOW)
		d->has_to_scan = true;
	else if (ev->wd == d->dir_wd)
		handle_dir_event(d, ev, now);
	else if (ev->wd == d->ancestor_wd)
		d->has_to_scan = true;
}

static void read_inotify(struct netns_dir *d, ns_t now)
{
	_Alignas(struct inotify_event) char buf[2048];
	for (;;) {
		ssize_t len = read(d->inotify_fd, buf, sizeof(buf));
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return;
		/* Progress: the kernel returns only complete events, and each has at least its
		 * fixed part. */
		for (const char *p = buf; p < buf + len;) {
			const struct inotify_event *ev = (const void *)p;
			handle_event(d, ev, now);
			p += sizeof(*ev) + ev->len;
		}
	}
}

void netns_dir_handle(struct netns_dir *d, ns_t now)
{
	read_inotify(d, now);
	if (d->has_to_scan || (d->is_blind && now >= d->look_at))
		netns_dir_scan(d, now);
	if (!list_is_empty(&d->pending))
		look_at_pending(d, now);
	watch_mounts(d);
	tell_all(d);
}

ns_t netns_dir_deadline(const struct netns_dir *d)
{
	ns_t deadline = d->is_blind ? d->look_at : NS_NEVER;
	LIST_EACH(entry, &d->pending, struct entry, in_pending)
		deadline = ns_min(deadline, entry->retry_at);
	return deadline;
}

void netns_dir_ns_gone(struct netns_dir *d, nsid_t nsid, ns_t now)
{
	struct known_ns *ns = ns_find(d, nsid);
	if (!ns)
		return;
	LIST_EACH(e, &ns->names, struct entry, in_ns) {
		list_remove(&e->in_ns);
		e->ns = NULL;
		entry_await(d, e, now);
	}
	ns_free(d, ns);
}

const struct event_ns *netns_dir_info(const struct netns_dir *d, nsid_t nsid)
{
	const struct known_ns *ns = ns_find(d, nsid);
	return ns ? &ns->info : NULL;
}

/* --- the whole ---------------------------------------------------------------------------- */

/* Copies the path without trailing slashes, so that its last component is the directory. */
static int copy_path(struct netns_dir *d, const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof(d->path))
		return -ENAMETOOLONG;
	memcpy(d->path, path, len);
	return 0;
}

int netns_dir_new(const struct netns_dir_config *config, struct netns_dir **ret)
{
	struct netns_dir *d = calloc(1, sizeof(*d));
	if (!d)
		return ERR_NOMEM;
	d->config = *config;
	d->inotify_fd = d->mounts_fd = d->dir_wd = d->ancestor_wd = -1;
	list_init(&d->pending);
	list_init(&d->dirty);
	d->self = netns_self_open();
	int err = copy_path(d, config->path);
	if (err)
		netns_dir_free(d);
	else
		*ret = d;
	return err;
}

void netns_dir_free(struct netns_dir *d)
{
	if (!d)
		return;
	MAP_EACH(entry, &d->names, struct entry, node)
		entry_free(d, entry);
	MAP_EACH(known_ns, &d->namespaces, struct known_ns, node)
		ns_free(d, known_ns);
	map_fini(&d->names);
	map_fini(&d->namespaces);
	if (d->mounts_fd >= 0)
		close(d->mounts_fd);
	if (d->inotify_fd >= 0)
		close(d->inotify_fd);
	netns_self_close(&d->self);
	free(d);
}
