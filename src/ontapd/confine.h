/* SPDX-License-Identifier: ISC */
/*
 * What ontapd and its processes may not do once everything is open. There is no Landlock in ontapd itself: taps
 * need a file system that is mounted nowhere, in which Landlock finds no directory that is allowed, and in a
 * process that has it, the kernel refuses /proc/PID/ns of others (security/landlock/task.c,
 * hook_ptrace_access_check).
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "io/log.h"

/* ontapd: keeps the capabilities of privilege_keep_devices(). From now on it can neither execute a program, nor
 * look into the memory of another process, signal one but by SIGKILL, become another user, nor open a socket of
 * IPv4 or IPv6. What it has then is logged. -errno, ERR_SPACE, ERR_DENIED: there is more left than there should
 * be; logged. */
int confine_ontapd(const struct log *log) NONNULL MUSTCHECK;

/* The closer and the resident of the nursery: descriptors and memory that they have, and nothing else. What
 * fails leaves more to them, but no privilege. */
void confine_idle(void);
/* The learner: no file, and the same, with messages; before that, the process that makes it again when it ends
 * may also make processes. -errno, ERR_SPACE; no error if the kernel lacks it. */
int confine_learner_parent(void) MUSTCHECK;
int confine_learner(void) MUSTCHECK;
/* The process that looks up users: the libraries of nsswitch.conf(5) may open what they like, but there are no
 * programs, no other processes, and no namespaces. */
void confine_lookup(void);
