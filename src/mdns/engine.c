/* SPDX-License-Identifier: ISC */
/*
 * Owns the interface of the engine: links, received packets, packets to send, status.
 * Never reads a clock, a socket or randomness.
 */
#include "mdns/mdns.h"

#include <assert.h>
#include <stdlib.h>

#include "mdns/conflict.h"
#include "mdns/identity.h"
#include "mdns/link.h"
#include "mdns/mrecord.h"
#include "mdns/neighbour.h"
#include "mdns/oneshot.h"
#include "mdns/probe.h"
#include "mdns/put.h"
#include "mdns/query.h"
#include "mdns/respond.h"
#include "mdns/state.h"
#include "mdns/tc.h"
#include "mdns/tie.h"

struct mdns *mdns_new(uint64_t seed)
{
	struct mdns *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->outbox.bytes = malloc(LIMIT_MDNS_OUTBOX);
	m->outbox.cap = LIMIT_MDNS_OUTBOX;
	if (!m->outbox.bytes) {
		free(m);
		return NULL;
	}
	list_init(&m->notices);
	list_init(&m->kept);
	list_init(&m->recent);
	m->random_state = seed;
	m->look_at = NS_NEVER;
	m->hash_seed = (uint64_t)mdns_random(m, 0, INT64_MAX - 1);
	return m;
}

/* Drops what is to be sent on the link and belongs to no mname. */
static void mlink_drop_pending(struct mlink *link)
{
	continued_clear(link);
	LIST_EACH(goodbye, &link->goodbyes, struct goodbye, of_link) {
		list_remove(&goodbye->of_link);
		free(goodbye);
	}
	if (link->m->repeat_to.link == link->id)
		link->m->repeat_len = 0;
}

static void mlink_free(struct mlink *link, ns_t now)
{
	struct mdns *m = link->m;
	mlink_drop_pending(link);
	MAP_EACH(mname, &link->mnames, struct mname, by_name)
		mname_free(mname, now);
	map_fini(&link->mnames);
	map_fini(&link->ready);
	heap_remove(&m->due, &link->due);
	map_remove(&m->links, &link->by_id);
	free(link->prefixes);
	free(link->addrs);
	free(link);
	mdns_update_own_bits(m);
}

void mdns_free(struct mdns *m)
{
	if (!m)
		return;
	MAP_EACH(mlink, &m->links, struct mlink, by_id)
		mlink_free(mlink, 0);
	MAP_EACH(identity, &m->identities, struct identity, by_owner)
		identity_free(m, identity);
	LIST_EACH(pending_notice, &m->notices, struct pending_notice, of_mdns)
		free(pending_notice);
	map_fini(&m->links);
	map_fini(&m->identities);
	map_fini(&m->names);
	map_fini(&m->references);
	free(m->outbox.bytes);
	free(m);
}

/* Links */

static int mlink_set_prefixes(struct mlink *link, const struct prefix *prefixes, size_t count)
{
	struct prefix *copy = NULL;
	if (count > 0) {
		copy = calloc(count, sizeof(*copy));
		if (!copy)
			return ERR_NOMEM;
		memcpy(copy, prefixes, count * sizeof(*copy));
	}
	free(link->prefixes);
	link->prefixes = copy;
	link->prefix_count = count;
	return 0;
}

static int mlink_set_addrs(struct mlink *link, const struct addr *addrs, size_t count)
{
	struct addr *copy = NULL;
	if (count > 0) {
		copy = calloc(count, sizeof(*copy));
		if (!copy)
			return ERR_NOMEM;
		memcpy(copy, addrs, count * sizeof(*copy));
	}
	free(link->addrs);
	link->addrs = copy;
	link->addr_count = count;
	mdns_update_own_bits(link->m);
	return 0;
}

static void mlink_restart(struct mlink *link, ns_t now)
{
	MAP_EACH(mname, &link->mnames, struct mname, by_name)
		mname_start(mname, now);
	mlink_touch(link);
}

/* §20: the link gains a family (DHCPv4, or a fe80:: address that has passed duplicate address
 * detection), which is a network of its own. A host that speaks that family alone may have our names
 * there. So they are probed for there, and answered for on the other lane meanwhile. */
static void mlink_probe_late(struct mlink *link, uint8_t gained, ns_t now)
{
	link->muted |= gained;
	MAP_EACH(mname, &link->mnames, struct mname, by_name)
		mname_probe_late(mname, now);
	mlink_touch(link);
}

