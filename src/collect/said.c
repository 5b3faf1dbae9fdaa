/* SPDX-License-Identifier: ISC */
/*
 * Owns what is said of the names of hosts.
 * Never judges whether a packet is to be believed.
 */
#include "collect/said.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "collect/ask.h"
#include "collect/ckey.h"
#include "collect/heard.h"
#include "collect/label.h"

/* The table. */

static bool has_room(const struct collect *c, const struct ckey *key)
{
	return ckey_has_room(key, key->said_count, c->said.count, c->first_said);
}

/* Returns what is said of the name; makes it if there is room. */
static struct said *said_get(struct collect *c, struct ckey *key, const struct wire_label *name)
{
	struct said *s = said_find(c, key, name);
	if (s || !has_room(c, key) || !(s = calloc(1, sizeof(*s))))
		return s;
	if (map_add(&c->said, &s->in_said, said_hash(c, key, name))) {
		free(s);
		return NULL;
	}
	s->key = key;
	s->name = *name;
	list_init(&s->in_touched);
	list_init(&s->of_label);
	list_append(&key->said, &s->of_key);
	key->said_count++;
	key->is_full_told = false;
	s->counts_as_first = ckey_counts_as_first(key);
	c->first_said += s->counts_as_first;
	return s;
}

/* Takes it out of those that want a label, if it is there. */
static void stop_wanting(struct collect *c, struct said *s)
{
	if (!s->is_whole)
		return;
	struct label *l = s->label;
	if (l)
		label_detach(c, s);
	map_remove(&c->wanting, &s->in_wanting);
	s->is_whole = false;
	s->refusal = REFUSED_NOT;
	if (l)
		label_refresh(c, l);
}

void said_drop(struct collect *c, struct said *s)
{
	ask_said_nothing(c, s);
	stop_wanting(c, s);
	heap_remove(&c->said_timers, &s->timer);
	list_remove(&s->in_touched);
	list_remove(&s->of_key);
	map_remove(&c->said, &s->in_said);
	s->key->said_count--;
	c->first_said -= s->counts_as_first;
	heard_free_all(s);
	free(s);
}

/* What follows. */

static void want(struct collect *c, struct said *s)
{
	if (s->is_whole || !s->has_srv || !s->has_txt)
		return;
	s->is_whole =
		map_add(&c->wanting, &s->in_wanting, wire_label_hash(c->seed, &s->wanted)) == 0;
}

/* Returns what was heard on the link where the packet that is being taken has said an address of it, or NULL. */
static const struct heard *heard_now(const struct collect *c, const struct said *s)
{
	for (const struct heard *h = s->heard; h; h = h->next)
		for (size_t i = 0; i < h->count; i++)
			if (h->addrs[i].mark == c->mark && !h->addrs[i].is_leaving)
				return h;
	return NULL;
}

/* A link that says a name takes the word back from an update that was signed before. */
static void note_said(struct collect *c, const struct said *s, struct label *l)
{
	const struct heard *h = heard_now(c, s);
	if (!h)
		return;
	l->heard_s = c->now_s;
	l->link_s = c->signed_s;
	l->slot = h->slot;
	if (l->state != COLLECT_MOVED || c->signed_s < l->update_s)
		return;
	label_set_state(c, l, COLLECT_HERE, NS_NEVER);
	label_set_word(c, l, COLLECT_LINK);
}

static bool has_ended(const struct heard_addr *a, const void *arg)
{
	return life_end(&a->life) <= *(const ns_t *)arg;
}

/* True if it has an address, not only ones that leave or are late: that is what a name begins with. */
static bool has_live_addr(const struct collect *c, const struct said *s)
{
	for (const struct heard *h = s->heard; h; h = h->next)
		for (size_t i = 0; i < h->count; i++)
			if (!h->addrs[i].is_leaving && life_is_on(&h->addrs[i].life, c->now))
				return true;
	return false;
}

