/* SPDX-License-Identifier: ISC */
/*
 * Owns the queries that need the main thread or a key: signed queries, transfers, and the SOA of
 * the catalog.
 * Never answers others itself, never touches a socket.
 */
#include "net/dns_answer.h"

#include <string.h>
#include <time.h>

#include "serve/common.h"
#include "transfer/request.h"
#include "wire/pack.h"
#include "zone/view.h"

/* A query while it is worked on. */
struct task {
	struct serve_ctx *ctx;
	struct transfers *transfers;
	const struct transfer_policy *policy;
	const struct serve_client *client;
	uint8_t *query;
	size_t query_len;
	uint8_t *reply;
	size_t cap;
	struct transfer **ret_transfer;
	struct request request;
	bool is_allowed;
	struct tsig tsig; /* if the request is signed */
};

uint64_t dns_unix_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

static size_t refuse(struct task *t, unsigned rcode)
{
	return request_refuse(&t->request, t->query, rcode, t->reply, t->cap);
}

/* Returns the greatest length of the reply, including its signature (RFC 6891 §6.2.3). */
static size_t reply_limit(const struct task *t)
{
	if (t->client->is_tcp)
		return t->cap;
	size_t limit = t->request.has_edns ? t->request.edns_payload : 0;
	limit = limit < UDP_PAYLOAD_MIN ? UDP_PAYLOAD_MIN : limit;
	return limit < t->cap ? limit : t->cap;
}

/* Signs the reply. If the signature makes it too long, it is cut to the question, and TC is set
 * (RFC 8945 §5.3). */
static size_t sign(struct task *t, size_t len)
{
	uint64_t now_s = dns_unix_time();
	if (!t->request.is_signed || len == 0)
		return len;
	put_u16(t->reply, t->request.id);
	size_t whole = tsig_sign_reply(&t->tsig, t->reply, len, reply_limit(t), now_s);
	if (whole > 0)
		return whole;
	len = refuse(t, RCODE_NOERROR);
	put_u16(t->reply + 2, get_u16(t->reply + 2) | MSG_TC);
	return len > 0 ? tsig_sign_reply(&t->tsig, t->reply, len, t->cap, now_s) : 0;
}

/* Answers a query by the ordinary answer path, after its signature was removed. */
static size_t serve_signed(struct task *t)
{
	size_t cap = t->cap;
	if (t->request.is_signed) {
		t->query_len = request_strip(&t->request, t->query);
		cap -= tsig_room(&t->tsig) < cap ? tsig_room(&t->tsig) : cap;
	}
	return serve_answer(t->ctx, t->client, t->query, t->query_len, t->reply, cap);
}

/* IXFR over UDP is answered with the current SOA alone; a client that needs more asks over TCP (RFC
 * 1995 §2). So the query is answered like a query for the SOA. */
static size_t answer_soa_for_ixfr(struct task *t)
{
	size_t off = t->request.question_end - 4;
	put_u16(t->query + off, RR_SOA);
	size_t len = serve_signed(t);
	if (len >= t->request.question_end)
		put_u16(t->reply + off, RR_IXFR);
	return sign(t, len);
}

static size_t begin_transfer(struct task *t)
{
	struct transfer *transfer = transfers_begin(t->transfers, t->client);
	const struct request *q = &t->request;
	if (!transfer)
		return sign(t, refuse(t, RCODE_SERVFAIL));
	transfer->xfr = (struct xfr){.id = q->id,
		.flags = q->flags,
		.is_signed = q->is_signed,
		.ask = {.zone = q->question.name,
			.type = q->question.type,
			.serial = q->serial,
			.view = view_slot_of(t->ctx->views, &t->client->addr),
			.client = t->client->addr}};
	if (q->is_signed)
		transfer->xfr.tsig = t->tsig;
	*t->ret_transfer = transfer;
	return 0;
}

/* Answers with the SOA of the catalog, which the answer path does not know. */
static size_t answer_catalog_soa(struct task *t)
{
	struct pack p;
	struct record soa;
	struct rd r = rd_init(t->policy->catalog_soa->bytes, t->policy->catalog_soa->len);
	rd_record(&r, &soa);
	pack_init(&p, t->reply, t->cap, t->request.id,
		(uint16_t)(MSG_QR | MSG_AA | (t->request.flags & MSG_RD)));
	if (pack_question(&p, t->request.question.name.wire, t->request.question.type, CLASS_IN) ||
		pack_rr(&p, SECTION_ANSWER,
			&(struct pack_rr){.owner = soa.owner,
				.type = soa.type,
				.class = CLASS_IN,
				.ttl = soa.ttl,
				.rdata = soa.rdata.bytes,
				.rdata_len = soa.rdata.len}))
		return 0;
	return sign(t, p.len);
}

static bool is_catalog(const struct task *t)
{
	return t->policy->catalog_soa &&
	       name_equal(t->policy->catalog.wire, t->request.question.name.wire);
}

