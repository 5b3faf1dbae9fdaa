/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from a request to a device.
 * Never keeps state of its own: the devices are in the kernel, and ontapd knows them.
 */
#include "ontap-cni/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/exit.h"
#include "io/netlink.h"
#include "io/netns.h"
#include "libontap/ontap.h"
#include "ontap-cni/lease.h"

/* A request in progress. */
struct attach {
	const struct cni_request *req;
	struct cni_error *error;
	int netns_fd, fd; /* -1: not open */
};

static enum cni_code fail(struct attach *a, int status, const struct ontap_error *why)
{
	return cni_fail(a->error, status == ONTAP_DISCONNECTED ? CNI_SYSTEM : CNI_REFUSED, "%s: %s",
		ontap_status_text(status), why->text);
}

static enum cni_code fail_errno(struct attach *a, const char *what, int err)
{
	return cni_fail(a->error, CNI_SYSTEM, "%s: %s", what, err_text(err));
}

static enum cni_code open_both(struct attach *a, const char *netns)
{
	a->netns_fd = netns_open(netns);
	if (a->netns_fd < 0)
		return cni_fail(a->error, CNI_ENVIRONMENT, "CNI_NETNS=%.80s: %s", netns,
			err_text(a->netns_fd));
	a->fd = ontap_connect(a->req->socket);
	return a->fd < 0 ? fail_errno(a, a->req->socket, -errno) : CNI_OK;
}

static enum cni_code close_both(struct attach *a, enum cni_code code)
{
	if (a->fd >= 0)
		close(a->fd);
	if (a->netns_fd >= 0)
		close(a->netns_fd);
	return code;
}

static enum cni_code enter(struct attach *a)
{
	return setns(a->netns_fd, CLONE_NEWNET) ? fail_errno(a, "setns", -errno) : CNI_OK;
}

/* --- ADD ------------------------------------------------------------------------------------ */

static enum cni_code create(struct attach *a)
{
	const struct cni_request *req = a->req;
	bool has_addrs = req->addr_count > 0 || req->gateways[0].family != ADDR_NONE ||
			 req->gateways[1].family != ADDR_NONE;
	const struct ontap_request wanted = {.type = req->type,
		.mode = req->mode,
		.ifname = req->ifname,
		.alias = req->alias,
		.flags = ONTAP_KEEP | (has_addrs ? ONTAP_OWN_ADDRS : 0),
		.mtu = req->mtu,
		.hwaddr = req->has_hwaddr ? req->hwaddr : NULL};
	struct ontap_device device;
	struct ontap_error why = {0};
	int status = ontap_create(a->fd, a->netns_fd, &wanted, &device, NULL, &why);
	return status ? fail(a, status, &why) : CNI_OK;
}

/* Gives the addresses of the request to the link. Called in its namespace. */
static enum cni_code configure(struct attach *a, struct asker *asker, uint32_t ifindex)
{
	const struct cni_request *req = a->req;
	int err = 0;
	for (size_t i = 0; i < req->addr_count && !err; i++) {
		const struct rtnl_request request =
			request_add_addr(++asker->seq, ifindex, &req->addrs[i]);
		err = asker_ask(asker, &request, NSID_OWN);
	}
	if (err)
		return fail_errno(a, "address", err);
	for (size_t i = 0; i < ARRAY_LEN(req->gateways) && !err; i++) {
		if (req->gateways[i].family == ADDR_NONE)
			continue;
		const struct rtnl_request request =
			request_gateway(++asker->seq, ifindex, &req->gateways[i]);
		err = asker_ask(asker, &request, NSID_OWN);
	}
	return err ? fail_errno(a, "gateway", err) : CNI_OK;
}

