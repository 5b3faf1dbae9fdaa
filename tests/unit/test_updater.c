/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of updates of a primary; the primary is simulated by answers.
 * Never tests a real primary: tests/net/test_secondaries.py does, with Knot. Run by `make check`.
 */
#include "transfer/updater.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "wire/pack.h"
#include "zone_rig.h"

struct rig {
	struct zone *zone;
	struct updater *updater;
	ns_t now;
	unsigned held, refused, lost, old;
	bool is_authoritative; /* the primary is authoritative for the zone */
	bool is_unsigned;      /* its answers are unsigned */
	uint8_t out[MSG_CAP];
	size_t len;
};

static void on_change(void *arg, const struct zone_change *change)
{
	struct rig *r = arg;
	if (r->updater)
		updater_touch(r->updater, change->owner);
}

static void on_held(void *arg, const uint8_t *name)
{
	struct rig *r = arg;
	(void)name;
	r->held++;
}

static void on_refused(void *arg, const uint8_t *name, int rcode)
{
	struct rig *r = arg;
	(void)name, (void)rcode;
	r->refused++;
}

static void on_lost(void *arg, size_t count, bool is_old)
{
	struct rig *r = arg;
	r->lost += (unsigned)count;
	r->old += is_old;
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct name apex = rig_name("example.");
	r->zone = zone_new(1, (struct zone_listener){.on_change = on_change, .arg = r});
	rig_apex(r->zone, "example.");
	rig_put(r->zone, ZONE_DERIVED, "a.example.", "60 A @wan 192.0.2.1", "60 A @lan 10.0.0.1",
		NULL);
	r->updater = updater_new(&(struct updater_config){.zone = r->zone,
		.apex = apex.wire,
		.host = "me",
		.seed = 3,
		.on_held = on_held,
		.on_refused = on_refused,
		.on_lost = on_lost,
		.arg = r});
	assert_non_null(r->updater);
	updater_set_view(r->updater, VIEW_WAN);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	updater_free(r->updater);
	zone_free(r->zone);
	free(r);
	return 0;
}

/* Takes the next message. Returns its opcode, or -1 if there is none. */
static int poll(struct rig *r)
{
	r->len = updater_poll(r->updater, r->now, r->out, sizeof(r->out));
	return r->len > 0 ? r->out[2] >> 3 & 15 : -1;
}

static void answer(struct rig *r, unsigned rcode)
{
	uint8_t reply[MSG_HEADER_LEN] = {0};
	memcpy(reply, r->out, 2);
	put_u16(reply + 2, (uint16_t)(MSG_QR | OPCODE_UPDATE << 11 | rcode));
	updater_input(r->updater, r->now, reply, sizeof(reply), !r->is_unsigned);
}

/* Answers the query for the index with these names. */
static void answer_index(struct rig *r, const char *name)
{
	static uint8_t reply[1024];
	struct rd rd = rd_init(r->out, r->len);
	struct msg_header header;
	struct question question;
	struct pack p;
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	assert_int_equal(question.type, RR_PTR);
	pack_init(&p, reply, sizeof(reply), header.id,
		(uint16_t)(MSG_QR | (r->is_authoritative ? MSG_AA : 0)));
	assert_int_equal(pack_question(&p, question.name.wire, RR_PTR, CLASS_IN), 0);
	if (name) {
		struct name target = rig_name(name);
		assert_int_equal(pack_rr(&p, SECTION_ANSWER,
					 &(struct pack_rr){.owner = question.name.wire,
						 .type = RR_PTR,
						 .class = CLASS_IN,
						 .rdata = target.wire,
						 .rdata_len = target.len}),
			0);
	}
	updater_input(r->updater, r->now, reply, p.len, !r->is_unsigned);
}

