/* SPDX-License-Identifier: ISC */
/*
 * Owns the file with the machine's secret, from which all stable addresses are derived.
 * Never changes one that is there: all addresses would change with it. Called at the start.
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

static int complain(struct daemon *d, const char *path, const char *what)
{
	log_error(d->log, "secret: path=%s error=\"%s\"", path, what);
	return ERR_SYS;
}

/* Written beside and linked into place: of two that start at once, one wins and both use that. */
static int write_new(const char *path, const uint8_t *secret)
{
	char *temp;
	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return ERR_NOMEM;
	int fd = mkostemp(temp, O_CLOEXEC); /* mode 0600 */
	int err = ERR_SYS;
	if (fd >= 0 && write(fd, secret, MACHINE_SECRET_LEN) == MACHINE_SECRET_LEN &&
		fsync(fd) == 0 && (link(temp, path) == 0 || errno == EEXIST))
		err = 0;
	int saved = errno;
	if (fd >= 0) {
		close(fd);
		unlink(temp);
	}
	free(temp);
	errno = saved;
	return err;
}

/* NULL, or what is wrong; `errno` is ENOENT if it is only not there yet. One that somebody else wrote, who
 * may own the directory, would make his marks ours. */
static const char *read_secret(struct daemon *d, const char *path)
{
	uint8_t bytes[MACHINE_SECRET_LEN + 1];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0) {
		const char *fault = strerror(errno);
		if (fd >= 0)
			close(fd);
		return fault;
	}
	ssize_t len = read(fd, bytes, sizeof(bytes));
	close(fd);
	errno = 0;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return "it is somebody else's, or others may write it";
	if (len != MACHINE_SECRET_LEN)
		return "it is damaged";
	memcpy(d->machine_secret, bytes, MACHINE_SECRET_LEN);
	return NULL;
}

static int load(struct daemon *d, const char *path)
{
	const char *fault = read_secret(d, path);
	if (fault && errno == ENOENT) {
		uint8_t fresh[MACHINE_SECRET_LEN];
		if (getrandom(fresh, sizeof(fresh), 0) != sizeof(fresh) || write_new(path, fresh))
			return complain(d, path, strerror(errno));
		fault = read_secret(d, path);
	}
	return fault ? complain(d, path, fault) : 0;
}

int secret_load(struct daemon *d)
{
	const char *dir = d->settings->state_dir;
	char *path;
	if (mkdir(dir, 0755) && errno != EEXIST)
		return complain(d, dir, strerror(errno));
	if (asprintf(&path, "%s/" SECRET_FILE, dir) < 0)
		return ERR_NOMEM;
	int err = load(d, path);
	free(path);
	return err;
}
