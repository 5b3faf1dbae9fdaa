/* SPDX-License-Identifier: ISC */
/*
 * Inside of the journal: one zone's steps, and the settling of what is pending into the next one.
 */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "transfer/records.h"

/* From one serial to the next: SOA before, what went, SOA after, what came. */
struct step {
	struct list in_history;
	uint32_t from, to;
	struct records *records;
};

struct history {
	struct list steps; /* the oldest first */
	size_t step_count, bytes;
	struct buf pending; /* 0 or 1 (it came) and a record each, in the order in which they were said */
	size_t pending_count;
	bool is_broken; /* something that is pending was not noted: there is no next step */
};

void history_init(struct history *h) NONNULL;
void history_fini(struct history *h) NONNULL;

/* Notes that a record came or went. More than `cap` bytes are not noted. */
void history_note(struct history *h, bool is_added, const struct record *r, size_t cap) NONNULL;

/* Makes the next step of what is pending, between two SOAs (one record each). If that fails, or
 * what is pending is broken, forgets all steps: they lead nowhere any more. */
void history_close(struct history *h, uint32_t from, uint32_t to, const struct records *soa_before,
	const struct records *soa_after) NONNULL;

/* Forgets all steps and what is pending. */
void history_forget(struct history *h) NONNULL;

/* Forgets the oldest step, if there is any. */
void history_forget_oldest(struct history *h) NONNULL;

/* The step that begins at that serial, or NULL: it and all after it lead to now. */
struct step *history_from(const struct history *h, uint32_t serial) NONNULL;
