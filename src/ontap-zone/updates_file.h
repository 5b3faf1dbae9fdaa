/* SPDX-License-Identifier: ISC */
/*
 * The file of what updates have added, as the daemon sees it: entries behind each other (update/diary.h), which the keeper
 * writes, one at a time.
 *
 * It is made anew when it is more than twice as long as it was then, and when its length is not what was written.
 */
#pragma once

#include "base/compiler.h"
#include "base/retry.h"
#include "io/log.h"
#include "ontap-zone/diary_size.h"
#include "ontap-zone/keeper.h"
#include "update/added.h"

/* The first two are borrowed; all else is zero at first. */
struct updates_file {
	struct keeper *const *keeper; /* of the daemon: NULL when it has ended */
	const struct log *log;
	struct diary_size size;
	bool is_asked; /* the keeper writes an entry, or all */
	bool is_all;   /* all */
	size_t asked_len;
	bool has_to_be_new;
	bool has_failed; /* the last entry */
	struct retry retry;
	struct log_limit failed_limit;
};

/* Takes the text of the file to `a`, at the start. */
void updates_file_read(
	struct updates_file *f, struct added *a, const char *text, size_t len) NONNULL;

/* Asks for an entry: updates_file_written() has its outcome, unless there is an error: that of a buffer. */
int updates_file_write_entry(struct updates_file *f, const struct added_draft *entry) NONNULL
	MUSTCHECK;
/* Asks for the file anew, if that is due. False: it is not. */
bool updates_file_write_all(struct updates_file *f, const struct added *a, ns_t now) NONNULL;
/* The keeper has written what was asked for, or not. Returns true if that was an entry. */
bool updates_file_written(struct updates_file *f, int err) NONNULL;

/* The file is to be made in another directory: `is_needed` also if there was none. */
void updates_file_move(struct updates_file *f, bool is_needed) NONNULL;

/* When it is to be made anew; NS_NEVER. */
ns_t updates_file_deadline(const struct updates_file *f) NONNULL;
