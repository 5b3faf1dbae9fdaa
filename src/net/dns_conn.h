/* SPDX-License-Identifier: ISC */
/*
 * The inside of the TCP server (net/dns_tcp.c): one connection, and what the thread has. All functions are of that thread.
 *
 * In its turn, a connection reads what has arrived, answers each complete query, and writes all
 * answers at once. The rest (a part of a query, or answers that the client does not take) is kept
 * until the next turn. While answers wait, nothing more is read. So a connection never holds more
 * than one reading and its answers. Progress rule: a connection that completes neither a query nor
 * the sending of its answers for LIMIT_TCP_IDLE_S is closed. Answers are in the order of the
 * queries: each is ready at once, so another order (RFC 7766 §6.2.1.1) would help only behind a
 * transfer.
 *
 *	READING ── answers left ──► WRITING ── all sent ──► READING ── end, error, idle ──► closed
 *
 * A query for a transfer ends the reading. It is passed to the main thread (net/transfers.h). When
 * there is data to send, the connection is WRITING, message after message, until the last one. One
 * message is made and sent per turn, so that other connections have their turns in between.
 */
#pragma once

#include <pthread.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "net/dns_answer.h"
#include "net/dns_listeners.h"
#include "net/dns_part.h"
#include "net/dns_source.h"
#include "wire/msg.h"

enum {
	PREFIX_LEN = 2, /* RFC 1035 §4.2.2 */
	READ_CAP = PREFIX_LEN + LIMIT_UPDATE_TCP,
	WRITE_CAP = 2 * (PREFIX_LEN + MSG_CAP)
};

struct conn {
	struct source source;
	struct list in_use;        /* ordered by last progress, oldest first */
	struct map_node by_client; /* key: hash of the client's network */
	ns_t progress;
	struct serve_client client;
	uint8_t *in; /* input not answered yet; NULL if none */
	size_t in_len;
	uint8_t *out; /* answers not sent yet; NULL if none */
	size_t out_len, out_sent;
	bool is_closing;           /* nothing more is read: close when all is sent */
	uint32_t events;           /* the events that epoll waits for */
	struct transfer *transfer; /* requested, or being sent; NULL: none */
	bool is_sending;           /* `transfer` is ready to be sent */
	bool is_large;             /* `in` has more than a query may have: a part of an update */
};

struct tcp_server {
	struct serve_ctx ctx;
	_Atomic uint64_t accepted, limited, open;
	_Atomic uint64_t send_failed;
	pthread_t thread;
	int epoll_fd;
	struct source stop;          /* an eventfd */
	struct source ready;         /* readable when a transfer is ready */
	struct transfers *transfers; /* NULL: none */
	const struct log *log;
	ns_t now;           /* time at the end of the last wait */
	struct list conns;  /* of struct conn.in_use */
	struct map clients; /* of struct conn.by_client */
	uint64_t seed;      /* of the hashes in `clients` */
	size_t conn_limit;  /* LIMIT_TCP_CONNS, or what the descriptors allow */
	size_t large_count; /* of connections */
	bool has_to_rest;   /* accept(2) lacked resources, and no connection has them */
	struct listeners listeners;
	uint8_t read_buffer[READ_CAP];
	uint8_t write_buffer[WRITE_CAP];
};

/* Runs one turn. The connection may be freed afterwards. */
void conn_turn(struct tcp_server *s, struct conn *c) NONNULL;
/* Closes it, and takes it out of the lists of the server. */
void conn_free(struct tcp_server *s, struct conn *c) NONNULL;
