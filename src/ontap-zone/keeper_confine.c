/* SPDX-License-Identifier: ISC */
/*
 * Owns the lists of what the keeper may do, and what the command of --on-export inherits.
 * Never reads or writes a file itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "io/sandbox_lists.h"
#include "io/sandbox_tell.h"
#include "ontap-zone/keeper_process.h"

/* ldns is loaded for the first zone file that needs it. */
static const struct sandbox_call loading[] = {SANDBOX_CALL(mmap), SANDBOX_CALL(mprotect)};

#define REFUSE(name) SANDBOX_REFUSE(name, EPERM)
#ifdef __s390x__
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif

/* What no command after an export needs, because it is a user without capabilities. */
static const struct sandbox_call refused[] = {REFUSE(ptrace), REFUSE(process_vm_readv),
	REFUSE(process_vm_writev), REFUSE(kcmp), REFUSE(pidfd_getfd), REFUSE(setns),
	REFUSE(unshare), SANDBOX_REFUSE_IF(clone, EPERM, CLONE_FLAGS, CLONE_NEWUSER, CLONE_NEWUSER),
	SANDBOX_REFUSE(clone3, ENOSYS), REFUSE(mount), REFUSE(umount2), REFUSE(pivot_root),
	REFUSE(chroot), REFUSE(fsopen), REFUSE(fsmount), REFUSE(open_tree), REFUSE(move_mount),
	REFUSE(mount_setattr), REFUSE(open_by_handle_at), REFUSE(bpf), REFUSE(perf_event_open),
	REFUSE(userfaultfd), REFUSE(io_uring_setup), REFUSE(keyctl), REFUSE(add_key),
	REFUSE(request_key), REFUSE(init_module), REFUSE(finit_module), REFUSE(delete_module),
	REFUSE(kexec_load), REFUSE(kexec_file_load)};

/* The command may talk to anybody, and runs under the same list. */
static int limit_with_command(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, refused, ARRAY_LEN(refused));
	return sandbox_calls_enforce(&calls, SANDBOX_ALLOWS);
}

static int limit_alone(void)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, loading, ARRAY_LEN(loading));
	sandbox_allow_basic(&calls);
	sandbox_allow_talk(&calls);
	sandbox_allow_reading(&calls);
	sandbox_allow_writing(&calls);
	sandbox_kill_deadly(&calls);
	return sandbox_calls_enforce(&calls, sandbox_verdict);
}

static int limit_files(const struct keeper_process *p, int *ret_level)
{
	/* A reload may name files anywhere; no device, socket or program is among them. */
	const struct sandbox_path all[] = {{.path = "/", .access = SANDBOX_READ | SANDBOX_WRITE}};
	*ret_level = 0;
	if (p->has_command)
		return 0;
	return sandbox_tell(
		p->log, "keeper", "landlock", sandbox_limit_files(all, ARRAY_LEN(all), ret_level));
}

int keeper_confine(struct keeper_process *p, bool has_empty_bounding)
{
	struct sandbox_report report = {0};
	struct sandbox_claim claim = {.has_empty_bounding = has_empty_bounding};
	const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int level, err = limit_files(p, &level);
	if (!err && !sandbox_has_sanitizer) {
		err = p->has_command ? limit_with_command() : limit_alone();
		claim.has_filter = !err;
		err = sandbox_tell(p->log, "keeper", "seccomp", err);
	}
	int found = err ? 0 : sandbox_check_self(tasks, &claim, &report);
	report.landlock = (uint8_t)level;
	if (tasks >= 0)
		close(tasks);
	if (found == ERR_DENIED)
		(void)sandbox_tell(p->log, "keeper", "look", ERR_DENIED);
	p->sandbox = report;
	return err ? err : found == ERR_DENIED ? found : 0;
}
