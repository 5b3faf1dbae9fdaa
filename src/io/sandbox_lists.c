/* SPDX-License-Identifier: ISC */
/*
 * Owns the lists of system calls that several processes share.
 * Never enforces one but that of threads.
 */
#include "io/sandbox_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "io/privilege.h"

const bool sandbox_has_sanitizer = HAS_ASAN || HAS_TSAN;

const enum sandbox_verdict sandbox_verdict = sizeof(long) == 8 ? SANDBOX_REFUSES : SANDBOX_ALLOWS;

#define CALL(name) SANDBOX_CALL(name)
#define KILL(name) SANDBOX_KILL(name)

#ifdef __s390x__
enum { CLONE_FLAGS = 1 }; /* which argument of clone(2) */
#else
enum { CLONE_FLAGS = 0 };
#endif

static const struct sandbox_call basic[] = {
	/* reading, writing, waiting */
	CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64),
	CALL(preadv), CALL(pwritev), CALL(lseek), CALL(close), CALL(close_range), CALL(dup),
	CALL(dup3), CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6), CALL(epoll_wait),
	CALL(epoll_pwait), CALL(epoll_pwait2), CALL(epoll_ctl), CALL(epoll_create1), CALL(eventfd2),
	CALL(timerfd_create), CALL(timerfd_settime), CALL(timerfd_gettime), CALL(signalfd4),
	CALL(pipe2), CALL(fstat), CALL(fsync), CALL(fdatasync), CALL(ftruncate),
	/* who signals whom is not chosen by a descriptor */
	SANDBOX_REFUSE_IF(fcntl, EPERM, 1, ~0u, F_SETOWN),
	SANDBOX_REFUSE_IF(fcntl, EPERM, 1, ~0u, F_SETOWN_EX),
	SANDBOX_REFUSE_IF(fcntl, EPERM, 1, ~0u, F_SETSIG), CALL(fcntl),
	SANDBOX_IF(ioctl, 1, ~0u, FIONREAD), SANDBOX_IF(ioctl, 1, ~0u, FIONBIO),
	SANDBOX_IF(ioctl, 1, ~0u, TCGETS), SANDBOX_IF(ioctl, 1, ~0u, TIOCGWINSZ),
	/* memory */
	SANDBOX_IF(mmap, 2, PROT_EXEC, 0), SANDBOX_IF(mprotect, 2, PROT_EXEC, 0), CALL(munmap),
	CALL(mremap), CALL(madvise), CALL(brk), CALL(mincore), CALL(map_shadow_stack), CALL(mlock),
	CALL(munlock), CALL(mseal),
	/* time */
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(gettimeofday), CALL(time), CALL(times),
	/* locks and threads */
	CALL(futex), CALL(futex_waitv), CALL(futex_wait), CALL(futex_wake), CALL(futex_requeue),
	CALL(set_robust_list), CALL(get_robust_list), CALL(rseq), CALL(set_tid_address),
	CALL(membarrier), CALL(sched_yield), CALL(sched_getaffinity), CALL(sched_getscheduler),
	CALL(sched_getparam), CALL(sched_get_priority_max), CALL(sched_get_priority_min),
	CALL(getcpu), CALL(exit), CALL(exit_group), CALL(restart_syscall),
	/* signals */
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigpending),
	CALL(rt_sigtimedwait), CALL(rt_sigsuspend), CALL(sigaltstack), CALL(wait4), CALL(waitid),
	/* itself */
	CALL(getpid), CALL(gettid), CALL(getppid), CALL(getpgid), CALL(getpgrp), CALL(getsid),
	CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getresuid), CALL(getresgid),
	CALL(getgroups), CALL(getrlimit), CALL(getrusage), CALL(getpriority), CALL(uname),
	CALL(sysinfo), CALL(getrandom), CALL(capget),
	SANDBOX_IF(prlimit64, 2, ~0u, 0), /* to read one */
	SANDBOX_IF(prctl, 0, ~0u, PR_SET_NAME), SANDBOX_IF(prctl, 0, ~0u, PR_GET_NAME),
	SANDBOX_IF(prctl, 0, ~0u, PR_CAPBSET_READ), SANDBOX_IF(prctl, 0, ~0u, PR_GET_DUMPABLE),
	SANDBOX_IF(prctl, 0, ~0u, PR_SET_NO_NEW_PRIVS),
	SANDBOX_IF(prctl, 0, ~0u, 0x53564d41 /* PR_SET_VMA */)};

static const struct sandbox_call talk[] = {CALL(recvmsg), CALL(recvmmsg), CALL(recvfrom),
	CALL(sendmsg), CALL(sendmmsg), CALL(sendto), CALL(accept4), CALL(accept), CALL(shutdown),
	CALL(setsockopt), CALL(getsockopt), CALL(getsockname), CALL(getpeername)};

/* clone3(2) has its flags in memory, where no filter sees them; without it, the C library uses clone(2). A thread
 * gives up its capabilities, and gets a list of its own. */
