/* SPDX-License-Identifier: ISC */
/* Gives up privileges that are not needed: from root to a user with a few capabilities, and to none
 * in threads. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"

/* A user for the process to become. */
struct privilege_user {
	uid_t uid;
	gid_t gid;
};

/* Looks up a user by name, in a child process. The user databases of nsswitch.conf(5) are
 * libraries, which stay in the memory of the process that used them. ERR_ABSENT; -errno. */
int privilege_find_user(const char *name, struct privilege_user *ret) NONNULL MUSTCHECK;

/* Finds a user that nobody is, for a process that would be root otherwise: a uid without a name, of those that
 * neither Debian (policy, 9.2) nor systemd (UIDS-GIDS) gives to anybody; not `but`. In a child process as well,
 * which tries to become it. ERR_ABSENT: all of them have names. -errno: this process cannot become it, for
 * example in a user namespace that does not have it; or that user could not list the directory `reach`,
 * unless that is NULL or does not exist. */
int privilege_find_unnamed(uid_t but, const char *reach, struct privilege_user *ret) NONNULL_ARGS(3)
	MUSTCHECK;

/* The same as privilege_find_user() for a group. */
int privilege_find_group(const char *name, gid_t *ret) NONNULL MUSTCHECK;

/* Becomes that user permanently, without supplementary groups. Keeps one capability,
 * if there is one: CAP_NET_BIND_SERVICE, to bind to port 53 on addresses that are added later. Affects the calling
 * thread only: call it before there are other threads. -errno. */
int privilege_become(const struct privilege_user *user) NONNULL MUSTCHECK;

/* Keeps the user, and only the capabilities that watching the kernel needs: CAP_NET_ADMIN and
 * CAP_NET_BROADCAST; CAP_SYS_ADMIN for the cookies of namespaces, for host names, and for BPF;
 * CAP_SYS_PTRACE to see which namespaces a process is in, and what it has open; CAP_NET_RAW to open packet
 * sockets for guests. And, until the next call, those to change the user. It is no error if a capability is
 * missing or cannot be dropped. */
void privilege_begin_watching(void);
/* Becomes that user permanently, unless it is NULL, and keeps these capabilities. -errno: the user stays, or is
 * changed in part; the capabilities are dropped. */
int privilege_keep_watching(const struct privilege_user *user) MUSTCHECK;

/* Keep the user, and CAP_NET_BIND_SERVICE or nothing: for processes that were started as the user that they are to
 * be, by a service manager that has given them capabilities. */
void privilege_keep_serving(void);
void privilege_keep_nothing(void);

/* Keeps the user, and only the capabilities that making devices for others needs: CAP_NET_ADMIN and
 * CAP_NET_BROADCAST; CAP_SYS_ADMIN to enter namespaces; CAP_SYS_PTRACE to see which namespaces a
 * process is in; CAP_MKNOD for taps; CAP_NET_RAW for the packet socket of guests. It is no error if a capability is missing or cannot be
 * dropped. */
void privilege_keep_devices(void);

/* Returns the effective capabilities of the calling thread, one bit for each. */
uint64_t privilege_effective(void);

/* Appends the names of capabilities to a text for people, with blanks between them: "none", "net_admin
 * net_raw", "all". */
void privilege_list(uint64_t capabilities, struct buf *out) NONNULL;

/* Drops all capabilities of the calling thread, for a thread that parses untrusted input. A failure
 * does not matter: a thread without capabilities cannot get any. */
void privilege_drop_thread(void);
