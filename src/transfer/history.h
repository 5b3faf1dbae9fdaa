/* SPDX-License-Identifier: ISC */
/*
 * Internals of the journal: the steps of one zone, and making the next step from the pending
 * changes.
 */
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "base/list.h"
#include "transfer/records.h"

/* The changes from one serial to the next: SOA before, removed records, SOA after, added
 * records. */
struct step {
	struct list in_history;
	uint32_t from, to;
	uint8_t given; /* views (bits) in which a client was sent the zone as of `from` */
	struct records *records;
};

/* What a client was sent last: the zone as of `serial`, in `view`. */
struct given {
	struct addr client;
	uint32_t serial;
	uint8_t view;
};

struct history {
	struct list steps; /* the oldest first */
	size_t step_count, bytes;
	struct buf pending; /* in order of change: 1 (added) or 0 (removed), the record */
	size_t pending_count;
	bool is_broken;      /* a pending change could not be noted: no next step */
	uint8_t given_now;   /* views in which a client was sent the present zone */
	struct given *given; /* ring of LIMIT_JOURNAL_CLIENTS, NULL until the first */
	unsigned given_next;
};

void history_init(struct history *h) NONNULL;
void history_fini(struct history *h) NONNULL;

/* Notes that a record was added or removed. At most `cap` bytes are noted. */
void history_note(struct history *h, bool is_added, const struct record *r, size_t cap) NONNULL;

/* Makes the next step from the pending changes, between two SOAs (one record each). If this
 * fails, or if a pending change could not be noted, removes all steps, because they no longer
 * lead to the present zone. */
void history_close(struct history *h, uint32_t from, uint32_t to, const struct records *soa_before,
	const struct records *soa_after) NONNULL;

/* Removes all steps and the pending changes. */
void history_forget(struct history *h) NONNULL;

/* Removes the oldest step, if there is one. */
void history_forget_oldest(struct history *h) NONNULL;

/* Returns the step that begins at that serial, or NULL. This step and all later ones lead to the
 * present zone. */
struct step *history_from(const struct history *h, uint32_t serial) NONNULL;

/* Notes that `client` is sent the zone as of `serial` in `view`. */
void history_note_given(
	struct history *h, uint32_t serial, const struct addr *client, uint8_t view) NONNULL;

/* True if the steps from `first` on lead this client to the present zone in `view`. False if the
 * client may hold the other view, because its view changed or it asks from another address. Then
 * it must be sent the whole zone. True only if all clients that were sent that serial were in
 * one view, or if this client was noted. */
bool history_is_followed(const struct history *h, const struct step *first,
	const struct addr *client, uint8_t view) NONNULL;

/* True if a client holds the zone as of `serial` in a view that differs from its present view
 * (`view_of`). */
bool history_has_misplaced(const struct history *h, uint32_t serial,
	unsigned (*view_of)(void *arg, const struct addr *client), void *arg) NONNULL_ARGS(1, 3);
