/* SPDX-License-Identifier: ISC */
/* Serial numbers, for example of zones. They wrap around to 0 after the largest value (RFC
 * 1982). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True if `a` is after `b` (§3.2): a - b, as an unsigned 32-bit number, is below 2^31 and not 0. */
static inline bool serial_is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline uint32_t serial_later(uint32_t a, uint32_t b)
{
	return serial_is_after(a, b) ? a : b;
}
