/* SPDX-License-Identifier: ISC */
/*
 * A look at all tasks by way of /proc: the links in /proc/PID/ns tell which namespaces they are in, and
 * entering a UTS namespace for an instant what it is called. Needs CAP_SYS_PTRACE, to follow the links
 * of processes that have more privileges than we, and CAP_SYS_ADMIN, to enter.
 */
#pragma once

#include "watch/tasks.h"

/* Looks at each thread of each process once. Threads in our own pair of namespaces are passed over. A
 * negative errno if /proc cannot be read at all; what went while it was looked at is left out. */
int tasks_proc_look(const struct tasks_self *self, const struct tasks_sink *sink) NONNULL MUSTCHECK;
