/* SPDX-License-Identifier: ISC */
/*
 * Owns the names of the zone: states and addresses.
 * Never reads a packet.
 */
#include "collect/label.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "collect/ask.h"
#include "collect/ckey.h"
#include "collect/heard.h"

/* What no timer counts any more: a hundred years. */
#define LONGEST_S UINT64_C(3000000000)

static void mark_dirty(struct collect *c, struct label *l)
{
	list_remove(&l->in_dirty);
	list_append(&c->dirty, &l->in_dirty);
}

static void arm(struct collect *c, struct label *l)
{
	const ns_t at = l->has_put ? l->until : ns_min(l->until, c->now + NS_PER_S);
	if (at == NS_NEVER)
		heap_remove(&c->label_timers, &l->timer);
	else
		heap_put(&c->label_timers, &l->timer, at);
}

static void tell_of(const struct collect *c, const struct label *l, enum collect_news_type type)
{
	struct collect_news news = news_of_key(type, l->key);
	news.label = l->text;
	news.state = l->state;
	news.word = l->word;
	tell(c, &news);
}

/* What is put. */

void label_put(struct collect *c, struct label *l)
{
	const bool exists = l->word == COLLECT_LINK;
	const bool has_addrs = exists && (l->state != COLLECT_AWAY || c->away == COLLECT_KEEP);
	const uint32_t ttl_s = l->state == COLLECT_HERE ? COLLECT_TTL_HERE_S : COLLECT_TTL_GONE_S;
	const bool is_same =
		l->put_exists == exists &&
		(!exists || (l->has_put && l->put_has_addrs == has_addrs && l->put_ttl_s == ttl_s));
	l->has_put = is_same || c->sink.put(c->sink.arg, l->text, l->addrs,
					has_addrs ? l->count : 0, ttl_s, exists) == 0;
	if (l->has_put && !is_same) {
		l->put_exists = exists;
		l->put_has_addrs = has_addrs;
		l->put_ttl_s = ttl_s;
	}
	arm(c, l);
}

bool label_set_addrs(struct collect *c, struct label *l, const struct addr *addrs, size_t count)
{
	const size_t bytes = count * sizeof(*addrs);
	if (count == l->count && (count == 0 || memcmp(addrs, l->addrs, bytes) == 0))
		return true;
	if (ARRAY_RESERVE(l->addrs, l->cap, count))
		return false;
	if (count > 0)
		memcpy(l->addrs, addrs, bytes);
	l->count = count;
	l->has_put = false;
	mark_dirty(c, l);
	return true;
}

/* States. */

void label_set_state(struct collect *c, struct label *l, enum collect_state state, ns_t until)
{
	const bool is_new = l->state != state;
	l->until = until;
	if (is_new) {
		l->state = state;
		l->since_s = c->now_s;
		l->state_at = c->now;
		tell_of(c, l, COLLECT_NEWS_STATE);
	}
	mark_dirty(c, l);
	arm(c, l);
	label_put(c, l);
	LIST_EACH(s, &l->said, struct said, of_label)
		ask_said(c, s);
}

void label_set_word(struct collect *c, struct label *l, enum collect_word word)
{
	if (l->word == word)
		return;
	l->word = word;
	mark_dirty(c, l);
	tell_of(c, l, COLLECT_NEWS_WORD);
	label_put(c, l);
}

ns_t label_keep_left(const struct collect *c, const struct label *l)
{
	const uint64_t keep_s = c->keep_s < LONGEST_S ? c->keep_s : LONGEST_S;
	const uint64_t gone_s = c->now_s > l->since_s ? c->now_s - l->since_s : 0;
	return gone_s < keep_s ? (ns_t)(keep_s - gone_s) * NS_PER_S : 0;
}

ns_t label_lease_end(const struct collect *c, uint64_t lease_s)
{
	return lease_s == 0 || lease_s > LONGEST_S ? NS_NEVER : c->now + (ns_t)lease_s * NS_PER_S;
}

void label_set_away(struct collect *c, struct label *l)
{
	l->since_s = c->now_s;
	label_set_state(c, l, COLLECT_AWAY, c->now + label_keep_left(c, l));
}

bool label_is_over(struct collect *c, struct label *l)
{
	if (!l->has_put)
		label_put(c, l);
	if (c->now < l->until) {
		arm(c, l);
		return false;
	}
	switch (l->state) {
	case COLLECT_SILENT:
		label_set_away(c, l);
		label_refresh(c, l);
		return false;
	case COLLECT_MOVED:
		if (c->away == COLLECT_WITHDRAW)
			label_set_word(c, l, COLLECT_LINK);
		label_set_away(c, l);
		label_refresh(c, l);
		return false;
	case COLLECT_AWAY:
		/* By both clocks: either may have been wrong. */
		if (label_keep_left(c, l) == 0)
			return true;
		l->until = c->now + label_keep_left(c, l);
		arm(c, l);
		return false;
	case COLLECT_HERE:
	case COLLECT_STATE_COUNT: break;
	}
	l->until = NS_NEVER;
	arm(c, l);
	return false;
}

