/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of guest/guest.h for IPv6: neighbour discovery, DHCPv6, what a guest may claim, its name.
 * Run by `make check`.
 */
#include <stdio.h>
#include <string.h>

#include "guest/guest.h"
#include "guest_rig.h"
#include "unit.h"

enum { RS = 133, RA, NS, NA };
enum { SOLICIT = 1, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE };
#define LL     "fe80::5054:ff:fe00:7"
#define ROUTER "fe80::1"
#define ADDR   "2001:db8::7"
#define ALL    "ff02::1"

static uint8_t bytes[FRAME_CAP];
static struct wr w = {.start = bytes};
static struct guest_rig rig;

static void says_nd(uint8_t type, const char *source, const char *target)
{
	frame_nd(&w, GUEST_HW, type, source, ALL, target);
	rig_says(&rig, &w);
}

static void hears_nd(const uint8_t *from, uint8_t type, const char *source, const char *target)
{
	frame_nd(&w, from, type, source, ALL, target);
	rig_hears(&rig, &w);
}

static void hears_ra(const char *prefix, uint32_t valid_s)
{
	frame_ra(&w, ROUTER, prefix, 64, valid_s);
	rig_hears(&rig, &w);
}

static void start_slaac(void)
{
	rig_start(&rig, "dhcp,slaac", GUEST_HW);
	hears_ra("2001:db8::", 3600);
}

static void an_address_counts_when_nobody_objects_for_a_second(void **state UNUSED)
{
	start_slaac();
	says_nd(NS, "::", ADDR);
	rig_wait(&rig, 999 * NS_PER_MS);
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_MS);
	rig_expect(&rig, "+2001:db8::7/nd/3599");
	says_nd(NS, "::", LL);
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86399");
	rig_stop(&rig);
}

static void an_objection_frees_it(void **state UNUSED)
{
	start_slaac();
	says_nd(NS, "::", ADDR);
	hears_nd(OTHER_HW, NA, ADDR, ADDR);
	rig_wait(&rig, 2 * NS_PER_S);
	rig_expect(&rig, "");
	/* Somebody probes for the same. */
	says_nd(NS, "::", ADDR);
	hears_nd(OTHER_HW, NS, "::", ADDR);
	rig_wait(&rig, 2 * NS_PER_S);
	rig_expect(&rig, "");
	/* Neither is one: it is the guest's own that comes back, of another address, or only a
	 * question. */
	says_nd(NS, "::", ADDR);
	hears_nd(GUEST_HW, NS, "::", ADDR);
	hears_nd(OTHER_HW, NA, "2001:db8::8", "2001:db8::8");
	hears_nd(OTHER_HW, NS, "2001:db8::8", ADDR);
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "+2001:db8::7/nd/3595");
	/* Later it is too late, but the guest may probe once more. */
	hears_nd(OTHER_HW, NA, ADDR, ADDR);
	rig_expect(&rig, "");
	says_nd(NS, "::", ADDR);
	hears_nd(OTHER_HW, NA, ADDR, ADDR);
	rig_expect(&rig, "-2001:db8::7");
	rig_stop(&rig);
}

static void the_rewritten_hardware_address_is_no_objection(void **state UNUSED)
{
	start_slaac();
	guest_set_wire_hwaddr(rig.g, PARENT_HW);
	says_nd(NS, "::", ADDR);
	hears_nd(PARENT_HW, NA, ADDR, ADDR);
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "+2001:db8::7/nd/3599");
	rig_stop(&rig);
}

static void a_source_or_an_advertisement_counts_at_once(void **state UNUSED)
{
	start_slaac();
	says_nd(NS, "::", ADDR);
	says_nd(NS, ADDR, "2001:db8::1"); /* optimistic (RFC 4429) */
	rig_expect(&rig, "+2001:db8::7/nd/3600");
	says_nd(NA, LL, "2001:db8::9");
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400 +2001:db8::9/nd/3600");
	frame_icmp6(&w, GUEST_HW, "2001:db8::a", "ff02::2", (const uint8_t[8]){RS}, 8);
	rig_says(&rig, &w);
	rig_expect(&rig, "+2001:db8::a/nd/3600");
	/* What others say does not. */
	hears_nd(OTHER_HW, NA, "2001:db8::b", "2001:db8::b");
	frame_nd(&w, OTHER_HW, NA, "2001:db8::b", ALL, "2001:db8::b");
	rig_says(&rig, &w);
	rig_expect(&rig, "");
	rig_stop(&rig);
}

