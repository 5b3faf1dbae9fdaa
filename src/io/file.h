/* SPDX-License-Identifier: ISC */
/* Reads and writes whole files, and runs commands of the administrator. Nothing here logs. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"

/* Appends the file's content to `out`. -errno; ERR_RANGE if it has more than `max` bytes;
 * ERR_NOMEM. On error `out` may contain a part of it. */
int file_read(const char *path, size_t max, struct buf *out) NONNULL MUSTCHECK;

/* The same for a file that must be a regular one; opening it never waits, as it would for a FIFO.
 * `ret_st` says what it is. ERR_DENIED: it is none. */
int file_read_regular(const char *path, size_t max, struct buf *out, struct stat *ret_st) NONNULL
	MUSTCHECK;
/* The same for `name` in the open directory `dir`, which must be no symbolic link. */
int file_read_in(int dir, const char *name, size_t max, struct buf *out) NONNULL MUSTCHECK;
/* Replaces `name` in the open directory `dir`, as file_write() does; a symbolic link is replaced, not
 * followed, and the mode is 0644. */
int file_write_in(int dir, const char *name, const void *bytes, size_t len) NONNULL_ARGS(2)
	MUSTCHECK;

/* The same in pieces, for a large file that a crash of the machine may damage: nothing waits for the disk, and the mode is
 * 0600. The first returns a descriptor, the last closes it, and drops the file in case of `err`, which it returns. -errno. */
int file_begin_in(int dir, const char *name) NONNULL MUSTCHECK;
int file_add_piece(int fd, const void *bytes, size_t len) NONNULL MUSTCHECK;
int file_end_in(int dir, const char *name, int fd, int err) NONNULL MUSTCHECK;
/* Opens such a file to read it in pieces; it must be a regular one. -errno; ERR_DENIED. */
int file_open_in(int dir, const char *name) NONNULL MUSTCHECK;
/* Returns the number of bytes that were read, 0 at the end; -errno. */
ssize_t file_read_piece(int fd, void *bytes, size_t cap) NONNULL MUSTCHECK;

/* Appends to `name` in the open directory `dir`, which must be a regular file of `expected` bytes, and waits until it
 * is on the disk. If 0 are expected, the file may be missing, and is made. -ESTALE: it has another length, and is
 * left as it is. Other errors: it has its old length again, unless even that fails. */
int file_append_in(int dir, const char *name, uint64_t expected, const void *bytes, size_t len)
	NONNULL_ARGS(2) MUSTCHECK;
/* Cuts `name` in `dir` to `len` bytes. -errno. */
int file_cut_in(int dir, const char *name, uint64_t len) NONNULL MUSTCHECK;

/* Replaces the content of the file by `bytes`, atomically: a reader sees the old or the new
 * content, even after a crash. A new file has mode 0644; an old one keeps its mode, and its owner
 * and group if possible. A symbolic link is followed and stays. -errno: nothing has changed;
 * ERR_DENIED if the file exists and is not a regular file; ERR_NOMEM. */
int file_write(const char *path, const void *bytes, size_t len) NONNULL_ARGS(1) MUSTCHECK;

/* Returns a stream that reads an open file from its beginning, for files that the kernel makes anew then; to be
 * closed by fclose(3), which leaves `fd` open. NULL: errno says why. */
FILE *file_again(int fd) MUSTCHECK;

/* Creates the directory and its missing parents, with mode 0755. Existing directories stay as they
 * are. ERR_NOMEM, -errno. */
int file_make_dirs(const char *path) NONNULL MUSTCHECK;

/* Starts `/bin/sh -c COMMAND` and does not wait for it: the caller must reap `*ret`. The command
 * has no input, writes to our standard error, and has all signals at their defaults. -errno. */
int file_run_command(const char *command, pid_t *ret) NONNULL MUSTCHECK;
