/* SPDX-License-Identifier: ISC */
/* A secondary for tests. It processes transfers by RFC 1995 and RFC 5936, and is strict. */
#pragma once

#include "transfer/journal.h"

struct secondary {
	struct name zone;
	uint8_t view;
	struct addr client; /* its address */
	uint32_t serial;    /* 0: it has no zone yet */
	uint8_t **
		rows; /* each: length of two bytes, owner in lower case, type, TTL, rdata; sorted */
	size_t count;
	unsigned steps;    /* of the last transfer; 0: it was an AXFR, or there was nothing new */
	unsigned messages; /* of the last transfer */
	void (*meanwhile)(void *arg); /* called while a whole zone is made; may be NULL */
	void *arg;
};

void secondary_init(struct secondary *s, const uint8_t *zone, uint8_t view);
void secondary_fini(struct secondary *s);

/* Requests changes (IXFR; AXFR at first) and applies them. False if they break a rule: a removed
 * record does not exist, an added one exists, or SOAs do not match. */
bool secondary_refresh(struct secondary *s, struct journal *j);

bool secondary_equal(const struct secondary *a, const struct secondary *b);

/* True if it has a record with that owner, type and rdata. */
bool secondary_has(const struct secondary *s, const uint8_t *owner, uint16_t type,
	const void *rdata, size_t len);
