/* SPDX-License-Identifier: ISC */
/* The alternative name of an ipvtap's link that keeps its guest's hardware address: the link has that of its parent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "device/type.h"

#define GUEST_MARK_PREFIX "ontap-guest-"
enum { GUEST_MARK_CAP = sizeof(GUEST_MARK_PREFIX) + 2 * DEVICE_HWADDR_LEN };

void guest_mark_format(const uint8_t hwaddr[DEVICE_HWADDR_LEN], char out[GUEST_MARK_CAP]) NONNULL;
/* False: the name is another; `ret` is unchanged. */
bool guest_mark_parse(const char *name, uint8_t ret[DEVICE_HWADDR_LEN]) NONNULL MUSTCHECK;
