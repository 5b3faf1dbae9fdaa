/* SPDX-License-Identifier: ISC */
/*
 * Owns the short way to the answer: of the queries that a server gets, four in five ask for an
 * address or a name that is there. Each is answered here in one pass, without a structure in between.
 * Never decides anything of its own: in doubt it leaves the query to the long way (serve/answer.c), and
 * a fuzz target compares the two. Called by UDP workers and the TCP thread.
 */
#include "serve/ready.h"

#include "serve/policy.h"
#include "serve/query.h"
#include "serve/reply.h"

/* A query that has nothing unusual, as far as its answer depends on it. */
struct plain {
	unsigned name_len, question_end;
	uint16_t type, class;
	uint16_t payload; /* 0 without EDNS */
	bool has_edns, has_do;
};

/* Reads a query with a good header and one question, and behind it an OPT record of version 0
 * without options, or nothing. False if it is another. */
static inline bool read_plain(const uint8_t *query, size_t len, struct plain *ret)
{
	if (len < MSG_HEADER_LEN || get_u16(query + 2) & 0xf800 || get_u32(query + 4) != 0x10000)
		return false;
	unsigned name_len = query_name_len(query, len), end = MSG_HEADER_LEN + name_len + 4;
	const uint8_t *p = query + end;
	uint32_t authority_additional = get_u32(query + 8); /* their counts */
	if (name_len == 0)
		return false;
	*ret = (struct plain){.name_len = name_len, .question_end = end,
		.type = get_u16(p - 4), .class = get_u16(p - 2)};
	if (authority_additional == 0)
		return true;
	if (authority_additional != 1 || !query_is_plain_opt(p, len - end) || p[6] != 0)
		return false;
	ret->has_edns = true;
	ret->has_do = p[7] & 0x80;
	ret->payload = get_u16(p + 3);
	return true;
}

static inline bool is_ready_type(uint16_t type)
{
	return type == RR_A || type == RR_AAAA || type == RR_PTR;
}

/* The set that is the whole answer, and its node; NULL if there is none, or more to be said. */
static inline const struct node_set *find_set(const struct serve_ctx *ctx,
	const struct serve_client *client, const struct key *key, uint16_t type,
	const struct node **ret_node)
{
	const struct node *n = policy_is_multicast(key) ? NULL : zone_find_uncut(ctx->zone, key);
	if (!n)
		return NULL;
	const struct node_set *set = node_set(n, type, policy_view(ctx, client));
	*ret_node = n;
	return set && set->len > 0 ? set : NULL;
}

/* Answers a query for A, AAAA or PTR of class IN, of a name that has such records, no delegation
 * being anywhere in the store. Returns the length of the reply; 0, and nothing counted, for everything
 * else. */
static inline size_t answer_ready(struct serve_ctx *ctx, const struct serve_client *client,
	const uint8_t *query, const struct plain *q, uint8_t *reply, size_t reply_cap)
{
	struct key key;
	const struct node *node;
	if (!is_ready_type(q->type) || q->class != CLASS_IN || client->port == 0 ||
		reply_cap < UDP_PAYLOAD_MIN)
		return 0;
	key_from_message(&key, query + MSG_HEADER_LEN, q->name_len);
	const struct node_set *set = find_set(ctx, client, &key, q->type, &node);
	if (!set)
		return 0;

	struct reply r = {.start = reply, .at = reply + q->question_end};
	r.end = reply + policy_limit(client, q->payload, reply_cap) - (q->has_edns ? OPT_REPLY_LEN : 0);
	memcpy(reply, query, q->question_end);
	if (!reply_add_even_set(&r, SECTION_ANSWER, MSG_HEADER_LEN, node, set, set->ttl))
		return 0;
	/* How it is denied is for the long way, which will find the same. */
	if (UNLIKELY(ctx->rrl) && !client->is_tcp &&
		!rrl_may_give(ctx->rrl, &client->addr, RRL_ANSWER, ctx->now))
		return 0;
	if (q->has_edns) {
		reply_add_opt(&r, RCODE_NOERROR, q->has_do);
		policy_count(ctx, SERVE_EDNS);
	}
	reply_put_header(&r, policy_flags(get_u16(query + 2)) | MSG_AA, 1);
	policy_count(ctx, client->is_tcp ? SERVE_QUERIES_TCP : SERVE_QUERIES_UDP);
	policy_count(ctx, SERVE_NOERROR);
	return (size_t)(r.at - reply);
}

size_t serve_answer(struct serve_ctx *ctx, const struct serve_client *client,
	const uint8_t *query, size_t query_len, uint8_t *reply, size_t reply_cap)
{
	struct plain plain;
	if (UNLIKELY(!read_plain(query, query_len, &plain)))
		return serve_any(ctx, client, query, query_len, reply, reply_cap);
	size_t len = answer_ready(ctx, client, query, &plain, reply, reply_cap);
	if (LIKELY(len > 0))
		return len;
	const struct query q = {.bytes = query, .len = query_len, .flags = get_u16(query + 2),
		.type = plain.type, .class = plain.class, .name_len = plain.name_len,
		.question_end = plain.question_end, .has_edns = plain.has_edns,
		.has_do = plain.has_do, .edns_payload = plain.payload};
	return serve_query(ctx, client, &q, QUERY_GOOD, reply, reply_cap);
}
