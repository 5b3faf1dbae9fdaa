/* SPDX-License-Identifier: ISC */
/* From an Ethernet frame to the message in it that tells of addresses. The bytes are strangers'. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/cursor.h"
#include "guest/hwaddr.h"

enum frame_kind {
	FRAME_ARP,    /* RFC 826 */
	FRAME_DHCP,   /* to UDP port 67 or 68 */
	FRAME_DHCPV6, /* to UDP port 546 or 547 */
	FRAME_ND      /* ICMPv6 of types 133 to 136, hop limit 255 (RFC 4861 §6.1, §7.1) */
};

/* A frame. Pointers are into its bytes. */
struct frame {
	enum frame_kind kind;
	bool is_to_client; /* DHCP, DHCPv6: to port 68, 546 (RFC 2131 §4.1, RFC 8415 §7.2) */
	const uint8_t *to, *from; /* hardware addresses of the Ethernet header */
	struct addr source, dest; /* of the IP header; ARP: ADDR_NONE */
	struct rd body;           /* ARP and ICMPv6: from their first byte; UDP: its payload */
};

/* An ARP packet for IPv4 over Ethernet. */
struct arp {
	const uint8_t *sender_hwaddr;
	struct addr sender, target;
};

/* Reads the headers of an Ethernet frame: Ethernet without a VLAN tag, IPv4 with options, IPv6
 * with the extension headers that RFC 8200 allows to skip. Returns 0. ERR_SHORT: it is cut.
 * ERR_ABSENT: it is of none of these kinds, a fragment, or has a tag. ERR_SYNTAX: malformed. On
 * error `*ret` is undefined. */
int frame_read(const void *bytes, size_t len, struct frame *ret) NONNULL MUSTCHECK;

/* Reads an ARP packet. ERR_SHORT, ERR_SYNTAX (not IPv4 over Ethernet, or neither request nor
 * reply). */
int arp_read(struct rd body, struct arp *ret) NONNULL MUSTCHECK;
