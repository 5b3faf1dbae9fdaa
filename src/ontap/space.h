/* SPDX-License-Identifier: ISC */
/* New namespaces for PROG, and the user it runs as. */
#pragma once

#include "io/log.h"
#include "ontap/settings.h"

/* Moves the process into the requested new namespaces. If it lacks the privilege, it also makes a
 * user namespace of its own. Errors are logged. */
int space_enter(const struct settings *o, const struct log *log) NONNULL MUSTCHECK;

/* True if this process has the capability, in its user namespace. */
bool space_has_cap(unsigned cap);

/* Keeps these capabilities and no others, for programs that are executed from now on, too. -errno. */
int space_keep_caps(const unsigned *caps, size_t count) MUSTCHECK;

/* Becomes the requested user and keeps the requested capabilities, for PROG too. Neither PROG nor
 * its children can get more. ERR_SYNTAX if a capability does not exist. Errors are logged. */
int space_drop(const struct settings *o, const struct log *log) NONNULL MUSTCHECK;
