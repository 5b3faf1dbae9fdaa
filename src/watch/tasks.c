/* SPDX-License-Identifier: ISC */
/*
 * Owns the facts about the namespaces of our own process.
 * Never looks at other tasks: tasks_bpf.c and tasks_proc.c do.
 */
#include "watch/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

int tasks_self_open(struct tasks_self *self)
{
	struct stat net, uts, pid;
	*self = (struct tasks_self){.net = netns_self_open(), .uts_fd = -1};
	if (self->net.net_fd < 0)
		return self->net.net_fd;
	self->uts_fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (self->uts_fd < 0 || fstat(self->net.net_fd, &net) != 0 ||
		fstat(self->uts_fd, &uts) != 0 || stat("/proc/self/ns/pid", &pid) != 0)
		return -errno;
	self->net_ino = (uint32_t)net.st_ino;
	self->uts_ino = (uint32_t)uts.st_ino;
	self->pid_ino = (uint32_t)pid.st_ino;
	return 0;
}

void tasks_self_close(struct tasks_self *self)
{
	netns_self_close(&self->net);
	if (self->uts_fd >= 0)
		close(self->uts_fd);
	self->uts_fd = -1;
}

struct event_hostname tasks_self_hostname(const struct tasks_self *self)
{
	struct event_hostname own = {.uts = self->uts_ino, .is_own = true, .owner = OWNER_HOST};
	struct utsname name;
	if (uname(&name) == 0)
		memcpy(own.name, name.nodename, strnlen(name.nodename, sizeof(own.name) - 1));
	return own;
}
