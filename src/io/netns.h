/* SPDX-License-Identifier: ISC */
/* Facts about a network namespace, found through a file that it is bound to. */
#pragma once

#include "model/event.h"

/* The namespaces of our own process; opened once. */
struct netns_self {
	int net_fd; /* our network namespace; a negative errno if it could not be opened */
	uint64_t user_dev, user_ino; /* of our user namespace, 0 if not known */
	uint64_t cookie;             /* of our network namespace, 0 if not known */
};

/* Cannot fail: if something could not be found, netns_facts() leaves out what depends on it. */
struct netns_self netns_self_open(void);
void netns_self_close(struct netns_self *self) NONNULL;

/* Returns the cookie of the network namespace of the calling thread, 0 if the kernel does not
 * support it. */
uint64_t netns_cookie_here(void);

/* Opens the file `path`. Returns a file descriptor, or a negative errno. -ENOENT also if the file
 * exists, but no network namespace is mounted on it (yet). An open file descriptor keeps its
 * namespace alive: close it soon. */
int netns_open(const char *path) NONNULL MUSTCHECK;

/* Returns who owns the network or UTS namespace that `fd` refers to. OWNER_UNKNOWN also if it is not
 * in our user namespace or below it (ioctl_ns(2): NS_GET_USERNS, NS_GET_PARENT, NS_GET_OWNER_UID). `*ret_uid` as in
 * netns_facts(), or UINT32_MAX. */
enum event_owner netns_owner(const struct netns_self *self, int fd, uint32_t *ret_uid) NONNULL;

/* Finds the cookie and the owner of the namespace that `fd` refers to, as far as our privileges
 * permit: the cookie needs CAP_SYS_ADMIN. The user of OWNER_USER is who made the user namespace just below
 * ours: one person, whatever he does with subordinate ids further down (NS_GET_OWNER_UID). Does not
 * change `name`. */
void netns_facts(const struct netns_self *self, int fd, struct event_ns *ret) NONNULL;
