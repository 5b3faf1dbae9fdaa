/* SPDX-License-Identifier: ISC */
/*
 * Owns the judgement who the caller is, and whose namespace it has sent.
 * Never trusts a pid alone: a pidfd tells whether it is still the process that connected.
 */
#include "ontapd/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "ontapd/caller_text.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

enum { PATH_CAP = 64, PROC_CAP = 3072, PROGRAM_CAP = 256 };

/* --- /proc -------------------------------------------------------------------------------- */

/* Reads the beginning of /proc/PID/NAME as text. */
static int read_proc(pid_t pid, const char *name, char text[PROC_CAP])
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t len = read(fd, text, PROC_CAP - 1);
	int err = len < 0 ? -errno : 0;
	close(fd);
	if (!err)
		text[len] = '\0';
	return err;
}

static int read_start_time(pid_t pid, uint64_t *ret)
{
	char text[PROC_CAP];
	int err = read_proc(pid, "stat", text);
	return err ? err : caller_text_start_time(text, ret);
}

/* True if the entries of the process in /proc belong to that user. */
static bool is_owned_by(pid_t pid, uid_t uid)
{
	char path[PATH_CAP];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == uid;
}

/* Reads which program the process runs: the path, which the kernel writes. */
static void read_program(pid_t pid, char text[PROGRAM_CAP])
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t len = readlink(path, text, PROGRAM_CAP - 1);
	text[len < 0 ? 0 : len] = '\0';
}

/* True if the process itself has the capability. A setuid program, or one with file
 * capabilities, must not lend it to the user who runs it: by proc(5), the /proc entries of such
 * a process belong to root. They are looked at before and after: an execve(2) in between must not make
 * the owner of one program and the capabilities of another look like those of one. */
static bool has_net_admin(pid_t pid, uid_t uid)
{
	char text[PROC_CAP], before[PROGRAM_CAP], after[PROGRAM_CAP];
	read_program(pid, before);
	if (!is_owned_by(pid, uid) || read_proc(pid, "status", text))
		return false;
	bool has = caller_text_has_net_admin(text);
	read_program(pid, after);
	return has && is_owned_by(pid, uid) && strcmp(before, after) == 0;
}

/* True if the real or effective user of the process is `uid`. */
static bool is_of_user(pid_t pid, uid_t uid)
{
	char text[PROC_CAP];
	return read_proc(pid, "status", text) == 0 && caller_text_is_of_user(text, uid);
}

bool caller_is_alive(const struct caller *c)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
	return c->pidfd >= 0 && poll(&p, 1, 0) == 0;
}

/* --- the caller --------------------------------------------------------------------------- */

static int read_groups(int fd, gid_t primary, struct caller *c)
{
	gid_t none;
	socklen_t len = 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &none, &len) != 0 && errno != ERANGE)
		len = 0;
	if (len > LIMIT_DEVICE_GROUPS * sizeof(gid_t))
		return -E2BIG;
	c->groups = malloc(len + sizeof(gid_t));
	if (!c->groups)
		return ERR_NOMEM;
	c->groups[0] = primary;
	if (len > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, c->groups + 1, &len) != 0)
		return -errno;
	c->group_count = 1 + len / sizeof(gid_t);
	return 0;
}

/* Returns a pidfd of the peer: from the kernel since 6.5. Before, there is only the pid, which may
 * have passed to another process: that one must at least have the same user. */
static int open_peer_pidfd(int fd, const struct caller *c)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		return pidfd;
	pidfd = pidfd_open(c->pid, 0);
	if (pidfd >= 0 && !is_of_user(c->pid, c->uid)) {
		close(pidfd);
		return -1;
	}
	return pidfd;
}

int caller_identify(int fd, struct caller *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	*ret = (struct caller){.pidfd = -1};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return -errno;
	ret->uid = cred.uid;
	ret->pid = cred.pid;
	int err = read_groups(fd, cred.gid, ret);
	if (err || cred.pid <= 0)
		return err;
	ret->pidfd = open_peer_pidfd(fd, ret);
	/* The order matters: if the process is alive afterwards, what was read under its
	 * pid is about it. */
	if (read_start_time(ret->pid, &ret->start_time) || !caller_is_alive(ret))
		ret->pid = 0;
	return 0;
}

void caller_close(struct caller *c)
{
	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c->groups);
	*c = (struct caller){.pidfd = -1};
}

int caller_find(pid_t pid, uint64_t start_time, uid_t uid, struct caller *ret)
{
	uint64_t now_start_time;
	*ret = (struct caller){.pid = pid, .uid = uid, .start_time = start_time, .pidfd = -1};
	if (pid <= 0)
		return -ESRCH;
	ret->pidfd = pidfd_open(pid, 0);
	if (ret->pidfd < 0)
		return -errno;
	if (read_start_time(pid, &now_start_time) || now_start_time != start_time ||
		!caller_is_alive(ret)) {
		caller_close(ret);
		return -ESRCH;
	}
	return 0;
}

/* --- the namespace ------------------------------------------------------------------------ */

/* True if /proc/PID/ns/NAME is the namespace of `fd`. */
static bool is_in(pid_t pid, const char *name, int fd)
{
	char path[PATH_CAP];
	struct stat in, of;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	return stat(path, &in) == 0 && fstat(fd, &of) == 0 && in.st_dev == of.st_dev &&
	       in.st_ino == of.st_ino;
}

/* True if the user namespace is the caller's own and the caller has CAP_NET_ADMIN there, or if the
 * caller made it as a child of its own: in these the kernel gives it all capabilities
 * (user_namespaces(7)). */
static bool has_power_in(const struct caller *c, int user_fd)
{
	uid_t owner;
	if (is_in(c->pid, "user", user_fd))
		return has_net_admin(c->pid, c->uid);
	if (ioctl(user_fd, NS_GET_OWNER_UID, &owner) != 0 || owner != c->uid)
		return false;
	int parent_fd = ioctl(user_fd, NS_GET_PARENT);
	if (parent_fd < 0)
		return false;
	bool is_child = is_in(c->pid, "user", parent_fd);
	close(parent_fd);
	return is_child;
}

static bool owns(const struct caller *c, int netns_fd)
{
	int user_fd = ioctl(netns_fd, NS_GET_USERNS);
	if (user_fd < 0)
		return false;
	bool has_power = has_power_in(c, user_fd);
	close(user_fd);
	return has_power;
}

int caller_check_netns(const struct caller *c, int netns_fd)
{
	if (c->pid <= 0)
		return -ESRCH;
	bool is_his = is_in(c->pid, "net", netns_fd) || owns(c, netns_fd);
	if (!caller_is_alive(c))
		return -ESRCH;
	return is_his ? 0 : -EPERM;
}
