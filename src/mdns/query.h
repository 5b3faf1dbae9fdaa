/* SPDX-License-Identifier: ISC */
/*
 * Questions: which answer is sent, to whom, and by unicast or multicast (RFC 6762 §5 to §7).
 */
#pragma once

#include "mdns/message.h"

/* Answers the questions: immediately, or through respond_later(). */
void query_answer(struct query *q) NONNULL;
typedef void known_visitor(struct query *q, struct recset *set, struct mrecord *record, void *arg);
/* Calls `visit` for each record of ours that the message has as a known answer with at least
 * half of its TTL (§7.1). `r` must be at the answer section and is moved to its end. */
void query_each_known(struct query *q, struct rd *r, known_visitor *visit, void *arg)
	NONNULL_ARGS(1, 2, 3);
