/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of bpf/autoconf.bpf.c: what becomes of frames, one by one (BPF_PROG_TEST_RUN), and what
 * that costs. Never attaches a program. Skipped where the kernel or our privileges do not allow it. Run by
 * `make check`.
 */
#include "ontapd/rewrite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "rewrite_rig.h"
#include "unit.h"

enum { RUNS = 200000 };

static struct frame udp_v6(const char *source)
{
	struct frame f = ipv6(source, "2001:db8::9", UDP);
	put_u16(grow(&f, 8), 1000);
	return f;
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
	f = ipv4_udp("10.0.0.1", "10.0.0.7", 67, 68);
	memcpy(grow(&f, 244) + 28, guest_hw, 6);
	memcpy(f.bytes, guest_hw, 6);
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, all_hw, 6);
	memcpy(f.bytes, other_hw, 6); /* on its way to another machine */
	assert_int_equal(run(REWRITE_ON_PARENT, &f), PASS);
	assert_memory_equal(f.bytes, other_hw, 6);
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

/* The host's, a router's, a sibling's: the guest is told at once, and nobody else hears of it. */
static void a_probe_for_what_another_has_is_answered_here(void **state UNUSED)
{
	need_bpf();
	static const uint8_t all_nodes[] = {0x33, 0x33, 0, 0, 0, 1};
	const uint8_t nobody[] = {parent_hw[0] ^ 2, parent_hw[1], parent_hw[2], parent_hw[3],
		parent_hw[4], parent_hw[5]};
	struct frame f = nd(135, "::", "fe80::1", NULL, NULL);
	struct frame want = nd(136, "fe80::1", "fe80::1", NULL, NULL);
	memcpy(want.bytes, all_nodes, 6);
	memcpy(want.bytes + 6, nobody, 6);
	want.bytes[54 + 4] = 0x20; /* override */
	end_v6(&want, 54, ICMPV6, 2);
	assert_int_equal(run(REWRITE_FROM_GUEST, &f), REDIRECT);
	assert_memory_equal(f.bytes, want.bytes, f.len);
	static const char *const taken[] = {"10.0.0.1", "10.0.0.8"};
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		f = arp(guest_hw, guest_hw, "0.0.0.0", all_hw, taken[i]);
		f.bytes[21] = 1; /* a request */
		want = arp(nobody, nobody, taken[i], guest_hw, "0.0.0.0");
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), REDIRECT);
		assert_memory_equal(f.bytes, want.bytes, f.len);
	}
}

static void a_guest_probes_for_some_addresses_only(void **state UNUSED)
{
	need_bpf();
	int passed = 0;
	for (int i = 0; i < 4 * BPF_PROBED_BURST; i++) {
		struct frame f = nd(135, "::", "fe80::2:0", NULL, NULL);
		put_u16(f.bytes + 62 + 14, (uint16_t)i);
		end_v6(&f, 54, ICMPV6, 2);
		passed += run(REWRITE_FROM_GUEST, &f) == PASS;
	}
	assert_in_range(passed, 1, 2 * BPF_PROBED_BURST);
	struct frame again = nd(135, "::", "fe80::2:0", NULL, NULL);
	assert_int_equal(run(REWRITE_FROM_GUEST, &again), PASS);
	struct frame own = arp(guest_hw, guest_hw, "0.0.0.0", all_hw, "10.0.0.7");
	assert_int_equal(run(REWRITE_FROM_GUEST, &own), PASS);
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

static struct frame as_tcp(struct frame f)
{
	f.bytes[f.bytes[12] == 8 ? 14 + 9 : 14 + 6] = 6;
	return f;
}

static void the_first_addresses_of_a_guest_are_kept_with_it(void **state UNUSED)
{
	need_bpf();
	const struct addr v4 = parse("10.0.0.21"), v6 = parse("2001:db8::21");
	struct bpf_guest guest = test_guest(guest_hw, parent_hw);
	memcpy(guest.own_v4, v4.bytes, 4);
	memcpy(guest.own_v6[BPF_OWN_V6 - 1], v6.bytes, 16);
	const struct {
		struct frame frame;
		int before, after;
	} cases[] = {
		{ipv4_udp("10.0.0.21", "10.0.0.9", 1000, 53), DROP, PASS},
		{ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53), PASS, PASS},
		{ipv4_udp("10.0.0.22", "10.0.0.9", 1000, 53), DROP, DROP},
		{udp_v6("2001:db8::21"), DROP, PASS},
		{udp_v6("2001:db8::7"), PASS, PASS},
		{udp_v6("2001:db8::22"), DROP, DROP},
		{udp_v6("::"), DROP, DROP},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f = cases[i].frame;
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), cases[i].before);
	}
	assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f = cases[i].frame;
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), cases[i].after);
		f = as_tcp(cases[i].frame);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), cases[i].after);
		if (cases[i].after == PASS)
			assert_memory_equal(f.bytes + 6, parent_hw, 6);
		f = as_tcp(cases[i].frame);
		memcpy(f.bytes + 6, other_hw, 6);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), DROP);
	}
}

static void links_whose_places_are_taken_have_the_next_ones(void **state UNUSED)
{
	need_bpf();
	const struct bpf_guest guest = test_guest(guest_hw, parent_hw);
	rewrite_drop_guest(rewrite, LINK);
	for (uint32_t i = 1; i < BPF_PLACES; i++)
		assert_int_equal(rewrite_put_guest(rewrite, LINK + i * BPF_GUESTS, &guest), 0);
	for (int i = 0; i < 2; i++) {
		struct frame f = ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), DROP);
		assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
		assert_int_equal(rewrite_put_guest(rewrite, LINK + BPF_PLACES * BPF_GUESTS, &guest),
			-ENOSPC);
		rewrite_drop_guest(rewrite, LINK);
	}
	for (uint32_t i = 1; i < BPF_PLACES; i++)
		rewrite_drop_guest(rewrite, LINK + i * BPF_GUESTS);
	assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
}

/* The program may run on one frame again and again, and write the hardware address each time, only if that is the same. */
static void keep_hwaddr(void)
{
	const struct addr v4 = parse("10.0.0.7"), v6 = parse("2001:db8::7");
	struct bpf_guest guest = test_guest(guest_hw, guest_hw);
	memcpy(guest.own_v4, v4.bytes, 4);
	memcpy(guest.own_v6[1], v6.bytes, 16);
	assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
}

/* Printed for people; the time is no criterion. */
static void what_a_frame_costs(void **state UNUSED)
{
	need_bpf();
	keep_hwaddr();
	struct frame v4 = ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53), v6 = udp_v6("2001:db8::7"),
		     to = v4, parent = v4;
	memcpy(to.bytes, guest_hw, 6);
	memcpy(parent.bytes, parent_hw, 6);
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
		assert_int_equal(
			run_often(runs[i].program, runs[i].frame, RUNS, &duration_ns), PASS);
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
		cmocka_unit_test(a_probe_for_what_another_has_is_answered_here),
		cmocka_unit_test(a_guest_probes_for_some_addresses_only),
		cmocka_unit_test(a_source_that_is_not_learnt_is_told_of),
		cmocka_unit_test(the_first_addresses_of_a_guest_are_kept_with_it),
		cmocka_unit_test(links_whose_places_are_taken_have_the_next_ones),
		cmocka_unit_test(what_a_frame_costs),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
