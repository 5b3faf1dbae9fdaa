/* SPDX-License-Identifier: ISC */
/*
 * Exports as text. There may be a million records, and to sort and write them takes seconds: so they are
 * copied in pieces, between other work, and a thread does the rest with the copy.
 *
 *	render_begin ──► render_go_on … ──► thread ──► on_done ──► render_text ──► render_end
 *
 * The thread has no privileges and nothing but the copy. A change that comes meanwhile may be in the text
 * or not: the caller makes another one.
 */
#pragma once

#include <pthread.h>

#include "base/compiler.h"
#include "export/export.h"
#include "io/loop.h"
#include "pipeline/pipeline.h"

struct render_job;

struct render {
	struct loop *loop;
	struct loop_watch done; /* an eventfd, by which the thread tells its end */
	struct render_job *job; /* NULL: nothing to do */
	pthread_t thread;
	bool is_walking, is_writing;
	void (*on_done)(void *arg);
	void *arg;
};

/* `on_done` is called from render_go_on(), or from the loop. -errno: nothing is open. */
int render_init(struct render *r, struct loop *loop, void (*on_done)(void *arg), void *arg) NONNULL
	MUSTCHECK;
/* Waits for the thread. */
void render_fini(struct render *r) NONNULL;

/* Begins texts in these formats, each in its usual view; the zone format of the domain. Nothing may be
 * under way. ERR_NOMEM. */
int render_begin(struct render *r, const struct pipeline *p, const enum export_format *formats,
	size_t count) NONNULL MUSTCHECK;
/* Copies a piece: less than a millisecond. With the last one, texts of few records are made at once. */
void render_go_on(struct render *r, const struct pipeline *p) NONNULL;
/* Waits until on_done() has been called. */
void render_finish(struct render *r, const struct pipeline *p) NONNULL;

/* True from render_begin() to render_end(). */
bool render_is_busy(const struct render *r) NONNULL;
/* True if render_go_on() has something to do. */
bool render_has_more(const struct render *r) NONNULL;

/* From on_done() to render_end(): text number `i`, borrowed, or its error as export_write(). */
int render_text(const struct render *r, size_t i, const struct buf **ret) NONNULL MUSTCHECK;
void render_forget(struct render *r, size_t i) NONNULL;
void render_end(struct render *r) NONNULL;

/* Makes one text at once. `view` 0: the usual view of the format. `apex`: for the zone format. Errors as
 * export_write(). */
int render_now(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out) NONNULL MUSTCHECK;
