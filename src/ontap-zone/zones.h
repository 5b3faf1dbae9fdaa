/* SPDX-License-Identifier: ISC */
/* Finds, opens and reads the zone files of a configuration: either all of them, or none if one is
 * faulty. */
#pragma once

#include <sys/stat.h>

#include "base/compiler.h"
#include "conf/conf.h"
#include "zonefile/collection.h"

/* What a file was when it was read last. */
struct zones_stamp {
	struct stat st;
	uint64_t read_at; /* CLOCK_REALTIME in ns: a change soon after may leave `st` the same */
	uint64_t content; /* a hash of the text */
};

/* The files that a configuration means, in the order in which they are read. All zero: none. */
struct zones {
	char **paths; /* owned, each too */
	struct zones_stamp *stamps;
	size_t count, cap, stamp_cap;
	struct name domain; /* for which they were read */
	bool is_signed;     /* set by the caller before zones_read(): files bring no keys */
};

/* Finds the files: a path with *, ? or [ stands for all that match now, in the order of their names,
 * perhaps none (glob(7)). ERR_SYNTAX: `*error` says which path; ERR_NOMEM: `ret` is empty. */
int zones_find(struct zones *ret, const struct options_texts *files,
	struct conf_error *error) NONNULL MUSTCHECK;
void zones_free(struct zones *z) NONNULL;

/* Reads all files, and notes what they were. They must be regular files. The caller owns `*ret`, which
 * borrows the paths. ERR_SYNTAX: `*error` says which file and line; ERR_NOMEM. */
int zones_read(struct collection **ret, struct zones *z, const struct name *domain,
	struct conf_error *error) NONNULL MUSTCHECK;

/* True if zones_read() would find what it found for `before`: the files are the same, by size and time;
 * or by their content, if that says too little. */
bool zones_are_same(struct zones *z, const struct zones *before, const struct name *domain) NONNULL;
