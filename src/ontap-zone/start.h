/* SPDX-License-Identifier: ISC */
/* The start of the daemon, in its order. */
#pragma once

#include "ontap-zone/daemon.h"

/* Signals, and the watcher process. It is to be started before the zone files are read: what it is forked with
 * stays in memory as long as it lives, and it looks about while they are read. An exit code, 0 if all is
 * well; what went wrong has been logged. */
int daemon_start_watching(struct daemon *d, const struct conf *conf) NONNULL MUSTCHECK;
/* Ends both, also if they did not start. */
void daemon_stop_watching(struct daemon *d) NONNULL;

/* The engine and its sockets, before the pipeline is told anything. The same. */
int daemon_open_mdns(struct daemon *d, uint64_t seed) NONNULL MUSTCHECK;

/* From the first dump to readiness. The same; also 0 if a signal has ended it (is_stopping). */
int daemon_start(struct daemon *d) NONNULL MUSTCHECK;
