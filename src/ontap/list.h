/* SPDX-License-Identifier: ISC */
/* Prints which devices a parent has. */
#pragma once

#include "ontap/settings.h"

/* Asks ontapd on the connection `fd`, and prints a table to standard output, or with --json an
 * array. Returns the exit code. Errors are logged. */
int list_print(const struct settings *o, int fd, int netns_fd, const struct log *log) NONNULL;
