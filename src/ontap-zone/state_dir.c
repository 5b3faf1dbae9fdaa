/* SPDX-License-Identifier: ISC */
/*
 * Owns the way to the state directory and to those of former versions.
 * Never follows a symbolic link there.
 */
#include "ontap-zone/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "conf/conf.h"
#include "io/file.h"
#include "ontap-zone/state.h"

enum {
	/* 16 384 names (LIMIT_MDNS_KEPT) with another, each of at most 1 000 bytes as text. */
	STATE_FILE_MAX = 32 << 20
};

/* Former versions kept the files of the default directory here: by default, and under s6. The first
 * directory was shared with ontapd and was given to the user. */
static const char *const former_dirs[] = {"/var/lib/ontap", "/var/lib/ontap-zone"};

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void make_above(const char *path)
{
	char *above = strdup(path);
	char *slash = above ? strrchr(above, '/') : NULL;
	if (slash && slash != above) {
		*slash = '\0';
		(void)!file_make_dirs(above); /* if it fails, the last one fails too */
	}
	free(above);
}

/* A former version gave the parent directory to the user, with ontapd's files in it. Who owns it could
 * replace ontapd's directory: root takes it back. */
static void take_back_above(uid_t uid)
{
	struct stat st;
	int fd = open_dir(former_dirs[0]);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == uid)
		(void)!fchown(fd, 0, 0);
	close(fd);
}

/* True if nobody but root can have put this directory here: it is root's, and only root may write in the
 * one above. So it is for example the service manager's. */
static bool is_put_by_root(int dir)
{
	struct stat st, above;
	return fstat(dir, &st) == 0 && st.st_uid == 0 && fstatat(dir, "..", &above, 0) == 0 &&
	       above.st_uid == 0 && !(above.st_mode & (S_IWGRP | S_IWOTH));
}

int state_dir_open(const char *path, const struct privilege_user *owner)
{
	if (owner && owner->uid != 0 && strcmp(path, CONF_DEFAULT_STATE) == 0)
		take_back_above(owner->uid);
	make_above(path);
	const bool is_new = mkdir(path, 0755) == 0; /* if it fails, the next step tells why */
	int dir = open_dir(path);
	if (dir < 0 || !owner || (!is_new && !is_put_by_root(dir)))
		return dir;
	if (fchown(dir, owner->uid, owner->gid) == 0)
		return dir;
	int err = -errno;
	close(dir);
	return err;
}

void state_dir_reopen(int *dir, const char *path)
{
	if (*dir >= 0)
		close(*dir);
	*dir = state_dir_open(path, NULL);
}

static void tell_unread(const struct log *log, const char *path, const char *name, int err)
{
	log_warning(log, "cannot read state: file=\"%s/%s\" error=\"%s\"", path, name,
		err == ERR_DENIED ? "is not a regular file" : err_text(err));
}

static int read_former(const char *name, const char **ret_path, struct buf *out)
{
	int err = -ENOENT;
	for (size_t i = 0; i < ARRAY_LEN(former_dirs) && err == -ENOENT; i++) {
		int dir = open_dir(former_dirs[i]);
		*ret_path = former_dirs[i];
		err = dir < 0 ? dir : file_read_in(dir, name, STATE_FILE_MAX, out);
		if (dir >= 0)
			close(dir);
	}
	return err;
}

bool state_dir_read(
	int dir, const char *path, const char *name, const struct log *log, struct buf *out)
{
	int err = dir < 0 ? -ENOENT : file_read_in(dir, name, STATE_FILE_MAX, out);
	if (err == -ENOENT && strcmp(path, CONF_DEFAULT_STATE) == 0)
		err = read_former(name, &path, out);
	if (err && err != -ENOENT) {
		tell_unread(log, path, name, err);
		buf_clear(out);
	}
	return !err;
}

uint32_t state_dir_serial(const struct buf *text, const char *path, const struct log *log)
{
	uint32_t serial;
	if (state_serial_parse(buf_text(text), &serial))
		return serial;
	tell_unread(log, path, "serial", ERR_SYNTAX);
	return 0;
}
