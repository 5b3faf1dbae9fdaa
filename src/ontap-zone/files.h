/* SPDX-License-Identifier: ISC */
/*
 * The files of --export: written again after changes, at once when they are rare and at a bounded
 * rate when they are not, then the command of --on-export. One command runs at a time; changes that
 * come meanwhile are written, and the command runs once more after.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "export/export.h"
#include "ontap-zone/runtime.h"

/* Appends the records in a format. `view` 0: what the format is mostly for; `apex`: of format
 * zone. Errors as of export_write(). */
int files_render(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out) NONNULL MUSTCHECK;

struct files {
	const struct runtime *runtime;
	const struct log *log;
	ns_t due;        /* when to write; NS_NEVER: nothing has changed */
	ns_t not_before; /* end of the pause after the last writing */
	pid_t command;   /* running, or 0 */
	bool has_news;   /* written since the command was started */
};

void files_init(struct files *f, const struct runtime *runtime, const struct log *log) NONNULL;

/* Something was published. */
void files_changed(struct files *f, ns_t now) NONNULL;

/* Writes if it is time. */
void files_poll(struct files *f, ns_t now) NONNULL;
ns_t files_deadline(const struct files *f) NONNULL;

/* A child has ended: reaps it if it is the command. */
void files_reap(struct files *f) NONNULL;