static const struct sandbox_call threads[] = {
	SANDBOX_IF(clone, CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD), SANDBOX_REFUSE(clone3, ENOSYS),
	CALL(capset), SANDBOX_IF(seccomp, 0, ~0u, SECCOMP_SET_MODE_FILTER)};

static const struct sandbox_call reading[] = {CALL(openat), CALL(open), CALL(getdents64),
	CALL(getdents), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(statx), CALL(statfs),
	CALL(fstatfs), CALL(readlink), CALL(readlinkat), CALL(access), CALL(faccessat),
	CALL(faccessat2), CALL(fadvise64), CALL(flock), CALL(getcwd), CALL(chdir), CALL(fchdir),
	CALL(inotify_init1), CALL(inotify_add_watch), CALL(inotify_rm_watch)};

static const struct sandbox_call writing[] = {CALL(unlink), CALL(unlinkat), CALL(rename),
	CALL(renameat), CALL(renameat2), CALL(mkdir), CALL(mkdirat), CALL(rmdir), CALL(fchmod),
	CALL(fchmodat), CALL(fchmodat2), CALL(fchown), CALL(fchownat), CALL(umask), CALL(fallocate),
	CALL(sync_file_range), CALL(utimensat), CALL(truncate), CALL(link), CALL(linkat),
	CALL(symlink), CALL(symlinkat)};

static const struct sandbox_call deadly[] = {
	/* programs and processes */
	KILL(execve), KILL(execveat), KILL(fork), KILL(vfork), KILL(clone), KILL(ptrace),
	KILL(process_vm_readv), KILL(process_vm_writev), KILL(process_madvise), KILL(kcmp),
	KILL(pidfd_getfd),
	/* namespaces and mounts */
	KILL(setns), KILL(unshare), KILL(mount), KILL(umount2), KILL(pivot_root), KILL(chroot),
	KILL(fsopen), KILL(fsconfig), KILL(fsmount), KILL(fspick), KILL(open_tree),
	KILL(move_mount), KILL(mount_setattr), KILL(open_by_handle_at), KILL(name_to_handle_at),
	/* who it is */
	KILL(setuid), KILL(setgid), KILL(setreuid), KILL(setregid), KILL(setresuid),
	KILL(setresgid), KILL(setfsuid), KILL(setfsgid), KILL(setgroups), KILL(personality),
	/* other ways into the kernel */
	KILL(bpf), KILL(perf_event_open), KILL(userfaultfd), KILL(io_uring_setup),
	KILL(io_uring_enter), KILL(io_uring_register), KILL(keyctl), KILL(add_key),
	KILL(request_key), KILL(init_module), KILL(finit_module), KILL(delete_module),
	KILL(kexec_load), KILL(kexec_file_load), KILL(reboot), KILL(swapon), KILL(swapoff),
	KILL(acct), KILL(quotactl), KILL(sethostname), KILL(setdomainname), KILL(settimeofday),
	KILL(clock_settime), KILL(iopl), KILL(ioperm), KILL(modify_ldt), KILL(mknod),
	KILL(mknodat)};

void sandbox_allow_basic(struct sandbox_calls *s)
{
	const pid_t self = getpid();
	/* abort(3) */
	const struct sandbox_call own[] = {SANDBOX_IF(tgkill, 0, ~0u, (uint32_t)self),
		SANDBOX_IF(rt_tgsigqueueinfo, 0, ~0u, (uint32_t)self)};
	sandbox_calls_allow(s, basic, ARRAY_LEN(basic));
	sandbox_calls_allow(s, own, ARRAY_LEN(own));
}

void sandbox_allow_talk(struct sandbox_calls *s)
{
	sandbox_calls_allow(s, talk, ARRAY_LEN(talk));
}

void sandbox_allow_threads(struct sandbox_calls *s)
{
	sandbox_calls_allow(s, threads, ARRAY_LEN(threads));
}

void sandbox_allow_reading(struct sandbox_calls *s)
{
	sandbox_calls_allow(s, reading, ARRAY_LEN(reading));
}

void sandbox_allow_writing(struct sandbox_calls *s)
{
	sandbox_calls_allow(s, writing, ARRAY_LEN(writing));
}

void sandbox_kill_deadly(struct sandbox_calls *s)
{
	sandbox_calls_allow(s, deadly, ARRAY_LEN(deadly));
}

/* Complete before there are threads. */
static struct sandbox_calls of_threads;

void sandbox_thread_prepare(void)
{
	if (of_threads.len > 0)
		return;
	sandbox_calls_begin(&of_threads);
	sandbox_allow_talk(&of_threads);
	sandbox_allow_basic(&of_threads);
	sandbox_calls_end(&of_threads, sandbox_verdict);
}

void sandbox_thread_confine(void)
{
	privilege_drop_thread();
	if (!sandbox_has_sanitizer)
		(void)!sandbox_calls_load(&of_threads);
}
