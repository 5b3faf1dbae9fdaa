/* SPDX-License-Identifier: ISC */
/*
 * Questions: who gets which answer, and by which way (RFC 6762 §5 to §7).
 */
#pragma once

#include "mdns/message.h"

/* Answers the questions: at once, or by respond_later(). */
void query_answer(struct query *q) NONNULL;
typedef void known_visitor(struct query *q, struct recset *set, struct mrecord *record, void *arg);
/* `visit` for each record of ours that the message has as a known answer with at least half of its
 * TTL (§7.1). `r` stands at the answer section, and behind it after. */
void query_each_known(struct query *q, struct rd *r, known_visitor *visit, void *arg)
	NONNULL_ARGS(1, 2, 3);
