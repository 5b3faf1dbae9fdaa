/* SPDX-License-Identifier: ISC */
/*
 * Inside of the journal: one zone's steps, and the settling of what is pending into the next one.
 */
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "base/list.h"
#include "transfer/records.h"

/* From one serial to the next: SOA before, what went, SOA after, what came. */
struct step {
	struct list in_history;
	uint32_t from, to;
	uint8_t given; /* views (bits) in which somebody was sent the zone as of `from` */
	struct records *records;
};

/* What a client was sent last: the zone as of that serial, as that view has it. */
struct given {
	struct addr client;
	uint32_t serial;
	uint8_t view;
};

struct history {
	struct list steps; /* the oldest first */
	size_t step_count, bytes;
	struct buf
		pending; /* 0 or 1 (it came) and a record each, in the order in which they were said */
	size_t pending_count;
	bool is_broken;      /* something that is pending was not noted: there is no next step */
	uint8_t given_now;   /* views in which somebody was sent the zone as it is */
	struct given *given; /* ring of LIMIT_JOURNAL_CLIENTS, NULL until the first */
	unsigned given_next;
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

/* Somebody is sent the zone as of `serial`. */
void history_note_given(
	struct history *h, uint32_t serial, const struct addr *client, uint8_t view) NONNULL;

/* Whether the steps from that one on lead that client to what its view has. What it holds may be of
 * the other view, if it has moved, or asks from another address: then they do not (and it is to be
 * sent all). It is known if all who were sent that serial were in one view, or if this client was
 * the one. */
bool history_is_followed(const struct history *h, const struct step *first,
	const struct addr *client, uint8_t view) NONNULL;

/* Whether a client holds the zone as of `serial` in another view than `view_of` has it in now. */
bool history_has_misplaced(const struct history *h, uint32_t serial,
	unsigned (*view_of)(void *arg, const struct addr *client), void *arg) NONNULL_ARGS(1, 3);
