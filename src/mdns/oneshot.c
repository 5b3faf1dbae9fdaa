/* SPDX-License-Identifier: ISC */
/*
 * Owns the cached replies to one-shot queries for addresses (RFC 6762 §6.7). A reply that the slow
 * path (query.c) has written once is sent again, as long as query.c would write the same.
 * Never writes a reply of its own.
 *
 * Such a reply depends only on the mname: on its name, its sets, and whether it is held. The times
 * of multicasts do not matter, because the reply is unicast (§6.7).
 */
#include "mdns/oneshot.h"

#include <stdlib.h>

#include "mdns/message.h"
#include "wire/key.h"

/* A reply to one question. `bytes` is the name asked for, in lower case, and everything after the
 * question. Its compression pointers refer to names in the question, which are always at the same
 * offset. */
struct ready_reply {
	struct map_node by_question; /* in mlink.ready */
	struct ready_reply *next;    /* of the same mname */
	uint16_t type;
	uint16_t count[SECTION_COUNT];
	uint16_t len; /* length of the part after the question */
	uint8_t name_len;
	uint8_t bytes[];
};

/* A parsed query. */
struct oneshot {
	struct key name;
	uint16_t type;
	size_t end; /* where the question ends */
	uint64_t hash;
};

/* Parses a query with a single question for an address, from a resolver that does not speak mDNS.
 * An OPT record after the question does not matter, but known answers would. */
static bool oneshot_parse(const struct mlink *link, const struct mdns_path *from,
	const uint8_t *packet, size_t len, struct oneshot *ret)
{
	const uint16_t not_query = 0xf80f; /* QR, opcode, rcode: §18.2 to §18.11 */
	if (from->peer_port == MDNS_PORT || len < MSG_HEADER_LEN ||
		get_u16(packet + 2) & not_query || get_u32(packet + 4) != 0x10000 ||
		get_u16(packet + 8) != 0)
		return false;
	unsigned name_len = msg_question_name_len(packet, len);
	const uint8_t *p = packet + MSG_HEADER_LEN + name_len;
	if (name_len == 0)
		return false;
	ret->type = get_u16(p);
	ret->end = MSG_HEADER_LEN + name_len + 4;
	if ((ret->type != RR_A && ret->type != RR_AAAA) ||
		(get_u16(p + 2) & CLASS_MASK) != CLASS_IN)
		return false;
	key_from_message(&ret->name, packet + MSG_HEADER_LEN, name_len);
	ret->hash = key_hash(link->m->hash_seed ^ ret->type, &ret->name, 0);
	return true;
}

static const struct ready_reply *ready_find(const struct mlink *link, const struct oneshot *asked)
{
	return MAP_FIND(&link->ready, asked->hash, struct ready_reply, by_question, reply,
		reply->type == asked->type && reply->name_len == asked->name.len &&
			key_is_at(&asked->name, 0, reply->bytes, reply->name_len));
}

bool oneshot_answer(
	struct mlink *link, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	struct oneshot asked;
	struct mdns *m = link->m;
	if (link->ready.count == 0 || !oneshot_parse(link, from, packet, len, &asked))
		return false;
	const struct ready_reply *reply = ready_find(link, &asked);
	uint8_t *out = reply ? reply_room(m, asked.end + reply->len) : NULL;
	if (!out)
		return false;
	memcpy(out, packet, asked.end);
	put_u16(out + 2, MSG_QR | MSG_AA);
	for (int i = 0; i < SECTION_COUNT; i++) {
		put_u16(out + 6 + 2 * i, reply->count[i]);
		m->stats.answers += reply->count[i];
	}
	memcpy(out + asked.end, reply->bytes + reply->name_len, reply->len);
	m->stats.queries++;
	reply_queue(m, from, asked.end + reply->len, false);
	return true;
}

static struct ready_reply *ready_new(
	const struct oneshot *asked, const uint8_t *message, size_t len)
{
	size_t rest = len - asked->end;
	struct ready_reply *reply = malloc(sizeof(*reply) + asked->name.len + rest);
	if (!reply)
		return NULL;
	*reply = (struct ready_reply){
		.type = asked->type, .len = (uint16_t)rest, .name_len = (uint8_t)asked->name.len};
	for (int i = 0; i < SECTION_COUNT; i++)
		reply->count[i] = get_u16(message + 6 + 2 * i);
	memcpy(reply->bytes, key_lower(&asked->name), asked->name.len);
	memcpy(reply->bytes + asked->name.len, message + asked->end, rest);
	return reply;
}

/* True if no record was left out for lack of room: then the reply is the same in packets of any
 * size. An alias is excluded: its target belongs to another mname, and may change independently. */
static bool is_all_of(const struct mname *mname, const uint8_t *message)
{
	const struct recset *a = mname_find_set(mname, RR_A),
			    *aaaa = mname_find_set(mname, RR_AAAA);
	unsigned answers = get_u16(message + 6), additionals = get_u16(message + 10);
	unsigned all = (a ? a->count : 0u) + (aaaa ? aaaa->count : 0u);
	return !mname_find_set(mname, RR_CNAME) && (answers == 0 || answers + additionals == all);
}

void oneshot_keep(const struct query *q, const uint8_t *message, size_t len)
{
	struct oneshot asked;
	if (len > LIMIT_MDNS_READY || q->is_truncated ||
		!oneshot_parse(q->link, q->from, q->packet, q->len, &asked) ||
		ready_find(q->link, &asked))
		return;
	const uint8_t *name = q->packet + MSG_HEADER_LEN;
	struct mname *mname = mname_find(q->link, name, name_hash(q->m->hash_seed, name));
	if (!mname || !is_all_of(mname, message))
		return;
	struct ready_reply *reply = ready_new(&asked, message, len);
	if (!reply || map_add(&q->link->ready, &reply->by_question, asked.hash)) {
		free(reply);
		return;
	}
	reply->next = mname->ready;
	mname->ready = reply;
}

void oneshot_forget(struct mname *mname)
{
	for (struct ready_reply *reply = mname->ready, *next; reply; reply = next) {
		next = reply->next;
		map_remove(&mname->link->ready, &reply->by_question);
		free(reply);
	}
	mname->ready = NULL;
}
