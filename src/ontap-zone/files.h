/* SPDX-License-Identifier: ISC */
/*
 * The files of --export. They are written again after changes: at once if changes are rare, at a
 * limited rate if they are frequent. Then the command of --on-export runs. Only one command runs at
 * a time. Changes that come while it runs are written, and then the command runs once more. A file
 * that could not be written is written again later.
 */
#pragma once

#include "base/compiler.h"
#include "base/retry.h"
#include "export/export.h"
#include "ontap-zone/runtime.h"

/* Appends the records in the given format. `view` 0: the usual view of the format. `apex`: for the
 * zone format. Errors as in export_write(). */
int files_render(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out) NONNULL MUSTCHECK;

struct files {
	const struct runtime *runtime;
	const struct log *log;
	ns_t due;              /* when to write; NS_NEVER: nothing has changed */
	ns_t not_before;       /* end of the pause after the last writing */
	pid_t command;         /* the running command, or 0 */
	bool has_news;         /* written since the command was started */
	struct retry *retries; /* of each export, in their order; owned: files_fini() */
	size_t retry_count;
};

void files_init(struct files *f, const struct runtime *runtime, const struct log *log) NONNULL;
void files_fini(struct files *f) NONNULL;

/* Call it when changes were published. */
void files_changed(struct files *f, ns_t now) NONNULL;

/* Writes the files if they are due. */
void files_poll(struct files *f, ns_t now) NONNULL;
ns_t files_deadline(const struct files *f) NONNULL;

/* Call it when a child has ended: reaps it if it is the command. */
void files_reap(struct files *f) NONNULL;
