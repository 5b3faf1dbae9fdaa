/* SPDX-License-Identifier: ISC */
/* What source.c has to hear of a journal's zones. */
#pragma once

#include "transfer/journal_zone.h"

/* That owner is about to change. */
void source_before_change(struct journal *j, const uint8_t *owner) NONNULL;

/* The zone's snapshots are of no use any more: it is no more, or its borders have changed. */
void source_forget(struct journal *j, struct jzone *z) NONNULL;

/* The zone has a new serial. */
void source_advance(struct journal *j, struct jzone *z) NONNULL;
