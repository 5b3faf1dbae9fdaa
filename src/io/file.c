/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading and replacing of files, and the starting of commands.
 * Never interprets a file's content, never waits for a command.
 */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum { DEFAULT_MODE = 0644 };

/* Calls read(2), again if a signal interrupts it. */
static ssize_t read_some(int fd, void *bytes, size_t cap)
{
	ssize_t len;
	do
		len = read(fd, bytes, cap);
	while (len < 0 && errno == EINTR);
	return len;
}

static int read_all(int fd, size_t max, struct buf *out)
{
	char chunk[4000];
	size_t total = 0;
	for (;;) {
		ssize_t len = read_some(fd, chunk, sizeof(chunk));
		if (len < 0)
			return -errno;
		if (len == 0)
			return out->err;
		total += (size_t)len;
		if (total > max)
			return ERR_RANGE;
		buf_add(out, chunk, (size_t)len);
	}
}

int file_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int err = read_all(fd, max, out);
	close(fd);
	return err;
}

/* Takes over `fd`, which is returned, if it is that of a regular file. */
static int check_regular(int fd, struct stat *ret_st)
{
	if (fd < 0)
		return -errno;
	int err = fstat(fd, ret_st) ? -errno : S_ISREG(ret_st->st_mode) ? 0 : ERR_DENIED;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Takes over `fd`, or an error. */
static int read_regular(int fd, size_t max, struct buf *out)
{
	if (fd < 0)
		return fd;
	int err = read_all(fd, max, out);
	close(fd);
	return err;
}

int file_read_regular(const char *path, size_t max, struct buf *out, struct stat *ret_st)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return read_regular(check_regular(fd, ret_st), max, out);
}

int file_open_in(int dir, const char *name)
{
	struct stat st;
	return check_regular(
		openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW), &st);
}

ssize_t file_read_piece(int fd, void *bytes, size_t cap)
{
	const ssize_t len = read_some(fd, bytes, cap);
	return len < 0 ? -errno : len;
}

int file_read_in(int dir, const char *name, size_t max, struct buf *out)
{
	return read_regular(file_open_in(dir, name), max, out);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		len -= (size_t)written;
	}
	return 0;
}

/* Finds the real file: where symbolic links lead, if it exists. The caller frees the path. */
static int resolve(const char *path, char **ret)
{
	struct stat st;
	bool is_there = stat(path, &st) == 0;
	if (!is_there && errno != ENOENT)
		return -errno;
	if (is_there && !S_ISREG(st.st_mode))
		return ERR_DENIED;
	char *real = is_there ? realpath(path, NULL) : strdup(path);
	if (!real)
		return -errno;
	*ret = real;
	return 0;
}

/* A name in a directory is on disk only after the directory is synced. It is no failure if the
 * directory cannot be opened or synced (its file system may not support that): the content is
 * safe. */
static void sync_directory(char *path)
{
	char *slash = strrchr(path, '/');
	if (slash)
		slash[slash == path] = '\0';
	int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* Gives the new file the mode, owner and group of the one that it replaces: the administrator may
 * have changed them. Without the right to that, the group gets no more than others have, because
 * it is another group. */
static int copy_mode(int fd, const char *path)
{
	struct stat old;
	if (stat(path, &old) < 0)
		return fchmod(fd, DEFAULT_MODE) < 0 ? -errno : 0;
	mode_t mode = old.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
	if (fchown(fd, old.st_uid, old.st_gid) < 0 && fchown(fd, (uid_t)-1, old.st_gid) < 0)
		mode &= (mode_t)~S_IRWXG | (mode & S_IRWXO) << 3;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

/* Writes the temporary file and renames it to `path`. */
static int replace(int fd, const char *temp, const char *path, const void *bytes, size_t len)
{
	int err = write_all(fd, bytes, len);
	if (!err)
		err = copy_mode(fd, path);
	if (!err && (fsync(fd) < 0 || rename(temp, path) < 0))
		err = -errno;
	return err;
}

int file_write(const char *path, const void *bytes, size_t len)
{
	char *temp = NULL, *real = NULL;
	int err = resolve(path, &real);
	if (err)
		return err;
	if (asprintf(&temp, "%s.XXXXXX", real) < 0) {
		free(real);
		return ERR_NOMEM;
	}
	int fd = mkostemp(temp, O_CLOEXEC);
	err = fd < 0 ? -errno : replace(fd, temp, real, bytes, len);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && err)
		unlink(temp);
	if (!err)
		sync_directory(real);
	free(temp);
	free(real);
	return err;
}

/* Writes the open temporary file and renames it. */
static int replace_in(
	int dir, int fd, const char *temp, const char *name, const void *bytes, size_t len)
{
	int err = write_all(fd, bytes, len);
	if (!err && (fchmod(fd, DEFAULT_MODE) || fsync(fd) || renameat(dir, temp, dir, name)))
		err = -errno;
	if (!err)
		(void)fsync(dir); /* see sync_directory() */
	return err;
}

enum { TEMP_CAP = 64 };

static const char *temp_name(const char *name, char ret[TEMP_CAP])
{
	snprintf(ret, TEMP_CAP, "%.55s.new", name);
	return ret;
}

/* Nobody else writes there: a file of that name is what a crash has left. */
static int open_temp(int dir, const char *temp)
{
	if (unlinkat(dir, temp, 0) && errno != ENOENT)
		return -errno;
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int file_begin_in(int dir, const char *name)
{
	char temp[TEMP_CAP];
	return open_temp(dir, temp_name(name, temp));
}

int file_add_piece(int fd, const void *bytes, size_t len)
{
	return write_all(fd, bytes, len);
}

int file_end_in(int dir, const char *name, int fd, int err)
{
	char temp[TEMP_CAP];
	temp_name(name, temp);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir, temp, dir, name))
		err = -errno;
	if (err)
		(void)!unlinkat(dir, temp, 0);
	return err;
}

