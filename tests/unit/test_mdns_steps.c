/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the engine's work per message, counted in steps: records that are read,
 * compared and written. The work may grow with the message, but not with the message times the
 * number of our own records.
 * Never measures time. Run by `make check`.
 *
 * Steps are calls from the engine to functions of the wire layer, which the linker wraps, and
 * elements that a table may have to pass to remove one.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

#include "../sim/msgtext.h"
#include "base/map.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum { INSTANCES = 1000, HOSTS = 300, PACKET_CAP = 8900 };

static unsigned long steps;

int __real_rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
int __wrap_rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
void __real_rd_rr(struct rd *r, struct rr *ret);
void __wrap_rd_rr(struct rd *r, struct rr *ret);
int __real_pack_rr(struct pack *p, enum msg_section section, const struct pack_rr *rr);
int __wrap_pack_rr(struct pack *p, enum msg_section section, const struct pack_rr *rr);

int __wrap_rdata_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	steps++;
	return __real_rdata_cmp(a, a_len, b, b_len);
}

void __wrap_rd_rr(struct rd *r, struct rr *ret)
{
	steps++;
	__real_rd_rr(r, ret);
}

int __wrap_pack_rr(struct pack *p, enum msg_section section, const struct pack_rr *rr)
{
	steps++;
	return __real_pack_rr(p, section, rr);
}

void __real_map_remove(struct map *m, struct map_node *n);
void __wrap_map_remove(struct map *m, struct map_node *n);

void __wrap_map_remove(struct map *m, struct map_node *n)
{
	for (const struct map_node *same = map_first(m, n->hash); same; same = map_next(same))
		steps++;
	__real_map_remove(m, n);
}

static struct name numbered(const char *format, unsigned number)
{
	char text[64];
	snprintf(text, sizeof(text), format, number);
	return msgtext_name(text);
}

/* Puts the PTR records of all instances of a service, in reverse order if `is_reversed`. */
static void put_instances(bool is_reversed)
{
	static struct name names[INSTANCES];
	static struct rdata rdata[INSTANCES];
	struct mdns_rrset set = {
		.set = {.type = RR_PTR, .ttl = 4500, .count = INSTANCES, .rdata = rdata}};
	struct name service = msgtext_name("_x._tcp.local");
	for (unsigned i = 0; i < INSTANCES; i++) {
		names[i] = numbered("i%u._x._tcp.local", is_reversed ? INSTANCES - 1 - i : i);
		rdata[i] = (struct rdata){names[i].wire, names[i].len};
	}
	assert_int_equal(mdns_put(rig.m, rig.now, RIG_LINK, service.wire, &set, 1), 0);
}

/* Hands it in as a query from 10.0.0.9. */
static void hand_in(const struct pack *p, uint16_t port)
{
	struct mdns_path from = {.link = RIG_LINK, .peer_port = port, .is_multicast = true};
	assert_int_equal(addr_parse("10.0.0.9", &from.peer), 0);
	steps = 0;
	mdns_input(rig.m, rig.now, &from, p->start, p->len);
}

/* Fills the packet with known answers: the first instances of the service. Returns how many. */
static unsigned add_known_answers(struct pack *p, const struct name *service)
{
	for (unsigned known = 0;; known++) {
		struct name name = numbered("i%u._x._tcp.local", known);
		struct pack_rr rr = {.owner = service->wire,
			.type = RR_PTR,
			.class = CLASS_IN,
			.ttl = 4500,
			.rdata = name.wire,
			.rdata_len = name.len};
		if (pack_rr(p, SECTION_ANSWER, &rr))
			return known;
	}
}

static void known_answers_are_looked_up(void **state)
{
	static uint8_t packet[PACKET_CAP];
	struct name service = msgtext_name("_x._tcp.local");
	struct pack p;
	unsigned known;
	(void)state;
	put_instances(false);
	rig_settle();
	pack_init(&p, packet, sizeof(packet), 0, 0);
	assert_int_equal(pack_question(&p, service.wire, RR_PTR, CLASS_IN), 0);
	known = add_known_answers(&p, &service);
	hand_in(&p, MDNS_PORT);
	assert_true(known > 400 && steps >= known);
	assert_true(steps < 5 * known);
	rig_wait(NS_PER_S);
	rig_expect_none("PTR i0._x._tcp.local.");
	rig_expect("PTR i999._x._tcp.local.");
}

