/* SPDX-License-Identifier: ISC */
/* Who is at the other end of a connection, and whether a network namespace is his. */
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
	gid_t *groups; /* the primary one first */
	size_t group_count;
};

/* Finds out who has connected `fd`. A negative errno or 0; `ret` can be closed after either. */
int caller_identify(int fd, struct caller *ret) NONNULL MUSTCHECK;
void caller_close(struct caller *c) NONNULL;

/* A process that a mark on a link names: -ESRCH if it is gone, or another has its number. */
int caller_find(pid_t pid, uint64_t start_time, uid_t uid, struct caller *ret) NONNULL MUSTCHECK;

/* Whether `netns_fd` is of a network namespace which the caller lives in, or owns: he has privileges
 * in the user namespace that owns it, or made that himself. -EINVAL: it is of none; -EPERM: not his;
 * -ESRCH: he is gone, or not visible. 0. */
int caller_check_netns(const struct caller *c, int netns_fd) NONNULL MUSTCHECK;