static void on_addr(void *arg, const struct event *ev)
{
	struct cni_result *result = arg;
	if (ev->type != EV_ADDR || ev->addr.ifindex != result->ifindex ||
		addr_scope(&ev->addr.addr) == ADDR_SCOPE_LOCAL ||
		result->addr_count == CNI_ADDRS_CAP)
		return;
	result->addrs[result->addr_count++] =
		(struct device_addr){.addr = ev->addr.addr, .prefix_len = ev->addr.prefix_len};
}

/* Reads the link of that name, and its addresses, in the namespace that we are in. */
static int read_link(struct asker *asker, const char *ifname, struct cni_result *ret)
{
	const struct rtnl_request request = request_get_link(++asker->seq, ifname);
	int err = asker_ask(asker, &request, NSID_OWN);
	if (err || !asker->has_answer)
		return err ? err : -ENODEV;
	const struct event_link *link = &asker->answer.link;
	*ret = (struct cni_result){
		.ifindex = link->ifindex, .mtu = link->mtu, .hwaddr_len = link->hwaddr_len};
	memcpy(ret->hwaddr, link->hwaddr, sizeof(ret->hwaddr));
	memcpy(ret->ifname, link->name, sizeof(ret->ifname));
	const struct rtnl_sink sink = {.on_event = on_addr, .arg = ret};
	const struct rtnl_request dump = rtnl_dump_addrs(++asker->seq, NSID_OWN);
	err = asker_dump(asker, &dump, NSID_OWN, &sink);
	return err == -EINTR ? 0 : err;
}

/* Everything after the device is there. */
static enum cni_code finish(struct attach *a, struct cni_result *ret)
{
	struct asker asker;
	enum cni_code code = enter(a);
	if (code)
		return code;
	int err = asker_open(&asker);
	if (!err)
		err = read_link(&asker, a->req->ifname, ret);
	if (err)
		code = fail_errno(a, a->req->ifname, err);
	if (!code)
		code = configure(a, &asker, ret->ifindex);
	if (!code && (err = read_link(&asker, a->req->ifname, ret)))
		code = fail_errno(a, a->req->ifname, err);
	asker_close(&asker);
	return code;
}

enum cni_code cni_add(const struct cni_request *req, const char *netns, struct cni_result *ret,
	struct cni_error *error)
{
	struct attach a = {.req = req, .error = error, .netns_fd = -1, .fd = -1};
	enum cni_code code = open_both(&a, netns);
	if (!code)
		code = req->has_dhcp ? lease_start(req, a.netns_fd, error) : create(&a);
	if (!code) {
		code = finish(&a, ret);
		if (code) { /* nothing of a failed ADD stays; its reason does */
			struct cni_error ignored;
			(void)cni_del(req, netns, &ignored);
		}
	}
	return close_both(&a, code);
}

/* --- DEL ------------------------------------------------------------------------------------ */

/* The process that holds a device. */
struct holder {
	const char *ifname;
	nsid_t nsid;
	pid_t pid; /* 0: none */
};

static void on_entry(void *arg, const struct ontap_entry *e)
{
	struct holder *h = arg;
	if (e->nsid == h->nsid && strcmp(e->ifname, h->ifname) == 0 && !e->is_kept)
		h->pid = (pid_t)e->pid;
}

static pid_t find_holder(struct attach *a)
{
	struct asker asker;
	struct ontap_error why;
	struct holder h = {.ifname = a->req->ifname, .nsid = NSID_UNKNOWN};
	int err = asker_open(&asker);
	if (!err)
		err = asker_get_nsid(&asker, a->netns_fd, &h.nsid);
	asker_close(&asker);
	if (err || ontap_list(a->fd, a->netns_fd, on_entry, &h, &why))
		return 0;
	return h.pid;
}

/* Ends the holder. Then its DHCP client releases the lease, and holds the device so long. The number
 * may be of another process by now: so ontapd is asked again when that cannot happen any more. */
