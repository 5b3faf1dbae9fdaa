/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of model/neighbour.h: any bytes as one datagram of neighbours, as the watcher reads them.
 * Never knows more of a message than the parser does. Built by tests/fuzz/local.mk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "model/neighbour.h"
#include "model/rtnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void on_message(void *arg, const struct nlmsghdr *h)
{
	static const uint8_t none[6];
	struct event_neighbour n;
	(void)arg;
	if (!neighbour_read(h, &n))
		return;
	const bool is_of_bridge = n.kind == NEIGHBOUR_IS_BEHIND;
	if (n.ifindex == 0 || n.kind > NEIGHBOUR_IS_BEHIND ||
		is_of_bridge != (n.addr.family == ADDR_NONE) || (n.vid != 0 && !is_of_bridge) ||
		(n.kind == NEIGHBOUR_IS_LOST && memcmp(n.hwaddr, none, sizeof(none)) != 0))
		abort();
}

static void on_event(void *arg, const struct event *ev)
{
	(void)arg;
	(void)ev;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct rtnl_source source = {.origin = RTNL_NEWS, .nsid = NSID_OWN};
	struct rtnl r = {
		.own_id = NSID_UNKNOWN, .sink = {.on_event = on_event, .on_message = on_message}};
	struct rtnl_outcome outcome;
	void *datagram = malloc(len ? len : 1); /* aligned, and exactly as long as the message */
	if (!datagram)
		return 0;
	memcpy(datagram, bytes, len);
	rtnl_parse(&r, &source, datagram, len, &outcome);
	free(datagram);
	return 0;
}
