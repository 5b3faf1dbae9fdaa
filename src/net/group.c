/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of /proc/net/igmp and /proc/net/igmp6.
 * Never waits, and never asks the kernel by netlink.
 */
#include "net/group.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"

enum { LINE_CAP = 256 };

void group_read_v4(const char *line, struct group_line *ret)
{
	uint32_t group;
	unsigned members;
	ret->members = 0;
	if (line[0] != '\t') {
		ret->ifindex = 0;
		(void)!sscanf(line, "%" SCNu32, &ret->ifindex);
		return;
	}
	/* The kernel prints the address as a number in the byte order of this machine. */
	if (sscanf(line, " %" SCNx32 " %u", &group, &members) == 2 && group == htonl(0xe00000fb))
		ret->members = members;
}

void group_read_v6(const char *line, struct group_line *ret)
{
	char group[33];
	unsigned members;
	ret->members = 0;
	ret->ifindex = 0;
	if (sscanf(line, "%" SCNu32 " %*s %32s %u", &ret->ifindex, group, &members) == 3 &&
		strcmp(group, "ff0200000000000000000000000000fb") == 0)
		ret->members = members;
}

static int open_or_err(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void group_open(struct group_files *f)
{
	f->v4 = open_or_err("/proc/self/net/igmp");
	f->v6 = open_or_err("/proc/self/net/igmp6");
}

void group_close(struct group_files *f)
{
	if (f->v4 >= 0)
		close(f->v4);
	if (f->v6 >= 0)
		close(f->v6);
	*f = (struct group_files){-EBADF, -EBADF};
}

int group_each(const struct group_files *f, bool is_v6,
	void (*visit)(void *arg, const struct group_line *line), void *arg)
{
	char text[LINE_CAP];
	struct group_line line = {0};
	const int fd = is_v6 ? f->v6 : f->v4;
	FILE *file = fd < 0 ? NULL : file_again(fd);
	if (!file)
		return fd < 0 ? fd : -errno;
	while (fgets(text, sizeof(text), file)) {
		if (is_v6)
			group_read_v6(text, &line);
		else
			group_read_v4(text, &line);
		if (line.members > 0)
			visit(arg, &line);
	}
	fclose(file);
	return 0;
}
