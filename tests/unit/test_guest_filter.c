/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of guest/filter.h: the program in an interpreter and in the kernel, and compared with what the
 * automaton makes of the frames.
 * Run by `make check`.
 */
#include "guest/filter.h"

#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest_rig.h"
#include "unit.h"

static uint8_t bytes[FRAME_CAP];
static struct wr w = {.start = bytes};
static struct sock_filter program[GUEST_FILTER_CAP];

/* What the kernel knows of a frame besides its bytes. */
struct frame_of {
	const uint8_t *bytes;
	size_t len;
	bool has_tag;
	enum guest_way way;
};

/* Of a tap, what it sends is what the guest hears; of a macvtap, what the guest says. */
static bool is_inverse;

/* Loads as BPF_ABS and BPF_IND do. False: outside of the frame, which ends the program. */
static bool load(const struct frame_of *f, unsigned size, uint32_t at, uint32_t *ret)
{
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)) {
		*ret = f->has_tag;
		return true;
	}
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
		*ret = (f->way == GUEST_SAYS) == is_inverse ? PACKET_OUTGOING : PACKET_BROADCAST;
		return true;
	}
	unsigned len = size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
	if (at > f->len || f->len - at < len)
		return false;
	*ret = len == 4 ? get_u32(f->bytes + at) : len == 2 ? get_u16(f->bytes + at) : f->bytes[at];
	return true;
}

static bool is_true(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ: return a == i->k;
	case BPF_JGE: return a >= i->k;
	case BPF_JSET: return (a & i->k) != 0;
	case BPF_JA: return true;
	default: fail_msg("unknown jump %#x", i->code);
	}
	return false;
}

/* How many bytes of the frame pass. */
static uint32_t run(size_t count, const struct frame_of *f)
{
	uint32_t a = 0, x = 0;
	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *i = &program[at];
		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			if (!load(f, BPF_SIZE(i->code),
				    i->k + (BPF_MODE(i->code) == BPF_IND ? x : 0), &a))
				return 0;
			break;
		case BPF_LDX:
			assert_int_equal(i->code, BPF_LDX | BPF_B | BPF_MSH);
			if (!load(f, BPF_B, i->k, &x))
				return 0;
			x = 4 * (x & 15);
			break;
		case BPF_JMP: at += is_true(i, a) ? i->jt : i->jf; break;
		case BPF_RET: return i->k;
		default: fail_msg("unknown instruction %#x", i->code);
		}
	}
	fail_msg("the program has no end");
	return 0;
}

static bool passes(size_t count, enum guest_way way, const uint8_t *frame, size_t len)
{
	const struct frame_of f = {.bytes = frame, .len = len, .way = way};
	uint32_t snap = run(count, &f);
	assert_true(snap == 0 || snap == LIMIT_GUEST_FRAME);
	return snap > 0;
}

/* Each builder makes one frame of interest. */
static void dhcp(void)
{
	frame_dhcp4(&w, GUEST_HW, &(struct rig_dhcp4){.type = 1});
}

static void dhcp_reply(void)
{
	frame_dhcp4(&w, GUEST_HW, &(struct rig_dhcp4){.type = 5, .is_reply = true});
}

static void arp(void)
{
	frame_arp(&w, GUEST_HW, "10.0.0.7", "10.0.0.1");
}

static void dhcp6(void)
{
	frame_dhcp6(&w, GUEST_HW, "fe80::7", "ff02::1:2", &(struct rig_dhcp6){.type = 1});
}

static void dhcp6_reply(void)
{
	frame_dhcp6(&w, GUEST_HW, "fe80::1", "fe80::7", &(struct rig_dhcp6){.type = 7});
}

static void ra(void)
{
	frame_ra(&w, "fe80::1", "2001:db8::", 64, 60);
}

static void ns(void)
{
	frame_nd(&w, GUEST_HW, 135, "fe80::7", "ff02::1", "fe80::1");
}

static void probe(void)
{
	frame_nd(&w, GUEST_HW, 135, "::", "ff02::1", "fe80::1");
}

static void na_to_all(void)
{
	frame_nd(&w, GUEST_HW, 136, "fe80::7", "ff02::1", "fe80::7");
}

