/* SPDX-License-Identifier: ISC */
/*
 * Owns the program of the packet socket's filter.
 * Never opens a socket.
 */
#include "guest/filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/limits.h"
#include "guest/nd.h"

/* Where the headers are in a frame without a tag. */
enum {
	ETHER_TYPE = 12,
	IP = 14,
	IP4_FRAGMENT = IP + 6,
	IP4_PROTOCOL = IP + 9,
	IP6_NEXT = IP + 6,
	IP6_SOURCE = IP + 8,
	IP6_DEST = IP + 24,
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

/* The frames that leave the link come first, then those that arrive. */
static struct sock_filter direction(size_t leaving_count)
{
	return (struct sock_filter)IF_EQUAL(PACKET_OUTGOING, NEXT, (uint8_t)leaving_count);
}

static const struct sock_filter kind[] = {LOAD(BPF_B, SKF_AD_OFF + SKF_AD_PKTTYPE)};

static const struct sock_filter tag[] = {
	LOAD(BPF_B, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
	IF_EQUAL(0, NEXT, DROP),
};

/* IPv4: the length of the header is in its first byte. Six instructions, which leave the port. */
#define LOAD_IP4_PORT                                                                              \
	LOAD(BPF_B, IP4_PROTOCOL), IF_EQUAL(IPPROTO_UDP, NEXT, DROP), LOAD(BPF_H, IP4_FRAGMENT),   \
		IF_ANY_BIT(IP4_FRAGMENT_BITS, DROP, NEXT),                                         \
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, IP),                                           \
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, IP + UDP_DEST)

/* What the guest says. */
static const struct sock_filter says[] = {
	LOAD(BPF_H, ETHER_TYPE),
	IF_EQUAL(ETH_P_ARP, PASS, NEXT),
	IF_EQUAL(ETH_P_IPV6, 8, NEXT),
	IF_EQUAL(ETH_P_IP, NEXT, DROP),
	LOAD_IP4_PORT,
	IF_EQUAL(67, PASS, DROP),
	/* IPv6 */
	LOAD(BPF_B, IP6_NEXT),
	IF_EQUAL(IPPROTO_ICMPV6, 3, NEXT),
	IF_EQUAL(IPPROTO_UDP, NEXT, DROP),
	LOAD(BPF_H, IP6_PAYLOAD + UDP_DEST),
	IF_EQUAL(547, PASS, DROP),
	LOAD(BPF_B, IP6_PAYLOAD),
	IF_NOT_LESS(ND_RS, NEXT, DROP),
	IF_NOT_LESS(ND_NA + 1, DROP, PASS),
};

/* What the guest hears. */
static const struct sock_filter hears[] = {
	LOAD(BPF_H, ETHER_TYPE),
	IF_EQUAL(ETH_P_IPV6, 8, NEXT),
	IF_EQUAL(ETH_P_IP, NEXT, DROP),
	LOAD_IP4_PORT,
	IF_EQUAL(68, PASS, DROP),
	/* IPv6 */
	LOAD(BPF_B, IP6_NEXT),
	IF_EQUAL(IPPROTO_ICMPV6, 3, NEXT),
	IF_EQUAL(IPPROTO_UDP, NEXT, DROP),
	LOAD(BPF_H, IP6_PAYLOAD + UDP_DEST),
	IF_EQUAL(546, PASS, DROP),
	LOAD(BPF_B, IP6_PAYLOAD),
	IF_EQUAL(ND_RA, PASS, NEXT),
	IF_EQUAL(ND_NA, 9, NEXT),
	IF_EQUAL(ND_NS, NEXT, DROP),
	/* An NS from :: */
	LOAD(BPF_W, IP6_SOURCE),
	IF_EQUAL(0, NEXT, DROP),
	LOAD(BPF_W, IP6_SOURCE + 4),
	IF_EQUAL(0, NEXT, DROP),
	LOAD(BPF_W, IP6_SOURCE + 8),
	IF_EQUAL(0, NEXT, DROP),
	LOAD(BPF_W, IP6_SOURCE + 12),
	IF_EQUAL(0, PASS, DROP),
	/* An NA to a group */
	LOAD(BPF_B, IP6_DEST),
	IF_EQUAL(0xff, PASS, DROP),
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

size_t guest_filter_make(
	struct sock_filter out[static GUEST_FILTER_CAP], bool untagged_only, bool is_inverse)
{
	_Static_assert(ARRAY_LEN(tag) + ARRAY_LEN(kind) + 1 + ARRAY_LEN(says) + ARRAY_LEN(hears) +
				       ARRAY_LEN(ends) <=
			       GUEST_FILTER_CAP,
		"room");
	const size_t says_count = ARRAY_LEN(says), hears_count = ARRAY_LEN(hears);
	const struct sock_filter branch = direction(is_inverse ? says_count : hears_count);
	size_t len = untagged_only ? append(out, 0, tag, ARRAY_LEN(tag)) : 0;
	len = append(out, len, kind, ARRAY_LEN(kind));
	len = append(out, len, &branch, 1);
	if (is_inverse)
		len = append(out, len, says, says_count);
	size_t pass = append(out, len, hears, hears_count);
	if (!is_inverse)
		pass = append(out, pass, says, says_count);
	for (size_t at = 0; at < pass; at++) {
		if (BPF_CLASS(out[at].code) != BPF_JMP)
			continue;
		out[at].jt = distance(out[at].jt, at, pass);
		out[at].jf = distance(out[at].jf, at, pass);
	}
	return append(out, pass, ends, ARRAY_LEN(ends));
}
