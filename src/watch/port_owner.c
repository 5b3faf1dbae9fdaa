/* SPDX-License-Identifier: ISC */
/*
 * Owns the search for the processes that have sockets on our ports.
 * Never opens, copies or disturbs a socket of others.
 */
#include "watch/port_owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "model/socket_line.h"
#include "watch/pidwatch.h"

/* "/proc/4194304/fdinfo/1048576" and less. */
enum { PROC_PATH_CAP = 64, FDINFO_CAP = 256 };

#define LOOK_INTERVAL NS_PER_S

/* Another process' socket on one of our ports. */
struct taken {
	struct event_port info;
	uint64_t inode, uid;
	bool is_watched; /* its process */
};

struct inodes {
	uint64_t *at;
	size_t count, cap;
};

struct port_owners {
	struct port_owner_config config;
	int epoll_fd;
	struct pidwatches *watches;
	bool is_asked;      /* for a look */
	ns_t look_at;       /* when the next one is allowed */
	struct inodes ours; /* sockets of `config.self`, ascending, in a look */
	struct taken taken[LIMIT_OWNED_PORTS * LIMIT_PORT_OWNERS];
	size_t count, found; /* of `taken` in a look; `found`: those with a known process */
};

/* --- open files --------------------------------------------------------------------------- */

/* An open file of a process. All sockets of the machine are on one mount. */
struct open_file {
	uint64_t inode;
	unsigned mount;
};

/* False: the kernel is too old. */
static bool parse_fdinfo(const char *text, struct open_file *ret)
{
	const char *mount = strstr(text, "mnt_id:"), *inode = strstr(text, "ino:");
	return mount && inode && sscanf(mount, "mnt_id: %u", &ret->mount) == 1 &&
	       sscanf(inode, "ino: %" SCNu64, &ret->inode) == 1;
}

/* False: also if the file is closed, or permission is missing. */
static bool read_fdinfo(const char *path, struct open_file *ret)
{
	char text[FDINFO_CAP];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return parse_fdinfo(text, ret);
}

/* Finds the mount of all sockets by one of ours. */
static bool find_socket_mount(unsigned *ret)
{
	char path[PROC_PATH_CAP];
	struct open_file file;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	bool is_found = read_fdinfo(path, &file);
	close(fd);
	if (is_found)
		*ret = file.mount;
	return is_found;
}

/* Calls `visit` for the inode of each socket that the process has open. */
static void each_socket(struct port_owners *p, int32_t pid, unsigned socket_mount,
	void (*visit)(struct port_owners *p, int32_t pid, uint64_t inode))
{
	char path[PROC_PATH_CAP];
	const struct dirent *entry;
	struct open_file file;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.20s", pid, entry->d_name);
		if (entry->d_name[0] != '.' && read_fdinfo(path, &file) &&
			file.mount == socket_mount)
			visit(p, pid, file.inode);
	}
	if (dir)
		closedir(dir);
}

/* In the /proc of another PID namespace, the same numbers are other processes. */
static bool is_our_proc(void)
{
	char text[16] = "";
	return readlink("/proc/self", text, sizeof(text) - 1) > 0 &&
	       strtol(text, NULL, 10) == getpid();
}

/* --- our own sockets ---------------------------------------------------------------------- */

static int inode_cmp(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;
	return (*p > *q) - (*p < *q);
}

/* Without memory, it counts as a socket of others. */
static void add_ours(struct port_owners *p, int32_t pid UNUSED, uint64_t inode)
{
	struct inodes *ours = &p->ours;
	if (!ARRAY_RESERVE(ours->at, ours->cap, ours->count + 1))
		ours->at[ours->count++] = inode;
}

static void find_ours(struct port_owners *p, unsigned socket_mount)
{
	each_socket(p, p->config.self, socket_mount, add_ours);
	if (p->ours.count > 0)
		qsort(p->ours.at, p->ours.count, sizeof(*p->ours.at), inode_cmp);
}

static bool is_ours(const struct port_owners *p, uint64_t inode)
{
	const struct inodes *ours = &p->ours;
	return ours->count > 0 &&
	       bsearch(&inode, ours->at, ours->count, sizeof(*ours->at), inode_cmp);
}

/* --- the sockets -------------------------------------------------------------------------- */

static bool is_our_port(const struct port_owners *p, uint16_t port)
{
	for (size_t i = 0; i < ARRAY_LEN(p->config.ports); i++)
		if (port != 0 && p->config.ports[i] == port)
			return true;
	return false;
}

/* True if there is one like it, or the limit of its port is reached. */
static bool is_enough(const struct port_owners *p, const struct socket_line *line, bool is_tcp)
{
	size_t count = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct taken *taken = &p->taken[i];
		if (taken->info.port != line->port)
			continue;
		if (taken->info.is_tcp == is_tcp && taken->uid == line->uid &&
			addr_equal(&taken->info.addr, &line->addr))
			return true;
		count++;
	}
	return count >= LIMIT_PORT_OWNERS;
}

static void take_socket(struct port_owners *p, const struct socket_line *line, bool is_tcp)
{
	if (!is_our_port(p, line->port) || is_ours(p, line->inode) || is_enough(p, line, is_tcp))
		return;
	p->taken[p->count++] =
		(struct taken){.info = {.addr = line->addr, .port = line->port, .is_tcp = is_tcp},
			.inode = line->inode,
			.uid = line->uid};
}

