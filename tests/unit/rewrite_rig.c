/* SPDX-License-Identifier: ISC */
/*
 * Owns the programs under test, what they know, and the making of frames.
 * Never attaches a program.
 */
#include "rewrite_rig.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cursor.h"
#include "unit.h"

const uint8_t guest_hw[6] = {2, 0xaa, 0xbb, 0xcc, 0xdd, 1};
const uint8_t parent_hw[6] = {2, 0x11, 0x22, 0x33, 0x44, 5};
const uint8_t other_hw[6] = {2, 0x99, 0x88, 0x77, 0x66, 9};
const uint8_t all_hw[6] = {255, 255, 255, 255, 255, 255};

struct rewrite *rewrite;

struct addr parse(const char *text)
{
	struct addr addr;
	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* Runs the program `repeat` times over the frame, which it may change. Returns the verdict. */
int run_often(
	enum rewrite_program program, struct frame *f, uint32_t repeat, uint32_t *ret_duration_ns)
{
	uint8_t out[FRAME_CAP];
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)rewrite_program_fd(rewrite, program);
	attr.test.data_in = (uintptr_t)f->bytes;
	attr.test.data_size_in = (uint32_t)f->len;
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = sizeof(out);
	attr.test.repeat = repeat;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.test.data_size_out, f->len);
	memcpy(f->bytes, out, f->len);
	if (ret_duration_ns)
		*ret_duration_ns = attr.test.duration;
	return (int)attr.test.retval;
}

int run(enum rewrite_program program, struct frame *f)
{
	return run_often(program, f, 1, NULL);
}

/* --- frames ------------------------------------------------------------------------------- */

struct frame ethernet(const uint8_t *dest, const uint8_t *source, uint16_t type)
{
	struct frame f = {.len = 14};
	memcpy(f.bytes, dest, 6);
	memcpy(f.bytes + 6, source, 6);
	put_u16(f.bytes + 12, type);
	return f;
}

uint8_t *grow(struct frame *f, size_t len)
{
	uint8_t *at = f->bytes + f->len;
	f->len += len;
	assert_true(f->len <= sizeof(f->bytes));
	return at;
}

struct frame arp(const uint8_t *source, const uint8_t *sender_hw, const char *sender,
	const uint8_t *target_hw, const char *target)
{
	struct frame f = ethernet(all_hw, source, 0x0806);
	uint8_t *a = grow(&f, 28);
	const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 2};
	struct addr from = parse(sender), to = parse(target);
	memcpy(a, head, sizeof(head));
	memcpy(a + 8, sender_hw, 6);
	memcpy(a + 14, from.bytes, 4);
	memcpy(a + 18, target_hw, 6);
	memcpy(a + 24, to.bytes, 4);
	return f;
}

static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		so_far += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	return so_far;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)value;
}

/* The sum over an upper layer with its pseudo header: 0xffff if its checksum is right. */
uint16_t sum_v6(const struct frame *f, size_t at, uint8_t protocol)
{
	size_t len = f->len - at;
	uint32_t value = sum(0, f->bytes + 14 + 8, 32) + protocol + (uint32_t)len;
	return fold(sum(value, f->bytes + at, len));
}

struct frame ipv6(const char *source, const char *dest, uint8_t next)
{
	struct frame f = ethernet(all_hw, guest_hw, 0x86dd);
	uint8_t *ip = grow(&f, 40);
	struct addr from = parse(source), to = parse(dest);
	ip[0] = 0x60;
	ip[6] = next;
	ip[7] = 255;
	memcpy(ip + 8, from.bytes, 16);
	memcpy(ip + 24, to.bytes, 16);
	return f;
}

void end_v6(struct frame *f, size_t at, uint8_t protocol, size_t checksum_at)
{
	put_u16(f->bytes + 14 + 4, (uint16_t)(f->len - 54));
	put_u16(f->bytes + at + checksum_at, 0);
	put_u16(f->bytes + at + checksum_at, (uint16_t)~sum_v6(f, at, protocol));
}

static void add_option(struct frame *f, uint8_t type, const uint8_t *hw)
{
	uint8_t *option = grow(f, 8);
	option[0] = type;
	option[1] = 1;
	memcpy(option + 2, hw, 6);
}

