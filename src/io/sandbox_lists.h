/* SPDX-License-Identifier: ISC */
/*
 * Lists of system calls that several processes share, for io/sandbox.h. A process puts its list together
 * from these and from what only it does; what it does most comes first.
 *
 *	sandbox_calls_begin(&calls);
 *	sandbox_allow_basic(&calls);
 *	sandbox_allow_talk(&calls);
 *	sandbox_calls_allow(&calls, own, ARRAY_LEN(own));
 *	sandbox_kill_deadly(&calls);
 *	err = sandbox_calls_enforce(&calls, sandbox_verdict);
 */
#pragma once

#include "io/sandbox.h"
#include "io/sandbox_numbers.h"

/* What happens to calls that are in no list. On machines of 32 bits they are made, because these have other
 * calls for the same (mmap2, futex_time64, socketcall), which nobody has tried: there, only what is refused or
 * deadly by name is. */
extern const enum sandbox_verdict sandbox_verdict;

/* The sanitizers look for leaks at the end, by calls that no list here has. */
extern const bool sandbox_has_sanitizer;

/* What each process of ours does, and what the C library does for it: memory (none executable), time, locks,
 * signals to itself, questions about itself; reading, writing and waiting with descriptors that it has. */
void sandbox_allow_basic(struct sandbox_calls *s) NONNULL;
/* Messages on sockets that it has. */
void sandbox_allow_talk(struct sandbox_calls *s) NONNULL;
/* Threads, but no processes, and lists of their own for these. */
void sandbox_allow_threads(struct sandbox_calls *s) NONNULL;
/* Opening, reading and looking at files, as far as the user and Landlock allow. */
void sandbox_allow_reading(struct sandbox_calls *s) NONNULL;
/* The same for making, writing, renaming and removing files. */
void sandbox_allow_writing(struct sandbox_calls *s) NONNULL;
/* Other programs, other processes and their memory, namespaces, mounts, and ways into the kernel that have a
 * history: no C library tries them by itself. What was allowed before stays allowed. */
void sandbox_kill_deadly(struct sandbox_calls *s) NONNULL;

/* For threads that only use what the process has. The main thread calls this before it makes the first one. */
void sandbox_thread_prepare(void);
/* The calling thread drops its capabilities, and can only use descriptors and memory of the process from then on:
 * it opens and makes no socket, file, thread or process. If that fails, it still has the list of the process. */
void sandbox_thread_confine(void);
