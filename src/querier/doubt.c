/* SPDX-License-Identifier: ISC */
/*
 * Owns what is known of others' questions without an answer.
 * Never asks anything: §10.5 forbids that.
 */
#include "querier/doubt.h"

static const ns_t answer_time = 10 * NS_PER_S, question_gap = NS_PER_S;

void doubt_note(struct qset *set, const struct addr *asker, ns_t now)
{
	struct doubt *doubt = &set->doubts[lane_of(asker)];
	if (list_is_empty(&set->records))
		return;
	set->link->has_doubts = true;
	if (doubt->count == 0)
		doubt->since = now;
	else if (now - doubt->last < question_gap)
		return; /* the same, or several hosts at once */
	doubt->last = now;
	if (doubt->count < DOUBT_QUESTIONS)
		doubt->askers[doubt->count] = *asker;
	if (++doubt->count == DOUBT_QUESTIONS)
		doubt->until = now + answer_time;
}

/* True if one of those who asked has said the record: not every host answers its own questions. */
static bool is_of_asker(const struct qrecord *record, const struct doubt *doubt, enum lane lane)
{
	for (unsigned i = 0; i < DOUBT_QUESTIONS; i++)
		if (addr_equal(&record->peers[lane], &doubt->askers[i]))
			return true;
	return false;
}

/* Each record costs a step here at most once for each ten seconds. */
static void sweep(struct qset *set, const struct doubt *doubt, enum lane lane)
{
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		if (record->heard_at >= doubt->since)
			return;
		if (record->seen_at < doubt->since && record->lanes & 1 << lane &&
			!is_of_asker(record, doubt, lane))
			qrecord_remove(record, QUERIER_UNCONFIRMED);
	}
}

void doubt_due(struct qset *set, ns_t now)
{
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		struct doubt *doubt = &set->doubts[lane];
		if (doubt->until > now)
			continue;
		sweep(set, doubt, lane);
		*doubt = (struct doubt){.until = NS_NEVER};
	}
}
