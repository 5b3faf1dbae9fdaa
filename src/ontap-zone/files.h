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
#include "ontap-zone/render.h"
#include "ontap-zone/runtime.h"

/* Of one export. */
struct files_state {
	struct retry retry;
	bool is_asked;    /* its text is made, or the keeper is writing it */
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
	struct render render;
	size_t *rendered; /* the exports whose texts are made, by number; owned */
	size_t rendered_count, rendered_cap;
	ns_t started;
	uint32_t generation; /* of the list of exports then */
	bool is_sending;
	size_t sending, sent; /* place in `rendered`, and bytes of its text */
};

/* `keeper` writes them. Everything is borrowed until files_fini(). -errno. */
int files_init(struct files *f, struct loop *loop, const struct runtime *runtime,
	struct keeper *keeper, const struct log *log) NONNULL MUSTCHECK;
void files_fini(struct files *f) NONNULL;

/* Call it when changes were published. */
void files_changed(struct files *f, ns_t now) NONNULL;
/* Call it when the list of exports may be another one: what was asked for before is forgotten. */
void files_reconfigured(struct files *f) NONNULL;

/* Makes the keeper write the files if they are due. Does a piece of that: less than a millisecond. */
void files_poll(struct files *f, ns_t now) NONNULL;
/* Does the rest of what has begun, and waits for it. */
void files_finish(struct files *f) NONNULL;
ns_t files_deadline(const struct files *f) NONNULL;

/* The outcome for one export, by its number. */
void files_written(struct files *f, size_t export, int err) NONNULL;