/* RFC 6762 §7.2: a querier has many queries to continue, and sends known answers. */
static void known_answers_that_follow_are_read_once(void **state)
{
	enum { QUERIES = 40 };
	static uint8_t packet[PACKET_CAP];
	struct name service = msgtext_name("_x._tcp.local");
	struct pack p;
	unsigned known;
	(void)state;
	put_instances(false);
	rig_settle();
	for (unsigned i = 0; i < QUERIES; i++) {
		pack_init(&p, packet, sizeof(packet), 0, MSG_TC);
		assert_int_equal(pack_question(&p, service.wire, RR_PTR, CLASS_IN), 0);
		hand_in(&p, MDNS_PORT);
	}
	pack_init(&p, packet, sizeof(packet), 0, 0);
	known = add_known_answers(&p, &service);
	hand_in(&p, MDNS_PORT);
	assert_true(known > 400 && steps >= known);
	assert_true(steps < 5 * known);
	rig_wait(NS_PER_S);
	rig_expect("PTR i999._x._tcp.local.");
}

static void same_records_in_another_order_are_looked_up(void **state)
{
	(void)state;
	put_instances(false);
	rig_settle();
	steps = 0;
	put_instances(true);
	assert_true(steps >= INSTANCES && steps < 5 * INSTANCES);
	rig_wait(2 * NS_PER_S);
	rig_expect_silence();
}

static void additional_records_end_with_the_packet(void **state)
{
	static uint8_t packet[PACKET_CAP];
	char text[64];
	struct name service = msgtext_name("_x._tcp.local");
	struct pack p;
	(void)state;
	for (unsigned i = 0; i < INSTANCES; i++) {
		snprintf(text, sizeof(text), "i%u._x._tcp.local", i);
		put(text, "SRV 80 host.local, TXT a=b");
	}
	put_instances(false);
	rig_settle();
	pack_init(&p, packet, sizeof(packet), 0, 0);
	assert_int_equal(pack_question(&p, service.wire, RR_PTR, CLASS_IN), 0);
	hand_in(&p, 4000);
	assert_true(steps > 20 && steps < 200);
}

/* Many hosts probe for many of our names, with records that sort after ours. */
static void ties_are_broken_in_one_pass(void **state)
{
	static uint8_t packet[PACKET_CAP];
	static const uint8_t later[] = {255, 0, 0, 1};
	struct pack p;
	char text[32];
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++) {
		snprintf(text, sizeof(text), "h%u.local", i);
		put(text, "A 10.0.0.1");
	}
	rig_wait(300 * NS_PER_MS);
	pack_init(&p, packet, sizeof(packet), 0, 0);
	for (unsigned i = 0; i < HOSTS; i++) {
		struct name name = numbered("h%u.local", i);
		struct pack_rr rr = {.owner = name.wire,
			.type = RR_A,
			.class = CLASS_IN,
			.ttl = 120,
			.rdata = later,
			.rdata_len = sizeof(later)};
		assert_int_equal(pack_rr(&p, SECTION_AUTHORITY, &rr), 0);
	}
	hand_in(&p, MDNS_PORT);
	assert_true(steps >= HOSTS && steps < 10 * HOSTS);
	assert_int_equal(rig_status(RIG_LINK, "h0.local").state, MDNS_CONFLICT);
	assert_int_equal(rig_status(RIG_LINK, "h299.local").state, MDNS_CONFLICT);
}

static void what_leads_to_one_name_is_removed_at_once(void **state)
{
	char text[64];
	(void)state;
	for (unsigned i = 0; i < INSTANCES; i++) {
		snprintf(text, sizeof(text), "i%u._x._tcp.local", i);
		put(text, "SRV 80 host.local, TXT a=b");
	}
	steps = 0;
	for (unsigned i = 0; i < INSTANCES; i++) {
		snprintf(text, sizeof(text), "i%u._x._tcp.local", i);
		put(text, NULL);
	}
	assert_true(steps >= INSTANCES && steps < 10 * INSTANCES);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(known_answers_are_looked_up),
		CASE(known_answers_that_follow_are_read_once),
		CASE(same_records_in_another_order_are_looked_up),
		CASE(additional_records_end_with_the_packet),
		CASE(ties_are_broken_in_one_pass),
		CASE(what_leads_to_one_name_is_removed_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
