/* SPDX-License-Identifier: ISC */
/* Serial numbers as those of zones, which begin anew after the last one (RFC 1982). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether `a` is after `b` (§3.2): a - b, as a number of 32 bits, is below 2^31. */
static inline bool serial_is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline uint32_t serial_later(uint32_t a, uint32_t b)
{
	return serial_is_after(a, b) ? a : b;
}
