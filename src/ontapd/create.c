/* SPDX-License-Identifier: ISC */
/*
 * Owns the steps that make and delete a device.
 * Never decides whether they are allowed: permit.c does.
 */
#include "ontapd/create.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "device/guest_mark.h"
#include "ontapd/autoconf.h"
#include "ontapd/grant.h"
#include "ontapd/port.h"
#include "ontapd/tun.h"

enum {
	PATH_CAP = 128,
	/* Far above the numbers that the kernel gives, which count from 1. */
	IFINDEX_FIRST = 1 << 20,
	IFINDEX_TRIES = 8
};

/* A link without a requested name gets the first free one. */
#define FREE_NAME "ontap%d"

/* --- making a device ---------------------------------------------------------------------- */

struct making {
	struct job *job;
	struct asker visit; /* in the caller's namespace */
	struct device device;
	char temp_name[IF_NAMESIZE];
	uint8_t hwaddr[DEVICE_HWADDR_LEN]; /* of the link, or of its guest */
	const char *step;                  /* the current step, for messages */
	unsigned open_count;
	uint32_t parent_mtu;
	int tun_fd; /* of a tap that ends with it; -1: none */
};

static void set_mark(struct making *m)
{
	struct job *job = m->job;
	struct device_mark *mark = &m->device.mark;
	bool is_kept = job->request->flags & DEVICE_KEEP;
	*mark = (struct device_mark){
		.uid = job->caller->uid,
		.is_kept = is_kept,
		.pid = is_kept ? 0 : (uint32_t)job->caller->pid,
		.start_time = is_kept ? 0 : job->caller->start_time,
		.serial = job->creator->next_serial++,
		.port_mode = device_type_is_port(job->type) ? job->mode.mode : 0,
		.has_first_byte = job->type == DEVICE_TAP && job->request->hwaddr_len > 0,
		.first_byte = job->type == DEVICE_TAP ? job->request->hwaddr[0] : 0,
		.has_fixed = job->fixed.count > 0,
	};
	memcpy(mark->parent, job->parent, strlen(job->parent));
	m->device.account = job->caller->account;
}

static struct device_identity identity_of(const struct making *m)
{
	return (struct device_identity){.machine = m->job->creator->machine_secret,
		.parent = m->job->parent,
		.workload = m->device.workload,
		.instance = m->device.mark.instance};
}

/* Deletes predecessors that are only waiting for it: they have the same name, hardware address and
 * instance as the new device. */
static void settle_predecessors(struct making *m)
{
	struct creator *creator = m->job->creator;
	LIST_EACH(d, &creator->registry->doomed, struct device, in_holder) {
		bool is_same_name = d->nsid == m->device.nsid && m->job->request->ifname[0] &&
				    strcmp(d->ifname, m->job->request->ifname) == 0;
		bool is_same_work = strcmp(d->workload, m->device.workload) == 0 &&
				    strcmp(d->mark.parent, m->job->parent) == 0;
		if (is_same_name || is_same_work)
			create_delete(creator, d);
	}
}

/* Returns an ifindex for the next device. It is chosen here, so that the link can be deleted whatever
 * its owner does with its name meanwhile. It grows, because an older link comes first where several
 * have one name. By a random step, so that the owner of the namespace cannot occupy it, or wait for
 * it. */
static uint32_t choose_ifindex(struct creator *creator)
{
	uint16_t step = 0;
	(void)!getrandom(&step, sizeof(step), GRND_NONBLOCK);
	uint32_t ifindex = creator->last_ifindex + 1 + step;
	if (ifindex < IFINDEX_FIRST || ifindex > INT32_MAX)
		ifindex = IFINDEX_FIRST + step;
	return creator->last_ifindex = ifindex;
}

/* A tap is made here and now, in the namespace that we are visiting: our own. */
static int create_tap(struct making *m)
{
	const struct job *job = m->job;
	m->tun_fd = tun_create(
		m->temp_name, m->device.ifindex, job->caller->uid, job->request->queues > 1);
	return m->tun_fd < 0 ? m->tun_fd : 0;
}

