/* SPDX-License-Identifier: ISC */
/*
 * The system's sleep, as systemd-logind tells it over D-Bus (org.freedesktop.login1): when the machine is about to
 * sleep, and when that is over. While somebody holds an inhibitor, logind waits some seconds for him before the machine
 * sleeps. libsystemd is loaded for it (io/dynlib.h).
 *
 *	logind_new ─► logind_connect ─► logind_hold ─► logind_next … logind_wait …
 *
 * Without polkit, logind gives inhibitors to root only; others are told of the sleep, but it does not wait for them.
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "io/dynlib.h"

struct logind;

/* Loads the library. ERR_ABSENT, with the reason for people; ERR_NOMEM. */
int logind_new(struct logind **ret, char ret_why[DYNLIB_WHY_CAP]) NONNULL MUSTCHECK;
void logind_free(struct logind *l);

/* Connects to the system bus, instead of an earlier connection, and waits for it. -errno. */
int logind_connect(struct logind *l) NONNULL MUSTCHECK;

/* Takes an inhibitor, unless it has one: `who` says goodbye, for people who ask logind. Starts logind if the bus can do
 * that. ERR_ABSENT: there is no logind. -errno: no inhibitor, but what follows works, or logind_next() fails. */
int logind_hold(struct logind *l, const char *who) NONNULL MUSTCHECK;
/* Lets the machine sleep. */
void logind_release(struct logind *l) NONNULL;

/* Handles what has come, or some of it: then logind_wait() does not wait. 1: the machine is about to sleep now, or it is
 * not any more (`*ret_sleeps`). 0: nothing new. -errno: the bus is lost. */
int logind_next(struct logind *l, bool *ret_sleeps) NONNULL MUSTCHECK;

/* Waits for more from the bus, or until `fd` is readable (`*ret_is_readable`). -errno. */
int logind_wait(struct logind *l, int fd, bool *ret_is_readable) NONNULL MUSTCHECK;
