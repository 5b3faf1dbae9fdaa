/* SPDX-License-Identifier: ISC */
/*
 * The classic BPF program for the packet socket through which a guest is heard. It passes what the
 * automaton (guest.h) reads, and nothing else, so that ordinary traffic wakes nobody.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

enum { GUEST_FILTER_CAP = 64 };

/* Writes the program for SO_ATTACH_FILTER on a socket of AF_PACKET, SOCK_RAW to `out`. It passes,
 * cut to LIMIT_GUEST_FRAME bytes:
 *
 *	from the guest                          to the guest
 *	ARP                                     -
 *	DHCP: IPv4, UDP, not in fragments,      the same, to port 68
 *		to port 67
 *	DHCPv6: UDP to port 547                 UDP to port 546
 *	ICMPv6 of types 133 to 136 (RFC 4861)   an RA; what may be an objection to DAD: an NS from ::,
 *		                                an NA to a group (RFC 4862 §5.4.3, RFC 4861 §7.2.4)
 *
 * IPv6 counts without extension headers. So what the wire asks all guests (ARP, an NS) wakes nobody.
 *
 * `is_inverse`: the guest's are the frames that leave the link (a macvtap), not those that arrive (a tap).
 * With `untagged_only`, frames with a VLAN tag are dropped: the kernel has taken the tag out of the
 * frame (skb->vlan_tci), so that nothing in the bytes shows it. Returns the number of
 * instructions. */
size_t guest_filter_make(
	struct sock_filter out[static GUEST_FILTER_CAP], bool untagged_only, bool is_inverse);
