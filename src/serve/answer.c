/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer: what is in which section for which outcome of the lookup.
 * Never allocates, waits, or keeps anything but counts. Called by UDP workers and the TCP thread.
 */
#include "serve/answer.h"

#include "base/limits.h"
#include "serve/query.h"
#include "serve/reply.h"
#include "wire/rr.h"
#include "zone/lookup.h"

static void count_one(struct serve_ctx *ctx, enum serve_count which)
{
	/* Relaxed, and no read-modify-write: this thread is the only one that writes. */
	uint64_t n = atomic_load_explicit(&ctx->counts[which], memory_order_relaxed);
	atomic_store_explicit(&ctx->counts[which], n + 1, memory_order_relaxed);
}

void serve_add_counts(const struct serve_ctx *ctx, uint64_t sums[SERVE_COUNT])
{
	for (int i = 0; i < SERVE_COUNT; i++)
		sums[i] += atomic_load_explicit(&ctx->counts[i], memory_order_relaxed);
}

const char *serve_count_text(enum serve_count which)
{
	switch (which) {
	case SERVE_QUERIES_UDP: return "queries_udp";
	case SERVE_QUERIES_TCP: return "queries_tcp";
	case SERVE_DROPPED: return "dropped";
	case SERVE_NOERROR: return "noerror";
	case SERVE_NODATA: return "nodata";
	case SERVE_NXDOMAIN: return "nxdomain";
	case SERVE_REFERRAL: return "referral";
	case SERVE_REFUSED: return "refused";
	case SERVE_FORMERR: return "formerr";
	case SERVE_NOTIMP: return "notimp";
	case SERVE_OTHER: return "other";
	case SERVE_TRUNCATED: return "truncated";
	case SERVE_EDNS: return "edns";
	case SERVE_COUNT: break;
	}
	return "unknown";
}

/* One query being answered. */
struct task {
	struct serve_ctx *ctx;
	const struct query *query;
	struct reply reply;
	unsigned view;       /* of the client */
	struct key key;      /* the name looked up now: the question's, or where an alias led */
	unsigned name_off;   /* where that name stands in the reply */
	uint16_t flags;      /* AA */
	uint16_t rcode;
	enum serve_count result;
	bool is_full;        /* something that must be in it did not fit */
};

/* SOA of the zone for a negative answer; its TTL says how long that holds (RFC 2308 §5). */
static void add_soa(struct task *t, const struct node *apex)
{
	const struct node_set *set = node_set(apex, RR_SOA, VIEW_ANY);
	unsigned apex_off = t->name_off + t->key.len - apex->name_len;
	uint32_t ttl;
	if (!set)
		return;
	const uint8_t *at = node_rdata(apex, set);
	struct rdata soa = node_next_rdata(set, &at);
	if (soa.len < 4)
		return;
	uint32_t minimum = get_u32(soa.bytes + soa.len - 4);
	ttl = set->ttl < minimum ? set->ttl : minimum;
	if (!reply_add_set(&t->reply, SECTION_AUTHORITY, apex_off, apex, set, ttl))
		t->is_full = true;
}

/* Offset in rdata of the name whose addresses go along with it (RFC 1035 §3.3, RFC 2782), or -1. */
static int target_off(uint16_t type)
{
	switch (type) {
	case RR_NS: return 0;
	case RR_MX: return 2;
	case RR_SRV: return 6;
	default: return -1;
	}
}

/* Adds the addresses of the name at `off` in the reply. False if some did not fit. */
static bool add_addresses(struct task *t, unsigned off)
{
	static const uint16_t types[] = {RR_A, RR_AAAA};
	const uint8_t *name = t->reply.start + off;
	struct key key;
	key_from_message(&key, name, (unsigned)name_len(name));
	const struct node *n = zone_node(t->ctx->zone, &key);
	if (!n || off > POINTER_OFFSET_MAX)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct node_set *set = node_set(n, types[i], t->view);
		if (set && !reply_add_set(&t->reply, SECTION_ADDITIONAL, off, n, set, set->ttl))
			return false;
	}
	return true;
}

