/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of what the serving process may do.
 * Never takes anything from a process that is not this one.
 */
#include "ontap-zone/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/empty_root.h"
#include "io/privilege.h"
#include "io/sandbox_lists.h"

/* Sockets on links and addresses that come later. */
static const struct sandbox_call sockets[] = {SANDBOX_IF(socket, 0, ~0u, AF_INET),
	SANDBOX_IF(socket, 0, ~0u, AF_INET6), SANDBOX_CALL(bind), SANDBOX_CALL(listen)};

/* Connections to primaries. */
static const struct sandbox_call connecting[] = {SANDBOX_CALL(connect)};

/* The other way to make one (tcp(7)). */
static const struct sandbox_call fast_opening[] = {
	SANDBOX_REFUSE_IF(sendmmsg, EPERM, 3, MSG_FASTOPEN, MSG_FASTOPEN),
	SANDBOX_REFUSE_IF(sendmsg, EPERM, 2, MSG_FASTOPEN, MSG_FASTOPEN),
	SANDBOX_REFUSE_IF(sendto, EPERM, 3, MSG_FASTOPEN, MSG_FASTOPEN)};

/* As Landlock answers. */
static const struct sandbox_call opening[] = {SANDBOX_REFUSE(openat, EACCES),
	SANDBOX_REFUSE(open, EACCES), SANDBOX_REFUSE(openat2, EACCES)};

static int tell(const struct log *log, const char *what, int err)
{
	if (err == ERR_ABSENT)
		log_info(log, "less is closed to strangers: kernel_lacks=%s", what);
	else if (err)
		log_error(log, "cannot start: step=%s error=\"%s\"", what, err_text(err));
	return err == ERR_ABSENT ? 0 : err;
}

void confine_begin(struct confinement *c, bool is_asked, const struct log *log)
{
	const uint64_t had = privilege_effective();
	*c = (struct confinement){.has_empty_bounding = had >> CAP_SETPCAP & 1};
	c->tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* At the end, the sanitizers read /proc/self/maps. */
	const bool may_leave = is_asked || had >> CAP_SYS_ADMIN & 1;
	int err = may_leave && !sandbox_has_sanitizer ? empty_root_enter() : 0;
	if (err)
		log_info(log, "less is closed to strangers: step=\"empty root\" error=\"%s\"",
			err_text(err));
}

static int limit_calls(struct confinement *c, bool may_connect, const struct log *log)
{
	static struct sandbox_calls calls;
	if (sandbox_has_sanitizer)
		return 0;
	sandbox_calls_begin(&calls);
	if (may_connect)
		sandbox_calls_allow(&calls, connecting, ARRAY_LEN(connecting));
	else
		sandbox_calls_allow(&calls, fast_opening, ARRAY_LEN(fast_opening));
	sandbox_allow_talk(&calls);
	sandbox_allow_basic(&calls);
	sandbox_allow_threads(&calls);
	sandbox_allow_reading(&calls);
	sandbox_calls_allow(&calls, sockets, ARRAY_LEN(sockets));
	sandbox_kill_deadly(&calls);
	int err = sandbox_calls_enforce(&calls, sandbox_verdict);
	c->has_filter = !err;
	return tell(log, "seccomp", err);
}

int confine_serving(struct confinement *c, bool may_connect, const struct log *log)
{
	const struct sandbox_path own[] = {{.path = ".", .access = SANDBOX_READ, .at = c->tasks},
		{.path = sandbox_has_sanitizer ? "/proc/self" : NULL, .access = SANDBOX_READ}};
	int level = 0;
	int err = tell(log, "landlock", sandbox_limit_files(own, ARRAY_LEN(own), &level));
	sandbox_hide_memory();
	if (!err)
		err = limit_calls(c, may_connect, log);
	c->report.landlock = (uint8_t)level;
	return err;
}

/* No thread may have further privileges: all threads share one address space. */
static int check_threads(struct confinement *c, const struct log *log)
{
	const struct sandbox_claim claim = {.caps = 1u << CAP_NET_BIND_SERVICE,
		.has_empty_bounding = c->has_empty_bounding,
		.has_filter = c->has_filter};
	const uint8_t landlock = c->report.landlock;
	int err = sandbox_check_self(c->tasks, &claim, &c->report);
	c->report.landlock = landlock;
	if (err == ERR_DENIED)
		log_error(log, "cannot start: error=\"a thread has privileges left\"");
	else if (err)
		log_warning(log, "cannot look at our own threads: error=\"%s\"", err_text(err));
	return err == ERR_DENIED ? err : 0;
}

int confine_end(struct confinement *c, const struct log *log)
{
	static struct sandbox_calls calls;
	int err = check_threads(c, log);
	if (c->tasks >= 0)
		close(c->tasks);
	c->tasks = -1;
	if (err || !c->has_filter)
		return err;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, opening, ARRAY_LEN(opening));
	return tell(log, "seccomp", sandbox_calls_enforce(&calls, SANDBOX_ALLOWS));
}
