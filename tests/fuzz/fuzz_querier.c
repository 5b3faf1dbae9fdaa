/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the querier: a session on two links, with packets of strangers, trusted and not, interest that
 * comes and goes, links, sleep and time, all from the input.
 * Never checks questions in detail: tests/unit/test_querier_*.c do. Run by a fuzzer and its replay.
 *
 * The input is steps: a byte for the kind, then the operands.
 */
#include <stdio.h>

#include "base/cursor.h"
#include "querier/querier.h"
#include "require.h"
#include "steps.h"
#include "wire/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum {
	STEPS_MAX = 200,
	STEPS_A_BYTE = 50,
	STEPS_FIXED = 1000,
	STEPS_A_RECORD = 20, /* those of the cache: what a packet flushes was said before */
	LINKS = 2,
	PACKET_CAP = 9000,
	ROUNDS_MAX = 10000
};

enum step {
	STEP_WAIT,
	STEP_WAIT_LONG,
	STEP_PACKET,
	STEP_UNTRUSTED,
	STEP_ASK,
	STEP_STOP,
	STEP_RECONFIRM,
	STEP_LINK,
	STEP_RESTART,
	STEP_COUNT
};

static const char *const names[] = {"web.local", "db.local", "_x._tcp.local", "a.example.org"};
static const uint16_t types[] = {RR_A, RR_AAAA, RR_PTR, RR_SRV};

struct session {
	struct querier *q;
	ns_t now;
	uint64_t kept; /* records of the cache, as it has reported them */
};

static void on_record(void *arg, const struct querier_record *record, bool is_new)
{
	struct session *s = arg;
	require(rdata_is_valid(record->type, record->rdata.bytes, record->rdata.len));
	require(!record->is_leaving && record->heard_at == s->now && record->expires_at > s->now);
	s->kept += is_new;
}

static void on_gone(void *arg, const struct querier_record *record, enum querier_end why)
{
	struct session *s = arg;
	require(why == QUERIER_UNCONFIRMED || why == QUERIER_LINK_DOWN ||
		record->expires_at <= s->now);
	s->kept--;
}

/* A query: as many records as the header says, and nothing behind them. */
static void check_query(const uint8_t *packet, size_t len)
{
	struct rd r = rd_init(packet, len);
	struct msg_header h;
	rd_header(&r, &h);
	require((h.flags & ~MSG_TC) == 0 && h.id == 0);
	rd_skip_questions(&r, h.qdcount);
	rd_skip_rrs(&r, (unsigned)h.count[0] + h.count[1] + h.count[2]);
	require(!r.err && rd_left(&r) == 0 && len <= 1500 - 28);
}

static void drain(struct session *s)
{
	static uint8_t packet[PACKET_CAP];
	struct mdns_path to;
	size_t len;
	while ((len = querier_poll(s->q, s->now, &to, packet)) > 0)
		check_query(packet, len);
	require(querier_deadline(s->q) > s->now);
	require(querier_stats(s->q).records == s->kept);
}

/* Lets time pass, and stops when more has happened than a session is for. */
static void wait(struct session *s, ns_t duration)
{
	const ns_t until = s->now + duration;
	unsigned rounds = 0;
	while (querier_deadline(s->q) <= until && rounds++ < ROUNDS_MAX) {
		s->now = ns_max(s->now, querier_deadline(s->q));
		drain(s);
	}
	s->now = ns_max(s->now, until);
	drain(s);
}

static void input(struct session *s, struct rd *r, uint8_t operand, bool is_trusted)
{
	struct mdns_path from = {.link = 1 + operand % LINKS, .is_multicast = !(operand & 4)};
	from.peer = (struct addr){.family = operand & 2 ? ADDR_V6 : ADDR_V4, .bytes = {10, 0, 0}};
	from.peer.bytes[3] = rd_u8(r);
	from.peer_port = operand & 8 ? 4000 : MDNS_PORT;
	size_t len = rd_u16(r);
	len = len < rd_left(r) ? len : rd_left(r);
	const uint8_t *packet = rd_bytes(r, len);
	if (!packet)
		return;
	const unsigned long fixed = STEPS_FIXED + STEPS_A_RECORD * s->kept;
	steps_begin();
	const bool is_news = querier_is_news(s->q, s->now, &from, packet, len);
	steps_check(len, STEPS_A_BYTE, fixed);
	const uint64_t kept = s->kept;
	steps_begin();
	querier_input(s->q, s->now, &from, packet, len, is_trusted);
	steps_check(len, STEPS_A_BYTE, fixed);
	require(s->kept == kept || (is_trusted && is_news));
}

static void set_link(struct session *s, uint32_t id, bool has_v4, bool has_v6)
{
	const struct addr own = {.family = ADDR_V4, .bytes = {10, 0, 0, 1}};
	const struct prefix prefix = prefix_make(&own, 24);
	const struct mdns_link link = {
		.id = id,
		.mtu = 1500,
		.has_v4 = has_v4,
		.has_v6 = has_v6,
		.prefixes = &prefix,
		.prefix_count = 1,
		.addrs = &own,
		.addr_count = 1,
	};
	require(querier_link_up(s->q, s->now, &link) == 0);
}

static void step_link(struct session *s, uint8_t operand)
{
	const uint32_t link = 1 + operand % LINKS;
	if (operand & 0x40)
		querier_link_gone(s->q, s->now, link);
	else
		set_link(s, link, operand & 2, operand & 4);
}

static void step(struct session *s, struct rd *r)
{
	const enum step what = rd_u8(r) % STEP_COUNT;
	const uint8_t operand = rd_u8(r);
	const uint32_t link = 1 + (operand >> 4) % LINKS;
	const struct name name = name_of(names[operand & 3]);
	const uint16_t type = types[operand >> 2 & 3];
	switch (what) {
	case STEP_WAIT: wait(s, (ns_t)operand * operand * NS_PER_MS / 4); break;
	case STEP_WAIT_LONG: wait(s, operand * 30 * NS_PER_S); break;
	case STEP_PACKET: input(s, r, operand, true); break;
	case STEP_UNTRUSTED: input(s, r, operand, false); break;
	case STEP_ASK: require(querier_ask(s->q, s->now, link, name.wire, type) == 0); break;
	case STEP_STOP: querier_stop(s->q, s->now, link, name.wire, type); break;
	case STEP_RECONFIRM: querier_reconfirm(s->q, s->now, link, name.wire, type); break;
	case STEP_LINK: step_link(s, operand); break;
	case STEP_RESTART: querier_restart(s->q, s->now); break;
	case STEP_COUNT: break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct querier_events events = {on_record, on_gone};
	struct rd r = rd_init(bytes, len);
	struct session s = {.now = 1000 * NS_PER_S};
	const uint8_t seed = rd_u8(&r);
	s.q = querier_new(seed, seed & 1, &events, &s);
	require(s.q != NULL);
	for (uint32_t link = 1; link <= LINKS; link++)
		set_link(&s, link, true, true);
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&r) > 0; i++) {
		step(&s, &r);
		wait(&s, NS_PER_MS);
	}
	for (uint32_t link = 1; link <= LINKS; link++)
		querier_link_gone(s.q, s.now, link);
	require(s.kept == 0 && querier_stats(s.q).bytes == 0 && querier_stats(s.q).questions == 0);
	querier_free(s.q);
	return 0;
}
