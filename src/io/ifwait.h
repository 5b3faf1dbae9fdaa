/* SPDX-License-Identifier: ISC */
/* Waits until a link of our namespace meets the criteria of device/await.h, using only netlink
 * events. */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "device/await.h"

/* Waits until `a` is met, or until `deadline` (NS_NEVER: no limit), or until `end_fd` is readable (-1:
 * none). The link does not have to exist yet. Returns 0; ERR_ABSENT if the deadline passed;
 * -ECANCELED because of `end_fd`; -errno. */
int ifwait(struct await *a, ns_t deadline, int end_fd) NONNULL MUSTCHECK;