/* Takes the query for the serial, and answers it. */
static void answer_serial(struct rig *r, uint32_t serial)
{
	static uint8_t reply[1024];
	uint8_t rdata[22] = {0};
	struct name apex = rig_name("example.");
	struct rd rd;
	struct msg_header header;
	struct question question;
	struct pack p;
	assert_int_equal(poll(r), OPCODE_QUERY);
	rd = rd_init(r->out, r->len);
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	assert_int_equal(question.type, RR_SOA);
	assert_true(name_equal(question.name.wire, apex.wire));
	put_u32(rdata + 2, serial);
	pack_init(&p, reply, sizeof(reply), header.id, MSG_QR | MSG_AA);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
	assert_int_equal(pack_rr(&p, SECTION_ANSWER,
				 &(struct pack_rr){.owner = apex.wire,
					 .type = RR_SOA,
					 .class = CLASS_IN,
					 .rdata = rdata,
					 .rdata_len = sizeof(rdata)}),
		0);
	updater_input(r->updater, r->now, reply, p.len, !r->is_unsigned);
}

static void begin(struct rig *r, const char *index)
{
	assert_int_equal(poll(r), OPCODE_QUERY);
	answer_index(r, index);
}

static void assert_has_question(struct rig *r, const char *name)
{
	struct rd rd = rd_init(r->out, r->len);
	struct name wanted = rig_name(name);
	struct msg_header header;
	struct question question;
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	assert_true(name_equal(question.name.wire, wanted.wire));
}

/* True if a section of the message has such a record. */
static bool has(const struct rig *r, enum msg_section wanted, const char *name, uint16_t type,
	uint16_t class)
{
	struct rd rd = rd_init(r->out, r->len);
	struct name owner = rig_name(name);
	struct msg_header header;
	struct question question;
	struct rr rr;
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	for (int section = 0; section < SECTION_COUNT; section++)
		for (unsigned i = 0; i < header.count[section]; i++) {
			rd_rr(&rd, &rr);
			assert_int_equal(rd.err, 0);
			if (section == (int)wanted && rr.type == type && rr.class == class &&
				name_equal(rr.owner.wire, owner.wire))
				return true;
		}
	return false;
}

static void assert_has(const struct rig *r, enum msg_section wanted, const char *name,
	uint16_t type, uint16_t class)
{
	if (!has(r, wanted, name, type, class))
		fail_msg("no %s of type %u, class %u in section %d", name, type, class, wanted);
}

static void a_name_is_claimed_if_nobody_has_it(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_ANSWER, "a.example.", RR_ANY, CLASS_NONE);
	assert_has(r, SECTION_ANSWER, "_ontap.a.example.", RR_ANY, CLASS_NONE);
	assert_has(r, SECTION_AUTHORITY, "a.example.", RR_A, CLASS_IN);
	assert_has(r, SECTION_AUTHORITY, "_ontap.a.example.", RR_TXT, CLASS_IN);
	assert_has(r, SECTION_AUTHORITY, "me._ontap.example.", RR_PTR, CLASS_IN);
	assert_int_equal(get_u16(r->out + 8), 3); /* only one A: that of the view */
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
	assert_int_equal(updater_deadline(r->updater), UPDATER_CHECK);
	assert_int_equal(updater_stats(r->updater).owned, 1);
}

static void a_name_that_is_ours_is_renewed(void **state)
{
	struct rig *r = *state;
	begin(r, "a.example.");
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_ANSWER, "_ontap.a.example.", RR_TXT, CLASS_IN);
	assert_has(r, SECTION_AUTHORITY, "a.example.", RR_ANY, CLASS_ANY);
	assert_has(r, SECTION_AUTHORITY, "a.example.", RR_A, CLASS_IN);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
}

static void what_the_index_has_and_we_have_not_is_removed(void **state)
{
	struct rig *r = *state;
	rig_put(r->zone, ZONE_DERIVED, "a.example.", NULL);
	begin(r, "old.example.");
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_ANSWER, "_ontap.old.example.", RR_TXT, CLASS_IN);
	assert_has(r, SECTION_AUTHORITY, "old.example.", RR_ANY, CLASS_ANY);
	assert_has(r, SECTION_AUTHORITY, "_ontap.old.example.", RR_ANY, CLASS_ANY);
	assert_has(r, SECTION_AUTHORITY, "me._ontap.example.", RR_PTR, CLASS_NONE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 0);
	assert_int_equal(poll(r), -1);
}

static void names_outside_of_the_zone_in_an_index_are_left_alone(void **state)
{
	struct rig *r = *state;
	rig_put(r->zone, ZONE_DERIVED, "a.example.", NULL);
	begin(r, "www.elsewhere.");
	assert_int_equal(poll(r), -1);
}

