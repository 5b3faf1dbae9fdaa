/* SPDX-License-Identifier: ISC */
/*
 * Owns the BPF programs for guests that configure themselves: between the hardware address in the guest and
 * that of the parent on the wire (ipvtap), and a guard (ipvtap and macvtap).
 * Never allows what it does not understand. Run by the kernel; loaded and attached by ontapd/rewrite.c from
 * the array that `make bpf-object` makes of this.
 *
 *	               from the guest                            to the guest
 *	Ethernet       source: own one, else dropped; G to P     destination P to G
 *	ARP            sender G to P                             target P to G
 *	ND             options 1 and 2: G to P                   -
 *	DHCPv4         broadcast flag set                        -
 *	what is told   ARP, DHCP, ND                             DHCP, RA, conflicts of DAD
 *
 * On the parent: an ARP reply to a probe, and a DHCP answer to P or to a client itself, become broadcasts, because ipvlan has no
 * address yet by which it could choose the tap. An ARP reply to a probe, or an NA, in which P has an address that
 * none of us has is that of an access point that answers for its stations (proxy ARP): dropped. So is ARP to a guest in
 * which P has the guest's own address; but that a sibling has it is a conflict, and is heard.
 */
#include "bpf/claims.bpf.h"
#include "bpf/frames.bpf.h"
#include "bpf/probes.bpf.h"
#include "bpf/told.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_GUESTS);
	__type(key, __u32);
	__type(value, struct bpf_guest);
} guests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_PARENTS);
	__type(key, __u32);
	__type(value, struct bpf_parent);
} parents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 14);
} strays SEC(".maps");

/* --- strays ---------------------------------------------------------------------------------- */

/* Reports a source that is not learnt, so that it may be: at most a hundred in a second for a guest. */
static __attribute__((noinline)) int drop_stray(
	struct __sk_buff *skb, struct bpf_guest *guest, const struct bpf_claim *claim)
{
	__u64 now = bpf_ktime_get_ns();
	if (!guest || !claim || now - guest->spent.strays < 10000000)
		return DROP;
	guest->spent.strays = now;
	struct bpf_stray *stray = bpf_ringbuf_reserve(&strays, sizeof(*stray), 0);
	if (!stray)
		return DROP;
	stray->ifindex = skb->ifindex;
	__builtin_memcpy(stray->addr, claim->addr, sizeof(stray->addr));
	bpf_ringbuf_submit(stray, 0);
	return DROP;
}

/* --- ARP ------------------------------------------------------------------------------------ */

ALWAYS_INLINE bool is_arp(const struct arp *arp)
{
	return arp->hardware == bpf_htons(1) && arp->protocol == bpf_htons(TYPE_IPV4) &&
	       arp->hardware_len == BPF_HWADDR_LEN && arp->protocol_len == 4;
}

ALWAYS_INLINE int arp_from_guest(struct __sk_buff *skb, struct bpf_guest *guest)
{
	struct arp arp;
	if (bpf_skb_load_bytes(skb, AT_L3, &arp, sizeof(arp)) || !is_arp(&arp) ||
		!is_equal(arp.sender, guest->hwaddr))
		return DROP;
	if (is_zero(arp.sender_addr, 4)) { /* a probe (RFC 5227 §1.1) */
		struct bpf_claim target = claim_of_v4(guest, arp.target_addr);
		int verdict = probe_from_guest(skb, guest, &target);
		if (verdict != PASS)
			return verdict == TAKEN ? say_taken_v4(skb, guest, &arp) : DROP;
	} else {
		struct bpf_claim claim = claim_of_v4(guest, arp.sender_addr);
		enum owner owner = owner_of(skb, &claim);
		if (owner == OTHER)
			return DROP;
		if (owner == NOBODY && !(guest->flags & BPF_GUEST_ARP))
			return drop_stray(skb, guest, &claim);
	}
	if (bpf_skb_store_bytes(skb, AT_ARP_SENDER, guest->wire_hwaddr, BPF_HWADDR_LEN, 0))
		return DROP;
	return TELL;
}

/* --- IPv4 ----------------------------------------------------------------------------------- */

/* Without the flag, a server may answer to the hardware address in chaddr, which nobody on the wire has. */
ALWAYS_INLINE int set_broadcast_flag(struct __sk_buff *skb, __u32 at, const struct udp *udp)
{
	__be16 before, after;
	if (bpf_skb_load_bytes(skb, at + DHCP_FLAGS, &before, sizeof(before)))
		return DROP;
	after = before | bpf_htons(DHCP_BROADCAST);
	if (before == after)
		return PASS;
	if (udp->checksum && bpf_l4_csum_replace(skb, at + UDP_CHECKSUM, before, after,
				     BPF_F_MARK_MANGLED_0 | sizeof(after)))
		return DROP;
	return bpf_skb_store_bytes(skb, at + DHCP_FLAGS, &after, sizeof(after), 0) ? DROP : PASS;
}

