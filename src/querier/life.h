/* SPDX-License-Identifier: ISC */
/*
 * The life of a record: said, said again, asked for before it expires (RFC 6762 §5.2), doubted (§10.3 to §10.5), leaving
 * (§10.1, §10.2), gone.
 */
#pragma once

#include "querier/cache.h"

/* What a message says of a record, apart from its rdata. */
struct said {
	ns_t now;
	uint32_t ttl_s; /* not 0 */
	bool is_unique;
	uint16_t
		spread; /* as qrecord.spread: one for a message, so that its records are asked for together */
	const struct mdns_path *from;
};

/* Returns a random number for `said.spread`. */
uint16_t life_spread(struct querier *q) NONNULL;
/* The record was said: new, or again. Reports it. */
void life_said(struct qrecord *record, const struct said *said, bool is_new) NONNULL;
/* The record leaves in a second. Does nothing if it leaves already. */
void life_leave(struct qrecord *record, enum querier_end why, ns_t now) NONNULL;
/* The records leave in ten seconds, unless they are said again. */
void life_doubt_all(struct qset *set, ns_t now) NONNULL;
/* True if the record belongs into the known answers of a question (§7.1). */
bool life_is_known(const struct qrecord *record, ns_t now) NONNULL;
/* Does what is due: asks for the record, or removes it. Returns its set, which the caller releases. */
struct qset *life_due(struct qrecord *record, ns_t now) NONNULL;
/* Updates the timers of the records, after interest in them has begun or ended. */
void life_touch_all(struct qset *set, ns_t now) NONNULL;