static void only_what_a_router_has_announced(void **state UNUSED)
{
	rig_start(&rig, "dhcp,slaac", GUEST_HW);
	says_nd(NA, ADDR, ADDR);
	rig_expect(&rig, "refused=2001:db8::7/policy");
	/* An RA of the guest, from no link-local address, from far away, and with a short
	 * prefix. */
	frame_ra(&w, LL, "2001:db8::", 64, 3600);
	memcpy(w.start + 6, GUEST_HW, sizeof(GUEST_HW));
	rig_says(&rig, &w);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400");
	frame_ra(&w, "2001:db8::1", "2001:db8::", 64, 3600);
	rig_hears(&rig, &w);
	frame_ra(&w, ROUTER, "2001:db8::", 64, 3600);
	w.start[21] = 64; /* hop limit */
	rig_hears(&rig, &w);
	frame_ra(&w, ROUTER, "2001::", 31, 3600);
	rig_hears(&rig, &w);
	rig_expect(&rig, "");
	/* Once it is known, the claim counts. */
	hears_ra("2001:db8::", 3600);
	rig_expect(&rig, "+2001:db8::7/nd/3600");
	rig_stop(&rig);
}

/* Anybody on the wire may say what prefixes there are. */
static void a_forged_prefix_does_not_make_an_address_anycast(void **state UNUSED)
{
	start_slaac();
	for (unsigned len = 1; len <= 128; len++) {
		frame_ra(&w, "fe80::bad", "2001:db8::10", (uint8_t)len, len % 3 ? 0 : 86400);
		rig_hears(&rig, &w);
	}
	says_nd(NA, "2001:db8::10", "2001:db8::10");
	rig_expect(&rig, "+2001:db8::10/nd/86400");
	rig_stop(&rig);
}

static void what_nobody_may_claim(void **state UNUSED)
{
	start_slaac();
	says_nd(NA, "fe80:0:0:1::7", "fe80:0:0:1::7");
	rig_expect(&rig, "refused=fe80:0:0:1::7/class");
	says_nd(NA, "2001:db8::", "2001:db8::"); /* the subnet-router anycast address */
	rig_expect(&rig, "refused=2001:db8::/class");
	says_nd(NA, ROUTER, ROUTER);
	rig_expect(&rig, "refused=fe80::1/router");
	rig.taken[rig.taken_count++] = rig_addr("2001:db8::2");
	says_nd(NS, "::", "2001:db8::2");
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "refused=2001:db8::2/taken");
	rig_stop(&rig);
}

static void a_router_that_comes_later_gets_its_address(void **state UNUSED)
{
	rig_start(&rig, "any", GUEST_HW);
	says_nd(NA, ROUTER, ROUTER);
	rig_expect(&rig, "+fe80::1/nd/86400");
	hears_ra(NULL, 0);
	rig_expect(&rig, "-fe80::1 refused=fe80::1/router");
	rig_stop(&rig);
}

static void policies_of_prefixes(void **state UNUSED)
{
	rig_start(&rig, "2001:db8:1::/48,10.0.0.0/8", GUEST_HW);
	says_nd(NA, LL, "2001:db8:1:2::7");
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400 +2001:db8:1:2::7/nd/86400");
	hears_ra("2001:db8::", 3600);
	says_nd(NA, ADDR, ADDR);
	rig_expect(&rig, "refused=2001:db8::7/policy");
	rig_stop(&rig);
	rig_start(&rig, "10.0.0.0/8", GUEST_HW); /* no IPv6 at all */
	says_nd(NA, LL, LL);
	rig_expect(&rig, "refused=fe80::5054:ff:fe00:7/policy");
	rig_stop(&rig);
	rig_start(&rig, "dhcp", GUEST_HW);
	hears_ra("2001:db8::", 3600);
	says_nd(NA, LL, ADDR);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400 refused=2001:db8::7/policy");
	rig_stop(&rig);
}

