/* SPDX-License-Identifier: ISC */
/* What each kind of frame means for a guest. */
#pragma once

#include "guest/frame.h"
#include "guest/state.h"

/* Takes a message of DHCP or DHCPv6. */
void hear_dhcp4(struct guest *g, enum guest_way way, const struct frame *f, ns_t now) NONNULL;
void hear_dhcp6(struct guest *g, enum guest_way way, const struct frame *f, ns_t now) NONNULL;

/* Takes an ARP packet or a message of neighbour discovery. */
void hear_arp(struct guest *g, enum guest_way way, const struct frame *f, ns_t now) NONNULL;
void hear_nd(struct guest *g, enum guest_way way, const struct frame *f, ns_t now) NONNULL;
