/* SPDX-License-Identifier: ISC */
/*
 * A guest without a virtual machine, for tests: makes a tap of that name in the network namespace that it is
 * started in, with the hardware address in ONTAP_HWADDR, and carries frames between it and the queue ONTAP_FD0.
 * So the kernel, and DHCP clients, of that namespace are those of a guest. Usage: guest-shuttle IFNAME
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_CAP = 70000 };

static int fail(const char *what)
{
	fprintf(stderr, "guest-shuttle: %s: %s\n", what, strerror(errno));
	return -1;
}

/* The queue of ontapd has a header of virtio before each frame; the tap has the same. */
static int open_tap(const char *ifname, const char *hwaddr)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	unsigned char *to = (unsigned char *)request.ifr_hwaddr.sa_data;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		return fail("tap");
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	if (!hwaddr ||
		sscanf(hwaddr, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3, to + 4,
			to + 5) != 6 ||
		ioctl(fd, SIOCSIFHWADDR, &request))
		return fail("hardware address");
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP;
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &request))
		return fail("up");
	close(sock);
	return fd;
}

/* A side that is down takes no frames: they are lost, as on a wire. */
static int carry(int from, int to)
{
	static unsigned char frame[FRAME_CAP];
	ssize_t len = read(from, frame, sizeof(frame));
	if (len <= 0)
		return len < 0 && (errno == EAGAIN || errno == EINTR || errno == EIO) ? 0 : -1;
	(void)!write(to, frame, (size_t)len);
	return 0;
}

int main(int argc, char **argv)
{
	const char *queue = getenv("ONTAP_FD0");
	if (argc != 2 || !queue)
		return 2;
	struct pollfd fds[] = {{.fd = atoi(queue), .events = POLLIN},
		{.fd = open_tap(argv[1], getenv("ONTAP_HWADDR")), .events = POLLIN}};
	if (fds[1].fd < 0)
		return 1;
	printf("up\n");
	fflush(stdout);
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents && carry(fds[0].fd, fds[1].fd))
			return 1;
		if (fds[1].revents && carry(fds[1].fd, fds[0].fd))
			return 1;
	}
	return 1;
}
