/* SPDX-License-Identifier: ISC */
/*
 * Owns the running of a DHCP client, and tells when it fails. It gets an identifier per device (RFC 4361), because an ipvlan
 * has the hardware address of its parent and its siblings. It sets the broadcast flag (RFC 2131
 * §4.1), because an answer to that hardware address would reach the parent. And it has its own
 * files.
 * Never speaks DHCP, never touches resolv.conf.
 */
#include "ontap/dhcp.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "device/request.h"
#include "io/exit.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "ontap/lease.h"
#include "ontap/space.h"

#define SCRIPT_ENV "ONTAP_DHCP_SCRIPT"

/* Type 255, IAID, DUID-UUID (RFC 6355): 1, 4, 2 and 16 bytes. Each is two digits and a
 * colon, or the end. */
enum { CLIENT_ID_CAP = 3 * (1 + 4 + 2 + 16), ARGS_CAP = 24, PATH_CAP = 1024 };

/* The parameters of a client: the device, and its identity. */
struct client {
	const char *ifname;
	char file[PATH_CAP]; /* of the client */
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

/* Root keeps its capabilities. Another user has them only in a user namespace of its own, and would
 * lose them when it executes the client. */
static int keep_caps(void)
{
	static const unsigned caps[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
	return geteuid() == 0 ? 0 : space_keep_caps(caps, ARRAY_LEN(caps));
}

/* Returns only if the client cannot be run, with errno. */
static void exec_client(const char *file, const char **args)
{
	int err = keep_caps();
	if (err)
		errno = -err;
	else
		execv(file, (char **)args);
}

/* Runs udhcpc alone, or as a part of busybox. It keeps no files. */
static void exec_udhcpc(const struct client *c)
{
	char option[sizeof("0x3d:") + CLIENT_ID_CAP];
	snprintf(option, sizeof(option), "0x3d:%s", c->id);
	/* -R: releases the lease at the end */
	const char *args[ARGS_CAP] = {"udhcpc", "-f", "-R", "-i", c->ifname, "-B", "-C", "-x",
		option, "-s", c->self, NULL};
	setenv(SCRIPT_ENV, "1", 1);
	exec_client(c->file, args);
}

/* Runs dhcpcd, which sets addresses and routes itself. */
static void exec_dhcpcd(const struct client *c)
{
	static const char *const dirs[] = {"/run", "/var/lib/dhcpcd", NULL};
	/* The way to the program may lead through /run (NixOS, Guix), which is hidden now. */
	const char *file = realpath(c->file, NULL);
	hide_files_of_others(dirs);
	/* -B: in the foreground; -J: the broadcast flag; -L: no link-local address; -A: no ARP
	 * probes, which take seconds, and which the other clients do not send either */
	const char *args[ARGS_CAP] = {"dhcpcd", "-4", "-B", "-J", "-L", "-A", "-I", c->id, "-C",
		"resolv.conf", "-C", "hostname", c->ifname, NULL};
	if (file)
		exec_client(file, args);
}

/* In order of preference: udhcpc disturbs nothing else on the machine. ISC's dhclient is missing:
 * it cannot set the broadcast flag, and waits for ever on an ipvlan. Busybox looks at the name that
 * it is called by. */
static const struct program {
	const char *name;
	void (*exec)(const struct client *c); /* returns only if it cannot be run, with errno */
} programs[] = {
	{"udhcpc", exec_udhcpc},
	{"busybox", exec_udhcpc},
	{"dhcpcd", exec_dhcpcd},
};

/* Looks for the program in the directories of `path`. */
static bool is_in(const char *path, const char *name, char file[PATH_CAP])
{
	/* Progress: each turn reads one directory and its colon. */
	while (*path) {
		size_t len = strcspn(path, ":");
		snprintf(file, PATH_CAP, "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += len;
		path += *path == ':';
	}
	return false;
}

/* Users other than root often have no sbin in their PATH, where these programs are. */
static const struct program *find_program(char file[PATH_CAP])
{
	const char *own = getenv("PATH");
	const char *const paths[] = {own ? own : "", "/usr/sbin:/usr/bin:/sbin:/bin"};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		for (size_t k = 0; k < ARRAY_LEN(programs); k++)
			if (is_in(paths[i], programs[k].name, file))
				return &programs[k];
	return NULL;
}

/* --- the processes ------------------------------------------------------------------------ */

/* How long the client may take to release its lease when PROG has ended. */
#define RELEASE_PATIENCE (3 * NS_PER_S)

/* After a client has ended, another one is started so much later: doubled each time, until one has run for
 * longer than CLIENT_AGE. */
#define RESTART_MIN (1 * NS_PER_S)
#define RESTART_MAX (60 * NS_PER_S)
#define CLIENT_AGE  (120 * NS_PER_S)

/* PROG ─► keeper ─► client. The keeper ends the client together with PROG, and starts it again when it
 * has ended before. Until the lease is released, it holds the device. */
struct keeper {
	const struct program *program;
	struct client client;
	const struct log *log;
	bool is_awaited; /* PROG is not run without an address: then a client that ends is an error */
	int told_fd;     /* closed when the client runs, else it has an errno */
	int device_fd;   /* the connection that holds the device; -1: none does */
	int prog_fd;     /* nothing is written to it, and it is closed when PROG runs */
	sigset_t signals, mask;
};

/* A child ends with its parent, whatever that runs by then. */
static bool end_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

/* Reads nothing, and prints to standard error. */
__attribute__((noreturn)) static void run_client(const struct keeper *k)
{
	(void)!freopen("/dev/null", "r", stdin);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	sigprocmask(SIG_SETMASK, &k->mask, NULL);
	k->program->exec(&k->client);
	int err = errno;
	(void)!write(k->told_fd, &err, sizeof(err));
	_exit(EXIT_SYSTEM);
}

/* Waits for one of the signals, not longer than that. Returns its number, -1: there was none. */
static int wait_signal(const sigset_t *signals, ns_t patience)
{
	const struct timespec ts = {patience / NS_PER_S, patience % NS_PER_S};
	return sigtimedwait(signals, NULL, &ts);
}

/* PROG has ended. The client releases its lease and ends, or is killed. */
static void end_client(const struct keeper *k, pid_t client)
{
	const ns_t end = loop_now() + RELEASE_PATIENCE;
	kill(client, SIGTERM);
	/* Progress: the time passes. */
	for (ns_t now; (now = loop_now()) < end && waitpid(client, NULL, WNOHANG) == 0;)
		(void)wait_signal(&k->signals, end - now);
	kill(client, SIGKILL);
}

/* Waits for SIGTERM, which ends the client, or for its end. Returns its status by waitpid(2). */
static int wait_for_client(const struct keeper *k, pid_t client, bool *was_told)
{
	int status = 0;
	*was_told = false;
	while (waitpid(client, &status, WNOHANG) == 0)
		if (sigwaitinfo(&k->signals, NULL) == SIGTERM) {
			*was_told = true;
			end_client(k, client);
			break;
		}
	return status;
}

static pid_t start_client(const struct keeper *k)
{
	pid_t self = getpid(), client = fork();
	if (client == 0 && end_with(self))
		run_client(k);
	if (client == 0)
		_exit(EXIT_SYSTEM);
	return client;
}

static void tell_end(const struct keeper *k, int status, bool is_again)
{
	log_error(k->log, "dhcp: client=%s status=%d error=\"the client has ended\" note=\"%s\"",
		k->program->name,
		WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
		is_again ? "it is started again" : "its address goes when the lease ends");
}

static bool has_prog(const struct keeper *k)
{
	char byte;
	return !k->is_awaited || read(k->prog_fd, &byte, 1) == 0;
}

/* Starts the client again as often as it ends, until it is told to end. Returns the exit code. */
static int keep_client(const struct keeper *k, pid_t client)
{
	sigset_t end;
	ns_t pause = RESTART_MIN;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	for (;;) {
		const ns_t started = loop_now();
		bool was_told;
		int status = client > 0 ? wait_for_client(k, client, &was_told) : 0;
		if (client > 0 && was_told)
			return EXIT_DONE;
		const bool is_again = has_prog(k);
		if (loop_now() - started > CLIENT_AGE)
			pause = RESTART_MIN;
		if (pause == RESTART_MIN)
			tell_end(k, status, is_again);
		if (!is_again)
			return EXIT_SYSTEM;
		if (wait_signal(&end, pause) == SIGTERM)
			return EXIT_DONE;
		pause = ns_min(2 * pause, RESTART_MAX);
		client = start_client(k);
	}
}

/* Closes all but the standard descriptors and those of the keeper. */
static void close_others(const struct keeper *k)
{
	const int low = k->device_fd < k->prog_fd ? k->device_fd : k->prog_fd;
	const int high = k->device_fd < k->prog_fd ? k->prog_fd : k->device_fd;
	int from = STDERR_FILENO + 1;
	const int keep[] = {low, high};
	for (size_t i = 0; i < ARRAY_LEN(keep); i++) {
		if (keep[i] > from)
			close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	close_range((unsigned)from, ~0u, 0);
}

__attribute__((noreturn)) static void run_keeper(struct keeper *k, pid_t parent)
{
	sigemptyset(&k->signals);
	sigaddset(&k->signals, SIGTERM);
	sigaddset(&k->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &k->signals, &k->mask);
	pid_t client = end_with(parent) ? start_client(k) : -1;
	if (client <= 0)
		_exit(EXIT_SYSTEM);
	close_others(k);
	k->told_fd = -1;
	_exit(keep_client(k, client));
}

/* Reads what told_fd says: 0 when the client runs, -errno if it cannot be run. */
static int read_verdict(int fd)
{
	int err = 0;
	ssize_t len = read(fd, &err, sizeof(err));
	return len == 0 ? 0 : len == sizeof(err) && err > 0 ? -err : -EIO;
}

static int start_keeper(struct keeper *k, int *ret_fd)
{
	int told[2], prog[2];
	if (pipe2(told, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(prog, O_CLOEXEC | O_NONBLOCK) != 0) {
		int err = -errno;
		close(told[0]);
		close(told[1]);
		return err;
	}
	k->told_fd = told[1];
	k->prog_fd = prog[0];
	pid_t parent = getpid(), child = fork();
	int err = child < 0 ? -errno : 0;
	if (child == 0)
		run_keeper(k, parent);
	close(told[1]);
	close(prog[0]); /* the other end is closed when we become PROG */
	if (!err)
		err = read_verdict(told[0]);
	close(told[0]);
	int fd = err ? -1 : (int)syscall(SYS_pidfd_open, child, 0);
	if (!err && fd < 0)
		err = -errno;
	if (!err)
		*ret_fd = fd;
	return err;
}

int dhcp_start(const struct ontap_device *device, int device_fd, bool is_awaited,
	const struct log *log, int *ret_fd)
{
	struct keeper k = {.log = log,
		.client.ifname = device->ifname,
		.device_fd = device_fd,
		.is_awaited = is_awaited};
	k.program = find_program(k.client.file);
	if (!k.program) {
		log_error(log, "dhcp: error=\"no client found\" note=\"install udhcpc, busybox or "
			       "dhcpcd\"");
		return ERR_ABSENT;
	}
	format_client_id(device, k.client.id);
	ssize_t len = readlink("/proc/self/exe", k.client.self, sizeof(k.client.self) - 1);
	int err = len < 0 ? -errno : 0;
	if (!err && !space_has_cap(CAP_NET_ADMIN))
		err = -EPERM;
	if (!err)
		err = start_keeper(&k, ret_fd);
	if (err == -EPERM)
		log_error(log,
			"dhcp: client=%s error=\"no CAP_NET_ADMIN here\" note=\"with --netns "
			"there is\"",
			k.program->name);
	else if (err)
		log_error(log, "dhcp: client=%s error=\"%s\"", k.program->name, err_text(err));
	return err;
}

/* --- its script --------------------------------------------------------------------------- */

bool dhcp_is_script(void)
{
	return getenv(SCRIPT_ENV) != NULL;
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
		const struct lease_text text = {.ip = getenv("ip"),
			.mask = getenv("mask"),
			.router = getenv("router"),
			.seconds = getenv("lease")};
		if (lease_parse(&text, ifindex, &lease)) {
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