/* A message of neighbour discovery with up to two hardware addresses. */
struct frame nd(uint8_t type, const char *source, const char *target, const uint8_t *hw1,
	const uint8_t *hw2)
{
	struct frame f = ipv6(source, "ff02::1", ICMPV6);
	uint8_t *icmp = grow(&f, 8);
	icmp[0] = type;
	if (type != 133) {
		struct addr addr = parse(target);
		memcpy(grow(&f, 16), addr.bytes, 16);
	}
	if (hw1)
		add_option(&f, type == 136 ? 2 : 1, hw1);
	if (hw2)
		add_option(&f, 1, hw2);
	end_v6(&f, 54, ICMPV6, 2);
	return f;
}

struct frame ipv4_udp(const char *source, const char *dest, uint16_t from, uint16_t to)
{
	struct frame f = ethernet(all_hw, guest_hw, 0x0800);
	uint8_t *ip = grow(&f, 20), *udp = grow(&f, 8);
	struct addr src = parse(source), dst = parse(dest);
	ip[0] = 0x45;
	ip[8] = 64;
	ip[9] = UDP;
	memcpy(ip + 12, src.bytes, 4);
	memcpy(ip + 16, dst.bytes, 4);
	put_u16(udp, from);
	put_u16(udp + 2, to);
	return f;
}

uint16_t sum_v4(const struct frame *f)
{
	uint32_t value = sum(UDP + (uint32_t)(f->len - 34), f->bytes + 26, 8);
	return fold(sum(value, f->bytes + 34, f->len - 34));
}

struct frame dhcp(const uint8_t *chaddr, uint16_t flags, bool has_checksum)
{
	struct frame f = ipv4_udp("0.0.0.0", "255.255.255.255", 68, 67);
	uint8_t *boot = grow(&f, 240 + 4);
	boot[0] = boot[1] = 1;
	boot[2] = 6;
	put_u16(boot + 10, flags);
	memcpy(boot + 28, chaddr, 6);
	put_u16(f.bytes + 34 + 4, (uint16_t)(f.len - 34));
	if (has_checksum)
		put_u16(f.bytes + 34 + 6, (uint16_t)~sum_v4(&f));
	return f;
}

/* --- the programs, and what they know ------------------------------------------------------ */

struct bpf_guest test_guest(const uint8_t *hw, const uint8_t *wire_hw)
{
	struct bpf_guest guest = {.wire = WIRE, .flags = BPF_GUEST_ND | BPF_GUEST_SHARES};
	memcpy(guest.hwaddr, hw, 6);
	memcpy(guest.wire_hwaddr, wire_hw, 6);
	return guest;
}

/* A guest with 10.0.0.7, 2001:db8::7 and fe80::7; 10.0.0.1 and fe80::1 are no guest's. On the wire of the program on the
 * parent, a guest has 10.0.0.8. */
int set_up(void **state UNUSED)
{
	char why[REWRITE_WHY_CAP];
	const struct bpf_guest guest = test_guest(guest_hw, parent_hw);
	if (rewrite_open(&rewrite, why)) {
		print_message("skipped: %s\n", why);
		return 0;
	}
	assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
	assert_int_equal(rewrite_put_parent(rewrite, LINK, parent_hw), 0);
	static const struct {
		const char *addr;
		uint32_t owner;
	} claims[] = {{"10.0.0.7", LINK}, {"2001:db8::7", LINK}, {"fe80::7", LINK}, {"10.0.0.1", 0},
		{"fe80::1", 0}, {"10.0.0.8", 99}};
	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		struct addr addr = parse(claims[i].addr);
		assert_int_equal(rewrite_put_claim(rewrite, WIRE, &addr, claims[i].owner), 0);
	}
	struct addr sibling = parse("10.0.0.8");
	assert_int_equal(rewrite_put_claim(rewrite, LINK, &sibling, 99), 0);
	return 0;
}

int tear_down(void **state UNUSED)
{
	rewrite_close(rewrite);
	return 0;
}

void need_bpf(void)
{
	if (!rewrite)
		skip();
}
