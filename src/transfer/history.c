/* SPDX-License-Identifier: ISC */
/*
 * Owns the steps of one zone, and makes a step from the pending changes.
 * Never knows which zone it is, or which client asks.
 */
#include "transfer/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "wire/name.h"

enum { VIEWS = 2 };

void history_init(struct history *h)
{
	*h = (struct history){0};
	list_init(&h->steps);
}

void history_forget_oldest(struct history *h)
{
	if (list_is_empty(&h->steps))
		return;
	struct step *step = container_of(h->steps.next, struct step, in_history);
	list_remove(&step->in_history);
	h->step_count--;
	h->bytes -= step->records->len;
	records_unref(step->records);
	free(step);
}

static void clear_pending(struct history *h)
{
	buf_fini(&h->pending);
	h->pending_count = 0;
	h->is_broken = false;
}

void history_forget(struct history *h)
{
	while (!list_is_empty(&h->steps))
		history_forget_oldest(h);
	clear_pending(h);
}

void history_fini(struct history *h)
{
	history_forget(h);
	free(h->given);
	h->given = NULL;
}

void history_note(struct history *h, bool is_added, const struct record *r, size_t cap)
{
	uint8_t head = is_added;
	if (h->is_broken)
		return;
	buf_add(&h->pending, &head, sizeof(head));
	records_add(&h->pending, r);
	h->pending_count++;
	if (h->pending.err || h->pending.len > cap) {
		clear_pending(h);
		h->is_broken = true;
	}
}

/* A pending change; `order` is its place in time. */
struct saying {
	struct record record;
	bool is_added;
	size_t order;
};

static int same_record_cmp(const struct saying *a, const struct saying *b)
{
	int order = name_cmp(a->record.owner, b->record.owner);
	if (order)
		return order;
	if (a->record.type != b->record.type)
		return a->record.type < b->record.type ? -1 : 1;
	return rdata_cmp(a->record.rdata.bytes, a->record.rdata.len, b->record.rdata.bytes,
		b->record.rdata.len);
}

static int saying_cmp(const void *a, const void *b)
{
	const struct saying *x = a, *y = b;
	int order = same_record_cmp(x, y);
	return order ? order : x->order < y->order ? -1 : 1;
}

/* Returns the pending changes, sorted by record and then by time. NULL if out of memory. */
static struct saying *sort_pending(const struct history *h)
{
	struct saying *sayings = calloc(h->pending_count + 1, sizeof(*sayings));
	struct rd r = rd_init(buf_text(&h->pending), h->pending.len);
	if (!sayings)
		return NULL;
	for (size_t i = 0; i < h->pending_count; i++) {
		sayings[i].is_added = rd_u8(&r);
		rd_record(&r, &sayings[i].record);
		sayings[i].order = i;
	}
	qsort(sayings, h->pending_count, sizeof(*sayings), saying_cmp);
	return sayings;
}

/* The sum of all pending changes of one record in one view. */
struct outcome {
	bool is_said;
	bool was_there, is_there;
	uint32_t ttl_before, ttl_after;
};

static struct outcome outcome_in(const struct saying *s, size_t count, unsigned view)
{
	struct outcome o = {0};
	for (size_t i = 0; i < count; i++) {
		if (!(s[i].record.view & view))
			continue;
		if (!o.is_said && !s[i].is_added) {
			o.was_there = true;
			o.ttl_before = s[i].record.ttl;
		}
		o.is_said = true;
		o.is_there = s[i].is_added;
		o.ttl_after = s[i].record.ttl;
	}
	/* A record that is back as it was is left out. */
	if (o.was_there && o.is_there && o.ttl_before == o.ttl_after)
		o.was_there = o.is_there = false;
	return o;
}

/* Adds the record to the removed or the added ones; only once, if both views changed
 * in the same way. */
