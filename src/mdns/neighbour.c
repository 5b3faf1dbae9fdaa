/* SPDX-License-Identifier: ISC */
/*
 * Owns the silence for other responders on this host: how one is detected, when it is asked, and
 * when the silence ends.
 *
 *	                  it sends, or is known               nobody answers for three seconds,
 *	  names of the  ───────────────────────► DEFERRED ──► or nobody else is in the group:
 *	  host: any state                         │    ▲      then as if they were put now
 *	                                          └────┘
 *	                              asked when its records have expired,
 *	                              when it said goodbye, when others come
 *
 * Inputs: packets, and the members of the group. Deadlines: the timers of the deferred mnames, in
 * their link's `probes`; none while a known responder exists. Progress: questions are counted, and
 * the last one ends the deferral, or an answer extends the lease, which doubles.
 *
 * Never sends anything itself, and never renames.
 */
#include "mdns/neighbour.h"

#include "mdns/state.h"

static const ns_t lease_min = 120 * NS_PER_S, lease_max = 3600 * NS_PER_S;
static const ns_t goodbye_pause = 2 * NS_PER_S; /* it may only be restarting */
static const ns_t echo_time = NS_PER_S;         /* our own packets may come back within this time */

/* Detection. */

void neighbour_note_sent(
	struct mdns *m, const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	struct mlink *link = to->is_multicast ? mlink_find(m, to->link) : NULL;
	if (!link)
		return;
	struct neighbour *n = &link->neighbour;
	n->sent[n->sent_next] = hash_bytes(m->hash_seed, packet, len);
	n->sent_next = (n->sent_next + 1) % SENT_MAX;
}

static bool has_sent(const struct mlink *link, const uint8_t *packet, size_t len)
{
	uint64_t hash = hash_bytes(link->m->hash_seed, packet, len);
	for (int i = 0; i < SENT_MAX; i++)
		if (link->neighbour.sent[i] == hash)
			return true;
	return false;
}

static bool is_about_host(const struct mlink *link, const struct rr *rr)
{
	const struct mdns *m = link->m;
	struct addr addr;
	if (rr->type == RR_SIG) /* of the message: it says nothing of its owner */
		return false;
	const struct mname *mname =
		mname_find(link, rr->owner.wire, name_hash(m->hash_seed, rr->owner.wire));
	if (mname)
		return !list_is_empty(&mname->of_host);
	return rr->type == RR_PTR && name_to_addr(rr->owner.wire, &addr) == 0 &&
	       mdns_has_addr(m, &addr);
}

/* The content of a message about names of the host. */
struct hearing {
	bool is_said, is_goodbye;
};

/* Reads the records of a response, or the records that a query proposes. */
static struct hearing hear(const struct mlink *link, const uint8_t *packet, size_t len)
{
	struct hearing hearing = {0};
	struct msg_header header;
	struct rd r = rd_init(packet, len);
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	const unsigned before = header.flags & MSG_QR ? 0 : header.count[SECTION_ANSWER];
	const unsigned count = before + header.count[SECTION_AUTHORITY] +
			       (header.flags & MSG_QR ? header.count[SECTION_ANSWER] +
								header.count[SECTION_ADDITIONAL]
						      : 0u);
	for (unsigned i = 0; i < count && !r.err; i++) {
		struct rr rr;
		rd_rr(&r, &rr);
		if (r.err || i < before || !is_about_host(link, &rr))
			continue;
		hearing.is_said |= rr.ttl > 0;
		hearing.is_goodbye |= rr.ttl == 0;
	}
	return hearing;
}

/* Deferral. */

/* Puts all names of the host into the state that follows from present knowledge. */
static void follow(struct mlink *link, ns_t now)
{
	const bool defers = mlink_defers(link);
	LIST_EACH(mname, &link->of_host, struct mname, of_host) {
		if (!mlink_speaks(link))
			continue;
		if (defers)
			mname_defer(mname, now);
		else if (mname->state == MDNS_DEFERRED)
			mname_start(mname, now);
	}
	mlink_touch(link);
}

static void neighbour_begin(struct mlink *link, const struct addr *peer, ns_t now)
{
	struct neighbour *n = &link->neighbour;
	n->is_heard = true;
	n->peer = *peer;
	n->since = now;
	n->lease = lease_min;
	n->until = now + n->lease;
	link->m->look_at = ns_min(link->m->look_at, now);
	mlink_notify(link, MDNS_NOTICE_NEIGHBOUR, peer);
	follow(link, now);
}