/* The socket belongs to our own namespace, where the parent is, even while we are elsewhere. */
static int create_by_netlink(struct making *m)
{
	const struct job *job = m->job;
	struct asker *a = &job->creator->visits->asker;
	/* An ipvlan has the address of its parent; passthru sets the parent's to the
	 * device's. */
	bool has_hwaddr =
		!device_type_is_ipvlan(job->type) && job->mode.mode != MACVLAN_MODE_PASSTHRU;
	const struct device_spec spec = {
		.ifindex = m->device.ifindex,
		.port_ifindex = m->device.port_ifindex,
		.type = job->type,
		.mode = job->mode,
		.parent = m->device.parent_ifindex,
		.netns_fd = job->netns_fd,
		.ifname = m->temp_name,
		.hwaddr = has_hwaddr ? m->device.hwaddr : NULL,
	};
	const struct rtnl_request request =
		job->type == DEVICE_VETH ? request_new_veth(++a->seq, &spec, m->parent_mtu)
					 : request_new_link(++a->seq, &spec);
	return netns_visit_ask(a, &request);
}

/* Makes the link, with an ifindex that is free in the namespaces it is in. */
static int ask_for_link(struct making *m)
{
	struct creator *creator = m->job->creator;
	enum device_type type = m->job->type;
	int err = -EBUSY;
	for (unsigned i = 0; i < IFINDEX_TRIES && (err == -EBUSY || err == -EEXIST); i++) {
		m->device.ifindex = m->device.port_ifindex = choose_ifindex(creator);
		if (type == DEVICE_VETH)
			m->device.port_ifindex = choose_ifindex(creator);
		else if (type != DEVICE_TAP)
			m->device.port_ifindex = 0;
		err = type == DEVICE_TAP ? create_tap(m) : create_by_netlink(m);
	}
	if (err)
		m->device.ifindex = 0; /* there is nothing to undo */
	return err;
}

static int create_link(struct making *m)
{
	const struct job *job = m->job;
	struct device_identity id = identity_of(m);
	device_hwaddr(&id, m->device.hwaddr);
	m->device.hwaddr_len = DEVICE_HWADDR_LEN;
	if (job->request->hwaddr_len == DEVICE_HWADDR_LEN)
		memcpy(m->device.hwaddr, job->request->hwaddr, DEVICE_HWADDR_LEN);
	memcpy(m->hwaddr, m->device.hwaddr, sizeof(m->hwaddr));
	snprintf(m->temp_name, sizeof(m->temp_name), DEVICE_NEW_PREFIX "%08x",
		m->device.mark.serial);
	m->step = "the link cannot be made";
	return ask_for_link(m);
}

static int put_mark(struct making *m)
{
	char text[DEVICE_MARK_CAP];
	m->device.mark.seal = device_seal(m->job->creator->machine_secret, &m->device.mark);
	device_mark_format(&m->device.mark, text);
	const struct rtnl_request request =
		request_add_altname(++m->visit.seq, m->device.ifindex, text);
	m->step = "the link cannot be marked";
	return netns_visit_ask(&m->visit, &request);
}

/* Now that it is marked, the next start would find it. */
static int keep_tap(struct making *m)
{
	m->step = "the tap cannot be kept";
	if (m->tun_fd < 0)
		return 0;
	int err = tun_keep(m->tun_fd);
	close(m->tun_fd);
	m->tun_fd = -1;
	return err;
}

/* Sets net.ipv6.conf.LINK.NAME. A kernel without IPv6 needs none. */
static int write_sysctl(const struct making *m, const char *name, const char *text)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", m->temp_name, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* A tap on a bridge is the guest's end of a wire: the kernel needs no address there. */
static int put_secret(struct making *m)
{
	char text[ADDR_TEXT_CAP];
	struct device_identity id = identity_of(m);
	struct addr secret = device_secret(&id);
	addr_format(&secret, text);
	m->step = "the link cannot get its secret";
	if (m->job->type == DEVICE_TAP)
		return 0;
	return write_sysctl(m, "stable_secret", text);
}