/* A lane is lost. If it was the muted one, nothing is probed for there any more. */
static void mlink_lose_lanes(struct mlink *link, uint8_t kept)
{
	link->muted &= kept;
	while (!link->muted && heap_first(&link->intros))
		heap_remove(&link->intros, heap_first(&link->intros));
}

/* All names that are held have been probed for there. */
static void mlink_unmute(struct mlink *link, ns_t now)
{
	link->muted = 0;
	MAP_EACH(mname, &link->mnames, struct mname, by_name)
		mname_introduce(mname, now);
}

int mdns_link_up(struct mdns *m, ns_t now, const struct mdns_link *from)
{
	struct mlink *link = mlink_get(m, from->id);
	if (!link)
		return ERR_NOMEM;
	int err = mlink_set_prefixes(link, from->prefixes, from->prefix_count);
	if (!err)
		err = mlink_set_addrs(link, from->addrs, from->addr_count);
	if (err)
		return err;
	uint8_t lanes = (uint8_t)(from->has_v4 << LANE_V4 | from->has_v6 << LANE_V6);
	uint8_t gained = lanes & (uint8_t)~link->lanes;
	bool was_up = link->is_up;
	if (lanes == 0) {
		mdns_link_down(m, now, from->id);
		return 0;
	}
	link->mtu = from->mtu;
	link->lanes = lanes;
	mlink_lose_lanes(link, lanes);
	link->is_up = true;
	if (!was_up)
		mlink_restart(link, now);
	else if (gained)
		mlink_probe_late(link, gained, now);
	return 0;
}

void mdns_link_down(struct mdns *m, ns_t now, uint32_t id)
{
	struct mlink *link = mlink_find(m, id);
	if (!link)
		return;
	link->is_up = false;
	link->lanes = link->muted = 0;
	mlink_drop_pending(link);
	MAP_EACH(mname, &link->mnames, struct mname, by_name)
		mname_stop(mname, MDNS_SILENT, now);
	mlink_touch(link);
}

void mdns_link_gone(struct mdns *m, ns_t now, uint32_t id)
{
	struct mlink *link = mlink_find(m, id);
	if (link)
		mlink_free(link, now);
}

static void mlink_sleep(struct mlink *link, ns_t now)
{
	continued_clear(link);
	MAP_EACH(mname, &link->mnames, struct mname, by_name) {
		mname_say_goodbye(mname);
		mname_stop(mname, MDNS_SILENT, now);
	}
	mlink_touch(link);
}

void mdns_sleep(struct mdns *m, ns_t now)
{
	m->is_asleep = true;
	MAP_EACH(link, &m->links, struct mlink, by_id)
		mlink_sleep(link, now);
}

void mdns_set_signature(struct mdns *m, size_t room)
{
	m->signature_room = room < LIMIT_MDNS_SIGNATURE ? room : LIMIT_MDNS_SIGNATURE;
}

void mdns_note_signed(struct mdns *m, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	if (to->is_of_host)
		neighbour_note_sent(m, to, packet, len);
}

void mdns_restart(struct mdns *m, ns_t now)
{
	m->is_asleep = false;
	MAP_EACH(link, &m->links, struct mlink, by_id) {
		if (link->is_up)
			mlink_restart(link, now);
	}
}

static void mlink_say_goodbye(struct mlink *link, ns_t now)
{
	MAP_EACH(mname, &link->mnames, struct mname, by_name) {
		mname_say_goodbye(mname);
		mname_free(mname, now);
	}
	mlink_touch(link);
}

void mdns_goodbye(struct mdns *m, ns_t now)
{
	MAP_EACH(link, &m->links, struct mlink, by_id)
		mlink_say_goodbye(link, now);
}

void mdns_link_leave(struct mdns *m, ns_t now, uint32_t id)
{
	struct mlink *link = mlink_find(m, id);
	if (link)
		mlink_say_goodbye(link, now);
}

/* Packets in */

static void mark_known(struct query *q, struct recset *set, struct mrecord *record, void *arg)
{
	(void)arg;
	recset_note_known(set, record, q->serial);
}

/* Reads the records after the questions. False: malformed. */
static bool read_records(struct query *q)
{
	struct rd r = rd_init(q->packet, q->len);
	rd_bytes(&r, MSG_HEADER_LEN);
	rd_skip_questions(&r, q->header.qdcount);
	if (q->header.count[SECTION_ANSWER] > 0)
		query_each_known(q, &r, mark_known, NULL);
	if (q->header.count[SECTION_AUTHORITY] > 0 && !r.err)
		probe_input(q, &r);
	return !r.err;
}