void said_settle(struct collect *c, struct said *s)
{
	want(c, s);
	struct label *before = s->label;
	struct label *l = s->is_whole && has_live_addr(c, s) ? label_claim(c, s) : before;
	if (before && before != l)
		label_refresh(c, before);
	if (l) {
		label_refresh(c, l);
		note_said(c, s, l);
	} else {
		for (struct heard *h = s->heard; h; h = h->next)
			heard_remove(h, (struct heard_test){has_ended, &c->now});
	}
	heard_tidy(s, c->now);
	if (!s->heard) {
		said_drop(c, s);
		return;
	}
	const ns_t next = heard_next_end(s, c->now);
	if (next == NS_NEVER)
		heap_remove(&c->said_timers, &s->timer);
	else
		heap_put(&c->said_timers, &s->timer, next);
	ask_said(c, s);
}

void said_settle_due(struct collect *c)
{
	/* Progress: what is settled is gone afterwards, or due later, and settles others at most once. */
	while (heap_deadline(&c->said_timers) <= c->now)
		said_settle(c, container_of(heap_first(&c->said_timers), struct said, timer));
}

/* True if it was not found out yet whether it may have its label, since that is free. */
static bool is_hopeful(const struct collect *c, const struct said *s)
{
	return has_live_addr(c, s) &&
	       (s->trust_round != c->trust_round || s->free_round != c->free_round);
}

/* All that its new key says of it counts. */
void said_offer(struct collect *c, const struct wire_label *label)
{
	const uint64_t hash = wire_label_hash(c->seed, label);
	for (;;) {
		const struct label *l = label_find(c, label);
		/* Progress: each turn finds out about one. */
		struct said *s = MAP_FIND(&c->wanting, hash, struct said, in_wanting, said,
			wire_label_equal(&said->wanted, label) && (!l || said->key == l->key) &&
				is_hopeful(c, said));
		if (!s)
			return;
		said_settle(c, s);
	}
}

/* Is it worth a signature? */

/* True if the address may be said there; else `*ret_outside` tells if that is for its prefix. */
static bool may_be_said(const struct collect *c, int slot, const struct addr *a, bool *ret_outside)
{
	const enum addr_scope scope = addr_scope(a);
	const struct clink *link = &c->links[slot];
	const struct prefix *p = c->prefix_count > 0 ? c->prefixes : link->prefixes;
	const size_t count = c->prefix_count > 0 ? c->prefix_count : link->prefix_count;
	*ret_outside = false;
	if (scope != ADDR_SCOPE_LAN && scope != ADDR_SCOPE_WAN)
		return false;
	*ret_outside = !prefixes_have(p, count, a);
	return !*ret_outside;
}

static bool is_to_be_heard(const struct life *life, uint32_t ttl_s, ns_t now)
{
	return life->ttl_s != ttl_s || life_is_due(life, now);
}

static bool addr_is_news(
	const struct collect *c, const struct said *s, int slot, const struct item *item)
{
	bool is_outside;
	const struct heard *h = s ? heard_find(s, slot) : NULL;
	const struct heard *none = s ? heard_find(s, SLOT_NONE) : NULL;
	struct heard_addr *a = h ? heard_addr_find(h, &item->addr) : NULL;
	const bool is_of_none = none && heard_addr_find(none, &item->addr);
	if (item->ttl_s == 0)
		return (a && !a->is_leaving) || is_of_none;
	if (!may_be_said(c, slot, &item->addr, &is_outside))
		return is_outside && s && s->outside.family == ADDR_NONE;
	if (!a)
		return !h || h->count < LIMIT_COLLECT_LINK_ADDRS;
	const struct label *l = s->label;
	a->mark = c->mark;
	return a->is_leaving || is_of_none || is_to_be_heard(&a->life, item->ttl_s, c->now) ||
	       (l && l->state == COLLECT_MOVED && c->signed_s >= l->update_s);
}

