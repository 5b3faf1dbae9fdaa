/* SPDX-License-Identifier: ISC */
/* What a look at all tasks finds, whichever way it is taken; and what our own process is in. */
#pragma once

#include "io/netns.h"
#include "model/relation.h"

/* Our own place, by which others are judged; opened once. */
struct tasks_self {
	struct netns_self net;
	uint32_t net_ino, uts_ino, pid_ino; /* of our own namespaces, 0 if not known */
	int uts_fd;                         /* -1 if it could not be opened */
};

/* A negative errno if our own namespaces cannot be told; `self` can be closed after either. */
int tasks_self_open(struct tasks_self *self) NONNULL MUSTCHECK;
void tasks_self_close(struct tasks_self *self) NONNULL;

/* Our own UTS namespace and its name, this host's. */
struct event_hostname tasks_self_hostname(const struct tasks_self *self) NONNULL;

/* Receives sights: during the call only. */
struct tasks_sink {
	void (*on_sight)(void *arg, const struct relation_sight *sight);
	/* The way that tells news as it happens only: */
	void (*on_gone)(void *arg, uint64_t nsproxy);
	void (*on_renamed)(void *arg, uint64_t uts, const char name[HOSTNAME_CAP]);
	void *arg;
};
