/* SPDX-License-Identifier: ISC */
/* What the log says when a process gives up what it does not need. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"

/* Logs the outcome of a step ("landlock", "seccomp") in that process ("keeper"), or that of the look at its threads.
 * ERR_ABSENT: the kernel lacks it, which is told and no error. ERR_DENIED: privileges are left. Returns 0, or the
 * error that ends the process. */
int sandbox_tell(const struct log *log, const char *process, const char *step, int err) NONNULL;
