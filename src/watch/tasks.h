/* SPDX-License-Identifier: ISC */
/* The results of a look at all tasks, for all methods; and the namespaces of our own process. */
#pragma once

#include "io/netns.h"
#include "model/relation.h"

/* Our own namespaces, with which others are compared; opened once. */
struct tasks_self {
	struct netns_self net;
	uint32_t net_ino, uts_ino, pid_ino; /* of our own namespaces, 0 if not known */
	int uts_fd;                         /* -1 if it could not be opened */
};

/* Returns a negative errno if our own namespaces cannot be found. `self` can be closed in either
 * case. */
int tasks_self_open(struct tasks_self *self) NONNULL MUSTCHECK;
void tasks_self_close(struct tasks_self *self) NONNULL;

/* Returns our own UTS namespace and its host name, which is that of the machine. */
struct event_hostname tasks_self_hostname(const struct tasks_self *self) NONNULL;

/* Receives sights, only during the call. */
struct tasks_sink {
	void (*on_sight)(void *arg, const struct relation_sight *sight);
	/* Only for the method that reports changes as they happen: */
	void (*on_gone)(void *arg, uint64_t nsproxy);
	void (*on_renamed)(void *arg, uint64_t uts, const char name[HOSTNAME_CAP]);
	void *arg;
};