ALWAYS_INLINE int udp_from_guest(struct __sk_buff *skb, const struct bpf_guest *guest, __u32 at)
{
	struct udp udp;
	__u8 chaddr[BPF_HWADDR_LEN] __attribute__((aligned(2)));
	if (LOAD(skb, at, &udp) || udp.source == bpf_htons(PORT_DHCP_SERVER))
		return DROP;
	if (udp.dest != bpf_htons(PORT_DHCP_SERVER) || udp.source != bpf_htons(PORT_DHCP_CLIENT))
		return PASS;
	if (bpf_skb_load_bytes(skb, at + DHCP_CHADDR, chaddr, sizeof(chaddr)) ||
		!is_equal(chaddr, guest->hwaddr))
		return DROP;
	if (!(guest->flags & BPF_GUEST_SHARES))
		return TELL;
	return set_broadcast_flag(skb, at, &udp) == DROP ? DROP : TELL;
}

ALWAYS_INLINE int ipv4_from_guest(struct __sk_buff *skb, struct bpf_guest *guest)
{
	struct ipv4 ip;
	if (LOAD(skb, AT_L3, &ip))
		return DROP;
	__u32 header_len = (ip.version_and_len & 15) * 4u;
	if (header_len < sizeof(ip))
		return DROP;
	bool is_rest = ip.fragment & bpf_htons(0x1fff);
	if (is_zero(ip.source, 4)) {
		if (is_rest || (ip.protocol != PROTO_UDP && ip.protocol != PROTO_IGMP))
			return DROP;
	} else if (!has_v4(guest, ip.source)) {
		struct bpf_claim claim = claim_of_v4(guest, ip.source);
		enum owner owner = owner_of(skb, &claim);
		if (owner != OWN)
			return owner == NOBODY ? drop_stray(skb, guest, &claim) : DROP;
	}
	if (ip.protocol != PROTO_UDP || is_rest)
		return PASS;
	return udp_from_guest(skb, guest, AT_L3 + header_len);
}

/* --- IPv6 ----------------------------------------------------------------------------------- */

struct nd_option {
	__u8 type, len; /* in units of eight bytes */
	__u8 hwaddr[BPF_HWADDR_LEN];
} WIRE;

/* Puts the other hardware address, and the type, into the option, and mends the checksum. */
ALWAYS_INLINE int replace_option(
	struct __sk_buff *skb, const struct bpf_guest *guest, __u32 at, __u8 type)
{
	struct nd_option before, after;
	if (bpf_skb_load_bytes(skb, at, &before, sizeof(before)) || before.len != 1 ||
		!is_equal(before.hwaddr, guest->hwaddr))
		return DROP;
	after.type = type;
	after.len = 1;
	__builtin_memcpy(after.hwaddr, guest->wire_hwaddr, BPF_HWADDR_LEN);
	__s64 change = bpf_csum_diff(
		(__be32 *)&before, sizeof(before), (__be32 *)&after, sizeof(after), 0);
	if (bpf_l4_csum_replace(skb, AT_ICMPV6_CHECKSUM, 0, (__u64)change, 0) ||
		bpf_skb_store_bytes(skb, at, &after, sizeof(after), 0))
		return DROP;
	return PASS;
}

/* `is_hidden`: the source must enter no table of neighbours yet. */
ALWAYS_INLINE int nd_options(
	struct __sk_buff *skb, const struct bpf_guest *guest, __u32 at, __u32 end, bool is_hidden)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < ND_OPTIONS_MAX; i++) {
		__u8 option[2];
		if (at >= end)
			return PASS;
		if (bpf_skb_load_bytes(skb, at, option, sizeof(option)) || option[1] == 0)
			return DROP;
		if (option[0] == ND_SOURCE_HWADDR || option[0] == ND_TARGET_HWADDR) {
			__u8 type = is_hidden ? ND_UNKNOWN : option[0];
			if (replace_option(skb, guest, at, type) == DROP)
				return DROP;
		}
		at += option[1] * 8u;
	}
	return DROP;
}

/* Neighbour discovery is a claim: of its target in an NA and in a probe, else of its source. An
 * RS comes at the same time as the end of DAD, so it may be earlier than the address is learnt. */