static void an_address_lives_as_long_as_its_prefix(void **state UNUSED)
{
	start_slaac();
	says_nd(NA, ADDR, ADDR);
	rig_expect(&rig, "+2001:db8::7/nd/3600");
	rig_wait(&rig, 400 * NS_PER_S);
	hears_ra("2001:db8::", 3600); /* not yet worth a report */
	rig_expect(&rig, "");
	rig_wait(&rig, 2000 * NS_PER_S);
	hears_ra("2001:db8::", 3600);
	rig_expect(&rig, "+2001:db8::7/nd/3600");
	hears_ra("2001:db8::", UINT32_MAX); /* infinite: a day after it was seen, 2400 s ago */
	rig_expect(&rig, "+2001:db8::7/nd/84000");
	/* Nobody may end a prefix within two hours (RFC 4862 §5.5.3). */
	hears_ra("2001:db8::", 0);
	rig_expect(&rig, "+2001:db8::7/nd/7200");
	rig_wait(&rig, 7200 * NS_PER_S);
	rig_expect(&rig, "-2001:db8::7");
	says_nd(NA, ADDR, ADDR);
	rig_expect(&rig, "refused=2001:db8::7/policy");
	rig_stop(&rig);
}

static void a_guest_that_is_silent_for_a_day_is_forgotten(void **state UNUSED)
{
	start_slaac();
	says_nd(NA, LL, LL);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400");
	for (int i = 0; i < 200; i++) {
		rig_wait(&rig, 600 * NS_PER_S);
		hears_ra("2001:db8::", 86400);
	}
	rig_expect(&rig, "-fe80::5054:ff:fe00:7");
	rig_stop(&rig);
}

static void the_seventeenth_prefix_replaces_the_one_that_ends_first(void **state UNUSED)
{
	char prefix[40];
	rig_start(&rig, "slaac", GUEST_HW);
	for (unsigned i = 1; i <= 17; i++) {
		snprintf(prefix, sizeof(prefix), "2001:db8:%x::", i);
		hears_ra(prefix, 3600 + i);
	}
	says_nd(NA, "2001:db8:1::7", "2001:db8:1::7");
	says_nd(NA, "2001:db8:2::7", "2001:db8:2::7");
	says_nd(NA, "2001:db8:11::7", "2001:db8:11::7");
	rig_expect(&rig,
		"refused=2001:db8:1::7/policy +2001:db8:2::7/nd/3602 +2001:db8:11::7/nd/3617");
	rig_stop(&rig);
}

static void dhcp6_says(struct rig_dhcp6 m)
{
	m.status = -1;
	frame_dhcp6(&w, GUEST_HW, LL, "ff02::1:2", &m);
	rig_says(&rig, &w);
}

static void dhcp6_hears(const char *dest, struct rig_dhcp6 m)
{
	frame_dhcp6(&w, ROUTER_HW, ROUTER, dest, &m);
	rig_hears(&rig, &w);
}

/* A guest that has ADDR for an hour. */
static void start_bound6(void)
{
	rig_start(&rig, "dhcp", GUEST_HW);
	dhcp6_says((struct rig_dhcp6){.type = REQUEST, .xid = 1, .addr = ADDR});
	dhcp6_hears(
		LL, (struct rig_dhcp6){
			    .type = REPLY, .xid = 1, .addr = ADDR, .valid_s = 3600, .status = -1});
	says_nd(NA, ADDR, ADDR);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400 +2001:db8::7/dhcpv6/3600");
}

