/* SPDX-License-Identifier: ISC */
/* Waiting, by netlink events alone, until a link of our namespace has what device/await.h asks. */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "device/await.h"

/* Waits until `a` is met, or `deadline` (NS_NEVER: as long as it takes). The link may not be there
 * yet. 0; ERR_ABSENT: the deadline passed; -errno. */
int ifwait(struct await *a, ns_t deadline) NONNULL MUSTCHECK;
