/* SPDX-License-Identifier: ISC */
/*
 * Owns the way out of the file system.
 * Never changes a mount that others see.
 */
#include "io/empty_root.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Any directory that each machine has: the empty file system is put over it, and becomes the root. */
#define PLACE "/proc"

static int swap_roots(void)
{
	if (chdir(PLACE) || syscall(SYS_pivot_root, ".", "."))
		return -errno;
	/* The old root is now over the new one (pivot_root(2)). It goes, with all mounts below. */
	return umount2(".", MNT_DETACH) || chdir("/") ? -errno : 0;
}

/* A mount namespace begins as a copy of all mounts, among them those of network namespaces, which would live as
 * long as the copy. So whoever has failed here must end. */
static int enter(void)
{
	if (unshare(CLONE_NEWNS))
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("tmpfs", PLACE, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			"size=4k,nr_inodes=1,mode=555"))
		return -errno;
	return swap_roots();
}

/* A directory of a process that has ended, and is then forgotten: it is empty, and stays so. */
static int leave_root(pid_t ended)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)ended);
	return chdir(path) || chroot(".") ? -errno : 0;
}

/* An initramfs cannot move its root, and a security module may forbid to mount: a child tries it first. If it
 * fails, its directory in /proc is the root. */
int empty_root_enter(void)
{
	siginfo_t end = {0};
	pid_t child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(enter() != 0);
	while (waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT) && errno == EINTR)
		;
	const bool can_enter = end.si_code == CLD_EXITED && end.si_status == 0;
	int err = can_enter ? 0 : leave_root(child);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (can_enter)
		err = enter();
	(void)!unshare(CLONE_NEWIPC);
	return err;
}
