/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of a lease: a guest on a tap asks for an address, a server on the bridge gives it another one each
 * time, and a client asks for the guest's name until the answer has it.
 * Never starts a server. Run by bench.py in the namespace of the bridge.
 *
 *	lease COUNT TAP BRIDGE ADDR PORT NAME
 *
 * Prints the microseconds from before the ACK is sent to the first right answer, as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "asked.h"
#include "base/cursor.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum {
	COUNT_MAX = 10000,
	PATIENCE_MS = 20, /* for one reply */
	GIVE_UP_S = 600,  /* for one lease: after so long something hangs */
	PAUSE_MS = 5,     /* between request and ACK, so that they are separate */
	DHCP_REQUEST = 3,
	DHCP_ACK = 5,
	LEASE_S = 3600,
	FRAME_CAP = 512
};

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t guest_hwaddr[6] = {0x52, 0x54, 0, 0, 0, 7};
static const uint8_t server_hwaddr[6] = {0x52, 0x54, 0, 0, 0, 1};

static struct lease {
	int tap, server, client;
	uint8_t query[512];
	size_t query_len;
} lease;

static int open_tap(const char *ifname)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		asked_die(ifname);
	return fd;
}

static int open_bridge(const char *ifname)
{
	struct ifreq request = {0};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &request))
		asked_die(ifname);
	const struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = request.ifr_ifindex};
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		asked_die(ifname);
	return fd;
}

static void make_query(struct lease *l, const char *text)
{
	struct name name;
	struct pack p;
	pack_init(&p, l->query, sizeof(l->query), 0, 0);
	if (name_from_text(text, NULL, &name) || pack_question(&p, name.wire, RR_A, CLASS_IN))
		asked_die(text);
	l->query_len = p.len;
}

static void put_message(struct wr *w, bool is_ack, uint32_t xid, const uint8_t addr[4])
{
	static const uint8_t zero[202], cookie[4] = {0x63, 0x82, 0x53, 0x63};
	wr_u32(w, is_ack ? 0x02010600 : 0x01010600);
	wr_u32(w, xid);
	wr_bytes(w, zero, 8);
	wr_bytes(w, is_ack ? addr : zero, 4);
	wr_bytes(w, zero, 8);
	wr_bytes(w, guest_hwaddr, 6);
	wr_bytes(w, zero, 202);
	wr_bytes(w, cookie, sizeof(cookie));
	wr_u16(w, 53 << 8 | 1);
	wr_u8(w, is_ack ? DHCP_ACK : DHCP_REQUEST);
	wr_u16(w, is_ack ? 51 << 8 | 4 : 50 << 8 | 4);
	if (is_ack)
		wr_u32(w, LEASE_S);
	else
		wr_bytes(w, addr, 4);
	wr_u8(w, 255);
}

/* Without checksums, as between virtual devices. */
static size_t make_frame(uint8_t frame[FRAME_CAP], bool is_ack, uint32_t xid, const uint8_t addr[4])
{
	uint8_t message[FRAME_CAP];
	struct wr body = wr_init(message, sizeof(message)), w = wr_init(frame, FRAME_CAP);
	put_message(&body, is_ack, xid, addr);
	const uint16_t len = (uint16_t)wr_len(&body);
	wr_bytes(&w, everybody, 6);
	wr_bytes(&w, is_ack ? server_hwaddr : guest_hwaddr, 6);
	wr_u16(&w, ETH_P_IP);
	wr_u16(&w, 0x4500);
	wr_u16(&w, (uint16_t)(28 + len));
	wr_u32(&w, 0);
	wr_u32(&w, 64u << 24 | 17u << 16);
	wr_u32(&w, is_ack ? 0x0a610002 : 0); /* 10.97.0.2 */
	wr_u32(&w, UINT32_MAX);
	wr_u32(&w, is_ack ? 67u << 16 | 68 : 68u << 16 | 67);
	wr_u16(&w, (uint16_t)(8 + len));
	wr_u16(&w, 0);
	wr_bytes(&w, message, len);
	if (w.err)
		asked_die("frame");
	return wr_len(&w);
}

static void send_frame(int fd, bool is_ack, uint32_t xid, const uint8_t addr[4])
{
	uint8_t frame[FRAME_CAP];
	size_t len = make_frame(frame, is_ack, xid, addr);
	if (write(fd, frame, len) != (ssize_t)len)
		asked_die(is_ack ? "bridge" : "tap");
}

/* Sends a question, and waits for a reply to it, or to the same one sent before. */
static bool has_answer(struct lease *l, const uint8_t addr[4])
{
	uint8_t reply[4096];
	if (send(l->client, l->query, l->query_len, 0) < 0)
		return false;
	for (;;) {
		ssize_t len = recv(l->client, reply, sizeof(reply), 0);
		if (len < 0)
			return false;
		if (len >= 2 && memcmp(reply, l->query, 2) == 0)
			return memmem(reply + 2, (size_t)len - 2, addr, 4) != NULL;
	}
}

/* Returns when the answer is right; 0: not in that time. */
static ns_t give(struct lease *l, unsigned i, ns_t patience)
{
	const uint8_t addr[4] = {10, 97, (uint8_t)(1 + i / 250), (uint8_t)(1 + i % 250)};
	const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};
	send_frame(l->tap, false, i + 1, addr);
	nanosleep(&pause, NULL);
	put_u16(l->query, (uint16_t)(i + 1));
	const ns_t start = loop_now();
	send_frame(l->server, true, i + 1, addr);
	while (!has_answer(l, addr))
		if (loop_now() - start > patience)
			return 0;
	return loop_now() - start;
}

/* The tap is listened to when it has carrier, which is since this program has opened it. */
static void wait_until_heard(struct lease *l)
{
	for (int tries = 0; give(l, COUNT_MAX, NS_PER_S / 10) == 0; tries++)
		if (tries > 10 * GIVE_UP_S) {
			errno = ETIMEDOUT;
			asked_die("the guest is not heard");
		}
}

int main(int argc, char **argv)
{
	struct lease *l = &lease;
	if (argc != 7) {
		fputs("usage: lease COUNT TAP BRIDGE ADDR PORT NAME\n", stderr);
		return 100;
	}
	const unsigned count = (unsigned)atoi(argv[1]);
	l->tap = open_tap(argv[2]);
	l->server = open_bridge(argv[3]);
	l->client = asked_connect(argv[4], argv[5], PATIENCE_MS);
	make_query(l, argv[6]);
	wait_until_heard(l);
	printf("[");
	for (unsigned i = 0; i < count && i < COUNT_MAX; i++) {
		const ns_t taken = give(l, i, GIVE_UP_S * NS_PER_S);
		if (taken == 0)
			asked_die("no answer");
		printf("%s%.1f", i ? "," : "", (double)taken / 1e3);
	}
	printf("]\n");
	return 0;
}
