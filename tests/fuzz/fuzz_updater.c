/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of a primary's answers to our updates (transfer/updater.h): any answers, in any order, at
 * any time, while names come and go. No answer may stop the updater for ever, or make it send what is no
 * message.
 * Never signs: fuzz_answer has signatures. Run by a fuzzer, and its replay.
 *
 * The input: a byte with an optional zone (bit 0), and steps: a byte for the kind (answer, none, a name that comes
 * or goes), one for the time that passes, and for an answer two bytes of length and the answer, which gets the
 * id of the question.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "steps.h"
#include "transfer/updater.h"
#include "wire/msg.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { STEPS_MAX = 64, NAMES = 4, STEPS_A_BYTE = 150, STEPS_FIXED = 300 };
enum step { STEP_ANSWER, STEP_UNSIGNED, STEP_NO_ANSWER, STEP_NAME, STEP_COUNT };

struct fuzz {
	struct zone *zone;
	struct updater *u;
	ns_t now;
	uint8_t message[MSG_CAP];
	size_t len; /* of the message that is out; 0: none */
	uint32_t serial;
};

/* An update or a query: everything in it can be read. */
static void check_message(const uint8_t *message, size_t len)
{
	struct rd r = rd_init(message, len);
	struct msg_header h;
	struct question q;
	struct rr rr;
	rd_header(&r, &h);
	rd_question(&r, &q);
	require(h.qdcount == 1 && !(h.flags & MSG_QR));
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < h.count[s]; i++)
			rd_rr(&r, &rr);
	require(!r.err && rd_left(&r) == 0);
}

/* What is due is sent at once, and nothing before its time: else the daemon would turn for ever. */
static void send_next(struct fuzz *f)
{
	if (f->len > 0)
		return;
	const ns_t deadline = updater_deadline(f->u);
	f->len = updater_poll(f->u, f->now, f->message, sizeof(f->message));
	if (f->len > 0) {
		require(deadline <= f->now);
		check_message(f->message, f->len);
		require(updater_deadline(f->u) == NS_NEVER);
	} else {
		require(updater_deadline(f->u) > f->now);
	}
}

static void answer(struct fuzz *f, struct rd *in, bool is_verified)
{
	uint8_t *copy;
	size_t len = rd_u16(in);
	len = len < rd_left(in) ? len : rd_left(in);
	const uint8_t *bytes = rd_bytes(in, len);
	if (f->len == 0 || !bytes || !(copy = malloc(len ? len : 1)))
		return;
	memcpy(copy, bytes, len); /* exactly as long as the answer */
	if (len >= 2)
		memcpy(copy, f->message, 2);
	const struct updater_stats before = updater_stats(f->u);
	steps_begin();
	updater_input(f->u, f->now, copy, len, is_verified);
	/* A change of the serial may touch each name that is known. */
	steps_check(len, STEPS_A_BYTE,
		STEPS_FIXED + 100 * (before.owned + before.queued + before.held));
	f->len = 0;
	free(copy);
}

static void change_name(struct fuzz *f, uint8_t which)
{
	static const char *const owners[NAMES] = {"a.x.", "b.x.", "c.sub.x.", "a.b.c.d.x."};
	static const uint8_t address[4];
	const struct rdata rdata = {address, sizeof(address)};
	const struct rrset set = {RR_A, VIEW_ANY, 60, 1, &rdata};
	struct name owner = name_of(owners[which % NAMES]);
	(void)!zone_put(f->zone, ZONE_DERIVED, owner.wire, &set, which & 4 ? 1 : 0);
	zone_garbage_free(zone_commit(f->zone, ++f->serial));
	updater_touch(f->u, owner.wire);
}

static void check_stats(const struct fuzz *f)
{
	const struct updater_stats s = updater_stats(f->u);
	require(s.done + s.failed <= s.sent && s.sent - s.done - s.failed <= s.sent);
}

static void step(struct fuzz *f, struct rd *in)
{
	const enum step what = rd_u8(in) % STEP_COUNT;
	const uint8_t operand = rd_u8(in);
	f->now += (ns_t)operand * operand * NS_PER_S / 64;
	switch (what) {
	case STEP_ANSWER: answer(f, in, true); break;
	case STEP_UNSIGNED: answer(f, in, false); break;
	case STEP_NO_ANSWER:
		updater_input(f->u, f->now, NULL, 0, false);
		f->len = 0;
		break;
	case STEP_NAME: change_name(f, operand); break;
	case STEP_COUNT: break;
	}
	check_stats(f);
	send_next(f);
}

/* From any state it comes back to what the primary can take, if the primary is well. */
static void recover(struct fuzz *f)
{
	for (unsigned i = 0; i < 4 && f->len == 0; i++) {
		const ns_t next = updater_deadline(f->u);
		require(next < f->now + 2 * UPDATER_HELD + UPDATER_CHECK);
		f->now = next > f->now ? next : f->now;
		send_next(f);
	}
	require(f->len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct fuzz f;
	struct rd in = rd_init(bytes, len);
	struct name apex = name_of("x.");
	const struct zone_apex params = {apex.wire, apex.wire, apex.wire, 1, 2, 3, 4, 5};
	f = (struct fuzz){.zone = zone_new(1, (struct zone_listener){NULL, NULL})};
	require(f.zone && zone_add_apex(f.zone, &params) == 0);
	const struct updater_config config = {.zone = f.zone,
		.apex = apex.wire,
		.host = "host",
		.seed = 1,
		.is_optional = rd_u8(&in) & 1};
	f.u = updater_new(&config);
	require(f.u != NULL);
	updater_set_view(f.u, VIEW_ANY);
	change_name(&f, 4);
	send_next(&f);
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&in) > 0; i++)
		step(&f, &in);
	recover(&f);
	updater_free(f.u);
	zone_free(f.zone);
	return 0;
}
