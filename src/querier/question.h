/* SPDX-License-Identifier: ISC */
/*
 * When a question is asked (RFC 6762 §5.2), and when another host's question counts as ours (§7.3).
 *
 *	          querier_ask, link up, restart          confirm: doubted records
 *	                    │ 20–120 ms                          │ 20–120 ms, 1 s, 2 s
 *	                    ▼                                    ▼
 *	   ┌──────────── due ──────────────────────────────► PENDING ◄──── refresh: 80, 85, 90, 95 % of a TTL
 *	   │                                    on each lane     │
 *	   │ 1 s, 2 s, 4 s … an hour          sent, or spared ◄──┘
 *	   └──────────────────────────────────────────┘
 *
 * A question waits in qlink.pending until a message has room for it, at the pace of the link. The interval counts from
 * when it was sent. Progress: what is due becomes pending, and what is pending is sent or removed.
 */
#pragma once

#include "querier/cache.h"

/* Begins the continuous query of the set anew. `is_fresh`: the link has just come up, or the machine slept. */
void question_begin(struct qset *set, ns_t now, bool is_fresh) NONNULL;
/* Ends all that was to be asked about the set. */
void question_end(struct qset *set) NONNULL;
/* Makes the question pending on each lane, except where another host has asked it at `since` or later. */
void question_want(struct qset *set, ns_t now, ns_t since) NONNULL;
/* True if the question is pending, or was asked at `since` or later. */
bool question_is_asked(const struct qset *set, ns_t since) NONNULL;
/* Begins to ask three times about records that are doubted. */
void question_confirm(struct qset *set, ns_t now) NONNULL;
/* Does what is due by the times of the set. */
void question_due(struct qset *set, ns_t now) NONNULL;
/* Another host has asked on that lane, and would get what we would get. */
void question_seen(struct qset *set, enum lane lane, ns_t now) NONNULL;
/* The link has that lane no more: nothing is pending there. */
void question_lose_lane(struct qlink *link, enum lane lane, ns_t now) NONNULL;
/* The question is in a message that is sent on that lane. */
void question_sent(struct qset *set, enum lane lane, ns_t now) NONNULL;
