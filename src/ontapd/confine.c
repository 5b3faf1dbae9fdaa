/* SPDX-License-Identifier: ISC */
/*
 * Owns the lists of what ontapd and its processes may do.
 * Never decides which capabilities they keep.
 */
#include "ontapd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/sandbox_lists.h"

#ifdef __s390x__
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
		CLONE_NEWPID | CLONE_NEWNET)

/* In the order of the calls: the first match counts. */
static const struct sandbox_call own[] = {
	/* callers and their namespaces */
	SANDBOX_CALL(setns), SANDBOX_CALL(pidfd_open), SANDBOX_IF(unshare, 0, ~0u, CLONE_NEWNET),
	SANDBOX_REFUSE_IF(ioctl, EPERM, 1, ~0u, TIOCSTI), SANDBOX_CALL(ioctl),
	SANDBOX_IF(socket, 0, ~0u, AF_NETLINK), SANDBOX_IF(socket, 0, ~0u, AF_PACKET),
	SANDBOX_IF(socket, 0, ~0u, AF_UNIX), SANDBOX_CALL(socketpair), SANDBOX_CALL(bind),
	SANDBOX_CALL(listen), SANDBOX_CALL(connect), SANDBOX_CALL(memfd_create),
	/* taps, and the namespace of guests */
	SANDBOX_CALL(fsopen), SANDBOX_CALL(fsconfig), SANDBOX_CALL(fsmount), SANDBOX_CALL(mknodat),
	SANDBOX_IF(mount, 3, ~0u, MS_BIND), SANDBOX_CALL(umount2),
	/* BPF, by a library that is loaded for it */
	SANDBOX_CALL(bpf), SANDBOX_CALL(mmap), SANDBOX_CALL(mprotect),
	/* its own processes, which give up more */
	SANDBOX_IF(clone, CLONE_FLAGS, NAMESPACES, 0), SANDBOX_CALL(fork),
	SANDBOX_REFUSE(clone3, ENOSYS), SANDBOX_IF(kill, 1, ~0u, SIGKILL), SANDBOX_CALL(capset),
	SANDBOX_CALL(prctl), SANDBOX_IF(seccomp, 0, ~0u, SECCOMP_SET_MODE_FILTER),
	SANDBOX_CALL(pause)};

#define REFUSE(name) SANDBOX_REFUSE(name, EPERM)

static const struct sandbox_call refused_to_lookup[] = {REFUSE(execve), REFUSE(execveat),
	REFUSE(fork), REFUSE(vfork), SANDBOX_IF(clone, CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD),
	REFUSE(clone), SANDBOX_REFUSE(clone3, ENOSYS), REFUSE(ptrace), REFUSE(process_vm_readv),
	REFUSE(process_vm_writev), REFUSE(pidfd_getfd), REFUSE(kill), REFUSE(tkill), REFUSE(setns),
	REFUSE(unshare), REFUSE(mount), REFUSE(umount2), REFUSE(pivot_root), REFUSE(chroot),
	REFUSE(fsopen), REFUSE(fsmount), REFUSE(open_tree), REFUSE(move_mount),
	REFUSE(open_by_handle_at), REFUSE(bpf), REFUSE(perf_event_open), REFUSE(userfaultfd),
	REFUSE(io_uring_setup), REFUSE(init_module), REFUSE(finit_module), REFUSE(kexec_load)};

static int limit_calls(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, own, ARRAY_LEN(own));
	sandbox_allow_basic(&calls);
	sandbox_allow_talk(&calls);
	sandbox_allow_reading(&calls);
	sandbox_allow_writing(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

static int check(bool has_filter, bool has_empty_bounding, const struct log *log)
{
	struct sandbox_report found = {0};
	const struct sandbox_claim claim = {.has_filter = has_filter,
		.has_empty_bounding = has_empty_bounding,
		.caps = 1u << CAP_NET_ADMIN | 1u << CAP_NET_BROADCAST | 1u << CAP_NET_RAW |
			1u << CAP_SYS_ADMIN | 1u << CAP_SYS_PTRACE | 1u << CAP_MKNOD};
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = sandbox_check_self(tasks, &claim, &found);
	if (tasks >= 0)
		close(tasks);
	if (err == ERR_DENIED)
		log_error(log, "cannot start: error=\"it has privileges left\"");
	else if (!err)
		log_info(log,
			"sandbox: runs_as=%u capabilities=%llx bounding=%llx no_new_privs=%d "
			"seccomp=%d",
			found.uid, (unsigned long long)found.caps_effective,
			(unsigned long long)found.caps_bounding, found.has_no_new_privs,
			found.seccomp);
	return err == ERR_DENIED ? err : 0;
}

int confine_ontapd(const struct log *log)
{
	const bool may_drop = privilege_effective() >> CAP_SETPCAP & 1;
	privilege_keep_devices();
	int err = sandbox_has_sanitizer ? ERR_ABSENT : limit_calls();
	if (err == ERR_ABSENT && !sandbox_has_sanitizer)
		log_info(log, "sandbox: kernel_lacks=seccomp");
	if (err && err != ERR_ABSENT)
		log_error(log, "cannot start: step=seccomp error=\"%s\"", err_text(err));
	return err && err != ERR_ABSENT ? err : check(!err, may_drop, log);
}

static int limit_child(const struct sandbox_call *more, size_t count, bool has_talk)
{
	static struct sandbox_calls calls;
	if (sandbox_has_sanitizer)
		return 0;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, more, count);
	sandbox_allow_basic(&calls);
	if (has_talk)
		sandbox_allow_talk(&calls);
	sandbox_kill_deadly(&calls);
	int err = sandbox_calls_enforce(&calls, sandbox_verdict);
	return err == ERR_ABSENT ? 0 : err;
}

void confine_idle(void)
{
	static const struct sandbox_call few[] = {SANDBOX_CALL(recvmsg), SANDBOX_CALL(pause)};
	(void)!limit_child(few, ARRAY_LEN(few), false);
}

int confine_learner_parent(void)
{
	static const struct sandbox_call more[] = {SANDBOX_IF(clone, CLONE_FLAGS, NAMESPACES, 0),
		SANDBOX_CALL(fork), SANDBOX_REFUSE(clone3, ENOSYS), SANDBOX_CALL(prctl),
		SANDBOX_IF(seccomp, 0, ~0u, SECCOMP_SET_MODE_FILTER)};
	int level;
	int err = sandbox_has_sanitizer ? 0 : sandbox_limit_files(NULL, 0, &level);
	return err && err != ERR_ABSENT ? err : limit_child(more, ARRAY_LEN(more), true);
}

int confine_learner(void)
{
	return limit_child(NULL, 0, true);
}

void confine_lookup(void)
{
	static struct sandbox_calls calls;
	if (sandbox_has_sanitizer)
		return;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, refused_to_lookup, ARRAY_LEN(refused_to_lookup));
	(void)!sandbox_calls_enforce(&calls, SANDBOX_ALLOWS);
}
