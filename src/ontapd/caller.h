/* SPDX-License-Identifier: ISC */
/* Identifies the process at the other end of a connection, and checks whether a network namespace
 * belongs to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* A process as it was when it connected. */
struct caller {
	pid_t pid; /* 0: not visible from here */
	int pidfd; /* -1: none */
	uint64_t start_time;
	uid_t uid;
	uid_t account; /* the user to whom it is counted (account.h), set by the owner of this */
	gid_t *groups; /* the primary one first */
	size_t group_count;
};

/* Identifies the process that has connected `fd`. Returns a negative errno or 0; `ret` can be
 * closed in either case. */
int caller_identify(int fd, struct caller *ret) NONNULL MUSTCHECK;
void caller_close(struct caller *c) NONNULL;
/* True while the process has not ended, so that its number is its own. */
bool caller_is_alive(const struct caller *c) NONNULL;

/* Finds the process that a mark on a link names. -ESRCH if it has ended, or if another process has
 * its PID now. */
int caller_find(pid_t pid, uint64_t start_time, uid_t uid, struct caller *ret) NONNULL MUSTCHECK;

/* Checks that the caller lives in, or owns, the network namespace that `netns_fd` refers to
 * (netns_visit_is_netns()). He owns it if he has privileges in the user namespace that owns it, or has
 * made that user namespace. Returns 0; -EPERM if it is not the caller's; -ESRCH if the caller has ended
 * or is not visible. */
int caller_check_netns(const struct caller *c, int netns_fd) NONNULL MUSTCHECK;
