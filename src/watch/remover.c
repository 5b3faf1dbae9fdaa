/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that removes sockets, and the list of what it may do.
 * Never removes one where somebody listens.
 */
#include "watch/remover.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/control.h"
#include "io/exit.h"
#include "io/privilege.h"
#include "io/sandbox_lists.h"

enum { PATHS = 2 };

static const struct sandbox_call own[] = {SANDBOX_IF(socket, 0, ~0u, AF_UNIX),
	SANDBOX_CALL(connect), SANDBOX_CALL(newfstatat), SANDBOX_CALL(lstat), SANDBOX_CALL(statx),
	SANDBOX_CALL(unlink), SANDBOX_CALL(unlinkat)};

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, own, ARRAY_LEN(own));
	sandbox_allow_basic(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

/* The task directory is opened before, because nothing is opened after. */
static int confine(struct sandbox_report *ret)
{
	struct sandbox_claim claim = {
		.has_empty_bounding = privilege_effective() >> CAP_SETPCAP & 1};
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	privilege_keep_nothing();
	sandbox_hide_memory();
	int err = sandbox_check_self(tasks, &claim, ret);
	if (tasks >= 0)
		close(tasks);
	if (err != ERR_DENIED && !sandbox_has_sanitizer)
		err = limit_calls();
	if (!err)
		ret->seccomp = SANDBOX_HAS_FILTER;
	return err == ERR_ABSENT ? 0 : err;
}

static _Noreturn void wait_and_remove(int fd, const char *const *paths)
{
	char byte;
	struct sandbox_report report = {0};
	prctl(PR_SET_NAME, "ontap-remover");
	if (confine(&report) || write(fd, &report, sizeof(report)) != sizeof(report))
		_exit(EXIT_SYSTEM);
	while (read(fd, &byte, sizeof(byte)) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < PATHS; i++)
		if (paths[i])
			control_remove_abandoned(paths[i]);
	_exit(EXIT_DONE);
}

int remover_start(struct remover *r, const char *const *paths, const struct log *log)
{
	int fds[2] = {-1, -1}, err = 0;
	*r = (struct remover){.pid = -1, .fd = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) || (r->pid = fork()) < 0)
		err = -errno;
	if (r->pid == 0) {
		close_range(STDERR_FILENO + 1, (unsigned)fds[1] - 1, 0);
		close_range((unsigned)fds[1] + 1, ~0u, 0);
		wait_and_remove(fds[1], paths);
	}
	if (fds[1] >= 0)
		close(fds[1]);
	r->fd = fds[0];
	if (!err && read(r->fd, &r->sandbox, sizeof(r->sandbox)) != sizeof(r->sandbox))
		err = -EPERM;
	if (!err)
		return 0;
	log_error(log, "cannot start the remover of sockets: error=\"%s\"", err_text(err));
	remover_end(r);
	return err;
}

void remover_end(struct remover *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	while (r->pid > 0 && waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	r->pid = -1;
}
