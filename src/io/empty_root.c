/* SPDX-License-Identifier: ISC */
/*
 * Owns the way out of the file system.
 * Never changes a mount that others see.
 */
#include "io/empty_root.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Any directory that each machine has: the empty file system is put over it, and becomes the root. */
#define PLACE "/proc"

/* The root of an initramfs cannot be moved (pivot_root(2): EINVAL): there the process only leaves it. */
static int swap_roots(void)
{
	if (chdir(PLACE))
		return -errno;
	if (syscall(SYS_pivot_root, ".", "."))
		return chroot(".") || chdir("/") ? -errno : 0;
	/* The old root is now over the new one (pivot_root(2)). It goes, with all mounts below. */
	return umount2(".", MNT_DETACH) || chdir("/") ? -errno : 0;
}

int empty_root_enter(void)
{
	if (unshare(CLONE_NEWNS))
		return -errno;
	(void)!unshare(CLONE_NEWIPC);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("tmpfs", PLACE, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			"size=4k,nr_inodes=1,mode=555"))
		return -errno;
	int err = swap_roots();
	if (err) {
		(void)!umount2(PLACE, MNT_DETACH);
		(void)!chdir("/");
	}
	return err;
}
