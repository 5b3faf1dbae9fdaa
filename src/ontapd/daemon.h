/* SPDX-License-Identifier: ISC */
/*
 * The parts of the running daemon, and how they are connected. One thread, one loop:
 *
 *	listener (a socket a parent) ─► client (a connection) ─► make ─► registry
 *	kernel's news ─► registry        deletions, one a turn of the loop
 */
#pragma once

#include "base/list.h"
#include "device/rate.h"
#include "device/rules.h"
#include "device/subids.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/packet.h"
#include "ontapd/autoconf.h"
#include "ontapd/caller.h"
#include "ontapd/closer.h"
#include "ontapd/netns_visit.h"
#include "ontapd/create.h"
#include "ontapd/lookup.h"
#include "ontapd/registry.h"
#include "ontapd/settings.h"
#include "ontapd/wish.h"

struct daemon {
	const struct settings *settings;
	struct log *log;
	struct loop *loop;
	struct closer closer;
	int received_fds[PACKET_FDS_CAP]; /* of the packet at hand */
	struct netns_visit visits;
	struct registry registry;
	struct creator creator;
	struct wishes wishes;
	struct autoconf autoconf;
	uint8_t machine_secret[MACHINE_SECRET_LEN];
	struct lookup lookup;
	struct rules rules;
	struct subids subids;
	struct rate rate;
	struct list listeners; /* of struct listener */
	struct list clients;   /* of struct client */
	struct list idle;      /* of struct client, earliest ask_by first */
	size_t client_count;
	size_t clients_at_pause; /* while not accepting: client_count when that began */
	bool is_accepting;
	struct log_limit complaints;
};

/* A socket, and the parent that it serves. */
struct listener {
	struct list in_daemon;
	struct daemon *daemon;
	struct loop_watch watch;
	char parent[IF_NAMESIZE];
	size_t vanished_count; /* devices that have vanished with the parent, not yet reported */
	char *path; /* made by us and removed at the end; NULL: from the service manager */
};

/* A client and its devices. It has a connection, or only a process: one whose connection is closed,
 * or one from the previous run. It ends, and its devices with it, when both connection and process
 * are gone. */
struct client {
	struct list in_daemon, in_idle;
	struct daemon *daemon;
	struct listener *listener;     /* NULL: from the previous run */
	struct loop_watch conn;        /* fd -1: closed */
	struct loop_watch process;     /* fd -1: ended, or not visible */
	struct caller caller;          /* its pidfd is the one in `process` */
	bool has_lost_parent;          /* a device of its vanished with the parent */
	struct list devices;           /* of struct device.in_holder */
	struct netns_watcher *watcher; /* NULL: none */
	ns_t ask_by;                   /* while in_idle */
};

/* The first descriptor that the service manager passes (SD_LISTEN_FDS_START). */
enum { LISTEN_FIRST = 3 };

/* Opens the sockets: those of the command line, and the `listen_fds` file descriptors from 3 on
 * that the service manager has opened. Errors are logged. */
int listener_open_all(struct daemon *d, int listen_fds) NONNULL MUSTCHECK;
void listener_close_all(struct daemon *d) NONNULL;
/* Accepts connections again if that was paused and a client has gone since. Call it once in each
 * turn of the loop. */
void listener_resume(struct daemon *d) NONNULL;

/* Makes a client for a new connection of `listener`. The client takes over `fd`. */
void client_new(struct listener *listener, int fd) NONNULL;
/* Makes a client for a process from the previous run that is still alive; it holds the devices with
 * its mark from now on. The client takes over the file descriptors of `caller`. Returns NULL if out
 * of memory. */
struct client *client_adopt(struct daemon *d, const struct caller *caller) NONNULL;
/* Closes the connection of the client, which may end with that. */
void client_close(struct client *c) NONNULL;
/* Ends the clients that have no connection and no devices any more. Call it after devices were
 * removed. */
void client_end_idle(struct daemon *d) NONNULL;
/* Closes connections that should have sent a request by now. Returns the next deadline. */
ns_t client_expire(struct daemon *d, ns_t now) NONNULL;
void client_free_all(struct daemon *d) NONNULL;

/* Checks a request before it is executed. Returns DEVICE_OK if it is permitted. */
enum device_status permit_request(struct daemon *d, struct job *job) NONNULL;
/* Takes over what the rules file and /etc/subuid say, at the start or again. On failure the old
 * rules stay. Errors are logged. */
int permit_take_files(struct daemon *d, const struct lookup_files *files) NONNULL MUSTCHECK;

/* What the guest of the device may claim, as the rules say now: for one that has been taken over. */
struct guest_policy permit_guest_policy(
	struct daemon *d, const struct device *dev, const struct caller *caller) NONNULL;

/* The fixed addresses of a device that has been taken over, as the rules say now. */
struct device_fixed permit_fixed(struct daemon *d, const struct device *dev) NONNULL;

/* Finds the devices that the previous run left on our parents. Deletes those that are unfinished or
 * whose process has ended, and takes over the rest. Errors are logged. */
int adopt_all(struct daemon *d) NONNULL MUSTCHECK;

/* Follows the kernel's notifications to learn which devices and namespaces are gone. ERR_NOMEM,
 * -errno. */
struct news;
int news_open(struct news **ret, struct daemon *d) NONNULL MUSTCHECK;
void news_close(struct news *n);

/* Reads the machine's secret from the state directory, and creates it if it does not exist. Errors
 * are logged. */
int secret_load(struct daemon *d) NONNULL MUSTCHECK;
