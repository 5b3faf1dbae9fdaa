/* SPDX-License-Identifier: ISC */
/*
 * The control socket: a unix stream socket on which the daemon answers questions.
 *
 *	client:  one line, words separated by single spaces, ended by a newline
 *	daemon:  lines of JSON, then it closes; after "watch" it goes on until the client closes
 *
 * Both ends are here. The daemon never waits for a client: what a client does not read in time is
 * dropped with the client.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "io/log.h"
#include "io/loop.h"

enum { CONTROL_LINE_CAP = 1200 }; /* a request: a verb, an escaped name, an address */

struct control;        /* opaque: the daemon's end */
struct control_client; /* opaque: one who asks */

/* Answers a request: appends lines to `out`. True: the client stays and gets what
 * control_broadcast() says; false: it is closed once `out` is written. */
typedef bool control_fn(void *arg, const char *request, struct buf *out);

/* Listens at `path` with mode 0660; the directory is made if it is not there. A socket that nobody
 * listens on any more is replaced; one that somebody does is ERR_EXISTS. ERR_NOMEM, -errno. */
int control_open(struct control **ret, struct loop *loop, const struct log *log, const char *path,
	control_fn *answer, void *arg) NONNULL_ARGS(1, 2, 4, 5) MUSTCHECK;
/* Closes all clients and removes the socket, if it may: who has become another user may not. */
void control_close(struct control *c);
/* Removes the socket at `path` if nobody listens there: for the process that still may. */
void control_remove_abandoned(const char *path) NONNULL;

/* Whether any client stays to be told of changes: then it is worth making them into text. */
bool control_has_watchers(const struct control *c) NONNULL;
void control_broadcast(struct control *c, const char *bytes, size_t len) NONNULL;

/* The asking end: connects, sends `request` and calls `on_line` for each line that comes, without
 * its newline, until the daemon closes or `on_line` returns false. -errno (-ENOENT,
 * -ECONNREFUSED: no daemon), ERR_RANGE (a line or the request is too long). */
int control_ask(const char *path, const char *request, bool (*on_line)(void *arg, const char *line),
	void *arg) NONNULL_ARGS(1, 2, 3) MUSTCHECK;
