/* SPDX-License-Identifier: ISC */
/*
 * Owns ontapd's own netlink socket, ids of namespaces, and the visits to other namespaces.
 * Never stays there: if it cannot return, the process ends.
 */
#include "ontapd/netns_visit.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "device/request.h"

enum {
	/* Our ids begin at a random number from here on: far from the lowest free ids, which the
	 * kernel assigns, and different from those of our previous run. So no id is used twice
	 * while somebody may still remember it. */
	NSID_FIRST = 1 << 20,
	NSID_SPREAD = 1 << 28
};

int netns_visit_open(struct netns_visit *h, const struct log *log, uint32_t seed)
{
	*h = (struct netns_visit){.log = log, .node_dir_fd = -1, .asker.fd = -1};
	h->next_nsid = NSID_FIRST + (nsid_t)(seed % NSID_SPREAD);
	list_init(&h->watchers);
	h->self = netns_self_open();
	if (h->self.net_fd < 0)
		return h->self.net_fd;
	int err = asker_open(&h->asker);
	nsid_t own;
	/* With an id for our own namespace in its own table, our links are never
	 * mistaken for others. */
	if (!err)
		err = asker_find_or_give_nsid(&h->asker, h->self.net_fd, &h->next_nsid, &own);
	if (!err)
		h->asker.rtnl.own_id = own;
	return err;
}

void netns_visit_close(struct netns_visit *h)
{
	LIST_EACH(netns_watcher, &h->watchers, struct netns_watcher, in_host)
		netns_watcher_remove(h, netns_watcher);
	asker_close(&h->asker);
	netns_self_close(&h->self);
	if (h->node_dir_fd >= 0)
		close(h->node_dir_fd);
	h->node_dir_fd = -1;
}

struct nsids {
	nsid_t *at;
	size_t count, cap;
	int err;
};

static void add_nsid(struct nsids *list, nsid_t nsid)
{
	if (!list->err)
		list->err = ARRAY_RESERVE(list->at, list->cap, list->count + 1);
	if (!list->err)
		list->at[list->count++] = nsid;
}

static void on_nsid(void *arg, const struct event *ev)
{
	if (ev->type == EV_NS && ev->nsid != NSID_OWN)
		add_nsid(arg, ev->nsid);
}

int netns_visit_list_namespaces(struct netns_visit *h, nsid_t **ret, size_t *ret_count)
{
	struct asker *a = &h->asker;
	struct nsids list = {0};
	const struct rtnl_sink sink = {.on_event = on_nsid, .arg = &list};
	const struct rtnl_request request = rtnl_dump_nsids(++a->seq);
	add_nsid(&list, NSID_OWN);
	int err = asker_dump(a, &request, NSID_OWN, &sink);
	if (err == -EINTR) /* notifications report the changes meanwhile */
		err = 0;
	if (!err)
		err = list.err;
	if (err) {
		free(list.at);
		return err;
	}
	*ret = list.at;
	*ret_count = list.count;
	return 0;
}

/* If a watcher's namespace is gone, or has no free ids, only the watcher is affected. */
static void tell_watchers(struct netns_visit *h, int netns_fd)
{
	LIST_EACH(w, &h->watchers, struct netns_watcher, in_host) {
		nsid_t ignored;
		int err = asker_find_or_give_nsid(&w->asker, netns_fd, &h->next_nsid, &ignored);
		if (err)
			log_warning(h->log,
				"a watcher's namespace gets no id for a caller's: error=\"%s\"",
				err_text(err));
	}
}

int netns_visit_identify(struct netns_visit *h, int netns_fd, nsid_t *ret)
{
	int err = asker_find_or_give_nsid(&h->asker, netns_fd, &h->next_nsid, ret);
	if (err)
		return err;
	if (*ret == h->asker.rtnl.own_id)
		*ret = NSID_OWN;
	tell_watchers(h, netns_fd);
	return 0;
}

int netns_visit_enter(struct netns_visit *h UNUSED, int netns_fd, struct asker *a)
{
	if (setns(netns_fd, CLONE_NEWNET) != 0)
		return -errno;
	int err = asker_open(a);
	if (err)
		netns_visit_leave(h, a);
	return err;
}

void netns_visit_leave(struct netns_visit *h, struct asker *a)
{
	asker_close(a);
	if (setns(h->self.net_fd, CLONE_NEWNET) != 0)
		abort();
}

/* setns(2) looks only at what kind of file it is, and refuses all but namespaces of this kind
 * (EINVAL), and processes, which have pidfds. These two have no file system but the kernel's own, so
 * they may be asked. */
bool netns_visit_is_netns(struct netns_visit *h, int fd)
{
	if (setns(fd, CLONE_NEWNET) != 0)
		return errno == EPERM && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
	bool is_netns = ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
	if (setns(h->self.net_fd, CLONE_NEWNET) != 0)
		abort();
	return is_netns;
}

bool netns_visit_is_own(const struct netns_visit *h, int netns_fd)
{
	struct stat own, other;
	return fstat(h->self.net_fd, &own) == 0 && fstat(netns_fd, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

int netns_watcher_add(struct netns_visit *h, int netns_fd, struct netns_watcher **ret)
{
	if (h->watcher_count >= LIMIT_DEVICE_WATCHERS)
		return -EUSERS;
	struct netns_watcher *w = calloc(1, sizeof(*w));
	if (!w)
		return ERR_NOMEM;
	struct asker visiting;
	int err = netns_visit_enter(h, netns_fd, &visiting);
	if (err) {
		free(w);
		return err;
	}
	err = asker_open(&w->asker);
	netns_visit_leave(h, &visiting);
	if (err) {
		asker_close(&w->asker);
		free(w);
		return err;
	}
	list_append(&h->watchers, &w->in_host);
	h->watcher_count++;
	*ret = w;
	return 0;
}

void netns_watcher_remove(struct netns_visit *h, struct netns_watcher *w)
{
	if (!w)
		return;
	list_remove(&w->in_host);
	h->watcher_count--;
	asker_close(&w->asker);
	free(w);
}

int netns_visit_ask(struct asker *a, const struct rtnl_request *request)
{
	return asker_ask(a, request, NSID_OWN);
}

int netns_visit_get_link(struct asker *a, const char *ifname, struct event *ret)
{
	const struct rtnl_request request = request_get_link(++a->seq, ifname);
	int err = netns_visit_ask(a, &request);
	if (!err && !a->has_answer)
		err = -ENODEV;
	if (!err)
		*ret = a->answer;
	return err;
}
