/* SPDX-License-Identifier: ISC */
/*
 * Owns the times of questions: the first one, the intervals, what is pending on which lane.
 * Never writes a message.
 */
#include "querier/question.h"

static const ns_t interval_min = NS_PER_S, interval_max = 3600 * NS_PER_S; /* §5.2 */

enum { CONFIRMATIONS = 3 /* §10.4: two or more in ten seconds */ };

static bool is_pending(const struct qset *set)
{
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (!list_is_empty(&set->pending[lane]))
			return true;
	return false;
}

void question_begin(struct qset *set, ns_t now, bool is_fresh)
{
	const struct qlink *link = set->link;
	set->interval = 0;
	set->begun_at = now;
	set->wants_unicast = is_fresh;
	set->ask_at = link->is_up ? ns_max(qlink_first_moment(set->link, now),
					    set->asked_at + interval_min)
				  : NS_NEVER;
}

void question_end(struct qset *set)
{
	set->ask_at = set->confirm_at = NS_NEVER;
	set->confirms_left = 0;
	for (int lane = 0; lane < LANE_COUNT; lane++)
		list_remove(&set->pending[lane]);
}

/* The question was asked on all lanes, by us or by another host: now the interval begins. */
static void question_settle(struct qset *set, ns_t now)
{
	if (is_pending(set))
		return;
	set->wants_unicast = false;
	if (set->interest > 0 && set->ask_at == NS_NEVER)
		set->ask_at = now + set->interval;
}

static void spare(struct qset *set, enum lane lane, ns_t now)
{
	set->is_spared[lane] = true;
	set->asked_at = now;
	set->link->q->stats.suppressed++;
}

void question_want(struct qset *set, ns_t now, ns_t since)
{
	struct qlink *link = set->link;
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		if (!(link->lanes & 1 << lane) || !list_is_empty(&set->pending[lane]))
			continue;
		/* Only once in a row: nobody shall keep us silent for long. */
		if (set->other_at[lane] >= since && !set->is_spared[lane])
			spare(set, lane, now);
		else
			list_append(&link->pending[lane], &set->pending[lane]);
	}
	question_settle(set, now);
}

bool question_is_asked(const struct qset *set, ns_t since)
{
	return is_pending(set) || set->asked_at >= since;
}

void question_confirm(struct qset *set, ns_t now)
{
	set->confirms_left = CONFIRMATIONS;
	set->confirm_gap = interval_min;
	set->confirm_at = qlink_first_moment(set->link, now);
}

/* A unique record that was said since the last question is all of the answer: its refresh asks again (§5.2). */
static bool is_answered(const struct qset *set)
{
	const struct qrecord *last = LIST_LAST(&set->records, const struct qrecord, of_set);
	return last && last->is_unique && !last->is_doubted && last->heard_at >= set->asked_at;
}

static void repeat(struct qset *set, ns_t now)
{
	const bool is_first = set->interval == 0;
	const ns_t since = is_first ? set->begun_at : now - set->interval / 2;
	set->interval = is_first ? interval_min : ns_min(2 * set->interval, interval_max);
	set->ask_at = now + set->interval;
	if (!is_first && is_answered(set))
		return;
	set->ask_at = NS_NEVER;
	question_want(set, now, since);
}

static void confirm(struct qset *set, ns_t now)
{
	set->confirm_at = --set->confirms_left > 0 ? now + set->confirm_gap : NS_NEVER;
	set->confirm_gap *= 2;
	question_want(set, now, NS_NEVER);
}

void question_due(struct qset *set, ns_t now)
{
	if (set->ask_at <= now)
		repeat(set, now);
	if (set->confirm_at <= now)
		confirm(set, now);
}

void question_seen(struct qset *set, enum lane lane, ns_t now)
{
	set->other_at[lane] = now;
	if (list_is_empty(&set->pending[lane]) || set->is_spared[lane])
		return;
	list_remove(&set->pending[lane]);
	spare(set, lane, now);
	question_settle(set, now);
}

void question_sent(struct qset *set, enum lane lane, ns_t now)
{
	list_remove(&set->pending[lane]);
	set->is_spared[lane] = false;
	set->asked_at = now;
	if (set->wants_unicast)
		set->unicast_at = now;
	set->link->q->stats.asked++;
	question_settle(set, now);
}

void question_lose_lane(struct qlink *link, enum lane lane, ns_t now)
{
	LIST_EACH(set, &link->pending[lane], struct qset, pending[lane]) {
		list_remove(&set->pending[lane]);
		question_settle(set, now);
		qset_release(set);
	}
}
