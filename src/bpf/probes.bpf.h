/* SPDX-License-Identifier: ISC */
/* Which addresses a guest may probe for, and the answer about others. A part of autoconf.bpf.c. */
#pragma once

#include "bpf/claims.bpf.h"

struct probe {
	__u32 ifindex, zero;
	__u64 until;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bpf_claim);
	__type(value, struct probe);
} probes SEC(".maps");

/* A guest that hears a probe for the address for which it probes itself gives that up (RFC 4862 §5.4.3, RFC 5227
 * §2.1.1). So a guest probes only for what it may have: not what somebody has, nor what another guest has probed for
 * a moment ago. TAKEN: it is told so. */
enum { TAKEN = 4 };

ALWAYS_INLINE int probe_from_guest(
	const struct __sk_buff *skb, struct bpf_guest *guest, const struct bpf_claim *claim)
{
	enum owner owner = owner_of(skb, claim);
	if (owner != NOBODY)
		return owner == OWN ? PASS : TAKEN;
	__u64 now = bpf_ktime_get_ns();
	const struct probe *known = bpf_map_lookup_elem(&probes, claim);
	bool is_known = known && known->until > now;
	if (is_known && known->ifindex != skb->ifindex)
		return TAKEN;
	if (!is_known && !may(&guest->spent.probed, BPF_PROBED_BURST, BPF_PROBED_S))
		return DROP;
	const struct probe own = {.ifindex = skb->ifindex, .until = now + BPF_PROBE_NS};
	return bpf_map_update_elem(&probes, claim, &own, 0) ? DROP : PASS;
}

/* Sends the frame back, from a hardware address that nobody has. */
ALWAYS_INLINE int send_back(struct __sk_buff *skb, const struct bpf_guest *guest, struct eth *eth)
{
	__builtin_memcpy(eth->source, guest->wire_hwaddr, BPF_HWADDR_LEN);
	eth->source[0] ^= LOCAL_BIT;
	if (bpf_skb_store_bytes(skb, 0, eth, sizeof(*eth), 0))
		return DROP;
	return bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

ALWAYS_INLINE int say_taken_v4(
	struct __sk_buff *skb, const struct bpf_guest *guest, const struct arp *probe)
{
	struct eth eth = {.dest = {255, 255, 255, 255, 255, 255}, .type = bpf_htons(TYPE_ARP)};
	struct arp arp = *probe;
	arp.op = bpf_htons(ARP_REPLY);
	__builtin_memcpy(arp.sender, guest->wire_hwaddr, BPF_HWADDR_LEN);
	arp.sender[0] ^= LOCAL_BIT;
	__builtin_memcpy(arp.sender_addr, probe->target_addr, 4);
	__builtin_memcpy(arp.target, guest->hwaddr, BPF_HWADDR_LEN);
	__builtin_memset(arp.target_addr, 0, 4);
	if (bpf_skb_store_bytes(skb, AT_L3, &arp, sizeof(arp), 0))
		return DROP;
	return send_back(skb, guest, &eth);
}

/* What differs between a probe and the advertisement that answers it (RFC 4861 §4.3, §4.4). */
struct nd_change {
	__u8 source[16], dest[16];
	__u8 type, code;
	__be16 checksum; /* left out */
	__be32 flags;
} WIRE_L3;

ALWAYS_INLINE int say_taken_v6(
	struct __sk_buff *skb, const struct bpf_guest *guest, const __u8 *target)
{
	struct eth eth = {.dest = {0x33, 0x33, 0, 0, 0, 1}, .type = bpf_htons(TYPE_IPV6)};
	struct nd_change before, after = {.dest = {0xff, 2, [15] = 1}, .type = ND_NA};
	if (bpf_skb_load_bytes(skb, AT_IPV6_SOURCE, &before, sizeof(before)))
		return DROP;
	__builtin_memcpy(after.source, target, sizeof(after.source));
	after.checksum = before.checksum;
	after.flags = bpf_htonl(NA_OVERRIDE);
	if (bpf_skb_store_bytes(skb, AT_IPV6_SOURCE, &after, sizeof(after), 0))
		return DROP;
	before.checksum = after.checksum = 0;
	__s64 change = bpf_csum_diff(
		(__be32 *)&before, sizeof(before), (__be32 *)&after, sizeof(after), 0);
	if (bpf_l4_csum_replace(skb, AT_ICMPV6_CHECKSUM, 0, (__u64)change, 0))
		return DROP;
	return send_back(skb, guest, &eth);
}
