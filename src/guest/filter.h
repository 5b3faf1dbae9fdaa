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

enum { GUEST_FILTER_CAP = 48 };

/* Writes the program for SO_ATTACH_FILTER on a socket of AF_PACKET, SOCK_RAW to `out`. It passes,
 * cut to LIMIT_GUEST_FRAME bytes:
 *
 *	ARP
 *	IPv4, UDP, not in fragments, to port 67 or 68 (DHCP)
 *	IPv6 without extension headers: UDP to port 546 or 547 (DHCPv6), ICMPv6 of types 133 to
 *		136 (RFC 4861)
 *
 * With `untagged_only`, frames with a VLAN tag are dropped: the kernel has taken the tag out of the
 * frame (skb->vlan_tci), so that nothing in the bytes shows it. Returns the number of
 * instructions. */
size_t guest_filter_make(struct sock_filter out[static GUEST_FILTER_CAP], bool untagged_only);
