/* SPDX-License-Identifier: ISC */
/*
 * The process that hears when the machine is about to sleep (io/logind.h): the serving process has no bus, and could ask
 * any service of the system for something if it had one. It keeps the machine awake until the goodbyes are sent, or until
 * logind's patience ends, 5 seconds as it is delivered.
 *
 *	sleeper                                    server
 *	struct sandbox_report, SLEEPER_AWAKE ────► is there
 *	SLEEPER_SLEEPS ──────────────────────────► says goodbye
 *	releases its inhibitor ◄────────────────── any byte: all is said
 *	takes another, SLEEPER_AWAKE ────────────► says everything again
 */
#pragma once

#include <sys/types.h>

#include "base/compiler.h"
#include "io/log.h"
#include "io/privilege.h"
#include "io/sandbox.h"

enum sleeper_news { SLEEPER_AWAKE = 'a', SLEEPER_SLEEPS = 's' };

struct sleeper_message {
	enum sleeper_news news;
	struct sandbox_report sandbox; /* of the sleeper */
};

/* Starts it as a child of this process, with the privileges of the start. Unless `user` is NULL, it becomes "nobody", or
 * `user` where there is no such name. It ends, and says why, where there is no logind, and when `*ret_fd` is
 * closed: one end of a pair of sockets that keep packets apart and do not wait. ERR_ABSENT: this system has no bus, or
 * the program was built without libsystemd. -errno; logged. */
int sleeper_start(const struct privilege_user *user, const struct log *log, int *ret_fd,
	pid_t *ret_pid) NONNULL_ARGS(2, 3, 4) MUSTCHECK;
