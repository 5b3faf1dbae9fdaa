/* SPDX-License-Identifier: ISC */
/* The ordered indexes of all signed zones, as readers find them: a short list, replaced as a whole. */
#pragma once

#include "base/compiler.h"
#include "zone/garbage.h"
#include "zone/order.h"
#include "zone/table.h"

/* For readers, in a critical section. Returns the index of the owners that clients in `view` see of the zone with
 * that apex, NULL if the zone is not signed. */
const struct order *zone_order(
	const struct zone_reader *reader, const struct node *apex, unsigned view) NONNULL;

/* For the writer. Sets the index of the zone with that apex, and that of those owners that exist in the wan view,
 * where they are fewer (NULL: they are the same); both are shown then (order_show()). `order` NULL: the zone is
 * not signed any more, and its indexes may be freed after a grace period. The name is in lower case.
 * ERR_NOMEM: nothing has changed. */
int orders_put(struct zone_reader *reader, struct garbage *g, const uint8_t *apex,
	struct order *order, struct order *wan) NONNULL_ARGS(1, 2, 3) MUSTCHECK;

/* For the writer. The zone with that apex will be signed, and has no index yet: until orders_put() it is not known what it
 * has. ERR_NOMEM. */
int orders_begin(struct zone_reader *reader, struct garbage *g, const uint8_t *apex) NONNULL
	MUSTCHECK;

/* For readers, in a critical section. True if the name is in a zone that has just begun to be signed: nobody may say
 * that a name is not there. */
bool zone_is_beginning(const struct zone_reader *reader, const struct key *key) NONNULL;

/* Frees the list, but no index. No reader may be left. */
void orders_fini(struct zone_reader *reader) NONNULL;