static void the_other_way_is_tried_once_and_then_it_is_anothers(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_YXDOMAIN);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_ANSWER, "_ontap.a.example.", RR_TXT, CLASS_IN);
	answer(r, RCODE_NXRRSET);
	assert_int_equal(r->held, 1);
	assert_int_equal(poll(r), -1);
	assert_int_equal(updater_stats(r->updater).held, 1);
	assert_int_equal(updater_deadline(r->updater), UPDATER_HELD);
	r->now = UPDATER_HELD;
	answer_serial(r, 1);
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).held, 0);
}

static void a_restart_that_lost_its_index_finds_its_names_again(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_YXDOMAIN);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR); /* it was ours */
	assert_int_equal(updater_stats(r->updater).owned, 1);
}

static void a_change_while_a_message_is_out_is_sent_after(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	rig_put(r->zone, ZONE_DERIVED, "a.example.", NULL);
	assert_int_equal(poll(r), -1);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_AUTHORITY, "_ontap.a.example.", RR_ANY, CLASS_ANY);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
}

static void a_server_that_fails_is_left_alone_for_longer_and_longer(void **state)
{
	struct rig *r = *state;
	ns_t wait = UPDATER_RETRY_MIN;
	begin(r, NULL);
	for (int i = 0; i < 12; i++) {
		assert_true(poll(r) >= 0); /* after UPDATER_CHECK, it is the query for the serial */
		if (i % 2)
			answer(r, RCODE_NOTAUTH);
		else
			updater_input(r->updater, r->now, NULL, 0, false);
		assert_int_equal(poll(r), -1);
		assert_int_equal(updater_deadline(r->updater), r->now + wait);
		r->now += wait;
		wait = ns_min(2 * wait, UPDATER_RETRY_MAX);
	}
	assert_int_equal(wait, UPDATER_RETRY_MAX);
	assert_true(updater_stats(r->updater).is_failing);
	answer_serial(r, 1);
	begin(r, NULL);
	assert_false(updater_stats(r->updater).is_failing);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 1);
}

static void an_answer_that_is_not_signed_is_no_answer(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	r->is_unsigned = true;
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 0);
	r->now = updater_deadline(r->updater);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_REFUSED);
	assert_int_equal(updater_stats(r->updater).failed, 2);
	assert_int_equal(updater_stats(r->updater).rcode, -1);
}

static void an_answer_to_another_message_is_no_answer(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	r->out[0] ^= 1;
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 0);
	assert_int_equal(updater_stats(r->updater).failed, 1);
}

static void a_change_of_view_is_sent(void **state)
{
	struct rig *r = *state;
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	updater_set_view(r->updater, VIEW_LAN);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_memory_equal(r->out + r->len - 4, "\x0a\0\0\1", 4);
	answer(r, RCODE_NOERROR);
}

/* If names do not fit in a part of the index, there is one more part, and the previous one refers
 * to it. After a restart all parts are read. */
static void an_index_that_is_large_has_several_parts(void **state)
{
	enum { NAMES = 5000 };
	struct rig *r = *state;
	char owner[32];
	for (int i = 0; i < NAMES; i++) {
		snprintf(owner, sizeof(owner), "n%d.example.", i);
		rig_put(r->zone, ZONE_DERIVED, owner, "60 A 192.0.2.1", NULL);
	}
	begin(r, NULL);
	unsigned markers = 0;
	while (poll(r) == OPCODE_UPDATE) {
		markers += get_u16(r->out + 8) == 4; /* owner, name in the index, A, "one more" */
		answer(r, RCODE_NOERROR);
	}
	assert_int_equal(updater_stats(r->updater).owned, NAMES + 1);
	assert_int_equal(updater_stats(r->updater).limited, 0);
	assert_in_range(markers, 2, 4);
}

static void all_parts_of_the_index_are_read(void **state)
{
	struct rig *r = *state;
	begin(r, "example."); /* "there is one more" */
	assert_int_equal(poll(r), OPCODE_QUERY);
	assert_has_question(r, "1.me._ontap.example.");
	answer_index(r, "old.example.");
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_AUTHORITY, "1.me._ontap.example.", RR_PTR, CLASS_NONE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
}