static void na_to_one(void)
{
	frame_nd(&w, GUEST_HW, 136, "fe80::7", "fe80::1", "fe80::7");
}

static void rs(void)
{
	frame_nd(&w, GUEST_HW, 133, "fe80::7", "ff02::2", "fe80::1");
}

/* Which frames pass that the guest says, and which that it hears. */
static const struct {
	void (*build)(void);
	bool is_said, is_heard;
} builders[] = {{dhcp, true, false}, {dhcp_reply, false, true}, {arp, true, false},
	{dhcp6, true, false}, {dhcp6_reply, false, true}, {ra, true, true}, {ns, true, false},
	{probe, true, true}, {na_to_all, true, true}, {na_to_one, true, false}, {rs, true, false}};

static bool is_of_interest(size_t builder, enum guest_way way)
{
	return way == GUEST_SAYS ? builders[builder].is_said : builders[builder].is_heard;
}

static void what_is_of_interest_passes(void **state UNUSED)
{
	for (int how = 0; how < 4; how++) {
		is_inverse = how & 1;
		size_t count = guest_filter_make(program, how & 2, is_inverse);
		for (size_t i = 0; i < 2 * ARRAY_LEN(builders); i++) {
			builders[i / 2].build();
			enum guest_way way = i % 2 ? GUEST_HEARS : GUEST_SAYS;
			assert_int_equal(
				passes(count, way, bytes, wr_len(&w)), is_of_interest(i / 2, way));
		}
	}
	is_inverse = false;
}

static void a_tag_is_seen(void **state UNUSED)
{
	for (int untagged_only = 0; untagged_only < 2; untagged_only++) {
		size_t count = guest_filter_make(program, untagged_only, false);
		arp();
		const struct frame_of f = {.bytes = bytes, .len = wr_len(&w), .has_tag = true};
		assert_int_equal(run(count, &f) > 0, !untagged_only);
	}
}

static void ordinary_traffic_does_not_pass(void **state UNUSED)
{
	size_t count = guest_filter_make(program, true, false);
	const struct {
		void (*build)(void);
		unsigned at; /* the byte that differs */
		uint8_t value;
	} cases[] =
		{
			{dhcp, 23, 6},                     /* TCP */
			{dhcp, 23, 1},                     /* ICMP */
			{dhcp, 37, 53},                    /* to port 53 */
			{dhcp, 37, 69}, {dhcp, 36, 1},     /* to port 323 */
			{dhcp, 20, 0x20},                  /* more fragments */
			{dhcp, 21, 1},                     /* an offset */
			{dhcp6, 20, 6}, {dhcp6, 57, 0x24}, /* 548 */
			{dhcp6, 57, 0x21},                 /* 545 */
			{ns, 54, 132}, {ns, 54, 137},      /* redirect */
			{ns, 54, 128},                     /* ping */
			{ns, 54, 1}, {ns, 20, 0},          /* hop-by-hop options first */
			{arp, 12, 0x81},                   /* 0x8106 */
			{arp, 13, 0x35},                   /* RARP */
		},
	  heard[] = {
		  {dhcp_reply, 23, 6},
		  {dhcp_reply, 37, 67},
		  {dhcp_reply, 20, 0x20},
		  {dhcp6_reply, 57, 0x23},
		  {dhcp6_reply, 20, 6},
		  {ra, 54, 137},
		  {ra, 54, 132},
		  {na_to_all, 38, 0xfe},
		  {probe, 22, 0xfe},
		  {probe, 26, 1},
		  {probe, 33, 1},
		  {probe, 37, 1},
	  };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cases[i].build();
		assert_int_not_equal(bytes[cases[i].at], cases[i].value);
		bytes[cases[i].at] = cases[i].value;
		assert_false(passes(count, GUEST_SAYS, bytes, wr_len(&w)));
	}
	for (size_t i = 0; i < ARRAY_LEN(heard); i++) {
		heard[i].build();
		assert_true(passes(count, GUEST_HEARS, bytes, wr_len(&w)));
		bytes[heard[i].at] = heard[i].value;
		assert_false(passes(count, GUEST_HEARS, bytes, wr_len(&w)));
	}
}

