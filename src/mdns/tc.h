/* SPDX-License-Identifier: ISC */
/*
 * Queries whose known answers go on in further packets (RFC 6762 §7.2).
 */
#pragma once

#include "mdns/message.h"

/* Keeps the query until its known answers are complete; false if there is no room (§7.2). */
bool continued_add(struct query *q) NONNULL;
/* Adds known answers that came from the same source; false if it has nothing pending. */
bool continued_extend(struct query *q) NONNULL;
/* Answers those whose wait is over. */
void continued_poll(struct mlink *link, ns_t now) NONNULL;
/* Drops those of the link. */
void continued_clear(struct mlink *link) NONNULL;
