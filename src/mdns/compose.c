/* SPDX-License-Identifier: ISC */
/*
 * Owns the writing of responses: sets in packets, flush bits, TTLs, additional records, sizes.
 * Never decides who gets an answer or when.
 */
#include "mdns/compose.h"

#include "mdns/identity.h"
#include "mdns/mrecord.h"
#include "mdns/nsec.h"
#include "mdns/state.h"

enum { LEGACY_TTL = 10, /* §6.7 */ HEADERS_MAX = 40 + 8 };

void compose_init(struct composer *c, struct mlink *link, enum compose_mode mode, unsigned lanes,
	ns_t now, void *buffer, size_t cap)
{
	size_t payload = mlink_payload(link, lanes);
	c->link = link;
	c->mode = mode;
	c->lanes = mode == COMPOSE_MULTICAST ? lanes : 0;
	c->now = now;
	c->grown_cap =
		cap < LIMIT_MDNS_PACKET - HEADERS_MAX ? cap : LIMIT_MDNS_PACKET - HEADERS_MAX;
	c->is_full = c->is_public = false;
	c->is_signed = mode == COMPOSE_MULTICAST;
	c->serial = ++link->m->serial;
	c->set_count = 0;
	pack_init(&c->p, buffer, payload < cap ? payload : cap, 0, MSG_QR | MSG_AA);
	c->p.may_compress_srv = mode != COMPOSE_LEGACY; /* §18.14 */
}

static unsigned record_count(const struct composer *c)
{
	const uint8_t *counts = c->p.start + 6;
	return (unsigned)get_u16(counts) + get_u16(counts + 2) + get_u16(counts + 4);
}

size_t compose_len(const struct composer *c)
{
	c->link->m->is_public_said |= c->lanes && c->is_public;
	return record_count(c) > 0 ? c->p.len : 0;
}

/* The first public record needs room for the signature, too. */
static int pack_public(struct composer *c, enum msg_section section, const struct pack_rr *rr)
{
	const size_t room = c->is_signed ? c->link->m->signature_room : 0;
	c->p.reserved = room;
	int err = pack_rr(&c->p, section, rr);
	if (err && !c->is_public)
		c->p.reserved = 0;
	c->is_public |= !err && room > 0;
	return err;
}

/* Goes back to where the message ended. */
static void rewind_to(struct composer *c, const struct pack_mark *mark, bool was_public)
{
	pack_rewind(&c->p, mark);
	c->is_public = was_public;
	if (!was_public)
		c->p.reserved = 0;
}

static int put_record(struct composer *c, const struct recset *set, const struct mrecord *record,
	enum msg_section section)
{
	uint8_t nsec[NSEC_RDATA_CAP];
	struct pack_rr rr = {
		.owner = set->mname->identity->current,
		.type = set->type,
		.class = CLASS_IN,
		.ttl = set->ttl,
		.rdata = record->rdata,
		.rdata_len = record->len,
	};
	if (set->type == RR_NSEC) {
		rr.rdata = nsec;
		rr.rdata_len = nsec_write(set->mname, nsec);
		rr.ttl = nsec_ttl(set->mname);
	}
	if (c->mode == COMPOSE_LEGACY)
		rr.ttl = rr.ttl < LEGACY_TTL ? rr.ttl : LEGACY_TTL;
	else if (set->is_unique)
		rr.class |= CLASS_FLUSH; /* §10.2 */
	c->link->m->stats.answers++;
	c->link->m->is_host_said |= mname_is_of_host(set->mname);
	return set->is_public ? pack_public(c, section, &rr) : pack_rr(&c->p, section, &rr);
}

/* The records [0, end) that have a bit of `wanted` were written to the packet. */
static void note_sent(struct composer *c, struct recset *set, unsigned wanted, unsigned end)
{
	const bool may_come_back = c->lanes && set->is_unique && set->type != RR_NSEC;
	uint64_t sum = 0;
	for (unsigned i = 0; i < end; i++) {
		struct mrecord *record = &set->records[i];
		if (!(record->wanted & wanted))
			continue;
		record->wanted &= (uint8_t) ~(wanted | c->lanes);
		for (int lane = 0; lane < LANE_COUNT; lane++)
			if (c->lanes & 1u << lane)
				record->sent[lane] = c->now;
		if (may_come_back)
			sum += record->hash;
	}
	if (may_come_back)
		identity_note_said(set->mname->identity, sum, c->now);
}

static bool is_wanted_still(const struct recset *set, unsigned wanted)
{
	for (uint16_t i = 0; i < set->count; i++)
		if (set->records[i].wanted & wanted)
			return true;
	return false;
}

static void remember_set(struct composer *c, struct recset *set)
{
	set->packed_in = c->serial;
	if (c->set_count < COMPOSE_SETS)
		c->sets[c->set_count++] = set;
}