/* Listening sockets come first in the tables of TCP (net/ipv4/tcp_ipv4.c: tcp_seek_last_pos), so
 * those of connections, which may be many, are not read. */
static void read_table(struct port_owners *p, const char *path, bool is_tcp)
{
	const uint8_t wanted = is_tcp ? SOCKET_LINE_LISTENING : SOCKET_LINE_CLOSED;
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	ssize_t len;
	struct socket_line line;
	while (file && (len = getline(&text, &cap, file)) > 0) {
		if (socket_line_parse(text, (size_t)len - (text[len - 1] == '\n'), &line))
			continue; /* the heading */
		if (line.state == wanted)
			take_socket(p, &line, is_tcp);
		else if (is_tcp)
			break;
	}
	free(text);
	if (file)
		fclose(file);
}

/* "self/net", because "net" does not exist with the mount option subset=pid. */
static void read_tables(struct port_owners *p)
{
	read_table(p, "/proc/self/net/udp", false);
	read_table(p, "/proc/self/net/udp6", false);
	read_table(p, "/proc/self/net/tcp", true);
	read_table(p, "/proc/self/net/tcp6", true);
}

/* --- their processes ---------------------------------------------------------------------- */

static void read_program(int32_t pid, char out[PROGRAM_CAP])
{
	char path[PROC_PATH_CAP];
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, out, PROGRAM_CAP - 1);
	if (fd >= 0)
		close(fd);
	memset(out + (len > 0 ? len : 0), 0, PROGRAM_CAP - (size_t)(len > 0 ? len : 0));
	out[strcspn(out, "\n")] = '\0';
}

/* The first process found counts: usually the others have inherited the socket from it. */
static void note_file(struct port_owners *p, int32_t pid, uint64_t inode)
{
	for (size_t i = 0; i < p->count; i++) {
		struct taken *taken = &p->taken[i];
		if (taken->inode != inode || taken->info.pid != 0)
			continue;
		taken->info.pid = pid;
		read_program(pid, taken->info.program);
		p->found++;
	}
}

/* Ends as soon as each socket has a process. */
static void find_processes(struct port_owners *p, unsigned socket_mount)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	while (dir && p->found < p->count && (entry = readdir(dir))) {
		int32_t pid = (int32_t)strtol(entry->d_name, NULL, 10);
		if (pid > 0)
			each_socket(p, pid, socket_mount, note_file);
	}
	if (dir)
		closedir(dir);
}

/* --- the whole ---------------------------------------------------------------------------- */

static void tell(const struct port_owners *p, enum event_type type, const struct event_port *info)
{
	struct event ev = {.type = type, .nsid = NSID_OWN};
	if (info)
		ev.port = *info;
	p->config.on_event(p->config.arg, &ev);
}

static void watch_owners(struct port_owners *p)
{
	pidwatches_begin(p->watches);
	for (size_t i = 0; i < p->count; i++) {
		struct taken *taken = &p->taken[i];
		int32_t pid = taken->info.pid;
		/* One that has ended meanwhile is reported at once. */
		taken->is_watched = pid != 0 && (!pidwatches_want(p->watches, pid) ||
							pidwatches_is_watched(p->watches, pid));
	}
	pidwatches_end(p->watches);
}

static void tell_ended(struct port_owners *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct taken *taken = &p->taken[i];
		if (!taken->is_watched || pidwatches_is_watched(p->watches, taken->info.pid))
			continue;
		taken->is_watched = false;
		tell(p, EV_PORT_FREE, &taken->info);
	}
}

static void look(struct port_owners *p)
{
	unsigned socket_mount;
	const bool has_pids = is_our_proc() && find_socket_mount(&socket_mount);
	p->count = p->found = p->ours.count = 0;
	if (has_pids)
		find_ours(p, socket_mount);
	read_tables(p);
	if (has_pids)
		find_processes(p, socket_mount);
	watch_owners(p);
	for (size_t i = 0; i < p->count; i++)
		if (p->taken[i].info.pid != p->config.self) /* it may have opened one just now */
			tell(p, EV_PORT_OWNER, &p->taken[i].info);
	tell(p, EV_PORTS_LISTED, NULL);
}

void port_owners_ask(struct port_owners *p)
{
	p->is_asked = true;
}

ns_t port_owners_deadline(const struct port_owners *p)
{
	return p->is_asked ? p->look_at : NS_NEVER;
}

void port_owners_handle(struct port_owners *p, ns_t now)
{
	(void)pidwatches_have_ended(p->watches);
	tell_ended(p);
	if (now < port_owners_deadline(p))
		return;
	p->is_asked = false;
	p->look_at = now + LOOK_INTERVAL;
	look(p);
	tell_ended(p);
}

int port_owners_fd(const struct port_owners *p)
{
	return p->epoll_fd;
}

int port_owners_new(const struct port_owner_config *config, struct port_owners **ret)
{
	struct port_owners *p = calloc(1, sizeof(*p));
	if (!p)
		return ERR_NOMEM;
	p->config = *config;
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int err = p->epoll_fd < 0 ? -errno : pidwatches_new(p->epoll_fd, &p->watches);
	if (!err)
		*ret = p;
	else
		port_owners_free(p);
	return err;
}

void port_owners_free(struct port_owners *p)
{
	if (!p)
		return;
	pidwatches_free(p->watches);
	free(p->ours.at);
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	free(p);
}
