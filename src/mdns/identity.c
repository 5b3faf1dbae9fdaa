/* SPDX-License-Identifier: ISC */
/*
 * Owns the current name of each owner on all links, renaming it together with all references to
 * it, and the decision which records count as sent by us.
 * Never sends anything.
 */
#include "mdns/identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "mdns/mrecord.h"
#include "mdns/oneshot.h"
#include "mdns/state.h"

enum { NUMBER_TEXT_CAP = 16 };

struct identity *identity_find_current(const struct mdns *m, const uint8_t *name)
{
	uint64_t hash = name_hash(m->hash_seed, name);
	return MAP_FIND(&m->names, hash, struct identity, by_current, identity,
		name_equal(identity->current, name));
}

static struct identity *identity_new(struct mdns *m, const uint8_t *owner)
{
	size_t len = name_len(owner);
	struct identity *identity = calloc(1, sizeof(*identity) + len);
	if (!identity)
		return NULL;
	memcpy(identity->owner, owner, len);
	identity->current = identity->owner;
	list_init(&identity->mnames);
	list_init(&identity->of_kept);
	uint64_t hash = name_hash(m->hash_seed, owner);
	if (map_add(&m->identities, &identity->by_owner, hash))
		goto fail;
	/* Another identity was renamed to this name before: it keeps it, and the new one is
	 * renamed. */
	bool is_taken = identity_find_current(m, owner) != NULL;
	if (map_add(&m->names, &identity->by_current, hash))
		goto fail_names;
	if (is_taken && identity_rename(m, identity))
		goto fail_rename;
	return identity;

fail_rename:
	map_remove(&m->names, &identity->by_current);
fail_names:
	map_remove(&m->identities, &identity->by_owner);
fail:
	free(identity);
	return NULL;
}

struct identity *identity_get(struct mdns *m, const uint8_t *owner)
{
	struct identity *identity = identity_find(m, owner);
	return identity ? identity : identity_new(m, owner);
}

void identity_use(struct mdns *m, struct identity *identity)
{
	if (list_is_empty(&identity->of_kept))
		return;
	list_remove(&identity->of_kept);
	if (identity->is_recent)
		m->recent_count--;
	else
		m->kept_count--;
	identity->is_recent = false;
}

void identity_free(struct mdns *m, struct identity *identity)
{
	identity_use(m, identity);
	map_remove(&m->names, &identity->by_current);
	map_remove(&m->identities, &identity->by_owner);
	if (identity->current != identity->owner)
		free(identity->current);
	free(identity);
}

static uint64_t current_hash(const struct mdns *m, const struct identity *identity)
{
	return name_hash(m->hash_seed, identity->current);
}

/* Each mname is filed under the current name of its identity. The maps have buckets already, so
 * adding cannot fail. */
static int set_current(struct mdns *m, struct identity *identity, const struct name *name)
{
	const bool is_owner = name_equal(name->wire, identity->owner); /* §16: in any case */
	uint8_t *current = is_owner ? identity->owner : malloc(name->len);
	if (!current)
		return ERR_NOMEM;
	if (!is_owner)
		memcpy(current, name->wire, name->len);

	LIST_EACH(mname, &identity->mnames, struct mname, of_identity) {
		oneshot_forget(mname);
		map_remove(&mname->link->mnames, &mname->by_name);
	}
	map_remove(&m->names, &identity->by_current);
	if (identity->current != identity->owner)
		free(identity->current);
	identity->current = current;
	identity->is_persisted = !is_owner;

	uint64_t hash = current_hash(m, identity);
	int err = map_add(&m->names, &identity->by_current, hash);
	LIST_EACH(mname, &identity->mnames, struct mname, of_identity) {
		err = err ? err : map_add(&mname->link->mnames, &mname->by_name, hash);
	}
	return err;
}

/* References to the identity in rdata */

static void reference_rename(
	struct reference *ref, const struct identity *identity, struct mdns *m, ns_t now)
{
	struct recset *set = ref->set;
	struct mrecord *record = &set->records[ref->index];
	bool is_announced = set->mname && mname_is_held(set->mname);
	if (is_announced && !set->is_unique)
		goodbye_add(set->mname, set, record);
	if (set->mname)
		identity_remember(set->mname->identity, record->hash, set->ttl, now);
	recset_set_target(m, set, ref->index, identity->current);
	for (int lane = 0; lane < LANE_COUNT; lane++)
		record->sent[lane] = LONG_AGO;
	if (is_announced) {
		ns_t at = mname_update_at(set->mname, now);
		if (set->is_unique)
			mname_announce(set->mname, set, 2, at);
		else
			mname_announce_new(set->mname, set, 2, at);
		mlink_touch(set->mname->link);
	}
}

