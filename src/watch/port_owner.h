/* SPDX-License-Identifier: ISC */
/*
 * Finds the processes that have sockets on our ports: the kernel's tables of sockets have inode
 * numbers, and /proc/PID/fdinfo has those of each process' files. Then waits for the end of these
 * processes, by pidfds. It looks only on request, because a look visits all processes.
 *
 * Needs CAP_SYS_PTRACE for the processes of others, and Linux 5.14 ("ino" in fdinfo). Without
 * these, a socket is reported without its process.
 */
#pragma once

#include "base/compiler.h"
#include "model/event.h"

struct port_owners; /* opaque */

struct port_owner_config {
	uint16_t ports[4]; /* 0: no port; the first four different ones */
	int32_t self;      /* a process whose sockets are not reported: the serving process */

	/* EV_PORT_OWNER for each socket, then EV_PORTS_LISTED; EV_PORT_FREE when one of the processes
	 * has ended. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

/* ERR_NOMEM, -errno. */
int port_owners_new(const struct port_owner_config *config, struct port_owners **ret) NONNULL
	MUSTCHECK;
void port_owners_free(struct port_owners *p);

/* The file descriptor to poll for reading; then call port_owners_handle(). */
int port_owners_fd(const struct port_owners *p) NONNULL;
void port_owners_handle(struct port_owners *p) NONNULL;

/* Looks for the owners, and reports all. Those of earlier looks are not watched any more. */
void port_owners_look(struct port_owners *p) NONNULL;
