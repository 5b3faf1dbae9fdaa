/* SPDX-License-Identifier: ISC */
/* The two sockets on which the daemon answers questions: who may ask there, and how much. */
#pragma once

#include "ontap-zone/daemon.h"

/* Finds out, before anything is started, whether another daemon has the control socket. Returns an exit
 * code, which has been logged; 0 if not. */
int sockets_check_control(const struct conf *conf, const struct log *log) NONNULL MUSTCHECK;

/* Opens the control socket. Returns an exit code, 0 on success. Errors are logged. */
int sockets_open_control(struct daemon *d) NONNULL MUSTCHECK;

/* Opens the resolve socket, if it is configured. A failure is only a warning, because everything
 * else works without it. */
void sockets_open_resolve(struct daemon *d) NONNULL;