static void a_reply_gives_an_address_after_dad(void **state UNUSED)
{
	rig_start(&rig, "dhcp", GUEST_HW);
	dhcp6_says((struct rig_dhcp6){.type = SOLICIT, .xid = 1});
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400");
	dhcp6_hears(LL,
		(struct rig_dhcp6){
			.type = ADVERTISE, .xid = 1, .addr = ADDR, .valid_s = 60, .status = -1});
	dhcp6_says((struct rig_dhcp6){.type = REQUEST, .xid = 2, .addr = ADDR});
	/* A foreign xid, another client's, none. */
	dhcp6_hears(LL,
		(struct rig_dhcp6){.type = REPLY, .xid = 3, .addr = "2001:db8::8", .valid_s = 60});
	dhcp6_hears("fe80::8",
		(struct rig_dhcp6){.type = REPLY, .xid = 2, .addr = "2001:db8::8", .valid_s = 60});
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "");
	dhcp6_hears(LL, (struct rig_dhcp6){.type = REPLY, .xid = 2, .addr = ADDR, .valid_s = 60});
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_S / 2);
	says_nd(NS, "::", ADDR);
	rig_wait(&rig, NS_PER_S / 2);
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_S / 2);
	rig_expect(&rig, "+2001:db8::7/dhcpv6/59");
	rig_wait(&rig, 60 * NS_PER_S);
	rig_expect(&rig, "-2001:db8::7");
	rig_stop(&rig);
}

static void a_conflict_is_declined(void **state UNUSED)
{
	rig_start(&rig, "dhcp", GUEST_HW);
	dhcp6_says((struct rig_dhcp6){.type = REQUEST, .xid = 2});
	dhcp6_hears(LL, (struct rig_dhcp6){.type = REPLY, .xid = 2, .addr = ADDR, .valid_s = 60});
	says_nd(NS, "::", ADDR);
	hears_nd(OTHER_HW, NA, ADDR, ADDR);
	dhcp6_says((struct rig_dhcp6){.type = DECLINE, .xid = 3, .addr = ADDR});
	rig_wait(&rig, 5 * NS_PER_S);
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400");
	rig_stop(&rig);
}

static void a_renewal_and_the_ends(void **state UNUSED)
{
	start_bound6();
	dhcp6_says((struct rig_dhcp6){.type = RENEW, .xid = 2, .addr = ADDR});
	dhcp6_hears(LL,
		(struct rig_dhcp6){.type = REPLY, .xid = 2, .addr = ADDR, .valid_s = UINT32_MAX});
	rig_expect(&rig, "+2001:db8::7/dhcpv6/ever");
	dhcp6_says((struct rig_dhcp6){.type = REBIND, .xid = 3, .addr = ADDR});
	dhcp6_hears(LL, (struct rig_dhcp6){.type = REPLY, .xid = 3, .addr = ADDR});
	rig_expect(&rig, "-2001:db8::7");
	rig_stop(&rig);

	start_bound6();
	dhcp6_says((struct rig_dhcp6){.type = RELEASE, .xid = 2, .addr = ADDR});
	rig_expect(&rig, "-2001:db8::7");
	rig_stop(&rig);

	start_bound6();
	dhcp6_says((struct rig_dhcp6){.type = CONFIRM, .xid = 2, .addr = ADDR});
	dhcp6_hears(LL, (struct rig_dhcp6){.type = REPLY, .xid = 2});
	rig_expect(&rig, "");
	dhcp6_says((struct rig_dhcp6){.type = CONFIRM, .xid = 3, .addr = ADDR});
	dhcp6_hears(LL, (struct rig_dhcp6){.type = REPLY, .xid = 3, .status = 4}); /* NotOnLink */
	rig_expect(&rig, "-2001:db8::7");
	rig_stop(&rig);
}

static void the_name_of_dhcp6_gives_way_to_that_of_dhcp(void **state UNUSED)
{
	static const char fqdn[] = "\x02vm\x04home\x00", partial[] = "\x03web", bad[] = "\x09we";
	rig_start(&rig, "dhcp", GUEST_HW);
	dhcp6_says((struct rig_dhcp6){
		.type = SOLICIT, .xid = 1, .fqdn = fqdn, .fqdn_len = sizeof(fqdn) - 1});
	rig_expect(&rig, "+fe80::5054:ff:fe00:7/nd/86400 name=vm.home");
	dhcp6_says((struct rig_dhcp6){.type = REQUEST, .xid = 1, .fqdn = partial, .fqdn_len = 4});
	rig_expect(&rig, "name=web");
	frame_dhcp4(&w, GUEST_HW, &(struct rig_dhcp4){.type = 1, .xid = 1, .name = "vm"});
	rig_says(&rig, &w);
	rig_expect(&rig, "name=vm");
	dhcp6_says((struct rig_dhcp6){
		.type = REQUEST, .xid = 1, .fqdn = fqdn, .fqdn_len = sizeof(fqdn) - 1});
	frame_dhcp4(&w, GUEST_HW, &(struct rig_dhcp4){.type = 3, .xid = 2});
	rig_says(&rig, &w);
	rig_expect(&rig, "name=vm.home");
	dhcp6_says((struct rig_dhcp6){.type = RENEW, .xid = 1, .fqdn = bad, .fqdn_len = 3});
	rig_expect(&rig, "name=");
	rig_stop(&rig);
}

