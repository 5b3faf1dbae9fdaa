/* SPDX-License-Identifier: ISC */
/*
 * Looks at all tasks with BPF, and reports each change: loads the programs of src/bpf and reads
 * their output. Needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON. A kernel in lockdown refuses the
 * reports of changes (fexit), or everything. The first open loads libbpf. In a build without it
 * (--without-bpf), tasks_bpf_none.c takes the place of this module, and neither is available.
 */
#pragma once

#include "watch/tasks.h"

struct tasks_bpf; /* opaque */

/* Loads the program for looks, and if `has_news` also the hooks for changes. A negative errno if
 * this method is not available: -ENOTSUP if it was left out of the build, -ELIBACC if libbpf is not
 * installed. */
int tasks_bpf_open(struct tasks_bpf **ret, const struct tasks_self *self, bool has_news) NONNULL
	MUSTCHECK;
void tasks_bpf_close(struct tasks_bpf *t);

/* Returns the file descriptor to poll for reading; -1 without news. */
int tasks_bpf_fd(const struct tasks_bpf *t) NONNULL;

/* Looks at all tasks, as tasks_proc_look(). */
int tasks_bpf_look(struct tasks_bpf *t, const struct tasks_sink *sink) NONNULL MUSTCHECK;

/* Reads the pending news, in order. Returns false if some were lost since the last call. */
bool tasks_bpf_read(struct tasks_bpf *t, const struct tasks_sink *sink) NONNULL MUSTCHECK;
