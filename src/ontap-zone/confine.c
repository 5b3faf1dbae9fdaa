/* SPDX-License-Identifier: ISC */
/*
 * Owns the list of what the serving process may not do.
 * Never takes anything from a process that is not this one.
 */
#include "ontap-zone/confine.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/err.h"
#include "io/sandbox.h"

/* The sanitizers look for leaks at the end by calls of this list. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { HAS_SANITIZER = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { HAS_SANITIZER = 1 };
#else
enum { HAS_SANITIZER = 0 };
#endif
#else
enum { HAS_SANITIZER = 0 };
#endif

#define REFUSE(name) SANDBOX_REFUSE(name, EPERM)

/* clone3(2) has its flags in memory, where no filter sees them; without it, the C library uses clone(2). */
static const struct sandbox_call refused[] = {
	/* programs and processes */
	REFUSE(execve), REFUSE(execveat), SANDBOX_IF(clone, 0, CLONE_THREAD, CLONE_THREAD),
	REFUSE(clone), SANDBOX_REFUSE(clone3, ENOSYS),
#ifdef SYS_fork
	REFUSE(fork), REFUSE(vfork),
#endif
	/* other processes */
	REFUSE(ptrace), REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(kill),
	REFUSE(tkill), REFUSE(pidfd_open), REFUSE(pidfd_getfd), REFUSE(pidfd_send_signal),
	REFUSE(kcmp),
	/* namespaces and mounts */
	REFUSE(setns), REFUSE(unshare), REFUSE(mount), REFUSE(umount2), REFUSE(pivot_root),
	REFUSE(chroot), REFUSE(fsopen), REFUSE(fsmount), REFUSE(open_tree), REFUSE(move_mount),
	REFUSE(open_by_handle_at),
	/* other ways into the kernel, each with a history */
	REFUSE(bpf), REFUSE(perf_event_open), REFUSE(userfaultfd), REFUSE(io_uring_setup),
	REFUSE(keyctl), REFUSE(add_key), REFUSE(request_key), REFUSE(memfd_create),
	REFUSE(init_module), REFUSE(finit_module), REFUSE(kexec_load),
	/* sockets */
	SANDBOX_IF(socket, 0, ~0u, AF_INET), SANDBOX_IF(socket, 0, ~0u, AF_INET6),
	SANDBOX_IF(socket, 0, ~0u, AF_UNIX), REFUSE(socket)};

static int tell(const struct log *log, const char *what, int err)
{
	if (err == ERR_ABSENT)
		log_info(log, "less is closed to strangers: kernel_lacks=%s", what);
	else if (err)
		log_error(log, "cannot start: step=%s error=\"%s\"", what, err_text(err));
	return err == ERR_ABSENT ? 0 : err;
}

static int limit_calls(const struct log *log)
{
	static struct sandbox_calls calls;
	if (HAS_SANITIZER)
		return 0;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, refused, ARRAY_LEN(refused));
	return tell(log, "seccomp", sandbox_calls_enforce(&calls, SANDBOX_ALLOWS));
}

int confine_serving(const struct log *log)
{
	/* Our sockets on the mDNS port are counted there. */
	const struct sandbox_path own[] = {{"/proc/self", SANDBOX_READ}};
	int level;
	int err = tell(log, "landlock", sandbox_limit_files(own, ARRAY_LEN(own), &level));
	sandbox_hide_memory();
	return err ? err : limit_calls(log);
}
