/* SPDX-License-Identifier: ISC */
/*
 * Owns the file of signatures in the state directory, which is read and written in pieces: it may be large.
 * Never looks at what is in it: dnssec/kept.h does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"
#include "ontap-zone/keeper_process.h"
#include "ontap-zone/state_dir.h"

#define SIGNATURES "signatures"

/* Reading. */

static void tell_unread(const struct keeper_process *p, int err)
{
	log_warning(p->log,
		"cannot read signatures: file=\"%s/%s\" error=\"%s\" note=\"they are made anew\"",
		p->conf.state_dir, SIGNATURES,
		err == ERR_DENIED ? "is not a regular file" : err_text(err));
}

/* Sends what is in the file, as long as it may be. -errno: the channel is closed. */
static int say_file(struct keeper_process *p, int fd, uint8_t *piece)
{
	ssize_t len;
	int err = 0;
	for (uint64_t sent = 0; sent < LIMIT_SIGNATURES_FILE && !err; sent += (uint64_t)len) {
		len = file_read_piece(fd, piece, KEEPER_PIECE);
		if (len < 0)
			tell_unread(p, (int)len);
		if (len <= 0)
			break;
		channel_put(&p->channel, SAY_SIGNATURES, piece, (size_t)len);
		err = channel_flush_all(&p->channel);
	}
	return err;
}

int keeper_say_signatures(struct keeper_process *p)
{
	int fd = p->state_dir < 0 ? -ENOENT : file_open_in(p->state_dir, SIGNATURES);
	uint8_t *piece = malloc(KEEPER_PIECE);
	int err = 0;
	if (fd < 0 && fd != -ENOENT)
		tell_unread(p, fd);
	if (fd >= 0 && piece)
		err = say_file(p, fd, piece);
	if (fd >= 0)
		close(fd);
	free(piece);
	return err;
}

/* Writing. */

static void begin(struct keeper_process *p)
{
	int fd = p->state_dir < 0 ? -ENOENT : file_begin_in(p->state_dir, SIGNATURES);
	if (fd == -ENOENT) {
		state_dir_reopen(&p->state_dir, p->conf.state_dir);
		fd = p->state_dir < 0 ? p->state_dir : file_begin_in(p->state_dir, SIGNATURES);
	}
	p->signatures.is_open = true;
	p->signatures.fd = fd < 0 ? -1 : fd;
	p->signatures.err = fd < 0 ? fd : 0;
	p->signatures.len = 0;
}

/* What has failed leaves no room taken. */
void keeper_close_signatures(struct keeper_process *p, int err)
{
	if (!p->signatures.is_open)
		return;
	if (p->signatures.err)
		err = p->signatures.err;
	if (p->signatures.fd >= 0)
		err = file_end_in(p->state_dir, SIGNATURES, p->signatures.fd, err);
	p->signatures.fd = -1;
	p->signatures.err = err;
}

static void add(struct keeper_process *p, const uint8_t *bytes, size_t len)
{
	p->signatures.len += len;
	if (p->signatures.err)
		return;
	int err = p->signatures.len > LIMIT_SIGNATURES_FILE
			  ? ERR_RANGE
			  : file_add_piece(p->signatures.fd, bytes, len);
	if (err)
		keeper_close_signatures(p, err);
}

int keeper_take_signatures(struct keeper_process *p, const struct channel_message *m, int *ret_err)
{
	struct keeper_signatures head;
	if (m->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, m->bytes, sizeof(head));
	if (!p->signatures.is_open)
		begin(p);
	add(p, m->bytes + sizeof(head), m->len - sizeof(head));
	if (!head.is_last)
		return 0;
	keeper_close_signatures(p, head.is_dropped ? ERR_NOMEM : 0);
	p->signatures.is_open = false;
	*ret_err = p->signatures.err;
	return 1;
}
