/* SPDX-License-Identifier: ISC */
/* Giving up what is not needed: from root to a user with a few capabilities, and to none in threads. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* A user to become. */
struct privilege_user {
	uid_t uid;
	gid_t gid;
};

/* Looks up a user by name, in a child: the sources of users that nsswitch.conf(5) names are libraries, which
 * stay in the memory of who has asked them. ERR_ABSENT; -errno. */
int privilege_find_user(const char *name, struct privilege_user *ret) NONNULL MUSTCHECK;

/* The same for a group. */
int privilege_find_group(const char *name, gid_t *ret) NONNULL MUSTCHECK;

/* Becomes that user for good, without supplementary groups, and with no capability but the one to
 * bind to port 53 on an address that comes later, CAP_NET_BIND_SERVICE. For the calling thread only:
 * before there are others. -errno. */
int privilege_become(const struct privilege_user *user) NONNULL MUSTCHECK;

/* Keeps the user, and of its capabilities only what watching the kernel needs: CAP_NET_ADMIN,
 * CAP_NET_BROADCAST; CAP_SYS_ADMIN for the cookies of namespaces, for host names, and for BPF;
 * CAP_SYS_PTRACE to see which namespaces a process is in. What cannot be dropped or is not there is no
 * error. */
void privilege_keep_watching(void);

/* Keeps the user, and of its capabilities only what making devices for others needs: CAP_NET_ADMIN,
 * CAP_NET_BROADCAST; CAP_SYS_ADMIN to enter namespaces; CAP_SYS_PTRACE to see which ones a process
 * is in; CAP_MKNOD for taps. What cannot be dropped or is not there is no error. */
void privilege_keep_devices(void);

/* The effective capabilities of the calling thread, a bit for each. */
uint64_t privilege_effective(void);

/* Drops all capabilities of the calling thread: for one that parses what strangers send. It cannot
 * fail in a way that matters: a thread that has none stays so. */
void privilege_drop_thread(void);
