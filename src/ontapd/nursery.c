/* SPDX-License-Identifier: ISC */
/*
 * Owns the namespace of taps with guests.
 * Never makes a link there.
 */
#include "ontapd/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/err.h"
#include "guest/filter.h"
#include "io/privilege.h"
#include "io/ready.h"
#include "ontapd/confine.h"

void nursery_init(struct nursery *n, struct netns_visit *visits, const struct log *log)
{
	*n = (struct nursery){.visits = visits, .log = log, .netns_fd = -1, .asker.fd = -1};
}

/* --- keeping it --------------------------------------------------------------------------- */

/* The file is for runs without a service manager that keeps descriptors. */
static int bind_file(struct nursery *n, const char *path)
{
	n->path = strdup(path);
	if (!n->path)
		return ERR_NOMEM;
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (fd < 0)
		return -errno;
	close(fd);
	char source[32];
	snprintf(source, sizeof(source), "/proc/self/fd/%d", n->netns_fd);
	return mount(source, path, NULL, MS_BIND, NULL) ? -errno : 0;
}

static void keep(struct nursery *n, const char *path, const char *notify_socket)
{
	int err = notify_socket && *notify_socket
			  ? ready_store(notify_socket, "guests", n->netns_fd)
			  : bind_file(n, path);
	if (err)
		log_warning(n->log,
			"the namespace of guests is not kept: file=\"%s\" error=\"%s\" "
			"note=\"after a restart, guests that run are not heard\"",
			path, err_text(err));
}

/* --- making it ---------------------------------------------------------------------------- */

static int write_sysctl(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* a kernel without IPv6 */
	int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* The kernel there must say nothing and answer nothing: all of that is the guests'. */
static int silence(void)
{
	static const struct {
		const char *path, *text;
	} settings[] = {
		{"/proc/sys/net/ipv4/conf/all/arp_ignore", "8"},
		{"/proc/sys/net/ipv4/conf/all/forwarding", "0"},
		{"/proc/sys/net/ipv6/conf/all/forwarding", "0"},
		{"/proc/sys/net/ipv6/conf/default/accept_ra", "0"},
		{"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"}, /* none */
		{"/proc/sys/net/ipv6/conf/default/dad_transmits", "0"},
	};
	int err = 0;
	for (size_t i = 0; i < ARRAY_LEN(settings) && !err; i++)
		err = write_sysctl(settings[i].path, settings[i].text);
	return err;
}

/* Runs inside. */
static int furnish(struct nursery *n)
{
	n->netns_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (n->netns_fd < 0)
		return -errno;
	return silence();
}

/* ontap-zone learns from a process whose a namespace is. This one does nothing, with no capability and no descriptor. */
static void settle_resident(struct nursery *n)
{
	pid_t parent = getpid();
	n->resident = fork();
	if (n->resident != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	privilege_drop_thread();
	confine_idle();
	(void)!close_range(0, ~0u, 0);
	while (getppid() == parent)
		pause();
	_exit(0);
}

/* Learns the id, and opens the socket for requests there. */
static int move_in(struct nursery *n)
{
	int err = netns_visit_identify(n->visits, n->netns_fd, &n->nsid);
	if (!err)
		err = netns_visit_enter(n->visits, n->netns_fd, &n->asker);
	if (err)
		return err;
	struct asker none = {.fd = -1};
	settle_resident(n);
	netns_visit_leave(n->visits, &none); /* the socket stays in there */
	return 0;
}

int nursery_make(struct nursery *n, const char *path, const char *notify_socket)
{
	struct asker none = {.fd = -1};
	if (unshare(CLONE_NEWNET) != 0)
		return -errno;
	int err = furnish(n);
	netns_visit_leave(n->visits, &none);
	if (!err)
		err = move_in(n);
	if (err)
		nursery_close(n, true);
	else
		keep(n, path, notify_socket);
	return err;
}

int nursery_take_over(struct nursery *n, int fd, const char *path)
{
	if (fd < 0) {
		fd = netns_open(path);
		if (fd < 0)
			return 0;
		n->path = strdup(path);
	}
	n->netns_fd = fd;
	int err = move_in(n);
	if (err)
		nursery_close(n, false);
	return err;
}

void nursery_close(struct nursery *n, bool is_empty)
{
	asker_close(&n->asker);
	if (n->resident > 0 && kill(n->resident, SIGKILL) == 0)
		(void)waitpid(n->resident, NULL, 0);
	n->resident = 0;
	if (n->netns_fd >= 0)
		close(n->netns_fd);
	n->netns_fd = -1;
	if (n->path && is_empty && umount2(n->path, MNT_DETACH) == 0)
		(void)unlink(n->path);
	free(n->path);
	n->path = NULL;
}

/* --- the packet socket -------------------------------------------------------------------- */

/* No frame may come before the filter: the socket has no protocol until it is bound. */
static int prepare_packets(int fd)
{
	struct sock_filter code[GUEST_FILTER_CAP];
	const struct sock_fprog program = {
		.len = (unsigned short)guest_filter_make(code, true, true), .filter = code};
	const int on = 1;
	uint8_t all[2];
	struct sockaddr_ll at = {.sll_family = AF_PACKET};
	put_u16(all, ETH_P_ALL);
	memcpy(&at.sll_protocol, all, sizeof(all));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ||
		setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) ||
		bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return -errno;
	return 0;
}

int nursery_open_packets(struct nursery *n)
{
	struct asker visit;
	int err = netns_visit_enter(n->visits, n->netns_fd, &visit);
	if (err)
		return err;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = fd < 0 ? -errno : prepare_packets(fd);
	netns_visit_leave(n->visits, &visit);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}
