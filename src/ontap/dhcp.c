/* SPDX-License-Identifier: ISC */
/*
 * Owns the running of a DHCP client. It gets an identifier per device (RFC 4361), because an ipvlan
 * has the hardware address of its parent and its siblings. It sets the broadcast flag (RFC 2131
 * §4.1), because an answer to that hardware address would reach the parent. And it has its own
 * files.
 * Never speaks DHCP, never touches resolv.conf.
 */
#include "ontap/dhcp.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "device/request.h"
#include "io/exit.h"
#include "io/netlink.h"

#define SCRIPT_ENV "ONTAP_DHCP_SCRIPT"

/* An infinite lease (RFC 2131 §3.3) gets a finite lifetime, which distinguishes leased addresses
 * from those of --addr. */
#define LIFETIME_MAX (UINT32_MAX - 1)

/* Type 255, IAID, DUID-UUID (RFC 6355): 1, 4, 2 and 16 bytes. Each is two digits and a
 * colon, or the end. */
enum { CLIENT_ID_CAP = 3 * (1 + 4 + 2 + 16), ARGS_CAP = 24, PATH_CAP = 1024 };

/* The parameters of a client: the device, and its identity. */
struct client {
	const char *ifname;
	char id[CLIENT_ID_CAP];
	char self[PATH_CAP]; /* path of our own program, which is the script */
};

static void format_client_id(const struct ontap_device *device, char out[CLIENT_ID_CAP])
{
	uint8_t bytes[CLIENT_ID_CAP / 3] = {255};
	memcpy(bytes + 1, device->id, 4);
	bytes[6] = 4; /* DUID-UUID */
	memcpy(bytes + 7, device->id, 16);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 3 * i, 4, i + 1 < sizeof(bytes) ? "%02x:" : "%02x", bytes[i]);
}

/* --- private files ------------------------------------------------------------------------ */

/* Devices in two namespaces may have the same name, and clients keep locks, leases and sockets
 * under it. So each client gets private directories, if we may mount. */
static void hide_files_of_others(const char *const *dirs)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	for (; *dirs; dirs++)
		(void)!mount("ontap", *dirs, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
}

/* --- the clients -------------------------------------------------------------------------- */

/* Runs udhcpc alone, or as a part of busybox. It keeps no files. */
static void exec_udhcpc(const struct client *c)
{
	char option[sizeof("0x3d:") + CLIENT_ID_CAP];
	snprintf(option, sizeof(option), "0x3d:%s", c->id);
	/* -R: releases the lease at the end */
	const char *args[ARGS_CAP] = {"busybox", "udhcpc", "-f", "-R", "-i", c->ifname, "-B", "-C",
		"-x", option, "-s", c->self, NULL};
	setenv(SCRIPT_ENV, "1", 1);
	execvp("udhcpc", (char **)args + 1);
	execvp("busybox", (char **)args);
}

