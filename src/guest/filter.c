/* SPDX-License-Identifier: ISC */
/*
 * Owns the program of the packet socket's filter.
 * Never opens a socket.
 */
#include "guest/filter.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "base/limits.h"

/* Where the headers are in a frame without a tag. */
enum {
	ETHER_TYPE = 12,
	IP = 14,
	IP4_FRAGMENT = IP + 6,
	IP4_PROTOCOL = IP + 9,
	IP6_NEXT = IP + 6,
	IP6_PAYLOAD = IP + 40,
	UDP_DEST = 2,
	IP4_FRAGMENT_BITS = 0x3fff /* more fragments, or an offset */
};

/* Where a jump goes, instead of a distance, until the program is complete. */
enum { NEXT = 0, PASS = 0xfe, DROP = 0xff };

#define LOAD(size, at)          BPF_STMT(BPF_LD | (size) | BPF_ABS, (uint32_t)(at))
#define IF_EQUAL(k, yes, no)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (yes), (no))
#define IF_NOT_LESS(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (k), (yes), (no))
#define IF_ANY_BIT(k, yes, no)  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (k), (yes), (no))

static const struct sock_filter tag[] = {
	LOAD(BPF_B, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
	IF_EQUAL(0, NEXT, DROP),
};

static const struct sock_filter frames[] = {
	LOAD(BPF_H, ETHER_TYPE),
	IF_EQUAL(ETH_P_ARP, PASS, NEXT),
	IF_EQUAL(ETH_P_IPV6, 9, NEXT),
	IF_EQUAL(ETH_P_IP, NEXT, DROP),
	/* IPv4: the length of the header is in its first byte. */
	LOAD(BPF_B, IP4_PROTOCOL),
	IF_EQUAL(IPPROTO_UDP, NEXT, DROP),
	LOAD(BPF_H, IP4_FRAGMENT),
	IF_ANY_BIT(IP4_FRAGMENT_BITS, DROP, NEXT),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, IP),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, IP + UDP_DEST),
	IF_EQUAL(67, PASS, NEXT),
	IF_EQUAL(68, PASS, DROP),
	/* IPv6 */
	LOAD(BPF_B, IP6_NEXT),
	IF_EQUAL(IPPROTO_ICMPV6, 4, NEXT),
	IF_EQUAL(IPPROTO_UDP, NEXT, DROP),
	LOAD(BPF_H, IP6_PAYLOAD + UDP_DEST),
	IF_EQUAL(546, PASS, NEXT),
	IF_EQUAL(547, PASS, DROP),
	LOAD(BPF_B, IP6_PAYLOAD),
	IF_NOT_LESS(133, NEXT, DROP),
	IF_NOT_LESS(137, DROP, PASS),
};

static const struct sock_filter ends[] = {
	BPF_STMT(BPF_RET | BPF_K, LIMIT_GUEST_FRAME),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static size_t append(
	struct sock_filter *out, size_t at, const struct sock_filter *part, size_t count)
{
	memcpy(out + at, part, count * sizeof(*part));
	return at + count;
}

/* Returns the distance from the instruction at `at` to that end: both are behind the other
 * instructions. */
static uint8_t distance(uint8_t jump, size_t at, size_t pass)
{
	if (jump != PASS && jump != DROP)
		return jump;
	return (uint8_t)(pass + (jump == DROP) - at - 1);
}

size_t guest_filter_make(struct sock_filter out[static GUEST_FILTER_CAP], bool untagged_only)
{
	_Static_assert(
		ARRAY_LEN(tag) + ARRAY_LEN(frames) + ARRAY_LEN(ends) <= GUEST_FILTER_CAP, "room");
	size_t len = untagged_only ? append(out, 0, tag, ARRAY_LEN(tag)) : 0;
	size_t pass = append(out, len, frames, ARRAY_LEN(frames));
	for (size_t at = 0; at < pass; at++) {
		if (BPF_CLASS(out[at].code) != BPF_JMP)
			continue;
		out[at].jt = distance(out[at].jt, at, pass);
		out[at].jf = distance(out[at].jf, at, pass);
	}
	return append(out, pass, ends, ARRAY_LEN(ends));
}
