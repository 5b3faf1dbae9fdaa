/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of a lease.
 * Never looks at the environment, and changes nothing.
 */
#include "ontap/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* An infinite lease (RFC 2131 §3.3) gets a finite lifetime, which distinguishes leased addresses
 * from those of --addr. */
#define LIFETIME_MAX (UINT32_MAX - 1)

enum { MASK_DEFAULT = 24, MASK_MAX = 32 };

/* Reads the first of several addresses (RFC 2132 §3.5: in order of preference). */
static int read_addr(const char *text, struct addr *ret)
{
	char first[ADDR_TEXT_CAP];
	struct addr addr;
	size_t len = text ? strcspn(text, " ") : 0;
	if (len == 0 || len >= sizeof(first))
		return ERR_SYNTAX;
	memcpy(first, text, len);
	first[len] = '\0';
	if (addr_parse(first, &addr) || addr.family != ADDR_V4)
		return ERR_SYNTAX;
	*ret = addr;
	return 0;
}

static unsigned long read_number(const char *text, unsigned long fallback)
{
	char *end;
	unsigned long value = text ? strtoul(text, &end, 10) : 0;
	return text && end != text && !*end ? value : fallback;
}

int lease_parse(const struct lease_text *text, uint32_t ifindex, struct lease *ret)
{
	unsigned long mask = read_number(text->mask, MASK_DEFAULT);
	unsigned long seconds = read_number(text->seconds, 0);
	struct lease lease = {.ifindex = ifindex};
	if (ifindex == 0 || mask > MASK_MAX || read_addr(text->ip, &lease.addr.addr))
		return ERR_SYNTAX;
	lease.addr.prefix_len = (uint8_t)mask;
	lease.addr.lifetime_s =
		seconds > 0 && seconds < LIFETIME_MAX ? (uint32_t)seconds : LIFETIME_MAX;
	if (read_addr(text->router, &lease.router))
		lease.router = (struct addr){0};
	*ret = lease;
	return 0;
}
