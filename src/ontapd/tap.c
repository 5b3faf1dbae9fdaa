/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from a tap's name to its descriptors.
 * Never uses /dev/tapN: all namespaces share one /dev, and N is an ifindex of one of them. The
 * device number is read from a sysfs of the namespace, and a node is made where nobody else can see
 * it: both file systems are mounted nowhere.
 */
#include "ontapd/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PATH_CAP = 128 };

/* Makes a file system of that type without mounting it. sysfs shows the network namespace of its
 * maker. Returns a descriptor of its root; -errno. */
static int create_filesystem(const char *type)
{
	int context = fsopen(type, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	int fd = -1;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	int err = fd < 0 ? -errno : fd;
	close(context);
	return err;
}

/* Parses "MAJOR:MINOR", the content of the tap's file in sysfs. */
static int parse_device(const char *text, dev_t *ret)
{
	char *end;
	unsigned long major_number = strtoul(text, &end, 10);
	if (end == text || *end != ':')
		return -EINVAL;
	const char *second = end + 1;
	unsigned long minor_number = strtoul(second, &end, 10);
	if (end == second || (*end != '\n' && *end != '\0'))
		return -EINVAL;
	*ret = makedev((unsigned)major_number, (unsigned)minor_number);
	return 0;
}

static int read_device(
	int sysfs_fd, const char *kind, const char *ifname, uint32_t ifindex, dev_t *ret)
{
	char path[PATH_CAP], text[32];
	snprintf(path, sizeof(path), "class/net/%s/%s/tap%u/dev", ifname, kind, ifindex);
	int fd = openat(sysfs_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t len = read(fd, text, sizeof(text) - 1);
	int err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	text[len] = '\0';
	return parse_device(text, ret);
}

static int find_device(const char *kind, const char *ifname, uint32_t ifindex, dev_t *ret)
{
	int sysfs_fd = create_filesystem("sysfs");
	if (sysfs_fd < 0)
		return sysfs_fd;
	int err = read_device(sysfs_fd, kind, ifname, ifindex, ret);
	close(sysfs_fd);
	return err;
}

/* Each open of the node makes one more queue. */
static int open_queues(int dir_fd, unsigned count, int *fds)
{
	for (unsigned i = 0; i < count; i++) {
		fds[i] = openat(dir_fd, "tap", O_RDWR | O_CLOEXEC);
		if (fds[i] >= 0)
			continue;
		int err = -errno;
		while (i-- > 0)
			close(fds[i]);
		return err;
	}
	return 0;
}

int tap_open(struct netns_visit *h, const char *kind, const char *ifname, uint32_t ifindex,
	unsigned count, int *fds)
{
	dev_t device = 0;
	if (h->node_dir_fd < 0) {
		int fd = create_filesystem("tmpfs");
		if (fd < 0)
			return fd;
		h->node_dir_fd = fd;
	}
	int err = find_device(kind, ifname, ifindex, &device);
	if (err)
		return err;
	if (mknodat(h->node_dir_fd, "tap", S_IFCHR | 0600, device) != 0)
		return -errno;
	err = open_queues(h->node_dir_fd, count, fds);
	unlinkat(h->node_dir_fd, "tap", 0);
	return err;
}
