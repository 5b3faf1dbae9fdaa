/* SPDX-License-Identifier: ISC */
/* A secondary for tests: takes transfers in as RFC 1995 and RFC 5936 say, and is strict about
 * it. */
#pragma once

#include "transfer/journal.h"

struct secondary {
	struct name zone;
	uint8_t view;
	struct addr client; /* where it asks from */
	uint32_t serial;    /* 0: it has nothing yet */
	uint8_t **
		rows; /* each: length of two bytes, owner in lower case, type, TTL, rdata; sorted */
	size_t count;
	unsigned steps;    /* of the last transfer; 0: it was AXFR, or there was nothing new */
	unsigned messages; /* of the last transfer */
	void (*meanwhile)(void *arg); /* called while a whole zone is being made; may be NULL */
	void *arg;
};

void secondary_init(struct secondary *s, const uint8_t *zone, uint8_t view);
void secondary_fini(struct secondary *s);

/* Asks for what is new (IXFR; AXFR at first), and takes it in. False if what came breaks a rule: a
 * record that goes and is not there, one that comes and is there, SOAs that do not fit. */
bool secondary_refresh(struct secondary *s, struct journal *j);

bool secondary_equal(const struct secondary *a, const struct secondary *b);

/* Whether it has a record with that owner, type and rdata. */
bool secondary_has(const struct secondary *s, const uint8_t *owner, uint16_t type,
	const void *rdata, size_t len);
