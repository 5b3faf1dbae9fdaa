/* SPDX-License-Identifier: ISC */
/*
 * Owns what is known of others' questions without an answer.
 * Never asks anything: §10.5 forbids that.
 */
#include "querier/doubt.h"

static const ns_t answer_time = 10 * NS_PER_S, question_gap = NS_PER_S;

enum { QUESTIONS = 2 };

void doubt_note(struct qset *set, enum lane lane, ns_t now)
{
	struct doubt *doubt = &set->doubts[lane];
	if (list_is_empty(&set->records))
		return;
	if (doubt->count == 0)
		doubt->since = now;
	else if (now - doubt->last < question_gap)
		return; /* the same, or several hosts at once */
	doubt->last = now;
	if (++doubt->count == QUESTIONS)
		doubt->until = now + answer_time;
}

/* Each record costs a step here at most once for each ten seconds. */
static void sweep(struct qset *set, enum lane lane, ns_t since)
{
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		if (record->heard_at >= since)
			return;
		if (record->seen_at < since && record->lanes & 1 << lane)
			qrecord_remove(record, QUERIER_UNCONFIRMED);
	}
}

void doubt_due(struct qset *set, ns_t now)
{
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		struct doubt *doubt = &set->doubts[lane];
		if (doubt->until > now)
			continue;
		sweep(set, lane, doubt->since);
		*doubt = (struct doubt){.until = NS_NEVER};
	}
}