ALWAYS_INLINE int nd_from_guest(
	struct __sk_buff *skb, struct bpf_guest *guest, const struct ipv6 *ip, __u8 type)
{
	__u32 end = AT_IPV6_PAYLOAD + bpf_ntohs(ip->payload_len);
	if (type == ND_RA || type == ND_REDIRECT)
		return DROP;
	struct bpf_claim source = claim_of_v6(guest, ip->source);
	bool is_probe = is_zero(ip->source, 16), is_hidden = false;
	if (!is_probe && owner_of(skb, &source) != OWN) {
		if (type != ND_RS || owner_of(skb, &source) == OTHER ||
			!(guest->flags & BPF_GUEST_ND))
			return drop_stray(skb, guest, &source);
		is_hidden = true;
	}
	if (type == ND_RS)
		return nd_options(skb, guest, AT_IPV6_PAYLOAD + 8, end, is_hidden);
	__u8 addr[BPF_ADDR_LEN] __attribute__((aligned(4)));
	if (bpf_skb_load_bytes(skb, AT_IPV6_PAYLOAD + 8, addr, sizeof(addr)))
		return DROP;
	struct bpf_claim target = claim_of_v6(guest, addr);
	if (type == ND_NA && (is_probe || owner_of(skb, &target) != OWN))
		return drop_stray(skb, guest, &target);
	if (type == ND_NS && is_probe) {
		int verdict = probe_from_guest(skb, guest, &target);
		if (verdict != PASS)
			return verdict == TAKEN ? say_taken_v6(skb, guest, addr) : DROP;
	}
	return nd_options(skb, guest, AT_IPV6_PAYLOAD + 24, end, false);
}

/* Follows the extension headers, behind which a guest could hide what it must not say. Returns the protocol
 * behind them, with its offset; PROTO_FRAGMENT: a fragment that is not the first; negative: too many. */
ALWAYS_INLINE int skip_extensions(struct __sk_buff *skb, __u8 next, __u32 *at)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		__u8 header[4];
		if (next != PROTO_HOPOPTS && next != PROTO_ROUTING && next != PROTO_DSTOPTS &&
			next != PROTO_FRAGMENT)
			return next;
		if (bpf_skb_load_bytes(skb, *at, header, sizeof(header)))
			return -1;
		bool is_fragment = next == PROTO_FRAGMENT;
		if (is_fragment && (header[2] || header[3] & 0xf8))
			return PROTO_FRAGMENT;
		next = header[0];
		*at += is_fragment ? 8 : header[1] * 8u + 8;
	}
	return -1;
}

ALWAYS_INLINE int told_if_pass(int verdict)
{
	return verdict == PASS ? TELL : verdict;
}

ALWAYS_INLINE bool is_nd(__u8 type)
{
	return type >= ND_RS && type <= ND_REDIRECT;
}

ALWAYS_INLINE int ipv6_from_guest(struct __sk_buff *skb, struct bpf_guest *guest)
{
	struct ipv6 ip;
	__u32 at = AT_IPV6_PAYLOAD;
	__u8 type = 0;
	struct udp udp = {0};
	if (LOAD(skb, AT_L3, &ip))
		return DROP;
	int protocol = skip_extensions(skb, ip.next, &at);
	if (protocol < 0 || (protocol == PROTO_ICMPV6 && bpf_skb_load_bytes(skb, at, &type, 1)))
		return DROP;
	if (protocol == PROTO_ICMPV6 && is_nd(type)) {
		if (at != AT_IPV6_PAYLOAD)
			return DROP;
		return told_if_pass(nd_from_guest(skb, guest, &ip, type));
	}
	if (protocol == PROTO_UDP &&
		(LOAD(skb, at, &udp) || udp.source == bpf_htons(PORT_DHCPV6_SERVER)))
		return DROP;
	if (is_zero(ip.source, 16)) /* reports of groups (RFC 3810 §5.2.13) */
		return protocol == PROTO_ICMPV6 ? PASS : DROP;
	if (!has_v6(guest, ip.source)) {
		struct bpf_claim claim = claim_of_v6(guest, ip.source);
		enum owner owner = owner_of(skb, &claim);
		bool is_new = owner == NOBODY && ip.source[0] == 0xfe && ip.source[1] == 0x80 &&
			      (guest->flags & BPF_GUEST_ND);
		if (owner != OWN && !is_new)
			return owner == NOBODY ? drop_stray(skb, guest, &claim) : DROP;
	}
	return udp.dest == bpf_htons(PORT_DHCPV6_SERVER) && at == AT_IPV6_PAYLOAD ? TELL : PASS;
}

/* --- the taps ------------------------------------------------------------------------------- */

