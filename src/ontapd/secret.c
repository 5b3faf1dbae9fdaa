/* SPDX-License-Identifier: ISC */
/*
 * Owns the file with the machine's secret, from which all stable addresses are derived.
 * Never changes one that is there: all addresses would change with it.
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

/* Written beside and linked into place: of two that start at once, one wins and both use that. */
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

/* ERR_DENIED: somebody else wrote it, or may write it; he would make his
 * marks ours. ERR_RANGE: it has not the length of a secret. */
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

static int make_and_read(const char *path, uint8_t ret[MACHINE_SECRET_LEN])
{
	uint8_t fresh[MACHINE_SECRET_LEN];
	if (getrandom(fresh, sizeof(fresh), 0) != sizeof(fresh))
		return -EAGAIN;
	int err = write_new(path, fresh);
	return err ? err : open_and_read(path, ret);
}

int secret_load(struct daemon *d)
{
	const char *dir = d->settings->state_dir;
	char *path;
	if (mkdir(dir, 0755) && errno != EEXIST)
		return complain(d, dir, -errno);
	if (asprintf(&path, "%s/" SECRET_FILE, dir) < 0)
		return ERR_NOMEM;
	int err = open_and_read(path, d->machine_secret);
	if (err == -ENOENT)
		err = make_and_read(path, d->machine_secret);
	if (err)
		complain(d, path, err);
	free(path);
	return err;
}
