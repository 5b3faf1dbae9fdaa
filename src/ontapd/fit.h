/* SPDX-License-Identifier: ISC */
/* Decides what fits a parent: types, hardware addresses, MTU. */
#pragma once

#include "ontapd/create.h"

/* Sets job->type to the requested type. For "auto" and "autotap" it is a veth or tap on a
 * bridge, a macvlan or macvtap on a wire, and an ipvlan or ipvtap on Wi-Fi, or whichever of these
 * the parent has already. DEVICE_MALFORMED if
 * there is no such type. */
enum device_status fit_choose_type(struct job *job) NONNULL;

/* Checks type, hardware address and MTU, once type and mode are known. */
enum device_status fit_check(struct job *job) NONNULL;
