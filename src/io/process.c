/* SPDX-License-Identifier: ISC */
/*
 * Owns the set-up of signals and limits.
 * Never decides what a signal means.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

int process_signals_open(
	struct loop *loop, struct loop_watch *watch, const int *signals, size_t count)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->fd < 0 ? -errno : loop_add(loop, watch, EPOLLIN);
}

int process_signals_next(const struct loop_watch *watch)
{
	struct signalfd_siginfo info;
	return read(watch->fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

void process_signals_close(struct loop *loop, struct loop_watch *watch)
{
	if (watch->fd < 0)
		return;
	loop_remove(loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

void process_ignore_sigpipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

void process_raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int process_fork(int *ret_fd, pid_t *ret_pid)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	const pid_t pid = fork();
	const bool is_child = pid == 0;
	int err = pid < 0 ? -errno : 0;
	if (!is_child)
		close(fds[1]);
	if (!err && !is_child && fcntl(fds[0], F_SETFL, O_NONBLOCK))
		err = -errno;
	if (err) {
		close(fds[0]);
		return err;
	}
	*ret_fd = fds[is_child];
	*ret_pid = pid;
	return 0;
}

int process_keep_only(int fd)
{
	enum { KEPT_FD = STDERR_FILENO + 1 };
	if (fd != KEPT_FD && dup3(fd, KEPT_FD, O_CLOEXEC) < 0)
		return -errno;
	return close_range(KEPT_FD + 1, ~0u, 0) ? -errno : KEPT_FD;
}

size_t process_descriptors_beside(size_t others, size_t most)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= others + most)
		return most;
	size_t left = limit.rlim_cur > others ? limit.rlim_cur - others : 0;
	return left > limit.rlim_cur / 4 ? left : limit.rlim_cur / 4;
}

bool process_lacks_resources(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}
