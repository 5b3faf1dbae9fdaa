/* SPDX-License-Identifier: ISC */
/*
 * Owns the use of Landlock and seccomp, and the look at what is in force.
 * Never decides what a process needs: the process does.
 */
#include "io/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"

/* Landlock. Its values are here, and not taken from the headers of the machine that compiles: these may
 * be older than the kernel that runs (include/uapi/linux/landlock.h). */
enum {
	NR_CREATE_RULESET = 444, /* the same for all architectures */
	NR_ADD_RULE = 445,
	NR_RESTRICT_SELF = 446,
	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1
};

enum fs_right {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_BLOCK = 1 << 11,
	FS_REFER = 1 << 13,    /* from ABI 2 on */
	FS_TRUNCATE = 1 << 14, /* 3 */
	FS_IOCTL_DEV = 1 << 15 /* 5 */
};

/* Rights that a file has; all others are of directories. */
enum { FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV };

struct ruleset {
	uint64_t fs;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/* All rights that the kernel knows: what is not in a rule is forbidden. */
static uint64_t all_rights(int level)
{
	uint64_t first = (FS_REFER << 1) - 1;
	if (level < 2)
		first &= ~(uint64_t)FS_REFER;
	if (level >= 3)
		first |= FS_TRUNCATE;
	if (level >= 5)
		first |= FS_IOCTL_DEV;
	return first;
}

static uint64_t rights_of(unsigned access)
{
	uint64_t rights = 0;
	if (access & SANDBOX_READ)
		rights |= FS_READ_FILE | FS_READ_DIR;
	if (access & SANDBOX_WRITE)
		rights |= FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_REMOVE_DIR |
			  FS_MAKE_REG | FS_MAKE_DIR | FS_REFER;
	if (access & SANDBOX_EXEC)
		rights |= FS_EXECUTE;
	if (access & SANDBOX_SOCKET)
		rights |= FS_MAKE_SOCK | FS_REMOVE_FILE;
	if (access & SANDBOX_DEVICE)
		rights |= FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_IOCTL_DEV;
	return rights;
}

static int add_path(int ruleset, const struct sandbox_path *path, int level)
{
	struct path_rule rule = {.allowed = rights_of(path->access) & all_rights(level)};
	struct stat st;
	const int at = path->at > 0 ? path->at : AT_FDCWD;
	int fd = path->path ? openat(at, path->path, O_PATH | O_CLOEXEC) : -1;
	if (fd < 0)
		return !path->path || errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILES;
	rule.parent_fd = fd;
	int err = 0;
	if (rule.allowed && syscall(NR_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0))
		err = -errno;
	close(fd);
	return err;
}

static int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* EPERM: a container or a service manager allows fewer calls than we use. */
static bool is_unsupported(int err)
{
	return err == -ENOSYS || err == -EOPNOTSUPP || err == -EPERM;
}

int sandbox_limit_files(const struct sandbox_path *paths, size_t count, int *ret_level)
{
	int level = (int)syscall(NR_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	if (level < 0)
		return is_unsupported(-errno) ? ERR_ABSENT : -errno;
	struct ruleset attr = {.fs = all_rights(level)};
	int fd = (int)syscall(NR_CREATE_RULESET, &attr, sizeof(attr), 0); /* close-on-exec */
	int err = fd < 0 ? -errno : 0;
	for (size_t i = 0; i < count && !err; i++)
		err = add_path(fd, &paths[i], level);
	if (!err)
		err = no_new_privs();
	if (!err && syscall(NR_RESTRICT_SELF, fd, 0))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err)
		*ret_level = level;
	return err;
}

/* seccomp. */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#else
#define ARCH 0
#endif

enum {
	X32_BIT = 0x40000000,
	LAST_KNOWN = 470 /* no architecture but alpha has more calls when this is written */
};

static uint32_t argument_offset(unsigned argument)
{
	uint32_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
	return (uint32_t)offsetof(struct seccomp_data, args) + 8 * argument + low;
}

static void add(struct sandbox_calls *s, struct sock_filter code)
{
	if (s->len == SANDBOX_CODE_CAP)
		s->has_overflow = true;
	else
		s->code[s->len++] = code;
}

static void add_load(struct sandbox_calls *s, uint32_t offset)
{
	add(s, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void add_return(struct sandbox_calls *s, uint32_t action)
{
	add(s, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* If the value is not `value`, passes over the next `skip` instructions. */
static void add_unless(struct sandbox_calls *s, uint32_t value, uint8_t skip)
{
	add(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

void sandbox_calls_begin(struct sandbox_calls *s)
{
	s->count = s->len = 0;
	s->has_overflow = false;
}

/* The kernel loads the number once for all comparisons; a test loads an argument in its place. */
static void add_beginning(struct sandbox_calls *s)
{
	add_load(s, offsetof(struct seccomp_data, arch));
	add_unless(s, ARCH, 1);
	add(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
	add_return(s, SECCOMP_RET_KILL_PROCESS);
	add_load(s, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	/* The numbers of x32 have this bit; their architecture is the same. */
	add(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1));
	add_return(s, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void add_tested(struct sandbox_calls *s, const struct sandbox_call *call, uint32_t action)
{
	add_unless(s, (uint32_t)call->number, 5);
	add_load(s, argument_offset(call->argument));
	add(s, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call->mask));
	add_unless(s, call->value, 1);
	add_return(s, action);
	add_load(s, offsetof(struct seccomp_data, nr));
}

static uint32_t action_of(const struct sandbox_call *call)
{
	return call->refusal == SANDBOX_DEADLY ? SECCOMP_RET_KILL_PROCESS
	       : call->refusal                 ? SECCOMP_RET_ERRNO | call->refusal
					       : SECCOMP_RET_ALLOW;
}

void sandbox_calls_allow(struct sandbox_calls *s, const struct sandbox_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i].number < 0)
			continue;
		if (s->count == SANDBOX_RULES_CAP)
			s->has_overflow = true;
		else
			s->rules[s->count++] = calls[i];
	}
}

static void add_rule(struct sandbox_calls *s, const struct sandbox_call *call)
{
	const uint32_t action = action_of(call);
	if (call->has_test) {
		add_tested(s, call, action);
		return;
	}
	add_unless(s, (uint32_t)call->number, 1);
	add_return(s, action);
}

static void add_verdict(struct sandbox_calls *s, enum sandbox_verdict verdict)
{
	if (verdict == SANDBOX_REFUSES) {
		add(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN, 0, 1));
		add_return(s, SECCOMP_RET_ERRNO | ENOSYS);
	}
	add_return(s, verdict == SANDBOX_KILLS     ? SECCOMP_RET_KILL_PROCESS
		      : verdict == SANDBOX_REFUSES ? SECCOMP_RET_ERRNO | EPERM
						   : SECCOMP_RET_ALLOW);
}

/* The rules for numbers from `first` on, up to `last`, in their order, and the verdict on the others there. */
static void add_range(struct sandbox_calls *s, int first, int last, enum sandbox_verdict verdict)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rules[i].number >= first && s->rules[i].number <= last)
			add_rule(s, &s->rules[i]);
	add_verdict(s, verdict);
}

/* When a list is loaded, the kernel runs it once for each number that there is, to find those that are always
 * allowed. So a list has parts, of which each run sees one: it takes half of the time. */
void sandbox_calls_end(struct sandbox_calls *s, enum sandbox_verdict verdict)
{
	enum { PART = 32 };
	int first = 0;
	add_beginning(s);
	for (; first + PART <= LAST_KNOWN; first += PART) {
		add(s, (struct sock_filter)BPF_JUMP(
			       BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(first + PART), 0, 1));
		const size_t jump = s->len;
		add(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0));
		add_range(s, first, first + PART - 1, verdict);
		if (!s->has_overflow)
			s->code[jump].k = (uint32_t)(s->len - jump - 1);
	}
	add_range(s, first, INT_MAX, verdict);
}

int sandbox_calls_load(const struct sandbox_calls *s)
{
	if (s->has_overflow)
		return ERR_SPACE;
	struct sock_fprog program = {
		.len = (unsigned short)s->len, .filter = (struct sock_filter *)(uintptr_t)s->code};
	int err = no_new_privs();
	if (ARCH == 0 || err)
		return err ? err : ERR_ABSENT;
	/* Without the flag, kernels before 5.16 make all code of the thread slower, against an attack
	 * by code that a process runs for others (prctl(2), PR_SPEC_STORE_BYPASS). There is none. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    &program) == 0)
		return 0;
	return is_unsupported(-errno) || errno == EINVAL ? ERR_ABSENT : -errno;
}

int sandbox_calls_enforce(struct sandbox_calls *s, enum sandbox_verdict verdict)
{
	sandbox_calls_end(s, verdict);
	return sandbox_calls_load(s);
}

/* Limits. */

static void limit(int resource)
{
	const struct rlimit none = {0, 0};
	(void)!setrlimit((__rlimit_resource_t)resource, &none);
}

void sandbox_hide_memory(void)
{
	limit(RLIMIT_CORE);
	(void)!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void sandbox_limit_growth(bool may_make_threads, bool may_write_files)
{
	if (!may_make_threads)
		limit(RLIMIT_NPROC);
	if (!may_write_files)
		limit(RLIMIT_FSIZE);
}

/* The look at what is in force. */

static uint64_t status_field(const char *status, const char *field, int base)
{
	const char *at = strstr(status, field);
	return at ? strtoull(at + strlen(field), NULL, base) : 0;
}

static void widen(struct sandbox_report *r, const char *status)
{
	enum { DECIMAL = 10, HEX = 16 };
	const uint8_t seccomp = (uint8_t)status_field(status, "\nSeccomp:", DECIMAL);
	r->uid = (uint32_t)status_field(status, "\nUid:", DECIMAL);
	r->caps_effective |=
		status_field(status, "\nCapEff:", HEX) | status_field(status, "\nCapPrm:", HEX) |
		status_field(status, "\nCapInh:", HEX) | status_field(status, "\nCapAmb:", HEX);
	r->caps_bounding |= status_field(status, "\nCapBnd:", HEX);
	r->has_no_new_privs &= status_field(status, "\nNoNewPrivs:", DECIMAL) == 1;
	if (seccomp < r->seccomp)
		r->seccomp = seccomp;
}

static int keep_status(struct sandbox_threads *threads, int tasks, const char *tid)
{
	char path[32];
	if (ARRAY_RESERVE(threads->status, threads->cap, threads->count + 1))
		return ERR_NOMEM;
	snprintf(path, sizeof(path), "%.20s/status", tid);
	int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* it has just ended */
	threads->status[threads->count++] = fd;
	return 0;
}

int sandbox_threads_open(int tasks, struct sandbox_threads *ret)
{
	const int copy = fcntl(tasks, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int err = dir ? 0 : -errno;
	*ret = (struct sandbox_threads){0};
	if (dir)
		rewinddir(dir); /* the copy goes on where another one has ended */
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			err = keep_status(ret, tasks, entry->d_name);
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	if (err)
		sandbox_threads_close(ret);
	return err;
}

int sandbox_threads_look(const struct sandbox_threads *threads, struct sandbox_report *ret)
{
	enum { STATUS_CAP = 3072 };
	struct sandbox_report r = {.has_no_new_privs = true, .seccomp = UINT8_MAX};
	char status[STATUS_CAP];
	for (size_t i = 0; i < threads->count; i++) {
		ssize_t len = pread(threads->status[i], status, sizeof(status) - 1, 0);
		if (len < 0 && errno == ESRCH)
			continue;
		if (len < 0)
			return -errno;
		status[len] = '\0';
		widen(&r, status);
	}
	*ret = r;
	return 0;
}

void sandbox_threads_close(struct sandbox_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		close(threads->status[i]);
	free(threads->status);
	*threads = (struct sandbox_threads){0};
}

bool sandbox_is_as_claimed(const struct sandbox_report *found, const struct sandbox_claim *claim)
{
	if (HAS_TSAN) /* its own thread, from before main(), keeps all that it began with */
		return true;
	return (found->caps_effective & ~claim->caps) == 0 && found->has_no_new_privs &&
	       (found->caps_bounding == 0 || !claim->has_empty_bounding) &&
	       (found->seccomp == SECCOMP_MODE_FILTER || !claim->has_filter);
}

int sandbox_check_self(int tasks, const struct sandbox_claim *claim, struct sandbox_report *ret)
{
	struct sandbox_threads threads;
	struct sandbox_report found;
	int err = sandbox_threads_open(tasks, &threads);
	if (err)
		return err;
	err = sandbox_threads_look(&threads, &found);
	sandbox_threads_close(&threads);
	if (err)
		return err;
	*ret = found;
	return sandbox_is_as_claimed(&found, claim) ? 0 : ERR_DENIED;
}
