/* SPDX-License-Identifier: ISC */
/* The events that journal.c reports to source.c. */
#pragma once

#include "transfer/journal_zone.h"

/* To be called before that owner changes. */
void source_before_change(struct journal *j, const uint8_t *owner) NONNULL;

/* Drops the snapshots of the zone, because it was removed or its borders have changed. */
void source_forget(struct journal *j, struct jzone *z) NONNULL;

/* To be called when the zone has a new serial. */
void source_advance(struct journal *j, struct jzone *z) NONNULL;
