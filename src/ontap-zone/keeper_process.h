/* SPDX-License-Identifier: ISC */
/* The inside of the keeper, shared by its files. Nobody else includes this. */
#pragma once

#include "io/channel.h"
#include "io/sandbox.h"
#include "ontap-zone/keeper.h"
#include "ontap-zone/zones.h"

struct keeper_process {
	struct channel channel;
	struct log own_log;
	const struct log *log; /* `own_log` */
	const struct options_args *args;
	struct conf conf; /* in force; owned */
	uint32_t generation;
	struct zones zones;       /* read last */
	struct owners_sent *sent; /* what the serving process has */
	int state_dir;            /* or negative */
	struct buf export, names; /* pieces so far */
	struct {
		struct buf text; /* likewise */
		uint64_t len;    /* of the file; UINT64_MAX: it has to be made anew */
	} diaries[KEEPER_DIARIES];
	struct {
		bool is_open; /* a file has been begun, also if that failed */
		int fd, err;  /* -1, or its descriptor; the first error */
		uint64_t len;
	} signatures;     /* that are being written */
	int signals;      /* a signalfd(2) for SIGCHLD */
	pid_t command;    /* of --on-export; 0: none runs */
	bool has_news;    /* written since the command was started */
	bool has_command; /* --on-export was there at the start: it may execute programs */
	struct sandbox_report sandbox;
};

/* keeper_diary.c. keeper_read_diary() reads that file to `out`, and removes a write from it that was interrupted. False: it
 * cannot be read, or is something else; logged. */
bool keeper_read_diary(struct keeper_process *p, enum keeper_diary diary, struct buf *out) NONNULL
	MUSTCHECK;
/* True if what the configuration wants can be kept. False: it cannot; logged. */
bool keeper_can_keep(const struct keeper_process *p, const struct conf *conf,
	const struct log *log) NONNULL MUSTCHECK;
/* Handles ASK_DIARY, but for the answer. */
int keeper_take_diary(struct keeper_process *p, const struct channel_message *m) NONNULL MUSTCHECK;

/* keeper_write.c: keeper_collect() adds a piece of a request; a server that sends more
 * than it ever should gets the error at the end. keeper_write_state() writes a file of the state directory, -errno; keeper_tell_written()
 * tells the outcome of a request, -errno: the channel is closed. */
void keeper_collect(struct buf *to, const uint8_t *bytes, size_t len, size_t limit) NONNULL;
int keeper_write_state(struct keeper_process *p, const char *name, const void *bytes,
	size_t len) NONNULL MUSTCHECK;
int keeper_tell_written(struct keeper_process *p, struct keeper_written written) NONNULL MUSTCHECK;

/* keeper_signatures.c: sends the file of signatures, if there is one. -errno: the channel is closed. */
int keeper_say_signatures(struct keeper_process *p) NONNULL MUSTCHECK;
/* Takes a piece of a new one. Returns 1 if it was the last one: then `*ret_err` is the outcome. -EBADMSG. */
int keeper_take_signatures(
	struct keeper_process *p, const struct channel_message *m, int *ret_err) NONNULL MUSTCHECK;
/* The one that is being written is dropped: the directory is another. */
void keeper_close_signatures(struct keeper_process *p, int err) NONNULL;

/* keeper_confine.c: from now on the keeper cannot open a socket, enter a namespace, look into another process,
 * or execute a program but for a command that was there at the start. Fills `p->sandbox`. What the kernel lacks
 * is logged. -errno, ERR_DENIED: it has more than it should; logged. */
int keeper_confine(struct keeper_process *p, bool has_empty_bounding) NONNULL MUSTCHECK;

/* keeper_read.c: reads all files of p->conf and sends what they say; at the start. Returns an exit code;
 * the reason has been logged, and told to the serving process. */
int keeper_read_first(struct keeper_process *p, const struct privilege_user *user) NONNULL_ARGS(1)
	MUSTCHECK;
/* Reads the configuration and its files again. A failure is logged and told, and nothing else is sent.
 * -errno: the channel is closed. */
int keeper_read_again(struct keeper_process *p) NONNULL MUSTCHECK;
