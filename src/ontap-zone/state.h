/* SPDX-License-Identifier: ISC */
/*
 * State that outlives the daemon, in files of the state directory. `serial` is at least as high as
 * every SOA serial served before. `mdns-names` has the names chosen after conflicts, one pair
 * "WANTED CURRENT" per line. Both files are small; each is written under a temporary name and
 * renamed. Without them the daemon works too, logs that once, and tries again.
 *
 * Here is what they say and when they are written. The keeper reads and writes them
 * (ontap-zone/keeper.h): the caller passes it the text, and tells the outcome.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/retry.h"
#include "io/log.h"
#include "mdns/mdns.h"

/* Notes the outcome of a write, and when to try again. Logs the first failure, and the first success after one. `log`: NULL for
 * none. */
void state_note_write(const struct log *log, const char *name, int err, struct retry *retry,
	ns_t now) NONNULL_ARGS(2, 4);

/* The serial that is stored. All zero: none is. */
struct state_serial {
	uint32_t reserved; /* the serial stored last; 0: none */
	uint32_t asked;    /* is being stored; 0: none */
	struct retry retry;
};

enum { STATE_SERIAL_CAP = 16 };
/* Writes the text of the file. */
void state_serial_text(uint32_t serial, char ret[STATE_SERIAL_CAP]) NONNULL;
/* Reads the text of the file: its first line. False: it is no serial. */
bool state_serial_parse(const char *text, uint32_t *ret) NONNULL MUSTCHECK;

/* Stores a serial for a daemon that may be killed: one that is far ahead of `latest`, and a later one
 * before that is reached, so that not every change needs a write. Call it after each change, and at the
 * deadline: a failed write is tried again then. True: write `ret`, and then call
 * state_serial_written(). */
bool state_reserve_serial(struct state_serial *s, ns_t now, uint32_t latest,
	char ret[STATE_SERIAL_CAP]) NONNULL MUSTCHECK;
void state_serial_written(struct state_serial *s, ns_t now, const struct log *log, int err)
	NONNULL_ARGS(1);
ns_t state_serial_deadline(const struct state_serial *s) NONNULL;

/* Passes all stored pairs to the engine. Lines that are none are left out. */
void state_take_names(const char *text, const struct log *log, struct mdns *mdns)
	NONNULL_ARGS(1, 3);

/* Controls when the pairs are stored: all of them together, at most once a second, because
 * strangers can cause conflicts at any rate. All zero: nothing has to be stored. */
struct state_names {
	bool has_changed; /* set by the caller */
	bool is_asked;    /* is being stored */
	ns_t next;        /* the earliest time of the next write */
	struct retry retry;
};
ns_t state_names_deadline(const struct state_names *names) NONNULL;
/* True if the pairs are due: write what is appended to `ret`, and then call state_names_written(). */
bool state_names_poll(struct state_names *names, ns_t now, const struct mdns *mdns,
	struct buf *ret) NONNULL MUSTCHECK;
void state_names_written(struct state_names *names, ns_t now, const struct log *log, int err)
	NONNULL_ARGS(1);
