/* SPDX-License-Identifier: ISC */
/*
 * What the kernel reports, as plain values. Events are the interface between the half that talks to
 * the kernel and the half that serves. They have no pointers, no descriptors and a fixed size: an
 * event may be copied, queued, recorded in a file and replayed, or sent over a socketpair
 * unchanged. Unused bytes (after the zero of a name, past hwaddr_len) are zero, so that equal
 * values are equal byte for byte.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/share.h"

enum {
	ALIAS_CAP = 256,      /* IFALIASZ: kernel's limit with its zero */
	NETNS_NAME_CAP = 256, /* NAME_MAX + 1: a file in /run/netns */
	ALTNAME_CAP = 128,    /* ALTIFNAMSIZ: an alternative name with its zero */
	KIND_CAP = 16,        /* IFLA_INFO_KIND: "macvlan", "veth", … */
	HWADDR_CAP = 32,      /* MAX_ADDR_LEN */
	HOSTNAME_CAP = 65,    /* __NEW_UTS_LEN + 1 */
	GUEST_LABEL_CAP = 64, /* a label of DNS with its zero */
	PROGRAM_CAP = 16      /* TASK_COMM_LEN */
};

/* The id of a namespace in the table of the daemon's own namespace (rtnetlink "nsid"). The daemon's
 * own namespace is NSID_OWN, whether or not it also has an id in its own table. */
typedef int32_t nsid_t;
#define NSID_OWN     ((nsid_t)-1)
#define NSID_UNKNOWN ((nsid_t)-2) /* namespace of a related link, not in our table */

enum event_type {
	EV_NS,            /* namespace `nsid` exists; name and owner, if known */
	EV_NS_GONE,       /* namespace `nsid` is gone with all in it; no other events */
	EV_LINK,          /* current state of a link, all fields; no alias: none */
	EV_LINK_GONE,     /* link deleted or moved away, and its addresses too */
	EV_ADDR,          /* current state of an address */
	EV_ADDR_GONE,     /* address removed */
	EV_HOSTNAME,      /* current name of a UTS namespace related to `nsid` */
	EV_HOSTNAME_GONE, /* no longer related: no process is in both */
	EV_GUEST_NAME,    /* the host name that the guest behind a link gives itself */
	EV_SYNC_BEGIN,    /* a dump of namespace `nsid` begins; unlisted objects are stale */
	EV_SYNC_LINKS,    /* the dump has listed all links: others are gone */
	EV_SYNC_END,      /* the dump has listed all addresses: others are gone */
	EV_SYNC_ABORT,    /* the dump is incomplete: missing objects may exist */
	EV_PORT_OWNER,    /* the socket of a process on a port of ours; not for the model */
	EV_PORTS_LISTED,  /* the list is complete, since the last such event */
	EV_PORT_FREE,     /* the process of such a socket has ended */
	EV_GUEST_SOCKET,  /* the packet socket of a link, or why there is none; not for the model */
	EV_NEIGHBOUR,     /* an entry of a table of neighbours, or of a bridge; likewise */
	EV_COUNT
};

/* The owner of a network or UTS namespace: the user namespace in which it was made. A greater
 * value is more trusted. */
enum event_owner {
	OWNER_UNKNOWN, /* unknown: it may be anybody */
	OWNER_USER,    /* another user namespace, made by a user */
	OWNER_SYSTEM,  /* another one, which root made, like all between it and ours */
	OWNER_HOST     /* our user namespace */
};

struct event_ns {
	char name[NETNS_NAME_CAP]; /* of its bind mount, "" if unknown; untrusted bytes */
	uint64_t cookie;           /* SO_NETNS_COOKIE, 0 if not known */
	uint8_t owner;             /* enum event_owner */
	uint8_t zero[3];
	uint32_t uid; /* OWNER_USER: the user to whom it is accounted; see netns_facts() */
};

/* Returns the user to whom the namespace is accounted, for base/share.h. */
static inline uint32_t event_ns_account(const struct event_ns *ns)
{
	return ns->owner == OWNER_USER ? ns->uid : SHARE_NOBODY;
}

