/* SPDX-License-Identifier: ISC */
/*
 * The process that has the files, so that the serving process needs none. It runs as the same user,
 * writes the exports and the state, runs the command of --on-export, and reads the configuration, the
 * zone files and the keys, at the start and for each reload:
 *
 *	serving process                      keeper
 *	keeper_reload ──────────────────────► reads and checks all files, while the other serves on
 *	on_apply, on_owner ◄── differences ── compares with what it has sent before
 *	keeper_write_export ────────────────► writes, then runs the command
 *	on_written ◄─────────────────────────
 *
 * What the serving process asks for is a number of the keeper's own list, and bytes: never a path, and
 * never a command. Each process ends when the other does.
 */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/channel.h"
#include "io/log.h"
#include "io/privilege.h"
#include "io/sandbox.h"
#include "name/address_names.h"
#include "ontap-zone/keeper_msg.h"
#include "ontap-zone/owners.h"
#include "serve/cookie.h"
#include "update/signer_key.h"

/* What was read, but for the records of zone files. */
struct keeper_news {
	const char
		*text; /* of the configuration file, in case of a reload; NULL: there is no file */
	size_t len;
	struct address_names *addresses;
	struct conf_keys *keys;
	struct signer_keys *signers,
		*trusted; /* all these may be taken over: then they are set to zero */
	struct cookie_keys cookies;
};

/* Called from keeper_handle() and keeper_wait(). */
struct keeper_sink {
	/* Of the state directory, at the start: the serial, 0: none, and the file of mDNS names. */
	void (*on_state)(void *arg, uint32_t serial, const char *names);
	/* At the start, after on_apply(): the text of such a file, "": there is none. */
	void (*on_diary)(void *arg, enum keeper_diary diary, const char *text, size_t len);
	/* Signatures of a former run, at the start: the file, which may be taken over. It is empty if there is none. */
	void (*on_signatures)(void *arg, struct buf *file);
	/* So many owners follow. */
	void (*on_expect)(void *arg, size_t names);
	/* All files are read and right. The records follow. */
	void (*on_apply)(void *arg, struct keeper_news *news);
	/* The records at that owner are exactly these. If it returns ERR_NOMEM, it gets the same
	 * again later. */
	int (*on_owner)(void *arg, const uint8_t *name, const struct rrset *sets, size_t count);
	/* That was all; or nothing changes, for a reason that has been logged. `told`: the lines that
	 * the keeper has logged. */
	void (*on_end)(void *arg, bool is_done, const char *told);
	void (*on_written)(void *arg, const struct keeper_written *written);
	void *arg;
};

struct keeper_config {
	struct conf *conf; /* the process gets a copy */
	const struct options_args *args;
	const struct privilege_user *user; /* whom it becomes; NULL: it stays */
	const struct log *log;
	struct keeper_sink sink;
};

struct keeper; /* opaque */

/* Starts the process, which reads all files at once. Call it before there are threads. NULL: the reason
 * has been logged. */
struct keeper *keeper_start(const struct keeper_config *config) NONNULL MUSTCHECK;
/* Waits until the first files have been read and passed on. Returns 0 or an exit code; the reason has
 * been logged. */
int keeper_wait(struct keeper *k) NONNULL MUSTCHECK;
/* Lets the process do what it was asked for, ends it, and waits for its end. */
void keeper_stop(struct keeper *k);

/* What the process had given up when it had read the first files. NULL: there is no process. */
const struct sandbox_report *keeper_sandbox(const struct keeper *k);

int keeper_fd(const struct keeper *k) NONNULL;
/* True if keeper_handle() has something to do that the descriptor does not show. */
bool keeper_has_more(const struct keeper *k) NONNULL;
/* Handles messages for about a millisecond. ERR_NOMEM: call it again after a while. -errno: the process
 * has ended. */
int keeper_handle(struct keeper *k) NONNULL MUSTCHECK;
/* Sends what there is room for. `*ret_is_pending`: call it again when the descriptor takes more. */
int keeper_flush(struct keeper *k, bool *ret_is_pending) NONNULL MUSTCHECK;

/* Requests. on_written() tells the outcome. */
/* A piece of an export; all pieces of one come without others between them. */
void keeper_write_export(struct keeper *k, const struct keeper_piece *piece, const char *bytes,
	size_t len) NONNULL_ARGS(1, 2);
/* True if the process has not taken yet what it was sent: more is better sent later. */
bool keeper_is_full(const struct keeper *k) NONNULL;
/* Returns the number of the present list of exports. */
uint32_t keeper_generation(const struct keeper *k) NONNULL;
void keeper_write_serial(struct keeper *k, const char *text) NONNULL;
void keeper_write_names(struct keeper *k, const char *text, size_t len) NONNULL_ARGS(1);
/* Appends the text to that file, or makes it the file. */
void keeper_write_diary(struct keeper *k, enum keeper_diary diary, bool is_all, const char *text,
	size_t len) NONNULL_ARGS(1, 4);
/* A piece of the file of signatures: the last one puts it in the place of the old one. The outcome of all is told then. */
void keeper_write_signatures(struct keeper *k, bool is_last, const char *bytes, size_t len)
	NONNULL_ARGS(1);
/* The file that was begun is not continued, which is its outcome: ERR_NOMEM. */
void keeper_drop_signatures(struct keeper *k) NONNULL;
/* Sends all requests, and waits for the room; for the end, when nothing else is expected from the process. -errno. */
int keeper_send_all(struct keeper *k) NONNULL MUSTCHECK;
/* Makes it read the configuration and all files again. on_end() tells the outcome. */
void keeper_reload(struct keeper *k) NONNULL;

/* The process itself, with one end of the channel: keeper_process.c. */
_Noreturn void keeper_process_run(const struct keeper_config *config, int fd) NONNULL;