static bool item_is_news(
	const struct collect *c, const struct ckey *key, int slot, const struct item *item)
{
	const struct said *s = said_find(c, key, &item->name);
	const struct heard *h = s ? heard_find(s, slot) : NULL;
	if (!s && (item->ttl_s == 0 || item->type == ITEM_KEY))
		return false;
	if (!s && !has_room(c, key))
		return !key->is_full_told;
	switch (item->type) {
	case ITEM_ADDR: return addr_is_news(c, s, slot, item);
	case ITEM_PTR:
		if (item->ttl_s == 0)
			return s->has_srv || s->has_txt || (h && life_is_on(&h->ptr, c->now));
		return !h || is_to_be_heard(&h->ptr, item->ttl_s, c->now);
	case ITEM_SRV: return (item->ttl_s > 0 && item->is_own_target) != (s && s->has_srv);
	case ITEM_TXT:
		return !s || s->has_txt != (item->ttl_s > 0) ||
		       (s->has_txt && !wire_label_equal(&s->wanted, &item->wanted));
	case ITEM_KEY:
	case ITEM_TYPE_COUNT: break;
	}
	return false;
}

/* Which addresses a set with the flush bit replaces: those of its family that are not in the packet, unless another
 * packet has said them within a second (RFC 6762 §10.2). They go at once: one key says all of the set. */
struct flush {
	enum addr_family family;
	uint32_t mark;
	ns_t before;
};

static bool is_flushed(const struct heard_addr *a, const void *arg)
{
	const struct flush *f = arg;
	return a->addr.family == f->family && a->mark != f->mark && !a->is_leaving &&
	       a->life.heard_at <= f->before;
}

static struct flush flush_of(const struct collect *c, const struct item *item)
{
	return (struct flush){item->addr.family, c->mark, c->now - NS_PER_S};
}

static bool is_replacing(const struct item *item)
{
	return item->type == ITEM_ADDR && item->is_flush && item->ttl_s > 0;
}

static bool flush_is_news(
	const struct collect *c, const struct ckey *key, int slot, const struct item *item)
{
	const struct said *s = said_find(c, key, &item->name);
	const struct heard *h = s ? heard_find(s, slot) : NULL;
	const struct flush flush = flush_of(c, item);
	bool is_outside;
	if (!h || !may_be_said(c, slot, &item->addr, &is_outside))
		return false;
	for (size_t i = 0; i < h->count; i++)
		if (is_flushed(&h->addrs[i], &flush))
			return true;
	return false;
}

bool said_is_news(const struct collect *c, const struct ckey *key, int slot,
	const struct item *items, int count)
{
	for (int i = 0; i < count; i++)
		if (item_is_news(c, key, slot, &items[i]))
			return true;
	for (int i = 0; i < count; i++)
		if (is_replacing(&items[i]) && flush_is_news(c, key, slot, &items[i]))
			return true;
	return false;
}

/* Taking. */

static struct life life_of(const struct collect *c, const struct item *item)
{
	return (struct life){c->now, item->ttl_s};
}

static bool is_addr(const struct heard_addr *a, const void *arg)
{
	return addr_equal(&a->addr, arg);
}

static bool is_of_family(const struct heard_addr *a, const void *arg)
{
	return a->addr.family == ((const struct addr *)arg)->family;
}

static void leave(struct collect *c, struct said *s, int slot, const struct addr *addr)
{
	struct heard *h = heard_find(s, slot);
	struct heard_addr *a = h ? heard_addr_find(h, addr) : NULL;
	if (!a || a->is_leaving)
		return;
	a->is_leaving = true;
	a->life = (struct life){c->now, 1};
}

static void tell_outside(struct collect *c, struct said *s, const struct addr *addr)
{
	struct collect_news news = news_of_key(COLLECT_NEWS_OUTSIDE, s->key);
	const struct label *l = s->label;
	news.label = l ? l->text : NULL;
	news.addr = *addr;
	c->stats.outside++;
	if (s->outside.family == ADDR_NONE)
		tell(c, &news);
	s->outside = *addr;
}

static void take_addr(struct collect *c, struct said *s, int slot, const struct item *item)
{
	bool is_outside;
	struct heard *none = heard_find(s, SLOT_NONE);
	if (item->ttl_s == 0) {
		leave(c, s, slot, &item->addr);
		leave(c, s, SLOT_NONE, &item->addr);
		return;
	}
	if (!may_be_said(c, slot, &item->addr, &is_outside)) {
		if (is_outside)
			tell_outside(c, s, &item->addr);
		return;
	}
	struct heard *h = heard_get(s, slot);
	if (h)
		(void)heard_say(h, &item->addr, life_of(c, item), c->mark);
	/* What is said here replaces what was said before the start, or where there is no link any more. */
	if (none)
		heard_remove(none,
			(struct heard_test){item->is_flush ? is_of_family : is_addr, &item->addr});
}

