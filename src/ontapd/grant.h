/* SPDX-License-Identifier: ISC */
/*
 * Grants: tells ontap-zone that a device may have its name (device/grant.h). In a namespace of
 * another user, ontap-zone ignores all other aliases, because the owner of the namespace can set
 * any alias. A granted alias was set by us, for a user who may have it.
 */
#pragma once

#include <dirent.h>

#include "io/log.h"
#include "ontapd/registry.h"

/* Opens the directory of grants, inside the directory of the sockets. Creates both if they do not
 * exist. Returns -1, with the error logged, if it fails: then nothing can be granted. */
int grants_open_dir(const char *socket_dir, const struct log *log) NONNULL MUSTCHECK;

/* Grants `alias` to the device, whose cookie is known. Returns a negative errno or 0. Does nothing
 * if `dir_fd` is -1. */
int grant_put(int dir_fd, const struct device *d, const char *alias) NONNULL MUSTCHECK;

/* True if another user has a grant for a name in `alias` on another parent, which may have its own
 * ontapd. Call it after the name was granted to the device: if two daemons grant it at the same
 * time, at least one of them sees the other's grant. */
bool grant_is_taken(int dir_fd, const struct device *d, const char *alias) NONNULL;

/* Opens the directory for reading from its beginning; the caller must closedir() it. Returns NULL
 * if there is none, or on an error in errno. */
DIR *grants_open_to_read(int dir_fd) MUSTCHECK;

/* Removes the device's grant; does nothing if it has none. */
void grant_drop(int dir_fd, const struct device *d) NONNULL;
