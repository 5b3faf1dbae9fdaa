/* SPDX-License-Identifier: ISC */
/*
 * The files in the state directory, for the keeper. The directory is opened once; whoever may write in
 * the directories above cannot lead us elsewhere later.
 *
 * If the directory is the default one: a file that it does not have yet is read from its old place,
 * where it was before this default existed.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "io/log.h"
#include "io/privilege.h"

/* Makes the directory if it does not exist. It is given to that user (NULL: to nobody) if it is new; or if
 * it is root's, and nobody else may write in the directory above.
 * Returns a descriptor. -errno: -ENOTDIR or -ELOOP if it is no directory, or a symbolic link to one. */
int state_dir_open(const char *path, const struct privilege_user *owner) NONNULL_ARGS(1) MUSTCHECK;

/* Closes `*dir`, if it is open, and opens the directory at that path: it is another, or has been made anew. */
void state_dir_reopen(int *dir, const char *path) NONNULL;

/* Appends the content of the file to `out`. True if it was read, also if it is empty. False: there is none,
 * or it could not be read, which is logged. `dir` may be negative. `path` is that of the directory. */
bool state_dir_read(int dir, const char *path, const char *name, const struct log *log,
	struct buf *out) NONNULL_ARGS(2, 3, 5);

/* Reads the serial in the text. 0: there is none, as in an empty file. */
uint32_t state_dir_serial(const struct buf *text, const char *path, const struct log *log)
	NONNULL_ARGS(1, 2);
