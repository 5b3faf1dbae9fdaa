/* SPDX-License-Identifier: ISC */
/*
 * One walk over the store that makes the images of several zones, a bounded piece at a time, while
 * the store changes in between: each image is of the serial at which the walk began. An owner that
 * is about to change is put into its image as it still is, and passed by when the walk comes there.
 *
 *	begin ──► survey_work() … each turn ──► done
 *	              │ the store has moved to another table
 *	              └──► the walk is lost: all images are begun anew
 *
 * Progress rule: each call passes a number of slots. Tables are moved when their number of names has
 * changed by a part of it, so that ever fewer are lost.
 */
#pragma once

#include "transfer/image.h"
#include "zone/zone.h"

struct survey; /* opaque */

/* The images that an owner's records belong to, either NULL: that of the zone which it is in, and if
 * that zone begins there, that of the zone above, which has its NS (RFC 1034 §4.2.1). */
struct survey_images {
	struct image *own, *above;
};

/* Begins one. `images_of` is asked for each owner. NULL if out of memory, or the store does not let
 * itself be walked now: then later. */
struct survey *survey_new(struct zone *zone, uint64_t seed,
	struct survey_images (*images_of)(void *arg, const uint8_t *owner), void *arg)
	NONNULL_ARGS(1, 3) MUSTCHECK;
void survey_free(struct survey *s);

/* That owner changes after this call. ERR_NOMEM: the survey is void. */
int survey_before_change(struct survey *s, const uint8_t *owner) NONNULL MUSTCHECK;

/* Goes on. 1: there is more; 0: done; ERR_ABSENT: the walk is lost; ERR_NOMEM: the images have
 * their own errors beside. */
int survey_work(struct survey *s) NONNULL MUSTCHECK;
