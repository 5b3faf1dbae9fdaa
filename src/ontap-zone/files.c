/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of exports to files: when, how often, and the command that runs afterwards.
 * Never decides what is in them: export/ does.
 */
#include "ontap-zone/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "io/file.h"
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

void files_init(struct files *f, const struct runtime *runtime, const struct log *log)
{
	*f = (struct files){.runtime = runtime, .log = log, .due = NS_NEVER};
}

void files_fini(struct files *f)
{
	free(f->retries);
}

void files_changed(struct files *f, ns_t now)
{
	if (f->runtime->conf.exports.count > 0)
		f->due = ns_min(f->due, ns_max(now + FILES_DELAY, f->not_before));
}

ns_t files_deadline(const struct files *f)
{
	ns_t at = f->due;
	for (size_t i = 0; i < f->retry_count; i++)
		at = ns_min(at, retry_deadline(&f->retries[i]));
	return at;
}

static void files_run_command(struct files *f)
{
	if (!f->runtime->conf.on_export || !f->has_news || f->command)
		return;
	f->has_news = false;
	int err = file_run_command(f->runtime->conf.on_export, &f->command);
	if (err) {
		log_error(
			f->log, "cannot run command: option=on-export error=\"%s\"", err_text(err));
		f->command = 0;
	}
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

static void files_write_one(struct files *f, const struct conf_export *export, struct retry *retry)
{
	struct buf out = {0};
	int err = files_render(f->runtime->pipeline, (enum export_format) export->format, 0,
		f->runtime->conf.domain.wire, &out);
	if (!err)
		err = file_write(export->path, buf_text(&out), out.len);
	buf_fini(&out);
	tell_export(f, export->path, err, retry_has_failed(retry));
	if (err) {
		retry_failed(retry, loop_now());
	} else {
		retry_done(retry);
		f->has_news = true;
	}
}

/* Makes a retry for each export. A reload may change their number, and writes all of them. */
static bool fit_retries(struct files *f)
{
	size_t count = f->runtime->conf.exports.count;
	if (f->retry_count == count)
		return true;
	struct retry *retries = calloc(count + 1, sizeof(*retries));
	if (!retries)
		return false;
	free(f->retries);
	f->retries = retries;
	f->retry_count = count;
	return true;
}

void files_poll(struct files *f, ns_t now)
{
	const struct conf_exports *exports = &f->runtime->conf.exports;
	const bool has_changed = now >= f->due;
	if (now < files_deadline(f))
		return;
	if (!fit_retries(f)) {
		f->due = now + RETRY_FIRST;
		return;
	}
	if (has_changed)
		f->due = NS_NEVER;
	for (size_t i = 0; i < exports->count; i++)
		if (has_changed || now >= retry_deadline(&f->retries[i]))
			files_write_one(f, &exports->at[i], &f->retries[i]);
	ns_t end = loop_now();
	f->not_before = end + FILES_PAUSE_TIMES * (end - now);
	files_run_command(f);
}

void files_reap(struct files *f)
{
	int status;
	if (f->command == 0 || waitpid(f->command, &status, WNOHANG) != f->command)
		return;
	f->command = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_warning(f->log, "command failed: option=on-export status=%d",
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	files_run_command(f);
}
