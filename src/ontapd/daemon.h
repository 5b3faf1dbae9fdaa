/* SPDX-License-Identifier: ISC */
/*
 * The parts of the running daemon, as they know each other. One thread, one loop:
 *
 *	listener (a socket a parent) ─► client (a connection) ─► make ─► registry
 *	kernel's news ─► registry        deletions, one a turn of the loop
 */
#pragma once

#include "base/list.h"
#include "device/rate.h"
#include "device/rules.h"
#include "io/log.h"
#include "io/loop.h"
#include "ontapd/caller.h"
#include "ontapd/netns_visit.h"
#include "ontapd/create.h"
#include "ontapd/registry.h"
#include "ontapd/settings.h"

struct daemon {
	const struct settings *settings;
	struct log *log;
	struct loop *loop;
	struct netns_visit visits;
	struct registry registry;
	struct creator creator;
	uint8_t machine_secret[MACHINE_SECRET_LEN];
	struct rules rules;
	struct rate rate;
	struct list listeners; /* of struct listener */
	struct list clients;   /* of struct client */
	struct list idle;      /* of struct client, the one that has to ask first first */
	size_t client_count;
	size_t clients_at_pause; /* while not accepting: how many there were when that began */
	bool is_accepting;
	struct log_limit complaints;
};

/* A socket, and the parent that it is for. */
struct listener {
	struct list in_daemon;
	struct daemon *daemon;
	struct loop_watch watch;
	char parent[IF_NAMESIZE];
	char *path; /* made by us and removed at the end; NULL: the service manager's */
};

/* A connection with its devices; and who is left of one: a process whose connection is closed, or was
 * one of the run before. Ends when both are gone, and its devices with it. */
struct client {
	struct list in_daemon, in_idle;
	struct daemon *daemon;
	struct listener *listener;     /* NULL: of the run before */
	struct loop_watch conn;        /* fd -1: closed */
	struct loop_watch process;     /* fd -1: gone, or not visible */
	struct caller caller;          /* its pidfd is the one in `process` */
	struct list devices;           /* of struct device.in_holder */
	struct netns_watcher *watcher; /* NULL: none */
	ns_t ask_by;                   /* while in_idle */
};

/* Opens the sockets: those of the command line, and those in the `count` descriptors from 3 on that
 * the service manager has opened. What fails has been told. */
int listener_open_all(struct daemon *d, int listen_fds) NONNULL MUSTCHECK;
void listener_close_all(struct daemon *d) NONNULL;
/* Accepts again if it could not, and a client has gone since: once a turn of the loop. */
void listener_resume(struct daemon *d) NONNULL;

/* A connection of `listener`; `fd` becomes the client's. */
void client_new(struct listener *listener, int fd) NONNULL;
/* The process that the devices in the mark are for is still there: it holds them from now on. NULL: no
 * memory. The caller's descriptors become the client's. */
struct client *client_adopt(struct daemon *d, const struct caller *caller) NONNULL;
/* Ends those that are only there for devices that are gone: after some were. */
void client_end_idle(struct daemon *d) NONNULL;
/* Closes those that should have asked by now. The next deadline is returned. */
ns_t client_expire(struct daemon *d, ns_t now) NONNULL;
void client_free_all(struct daemon *d) NONNULL;

/* What a request is answered, before it is done: DEVICE_OK if it may. */
enum device_status permit_request(struct daemon *d, struct job *job) NONNULL;
/* (Re)reads the rules file. What fails has been told: the old ones stay then. */
int permit_load_rules(struct daemon *d) NONNULL MUSTCHECK;

/* Finds what the run before left on our parents: deletes what is half made or whose process is gone,
 * and takes over the rest. What fails has been told. */
int adopt_all(struct daemon *d) NONNULL MUSTCHECK;

/* Follows the kernel: which devices and namespaces are gone. ERR_NOMEM, -errno. */
struct news;
int news_open(struct news **ret, struct daemon *d) NONNULL MUSTCHECK;
void news_close(struct news *n);

/* Reads the machine's secret from the state directory, and makes it if it is not there. What
 * fails has been told. */
int secret_load(struct daemon *d) NONNULL MUSTCHECK;
