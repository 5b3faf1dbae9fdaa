/* SPDX-License-Identifier: ISC */
/*
 * The sockets of mDNS. There is one for each link and family, bound to the link; other responders
 * on this machine share port 5353 (RFC 6762 §15.1). Each link has its own socket, because a socket
 * may join only net.ipv4.igmp_max_memberships (20) groups, and so that the link of a unicast query
 * is known.
 */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "io/loop.h"
#include "mdns/mdns.h"

/* Called for each packet that arrives, with the current time `now`. `packet` is valid during the
 * call. */
typedef void mdns_packet_fn(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);

struct mdns_net; /* opaque */

/* `loop` and `log` are borrowed until mdns_net_free(). Returns NULL if out of memory. */
struct mdns_net *mdns_net_new(struct loop *loop, const struct log *log, mdns_packet_fn *on_packet,
	void *arg) NONNULL_ARGS(1, 3) MUSTCHECK;
void mdns_net_free(struct mdns_net *net);

/* Opens or closes sockets so that exactly the families of the link (has_v4, has_v6) are received, and
 * joins the group. Packets from the network whose source is an address of that link are not received.
 * Failures are logged. Afterwards has_v4 and has_v6 say which families are open. ERR_NOMEM: a
 * socket lacks memory or a descriptor; call it again later. */
int mdns_net_link(struct mdns_net *net, const char *name, struct mdns_link *link) NONNULL MUSTCHECK;
/* True if mdns_net_link() has opened the link and it is not gone. */
bool mdns_net_has_link(const struct mdns_net *net, uint32_t ifindex) NONNULL;
void mdns_net_link_gone(struct mdns_net *net, uint32_t ifindex) NONNULL;

/* Counts, for each link, the other sockets on this host that have joined the group, and calls
 * `found`. If the number cannot be found out, it reports one. */
void mdns_net_look(struct mdns_net *net,
	void (*found)(void *arg, uint32_t ifindex, unsigned others), void *arg) NONNULL_ARGS(1, 2);

/* Returns the number of open sockets on port 5353. */
unsigned mdns_net_sockets(const struct mdns_net *net) NONNULL;

/* Sends one packet, at the latest in mdns_net_flush(), together with others if possible. Errors are
 * logged at a limited rate. */
void mdns_net_send(struct mdns_net *net, const struct mdns_path *to, const uint8_t *packet,
	size_t len) NONNULL;
void mdns_net_flush(struct mdns_net *net) NONNULL;