/* Runs dhcpcd, which sets addresses and routes itself. */
static void exec_dhcpcd(const struct client *c)
{
	static const char *const dirs[] = {"/run", "/var/lib/dhcpcd", NULL};
	hide_files_of_others(dirs);
	/* -B: in the foreground; -J: the broadcast flag; -L: no link-local address; -A: no ARP
	 * probes, which take seconds, and which the other clients do not send either */
	const char *args[ARGS_CAP] = {"dhcpcd", "-4", "-B", "-J", "-L", "-A", "-I", c->id, "-C",
		"resolv.conf", "-C", "hostname", c->ifname, NULL};
	execvp("dhcpcd", (char **)args);
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

/* In order of preference: udhcpc disturbs nothing else on the machine. ISC's dhclient is missing:
 * it cannot set the broadcast flag, and waits for ever on an ipvlan. */
static const struct {
	const char *name;
	void (*exec)(const struct client *c); /* returns only if it cannot be run, with errno */
} clients[] = {
	{"udhcpc", exec_udhcpc},
	{"busybox", exec_udhcpc},
	{"dhcpcd", exec_dhcpcd},
};

/* --- the process -------------------------------------------------------------------------- */

/* Runs in the child: ends with its parent, reads nothing, and prints to standard error. */
__attribute__((noreturn)) static void run_client(
	size_t which, const struct ontap_device *device, pid_t parent, const struct log *log)
{
	struct client c = {.ifname = device->ifname};
	ssize_t len = readlink("/proc/self/exe", c.self, sizeof(c.self) - 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (len < 0 || getppid() != parent)
		_exit(EXIT_SYSTEM);
	format_client_id(device, c.id);
	(void)!freopen("/dev/null", "r", stdin);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	clients[which].exec(&c);
	log_error(log, "dhcp: client=%s error=\"%s\"", clients[which].name, err_text(-errno));
	_exit(EXIT_SYSTEM);
}

int dhcp_start(const struct ontap_device *device, const struct log *log)
{
	size_t which = 0, count = sizeof(clients) / sizeof(clients[0]);
	while (which < count && !is_installed(clients[which].name))
		which++;
	if (which == count) {
		log_error(log, "dhcp: error=\"no client found\" note=\"install udhcpc, busybox or "
			       "dhcpcd\"");
		return ERR_ABSENT;
	}
	pid_t parent = getpid(), child = fork();
	if (child == 0)
		run_client(which, device, parent, log);
	if (child > 0)
		return 0;
	int err = -errno;
	log_error(log, "dhcp: error=\"%s\"", err_text(err));
	return err;
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
	char first
		[ADDR_TEXT_CAP]; /* the first of several (RFC 2132 §3.5: in order of preference) */
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

static int read_lease(uint32_t ifindex, struct lease *ret)
{
	unsigned long mask = get_number("mask", 24), seconds = get_number("lease", 0);
	*ret = (struct lease){.ifindex = ifindex};
	if (ret->ifindex == 0 || mask > 32 || get_addr("ip", &ret->addr.addr))
		return ERR_SYNTAX;
	ret->addr.prefix_len = (uint8_t)mask;
	ret->addr.lifetime_s =
		seconds > 0 && seconds < LIFETIME_MAX ? (uint32_t)seconds : LIFETIME_MAX;
	if (get_addr("router", &ret->router))
		ret->router = (struct addr){0};
	return 0;
}

/* The kernel removes the address when the lease ends, and the route with it. */
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

/* A leased address of a link, if it has any. */
struct leased {
	uint32_t ifindex;
	struct device_addr addr; /* its family is ADDR_NONE if there is none */
};

static void on_addr(void *arg, const struct event *ev)
{
	struct leased *l = arg;
	if (ev->type != EV_ADDR || ev->addr.ifindex != l->ifindex ||
		ev->addr.addr.family != ADDR_V4 || (ev->addr.flags & IFA_F_PERMANENT))
		return;
	l->addr = (struct device_addr){.addr = ev->addr.addr, .prefix_len = ev->addr.prefix_len};
}

/* Finds a leased address by a dump. -EINTR: the dump may lack some, so the caller repeats it. */
static int find_leased(struct asker *a, struct leased *ret)
{
	const struct rtnl_sink sink = {.on_event = on_addr, .arg = ret};
	const struct rtnl_request request = rtnl_dump_addrs(++a->seq, NSID_OWN);
	ret->addr.addr.family = ADDR_NONE;
	return asker_dump(a, &request, NSID_OWN, &sink);
}

/* The client has no lease any more: it "MUST immediately stop using" the address (RFC 2131 §4.4.5,
 * and §3.2 after a DHCPNAK). Progress: each turn removes one. */
static int drop_leases(uint32_t ifindex)
{
	enum { TURNS_MAX = 16 };
	struct asker a;
	struct leased l = {.ifindex = ifindex};
	int err = asker_open(&a);
	for (int i = 0; !err && i < TURNS_MAX; i++) {
		err = find_leased(&a, &l);
		if (!err && l.addr.addr.family == ADDR_NONE)
			break;
		if (err == -EINTR)
			err = 0;
		if (err || l.addr.addr.family == ADDR_NONE)
			continue;
		const struct rtnl_request request = request_delete_addr(++a.seq, ifindex, &l.addr);
		err = asker_ask(&a, &request, NSID_OWN);
	}
	asker_close(&a);
	return err;
}

static bool is_one_of(const char *event, const char *one, const char *other)
{
	return strcmp(event, one) == 0 || strcmp(event, other) == 0;
}

int dhcp_script(const char *event, const struct log *log)
{
	struct lease lease;
	const char *ifname = getenv("interface");
	uint32_t ifindex = ifname ? if_nametoindex(ifname) : 0;
	int err = 0;
	if (is_one_of(event, "bound", "renew")) {
		if (read_lease(ifindex, &lease)) {
			log_error(log, "dhcp: error=\"the lease is malformed\"");
			return EXIT_SYSTEM;
		}
		err = apply_lease(&lease);
	} else if (is_one_of(event, "deconfig", "nak") &&
		   ifindex) { /* at the end, the link may be gone */
		err = drop_leases(ifindex);
	}
	if (err)
		log_error(log, "dhcp: error=\"%s\"", err_text(err));
	return err ? EXIT_SYSTEM : EXIT_DONE;
}