static void add_outcome(struct buf *went, struct buf *came, const struct saying *s, size_t count)
{
	struct record record = s->record;
	struct outcome o[VIEWS];
	for (unsigned v = 0; v < VIEWS; v++)
		o[v] = outcome_in(s, count, 1u << v);
	bool is_same_loss = o[0].was_there && o[1].was_there && o[0].ttl_before == o[1].ttl_before;
	bool is_same_gain = o[0].is_there && o[1].is_there && o[0].ttl_after == o[1].ttl_after;
	for (unsigned v = 0; v < VIEWS; v++) {
		record.view = (uint8_t)(is_same_loss ? VIEW_ANY : 1u << v);
		record.ttl = o[v].ttl_before;
		if (o[v].was_there && !(is_same_loss && v > 0))
			records_add(went, &record);
		record.view = (uint8_t)(is_same_gain ? VIEW_ANY : 1u << v);
		record.ttl = o[v].ttl_after;
		if (o[v].is_there && !(is_same_gain && v > 0))
			records_add(came, &record);
	}
}

static void settle(const struct saying *sayings, size_t count, struct buf *went, struct buf *came)
{
	for (size_t i = 0, n; i < count; i += n) {
		n = 1;
		while (i + n < count && same_record_cmp(&sayings[i], &sayings[i + n]) == 0)
			n++;
		add_outcome(went, came, &sayings[i], n);
	}
}

/* Returns the records of a step. NULL if out of memory. */
static struct records *make_step(
	const struct history *h, const struct records *soa_before, const struct records *soa_after)
{
	struct saying *sayings = h->is_broken ? NULL : sort_pending(h);
	struct buf all = {0}, came = {0};
	if (!sayings)
		return NULL;
	buf_add(&all, soa_before->bytes, soa_before->len);
	settle(sayings, h->pending_count, &all, &came);
	buf_add(&all, soa_after->bytes, soa_after->len);
	buf_add(&all, came.bytes, came.len);
	if (came.err)
		all.err = came.err;
	struct records *made = records_new(&all);
	buf_fini(&all);
	buf_fini(&came);
	free(sayings);
	return made;
}

void history_close(struct history *h, uint32_t from, uint32_t to, const struct records *soa_before,
	const struct records *soa_after)
{
	struct step *step = calloc(1, sizeof(*step));
	uint8_t given = h->given_now;
	h->given_now = 0;
	if (step)
		step->records = make_step(h, soa_before, soa_after);
	if (!step || !step->records) {
		free(step);
		history_forget(h);
		return;
	}
	step->from = from;
	step->to = to;
	step->given = given;
	list_append(&h->steps, &step->in_history);
	h->step_count++;
	h->bytes += step->records->len;
	clear_pending(h);
}

struct step *history_from(const struct history *h, uint32_t serial)
{
	LIST_EACH(step, &h->steps, struct step, in_history) {
		if (step->from == serial)
			return step;
	}
	return NULL;
}

static struct given *find_given(const struct history *h, const struct addr *client)
{
	for (unsigned i = 0; h->given && i < LIMIT_JOURNAL_CLIENTS; i++)
		if (h->given[i].view && addr_equal(&h->given[i].client, client))
			return &h->given[i];
	return NULL;
}

void history_note_given(struct history *h, uint32_t serial, const struct addr *client, uint8_t view)
{
	struct given *given = find_given(h, client);
	struct step *step = history_from(h, serial);
	if (!h->given)
		h->given = calloc(LIMIT_JOURNAL_CLIENTS, sizeof(*h->given));
	if (step)
		step->given |= view;
	else
		h->given_now |= view;
	if (!given && h->given)
		given = &h->given[h->given_next++ % LIMIT_JOURNAL_CLIENTS];
	if (given)
		*given = (struct given){*client, serial, view};
}

bool history_has_misplaced(const struct history *h, uint32_t serial,
	unsigned (*view_of)(void *arg, const struct addr *client), void *arg)
{
	for (unsigned i = 0; h->given && i < LIMIT_JOURNAL_CLIENTS; i++) {
		const struct given *given = &h->given[i];
		if (given->view && given->serial == serial &&
			view_of(arg, &given->client) != given->view)
			return true;
	}
	return false;
}

bool history_is_followed(
	const struct history *h, const struct step *first, const struct addr *client, uint8_t view)
{
	const struct given *given = find_given(h, client);
	if (given && given->serial == first->from)
		return given->view == view;
	return first->given == view;
}
