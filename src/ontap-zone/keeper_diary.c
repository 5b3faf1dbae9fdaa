/* SPDX-License-Identifier: ISC */
/*
 * Owns the files to whose ends entries are written: their reading at the start, and the entries.
 * Never reads what is in them: update/diary.h and collect/collect.h do.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "collect/collect.h"
#include "io/file.h"
#include "ontap-zone/keeper_process.h"
#include "ontap-zone/state_dir.h"
#include "update/diary.h"

static const struct {
	const char *file, *what;
	const char *option; /* by which it is needed */
	size_t (*whole_len)(const char *text, size_t len);
	void (*write_head)(struct buf *out); /* NULL: it is never begun in pieces */
} kinds[KEEPER_DIARIES] = {
	[KEEPER_UPDATES] = {"updates", "updates", "allow-update", diary_whole_len,
		diary_write_head},
	[KEEPER_COLLECTED] = {"collected", "collected names", "collect", collect_whole_len, NULL},
};

static bool tell_unread(const struct keeper_process *p, enum keeper_diary diary, const char *reason)
{
	log_error(p->log, "cannot start: file=\"%s/%s\" error=\"%s\" note=\"it should have %s\"",
		p->conf.state_dir, kinds[diary].file, reason, kinds[diary].what);
	return false;
}

/* A start was interrupted while it wrote the first line. */
static bool is_begun(enum keeper_diary diary, const struct buf *text)
{
	struct buf head = {0};
	if (!kinds[diary].write_head)
		return text->len == 0;
	kinds[diary].write_head(&head);
	bool is_so = !head.err && text->len < head.len &&
		     memcmp(buf_text(&head), buf_text(text), text->len) == 0;
	buf_fini(&head);
	return is_so;
}

bool keeper_read_diary(struct keeper_process *p, enum keeper_diary diary, struct buf *out)
{
	const char *file = kinds[diary].file;
	int err = p->state_dir < 0 ? -ENOENT
				   : file_read_in(p->state_dir, file, LIMIT_DIARY_FILE, out);
	if (err == -ENOENT)
		return true;
	if (err)
		return tell_unread(
			p, diary, err == ERR_DENIED ? "is not a regular file" : err_text(err));
	size_t whole = kinds[diary].whole_len(buf_text(out), out->len);
	if (whole == 0 && !is_begun(diary, out))
		return tell_unread(p, diary, "has another form than such a file");
	p->diaries[diary].len = whole;
	if (whole == out->len)
		return true;
	/* Nobody was told that this was done. */
	log_warning(p->log, "what was not written whole is forgotten: file=\"%s/%s\" bytes=%zu",
		p->conf.state_dir, file, out->len - whole);
	err = file_cut_in(p->state_dir, file, whole);
	if (err)
		p->diaries[diary].len = UINT64_MAX;
	out->len = whole;
	if (out->bytes)
		out->bytes[whole] = '\0';
	return true;
}

static bool is_needed(const struct conf *conf, enum keeper_diary diary)
{
	return diary == KEEPER_UPDATES ? conf_has_updates(conf)
				       : conf->collect != CONF_COLLECT_NONE;
}

/* Nothing is appended: this finds out whether the file can be written, and makes it. */
static bool can_keep(const struct keeper_process *p, const struct conf *conf,
	enum keeper_diary diary, const struct log *log)
{
	const bool is_same_dir = strcmp(conf->state_dir, p->conf.state_dir) == 0;
	int dir = is_same_dir ? p->state_dir : state_dir_open(conf->state_dir, NULL);
	int err = dir < 0 ? -ENOENT
			  : file_append_in(dir, kinds[diary].file,
				    is_same_dir ? p->diaries[diary].len : 0, "", 0);
	if (!is_same_dir && dir >= 0)
		close(dir);
	if (!err || (dir >= 0 && err == -ESTALE)) /* it will be made anew */
		return true;
	log_error(log,
		"cannot be kept: what=\"%s\" option=%s directory=\"%s\" error=\"%s\" "
		"note=\"--state=DIR\"",
		kinds[diary].what, kinds[diary].option, conf->state_dir, err_text(err));
	return false;
}

bool keeper_can_keep(const struct keeper_process *p, const struct conf *conf, const struct log *log)
{
	for (enum keeper_diary diary = 0; diary < KEEPER_DIARIES; diary++)
		if (is_needed(conf, diary) && !can_keep(p, conf, diary, log))
			return false;
	return true;
}

static int write_diary(struct keeper_process *p, enum keeper_diary diary, bool is_all)
{
	const char *file = kinds[diary].file;
	const struct buf *text = &p->diaries[diary].text;
	uint64_t *len = &p->diaries[diary].len;
	if (text->err)
		return text->err;
	int err = is_all ? keeper_write_state(p, file, buf_text(text), text->len)
		  : p->state_dir < 0
			  ? -ENOENT
			  : file_append_in(p->state_dir, file, *len, buf_text(text), text->len);
	if (!err)
		*len = (is_all ? 0 : *len) + text->len;
	return err;
}

int keeper_take_diary(struct keeper_process *p, const struct channel_message *m)
{
	struct keeper_entry head;
	if (m->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, m->bytes, sizeof(head));
	if (head.diary >= KEEPER_DIARIES)
		return -EBADMSG;
	struct buf *text = &p->diaries[head.diary].text;
	keeper_collect(text, m->bytes + sizeof(head), m->len - sizeof(head), LIMIT_DIARY_FILE);
	if (!head.is_last)
		return 0;
	int err = write_diary(p, (enum keeper_diary)head.diary, head.is_all);
	buf_fini(text);
	return keeper_tell_written(
		p, (struct keeper_written){.what = ASK_DIARY, .diary = head.diary, .err = err});
}
