/* SPDX-License-Identifier: ISC */
/* What the BPF programs for guests (autoconf.bpf.c) and their owner (ontapd/rewrite.c) share. */
#pragma once

enum { BPF_HWADDR_LEN = 6, BPF_ADDR_LEN = 16 };

/* Bits of struct bpf_guest.flags. */
enum {
	BPF_GUEST_ARP = 1,   /* may claim IPv4 addresses by ARP: those that nobody has */
	BPF_GUEST_ND = 2,    /* may claim IPv6 addresses by neighbour discovery */
	BPF_GUEST_SHARES = 4 /* has the parent's hardware address on the wire, as its siblings */
};

/* A guest behind a tap. Key of its map: the tap's ifindex. */
struct bpf_guest {
	unsigned char hwaddr[BPF_HWADDR_LEN]; /* in the guest */
	unsigned char
		wire_hwaddr[BPF_HWADDR_LEN]; /* on the wire: that of the parent, or the same */
	unsigned int wire;                   /* ifindex of the parent */
	unsigned int flags;
	unsigned int zero;
	unsigned long long told;  /* the programs': time of its last event, in nanoseconds */
	unsigned long long said;  /* the programs': its budget is full again then */
	unsigned long long heard; /* the same of what it hears from anybody */
};

/* An address on a wire. IPv4 is ::ffff:a.b.c.d. Value of its map: the ifindex of the tap that has the
 * address; 0: no tap may have it. */
struct bpf_claim {
	unsigned int wire;
	unsigned char addr[BPF_ADDR_LEN];
};

/* A parent whose taps are rewritten. Key of its map: its ifindex. */
struct bpf_parent {
	unsigned char hwaddr[BPF_HWADDR_LEN];
	unsigned char zero[2];
};

/* A frame was dropped because its source is not learnt: record of the ring buffer. */
struct bpf_stray {
	unsigned int ifindex; /* of the tap */
	unsigned char addr[BPF_ADDR_LEN];
};

/* Frames that a guest says, and of which the learner is told, at once and in a second: a machine that starts says some
 * twenty. As many again of those that it hears and that siblings may have said: not of routers and servers. A quarter of
 * the ring buffer, so that one guest leaves room for what the others say and hear. */
enum { BPF_SAID_BURST = 64, BPF_SAID_S = 100 };

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
