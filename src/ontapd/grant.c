/* SPDX-License-Identifier: ISC */
/*
 * Owns the symbolic links that grant names.
 * Never decides who may have a name.
 */
#include "ontapd/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "device/grant.h"
#include "name/label.h"

static const char *format_name(const struct device *d, char out[DEVICE_GRANT_CAP])
{
	struct device_grant grant = {
		.cookie = d->cookie, .ifindex = d->ifindex, .nsid = d->nsid, .uid = d->mark.uid};
	memcpy(grant.parent, d->mark.parent, sizeof(grant.parent));
	return device_grant_format(&grant, out);
}

int grants_open_dir(const char *socket_dir, const struct log *log)
{
	char *path;
	if (asprintf(&path, "%s/" DEVICE_GRANT_DIR, socket_dir) < 0)
		return -1;
	mkdir(socket_dir, 0755); /* if one of these fails, open(2) fails too, and is logged */
	mkdir(path, 0755);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		log_warning(log, "names cannot be granted: dir=\"%s\" error=\"%s\"", path,
			err_text(-errno));
	free(path);
	return fd;
}

int grant_put(int dir_fd, const struct device *d, const char *alias)
{
	char name[DEVICE_GRANT_CAP];
	if (dir_fd < 0 || d->cookie == 0)
		return 0;
	format_name(d, name);
	if (symlinkat(alias, dir_fd, name) == 0)
		return 0;
	/* It belongs to a former device with the same ifindex, whose end we have not seen yet. */
	if (errno != EEXIST || unlinkat(dir_fd, name, 0) != 0)
		return -errno;
	return symlinkat(alias, dir_fd, name) == 0 ? 0 : -errno;
}

void grant_drop(int dir_fd, const struct device *d)
{
	char name[DEVICE_GRANT_CAP];
	if (dir_fd >= 0 && d->cookie != 0)
		(void)unlinkat(dir_fd, format_name(d, name), 0);
}

DIR *grants_open_to_read(int dir_fd)
{
	int fd = dir_fd < 0 ? -1 : openat(dir_fd, ".", O_RDONLY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static bool has_common_name(const char *alias, const char *other)
{
	const char *name;
	size_t len;
	while ((name = label_next_word(&alias, &len)))
		if (label_is_word_of(other, name, len))
			return true;
	return false;
}

bool grant_is_taken(int dir_fd, const struct device *d, const char *alias)
{
	DIR *dir = grants_open_to_read(dir_fd);
	bool is_taken = false;
	for (const struct dirent *de; dir && !is_taken && (de = readdir(dir));) {
		struct device_grant grant;
		char other[ALIAS_CAP];
		if (device_grant_parse(de->d_name, &grant) || grant.uid == d->mark.uid ||
			strcmp(grant.parent, d->mark.parent) == 0)
			continue;
		ssize_t len = readlinkat(dir_fd, de->d_name, other, sizeof(other) - 1);
		other[len > 0 ? len : 0] = '\0';
		is_taken = has_common_name(alias, other);
	}
	if (dir)
		closedir(dir);
	return is_taken;
}
