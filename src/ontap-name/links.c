/* SPDX-License-Identifier: ISC */
/*
 * Owns the aliases of links in another network namespace.
 * Never changes an existing alias.
 */
#include "ontap-name/links.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "device/request.h"
#include "io/netlink.h"

/* More links than a container has. */
enum { LINKS_MAX = 64 };

struct found {
	uint32_t ifindex[LINKS_MAX];
	size_t count;
};

static void on_event(void *arg, const struct event *ev)
{
	struct found *f = arg;
	if (ev->type != EV_LINK || ev->link.flags & IFF_LOOPBACK || ev->link.alias[0])
		return;
	if (f->count < LINKS_MAX)
		f->ifindex[f->count++] = ev->link.ifindex;
}

/* Moves this thread to the network namespace of the process. */
static int enter(pid_t pid)
{
	char path[64];
	struct stat own, other;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int err = 0;
	if (fstat(fd, &other) || stat("/proc/self/ns/net", &own))
		err = -errno;
	else if (own.st_dev == other.st_dev && own.st_ino == other.st_ino)
		err = ERR_DENIED;
	else if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

static int set_all(struct asker *a, const char *alias, size_t *ret_count)
{
	struct found found = {.count = 0};
	const struct rtnl_sink sink = {.on_event = on_event, .arg = &found};
	struct rtnl_request request = rtnl_dump_links(a->seq, NSID_OWN);
	int err = asker_dump(a, &request, NSID_OWN, &sink);
	for (size_t i = 0; i < found.count && !err; i++) {
		request = request_set_alias(a->seq, found.ifindex[i], alias);
		err = asker_ask(a, &request, NSID_OWN);
		*ret_count += !err;
	}
	return err;
}

int links_set_alias(pid_t pid, const char *alias, size_t *ret_count)
{
	struct asker asker;
	int err = enter(pid);
	*ret_count = 0;
	if (err)
		return err;
	err = asker_open(&asker);
	if (!err)
		err = set_all(&asker, alias, ret_count);
	asker_close(&asker);
	return err;
}
