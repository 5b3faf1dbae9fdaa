/* SPDX-License-Identifier: ISC */
/*
 * Owns the file with the machine's secret, from which all stable addresses are derived.
 * Never changes an existing secret: all addresses would change.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "ontapd/daemon.h"

#define SECRET_FILE "device.secret"

static int complain(struct daemon *d, const char *path, int err)
{
	log_error(d->log, "secret: file=\"%s\" error=\"%s\"", path,
		err == ERR_DENIED  ? "it is somebody else's, or others may write it"
		: err == ERR_RANGE ? "it is damaged"
				   : err_text(err));
	return err;
}

static int fill_and_link(int fd, const char *temp, const char *path, const uint8_t *secret)
{
	ssize_t len = write(fd, secret, MACHINE_SECRET_LEN);
	if (len >= 0 && len != MACHINE_SECRET_LEN)
		return -ENOSPC;
	if (len < 0 || fsync(fd) != 0 || (link(temp, path) != 0 && errno != EEXIST))
		return -errno;
	return 0;
}

/* Writes a temporary file and links it to its place: if two processes start at once, one wins and
 * both use its secret. */
static int write_new(const char *path, const uint8_t *secret)
{
	char *temp;
	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return ERR_NOMEM;
	int fd = mkostemp(temp, O_CLOEXEC); /* mode 0600 */
	int err = fd < 0 ? -errno : fill_and_link(fd, temp, path, secret);
	if (fd >= 0) {
		close(fd);
		unlink(temp);
	}
	free(temp);
	return err;
}

/* ERR_DENIED: another user wrote it or may write it, and could forge our marks. ERR_RANGE: it does
 * not have the length of a secret. */
static int read_secret(int fd, uint8_t ret[MACHINE_SECRET_LEN])
{
	uint8_t bytes[MACHINE_SECRET_LEN + 1];
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return ERR_DENIED;
	ssize_t len = read(fd, bytes, sizeof(bytes));
	if (len < 0)
		return -errno;
	if (len != MACHINE_SECRET_LEN)
		return ERR_RANGE;
	memcpy(ret, bytes, MACHINE_SECRET_LEN);
	return 0;
}

static int open_and_read(const char *path, uint8_t ret[MACHINE_SECRET_LEN])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	int err = read_secret(fd, ret);
	close(fd);
	return err;
}

/* The first secret of the default directory is copied from its place in former versions, if it
 * exists there: otherwise all addresses would change. On an error, `*ret_path` is the file. */
static int first_secret(
	const struct daemon *d, const char **ret_path, uint8_t ret[MACHINE_SECRET_LEN])
{
	static const char former[] = "/var/lib/ontap/" SECRET_FILE;
	bool is_default = strcmp(d->settings->state_dir, SETTINGS_DEFAULT_STATE) == 0;
	int err = is_default ? open_and_read(former, ret) : -ENOENT;
	if (err && err != -ENOENT)
		*ret_path = former;
	if (err != -ENOENT)
		return err;
	return getrandom(ret, MACHINE_SECRET_LEN, 0) == MACHINE_SECRET_LEN ? 0 : -EAGAIN;
}

static int make_and_read(struct daemon *d, const char **path)
{
	uint8_t first[MACHINE_SECRET_LEN];
	int err = first_secret(d, path, first);
	if (!err)
		err = write_new(*path, first);
	return err ? err : open_and_read(*path, d->machine_secret);
}

int secret_load(struct daemon *d)
{
	const char *dir = d->settings->state_dir;
	char *path;
	int err = file_make_dirs(dir);
	if (err)
		return complain(d, dir, err);
	if (asprintf(&path, "%s/" SECRET_FILE, dir) < 0)
		return ERR_NOMEM;
	const char *at = path;
	err = open_and_read(path, d->machine_secret);
	if (err == -ENOENT)
		err = make_and_read(d, &at);
	if (err)
		complain(d, at, err);
	free(path);
	return err;
}
