/* SPDX-License-Identifier: ISC */
/* What the serving process may not do once it has all that it needs: it reads what strangers send. */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/sandbox.h"

/* Of this process. */
struct confinement {
	int tasks; /* /proc/self/task */
	bool has_empty_bounding, has_filter;
	struct sandbox_report report; /* as of the start */
};

/* Opens what is looked at later, and takes the file system away, if this process may do that. Call it with
 * the privileges of the start, before there are threads. What is lacking is logged. */
void confine_begin(struct confinement *c, bool is_asked, const struct log *log) NONNULL;

/* From now on this thread, and threads that it makes, open no file but below /proc/self/task, to read, and end
 * at the attempt to execute a program, make a process, enter a namespace, look into another process, or get at
 * the kernel otherwise. They cannot signal another process, or open a socket that is not of IPv4 or IPv6, and
 * connect to others by TCP only if `may_connect`. What
 * the kernel lacks is logged. -errno, ERR_SPACE: logged. */
int confine_serving(struct confinement *c, bool may_connect, const struct log *log) NONNULL
	MUSTCHECK;

/* Looks at all threads, and opens no file from then on. ERR_DENIED: one has more than it should, logged. */
int confine_end(struct confinement *c, const struct log *log) NONNULL MUSTCHECK;
