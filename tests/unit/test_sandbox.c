/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of io/sandbox.h: each in a child process, which breaks out on purpose.
 * Never limits the process of the tests itself. Run by `make check`.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/sandbox_lists.h"

enum { HAS_NONE = 77, HAS_FAILED = 99 };

/* Runs `body` in a child process. Returns its exit code, or 128 and the signal that killed it. */
static int run(int (*body)(const void *), const void *arg)
{
	int status;
	pid_t child = fork();
	if (child == 0)
		syscall(SYS_exit_group, body(arg)); /* _exit() of a sanitizer makes other calls */
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect(int (*body)(const void *), const void *arg, int result)
{
	int found = run(body, arg);
	if (found == HAS_NONE)
		skip(); /* this kernel has it not */
	assert_int_equal(found, result);
}

/* Files. The paths are below a directory of the test. */

static char room[] = "/tmp/ontap-sandbox.XXXXXX";

static int make_room(void **state)
{
	(void)state;
	if (!mkdtemp(room) || chdir(room) || mkdir("open", 0755) || mkdir("closed", 0755))
		return -1;
	return close(creat("open/file", 0644)) | close(creat("closed/file", 0644));
}

static int remove_room(void **state)
{
	(void)state;
	unlink("open/file");
	unlink("open/new");
	unlink("closed/file");
	return rmdir("open") | rmdir("closed") | chdir("/") | rmdir(room);
}

static int code_of(long result)
{
	return result >= 0 ? 0 : errno;
}

static const struct file_case {
	const char *path;
	unsigned access; /* below "open" */
	int flags;
	int result; /* an errno */
} file_cases[] = {
	{"open/file", SANDBOX_READ, O_RDONLY, 0},
	{"open", SANDBOX_READ, O_RDONLY | O_DIRECTORY, 0},
	{"open/file", SANDBOX_READ, O_WRONLY, EACCES},
	{"open/new", SANDBOX_READ, O_WRONLY | O_CREAT, EACCES},
	{"open/new", SANDBOX_READ | SANDBOX_WRITE, O_WRONLY | O_CREAT, 0},
	{"open/file", SANDBOX_WRITE, O_RDONLY, EACCES},
	{"closed/file", SANDBOX_READ | SANDBOX_WRITE, O_RDONLY, EACCES},
	{"open/../closed/file", SANDBOX_READ, O_RDONLY, EACCES},
	{"/etc/passwd", SANDBOX_READ, O_RDONLY, EACCES},
	{"/proc/self/status", SANDBOX_READ, O_RDONLY, EACCES},
	{"open/file", 0, O_RDONLY, EACCES},
};

static int try_file(const void *arg)
{
	const struct file_case *c = arg;
	const struct sandbox_path paths[] = {
		{"open", c->access, 0}, {"absent", SANDBOX_READ, 0}, {NULL, SANDBOX_READ, 0}};
	int level = 0;
	int err = sandbox_limit_files(paths, ARRAY_LEN(paths), &level);
	if (err)
		return err == ERR_ABSENT ? HAS_NONE : HAS_FAILED;
	return level < 1 ? HAS_FAILED : code_of(open(c->path, c->flags | O_CLOEXEC, 0644));
}

static void only_named_directories_are_reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(file_cases); i++)
		expect(try_file, &file_cases[i], file_cases[i].result);
}

/* A file is named, not its directory: rights of directories do not stand in the way. */
static int try_single_file(const void *arg)
{
	const struct sandbox_path paths[] = {{"open/file", SANDBOX_READ | SANDBOX_WRITE, 0}};
	int level;
	(void)arg;
	int err = sandbox_limit_files(paths, 1, &level);
	if (err)
		return err == ERR_ABSENT ? HAS_NONE : HAS_FAILED;
	return code_of(open("open/file", O_RDWR | O_CLOEXEC)) +
	       (open("closed/file", O_RDONLY | O_CLOEXEC) >= 0);
}

static void a_file_can_be_named(void **state)
{
	(void)state;
	expect(try_single_file, NULL, 0);
}

/* System calls. */

static const struct sandbox_call list[] = {SANDBOX_CALL(exit_group), SANDBOX_CALL(getppid),
	SANDBOX_IF(socket, 0, ~0u, AF_INET), SANDBOX_IF(socket, 0, ~0u, AF_INET6),
	SANDBOX_IF(fcntl, 1, 1, 1), /* odd commands: F_GETFD is 1, F_GETFL is 3, F_DUPFD is 0 */
	SANDBOX_REFUSE(setns, ENOSYS)};

enum { KILLED = 128 + SIGSYS, LAST_CALL = 470 };