/* Adds the addresses of what the records from offset `off` on point to. They are of one set and were
 * written by us: so they are whole. False if some did not fit. */
static bool add_targets(struct task *t, unsigned off, unsigned count, int target)
{
	for (unsigned i = 0; i < count && i < LIMIT_SERVE_TARGETS; i++) {
		const uint8_t *rr = t->reply.start + off;
		if (!add_addresses(t, off + RR_HEAD_LEN + (unsigned)target))
			return false;
		off += RR_HEAD_LEN + get_u16(rr + RR_HEAD_LEN - 2);
	}
	return true;
}

/* The set that was asked for. */
static void add_answer(struct task *t, const struct zone_answer *found)
{
	unsigned off = reply_off(&t->reply);
	int target = target_off(found->set->type);
	t->result = SERVE_NOERROR;
	if (!reply_add_set(&t->reply, SECTION_ANSWER, t->name_off, found->node, found->set,
		    found->set->ttl))
		t->is_full = true;
	else if (UNLIKELY(target >= 0))
		/* What does not fit of these is left out: the client can ask (RFC 2181 §9). */
		(void)!add_targets(t, off, found->set->count, target);
}

/* The zone goes on elsewhere: its name servers, and their addresses as far as we have them. */
static void add_referral(struct task *t, const struct zone_answer *found)
{
	unsigned off = reply_off(&t->reply);
	unsigned cut_off = t->name_off + t->key.len - found->node->name_len;
	t->result = SERVE_REFERRAL;
	/* RFC 9471 §3.1: a referral without its glue is useless, so it is TC then. */
	if (!reply_add_set(&t->reply, SECTION_AUTHORITY, cut_off, found->node, found->set,
		    found->set->ttl) || !add_targets(t, off, found->set->count, 0))
		t->is_full = true;
}

/* Goes on with the name that stands at the end of the reply, `len` bytes long. */
static void follow(struct task *t, unsigned len)
{
	t->name_off = reply_off(&t->reply) - len;
	key_from_message(&t->key, t->reply.start + t->name_off, len);
}

/* Adds the CNAME. False if that is the end of it. */
static bool add_alias(struct task *t, const struct zone_answer *found)
{
	const uint8_t *at = node_rdata(found->node, found->set);
	unsigned len = node_next_rdata(found->set, &at).len;
	t->result = SERVE_NOERROR;
	if (!reply_add_set(&t->reply, SECTION_ANSWER, t->name_off, found->node, found->set,
		    found->set->ttl)) {
		t->is_full = true;
		return false;
	}
	follow(t, len);
	return true;
}

/* Adds the DNAME and the CNAME made from it (RFC 6672 §3.1). False if that is the end of it. */
static bool add_renaming(struct task *t, const struct zone_answer *found)
{
	uint8_t name[NAME_CAP];
	unsigned prefix_len = t->key.len - found->node->name_len;
	const uint8_t *at = node_rdata(found->node, found->set);
	struct rdata target = node_next_rdata(found->set, &at);
	unsigned len = prefix_len + target.len;
	uint32_t ttl = found->set->ttl;

	t->result = SERVE_NOERROR;
	if (!reply_add_set(&t->reply, SECTION_ANSWER, t->name_off + prefix_len, found->node, found->set,
		    ttl)) {
		t->is_full = true;
		return false;
	}
	if (len > NAME_CAP) {
		t->rcode = RCODE_YXDOMAIN;
		t->result = SERVE_OTHER;
		return false;
	}
	memcpy(name, t->reply.start + t->name_off, prefix_len);
	memcpy(name + prefix_len, target.bytes, target.len);
	if (!reply_add_rr(&t->reply, SECTION_ANSWER, t->name_off, RR_CNAME, ttl, name, len)) {
		t->is_full = true;
		return false;
	}
	follow(t, len);
	return true;
}

/* Whether the name is below "local." (RFC 6762 §3): those are not for unicast. Anything but an
 * error here would stop clients from asking by multicast (§22.1). */
static bool is_multicast_name(const struct key *key)
{
	static const uint8_t local[] = "\5local";
	if (key->len < sizeof(local) ||
		memcmp(key_lower(key) + key->len - sizeof(local), local, sizeof(local)) != 0)
		return false;
	return name_is_below(key_lower(key), local);
}

