/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the mDNS engine: a whole session of two hosts on a wire, with packets of
 * strangers, puts, links that appear and disappear, and time, all from the input. The checks of the
 * simulator are on.
 * Never checks answers in detail: tests/unit/test_mdns_*.c do. Run by a fuzzer and its replay.
 *
 * The input is steps: a byte for the kind, then the operands.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../sim/simnet.h"
#include "base/cursor.h"
#include "steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
void __real_mdns_input(
	struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);
void __wrap_mdns_input(
	struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);

enum { STEPS_MAX = 200, STEPS_A_BYTE = 80, STEPS_FIXED = 1000 };

enum step {
	STEP_WAIT,
	STEP_PACKET,
	STEP_LEGACY_PACKET,
	STEP_PUT,
	STEP_REMOVE,
	STEP_LINK,
	STEP_RESTART,
	STEP_COUNT
};

static const char *const owners[] = {"web.local", "db.local", "web-2.local", "s._x._tcp.local"};
static const char *const records[] = {
	"A 10.0.0.1",
	"A 10.0.0.2, AAAA fe80::1",
	"TXT x, A 10.0.0.3",
	"public SRV 80 web.local, public TXT y",
};

/* The work for a packet is in proportion to it: the hosts have a few records each. */
void __wrap_mdns_input(
	struct mdns *m, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	steps_begin();
	__real_mdns_input(m, now, from, packet, len);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
}

static void step_packet(struct sim *sim, struct rd *r, uint16_t port)
{
	struct addr peer = {.family = ADDR_V4, .bytes = {10, 0, 0}};
	peer.bytes[3] = rd_u8(r);
	size_t len = rd_u16(r);
	if (len > rd_left(r))
		len = rd_left(r);
	const uint8_t *packet = rd_bytes(r, len);
	if (packet)
		sim_send(sim, 0, &peer, port, packet, len);
}

/* The host's own name is one only: a change of that is not what this is about. */
static void step_put(struct sim *sim, unsigned host, uint8_t operand)
{
	char text[64];
	const unsigned owner = operand & 3;
	snprintf(text, sizeof(text), "%s%s", owner == 2 ? "host " : "", records[operand >> 2 & 3]);
	sim_put(sim, host, 1, owners[owner], text);
}

static void step(struct sim *sim, struct rd *r)
{
	enum step what = rd_u8(r) % STEP_COUNT;
	uint8_t operand = rd_u8(r);
	unsigned host = operand >> 7;
	switch (what) {
	case STEP_WAIT: sim_run(sim, sim->now + (ns_t)operand * operand * NS_PER_MS / 4); break;
	case STEP_PACKET: step_packet(sim, r, MDNS_PORT); break;
	case STEP_LEGACY_PACKET: step_packet(sim, r, (uint16_t)(1024 + operand)); break;
	case STEP_PUT: step_put(sim, host, operand); break;
	case STEP_REMOVE: sim_put(sim, host, 1, owners[operand & 3], NULL); break;
	case STEP_LINK: sim_set_link(sim, host, 1, operand & 1); break;
	case STEP_RESTART: sim_restart(sim, host); break;
	case STEP_COUNT: break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct sim sim;
	struct rd r = rd_init(bytes, len);
	sim_init(&sim, rd_u8(&r));
	sim.is_rude = true;
	sim.signature_room = 150;
	sim.trace = getenv("TRACE") ? stderr : NULL;
	sim.max_rate = 200;
	sim_add_wire(&sim, (struct sim_faults){.delay_min = NS_PER_US, .delay_max = NS_PER_MS});
	for (unsigned i = 0; i < 2; i++) {
		sim_add_host(&sim, i ? "b" : "a");
		sim_add_port(
			&sim, i, 0, i ? "10.0.0.20" : "10.0.0.10", i ? "fe80::20" : "fe80::10");
	}
	sim_put(&sim, 0, 1, owners[0], records[1]);
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&r) > 0 && !sim.failure[0]; i++) {
		step(&sim, &r);
		sim_run(&sim, sim.now + NS_PER_MS);
	}
	sim_run(&sim, sim.now + 30 * NS_PER_S);
	if (sim.failure[0]) {
		fprintf(stderr, "%s\n", sim.failure);
		abort();
	}
	sim_fini(&sim);
	return 0;
}
