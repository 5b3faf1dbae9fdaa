/* SPDX-License-Identifier: ISC */
/*
 * Owns requests about devices that exist: opening their queues, removing, deleting.
 * Never makes one.
 */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "ontapd/create.h"

/* Finds the named device in the namespace that we are visiting, if it belongs to this parent and this
 * user. NULL: refused. */
static struct device *find_here(struct job *job, struct asker *visit, nsid_t nsid)
{
	struct event link;
	const char *ifname = job->request->ifname;
	int err = netns_visit_get_link(visit, ifname, &link);
	if (err) {
		job_refuse_errno(job, err, ifname);
		return NULL;
	}
	struct device *d = registry_find(job->creator->registry, nsid, link.link.ifindex);
	if (!d || d->is_doomed || strcmp(d->mark.parent, job->parent) != 0) {
		job_refuse(job, DEVICE_ABSENT, "%s is no device of this parent", ifname);
		return NULL;
	}
	if (job->caller->uid != 0 && job->caller->uid != d->mark.uid) {
		job_refuse(job, DEVICE_DENIED, "%s is another user's", ifname);
		return NULL;
	}
	bool is_tap = d->type == DEVICE_TAP;
	job->reply->ifindex = link.link.ifindex;
	job->reply->hwaddr_len = is_tap ? d->hwaddr_len : link.link.hwaddr_len;
	memcpy(job->reply->hwaddr, is_tap ? d->hwaddr : link.link.hwaddr, job->reply->hwaddr_len);
	memcpy(job->reply->ifname, link.link.name, sizeof(job->reply->ifname));
	job->reply->mtu = link.link.mtu;
	job_tell_type(job->reply, d->type);
	return d;
}

static enum device_status open_found(struct job *job, const struct device *d)
{
	if (!device_type_is_tap(d->type))
		return job_refuse(job, DEVICE_UNSUPPORTED, "%s is no tap", d->ifname);
	int err = job_open_queues(job, d->type, job->reply->ifname, d->ifindex);
	if (err)
		return job_refuse_errno(job, err, "the queues cannot be opened");
	job->reply->queues = job->request->queues;
	return job->reply->status = DEVICE_OK;
}

/* A kept device that waits for its parent can be removed, too. True: there was one. */
static bool remove_wish(struct job *job)
{
	struct wishes *wishes = job->creator->wishes;
	nsid_t nsid;
	if (wishes->count == 0 || netns_visit_identify(job->creator->visits, job->netns_fd, &nsid))
		return false;
	struct wish *wish = wish_find(wishes, job->parent, nsid, job->request->ifname);
	if (!wish) /* a tap on a bridge is wherever we are */
		wish = wish_find(wishes, job->parent, NSID_OWN, job->request->ifname);
	if (wish && wish->nsid != nsid && wish->type != DEVICE_TAP)
		return false;
	if (!wish || (job->caller->uid != 0 && job->caller->uid != wish->uid))
		return false;
	wish_drop(wishes, wish);
	return true;
}

/* A tap on a bridge is in our own namespace, not in the caller's. True: there is one of that name. */
static bool is_tap_of_bridge(const struct job *job)
{
	MAP_EACH(d, &job->creator->registry->devices, const struct device, by_place)
		if (d->type == DEVICE_TAP && d->nsid == NSID_OWN &&
			strcmp(d->mark.parent, job->parent) == 0 &&
			strcmp(d->ifname, job->request->ifname) == 0)
			return true;
	return false;
}

/* Enters the namespace and finds the device. `*ret` is NULL if it was refused; the
 * reply has the reason. */
static int enter_and_find(struct job *job, struct asker *visit, struct device **ret)
{
	nsid_t nsid;
	struct netns_visit *host = job->creator->visits;
	if (is_tap_of_bridge(job))
		job->netns_fd = host->self.net_fd;
	int err = netns_visit_identify(host, job->netns_fd, &nsid);
	if (!err)
		err = netns_visit_enter(host, job->netns_fd, visit);
	if (err)
		job_refuse_errno(job, err, "the namespace cannot be entered");
	else
		*ret = find_here(job, visit, nsid);
	return err;
}

enum device_status create_open(struct job *job)
{
	struct asker visit;
	struct device *d = NULL;
	if (enter_and_find(job, &visit, &d))
		return job->reply->status;
	if (d)
		open_found(job, d);
	netns_visit_leave(job->creator->visits, &visit);
	return job->reply->status;
}

enum device_status create_remove(struct job *job)
{
	struct asker visit;
	struct device *d = NULL;
	if (remove_wish(job))
		return job->reply->status = DEVICE_OK;
	if (enter_and_find(job, &visit, &d))
		return job->reply->status;
	netns_visit_leave(job->creator->visits, &visit);
	if (!d)
		return job->reply->status;
	create_delete(job->creator, d);
	return job->reply->status = DEVICE_OK;
}

/* If it is gone already, that is fine. */
void create_delete(struct creator *m, struct device *d)
{
	struct asker *a = &m->visits->asker;
	/* A veth is deleted by its outer end, which nobody can have moved. */
	const struct rtnl_request request =
		d->port_ifindex ? request_delete_link(++a->seq, NSID_OWN, d->port_ifindex)
				: request_delete_link(++a->seq, d->nsid, d->ifindex);
	int err = netns_visit_ask(a, &request);
	if (err && err != -ENODEV && err != -EINVAL)
		log_warning(m->log, "device is not deleted: nsid=%d ifindex=%u error=\"%s\"",
			d->nsid, d->ifindex, err_text(err));
	else
		log_info(m->log, "device gone: type=%s parent=%s nsid=%d ifindex=%u uid=%u",
			device_type_text(d->type), d->mark.parent, d->nsid, d->ifindex,
			d->mark.uid);
	registry_remove(m->registry, d);
}