/* While a queue is open, its program gets all frames, and the kernel gets none: an address that
 * the kernel chooses would never answer. So it must choose none (IN6_ADDR_GEN_MODE_NONE).
 * Setting the secret also sets this mode, so it comes first. */
static int silence_kernel(struct making *m)
{
	m->step = "the kernel's own address cannot be turned off";
	return m->job->request->queues > 0 ? write_sysctl(m, "addr_gen_mode", "1") : 0;
}

/* A guest joins groups that this kernel does not know of, such as its solicited-node group (RFC
 * 4291 §2.7.1). Without all multicast frames, nobody could reach it by IPv6. */
static int pass_multicast(struct making *m)
{
	if (!device_type_is_tap(m->job->type) || m->job->type == DEVICE_TAP)
		return 0; /* a bridge passes all to its ports */
	const struct rtnl_request request = request_set_allmulti(++m->visit.seq, m->device.ifindex);
	m->step = "the link cannot get all multicast frames";
	return netns_visit_ask(&m->visit, &request);
}

static int put_mtu(struct making *m)
{
	if (m->job->request->mtu == 0 || m->job->type == DEVICE_TAP)
		return 0;
	const struct rtnl_request request =
		request_set_mtu(++m->visit.seq, m->device.ifindex, m->job->request->mtu);
	m->step = "the link cannot get its MTU";
	return netns_visit_ask(&m->visit, &request);
}

static int put_alias(struct making *m)
{
	if (m->job->request->alias[0] == '\0')
		return 0;
	const struct rtnl_request request =
		request_set_alias(++m->visit.seq, m->device.ifindex, m->job->request->alias);
	m->step = "the link cannot get its alias";
	return netns_visit_ask(&m->visit, &request);
}

/* Done before the link has its name, hence before it can have an address. */
static int put_grant(struct making *m)
{
	const char *alias = m->job->request->alias;
	m->step = "the name cannot be granted";
	if (alias[0] == '\0')
		return 0;
	m->device.cookie = netns_cookie_here();
	return grant_put(m->job->creator->registry->grants_fd, &m->device, alias);
}

/* Done before the link has its name. Root is not restricted. */
static int check_grant(struct making *m)
{
	const char *alias = m->job->request->alias;
	m->step = "the name is another user's";
	if (alias[0] == '\0' || m->device.mark.uid == 0)
		return 0;
	return grant_is_taken(m->job->creator->registry->grants_fd, &m->device, alias) ? -EACCES
										       : 0;
}

static int rename_link(struct making *m)
{
	const char *wanted = m->job->request->ifname;
	const struct rtnl_request request = request_rename_link(
		++m->visit.seq, m->device.ifindex, wanted[0] ? wanted : FREE_NAME);
	m->step = "the link cannot get its name";
	return netns_visit_ask(&m->visit, &request);
}

/* Reads the final name of the link, and its hardware address. */
static int read_back(struct making *m)
{
	struct device_reply *reply = m->job->reply;
	struct event ev;
	m->step = "the link is gone again";
	int err = asker_get_link(&m->visit, NSID_OWN, m->device.ifindex, &ev);
	if (err)
		return err;
	struct device_identity id = identity_of(m);
	job_tell_type(reply, m->job->type);
	device_id(&id, reply->id);
	reply->has_id = true;
	reply->ifindex = ev.link.ifindex;
	memcpy(reply->ifname, ev.link.name, sizeof(reply->ifname));
	device_follow(&m->device, &ev.link);
	reply->hwaddr_len = m->device.hwaddr_len;
	memcpy(reply->hwaddr, m->device.hwaddr, m->device.hwaddr_len);
	reply->mtu = m->job->type == DEVICE_TAP ? m->parent_mtu : ev.link.mtu;
	return 0;
}

/* That of a tap on a bridge needs nothing of us. */
static bool has_guest(const struct making *m)
{
	return m->job->request->flags & DEVICE_AUTOCONF && m->job->type != DEVICE_TAP;
}

/* An ipvtap has the hardware address of its parent, so the guest's is kept in a name. Two guests cannot
 * have the same. */