static const struct call_case {
	long number, a, b;
	enum sandbox_verdict verdict;
	int result;
} call_cases[] = {
	{SYS_getppid, 0, 0, SANDBOX_KILLS, 0}, {SYS_getpid, 0, 0, SANDBOX_KILLS, KILLED},
	{SYS_getpid, 0, 0, SANDBOX_REFUSES, EPERM},
	{SYS_socket, AF_INET, SOCK_DGRAM, SANDBOX_KILLS, 0},
	{SYS_socket, AF_INET6, SOCK_DGRAM, SANDBOX_KILLS, 0},
	{SYS_socket, AF_UNIX, SOCK_DGRAM, SANDBOX_KILLS, KILLED},
	{SYS_socket, AF_NETLINK, SOCK_RAW, SANDBOX_KILLS, KILLED},
	{SYS_fcntl, 0, F_GETFL, SANDBOX_KILLS, 0}, {SYS_fcntl, 0, F_DUPFD, SANDBOX_KILLS, KILLED},
	{SYS_setns, -1, 0, SANDBOX_KILLS, ENOSYS}, {SYS_openat, -1, 0, SANDBOX_KILLS, KILLED},
	{SYS_execve, 0, 0, SANDBOX_KILLS, KILLED},
	{SYS_ptrace, PTRACE_TRACEME, 0, SANDBOX_KILLS, KILLED},
	{SYS_kill, 0, 0, SANDBOX_KILLS, KILLED}, {SYS_unshare, 0, 0, SANDBOX_KILLS, KILLED},
	{SYS_seccomp, 0, 0, SANDBOX_KILLS, KILLED},
#ifdef __x86_64__
	{0x40000000 | SYS_getppid, 0, 0, SANDBOX_KILLS, KILLED}, /* of x32 */
#endif
};

static int enforce(enum sandbox_verdict verdict)
{
	static struct sandbox_calls calls;
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, list, ARRAY_LEN(list));
	int err = sandbox_calls_enforce(&calls, verdict);
	return err == ERR_ABSENT ? HAS_NONE : err ? HAS_FAILED : 0;
}

static int try_call(const void *arg)
{
	const struct call_case *c = arg;
	int code = enforce(c->verdict);
	return code ? code : code_of(syscall(c->number, c->a, c->b, 0, 0, 0));
}

static void only_listed_calls_are_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(call_cases); i++)
		expect(try_call, &call_cases[i], call_cases[i].result);
}

/* The kernel makes these calls itself, and lets them pass every filter (mode 2, kernel/seccomp.c). */
static bool is_of_uprobes(long number)
{
#ifdef __x86_64__
	return number == 335 || number == 336;
#else
	return number < 0;
#endif
}

/* All numbers: none is allowed but those of the list. */
static void each_other_number_is_refused(void **state)
{
	(void)state;
	for (long number = 0; number < 500; number++) {
		const struct call_case c = {.number = number, .a = -1, .verdict = SANDBOX_KILLS};
		bool is_listed = is_of_uprobes(number);
		for (size_t i = 0; i < ARRAY_LEN(list); i++)
			is_listed |= list[i].number == number;
		if (!is_listed)
			expect(try_call, &c, KILLED);
	}
}

static int look(const void *arg)
{
	struct sandbox_threads threads;
	struct sandbox_report report;
	(void)arg;
	if (sandbox_threads_open(open("/proc/self/task", O_RDONLY | O_CLOEXEC), &threads) ||
		threads.count == 0)
		return HAS_FAILED;
	static struct sandbox_calls calls;
	static const struct sandbox_call few[] = {
		SANDBOX_CALL(pread64), SANDBOX_CALL(exit_group), SANDBOX_CALL(munmap)};
	sandbox_calls_begin(&calls);
	sandbox_calls_allow(&calls, few, ARRAY_LEN(few));
	int err = sandbox_calls_enforce(&calls, SANDBOX_KILLS);
	if (err)
		return err == ERR_ABSENT ? HAS_NONE : HAS_FAILED;
	if (sandbox_threads_look(&threads, &report))
		return HAS_FAILED;
	return report.seccomp == 2 && report.has_no_new_privs ? 0 : 1;
}

static void the_look_works_behind_the_door(void **state)
{
	(void)state;
	expect(look, NULL, 0);
}

/* The lists that processes share. */

