/* SPDX-License-Identifier: ISC */
/*
 * Owns when the file of updates is written, and what follows from a failure.
 * Never opens it.
 */
#include "ontap-zone/updates_file.h"

#include "base/err.h"
#include "io/loop.h"
#include "update/diary.h"

void updates_file_read(struct updates_file *f, struct added *a, const char *text, size_t len)
{
	size_t bad = 0;
	f->size.len = len;
	int err = len > 0 ? diary_read(a, text, len, &bad) : 0;
	if (err)
		log_error(f->log, "updates are not read: error=\"%s\"", err_text(err));
	if (bad > 0)
		log_error(f->log,
			"updates are damaged: entries=%zu note=\"what they had changed is lost\"",
			bad);
	f->has_to_be_new = bad > 0;
}

static void ask_keeper(struct updates_file *f, bool is_all, const struct buf *text)
{
	keeper_write_diary(*f->keeper, KEEPER_UPDATES, is_all, buf_text(text), text->len);
	f->is_asked = true;
	f->is_all = is_all;
	f->asked_len = text->len;
}

/* The length is not what it was, or the entry may be there in part. */
static void note_failure(struct updates_file *f, int err)
{
	f->has_to_be_new = true;
	if (!retry_has_failed(&f->retry))
		retry_failed(&f->retry, loop_now());
	if (!f->has_failed || log_limit_may(&f->failed_limit, loop_now()))
		log_error(f->log,
			"cannot write updates: error=\"%s\" note=\"they are answered with "
			"SERVFAIL\"",
			err_text(err));
	f->has_failed = true;
}

static void note_success(struct updates_file *f)
{
	f->size.len += f->asked_len;
	if (f->has_failed)
		log_info(f->log, "updates are written again");
	f->has_failed = false;
	f->has_to_be_new |= !diary_size_allows(&f->size, 0);
}

static void done_writing_all(struct updates_file *f, int err)
{
	if (err) {
		retry_failed(&f->retry, loop_now());
		return;
	}
	retry_done(&f->retry);
	f->has_to_be_new = false;
	diary_size_made(&f->size, f->asked_len);
}

int updates_file_write_entry(struct updates_file *f, const struct added_draft *entry)
{
	struct buf text = {0};
	if (f->size.len == 0)
		diary_write_head(&text);
	diary_write_draft(&text, entry);
	const int err = text.err;
	if (err)
		note_failure(f, err);
	else
		ask_keeper(f, false, &text);
	buf_fini(&text);
	return err;
}

bool updates_file_write_all(struct updates_file *f, const struct added *a, ns_t now)
{
	struct buf text = {0};
	if (!f->has_to_be_new || !retry_is_due(&f->retry, now))
		return false;
	diary_write_all(&text, a);
	if (text.err)
		retry_failed(&f->retry, now);
	else
		ask_keeper(f, true, &text);
	buf_fini(&text);
	return true;
}

bool updates_file_written(struct updates_file *f, int err)
{
	f->is_asked = false;
	if (f->is_all)
		done_writing_all(f, err);
	else if (err)
		note_failure(f, err);
	else
		note_success(f);
	return !f->is_all;
}

void updates_file_move(struct updates_file *f, bool is_needed)
{
	f->has_to_be_new = f->size.len > 0 || is_needed;
	retry_done(&f->retry);
}

ns_t updates_file_deadline(const struct updates_file *f)
{
	if (!f->has_to_be_new)
		return NS_NEVER;
	return retry_has_failed(&f->retry) ? retry_deadline(&f->retry) : 0;
}
