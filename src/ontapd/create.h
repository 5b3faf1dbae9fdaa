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

#include "ontapd/job.h"

/* Makes the device. `*ret` is its entry in the registry, which is in no list yet. job->fds are its
 * queues, which the caller must close. On failure nothing is left of it. */
enum device_status create_device(struct job *job, struct device **ret) NONNULL;

/* Opens queues of an existing tap. */
enum device_status create_open(struct job *job) NONNULL;

/* Deletes an existing device. */
enum device_status create_remove(struct job *job) NONNULL;

/* Deletes the link and removes the device from the registry. */
void create_delete(struct creator *m, struct device *d) NONNULL;
