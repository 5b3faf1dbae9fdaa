/* SPDX-License-Identifier: ISC */
/*
 * A unix stream socket on which the daemon answers questions: the control socket, for who administers it,
 * and the resolve socket, for everybody.
 *
 *	client:  one line, words separated by single spaces, ended by a newline
 *	daemon:  lines, then it closes; after "watch" it goes on until the client closes
 *
 * Both ends are here. The daemon never waits for a client: what a client does not read in time is
 * dropped with the client.
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
struct control_client; /* opaque: one who asks */

/* Who asks. */
struct control_asker {
	bool has_our_links; /* is in our network namespace, as far as the kernel can tell (Linux 5.14) */
};

/* Answers a request: appends lines to `out`. True: the client stays and gets what
 * control_broadcast() says; false: it is closed once `out` is written. */
typedef bool control_fn(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out);

#define CONTROL_OWN_GROUP ((gid_t)-1)

struct control_config {
	const char *path; /* copied */
	mode_t mode;      /* of the socket */
	gid_t group;      /* of the socket; CONTROL_OWN_GROUP: that of the process */
	size_t clients_max;
	/* For strangers, who may open connections and ask nothing; 0 where clients are trusted, of whom the last
	 * ones wait until another goes. What stands idle longest gives way: where one user has this many
	 * connections, his own; where there are `clients_max`, anybody's. And none stays idle longer. */
	size_t user_clients_max;
	ns_t patience;
	control_fn *answer;
	void *arg;
};

/* Listens at that path; the directory is made if it is not there. A socket that nobody listens on any more is
 * replaced; one that somebody does is ERR_EXISTS. ERR_NOMEM, -errno. */
int control_open(struct control **ret, struct loop *loop,
	const struct control_config *config) NONNULL MUSTCHECK;
/* Closes all clients and removes the socket, if it may: who has become another user may not. */
void control_close(struct control *c);
/* Removes the socket at `path` if nobody listens there: for the process that still may. */
void control_remove_abandoned(const char *path) NONNULL;

/* When control_poll() is to be called, which closes what has stood idle too long; NS_NEVER: not at all. NULL is
 * a socket that is not open. */
ns_t control_deadline(const struct control *c);
void control_poll(struct control *c, ns_t now);

/* Whether any client stays to be told of changes: then it is worth making them into text. */
bool control_has_watchers(const struct control *c) NONNULL;
void control_broadcast(struct control *c, const char *bytes, size_t len) NONNULL;

/* The asking end: connects, sends `request` and calls `on_line` for each line that comes, without
 * its newline, until the daemon closes or `on_line` returns false. -errno (-ENOENT,
 * -ECONNREFUSED: no daemon), ERR_RANGE (a line or the request is too long). */
int control_ask(const char *path, const char *request, bool (*on_line)(void *arg, const char *line),
	void *arg) NONNULL_ARGS(1, 2, 3) MUSTCHECK;
