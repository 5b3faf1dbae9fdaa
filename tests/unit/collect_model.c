/* SPDX-License-Identifier: ISC */
/*
 * Owns the naive collector.
 * Never calls the real one.
 */
#include "collect_model.h"

#include <string.h>

#include "base/err.h"

const char *const model_names[M_NAMES] = {"a", "b", "c", "d", "e"};
const char *const model_addrs[M_ADDRS] = {"10.1.2.3", "192.0.2.1", "192.0.2.2", "2001:db8::1",
	"2001:db8::2", "fe80::1", "198.51.100.1"};

enum { FUDGE = 300, BACKDATE = 60, VALID = 180, SILENCE = 120, LOCAL = 5, OUTSIDE = 6, NAME_E = 4 };

void model_begin(struct model *m, uint64_t t, enum collect_away away)
{
	*m = (struct model){.t = t, .away = away};
	for (int key = 0; key < M_FIRST; key++)
		m->keys[key].is_known = true;
}

static uint64_t wall(const struct model *m)
{
	return m->t + (uint64_t)m->offset;
}

static bool may_say(int key, int label)
{
	if (label == NAME_E)
		return false;
	const bool is_by_pattern = label == 1 || label == 2;
	return (key == M_PATTERNS) == is_by_pattern;
}

static bool is_v4(int addr)
{
	return addr < 3 || addr == OUTSIDE;
}

/* Lives. */

static uint64_t end_of(const struct model_addr *a)
{
	return a->at + a->ttl_s;
}

static bool is_past_grace(const struct model *m, const struct model_addr *a)
{
	/* In quarters of a second. */
	return 4 * m->t >= 4 * end_of(a) + (a->is_leaving ? 0 : a->ttl_s);
}

static bool is_ptr_on(const struct model *m, const struct model_said *s)
{
	return s->ptr_ttl_s > 0 && m->t < s->ptr_at + s->ptr_ttl_s;
}

static bool has_addrs(const struct model_said *s)
{
	for (int i = 0; i < M_ADDRS; i++)
		if (s->addrs[i].is_there)
			return true;
	return false;
}

/* True if that is said of the label by its key. */
static bool is_of(const struct model *m, int key, int name, int label)
{
	const struct model_said *s = &m->said[key][name];
	return m->labels[label].is_there && m->labels[label].key == key && s->is_there &&
	       s->is_whole && s->wanted == label && may_say(key, label);
}

/* Names. */

static void claim(struct model *m, int key, int label)
{
	struct model_label *l = &m->labels[label];
	if (l->is_there || !may_say(key, label))
		return;
	*l = (struct model_label){.is_there = true,
		.key = key,
		.state = COLLECT_AWAY,
		.word = COLLECT_LINK,
		.since_s = wall(m),
		.until = UINT64_MAX};
}

static bool wants(const struct model *m, int key, int label)
{
	for (int n = 0; n < M_NAMES; n++) {
		const struct model_said *s = &m->said[key][n];
		for (int i = 0; i < M_ADDRS; i++)
			if (s->is_there && s->is_whole && s->wanted == label &&
				s->addrs[i].is_there && !s->addrs[i].is_leaving &&
				m->t < end_of(&s->addrs[i]))
				return may_say(key, label);
	}
	return false;
}

static void claim_all(struct model *m)
{
	for (int label = 0; label < M_NAMES; label++) {
		const int chosen = m->owner_of(m->arg, label);
		if (chosen >= 0 && wants(m, chosen, label))
			claim(m, chosen, label);
		for (int key = 0; key < M_KEYS; key++)
			if (wants(m, key, label))
				claim(m, key, label);
	}
}

static void set_state(
	struct model *m, struct model_label *l, enum collect_state state, uint64_t until)
{
	if (l->state != state || state == COLLECT_AWAY)
		l->since_s = wall(m);
	l->state = state;
	l->until = until;
}

/* Calls for each address that is said of the label. */
#define EACH_ADDR(m, label, a)                                                                     \
	for (int key_ = 0; key_ < M_KEYS; key_++)                                                  \
		for (int name_ = 0; name_ < M_NAMES; name_++)                                      \
			for (struct model_addr *a = (m)->said[key_][name_].addrs;                  \
				is_of(m, key_, name_, label) &&                                    \
				a < (m)->said[key_][name_].addrs + M_ADDRS;                        \
				a++)                                                               \
				if (a->is_there)

