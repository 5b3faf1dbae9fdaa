/* SPDX-License-Identifier: ISC */
/*
 * Owns what the requests to the keeper have in common: pieces, files of the state directory, and the answer.
 * Never knows what is in them.
 */
#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "ontap-zone/keeper_process.h"
#include "ontap-zone/state_dir.h"

int keeper_tell_written(struct keeper_process *p, struct keeper_written written)
{
	channel_put(&p->channel, SAY_WRITTEN, &written, sizeof(written));
	return channel_flush_all(&p->channel);
}

void keeper_collect(struct buf *to, const uint8_t *bytes, size_t len, size_t limit)
{
	if (to->len + len > limit)
		to->err = ERR_NOMEM;
	buf_add(to, bytes, len);
}

/* If the directory was not there, or has been removed, it is looked for again. */
int keeper_write_state(struct keeper_process *p, const char *name, const void *bytes, size_t len)
{
	int err = p->state_dir < 0 ? -ENOENT : file_write_in(p->state_dir, name, bytes, len);
	if (err != -ENOENT)
		return err;
	state_dir_reopen(&p->state_dir, p->conf.state_dir);
	return p->state_dir < 0 ? p->state_dir : file_write_in(p->state_dir, name, bytes, len);
}
