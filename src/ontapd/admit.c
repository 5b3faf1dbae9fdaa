/* SPDX-License-Identifier: ISC */
/*
 * Owns the check whether a request for a tap with a guest can be fulfilled.
 * Never asks who the caller is: permit.c does.
 */
#include "ontapd/admit.h"

#include <linux/if_link.h>

#include "base/err.h"
#include "ontapd/autoconf.h"

static enum device_status check_form(struct job *job)
{
	const struct device_request *req = job->request;
	if (!device_type_is_tap(job->type))
		return job_refuse(job, DEVICE_MALFORMED,
			"%s has no guest: autoconf is for macvtap, ipvtap and tap",
			device_type_text(job->type));
	if (req->queues == 0)
		return job_refuse(job, DEVICE_MALFORMED,
			"autoconf needs a queue: its link is in a namespace of ours");
	if (req->ifname[0])
		return job_refuse(job, DEVICE_MALFORMED,
			"with autoconf, the link has no name of yours: it is in a namespace of "
			"ours");
	if (req->flags & (DEVICE_KEEP | DEVICE_STAY_DOWN))
		return job_refuse(job, DEVICE_MALFORMED,
			"with autoconf, a device is up, and ends with its guest");
	if (job->type == DEVICE_TAP)
		return DEVICE_OK;
	bool is_ipvlan = device_type_is_ipvlan(job->type);
	if (is_ipvlan && (job->mode.mode != IPVLAN_MODE_L2 || job->mode.flag != 0))
		return job_refuse(
			job, DEVICE_UNSUPPORTED, "autoconf of an ipvtap needs mode l2,bridge");
	if (!is_ipvlan && job->mode.mode == MACVLAN_MODE_PASSTHRU)
		return job_refuse(job, DEVICE_UNSUPPORTED, "autoconf is not for mode passthru");
	return DEVICE_OK;
}

enum device_status admit_guest(struct job *job)
{
	struct autoconf *a = job->creator->autoconf;
	enum device_status status = check_form(job);
	if (status || job->type == DEVICE_TAP) /* ontap-zone hears what is said on a bridge */
		return status;
	if (!learner_is_running(&a->learner))
		return job_refuse(job, DEVICE_UNSUPPORTED, "autoconf: the learner does not run");
	int err = autoconf_make_nursery(a);
	if (err)
		return job_refuse(job, DEVICE_SYSTEM, "autoconf: %s", err_text(err));
	if (device_type_is_ipvlan(job->type) && !a->rewrite)
		return job_refuse(
			job, DEVICE_UNSUPPORTED, "autoconf of an ipvtap needs BPF: %s", a->why);
	job->netns_fd = a->nursery.netns_fd;
	return DEVICE_OK;
}
