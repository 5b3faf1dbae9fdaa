/* SPDX-License-Identifier: ISC */
/* What runs in the learner's process. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"

/* Drops all privileges and descriptors but `fd`, and serves orders from there until it is closed: in a child, which is
 * made again if it ends earlier. Returns the exit status of the process. */
int pupil_run(int fd, const struct log *log) NONNULL MUSTCHECK;
