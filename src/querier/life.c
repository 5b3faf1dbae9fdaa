/* SPDX-License-Identifier: ISC */
/*
 * Owns the timers of records.
 * Never looks at a message.
 */
#include "querier/life.h"

#include "base/random.h"
#include "querier/question.h"

enum {
	REFRESHES = 4,
	PERCENT_FIRST = 80,
	PERCENT_STEP = 5,
	SPREAD_ONE = 65536,
	SPREAD_MAX = SPREAD_ONE * 2 / 100
}; /* §5.2 */

static const ns_t leave_time = NS_PER_S, doubt_time = 10 * NS_PER_S;
/* A refresh is spared if we, or another host, have asked so recently. */
static const ns_t question_gap = NS_PER_S;

static ns_t ttl_of(const struct qrecord *record)
{
	return record->ttl_s * NS_PER_S;
}

/* When the window begins in which the record is asked for the next time. */
static ns_t refresh_from(const struct qrecord *record)
{
	return record->heard_at +
	       ttl_of(record) / 100 * (PERCENT_FIRST + PERCENT_STEP * record->refreshes);
}

static ns_t refresh_at(const struct qrecord *record)
{
	return refresh_from(record) + ttl_of(record) / SPREAD_ONE * record->spread;
}

static void life_touch(struct qrecord *record)
{
	bool is_asked_for = record->set->interest > 0 && !record->is_leaving &&
			    !record->is_doubted && record->refreshes < REFRESHES;
	ns_t at = is_asked_for ? refresh_at(record) : record->expires_at;
	heap_put(&record->set->link->lives, &record->timer, at);
}

/* Those whose time has come, or has passed unnoticed, are not to be asked any more. */
static void skip_refreshes(struct qrecord *record, ns_t now)
{
	while (record->refreshes < REFRESHES && refresh_at(record) <= now)
		record->refreshes++;
}

void life_touch_all(struct qset *set, ns_t now)
{
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		skip_refreshes(record, now);
		life_touch(record);
	}
}

uint16_t life_spread(struct querier *q)
{
	return (uint16_t)random_between(&q->random_state, 0, SPREAD_MAX);
}

void life_said(struct qrecord *record, const struct said *said, bool is_new)
{
	struct qset *set = record->set;
	const struct querier *q = set->link->q;
	const enum lane lane = lane_of(&said->from->peer);
	const uint8_t lane_bit = said->from->is_multicast ? (uint8_t)(1 << lane) : 0;
	if (!is_new) {
		set->live_count += record->is_leaving;
		list_remove(&record->of_set);
		list_append(&set->records, &record->of_set);
	}
	/* A host with both families says it twice at about the same time. */
	bool is_other_lane = !is_new && said->now - record->heard_at < NS_PER_S;
	record->lanes = is_other_lane ? record->lanes | lane_bit : lane_bit;
	record->heard_at = record->seen_at = said->now;
	record->ttl_s = said->ttl_s < LIMIT_QUERIER_TTL_S ? said->ttl_s : LIMIT_QUERIER_TTL_S;
	record->expires_at = said->now + ttl_of(record);
	record->last_lane = lane;
	record->peers[lane] = said->from->peer;
	record->is_unique = said->is_unique;
	record->is_leaving = record->is_doubted = false;
	record->refreshes = record->unanswered = 0;
	record->spread = said->spread;
	life_touch(record);
	struct querier_record view = qrecord_view(record);
	if (q->events.on_record)
		q->events.on_record(q->arg, &view, is_new);
}

void life_leave(struct qrecord *record, enum querier_end why, ns_t now)
{
	struct qset *set = record->set;
	if (record->is_leaving)
		return;
	record->is_leaving = true;
	record->why = why;
	record->expires_at = ns_min(record->expires_at, now + leave_time);
	list_remove(&record->of_set);
	list_append(&set->leaving, &record->of_set);
	set->live_count--;
	life_touch(record);
}

void life_doubt_all(struct qset *set, ns_t now)
{
	LIST_EACH(record, &set->records, struct qrecord, of_set) {
		record->is_doubted = true;
		record->expires_at = ns_min(record->expires_at, now + doubt_time);
		life_touch(record);
	}
}

bool life_is_known(const struct qrecord *record, ns_t now)
{
	return !record->is_leaving && !record->is_doubted &&
	       record->expires_at - now > ttl_of(record) / 2;
}

static void refresh(struct qrecord *record, ns_t now)
{
	/* One question is for all records of the set whose windows have begun; and for a second, whatever the TTL is. */
	const ns_t since = ns_min(refresh_from(record), now - question_gap);
	if (!question_is_asked(record->set, since))
		question_want(record->set, now, now - question_gap);
	record->unanswered++;
	skip_refreshes(record, now);
	life_touch(record);
}

struct qset *life_due(struct qrecord *record, ns_t now)
{
	struct qset *set = record->set;
	if (record->expires_at > now)
		refresh(record, now);
	else
		qrecord_remove(record, record->is_leaving   ? record->why
				       : record->is_doubted ? QUERIER_UNCONFIRMED
							    : QUERIER_EXPIRED);
	return set;
}