static void refresh(struct model *m, int label)
{
	struct model_label *l = &m->labels[label];
	int live = 0, late = 0;
	EACH_ADDR(m, label, a)
	{
		live += !a->is_leaving && m->t < end_of(a);
		late += !a->is_leaving && m->t >= end_of(a);
	}
	if (live > 0 || l->state == COLLECT_MOVED)
		EACH_ADDR(m, label, a)
	a->is_there = !is_past_grace(m, a);
	if (live > 0) {
		memset(l->addrs, 0, sizeof(l->addrs));
		EACH_ADDR(m, label, a)
		l->addrs[a - m->said[key_][name_].addrs] = true;
		if (l->word == COLLECT_UPDATE && l->state == COLLECT_MOVED)
			return;
		l->word = COLLECT_LINK;
		set_state(m, l, COLLECT_HERE, UINT64_MAX);
	} else if (l->state == COLLECT_HERE && late > 0) {
		set_state(m, l, COLLECT_SILENT, m->t + SILENCE);
	} else if (late == 0 && (l->state == COLLECT_HERE || l->state == COLLECT_SILENT)) {
		set_state(m, l, COLLECT_AWAY, m->t + M_KEEP_S);
	}
	if (l->state == COLLECT_AWAY)
		EACH_ADDR(m, label, a)
	a->is_there = false;
}

/* Drops what is over of what has no name in the zone, and what has nothing left. */
static void tidy(struct model *m)
{
	for (int key = 0; key < M_KEYS; key++)
		for (int name = 0; name < M_NAMES; name++) {
			struct model_said *s = &m->said[key][name];
			const bool is_owned = s->is_there && is_of(m, key, name, s->wanted);
			for (int i = 0; i < M_ADDRS && !is_owned; i++)
				if (m->t >= end_of(&s->addrs[i]))
					s->addrs[i].is_there = false;
			if (!has_addrs(s) && !is_ptr_on(m, s))
				*s = (struct model_said){.is_there = false};
		}
}

static void settle(struct model *m)
{
	claim_all(m);
	for (int label = 0; label < M_NAMES; label++)
		if (m->labels[label].is_there)
			refresh(m, label);
	tidy(m);
}

/* Time. */

static uint64_t keep_left(const struct model *m, const struct model_label *l)
{
	const uint64_t gone = wall(m) > l->since_s ? wall(m) - l->since_s : 0;
	return gone < M_KEEP_S ? M_KEEP_S - gone : 0;
}

static void end_state(struct model *m, struct model_label *l)
{
	if (l->state == COLLECT_MOVED && m->away == COLLECT_WITHDRAW)
		l->word = COLLECT_LINK;
	if (l->state == COLLECT_SILENT || l->state == COLLECT_MOVED)
		set_state(m, l, COLLECT_AWAY, m->t + M_KEEP_S);
	else if (keep_left(m, l) > 0)
		l->until = m->t + keep_left(m, l);
	else
		l->is_there = false;
}

void model_tick(struct model *m)
{
	m->t++;
	settle(m);
	for (int label = 0; label < M_NAMES; label++)
		if (m->labels[label].is_there && m->t >= m->labels[label].until)
			end_state(m, &m->labels[label]);
	settle(m);
}

/* Packets. */

/* Returns what it says of that address of the name: the TTL; -1: nothing. */
static int64_t says(const struct model_packet *p, int name, int addr)
{
	for (int i = 0; i < p->count; i++) {
		const struct model_item *item = &p->items[i];
		if (item->type == M_ADDR && item->name == name && item->addr == addr)
			return item->ttl_s;
	}
	return -1;
}

static void take_addr(struct model *m, struct model_said *s, const struct model_item *item)
{
	struct model_addr *a = &s->addrs[item->addr];
	if (item->ttl_s == 0) {
		if (a->is_there && !a->is_leaving)
			*a = (struct model_addr){true, true, a->is_old, m->t, 1};
		return;
	}
	if (item->addr >= LOCAL) {
		s->has_outside |= item->addr == OUTSIDE;
		return;
	}
	for (int i = 0; i < M_ADDRS; i++)
		if (s->addrs[i].is_old && is_v4(i) == is_v4(item->addr))
			s->addrs[i].is_there = s->addrs[i].is_old = false;
	*a = (struct model_addr){true, false, false, m->t, item->ttl_s};
}

