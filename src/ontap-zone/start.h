/* SPDX-License-Identifier: ISC */
/* The steps of the daemon's start, in their order. */
#pragma once

#include "ontap-zone/daemon.h"

/* Finds whom this process and the keeper become, before there are threads and sockets: `d->user_name` and
 * `d->user`. Returns as below. */
int daemon_find_user(struct daemon *d, const struct conf *conf) NONNULL MUSTCHECK;

/* Sets up signals and starts the watcher process. It must start before the zone files are read, for
 * two reasons: the memory that exists at the fork stays in the watcher as long as it lives, and the
 * watcher examines the system while the files are read. Returns an exit code, 0 on success. Errors
 * are logged. */
int daemon_start_watching(struct daemon *d, const struct conf *conf) NONNULL MUSTCHECK;
/* Stops both; allowed even if they did not start. */
void daemon_stop_watching(struct daemon *d) NONNULL;

/* Opens the mDNS engine and its sockets, before the pipeline gets any event. Returns as above. */
int daemon_open_mdns(struct daemon *d, uint64_t seed) NONNULL MUSTCHECK;

/* Runs from the first dump to readiness. Returns as above; also 0 if a signal has ended it
 * (is_stopping). */
int daemon_start(struct daemon *d) NONNULL MUSTCHECK;