static void refuse(struct task *t, enum msg_rcode rcode)
{
	t->rcode = (uint16_t)rcode;
	t->flags = 0;
	t->result = rcode == RCODE_REFUSED ? SERVE_REFUSED : SERVE_OTHER;
}

/* Acts on what was found at the name. True if there is another name to be looked up. */
static bool act(struct task *t, const struct zone_answer *found, bool is_first)
{
	switch (found->outcome) {
	case ZONE_FOUND:
		if (LIKELY(found->set)) {
			add_answer(t, found);
			return false;
		}
		t->result = SERVE_NODATA;
		add_soa(t, found->apex);
		return false;
	case ZONE_NO_NAME:
		t->rcode = RCODE_NXDOMAIN;
		t->result = SERVE_NXDOMAIN;
		add_soa(t, found->apex);
		return false;
	case ZONE_ALIAS:
		return add_alias(t, found);
	case ZONE_RENAMED:
		return add_renaming(t, found);
	case ZONE_DELEGATED:
		/* AA is about the first name of the answer (RFC 1035 §4.1.1). */
		if (is_first)
			t->flags = 0;
		add_referral(t, found);
		return false;
	case ZONE_OUTSIDE:
		/* An alias that leads out of here is all that we can say. */
		if (is_first)
			refuse(t, RCODE_REFUSED);
		return false;
	case ZONE_OUTCOME_COUNT:
		break;
	}
	return false;
}

static void answer_question(struct task *t)
{
	struct zone_answer found;
	t->flags = MSG_AA;
	for (int i = 0; i < LIMIT_SERVE_CHAIN; i++) {
		if (is_multicast_name(&t->key)) {
			if (i == 0)
				refuse(t, RCODE_REFUSED);
			return;
		}
		zone_lookup(t->ctx->zone, &t->key, t->query->type, t->view, &found);
		if (LIKELY(!act(t, &found, i == 0)))
			return;
	}
}

/* Types that are no types of records, but for ANY. True if the answer is that there is none. */
static bool is_answered_as_meta(struct task *t)
{
	struct zone_answer found;
	switch (t->query->type) {
	case RR_AXFR:
	case RR_IXFR:
		zone_lookup(t->ctx->zone, &t->key, RR_SOA, VIEW_ANY, &found);
		refuse(t, found.outcome == ZONE_OUTSIDE ? RCODE_NOTAUTH : RCODE_REFUSED);
		return true;
	case RR_OPT:
	case RR_TSIG:
	case RR_TKEY:
		t->rcode = RCODE_FORMERR;
		t->result = SERVE_FORMERR;
		return true;
	case RR_MAILA:
	case RR_MAILB:
		t->rcode = RCODE_NOTIMP;
		t->result = SERVE_NOTIMP;
		return true;
	default:
		return false;
	}
}

/* Where the client stands, if it matters. */
static unsigned view_of(const struct serve_ctx *ctx, const struct serve_client *client)
{
	/* Where no set depends on it, any view does; but one such set may be on its way in, and the view
	 * that never shows private addresses is the safe one. */
	if (!zone_has_views(ctx->zone))
		return VIEW_WAN;
	const struct view_table *table = atomic_load_explicit(&ctx->views->table, memory_order_acquire);
	return table ? view_table_of(table, &client->addr) : VIEW_WAN;
}

static void answer_good(struct task *t, const struct serve_client *client)
{
	if (UNLIKELY(t->query->class != CLASS_IN)) {
		refuse(t, RCODE_REFUSED);
		return;
	}
	t->view = view_of(t->ctx, client);
	t->name_off = MSG_HEADER_LEN;
	key_from_message(&t->key, t->query->bytes + MSG_HEADER_LEN, t->query->name_len);
	if (LIKELY(t->query->type < RR_OPT) || !is_answered_as_meta(t))
		answer_question(t);
}

