/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the name that keeps a guest's hardware address.
 * Never puts it on a link.
 */
#include "device/guest_mark.h"

#include <stdio.h>
#include <string.h>

void guest_mark_format(const uint8_t hwaddr[DEVICE_HWADDR_LEN], char out[GUEST_MARK_CAP])
{
	snprintf(out, GUEST_MARK_CAP, GUEST_MARK_PREFIX "%02x%02x%02x%02x%02x%02x", hwaddr[0],
		hwaddr[1], hwaddr[2], hwaddr[3], hwaddr[4], hwaddr[5]);
}

/* Returns the value of a digit, or -1. */
static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

bool guest_mark_parse(const char *name, uint8_t ret[DEVICE_HWADDR_LEN])
{
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	size_t prefix_len = strlen(GUEST_MARK_PREFIX);
	if (strlen(name) + 1 != GUEST_MARK_CAP || memcmp(name, GUEST_MARK_PREFIX, prefix_len) != 0)
		return false;
	for (size_t i = 0; i < DEVICE_HWADDR_LEN; i++) {
		int high = digit_of(name[prefix_len + 2 * i]),
		    low = digit_of(name[prefix_len + 2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		hwaddr[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, hwaddr, sizeof(hwaddr));
	return true;
}