ALWAYS_INLINE int judge(struct __sk_buff *skb, struct bpf_guest *guest, __be16 type)
{
	if (type == bpf_htons(TYPE_IPV4))
		return ipv4_from_guest(skb, guest);
	if (type == bpf_htons(TYPE_IPV6))
		return ipv6_from_guest(skb, guest);
	return type == bpf_htons(TYPE_ARP) ? arp_from_guest(skb, guest) : DROP;
}

/* Written directly: nobody else has a frame that comes from a queue. What a guest hears is often shared with others, and
 * the kernel would copy each frame for a program that may write. Returns false if there is no source. */
ALWAYS_INLINE bool replace_source(struct __sk_buff *skb, const struct bpf_guest *guest)
{
	struct eth *eth = (struct eth *)FRAME(skb);
	if ((__u8 *)(eth + 1) > FRAME_END(skb))
		return false;
	__builtin_memcpy(eth->source, guest->wire_hwaddr, sizeof(eth->source));
	return true;
}

/* Most frames are TCP, from an address that is kept with the guest: nothing in them is to be read but headers of a known
 * length. judge() would say the same. */
ALWAYS_INLINE bool is_plain(const struct __sk_buff *skb, const struct bpf_guest *guest)
{
	const struct eth *eth = (const struct eth *)FRAME(skb);
	const struct ipv6 *v6 = (const struct ipv6 *)(eth + 1);
	const struct ipv4 *v4 = (const struct ipv4 *)(eth + 1);
	if ((__u8 *)(v6 + 1) > FRAME_END(skb) || skb->vlan_present ||
		!is_equal(eth->source, guest->hwaddr))
		return false;
	if (eth->type == bpf_htons(TYPE_IPV6))
		return v6->next == PROTO_TCP && has_v6(guest, v6->source);
	return eth->type == bpf_htons(TYPE_IPV4) && v4->version_and_len == 0x45 &&
	       v4->protocol == PROTO_TCP && has_v4(guest, v4->source);
}

SEC("tc")
int from_guest(struct __sk_buff *skb)
{
	struct eth eth;
	struct bpf_guest *guest = FIND(&guests, BPF_GUESTS, struct bpf_guest, skb);
	if (guest && is_plain(skb, guest))
		return replace_source(skb, guest) ? PASS : DROP;
	if (!guest || skb->vlan_present || LOAD(skb, 0, &eth) ||
		!is_equal(eth.source, guest->hwaddr))
		return DROP;
	int verdict = judge(skb, guest, eth.type);
	if (verdict == DROP || verdict == REDIRECT)
		return verdict;
	if (!replace_source(skb, guest))
		return DROP;
	if (verdict == TELL && may(&guest->spent.said, BPF_SAID_BURST, BPF_SAID_S))
		tell(skb, BPF_SAYS);
	return PASS;
}

/* P has the guest's own address: the guest has said so itself, or an access point for it. */
ALWAYS_INLINE bool is_echo(
	const struct __sk_buff *skb, const struct bpf_guest *guest, const struct arp *arp)
{
	struct bpf_claim claim = claim_of_v4(guest, arp->sender_addr);
	return is_equal(arp->sender, guest->wire_hwaddr) && owner_of(skb, &claim) == OWN;
}

SEC("tc")
int to_guest(struct __sk_buff *skb)
{
	struct eth eth;
	struct arp arp;
	struct bpf_guest *guest = FIND(&guests, BPF_GUESTS, struct bpf_guest, skb);
	if (!guest || LOAD(skb, 0, &eth))
		return PASS;
	if (is_wanted(skb, guest, eth.type))
		tell(skb, BPF_HEARS);
	if (!(guest->flags & BPF_GUEST_SHARES))
		return PASS;
	if (is_equal(eth.dest, guest->wire_hwaddr))
		bpf_skb_store_bytes(skb, AT_ETH_DEST, guest->hwaddr, BPF_HWADDR_LEN, 0);
	if (eth.type != bpf_htons(TYPE_ARP) || bpf_skb_load_bytes(skb, AT_L3, &arp, sizeof(arp)) ||
		!is_arp(&arp))
		return PASS;
	if (is_echo(skb, guest, &arp))
		return DROP;
	if (is_equal(arp.target, guest->wire_hwaddr))
		bpf_skb_store_bytes(skb, AT_ARP_TARGET, guest->hwaddr, BPF_HWADDR_LEN, 0);
	return PASS;
}

/* --- the parent ----------------------------------------------------------------------------- */

