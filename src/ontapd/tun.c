/* SPDX-License-Identifier: ISC */
/*
 * Owns the use of /dev/net/tun.
 * Never attaches to a device that it was not told of: the name must be one of ours.
 */
#include "ontapd/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FLAGS = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

/* Attaches a new descriptor to the device, which gets that ifindex if it is made by this. The kernel looks for it in the namespace in which the
 * descriptor was opened. Returns the descriptor, or a negative errno. */
static int attach(const char *name, uint32_t ifindex, unsigned flags)
{
	struct ifreq ifr = {.ifr_flags = (short)flags};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if ((ifindex == 0 || ioctl(fd, TUNSETIFINDEX, &ifindex) == 0) &&
		ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

int tun_create(const char *name, uint32_t ifindex, uid_t owner, bool is_multi)
{
	int fd = attach(name, ifindex, FLAGS | IFF_TUN_EXCL | (is_multi ? IFF_MULTI_QUEUE : 0));
	if (fd < 0 || ioctl(fd, TUNSETOWNER, (unsigned long)owner) == 0)
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

int tun_keep(int fd)
{
	return ioctl(fd, TUNSETPERSIST, 1UL) == 0 ? 0 : -errno;
}

/* A tap was made for one queue, or for more: only the flag that it was made with is allowed. */
int tun_open(const char *name, unsigned count, int *fds)
{
	unsigned flags = FLAGS;
	for (unsigned i = 0; i < count; i++) {
		fds[i] = attach(name, 0, flags);
		if (fds[i] == -EINVAL && i == 0) {
			flags |= IFF_MULTI_QUEUE;
			fds[i] = attach(name, 0, flags);
		}
		if (fds[i] >= 0)
			continue;
		int err = fds[i];
		while (i-- > 0)
			close(fds[i]);
		return err;
	}
	return 0;
}
