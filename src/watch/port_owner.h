/* SPDX-License-Identifier: ISC */
/*
 * Finds the processes that have sockets on our ports: the kernel's tables of sockets have inode
 * numbers, and /proc/PID/fdinfo has those of each process' files. Then waits for the end of these
 * processes, by pidfds. It looks only on request, because a look visits all processes, and at most
 * once a second, because anybody may cause requests by sockets on port 5353.
 *
 * Needs CAP_SYS_PTRACE for the processes of others, Linux 5.14 ("ino" in fdinfo), and the /proc of
 * our own PID namespace. Without these, a socket is reported without its process.
 */
#pragma once

#include "base/compiler.h"
#include "base/limits.h"
#include "base/time.h"
#include "model/event.h"

struct port_owners; /* opaque */

struct port_owner_config {
	uint16_t ports[LIMIT_OWNED_PORTS]; /* different ones; 0: no port */
	int32_t self; /* a process whose sockets are not reported: the serving process */

	/* EV_PORT_OWNER for each socket, then EV_PORTS_LISTED; EV_PORT_FREE with the same content
	 * when its process has ended. Of the sockets of one user that share an address and port, only
	 * one is reported. */
	void (*on_event)(void *arg, const struct event *ev);
	void *arg;
};

/* ERR_NOMEM, -errno. */
int port_owners_new(const struct port_owner_config *config, struct port_owners **ret) NONNULL
	MUSTCHECK;
void port_owners_free(struct port_owners *p);

/* Requests a look, which port_owners_handle() does when it is allowed. */
void port_owners_ask(struct port_owners *p) NONNULL;

/* When to call port_owners_handle(): at the deadline, or when the file descriptor is readable. It
 * reports the ends of processes. In a look it reports all owners; those of earlier looks are not
 * watched any more. */
ns_t port_owners_deadline(const struct port_owners *p) NONNULL;
int port_owners_fd(const struct port_owners *p) NONNULL;
void port_owners_handle(struct port_owners *p, ns_t now) NONNULL;
