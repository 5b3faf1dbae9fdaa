/* SPDX-License-Identifier: ISC */
/*
 * Owns the walk through /proc.
 * Never keeps anything from one walk to the next: inode numbers are reused.
 */
#include "watch/tasks_proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "io/process.h"

/* "/proc/4194304", with "/task", with "/4194304", and with "/ns/net": more than needed. */
enum { DIR_CAP = 32, TASKS_CAP = 48, THREAD_CAP = 80, PATH_CAP = 96 };

/* A namespace that this walk has found, and its facts. */
struct known {
	struct map_node node; /* key: inode number */
	uint32_t ino;
	bool is_found;
	uint8_t owner;             /* enum event_owner */
	uint32_t uid;              /* to whom it is accounted */
	uint64_t cookie;           /* of a network namespace */
	struct event_hostname uts; /* of a UTS namespace */
};

struct walk {
	const struct tasks_self *self;
	const struct tasks_sink *sink;
	struct map nets, utses;
	bool is_elsewhere; /* in a UTS namespace that is not ours */
	int err; /* a negative errno: something was not seen, for lack of memory or descriptors */
};

/* --- one namespace ------------------------------------------------------------------------ */

static struct known *known_get(struct map *map, uint32_t ino)
{
	uint64_t hash = hash_mix(0, ino);
	struct known *known = MAP_FIND(map, hash, struct known, node, k, k->ino == ino);
	if (known)
		return known;
	known = calloc(1, sizeof(*known));
	if (!known || map_add(map, &known->node, hash)) {
		free(known);
		return NULL;
	}
	known->ino = ino;
	return known;
}

static void known_free_all(struct map *map)
{
	MAP_EACH(known, map, struct known, node)
		free(known);
	map_fini(map);
}

/* Opens the file if it still refers to the namespace with that number; otherwise returns -1. */
static int open_ns(const char *path, uint32_t ino)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) != 0 || (uint32_t)st.st_ino != ino)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void find_cookie(const struct walk *w, struct known *net, const char *path)
{
	struct event_ns facts = {.name = ""};
	int fd = open_ns(path, net->ino);
	if (fd < 0)
		return;
	netns_facts(&w->self->net, fd, &facts);
	close(fd);
	net->cookie = facts.cookie;
	net->owner = facts.owner;
	net->uid = facts.uid;
	net->is_found = facts.cookie != 0;
}

static void find_name(struct walk *w, struct known *uts, const char *path)
{
	struct utsname name;
	int fd = open_ns(path, uts->ino);
	if (fd < 0)
		return;
	if (setns(fd, CLONE_NEWUTS) == 0) {
		w->is_elsewhere = true;
		uts->is_found = uname(&name) == 0;
	}
	if (uts->is_found) {
		uts->uts.uts = uts->ino;
		uts->uts.is_own = uts->ino == w->self->uts_ino;
		uts->owner = (uint8_t)netns_owner(&w->self->net, fd, &uts->uid);
		uts->uts.owner = uts->uts.is_own ? OWNER_HOST : uts->owner;
		memcpy(uts->uts.name, name.nodename,
			strnlen(name.nodename, sizeof(uts->uts.name) - 1));
	}
	close(fd);
}

/* --- tasks -------------------------------------------------------------------------------- */

/* Returns the number in "net:[4026531840]", or 0 if the link cannot be read. */
static uint32_t link_ino(const char *path)
{
	char text[PATH_CAP];
	ssize_t len = readlink(path, text, sizeof(text) - 1);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	const char *bracket = strchr(text, '[');
	return bracket ? (uint32_t)strtoul(bracket + 1, NULL, 10) : 0;
}

/* Looks at the task whose directory is `dir`, "/proc/12" or "/proc/12/task/13". */
static void walk_task(struct walk *w, const char *dir, int32_t pid)
{
	char net_path[PATH_CAP], uts_path[PATH_CAP];
	snprintf(net_path, sizeof(net_path), "%s/ns/net", dir);
	snprintf(uts_path, sizeof(uts_path), "%s/ns/uts", dir);
	uint32_t net_ino = link_ino(net_path), uts_ino = link_ino(uts_path);
	if (net_ino == 0 || uts_ino == 0 ||
		(net_ino == w->self->net_ino && uts_ino == w->self->uts_ino))
		return;
	struct known *net = known_get(&w->nets, net_ino);
	if (net && !net->is_found)
		find_cookie(w, net, net_path);
	struct known *uts = known_get(&w->utses, uts_ino);
	if (uts && !uts->is_found)
		find_name(w, uts, uts_path);
	if (!net || !uts)
		w->err = -ENOMEM;
	if (!net || !uts || !net->is_found || !uts->is_found)
		return;
	const struct known *less_trusted = uts->owner < net->owner ? uts : net;
	struct relation_sight sight = {.nsproxy = (uint64_t)net_ino << 32 | uts_ino,
		.net = net->cookie,
		.pid = pid,
		.owner = less_trusted->owner,
		.uid = less_trusted->uid,
		.uts = uts->uts};
	w->sink->on_sight(w->sink->arg, &sight);
}

/* Visits the other threads of a process, if it has any: st_nlink of its task directory counts
 * them. */
static void walk_threads(struct walk *w, const char *dir, int32_t pid)
{
	char path[TASKS_CAP], thread[THREAD_CAP];
	struct stat st;
	snprintf(path, sizeof(path), "%s/task", dir);
	if (stat(path, &st) != 0 || st.st_nlink <= 3)
		return;
	DIR *tasks = opendir(path);
	if (!tasks && process_lacks_resources(errno))
		w->err = -errno;
	if (!tasks)
		return;
	for (const struct dirent *de; (de = readdir(tasks));) {
		long tid = strtol(de->d_name, NULL, 10);
		if (tid <= 0 || tid == pid)
			continue;
		snprintf(thread, sizeof(thread), "%s/%ld", path, tid);
		walk_task(w, thread, (int32_t)tid);
	}
	closedir(tasks);
}

static void come_back(struct walk *w)
{
	if (!w->is_elsewhere)
		return;
	if (setns(w->self->uts_fd, CLONE_NEWUTS) != 0)
		abort(); /* without a way back, do not continue in the wrong namespace */
	w->is_elsewhere = false;
}

int tasks_proc_look(const struct tasks_self *self, const struct tasks_sink *sink)
{
	struct walk w = {.self = self, .sink = sink};
	DIR *proc = opendir("/proc");
	if (!proc)
		return -errno;
	for (const struct dirent *de; (de = readdir(proc));) {
		char dir[DIR_CAP];
		long pid = strtol(de->d_name, NULL, 10);
		if (pid <= 0 || pid == getpid()) /* our own process is known already */
			continue;
		snprintf(dir, sizeof(dir), "/proc/%ld", pid);
		walk_task(&w, dir, (int32_t)pid);
		walk_threads(&w, dir, (int32_t)pid);
	}
	closedir(proc);
	come_back(&w);
	known_free_all(&w.nets);
	known_free_all(&w.utses);
	return w.err;
}
