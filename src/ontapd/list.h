/* SPDX-License-Identifier: ISC */
/* Tells which devices a parent has. */
#pragma once

#include "ontapd/registry.h"

/* Writes all devices on that parent (device/message.h), in the order of their namespaces and
 * ifindexes, to a file in memory that nobody can change. `*ret` is its descriptor, for the caller
 * to close. ERR_NOMEM, -errno. */
int list_devices(const struct registry *r, const char *parent, int *ret) NONNULL MUSTCHECK;
