/* SPDX-License-Identifier: ISC */
/* What the kernel's tables of neighbours and of bridges say about guests. */
#pragma once

#include "base/compiler.h"
#include "ontap-zone/guests.h"

/* Takes an EV_NEIGHBOUR. An address that the kernel knows behind a link is a claim of its guest. One that does not
 * answer is lost, if the kernel has asked on the guest's wire, in the namespace of the guest's link: other namespaces
 * are their owners' word. A hardware address at another port of the guest's bridge is that of a guest that has moved, unless
 * that port is another guest's or a container's: each can send frames with the address of the other. */
void guest_neighbours_hear(struct guests *g, const struct event *ev) NONNULL;
