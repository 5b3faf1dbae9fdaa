/* SPDX-License-Identifier: ISC */
/*
 * The private network namespace in which the taps of guests are that configure themselves. Nobody else has a
 * privilege there: no guest's address is in the host's stack, and nobody can detach programs or change
 * addresses. An open queue keeps the namespace alive, and its file lets our next start find it: the
 * service manager keeps a descriptor (FDSTORE of sd_notify(3)), or else it is bound to a file.
 */
#pragma once

#include "base/compiler.h"
#include "ontapd/netns_visit.h"

struct nursery {
	struct netns_visit *visits;
	const struct log *log;
	int netns_fd;       /* -1: there is none yet */
	nsid_t nsid;        /* in our namespace's table */
	struct asker asker; /* in there */
	char *path;         /* of the file; owned; NULL: none */
	pid_t resident;     /* a process that lives there; 0: none */
};

void nursery_init(struct nursery *n, struct netns_visit *visits, const struct log *log) NONNULL;

/* Takes over the one of an earlier run: `fd`, from the service manager (closed on failure), or if that is -1 the
 * one that is bound to `path`. Without either, does nothing. -errno. */
int nursery_take_over(struct nursery *n, int fd, const char *path) NONNULL MUSTCHECK;

/* Makes it, and keeps it for the next run. `notify_socket`: of the service manager, or NULL. -errno. */
int nursery_make(struct nursery *n, const char *path, const char *notify_socket) NONNULL_ARGS(1, 2)
	MUSTCHECK;

/* Opens a packet socket there that hears all that guests need (guest/filter.h), and can never hear more. Returns its
 * descriptor; -errno. */
int nursery_open_packets(struct nursery *n) NONNULL MUSTCHECK;

/* Forgets it. If `is_empty`, removes its file, too: nothing is there for the next run. */
void nursery_close(struct nursery *n, bool is_empty) NONNULL;

static inline bool nursery_is_there(const struct nursery *n)
{
	return n->netns_fd >= 0;
}