/* Removes pending answers for these lanes: the packet has them. */
static void settle_answers(const struct composer *c, struct recset *set)
{
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (c->lanes & 1u << lane && !is_wanted_still(set, 1u << lane))
			recset_forget_answers(set, 1u << lane);
}

bool compose_wanted(
	struct composer *c, struct recset *set, unsigned wanted, enum msg_section section)
{
	struct pack_mark mark = pack_mark(&c->p);
	const bool is_first = record_count(c) == 0, was_public = c->is_public;
	unsigned i = 0, packed = 0;

	if (c->is_full)
		return false;
	for (; i < set->count; i++) {
		if (!(set->records[i].wanted & wanted))
			continue;
		int err = put_record(c, set, &set->records[i], section);
		if (err && is_first && packed == 0) {
			/* §17: a record larger than the MTU gets a packet of its own. */
			c->p.cap = c->grown_cap;
			c->is_full = true;
			err = put_record(c, set, &set->records[i], section);
			if (err)
				set->records[i].wanted =
					0; /* fits in no packet: LIMIT_MDNS_RDATA */
			else
				packed++;
			i++;
			break;
		}
		if (err)
			break;
		packed++;
	}
	if (i < set->count && set->is_unique && !is_first) {
		rewind_to(c, &mark, was_public); /* §10.2: the whole set, if possible */
		return false;
	}
	if (packed > 0)
		remember_set(c, set);
	note_sent(c, set, wanted, i);
	settle_answers(c, set);
	return !is_wanted_still(set, wanted);
}

/* Additional records */

/* Adds the whole set or nothing. Skips a set that was multicast a moment ago (§6). Stops at the
 * first set that does not fit, so the size of the packet bounds the work, however many sets there
 * are. */
static void add_whole(struct composer *c, struct recset *set)
{
	struct pack_mark mark = pack_mark(&c->p);
	const bool was_public = c->is_public;
	if (c->is_full || set->packed_in == c->serial)
		return;
	if (c->lanes && recset_last_sent(set, c->lanes) + NS_PER_S > c->now)
		return;
	for (uint16_t i = 0; i < set->count; i++)
		if (put_record(c, set, &set->records[i], SECTION_ADDITIONAL)) {
			rewind_to(c, &mark, was_public);
			c->is_full = true;
			return;
		}
	for (uint16_t i = 0; i < set->count; i++)
		set->records[i].wanted |= WANTED_REPLY;
	note_sent(c, set, WANTED_REPLY, set->count);
	settle_answers(c, set);
	remember_set(c, set);
}

/* §6.2: adds the addresses of the other family, or the proof that there are none. */
static void add_addresses(struct composer *c, struct mname *mname)
{
	static const uint16_t types[] = {RR_A, RR_AAAA};
	bool is_complete = true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct recset *set = mname_find_set(mname, types[i]);
		if (set)
			add_whole(c, set);
		is_complete = is_complete && set;
	}
	if (!is_complete && c->mode != COMPOSE_LEGACY && nsec_is_possible(mname))
		add_whole(c, &mname->nsec);
}

static struct mname *find_target(const struct composer *c, const struct recset *set, uint16_t index)
{
	const uint8_t *name = set->records[index].rdata + rr_layout(set->type).lead;
	struct mname *mname = mname_find(c->link, name, name_hash(c->link->m->hash_seed, name));
	return mname && mname_is_held(mname) ? mname : NULL;
}

/* RFC 6763 §12.1: adds SRV and TXT of a service to its PTR. Their own additional records follow in
 * their turn. */
static void add_instance(struct composer *c, struct mname *instance)
{
	struct recset *srv = mname_find_set(instance, RR_SRV),
		      *txt = mname_find_set(instance, RR_TXT);
	if (srv)
		add_whole(c, srv);
	if (txt)
		add_whole(c, txt);
}

static void add_for(struct composer *c, const struct recset *set)
{
	if (set->type == RR_A || set->type == RR_AAAA) {
		add_addresses(c, set->mname);
		return;
	}
	if (set->type != RR_SRV && set->type != RR_PTR)
		return;
	for (uint16_t i = 0; i < set->count && !c->is_full; i++) {
		struct mname *target = find_target(c, set, i);
		if (target && set->type == RR_SRV)
			add_addresses(c, target); /* RFC 6763 §12.2 */
		else if (target)
			add_instance(c, target);
	}
}

void compose_additionals(struct composer *c)
{
	/* Sets that are added here have their turn later; there are at most COMPOSE_SETS turns. */
	for (unsigned i = 0; i < c->set_count && !c->is_full; i++)
		add_for(c, c->sets[i]);
}
