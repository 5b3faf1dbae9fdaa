/* SPDX-License-Identifier: ISC */
/*
 * Owns when and how often exports are written.
 * Never decides what is in them: export/ does; and never opens a file: the keeper does.
 */
#include "ontap-zone/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/loop.h"

/* The files are written this long after the first change, together with later changes. Each write
 * is followed by a pause of ten times its duration, so writing never takes more than a tenth of the
 * main thread's time. */
#define FILES_DELAY       (20 * NS_PER_MS)
#define FILES_PAUSE_TIMES 10

/* Adds the records that the unicast zone does not have: N.local with link-local addresses. */
static void add_linklocal(void *arg, const char *label, const struct rrset *sets, size_t count)
{
	struct name owner;
	if (name_prepend(label, strlen(label), name_local, &owner))
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			export_add(arg, &(struct zone_change){.is_added = true,
						.owner = owner.wire,
						.type = sets[i].type,
						.view = sets[i].view,
						.ttl = sets[i].ttl,
						.rdata = sets[i].rdata[j]});
}

int files_render(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out)
{
	struct pipeline_rules rules;
	struct export *e = export_new();
	int err = e ? pipeline_rules(p, &rules) : ERR_NOMEM;
	if (!err) {
		zone_each_record(pipeline_zone(p), name_root, export_add, e);
		names_each_linklocal(pipeline_names(p), add_linklocal, e);
		err = export_write(e,
			&(struct export_options){.format = format,
				.view = view,
				.apex = apex,
				.rules = rules.list,
				.rule_count = rules.count},
			out);
		free(rules.list);
	}
	export_free(e);
	return err;
}

void files_init(struct files *f, const struct runtime *runtime, struct keeper *keeper,
	const struct log *log)
{
	*f = (struct files){.runtime = runtime, .keeper = keeper, .log = log, .due = NS_NEVER};
}

void files_fini(struct files *f)
{
	free(f->states);
}

void files_changed(struct files *f, ns_t now)
{
	if (f->runtime->conf.exports.count > 0)
		f->due = ns_min(f->due, ns_max(now + FILES_DELAY, f->not_before));
}

ns_t files_deadline(const struct files *f)
{
	ns_t at = f->due;
	for (size_t i = 0; i < f->state_count; i++)
		if (!f->states[i].is_asked)
			at = ns_min(at, retry_deadline(&f->states[i].retry));
	return at;
}

/* Logs the first failure, and the first success after one. */
static void tell_export(const struct files *f, const char *path, int err, bool has_failed)
{
	if (err && !has_failed)
		log_error(f->log, "cannot export: file=\"%s\" error=\"%s\" note=\"will try again\"",
			path, err_text(err));
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

static void files_write_one(struct files *f, size_t i)
{
	const struct conf_export *export = &f->runtime->conf.exports.at[i];
	struct buf out = {0};
	int err = files_render(f->runtime->pipeline, (enum export_format) export->format, 0,
		f->runtime->conf.domain.wire, &out);
	f->states[i].has_changed = false;
	f->states[i].is_asked = !err;
	if (err)
		note_outcome(f, i, err);
	else
		keeper_write_export(f->keeper, i, buf_text(&out), out.len);
	buf_fini(&out);
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

void files_poll(struct files *f, ns_t now)
{
	const bool has_changed = now >= f->due;
	if (now < files_deadline(f))
		return;
	if (!fit_states(f)) {
		f->due = now + RETRY_FIRST;
		return;
	}
	if (has_changed)
		f->due = NS_NEVER;
	for (size_t i = 0; i < f->state_count; i++) {
		f->states[i].has_changed |= has_changed;
		if (is_due(&f->states[i], now))
			files_write_one(f, i);
	}
	ns_t end = loop_now();
	f->not_before = end + FILES_PAUSE_TIMES * (end - now);
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
	if (f->states[export].has_changed)
		f->due = ns_min(f->due, ns_max(loop_now(), f->not_before));
}
