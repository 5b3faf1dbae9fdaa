/* SPDX-License-Identifier: ISC */
/*
 * A process that closes descriptors of strangers.
 *
 * close(2) of a descriptor that a stranger has sent may take as long as the stranger likes: a TCP
 * socket waits for its SO_LINGER, a file of FUSE for its server (FUSE_FLUSH). That is so for the last
 * descriptor of the file only. So the descriptor is sent on to this process, closed here, where it is
 * not the last one any more, and then closed there:
 *
 *	ontapd ── packet with descriptors ──► closer: keeps them
 *	       ── packet without ───────────► closer: closes them
 *
 * If the closer does not read any more, and the socket is full, it is killed and another one takes
 * its place: in a process that ends, close(2) does not wait for a socket (inet_release(),
 * PF_EXITING) nor, after SIGKILL, for FUSE.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/list.h"
#include "io/log.h"
#include "io/loop.h"

struct closer {
	struct loop *loop;
	const struct log *log;
	int fd;               /* the socket to the process; -1: none */
	pid_t pid;            /* of the process */
	struct list children; /* of struct closer_child: those that were not waited for */
};

/* Starts the process. On a negative errno there is none: it is tried again when one is needed. `c` can
 * be closed in either case. */
int closer_open(struct closer *c, struct loop *loop, const struct log *log) NONNULL MUSTCHECK;

/* Closes these descriptors, at most PACKET_FDS_CAP. Never waits for the strangers. */
void closer_take(struct closer *c, int *fds, size_t count) NONNULL;

/* Closes a socket of ours to a stranger, who sees its end at once. It goes to the closer as well,
 * because packets in its queue may have descriptors. */
void closer_hang_up(struct closer *c, int fd) NONNULL;

/* Ends the process, without waiting for it. */
void closer_close(struct closer *c) NONNULL;
