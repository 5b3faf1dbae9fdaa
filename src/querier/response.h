/* SPDX-License-Identifier: ISC */
/*
 * Responses of others: which count, and what they change (RFC 6762 §6, §10).
 */
#pragma once

#include "querier/message.h"

/* True if the response may be heard: from port 5353, and asked for if it is not to the group (§6). */
bool response_may_count(struct message *m) NONNULL;
/* Takes its records into the cache. */
void response_take(struct message *m) NONNULL;
/* Only notes which records of the cache it has. */
void response_see(struct message *m) NONNULL;
/* True if response_take() would change more than some times. */
bool response_is_news(struct message *m) NONNULL;