void references_rename(struct identity *identity, struct mdns *m, ns_t now)
{
	struct reference *first = reference_find(m, identity->owner);
	if (!first)
		return;
	reference_rename(first, identity, m, now);
	LIST_EACH(reference, &first->same_target, struct reference, same_target)
		reference_rename(reference, identity, m, now);
}

/* The renaming is forgotten: references get the name as it was put. */
static void identity_forget(struct mdns *m, struct identity *identity)
{
	struct name owner;
	name_copy(&owner, identity->owner);
	if (identity_find_current(m, identity->owner) == NULL &&
		set_current(m, identity, &owner) == 0)
		references_rename(identity, m, 0);
	identity_free(m, identity);
}

static bool may_be_forgotten(const struct identity *identity, ns_t now)
{
	return identity->remembered_until <= now && identity->own_words_until <= now;
}

/* Frees those that are old, or too many. */
static void trim_recent(struct mdns *m, ns_t now)
{
	while (!list_is_empty(&m->recent)) {
		struct identity *first = container_of(m->recent.next, struct identity, of_kept);
		if (m->recent_count <= LIMIT_MDNS_RECENT && !may_be_forgotten(first, now))
			return;
		identity_free(m, first);
	}
}

static void keep_recent(struct mdns *m, struct identity *identity, ns_t now)
{
	identity_use(m, identity);
	identity->is_recent = true;
	list_append(&m->recent, &identity->of_kept);
	m->recent_count++;
	trim_recent(m, now);
}

void identity_release(struct mdns *m, struct identity *identity, ns_t now)
{
	if (!list_is_empty(&identity->mnames))
		return;
	if (!identity->is_persisted) {
		if (may_be_forgotten(identity, now))
			identity_free(m, identity);
		else
			keep_recent(m, identity, now);
		return;
	}
	identity_use(m, identity);
	list_append(&m->kept, &identity->of_kept);
	if (++m->kept_count > LIMIT_MDNS_KEPT)
		identity_forget(m, container_of(m->kept.next, struct identity, of_kept));
}

/* Returns the length of the longest prefix of `label` that has at most `max` bytes and does not cut
 * a UTF-8 character (§16). */
static size_t cut_label(const uint8_t *label, size_t max)
{
	size_t len = label[0];
	if (len <= max)
		return len;
	for (len = max; len > 0 && (label[1 + len] & 0xc0) == 0x80;)
		len--;
	return len;
}

/* Writes `owner` with a number in its first label: "web-2"; for a service instance, as users see
 * it, "Web (2)". */
static int numbered_name(const uint8_t *owner, unsigned number, struct name *ret)
{
	const uint8_t *parent = name_parent(owner);
	bool is_instance = parent[0] > 1 && parent[1] == '_';
	char suffix[NUMBER_TEXT_CAP];
	uint8_t label[LABEL_CAP];
	size_t suffix_len =
		(size_t)snprintf(suffix, sizeof(suffix), is_instance ? " (%u)" : "-%u", number);
	size_t room = NAME_CAP - 1 - name_len(parent);
	size_t label_cap = room < LABEL_CAP ? room : LABEL_CAP;
	if (label_cap <= suffix_len)
		return ERR_RANGE;
	size_t len = cut_label(owner, label_cap - suffix_len);
	memcpy(label, owner + 1, len);
	memcpy(label + len, suffix, suffix_len);
	return name_prepend(label, len + suffix_len, parent, ret);
}

int identity_rename(struct mdns *m, struct identity *identity)
{
	for (unsigned number = identity->number < 2 ? 2 : identity->number + 1;
		number <= LIMIT_MDNS_RENAMES; number++) {
		struct name name;
		int err = numbered_name(identity->owner, number, &name);
		if (err)
			return err;
		if (identity_find_current(m, name.wire) || identity_find(m, name.wire))
			continue;
		err = set_current(m, identity, &name);
		if (!err)
			identity->number = number;
		return err;
	}
	identity->number = 0;
	return ERR_RANGE;
}

/* Returns the number in "web-7" made from "web", so that the next rename continues from there;
 * otherwise 0. */
static unsigned number_of(const uint8_t *owner, const struct name *current)
{
	unsigned number = 0, scale = 1;
	for (unsigned i = current->wire[0]; i > 0 && scale <= LIMIT_MDNS_RENAMES;
		i--, scale *= 10) {
		uint8_t c = current->wire[i];
		if (c < '0' || c > '9')
			break;
		number += scale * (unsigned)(c - '0');
	}
	struct name made;
	if (number < 2 || number > LIMIT_MDNS_RENAMES || numbered_name(owner, number, &made))
		return 0;
	return name_equal(made.wire, current->wire) ? number : 0;
}

