/* SPDX-License-Identifier: ISC */
/*
 * What ontapd tells ontap-zone: that a device may have its name (device/grant.h). ontap-zone believes no
 * alias in a namespace of another user, for who owns that may give any; but this one was given by us,
 * to who may have it.
 */
#pragma once

#include <dirent.h>

#include "io/log.h"
#include "ontapd/registry.h"

/* Opens the directory of grants in that of the sockets; both are made where they are not there. -1, which
 * has been told: nothing can be granted. */
int grants_open_dir(const char *socket_dir, const struct log *log) NONNULL MUSTCHECK;

/* Grants `alias` to the device, whose cookie is known. A negative errno or 0; nothing is done with a
 * `dir_fd` of -1. */
int grant_put(int dir_fd, const struct device *d, const char *alias) NONNULL MUSTCHECK;

/* Whether another user has been granted a name in `alias` on another parent, which may have an ontapd
 * of its own. To be asked after it was granted to the device: of two that do so at one time, at least
 * one hears of the other. */
bool grant_is_taken(int dir_fd, const struct device *d, const char *alias) NONNULL;

/* The directory, to be read from its beginning; closedir() it. NULL: there is none, or errno. */
DIR *grants_open_to_read(int dir_fd) MUSTCHECK;

/* Takes it back; nothing where none was granted. */
void grant_drop(int dir_fd, const struct device *d) NONNULL;
