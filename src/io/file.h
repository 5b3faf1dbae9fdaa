/* SPDX-License-Identifier: ISC */
/* Whole files in and out, and commands of the administrator. Nothing here logs. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"

/* Appends the file's content to `out`. -errno; ERR_RANGE: more than `max` bytes;
 * ERR_NOMEM. `out` may have a part of it then. */
int file_read(const char *path, size_t max, struct buf *out) NONNULL MUSTCHECK;

/* Makes `bytes` the content of the file in one step: who opens it sees the old or the new, also
 * after a crash. Mode 0644; a symbolic link is followed and stays. -errno: nothing changed;
 * ERR_DENIED: it is there and no regular file; ERR_NOMEM. */
int file_write(const char *path, const void *bytes, size_t len) NONNULL_ARGS(1) MUSTCHECK;

/* Makes the directory, mode 0755, and those above it that are not there. One that is there is left as it is.
 * ERR_NOMEM, -errno. */
int file_make_dirs(const char *path) NONNULL MUSTCHECK;

/* Starts `/bin/sh -c COMMAND` and does not wait: the caller reaps `*ret`. It reads nothing, writes
 * to our standard error, and has all signals at their defaults. -errno. */
int file_run_command(const char *command, pid_t *ret) NONNULL MUSTCHECK;
