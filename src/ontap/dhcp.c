/* SPDX-License-Identifier: ISC */
/*
 * Owns how a DHCP client is run: with an identifier of its own per device (RFC 4361: an ipvlan has the
 * hardware address of its parent, as all its siblings) and the broadcast flag (RFC 2131 §4.1: an
 * answer sent to that hardware address would reach the parent).
 * Never speaks DHCP, never touches resolv.conf. Called by main; and, by the client, as its script.
 */
#include "ontap/dhcp.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "device/request.h"
#include "io/netlink.h"

#define SCRIPT_ENV "ONTAP_DHCP_SCRIPT"

/* Type 255, IAID, DUID-UUID (RFC 6355): one byte, four, two and sixteen; two digits each. */
enum { CLIENT_ID_CAP = 2 * (1 + 4 + 2 + 16) + 1, ARGS_CAP = 16, PATH_CAP = 1024 };

/* --- the client --------------------------------------------------------------------------- */

static void format_client_id(const struct ontap_device *device, char out[CLIENT_ID_CAP])
{
	uint8_t bytes[(CLIENT_ID_CAP - 1) / 2] = {255};
	memcpy(bytes + 1, device->id, 4);
	bytes[6] = 4; /* DUID-UUID */
	memcpy(bytes + 7, device->id, 16);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* Runs udhcpc, alone or as a part of busybox. Comes back only if there is none. */
static void exec_udhcpc(const char *ifname, const char *client_id, const char *self)
{
	char option[CLIENT_ID_CAP + 8];
	snprintf(option, sizeof(option), "0x3d:%s", client_id);
	/* -R: gives the lease back at the end */
	const char *args[ARGS_CAP] = {"busybox", "udhcpc", "-f", "-R", "-i", ifname, "-B", "-C", "-x",
		option, "-s", self, NULL};
	execvp("udhcpc", (char **)args + 1);
	execvp("busybox", (char **)args);
}

static void exec_dhcpcd(const char *ifname, const char *client_id)
{
	char colons[3 * CLIENT_ID_CAP / 2 + 1];
	size_t len = 0;
	for (size_t i = 0; client_id[i] && len + 4 < sizeof(colons); i += 2)
		len += (size_t)snprintf(colons + len, sizeof(colons) - len, "%s%.2s", i ? ":" : "",
			client_id + i);
	const char *args[ARGS_CAP] = {"dhcpcd", "-4", "-B", "-J", "-I", colons, "-C", "resolv.conf",
		"-C", "hostname", ifname, NULL};
	execvp("dhcpcd", (char **)args);
}

/* In the child: ends with its parent, and reads nothing. What it says goes to standard error. */
__attribute__((noreturn)) static void run_client(const struct ontap_device *device, pid_t parent)
{
	char client_id[CLIENT_ID_CAP], self[PATH_CAP];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (len < 0 || getppid() != parent)
		_exit(111);
	self[len] = '\0';
	format_client_id(device, client_id);
	(void)!freopen("/dev/null", "r", stdin);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setenv(SCRIPT_ENV, "1", 1);
	exec_udhcpc(device->ifname, client_id, self);
	exec_dhcpcd(device->ifname, client_id);
	_exit(127);
}

static bool is_installed(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_CAP];
	for (path = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"; *path;) {
		size_t len = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += len;
		path += *path == ':';
	}
	return false;
}

int dhcp_start(const struct ontap_device *device, const struct log *log)
{
	if (!is_installed("udhcpc") && !is_installed("busybox") && !is_installed("dhcpcd")) {
		log_error(log, "dhcp: error=\"no client found\" wanted=\"udhcpc, busybox or dhcpcd\"");
		return ERR_ABSENT;
	}
	pid_t parent = getpid(), child = fork();
	if (child == 0)
		run_client(device, parent);
	if (child > 0)
		return 0;
	log_error(log, "dhcp: error=\"%s\"", strerror(errno));
	return ERR_SYS;
}

/* --- its script --------------------------------------------------------------------------- */

struct lease {
	uint32_t ifindex;
	struct device_addr addr;
	struct addr router; /* ADDR_NONE: none */
};

bool dhcp_is_script(void)
{
	return getenv(SCRIPT_ENV) != NULL;
}

static int get_addr(const char *name, struct addr *ret)
{
	const char *text = getenv(name);
	char first[ADDR_TEXT_CAP]; /* of several, the first (RFC 2132 §3.5: in order of preference) */
	if (!text)
		return ERR_ABSENT;
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, " "), text);
	int err = addr_parse(first, ret);
	return !err && ret->family != ADDR_V4 ? ERR_SYNTAX : err;
}

static unsigned long get_number(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value = text ? strtoul(text, &end, 10) : 0;
	return text && end != text && !*end ? value : fallback;
}

static int read_lease(struct lease *ret)
{
	const char *ifname = getenv("interface");
	unsigned long mask = get_number("mask", 24), seconds = get_number("lease", 0);
	*ret = (struct lease){.ifindex = ifname ? if_nametoindex(ifname) : 0};
	if (ret->ifindex == 0 || mask > 32 || get_addr("ip", &ret->addr.addr))
		return ERR_SYNTAX;
	ret->addr.prefix_len = (uint8_t)mask;
	ret->addr.lifetime_s = seconds < UINT32_MAX ? (uint32_t)seconds : 0;
	if (get_addr("router", &ret->router))
		ret->router = (struct addr){0};
	return 0;
}

/* The address goes by itself when the lease ends, and the route with it. */
static int apply_lease(const struct lease *lease)
{
	struct asker a;
	int err = asker_open(&a);
	if (!err) {
		const struct rtnl_request request =
			request_add_addr(++a.seq, lease->ifindex, &lease->addr);
		err = asker_ask(&a, &request, NSID_OWN);
	}
	if (!err && lease->router.family != ADDR_NONE) {
		const struct rtnl_request request = request_default_route(
			++a.seq, lease->ifindex, &lease->router, &lease->addr.addr);
		err = asker_ask(&a, &request, NSID_OWN);
	}
	asker_close(&a);
	return err;
}

int dhcp_script(const char *event, const struct log *log)
{
	struct lease lease;
	if (strcmp(event, "bound") != 0 && strcmp(event, "renew") != 0)
		return 0;
	if (read_lease(&lease)) {
		log_error(log, "dhcp: error=\"the lease is malformed\"");
		return 111;
	}
	int err = apply_lease(&lease);
	if (err)
		log_error(log, "dhcp: error=\"%s\"", strerror(-err));
	return err ? 111 : 0;
}
