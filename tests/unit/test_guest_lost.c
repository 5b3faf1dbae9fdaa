/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of guest/guest.h for guests that do not answer, or are seen elsewhere.
 * Run by `make check`.
 */
#include "guest/guest.h"

#include "guest_rig.h"
#include "unit.h"

enum { REQUEST = 3, ACK = 5 };

static uint8_t bytes[FRAME_CAP];
static struct wr w = {.start = bytes};
static struct guest_rig rig;

static void arp(const char *sender, const char *target)
{
	frame_arp(&w, GUEST_HW, sender, target);
	rig_says(&rig, &w);
}

/* A guest that has 10.0.0.7 for an hour. */
static void start_bound(const char *policy)
{
	struct rig_dhcp4 m = {.type = REQUEST, .xid = 1, .requested = "10.0.0.7"};
	rig_start(&rig, policy, GUEST_HW);
	frame_dhcp4(&w, GUEST_HW, &m);
	rig_says(&rig, &w);
	m = (struct rig_dhcp4){.type = ACK,
		.is_reply = true,
		.xid = 1,
		.yiaddr = "10.0.0.7",
		.has_lease = true,
		.lease_s = 3600};
	frame_dhcp4(&w, ROUTER_HW, &m);
	rig_hears(&rig, &w);
	rig_expect(&rig, "+10.0.0.7/dhcp/3600");
}

/* A guest that sleeps does not answer. When it is heard again, its lease counts on. */
static void what_is_lost_comes_back_when_it_is_heard(void **state UNUSED)
{
	const struct addr addr = {ADDR_V4, {10, 0, 0, 7}};
	start_bound("dhcp");
	guest_lose(rig.g, &addr, rig.now); /* it was heard just now */
	rig_expect(&rig, "");
	rig_wait(&rig, 100 * NS_PER_S);
	guest_lose(rig.g, &addr, rig.now);
	rig_expect(&rig, "-10.0.0.7 refused=10.0.0.7/lost");
	guest_judge(rig.g, rig.now);
	guest_lose(rig.g, &addr, rig.now);
	guest_lose(rig.g, &(struct addr){ADDR_V4, {10, 0, 0, 9}}, rig.now); /* not its own */
	rig_expect(&rig, "");
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "+10.0.0.7/dhcp/3500");
	rig_wait(&rig, 100 * NS_PER_S);
	guest_lose(rig.g, &addr, rig.now);
	rig_expect(&rig, "-10.0.0.7 refused=10.0.0.7/lost");
	rig_wait(&rig, 3400 * NS_PER_S);
	assert_true(guest_deadline(rig.g) == NS_NEVER);
	arp("10.0.0.7", "10.0.0.1"); /* the lease is over */
	rig_expect(&rig, "refused=10.0.0.7/policy");
	rig_stop(&rig);
}

/* An access point echoes broadcasts, and the bridge believes for a moment that the guest is there. */
static void a_guest_that_is_seen_elsewhere_is_gone_if_it_stays_there(void **state UNUSED)
{
	start_bound("dhcp");
	guest_move(rig.g, GUEST_HW, true, rig.now);
	rig_wait(&rig, 4 * NS_PER_S);
	guest_move(rig.g, GUEST_HW, false, rig.now);
	guest_move(rig.g, OTHER_HW, true, rig.now);
	rig_wait(&rig, 20 * NS_PER_S);
	rig_expect(&rig, "");
	guest_move(rig.g, GUEST_HW, true, rig.now);
	rig_wait(&rig, 4 * NS_PER_S);
	guest_move(rig.g, GUEST_HW, true, rig.now); /* the time counts from the first one */
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "-10.0.0.7 refused=10.0.0.7/away");
	guest_judge(rig.g, rig.now);
	rig_expect(&rig, "");
	guest_move(rig.g, GUEST_HW, false, rig.now);
	rig_expect(&rig, "+10.0.0.7/dhcp/3571");
	guest_move(rig.g, GUEST_HW, true, rig.now);
	rig_wait(&rig, 20 * NS_PER_S);
	rig_expect(&rig, "-10.0.0.7 refused=10.0.0.7/away");
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "+10.0.0.7/dhcp/3551");
	rig_stop(&rig);
}

/* It has the address, and asks whether somebody else has it. */
static void a_probe_for_its_own_address_renews_it(void **state UNUSED)
{
	rig_start(&rig, "any", GUEST_HW);
	frame_nd(&w, GUEST_HW, 136, "fe80::7", "ff02::1", "fe80::7");
	rig_says(&rig, &w);
	rig_expect(&rig, "+fe80::7/nd/86400");
	rig_wait(&rig, 80000 * NS_PER_S);
	frame_nd(&w, GUEST_HW, 135, "::", "ff02::1", "fe80::7");
	rig_says(&rig, &w);
	rig_expect(&rig, "+fe80::7/nd/86400");
	rig_wait(&rig, 86399 * NS_PER_S);
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "-fe80::7");
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lost_comes_back_when_it_is_heard),
		cmocka_unit_test(a_guest_that_is_seen_elsewhere_is_gone_if_it_stays_there),
		cmocka_unit_test(a_probe_for_its_own_address_renews_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
