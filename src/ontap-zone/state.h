/* SPDX-License-Identifier: ISC */
/*
 * What outlives the daemon, in files of the state directory: `serial`, which no SOA serial of before was
 * after, and `mdns-names`, the names that conflicts led to, one pair "WANTED CURRENT" a line. Both are small,
 * and written beside and renamed; without them the daemon runs as well, and says so once.
 *
 * Of the default directory: what it does not have yet is read where it was before there was such a default.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/time.h"
#include "io/log.h"
#include "mdns/mdns.h"

/* Makes the directory, and gives it to that user, who is to write there. ERR_NOMEM, -errno. */
int state_give(const char *dir, uid_t uid, gid_t gid) NONNULL MUSTCHECK;

/* The serial that was stored, 0 if none. A file that is malformed counts as none. */
uint32_t state_read_serial(const char *dir, const struct log *log) NONNULL_ARGS(1);
void state_write_serial(const char *dir, const struct log *log, uint32_t serial) NONNULL_ARGS(1);

/* The same for a daemon that may be killed: it stores a serial that is far ahead of the `latest`, and a later
 * one before that is reached, so that there is no write for each change. `*reserved` is what was stored
 * last; 0: nothing was. */
void state_reserve_serial(const char *dir, const struct log *log, uint32_t latest,
	uint32_t *reserved) NONNULL_ARGS(1, 4);

/* Tells the engine all pairs that were stored. */
void state_read_names(const char *dir, const struct log *log, struct mdns *mdns) NONNULL_ARGS(1, 3);

/* The storing of those pairs: all of them at once, and once a second at most, for it is strangers who
 * make conflicts, at any rate. All zero: nothing is to be stored. */
struct state_names {
	bool has_changed; /* set by who knows */
	ns_t next;        /* not before that */
};
ns_t state_names_deadline(const struct state_names *names) NONNULL;
/* Stores them if it is time to. */
void state_names_poll(struct state_names *names, ns_t now, const char *dir, const struct log *log,
	const struct mdns *mdns) NONNULL_ARGS(1, 3, 5);
