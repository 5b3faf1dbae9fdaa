/* SPDX-License-Identifier: ISC */
/*
 * A process that reads the administrator's files, the rules and /etc/subuid, and looks up the users and
 * groups in them. The sources of users (nsswitch.conf(5)) are libraries, which may open anything, wait
 * for a server, or crash: so they are not in ontapd, and no request waits for them.
 *
 *	ontapd ── a byte ─────────────────────► lookup
 *	       ◄── the texts, and an answer ──
 *	           for each name in them, in their order
 *
 * ontapd parses the texts itself, with these answers in the place of its own.
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "io/log.h"
#include "io/loop.h"

/* Before the texts. The answers come after them. */
struct lookup_head {
	int32_t rules_err; /* ERR_* or -errno: the rules could not be read */
	uint32_t rules_len, subids_len, answer_count;
};

struct lookup_answer {
	int32_t err;
	uint32_t id;
};

/* What was read, borrowed. */
struct lookup_files {
	int rules_err;
	const char *rules, *subids;
	size_t rules_len, subids_len;
	const struct lookup_answer *answers;
	size_t answer_count;
};

struct lookup {
	struct loop *loop;
	const struct log *log;
	struct loop_watch watch; /* of the socket to the process; fd -1: none */
	pid_t pid;
	struct buf received; /* of a reply that is not complete */
	bool is_asked;       /* a reply will come */
	bool has_to_ask;     /* and must be followed by another one */
	/* Called with each complete reply. */
	void (*on_files)(void *arg, const struct lookup_files *files);
	void *arg;
};

/* Starts the process. The caller has set on_files and arg. `rules_file` NULL: none. -errno; `l` can be
 * closed in either case. */
int lookup_open(struct lookup *l, struct loop *loop, const struct log *log, const char *rules_file)
	NONNULL_ARGS(1, 2, 3) MUSTCHECK;
void lookup_close(struct lookup *l) NONNULL;

/* Has the files read. on_files is called from the loop; later if the users are slow to find. */
void lookup_ask(struct lookup *l) NONNULL;
/* Has the files read, and waits for it: for the start, before the loop. -errno. */
int lookup_ask_and_wait(struct lookup *l) NONNULL MUSTCHECK;