static void an_optional_zone_that_is_not_the_primarys_is_no_failure(void **state)
{
	struct rig *r = *state;
	struct name apex = rig_name("example.");
	updater_free(r->updater);
	r->updater = updater_new(&(struct updater_config){
		.zone = r->zone, .apex = apex.wire, .host = "me", .seed = 3, .is_optional = true});
	updater_set_view(r->updater, VIEW_WAN);
	assert_int_equal(poll(r), OPCODE_QUERY);
	r->is_unsigned = true;
	answer(r, RCODE_REFUSED);
	r->is_unsigned = false;
	assert_int_equal(updater_deadline(r->updater), UPDATER_HELD);
	assert_int_equal(updater_stats(r->updater).failed, 0);
	r->now = UPDATER_HELD;
	begin(r, NULL); /* from a cache: not authoritative */
	assert_int_equal(updater_deadline(r->updater), 2 * UPDATER_HELD);
	assert_false(updater_stats(r->updater).is_in_use);
	r->now = 2 * UPDATER_HELD;
	r->is_authoritative = true;
	begin(r, NULL);
	assert_true(updater_stats(r->updater).is_in_use);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOTAUTH); /* and we may not change it */
	assert_int_equal(updater_deadline(r->updater), 3 * UPDATER_HELD);
	assert_int_equal(updater_stats(r->updater).failed, 0);
	r->now = 3 * UPDATER_HELD;
	answer_serial(r, 1);
	begin(r, NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 1);
}

/* Its owner is an answer in the message: the message is about that name. */
static bool is_about(struct rig *r, const char *name)
{
	struct rd rd = rd_init(r->out, r->len);
	struct name wanted = rig_name(name);
	struct msg_header header;
	struct question question;
	struct rr rr;
	rd_header(&rd, &header);
	rd_question(&rd, &question);
	rd_rr(&rd, &rr);
	return name_equal(rr.owner.wire, wanted.wire) ||
	       name_equal(name_parent(rr.owner.wire), wanted.wire);
}

static void put_names(struct rig *r, unsigned count)
{
	char owner[32];
	for (unsigned i = 0; i < count; i++) {
		snprintf(owner, sizeof(owner), "n%u.example.", i);
		rig_put(r->zone, ZONE_DERIVED, owner, "60 A 192.0.2.1", NULL);
	}
}

static void names_that_the_primary_has_lost_come_back(void **state)
{
	struct rig *r = *state;
	rig_put(r->zone, ZONE_DERIVED, "b.example.", "60 A 192.0.2.1", NULL);
	begin(r, NULL);
	while (poll(r) == OPCODE_UPDATE)
		answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).owned, 2);
	r->now = updater_deadline(r->updater);
	answer_serial(r, 5);
	begin(r, "b.example.");
	assert_int_equal(r->lost, 1);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_ANSWER, "a.example.", RR_ANY, CLASS_NONE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
	assert_int_equal(updater_stats(r->updater).owned, 2);
}

static void while_its_serial_stays_the_index_is_not_read(void **state)
{
	struct rig *r = *state;
	begin(r, "a.example.");
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	r->now = updater_deadline(r->updater);
	answer_serial(r, 5);
	begin(r, "a.example.");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(updater_deadline(r->updater), r->now + UPDATER_CHECK);
		r->now += UPDATER_CHECK;
		answer_serial(r, 5);
		assert_int_equal(poll(r), -1);
	}
	assert_int_equal(r->lost, 0);
}

static void a_primary_with_an_old_copy_gets_each_name_again(void **state)
{
	struct rig *r = *state;
	begin(r, "a.example.");
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	r->now = updater_deadline(r->updater);
	answer_serial(r, 0xfffffff0);
	begin(r, "a.example.");
	assert_int_equal(poll(r), -1);
	r->now += UPDATER_CHECK;
	answer_serial(r, 2); /* later (RFC 1982) */
	begin(r, "a.example.");
	assert_int_equal(poll(r), -1);
	r->now += UPDATER_CHECK;
	answer_serial(r, 1);
	begin(r, "a.example.");
	assert_int_equal(r->old, 1);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_AUTHORITY, "a.example.", RR_A, CLASS_IN);
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
}

