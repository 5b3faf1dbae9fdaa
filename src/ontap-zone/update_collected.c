/* SPDX-License-Identifier: ISC */
/*
 * Owns what updates and the collector have to do with each other.
 * Never changes what updates have added, and never puts anything to the zone.
 */
#include "ontap-zone/update_collected.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/label.h"
#include "update/message.h"

static const char books_label[] = "_ontap", challenge_label[] = "_acme-challenge";

static bool is_addr_type(uint16_t type)
{
	return type == RR_A || type == RR_AAAA;
}

/* Copies the label if the name is one that a host may have. */
static bool host_label(
	const struct update_collected *u, const uint8_t *name, char ret[LABEL_CAP + 1])
{
	return label_in_domain(name, pipeline_domain(u->pipeline), ret);
}

/* Names of a label: in the domain, and in its branches. */
enum { BRANCHES = 3 };
static bool branch_name(
	const struct update_collected *u, const char *label, int branch, struct name *ret)
{
	static const char *const branches[BRANCHES] = {NULL, "wan", "lan"};
	struct name above;
	const char *text = branches[branch];
	name_copy(&above, pipeline_domain(u->pipeline));
	if (text && name_prepend(text, strlen(text), pipeline_domain(u->pipeline), &above))
		return false;
	return name_prepend(label, strlen(label), above.wire, ret) == 0;
}

/* Signatures. */

int update_collected_verify(const struct update_collected *u, const uint8_t *msg,
	const struct sig0 *sig, uint64_t now_s)
{
	struct rdata keys[COLLECT_KEYS_OF];
	struct name signer = sig->signer;
	int err = ERR_ABSENT;
	name_lower(&signer);
	const size_t count = u->collect ? collect_find_keys(u->collect, signer.wire, keys) : 0;
	for (size_t i = 0; i < count && err; i++) {
		if (!sig0_is_by(sig, keys[i]))
			continue;
		if (!sig0_is_valid(sig, now_s, LIMIT_SIG0_VALID_S))
			return ERR_RANGE;
		err = sig0_verify(msg, sig, keys[i]);
	}
	return err;
}

/* Rights. */

static bool may_say(const struct update_collected_signer *s, const char *label)
{
	const struct update_ask *ask = s->ask;
	return collect_may_say(s->u->collect, ask->tsig.key.name.wire, ask->alg, ask->tag, label) ==
	       0;
}

static bool has_label(const uint8_t *name, const char *label)
{
	return name[0] == strlen(label) && strncasecmp((const char *)name + 1, label, name[0]) == 0;
}

/* HOST._ontap.DOMAIN, and N.HOST._ontap.DOMAIN, of the key HOST.DOMAIN. */
static bool is_index(const struct update_collected_signer *s, const uint8_t *owner)
{
	const uint8_t *signer = s->ask->tsig.key.name.wire,
		      *domain = pipeline_domain(s->u->pipeline);
	struct name above, index;
	if (signer[0] == 0 || !name_equal(name_parent(signer), domain) ||
		name_prepend(books_label, strlen(books_label), domain, &above) ||
		name_prepend(signer + 1, signer[0], above.wire, &index))
		return false;
	return name_equal(owner, index.wire) ||
	       (owner[0] > 0 && name_equal(name_parent(owner), index.wire));
}

static bool may(void *arg, const uint8_t *owner, uint16_t type)
{
	const struct update_collected_signer *s = arg;
	char label[LABEL_CAP + 1];
	const bool is_any = type == RR_ANY;
	if (host_label(s->u, owner, label))
		return (is_any || is_addr_type(type)) && may_say(s, label);
	if (has_label(owner, books_label) || has_label(owner, challenge_label))
		return (is_any || type == RR_TXT) && host_label(s->u, name_parent(owner), label) &&
		       may_say(s, label);
	return (is_any || type == RR_PTR) && is_index(s, owner);
}

/* Names of files and of workloads here are nobody's to say. */
static bool is_own(void *arg, const uint8_t *owner)
{
	const struct update_collected_signer *s = arg;
	char label[LABEL_CAP + 1];
	return host_label(s->u, owner, label) && !added_find(s->u->added, owner) &&
	       collect_word(s->u->collect, label) != COLLECT_NOBODY && may_say(s, label);
}

static bool is_trusted(const struct update_collected_signer *s)
{
	struct rdata keys[COLLECT_KEYS_OF];
	const struct update_ask *ask = s->ask;
	const struct sig0 sig = {.alg = ask->alg, .tag = ask->tag};
	const size_t count = s->u->collect && ask->is_sig0 ? collect_find_keys(s->u->collect,
								     ask->tsig.key.name.wire, keys)
							   : 0;
	for (size_t i = 0; i < count; i++)
		if (sig0_is_by(&sig, keys[i]))
			return true;
	return false;
}

