/* SPDX-License-Identifier: ISC */
/*
 * Owns the permissions of the control and resolve sockets, and the limits on their clients.
 * Never answers a question: daemon.c does.
 */
#include "ontap-zone/sockets.h"

#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/privilege.h"
#include "ontap-zone/commands.h"

/* The configured group; otherwise "ontap", if that group exists and we are root. */
static int find_group(const struct daemon *d, gid_t *ret)
{
	const char *given = d->runtime.conf.socket_group, *name = given ? given : "ontap";
	int err = privilege_find_group(name, ret);
	if (!given && (err == ERR_ABSENT || geteuid() != 0)) {
		*ret = CONTROL_OWN_GROUP;
		return 0;
	}
	if (err)
		log_error(d->log, "control socket: group=\"%s\" error=\"%s\"", name,
			err == ERR_ABSENT ? "there is no such group" : err_text(err));
	return err;
}

static const char *control_fault(int err)
{
	return err == ERR_EXISTS ? "another ontap-zone is running: stop it, or use --socket"
				 : err_text(err);
}

int sockets_check_control(const struct conf *conf, const struct log *log)
{
	if (!control_is_in_use(conf->socket_path))
		return 0;
	log_error(log, "control socket: path=\"%s\" error=\"%s\"", conf->socket_path,
		control_fault(ERR_EXISTS));
	return EXIT_SYSTEM;
}

int sockets_open_control(struct daemon *d)
{
	const char *path = d->runtime.conf.socket_path;
	struct control_config config = {.path = path,
		.mode = 0660,
		.clients_max = LIMIT_CONTROL_CLIENTS,
		.user_clients_max = LIMIT_CONTROL_USER_CLIENTS,
		.patience = LIMIT_CONTROL_IDLE_S * NS_PER_S,
		.has_trusted_root = true,
		.answer = daemon_answer,
		.arg = d};
	if (find_group(d, &config.group))
		return EXIT_SYSTEM;
	int err = control_open(&d->control, d->loop, &config);
	if (!err)
		return 0;
	log_error(d->log, "control socket: path=\"%s\" error=\"%s\"", path, control_fault(err));
	return EXIT_SYSTEM;
}

void sockets_open_resolve(struct daemon *d)
{
	const char *path = d->runtime.conf.resolve_path;
	const struct control_config config = {.path = path,
		.mode = 0666,
		.group = CONTROL_OWN_GROUP,
		.clients_max = LIMIT_RESOLVE_CLIENTS,
		.user_clients_max = LIMIT_RESOLVE_USER_CLIENTS,
		.patience = LIMIT_RESOLVE_IDLE_S * NS_PER_S,
		.answer = daemon_resolve,
		.arg = d};
	int err = path ? control_open(&d->resolve, d->loop, &config) : 0;
	if (err)
		log_warning(d->log, "resolve socket: path=\"%s\" error=\"%s\"", path,
			err == ERR_EXISTS ? "another ontap-zone has it: give one of them another"
					  : err_text(err));
}
