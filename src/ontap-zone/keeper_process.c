/* SPDX-License-Identifier: ISC */
/*
 * Owns the life of the keeper: its requests, the files that it writes, and the command after them.
 * Never reads a byte from the network, and never takes a path or a command from a request.
 */
#include "ontap-zone/keeper_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/exit.h"
#include "io/file.h"
#include "io/process.h"
#include "ontap-zone/state_dir.h"

/* The command of --on-export. */

static void run_command(struct keeper_process *p)
{
	if (!p->conf.on_export || !p->has_news || p->command || !p->has_command)
		return;
	p->has_news = false;
	int err = file_run_command(p->conf.on_export, &p->command);
	if (!err)
		return;
	log_error(p->log, "cannot run command: option=on-export error=\"%s\"", err_text(err));
	p->command = 0;
}

static void reap(struct keeper_process *p)
{
	struct signalfd_siginfo info;
	int status;
	(void)!read(p->signals, &info, sizeof(info));
	if (p->command == 0 || waitpid(p->command, &status, WNOHANG) != p->command)
		return;
	p->command = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_warning(p->log, "command failed: option=on-export status=%d",
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	run_command(p);
}

/* Requests. */

static int take_export(struct keeper_process *p, const struct channel_message *m)
{
	struct keeper_piece piece;
	if (m->len < sizeof(piece))
		return -EBADMSG;
	memcpy(&piece, m->bytes, sizeof(piece));
	keeper_collect(&p->export, m->bytes + sizeof(piece), m->len - sizeof(piece), LIMIT_EXPORT);
	if (!piece.is_last)
		return 0;
	int err = p->export.err;
	const bool is_now = piece.generation == p->generation;
	if (is_now && piece.export >= p->conf.exports.count)
		return -EBADMSG;
	if (!err && is_now)
		err = file_write(
			p->conf.exports.at[piece.export].path, buf_text(&p->export), p->export.len);
	buf_fini(&p->export);
	p->has_news |= !err && is_now;
	return keeper_tell_written(p, (struct keeper_written){.what = ASK_EXPORT,
					      .generation = piece.generation,
					      .export = piece.export,
					      .err = err});
}

static int take_serial(struct keeper_process *p, const struct channel_message *m)
{
	int err = keeper_write_state(p, "serial", m->bytes, m->len);
	return keeper_tell_written(p, (struct keeper_written){.what = ASK_SERIAL, .err = err});
}

static int take_names(struct keeper_process *p, const struct channel_message *m)
{
	uint32_t is_last;
	if (m->len < sizeof(is_last))
		return -EBADMSG;
	memcpy(&is_last, m->bytes, sizeof(is_last));
	keeper_collect(
		&p->names, m->bytes + sizeof(is_last), m->len - sizeof(is_last), LIMIT_STATE_NAMES);
	if (!is_last)
		return 0;
	int err = p->names.err;
	if (!err)
		err = keeper_write_state(p, "mdns-names", buf_text(&p->names), p->names.len);
	buf_fini(&p->names);
	return keeper_tell_written(p, (struct keeper_written){.what = ASK_NAMES, .err = err});
}

static int take_signatures(struct keeper_process *p, const struct channel_message *m)
{
	struct keeper_written written = {.what = ASK_SIGNATURES};
	const int got = keeper_take_signatures(p, m, &written.err);
	return got > 0 ? keeper_tell_written(p, written) : got;
}

static int take(struct keeper_process *p, const struct channel_message *m)
{
	switch (m->type) {
	case ASK_EXPORT: return take_export(p, m);
	case ASK_SERIAL: return take_serial(p, m);
	case ASK_NAMES: return take_names(p, m);
	case ASK_RELOAD: return keeper_read_again(p);
	case ASK_DIARY: return keeper_take_diary(p, m);
	case ASK_SIGNATURES: return take_signatures(p, m);
	default: return -EBADMSG;
	}
}

/* Handles all requests that are there. -errno: the serving process has ended, or speaks nonsense. */
static int take_all(struct keeper_process *p)
{
	struct channel_message message;
	int got;
	while ((got = channel_next(&p->channel, &message)) > 0) {
		int err = take(p, &message);
		if (err)
			return err;
	}
	if (got == 0)
		run_command(p); /* once for all exports that came together */
	return got;
}

static void run(struct keeper_process *p)
{
	struct pollfd fds[] = {
		{.fd = p->channel.fd, .events = POLLIN}, {.fd = p->signals, .events = POLLIN}};
	int err = take_all(p);
	while (!err) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			reap(p);
		if (fds[0].revents)
			err = take_all(p);
	}
	run_command(p);
}

/* The start. */

/* The signals that end the serving process are for it: the last state is written after them. */
static int open_signals(struct keeper_process *p)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	p->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals < 0 ? -errno : 0;
}

_Noreturn void keeper_process_run(const struct keeper_config *config, int fd)
{
	struct keeper_process p = {
		.own_log = {.fd = config->log->fd, .threshold = config->log->threshold},
		.args = config->args,
		.conf = *config->conf,
		.state_dir = -1,
		.channel = {.fd = -1}};
	int kept = process_keep_only(fd);
	p.log = &p.own_log;
	p.has_command = p.conf.on_export != NULL;
	prctl(PR_SET_NAME, "ontap-keeper");
	int err = kept < 0 ? kept : channel_init(&p.channel, kept);
	if (!err)
		err = open_signals(&p);
	if (err) {
		log_error(p.log, "cannot start the keeper: error=\"%s\"", err_text(err));
		_exit(EXIT_SYSTEM);
	}
	int code = keeper_read_first(&p, config->user);
	if (!code)
		run(&p);
	keeper_close_signatures(&p, -ECANCELED);
	owners_sent_free(p.sent);
	zones_free(&p.zones);
	channel_fini(&p.channel);
	conf_fini(&p.conf);
	_exit(code);
}
