/* SPDX-License-Identifier: ISC */
/*
 * Links behind which a guest may configure itself: a virtual machine on a tap or macvtap, or a machine behind a
 * port of a bridge that no namespace of ours has. The kernel does not know the addresses of such a guest, so it is
 * listened to (--guests).
 */
#pragma once

#include "base/compiler.h"
#include "model/model.h"
#include "name/policy.h"

/* True if guests may be behind a link of that kind at all: a tap, a macvtap, or one end of a veth. A network card
 * has the whole network behind it. */
bool guest_link_may_be(const struct event_link *link) NONNULL;

/* True if the link is to be listened to now. It must be up and have carrier, and not belong to a user's own
 * namespace. With NAME_GUESTS_AUTO, it has a name (an alias, or one is wanted from DHCP), no address but an IPv6
 * link-local one, and is not of ontapd, which has rules of its own for its guests; and if it is a veth, it
 * is a port of a bridge and its other end is in no namespace that we see. With NAME_GUESTS_LISTED, it is a link of
 * our own namespace with one of the names. */
bool guest_link_is(
	const struct policy *policy, const struct model *m, const struct model_link *link) NONNULL;

/* True if `port`, in the VLAN `vid` (0: the bridge does not keep VLANs apart), is a port of the same bridge as the
 * link and on its wire: that of the link's PVID. The PVID is not known in other namespaces than ours, and a guest
 * that tags its frames itself may have none: then only 0 will do. */
bool guest_link_is_beside(
	const struct model_link *link, const struct model_link *port, uint16_t vid) NONNULL;

/* True if frames that arrive at the link go to the guest, and those that leave it are the guest's: the guest
 * of a macvtap sits on the host's side of it. */
bool guest_link_is_inverse(const struct event_link *link) NONNULL;
