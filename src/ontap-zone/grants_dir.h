/* SPDX-License-Identifier: ISC */
/* The directory of ontapd's grants, before the watcher opens it. */
#pragma once

#include <sys/types.h>

#include "base/compiler.h"

/* Makes the directory that ontapd makes, too: it can be watched even if ontapd starts later. If it cannot be
 * made, opening it reports that. */
void grants_dir_make(const char *path) NONNULL;

/* Returns the user of ontapd if the directory is not root's: by its unit, ontapd is not root. 0: it is root's,
 * is not there, or there is no such user. NULL stands for no directory. */
uid_t grants_dir_owner(const char *path);
