/* SPDX-License-Identifier: ISC */
/* What /proc says of a caller. The kernel writes it, but the caller chooses the name in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* Reads field 22 of /proc/PID/stat: ticks of the clock from the boot to the start. -EINVAL. */
int caller_text_start_time(const char *stat, uint64_t *ret) NONNULL MUSTCHECK;

/* Of /proc/PID/status: the effective capabilities have CAP_NET_ADMIN; the real or effective user is
 * `uid`. */
bool caller_text_has_net_admin(const char *status) NONNULL;
bool caller_text_is_of_user(const char *status, uid_t uid) NONNULL;
