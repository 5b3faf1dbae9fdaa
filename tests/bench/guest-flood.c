/* SPDX-License-Identifier: ISC */
/*
 * Owns the load of a guest: frames that are written to the queue of a tap, as fast as it takes them, from the link-local
 * address of ONTAP_HWADDR, which is claimed before by a DAD probe. Never reads the queue.
 *
 *	ontap -t macvtap --autoconf SOCKET -- guest-flood DESTINATION-HWADDR
 *
 * Prints "ready". Then, for each line "BYTES COUNT" on standard input: sends so many packets of TCP with so much
 * payload (above the MSS: one for the kernel to cut, TSO), and prints the nanoseconds for one. Run by bench.py.
 */
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	MSS = 1420,
	VIRTIO_HEADER = sizeof(struct virtio_net_hdr),
	AT_IP = VIRTIO_HEADER + 14,
	AT_PAYLOAD = AT_IP + 40,
	TCP_HEADER = 20,
	BYTES_MAX = 65000,
	DAD_S = 2
};

static uint8_t frame[AT_PAYLOAD + TCP_HEADER + BYTES_MAX];
static uint8_t own_hwaddr[6], own_addr[16] = {0xfe, 0x80};
static int queue;

static void die(const char *what)
{
	perror(what);
	exit(111);
}

static void read_hwaddr(const char *text, uint8_t *to)
{
	if (!text || sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3,
			     to + 4, to + 5) != 6)
		die("hardware address");
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Writes the headers of Ethernet and IPv6 (RFC 8200 section 3). */
static void put_headers(const uint8_t *to, uint8_t protocol, size_t len)
{
	uint8_t *ip = frame + AT_IP;
	memset(frame, 0, AT_PAYLOAD + TCP_HEADER);
	memcpy(frame + VIRTIO_HEADER, to, 6);
	memcpy(frame + VIRTIO_HEADER + 6, own_hwaddr, 6);
	put16(frame + AT_IP - 2, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, len);
	ip[6] = protocol;
	ip[7] = 255;
}

static uint16_t checksum(const uint8_t *ip, size_t len)
{
	uint32_t sum = (uint32_t)len + ip[6];
	for (size_t i = 8; i < 40 + len; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A neighbour solicitation from :: for our own address (RFC 4862 section 5.4.2). */
static void claim(void)
{
	const uint8_t group[6] = {0x33, 0x33, 0xff, own_addr[13], own_addr[14], own_addr[15]};
	uint8_t *ip = frame + AT_IP, *ns = frame + AT_PAYLOAD;
	put_headers(group, IPPROTO_ICMPV6, 24);
	ip[24] = 0xff;
	ip[25] = 2;
	ip[35] = 1;
	ip[36] = 0xff;
	memcpy(ip + 37, own_addr + 13, 3);
	ns[0] = 135;
	memcpy(ns + 8, own_addr, 16);
	put16(ns + 2, checksum(ip, 24));
	if (write(queue, frame, AT_PAYLOAD + 24) < 0)
		die("write");
	sleep(DAD_S);
}

/* To an address that the destination has not: it drops them. */
static void put_segment(const uint8_t *to, size_t bytes)
{
	struct virtio_net_hdr *header = (struct virtio_net_hdr *)frame;
	uint8_t *ip = frame + AT_IP, *tcp = frame + AT_PAYLOAD;
	put_headers(to, IPPROTO_TCP, TCP_HEADER + bytes);
	memcpy(ip + 8, own_addr, 16);
	memcpy(ip + 24, own_addr, 16);
	ip[39] ^= 1;
	put16(tcp, 9);
	put16(tcp + 2, 9);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = 0x10;
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = AT_PAYLOAD - VIRTIO_HEADER;
	header->csum_offset = 16;
	if (bytes <= MSS)
		return;
	header->gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	header->gso_size = MSS;
	header->hdr_len = AT_PAYLOAD - VIRTIO_HEADER + TCP_HEADER;
}

static double flood(size_t bytes, long count)
{
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < count; i++)
		if (write(queue, frame, AT_PAYLOAD + TCP_HEADER + bytes) < 0)
			die("write");
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
	       (double)count;
}

int main(int argc, char **argv)
{
	const char *fd = getenv("ONTAP_FD0");
	uint8_t dest[6];
	unsigned bytes;
	long count;
	if (argc != 2 || !fd)
		return 2;
	queue = atoi(fd);
	read_hwaddr(argv[1], dest);
	read_hwaddr(getenv("ONTAP_HWADDR"), own_hwaddr);
	const uint8_t id[8] = {own_hwaddr[0] ^ 2, own_hwaddr[1], own_hwaddr[2], 0xff, 0xfe,
		own_hwaddr[3], own_hwaddr[4], own_hwaddr[5]};
	memcpy(own_addr + 8, id, sizeof(id));
	claim();
	printf("ready\n");
	fflush(stdout);
	while (scanf("%u %ld", &bytes, &count) == 2 && bytes <= BYTES_MAX) {
		put_segment(dest, bytes);
		printf("%.1f\n", flood(bytes, count));
		fflush(stdout);
	}
	return 0;
}
