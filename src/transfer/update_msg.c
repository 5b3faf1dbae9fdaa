/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of updates (RFC 2136): prerequisites, additions, deletions.
 * Never decides which updates are made.
 */
#include "transfer/update_msg.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "wire/pack.h"
#include "wire/rr.h"
#include "zone/lookup.h"

/* RFC 2136 §2 names the sections zone, prerequisite and update. */
enum { SECTION_PREREQUISITE = SECTION_ANSWER, SECTION_UPDATE = SECTION_AUTHORITY };

enum { OWNER_TTL_S = 60 };

static const char owner_label[] = "_ontap";

int update_names_init(struct update_names *names, const uint8_t *apex, const char *host)
{
	struct name above;
	char text[LABEL_CAP + 8];
	name_copy(&names->zone, apex);
	if (strlen(host) > LABEL_CAP ||
		name_prepend(owner_label, strlen(owner_label), apex, &above) ||
		name_prepend(host, strlen(host), above.wire, &names->index))
		return ERR_RANGE;
	int len = snprintf(text, sizeof(text), "owner=%s", host);
	names->owner_text[0] = (uint8_t)len;
	memcpy(names->owner_text + 1, text, (size_t)len);
	names->owner_len = (uint16_t)(1 + len);
	return 0;
}

/* True for types that a signing primary makes itself, so we must not send them (RFC 2136 §3.4.2.3
 * for SOA; RFC 3007). */
static bool is_for_primary(uint16_t type)
{
	return type != RR_SOA && type != RR_RRSIG && type != RR_NSEC && type != RR_DNSKEY;
}

/* True if the primary must get that set. */
static bool is_chosen(
	const struct update_choice *c, const struct node *n, const struct node_set *set)
{
	return set->view & c->view && is_for_primary(set->type) &&
	       (!c->takes || c->takes(c->arg, node_name(n), set->type));
}

static const struct node *node_at(const struct zone *zone, const uint8_t *name)
{
	struct key key;
	key_from_name(&key, name);
	return zone_node(zone_reader(zone), &key);
}

bool update_has_records(
	const struct zone *zone, const uint8_t *name, const struct update_choice *choice)
{
	const struct node *n = node_at(zone, name);
	for (unsigned i = 0; n && i < n->set_count; i++)
		if (is_chosen(choice, n, &n->sets[i]))
			return true;
	return false;
}

/* Messages. The error is sticky: nothing is added after a record that does not fit. */

struct message {
	struct pack pack;
	int err;
};

static void put(struct message *m, int section, const uint8_t *owner, uint16_t type, uint16_t class,
	uint32_t ttl, struct rdata rdata)
{
	if (!m->err)
		m->err = pack_rr(&m->pack, (enum msg_section)section,
			&(struct pack_rr){.owner = owner,
				.type = type,
				.class = class,
				.ttl = ttl,
				.rdata = rdata.bytes,
				.rdata_len = rdata.len});
}

static const struct rdata no_rdata = {(const uint8_t *)"", 0};

/* §2.4.5 */
static void require_no_name(struct message *m, const uint8_t *name)
{
	put(m, SECTION_PREREQUISITE, name, RR_ANY, CLASS_NONE, 0, no_rdata);
}

/* §2.5.3 */
static void delete_all(struct message *m, const uint8_t *name)
{
	put(m, SECTION_UPDATE, name, RR_ANY, CLASS_ANY, 0, no_rdata);
}

static void add_records(struct message *m, const struct node *n, const struct update_choice *choice)
{
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		if (!is_chosen(choice, n, set))
			continue;
		for (unsigned r = 0; r < set->count; r++)
			put(m, SECTION_UPDATE, node_spelling(n), set->type, CLASS_IN, set->ttl,
				node_next_rdata(set, &at));
	}
}

static void message_init(
	struct message *m, const struct update_names *names, uint16_t id, uint8_t *out, size_t cap)
{
	pack_init(&m->pack, out, cap, id, OPCODE_UPDATE << 11);
	m->err = pack_question(&m->pack, names->zone.wire, RR_SOA, CLASS_IN);
}

/* Makes the owner name of a part of the index: N.HOST._ontap.ZONE; the first has no
 * number. ERR_RANGE. */
static int index_name(const struct update_names *names, unsigned part, struct name *ret)
{
	char label[12];
	if (part == 0) {
		*ret = names->index;
		return 0;
	}
	int len = snprintf(label, sizeof(label), "%u", part);
	return name_prepend(label, (size_t)len, names->index.wire, ret);
}