static void a_refused_name_delays_no_other(void **state)
{
	enum { NAMES = 50 };
	struct rig *r = *state;
	put_names(r, NAMES);
	begin(r, NULL);
	for (unsigned i = 0; poll(r) == OPCODE_UPDATE; i++)
		answer(r, is_about(r, "n7.example.") ? RCODE_SERVFAIL : RCODE_NOERROR);
	assert_int_equal(r->now, 0);
	assert_int_equal(updater_stats(r->updater).owned, NAMES);
	assert_int_equal(updater_stats(r->updater).refused, 1);
	assert_false(updater_stats(r->updater).is_failing);
	/* It is tried again later and later, and told once. */
	for (ns_t wait = UPDATER_RETRY_MIN; wait < UPDATER_CHECK / 2; wait *= 2) {
		assert_int_equal(updater_deadline(r->updater), r->now + wait);
		r->now += wait;
		assert_int_equal(poll(r), OPCODE_UPDATE);
		assert_true(is_about(r, "n7.example."));
		answer(r, RCODE_REFUSED);
	}
	assert_int_equal(r->refused, 1);
	rig_put(r->zone, ZONE_DERIVED, "n7.example.", "60 A 192.0.2.2", NULL);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOERROR);
	assert_int_equal(updater_stats(r->updater).refused, 0);
	assert_int_equal(updater_stats(r->updater).owned, NAMES + 1);
}

static void a_server_that_refuses_all_is_left_alone(void **state)
{
	struct rig *r = *state;
	unsigned sent = 0;
	put_names(r, 50);
	begin(r, NULL);
	while (r->now < 600 * NS_PER_S) {
		for (; poll(r) == OPCODE_UPDATE; sent++)
			answer(r, RCODE_REFUSED);
		assert_true(updater_deadline(r->updater) > r->now);
		r->now = updater_deadline(r->updater);
	}
	assert_true(updater_stats(r->updater).is_failing);
	assert_in_range(sent, UPDATER_ROW, 30);
}

/* A primary that answers anything, in any order, while names change: as soon as it is well, it has what
 * we have. */
static void after_any_answers_all_names_are_sent(void **state)
{
	static const unsigned rcodes[] = {RCODE_NOERROR, RCODE_NOERROR, RCODE_REFUSED,
		RCODE_SERVFAIL, RCODE_YXDOMAIN, RCODE_NXRRSET, RCODE_NOTAUTH, RCODE_FORMERR};
	enum { NAMES = 12 };
	struct rig *r = *state;
	bool has[NAMES] = {false};
	uint64_t random = 1;
	unsigned count = 1; /* a.example */
	char owner[32];
	for (unsigned turn = 0; turn < 50000; turn++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		const unsigned draw = (unsigned)(random >> 33), i = draw % NAMES;
		const bool is_well = turn >= 45000;
		snprintf(owner, sizeof(owner), "n%u.example.", i);
		if (!is_well && draw % 7 == 0) {
			has[i] = !has[i];
			rig_put(r->zone, ZONE_DERIVED, owner, has[i] ? "60 A 192.0.2.1" : NULL,
				NULL);
		}
		const int opcode = poll(r);
		if (opcode < 0)
			r->now = ns_max(r->now, updater_deadline(r->updater));
		else if (opcode == OPCODE_UPDATE)
			answer(r, is_well ? RCODE_NOERROR : rcodes[draw / 8 % ARRAY_LEN(rcodes)]);
		else if (!is_well && draw % 3 == 0)
			updater_input(r->updater, r->now, NULL, 0, false);
		else if (get_u16(r->out + r->len - 4) == RR_PTR)
			answer_index(r, NULL);
		else
			answer(r, RCODE_NOERROR); /* without a SOA: as if it had changed */
	}
	for (unsigned i = 0; i < NAMES; i++)
		count += has[i];
	assert_int_equal(updater_stats(r->updater).queued, 0);
	assert_int_equal(updater_stats(r->updater).refused, 0);
	assert_int_equal(updater_stats(r->updater).held, 0);
	assert_int_equal(updater_stats(r->updater).owned, count);
	assert_false(updater_stats(r->updater).is_failing);
}

