/* SPDX-License-Identifier: ISC */
/*
 * Owns the files of the signer.
 * Never follows a symbolic link, and never leaves half a file.
 */
#include "ontap-zone/signer_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "ontap-zone/state_dir.h"

enum { FILE_MAX = 65536, STORE_MODE = 0700, FILE_MODE = 0600 };

static int fail(const struct log *log, const char *state_dir, int err)
{
	log_error(log, "cannot open the keys: dir=\"%s/keys\" error=\"%s\"", state_dir,
		err == ERR_DENIED ? "others may write or read in it, or it is not ours"
				  : err_text(err));
	return err;
}

static int check_owner(int dir)
{
	struct stat st;
	if (fstat(dir, &st))
		return -errno;
	return st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) ? ERR_DENIED : 0;
}

int signer_store_open(
	const char *state_dir, const struct privilege_user *owner, const struct log *log)
{
	const int state = state_dir_open(state_dir, owner);
	if (state < 0)
		return fail(log, state_dir, state);
	if (mkdirat(state, "keys", STORE_MODE) == 0)
		(void)!fsync(state);
	int dir = openat(state, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = dir < 0 ? -errno : check_owner(dir);
	close(state);
	if (!err)
		return dir;
	if (dir >= 0)
		close(dir);
	return fail(log, state_dir, err);
}

int signer_store_read(int dir, const char *name, struct buf *out)
{
	return file_read_in(dir, name, FILE_MAX, out);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) ? -errno : 0;
}

int signer_store_write(int dir, const char *name, const struct buf *text)
{
	char temporary[NAME_MAX + 1];
	if (text->err)
		return text->err;
	if (snprintf(temporary, sizeof(temporary), "%s.new", name) >= (int)sizeof(temporary))
		return ERR_RANGE;
	(void)!unlinkat(dir, temporary, 0);
	int fd = openat(
		dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	int err = write_all(fd, text->bytes, text->len);
	close(fd);
	if (!err && renameat(dir, temporary, dir, name))
		err = -errno;
	if (err)
		(void)!unlinkat(dir, temporary, 0);
	else
		(void)!fsync(dir);
	return err;
}

bool signer_store_has(int dir, const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void signer_store_remove(int dir, const char *name)
{
	(void)!unlinkat(dir, name, 0);
}

int signer_store_list(int dir, void (*on_name)(void *arg, const char *name), void *arg)
{
	const int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	if (!list) {
		int err = -errno;
		if (copy >= 0)
			close(copy);
		return err;
	}
	while ((entry = readdir(list)))
		if (entry->d_name[0] != '.')
			on_name(arg, entry->d_name);
	closedir(list);
	return 0;
}
