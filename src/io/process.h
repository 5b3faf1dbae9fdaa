/* SPDX-License-Identifier: ISC */
/* Sets up a long-running process: its signals as a file descriptor, and its limits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "io/loop.h"

/* Blocks the signals and receives them through `watch`. The caller has set its on_ready and arg;
 * its other fields are overwritten. -errno; `watch` can be closed in either case. Call it before
 * there are threads and children, which inherit the signal mask. */
int process_signals_open(struct loop *loop, struct loop_watch *watch, const int *signals,
	size_t count) NONNULL MUSTCHECK;
/* Returns the next pending signal, or 0. Call it from on_ready until it returns 0. */
int process_signals_next(const struct loop_watch *watch) NONNULL;
/* Stops receiving signals; they stay blocked. Does nothing if the file descriptor is -1. */
void process_signals_close(struct loop *loop, struct loop_watch *watch) NONNULL;

/* Ignores SIGPIPE: if the peer has closed, write(2) fails, but the process does not end. */
void process_ignore_sigpipe(void);

/* Raises the limit of open file descriptors to the highest value permitted to this process. */
void process_raise_descriptor_limit(void);

/* Forks a process with which messages are exchanged (SOCK_SEQPACKET). In the child, `*ret_pid` is 0, and `*ret_fd` its end,
 * for process_keep_only(); here, it is our end, non-blocking. -errno: there is no child, or it finds its end closed. */
int process_fork(int *ret_fd, pid_t *ret_pid) NONNULL MUSTCHECK;

/* For a child: closes all descriptors but the standard streams and `fd`, which becomes the next one. They are those of
 * the parent. Returns the new number of `fd`. -errno. */
int process_keep_only(int fd) MUSTCHECK;

/* Returns how many descriptors there are for one purpose, at most `most`, if `others` have to be left for all
 * others by the present soft limit. At least a quarter of that limit. */
size_t process_descriptors_beside(size_t others, size_t most);

/* True if `err`, from accept(2), says that descriptors or memory are missing: then it is tried again
 * after a while. */
bool process_lacks_resources(int err);