/* The other addresses of a family that is said go, unless they were said a moment ago. */
static void flush(struct model *m, const struct model_packet *p, int name)
{
	struct model_said *s = &m->said[p->key][name];
	for (int said = 0; said < LOCAL; said++)
		for (int i = 0; i < LOCAL && says(p, name, said) > 0; i++)
			if (is_v4(i) == is_v4(said) && says(p, name, i) < 0 &&
				!s->addrs[i].is_leaving && m->t - s->addrs[i].at >= 1)
				s->addrs[i].is_there = false;
}

static void take_item(struct model *m, int key, const struct model_item *item)
{
	struct model_said *s = &m->said[key][item->name];
	if (item->type == M_KEY || (!s->is_there && item->ttl_s == 0))
		return;
	s->is_there = true;
	if (item->type == M_ADDR) {
		take_addr(m, s, item);
	} else if (item->ttl_s == 0) {
		s->is_whole = false;
		s->ptr_ttl_s = 0;
	} else {
		s->is_whole = true;
		s->wanted = item->wanted;
		s->ptr_at = m->t;
		s->ptr_ttl_s = item->ttl_s;
	}
}

/* The link takes the word back for what the packet says. */
static void take_words(struct model *m, const struct model_packet *p)
{
	for (int name = 0; name < M_NAMES; name++)
		for (int addr = 0; addr < LOCAL; addr++) {
			const struct model_said *s = &m->said[p->key][name];
			struct model_label *l = &m->labels[s->wanted];
			if (says(p, name, addr) <= 0 || !is_of(m, p->key, name, s->wanted))
				continue;
			l->link_s = p->inception_s + BACKDATE;
			if (l->state != COLLECT_MOVED || l->link_s < l->update_s)
				continue;
			set_state(m, l, COLLECT_HERE, UINT64_MAX);
			l->word = COLLECT_LINK;
		}
}

static void take(struct model *m, const struct model_packet *p)
{
	for (int i = 0; i < p->count; i++)
		take_item(m, p->key, &p->items[i]);
	for (int name = 0; name < M_NAMES; name++)
		flush(m, p, name);
	settle(m);
	take_words(m, p);
	settle(m);
}

/* True if hearing it again is worth nothing: a quarter of the TTL is not over. */
static bool is_fresh(uint64_t at, uint32_t ttl_s, uint64_t at_new, uint32_t ttl_new)
{
	return ttl_s == ttl_new && (ttl_s == 0 || 4 * (at_new - at) < ttl_s);
}

static bool is_same_said(const struct model_said *a, const struct model_said *b)
{
	if (a->is_there != b->is_there || a->is_whole != b->is_whole || a->wanted != b->wanted ||
		a->has_outside != b->has_outside ||
		!is_fresh(a->ptr_at, a->ptr_ttl_s, b->ptr_at, b->ptr_ttl_s))
		return false;
	for (int i = 0; i < M_ADDRS; i++) {
		const struct model_addr *x = &a->addrs[i], *y = &b->addrs[i];
		if (x->is_there != y->is_there ||
			(x->is_there && (x->is_leaving != y->is_leaving || x->is_old != y->is_old ||
						!is_fresh(x->at, x->ttl_s, y->at, y->ttl_s))))
			return false;
	}
	return true;
}

static bool is_news(const struct model *m, const struct model_packet *p)
{
	struct model after = *m;
	take(&after, p);
	for (int name = 0; name < M_NAMES; name++)
		if (!is_same_said(&m->said[p->key][name], &after.said[p->key][name]) ||
			m->labels[name].state != after.labels[name].state)
			return true;
	return false;
}

static bool has_key(const struct model_packet *p)
{
	for (int i = 0; i < p->count; i++)
		if (p->items[i].type == M_KEY)
			return true;
	return false;
}

/* Whether the packet is of the right time, and new. */
static enum collect_verdict check_time(
	const struct model *m, struct model_key *k, const struct model_packet *p)
{
	const uint64_t now = wall(m);
	if (p->inception_s > now + FUDGE || now > p->inception_s + VALID + FUDGE)
		return COLLECT_UNTIMELY;
	if (k->floor_s > now + FUDGE)
		*k = (struct model_key){.is_known = k->is_known};
	for (int i = 0; i < k->seen_count; i++)
		if (k->seen[i] == p->id && p->inception_s == k->floor_s)
			return COLLECT_KNOWN;
	return p->inception_s < k->floor_s || (p->inception_s == k->floor_s && k->is_spent)
		       ? COLLECT_REPLAYED
		       : COLLECT_ACCEPTED;
}

