/* SPDX-License-Identifier: ISC */
/*
 * Owns which questions are asked.
 * Never asks them: the querier does.
 */
#include "collect/ask.h"

#include "collect/heard.h"
#include "collect/packet.h"
#include "wire/rr.h"

static void ask(const struct collect *c, unsigned slot, const struct name *name, uint16_t type,
	bool is_wanted)
{
	c->sink.ask(c->sink.arg, c->links[slot].id, name->wire, type, is_wanted);
}

/* Begins and ends the two questions for a name so that they are asked on the `wanted` links. */
static void change(const struct collect *c, uint64_t *asked, uint64_t wanted, const uint8_t *above,
	const struct wire_label *label, const uint16_t types[2])
{
	struct name name;
	const uint64_t differ = *asked ^ wanted;
	if (differ == 0 || name_prepend(label->bytes + 1, label->bytes[0], above, &name))
		return;
	for (unsigned slot = 0; slot < LIMIT_COLLECT_LINKS; slot++)
		for (int i = 0; i < 2 && differ >> slot & 1; i++)
			ask(c, slot, &name, types[i], wanted >> slot & 1);
	*asked = wanted;
}

static void change_both(const struct collect *c, struct said *s, uint64_t addrs, uint64_t instance)
{
	static const uint16_t addr_types[] = {RR_A, RR_AAAA}, instance_types[] = {RR_SRV, RR_TXT};
	change(c, &s->asks, addrs, name_local, &s->name, addr_types);
	change(c, &s->asks_instance, instance, collect_service, &s->name, instance_types);
}

static uint64_t all_links(const struct collect *c)
{
	uint64_t links = 0;
	for (unsigned i = 0; i < LIMIT_COLLECT_LINKS; i++)
		links |= (uint64_t)(c->links[i].id != 0) << i;
	return links;
}

/* True if its addresses are worth asking for where that was heard. Of a host that has gone only if it was heard again. */
static bool wants_addrs(const struct collect *c, const struct said *s, const struct heard *h)
{
	const struct label *l = s->label;
	if (!s->is_whole || s->refusal)
		return false;
	if (!l || l->state == COLLECT_HERE || l->state == COLLECT_SILENT)
		return true;
	return l->state == COLLECT_AWAY && life_is_on(&h->ptr, c->now) &&
	       h->ptr.heard_at > l->state_at;
}

/* What was heard before the start, or on a link that is gone, is asked for on all links. */
void ask_said(struct collect *c, struct said *s)
{
	uint64_t addrs = 0, instance = 0;
	for (const struct heard *h = s->heard; h; h = h->next) {
		const uint64_t link = h->slot == SLOT_NONE ? all_links(c) : UINT64_C(1) << h->slot;
		if (wants_addrs(c, s, h))
			addrs |= link;
		if (!s->is_whole && life_is_on(&h->ptr, c->now))
			instance |= link;
	}
	change_both(c, s, addrs, instance);
}

void ask_said_nothing(struct collect *c, struct said *s)
{
	change_both(c, s, 0, 0);
}

void ask_link(const struct collect *c, int slot, bool is_wanted)
{
	c->sink.ask(c->sink.arg, c->links[slot].id, collect_service, RR_PTR, is_wanted);
}

static void end(const struct collect *c, struct asked *a)
{
	c->sink.ask(c->sink.arg, a->link, a->host.wire, RR_KEY, false);
	a->link = 0;
}

static size_t count_of(const struct collect *c, const struct addr *source)
{
	size_t count = 0;
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++)
		count += c->asked[i].link != 0 && addr_equal(&c->asked[i].source, source);
	return count;
}

/* Returns the question that gives way to one for that source: its own if `is_own`. NULL: it was asked just now. */
static struct asked *find_oldest(struct collect *c, const struct addr *source, bool is_own)
{
	struct asked *found = NULL;
	size_t most = 0;
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++) {
		struct asked *a = &c->asked[i];
		if (a->link == 0 || (is_own && !addr_equal(&a->source, source)))
			continue;
		const size_t count = count_of(c, &a->source);
		if (found && (count < most || (count == most && a->until >= found->until)))
			continue;
		found = a;
		most = count;
	}
	const ns_t answered = (LIMIT_COLLECT_KEY_ASKED_S - 1) * NS_PER_S;
	return found && found->until - c->now <= answered ? found : NULL;
}

void ask_key(struct collect *c, uint32_t link, const struct addr *source, const struct name *host)
{
	struct asked *place = NULL;
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++) {
		struct asked *a = &c->asked[i];
		if (a->link == link && name_equal(a->host.wire, host->wire))
			return;
		if (a->link == 0)
			place = a;
	}
	const bool has_share = count_of(c, source) >= LIMIT_COLLECT_SOURCE_KEYS_ASKED;
	if (has_share || !place)
		place = find_oldest(c, source, has_share);
	if (!place)
		return;
	if (place->link != 0)
		end(c, place);
	const ns_t until = c->now + LIMIT_COLLECT_KEY_ASKED_S * NS_PER_S;
	*place = (struct asked){link, until, *source, *host};
	c->sink.ask(c->sink.arg, link, host->wire, RR_KEY, true);
}

void ask_keys_end(struct collect *c, int slot)
{
	const uint32_t link = slot == SLOT_NONE ? 0 : c->links[slot].id;
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++) {
		struct asked *a = &c->asked[i];
		if (a->link != 0 && (a->link == link || a->until <= c->now))
			end(c, a);
	}
}

void ask_key_known(struct collect *c, const struct name *host)
{
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++)
		if (c->asked[i].link != 0 && name_equal(c->asked[i].host.wire, host->wire))
			end(c, &c->asked[i]);
}

ns_t ask_deadline(const struct collect *c)
{
	ns_t next = NS_NEVER;
	for (size_t i = 0; i < LIMIT_COLLECT_KEYS_ASKED; i++)
		if (c->asked[i].link != 0)
			next = ns_min(next, c->asked[i].until);
	return next;
}
