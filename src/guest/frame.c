/* SPDX-License-Identifier: ISC */
/*
 * Owns the formats of Ethernet, ARP, IPv4, IPv6 and UDP headers.
 * Never looks at checksums: in frames between virtual devices they are often not computed yet.
 */
#include "guest/frame.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "base/limits.h"

enum {
	IP4_HEADER = 20,
	IP6_HEADER = 40,
	UDP_HEADER = 8,
	IP4_FRAGMENT_BITS = 0x3fff, /* more fragments, or an offset */
	ND_HOP_LIMIT = 255,
	ARP_ETHERNET = 1,
	ARP_REQUEST = 1,
	ARP_REPLY = 2
};

static int read_udp(struct frame *f, struct rd *r)
{
	rd_bytes(r, 2);
	uint16_t port = rd_u16(r), len = rd_u16(r);
	rd_bytes(r, 2);
	if (r->err)
		return r->err;
	if (len < UDP_HEADER)
		return ERR_SYNTAX;
	bool is_v4 = f->source.family == ADDR_V4;
	f->is_to_client = port == 68 || port == 546;
	if (is_v4 && (port == 67 || port == 68))
		f->kind = FRAME_DHCP;
	else if (!is_v4 && (port == 546 || port == 547))
		f->kind = FRAME_DHCPV6;
	else
		return ERR_ABSENT;
	const uint8_t *payload = rd_bytes(r, len - UDP_HEADER);
	if (!payload)
		return ERR_SHORT;
	f->body = rd_init(payload, len - UDP_HEADER);
	return 0;
}

static int read_icmp6(struct frame *f, struct rd *r, uint8_t hop_limit)
{
	if (rd_left(r) == 0)
		return ERR_SHORT;
	if (r->at[0] < 133 || r->at[0] > 136)
		return ERR_ABSENT;
	if (hop_limit != ND_HOP_LIMIT)
		return ERR_SYNTAX;
	f->kind = FRAME_ND;
	f->body = rd_init(r->at, rd_left(r));
	return 0;
}

/* Cuts the cursor to the `len` bytes that the IP header announces: short frames are padded (to
 * 60 bytes). */
static int cut_to(struct rd *r, size_t len)
{
	if (rd_left(r) < len)
		return ERR_SHORT;
	*r = rd_init(r->at, len);
	return 0;
}

static int read_ip4(struct frame *f, struct rd *r)
{
	const uint8_t *ip = rd_bytes(r, IP4_HEADER);
	if (!ip)
		return ERR_SHORT;
	size_t header = 4u * (ip[0] & 15u), total = get_u16(ip + 2);
	if (ip[0] >> 4 != 4 || header < IP4_HEADER || total < header)
		return ERR_SYNTAX;
	if ((get_u16(ip + 6) & IP4_FRAGMENT_BITS) != 0 || ip[9] != IPPROTO_UDP)
		return ERR_ABSENT;
	f->source = addr_make(ADDR_V4, ip + 12);
	f->dest = addr_make(ADDR_V4, ip + 16);
	rd_bytes(r, header - IP4_HEADER);
	if (r->err || cut_to(r, total - header))
		return ERR_SHORT;
	return read_udp(f, r);
}

/* Skips an extension header whose length is in its second byte. Returns the next header, or
 * ERR_SHORT. */
static int skip_extension(struct rd *r)
{
	uint8_t next = rd_u8(r);
	size_t len = 8 * ((size_t)rd_u8(r) + 1);
	rd_bytes(r, len - 2);
	return r->err ? r->err : next;
}

static bool is_extension(int next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS;
}

static int read_ip6(struct frame *f, struct rd *r)
{
	const uint8_t *ip = rd_bytes(r, IP6_HEADER);
	if (!ip)
		return ERR_SHORT;
	if (ip[0] >> 4 != 6)
		return ERR_SYNTAX;
	f->source = addr_make(ADDR_V6, ip + 8);
	f->dest = addr_make(ADDR_V6, ip + 24);
	if (cut_to(r, get_u16(ip + 4)))
		return ERR_SHORT;
	int next = ip[6];
	for (int i = 0; i < LIMIT_GUEST_EXTENSIONS && is_extension(next); i++)
		next = skip_extension(r);
	if (next < 0)
		return next;
	if (next == IPPROTO_UDP)
		return read_udp(f, r);
	return next == IPPROTO_ICMPV6 ? read_icmp6(f, r, ip[7]) : ERR_ABSENT;
}

int frame_read(const void *bytes, size_t len, struct frame *ret)
{
	struct rd r = rd_init(bytes, len);
	*ret = (struct frame){.to = rd_bytes(&r, ETH_ALEN), .from = rd_bytes(&r, ETH_ALEN)};
	uint16_t type = rd_u16(&r);
	if (r.err)
		return r.err;
	switch (type) {
	case ETH_P_ARP:
		ret->kind = FRAME_ARP;
		ret->body = rd_init(r.at, rd_left(&r));
		return 0;
	case ETH_P_IP: return read_ip4(ret, &r);
	case ETH_P_IPV6: return read_ip6(ret, &r);
	default: return ERR_ABSENT;
	}
}

int arp_read(struct rd body, struct arp *ret)
{
	uint16_t hardware = rd_u16(&body), protocol = rd_u16(&body);
	uint8_t hardware_len = rd_u8(&body), protocol_len = rd_u8(&body);
	uint16_t op = rd_u16(&body);
	const uint8_t *sender_hwaddr = rd_bytes(&body, ETH_ALEN), *sender = rd_bytes(&body, 4);
	rd_bytes(&body, ETH_ALEN);
	const uint8_t *target = rd_bytes(&body, 4);
	if (!target)
		return ERR_SHORT;
	if (hardware != ARP_ETHERNET || protocol != ETH_P_IP || hardware_len != ETH_ALEN ||
		protocol_len != 4 || (op != ARP_REQUEST && op != ARP_REPLY))
		return ERR_SYNTAX;
	ret->sender_hwaddr = sender_hwaddr;
	ret->sender = addr_make(ADDR_V4, sender);
	ret->target = addr_make(ADDR_V4, target);
	return 0;
}
