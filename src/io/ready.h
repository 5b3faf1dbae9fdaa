/* SPDX-License-Identifier: ISC */
/* Tells a supervisor that the daemon is ready: with s6's newline on a file descriptor, and with
 * sd_notify(3). */
#pragma once

#include "base/compiler.h"
#include "base/time.h"

/* Tells that the daemon is ready: writes one newline to `fd` and closes it (-1: none), and sends
 * READY=1 to the datagram socket at path `notify_socket` ("@…" is abstract; NULL: none). Call it
 * once. -errno if one of the two fails; the other is done nevertheless. */
int ready_say(int fd, const char *notify_socket) MUSTCHECK;

/* Keeps a connection to `notify_socket`, over which all is sent from then on: for a process that cannot open
 * one later. NULL: there is no such socket. -errno. */
int ready_connect(const char *notify_socket) MUSTCHECK;

/* Sends another state ("STOPPING=1", "RELOADING=1\n…") to `notify_socket`. Does nothing if that is
 * NULL. */
int ready_notify(const char *notify_socket, const char *state) NONNULL_ARGS(2) MUSTCHECK;

/* Returns how often the supervisor has to be told WATCHDOG=1 (sd_watchdog_enabled(3)): half of the time
 * in `usec`, the value of WATCHDOG_USEC, if `pid`, that of WATCHDOG_PID, is absent or this process.
 * Otherwise, and if there is no value, NS_NEVER. */
ns_t ready_watchdog_period(const char *usec, const char *pid) MUSTCHECK;

/* Returns how many descriptors the service manager has passed, from 3 on (sd_listen_fds(3)): `count`, the value of
 * LISTEN_FDS, if `pid`, that of LISTEN_PID, is this process. Otherwise 0. */
int ready_listen_fds(const char *count, const char *pid) MUSTCHECK;

/* Asks the service manager to keep a duplicate of `fd` under that name over a restart (FDSTORE of sd_notify(3)). It
 * does so if its unit has FileDescriptorStoreMax=; nothing tells if not. -errno. */
int ready_store(const char *notify_socket, const char *name, int fd) NONNULL MUSTCHECK;