bool update_collected_claim(struct update_collected_signer *signer, struct update_claim *ret)
{
	if (!is_trusted(signer))
		return false;
	*ret = (struct update_claim){.may = may, .is_own = is_own, .arg = signer};
	return true;
}

/* Statements. */

/* Calls `is` for each set that updates have at the name. Returns true when it does. */
static bool any_set(const struct update_collected *u, const char *label,
	bool (*is)(const struct update_collected *u, const struct added_set *set, const void *arg),
	const void *arg)
{
	struct name name;
	for (int branch = 0; branch < BRANCHES; branch++) {
		const struct added_owner *o = branch_name(u, label, branch, &name)
						      ? added_find(u->added, name.wire)
						      : NULL;
		for (unsigned i = 0; o && i < o->set_count; i++)
			if (is(u, o->sets[i], arg))
				return true;
	}
	return false;
}

/* True if a key pair of that name has said the set: secrets and devices that register may have the same name. */
static bool is_by(const struct added_set *set, const uint8_t *signer)
{
	return set->kind == ADDED_BY_PAIR && name_equal(added_set_key(set), signer);
}

static bool is_addr_by(
	const struct update_collected *u UNUSED, const struct added_set *set, const void *arg)
{
	return is_addr_type(set->type) && is_by(set, arg);
}

static void say(const struct update_collected *u, const struct transfer *t, const char *label,
	ns_t now, uint64_t now_s)
{
	const struct update_ask *ask = t->update;
	const uint8_t *signer = ask->tsig.key.name.wire;
	const struct collect_statement statement = {.signer = signer,
		.alg = ask->alg,
		.tag = ask->tag,
		.label = label,
		.when_s = ask->inception_s + COLLECT_BACKDATE_S,
		.has_addrs = any_set(u, label, is_addr_by, signer),
		.from = t->client.addr};
	/* An error: the name is not the key's, and another right has let it change this. */
	(void)!collect_update(u->collect, now, now_s, &statement);
}

void update_collected_say(
	const struct update_collected *u, const struct transfer *update, ns_t now, uint64_t now_s)
{
	const struct update_ask *ask = update->update;
	struct update_message m;
	char label[LABEL_CAP + 1];
	if (!u->collect || !ask->is_sig0 || ask->is_registration ||
		update_message_parse(ask->msg, ask->len, &m))
		return;
	for (size_t i = m.prerequisite_count; i < m.count; i++) {
		const struct update_record *r = &m.records[i];
		if ((is_addr_type(r->type) || r->type == RR_ANY) && host_label(u, r->owner, label))
			say(u, update, label, now, now_s);
	}
	update_message_fini(&m);
}

/* What is served. */

static void copy_signer(void *arg, const struct collect_name *name)
{
	struct name *ret = arg;
	ret->len = 0;
	if (name->word == COLLECT_LINK)
		name_copy(ret, name->signer);
}

bool update_collected_hides(const struct update_collected *u, const uint8_t *owner, uint16_t type)
{
	struct name signer = {.len = 0};
	char label[LABEL_CAP + 1];
	if (!u->collect || !is_addr_type(type) || !host_label(u, owner, label) ||
		!collect_find(u->collect, label, copy_signer, &signer) || signer.len == 0)
		return false;
	const struct added_owner *o = added_find(u->added, owner);
	const struct added_set *set = o ? added_owner_set(o, type) : NULL;
	return set && is_by(set, signer.wire);
}

void update_collected_touch(const struct update_collected *u, const char *label)
{
	struct name name;
	for (int branch = 0; branch < BRANCHES; branch++)
		if (branch_name(u, label, branch, &name))
			added_touch(u->added, name.wire);
}

static bool is_of_no_host(
	const struct update_collected *u, const struct added_set *set, const void *arg UNUSED)
{
	struct rdata keys[COLLECT_KEYS_OF];
	if (set->type == RR_KEY && added_set_until(set, 0) != 0)
		return true; /* it is registered, also without addresses */
	return is_addr_type(set->type) &&
	       (set->kind != ADDED_BY_PAIR ||
		       collect_find_keys(u->collect, added_set_key(set), keys) == 0);
}

bool update_collected_is_taken(const struct update_collected *u, const char *label)
{
	return u->collect && any_set(u, label, is_of_no_host, NULL);
}

bool update_collected_knows(const struct update_collected *u, const uint8_t *signer)
{
	const struct conf *conf = u->conf;
	for (size_t i = 0; i < conf->keys.count; i++)
		if (name_equal(conf->keys.at[i].name.wire, signer))
			return true;
	for (size_t i = 0; i < conf->update_rights.count; i++)
		if (name_equal(conf->update_rights.at[i].key.wire, signer))
			return true;
	for (size_t i = 0; i < u->signers->count; i++)
		if (name_equal(u->signers->at[i].name.wire, signer))
			return true;
	return false;
}
