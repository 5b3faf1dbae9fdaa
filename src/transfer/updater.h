/* SPDX-License-Identifier: ISC */
/*
 * Updates of a primary (RFC 2136): keeps the names of one zone there equal to what we have, beside
 * names of others. Messages out, answers in, time as a parameter; one message at a time.
 *
 * Who owns a name is said in the primary's zone itself, so that it holds whoever restarts:
 *
 *	_ontap.NAME        TXT  "owner=HOST"   NAME is HOST's: nobody else changes it
 *	HOST._ontap.ZONE   PTR  NAME …         all names of HOST: what it finds there after a
 *	                                       restart and does not have any more, it removes
 *	N.HOST._ontap.ZONE PTR  NAME …         as many more parts of it as there have to be, for a
 *	                                       set must fit in a message; "PTR ZONE" in a part: there
 *	                                       is one more after it
 *
 * One name is one message, and its prerequisites (§2.4) make it safe:
 *
 *	claim   neither NAME nor its owner exists    add owner, index, records
 *	renew   the owner is HOST                    replace the records
 *	remove  the owner is HOST                    delete records, owner, index entry
 *
 *	FETCHING ──index read──► WORKING: for each name that differs
 *	                     claim ──exists───► renew ──not ours─► HELD, by somebody else:
 *	                     renew ──not ours─► claim ──exists───► again after UPDATER_HELD, or a change
 *
 * No answer, or one that blames the server: all of it waits, 1 s, 2 s, 4 s … UPDATER_RETRY_MAX. A zone
 * that is optional may be none of the primary's, or none that we may change: that is no failure, and
 * asked again after UPDATER_HELD.
 * Progress rule: an answer settles a name, tries the other way once, or moves the next try into the
 * future.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "wire/name.h"
#include "zone/zone.h"

#define UPDATER_RETRY_MIN (1 * NS_PER_S)
#define UPDATER_RETRY_MAX (300 * NS_PER_S)
#define UPDATER_HELD      (300 * NS_PER_S)

struct updater; /* opaque */

struct updater_config {
	const struct zone *zone;
	const uint8_t *apex; /* copied */
	const char *host;    /* a label: who we are; copied */
	uint64_t seed;       /* of the ids of messages */
	bool is_optional;    /* it is all right if the primary has not that zone */
	void (*on_held)(void *arg, const uint8_t *name); /* somebody else owns it; may be NULL */
	void *arg;
};

/* NULL if out of memory, or the names get too long. */
struct updater *updater_new(const struct updater_config *config) NONNULL MUSTCHECK;
void updater_free(struct updater *u);

/* Which records the primary gets (wire/rrset.h): a change of it concerns all names. */
void updater_set_view(struct updater *u, unsigned view) NONNULL;

/* Something changed at that owner. */
void updater_touch(struct updater *u, const uint8_t *owner) NONNULL;

/* The next message that is to be sent, unsigned. Returns its length, 0: none now. Its outcome must
 * be told before the next. */
size_t updater_poll(struct updater *u, ns_t now, uint8_t *out, size_t cap) NONNULL MUSTCHECK;
/* The answer, NULL: there was none. One that is not verified counts for nothing, but that an optional
 * zone is not there: who has not the zone may not know its keys. */
void updater_input(struct updater *u, ns_t now, const uint8_t *answer, size_t len, bool is_verified)
	NONNULL_ARGS(1);
ns_t updater_deadline(const struct updater *u) NONNULL;

struct updater_stats {
	size_t owned, held, queued;
	uint64_t sent, done, failed; /* messages */
	uint64_t limited;            /* names that were too many or too large */
	bool is_in_use;              /* the primary has the zone, as far as we know */
	int rcode;                   /* of the last failure; -1: there was no answer */
};
struct updater_stats updater_stats(const struct updater *u) NONNULL;
