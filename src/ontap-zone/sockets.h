/* SPDX-License-Identifier: ISC */
/* The two sockets on which the daemon answers questions: who may ask there, and how much. */
#pragma once

#include "ontap-zone/daemon.h"

/* Opens the control socket. Returns an exit code, 0 on success. Errors are logged. */
int sockets_open_control(struct daemon *d) NONNULL MUSTCHECK;

/* Opens the resolve socket, if it is configured. A failure is only a warning, because everything
 * else works without it. */
void sockets_open_resolve(struct daemon *d) NONNULL;