static int name_guest(struct making *m)
{
	char name[GUEST_MARK_CAP];
	if (!has_guest(m) || !device_type_is_ipvlan(m->job->type))
		return 0;
	guest_mark_format(m->hwaddr, name);
	const struct rtnl_request request =
		request_add_altname(++m->visit.seq, m->device.ifindex, name);
	m->step = "another guest has this hardware address";
	return netns_visit_ask(&m->visit, &request);
}

static int begin_guest(struct making *m)
{
	struct device_reply *reply = m->job->reply;
	if (!has_guest(m))
		return 0;
	reply->hwaddr_len = sizeof(m->hwaddr);
	memcpy(reply->hwaddr, m->hwaddr, sizeof(m->hwaddr));
	if (device_type_is_ipvlan(m->job->type))
		device_set_guest_hwaddr(&m->device, m->hwaddr);
	m->step = "the guest cannot be followed";
	return autoconf_begin(
		m->job->creator->autoconf, &m->device, m->hwaddr, &m->job->guest_policy);
}

static int open_queues(struct making *m)
{
	struct job *job = m->job;
	if (job->request->queues == 0)
		return 0;
	m->step = "the queues cannot be opened";
	int err = job_open_queues(job, job->type, m->device.ifname, m->device.ifindex);
	if (!err)
		m->open_count = job->request->queues;
	return err;
}

/* Done last: no frame passes before all is as it should be. */
static int join_bridge(struct making *m)
{
	m->step = "the link cannot be made a port of the bridge";
	if (!m->device.port_ifindex)
		return 0;
	return port_join(&m->job->creator->visits->asker, &m->device, m->parent_mtu);
}

static int set_up(struct making *m)
{
	if ((m->job->request->flags & DEVICE_STAY_DOWN) || m->job->type == DEVICE_TAP)
		return 0;
	const struct rtnl_request request = request_set_up(++m->visit.seq, m->device.ifindex);
	m->step = "the link cannot be set up";
	return netns_visit_ask(&m->visit, &request);
}

/* The fixed addresses of its name. */
static int put_addrs(struct making *m)
{
	const struct device_fixed *fixed = &m->job->fixed;
	m->step = "the link cannot get its addresses";
	for (size_t i = 0; i < fixed->count; i++) {
		const struct rtnl_request request =
			request_add_addr(++m->visit.seq, m->device.ifindex, &fixed->at[i]);
		int err = netns_visit_ask(&m->visit, &request);
		if (err)
			return err;
	}
	return 0;
}

/* The kernel takes no route by a link that is down. */
static int put_gateways(struct making *m)
{
	const struct addr *const gateways[] = {&m->job->fixed.gateway4, &m->job->fixed.gateway6};
	m->step = "the link cannot get its default route";
	if (m->job->request->flags & DEVICE_STAY_DOWN)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(gateways); i++) {
		if (gateways[i]->family == ADDR_NONE)
			continue;
		const struct rtnl_request request =
			request_gateway(++m->visit.seq, m->device.ifindex, gateways[i]);
		int err = netns_visit_ask(&m->visit, &request);
		if (err)
			return err;
	}
	return 0;
}

/* Done at once: a failed request must not leave a link behind. */
static void undo(struct making *m)
{
	grant_drop(m->job->creator->registry->grants_fd, &m->device);
	autoconf_end(m->job->creator->autoconf, m->device.nsid, m->device.ifindex);
	if (m->device.ifindex != 0) {
		const struct rtnl_request request =
			request_delete_link(++m->visit.seq, NSID_OWN, m->device.ifindex);
		if (netns_visit_ask(&m->visit, &request))
			log_error(m->job->creator->log, "half made link stays: name=%s",
				m->temp_name);
	}
	for (unsigned i = 0; i < m->open_count; i++)
		close(m->job->fds[i]);
	if (m->tun_fd >= 0)
		close(m->tun_fd);
}

/* Runs all steps during one visit to the caller's namespace. */
static int finish_inside(struct making *m)
{
	static int (*const steps[])(struct making * m) = {create_link, put_mark, keep_tap,
		put_secret, silence_kernel, pass_multicast, put_mtu, put_alias, put_grant,
		check_grant, name_guest, rename_link, read_back, begin_guest, open_queues,
		join_bridge, set_up, put_addrs, put_gateways};
	int err = 0;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !err; i++)
		err = steps[i](m);
	return err;
}

