/* SPDX-License-Identifier: ISC */
/*
 * Owns when and how often exports are written.
 * Never decides what is in them: export/ does; and never opens a file: the keeper does.
 */
#include "ontap-zone/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "io/loop.h"

/* The files are written this long after the first change, together with later changes. Each write
 * is followed by a pause of ten times its duration, so writing never takes more than a tenth of the
 * time. */
#define FILES_DELAY       (20 * NS_PER_MS)
#define FILES_PAUSE_TIMES 10

enum {
	EXPORTS_AT_ONCE = 64, /* more are written after these */
	SEND_PIECE = 64 << 10
};

static void on_rendered(void *arg);

int files_init(struct files *f, struct loop *loop, const struct runtime *runtime,
	struct keeper *keeper, const struct log *log)
{
	*f = (struct files){.runtime = runtime, .keeper = keeper, .log = log, .due = NS_NEVER};
	return render_init(&f->render, loop, on_rendered, f);
}

void files_fini(struct files *f)
{
	render_fini(&f->render);
	free(f->rendered);
	free(f->states);
}

void files_changed(struct files *f, ns_t now)
{
	if (f->runtime->conf.exports.count > 0)
		f->due = ns_min(f->due, ns_max(now + FILES_DELAY, f->not_before));
}

/* When the next texts are made, if none are. */
static ns_t next_due(const struct files *f)
{
	ns_t at = f->due;
	for (size_t i = 0; i < f->state_count; i++) {
		const struct files_state *state = &f->states[i];
		if (!state->is_asked)
			at = ns_min(at,
				state->has_changed ? f->not_before : retry_deadline(&state->retry));
	}
	return at;
}

ns_t files_deadline(const struct files *f)
{
	if (!render_is_busy(&f->render))
		return next_due(f);
	/* The thread, or the keeper's socket, says when it goes on. */
	const bool may_send = f->is_sending && !keeper_is_full(f->keeper);
	return may_send || render_has_more(&f->render) ? 0 : NS_NEVER;
}

/* Logs the first failure, and the first success after one. */
static void tell_export(const struct files *f, const char *path, int err, bool has_failed)
{
	const bool is_denied = err == -EACCES || err == -EPERM;
	if (err && !has_failed)
		log_error(f->log, "cannot export: file=\"%s\" uid=%u error=\"%s\" note=\"%s\"",
			path, geteuid(), err_text(err),
			is_denied ? "see --user; will try again" : "will try again");
	else if (!err && has_failed)
		log_info(f->log, "exported: file=\"%s\"", path);
}

static void note_outcome(struct files *f, size_t i, int err)
{
	struct files_state *state = &f->states[i];
	state->is_asked = false;
	tell_export(f, f->runtime->conf.exports.at[i].path, err, retry_has_failed(&state->retry));
	if (err)
		retry_failed(&state->retry, loop_now());
	else
		retry_done(&state->retry);
}

/* All texts have been sent, or are of no use. Writing never takes more than a part of the time. */
static void end_texts(struct files *f)
{
	const ns_t now = loop_now();
	render_end(&f->render);
	f->is_sending = false;
	f->not_before = now + FILES_PAUSE_TIMES * (now - f->started);
	if (f->due != NS_NEVER)
		f->due = ns_max(f->due, f->not_before);
}

/* Sends a piece of the present text. Returns true if it was the last one, or if there is no text. */
static bool send_piece(struct files *f)
{
	const struct buf *text;
	const size_t export = f->rendered[f->sending];
	const bool is_stale = f->generation != keeper_generation(f->keeper);
	int err = render_text(&f->render, f->sending, &text);
	if (err && !is_stale)
		note_outcome(f, export, err);
	if (err)
		return true;
	/* A reload has made another list of exports meanwhile: this text is for none of it. */
	size_t len = is_stale ? 0 : text->len - f->sent;
	const bool is_last = len <= SEND_PIECE;
	len = is_last ? len : SEND_PIECE;
	keeper_write_export(f->keeper,
		&(struct keeper_piece){.generation = f->generation,
			.export = (uint32_t) export,
			.is_last = is_last},
		buf_text(text) + (len > 0 ? f->sent : 0), len);
	f->sent += len;
	return is_last;
}

/* Sends what there is room for; without `is_patient` it does not matter. */
static void send_texts(struct files *f, bool is_patient)
{
	while (f->is_sending && !(is_patient && keeper_is_full(f->keeper))) {
		if (!send_piece(f))
			continue;
		f->sent = 0;
		render_forget(&f->render, f->sending);
		if (++f->sending == f->rendered_count)
			end_texts(f);
	}
}

static void on_rendered(void *arg)
{
	struct files *f = arg;
	f->is_sending = true;
	f->sending = f->sent = 0;
	send_texts(f, true);
}

/* Makes a state for each export. A reload may change their number, and writes all of them. */
static bool fit_states(struct files *f)
{
	size_t count = f->runtime->conf.exports.count;
	if (f->state_count == count)
		return true;
	struct files_state *states = calloc(count + 1, sizeof(*states));
	if (!states)
		return false;
	free(f->states);
	f->states = states;
	f->state_count = count;
	return true;
}

/* An export that is being written is written again after that. */
static bool is_due(const struct files_state *state, ns_t now)
{
	return !state->is_asked && (state->has_changed || now >= retry_deadline(&state->retry));
}

/* Begins the texts of those exports that are due. ERR_NOMEM. */
static int begin_texts(struct files *f, ns_t now)
{
	enum export_format formats[EXPORTS_AT_ONCE];
	int err = ARRAY_RESERVE(f->rendered, f->rendered_cap, EXPORTS_AT_ONCE);
	f->rendered_count = 0;
	for (size_t i = 0; i < f->state_count && f->rendered_count < EXPORTS_AT_ONCE && !err; i++)
		if (is_due(&f->states[i], now)) {
			formats[f->rendered_count] =
				(enum export_format)f->runtime->conf.exports.at[i].format;
			f->rendered[f->rendered_count++] = i;
		}
	if (err || f->rendered_count == 0)
		return err;
	err = render_begin(&f->render, f->runtime->pipeline, formats, f->rendered_count);
	for (size_t i = 0; i < f->rendered_count && !err; i++) {
		f->states[f->rendered[i]].has_changed = false;
		f->states[f->rendered[i]].is_asked = true;
	}
	f->started = now;
	f->generation = keeper_generation(f->keeper);
	return err;
}

static void start(struct files *f, ns_t now)
{
	const bool has_changed = now >= f->due;
	if (now < next_due(f))
		return;
	if (!fit_states(f)) {
		f->due = now + RETRY_FIRST;
		return;
	}
	for (size_t i = 0; i < f->state_count; i++)
		f->states[i].has_changed |= has_changed;
	if (has_changed)
		f->due = NS_NEVER;
	if (begin_texts(f, now))
		f->due = now + RETRY_FIRST;
}

void files_poll(struct files *f, ns_t now)
{
	if (!render_is_busy(&f->render))
		start(f, now);
	render_go_on(&f->render, f->runtime->pipeline);
	send_texts(f, true);
}

void files_finish(struct files *f)
{
	if (render_is_busy(&f->render))
		render_finish(&f->render, f->runtime->pipeline);
	send_texts(f, false);
}

void files_reconfigured(struct files *f)
{
	free(f->states);
	f->states = NULL;
	f->state_count = 0;
}

void files_written(struct files *f, size_t export, int err)
{
	if (export >= f->state_count)
		return;
	note_outcome(f, export, err);
}
