/* SPDX-License-Identifier: ISC */
/* Internals of the updater: the messages it sends, and the index it reads. */
#pragma once

#include <stdbool.h>

#include "wire/msg.h"
#include "zone/zone.h"

enum update_kind { UPDATE_CLAIM, UPDATE_RENEW, UPDATE_REMOVE };

/* Constant names and texts. */
struct update_names {
	struct name zone;
	struct name index;                     /* HOST._ontap.ZONE, the first part of the index */
	uint8_t owner_text[1 + LABEL_CAP + 8]; /* rdata of a TXT: "owner=HOST" */
	uint16_t owner_len;
};

/* ERR_RANGE: a name is too long. */
int update_names_init(struct update_names *names, const uint8_t *apex, const char *host) NONNULL
	MUSTCHECK;

/* Which records the primary gets. */
struct update_choice {
	unsigned view;
	bool (*takes)(void *arg, const uint8_t *name, uint16_t type); /* NULL: all of the view */
	void *arg;
};

/* The update to make for a name. */
struct update_order {
	const uint8_t *name;
	enum update_kind kind;
	struct update_choice choice;
	unsigned part;    /* part of the index that lists the name */
	bool is_new_part; /* the part is empty: the part before must announce it */
};

/* True if that name has records that the primary must get. */
bool update_has_records(
	const struct zone *zone, const uint8_t *name, const struct update_choice *choice) NONNULL;

/* Makes the message for one name. Returns its length, 0 if it does not fit. */
size_t update_make(const struct update_names *names, const struct zone *zone,
	const struct update_order *order, uint16_t id, uint8_t *out, size_t cap) NONNULL;

/* Returns the length of a name's record in its part of the index, in an answer. */
size_t update_index_len(const uint8_t *name) NONNULL;

/* Makes the query for a part of the index. */
size_t update_make_index_query(const struct update_names *names, unsigned part, uint16_t id,
	uint8_t *out, size_t cap) NONNULL;

/* Makes the query for the zone's SOA. */
size_t update_make_serial_query(
	const struct update_names *names, uint16_t id, uint8_t *out, size_t cap) NONNULL;

/* Reads the serial in the answer. ERR_ABSENT: it has none; ERR_SYNTAX: malformed. */
int update_read_serial(const struct update_names *names, const uint8_t *answer, size_t len,
	uint32_t *ret) NONNULL MUSTCHECK;

/* Calls `visit` for each name in the answer. 1: there is another part; 0: this was the last;
 * ERR_SYNTAX: malformed. */
int update_read_index(const struct update_names *names, const uint8_t *answer, size_t len,
	void (*visit)(void *arg, const uint8_t *name), void *arg) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
