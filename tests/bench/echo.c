/* SPDX-License-Identifier: ISC */
/*
 * Owns the limit that servers are measured against: receives packets in batches, sets the QR bit
 * and sends them back.
 * Never looks at anything else in them. Run by bench.py.
 *
 *	echo ADDR PORT [GROUP|- [WORKERS]]
 *
 * IPv4; GROUP is joined on the link that has ADDR. Each worker is a process with its own socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32, PACKET_CAP = 2048 };

static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static struct sockaddr_in peers[BATCH];
static unsigned char packets[BATCH][PACKET_CAP];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
	exit(111);
}

static int open_socket(const char *addr, const char *port, const char *group)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	const int on = 1, room = 4 << 20;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (inet_pton(AF_INET, addr, &at.sin_addr) != 1)
		die(addr);
	if (group) {
		struct ip_mreq join = {.imr_interface = at.sin_addr};
		at.sin_addr.s_addr = INADDR_ANY;
		if (inet_pton(AF_INET, group, &join.imr_multiaddr) != 1 ||
			setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)))
			die(group);
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("bind");
	return fd;
}

static _Noreturn void serve(int fd)
{
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			vectors[i] = (struct iovec){packets[i], PACKET_CAP};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
				.msg_namelen = sizeof(peers[i]),
				.msg_iov = &vectors[i],
				.msg_iovlen = 1};
		}
		int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < count; i++) {
			vectors[i].iov_len = messages[i].msg_len;
			packets[i][2] |= 0x80;
		}
		for (int sent = 0; sent < count;) {
			int n = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
			sent += n > 0 ? n : 1;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 5) {
		fprintf(stderr, "usage: echo ADDR PORT [GROUP|- [WORKERS]]\n");
		return 100;
	}
	int workers = argc > 4 ? atoi(argv[4]) : 1;
	for (int i = 1; i < workers; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			break;
		}
	}
	serve(open_socket(argv[1], argv[2], argc > 3 && argv[3][0] != '-' ? argv[3] : NULL));
}
