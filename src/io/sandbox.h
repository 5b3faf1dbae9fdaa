/* SPDX-License-Identifier: ISC */
/*
 * Closes the doors of a process that has all it needs: which files it may reach (Landlock, see
 * Documentation/userspace-api/landlock.rst), and which system calls a thread may make (seccomp, see
 * Documentation/userspace-api/seccomp_filter.rst). Nothing here can be undone, and children inherit
 * it. Both are of the calling thread and of threads that it makes later.
 *
 *	sandbox_limit_files(paths, count, &level);
 *	sandbox_calls_begin(&calls);
 *	sandbox_calls_allow(&calls, list, ARRAY_LEN(list));
 *	sandbox_calls_enforce(&calls, SANDBOX_KILLS);
 *
 * A kernel may lack either, or whoever has started us may have forbidden it: that is ERR_ABSENT. The caller tells
 * it and goes on.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/compiler.h"

/* Files. */

/* What is allowed below a path. Bits. */
enum sandbox_access {
	SANDBOX_READ = 1,   /* read files, and list directories */
	SANDBOX_WRITE = 2,  /* write, make, remove and rename regular files and directories */
	SANDBOX_EXEC = 4,   /* execute files */
	SANDBOX_SOCKET = 8, /* make and remove unix sockets */
	SANDBOX_DEVICE = 16 /* make device nodes, and use ioctl(2) on devices */
};

struct sandbox_path {
	const char *path; /* NULL, or a path that does not exist: is skipped */
	unsigned access;  /* of enum sandbox_access */
	int at;           /* more than 0: the path is relative to this directory */
};

/* From now on only what is at and below these paths can be opened, as far as `access` allows. Files
 * that are open stay usable. Sets PR_SET_NO_NEW_PRIVS. `*ret_level` becomes the ABI of Landlock, of
 * which a newer one covers more: 3 truncation, 5 ioctl(2) of devices. ERR_ABSENT: the kernel has no
 * Landlock. -errno: nothing is limited. */
int sandbox_limit_files(const struct sandbox_path *paths, size_t count, int *ret_level)
	NONNULL_ARGS(3) MUSTCHECK;

/* System calls. */

/* A system call that is allowed: always, or if `(argument & mask) == value`. The kernel's arguments
 * have 64 bits, of which the lower 32 are compared: enough for flags and numbers that are ints. A
 * call may be in a list several times; the first match counts. */
struct sandbox_call {
	int number;       /* SYS_x */
	uint8_t has_test; /* 0: always */
	uint8_t argument; /* 0 to 5 */
	uint16_t refusal; /* not 0: the call is not made, and fails with this errno, or
			   * SANDBOX_DEADLY */
	uint32_t mask, value;
};

/* In the place of an errno: the call ends the process by SIGSYS, whatever the verdict on other calls is. */
enum { SANDBOX_DEADLY = UINT16_MAX };

#define SANDBOX_CALL(name)                                                                         \
	{                                                                                          \
		.number = SYS_##name                                                               \
	}
#define SANDBOX_REFUSE(name, code)                                                                 \
	{                                                                                          \
		.number = SYS_##name, .refusal = (code)                                            \
	}
#define SANDBOX_IF(name, arg, bits, is)                                                            \
	{                                                                                          \
		.number = SYS_##name, .has_test = 1, .argument = (arg), .mask = (bits),            \
		.value = (is)                                                                      \
	}

#define SANDBOX_KILL(name) SANDBOX_REFUSE(name, SANDBOX_DEADLY)
#define SANDBOX_REFUSE_IF(name, code, arg, bits, is)                                               \
	{                                                                                          \
		.number = SYS_##name, .refusal = (code), .has_test = 1, .argument = (arg),         \
		.mask = (bits), .value = (is)                                                      \
	}

/* A list of calls, and the program for the kernel that is made of it. */
enum { SANDBOX_RULES_CAP = 600, SANDBOX_CODE_CAP = 2048 };
struct sandbox_calls {
	struct sandbox_call rules[SANDBOX_RULES_CAP];
	size_t count;
	struct sock_filter code[SANDBOX_CODE_CAP];
	size_t len; /* 0: not complete */
	bool has_overflow;
};

