/* SPDX-License-Identifier: ISC */
/*
 * One guest: a machine behind a link of ours (macvtap, ipvtap, tap, port of a bridge) that
 * configures its addresses itself. Frames between the guest and its wire go in. Which addresses
 * the guest has, until when, and how it calls itself come out. Frames are only listened to:
 * nothing is ever sent.
 *
 *	IPv4 by DHCP (RFC 2131): a DISCOVER or REQUEST of the guest is remembered with its xid.
 *		The ACK with that xid and hardware address gives the address until the lease ends.
 *		NAK, RELEASE and DECLINE take it away.
 *	IPv4 without DHCP: an ARP packet of the guest with a sender address is a claim for an
 *		hour. A probe (RFC 5227) has none and is no claim.
 *	IPv6 (RFC 4861, 4862): a DAD probe of the guest makes the address tentative. It is the
 *		guest's if nobody objects for a second. Any other message from an address, or an NA
 *		about it, shows that the guest has it already. Until: as the prefix of the RA says,
 *		at most a day after the guest was last heard.
 *	DHCPv6 (RFC 8415): as DHCP, for IA_NA and IA_TA. A Reply with a lifetime of 0, Release and
 *		Decline take the address away.
 *
 * The policy (policy.h) decides which of these claims count. An address that somebody else has
 * never counts: `is_taken` says so, or it is that of a router or DHCP server on the wire. A claim
 * that is refused is remembered. It is judged again when a router announces another prefix, and by
 * guest_judge().
 *
 * At most LIMIT_GUEST_ADDRS addresses of a family are remembered. One more replaces the least
 * recently seen. Bytes from the guest and from its wire are strangers' bytes. Work for a frame is
 * in proportion to its length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "guest/hostname.h"
#include "guest/hwaddr.h"
#include "guest/policy.h"

/* Which way a frame went. */
enum guest_way {
	GUEST_SAYS, /* from the guest to the wire */
	GUEST_HEARS /* from the wire to the guest */
};

/* How it is known that the guest has an address. */
enum guest_origin {
	GUEST_ARP,    /* it said so by ARP */
	GUEST_ND,     /* it said so by neighbour discovery */
	GUEST_DHCP,   /* a DHCP server assigned it */
	GUEST_DHCPV6, /* a DHCPv6 server assigned it */
	GUEST_KERNEL, /* the kernel knows it: guest_hint() */
	GUEST_RESUMED /* the caller knew it at its start: guest_resume() */
};

/* Why a claim does not count. */
enum guest_refusal {
	GUEST_REFUSED_CLASS,  /* no unicast address, or link-local outside of fe80::/64 */
	GUEST_REFUSED_TAKEN,  /* is_taken() */
	GUEST_REFUSED_ROUTER, /* a router or a DHCP server on the wire has it */
	GUEST_REFUSED_POLICY, /* not allowed, or no router has announced its prefix yet */
	GUEST_REFUSED_LOST,   /* guest_lose() */
	GUEST_REFUSED_AWAY    /* guest_move() */
};

struct guest_addr {
	struct addr addr;
	enum guest_origin origin;
	ns_t until;          /* when it ends, in the time of `now`; NS_NEVER: it does not */
	uint32_t lifetime_s; /* the same from now on, rounded up; UINT32_MAX: it does not */
};

/* What the guest reports. Each call happens inside a function of this header, which must not be
 * called again for the same guest meanwhile. Only `on_addr` and `on_addr_gone` are needed; the
 * others may be NULL. */
struct guest_sink {
	/* The guest has this address now, or (called again) until another time. */
	void (*on_addr)(void *arg, const struct guest_addr *addr);
	/* The guest no longer has it. Also called when `until` has come. */
	void (*on_addr_gone)(void *arg, const struct addr *addr);
	/* The guest calls itself so in DHCP (options 12 and 81) or DHCPv6 (option 39): letters,
	 * digits, '-', '_', and dots between labels; not judged further. "": it has no name any
	 * more. Borrowed. */
	void (*on_name)(void *arg, const char *name);
	/* A claim is refused, or does not count any more: once for each address and reason. */
	void (*on_refused)(void *arg, const struct addr *addr, enum guest_refusal why);
	/* True if somebody else has that address: the host, a sibling. */
	bool (*is_taken)(void *arg, const struct addr *addr);
	void *arg;
};

