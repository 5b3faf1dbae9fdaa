/* SPDX-License-Identifier: ISC */
/* One request in progress: who asks for what, and the reply. */
#pragma once

#include "device/message.h"
#include "guest/policy.h"
#include "ontapd/caller.h"
#include "ontapd/netns_visit.h"
#include "ontapd/registry.h"
#include "ontapd/wish.h"

/* A run begins at a random ifindex below this one. */
enum { DEVICE_IFINDEX_SPREAD = 1 << 29 };

struct autoconf;

/* The data that all devices of a daemon share. */
struct creator {
	const struct log *log;
	struct netns_visit *visits;
	struct registry *registry;
	struct wishes *wishes;
	struct autoconf *autoconf;
	const uint8_t *machine_secret; /* MACHINE_SECRET_LEN bytes */
	uint32_t next_serial;
	uint32_t last_ifindex; /* of the last device: see choose_ifindex() */
};

/* One request in progress. Each function that has one and returns a status also puts the status into
 * reply->status, with a text. */
struct job {
	struct creator *creator;
	const char *parent; /* its name */
	const struct caller *caller;
	int netns_fd;                     /* borrowed */
	struct guest_policy guest_policy; /* with DEVICE_AUTOCONF: what the guest may claim */
	struct device_fixed fixed;        /* what the link gets; count 0: none */
	const struct device_request *request;
	enum device_type type;
	struct device_mode mode;
	struct device_reply *reply;
	int *fds; /* of the reply; room for request->queues */
};

/* Sets the reply to an error, or to success with DEVICE_OK and "". Returns `status`. */
enum device_status job_refuse(struct job *job, enum device_status status, const char *format, ...)
	PRINTFLIKE(3, 4) NONNULL_ARGS(1, 3);

/* The same for a negative errno or ERR_NOMEM in that step. */
enum device_status job_refuse_errno(struct job *job, int err, const char *step) NONNULL;

void job_tell_type(struct device_reply *reply, enum device_type type) NONNULL;

/* Opens request->queues queues of a tap of any type into job->fds. Called during a visit to its
 * namespace. Returns a negative errno, with nothing left open, or 0. */
int job_open_queues(struct job *job, enum device_type type, const char *ifname,
	uint32_t ifindex) NONNULL MUSTCHECK;
