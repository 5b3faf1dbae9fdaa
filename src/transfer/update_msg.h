/* SPDX-License-Identifier: ISC */
/* Inside of the updater: the messages it sends, and the index it reads. */
#pragma once

#include <stdbool.h>

#include "wire/msg.h"
#include "zone/zone.h"

enum update_kind { UPDATE_CLAIM, UPDATE_RENEW, UPDATE_REMOVE };

/* Names and texts that stay the same. */
struct update_names {
	struct name zone;
	struct name index;                     /* HOST._ontap.ZONE */
	uint8_t owner_text[1 + LABEL_CAP + 8]; /* rdata of a TXT: "owner=HOST" */
	uint16_t owner_len;
};

/* ERR_RANGE: too long. */
int update_names_init(struct update_names *names, const uint8_t *apex, const char *host) NONNULL
	MUSTCHECK;

/* Whether there is anything at that name, for that view, that a primary is to have. */
bool update_has_records(const struct zone *zone, const uint8_t *name, unsigned view) NONNULL;

/* Makes the message about one name. Returns its length, 0 if it does not fit. */
size_t update_make(const struct update_names *names, const struct zone *zone, const uint8_t *name,
	unsigned view, enum update_kind kind, uint16_t id, uint8_t *out, size_t cap) NONNULL;

/* The question for the index. */
size_t update_make_index_query(
	const struct update_names *names, uint16_t id, uint8_t *out, size_t cap) NONNULL;

/* Calls `visit` for each name in the answer. ERR_SYNTAX: it is malformed. */
int update_read_index(const struct update_names *names, const uint8_t *answer, size_t len,
	void (*visit)(void *arg, const uint8_t *name), void *arg) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
