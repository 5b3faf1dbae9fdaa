/* SPDX-License-Identifier: ISC */
/*
 * A process that removes the daemon's sockets when all others have ended. The directory is root's, and the others are
 * not root. It has no capabilities, reads no byte, and waits for nothing but the end of its maker.
 */
#pragma once

#include <sys/types.h>

#include "base/compiler.h"
#include "io/log.h"
#include "io/sandbox.h"

struct remover {
	pid_t pid;
	int fd; /* as long as it is open, the process waits */
	struct sandbox_report sandbox;
};

/* Makes the process. `paths` are two paths, of which each may be NULL. -errno: logged. */
int remover_start(struct remover *r, const char *const *paths, const struct log *log) NONNULL
	MUSTCHECK;

/* Lets it remove the sockets where nobody listens any more, and waits for its end. */
void remover_end(struct remover *r) NONNULL;
