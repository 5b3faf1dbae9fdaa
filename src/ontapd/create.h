/* SPDX-License-Identifier: ISC */
/*
 * Making, opening and deleting devices. Each step leaves what the next start would find and clean:
 *
 *	create under a name of ours ─► mark ─► secret, alias ─► rename ─► open queues ─► up
 *
 * Until it is renamed a link counts as half made, and is deleted by whoever finds it.
 */
#pragma once

#include "device/message.h"
#include "ontapd/caller.h"
#include "ontapd/netns_visit.h"
#include "ontapd/registry.h"

/* What all devices of a daemon have in common. */
struct creator {
	const struct log *log;
	struct netns_visit *visits;
	struct registry *registry;
	const uint8_t *machine_secret; /* MACHINE_SECRET_LEN bytes */
	uint32_t next_serial;
};

/* One request under way. The status of each function is also in reply->status, with a text. */
struct job {
	struct creator *creator;
	const char *parent; /* its name */
	const struct caller *caller;
	int netns_fd; /* borrowed */
	const struct device_request *request;
	enum device_type type;
	struct device_mode mode;
	struct device_reply *reply;
	int *fds; /* of the reply; room for request->queues */
};

/* Says no, or yes with DEVICE_OK and "". Returns `status`. */
enum device_status create_refuse(struct job *job, enum device_status status, const char *format,
	...) PRINTFLIKE(3, 4) NONNULL_ARGS(1, 3);

/* Makes the device; `*ret` is its entry in the registry, in no list, and job->fds its queues, the
 * caller's to close. Otherwise nothing is left of it. */
enum device_status create_device(struct job *job, struct device **ret) NONNULL;

/* Opens queues of a tap that was made before. */
enum device_status create_open(struct job *job) NONNULL;

/* Deletes one that was made before. */
enum device_status create_remove(struct job *job) NONNULL;

/* Deletes the link and forgets the device. */
void create_delete(struct creator *m, struct device *d) NONNULL;
