/* SPDX-License-Identifier: ISC */
/*
 * A look at all tasks by BPF, and news of each change: the programs of src/bpf, loaded and read. Needs
 * CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON; a kernel that is locked down refuses news (fexit), or all.
 * libbpf is loaded by the first open. Without it (--without-bpf) tasks_bpf_none.c stands here, and there is
 * neither.
 */
#pragma once

#include "watch/tasks.h"

struct tasks_bpf; /* opaque */

/* Loads the look, and with `has_news` the hooks too. A negative errno: this source is not there;
 * -ENOTSUP if it was left out of the build, -ELIBACC if libbpf is not on this machine. */
int tasks_bpf_open(struct tasks_bpf **ret, const struct tasks_self *self, bool has_news) NONNULL
	MUSTCHECK;
void tasks_bpf_close(struct tasks_bpf *t);

/* To be polled for reading; -1 without news. */
int tasks_bpf_fd(const struct tasks_bpf *t) NONNULL;

/* As tasks_proc_look(). */
int tasks_bpf_look(struct tasks_bpf *t, const struct tasks_sink *sink) NONNULL MUSTCHECK;

/* Reads the news that there are, in order. False if some were lost since the last time. */
bool tasks_bpf_read(struct tasks_bpf *t, const struct tasks_sink *sink) NONNULL MUSTCHECK;
