/* SPDX-License-Identifier: ISC */
/* A turn of the daemon's loop. */
#pragma once

#include "ontap-zone/daemon.h"

/* Runs one turn of the loop, and handles the consequences of the events. Errors are logged. */
int daemon_turn(struct daemon *d, ns_t deadline) NONNULL MUSTCHECK;
