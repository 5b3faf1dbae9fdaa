/* SPDX-License-Identifier: ISC */
/*
 * Makes, opens and deletes devices. After each step, the next start can find and clean up what is
 * left:
 *
 *	create under a name of ours ─► mark ─► secret, alias ─► rename ─► open queues ─► up
 *
 * Until it is renamed, a link counts as unfinished: the next start deletes it.
 */
#pragma once

#include "device/message.h"
#include "ontapd/caller.h"
#include "ontapd/netns_visit.h"
#include "ontapd/registry.h"
#include "ontapd/wish.h"

/* A run begins at a random ifindex below this one. */
enum { DEVICE_IFINDEX_SPREAD = 1 << 29 };

/* The data that all devices of a daemon share. */
struct creator {
	const struct log *log;
	struct netns_visit *visits;
	struct registry *registry;
	struct wishes *wishes;
	const uint8_t *machine_secret; /* MACHINE_SECRET_LEN bytes */
	uint32_t next_serial;
	uint32_t last_ifindex; /* of the last device: see choose_ifindex() */
};

/* One request in progress. Each function below also puts the status that it returns into
 * reply->status, with a text. */
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

/* Sets the reply to an error, or to success with DEVICE_OK and "". Returns `status`. */
enum device_status create_refuse(struct job *job, enum device_status status, const char *format,
	...) PRINTFLIKE(3, 4) NONNULL_ARGS(1, 3);

/* Makes the device. `*ret` is its entry in the registry, which is in no list yet. job->fds are its
 * queues, which the caller must close. On failure nothing is left of it. */
enum device_status create_device(struct job *job, struct device **ret) NONNULL;

/* Opens queues of an existing tap. */
enum device_status create_open(struct job *job) NONNULL;

/* Deletes an existing device. */
enum device_status create_remove(struct job *job) NONNULL;

/* Deletes the link and removes the device from the registry. */
void create_delete(struct creator *m, struct device *d) NONNULL;
