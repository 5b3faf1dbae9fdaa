/* SPDX-License-Identifier: ISC */
/* Guests that an earlier run has left: what they have is on their links. */
#pragma once

#include "ontapd/daemon.h"

/* Follows the guests of all devices in the nursery that have been taken over: attaches the programs anew, and tells
 * the learner what each guest has. What fails is logged. */
void resume_guests(struct daemon *d) NONNULL;

/* The alternative name of an ipvtap's link that keeps its guest's hardware address. */
#define GUEST_NAME_PREFIX "ontap-guest-"
enum { GUEST_ALTNAME_CAP = sizeof(GUEST_NAME_PREFIX) + 12 };
void guest_altname_format(
	const uint8_t hwaddr[DEVICE_HWADDR_LEN], char out[GUEST_ALTNAME_CAP]) NONNULL;
/* False: the name is another. */
bool guest_altname_parse(const char *name, uint8_t ret[DEVICE_HWADDR_LEN]) NONNULL;
