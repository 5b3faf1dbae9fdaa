/* SPDX-License-Identifier: ISC */
/* Hardware addresses of Ethernet: six bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { GUEST_HWADDR_LEN = 6 };

static inline bool hwaddr_equal(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, GUEST_HWADDR_LEN) == 0;
}

static inline bool hwaddr_is_zero(const uint8_t *a)
{
	static const uint8_t none[GUEST_HWADDR_LEN];
	return hwaddr_equal(a, none);
}

/* True if a device can send from it: no group address (IEEE 802: the lowest bit of the first
 * byte), not zero. */
static inline bool hwaddr_is_unicast(const uint8_t *a)
{
	return (a[0] & 1) == 0 && !hwaddr_is_zero(a);
}