/* Adds `target` to a part of the index, or removes it (§2.5.4). */
static void put_index(struct message *m, const struct update_names *names, unsigned part,
	const uint8_t *target, bool is_listed)
{
	struct name index;
	if (!m->err)
		m->err = index_name(names, part, &index);
	if (!m->err)
		put(m, SECTION_UPDATE, index.wire, RR_PTR, is_listed ? CLASS_IN : CLASS_NONE,
			is_listed ? OWNER_TTL_S : 0,
			(struct rdata){target, (uint16_t)name_len(target)});
}

size_t update_make(const struct update_names *names, const struct zone *zone,
	const struct update_order *u, uint16_t id, uint8_t *out, size_t cap)
{
	const struct rdata host = {names->owner_text, names->owner_len};
	const struct node *node = node_at(zone, u->name);
	struct message m;
	struct name owner;
	if (name_prepend(owner_label, strlen(owner_label), u->name, &owner))
		return 0;
	message_init(&m, names, id, out, cap);
	if (u->kind == UPDATE_CLAIM) {
		require_no_name(&m, u->name);
		require_no_name(&m, owner.wire);
		put(&m, SECTION_UPDATE, owner.wire, RR_TXT, CLASS_IN, OWNER_TTL_S, host);
	} else {
		/* §2.4.2: requires that the set has exactly this value. */
		put(&m, SECTION_PREREQUISITE, owner.wire, RR_TXT, CLASS_IN, 0, host);
		delete_all(&m, u->name);
	}
	if (u->kind == UPDATE_REMOVE) {
		delete_all(&m, owner.wire);
		put_index(&m, names, u->part, u->name, false);
	} else {
		if (u->is_new_part && u->part > 0)
			put_index(&m, names, u->part - 1, names->zone.wire, true);
		put_index(&m, names, u->part, u->name, true);
		if (node)
			add_records(&m, node, &u->choice);
	}
	return m.err ? 0 : m.pack.len;
}

size_t update_index_len(const uint8_t *name)
{
	enum { RECORD_LEN = 12 }; /* pointer to the owner, type, class, TTL, length */
	return RECORD_LEN + (size_t)name_len(name);
}

size_t update_make_index_query(
	const struct update_names *names, unsigned part, uint16_t id, uint8_t *out, size_t cap)
{
	struct pack p;
	struct name index;
	if (index_name(names, part, &index))
		return 0;
	pack_init(&p, out, cap, id, 0);
	return pack_question(&p, index.wire, RR_PTR, CLASS_IN) ? 0 : p.len;
}

size_t update_make_serial_query(
	const struct update_names *names, uint16_t id, uint8_t *out, size_t cap)
{
	struct pack p;
	pack_init(&p, out, cap, id, 0);
	return pack_question(&p, names->zone.wire, RR_SOA, CLASS_IN) ? 0 : p.len;
}

/* Reads the header, and passes over the questions. */
static struct rd open_answer(
	const uint8_t *answer, size_t len, struct msg_header *header, struct question *last)
{
	struct rd r = rd_init(answer, len);
	rd_header(&r, header);
	for (unsigned i = 0; i < header->qdcount && !r.err; i++)
		rd_question(&r, last);
	return r;
}

int update_read_serial(
	const struct update_names *names, const uint8_t *answer, size_t len, uint32_t *ret)
{
	struct msg_header header;
	struct question question;
	struct rr rr;
	struct rd r = open_answer(answer, len, &header, &question);
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned i = 0; i < header.count[SECTION_ANSWER] && !r.err; i++) {
		struct name skipped;
		rd_rr(&r, &rr);
		if (r.err || rr.type != RR_SOA || !name_equal(rr.owner.wire, names->zone.wire))
			continue;
		struct rd at = {.start = r.start, .at = rr.rdata, .end = rr.rdata + rr.rdata_len};
		rd_name(&at, &skipped);
		rd_name(&at, &skipped);
		*ret = rd_u32(&at);
		return at.err ? ERR_SYNTAX : 0;
	}
	return r.err ? ERR_SYNTAX : ERR_ABSENT;
}

int update_read_index(const struct update_names *names, const uint8_t *answer, size_t len,
	void (*visit)(void *arg, const uint8_t *name), void *arg)
{
	struct msg_header header;
	struct question question = {0};
	struct rr rr;
	bool has_next = false;
	struct rd r = open_answer(answer, len, &header, &question);
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (unsigned i = 0; i < header.count[SECTION_ANSWER] && !r.err; i++) {
		struct name target;
		rd_rr(&r, &rr);
		if (r.err || rr.type != RR_PTR || !name_equal(rr.owner.wire, question.name.wire))
			continue;
		struct rd at = {.start = r.start, .at = rr.rdata, .end = rr.rdata + rr.rdata_len};
		rd_name(&at, &target);
		if (at.err)
			continue;
		if (name_equal(target.wire, names->zone.wire))
			has_next = true;
		else
			visit(arg, target.wire);
	}
	return r.err ? ERR_SYNTAX : has_next;
}
