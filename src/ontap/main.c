/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of steps: namespaces, device, addresses, environment, user, PROG.
 * Never stays: it becomes PROG, together with the connection that holds the device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/cmdline.h"
#include "io/exit.h"
#include "io/ifwait.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "libontap/ontap.h"
#include "ontap/dhcp.h"
#include "ontap/environ.h"
#include "ontap/list.h"
#include "ontap/settings.h"
#include "ontap/space.h"

/* The result of the request. */
struct gotten {
	int fd; /* the connection, -1 when closed */
	struct ontap_device device;
	int fds[LIMIT_DEVICE_QUEUES];
	unsigned fd_count;
};

static int ask(
	const struct settings *o, int netns_fd, struct gotten *got, struct ontap_error *error)
{
	const struct ontap_request request = {
		.type = o->type_text,
		.mode = o->mode,
		.ifname = o->ifname,
		.alias = o->alias,
		.queues = o->queues,
		.mtu = o->mtu,
		.hwaddr = o->hwaddr.is_given ? o->hwaddr.bytes : NULL,
		.flags = (o->is_kept ? ONTAP_KEEP : 0) | (o->is_down ? ONTAP_STAY_DOWN : 0) |
			 (o->has_autoconf ? ONTAP_AUTOCONF : 0) |
			 (settings_has_own_addrs(o) ? ONTAP_OWN_ADDRS : 0),
	};
	switch (o->task) {
	case TASK_CREATE:
		return ontap_create(got->fd, netns_fd, &request, &got->device, got->fds, error);
	case TASK_OPEN:
		return ontap_open(
			got->fd, netns_fd, o->opened, o->queues, &got->device, got->fds, error);
	case TASK_REMOVE: return ontap_remove(got->fd, netns_fd, o->removed, error);
	case TASK_WATCH: return ontap_watch(got->fd, netns_fd, error);
	case TASK_LIST: break; /* list.c asks */
	}
	return ONTAP_MALFORMED;
}

/* Connects and sends the request. Returns the exit code. */
static int get(const struct settings *o, struct gotten *got, const struct log *log)
{
	struct ontap_error error = {0};
	got->fd = ontap_connect(o->socket);
	if (got->fd < 0) {
		log_error(log, "connect: socket=\"%s\" error=\"%s\"", o->socket, err_text(-errno));
		return EXIT_SYSTEM;
	}
	int netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns_fd < 0) {
		log_error(log, "namespace: error=\"%s\"", err_text(-errno));
		return EXIT_SYSTEM;
	}
	if (o->task == TASK_LIST) {
		int code = list_print(o, got->fd, netns_fd, log);
		close(netns_fd);
		return code;
	}
	int status = ask(o, netns_fd, got, &error);
	close(netns_fd);
	if (status) {
		log_error(log, "no device: status=\"%s\" error=\"%s\"", ontap_status_text(status),
			error.text);
		return status == ONTAP_DISCONNECTED ? EXIT_SYSTEM : EXIT_NO;
	}
	got->fd_count = o->task == TASK_CREATE || o->task == TASK_OPEN ? o->queues : 0;
	log_debug(log, "device: ifname=%s ifindex=%u queues=%u", got->device.ifname,
		got->device.ifindex, got->fd_count);
	return EXIT_DONE;
}

static int add_addrs(const struct settings *o, const struct gotten *got, const struct log *log)
{
	struct asker a;
	if (o->addrs.count == 0)
		return EXIT_DONE;
	int err = asker_open(&a);
	for (size_t i = 0; i < o->addrs.count && !err; i++) {
		const struct rtnl_request request =
			request_add_addr(++a.seq, got->device.ifindex, &o->addrs.at[i]);
		err = asker_ask(&a, &request, NSID_OWN);
	}
	asker_close(&a);
	if (err)
		log_error(
			log, "address: ifname=%s error=\"%s\"", got->device.ifname, err_text(err));
	return err ? EXIT_SYSTEM : EXIT_DONE;
}

static int add_gateway(struct asker *a, const struct gotten *got, const struct addr *gateway)
{
	if (gateway->family == ADDR_NONE)
		return 0;
	const struct rtnl_request request = request_gateway(++a->seq, got->device.ifindex, gateway);
	return asker_ask(a, &request, NSID_OWN);
}

static int add_gateways(const struct settings *o, const struct gotten *got, const struct log *log)
{
	struct asker a;
	int err = asker_open(&a);
	if (!err)
		err = add_gateway(&a, got, &o->gateways.v4);
	if (!err)
		err = add_gateway(&a, got, &o->gateways.v6);
	asker_close(&a);
	if (err)
		log_error(
			log, "gateway: ifname=%s error=\"%s\"", got->device.ifname, err_text(err));
	return err ? EXIT_SYSTEM : EXIT_DONE;
}