/* True if the query has an OPT record with DO (RFC 6891 §6.1.3). */
static bool has_do(const struct query *q)
{
	struct rd r = rd_init(q->packet, q->len);
	struct rr rr = {.type = 0};
	unsigned left = 0;
	bool is_found = false;
	rd_bytes(&r, MSG_HEADER_LEN);
	rd_skip_questions(&r, q->header.qdcount);
	for (int s = 0; s < SECTION_COUNT; s++)
		left += q->header.count[s];
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (; left > 0 && !r.err && !is_found; left--)
		is_found = rd_rr_unnamed(&r, &rr) && rr.type == RR_OPT;
	return is_found && !r.err && rr_edns(&rr).has_do;
}

static void query_input(struct mdns *m, struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	struct query q;
	struct rd r = rd_init(packet, len);
	q.m = m;
	q.link = link;
	q.lane = lane_of(&from->peer);
	q.now = now;
	q.from = from;
	q.packet = packet;
	q.len = len;
	q.serial = m->serial;
	q.is_legacy = from->peer_port != MDNS_PORT;
	q.is_direct = !from->is_multicast;
	q.is_off_link = !mlink_has_source(link, &from->peer);
	q.is_held_back = q.has_reply = q.is_truncated = q.wants_signature = false;
	q.delay = 0;
	rd_header(&r, &q.header);

	if (m->signature_room > 0 && !q.is_legacy && q.header.count[SECTION_ADDITIONAL] > 0)
		q.wants_signature = has_do(&q);
	if (q.header.count[SECTION_ANSWER] + q.header.count[SECTION_AUTHORITY] > 0 &&
		!read_records(&q)) {
		m->stats.malformed++;
		return;
	}
	if (!q.is_legacy && !q.is_direct) {
		if (q.header.qdcount == 0)
			continued_extend(&q);
		else if (q.header.flags & MSG_TC && continued_add(&q))
			return;
	}
	query_answer(&q);
}

/* §11: a packet to the group comes from this link, whatever its source address is: two subnets
 * may share a link, and a host may have an address of neither. Only a packet to our own address
 * may come from elsewhere. A legacy query needs a unicast reply, and no unicast reply leaves the
 * link. */
static bool may_come_from(const struct mlink *link, const struct mdns_path *from)
{
	return (from->is_multicast && from->peer_port == MDNS_PORT) ||
	       mlink_has_source(link, &from->peer);
}

void mdns_input(
	struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	struct mlink *link = mlink_find(m, from->link);
	struct rd r = rd_init(packet, len);
	struct msg_header header;

	m->stats.packets_in++;
	if (!link || m->is_asleep || !(link->lanes & 1 << lane_of(&from->peer)) ||
		from->peer_port == 0) {
		m->stats.ignored++;
		return;
	}
	if (!may_come_from(link, from)) {
		m->stats.off_link++;
		return;
	}
	if (!(link->muted & 1 << lane_of(&from->peer)) && oneshot_answer(link, from, packet, len))
		return;
	rd_header(&r, &header);
	if (r.err) {
		m->stats.malformed++;
		return;
	}
	if (msg_opcode(&header) != OPCODE_QUERY || msg_rcode(&header) != 0) { /* §18.3, §18.11 */
		m->stats.ignored++;
		return;
	}
	m->serial++;
	neighbour_input(link, now, from, packet, len);
	if (header.flags & MSG_QR)
		response_input(m, link, now, from, packet, len);
	else
		query_input(m, link, now, from, packet, len);
	mlink_touch(link);
}

/* Time and packets out */

/* A packet for both lanes is sent on the first now, and kept for the second. */
static void send_on_lanes(
	struct mlink *link, unsigned lanes, struct mdns_path *to, const uint8_t *buffer, size_t len)
{
	struct mdns *m = link->m;
	*to = multicast_group(link->id, lanes & 1 << LANE_V4 ? LANE_V4 : LANE_V6);
	if (lanes != LANES_ALL)
		return;
	m->repeat_to = multicast_group(link->id, LANE_V6);
	m->repeat_to.is_of_host = m->is_host_said;
	m->repeat_to.wants_signature = m->is_public_said;
	m->repeat_len = len;
	memcpy(m->repeat, buffer, len);
}

/* Returns one packet of probes on lanes that came later. After the last one all lanes are alike. */
static size_t late_poll(struct mlink *link, ns_t now, uint8_t *buffer, size_t cap)
{
	size_t len = link->muted ? intro_poll(link, now, buffer, cap) : 0;
	if (link->muted && heap_deadline(&link->intros) == NS_NEVER)
		mlink_unmute(link, now);
	return len;
}

