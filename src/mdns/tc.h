/* SPDX-License-Identifier: ISC */
/*
 * Queries whose known answers continue in further packets (RFC 6762 §7.2).
 */
#pragma once

#include "mdns/message.h"

/* Keeps the query until its known answers are complete (§7.2). Returns false if there is no
 * room. */
bool continued_add(struct query *q) NONNULL;
/* Adds known answers from the same source to its pending query. Returns false if it has none. */
bool continued_extend(struct query *q) NONNULL;
/* Answers the kept queries whose waiting time is over. */
void continued_poll(struct mlink *link, ns_t now) NONNULL;
/* Drops the kept queries of the link. */
void continued_clear(struct mlink *link) NONNULL;
