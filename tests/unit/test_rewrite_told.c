/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of what bpf/autoconf.bpf.c tells the learner, and of ontapd/ring.c, by which that is read. Run by
 * `make check`.
 */
#include "ontapd/ring.h"

#include <string.h>
#include <time.h>

#include "base/cursor.h"
#include "rewrite_rig.h"
#include "unit.h"

static struct ring heard;

/* The frame, if it was told, else NULL. Skips what was told before. */
static const struct bpf_heard *told(enum rewrite_program program, struct frame f)
{
	static struct bpf_heard h;
	size_t len = 0, taken;
	while (ring_take(&heard, &h, sizeof(h)) > 0)
		;
	(void)run(program, &f);
	while ((taken = ring_take(&heard, &h, sizeof(h))) > 0)
		len = taken;
	if (len == 0)
		return NULL;
	assert_int_equal(len, sizeof(h));
	assert_int_equal(h.ifindex, LINK);
	assert_int_equal(h.way, program == REWRITE_FROM_GUEST ? BPF_SAYS : BPF_HEARS);
	assert_int_equal(h.len, f.len);
	assert_memory_equal(h.bytes + 14, f.bytes + 14, 8);
	return &h;
}

static struct frame v6_udp(const char *source, uint16_t from, uint16_t to)
{
	struct frame f = ipv6(source, "ff02::1:2", UDP);
	uint8_t *udp = grow(&f, 8);
	put_u16(udp, from);
	put_u16(udp + 2, to);
	return f;
}

static struct frame to_group(uint8_t type, const char *source, const char *dest)
{
	struct frame f = nd(type, source, "2001:db8::9", other_hw, NULL);
	struct addr to = parse(dest);
	memcpy(f.bytes + 14 + 24, to.bytes, 16);
	return f;
}

/* Of a DHCP server. */
static struct frame answer(const uint8_t *chaddr)
{
	struct frame f = ipv4_udp("10.0.0.1", "10.0.0.7", 67, 68);
	memcpy(grow(&f, 244) + 28, chaddr, 6);
	return f;
}

/* As if it were a new one: nothing is spent. */
static void renew_guest(void)
{
	const struct bpf_guest guest = test_guest(guest_hw, parent_hw);
	rewrite_drop_guest(rewrite, LINK);
	assert_int_equal(rewrite_put_guest(rewrite, LINK, &guest), 0);
}

static void the_learner_is_told_what_it_needs(void **state UNUSED)
{
	need_bpf();
	assert_int_equal(ring_open(&heard, rewrite_heard_fd(rewrite), BPF_HEARD_BYTES), 0);
	static const enum rewrite_program says = REWRITE_FROM_GUEST, hears = REWRITE_TO_GUEST;
	const struct bpf_heard *h =
		told(says, arp(guest_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9"));
	assert_non_null(h);
	assert_memory_equal(h->bytes + 6, parent_hw, 6); /* as it is on the wire */
	assert_non_null(told(says, dhcp(guest_hw, 0, true)));
	assert_non_null(told(says, nd(135, "::", "fe80::7", NULL, NULL)));
	assert_non_null(told(says, v6_udp("fe80::7", 546, 547)));
	assert_non_null(told(hears, answer(guest_hw)));
	assert_non_null(told(hears, v6_udp("fe80::1", 547, 546)));
	assert_non_null(told(hears, to_group(134, "fe80::1", "ff02::1")));
	assert_non_null(told(hears, to_group(135, "::", "ff02::1:ff00:7")));
	assert_non_null(told(hears, to_group(136, "fe80::9", "ff02::1")));
	ring_close(&heard);
}

static void the_learner_is_not_told_of_all_the_rest(void **state UNUSED)
{
	need_bpf();
	assert_int_equal(ring_open(&heard, rewrite_heard_fd(rewrite), BPF_HEARD_BYTES), 0);
	static const enum rewrite_program says = REWRITE_FROM_GUEST, hears = REWRITE_TO_GUEST;
	struct frame fragment = answer(guest_hw);
	fragment.bytes[14 + 6] = 0x20; /* more fragments */
	assert_null(told(says, ipv4_udp("10.0.0.7", "10.0.0.9", 1000, 53)));
	assert_null(told(says, ipv4_udp("10.0.0.77", "10.0.0.9", 68, 67))); /* dropped */
	assert_null(told(says, v6_udp("2001:db8::7", 1000, 53)));
	assert_null(told(hears, arp(other_hw, other_hw, "10.0.0.9", parent_hw, "10.0.0.7")));
	assert_null(told(hears, ipv4_udp("10.0.0.1", "10.0.0.7", 68, 67)));
	assert_null(told(hears, fragment));
	assert_null(told(hears, answer(other_hw)));
	assert_null(told(hears, ipv4_udp("10.0.0.1", "10.0.0.7", 67, 68))); /* cut */
	assert_null(told(hears, v6_udp("fe80::1", 546, 547)));
	assert_null(told(hears, to_group(135, "fe80::9", "ff02::1:ff00:7")));
	assert_null(told(hears, to_group(136, "fe80::9", "fe80::7")));
	ring_close(&heard);
}

/* More than fits is lost, and what was read makes room. */
static void a_full_ring_goes_on(void **state UNUSED)
{
	need_bpf();
	struct bpf_heard h;
	size_t count = 0;
	assert_int_equal(ring_open(&heard, rewrite_heard_fd(rewrite), BPF_HEARD_BYTES), 0);
	struct frame f = answer(guest_hw);
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < 20; i++) {
			renew_guest();
			(void)run_often(REWRITE_TO_GUEST, &f, BPF_SAID_BURST, NULL);
		}
		while (ring_take(&heard, &h, sizeof(h)) > 0) {
			assert_memory_equal(h.bytes + 14, f.bytes + 14, f.len - 14);
			count++;
		}
	}
	assert_in_range(
		count, 3 * (BPF_HEARD_BYTES / sizeof(h) - 2), 3 * BPF_HEARD_BYTES / sizeof(h));
	ring_close(&heard);
}

