/* SPDX-License-Identifier: ISC */
/* What the watcher may not do once everything is open. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/privilege.h"
#include "io/sandbox.h"

/* Keeps what the start needs: privilege_begin_watching(). True: the bounding set is empty. */
bool watch_drop_privileges(void);

/* Becomes that user, unless it is NULL. From now on the process opens files only to read, and makes none; it can neither execute a program nor make a
 * process or a thread, look into the memory of another process, signal one, or open a socket of IPv4 or IPv6.
 * There is no Landlock: in a process that has it, the kernel refuses /proc/PID/ns of others
 * (security/landlock/task.c, hook_ptrace_access_check). What the kernel lacks is logged. Fills `*ret`.
 * -errno, ERR_SPACE, ERR_DENIED: there is more left than there should be; logged. */
int watch_confine(const struct privilege_user *user, bool has_empty_bounding, const struct log *log,
	struct sandbox_report *ret) NONNULL_ARGS(3, 4) MUSTCHECK;