/* What links say of it, all together. */

struct sum {
	size_t live, late; /* addresses within their TTLs, and beyond */
	size_t count;
	struct addr addrs[LIMIT_COLLECT_ADDRS];
};

static bool is_late_to_go(const struct heard_addr *a, const void *arg)
{
	return heard_grace_end(a) <= *(const ns_t *)arg;
}

static bool is_any(const struct heard_addr *a, const void *arg)
{
	(void)a;
	(void)arg;
	return true;
}

/* What is left of them is to be settled. */
static void remove_from_all(struct collect *c, struct label *l, struct heard_test test)
{
	LIST_EACH(s, &l->said, struct said, of_label)
		for (struct heard *h = s->heard; h; h = h->next)
			if (heard_remove(h, test) > 0)
				heap_put(&c->said_timers, &s->timer, c->now);
}

/* Adds the address in its place. */
static void sum_add(struct sum *sum, const struct addr *a)
{
	size_t at = sum->count;
	while (at > 0 && addr_cmp(&sum->addrs[at - 1], a) > 0)
		at--;
	STEPS(1 + sum->count - at);
	if ((at > 0 && addr_equal(&sum->addrs[at - 1], a)) || sum->count == LIMIT_COLLECT_ADDRS)
		return;
	memmove(&sum->addrs[at + 1], &sum->addrs[at], (sum->count - at) * sizeof(*a));
	sum->addrs[at] = *a;
	sum->count++;
}

static void count_up(const struct collect *c, const struct label *l, struct sum *ret)
{
	ret->live = ret->late = 0;
	LIST_EACH(s, &l->said, struct said, of_label)
		for (const struct heard *h = s->heard; h; h = h->next)
			for (size_t i = 0; i < h->count; i++) {
				const struct heard_addr *a = &h->addrs[i];
				const bool is_on = life_is_on(&a->life, c->now);
				ret->live += !a->is_leaving && is_on;
				ret->late += !a->is_leaving && !is_on;
			}
}

static void sum_up(const struct label *l, struct sum *ret)
{
	ret->count = 0;
	LIST_EACH(s, &l->said, struct said, of_label)
		for (const struct heard *h = s->heard; h; h = h->next)
			for (size_t i = 0; i < h->count; i++)
				sum_add(ret, &h->addrs[i].addr);
}

/* In HERE, an address that has ended goes when it is late by a quarter of its TTL, while others are said: with the last
 * one, all stay, in SILENT. One that leaves stays for a second (RFC 6762 §10.1), or its name goes AWAY with it as the
 * last one, and keeps it as such. */
void label_refresh(struct collect *c, struct label *l)
{
	struct sum sum;
	count_up(c, l, &sum);
	if (sum.live > 0 || l->state == COLLECT_MOVED)
		remove_from_all(c, l, (struct heard_test){is_late_to_go, &c->now});
	if (sum.live > 0) {
		sum_up(l, &sum);
		(void)label_set_addrs(c, l, sum.addrs, sum.count);
		if (l->word == COLLECT_UPDATE && l->state == COLLECT_MOVED)
			return;
		if (l->state != COLLECT_HERE)
			label_set_state(c, l, COLLECT_HERE, NS_NEVER);
		label_set_word(c, l, COLLECT_LINK);
		label_put(c, l);
	} else if (l->state == COLLECT_HERE && sum.late > 0) {
		label_set_state(c, l, COLLECT_SILENT, c->now + SILENT_S * NS_PER_S);
	} else if (sum.late == 0 && (l->state == COLLECT_HERE || l->state == COLLECT_SILENT)) {
		label_set_away(c, l);
	}
	if (l->state == COLLECT_AWAY)
		remove_from_all(c, l, (struct heard_test){is_any, NULL});
}

/* Whose it is. */

