/* SPDX-License-Identifier: ISC */
/* Telling a supervisor that the daemon is ready: s6's newline on a descriptor, and sd_notify(3). */
#pragma once

#include "base/compiler.h"

/* Says "ready": writes one newline to `fd` and closes it (-1: none), and READY=1 to the datagram
 * socket whose path is `notify_socket` ("@…" is abstract; NULL: none). Once. -errno if
 * one of them fails; the other is told all the same. */
int ready_say(int fd, const char *notify_socket) MUSTCHECK;

/* Sends another state ("STOPPING=1", "RELOADING=1\n…") to `notify_socket`; NULL: nobody to tell. */
int ready_notify(const char *notify_socket, const char *state) NONNULL_ARGS(2) MUSTCHECK;
