/* SPDX-License-Identifier: ISC */
/*
 * Owns the file of updates at the start: its reading, and whether it can be written.
 * Never reads what is in it: update/diary.h does.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"
#include "ontap-zone/keeper_process.h"
#include "ontap-zone/state_dir.h"
#include "update/diary.h"

static bool tell_unread(const struct keeper_process *p, const char *reason)
{
	log_error(p->log, "cannot start: file=\"%s/%s\" error=\"%s\"", p->conf.state_dir,
		KEEPER_UPDATES, reason);
	return false;
}

/* A start was interrupted while it wrote the first line. */
static bool is_begun(const struct buf *text)
{
	struct buf head = {0};
	diary_write_head(&head);
	bool is_so = !head.err && text->len < head.len &&
		     memcmp(buf_text(&head), buf_text(text), text->len) == 0;
	buf_fini(&head);
	return is_so;
}

bool keeper_read_updates(struct keeper_process *p, struct buf *out)
{
	int err = p->state_dir < 0
			  ? -ENOENT
			  : file_read_in(p->state_dir, KEEPER_UPDATES, LIMIT_UPDATE_FILE, out);
	if (err == -ENOENT)
		return true;
	if (err)
		return tell_unread(p, err == ERR_DENIED ? "is not a regular file" : err_text(err));
	size_t whole = diary_whole_len(buf_text(out), out->len);
	if (whole == 0 && !is_begun(out))
		return tell_unread(p, "is no file of updates");
	p->updates_len = whole;
	if (whole == out->len)
		return true;
	/* Nobody was told that this was done: see ontap-zone/updates.c. */
	log_warning(p->log,
		"an update that was not written whole is forgotten: file=\"%s/%s\" bytes=%zu",
		p->conf.state_dir, KEEPER_UPDATES, out->len - whole);
	err = file_cut_in(p->state_dir, KEEPER_UPDATES, whole);
	if (err)
		p->updates_len = UINT64_MAX;
	out->len = whole;
	if (out->bytes)
		out->bytes[whole] = '\0';
	return true;
}

bool keeper_can_keep_updates(
	const struct keeper_process *p, const struct conf *conf, const struct log *log)
{
	const bool is_same_dir = strcmp(conf->state_dir, p->conf.state_dir) == 0;
	if (!conf_has_updates(conf))
		return true;
	int dir = is_same_dir ? p->state_dir : state_dir_open(conf->state_dir, NULL);
	/* Nothing is appended: this finds out whether the file can be written, and makes it. */
	int err = dir < 0 ? -ENOENT
			  : file_append_in(
				    dir, KEEPER_UPDATES, is_same_dir ? p->updates_len : 0, "", 0);
	if (!is_same_dir && dir >= 0)
		close(dir);
	if (!err || (dir >= 0 && err == -ESTALE)) /* it will be made anew */
		return true;
	log_error(log,
		"updates cannot be kept: option=allow-update directory=\"%s\" error=\"%s\" "
		"note=\"--state=DIR\"",
		conf->state_dir, err_text(err));
	return false;
}
