/* SPDX-License-Identifier: ISC */
/* Who has an address. A part of autoconf.bpf.c. */
#pragma once

#include "bpf/frames.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, 1); /* BPF_F_NO_PREALLOC */
	__type(key, struct bpf_claim);
	__type(value, __u32);
} claims SEC(".maps");

enum owner { NOBODY, OWN, OTHER };

ALWAYS_INLINE enum owner owner_of(const struct __sk_buff *skb, const struct bpf_claim *claim)
{
	const __u32 *ifindex = bpf_map_lookup_elem(&claims, claim);
	if (!ifindex)
		return NOBODY;
	return *ifindex == skb->ifindex ? OWN : OTHER;
}

ALWAYS_INLINE struct bpf_claim claim_of_v4(const struct bpf_guest *guest, const __u8 *addr)
{
	struct bpf_claim claim = {.wire = guest->wire, .addr = {[10] = 0xff, [11] = 0xff}};
	__builtin_memcpy(&claim.addr[12], addr, 4);
	return claim;
}

ALWAYS_INLINE struct bpf_claim claim_of_v6(const struct bpf_guest *guest, const __u8 *addr)
{
	struct bpf_claim claim = {.wire = guest->wire};
	__builtin_memcpy(claim.addr, addr, sizeof(claim.addr));
	return claim;
}

/* The same question about the source of a frame, answered at once for most frames. `addr`: not zeros. */
ALWAYS_INLINE bool has_v4(const struct bpf_guest *guest, const __u8 *addr)
{
	return *(const __u32 *)addr == guest->own_v4[0] && guest->own_v4[0] != 0;
}

ALWAYS_INLINE bool has_v6(const struct bpf_guest *guest, const __u8 *addr)
{
	const __u32 *a = (const __u32 *)addr;
#pragma clang loop unroll(full)
	for (int i = 0; i < BPF_OWN_V6; i++) {
		const __u32 *own = guest->own_v6[i];
		if (a[3] == own[3] && a[2] == own[2] && a[1] == own[1] && a[0] == own[0] &&
			a[0] != 0)
			return true;
	}
	return false;
}
