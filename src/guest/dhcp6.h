/* SPDX-License-Identifier: ISC */
/* Messages of DHCPv6 (RFC 8415) between client and server, as far as they tell of a guest's
 * addresses and name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "guest/hostname.h"

/* RFC 8415 §7.3 */
enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE,
	DHCP6_REQUEST,
	DHCP6_CONFIRM,
	DHCP6_RENEW,
	DHCP6_REBIND,
	DHCP6_REPLY,
	DHCP6_RELEASE,
	DHCP6_DECLINE
};

/* An address of an IA_NA or IA_TA. */
struct dhcp6_lease {
	struct addr addr;
	uint32_t valid_s; /* UINT32_MAX: infinite */
};

struct dhcp6 {
	uint8_t type;
	uint32_t xid;    /* 24 bits */
	uint16_t status; /* of the message as a whole: 0 success */
	unsigned lease_count;
	struct dhcp6_lease leases[LIMIT_GUEST_ADDRS]; /* further ones are left out */
	char name[GUEST_NAME_CAP];                    /* option 39; "": none */
};

/* Reads a message between client and server. Addresses whose status is an error are left out.
 * ERR_SHORT: it or an option is cut. On error `*ret` is undefined. */
int dhcp6_read(struct rd body, struct dhcp6 *ret) NONNULL MUSTCHECK;
