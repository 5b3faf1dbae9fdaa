/* SPDX-License-Identifier: ISC */
/*
 * Owns a listener for tests: the automaton for guests on a packet socket with its filter, at the
 * host's end of a veth or tap. Each report is a line of standard output: "+ADDR ORIGIN", "-ADDR",
 * "name NAME". "ready" is the first line, "frames N" the last one. It ends with standard input.
 *
 *	guest-hear IFNAME POLICY
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guest/filter.h"
#include "guest/guest.h"

static void die(const char *what)
{
	perror(what);
	exit(111);
}

static ns_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void on_addr(void *arg, const struct guest_addr *a)
{
	char text[ADDR_TEXT_CAP];
	(void)arg;
	printf("+%s %s\n", addr_format(&a->addr, text), guest_origin_text(a->origin));
}

static void on_addr_gone(void *arg, const struct addr *a)
{
	char text[ADDR_TEXT_CAP];
	(void)arg;
	printf("-%s\n", addr_format(a, text));
}

static void on_name(void *arg, const char *name)
{
	(void)arg;
	printf("name %s\n", name);
}

static int open_socket(const char *ifname)
{
	struct sock_filter program[GUEST_FILTER_CAP];
	struct sock_fprog fprog = {
		.len = (unsigned short)guest_filter_make(program, true, false), .filter = program};
	struct sockaddr_ll where = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(ifname)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)))
		die("no socket with the filter");
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)))
		die("no such link");
	return fd;
}

static int timeout_ms(const struct guest *g)
{
	ns_t deadline = guest_deadline(g), left = deadline - now();
	if (deadline == NS_NEVER || left > 1000 * NS_PER_S)
		return -1;
	return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

static void hear_one(struct guest *g, int fd)
{
	static uint8_t frame[LIMIT_GUEST_FRAME];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(
		fd, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
	if (len > 0)
		guest_hear(g, from.sll_pkttype == PACKET_OUTGOING ? GUEST_HEARS : GUEST_SAYS, frame,
			(size_t)len, now());
}

int main(int argc, char **argv)
{
	struct guest_config config = {
		.sink = {.on_addr = on_addr, .on_addr_gone = on_addr_gone, .on_name = on_name}};
	unsigned frames = 0;
	if (argc != 3 || guest_policy_parse(argv[2], &config.policy))
		return 100;
	struct guest *g = guest_new(&config);
	struct pollfd fds[] = {
		{.fd = open_socket(argv[1]), .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	if (!g)
		return 111;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (!fds[1].revents) {
		poll(fds, ARRAY_LEN(fds), timeout_ms(g));
		guest_poll(g, now());
		if (fds[0].revents & POLLIN) {
			hear_one(g, fds[0].fd);
			frames++;
		}
	}
	printf("frames %u\n", frames);
	guest_free(g);
	close(fds[0].fd);
	return 0;
}