static void take_error(struct task *t)
{
	t->rcode = t->query->rcode;
	t->result = t->rcode == RCODE_FORMERR ? SERVE_FORMERR :
		t->rcode == RCODE_NOTIMP ? SERVE_NOTIMP : SERVE_OTHER;
}

/* Most bytes that the reply may have (RFC 6891 §6.2.3-5; RFC 9715 for our own limit). */
static size_t reply_limit(const struct query *q, const struct serve_client *client, size_t cap)
{
	size_t limit = UDP_PAYLOAD_MIN;
	if (client->is_tcp)
		limit = MSG_CAP;
	else if (q->has_edns && q->edns_payload > UDP_PAYLOAD_MIN)
		limit = q->edns_payload < EDNS_PAYLOAD ? q->edns_payload : EDNS_PAYLOAD;
	return limit < cap ? limit : cap;
}

/* Our OPT record, for which room was kept. */
static void add_opt(struct reply *r, const struct query *q, uint16_t rcode)
{
	static const uint8_t opt[OPT_REPLY_LEN] = {0, 0, RR_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 255};
	memcpy(r->at, opt, sizeof(opt));
	r->at[5] = (uint8_t)(rcode >> 4);
	r->at[7] = q->has_do ? 0x80 : 0;
	r->at += sizeof(opt);
	r->count[SECTION_ADDITIONAL]++;
}

/* Writes the header over the query's, now that all is known. */
static void put_header(const struct task *t, unsigned questions)
{
	uint8_t *p = t->reply.start;
	const uint16_t *count = t->reply.count;
	/* Of the query: id, operation, RD. AD and CD are for resolvers (RFC 4035 §3.1.6), Z is zero. */
	unsigned flags = MSG_QR | (t->query->flags & (0x7800 | MSG_RD)) | t->flags | (t->rcode & 15);
	put_u32(p + 2, flags << 16 | questions);
	put_u32(p + 6, (uint32_t)count[SECTION_ANSWER] << 16 | count[SECTION_AUTHORITY]);
	put_u16(p + 10, count[SECTION_ADDITIONAL]);
}

/* Nothing but the question, and TC: the client asks again over TCP. Never a part of a set. */
static void truncate(struct task *t)
{
	t->reply.at = t->reply.start + t->query->question_end;
	memset(t->reply.count, 0, sizeof(t->reply.count));
	t->flags |= MSG_TC;
	count_one(t->ctx, SERVE_TRUNCATED);
}

size_t serve_answer(struct serve_ctx *ctx, const struct serve_client *client,
	const uint8_t *query, size_t query_len, uint8_t *reply, size_t reply_cap)
{
	struct query q;
	struct task t;
	enum query_verdict verdict = query_parse(query, query_len, &q);
	size_t head_len = verdict == QUERY_BAD_HEADER ? MSG_HEADER_LEN : q.question_end;

	/* A reply to a reply, or to port 0, would at best be lost, at worst be answered for ever. */
	if (verdict == QUERY_DROP || client->port == 0 || reply_cap < UDP_PAYLOAD_MIN) {
		count_one(ctx, SERVE_DROPPED);
		return 0;
	}
	count_one(ctx, client->is_tcp ? SERVE_QUERIES_TCP : SERVE_QUERIES_UDP);
	t.ctx = ctx;
	t.query = &q;
	t.flags = 0;
	t.rcode = RCODE_NOERROR;
	t.result = SERVE_NOERROR;
	t.is_full = false;
	memcpy(reply, query, head_len);
	t.reply = (struct reply){.start = reply, .at = reply + head_len,
		.end = reply + reply_limit(&q, client, reply_cap)};
	if (q.has_edns) {
		t.reply.end -= OPT_REPLY_LEN;
		count_one(ctx, SERVE_EDNS);
	}
	if (LIKELY(verdict == QUERY_GOOD))
		answer_good(&t, client);
	else
		take_error(&t);
	if (UNLIKELY(t.is_full))
		truncate(&t);
	count_one(ctx, t.result);
	if (q.has_edns)
		add_opt(&t.reply, &q, t.rcode);
	put_header(&t, head_len > MSG_HEADER_LEN);
	return (size_t)(t.reply.at - t.reply.start);
}
