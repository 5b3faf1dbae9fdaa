/* SPDX-License-Identifier: ISC */
/*
 * Goodbyes before the machine sleeps, so that others do not wait for it; and all is said again when that is over. Of a sleep
 * that nobody announces, io/resume.h knows afterwards.
 */
#pragma once

#include "base/compiler.h"
#include "ontap-zone/daemon.h"

/* Starts the process that hears of it (ontap-zone/sleeper.h), if the configuration wants that and this system has it:
 * before this process gives up anything. */
void daemon_start_sleeper(struct daemon *d, const struct conf *conf) NONNULL;
void daemon_stop_sleeper(struct daemon *d) NONNULL;

/* When daemon_poll_sleep() has something to do without any other event. */
ns_t daemon_sleep_deadline(const struct daemon *d) NONNULL;
/* Lets the machine sleep once all goodbyes are sent. Call it after daemon_pump_mdns(). */
void daemon_poll_sleep(struct daemon *d) NONNULL;

/* The machine is awake: says all names. */
void daemon_wake(struct daemon *d) NONNULL;
