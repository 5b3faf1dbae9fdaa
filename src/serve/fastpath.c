/* SPDX-License-Identifier: ISC */
/*
 * Owns the fast path. Four in five queries to a server ask for an address or a name that exists.
 * They are answered here, in steps for a whole batch.
 * Never decides anything itself: in doubt it leaves the query to the slow path (serve/answer.c). A
 * fuzz target compares the two.
 */
#include "serve/fastpath.h"

#include "serve/common.h"
#include "serve/near.h"
#include "serve/query.h"
#include "serve/reply.h"

/* The shortest name that key_from_bytes() accepts right after a header. */
enum { PLAIN_NAME_MIN = KEY_STEP - MSG_HEADER_LEN, QUESTION_TAIL_LEN = 4 };

/* Reads a query with a good header and one question, followed by an OPT record of version 0 without
 * options, or by nothing. All these have fixed lengths, so what is between header and type can only
 * be the name. No label is checked here: if the table has these bytes, they are a name. Returns the
 * length of the name; 0 if the query has another form. */
static inline unsigned read_plain(const uint8_t *query, size_t len, struct serve_asked *ret)
{
	const uint8_t *end = query + len;
	ret->has_edns = ret->has_do = false;
	if (len < MSG_HEADER_LEN + PLAIN_NAME_MIN + QUESTION_TAIL_LEN ||
		get_u16(query + 2) & 0xf800 || get_u32(query + 4) != 0x10000)
		return 0;
	uint32_t authority_additional = get_u32(query + 8); /* their counts */
	ret->payload = 0;
	if (LIKELY(authority_additional == 1)) {
		end -= OPT_LEN;
		if (!query_is_plain_opt(end, OPT_LEN) || end[6] != 0)
			return 0;
		ret->has_edns = true;
		ret->has_do = end[7] & 0x80;
		ret->payload = get_u16(end + 3);
	} else if (authority_additional != 0) {
		return 0;
	}
	uint32_t type_class = get_u32(end - QUESTION_TAIL_LEN);
	ret->type = (uint16_t)(type_class >> 16);
	ret->class = (uint16_t)type_class;
	ptrdiff_t name_len = end - query - MSG_HEADER_LEN - QUESTION_TAIL_LEN;
	return name_len >= PLAIN_NAME_MIN && name_len <= NAME_CAP ? (unsigned)name_len : 0;
}

void serve_read(const struct serve_ctx *ctx, const uint8_t *query, size_t query_len,
	struct serve_asked *ret)
{
	unsigned name_len = read_plain(query, query_len, ret);
	ret->bytes = query;
	ret->len = query_len;
	ret->is_plain = name_len > 0;
	ret->hash = 0;
	if (UNLIKELY(name_len == 0))
		return;
	key_from_bytes(&ret->key, query + MSG_HEADER_LEN, name_len);
	ret->hash = zone_hash(ctx->zone, &ret->key);
	zone_prefetch(ctx->zone, ret->hash);
}

/* The signatures of addresses are behind the two lines of the node that are prefetched already. */
static inline void prefetch_signatures(slot_t slot)
{
	const uint8_t *node = (const uint8_t *)slot_node(slot);
	__builtin_prefetch(node + 128);
	__builtin_prefetch(node + 192);
	__builtin_prefetch(node + 256);
}

static inline void look(const struct serve_ctx *ctx, struct serve_asked *asked)
{
	asked->slot = zone_guess(ctx->zone, asked->hash);
	if (asked->has_do && asked->slot != SLOT_EMPTY)
		prefetch_signatures(asked->slot);
}

void serve_look(const struct serve_ctx *ctx, struct serve_asked *asked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		look(ctx, &asked[i]);
}

static inline bool is_ready_type(uint16_t type)
{
	return type == RR_A || type == RR_AAAA || type == RR_PTR;
}

/* Returns the set that is the whole answer, and its node. NULL if there is none, or if the
 * answer needs more. */
static inline const struct node_set *find_set(const struct serve_ctx *ctx,
	const struct serve_client *client, const struct serve_asked *q,
	const struct node **ret_node)
{
	const struct node *n = zone_find_uncut(ctx->zone, &q->key, q->hash, q->slot);
	/* Only bytes that were found in the table are known to be a name. */
	if (!n || common_is_multicast(&q->key))
		return NULL;
	/* The view of the client is looked up only if the name depends on it. */
	unsigned view = n->flags & NODE_VIEWS ? common_view(ctx, client) : VIEW_WAN;
	const struct node_set *set = node_set(n, q->type, view);
	*ret_node = n;
	return set && set->len > 0 ? set : NULL;
}

/* Copies header and question in steps of KEY_STEP bytes. They are longer than that; the last step
 * ends where they end. */