enum collect_verdict model_input(struct model *m, const struct model_packet *p)
{
	struct model_key *k = &m->keys[p->key];
	const bool is_stranger = p->key == M_FIRST && !k->is_known;
	enum collect_verdict v = check_time(m, k, p);
	if (v != COLLECT_ACCEPTED)
		return v;
	if (is_stranger && !has_key(p))
		return COLLECT_STRANGER;
	if (!is_stranger && !is_news(m, p))
		return COLLECT_KNOWN;
	if (p->inception_s > k->floor_s) {
		k->floor_s = p->inception_s;
		k->seen_count = 0;
		k->is_spent = false;
	}
	k->seen[k->seen_count++] = p->id;
	k->is_known = true;
	take(m, p);
	return COLLECT_ACCEPTED;
}

/* Updates, and what is forgotten. */

int model_update(struct model *m, int key, int label, uint64_t lease_s, bool has_addrs)
{
	struct model_label *l = &m->labels[label];
	if (!m->keys[key].is_known)
		return ERR_ABSENT;
	if (!may_say(key, label))
		return ERR_DENIED;
	if (l->is_there && l->key != key)
		return ERR_EXISTS;
	if (!l->is_there && !has_addrs)
		return 0;
	claim(m, key, label);
	l->update_s = m->t;
	if (has_addrs && (l->state != COLLECT_HERE || l->update_s >= l->link_s)) {
		set_state(m, l, COLLECT_MOVED, lease_s ? m->t + lease_s : UINT64_MAX);
		l->word = COLLECT_UPDATE;
	} else if (!has_addrs && l->word == COLLECT_UPDATE) {
		l->word = COLLECT_LINK;
		if (l->state == COLLECT_MOVED)
			set_state(m, l, COLLECT_AWAY, m->t + M_KEEP_S);
	}
	settle(m);
	return 0;
}

bool model_forget(struct model *m, int label)
{
	struct model_label *l = &m->labels[label];
	const int key = l->key;
	bool has_others = false;
	if (!l->is_there)
		return false;
	l->is_there = false;
	for (int name = 0; name < M_NAMES; name++) {
		struct model_said *s = &m->said[key][name];
		has_others |= m->labels[name].is_there && m->labels[name].key == key;
		if (s->is_there && s->is_whole && s->wanted == label)
			*s = (struct model_said){.is_there = false};
	}
	if (key == M_FIRST && !has_others) {
		m->keys[key] = (struct model_key){.is_known = false};
		memset(m->said[key], 0, sizeof(m->said[key]));
	}
	settle(m);
	return true;
}

/* What was said of the label, from now on: all lasts as long as what lasts longest. */
static void restart_label(struct model *m, int label)
{
	struct model_label *l = &m->labels[label];
	uint64_t end = 0;
	EACH_ADDR(m, label, a)
	if (!a->is_leaving && end_of(a) > end)
		end = end_of(a);
	EACH_ADDR(m, label, a)
	{
		a->is_there = !a->is_leaving;
		a->is_old = true;
		const uint64_t left = end > m->t ? end - m->t : 0;
		a->at = m->t + (left < a->ttl_s ? left : a->ttl_s) - a->ttl_s;
	}
	if (l->state == COLLECT_SILENT)
		l->until = m->t + SILENCE;
	if ((l->state == COLLECT_AWAY || l->state == COLLECT_MOVED) && l->until != UINT64_MAX) {
		const uint64_t left = l->state == COLLECT_AWAY ? keep_left(m, l) : l->until - m->t;
		l->until = m->t + (left > SILENCE ? left : SILENCE);
	}
}

void model_restart(struct model *m)
{
	bool has_label[M_KEYS] = {false};
	for (int label = 0; label < M_NAMES; label++)
		if (m->labels[label].is_there) {
			has_label[m->labels[label].key] = true;
			restart_label(m, label);
		}
	for (int key = 0; key < M_KEYS; key++) {
		struct model_key *k = &m->keys[key];
		k->is_spent = k->floor_s > 0;
		k->seen_count = 0;
		if (key == M_FIRST && !has_label[key])
			*k = (struct model_key){.is_known = false};
		for (int name = 0; name < M_NAMES; name++) {
			struct model_said *s = &m->said[key][name];
			const struct model_label *l = &m->labels[s->wanted];
			s->ptr_ttl_s = 0;
			s->has_outside = false;
			if (!is_of(m, key, name, s->wanted) ||
				(l->state != COLLECT_HERE && l->state != COLLECT_SILENT))
				*s = (struct model_said){.is_there = false};
		}
	}
	settle(m);
}
