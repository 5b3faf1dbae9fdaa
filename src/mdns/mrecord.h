/* SPDX-License-Identifier: ISC */
/*
 * Records: their sets, times of sending, names in rdata, records of peers, goodbyes.
 */
#pragma once

#include "mdns/link.h"

/* Returns a copy of a set that belongs to no mname yet. Names in it are replaced by the current
 * names of their identities. NULL if out of memory. */
struct recset *recset_new(struct mdns *m, const struct mdns_rrset *from) NONNULL MUSTCHECK;
/* Frees the set with its pending answers and references. `set` may be NULL. */
void recset_free(struct mdns *m, struct recset *set) NONNULL_ARGS(1);
/* True if both have the same records, in any order. */
bool recset_equal(const struct recset *a, const struct recset *b) NONNULL;
/* Copies from `old` the send times of the records that are in both sets. Also notes whether the
 * set replaces records that were sent. */
void recset_inherit(struct recset *set, const struct recset *old) NONNULL;
/* Returns the record with that rdata, compared with current names, or NULL. */
struct mrecord *recset_find(const struct mdns *m, const struct recset *set, const uint8_t *rdata,
	size_t len) NONNULL_ARGS(1, 2);
/* Returns the latest time when one of its records was multicast on one of these lanes. */
ns_t recset_last_sent(const struct recset *set, unsigned lanes) NONNULL;
/* Like recset_last_sent(), but for the record whose last multicast is the oldest. */
ns_t recset_first_sent(const struct recset *set, enum lane lane) NONNULL;
/* Cancels the pending answers of the set on these lanes. */
void recset_forget_answers(struct recset *set, unsigned lanes) NONNULL;
/* Notes that the record is a known answer in message `serial`. Returns true if all records of
 * the set are known now. */
bool recset_note_known(struct recset *set, struct mrecord *record, uint64_t serial) NONNULL;
/* Reads the rdata of a record from the message into the engine's scratch memory at `at`,
 * uncompressed, and moves `at` behind it. ERR_*: malformed, or no room. */
int peer_record_read(struct mdns *m, const struct rd *r, const struct rr *rr, size_t *at,
	struct peer_record *ret) NONNULL MUSTCHECK;
/* Returns a hash of type and rdata. */
uint64_t rdata_hash(const struct mdns *m, uint16_t type, const uint8_t *rdata, size_t len)
	NONNULL_ARGS(1);
/* Queues a goodbye for a record if the record, or what its set replaced, was ever multicast.
 * Sends no goodbye if out of memory. */
void goodbye_add(
	struct mname *mname, const struct recset *set, const struct mrecord *record) NONNULL;

/* Changes the target name of that record to `name`. If out of memory, the record stays as it is. */
void recset_set_target(
	const struct mdns *m, struct recset *set, uint16_t index, const uint8_t *name) NONNULL;
/* Returns the reference in the map for that target name as put, or NULL if there is none. */
struct reference *reference_find(const struct mdns *m, const uint8_t *target) NONNULL;
