/* SPDX-License-Identifier: ISC */
/* What a DHCP client says of a lease, as text: a pure value. */
#pragma once

#include "base/compiler.h"
#include "device/request.h"

/* The values of environment variables of udhcpc's script; NULL: not set. Anybody on the link can have
 * chosen them. */
struct lease_text {
	const char *ip;
	const char *mask;    /* length of the prefix */
	const char *router;  /* addresses, with blanks between them */
	const char *seconds; /* "lease" */
};

struct lease {
	uint32_t ifindex;
	struct device_addr
		addr;       /* lifetime: always one, so the kernel removes it if nobody else does */
	struct addr router; /* of IPv4; ADDR_NONE: none */
};

/* ERR_SYNTAX: there is no address, or a prefix longer than an address. A router or a number that is none
 * counts as not set. */
int lease_parse(const struct lease_text *text, uint32_t ifindex, struct lease *ret) NONNULL
	MUSTCHECK;