static void take_pointer(struct collect *c, struct said *s, int slot, const struct item *item)
{
	if (item->ttl_s == 0) {
		for (struct heard *h = s->heard; h; h = h->next)
			h->ptr.ttl_s = 0;
		s->has_srv = s->has_txt = false;
		stop_wanting(c, s);
		return;
	}
	struct heard *h = heard_get(s, slot);
	if (h)
		h->ptr = life_of(c, item);
}

/* SRV and TXT count while there is an instance: until they are taken back, or nothing is said any more. Without PTR, that
 * is as long as they last. */
static void take_instance(struct collect *c, struct said *s, int slot, const struct item *item)
{
	const bool is_srv = item->type == ITEM_SRV;
	const bool is_said = item->ttl_s > 0 && (!is_srv || item->is_own_target);
	if (!is_said || (!is_srv && !wire_label_equal(&s->wanted, &item->wanted)))
		stop_wanting(c, s);
	if (is_srv)
		s->has_srv = is_said;
	else
		s->has_txt = is_said;
	if (is_said && !is_srv)
		s->wanted = item->wanted;
	struct heard *h = is_said ? heard_get(s, slot) : NULL;
	if (h && !life_is_on(&h->ptr, c->now))
		h->ptr = life_of(c, item);
}

/* Once, until there was room again: what has no room is not worth a signature then. */
static void tell_full(struct collect *c, struct ckey *key, const struct wire_label *name)
{
	char text[COLLECT_LABEL_CAP] = "";
	struct collect_news news = news_of_key(COLLECT_NEWS_FULL, key);
	if (key->is_full_told)
		return;
	memcpy(text, name->bytes + 1, name->bytes[0]);
	news.label = text;
	key->is_full_told = true;
	c->stats.full++;
	tell(c, &news);
}

static void take(struct collect *c, struct ckey *key, int slot, const struct item *item)
{
	if (item->type == ITEM_KEY)
		return;
	struct said *s =
		item->ttl_s > 0 ? said_get(c, key, &item->name) : said_find(c, key, &item->name);
	if (!s) {
		if (item->ttl_s > 0)
			tell_full(c, key, &item->name);
		return;
	}
	if (item->type == ITEM_ADDR)
		take_addr(c, s, slot, item);
	else if (item->type == ITEM_PTR)
		take_pointer(c, s, slot, item);
	else
		take_instance(c, s, slot, item);
	list_remove(&s->in_touched);
	list_append(&c->touched, &s->in_touched);
}

static void flush(struct collect *c, const struct ckey *key, int slot, const struct item *item)
{
	const struct said *s = said_find(c, key, &item->name);
	struct heard *h = s ? heard_find(s, slot) : NULL;
	const struct flush flush = flush_of(c, item);
	bool is_outside;
	if (h && may_be_said(c, slot, &item->addr, &is_outside))
		heard_remove(h, (struct heard_test){is_flushed, &flush});
}

void said_take(struct collect *c, struct ckey *key, int slot, const struct item *items, int count)
{
	for (int i = 0; i < count; i++)
		take(c, key, slot, &items[i]);
	for (int i = 0; i < count; i++)
		if (is_replacing(&items[i]))
			flush(c, key, slot, &items[i]);
	for (struct said *s; (s = LIST_FIRST(&c->touched, struct said, in_touched));) {
		list_remove(&s->in_touched);
		said_settle(c, s);
	}
	said_settle_due(c);
}

bool said_restore(struct collect *c, struct label *l, const struct wire_label *name,
	const struct addr *addr, struct life life)
{
	struct said *s = said_get(c, l->key, name);
	struct heard *h = s ? heard_get(s, SLOT_NONE) : NULL;
	if (!h)
		return false;
	if (!s->is_whole) {
		s->wanted = l->wire;
		s->has_srv = s->has_txt = true;
		s->trust_round = c->trust_round;
		want(c, s);
	}
	return (s->label == l || (!s->label && s->is_whole && label_attach(l, s))) &&
	       heard_say(h, addr, life, 0);
}