ALWAYS_INLINE int make_broadcast(struct __sk_buff *skb)
{
	static const __u8 all[BPF_HWADDR_LEN] = {255, 255, 255, 255, 255, 255};
	bpf_skb_store_bytes(skb, AT_ETH_DEST, all, sizeof(all), 0);
	bpf_skb_change_type(skb, PACKET_BROADCAST);
	return PASS;
}

/* A guest or the host has the address. */
ALWAYS_INLINE bool is_known(const struct __sk_buff *skb, const __u8 *addr)
{
	const struct bpf_guest on_wire = {.wire = skb->ifindex};
	struct bpf_claim claim = claim_of_v4(&on_wire, addr);
	return bpf_map_lookup_elem(&claims, &claim);
}

/* A sibling's reply to a probe comes here, too: ipvlan passes on to the parent what is to P and no tap's. It would give
 * it to no tap, because it takes what has P and a tap's address as its source for an echo: so the Ethernet
 * source, which no receiver of ARP reads, becomes another one. */
ALWAYS_INLINE int spread_sibling(struct __sk_buff *skb, const struct bpf_parent *parent)
{
	__u8 first = parent->hwaddr[0] ^ LOCAL_BIT;
	bpf_skb_store_bytes(skb, AT_ETH_SOURCE, &first, sizeof(first), 0);
	return make_broadcast(skb);
}

ALWAYS_INLINE int arp_on_parent(
	struct __sk_buff *skb, const struct bpf_parent *parent, bool is_to_us)
{
	struct arp arp;
	if (bpf_skb_load_bytes(skb, AT_L3, &arp, sizeof(arp)) || !is_arp(&arp) ||
		arp.op != bpf_htons(ARP_REPLY) || !is_zero(arp.target_addr, 4))
		return PASS;
	if (is_equal(arp.sender, parent->hwaddr))
		return is_known(skb, arp.sender_addr) ? spread_sibling(skb, parent) : DROP;
	return is_to_us ? make_broadcast(skb) : PASS;
}

/* A DHCP answer, to P or to the hardware address in it: the card may take those, too. */
ALWAYS_INLINE int ipv4_on_parent(struct __sk_buff *skb, const struct eth *eth, bool is_to_us)
{
	__u8 chaddr[BPF_HWADDR_LEN] __attribute__((aligned(2)));
	struct ipv4 ip;
	struct udp udp;
	if (LOAD(skb, AT_L3, &ip) || ip.protocol != PROTO_UDP || ip.fragment & bpf_htons(0x1fff))
		return PASS;
	__u32 at = AT_L3 + (ip.version_and_len & 15) * 4u;
	if (LOAD(skb, at, &udp) || udp.source != bpf_htons(PORT_DHCP_SERVER) ||
		udp.dest != bpf_htons(PORT_DHCP_CLIENT))
		return PASS;
	if (!is_to_us && (bpf_skb_load_bytes(skb, at + DHCP_CHADDR, chaddr, sizeof(chaddr)) ||
				 !is_equal(chaddr, eth->dest)))
		return PASS;
	return make_broadcast(skb);
}

/* An NA that answers a DAD probe goes to all nodes and is not solicited (RFC 4861 §7.2.4). */
ALWAYS_INLINE int ipv6_on_parent(struct __sk_buff *skb, const struct bpf_parent *parent)
{
	struct ipv6 ip;
	struct nd_option option;
	__u8 type;
	if (LOAD(skb, AT_L3, &ip) || ip.next != PROTO_ICMPV6 || ip.dest[0] != 0xff ||
		LOAD(skb, AT_IPV6_PAYLOAD, &type) || type != ND_NA ||
		bpf_skb_load_bytes(skb, AT_IPV6_PAYLOAD + 24, &option, sizeof(option)))
		return PASS;
	bool is_ours = option.type == ND_TARGET_HWADDR && is_equal(option.hwaddr, parent->hwaddr);
	return is_ours ? DROP : PASS;
}

SEC("tc")
int on_parent(struct __sk_buff *skb)
{
	struct eth eth;
	const struct bpf_parent *parent = FIND(&parents, BPF_PARENTS, struct bpf_parent, skb);
	if (!parent || LOAD(skb, 0, &eth))
		return PASS;
	bool is_to_us = is_equal(eth.dest, parent->hwaddr);
	if (eth.type == bpf_htons(TYPE_ARP))
		return arp_on_parent(skb, parent, is_to_us);
	if (eth.type == bpf_htons(TYPE_IPV4) && !(eth.dest[0] & GROUP_BIT))
		return ipv4_on_parent(skb, &eth, is_to_us);
	return eth.type == bpf_htons(TYPE_IPV6) ? ipv6_on_parent(skb, parent) : PASS;
}

char bpf_license[] SEC("license") = "Dual BSD/GPL";