struct event_link {
	uint32_t ifindex;
	uint32_t flags;    /* ifi_flags: IFF_UP, IFF_LOWER_UP, IFF_MULTICAST, … */
	uint16_t type;     /* ARPHRD_ETHER, ARPHRD_LOOPBACK, … */
	uint8_t operstate; /* IF_OPER_* */
	uint8_t hwaddr_len;
	uint8_t hwaddr[HWADDR_CAP];
	uint32_t mtu;
	uint32_t master;    /* ifindex of its bridge or bond, 0 if none */
	uint32_t parent;    /* IFLA_LINK: ifindex of lower device or veth peer, 0 if none */
	nsid_t parent_nsid; /* namespace of `parent` in *our* table, or the link's own */
	uint16_t vlan_id;   /* IFLA_VLAN_ID, 0 if it is no VLAN */
	uint16_t pvid;      /* of a port, and of a bridge: VLAN of untagged frames; 0: none, or
				 * not known. Only in our own namespace */
	bool is_vlan_aware; /* a bridge whose VLANs are networks of their own */
	uint8_t zero;
	uint16_t ipvlan_mode;   /* IPVLAN_MODE_L2, _L3, _L3S (linux/if_link.h) */
	char name[IF_NAMESIZE]; /* untrusted bytes, without '/' or white space */
	char kind[KIND_CAP];    /* "" if the driver has none */
	char alias[ALIAS_CAP];  /* untrusted bytes, newlines included; "" if none */
	bool is_granted;        /* ontapd has set the alias (device/grant.h) */
	bool is_of_user;        /* and did so for a user other than root */
	bool has_moved;         /* EV_LINK_GONE: moved to another namespace */
	uint8_t mode_flags;     /* of a macvlan MACVLAN_MODE_*, of an ipvlan IPVLAN_F_* */
};

struct event_addr {
	uint32_t ifindex;
	uint32_t flags;   /* IFA_FLAGS, all 32 bits */
	struct addr addr; /* this host's address: IFA_LOCAL if present, else IFA_ADDRESS */
	struct addr peer; /* point-to-point: the other end; ADDR_NONE otherwise */
	uint8_t prefix_len;
	uint8_t rt_scope; /* RT_SCOPE_* */
	/* When its valid lifetime ends, in seconds of the monotonic clock; 0: never. It moves with each
	 * router advertisement. */
	uint32_t expires_s;
	char label[IF_NAMESIZE]; /* IPv4: what IFA_LABEL has after its colon: "git" of "eth0:git";
				  * "" if it has none. Untrusted bytes */
	/* The guest behind the link has taken the address by itself: the kernel does not know it.
	 * Dumps neither list it nor remove it; it goes with its link. */
	bool is_guest;
	uint8_t zero[3];
};

/* The guest behind a link: a virtual machine that configures itself. */
struct event_guest {
	uint32_t ifindex;
	char name[GUEST_LABEL_CAP]; /* untrusted bytes; "": it says none */
};

/* An answer to the request for a packet socket. The socket comes with it. */
struct event_guest_socket {
	uint32_t ifindex;
	int32_t error; /* a negative errno, or 0 */
};

enum event_neighbour_kind {
	NEIGHBOUR_IS_THERE, /* `addr` has the hardware address `hwaddr` */
	NEIGHBOUR_IS_LOST,  /* `addr` does not answer (NUD_FAILED) */
	NEIGHBOUR_IS_BEHIND /* `hwaddr` is behind `ifindex`, a port of a bridge */
};

/* What the kernel knows about the machines on a link (RTM_NEWNEIGH). */
struct event_neighbour {
	uint32_t ifindex;
	uint16_t
		vid; /* NEIGHBOUR_IS_BEHIND: in that VLAN of the bridge; 0: it does not keep VLANs apart */
	uint8_t kind;      /* enum event_neighbour_kind */
	uint8_t hwaddr[6]; /* zero if it is not known */
	struct addr addr;  /* ADDR_NONE for NEIGHBOUR_IS_BEHIND */
	uint8_t zero[2];
};

/* A UTS namespace, and the host name that was set in it. */
struct event_hostname {
	uint64_t uts;      /* unique among the current ones; numbers are reused */
	bool is_own;       /* the daemon's own: its name is this host's */
	uint8_t owner;     /* enum event_owner */
	bool is_inherited; /* probably nobody in it has chosen the name: see model/relation.h */
	char name[HOSTNAME_CAP]; /* untrusted bytes */
	uint8_t zero[4];
};

/* A socket in our own namespace, on a port on which we want to serve. */
struct event_port {
	struct addr addr; /* unspecified: the wildcard; that of IPv6 may have IPv4, too */
	uint16_t port;
	bool is_tcp;
	int32_t pid;               /* 0: not known */
	char program[PROGRAM_CAP]; /* untrusted bytes; "" if not known */
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
		struct event_guest guest;
		struct event_port port;
		struct event_guest_socket guest_socket;
		struct event_neighbour neighbour;
	};
};