int mdns_set_name(struct mdns *m, const uint8_t *owner, const uint8_t *current)
{
	struct identity *identity = identity_get(m, owner);
	if (!identity)
		return ERR_NOMEM;
	struct identity *other = identity_find_current(m, current);
	struct name name;
	int err = other && other != identity ? ERR_EXISTS : 0;
	name_copy(&name, current);
	if (!other)
		err = set_current(m, identity, &name);
	if (!other && !err) {
		identity->number = number_of(owner, &name);
		references_rename(identity, m, 0);
	}
	identity_release(m, identity, 0);
	return err;
}

void mdns_each_renamed(const struct mdns *m,
	void (*visit)(void *arg, const uint8_t *owner, const uint8_t *current), void *arg)
{
	LIST_EACH(identity, &m->kept, const struct identity, of_kept) {
		visit(arg, identity->owner, identity->current);
	}
	MAP_EACH(identity, &m->identities, const struct identity, by_owner) {
		if (identity->is_persisted && list_is_empty(&identity->of_kept))
			visit(arg, identity->owner, identity->current);
	}
}

/* Records sent by us */

void identity_remember(struct identity *identity, uint64_t hash, uint32_t ttl_s, ns_t now)
{
	const ns_t until = now + ttl_s * NS_PER_S;
	unsigned i = 0;
	while (i < IDENTITY_FORMER && identity->former[i].hash != hash)
		i++;
	if (i == IDENTITY_FORMER) {
		i = identity->former_next;
		identity->former_next = (identity->former_next + 1) % IDENTITY_FORMER;
	}
	identity->former[i].hash = hash;
	identity->former[i].until = until;
	if (identity->remembered_until < until)
		identity->remembered_until = until;
}

bool identity_has(const struct mdns *m, const struct identity *identity, uint16_t type,
	const uint8_t *rdata, size_t len, ns_t now)
{
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity) {
		const struct recset *set = mname_find_set(mname, type);
		if (set && recset_find(m, set, rdata, len))
			return true;
	}
	uint64_t hash = rdata_hash(m, type, rdata, len);
	for (int i = 0; i < IDENTITY_FORMER; i++)
		if (identity->former[i].until > now && identity->former[i].hash == hash)
			return true;
	return false;
}

static bool has_addr(const struct mdns *m, const struct identity *identity, const struct addr *a)
{
	uint16_t type = a->family == ADDR_V4 ? RR_A : RR_AAAA;
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity) {
		const struct recset *set = mname_find_set(mname, type);
		if (set && recset_find(m, set, a->bytes, addr_len(a)))
			return true;
	}
	return false;
}

static bool points_to_addr(const struct mdns *m, const struct recset *set, const struct addr *a)
{
	for (uint16_t i = 0; i < set->count; i++) {
		const uint8_t *target = set->records[i].put + rr_layout(set->type).lead;
		const struct identity *identity = identity_find(m, target);
		if (identity && has_addr(m, identity, a))
			return true;
	}
	return false;
}

bool identity_is_spoken_for_by(
	const struct mdns *m, const struct identity *identity, const struct addr *a)
{
	struct addr reverse;
	if (has_addr(m, identity, a) ||
		(name_to_addr(identity->owner, &reverse) == 0 && addr_equal(&reverse, a)))
		return true;
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity) {
		for (const struct recset *set = mname->sets; set; set = set->next)
			if (set->is_unique && rr_type_has(set->type, RR_HAS_TARGET) &&
				points_to_addr(m, set, a))
				return true;
	}
	return false;
}

/* Our own packets come back from reflectors and our own sockets. We recognize a set by the sum of
 * its records' hashes, which does not depend on their order. */

uint64_t mname_sum(const struct mname *mname)
{
	uint64_t sum = 0;
	for (const struct recset *set = mname->sets; set; set = set->next)
		for (uint16_t i = 0; recset_is_claimed(set) && i < set->count; i++)
			sum += set->records[i].hash;
	return sum;
}

bool identity_says(const struct identity *identity, uint64_t sum)
{
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity)
		if (mname_sum(mname) == sum)
			return true;
	return false;
}

ns_t identity_last_said(const struct identity *identity, uint64_t sum)
{
	for (int i = 0; i < IDENTITY_SAID; i++)
		if (identity->said[i].sum == sum && identity->said[i].at != 0)
			return identity->said[i].at;
	return LONG_AGO;
}

void identity_note_said(struct identity *identity, uint64_t sum, ns_t now)
{
	unsigned i = 0;
	while (i < IDENTITY_SAID && identity->said[i].sum != sum)
		i++;
	if (i == IDENTITY_SAID) {
		i = identity->said_next;
		identity->said_next = (identity->said_next + 1) % IDENTITY_SAID;
	}
	identity->said[i].sum = sum;
	identity->said[i].at = now;
}