/* The options of a Reply as they are: IA_NA and IA_TA, more than one address, statuses. */
static void several_addresses(void **state UNUSED)
{
	static const uint8_t reply[] = {
		REPLY,
		0,
		0,
		1,
		0,
		3,
		0,
		74,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0, /* IA_NA */
		0,
		5,
		0,
		24,
		0x20,
		1,
		0xd,
		0xb8,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		9,
		0,
		0,
		0,
		9,
		0,
		5,
		0,
		30,
		0x20,
		1,
		0xd,
		0xb8,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		2,
		0,
		0,
		0,
		9,
		0,
		0,
		0,
		9,
		0,
		13,
		0,
		2,
		0,
		1, /* its own status */
		0,
		4,
		0,
		32,
		0,
		0,
		0,
		1, /* IA_TA */
		0,
		5,
		0,
		24,
		0x20,
		1,
		0xd,
		0xb8,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		3,
		0,
		0,
		0,
		9,
		0,
		0,
		0,
		9,
		0,
		3,
		0,
		46,
		0,
		0,
		0,
		2,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		13,
		0,
		2,
		0,
		2, /* an IA with a status */
		0,
		5,
		0,
		24,
		0x20,
		1,
		0xd,
		0xb8,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		4,
		0,
		0,
		0,
		9,
		0,
		0,
		0,
		9,
	};
	rig_start(&rig, "dhcp", GUEST_HW);
	dhcp6_says((struct rig_dhcp6){.type = SOLICIT, .xid = 1});
	frame_udp6(&w, ROUTER_HW, ROUTER, LL, 546, reply, sizeof(reply));
	rig_hears(&rig, &w);
	for (int i = 1; i <= 4; i++) {
		char addr[32];
		snprintf(addr, sizeof(addr), "2001:db8::%d", i);
		says_nd(NA, addr, addr);
	}
	rig_expect(&rig,
		"+fe80::5054:ff:fe00:7/nd/86400 +2001:db8::1/dhcpv6/9 refused=2001:db8::2/policy "
		"+2001:db8::3/dhcpv6/9 refused=2001:db8::4/policy");
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_counts_when_nobody_objects_for_a_second),
		cmocka_unit_test(an_objection_frees_it),
		cmocka_unit_test(the_rewritten_hardware_address_is_no_objection),
		cmocka_unit_test(a_source_or_an_advertisement_counts_at_once),
		cmocka_unit_test(only_what_a_router_has_announced),
		cmocka_unit_test(what_nobody_may_claim),
		cmocka_unit_test(a_router_that_comes_later_gets_its_address),
		cmocka_unit_test(policies_of_prefixes),
		cmocka_unit_test(an_address_lives_as_long_as_its_prefix),
		cmocka_unit_test(a_guest_that_is_silent_for_a_day_is_forgotten),
		cmocka_unit_test(the_seventeenth_prefix_replaces_the_one_that_ends_first),
		cmocka_unit_test(a_reply_gives_an_address_after_dad),
		cmocka_unit_test(a_conflict_is_declined),
		cmocka_unit_test(a_renewal_and_the_ends),
		cmocka_unit_test(the_name_of_dhcp6_gives_way_to_that_of_dhcp),
		cmocka_unit_test(several_addresses),
		cmocka_unit_test(a_forged_prefix_does_not_make_an_address_anycast),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
