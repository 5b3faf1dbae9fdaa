/* SPDX-License-Identifier: ISC */
/* Which frames the learner wants to know, and how it is told. A part of autoconf.bpf.c. */
#pragma once

#include "bpf/frames.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BPF_HEARD_BYTES);
} heard SEC(".maps");

/* Of what a guest hears. ANYBODY: siblings can say it, too; they cannot speak as a router or a server. */
enum source { UNWANTED, ROUTER, SERVER, ANYBODY };

ALWAYS_INLINE enum source source_of_udp(struct __sk_buff *skb, __u32 at, __u16 to, __u16 server)
{
	struct udp udp;
	if (LOAD(skb, at, &udp) || udp.dest != bpf_htons(to))
		return UNWANTED;
	return udp.source == bpf_htons(server) ? SERVER : ANYBODY;
}

/* Answers to others come here, too, when they are broadcast. */
ALWAYS_INLINE bool is_client(struct __sk_buff *skb, const struct bpf_guest *guest, __u32 at)
{
	__u8 chaddr[BPF_HWADDR_LEN] __attribute__((aligned(2)));
	return bpf_skb_load_bytes(skb, at + DHCP_CHADDR, chaddr, sizeof(chaddr)) == 0 &&
	       is_equal(chaddr, guest->hwaddr);
}

ALWAYS_INLINE enum source source_of_ipv4(struct __sk_buff *skb, const struct bpf_guest *guest)
{
	struct ipv4 ip;
	if (LOAD(skb, AT_L3, &ip) || ip.protocol != PROTO_UDP ||
		ip.fragment & bpf_htons(0x3fff)) /* more fragments, or an offset */
		return UNWANTED;
	__u32 at = AT_L3 + (ip.version_and_len & 15) * 4u;
	enum source source = source_of_udp(skb, at, PORT_DHCP_CLIENT, PORT_DHCP_SERVER);
	if (source != SERVER)
		return source;
	return is_client(skb, guest, at) ? SERVER : UNWANTED;
}

/* Of neighbour discovery: routers, and the conflicts of DAD. */
ALWAYS_INLINE enum source source_of_ipv6(struct __sk_buff *skb)
{
	struct ipv6 ip;
	__u8 type;
	if (LOAD(skb, AT_L3, &ip))
		return UNWANTED;
	if (ip.next == PROTO_UDP)
		return source_of_udp(skb, AT_IPV6_PAYLOAD, PORT_DHCPV6_CLIENT, PORT_DHCPV6_SERVER);
	if (ip.next != PROTO_ICMPV6 || LOAD(skb, AT_IPV6_PAYLOAD, &type))
		return UNWANTED;
	if (type == ND_RA)
		return ROUTER;
	bool is_conflict =
		(type == ND_NS && is_zero(ip.source, 16)) || (type == ND_NA && ip.dest[0] == 0xff);
	return is_conflict ? ANYBODY : UNWANTED;
}

ALWAYS_INLINE __u64 *budget_of(struct bpf_guest *guest, enum source source)
{
	if (source == ROUTER)
		return &guest->spent.routers;
	return source == SERVER ? &guest->spent.servers : &guest->spent.heard;
}

/* What a guest hears; the same frames as those of guest/filter.c. */
ALWAYS_INLINE bool is_wanted(struct __sk_buff *skb, struct bpf_guest *guest, __be16 type)
{
	enum source source = UNWANTED;
	if (skb->vlan_present)
		return false;
	if (type == bpf_htons(TYPE_IPV4))
		source = source_of_ipv4(skb, guest);
	else if (type == bpf_htons(TYPE_IPV6))
		source = source_of_ipv6(skb);
	return source != UNWANTED && may(budget_of(guest, source), BPF_SAID_BURST, BPF_SAID_S);
}

static __attribute__((noinline)) int tell(struct __sk_buff *skb, __u32 way)
{
	__u64 len = skb->len;
	if (len < AT_L3)
		return 0;
	struct bpf_heard *h = bpf_ringbuf_reserve(&heard, sizeof(*h), 0);
	if (!h)
		return 0;
	if (len > BPF_HEARD_CAP)
		len = BPF_HEARD_CAP;
	asm volatile("" : "+r"(len)); /* the verifier follows the register that was compared */
	h->ifindex = skb->ifindex;
	h->way = way;
	h->len = len;
	if (bpf_skb_load_bytes(skb, 0, h->bytes, len))
		bpf_ringbuf_discard(h, 0);
	else
		bpf_ringbuf_submit(h, 0);
	return 0;
}
