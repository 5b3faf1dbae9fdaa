/* SPDX-License-Identifier: ISC */
/*
 * Owns the requests to nsfs.
 * Never keeps a namespace's descriptor.
 */
#include "io/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

uint64_t netns_cookie_here(void)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) != 0)
		cookie = 0;
	close(fd);
	return cookie;
}

struct netns_self netns_self_open(void)
{
	struct netns_self self = {.net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
	struct stat st;
	if (self.net_fd < 0)
		self.net_fd = -errno;
	self.cookie = netns_cookie_here();
	if (stat("/proc/self/ns/user", &st) == 0) {
		self.user_dev = st.st_dev;
		self.user_ino = st.st_ino;
	}
	return self;
}

void netns_self_close(struct netns_self *self)
{
	if (self->net_fd >= 0)
		close(self->net_fd);
	self->net_fd = -1;
}

/* `ip netns add` first creates an ordinary file, and mounts the namespace on it later. The check
 * before opening avoids opening a file that is no namespace. The check after opening detects a
 * change in between. */
int netns_open(const char *path)
{
	int path_fd = open(path, O_PATH | O_CLOEXEC);
	if (path_fd < 0)
		return -errno;
	struct statfs fs;
	int err = fstatfs(path_fd, &fs) != 0 ? -errno : fs.f_type != NSFS_MAGIC ? -ENOENT : 0;
	close(path_fd);
	if (err)
		return err;

	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) != 0 || fs.f_type != NSFS_MAGIC ||
		ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

/* Only a socket made inside the namespace knows the cookie. setns(2) moves only the calling thread,
 * so entering and returning costs four system calls and no thread. If the thread cannot return, the
 * process must not continue. */
static uint64_t cookie_of(const struct netns_self *self, int fd)
{
	if (self->net_fd < 0 || setns(fd, CLONE_NEWNET) != 0)
		return 0;
	uint64_t cookie = netns_cookie_here();
	if (setns(self->net_fd, CLONE_NEWNET) != 0)
		abort();
	return cookie;
}

static bool is_our_user_ns(const struct netns_self *self, int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_dev == self->user_dev && st.st_ino == self->user_ino;
}

/* Root of a user namespace may make others below it, so each one up to ours must belong to root. Takes
 * ownership of `user_fd`. `*ret_uid` is who made the last one below ours, or UINT32_MAX. Progress: each turn
 * goes up by one level, and the kernel has at most 32. */
static enum event_owner owner_by_maker(
	const struct netns_self *self, int user_fd, uint32_t *ret_uid)
{
	enum event_owner owner = OWNER_SYSTEM;
	uid_t uid;
	*ret_uid = UINT32_MAX;
	while (user_fd >= 0 && !is_our_user_ns(self, user_fd)) {
		int parent_fd = ioctl(user_fd, NS_GET_PARENT);
		bool is_known = ioctl(user_fd, NS_GET_OWNER_UID, &uid) == 0;
		if (!is_known || uid != 0 || parent_fd < 0)
			owner = OWNER_USER;
		*ret_uid = is_known ? uid : UINT32_MAX;
		close(user_fd);
		user_fd = parent_fd;
	}
	if (user_fd >= 0)
		close(user_fd);
	return owner;
}

enum event_owner netns_owner(const struct netns_self *self, int fd, uint32_t *ret_uid)
{
	*ret_uid = UINT32_MAX;
	/* EPERM: the owner is a user namespace that is neither ours nor a descendant of ours. */
	int user_fd = self->user_ino ? ioctl(fd, NS_GET_USERNS) : -1;
	if (user_fd < 0)
		return OWNER_UNKNOWN;
	if (!is_our_user_ns(self, user_fd))
		return owner_by_maker(self, user_fd, ret_uid);
	close(user_fd);
	return OWNER_HOST;
}

void netns_facts(const struct netns_self *self, int fd, struct event_ns *ret)
{
	ret->cookie = cookie_of(self, fd);
	ret->owner = (uint8_t)netns_owner(self, fd, &ret->uid);
}
