/* SPDX-License-Identifier: ISC */
/*
 * Owns what all requests share: refusals, and the queues of a tap.
 * Never decides anything.
 */
#include "ontapd/job.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "ontapd/tap.h"
#include "ontapd/tun.h"

enum device_status job_refuse(struct job *job, enum device_status status, const char *format, ...)
{
	struct device_reply *reply = job->reply;
	va_list args;
	va_start(args, format);
	vsnprintf(reply->text, sizeof(reply->text), format, args);
	va_end(args);
	reply->status = status;
	return status;
}

enum device_status job_refuse_errno(struct job *job, int err, const char *step)
{
	enum device_status status = DEVICE_SYSTEM;
	if (err == ERR_NOMEM)
		err = -ENOMEM;
	if (err == -EEXIST)
		status = DEVICE_EXISTS;
	else if (err == -ENODEV || err == -ENOENT)
		status = DEVICE_ABSENT;
	else if (err == -EACCES)
		status = DEVICE_DENIED;
	else if (err == -EOPNOTSUPP || err == -EBUSY)
		status = DEVICE_UNSUPPORTED;
	job->reply->error = (uint32_t)-err;
	return job_refuse(job, status, "%s: %s", step, err_text(err));
}

void job_tell_type(struct device_reply *reply, enum device_type type)
{
	snprintf(reply->type, sizeof(reply->type), "%s", device_type_text(type));
}

int job_open_queues(struct job *job, enum device_type type, const char *ifname, uint32_t ifindex)
{
	unsigned count = job->request->queues;
	if (type == DEVICE_TAP)
		return tun_open(ifname, count, job->fds);
	return tap_open(
		job->creator->visits, device_type_text(type), ifname, ifindex, count, job->fds);
}
