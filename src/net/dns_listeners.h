/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets of the TCP thread. The main thread adds and closes them while the TCP
 * thread accepts. A lock is held while one of them uses a socket, so the other cannot close it
 * meanwhile. Internal to net/dns_tcp.c.
 */
#pragma once

#include <pthread.h>

#include "base/compiler.h"
#include "base/limits.h"

/* The kind of an event's source. It is the first member of each struct that epoll refers to. */
enum source_kind { SOURCE_STOP, SOURCE_LISTENER, SOURCE_CONN, SOURCE_TRANSFERS };

struct source {
	enum source_kind kind;
	int fd;
};

struct listeners {
	pthread_mutex_t lock;
	struct source at[LIMIT_DNS_PLACES]; /* fd -1: free */
};

void listeners_init(struct listeners *l) NONNULL;
/* Closes all that are open. */
void listeners_fini(struct listeners *l) NONNULL;

/* Takes ownership of `fd`, and closes it on failure. Adds it to the epoll set; the data of its
 * events is the address of its source. Returns its number; ERR_NOMEM, -errno. */
int listeners_add(struct listeners *l, int epoll_fd, int fd) NONNULL MUSTCHECK;
void listeners_close(struct listeners *l, int number) NONNULL;

/* Between these two calls the descriptor of `source` stays open. -1: it has been closed
 * since the event. */
int listeners_use(struct listeners *l, const struct source *source) NONNULL;
void listeners_unuse(struct listeners *l) NONNULL;
