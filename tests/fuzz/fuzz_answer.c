/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of signed queries and of those that ask for a transfer (net/dns_answer.h): any
 * bytes as a query, from clients that may transfer and others, as they are or signed by the target. The
 * reply must be well formed and within its limits; to a good signature it is signed, and no other reply has a
 * valid one.
 * Never sends anything, and has a clock that stands. Run by a fuzzer, and its replay.
 *
 * The input: a byte with TCP (bit 0), a client that may transfer (1), whether the target signs (2) with
 * an unknown key (3), at a wrong time (4), with a bit of the MAC changed (5), SHA-512 (6), and whether there is
 * a catalog (7), and with it updates; and the query.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/dns_answer.h"
#include "steps.h"
#include "transfer/catalog.h"
#include "wire/msg.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

enum { NOW = 1700000000, QUERY_MAX = 4096, STEPS_A_BYTE = 5, STEPS_FIXED = 200 };

static struct {
	struct zone *zone;
	struct view_slot views;
	struct transfers *transfers[2]; /* without and with a catalog */
	struct tsig_key keys[3];        /* the last is unknown to the server */
	struct serve_ctx ctx;
	bool is_asking;
} rig;

/* Signatures of the corpus stay valid; the fuzzer itself may need the time. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	if (!rig.is_asking)
		return __real_clock_gettime(clock, ret);
	*ret = (struct timespec){.tv_sec = NOW};
	return 0;
}

static void make_zone(void)
{
	static const uint8_t addresses[80][4];
	struct rdata rdata[80];
	struct name apex = name_of("x."), owner = name_of("a.x."), many = name_of("l.x.");
	for (size_t i = 0; i < ARRAY_LEN(rdata); i++)
		rdata[i] = (struct rdata){addresses[i], 4};
	const struct rrset one = {RR_A, VIEW_ANY, 60, 1, rdata},
			   all = {RR_A, VIEW_ANY, 60, 80, rdata};
	rig.zone = zone_new(1, (struct zone_listener){NULL, NULL});
	require(rig.zone != NULL);
	const struct zone_apex params = {apex.wire, apex.wire, apex.wire, 1, 2, 3, 4, 5};
	require(zone_add_apex(rig.zone, &params) == 0);
	require(zone_put(rig.zone, ZONE_STATIC, owner.wire, &one, 1) == 0);
	require(zone_put(rig.zone, ZONE_STATIC, many.wire, &all, 1) == 0);
	zone_garbage_free(zone_commit(rig.zone, 1));
}

static struct transfers *make_transfers(bool has_catalog)
{
	struct policy_allow allow[2] = {{.key = rig.keys[0].name}};
	struct transfer_policy policy = {
		.keys = rig.keys, .key_count = 2, .allow = allow, .allow_count = 2};
	struct transfers *t = transfers_new();
	struct catalog_soa soa;
	struct buf b = {0};
	require(t && prefix_parse("10.0.0.0/8", &allow[1].prefix) == 0);
	if (has_catalog) {
		policy.has_updates = true;
		policy.catalog = name_of("_catalog.x.");
		catalog_soa(policy.catalog.wire, 7, &soa);
		records_add(&b, &soa.record);
		policy.catalog_soa = records_new(&b);
		require(policy.catalog_soa != NULL);
	}
	struct transfer_policy *published = transfer_policy_new(&policy);
	require(published != NULL);
	transfers_publish(t, published);
	records_unref(policy.catalog_soa);
	buf_fini(&b);
	return t;
}

static void set_up(void)
{
	require(!tsig_key_parse("k:hmac-sha256:c2VjcmV0", &rig.keys[0]));
	require(!tsig_key_parse("other:hmac-sha512:c2VjcmV0c2VjcmV0", &rig.keys[1]));
	require(!tsig_key_parse("unknown:hmac-sha256:c2VjcmV0", &rig.keys[2]));
	make_zone();
	rig.transfers[0] = make_transfers(false);
	rig.transfers[1] = make_transfers(true);
	rig.ctx.zone = zone_reader(rig.zone);
	rig.ctx.views = &rig.views;
	rig.ctx.unix_s = NOW;
}

/* Signs the query as its first byte says. Returns its length, 0: it is not one that can be signed. */
static size_t sign(uint8_t how, uint8_t *query, size_t len, struct tsig *ret)
{
	const struct tsig_key *key = &rig.keys[how & 8 ? 2 : how & 64 ? 1 : 0];
	if (len < MSG_HEADER_LEN)
		return 0;
	size_t whole =
		tsig_sign_request(ret, key, query, len, QUERY_MAX, how & 16 ? NOW - 3600 : NOW);
	if (whole > 0 && how & 32)
		query[whole - 7] ^= 1; /* the last byte of the MAC is before id, error and length */
	return whole;
}

