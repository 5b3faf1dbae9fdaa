/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that hears when the machine is about to sleep.
 * Never says anything to another host.
 */
#include "ontap-zone/sleeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/exit.h"
#include "io/logind.h"
#include "io/process.h"
#include "io/sandbox_lists.h"
#include "io/sandbox_tell.h"

#define BUS_SOCKET "/run/dbus/system_bus_socket"

enum { RETRY_MS = 10000 }; /* after the bus is lost */

struct sleeper {
	const struct log *log;
	struct logind *logind;
	int fd;
	bool is_over; /* the serving process has ended */
	struct sleeper_message message;
};

/* The doors. */

static const struct sandbox_call bus[] = {SANDBOX_IF(socket, 0, ~0u, AF_UNIX),
	SANDBOX_CALL(connect), SANDBOX_CALL(getsockname), SANDBOX_CALL(getpeername)};

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_allow_talk(&calls);
	sandbox_allow_basic(&calls);
	sandbox_calls_allow(&calls, bus, ARRAY_LEN(bus));
	sandbox_allow_reading(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

/* No rule is needed to connect to the bus. */
static int confine(struct sleeper *s, const struct privilege_user *user)
{
	const struct sandbox_path paths[] = {{.path = "/proc/self", .access = SANDBOX_READ}};
	struct sandbox_claim claim = {
		.has_empty_bounding = privilege_effective() >> CAP_SETPCAP & 1};
	struct privilege_user nobody;
	int level = 0, err = 0;
	if (user) /* dbus-daemon turns away who has no name */
		err = privilege_become(
			privilege_find_user("nobody", &nobody) == 0 ? &nobody : user);
	if (err)
		return sandbox_tell(s->log, "sleeper", "user", err);
	privilege_keep_nothing();
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = sandbox_tell(s->log, "sleeper", "landlock",
		sandbox_limit_files(paths, ARRAY_LEN(paths), &level));
	sandbox_hide_memory();
	if (!err && !sandbox_has_sanitizer) {
		const int filter_err = limit_calls();
		claim.has_filter = !filter_err;
		err = sandbox_tell(s->log, "sleeper", "seccomp", filter_err);
	}
	const int found = err ? 0 : sandbox_check_self(tasks, &claim, &s->message.sandbox);
	s->message.sandbox.landlock = (uint8_t)level;
	if (tasks >= 0)
		close(tasks);
	return found == ERR_DENIED ? sandbox_tell(s->log, "sleeper", "threads", found) : err;
}

/* The bus. */

static void tell(struct sleeper *s, bool sleeps)
{
	s->message.news = sleeps ? SLEEPER_SLEEPS : SLEEPER_AWAKE;
	(void)!send(s->fd, &s->message, sizeof(s->message), MSG_NOSIGNAL);
}

/* -errno: there is no logind, and there will be none. */
static int hold(struct sleeper *s)
{
	const int err = logind_hold(s->logind, "ontap-zone");
	if (err == ERR_ABSENT)
		log_info(s->log, "no goodbye before sleep: error=\"there is no logind\"");
	else if (err)
		log_info(s->log,
			"the machine does not wait for goodbyes before sleep: error=\"%s\"",
			err_text(err));
	return err == ERR_ABSENT ? err : 0;
}

static void hear_server(struct sleeper *s)
{
	char byte;
	const ssize_t got = recv(s->fd, &byte, sizeof(byte), MSG_DONTWAIT);
	s->is_over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
	if (got > 0)
		logind_release(s->logind);
}

/* Until one of both is gone. -errno: the bus is lost. ERR_ABSENT: there is no logind. */
static int listen_to(struct sleeper *s)
{
	bool sleeps, is_readable;
	int err = logind_connect(s->logind);
	if (!err)
		err = hold(s);
	while (!err && !s->is_over) {
		err = logind_next(s->logind, &sleeps);
		if (err > 0) {
			err = sleeps ? 0 : hold(s);
			tell(s, sleeps);
		}
		if (!err)
			err = logind_wait(s->logind, s->fd, &is_readable);
		if (!err && is_readable)
			hear_server(s);
	}
	return err;
}

/* Waits for a while, or for the end of the serving process. */
static void pause_for(struct sleeper *s)
{
	struct pollfd fd = {.fd = s->fd, .events = POLLIN};
	if (poll(&fd, 1, RETRY_MS) > 0)
		hear_server(s);
}

static _Noreturn void run(const struct privilege_user *user, const struct log *log, int fd)
{
	char why[DYNLIB_WHY_CAP];
	struct sleeper s = {.log = log};
	s.fd = process_keep_only(fd);
	prctl(PR_SET_NAME, "ontap-sleeper");
	int err = s.fd < 0 ? s.fd : logind_new(&s.logind, why);
	if (err) {
		log_info(log, "no goodbye before sleep: error=\"%s\"",
			err == ERR_ABSENT ? why : err_text(err));
		_exit(EXIT_DONE);
	}
	if (confine(&s, user))
		_exit(EXIT_SYSTEM);
	tell(&s, false);
	bool was_lost = false;
	while (!s.is_over && (err = listen_to(&s)) != ERR_ABSENT) {
		if (err && !was_lost)
			log_info(log,
				"no goodbye before sleep: error=\"%s\" note=\"the system bus is "
				"tried again\"",
				err_text(err));
		was_lost = err != 0;
		if (err)
			pause_for(&s);
	}
	_exit(EXIT_DONE);
}

/* The start. */

static bool has_bus(void)
{
	return getenv("DBUS_SYSTEM_BUS_ADDRESS") || access(BUS_SOCKET, F_OK) == 0;
}

int sleeper_start(
	const struct privilege_user *user, const struct log *log, int *ret_fd, pid_t *ret_pid)
{
	if (!has_bus())
		return ERR_ABSENT;
	int err = process_fork(ret_fd, ret_pid);
	if (err)
		log_error(log, "cannot start the sleeper: error=\"%s\"", err_text(err));
	else if (*ret_pid == 0)
		run(user, log, *ret_fd);
	return err;
}