static size_t answer_transfer(struct task *t)
{
	if (!t->is_allowed) {
		transfers_count_refused(t->transfers);
		return sign(t, serve_signed(t)); /* the reply refuses, and gives the reason */
	}
	if (t->request.question.type == RR_IXFR && !t->request.has_serial)
		return sign(t, refuse(t, RCODE_FORMERR));
	if (t->ret_transfer && t->client->is_tcp)
		return begin_transfer(t);
	if (t->request.question.type == RR_AXFR)
		return sign(t, refuse(t, RCODE_REFUSED)); /* RFC 5936 §4.2: no AXFR over UDP */
	return is_catalog(t) ? answer_catalog_soa(t) : answer_soa_for_ixfr(t);
}

/* Replies with an error. Over UDP the source address may be forged, so rate limiting applies as to
 * other replies. */
static size_t refuse_unverified(struct task *t, unsigned rcode)
{
	struct serve_ctx *ctx = t->ctx;
	if (ctx->rrl && !t->client->is_tcp &&
		rrl_judge(ctx->rrl, &t->client->addr, RRL_ERROR, ctx->now) != RRL_GIVE) {
		common_count(ctx, SERVE_LIMITED);
		return 0;
	}
	return refuse(t, rcode);
}

/* The main thread decides, and answers; it also verifies what key pairs have signed, which takes long: so not more
 * than so many. Who does not sign may update nothing (RFC 2136 §3.3). */
static size_t pass_on_update(struct task *t)
{
	const bool is_sig0 = t->request.is_sig0 && !t->request.is_signed && t->policy->has_sig0;
	if ((!t->request.is_signed && !is_sig0) || !t->ret_transfer)
		return refuse_unverified(t, RCODE_REFUSED);
	if (is_sig0 && !transfers_may_verify(t->transfers, t->client))
		return t->client->is_tcp ? refuse(t, RCODE_SERVFAIL) : 0;
	if (!is_sig0)
		t->query_len = request_strip(&t->request, t->query);
	const struct update_ask ask = {.request = t->request, .tsig = t->tsig, .is_sig0 = is_sig0};
	*t->ret_transfer =
		transfers_begin_update(t->transfers, t->client, &ask, t->query, t->query_len);
	return *t->ret_transfer ? 0 : sign(t, refuse(t, RCODE_SERVFAIL));
}

static size_t answer_verified(struct task *t)
{
	if (t->policy->has_updates && request_is_update(t->query))
		return pass_on_update(t);
	uint16_t type = t->request.question.type;
	bool is_ours = t->request.question.class == CLASS_IN &&
		       (t->request.flags >> 11 & 15) == OPCODE_QUERY;
	t->is_allowed = transfer_policy_allows(
		t->policy, &t->client->addr, t->request.is_signed ? t->tsig.key.name.wire : NULL);
	if (is_ours && (type == RR_AXFR || type == RR_IXFR))
		return answer_transfer(t);
	if (is_ours && type == RR_SOA && t->is_allowed && is_catalog(t))
		return answer_catalog_soa(t);
	return sign(t, serve_signed(t));
}

static size_t answer_task(struct task *t)
{
	if (request_parse(t->query, t->query_len, &t->request))
		return refuse_unverified(t, RCODE_FORMERR);
	if (!t->request.is_signed)
		return answer_verified(t);
	if (tsig_verify_request(t->policy->keys, t->policy->key_count, t->query, &t->request.tsig,
		    dns_unix_time(), &t->tsig))
		return refuse_unverified(t, RCODE_FORMERR);
	if (t->tsig.error == TSIG_NOERROR)
		return answer_verified(t);
	transfers_count_bad_signature(t->transfers);
	return sign(t, refuse_unverified(t, RCODE_NOTAUTH));
}

/* Responses, and queries from port 0, are dropped as in the answer path. */
static bool is_to_be_dropped(const struct serve_client *client, const uint8_t *query)
{
	return client->port == 0 || get_u16(query + 2) & MSG_QR;
}

size_t dns_answer(struct serve_ctx *ctx, struct transfers *transfers,
	const struct serve_client *client, uint8_t *query, size_t query_len, uint8_t *reply,
	size_t reply_cap, struct transfer **ret_transfer)
{
	const struct transfer_policy *policy = transfers ? transfers_policy(transfers) : NULL;
	if (LIKELY(!dns_is_special(policy, query, query_len)) || is_to_be_dropped(client, query))
		return serve_answer(ctx, client, query, query_len, reply, reply_cap);
	struct task t = {.ctx = ctx,
		.transfers = transfers,
		.policy = policy,
		.client = client,
		.query = query,
		.query_len = query_len,
		.reply = reply,
		.cap = reply_cap,
		.ret_transfer = ret_transfer};
	return answer_task(&t);
}
