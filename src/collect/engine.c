/* SPDX-License-Identifier: ISC */
/*
 * Owns the engine: its life, links and time.
 * Never judges a packet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "collect/ask.h"
#include "collect/ckey.h"
#include "collect/heard.h"
#include "collect/label.h"
#include "collect/said.h"

/* Life. */

static struct prefix *copy_prefixes(const struct prefix *prefixes, size_t count)
{
	struct prefix *copy = calloc(count + 1, sizeof(*copy));
	if (copy && count > 0)
		memcpy(copy, prefixes, count * sizeof(*copy));
	return copy;
}

static int take_config(struct collect *c, const struct collect_config *config)
{
	struct prefix *prefixes = copy_prefixes(config->prefixes, config->prefix_count);
	int err = prefixes ? ckey_set_trust(c, config) : ERR_NOMEM;
	if (err) {
		free(prefixes);
		return err;
	}
	free(c->prefixes);
	c->prefixes = prefixes;
	c->prefix_count = config->prefix_count;
	c->away = config->away;
	c->keep_s = config->keep_s;
	c->trusts_first = config->trusts_first;
	c->trust_round++;
	return 0;
}

struct collect *collect_new(
	uint64_t seed, const struct collect_sink *sink, const struct collect_config *config)
{
	struct collect *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->sink = *sink;
	c->seed = seed;
	list_init(&c->order);
	list_init(&c->dirty);
	list_init(&c->touched);
	c->items = calloc(ITEMS_MAX, sizeof(*c->items));
	if (!c->items || take_config(c, config)) {
		collect_free(c);
		return NULL;
	}
	return c;
}

static void free_names(struct collect *c)
{
	MAP_EACH(s, &c->said, struct said, in_said) {
		map_remove(&c->said, &s->in_said);
		heard_free_all(s);
		free(s);
	}
	MAP_EACH(l, &c->labels, struct label, in_labels) {
		map_remove(&c->labels, &l->in_labels);
		free(l->addrs);
		free(l->rival);
		free(l);
	}
}

void collect_free(struct collect *c)
{
	if (!c)
		return;
	free_names(c);
	MAP_EACH(key, &c->keys, struct ckey, in_keys)
		ckey_drop(c, key);
	map_fini(&c->keys);
	map_fini(&c->said);
	map_fini(&c->wanting);
	map_fini(&c->labels);
	ckey_free_patterns(c->patterns, c->pattern_count);
	for (int i = 0; i < LIMIT_COLLECT_LINKS; i++)
		free(c->links[i].prefixes);
	free(c->prefixes);
	free(c->items);
	buf_fini(&c->gone);
	free(c);
}

/* All that is said is looked at again: rights have changed. Settling may free what is settled, and nothing else. */
static void settle_all(struct collect *c)
{
	MAP_EACH(s, &c->said, struct said, in_said)
		said_settle(c, s);
	MAP_EACH(l, &c->labels, struct label, in_labels) {
		if (l->state == COLLECT_AWAY)
			label_set_state(c, l, COLLECT_AWAY, c->now + label_keep_left(c, l));
	}
}

int collect_set_config(
	struct collect *c, ns_t now, uint64_t now_s, const struct collect_config *config)
{
	collect_enter(c, now, now_s);
	int err = take_config(c, config);
	if (!err)
		settle_all(c);
	return err;
}

/* Links. */

int collect_link(struct collect *c, ns_t now, uint64_t now_s, uint32_t id,
	const struct prefix *prefixes, size_t prefix_count)
{
	collect_enter(c, now, now_s);
	int slot = link_slot(c, id);
	const bool is_new = slot == SLOT_NONE;
	for (int i = 0; i < LIMIT_COLLECT_LINKS && slot == SLOT_NONE && id != 0; i++)
		if (c->links[i].id == 0)
			slot = i;
	if (slot == SLOT_NONE)
		return ERR_RANGE;
	struct prefix *copy = copy_prefixes(prefixes, prefix_count);
	if (!copy)
		return ERR_NOMEM;
	free(c->links[slot].prefixes);
	c->links[slot] = (struct clink){id, copy, prefix_count};
	if (is_new) {
		ask_link(c, slot, true);
		MAP_EACH(s, &c->said, struct said, in_said)
			ask_said(c, s);
	}
	return 0;
}

void collect_link_gone(struct collect *c, ns_t now, uint64_t now_s, uint32_t id)
{
	collect_enter(c, now, now_s);
	const int slot = link_slot(c, id);
	if (slot == SLOT_NONE)
		return;
	MAP_EACH(s, &c->said, struct said, in_said) {
		ask_said_nothing(c, s);
		heard_unlink(s, slot);
	}
	MAP_EACH(l, &c->labels, struct label, in_labels)
		if (l->slot == slot)
			l->slot = SLOT_NONE;
	ask_keys_end(c, slot);
	ask_link(c, slot, false);
	free(c->links[slot].prefixes);
	c->links[slot] = (struct clink){0};
	MAP_EACH(s, &c->said, struct said, in_said)
		said_settle(c, s);
}

/* Time. */

static void drop_label(struct collect *c, struct label *l)
{
	const struct wire_label name = l->wire;
	if (label_drop(c, l))
		said_offer(c, &name);
	else
		heap_put(&c->label_timers, &l->timer, c->now + NS_PER_S);
}

void collect_poll(struct collect *c, ns_t now, uint64_t now_s)
{
	collect_enter(c, now, now_s);
	ask_keys_end(c, SLOT_NONE);
	said_settle_due(c);
	/* Progress: what is due is gone afterwards, or is due later. */
	while (heap_deadline(&c->label_timers) <= now) {
		struct label *l = container_of(heap_first(&c->label_timers), struct label, timer);
		if (label_is_over(c, l))
			drop_label(c, l);
		said_settle_due(c);
	}
}

ns_t collect_deadline(const struct collect *c)
{
	return ns_min(ask_deadline(c),
		ns_min(heap_deadline(&c->said_timers), heap_deadline(&c->label_timers)));
}
