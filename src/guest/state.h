/* SPDX-License-Identifier: ISC */
/* The data of a guest, shared by the files of this room. */
#pragma once

#include "base/limits.h"
#include "guest/guest.h"
#include "guest/lan.h"

enum hold_state {
	HOLD_REFUSED, /* the guest claims it, and it does not count */
	HOLD_LOST,    /* it did not answer, and does not count until the guest is heard with it */
	HOLD_AWAY,    /* its hardware address has moved, and it does not count until that is back */
	HOLD_TENTATIVE, /* it counts at `dad_until`, if nobody objects */
	HOLD_HELD       /* it is reported to the sink */
};

/* An address that the guest claims. */
struct holding {
	struct addr addr;
	uint8_t state;   /* enum hold_state */
	uint8_t origin;  /* enum guest_origin: what says that the guest has it */
	int8_t refusal;  /* enum guest_refusal that was reported last; -1: none */
	bool is_resumed; /* known at the start: the policy is not asked until `lease_until` */
	uint8_t hwaddr[GUEST_HWADDR_LEN]; /* of the guest when it claimed it */
	ns_t seen;
	ns_t lease_until; /* when it ends as the server or the caller said; 0: neither did */
	ns_t dad_until;   /* until when an objection takes it away; 0: never probed for */
	ns_t away_at;     /* from when on it is AWAY, if the guest is not heard before; 0: never */
	ns_t until;       /* HELD: the end that was reported */
};

/* The addresses of a family. */
struct holdings {
	struct holding *at; /* on the heap, grows to LIMIT_GUEST_ADDRS */
	size_t count, cap;
};

/* A request of the guest that waits for an answer. */
struct ask {
	ns_t until; /* 0: free */
	uint32_t xid;
	uint8_t family; /* enum addr_family: DHCP or DHCPv6 */
	uint8_t type;   /* of the message */
	bool has_name;
	uint8_t hwaddr[GUEST_HWADDR_LEN]; /* chaddr */
	struct addr source; /* DHCPv6: of the request, and so the destination of the reply */
	struct addr wanted; /* DHCP: the address that is asked for; ADDR_NONE: any */
};

/* The name that the guest said in one family. */
struct said_name {
	char *text;     /* on the heap; NULL: none */
	bool has_lease; /* since it was said there was a lease: the name ends with the last one */
};

enum { FAMILY_V4, FAMILY_V6, FAMILY_COUNT };

struct guest {
	struct guest_config config;
	uint8_t hwaddrs[LIMIT_GUEST_HWADDRS]
		       [GUEST_HWADDR_LEN]; /* seen last first; the rest are zero */
	struct holdings holdings[FAMILY_COUNT];
	struct ask asks[LIMIT_GUEST_ASKS];
	struct said_name names[FAMILY_COUNT];
	struct lan lan;
};
