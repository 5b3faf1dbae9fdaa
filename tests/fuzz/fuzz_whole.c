/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the whole daemon (tests/sim/whole.h): events of the simulated kernel, of
 * files and peers, packets, queries and time, all from the input. Its checks are on.
 * Never decides which events are possible: wholestep.c does. Run by a fuzzer and its replay.
 *
 * The input is a byte of seed, then steps of four bytes. A step that begins with 0x7f or 0x7e is
 * followed by a packet or a query: its third and fourth byte are the length.
 */
#include <stdlib.h>

#include "../sim/whole.h"
#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { STEPS_MAX = 100, STEP_PACKET = 0x7f, STEP_QUERY = 0x7e };

static const uint8_t *take_bytes(struct rd *r, const uint8_t *step, size_t *ret_len)
{
	size_t len = (size_t)(step[2] << 8 | step[3]);
	*ret_len = len < rd_left(r) ? len : rd_left(r);
	return rd_bytes(r, *ret_len);
}

/* From a peer on the wire, or from another address. */
static void send_packet(struct whole *w, struct rd *r, const uint8_t *step)
{
	struct addr peer = {.family = ADDR_V4, .bytes = {10, step[1] & 3, 0, 220}};
	size_t len;
	const uint8_t *packet = take_bytes(r, step, &len);
	if (packet && len > 0)
		sim_send(&w->net, step[1] % (unsigned)WHOLE_WIRES, &peer,
			step[1] & 0x80 ? 40000 : MDNS_PORT, packet, len);
}

static void ask(struct whole *w, struct rd *r, const uint8_t *step)
{
	static uint8_t reply[65535];
	size_t len;
	const uint8_t *query = take_bytes(r, step, &len);
	if (query)
		whole_answer(w, step[1] % WHOLE_CLIENTS, query, len, reply, sizeof(reply));
}

static void one_step(struct whole *w, struct rd *r)
{
	const uint8_t *step = rd_bytes(r, WHOLE_STEP_LEN);
	if (!step)
		return;
	if (step[0] == STEP_PACKET)
		send_packet(w, r, step);
	else if (step[0] == STEP_QUERY)
		ask(w, r, step);
	else
		whole_step(w, step);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct whole w;
	struct rd r = rd_init(bytes, len);
	bool is_up = whole_init(&w, rd_u8(&r));
	w.net.is_rude = true;
	w.net.trace = getenv("TRACE") ? stderr : NULL;
	for (unsigned i = 0; is_up && i < STEPS_MAX && !r.err && rd_left(&r) > 0; i++) {
		if (w.net.failure[0])
			break;
		one_step(&w, &r);
	}
	if (is_up)
		whole_check(&w);
	if (w.net.failure[0]) {
		fprintf(stderr, "%s\n", w.net.failure);
		abort();
	}
	whole_fini(&w);
	return 0;
}