struct label *label_add(struct collect *c, struct ckey *key, const struct wire_label *name)
{
	struct label *l = NULL;
	if (!ckey_has_room(key, key->label_count, c->labels.count, c->first_labels) ||
		!(l = calloc(1, sizeof(*l))))
		return NULL;
	l->wire = *name;
	if (map_add(&c->labels, &l->in_labels, wire_label_hash(c->seed, name))) {
		free(l);
		return NULL;
	}
	memcpy(l->text, name->bytes + 1, name->bytes[0]);
	l->key = key;
	l->counts_as_first = ckey_counts_as_first(key);
	l->state = COLLECT_AWAY;
	l->word = COLLECT_LINK;
	l->until = NS_NEVER;
	l->slot = SLOT_NONE;
	l->since_s = l->heard_s = c->now_s;
	l->has_put = true; /* nothing */
	list_init(&l->in_dirty);
	list_init(&l->said);
	list_append(&key->labels, &l->of_key);
	key->label_count++;
	c->first_labels += l->counts_as_first;
	return l;
}

static void note_gone(struct collect *c, const struct label *l)
{
	if (c->gone.len > LIMIT_COLLECT_GONE || c->gone.err)
		c->wants_all = true;
	else
		buf_printf(&c->gone, "G %s\n", l->text);
}

bool label_drop(struct collect *c, struct label *l)
{
	if (l->put_exists &&
		c->sink.put(c->sink.arg, l->text, NULL, 0, COLLECT_TTL_GONE_S, false) != 0)
		return false;
	tell_of(c, l, COLLECT_NEWS_GONE);
	note_gone(c, l);
	LIST_EACH(s, &l->said, struct said, of_label)
		label_detach(c, s);
	heap_remove(&c->label_timers, &l->timer);
	list_remove(&l->in_dirty);
	list_remove(&l->of_key);
	map_remove(&c->labels, &l->in_labels);
	l->key->label_count--;
	c->first_labels -= l->counts_as_first;
	c->free_round++;
	free(l->addrs);
	free(l->rival);
	free(l);
	return true;
}

static void tell_refusal(struct collect *c, const struct said *s, const char *text,
	enum refusal refusal, struct label *owned)
{
	static const enum collect_news_type types[] = {[REFUSED_CONFLICT] = COLLECT_NEWS_CONFLICT,
		[REFUSED_RIGHT] = COLLECT_NEWS_REFUSED,
		[REFUSED_FULL] = COLLECT_NEWS_FULL};
	struct collect_news news = news_of_key(types[refusal], s->key);
	news.label = text;
	c->stats.conflicts += refusal == REFUSED_CONFLICT;
	c->stats.refused += refusal == REFUSED_RIGHT;
	c->stats.full += refusal == REFUSED_FULL;
	if (owned) {
		news.rival = owned->key->signer.wire;
		owned->conflicts++;
		if (!owned->rival)
			owned->rival = malloc(sizeof(*owned->rival));
		if (owned->rival)
			*owned->rival = s->key->signer;
	}
	tell(c, &news);
}

bool label_attach(struct label *l, struct said *s)
{
	if (l->said_count >= LIMIT_COLLECT_SPOKEN)
		return false;
	list_append(&l->said, &s->of_label);
	l->said_count++;
	s->label = l;
	return true;
}

void label_detach(struct collect *c, struct said *s)
{
	c->free_round += s->label->said_count == LIMIT_COLLECT_SPOKEN;
	s->label->said_count--;
	list_remove(&s->of_label);
	s->label = NULL;
}

/* Finds the label, or makes it. */
static enum refusal judge(
	struct collect *c, struct said *s, char text[COLLECT_LABEL_CAP], struct label **ret)
{
	*ret = NULL;
	if (ckey_may_say(c, s->key, &s->wanted, text))
		return REFUSED_RIGHT;
	*ret = label_find(c, &s->wanted);
	if (*ret)
		return (*ret)->key == s->key ? REFUSED_NOT : REFUSED_CONFLICT;
	*ret = label_add(c, s->key, &s->wanted);
	if (!*ret)
		return REFUSED_FULL;
	tell_of(c, *ret, COLLECT_NEWS_NAME);
	return REFUSED_NOT;
}

struct label *label_claim(struct collect *c, struct said *s)
{
	char text[COLLECT_LABEL_CAP];
	struct label *l = s->label;
	const bool is_known = s->trust_round == c->trust_round &&
			      (l || (s->refusal && s->free_round == c->free_round));
	s->trust_round = c->trust_round;
	s->free_round = c->free_round;
	if (is_known)
		return l;
	enum refusal refusal = judge(c, s, text, &l);
	if (s->label && refusal)
		label_detach(c, s);
	if (!refusal && !s->label && !label_attach(l, s))
		refusal = REFUSED_FULL;
	/* What was refused for the same reason before was told. */
	if (refusal && refusal != s->refusal)
		tell_refusal(c, s, text, refusal, refusal == REFUSED_CONFLICT ? l : NULL);
	s->refusal = refusal;
	return refusal ? NULL : l;
}
