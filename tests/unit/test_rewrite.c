/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of bpf/autoconf.bpf.c: what becomes of frames, one by one (BPF_PROG_TEST_RUN), and what
 * that costs. Never attaches a program. Skipped where the kernel or our privileges do not allow it. Run by
 * `make check`.
 */
#include "ontapd/rewrite.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cursor.h"
#include "bpf/autoconf.h"
#include "unit.h"

enum {
	LINK = 1, /* of the kernel's test frames: lo */
	WIRE = 7,
	PASS = -1,
	DROP = 2,
	FRAME_CAP = 600,
	RUNS = 200000,
	ICMPV6 = 58,
	UDP = 17
};

static const uint8_t guest_hw[6] = {2, 0xaa, 0xbb, 0xcc, 0xdd, 1};
static const uint8_t parent_hw[6] = {2, 0x11, 0x22, 0x33, 0x44, 5};
static const uint8_t other_hw[6] = {2, 0x99, 0x88, 0x77, 0x66, 9};
static const uint8_t all_hw[6] = {255, 255, 255, 255, 255, 255};

struct frame {
	uint8_t bytes[FRAME_CAP];
	size_t len;
	uint8_t *l3; /* behind the Ethernet header */
};

static struct rewrite *rewrite;

static struct addr parse(const char *text)
{
	struct addr addr;
	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* Runs the program `repeat` times over the frame, which it may change. Returns the verdict. */
static int run_often(
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

static int run(enum rewrite_program program, struct frame *f)
{
	return run_often(program, f, 1, NULL);
}

/* --- frames ------------------------------------------------------------------------------- */

static struct frame ethernet(const uint8_t *dest, const uint8_t *source, uint16_t type)
{
	struct frame f = {.len = 14};
	memcpy(f.bytes, dest, 6);
	memcpy(f.bytes + 6, source, 6);
	put_u16(f.bytes + 12, type);
	return f;
}

static uint8_t *grow(struct frame *f, size_t len)
{
	uint8_t *at = f->bytes + f->len;
	f->len += len;
	assert_true(f->len <= sizeof(f->bytes));
	return at;
}

static struct frame arp(const uint8_t *source, const uint8_t *sender_hw, const char *sender,
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
static uint16_t sum_v6(const struct frame *f, size_t at, uint8_t protocol)
{
	size_t len = f->len - at;
	uint32_t value = sum(0, f->bytes + 14 + 8, 32) + protocol + (uint32_t)len;
	return fold(sum(value, f->bytes + at, len));
}

static struct frame ipv6(const char *source, const char *dest, uint8_t next)
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

static void end_v6(struct frame *f, size_t at, uint8_t protocol, size_t checksum_at)
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
static struct frame nd(uint8_t type, const char *source, const char *target, const uint8_t *hw1,
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

static struct frame ipv4_udp(const char *source, const char *dest, uint16_t from, uint16_t to)
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

static uint16_t sum_v4(const struct frame *f)
{
	uint32_t value = sum(UDP + (uint32_t)(f->len - 34), f->bytes + 26, 8);
	return fold(sum(value, f->bytes + 34, f->len - 34));
}

static struct frame dhcp(const uint8_t *chaddr, uint16_t flags, bool has_checksum)
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

/* --- tests -------------------------------------------------------------------------------- */

/* A guest with 10.0.0.7, 2001:db8::7 and fe80::7; 10.0.0.1 and fe80::1 are no guest's. On the wire of the program on the
 * parent, a guest has 10.0.0.8. */
static int set_up(void **state UNUSED)
{
	char why[REWRITE_WHY_CAP];
	struct bpf_guest guest = {.wire = WIRE, .flags = BPF_GUEST_ND};
	if (rewrite_open(&rewrite, why)) {
		print_message("skipped: %s\n", why);
		return 0;
	}
	memcpy(guest.hwaddr, guest_hw, 6);
	memcpy(guest.wire_hwaddr, parent_hw, 6);
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

static int tear_down(void **state UNUSED)
{
	rewrite_close(rewrite);
	return 0;
}

static void need_bpf(void)
{
	if (!rewrite)
		skip();
}

static void arp_has_the_address_of_the_wire(void **state UNUSED)
{
	need_bpf();
	struct frame f = arp(guest_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9");
	struct frame want = arp(parent_hw, parent_hw, "10.0.0.7", all_hw, "10.0.0.9");
	assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
	assert_memory_equal(f.bytes, want.bytes, f.len);
	f = arp(other_hw, other_hw, "10.0.0.9", parent_hw, "10.0.0.7");
	want = arp(other_hw, other_hw, "10.0.0.9", guest_hw, "10.0.0.7");
	memcpy(f.bytes, parent_hw, 6);
	memcpy(want.bytes, guest_hw, 6);
	assert_int_equal(run(REWRITE_TO_GUEST, &f), PASS);
	assert_memory_equal(f.bytes, want.bytes, f.len);
}

static void a_guest_says_only_what_is_its_own(void **state UNUSED)
{
	need_bpf();
	const struct {
		struct frame frame;
		int want;
	} cases[] = {
		{arp(other_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9"), DROP},
		{arp(guest_hw, other_hw, "10.0.0.7", all_hw, "10.0.0.9"), DROP},
		{arp(guest_hw, guest_hw, "0.0.0.0", all_hw, "10.0.0.9"), PASS}, /* a probe */
		{arp(guest_hw, guest_hw, "10.0.0.1", all_hw, "10.0.0.9"), DROP},
		{arp(guest_hw, guest_hw, "10.0.0.8", all_hw, "10.0.0.9"), DROP},
		{arp(guest_hw, guest_hw, "10.0.0.9", all_hw, "10.0.0.9"), DROP},
		{nd(135, "::", "fe80::9", NULL, NULL), PASS},
		{nd(135, "fe80::7", "fe80::9", guest_hw, NULL), PASS},
		{nd(135, "fe80::7", "fe80::9", other_hw, NULL), DROP},
		{nd(135, "fe80::1", "fe80::9", guest_hw, NULL), DROP},
		{nd(135, "fe80::9", "fe80::8", guest_hw, NULL), DROP},
		{nd(136, "fe80::7", "2001:db8::7", guest_hw, NULL), PASS},
		{nd(136, "fe80::7", "2001:db8::1", guest_hw, NULL), DROP},
		{nd(136, "::", "2001:db8::7", guest_hw, NULL), DROP},
		{nd(134, "fe80::7", "::", guest_hw, NULL), DROP}, /* an RA */
		{nd(137, "fe80::7", "::", guest_hw, NULL), DROP}, /* a redirect */
		{nd(133, "fe80::1", "::", guest_hw, NULL), DROP},
		{ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53), PASS},
		{ipv4_udp("10.0.0.1", "10.0.0.9", 1000, 53), DROP},
		{ipv4_udp("10.0.0.9", "10.0.0.7", 1000, 53), DROP},
		{ipv4_udp("10.0.0.7", "255.255.255.255", 67, 68), DROP}, /* a DHCP server */
		{dhcp(guest_hw, 0, true), PASS},
		{dhcp(other_hw, 0, true), DROP}, /* another's lease */
		{ethernet(all_hw, guest_hw, 0x88cc), DROP},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f = cases[i].frame;
		int got = run(REWRITE_FROM_GUEST, &f);
		if (got != cases[i].want)
			fail_msg("case %zu: %d", i, got);
	}
}

static void what_passes_has_right_checksums_and_no_address_of_the_guest(void **state UNUSED)
{
	need_bpf();
	const struct frame frames[] = {
		nd(133, "fe80::7", "::", guest_hw, NULL),
		nd(133, "fe80::9", "::", guest_hw, NULL),
		nd(133, "::", "::", NULL, NULL),
		nd(135, "fe80::7", "fe80::9", guest_hw, NULL),
		nd(135, "2001:db8::7", "fe80::9", guest_hw, guest_hw),
		nd(136, "fe80::7", "fe80::7", guest_hw, NULL),
	};
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		struct frame f = frames[i];
		assert_int_equal(sum_v6(&f, 54, ICMPV6), 0xffff);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
		assert_int_equal(sum_v6(&f, 54, ICMPV6), 0xffff);
		assert_null(memmem(f.bytes, f.len, guest_hw, 6));
		assert_memory_equal(f.bytes + 6, parent_hw, 6);
	}
}

/* The address may be another's: routers must not take it for the guest's. */
static void a_solicitation_from_an_address_that_is_not_learnt_names_no_hardware(void **state UNUSED)
{
	need_bpf();
	struct frame f = nd(133, "fe80::9", "::", guest_hw, NULL);
	assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
	assert_int_equal(f.bytes[54 + 8], 253);
}

static void a_client_of_dhcp_wants_a_broadcast(void **state UNUSED)
{
	need_bpf();
	for (int i = 0; i < 4; i++) {
		bool has_checksum = i & 1;
		uint16_t flags = i & 2 ? 0x8000 : 0;
		struct frame f = dhcp(guest_hw, flags, has_checksum);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
		assert_int_equal(get_u16(f.bytes + 42 + 10), 0x8000);
		assert_memory_equal(f.bytes + 42 + 28, guest_hw, 6); /* chaddr stays */
		if (has_checksum)
			assert_int_equal(sum_v4(&f), 0xffff);
		else
			assert_int_equal(get_u16(f.bytes + 40), 0);
	}
}

static void nothing_hides_behind_extension_headers(void **state UNUSED)
{
	need_bpf();
	static const uint8_t next[] = {0, 43, 60, 44};
	for (size_t i = 0; i < ARRAY_LEN(next); i++) {
		for (uint8_t type = 133; type <= 137; type++) {
			struct frame f = ipv6("fe80::7", "ff02::1", next[i]);
			uint8_t *header = grow(&f, 8);
			header[0] = ICMPV6;
			grow(&f, 24)[0] = type;
			assert_int_equal(run(REWRITE_FROM_GUEST, &f), DROP);
		}
		struct frame f = ipv6("fe80::7", "ff02::1", next[i]);
		grow(&f, 8)[0] = UDP;
		put_u16(grow(&f, 8), 547);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), DROP);
	}
	struct frame report = ipv6("fe80::7", "ff02::16", 0); /* MLD: RFC 3810 */
	grow(&report, 8)[0] = ICMPV6;
	grow(&report, 8)[0] = 143;
	assert_int_equal(run(REWRITE_FROM_GUEST, &report), PASS);
}

static void each_cut_is_dropped_or_harmless(void **state UNUSED)
{
	need_bpf();
	const struct frame frames[] = {arp(guest_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9"),
		nd(135, "fe80::7", "fe80::9", guest_hw, NULL),
		nd(136, "fe80::7", "fe80::7", guest_hw, NULL), dhcp(guest_hw, 0, true)};
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		/* The kernel's test takes no frame without a whole header of IP. */
		for (size_t len = i == 0 ? 15 : 54; len < frames[i].len; len++) {
			struct frame f = frames[i];
			f.len = len;
			(void)run(REWRITE_FROM_GUEST, &f);
			f = frames[i];
			f.len = len;
			assert_int_equal(run(REWRITE_TO_GUEST, &f), PASS);
			f = frames[i];
			f.len = len;
			(void)run(REWRITE_ON_PARENT, &f);
		}
}

/* Any bytes after a right Ethernet header: what passes as ARP or ND has no other hardware address. */
static void random_bytes_do_not_pass_as_another(void **state UNUSED)
{
	need_bpf();
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct frame f = i % 2 ? arp(guest_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9")
				       : nd(136, "fe80::7", "fe80::7", guest_hw, NULL);
		size_t changes = (size_t)rand() % 3 + 1;
		for (size_t k = 0; k < changes; k++)
			f.bytes[14 + (size_t)rand() % (f.len - 14)] = (uint8_t)rand();
		if (run(REWRITE_FROM_GUEST, &f) != PASS)
			continue;
		assert_memory_equal(f.bytes + 6, parent_hw, 6);
		if (i % 2)
			assert_memory_equal(f.bytes + 22, parent_hw, 6);
	}
}

static void answers_to_probes_and_leases_reach_all(void **state UNUSED)
{
	need_bpf();
	struct frame f = arp(other_hw, other_hw, "10.0.0.9", parent_hw, "0.0.0.0");
	memcpy(f.bytes, parent_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, all_hw, 6);
	f = arp(other_hw, other_hw, "10.0.0.9", parent_hw, "10.0.0.2"); /* no probe */
	memcpy(f.bytes, parent_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, parent_hw, 6);
	f = ipv4_udp("10.0.0.1", "10.0.0.7", 67, 68);
	memcpy(f.bytes, parent_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, all_hw, 6);
	f = ipv4_udp("10.0.0.1", "10.0.0.7", 53, 68);
	memcpy(f.bytes, parent_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, parent_hw, 6);
}

static void a_sibling_answers_a_probe(void **state UNUSED)
{
	need_bpf();
	struct frame f = arp(parent_hw, parent_hw, "10.0.0.8", parent_hw, "0.0.0.0");
	memcpy(f.bytes, parent_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, all_hw, 6);
	assert_int_not_equal(f.bytes[6], parent_hw[0]); /* ipvlan takes it for no echo */
	struct frame want = arp(f.bytes + 6, parent_hw, "10.0.0.8", guest_hw, "0.0.0.0");
	assert_int_equal(run(REWRITE_TO_GUEST, &f), PASS);
	assert_memory_equal(f.bytes, want.bytes, f.len);
}

static void a_guest_does_not_hear_that_it_has_its_address(void **state UNUSED)
{
	need_bpf();
	struct frame f = arp(parent_hw, parent_hw, "10.0.0.7", all_hw, "0.0.0.0");
	assert_int_equal(run(REWRITE_TO_GUEST, &f), DROP);
	f = arp(other_hw, other_hw, "10.0.0.7", all_hw, "10.0.0.7");
	assert_int_equal(run(REWRITE_TO_GUEST, &f), PASS);
}

static void a_proxy_does_not_answer_a_probe_for_us(void **state UNUSED)
{
	need_bpf();
	struct frame f = arp(other_hw, parent_hw, "10.0.0.9", parent_hw, "0.0.0.0");
	assert_int_equal(run(REWRITE_ON_PARENT, &f), DROP);
	f = nd(136, "fe80::9", "fe80::9", parent_hw, NULL);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), DROP);
	f = nd(136, "fe80::9", "fe80::9", other_hw, NULL);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
}

static struct addr seen;
static unsigned seen_count;

static void on_stray(void *arg UNUSED, uint32_t ifindex, const struct addr *addr)
{
	assert_int_equal(ifindex, LINK);
	seen = *addr;
	seen_count++;
}

static void a_source_that_is_not_learnt_is_told_of(void **state UNUSED)
{
	need_bpf();
	rewrite_read_strays(rewrite, on_stray, NULL);
	usleep(20000); /* as often as it is told of */
	seen_count = 0;
	struct frame f = ipv4_udp("10.0.0.77", "10.0.0.9", 1000, 53);
	assert_int_equal(run(REWRITE_FROM_GUEST, &f), DROP);
	rewrite_read_strays(rewrite, on_stray, NULL);
	struct addr want = parse("10.0.0.77");
	assert_int_equal(seen_count, 1);
	assert_true(addr_equal(&seen, &want));
}

/* Printed for people; the time is no criterion. */
static void what_a_frame_costs(void **state UNUSED)
{
	need_bpf();
	struct frame v4 = ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53),
		     v6 = ipv6("2001:db8::7", "2001:db8::9", UDP), to = v4, parent = v4;
	put_u16(grow(&v6, 8), 1000);
	memcpy(to.bytes, parent_hw, 6);
	struct {
		const char *name;
		enum rewrite_program program;
		struct frame *frame;
	} runs[] = {{"IPv4 from the guest", REWRITE_FROM_GUEST, &v4},
		{"IPv6 from the guest", REWRITE_FROM_GUEST, &v6},
		{"to the guest", REWRITE_TO_GUEST, &to},
		{"on the parent", REWRITE_ON_PARENT, &parent}};
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		uint32_t duration_ns;
		(void)run_often(runs[i].program, runs[i].frame, RUNS, &duration_ns);
		print_message("%s: %u ns\n", runs[i].name, duration_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_has_the_address_of_the_wire),
		cmocka_unit_test(a_guest_says_only_what_is_its_own),
		cmocka_unit_test(what_passes_has_right_checksums_and_no_address_of_the_guest),
		cmocka_unit_test(
			a_solicitation_from_an_address_that_is_not_learnt_names_no_hardware),
		cmocka_unit_test(a_client_of_dhcp_wants_a_broadcast),
		cmocka_unit_test(nothing_hides_behind_extension_headers),
		cmocka_unit_test(each_cut_is_dropped_or_harmless),
		cmocka_unit_test(random_bytes_do_not_pass_as_another),
		cmocka_unit_test(answers_to_probes_and_leases_reach_all),
		cmocka_unit_test(a_sibling_answers_a_probe),
		cmocka_unit_test(a_guest_does_not_hear_that_it_has_its_address),
		cmocka_unit_test(a_proxy_does_not_answer_a_probe_for_us),
		cmocka_unit_test(a_source_that_is_not_learnt_is_told_of),
		cmocka_unit_test(what_a_frame_costs),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