/* PROG and its children hold the device by the connection. Nobody holds a kept device. */
static bool is_held(const struct settings *o)
{
	return (o->task == TASK_CREATE && !o->is_kept) || o->task == TASK_WATCH;
}

/* `dhcp_fd` becomes readable when the DHCP client has failed; -1: there is none. */
static int wait_for_addrs(
	struct settings *o, const struct gotten *got, int dhcp_fd, const struct log *log)
{
	if (o->await.criterion_count == 0)
		return EXIT_DONE;
	ns_t deadline = o->timeout == NS_NEVER ? NS_NEVER : loop_now() + o->timeout;
	memcpy(o->await.ifname, got->device.ifname, sizeof(o->await.ifname));
	int err = ifwait(&o->await, deadline, dhcp_fd);
	if (!err)
		return EXIT_DONE;
	log_error(log, "wait: ifname=%s error=\"%s\"", got->device.ifname,
		err == ERR_ABSENT   ? "timed out"
		: err == -ECANCELED ? "the DHCP client has ended"
				    : err_text(err));
	return err == ERR_ABSENT ? EXIT_TIMEOUT : EXIT_SYSTEM;
}

/* ontapd has chosen a tap on a bridge, which is in its own namespace. */
static int check_link(const struct settings *o, const struct gotten *got, const struct log *log)
{
	if (strcmp(got->device.type, "tap") != 0 || !settings_needs_link(o))
		return EXIT_DONE;
	log_error(
		log, "no link: ifname=%s error=\"" SETTINGS_NO_LINK_TEXT "\"", got->device.ifname);
	return EXIT_NO;
}

static int configure(struct settings *o, const struct gotten *got, const struct log *log)
{
	int code = check_link(o, got, log);
	if (!code)
		code = add_addrs(o, got, log);
	if (!code)
		code = add_gateways(o, got, log);
	int dhcp_fd = -1;
	const bool is_awaited = o->await.criterion_count > 0;
	const int device_fd = is_held(o) ? got->fd : -1;
	if (!code && o->has_dhcp && dhcp_start(&got->device, device_fd, is_awaited, log, &dhcp_fd))
		code = EXIT_SYSTEM;
	if (!code)
		code = wait_for_addrs(o, got, dhcp_fd, log);
	if (dhcp_fd >= 0)
		close(dhcp_fd);
	return code;
}

static int pass_descriptors(const struct settings *o, struct gotten *got)
{
	if (is_held(o) && fcntl(got->fd, F_SETFD, 0) != 0)
		return EXIT_SYSTEM;
	if (!is_held(o)) {
		close(got->fd);
		got->fd = -1;
	}
	for (unsigned i = 0; i < got->fd_count; i++)
		if (fcntl(got->fds[i], F_SETFD, 0) != 0)
			return EXIT_SYSTEM;
	return EXIT_DONE;
}

static int become_prog(const struct settings *o, struct gotten *got, const struct log *log)
{
	int code = pass_descriptors(o, got);
	if (!code && (o->task == TASK_CREATE || o->task == TASK_OPEN))
		code = environ_export(&got->device, got->fds, got->fd_count) ? EXIT_SYSTEM : 0;
	int err = code ? 0 : space_drop(o, log);
	if (err)
		code = err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	if (code)
		return code;
	execvp(o->prog[0], o->prog);
	log_error(log, "exec: prog=\"%s\" error=\"%s\"", o->prog[0], err_text(-errno));
	return EXIT_SYSTEM;
}

static int run(struct settings *o, const struct log *log)
{
	struct gotten got = {.fd = -1};
	if (space_enter(o, log))
		return EXIT_SYSTEM;
	int code = get(o, &got, log);
	if (!code && (o->task == TASK_CREATE || o->task == TASK_OPEN))
		code = configure(o, &got, log);
	if (code)
		return code;
	if (o->prog[0])
		return become_prog(o, &got, log);
	if (o->task == TASK_CREATE)
		environ_print(&got.device);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
	struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_WARNING};
	if (dhcp_is_script())
		return dhcp_script(argc > 1 ? argv[1] : "", &log);
	struct options_args args;
	int code = cmdline_parse(&args, &settings_table, argc, argv, &log);
	if (code != CMDLINE_GO_ON)
		return code;
	struct settings *s = calloc(1, sizeof(*s));
	code = s ? (int)cmdline_load(s, &settings_table, &args, &log) : EXIT_SYSTEM;
	options_args_fini(&args);
	if (code == CMDLINE_GO_ON) {
		log.threshold = s->verbosity;
		code = run(s, &log);
		options_free(s, &settings_table);
	}
	free(s);
	return code;
}
