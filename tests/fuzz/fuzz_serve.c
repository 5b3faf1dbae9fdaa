/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the answer path: any bytes as a query, against a zone with one of
 * everything. The first byte selects the client's location, the transport and the policy. The reply
 * must be well formed and within its limits.
 * Never sends anything. Run by `make check` over its corpus, or by libFuzzer.
 */
#include <stdlib.h>
#include <string.h>

#include "serve/answer.h"
#include "serve/fastpath.h"
#include "steps.h"
#include "../unit/sign_rig.h"
#include "wire/msg.h"
#include "require.h"

enum { STEPS_A_BYTE = 2, STEPS_FIXED = 100 };

static struct zone *zone;
static struct zone *signed_zones[2]; /* without and with cuts */
static struct view_slot views;
static struct serve_ctx ctx;
static struct rrl rrl;
static struct serve_policy policy;
static const struct prefix everybody = {.addr.family = ADDR_V4};

static void put(const char *owner, uint16_t type, uint8_t view, const void *bytes, uint16_t len)
{
	struct name n;
	const struct rdata rdata = {bytes, len};
	const struct rrset set = {type, view, 60, 1, &rdata};
	require(name_from_text(owner, NULL, &n) == 0);
	require(zone_put(zone, ZONE_STATIC, n.wire, &set, 1) == 0);
}

static void put_long(const char *owner)
{
	enum { RECORDS = 80 };
	static uint8_t bytes[RECORDS][4];
	struct rdata rdata[RECORDS];
	struct name n;
	for (uint8_t i = 0; i < RECORDS; i++) {
		bytes[i][3] = i;
		rdata[i] = (struct rdata){bytes[i], 4};
	}
	const struct rrset set = {RR_A, VIEW_ANY, 60, RECORDS, rdata};
	require(name_from_text(owner, NULL, &n) == 0);
	require(zone_put(zone, ZONE_STATIC, n.wire, &set, 1) == 0);
}

/* Puts two private addresses of the kernel; a client gets one or both. */
static void put_derived(const char *owner)
{
	static const uint8_t bytes[2][4] = {{10, 0, 0, 1}, {192, 168, 0, 1}};
	const struct rdata rdata[] = {{bytes[0], 4}, {bytes[1], 4}};
	const struct rrset set = {RR_A, VIEW_ANY, 60, 2, rdata};
	struct name n;
	require(name_from_text(owner, NULL, &n) == 0);
	require(zone_put(zone, ZONE_DERIVED, n.wire, &set, 1) == 0);
}

static void make_zone(void)
{
	static const uint8_t zero[16];
	struct name apex;
	zone = zone_new(1, (struct zone_listener){NULL, NULL});
	require(zone && name_from_text("x.", NULL, &apex) == 0);
	const struct zone_apex params = {apex.wire, apex.wire, apex.wire, 1, 2, 3, 4, 5};
	require(zone_add_apex(zone, &params) == 0);
	put("a.x.", RR_A, VIEW_ANY, zero, 4);
	put("b.x.", RR_AAAA, VIEW_LAN, zero, 16);
	put("c.x.", RR_CNAME, VIEW_ANY, "\1d\1x", 5);
	put("d.x.", RR_CNAME, VIEW_ANY, "\1c\1x", 5);
	put("*.w.x.", RR_MX, VIEW_ANY, "\0\1\1l\1x", 7);
	put("h.x.", RR_HTTPS, VIEW_ANY, "\0\0\1h\1x", 7);
	put("n.x.", RR_MX, VIEW_ANY, "\0\1\1m\1w\1x", 9);
	put("a.b.c.d.e.g.x.", RR_TXT, VIEW_WAN, "\0", 1);
	put_long("l.x.");
	put_derived("m.x.");
	zone_garbage_free(zone_commit(zone, 1));
}

/* The locations of clients in 10.0.0.0/8 and 8.0.0.0/8: an inner bridge and a link. */
static struct view_table *make_views(void)
{
	struct view_rule rules[] = {
		{.view = VIEW_LAN, .wire = 1, .is_inner = true}, {.view = VIEW_WAN, .wire = 2}};
	require(prefix_parse("10.0.0.0/8", &rules[0].prefix) == 0);
	require(prefix_parse("8.0.0.0/8", &rules[1].prefix) == 0);
	return view_table_new(rules, 2);
}

static void put_cuts(void)
{
	put("e.x.", RR_DNAME, VIEW_ANY, "\1x", 3);
	put("f.x.", RR_NS, VIEW_ANY, "\1l\1f\1x", 7);
	put_long("l.f.x.");
}

/* Adds or removes a delegation and a DNAME, which close the fast path (serve/fastpath.h) for all
 * names. */
