/* SPDX-License-Identifier: ISC */
/*
 * The files of --export. They are written again after changes: at once if changes are rare, at a
 * limited rate if they are frequent. Then the keeper runs the command of --on-export. Only one command
 * runs at a time. Changes that come while it runs are written, and then the command runs once more. A
 * file that could not be written is written again later.
 */
#pragma once

#include "base/compiler.h"
#include "base/retry.h"
#include "export/export.h"
#include "ontap-zone/keeper.h"
#include "ontap-zone/runtime.h"

/* Appends the records in the given format. `view` 0: the usual view of the format. `apex`: for the
 * zone format. Errors as in export_write(). */
int files_render(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out) NONNULL MUSTCHECK;

/* Of one export. */
struct files_state {
	struct retry retry;
	bool is_asked;    /* the keeper is writing it */
	bool has_changed; /* meanwhile */
};

struct files {
	const struct runtime *runtime;
	struct keeper *keeper;
	const struct log *log;
	ns_t due;                   /* when to write; NS_NEVER: nothing has changed */
	ns_t not_before;            /* end of the pause after the last writing */
	struct files_state *states; /* of each export, in their order; owned: files_fini() */
	size_t state_count;
};

/* `keeper` writes them. Everything is borrowed until files_fini(). */
void files_init(struct files *f, const struct runtime *runtime, struct keeper *keeper,
	const struct log *log) NONNULL;
void files_fini(struct files *f) NONNULL;

/* Call it when changes were published. */
void files_changed(struct files *f, ns_t now) NONNULL;
/* Call it when the list of exports may be another one: what was asked for before is forgotten. */
void files_reconfigured(struct files *f) NONNULL;

/* Makes the keeper write the files if they are due. */
void files_poll(struct files *f, ns_t now) NONNULL;
ns_t files_deadline(const struct files *f) NONNULL;

/* The outcome for one export, by its number. */
void files_written(struct files *f, size_t export, int err) NONNULL;
