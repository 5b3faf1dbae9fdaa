/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of model/rtnl.h: any bytes as received datagrams, their events into a model.
 * Never knows more of a message than the parser does. Built by tests/fuzz/local.mk.
 *
 * Input: records of one control byte, two bytes of length (big endian), and so many of a datagram.
 * Control byte: bits 0-1 origin, bits 2-3 namespace (ours, 0, 1, 200), bit 4 EV_SYNC_BEGIN before,
 * bit 5 EV_SYNC_LINKS after, bit 6 EV_SYNC_END after. Answers have the sequence number 1.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "model/model.h"
#include "model/rtnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { OWN_ID = 1, SEQ = 1 };

static void apply(struct model *m, const struct event *ev)
{
	if (model_apply(m, ev) == ERR_SYNTAX)
		abort(); /* the parser made an event that the kernel half never makes */
}

static void on_event(void *arg, const struct event *ev)
{
	if (ev->nsid == OWN_ID)
		abort(); /* our own namespace under another id */
	apply(arg, ev);
}

static void on_bridge_port(void *arg, const struct rtnl_port *port)
{
	(void)arg;
	if (port->ifindex == 0 || port->nsid == OWN_ID || (port->pvid && !port->has_vlans))
		abort();
}

static void sync_event(struct model *m, enum event_type type, nsid_t nsid)
{
	const struct event ev = {.type = type, .nsid = nsid};
	apply(m, &ev);
}

static void one_record(
	struct rtnl *r, struct model *m, uint8_t control, const uint8_t *bytes, size_t len)
{
	static const nsid_t nsids[] = {NSID_OWN, 0, 2, 200};
	const struct rtnl_source source = {
		.origin = (control & 3) % 3, .nsid = nsids[control >> 2 & 3], .seq = SEQ};
	struct rtnl_outcome outcome;
	void *datagram = malloc(len ? len : 1); /* aligned, and exactly as long as the message */
	if (!datagram)
		abort();
	memcpy(datagram, bytes, len);
	if (control & 0x10)
		sync_event(m, EV_SYNC_BEGIN, source.nsid);
	rtnl_parse(r, &source, datagram, len, &outcome);
	if (control & 0x20)
		sync_event(m, EV_SYNC_LINKS, source.nsid);
	if (control & 0x40)
		sync_event(m, EV_SYNC_END, source.nsid);
	free(datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct model *m = model_new(1, (struct model_listener){0});
	if (!m)
		return 0;
	struct rtnl r = {.own_id = OWN_ID,
		.sink = {.on_event = on_event, .on_bridge_port = on_bridge_port, .arg = m}};
	struct rd in = rd_init(bytes, len);
	while (rd_left(&in) > 0) {
		uint8_t control = rd_u8(&in);
		size_t part = rd_u16(&in);
		const uint8_t *datagram = rd_bytes(&in, part);
		if (in.err)
			break;
		one_record(&r, m, control, datagram, part);
	}
	model_free(m);
	return 0;
}
