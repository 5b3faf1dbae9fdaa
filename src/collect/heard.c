/* SPDX-License-Identifier: ISC */
/*
 * Owns what was heard of each name.
 * Never decides what follows from it.
 */
#include "collect/heard.h"

#include <stdlib.h>

#include "base/array.h"

struct heard *heard_find(const struct said *s, int slot)
{
	struct heard *h = s->heard;
	while (h && h->slot != slot)
		h = h->next;
	return h;
}

struct heard *heard_get(struct said *s, int slot)
{
	struct heard *h = heard_find(s, slot);
	if (h || !(h = calloc(1, sizeof(*h))))
		return h;
	h->slot = slot;
	h->next = s->heard;
	s->heard = h;
	return h;
}

struct heard_addr *heard_addr_find(const struct heard *h, const struct addr *a)
{
	for (size_t i = 0; i < h->count; i++)
		if (addr_equal(&h->addrs[i].addr, a))
			return &h->addrs[i];
	return NULL;
}

/* In the place of what was heard of that address before. False: there is no room. */
static bool put(struct heard *h, const struct heard_addr *a)
{
	struct heard_addr *found = heard_addr_find(h, &a->addr);
	if (!found) {
		if (h->count >= LIMIT_COLLECT_LINK_ADDRS ||
			ARRAY_RESERVE(h->addrs, h->cap, h->count + 1))
			return false;
		found = &h->addrs[h->count++];
	}
	*found = *a;
	return true;
}

bool heard_say(struct heard *h, const struct addr *a, struct life life, uint32_t mark)
{
	const struct heard_addr said = {.addr = *a, .life = life, .mark = mark};
	return put(h, &said);
}

size_t heard_remove(struct heard *h, struct heard_test test)
{
	size_t kept = 0;
	for (size_t i = 0; i < h->count; i++)
		if (!test.goes(&h->addrs[i], test.arg))
			h->addrs[kept++] = h->addrs[i];
	const size_t removed = h->count - kept;
	h->count = kept;
	return removed;
}

void heard_unlink(struct said *s, int slot)
{
	struct heard *h = heard_find(s, slot), *none = heard_find(s, SLOT_NONE);
	if (!h)
		return;
	h->ptr.ttl_s = 0; /* nobody asks for it any more */
	if (!none) {
		h->slot = SLOT_NONE;
		return;
	}
	for (size_t i = 0; i < h->count; i++)
		(void)put(none, &h->addrs[i]);
	h->count = 0;
}

void heard_tidy(struct said *s, ns_t now)
{
	for (struct heard **at = &s->heard, *h; (h = *at);) {
		if (h->count > 0 || life_is_on(&h->ptr, now)) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		free(h->addrs);
		free(h);
	}
}

void heard_free_all(struct said *s)
{
	for (struct heard *h; (h = s->heard);) {
		s->heard = h->next;
		free(h->addrs);
		free(h);
	}
}

ns_t heard_next_end(const struct said *s, ns_t now)
{
	ns_t next = NS_NEVER;
	for (const struct heard *h = s->heard; h; h = h->next) {
		if (life_is_on(&h->ptr, now))
			next = ns_min(next, life_end(&h->ptr));
		for (size_t i = 0; i < h->count; i++) {
			const struct heard_addr *a = &h->addrs[i];
			const ns_t end = life_end(&a->life), grace = heard_grace_end(a);
			if (end > now)
				next = ns_min(next, end);
			else if (grace > now)
				next = ns_min(next, grace);
		}
	}
	return next;
}