static void set_cuts(bool has_cuts)
{
	static bool had_cuts;
	static const char *const owners[] = {"e.x.", "f.x.", "l.f.x."};
	struct name n;
	if (has_cuts == had_cuts)
		return;
	had_cuts = has_cuts;
	for (size_t i = 0; !has_cuts && i < ARRAY_LEN(owners); i++) {
		require(name_from_text(owners[i], NULL, &n) == 0);
		require(zone_put(zone, ZONE_STATIC, n.wire, NULL, 0) == 0);
	}
	if (has_cuts)
		put_cuts();
	zone_garbage_free(zone_commit(zone, 1));
}

static void put_safe_cut(const char *owner)
{
	const struct rdata ns = {(const uint8_t *)"\1l\1f\1x", 7},
			   ds = {(const uint8_t *)"\0\1\15\2", 5};
	const struct rrset sets[] = {{RR_NS, VIEW_ANY, 60, 1, &ns}, {RR_DS, VIEW_ANY, 60, 1, &ds}};
	struct name n = name_of(owner);
	require(zone_put(zone, ZONE_STATIC, n.wire, sets, 2) == 0);
}

/* Signed zones are made once, because nothing can be put into them later. */
static void make_signed_zones(void)
{
	for (int has_cuts = 0; has_cuts < 2; has_cuts++) {
		make_zone();
		if (has_cuts) {
			put_cuts();
			put_safe_cut("s.x.");
		}
		rig_sign(zone, "x.", 1 + (unsigned)has_cuts, 's');
		signed_zones[has_cuts] = zone;
	}
}

static void set_up(void)
{
	make_signed_zones();
	make_zone();
	require(view_slot_publish(&views, make_views()) == NULL);
	ctx.views = &views;
}

static void set_policy(unsigned bits)
{
	static struct cookie_keys keys = {.is_seed = true, .count = 1};
	static struct cookie_slot slot;
	(void)!cookie_slot_publish(&slot, &keys);
	policy = (struct serve_policy){.nsid = {LIMIT_IDENTITY, {0}},
		.identity = {LIMIT_IDENTITY, {0}},
		.cookies = bits & 16 ? SERVE_COOKIES_STRICT : SERVE_COOKIES_GIVEN,
		.cookie_keys = &slot,
		.trusted = &everybody,
		.trusted_count = 1};
	ctx.policy = bits & 8 ? &policy : NULL;
	ctx.unix_s = 0x5cf79f11;
	ctx.rrl = NULL;
}

static void check_reply(const uint8_t *query, const uint8_t *reply, size_t len)
{
	struct rd r = rd_init(reply, len);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	require(h.flags & MSG_QR && !(h.flags & (MSG_RA | MSG_Z)) && h.qdcount <= 1);
	require(memcmp(query, reply, 2) == 0);
	for (unsigned i = 0; i < h.qdcount; i++)
		rd_question(&r, &q);
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < h.count[s]; i++)
			rd_rr(&r, &rr);
	require(!r.err && rd_left(&r) == 0);
}

/* The zone is made once and kept. Its slots hold more than a pointer (zone/table.h), so the leak
 * checker, which calls this function, would report its nodes as lost. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t reply[MSG_CAP], other[MSG_CAP];
	struct serve_client client = {.port = 1, .addr.family = ADDR_V4};
	if (!zone)
		set_up();
	if (len < 1)
		return 0;
	set_cuts(bytes[0] & 4);
	set_policy(bytes[0]);
	ctx.zone = zone_reader(bytes[0] & 32 ? signed_zones[!!(bytes[0] & 4)] : zone);
	client.is_tcp = bytes[0] & 1;
	client.addr.bytes[0] = bytes[0] & 2 ? 10 : 8;
	size_t cap = client.is_tcp ? MSG_CAP : EDNS_PAYLOAD;
	steps_begin();
	size_t reply_len = serve_answer(&ctx, &client, bytes + 1, len - 1, reply, cap);
	steps_check(len + reply_len, STEPS_A_BYTE, STEPS_FIXED);
	require(reply_len <= cap);
	if (reply_len > 0)
		check_reply(bytes + 1, reply, reply_len);
	/* The fast path and the slow path give the same reply. */
	require(serve_any(&ctx, &client, bytes + 1, len - 1, other, cap) == reply_len);
	require(memcmp(reply, other, reply_len) == 0);
	/* A limit never makes the reply longer. */
	rrl_init(&rrl, 1, 1);
	ctx.rrl = &rrl;
	for (int i = 0; i < 3; i++) {
		size_t limited_len = serve_answer(&ctx, &client, bytes + 1, len - 1, other, cap);
		require(limited_len <= reply_len);
		if (limited_len > 0)
			check_reply(bytes + 1, other, limited_len);
	}
	return 0;
}
