/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of what the watcher may do.
 * Never decides which capabilities it keeps.
 */
#include "watch/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/sandbox_lists.h"
#include "io/sandbox_tell.h"

enum { WRITES = O_ACCMODE | O_CREAT | O_TRUNC };

/* In the order of the call: the first match counts. */
static const struct sandbox_call own[] = {
	/* namespaces of others: netlink and packets, cookies, host names */
	SANDBOX_CALL(setns), SANDBOX_CALL(bpf), SANDBOX_CALL(pidfd_open),
	SANDBOX_IF(socket, 0, ~0u, AF_NETLINK), SANDBOX_IF(socket, 0, ~0u, AF_PACKET),
	SANDBOX_IF(socket, 0, ~0u, AF_UNIX), SANDBOX_CALL(bind),
	SANDBOX_REFUSE_IF(ioctl, EPERM, 1, ~0u, TIOCSTI), SANDBOX_CALL(ioctl),
	SANDBOX_IF(openat, 2, WRITES, O_RDONLY), SANDBOX_REFUSE(openat, EACCES),
	SANDBOX_IF(open, 1, WRITES, O_RDONLY), SANDBOX_REFUSE(open, EACCES),
	/* the sockets that are left at the end, if it was never root */
	SANDBOX_CALL(connect), SANDBOX_CALL(unlink), SANDBOX_CALL(unlinkat)};

bool watch_drop_privileges(void)
{
	const bool may_drop = privilege_effective() >> CAP_SETPCAP & 1;
	privilege_begin_watching();
	return may_drop;
}

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_allow_basic(&calls);
	sandbox_allow_talk(&calls);
	sandbox_calls_allow(&calls, own, ARRAY_LEN(own));
	sandbox_allow_reading(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

static int change_user(const struct privilege_user *user, const struct log *log)
{
	int err = privilege_keep_watching(user);
	if (err)
		log_error(log, "cannot start the watcher: step=user error=\"%s\"", err_text(err));
	return err;
}

int watch_confine(const struct privilege_user *user, bool has_empty_bounding, const struct log *log,
	struct sandbox_report *ret)
{
	struct sandbox_claim claim = {.has_empty_bounding = has_empty_bounding,
		.caps = 1u << CAP_NET_ADMIN | 1u << CAP_NET_BROADCAST | 1u << CAP_NET_RAW |
			1u << CAP_SYS_ADMIN | 1u << CAP_SYS_PTRACE};
	int err = change_user(user, log);
	if (err)
		return err;
	err = sandbox_has_sanitizer ? 0 : limit_calls();
	claim.has_filter = !err && !sandbox_has_sanitizer;
	err = sandbox_tell(log, "watcher", "seccomp", err);
	if (err)
		return err;
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = sandbox_check_self(tasks, &claim, ret);
	if (tasks >= 0)
		close(tasks);
	return err == ERR_DENIED ? sandbox_tell(log, "watcher", "seccomp", err) : 0;
}
