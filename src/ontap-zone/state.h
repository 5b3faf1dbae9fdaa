/* SPDX-License-Identifier: ISC */
/*
 * State that outlives the daemon, in files of the state directory. `serial` is at least as high as
 * every SOA serial served before. `mdns-names` has the names chosen after conflicts, one pair
 * "WANTED CURRENT" per line. Both files are small; each is written under a temporary name and
 * renamed. Without them the daemon works too, logs that once, and tries again.
 *
 * If the state directory is the default one: a file that it does not have yet is read from its old
 * place, where it was before this default existed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/retry.h"
#include "io/log.h"
#include "mdns/mdns.h"

/* Creates the directory, and makes that user its owner: he will write there. ERR_NOMEM, -errno. */
int state_give(const char *dir, uid_t uid, gid_t gid) NONNULL MUSTCHECK;

/* Returns the stored serial, 0 if there is none. A malformed file counts as none. */
uint32_t state_read_serial(const char *dir, const struct log *log) NONNULL_ARGS(1);

/* The serial that is stored. All zero: none is. */
struct state_serial {
	uint32_t reserved; /* the serial stored last; 0: none */
	struct retry retry;
};

/* Stores the serial. False if that failed: then `s` has the time of the next try. */
bool state_write_serial(struct state_serial *s, ns_t now, const char *dir, const struct log *log,
	uint32_t serial) NONNULL_ARGS(1, 3);

/* Stores a serial for a daemon that may be killed. It stores one that is far ahead of `latest`, and
 * a later one before that is reached, so that not every change needs a write. Call it after each
 * change, and at the deadline: a failed write is tried again then. */
void state_reserve_serial(struct state_serial *s, ns_t now, const char *dir, const struct log *log,
	uint32_t latest) NONNULL_ARGS(1, 3);
ns_t state_serial_deadline(const struct state_serial *s) NONNULL;

/* Passes all stored pairs to the engine. */
void state_read_names(const char *dir, const struct log *log, struct mdns *mdns) NONNULL_ARGS(1, 3);

/* Controls when the pairs are stored: all of them together, at most once a second, because
 * strangers can cause conflicts at any rate. All zero: nothing has to be stored. */
struct state_names {
	bool has_changed; /* set by the caller */
	ns_t next;        /* the earliest time of the next write */
	struct retry retry;
};
ns_t state_names_deadline(const struct state_names *names) NONNULL;
/* Stores the pairs if they are due. */
void state_names_poll(struct state_names *names, ns_t now, const char *dir, const struct log *log,
	const struct mdns *mdns) NONNULL_ARGS(1, 3, 5);
