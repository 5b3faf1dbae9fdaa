/* SPDX-License-Identifier: ISC */
/* What the BPF programs for guests (autoconf.bpf.c) and their owner (ontapd/rewrite.c) share. */
#pragma once

enum { BPF_HWADDR_LEN = 6, BPF_ADDR_LEN = 16 };

/* IPv6: link-local, of SLAAC, a temporary one, of DHCPv6. */
enum { BPF_OWN_V4 = 1, BPF_OWN_V6 = 4 };

/* Bits of struct bpf_guest.flags. */
enum {
	BPF_GUEST_ARP = 1,   /* may claim IPv4 addresses by ARP: those that nobody has */
	BPF_GUEST_ND = 2,    /* may claim IPv6 addresses by neighbour discovery */
	BPF_GUEST_SHARES = 4 /* has the parent's hardware address on the wire, as its siblings */
};

/* Guests and parents are in arrays, because the kernel looks into a hash table for longer than all the rest takes: from
 * place `ifindex` modulo the size on, at the first of so many places that is free. A program may see a part of a change,
 * in one frame. */
enum { BPF_GUESTS = 4096, BPF_PARENTS = 256, BPF_PLACES = 8 };

/* What the programs remember of a guest: when each budget is full again, in nanoseconds. */
struct bpf_spent {
	unsigned long long strays; /* when it had its last one */
	unsigned long long said;
	unsigned long long heard;            /* from anybody */
	unsigned long long routers, servers; /* who seem to be that */
	unsigned long long probed;           /* addresses for which it probes */
};

/* A guest behind a tap. */
struct bpf_guest {
	unsigned int ifindex;                 /* of the tap; 0: the place is free */
	unsigned char hwaddr[BPF_HWADDR_LEN]; /* in the guest */
	unsigned char
		wire_hwaddr[BPF_HWADDR_LEN]; /* on the wire: that of the parent, or the same */
	unsigned int wire;                   /* ifindex of the parent */
	unsigned int flags;
	/* Some of its claims, those of most frames, which are found without a look-up; zeros: none. */
	unsigned int own_v4[BPF_OWN_V4];
	unsigned int own_v6[BPF_OWN_V6][BPF_ADDR_LEN / 4];
	struct bpf_spent spent;
};

/* An address on a wire. IPv4 is ::ffff:a.b.c.d. Value of its map: the ifindex of the tap that has the
 * address; 0: no tap may have it. */
struct bpf_claim {
	unsigned int wire;
	unsigned char addr[BPF_ADDR_LEN];
};

/* A parent whose taps are rewritten. */
struct bpf_parent {
	unsigned int ifindex; /* 0: the place is free */
	unsigned char hwaddr[BPF_HWADDR_LEN];
	unsigned char zero[2];
};

/* A frame was dropped because its source is not learnt: record of the ring buffer. */
struct bpf_stray {
	unsigned int ifindex; /* of the tap */
	unsigned char addr[BPF_ADDR_LEN];
};

/* Frames that a guest says, and of which the learner is told, at once and in a second: a machine that starts says some
 * twenty. As many again of those that it hears and that siblings may have said; and of those of routers, and of servers, which
 * only strangers on the wire can make. A quarter of the ring buffer, so that one guest leaves room for what the others
 * say and hear. */
enum { BPF_SAID_BURST = 64, BPF_SAID_S = 100 };

/* Addresses for which a guest probes, at once and in a second; and how long another guest may not: until the first
 * one has it, which takes a second (RFC 4862 §5.1) or three (RFC 5227 §2.1.1). */
enum { BPF_PROBED_BURST = 32, BPF_PROBED_S = 10 };
#define BPF_PROBE_NS 4000000000ull

enum {
	BPF_HEARD_CAP = 2048,      /* bytes of a frame that are told */
	BPF_HEARD_BYTES = 1 << 19, /* of the ring buffer */
	BPF_SAYS = 0,
	BPF_HEARS = 1
};

/* A frame of interest: record of another ring buffer. What the guest says is as it is on the wire. */
struct bpf_heard {
	unsigned int ifindex; /* of the tap */
	unsigned int way;     /* BPF_SAYS, BPF_HEARS */
	unsigned int len;
	unsigned char bytes[BPF_HEARD_CAP];
};
