/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from a caller to the user who is responsible for him.
 * Never gives anybody a right: what is found here is only counted.
 */
#include "ontapd/account.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_CAP = 64,
	NESTED_MAX = 33,    /* user_namespaces(7): 32 levels below the first */
	RANGE_MASK = 0xffff /* a container of root's has 65536 ids (systemd-nspawn(1)) */
};

static bool is_ours(const struct netns_self *self, int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_dev == self->user_dev && st.st_ino == self->user_ino;
}

static int open_user_namespace(pid_t pid)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Finds the owner of the outermost user namespace below ours. False: the process is in ours, or not
 * below it. */
static bool find_owner(const struct netns_self *self, int fd, uid_t *ret)
{
	for (int i = 0; i < NESTED_MAX; i++) {
		int parent = ioctl(fd, NS_GET_PARENT);
		if (parent < 0)
			break;
		bool is_outermost = is_ours(self, parent);
		bool is_found = is_outermost && ioctl(fd, NS_GET_OWNER_UID, ret) == 0;
		close(fd);
		fd = parent;
		if (is_outermost) {
			close(fd);
			return is_found;
		}
	}
	close(fd);
	return false;
}

uid_t account_of(const struct caller *c, const struct subids *subids, const struct netns_self *self)
{
	uid_t account = subids_account(subids, c->uid), owner;
	if (c->uid == 0 || account != c->uid || c->pid <= 0)
		return account;
	int fd = open_user_namespace(c->pid);
	if (fd < 0)
		return account;
	if (is_ours(self, fd)) {
		close(fd);
		return account;
	}
	/* The number may have passed to another process meanwhile. */
	if (!find_owner(self, fd, &owner) || !caller_is_alive(c))
		return account;
	if (owner != 0)
		return owner;
	return c->uid > RANGE_MASK ? c->uid & ~(uid_t)RANGE_MASK : c->uid;
}
