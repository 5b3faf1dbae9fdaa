/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of that filter.
 * Never looks at a packet itself: the kernel does.
 */
#include "net/own_source.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <sys/socket.h>

enum { WORDS = 4, IPV6_SOURCE = 8 /* offset in the IPv6 header */ };

struct writer {
	struct sock_filter *out;
	unsigned len;
};

static void put(struct writer *w, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t k)
{
	w->out[w->len++] = (struct sock_filter){code, if_true, if_false, k};
}

static uint32_t word_of(const struct addr *a, unsigned i)
{
	const uint8_t *b = a->bytes + 4 * i;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Drops the packet if its source, which is in the scratch memory, is that address. */
static void put_addr(struct writer *w, const struct addr *a)
{
	for (unsigned i = 0; i < WORDS; i++) {
		const unsigned rest = 2 * (WORDS - 1 - i) + 1; /* up to the next address */
		put(w, BPF_LD | BPF_MEM, 0, 0, i);
		put(w, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)rest, word_of(a, i));
	}
	put(w, BPF_RET | BPF_K, 0, 0, 0);
}

unsigned own_source_write(const struct addr *addrs, size_t count, struct sock_filter *out)
{
	struct writer w = {out, 0};
	/* What is multicast here and comes back is marked by dev_loopback_xmit(); nothing that a
	 * device receives is. */
	put(&w, BPF_LD | BPF_B | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
	put(&w, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_LOOPBACK);
	put(&w, BPF_RET | BPF_K, 0, 0, UINT32_MAX);
	for (unsigned i = 0; i < WORDS; i++) {
		put(&w, BPF_LD | BPF_W | BPF_ABS, 0, 0,
			(uint32_t)(SKF_NET_OFF + IPV6_SOURCE) + 4 * i);
		put(&w, BPF_ST, 0, 0, i);
	}
	for (size_t i = 0, found = 0; i < count && found < OWN_SOURCE_ADDRS; i++) {
		if (addrs[i].family != ADDR_V6)
			continue;
		put_addr(&w, &addrs[i]);
		found++;
	}
	put(&w, BPF_RET | BPF_K, 0, 0, UINT32_MAX);
	return w.len;
}

int own_source_attach(int fd, const struct addr *addrs, size_t count)
{
	struct sock_filter filter[OWN_SOURCE_CAP];
	const struct sock_fprog program = {
		.len = (unsigned short)own_source_write(addrs, count, filter), .filter = filter};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}
