/* SPDX-License-Identifier: ISC */
/*
 * Owns the base of the engine: links and their deadlines, lookups by name, notices, and replies
 * that wait to be sent.
 * Never looks at the contents of a message.
 */
#include "mdns/link.h"

#include <stdlib.h>

#include "base/random.h"

ns_t mdns_random(struct mdns *m, ns_t low, ns_t high)
{
	return random_between(&m->random_state, low, high);
}

/* Links */

static uint64_t id_hash(const struct mdns *m, uint32_t id)
{
	return hash_mix(m->hash_seed, id);
}

struct mlink *mlink_find(const struct mdns *m, uint32_t id)
{
	return MAP_FIND(&m->links, id_hash(m, id), struct mlink, by_id, link, link->id == id);
}

static struct mlink *mlink_new(struct mdns *m, uint32_t id)
{
	struct mlink *link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->m = m;
	link->id = id;
	link->batch_at = link->last_probe = LONG_AGO;
	for (size_t i = 0; i < LIMIT_MDNS_CONFLICTS; i++)
		link->conflicts[i] = LONG_AGO;
	list_init(&link->goodbyes);
	list_init(&link->of_host);
	list_init(&link->continued);
	if (map_add(&m->links, &link->by_id, id_hash(m, id))) {
		free(link);
		return NULL;
	}
	return link;
}

struct mlink *mlink_get(struct mdns *m, uint32_t id)
{
	struct mlink *link = mlink_find(m, id);
	return link ? link : mlink_new(m, id);
}

size_t mlink_payload(const struct mlink *link, unsigned lanes)
{
	return multicast_payload(link->mtu, lanes);
}

/* Own addresses. Almost all packets come from others: a bit for each hash says so at once. */

static uint64_t own_bit(const struct mdns *m, const struct addr *a)
{
	return UINT64_C(1) << (hash_bytes(m->hash_seed, a, sizeof(*a)) & 63);
}

void mdns_update_own_bits(struct mdns *m)
{
	m->own_bits = 0;
	MAP_EACH(link, &m->links, const struct mlink, by_id) {
		for (size_t i = 0; i < link->addr_count; i++)
			m->own_bits |= own_bit(m, &link->addrs[i]);
	}
}

bool mlink_has_addr(const struct mlink *link, const struct addr *a)
{
	for (size_t i = 0; i < link->addr_count; i++)
		if (addr_equal(&link->addrs[i], a))
			return true;
	return false;
}

bool mdns_has_addr(const struct mdns *m, const struct addr *a)
{
	if (!(m->own_bits & own_bit(m, a)))
		return false;
	MAP_EACH(link, &m->links, const struct mlink, by_id) {
		if (mlink_has_addr(link, a))
			return true;
	}
	return false;
}

bool mlink_has_source(const struct mlink *link, const struct addr *peer)
{
	return multicast_is_on_link(link->prefixes, link->prefix_count, peer);
}

static ns_t continued_deadline(const struct mlink *link)
{
	ns_t at = NS_NEVER;
	LIST_EACH(continued, &link->continued, struct continued, of_link)
		at = ns_min(at, continued->due);
	return at;
}

static ns_t mlink_deadline(const struct mlink *link)
{
	if (!link->is_up)
		return NS_NEVER;
	if (!list_is_empty(&link->goodbyes))
		return LONG_AGO;
	if (link->muted && heap_deadline(&link->intros) == NS_NEVER)
		return LONG_AGO;
	ns_t at = ns_min(heap_deadline(&link->probes), heap_deadline(&link->intros));
	if (mlink_spoken_lanes(link))
		at = ns_min(at, heap_deadline(&link->announces));
	for (int lane = 0; lane < LANE_COUNT; lane++)
		at = ns_min(at, heap_deadline(&link->answers[lane]));
	return ns_min(at, continued_deadline(link));
}

void mlink_touch(struct mlink *link)
{
	ns_t at = mlink_deadline(link);
	if (at == NS_NEVER)
		heap_remove(&link->m->due, &link->due);
	else if (!heap_has(&link->due) || link->due.at != at)
		heap_put(&link->m->due, &link->due, at);
}

/* Lookups by name */

struct identity *identity_find(const struct mdns *m, const uint8_t *owner)
{
	uint64_t hash = name_hash(m->hash_seed, owner);
	return MAP_FIND(&m->identities, hash, struct identity, by_owner, identity,
		name_equal(identity->owner, owner));
}

struct mname *mname_find(const struct mlink *link, const uint8_t *name, uint64_t hash)
{
	return MAP_FIND(&link->mnames, hash, struct mname, by_name, mname,
		name_equal(mname->identity->current, name));
}

struct recset *mname_find_set(const struct mname *mname, uint16_t type)
{
	struct recset *set = mname->sets;
	while (set && set->type != type)
		set = set->next;
	return set;
}

/* Notices */

static struct pending_notice *notice_new(
	const struct mlink *link, enum mdns_notice_type type, const struct addr *peer)
{
	struct pending_notice *pending = calloc(1, sizeof(*pending));
	if (!pending)
		return NULL;
	pending->notice.type = type;
	pending->notice.link = link->id;
	pending->notice.peer = *peer;
	return pending;
}

static void notice_queue(struct mdns *m, struct pending_notice *pending)
{
	list_append(&m->notices, &pending->of_mdns);
	if (++m->notice_count > LIMIT_MDNS_NOTICES) {
		struct mdns_notice oldest;
		mdns_next_notice(m, &oldest);
		m->stats.limited++;
	}
}

void mdns_notify(struct mname *mname, enum mdns_notice_type type, const struct addr *peer)
{
	struct pending_notice *pending = notice_new(mname->link, type, peer);
	if (!pending)
		return;
	name_copy(&pending->notice.name, mname->identity->owner);
	name_copy(&pending->notice.current, mname->identity->current);
	notice_queue(mname->link->m, pending);
}

void mlink_notify(struct mlink *link, enum mdns_notice_type type, const struct addr *peer)
{
	struct pending_notice *pending = notice_new(link, type, peer);
	if (pending)
		notice_queue(link->m, pending);
}

bool mdns_next_notice(struct mdns *m, struct mdns_notice *ret)
{
	if (list_is_empty(&m->notices))
		return false;
	struct pending_notice *first =
		container_of(m->notices.next, struct pending_notice, of_mdns);
	*ret = first->notice;
	list_remove(&first->of_mdns);
	m->notice_count--;
	free(first);
	return true;
}

/* Replies to one peer */

uint8_t *reply_room(struct mdns *m, size_t cap)
{
	uint8_t *room = outbox_room(&m->outbox, cap);
	if (!room)
		m->stats.limited++;
	return room;
}

bool mdns_is_full(const struct mdns *m)
{
	return !outbox_room(&m->outbox, LIMIT_MDNS_PACKET);
}

void reply_queue(struct mdns *m, const struct mdns_path *from, size_t len, bool wants_signature)
{
	struct mdns_path to = *from;
	to.is_multicast = false;
	to.wants_signature = wants_signature;
	outbox_add(&m->outbox, &to, len);
	m->stats.responses++;
}