static inline void copy_question(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t at = 0; at + KEY_STEP < len; at += KEY_STEP)
		memcpy(to + at, from + at, KEY_STEP);
	memcpy(to + len - KEY_STEP, from + len - KEY_STEP, KEY_STEP);
}

/* The part of a reply that is written. */
struct written {
	uint8_t *at; /* the end; NULL: it does not fit */
	unsigned count;
};

/* Adds a set of which clients may get a part, or a signature; there is more than one signature only while
 * the algorithm changes, which is for the slow path. It takes and returns values and is never inlined,
 * so that the reply of all other queries stays in registers. */
static __attribute__((noinline)) struct written put_special_set(const struct serve_ctx *ctx,
	const struct serve_client *client, const struct node *node, const struct node_set *set,
	bool has_do, struct reply r)
{
	const struct prefix alone = {client->addr, (uint8_t)(8 * addr_len(&client->addr))};
	const struct node_sig *sig =
		(const struct node_sig *)(node_rdata(node, set) + (size_t)set->len * set->count);
	bool is_with_sig = has_do && set->is_signed, fits;
	if (!is_with_sig && near_matters(set))
		fits = near_add_set(&r, SECTION_ANSWER, MSG_HEADER_LEN, node, set,
			near_choose(ctx, &alone, node, set));
	else /* a signature is of all addresses: who wants it gets all */
		fits = reply_add_even_set(&r, SECTION_ANSWER, MSG_HEADER_LEN, node, set, set->ttl);
	if (is_with_sig)
		fits = fits && !sig->has_more &&
		       reply_add_sig(&r, SECTION_ANSWER, MSG_HEADER_LEN, node, set, sig, set->ttl);
	return (struct written){fits ? r.at : NULL, r.count[SECTION_ANSWER]};
}

static inline bool add_ready_set(const struct serve_ctx *ctx, struct reply *r,
	const struct serve_client *client, const struct node *node, const struct node_set *set,
	bool has_do)
{
	if (LIKELY(!(set->is_near | set->is_signed)))
		return reply_add_even_set(r, SECTION_ANSWER, MSG_HEADER_LEN, node, set, set->ttl);
	struct written special = put_special_set(ctx, client, node, set, has_do, *r);
	if (!special.at)
		return false;
	r->at = special.at;
	r->count[SECTION_ANSWER] = (uint16_t)special.count;
	return true;
}

/* Answers a query for A, AAAA or PTR of class IN, if the name has such records and there is no
 * delegation in the whole store. Returns the length of the reply. Returns 0 for all other queries,
 * and counts nothing. */
static inline size_t answer_ready(struct serve_ctx *ctx, const struct serve_client *client,
	const struct serve_asked *q, uint8_t *reply, size_t reply_cap)
{
	const size_t question_end = MSG_HEADER_LEN + q->key.len + QUESTION_TAIL_LEN;
	const struct node *node;
	if (!is_ready_type(q->type) || q->class != CLASS_IN || client->port == 0 ||
		reply_cap < UDP_PAYLOAD_MIN)
		return 0;
	const struct node_set *set = find_set(ctx, client, q, &node);
	if (!set)
		return 0;

	struct reply r = {.start = reply, .at = reply + question_end};
	r.end = reply + common_limit(client, q->payload, reply_cap) -
		(q->has_edns ? OPT_REPLY_LEN : 0);
	copy_question(reply, q->bytes, question_end);
	if (!add_ready_set(ctx, &r, client, node, set, q->has_do))
		return 0;
	/* The slow path finds the same verdict, and decides how to refuse. */
	if (UNLIKELY(ctx->rrl) && !client->is_tcp &&
		!rrl_may_give(ctx->rrl, &client->addr, RRL_ANSWER, ctx->now))
		return 0;
	if (q->has_edns) {
		reply_add_opt(&r, RCODE_NOERROR, q->has_do);
		common_count(ctx, SERVE_EDNS);
	}
	reply_put_header(&r, common_flags(get_u16(q->bytes + 2)) | MSG_AA, 1);
	common_count(ctx, client->is_tcp ? SERVE_QUERIES_TCP : SERVE_QUERIES_UDP);
	common_count(ctx, SERVE_NOERROR);
	return (size_t)(r.at - reply);
}

size_t serve_reply(struct serve_ctx *ctx, const struct serve_client *client,
	const struct serve_asked *asked, uint8_t *reply, size_t reply_cap)
{
	size_t len =
		LIKELY(asked->is_plain) ? answer_ready(ctx, client, asked, reply, reply_cap) : 0;
	return LIKELY(len > 0) ? len
			       : serve_any(ctx, client, asked->bytes, asked->len, reply, reply_cap);
}

size_t serve_answer(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap)
{
	struct serve_asked asked;
	serve_read(ctx, query, query_len, &asked);
	look(ctx, &asked);
	return serve_reply(ctx, client, &asked, reply, reply_cap);
}