int file_write_in(int dir, const char *name, const void *bytes, size_t len)
{
	char temp[TEMP_CAP];
	int fd = open_temp(dir, temp_name(name, temp));
	if (fd < 0)
		return fd;
	int err = replace_in(dir, fd, temp, name, bytes, len);
	close(fd);
	if (err)
		(void)!unlinkat(dir, temp, 0);
	return err;
}

static int open_to_write(int dir, const char *name, int flags)
{
	struct stat st;
	int fd = openat(dir, name,
		O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, DEFAULT_MODE);
	if (fd < 0)
		return -errno;
	int err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : ERR_DENIED;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Appends to the open file, which has `expected` bytes. */
static int append(int fd, uint64_t expected, const void *bytes, size_t len)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != expected)
		return -ESTALE;
	int err = write_all(fd, bytes, len);
	if (!err && fdatasync(fd) < 0)
		err = -errno;
	if (err && ftruncate(fd, (off_t)expected) == 0)
		(void)fdatasync(fd);
	return err;
}

int file_append_in(int dir, const char *name, uint64_t expected, const void *bytes, size_t len)
{
	int fd = open_to_write(dir, name, O_APPEND | (expected == 0 ? O_CREAT : 0));
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	int err = append(fd, expected, bytes, len);
	close(fd);
	if (!err && expected == 0)
		(void)fsync(dir); /* see sync_directory() */
	return err;
}

int file_cut_in(int dir, const char *name, uint64_t len)
{
	int fd = open_to_write(dir, name, 0);
	if (fd < 0)
		return fd;
	int err = ftruncate(fd, (off_t)len) || fdatasync(fd) ? -errno : 0;
	close(fd);
	return err;
}

int file_make_dirs(const char *path)
{
	char *part = strdup(path);
	if (!part)
		return ERR_NOMEM;
	/* Each turn creates the directory whose path ends before a slash. */
	for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		(void)!mkdir(part, 0755); /* if it fails, the last one fails too, and is reported */
		*slash = '/';
	}
	int err = mkdir(part, 0755) && errno != EEXIST ? -errno : 0;
	free(part);
	return err;
}

/* Returns 0 or an errno, like posix_spawn(3). */
static int spawn(const char *command, pid_t *ret, posix_spawn_file_actions_t *files,
	posix_spawnattr_t *attributes)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(command), NULL};
	sigset_t none, all;
	if (!argv[2])
		return ENOMEM;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int err = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
	if (!err)
		err = posix_spawn(ret, "/bin/sh", files, attributes, argv, environ);
	free(argv[2]);
	return err;
}

int file_run_command(const char *command, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid = -1;
	int err = posix_spawn_file_actions_init(&files);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (!err) {
		err = spawn(command, &pid, &files, &attributes);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	if (!err)
		*ret = pid;
	return -err;
}

FILE *file_again(int fd)
{
	if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0)
		return NULL;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
	if (copy >= 0 && !stream)
		close(copy);
	return stream;
}
