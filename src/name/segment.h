/* SPDX-License-Identifier: ISC */
/*
 * Layer 2 segments: which links, of any namespace, hear each other's multicast.
 *
 *	macvlan, macvtap         on the segment of their lower device, as are their siblings
 *	ipvlan, ipvtap in L2     the same; in L3 and L3S mode alone, for they carry no multicast
 *	veth                     with its peer
 *	port of a bridge,        with its master
 *	of a bond or a team
 *	port of a bridge that    with its master if their PVID is the same; otherwise as a VLAN of
 *	keeps VLANs apart        that id on the master; without a PVID alone
 *	vlan                     apart from its lower device, together with each VLAN of the same id
 *	                         on the same segment
 *	any other                alone
 *
 * A segment is open if it has a device whose other end is not known: a network card, a tap, a tunnel, a
 * veth whose peer is in no namespace that we see, an ipvlan whose lower device routes for it; or if it is
 * a VLAN of an open one. All of the others is
 * known, so what is not on them is elsewhere, even if it has the same prefix.
 *
 * Limitations: a bridge that isolates its ports is treated as one wire. So is one that keeps VLANs apart
 * in another namespace than ours, where the kernel does not tell the PVIDs.
 */
#pragma once

#include "base/compiler.h"
#include "model/model.h"

/* One link to place: `parent` and `master` are indexes into the same array, or SEGMENT_NONE. */
enum { SEGMENT_NONE = UINT32_MAX };
struct segment_link {
	uint32_t parent;
	uint32_t master;
	const struct event_link *info;
	uint32_t segment; /* result: index of the link that represents the segment */
	bool is_open;     /* result: the segment may go on where we see nothing */
};

/* A VLAN, while those on one wire are found. */
struct segment_vlan {
	uint32_t lower; /* segment of its lower device */
	uint32_t link;  /* its index */
	uint16_t id;
};

/* Places `count` links: two links are on one segment if their `segment` is equal. `room` is for as
 * many VLANs as there are among them. Takes time proportional to the number of links, and for VLANs
 * n log n for each level of VLANs on VLANs, up to LIMIT_VLAN_LEVELS. */
void segment_place(struct segment_link *links, uint32_t count, struct segment_vlan *room)
	NONNULL_ARGS(1);

/* Returns how many VLANs are among the links. */
uint32_t segment_count_vlans(const struct segment_link *links, uint32_t count) NONNULL;