static bool takes_addresses_of_a(void *arg, const uint8_t *name, uint16_t type)
{
	const struct name a = rig_name("a.example.");
	(void)arg;
	return name_equal(name, a.wire) && (type == RR_A || type == RR_AAAA);
}

static void what_is_not_for_the_primary_is_not_sent(void **state)
{
	struct rig *r = *state;
	struct name apex = rig_name("example.");
	updater_free(r->updater);
	r->updater = updater_new(&(struct updater_config){.zone = r->zone,
		.apex = apex.wire,
		.host = "me",
		.seed = 3,
		.takes = takes_addresses_of_a,
		.on_held = on_held,
		.arg = r});
	updater_set_view(r->updater, VIEW_WAN);
	rig_put(r->zone, ZONE_DERIVED, "a.example.", "60 A @wan 192.0.2.1", "60 TXT @any x", NULL);
	rig_put(r->zone, ZONE_DERIVED, "b.example.", "60 A @wan 192.0.2.2", NULL);
	assert_int_equal(poll(r), OPCODE_QUERY);
	answer_index(r, "b.example."); /* which was for it before */
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_AUTHORITY, "a.example.", RR_A, CLASS_IN);
	assert_false(has(r, SECTION_AUTHORITY, "a.example.", RR_TXT, CLASS_IN));
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	assert_has(r, SECTION_AUTHORITY, "b.example.", RR_ANY, CLASS_ANY);
	assert_false(has(r, SECTION_AUTHORITY, "b.example.", RR_A, CLASS_IN));
	answer(r, RCODE_NOERROR);
	assert_int_equal(poll(r), -1);
	assert_int_equal(updater_stats(r->updater).owned, 1);
}

static void who_has_another_network_does_not_wait(void **state)
{
	struct rig *r = *state;
	for (int i = 0; i < 9; i++) {
		r->now = ns_max(r->now, updater_deadline(r->updater));
		assert_int_equal(poll(r), OPCODE_QUERY);
		updater_input(r->updater, r->now, NULL, 0, false);
	}
	assert_true(updater_deadline(r->updater) - r->now > 100 * NS_PER_S);
	updater_hurry(r->updater); /* not before a second is over: networks may flap */
	assert_int_equal(updater_deadline(r->updater), r->now + UPDATER_RETRY_MIN);
	r->now += 5 * NS_PER_S;
	updater_hurry(r->updater);
	assert_true(updater_deadline(r->updater) <= r->now);
	begin(r, NULL);
	updater_hurry(r->updater);
	assert_int_equal(poll(r), OPCODE_UPDATE);
	answer(r, RCODE_NOTAUTH); /* it has answered: another network does not help */
	const ns_t at = updater_deadline(r->updater);
	updater_hurry(r->updater);
	assert_int_equal(updater_deadline(r->updater), at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_is_claimed_if_nobody_has_it),
		TEST(a_name_that_is_ours_is_renewed),
		TEST(what_the_index_has_and_we_have_not_is_removed),
		TEST(names_outside_of_the_zone_in_an_index_are_left_alone),
		TEST(the_other_way_is_tried_once_and_then_it_is_anothers),
		TEST(a_restart_that_lost_its_index_finds_its_names_again),
		TEST(a_change_while_a_message_is_out_is_sent_after),
		TEST(a_server_that_fails_is_left_alone_for_longer_and_longer),
		TEST(an_answer_that_is_not_signed_is_no_answer),
		TEST(an_answer_to_another_message_is_no_answer),
		TEST(a_change_of_view_is_sent),
		TEST(an_index_that_is_large_has_several_parts),
		TEST(all_parts_of_the_index_are_read),
		TEST(an_optional_zone_that_is_not_the_primarys_is_no_failure),
		TEST(names_that_the_primary_has_lost_come_back),
		TEST(while_its_serial_stays_the_index_is_not_read),
		TEST(a_primary_with_an_old_copy_gets_each_name_again),
		TEST(a_refused_name_delays_no_other),
		TEST(a_server_that_refuses_all_is_left_alone),
		TEST(what_is_not_for_the_primary_is_not_sent),
		TEST(who_has_another_network_does_not_wait),
		TEST(after_any_answers_all_names_are_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
