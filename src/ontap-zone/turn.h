/* SPDX-License-Identifier: ISC */
/* A turn of the daemon's loop. */
#pragma once

#include "ontap-zone/daemon.h"

/* One turn of the loop, and what follows from what came in. What fails has been logged. */
int daemon_turn(struct daemon *d, ns_t deadline) NONNULL MUSTCHECK;
