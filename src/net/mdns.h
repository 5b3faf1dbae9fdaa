/* SPDX-License-Identifier: ISC */
/*
 * The sockets of mDNS: one a link and family, bound to the link, port 5353 shared with whatever
 * other responder runs here (RFC 6762 §15.1). A socket of its own for each link, because a socket may
 * join only net.ipv4.igmp_max_memberships (20) groups, and so that a unicast query tells its link.
 */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/loop.h"
#include "mdns/mdns.h"

/* Called for each packet that came in, about `now`; `packet` is valid for the call. */
typedef void mdns_packet_fn(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);

struct mdns_net; /* opaque */

/* `loop` and `log` are borrowed for its life. NULL if out of memory. */
struct mdns_net *mdns_net_new(struct loop *loop, const struct log *log, mdns_packet_fn *on_packet,
	void *arg) NONNULL_ARGS(1, 3) MUSTCHECK;
void mdns_net_free(struct mdns_net *net);

/* Opens or closes sockets so that the link is heard by these families; the group is joined. What
 * fails is logged; `*v4` and `*v6` are what is wanted, and after the call what is open. */
void mdns_net_link(
	struct mdns_net *net, uint32_t ifindex, const char *name, bool *v4, bool *v6) NONNULL;
/* Whether it was opened by mdns_net_link() and is not gone. */
bool mdns_net_has_link(const struct mdns_net *net, uint32_t ifindex) NONNULL;
void mdns_net_link_gone(struct mdns_net *net, uint32_t ifindex) NONNULL;

/* Sends one packet, by mdns_net_flush() at the latest: together with others where it can be. Errors are
 * logged, at a limited rate. */
void mdns_net_send(struct mdns_net *net, const struct mdns_path *to, const uint8_t *packet,
	size_t len) NONNULL;
void mdns_net_flush(struct mdns_net *net) NONNULL;