static void neighbour_end(struct mlink *link, ns_t now)
{
	struct neighbour *n = &link->neighbour;
	const struct addr peer = n->peer;
	const bool was_heard = n->is_heard;
	n->is_heard = false;
	n->is_asked = true;
	n->peer = (struct addr){.family = ADDR_NONE};
	if (was_heard)
		mlink_notify(link, MDNS_NOTICE_NEIGHBOUR_GONE, &peer);
	follow(link, now);
}

/* The neighbour has sent records: we are silent until they expire. If we had asked for them, the
 * next silence is longer. */
static void neighbour_speaks(struct mlink *link, const struct addr *peer, ns_t now)
{
	struct neighbour *n = &link->neighbour;
	if (!n->is_heard) {
		neighbour_begin(link, peer, now);
		return;
	}
	const bool was_asked = n->until <= now;
	if (was_asked)
		n->lease = ns_min(2 * n->lease, lease_max);
	n->until = now + n->lease;
	if (was_asked)
		follow(link, now);
}

/* The neighbour may have ended, restarted, or removed a record: we shall ask in a moment whether
 * it still exists. */
static void neighbour_doubt(struct mlink *link, ns_t now)
{
	struct neighbour *n = &link->neighbour;
	if (!n->is_heard || n->until <= now + goodbye_pause)
		return;
	n->lease = lease_min;
	n->until = now + goodbye_pause;
	follow(link, now);
}

void neighbour_input(struct mlink *link, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	if (from->peer_port != MDNS_PORT || now < link->neighbour.deaf_until ||
		!mlink_has_addr(link, &from->peer))
		return;
	struct hearing hearing = hear(link, packet, len);
	if ((!hearing.is_said && !hearing.is_goodbye) || has_sent(link, packet, len))
		return;
	if (hearing.is_said)
		neighbour_speaks(link, &from->peer, now);
	else
		neighbour_doubt(link, now);
}

bool neighbour_may_ask(struct mname *mname, ns_t now)
{
	struct mlink *link = mname->link;
	struct neighbour *n = &link->neighbour;
	if (n->is_heard && n->until > now) {
		mname_defer(mname, now);
		return false;
	}
	if ((n->others > 0 || !n->is_looked) && mname->probes_sent < QUESTIONS)
		return true;
	neighbour_end(link, now);
	return false;
}

void mname_set_of_host(struct mname *mname, bool is_of_host, ns_t now)
{
	struct mlink *link = mname->link;
	if (is_of_host != list_is_empty(&mname->of_host))
		return;
	/* Packets that we sent with this name before it was a name of the host were not noted.
	 * They may come back. */
	if (is_of_host && mname->state != MDNS_SILENT)
		link->neighbour.deaf_until = now + echo_time;
	if (is_of_host)
		list_append(&link->of_host, &mname->of_host);
	else
		list_remove(&mname->of_host);
	if (mlink_speaks(link) && mlink_defers(link) && mname->state != MDNS_SILENT)
		mname_start(mname, now);
}

/* Other members of the group, as the owner of the engine knows them. */

void mdns_set_company(struct mdns *m, ns_t now, uint32_t id, unsigned others)
{
	struct mlink *link = mlink_find(m, id);
	if (!link)
		return;
	struct neighbour *n = &link->neighbour;
	const bool did_defer = mlink_defers(link);
	const bool are_fewer = others < n->others;
	if (others == 0 || others > n->others)
		n->is_asked = false;
	n->others = others;
	n->is_looked = true;
	if (did_defer != mlink_defers(link))
		follow(link, now);
	if (are_fewer || others == 0)
		neighbour_doubt(link, now);
}

bool mdns_is_deferring(const struct mdns *m, uint32_t id)
{
	const struct mlink *link = mlink_find(m, id);
	return link && mlink_defers(link);
}

ns_t mdns_look_at(const struct mdns *m)
{
	return m->look_at;
}

/* What is due later than now needs a look of its own. */
void mdns_looked(struct mdns *m, ns_t now)
{
	m->look_at = NS_NEVER;
	MAP_EACH(link, &m->links, const struct mlink, by_id) {
		LIST_EACH(mname, &link->of_host, const struct mname, of_host) {
			if (mname->timer_heap && mname->timer.at > now)
				m->look_at = ns_min(m->look_at, mname->timer.at);
		}
	}
}

void mdns_each_neighbour(const struct mdns *m,
	void (*visit)(void *arg, const struct mdns_neighbour *neighbour), void *arg)
{
	MAP_EACH(link, &m->links, const struct mlink, by_id) {
		const struct neighbour *n = &link->neighbour;
		if (link->is_up && n->is_heard)
			visit(arg, &(struct mdns_neighbour){
					   .link = link->id, .peer = n->peer, .since = n->since});
	}
}
