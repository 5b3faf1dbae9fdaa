/* SPDX-License-Identifier: ISC */
/*
 * Signatures outlive the daemon, in a file of the state directory: a start takes those of what is as it was, and has the
 * signer make the others. Without the file everything is made anew.
 *
 *	start                    first pass over the zones           ready
 *	keeper ──► file ──► map ──► zone_use_kept ─────────────────► the map is freed; written when much is new
 *
 * What is taken is not verified, but for a sample: that would take longer than to sign. It is found by what it is of
 * (dnssec/kept.h). Who can write the file can also write that of updates, and the zone says what is in there.
 */
#pragma once

#include "base/compiler.h"
#include "dnssec/keyset.h"
#include "io/log.h"
#include "ontap-zone/keeper.h"
#include "zone/sign.h"

struct signatures_config {
	struct zone *zone;
	struct keeper **keeper; /* NULL there: it has ended */
	const struct log *log;
	/* Something was taken: the next flush may publish it. */
	void (*on_taken)(void *arg);
	void *arg;
};

struct signatures; /* opaque */

/* Lets the zone take signatures. NULL if out of memory. */
struct signatures *signatures_new(const struct signatures_config *config) NONNULL MUSTCHECK;
void signatures_free(struct signatures *s);

/* What the keeper has read, which is taken over. */
void signatures_load(struct signatures *s, struct buf *file) NONNULL;
/* The keys of a zone; it is not served any more. */
void signatures_keys(struct signatures *s, const struct keyset *keys) NONNULL;
void signatures_leave(struct signatures *s, const uint8_t *apex) NONNULL;
/* The signer has made so many. */
void signatures_made(struct signatures *s, size_t count) NONNULL;

/* All is signed: nothing more is taken, and the file may be written from now on. */
void signatures_open(struct signatures *s) NONNULL;
/* Goes on with the writing, if much is new. */
void signatures_poll(struct signatures *s, ns_t now) NONNULL;
ns_t signatures_deadline(const struct signatures *s) NONNULL;
/* The outcome of a write. */
void signatures_written(struct signatures *s, int err) NONNULL;
/* At the end: passes the file to the keeper, if much is new. */
void signatures_finish(struct signatures *s) NONNULL;
