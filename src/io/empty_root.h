/* SPDX-License-Identifier: ISC */
/* Takes the file system away from a process that needs none. */
#pragma once

#include "base/compiler.h"

/* Gives the process a mount namespace of its own, in which the root is an empty directory that nobody can
 * write in, and an IPC namespace. Where it may not mount, the root is an empty directory of /proc. Descriptors
 * that are open stay usable. Needs CAP_SYS_ADMIN or CAP_SYS_CHROOT; call it before there are threads. -errno: the
 * root is as before. */
int empty_root_enter(void) MUSTCHECK;
