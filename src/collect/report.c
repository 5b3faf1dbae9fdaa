/* SPDX-License-Identifier: ISC */
/*
 * Owns what is told of names and keys, and that they are forgotten.
 * Never changes anything else.
 */
#include <string.h>

#include "base/err.h"
#include "collect/ckey.h"
#include "collect/label.h"
#include "collect/said.h"

static void visit_name(const struct collect *c, const struct label *l,
	void (*visit)(void *arg, const struct collect_name *name), void *arg)
{
	const struct collect_name name = {.label = l->text,
		.state = l->state,
		.word = l->word,
		.since_s = l->since_s,
		.heard_s = l->heard_s,
		.until_s = state_end_s(c, l),
		.signer = l->key->signer.wire,
		.alg = l->key->alg,
		.tag = l->key->tag,
		.origin = ckey_origin(c, l->key),
		.addrs = l->addrs,
		.addr_count = l->count,
		.link = l->slot == SLOT_NONE ? 0 : c->links[l->slot].id,
		.conflicts = l->conflicts,
		.rival = l->rival ? l->rival->wire : NULL};
	visit(arg, &name);
}

void collect_each_name(const struct collect *c,
	void (*visit)(void *arg, const struct collect_name *name), void *arg)
{
	MAP_EACH(l, &c->labels, struct label, in_labels)
		visit_name(c, l, visit, arg);
}

bool collect_find(const struct collect *c, const char *label,
	void (*visit)(void *arg, const struct collect_name *name), void *arg)
{
	const struct label *l = label_find_text(c, label);
	if (l)
		visit_name(c, l, visit, arg);
	return l != NULL;
}

void collect_each_key(
	const struct collect *c, void (*visit)(void *arg, const struct collect_key *key), void *arg)
{
	MAP_EACH(k, &c->keys, struct ckey, in_keys) {
		const struct collect_key key = {.signer = k->signer.wire,
			.key = ckey_rdata(k),
			.tag = k->tag,
			.origin = ckey_origin(c, k),
			.names = k->label_count,
			.heard_s = k->heard_s,
			.accepted = k->accepted,
			.forged = k->forged,
			.replayed = k->replayed};
		visit(arg, &key);
	}
}

struct collect_stats collect_stats(const struct collect *c)
{
	struct collect_stats stats = c->stats;
	stats.names = c->labels.count;
	stats.keys = c->keys.count;
	stats.said = c->said.count;
	return stats;
}

/* Forgetting. */

static void drop_all_said(struct collect *c, struct ckey *key)
{
	for (struct said *s; (s = LIST_FIRST(&key->said, struct said, of_key));)
		said_drop(c, s);
}

static bool is_only_first(const struct ckey *key)
{
	return key->is_first && !key->is_of_file && !key->is_of_zone;
}

/* What the key says of that label is forgotten as well, so that another key that says it may have it. */
static bool forget(struct collect *c, struct label *l)
{
	const struct wire_label name = l->wire;
	struct ckey *key = l->key;
	if (!label_drop(c, l))
		return false;
	LIST_EACH(s, &key->said, struct said, of_key)
		if (wire_label_equal(&s->wanted, &name))
			said_drop(c, s);
	if (is_only_first(key) && key->label_count == 0) {
		drop_all_said(c, key);
		ckey_drop(c, key);
	}
	said_offer(c, &name);
	return true;
}

int collect_forget(struct collect *c, ns_t now, uint64_t now_s, const char *label)
{
	collect_enter(c, now, now_s);
	struct label *l = label_find_text(c, label);
	if (!l)
		return ERR_ABSENT;
	return forget(c, l) ? 0 : ERR_NOMEM;
}

int collect_forget_signer(struct collect *c, ns_t now, uint64_t now_s, const uint8_t *signer)
{
	int err = ERR_ABSENT;
	collect_enter(c, now, now_s);
	for (;;) {
		/* Progress: each turn forgets a name, or a key; a name that has become free goes to another signer's key, or
		 * is forgotten, too, with what is said of it. */
		struct ckey *key =
			MAP_FIND(&c->keys, name_hash(c->seed, signer), struct ckey, in_keys, k,
				(k->label_count > 0 || is_only_first(k)) &&
					name_equal(k->signer.wire, signer));
		if (!key)
			return err;
		err = 0;
		struct label *l = LIST_FIRST(&key->labels, struct label, of_key);
		if (l && !forget(c, l))
			return ERR_NOMEM;
		if (!l) {
			drop_all_said(c, key);
			ckey_drop(c, key);
			c->wants_all = true; /* no entry tells that a key is gone */
		}
	}
}
