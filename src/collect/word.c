/* SPDX-License-Identifier: ISC */
/*
 * Owns what updates say, and who has the word about a name.
 * Never reads an update.
 */
#include "base/err.h"
#include "collect/ckey.h"
#include "collect/label.h"
#include "collect/said.h"

/* Finds the key, in the zone too, and the label that it may say. The errors are those of collect_update(). */
static int may_say(struct collect *c, const struct collect_statement *s, struct ckey **ret_key,
	struct wire_label *ret_name)
{
	char text[COLLECT_LABEL_CAP];
	struct sig0 sig = {.alg = s->alg, .tag = s->tag};
	name_copy(&sig.signer, s->signer);
	*ret_key = ckey_of_packet(c, &sig);
	if (!*ret_key)
		return ERR_ABSENT;
	if (!wire_label_from_text(s->label, ret_name) || ckey_may_say(c, *ret_key, ret_name, text))
		return ERR_DENIED;
	const struct label *l = label_find(c, ret_name);
	return l && l->key != *ret_key ? ERR_EXISTS : 0;
}

int collect_may_say(
	struct collect *c, const uint8_t *signer, uint8_t alg, uint16_t tag, const char *label)
{
	const struct collect_statement s = {
		.signer = signer, .alg = alg, .tag = tag, .label = label};
	struct wire_label name;
	struct ckey *key;
	return may_say(c, &s, &key, &name);
}

/* What the update says is older than what a link has said. */
static bool is_overtaken(const struct label *l, const struct collect_statement *s)
{
	return l->state == COLLECT_HERE && s->when_s < l->link_s;
}

/* The host is where it was heard last, and goes on to be heard. */
static bool is_beside(const struct collect *c, const struct label *l, const struct addr *from)
{
	if (l->state != COLLECT_HERE || l->word != COLLECT_LINK || l->slot == SLOT_NONE)
		return false;
	const struct clink *link = &c->links[l->slot];
	return prefixes_have(link->prefixes, link->prefix_count, from);
}

static void withdraw(struct collect *c, struct label *l)
{
	if (l->word != COLLECT_UPDATE)
		return;
	label_set_word(c, l, COLLECT_LINK);
	if (l->state == COLLECT_MOVED)
		label_set_away(c, l);
	label_refresh(c, l);
}

int collect_update(struct collect *c, ns_t now, uint64_t now_s, const struct collect_statement *s)
{
	struct wire_label name;
	collect_enter(c, now, now_s);
	struct ckey *key;
	int err = may_say(c, s, &key, &name);
	if (err)
		return err;
	struct label *l = label_find(c, &name);
	if (!l && s->has_addrs) {
		l = label_add(c, key, &name);
		if (!l)
			return ERR_NOMEM;
	}
	if (!l || is_beside(c, l, &s->from))
		return 0;
	if (s->when_s >= l->update_s)
		l->update_s = s->when_s;
	if (!s->has_addrs) {
		withdraw(c, l);
	} else if (!is_overtaken(l, s)) {
		l->heard_s = now_s;
		label_set_state(c, l, COLLECT_MOVED, label_lease_end(c, s->lease_s));
		label_set_word(c, l, COLLECT_UPDATE);
	}
	said_settle_due(c);
	return 0;
}

enum collect_word collect_word(const struct collect *c, const char *label)
{
	const struct label *l = label_find_text(c, label);
	return l ? l->word : COLLECT_NOBODY;
}

size_t collect_find_keys(
	const struct collect *c, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF])
{
	size_t count = 0;
	MAP_EACH_WITH(key, &c->keys, name_hash(c->seed, signer), struct ckey, in_keys)
		if (count < COLLECT_KEYS_OF && ckey_is_trusted(c, key) &&
			name_equal(key->signer.wire, signer))
			ret[count++] = ckey_rdata(key);
	return count;
}

bool collect_has_signer(const struct collect *c, const uint8_t *signer)
{
	return MAP_FIND(&c->keys, name_hash(c->seed, signer), struct ckey, in_keys, key,
		       key->is_of_file && name_equal(key->signer.wire, signer)) != NULL;
}