static void check_reply(const uint8_t *query, const uint8_t *reply, size_t len)
{
	struct rd r = rd_init(reply, len);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	require(h.flags & MSG_QR && h.qdcount <= 1 && memcmp(query, reply, 2) == 0);
	for (unsigned i = 0; i < h.qdcount; i++)
		rd_question(&r, &q);
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < h.count[s]; i++)
			rd_rr(&r, &rr);
	require(!r.err && rd_left(&r) == 0);
}

/* An update is answered as the main thread does: fuzz_update has what it says. */
static void answer_update(
	struct transfers *t, struct transfer *transfer, const struct serve_client *client)
{
	uint8_t reply[UPDATE_REPLY_CAP];
	const struct update_ask *ask = transfer->update;
	require(ask->request.is_signed && ask->tsig.error == TSIG_NOERROR &&
		request_is_update(ask->msg));
	if (!client->is_tcp) {
		transfers_answer_update(t, transfer, RCODE_NOERROR, NOW);
		return;
	}
	transfers_answer_update(t, transfer, RCODE_NOERROR, NOW);
	require(transfers_next_ready(t) == transfer);
	size_t len = update_ask_take_reply(transfer->update, reply);
	require(len > MSG_HEADER_LEN && len <= sizeof(reply) && reply[2] & 0x80);
	require(update_ask_take_reply(transfer->update, reply) == 0);
	transfers_end(t, transfer, true);
}

/* A transfer that has begun is given up: fuzz_transfer has what it sends. */
static void end_transfer(
	struct transfers *t, struct transfer *transfer, const struct serve_client *client)
{
	const struct xfr *x = &transfer->xfr;
	if (transfer->update) {
		answer_update(t, transfer, client);
		return;
	}
	require(client->is_tcp && (x->ask.type == RR_AXFR || x->ask.type == RR_IXFR));
	require(client->addr.bytes[0] == 10 || x->is_signed);
	transfers_end(t, transfer, false);
}

/* `tsig`: from its byte `unsigned_len` on is our signature. NULL: it has none of ours. */
static void ask(
	uint8_t how, uint8_t *query, size_t len, size_t unsigned_len, const struct tsig *tsig)
{
	static uint8_t reply[MSG_CAP], asked[QUERY_MAX];
	const struct serve_client client = {.port = 53,
		.is_tcp = how & 1,
		.addr = {.family = ADDR_V4, .bytes = {how & 2 ? 10 : 8, 0, 0, 1}}};
	struct transfers *t = rig.transfers[how >> 7];
	struct transfer *transfer = NULL;
	struct request request;
	const size_t cap = client.is_tcp ? MSG_CAP : EDNS_PAYLOAD;
	memcpy(asked, query, len);
	steps_begin();
	rig.is_asking = true;
	size_t reply_len = dns_answer(&rig.ctx, t, &client, query, len, reply, cap, &transfer);
	rig.is_asking = false;
	steps_check(len + reply_len, STEPS_A_BYTE, STEPS_FIXED);
	require(reply_len <= cap && (!transfer || reply_len == 0));
	if (transfer)
		end_transfer(t, transfer, &client);
	if (reply_len == 0)
		return;
	check_reply(asked, reply, reply_len);
	if (!tsig)
		return;
	/* The signature is found unless what is before it is malformed, or takes it for a part of itself. */
	const bool is_found = request_parse(asked, len, &request) == 0 && request.is_signed &&
			      request.tsig.off == unsigned_len;
	const bool is_good = !(how & (8 | 16 | 32));
	require(tsig_verify_reply(tsig, reply, reply_len, NOW) == (is_found && is_good));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t query[QUERY_MAX];
	struct tsig tsig;
	if (!rig.zone)
		set_up();
	if (len < 1 || len > QUERY_MAX / 2)
		return 0;
	const uint8_t how = bytes[0];
	len--;
	if (len > 0)
		memcpy(query, bytes + 1, len);
	size_t whole = how & 4 ? sign(how, query, len, &tsig) : len;
	if (whole >= MSG_HEADER_LEN)
		ask(how, query, whole, len, how & 4 ? &tsig : NULL);
	return 0;
}

/* The zone is made once and kept (fuzz_serve.c). */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
