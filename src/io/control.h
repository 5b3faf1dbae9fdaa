/* SPDX-License-Identifier: ISC */
/*
 * A unix stream socket on which the daemon answers questions. There are two: the control socket for
 * administrators, and the resolve socket for everybody.
 *
 *	client:  one line, words separated by single spaces, ended by a newline
 *	daemon:  lines, then it closes; after "watch" it goes on until the client closes
 *
 * A client that stays connected is in a stream, which is a number. A broadcast to a stream goes to
 * all of its clients.
 *
 * Both ends are implemented here. The daemon never waits for a client: if a client does not read in
 * time, it is disconnected and its unread data is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/time.h"
#include "io/loop.h"

enum { CONTROL_LINE_CAP = 1200 }; /* a request: a verb, an escaped name, an address */

struct control;        /* opaque: the daemon's end */
struct control_client; /* opaque: the client's end */

/* What is known about a client. */
struct control_asker {
	uid_t uid;          /* effective user of the process that connected; -1: not known */
	bool has_our_links; /* is in our network namespace, if the kernel can tell (Linux 5.14) */
};

/* Answers a request: appends lines to `out`. Returns the stream of the client, which then stays
 * connected; or 0: the connection is closed once `out` is written. */
typedef unsigned control_fn(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out);

#define CONTROL_OWN_GROUP ((gid_t)-1)

struct control_config {
	const char *path; /* copied */
	mode_t mode;      /* of the socket */
	gid_t group;      /* of the socket; CONTROL_OWN_GROUP: that of the process */
	size_t clients_max;
	/* Users may open connections and send nothing. So a user has at most this many: a new one
	 * replaces the one that was opened first. If there are `clients_max` of all users, a new
	 * one replaces the first of any user. No connection without a stream stays longer than
	 * `patience`. */
	size_t user_clients_max;
	ns_t patience;
	/* True if root has no such limits, and loses no connection to other users. If root has all
	 * `clients_max`, further clients wait. */
	bool has_trusted_root;
	control_fn *answer;
	void *arg;
};

/* Listens at that path, and makes its directory if it does not exist. Replaces a socket on which
 * nobody listens any more. ERR_EXISTS if somebody listens there; ERR_NOMEM; -errno. */
int control_open(struct control **ret, struct loop *loop,
	const struct control_config *config) NONNULL MUSTCHECK;
/* Disconnects all clients and removes the socket, if permitted: a process that has changed its user
 * may not be able to. */
void control_close(struct control *c);
/* True if somebody listens at `path`. */
bool control_is_in_use(const char *path) NONNULL;

/* Removes the socket at `path` if nobody listens there. For the process that still has the
 * permission to. */
void control_remove_abandoned(const char *path) NONNULL;

/* Returns when to call control_poll(), which closes connections that have been idle too long;
 * NS_NEVER if no call is needed. NULL stands for a socket that is not open. */
ns_t control_deadline(const struct control *c);
void control_poll(struct control *c, ns_t now);

/* True if any client is in that stream. If not, there is no need to format what it would get. NULL
 * stands for a socket that is not open. */
bool control_has_stream(const struct control *c, unsigned stream);
void control_broadcast(struct control *c, unsigned stream, const char *bytes, size_t len)
	NONNULL_ARGS(1);
/* Ends the stream: its clients get what is pending, and are disconnected. */
void control_end_stream(struct control *c, unsigned stream) NONNULL;

/* The client's end: connects and sends `request`. The caller reads from and closes `*ret_fd`.
 * -errno (-ENOENT, -ECONNREFUSED: no daemon); ERR_RANGE if the request is too long. */
int control_connect(const char *path, const char *request, int *ret_fd) NONNULL MUSTCHECK;

/* Connects, sends `request` and calls `on_line` for each line of the answer,
 * without its newline, until the daemon closes or `on_line` returns false. -errno (-ENOENT,
 * -ECONNREFUSED: no daemon); ERR_RANGE if a line or the request is too long. */
int control_ask(const char *path, const char *request, bool (*on_line)(void *arg, const char *line),
	void *arg) NONNULL_ARGS(1, 2, 3) MUSTCHECK;
