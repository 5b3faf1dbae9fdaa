/* SPDX-License-Identifier: ISC */
/*
 * Updates of a primary (RFC 2136): keeps our names in one of its zones equal to our records,
 * without touching the names of others. Messages go out, answers come in, time is a parameter.
 * One message at a time.
 *
 * The owner of a name is stored in the primary's zone itself, so it survives any restart:
 *
 *	_ontap.NAME        TXT  "owner=HOST"   NAME is HOST's: nobody else changes it
 *	HOST._ontap.ZONE   PTR  NAME …         all names of HOST: what it finds there after a
 *	                                       restart and does not have any more, it removes
 *	N.HOST._ontap.ZONE PTR  NAME …         as many more parts of it as there have to be, for a
 *	                                       set must fit in a message; "PTR ZONE" in a part: there
 *	                                       is one more after it
 *
 * Each name is updated by one message, and the prerequisites (§2.4) make it safe:
 *
 *	claim   neither NAME nor its owner exists    add owner, index, records
 *	renew   the owner is HOST                    replace the records
 *	remove  the owner is HOST                    delete records, owner, index entry
 *
 *	FETCHING ──index read──► WORKING: for each name that differs
 *	                     claim ──exists───► renew ──not ours─► HELD, by somebody else:
 *	                     renew ──not ours─► claim ──exists───► again after UPDATER_HELD, or a change
 *
 * If there is no answer, or the server reports an error of its own, all updates wait: 1 s, 2 s,
 * 4 s … UPDATER_RETRY_MAX. If it refuses one name (a policy, or more records than it takes), that name
 * alone waits so long; others go on. After UPDATER_ROW names in a row it is the server's error.
 *
 * Every UPDATER_CHECK the zone's serial is asked for. If it has changed, the index is read again: names
 * that the primary has lost are claimed again. If it has gone back, the primary has an old copy of the
 * zone, and each name is sent again. If the zone is optional, the primary may not have it or may refuse
 * updates of it. This is no failure, and the updater asks again after UPDATER_HELD.
 */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "wire/name.h"
#include "zone/zone.h"

#define UPDATER_RETRY_MIN (1 * NS_PER_S)
#define UPDATER_RETRY_MAX (300 * NS_PER_S)
#define UPDATER_HELD      (300 * NS_PER_S)
#define UPDATER_CHECK     (300 * NS_PER_S)

enum { UPDATER_ROW = 3 };

struct updater; /* opaque */

struct updater_config {
	const struct zone *zone;
	const uint8_t *apex; /* copied */
	const char *host;    /* our label; copied */
	uint64_t seed;       /* for the ids of messages */
	bool is_optional;    /* no failure if the primary does not have the zone */
	/* True if the primary is to get records of that type at that name; NULL: all. */
	bool (*takes)(void *arg, const uint8_t *name, uint16_t type);
	void (*on_held)(void *arg, const uint8_t *name); /* another host owns it; may be NULL */
	/* The primary refuses this name, from now on; may be NULL. */
	void (*on_refused)(void *arg, const uint8_t *name, int rcode);
	/* The primary has lost names, or has an old copy of them (`is_old`); may be NULL. */
	void (*on_lost)(void *arg, size_t count, bool is_old);
	void *arg;
};

/* NULL if out of memory, or if the names are too long. */
struct updater *updater_new(const struct updater_config *config) NONNULL MUSTCHECK;
void updater_free(struct updater *u);

/* Sets the view whose records the primary gets (wire/rrset.h). A change of it affects all names. */
void updater_set_view(struct updater *u, unsigned view) NONNULL;

/* The network may be another one: if the primary has not answered, it is asked UPDATER_RETRY_MIN after that, or at
 * once. */
void updater_hurry(struct updater *u) NONNULL;

/* Notes that something changed at that owner. */
void updater_touch(struct updater *u, const uint8_t *owner) NONNULL;

/* Writes the next message to send, unsigned. Returns its length, 0: none now. Its outcome must
 * be reported before the next one. */
size_t updater_poll(struct updater *u, ns_t now, uint8_t *out, size_t cap) NONNULL MUSTCHECK;
/* Processes the answer; NULL: there was none. An answer that is not verified is ignored, except
 * when it says that an optional zone does not exist: a server without the zone may not know its
 * keys. */
void updater_input(struct updater *u, ns_t now, const uint8_t *answer, size_t len, bool is_verified)
	NONNULL_ARGS(1);
ns_t updater_deadline(const struct updater *u) NONNULL;

struct updater_stats {
	size_t owned, held, queued, refused;
	uint64_t sent, done, failed; /* messages */
	uint64_t limited;            /* names over the limit in number or size */
	bool is_in_use;              /* the primary has the zone, as far as we know */
	bool is_failing;             /* all updates wait */
	int rcode;                   /* of the last failure; -1: no answer */
};
struct updater_stats updater_stats(const struct updater *u) NONNULL;