static size_t count_heard(unsigned way)
{
	struct bpf_heard h;
	size_t count = 0;
	while (ring_take(&heard, &h, sizeof(h)) > 0)
		count += h.way == way;
	return count;
}

static long long clock_ns(void)
{
	struct timespec t;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* So one guest cannot fill the ring: the others are heard, and so is what it hears itself. */
static void a_guest_that_says_much_is_told_in_part(void **state UNUSED)
{
	need_bpf();
	renew_guest();
	assert_int_equal(ring_open(&heard, rewrite_heard_fd(rewrite), BPF_HEARD_BYTES), 0);
	(void)count_heard(BPF_SAYS);
	long long begin = clock_ns();
	for (int i = 0; i < 1000; i++) {
		struct frame f = arp(guest_hw, guest_hw, "10.0.0.7", all_hw, "10.0.0.9");
		assert_int_equal(run(REWRITE_FROM_GUEST, &f), PASS);
	}
	size_t earned = (size_t)((clock_ns() - begin) * BPF_SAID_S / 1000000000);
	assert_in_range(count_heard(BPF_SAYS), 1, BPF_SAID_BURST + earned + 1);
	begin = clock_ns();
	for (int i = 0; i < 500; i++) { /* a sibling can say both */
		struct frame conflict = to_group(135, "::", "ff02::1:ff00:7");
		struct frame odd = ipv4_udp("10.0.0.8", "10.0.0.7", 1000, 68);
		(void)run(REWRITE_TO_GUEST, &conflict);
		(void)run(REWRITE_TO_GUEST, &odd);
	}
	earned = (size_t)((clock_ns() - begin) * BPF_SAID_S / 1000000000);
	assert_in_range(count_heard(BPF_HEARS), 1, BPF_SAID_BURST + earned + 1);
	static const uint8_t ra = 134;
	begin = clock_ns();
	for (int i = 0; i < 500; i++) { /* a stranger can say this */
		struct frame router = to_group(ra, "fe80::1", "ff02::1");
		(void)run(REWRITE_TO_GUEST, &router);
	}
	earned = (size_t)((clock_ns() - begin) * BPF_SAID_S / 1000000000);
	assert_in_range(count_heard(BPF_HEARS), BPF_SAID_BURST, BPF_SAID_BURST + earned + 1);
	for (int i = 0; i < BPF_SAID_BURST; i++) {
		struct frame f = answer(guest_hw);
		(void)run(REWRITE_TO_GUEST, &f);
	}
	assert_int_equal(count_heard(BPF_HEARS), BPF_SAID_BURST);
	ring_close(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_learner_is_told_what_it_needs),
		cmocka_unit_test(the_learner_is_not_told_of_all_the_rest),
		cmocka_unit_test(a_full_ring_goes_on),
		cmocka_unit_test(a_guest_that_says_much_is_told_in_part),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
