/* SPDX-License-Identifier: ISC */
/* What can be known of a network namespace from a file that it is bound to. */
#pragma once

#include "model/event.h"

/* What our own process is in; opened once. */
struct netns_self {
	int net_fd; /* of our network namespace; a negative errno if it could not be opened */
	uint64_t user_dev, user_ino; /* of our user namespace, 0 if not known */
	uint64_t cookie;             /* of our network namespace, 0 if not known */
};

/* Cannot fail: what could not be had is left out of what netns_facts() finds. */
struct netns_self netns_self_open(void);
void netns_self_close(struct netns_self *self) NONNULL;

/* The cookie of the network namespace that the calling thread is in, 0 if the kernel does not say. */
uint64_t netns_cookie_here(void);

/* Opens the file `path`. A descriptor, or a negative errno; -ENOENT also
 * where the file is there, but no network namespace is mounted on it (yet). An open descriptor
 * keeps its namespace alive: close it soon. */
int netns_open(const char *path) NONNULL MUSTCHECK;

/* Finds cookie and owner of the namespace that `fd` is of, as far as privileges go: the cookie
 * needs CAP_SYS_ADMIN. `name` stays as it is. */
void netns_facts(const struct netns_self *self, int fd, struct event_ns *ret) NONNULL;
