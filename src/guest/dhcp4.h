/* SPDX-License-Identifier: ISC */
/* Messages of DHCP for IPv4 (RFC 2131), as far as they tell of a guest's address and name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "guest/hostname.h"
#include "guest/hwaddr.h"

/* Values of option 53 (RFC 2132 §9.6). */
enum dhcp4_type {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER,
	DHCP4_REQUEST,
	DHCP4_DECLINE,
	DHCP4_ACK,
	DHCP4_NAK,
	DHCP4_RELEASE,
	DHCP4_INFORM
};

struct dhcp4 {
	bool is_reply; /* BOOTREPLY: from a server */
	uint8_t type;  /* 0: without option 53, BOOTP */
	uint32_t xid;
	uint8_t hwaddr[GUEST_HWADDR_LEN]; /* chaddr */
	struct addr ciaddr, yiaddr;       /* may be 0.0.0.0 */
	struct addr requested;            /* option 50; ADDR_NONE: absent; so in the next ones */
	struct addr server;               /* option 54 */
	struct addr routers[LIMIT_GUEST_ROUTERS]; /* option 3; further ones are left out */
	unsigned router_count;
	bool has_lease;
	uint32_t lease_s;          /* option 51; UINT32_MAX: infinite */
	char name[GUEST_NAME_CAP]; /* option 81, or else 12; "": none */
};

/* Reads a message: the options, and with option 52 those in `file` and `sname` too. Of an option
 * that comes twice, the first counts. An option of a wrong length counts as absent; so does all
 * from one on that is cut. ERR_SHORT; ERR_SYNTAX: no DHCP, or not for Ethernet. On error `*ret`
 * is undefined. */
int dhcp4_read(struct rd body, struct dhcp4 *ret) NONNULL MUSTCHECK;