/* Begins an empty list: nothing is allowed. Calls of another architecture of the same machine (i386,
 * x32) are never allowed. */
void sandbox_calls_begin(struct sandbox_calls *s) NONNULL;
/* Adds calls. One whose number is negative does not exist on this architecture: it is skipped. */
void sandbox_calls_allow(struct sandbox_calls *s, const struct sandbox_call *calls, size_t count)
	NONNULL_ARGS(1);

/* What happens at a call that is not allowed. */
enum sandbox_verdict {
	SANDBOX_KILLS,   /* the whole process ends by SIGSYS */
	SANDBOX_REFUSES, /* the call fails with EPERM; with ENOSYS if it is newer than this
			  * program, so that a newer C library does as on an older kernel */
	SANDBOX_ALLOWS   /* the call is made: for a list of calls that are refused */
};

/* From now on the thread can make only these calls. What an earlier list forbids stays forbidden.
 * Sets PR_SET_NO_NEW_PRIVS. ERR_ABSENT: the kernel has no seccomp, or this architecture is not known
 * here. ERR_SPACE: the list is too long. -errno. */
int sandbox_calls_enforce(struct sandbox_calls *s, enum sandbox_verdict verdict) NONNULL MUSTCHECK;
/* Its two steps: completes the list, and loads a complete one, for several threads. */
void sandbox_calls_end(struct sandbox_calls *s, enum sandbox_verdict verdict) NONNULL;
int sandbox_calls_load(const struct sandbox_calls *s) NONNULL MUSTCHECK;

/* Limits. */

/* No core file, no attaching by others of the same user, nothing of it in /proc but for root:
 * PR_SET_DUMPABLE. */
void sandbox_hide_memory(void);
/* Neither new processes or threads of this user, nor growing files. Threads that exist stay. Call it
 * after the last thread has been made, or not at all: the number counts all threads of the user. */
void sandbox_limit_growth(bool may_make_threads, bool may_write_files);

/* Of struct sandbox_report. */
enum { SANDBOX_HAS_FILTER = 2 };

/* What the kernel says of a process or of its threads (proc_pid_status(5)), for people. */
struct sandbox_report {
	uint32_t uid;
	uint64_t caps_effective,
		caps_bounding; /* the first also permitted, inheritable or ambient */
	bool has_no_new_privs;
	uint8_t seccomp;  /* 0: none; SANDBOX_HAS_FILTER */
	uint8_t landlock; /* the kernel does not say it: left to the process. Its ABI; 0: none */
};

/* The threads of this process, to be looked at after the door has closed. */
struct sandbox_threads {
	int *status; /* owned: open files */
	size_t count, cap;
};

/* Opens what /proc/self/task says of each thread, by a descriptor of that directory. -errno, ERR_NOMEM: `ret`
 * is empty. */
int sandbox_threads_open(int tasks, struct sandbox_threads *ret) NONNULL MUSTCHECK;
/* Finds the widest of these threads: the capabilities that any has, the weakest of the other values.
 * A thread that has ended meanwhile does not count. Opens nothing. -errno. */
int sandbox_threads_look(const struct sandbox_threads *threads, struct sandbox_report *ret) NONNULL
	MUSTCHECK;
void sandbox_threads_close(struct sandbox_threads *threads) NONNULL;

/* What a process has given up at its "ready"; and it cannot get anything by execve(2): PR_SET_NO_NEW_PRIVS. */
struct sandbox_claim {
	uint64_t caps;           /* has no others */
	bool has_empty_bounding; /* not without CAP_SETPCAP at the start */
	bool has_filter;         /* seccomp */
};

/* True if that is so. */
bool sandbox_is_as_claimed(
	const struct sandbox_report *found, const struct sandbox_claim *claim) NONNULL;
/* Looks at all threads of this process at once: all three steps above. 0: `*ret` is filled. ERR_DENIED: one
 * has more than claimed; filled, too. -errno, ERR_NOMEM: they could not be looked at. */
int sandbox_check_self(
	int tasks, const struct sandbox_claim *claim, struct sandbox_report *ret) NONNULL MUSTCHECK;