struct guest_config {
	/* The guest's hardware address. All zero: it is learnt from what the guest says, and up to
	 * LIMIT_GUEST_HWADDRS addresses behind the link are told apart. */
	uint8_t hwaddr[GUEST_HWADDR_LEN];
	/* Rewriting puts this one in place of it outside of DHCP's chaddr (ipvtap: that of the
	 * parent). All zero: no rewriting. */
	uint8_t wire_hwaddr[GUEST_HWADDR_LEN];
	struct guest_policy policy; /* copied */
	struct guest_sink sink;
};

struct guest;

/* Returns a guest without addresses; NULL if there is no memory. guest_free() frees it, and
 * reports nothing. */
struct guest *guest_new(const struct guest_config *config) NONNULL MUSTCHECK;
void guest_free(struct guest *g);

/* Takes an Ethernet frame without VLAN tag, from its destination address on, as an AF_PACKET
 * socket gives it. What is cut, malformed or of no interest changes nothing. Checksums are not
 * looked at: in frames between virtual devices they are often not computed yet. */
void guest_hear(
	struct guest *g, enum guest_way way, const void *frame, size_t len, ns_t now) NONNULL;

/* The kernel's table of neighbours has `addr` with the guest's hardware address: a claim, like
 * an ARP or ND packet of the guest. */
void guest_hint(struct guest *g, const struct addr *addr, ns_t now) NONNULL;

/* The guest had `addr` when the caller began (the address is on the link since before a
 * restart). It counts until `until` without a question to the policy, but not if somebody else
 * has it. */
void guest_resume(struct guest *g, const struct addr *addr, ns_t until, ns_t now) NONNULL;

/* The guest does not have `addr` any more. Reported, if it had. */
void guest_forget(struct guest *g, const struct addr *addr) NONNULL;

/* The kernel got no answer from `addr` (NUD_FAILED). It does not count until the guest is heard with it
 * again; a lease of it is remembered. Without effect if the guest was heard with it in the last LIMIT_GUEST_LOST_S
 * seconds: the news is older, or wrong. */
void guest_lose(struct guest *g, const struct addr *addr, ns_t now) NONNULL;

/* The bridge has seen `hwaddr` at another port (`is_away`), or at the guest's again. Addresses that the guest
 * claimed with it do not count after LIMIT_GUEST_AWAY_S seconds away, until it is back or they are claimed again. */
void guest_move(struct guest *g, const uint8_t hwaddr[static GUEST_HWADDR_LEN], bool is_away,
	ns_t now) NONNULL;

/* Judges all addresses and all claims anew: after a change of what `is_taken` says. */
void guest_judge(struct guest *g, ns_t now) NONNULL;

/* Sets another policy, and judges by it. */
void guest_set_policy(struct guest *g, const struct guest_policy *policy, ns_t now) NONNULL;

/* Sets another hardware address of rewriting: the parent has a new one. */
void guest_set_wire_hwaddr(struct guest *g, const uint8_t hwaddr[static GUEST_HWADDR_LEN]) NONNULL;

/* When guest_poll() is to be called. NS_NEVER: nothing is due without a frame. */
ns_t guest_deadline(const struct guest *g) NONNULL;

/* Does what is due at `now`. */
void guest_poll(struct guest *g, ns_t now) NONNULL;

/* The name that the guest gives itself; "": none. Borrowed until the next call for this guest. */
const char *guest_name(const struct guest *g) NONNULL;

/* The hardware address of the guest that was seen last, or the given one. False: none is known
 * yet. */
bool guest_hwaddr(const struct guest *g, uint8_t ret[static GUEST_HWADDR_LEN]) NONNULL;

/* Short texts for people: "arp", "dhcp"; "taken". Static storage. */
const char *guest_origin_text(enum guest_origin origin);
const char *guest_refusal_text(enum guest_refusal why);