static void end_holder(struct attach *a)
{
	enum { TURNS = 100, TURN_MS = 50 };
	pid_t pid = find_holder(a);
	int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	if (pidfd < 0)
		return;
	bool is_told = find_holder(a) == pid && pidfd_send_signal(pidfd, SIGTERM, NULL, 0) == 0;
	close(pidfd);
	for (int i = 0; i < TURNS && is_told && find_holder(a) == pid; i++)
		(void)poll(NULL, 0, TURN_MS);
}

enum cni_code cni_del(const struct cni_request *req, const char *netns, struct cni_error *error)
{
	struct attach a = {.req = req, .error = error, .netns_fd = -1, .fd = -1};
	struct ontap_error why = {0};
	*error = (struct cni_error){.code = CNI_OK};
	a.netns_fd = netns ? netns_open(netns) : -1;
	if (a.netns_fd < 0)
		return CNI_OK;
	a.fd = ontap_connect(req->socket);
	if (a.fd < 0)
		return close_both(&a, fail_errno(&a, req->socket, -errno));
	end_holder(&a);
	int status = ontap_remove(a.fd, a.netns_fd, req->ifname, &why);
	bool is_gone = status == ONTAP_OK || status == ONTAP_ABSENT;
	return close_both(&a, is_gone ? CNI_OK : fail(&a, status, &why));
}

/* --- CHECK and STATUS ----------------------------------------------------------------------- */

static bool has_addr(const struct cni_result *result, const struct device_addr *addr)
{
	for (size_t i = 0; i < result->addr_count; i++)
		if (addr_equal(&result->addrs[i].addr, &addr->addr) &&
			result->addrs[i].prefix_len == addr->prefix_len)
			return true;
	return false;
}

static void find_entry(void *arg, const struct ontap_entry *e)
{
	struct holder *h = arg;
	if (e->nsid == h->nsid && strcmp(e->ifname, h->ifname) == 0)
		h->pid = 1; /* found */
}

static enum cni_code check_entry(struct attach *a)
{
	struct asker asker;
	struct ontap_error why = {0};
	struct holder h = {.ifname = a->req->ifname, .nsid = NSID_UNKNOWN};
	int err = asker_open(&asker);
	if (!err)
		err = asker_get_nsid(&asker, a->netns_fd, &h.nsid);
	asker_close(&asker);
	int status = err ? 0 : ontap_list(a->fd, a->netns_fd, find_entry, &h, &why);
	if (status)
		return fail(a, status, &why);
	return h.pid ? CNI_OK
		     : cni_fail(a->error, CNI_ABSENT, "%s is no device of ontapd", h.ifname);
}

static enum cni_code check_link(struct attach *a)
{
	struct asker asker;
	struct cni_result result;
	enum cni_code code = enter(a);
	if (code)
		return code;
	int err = asker_open(&asker);
	if (!err)
		err = read_link(&asker, a->req->ifname, &result);
	asker_close(&asker);
	if (err)
		return cni_fail(a->error, CNI_ABSENT, "%s: %s", a->req->ifname, err_text(err));
	for (size_t i = 0; i < a->req->addr_count; i++)
		if (!has_addr(&result, &a->req->addrs[i]))
			return cni_fail(a->error, CNI_ABSENT,
				"%s does not have its address number %zu", a->req->ifname, i + 1);
	return CNI_OK;
}

enum cni_code cni_check(const struct cni_request *req, const char *netns, struct cni_error *error)
{
	struct attach a = {.req = req, .error = error, .netns_fd = -1, .fd = -1};
	enum cni_code code = open_both(&a, netns);
	if (!code)
		code = check_entry(&a);
	if (!code)
		code = check_link(&a);
	return close_both(&a, code);
}

enum cni_code cni_status(const struct cni_request *req, struct cni_error *error)
{
	int fd = ontap_connect(req->socket);
	if (fd < 0)
		return cni_fail(error, CNI_UNAVAILABLE, "%s: %s", req->socket, err_text(-errno));
	close(fd);
	return CNI_OK;
}
