/* SPDX-License-Identifier: ISC */
/* Frames as BPF programs of tc see them: the context, where headers are, and their forms. Included once, by a program. */
#pragma once

#include "bpf/types.bpf.h"

/* The first members of the kernel's context of such programs (linux/bpf.h). */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data; /* pointers, once the kernel has translated the access */
	__u32 data_end;
};

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_F_INGRESS = 1,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_F_MARK_MANGLED_0 = 1 << 5
};

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/autoconf.h"

#define ALWAYS_INLINE static __always_inline

/* Verdicts (linux/pkt_cls.h): DROP ends the chain; PASS asks the next program in it. */
enum { PASS = -1, DROP = 2, REDIRECT = 7 };
/* Of what a guest says: PASS, and the learner wants to know it. The same frames as those of guest/filter.c. */
enum { TELL = 3 };
enum { PACKET_BROADCAST = 1 };

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	ARP_REPLY = 2,
	PROTO_HOPOPTS = 0,
	PROTO_IGMP = 2,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_ICMPV6 = 58,
	PROTO_DSTOPTS = 60,
	PORT_DHCP_SERVER = 67,
	PORT_DHCP_CLIENT = 68,
	PORT_DHCPV6_CLIENT = 546,
	PORT_DHCPV6_SERVER = 547,
	GROUP_BIT = 1, /* of the first byte of a hardware address */
	LOCAL_BIT = 2,
	DHCP_BROADCAST = 0x8000, /* RFC 2131 §2 */
	ND_RS = 133,
	ND_RA = 134,
	ND_NS = 135,
	ND_NA = 136,
	ND_REDIRECT = 137,
	ND_SOURCE_HWADDR = 1,
	ND_TARGET_HWADDR = 2,
	ND_UNKNOWN = 253, /* RFC 4727: a receiver ignores it (RFC 4861 §4.6) */
	NA_OVERRIDE = 1 << 29,
	ND_OPTIONS_MAX = 8,
	EXTENSIONS_MAX = 6
};

/* Offsets in a frame. */
enum {
	AT_ETH_DEST = 0,
	AT_ETH_SOURCE = 6,
	AT_L3 = 14,
	AT_ARP_SENDER = AT_L3 + 8,
	AT_ARP_TARGET = AT_L3 + 18,
	AT_IPV6_SOURCE = AT_L3 + 8,
	AT_IPV6_PAYLOAD = AT_L3 + 40,
	AT_ICMPV6_CHECKSUM = AT_IPV6_PAYLOAD + 2,
	DHCP_FLAGS = 8 + 10, /* from the UDP header on */
	DHCP_CHADDR = 8 + 28,
	UDP_CHECKSUM = 6
};

/* The verifier allows no unaligned access to the stack. What follows the Ethernet header is at a multiple of four, as the
 * kernel counts (NET_IP_ALIGN). */
#define WIRE    __attribute__((packed, aligned(2)))
#define WIRE_L3 __attribute__((packed, aligned(4)))

struct eth {
	__u8 dest[BPF_HWADDR_LEN], source[BPF_HWADDR_LEN];
	__be16 type;
} WIRE;

struct arp {
	__be16 hardware, protocol;
	__u8 hardware_len, protocol_len;
	__be16 op;
	__u8 sender[BPF_HWADDR_LEN], sender_addr[4], target[BPF_HWADDR_LEN], target_addr[4];
} WIRE_L3;

struct ipv4 {
	__u8 version_and_len, tos;
	__be16 len, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__u8 source[4], dest[4];
} WIRE_L3;

struct ipv6 {
	__be32 version;
	__be16 payload_len;
	__u8 next, hops;
	__u8 source[16], dest[16];
} WIRE_L3;

struct udp {
	__be16 source, dest, len, checksum;
} WIRE_L3;

/* The first part of a frame, in which the headers of nearly each one are. `data` and `data_end` are read as they are
 * declared: the kernel makes pointers of them. */
#define FRAME(skb)     ((__u8 *)(long)(skb)->data)
#define FRAME_END(skb) ((__u8 *)(long)(skb)->data_end)

/* Copies a header: without a call, which takes longer than all the rest, if it is in the first part. `at` has a bound that
 * the verifier knows. 0; else the frame is shorter. */
#define LOAD(skb, at, to)                                                                          \
	(FRAME(skb) + (at) + sizeof(*(to)) <= FRAME_END(skb)                                       \
			? (*(to) = *(typeof(*(to)) *)(FRAME(skb) + (at)), 0)                       \
			: bpf_skb_load_bytes(skb, at, to, sizeof(*(to))))

/* Returns what an array has for the link of the frame, or NULL: bpf/autoconf.h says in which places. */
#define FIND(map, size, type, skb)                                                                 \
	({                                                                                         \
		type *found = (type *)0;                                                           \
		for (__u32 i = 0; i < BPF_PLACES && !found; i++) {                                 \
			__u32 at = ((skb)->ifindex + i) % (size);                                  \
			found = bpf_map_lookup_elem(map, &at);                                     \
			if (found && found->ifindex != (skb)->ifindex)                             \
				found = (type *)0;                                                 \
		}                                                                                  \
		found;                                                                             \
	})

ALWAYS_INLINE bool is_equal(const __u8 *a, const __u8 *b)
{
	const __u16 *x = (const __u16 *)a, *y = (const __u16 *)b;
	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

ALWAYS_INLINE bool is_zero(const __u8 *bytes, int len)
{
	__u16 all = 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < len / 2; i++)
		all |= ((const __u16 *)bytes)[i];
	return all == 0;
}

/* Spends one of a budget: struct budget of base/budget.h. On several CPUs at once, a few more may be. */
ALWAYS_INLINE bool may(__u64 *full_at, __u64 burst, __u64 per_s)
{
	const __u64 step = 1000000000 / per_s;
	__u64 now = bpf_ktime_get_ns(), after = *full_at;
	if (after < now)
		after = now;
	after += step;
	if (after > now + step * burst)
		return false;
	*full_at = after;
	return true;
}
