/* SPDX-License-Identifier: ISC */
/* The links in a container's network namespace. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"

/* Sets `alias` for each link in the network namespace of the process, except loopbacks and links
 * that have an alias. Moves the calling thread to that namespace. `*ret_count`: number of links
 * that have it now. ERR_DENIED, and nothing has changed, if that is our own namespace: its links
 * are the host's. -errno: the process has ended, or a privilege is missing; ERR_NOMEM. */
int links_set_alias(pid_t pid, const char *alias, size_t *ret_count) NONNULL MUSTCHECK;
