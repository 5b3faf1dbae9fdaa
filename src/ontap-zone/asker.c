/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that asks for the DS of zones.
 * Never judges an answer.
 */
#include "ontap-zone/asker.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <resolv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/exit.h"
#include "io/process.h"
#include "io/sandbox_lists.h"
#include "wire/rr.h"

static const struct sandbox_call asking[] = {SANDBOX_IF(socket, 0, ~0u, AF_INET),
	SANDBOX_IF(socket, 0, ~0u, AF_INET6), SANDBOX_CALL(connect), SANDBOX_CALL(bind)};

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_allow_talk(&calls);
	sandbox_allow_basic(&calls);
	sandbox_calls_allow(&calls, asking, ARRAY_LEN(asking));
	sandbox_allow_reading(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

/* /etc/resolv.conf may lead to /run. */
static int confine(const struct privilege_user *user, struct sandbox_report *ret)
{
	const struct sandbox_path paths[] = {{.path = "/etc", .access = SANDBOX_READ},
		{.path = "/run", .access = SANDBOX_READ},
		{.path = "/proc/self", .access = SANDBOX_READ}};
	struct sandbox_claim claim = {
		.has_empty_bounding = privilege_effective() >> CAP_SETPCAP & 1};
	int level = 0, err = user ? privilege_become(user) : 0;
	if (err)
		return err;
	privilege_keep_nothing();
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = sandbox_limit_files(paths, ARRAY_LEN(paths), &level);
	sandbox_hide_memory();
	if ((!err || err == ERR_ABSENT) && !sandbox_has_sanitizer) {
		err = limit_calls();
		claim.has_filter = !err;
	}
	if (err && err != ERR_ABSENT)
		return err;
	err = sandbox_check_self(tasks, &claim, ret);
	ret->landlock = (uint8_t)level;
	if (tasks >= 0)
		close(tasks);
	return err == ERR_DENIED ? err : 0;
}

/* The resolver of the C library reads its configuration again by itself. */
static void ask(const struct name *zone, struct ds_answer *ret)
{
	static uint8_t query[512], answer[65535];
	char text[NAME_TEXT_CAP];
	int len = res_mkquery(ns_o_query, name_to_text(zone->wire, text), ns_c_in, RR_DS, NULL, 0,
		NULL, query, sizeof(query));
	if (len > 0)
		len = res_send(query, len, answer, sizeof(answer));
	ds_answer_parse(answer, len > 0 ? (size_t)len : 0, zone, ret);
}

static _Noreturn void run(const struct privilege_user *user, const struct log *log, int fd)
{
	struct name zone;
	static struct asker_news news;
	const int kept = process_keep_only(fd);
	prctl(PR_SET_NAME, "ontap-asker");
	int err = kept < 0 ? kept : confine(user, &news.sandbox);
	if (err) {
		log_error(log, "cannot start the asker: error=\"%s\"",
			err == ERR_DENIED ? "it has privileges left" : err_text(err));
		_exit(EXIT_SYSTEM);
	}
	(void)!send(kept, &news, sizeof(news), MSG_NOSIGNAL);
	ssize_t got;
	while ((got = read(kept, &zone, sizeof(zone))) == sizeof(zone) ||
		(got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		ask(&zone, &news.answer);
		(void)!send(kept, &news, sizeof(news), MSG_NOSIGNAL);
	}
	_exit(EXIT_DONE);
}

int asker_start(const struct privilege_user *user, const struct log *log, int *ret_fd)
{
	pid_t pid;
	int err = process_fork(ret_fd, &pid);
	if (err)
		log_error(log, "cannot start the asker: error=\"%s\"", err_text(err));
	else if (pid == 0)
		run(user, log, *ret_fd);
	return err;
}