static const struct {
	long number, a, b;
	int result;
} shared_cases[] = {
	{SYS_getppid, 0, 0, 0},
	{SYS_mmap, 0, 0, EINVAL},
	{SYS_futex, 0, -1, ENOSYS},
	{SYS_clone3, 0, 0, ENOSYS},
	{LAST_CALL + 1, 0, 0, ENOSYS},
	{SYS_fcntl, 0, F_SETOWN, EPERM},
	{SYS_fcntl, 0, F_GETFL, 0},
	{SYS_socket, AF_INET, SOCK_DGRAM, EPERM},
	{SYS_kill, 0, 0, EPERM},
	{SYS_openat, -1, 0, EPERM},
	{SYS_memfd_create, 0, 0, EPERM},
	{SYS_seccomp, 1, 1, EFAULT},
	{SYS_ioctl, 2, 0x5412 /* TIOCSTI */, EPERM},
	{SYS_execve, 0, 0, KILLED},
	{SYS_execveat, 0, 0, KILLED},
	{SYS_clone, SIGCHLD, 0, KILLED},
	{SYS_ptrace, 0, 0, KILLED},
	{SYS_setns, -1, 0, KILLED},
	{SYS_unshare, 0, 0, KILLED},
	{SYS_mount, 0, 0, KILLED},
	{SYS_pivot_root, 0, 0, KILLED},
	{SYS_chroot, 0, 0, KILLED},
	{SYS_bpf, 0, 0, KILLED},
	{SYS_perf_event_open, 0, 0, KILLED},
	{SYS_io_uring_setup, 0, 0, KILLED},
	{SYS_userfaultfd, 0, 0, KILLED},
	{SYS_keyctl, 0, 0, KILLED},
	{SYS_setresuid, 0, 0, KILLED},
	{SYS_process_vm_readv, 0, 0, KILLED},
	{SYS_pidfd_getfd, -1, 0, KILLED},
	{SYS_open_by_handle_at, 0, 0, KILLED},
	{SYS_init_module, 0, 0, KILLED},
};

static int try_shared(const void *arg)
{
	static struct sandbox_calls calls;
	const size_t i = *(const size_t *)arg;
	sandbox_calls_begin(&calls);
	sandbox_allow_talk(&calls);
	sandbox_allow_basic(&calls);
	sandbox_allow_threads(&calls);
	sandbox_kill_deadly(&calls);
	int err = sandbox_calls_enforce(&calls, sandbox_verdict);
	if (err)
		return err == ERR_ABSENT ? HAS_NONE : HAS_FAILED;
	return code_of(
		syscall(shared_cases[i].number, shared_cases[i].a, shared_cases[i].b, 0, -1, -1));
}

static void the_shared_lists_allow_refuse_and_kill(void **state)
{
	(void)state;
	if (sandbox_verdict != SANDBOX_REFUSES)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(shared_cases); i++)
		expect(try_shared, &i, shared_cases[i].result);
}

static int claim(const void *arg)
{
	struct sandbox_report found;
	const struct sandbox_claim *c = arg;
	int tasks = open("/proc/self/task", O_RDONLY | O_CLOEXEC);
	return sandbox_check_self(tasks, c, &found) == ERR_DENIED ? 1 : 0;
}

static int claim_with_no_new_privs(const void *arg)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? HAS_FAILED : claim(arg);
}

static void what_is_claimed_and_is_not_so_is_found(void **state)
{
	(void)state;
	int (*quiet)(const void *) = claim_with_no_new_privs;
	expect(quiet, &(struct sandbox_claim){.caps = ~(uint64_t)0}, 0);
	expect(claim, &(struct sandbox_claim){.caps = ~(uint64_t)0}, 1);
	expect(quiet, &(struct sandbox_claim){.caps = ~(uint64_t)0, .has_filter = true}, 1);
	expect(quiet, &(struct sandbox_claim){.caps = ~(uint64_t)0, .has_empty_bounding = true}, 1);
	if (geteuid() == 0)
		expect(quiet, &(struct sandbox_claim){0}, 1);
}

static void a_list_that_is_too_long_is_refused(void **state)
{
	static struct sandbox_calls calls;
	(void)state;
	sandbox_calls_begin(&calls);
	for (size_t i = 0; i < SANDBOX_CODE_CAP / 2; i++)
		sandbox_calls_allow(&calls, list, 1);
	assert_int_equal(sandbox_calls_enforce(&calls, SANDBOX_KILLS), ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_named_directories_are_reached),
		cmocka_unit_test(a_file_can_be_named),
		cmocka_unit_test(only_listed_calls_are_made),
		cmocka_unit_test(each_other_number_is_refused),
		cmocka_unit_test(the_look_works_behind_the_door),
		cmocka_unit_test(the_shared_lists_allow_refuse_and_kill),
		cmocka_unit_test(what_is_claimed_and_is_not_so_is_found),
		cmocka_unit_test(a_list_that_is_too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, make_room, remove_room);
}