static void options_of_ip_are_skipped(void **state UNUSED)
{
	size_t count = guest_filter_make(program, true, false);
	dhcp();
	memmove(bytes + 38, bytes + 34, wr_len(&w) - 34);
	memset(bytes + 34, 1, 4);
	bytes[14] = 0x46;
	assert_true(passes(count, GUEST_SAYS, bytes, wr_len(&w) + 4));
}

/* A frame that is cut anywhere does not crash the program, and passes only with the bytes that
 * decide. */
static void cut_frames(void **state UNUSED)
{
	size_t count = guest_filter_make(program, true, false);
	for (size_t i = 0; i < ARRAY_LEN(builders); i++) {
		builders[i].build();
		bool before = false;
		enum guest_way way = builders[i].is_heard ? GUEST_HEARS : GUEST_SAYS;
		for (size_t len = 0; len <= wr_len(&w); len++) {
			bool now = passes(count, way, bytes, len);
			assert_true(now || !before);
			before = now;
		}
		assert_true(before);
	}
}

static uint32_t random_state = 1;

static uint32_t next_random(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static struct guest_rig all, filtered;

/* A random frame from one of the builders, with a few bytes changed. Returns its length. */
static size_t random_frame(void)
{
	builders[next_random(ARRAY_LEN(builders))].build();
	for (unsigned flips = next_random(4); flips > 0; flips--)
		bytes[12 + next_random(60)] = (uint8_t)next_random(256);
	return next_random(4) ? wr_len(&w) : next_random((uint32_t)wr_len(&w));
}

static bool has_extensions(void)
{
	return get_u16(bytes + 12) == 0x86dd && bytes[20] != 17 && bytes[20] != 58;
}

/* Two guests, of which one hears only what passes, are told to have the same. */
static void what_is_dropped_would_change_nothing(void **state UNUSED)
{
	size_t count = guest_filter_make(program, true, false);
	unsigned told = 0, dropped = 0;
	rig_start(&all, "any", NULL);
	rig_start(&filtered, "any", NULL);
	for (unsigned i = 0; i < 200000; i++) {
		const size_t len = random_frame();
		const enum guest_way way = next_random(2) ? GUEST_SAYS : GUEST_HEARS;
		if (has_extensions())
			continue;
		all.now = filtered.now += next_random(2) * (NS_PER_S / 4);
		guest_hear(all.g, way, bytes, len, all.now);
		bool does_pass = passes(count, way, bytes, len);
		dropped += !does_pass;
		if (does_pass)
			guest_hear(filtered.g, way, bytes, len, filtered.now);
		else
			guest_poll(filtered.g, filtered.now);
		assert_string_equal(filtered.log, all.log);
		told += all.log[0] != '\0';
		all.log[0] = filtered.log[0] = '\0';
	}
	rig_stop(&all);
	rig_stop(&filtered);
	assert_true(told > 1000 && dropped > 50000);
}

/* The kernel runs the same program on a datagram, which needs no privilege. It has no tag. */
static void the_kernel_takes_the_program(void **state UNUSED)
{
	int ends[2];
	struct sock_fprog fprog = {
		.len = (unsigned short)guest_filter_make(program, true, false), .filter = program};
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(
		setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), 0);
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t got[FRAME_CAP];
		builders[i % ARRAY_LEN(builders)].build();
		if (i >= ARRAY_LEN(builders))
			bytes[12 + next_random(46)] ^= (uint8_t)(1u << next_random(8));
		bool expected = passes(fprog.len, GUEST_SAYS, bytes, wr_len(&w));
		(void)!send(ends[0], bytes, wr_len(&w),
			0); /* a frame that is dropped may be an error */
		ssize_t len = recv(ends[1], got, sizeof(got), 0);
		assert_int_equal(len, expected ? (ssize_t)wr_len(&w) : -1);
	}
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_of_interest_passes),
		cmocka_unit_test(a_tag_is_seen),
		cmocka_unit_test(ordinary_traffic_does_not_pass),
		cmocka_unit_test(options_of_ip_are_skipped),
		cmocka_unit_test(cut_frames),
		cmocka_unit_test(what_is_dropped_would_change_nothing),
		cmocka_unit_test(the_kernel_takes_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
