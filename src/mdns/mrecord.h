/* SPDX-License-Identifier: ISC */
/*
 * Records: their sets, what was sent of them, names in rdata, records of peers, goodbyes.
 */
#pragma once

#include "mdns/link.h"

/* A copy of a set, its names renamed as the identities say, not in any mname. NULL: no memory. */
struct recset *recset_new(struct mdns *m, const struct mdns_rrset *from) NONNULL MUSTCHECK;
/* Frees it, with its pending answers and references. `set` may be NULL. */
void recset_free(struct mdns *m, struct recset *set) NONNULL_ARGS(1);
/* Whether both say the same, records in any order. */
bool recset_equal(const struct recset *a, const struct recset *b) NONNULL;
/* Gets the times when `old` sent the records that are in both, and notes that it replaces sent ones. */
void recset_inherit(struct recset *set, const struct recset *old) NONNULL;
/* The record with that rdata, under its name of now; NULL: there is none. */
struct mrecord *recset_find(const struct mdns *m, const struct recset *set, const uint8_t *rdata,
	size_t len) NONNULL_ARGS(1, 2);
/* When any of its records was multicast last on one of these lanes. */
ns_t recset_last_sent(const struct recset *set, unsigned lanes) NONNULL;
/* The same of the record that was so longest ago. */
ns_t recset_first_sent(const struct recset *set, enum lane lane) NONNULL;
/* No answer of it is pending on these lanes any more. */
void recset_forget_answers(struct recset *set, unsigned lanes) NONNULL;
/* Notes that message `serial` has the record as known; true if all of the set are known now. */
bool recset_note_known(struct recset *set, struct mrecord *record, uint64_t serial) NONNULL;
/* Reads a record's rdata from the message, names in full, into the engine's scratch memory at `at`,
 * and moves that. ERR_*: malformed, or no room. */
int peer_record_read(struct mdns *m, const struct rd *r, const struct rr *rr, size_t *at,
	struct peer_record *ret) NONNULL MUSTCHECK;
/* A number for type and rdata. */
uint64_t rdata_hash(const struct mdns *m, uint16_t type, const uint8_t *rdata, size_t len)
	NONNULL_ARGS(1);
/* Queues the goodbye of a record if it, or what its set has replaced, was ever multicast; without memory there
 * is none. */
void goodbye_add(
	struct mname *mname, const struct recset *set, const struct mrecord *record) NONNULL;

/* The target of that record is called `name` now. Without memory the record stays as it is. */
void recset_set_target(
	const struct mdns *m, struct recset *set, uint16_t index, const uint8_t *name) NONNULL;
/* The reference in the map, of those that lead to that name as put; NULL: there is none. */
struct reference *reference_find(const struct mdns *m, const uint8_t *target) NONNULL;