/* Returns one packet that is due on the link on its own account, and its lanes; 0: nothing is due. */
static size_t say_poll(
	struct mlink *link, ns_t now, unsigned *ret_lanes, uint8_t *buffer, size_t cap)
{
	*ret_lanes = link->lanes;
	size_t len = goodbye_poll(link, buffer, cap);
	if (len == 0)
		len = probe_poll(link, now, buffer, cap);
	if (len > 0)
		return len;
	*ret_lanes = link->muted;
	len = late_poll(link, now, buffer, cap);
	if (len > 0)
		return len;
	*ret_lanes = mlink_spoken_lanes(link);
	return *ret_lanes ? announce_poll(link, now, buffer, cap) : 0;
}

/* Returns one packet that is due on the link; 0: nothing is due. */
static size_t mlink_poll(
	struct mlink *link, ns_t now, struct mdns_path *to, uint8_t *buffer, size_t cap)
{
	unsigned lanes;
	continued_poll(link, now);
	size_t len = say_poll(link, now, &lanes, buffer, cap);
	if (len > 0) {
		send_on_lanes(link, lanes, to, buffer, len);
		return len;
	}
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		len = respond_poll(link, lane, now, buffer, cap);
		if (len > 0) {
			*to = multicast_group(link->id, lane);
			return len;
		}
	}
	return 0;
}

static size_t next_packet(
	struct mdns *m, ns_t now, struct mdns_path *to, uint8_t *buffer, size_t cap)
{
	size_t len = outbox_take(&m->outbox, to, buffer);
	if (len > 0)
		return len;
	if (m->repeat_len > 0) {
		len = m->repeat_len;
		*to = m->repeat_to;
		memcpy(buffer, m->repeat, len);
		m->repeat_len = 0;
		return len;
	}
	/* Progress: each turn ends with a packet, or with a link that has nothing due. */
	while (heap_deadline(&m->due) <= now) {
		struct mlink *link = container_of(heap_first(&m->due), struct mlink, due);
		len = mlink_poll(link, now, to, buffer, cap);
		mlink_touch(link);
		if (len > 0)
			return len;
		assert(!heap_has(&link->due) || link->due.at > now);
		if (heap_has(&link->due) && link->due.at <= now)
			break;
	}
	/* A query whose wait was over may have put its reply there. */
	return outbox_take(&m->outbox, to, buffer);
}

size_t mdns_poll(struct mdns *m, ns_t now, struct mdns_path *to, uint8_t *buffer, size_t cap)
{
	size_t len =
		next_packet(m, now, to, buffer, cap < LIMIT_MDNS_PACKET ? cap : LIMIT_MDNS_PACKET);
	if (len > 0) {
		if (m->is_host_said)
			neighbour_note_sent(m, to, buffer, len);
		to->is_of_host |= m->is_host_said;
		to->wants_signature |= m->is_public_said;
		m->is_host_said = m->is_public_said = false;
		m->stats.packets_out++;
		m->stats.bytes_out += len;
	}
	return len;
}

ns_t mdns_deadline(const struct mdns *m)
{
	if (!outbox_is_empty(&m->outbox) || m->repeat_len > 0)
		return LONG_AGO;
	return heap_deadline(&m->due);
}

/* Status */

struct mdns_stats mdns_stats(const struct mdns *m)
{
	return m->stats;
}

static void visit_status(const struct mname *mname,
	void (*visit)(void *arg, const struct mdns_status *status), void *arg)
{
	if (!mname_needs_probe(mname))
		return;
	struct mdns_status status = {
		.link = mname->link->id,
		.state = mname->state,
		.since = mname->since,
		.against = mname->against,
	};
	name_copy(&status.name, mname->identity->owner);
	name_copy(&status.current, mname->identity->current);
	visit(arg, &status);
}

void mdns_each_status(
	const struct mdns *m, void (*visit)(void *arg, const struct mdns_status *status), void *arg)
{
	MAP_EACH(link, &m->links, const struct mlink, by_id)
		MAP_EACH(mname, &link->mnames, const struct mname, by_name)
			visit_status(mname, visit, arg);
}

void mdns_each_status_of(const struct mdns *m, const uint8_t *owner,
	void (*visit)(void *arg, const struct mdns_status *status), void *arg)
{
	const struct identity *identity = identity_find(m, owner);
	if (!identity)
		return;
	LIST_EACH(mname, &identity->mnames, const struct mname, of_identity)
		visit_status(mname, visit, arg);
}
