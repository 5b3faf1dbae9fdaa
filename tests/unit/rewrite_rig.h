/* SPDX-License-Identifier: ISC */
/* For tests of bpf/autoconf.bpf.c: runs its programs over single frames (BPF_PROG_TEST_RUN), where kernel and
 * privileges allow that. */
#pragma once

#include "bpf/autoconf.h"
#include "ontapd/rewrite.h"

enum {
	LINK = 1, /* of the kernel's test frames: lo */
	WIRE = 7,
	PASS = -1,
	DROP = 2,
	REDIRECT = 7,
	FRAME_CAP = 600,
	ICMPV6 = 58,
	UDP = 17
};

extern const uint8_t guest_hw[6], parent_hw[6], other_hw[6], all_hw[6];

struct frame {
	uint8_t bytes[FRAME_CAP];
	size_t len;
	uint8_t *l3; /* behind the Ethernet header */
};

extern struct rewrite *rewrite; /* NULL: it cannot be loaded here */

/* Loads the programs, for a guest with 10.0.0.7, 2001:db8::7 and fe80::7; 10.0.0.1 and fe80::1 are no guest's. On the
 * wire of the program on the parent, a guest has 10.0.0.8. */
int set_up(void **state UNUSED);
int tear_down(void **state UNUSED);
/* Behind an ipvtap. */
struct bpf_guest test_guest(const uint8_t *hw, const uint8_t *wire_hw);
/* Skips the test without the programs. */
void need_bpf(void);

/* Runs the program over the frame, which it may change. Returns the verdict. */
int run(enum rewrite_program program, struct frame *f);
int run_often(
	enum rewrite_program program, struct frame *f, uint32_t repeat, uint32_t *ret_duration_ns);

/* Frames, and their parts. */
struct addr parse(const char *text);
struct frame ethernet(const uint8_t *dest, const uint8_t *source, uint16_t type);
uint8_t *grow(struct frame *f, size_t len);
struct frame arp(const uint8_t *source, const uint8_t *sender_hw, const char *sender,
	const uint8_t *target_hw, const char *target);
struct frame ipv6(const char *source, const char *dest, uint8_t next);
void end_v6(struct frame *f, size_t at, uint8_t protocol, size_t checksum_at);
struct frame nd(uint8_t type, const char *source, const char *target, const uint8_t *hw1,
	const uint8_t *hw2);
struct frame ipv4_udp(const char *source, const char *dest, uint16_t from, uint16_t to);
struct frame dhcp(const uint8_t *chaddr, uint16_t flags, bool has_checksum);

/* Sums with the pseudo header: 0xffff if a checksum is right. */
uint16_t sum_v6(const struct frame *f, size_t at, uint8_t protocol);
uint16_t sum_v4(const struct frame *f);
