/* SPDX-License-Identifier: ISC */
/* What the serving process may not do once it has all that it needs: it reads what strangers send. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"

/* From now on this thread, and threads that it makes, open no file but below /proc/self, to read, and cannot
 * execute a program, make a process, enter a namespace, look into another process, signal one, or open a
 * socket that is not of IPv4, IPv6 or the machine's own (unix(7)). What the kernel lacks is logged. -errno,
 * ERR_SPACE: logged. */
int confine_serving(const struct log *log) NONNULL MUSTCHECK;
