/* SPDX-License-Identifier: ISC */
/* The two sockets on which the daemon answers questions: who may ask there, and how much of it. */
#pragma once

#include "ontap-zone/daemon.h"

/* The control socket. An exit code, 0 if all is well; what went wrong has been logged. */
int sockets_open_control(struct daemon *d) NONNULL MUSTCHECK;

/* The resolve socket, if one is wanted. Without it all else is served: so what goes wrong is a warning. */
void sockets_open_resolve(struct daemon *d) NONNULL;
