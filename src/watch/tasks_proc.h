/* SPDX-License-Identifier: ISC */
/*
 * Looks at all tasks through /proc. The links in /proc/PID/ns tell which namespaces a task is in.
 * To learn the host name of a UTS namespace, we enter it for an instant. Needs CAP_SYS_PTRACE to
 * follow the links of processes with more privileges than ours, and CAP_SYS_ADMIN to enter.
 */
#pragma once

#include "watch/tasks.h"

/* Looks at each thread of each process once. Skips threads in our own pair of namespaces. Returns a
 * negative errno if /proc cannot be read at all. A process that ends during the look is left
 * out. */
int tasks_proc_look(const struct tasks_self *self, const struct tasks_sink *sink) NONNULL MUSTCHECK;