/* --- requests ----------------------------------------------------------------------------- */

static int find_parent(struct making *m)
{
	struct event link;
	m->step = "there is no parent";
	int err = netns_visit_get_link(&m->job->creator->visits->asker, m->job->parent, &link);
	if (err)
		return err;
	m->device.parent_ifindex = link.link.ifindex;
	m->parent_mtu = link.link.mtu;
	return 0;
}

/* Remembers what was asked for, to make a kept device again after an outage of its parent. */
static void remember_request(struct making *m)
{
	const struct device_request *req = m->job->request;
	struct device_wanted *wanted = &m->device.wanted;
	*wanted = (struct device_wanted){.mtu = req->mtu,
		.flags = req->flags,
		.has_hwaddr = req->hwaddr_len == DEVICE_HWADDR_LEN};
	memcpy(wanted->hwaddr, req->hwaddr, sizeof(wanted->hwaddr));
}

/* Finds out everything that is needed before anything is made. */
static int prepare(struct making *m)
{
	struct job *job = m->job;
	int err = find_parent(m);
	if (err)
		return err;
	m->step = "the namespace cannot get an id";
	err = netns_visit_identify(job->creator->visits, job->netns_fd, &m->device.nsid);
	if (err)
		return err;
	set_mark(m);
	remember_request(m);
	device_name_workload(&m->device, job->request->alias, job->request->ifname);
	settle_predecessors(m);
	m->step = "a living device has its fixed address";
	if (registry_taken_addr(job->creator->registry, &job->fixed))
		return -EADDRINUSE;
	m->device.mark.instance =
		registry_free_instance(job->creator->registry, job->parent, m->device.workload);
	m->step = "too many of one name";
	return m->device.mark.instance < LIMIT_DEVICE_INSTANCES ? 0 : -EUSERS;
}

/* Keeps the namespace of a device that will be deleted at the end of its holder. Otherwise the
 * kernel would delete it with the namespace, but some time later, when its successor may exist. */
static int hold_namespace(struct making *m)
{
	if (m->device.mark.is_kept)
		return 0;
	m->step = "the namespace cannot be kept";
	m->device.netns_fd = fcntl(m->job->netns_fd, F_DUPFD_CLOEXEC, 0);
	return m->device.netns_fd < 0 ? -errno : 0;
}

static int register_device(struct making *m, struct device **ret)
{
	m->step = "the device cannot be kept in mind";
	int err = hold_namespace(m);
	if (!err && !(*ret = registry_add(m->job->creator->registry, &m->device)))
		err = ERR_NOMEM;
	if (!err)
		return 0;
	if (m->device.netns_fd >= 0)
		close(m->device.netns_fd);
	return err;
}

static int create_inside(struct making *m, struct device **ret)
{
	struct netns_visit *host = m->job->creator->visits;
	m->step = "the namespace cannot be entered";
	int err = netns_visit_enter(host, m->job->netns_fd, &m->visit);
	if (err)
		return err;
	err = finish_inside(m);
	if (!err)
		err = register_device(m, ret);
	if (err)
		undo(m);
	netns_visit_leave(host, &m->visit);
	return err;
}

enum device_status create_device(struct job *job, struct device **ret)
{
	struct making m = {.job = job, .tun_fd = -1};
	m.device.type = job->type;
	m.device.mode = job->mode;
	m.device.netns_fd = -1;
	m.device.fixed = job->fixed;
	m.device.is_connection_only = job->request->flags & DEVICE_CONNECTION;
	if (job->type == DEVICE_TAP) /* the link stays where the bridge is */
		job->netns_fd = job->creator->visits->self.net_fd;
	int err = prepare(&m);
	if (!err)
		err = create_inside(&m, ret);
	if (err)
		return job_refuse_errno(job, err, m.step);
	job->reply->queues = job->request->queues;
	return job->reply->status = DEVICE_OK;
}
