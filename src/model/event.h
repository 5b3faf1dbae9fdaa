/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says, as plain values: the seam between the half that talks to the kernel and
 * the half that serves. No pointers, no descriptors, fixed size: an event may be copied, queued,
 * recorded in a file and replayed, or sent over a socketpair as it is. Bytes that mean nothing
 * (after the zero of a name, past hwaddr_len) are zero, so that equal things are equal byte for
 * byte.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	ALIAS_CAP = 256,      /* IFALIASZ: kernel's limit with its zero */
	NETNS_NAME_CAP = 256, /* NAME_MAX + 1: a file in /run/netns */
	ALTNAME_CAP = 128,    /* ALTIFNAMSIZ: an alternative name with its zero */
	KIND_CAP = 16,        /* IFLA_INFO_KIND: "macvlan", "veth", … */
	HWADDR_CAP = 32,      /* MAX_ADDR_LEN */
	HOSTNAME_CAP = 65     /* __NEW_UTS_LEN + 1 */
};

/* The id of a namespace as the daemon's own namespace knows it (rtnetlink "nsid"), or NSID_OWN for
 * the daemon's own, whether or not it also has an id in its own table. */
typedef int32_t nsid_t;
#define NSID_OWN     ((nsid_t)-1)
#define NSID_UNKNOWN ((nsid_t)-2) /* of a related link: it is not in our table */

enum event_type {
	EV_NS,            /* namespace `nsid` exists; its name and owner, as far as known */
	EV_NS_GONE,       /* namespace `nsid` is gone, and all in it without further events */
	EV_LINK,          /* link as it is now: every field, absent alias means none */
	EV_LINK_GONE,     /* deleted or moved away: its addresses are gone with it */
	EV_ADDR,          /* address as it is now */
	EV_ADDR_GONE,     /* address removed */
	EV_HOSTNAME,      /* a UTS namespace is related to `nsid`, with that name: as it is now */
	EV_HOSTNAME_GONE, /* it is related no more: no process is in both */
	EV_SYNC_BEGIN,    /* a dump of namespace `nsid` begins: what it does not name is stale */
	EV_SYNC_LINKS,    /* all links of the dump are named: those that are not are gone */
	EV_SYNC_END,      /* all addresses of the dump are named: those that are not are gone */
	EV_SYNC_ABORT,    /* the dump failed or was interrupted: absence means nothing */
	EV_COUNT
};

struct event_ns {
	char name[NETNS_NAME_CAP]; /* of its binding, "" if none is known; untrusted bytes */
	uint64_t cookie;           /* SO_NETNS_COOKIE, 0 if not known */
	bool is_rootless;          /* another user namespace than ours owns it */
	bool is_owner_known;
};

struct event_link {
	uint32_t ifindex;
	uint32_t flags;    /* ifi_flags: IFF_UP, IFF_LOWER_UP, IFF_MULTICAST, … */
	uint16_t type;     /* ARPHRD_ETHER, ARPHRD_LOOPBACK, … */
	uint8_t operstate; /* IF_OPER_* */
	uint8_t hwaddr_len;
	uint8_t hwaddr[HWADDR_CAP];
	uint32_t mtu;
	uint32_t master;        /* ifindex of the bridge or bond it is a port of, 0 if none */
	uint32_t parent;        /* IFLA_LINK: ifindex of lower device or veth peer, 0 if none */
	nsid_t parent_nsid;     /* of `parent`, in *our* table; else the link's own */
	uint16_t vlan_id;       /* IFLA_VLAN_ID, 0 if it is no VLAN */
	uint16_t ipvlan_mode;   /* IPVLAN_MODE_L2, _L3, _L3S (linux/if_link.h) */
	char name[IF_NAMESIZE]; /* untrusted bytes, without '/' or white space */
	char kind[KIND_CAP];    /* "" if the driver has none */
	char alias[ALIAS_CAP];  /* untrusted bytes, newlines included; "" if none */
	bool is_granted;        /* ontapd has given it that alias (device/grant.h) */
	bool has_moved;         /* EV_LINK_GONE: to another namespace */
	uint8_t zero[2];
};

struct event_addr {
	uint32_t ifindex;
	uint32_t flags;   /* IFA_FLAGS, all 32 bits */
	struct addr addr; /* the address of this host: IFA_LOCAL where given, else IFA_ADDRESS */
	struct addr peer; /* point-to-point: the other end; ADDR_NONE otherwise */
	uint8_t prefix_len;
	uint8_t rt_scope; /* RT_SCOPE_* */
};

/* A UTS namespace, and the name that whoever is in it has given it. */
struct event_hostname {
	uint64_t uts;     /* tells it apart from others of now; numbers are reused */
	bool is_own;      /* the daemon's own: its name is this host's */
	bool is_rootless; /* another user namespace than ours owns it, or it is not known which */
	bool is_inherited; /* nobody in it has chosen the name, as far as can be told: see model/relation.h */
	char name[HOSTNAME_CAP]; /* untrusted bytes */
	uint8_t zero[4];
};

struct event {
	enum event_type type;
	nsid_t nsid;
	bool is_dump; /* EV_LINK, EV_ADDR: part of a dump, not news */
	union {
		struct event_ns ns;
		struct event_link link;
		struct event_addr addr;
		struct event_hostname hostname;
	};
};
