/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that holds a device with DHCP.
 * Never speaks DHCP.
 */
#include "ontap-cni/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/exit.h"
#include "io/netlink.h"

enum { WORDS_CAP = 64, WORD_CAP = 320, SELF_CAP = 4096 };

/* The command line of ontap(1). */
struct command {
	char words[WORDS_CAP][WORD_CAP];
	char self[SELF_CAP];
	const char *argv[WORDS_CAP + 2];
	size_t count;
};

PRINTFLIKE(2, 3)
static void add_word(struct command *c, const char *format, ...)
{
	va_list args;
	if (c->count == WORDS_CAP)
		return;
	va_start(args, format);
	vsnprintf(c->words[c->count], WORD_CAP, format, args);
	va_end(args);
	c->argv[c->count] = c->words[c->count];
	c->count++;
}

static void add_addrs(struct command *c, const struct cni_request *req)
{
	char text[ADDR_TEXT_CAP];
	for (size_t i = 0; i < req->addr_count; i++)
		add_word(c, "--addr=%s/%u", addr_format(&req->addrs[i].addr, text),
			req->addrs[i].prefix_len);
	for (size_t i = 0; i < ARRAY_LEN(req->gateways); i++)
		if (req->gateways[i].family != ADDR_NONE)
			add_word(c, "--gateway=%s", addr_format(&req->gateways[i], text));
}

static void add_options(struct command *c, const struct cni_request *req)
{
	const uint8_t *h = req->hwaddr;
	add_word(c, "ontap");
	add_word(c, "--type=%s", req->type);
	add_word(c, "--name=%s", req->ifname);
	if (req->mode[0])
		add_word(c, "--mode=%s", req->mode);
	if (req->alias[0])
		add_word(c, "--alias=%s", req->alias);
	if (req->mtu)
		add_word(c, "--mtu=%u", req->mtu);
	if (req->has_hwaddr)
		add_word(c, "--mac=%02x:%02x:%02x:%02x:%02x:%02x", h[0], h[1], h[2], h[3], h[4],
			h[5]);
	add_addrs(c, req);
	/* Runtimes wait for a minute or more. */
	add_word(c, "--dhcp");
	add_word(c, "--wait=0.0.0.0/0");
	add_word(c, "--timeout=30");
	add_word(c, "%s", req->socket);
}

/* Of two pipes: `ready` is written by the holder, `told` has what ontap complains about. */
__attribute__((noreturn)) static void run_ontap(
	const struct cni_request *req, int netns_fd, int ready_fd, int told_fd)
{
	struct command *c = calloc(1, sizeof(*c));
	if (!c || readlink("/proc/self/exe", c->self, sizeof(c->self) - 1) < 0)
		_exit(EXIT_SYSTEM);
	add_options(c, req);
	add_word(c, "--");
	c->argv[c->count] = c->self;
	size_t after = c->count + 1;
	c->count = after;
	add_word(c, "%s", LEASE_HOLD);
	add_word(c, "%d", ready_fd);
	add_word(c, "%s", req->ifname);
	c->argv[c->count] = NULL;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* The runtime waits for the end of its pipes: nobody else may keep them. */
	if (setsid() < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
		dup2(null_fd, STDOUT_FILENO) < 0 || dup2(told_fd, STDERR_FILENO) < 0 ||
		fcntl(ready_fd, F_SETFD, 0) || setns(netns_fd, CLONE_NEWNET))
		_exit(EXIT_SYSTEM);
	/* What the client says when the plugin has ended is lost; it must not end the client. */
	signal(SIGPIPE, SIG_IGN);
	execvp("ontap", (char **)c->argv);
	dprintf(STDERR_FILENO, "ontap: %s", err_text(-errno));
	_exit(EXIT_SYSTEM);
}

/* Reads the end of the first line of what ontap says. */
static enum cni_code read_complaint(int told_fd, struct cni_error *error)
{
	char text[CNI_TEXT_CAP / 2] = "";
	ssize_t len = read(told_fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return cni_fail(error, CNI_REFUSED, "no address: %s", text[0] ? text : "ontap has ended");
}

enum cni_code lease_start(const struct cni_request *req, int netns_fd, struct cni_error *error)
{
	int ready[2], told[2];
	if (pipe2(ready, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		return cni_fail(error, CNI_SYSTEM, "pipe: %s", err_text(-errno));
	pid_t child = fork();
	if (child == 0)
		run_ontap(req, netns_fd, ready[1], told[1]);
	close(ready[1]);
	close(told[1]);
	char byte = 0;
	/* The end of the file is the end of ontap. */
	bool is_ready = child > 0 && read(ready[0], &byte, 1) == 1;
	enum cni_code code = is_ready ? CNI_OK : read_complaint(told[0], error);
	close(ready[0]);
	close(told[0]);
	return code;
}

/* --- the holder ----------------------------------------------------------------------------- */

int lease_hold(const char *ready, const char *ifname)
{
	static const int groups[] = {RTNLGRP_LINK};
	static _Alignas(8) char buf[NETLINK_DATAGRAM_CAP];
	unsigned ifindex = if_nametoindex(ifname);
	char name[IF_NAMESIZE];
	nsid_t nsid;
	int fd = netlink_open();
	if (fd < 0 || netlink_join(fd, groups, ARRAY_LEN(groups)))
		return EXIT_SYSTEM;
	int ready_fd = atoi(ready);
	if (ready_fd <= STDERR_FILENO || write(ready_fd, "", 1) != 1)
		return EXIT_SYSTEM;
	close(ready_fd);
	(void)!freopen("/dev/null", "w", stderr);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	/* Any news of links, or their loss, is a reason to look. */
	while (ifindex && if_indextoname(ifindex, name) && poll(&p, 1, -1) > 0)
		while (netlink_receive(fd, buf, &nsid) > 0)
			;
	return EXIT_DONE;
}
