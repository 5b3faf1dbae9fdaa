/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of guest/guest.h for IPv4: DHCP, ARP, what a guest may claim, its name.
 * Run by `make check`.
 */
#include "guest/guest.h"

#include <stdio.h>
#include <string.h>

#include "guest_rig.h"
#include "unit.h"

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

static uint8_t bytes[FRAME_CAP];
static struct wr w = {.start = bytes};
static struct guest_rig rig;

static void says(struct rig_dhcp4 m)
{
	frame_dhcp4(&w, GUEST_HW, &m);
	rig_says(&rig, &w);
}

static void hears(struct rig_dhcp4 m)
{
	m.is_reply = true;
	frame_dhcp4(&w, ROUTER_HW, &m);
	rig_hears(&rig, &w);
}

static void arp(const char *sender, const char *target)
{
	frame_arp(&w, GUEST_HW, sender, target);
	rig_says(&rig, &w);
}

/* While this is true, there is no memory (the linker's --wrap). */
static bool is_short;

int __real_array_reserve(void *array, size_t *cap, size_t need, size_t size);
int __wrap_array_reserve(void *array, size_t *cap, size_t need, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

int __wrap_array_reserve(void *array, size_t *cap, size_t need, size_t size)
{
	return is_short ? ERR_NOMEM : __real_array_reserve(array, cap, need, size);
}

char *__wrap_strdup(const char *text)
{
	return is_short ? NULL : __real_strdup(text);
}

/* A guest that has 10.0.0.7 for an hour. */
static void start_bound(const char *policy)
{
	rig_start(&rig, policy, GUEST_HW);
	says((struct rig_dhcp4){.type = REQUEST, .xid = 1, .requested = "10.0.0.7"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 1, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 3600});
	rig_expect(&rig, "+10.0.0.7/dhcp/3600");
}

static void a_lease_gives_an_address_until_it_ends(void **state UNUSED)
{
	rig_start(&rig, "dhcp", GUEST_HW);
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 5});
	hears((struct rig_dhcp4){
		.type = OFFER, .xid = 5, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 5, .requested = "10.0.0.7"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 5, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "+10.0.0.7/dhcp/60");
	assert_true(guest_deadline(rig.g) == rig.now + 60 * NS_PER_S);
	rig_wait(&rig, 59 * NS_PER_S);
	rig_expect(&rig, "");
	rig_wait(&rig, NS_PER_S);
	rig_expect(&rig, "-10.0.0.7");
	assert_true(guest_deadline(rig.g) == NS_NEVER);
	rig_stop(&rig);
}

static void a_renewal_moves_the_end(void **state UNUSED)
{
	start_bound("dhcp");
	rig_wait(&rig, 1800 * NS_PER_S);
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 2, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 3600});
	rig_expect(&rig, "+10.0.0.7/dhcp/3600");
	rig_wait(&rig, 3600 * NS_PER_S);
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);
}

static void only_the_answer_to_the_own_request_counts(void **state UNUSED)
{
	static const struct rig_dhcp4 wrong[] = {
		{.type = ACK, .xid = 2, .yiaddr = "10.0.0.8"}, /* a foreign xid */
		{.type = ACK,
			.xid = 1,
			.yiaddr = "10.0.0.8",
			.hwaddr = OTHER_HW}, /* a foreign chaddr */
		{.type = ACK, .xid = 1},     /* as to an INFORM */
		{.type = OFFER, .xid = 1, .yiaddr = "10.0.0.8"},
		{.xid = 1, .yiaddr = "10.0.0.8"}, /* BOOTP */
	};
	rig_start(&rig, "dhcp", GUEST_HW);
	says((struct rig_dhcp4){.type = REQUEST, .xid = 1});
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		hears(wrong[i]);
	rig_expect(&rig, "");
	/* The guest as a server of others, and a client that the guest hears. */
	frame_dhcp4(&w, GUEST_HW,
		&(struct rig_dhcp4){.is_reply = true, .type = ACK, .xid = 1, .yiaddr = "10.0.0.9"});
	rig_says(&rig, &w);
	frame_dhcp4(&w, OTHER_HW, &(struct rig_dhcp4){.type = REQUEST, .xid = 3});
	rig_hears(&rig, &w);
	hears((struct rig_dhcp4){.type = ACK, .xid = 3, .yiaddr = "10.0.0.9"});
	rig_expect(&rig, "");
	/* Not later than a minute. */
	rig_wait(&rig, 60 * NS_PER_S);
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 1, .yiaddr = "10.0.0.8", .has_lease = true, .lease_s = 9});
	rig_expect(&rig, "");
	rig_stop(&rig);
}

static void an_inform_changes_nothing(void **state UNUSED)
{
	start_bound("dhcp");
	says((struct rig_dhcp4){.type = INFORM, .xid = 9, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){.type = ACK, .xid = 9, .server = "10.0.0.1"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 9, .yiaddr = "10.0.0.8", .has_lease = true, .lease_s = 9});
	rig_expect(&rig, "");
	rig_stop(&rig);
}

static void nak_release_and_decline_take_it_away(void **state UNUSED)
{
	start_bound("dhcp");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){.type = NAK, .xid = 3});
	rig_expect(&rig, "");
	hears((struct rig_dhcp4){.type = NAK, .xid = 2});
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);

	start_bound("dhcp");
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 2});
	hears((struct rig_dhcp4){.type = NAK, .xid = 2});
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);

	start_bound("dhcp");
	says((struct rig_dhcp4){.type = RELEASE, .xid = 4, .ciaddr = "10.0.0.7"});
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);

	start_bound("dhcp");
	says((struct rig_dhcp4){.type = DECLINE, .xid = 4, .requested = "10.0.0.7"});
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);
}

static void an_ack_that_comes_after_a_release_is_late(void **state UNUSED)
{
	start_bound("dhcp");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	says((struct rig_dhcp4){.type = RELEASE, .xid = 4, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 2, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 9});
	rig_expect(&rig, "-10.0.0.7");
	rig_stop(&rig);
}

static void leases_of_no_time_and_of_all_time(void **state UNUSED)
{
	start_bound("dhcp");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){.type = ACK,
		.xid = 2,
		.yiaddr = "10.0.0.7",
		.has_lease = true,
		.lease_s = UINT32_MAX});
	rig_expect(&rig, "+10.0.0.7/dhcp/ever");
	assert_true(guest_deadline(rig.g) == NS_NEVER);
	says((struct rig_dhcp4){.type = REQUEST, .xid = 3, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){.type = ACK, .xid = 3, .yiaddr = "10.0.0.7", .has_lease = true});
	rig_expect(&rig, "-10.0.0.7");
	/* Without option 51 it is an hour. */
	says((struct rig_dhcp4){.type = REQUEST, .xid = 4});
	hears((struct rig_dhcp4){.type = ACK, .xid = 4, .yiaddr = "10.0.0.7"});
	rig_expect(&rig, "+10.0.0.7/dhcp/3600");
	rig_stop(&rig);
}

static void a_refused_lease_is_no_claim_afterwards(void **state UNUSED)
{
	rig_start(&rig, "any", GUEST_HW);
	rig.taken[rig.taken_count++] = rig_addr("10.0.0.7");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 1});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 1, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "refused=10.0.0.7/taken");
	rig_wait(&rig, 60 * NS_PER_S);
	rig.taken_count = 0;
	guest_judge(rig.g, rig.now);
	rig_stop(&rig);
}

static void a_late_poll_does_no_harm(void **state UNUSED)
{
	start_bound("any");
	rig.now += 3600 * NS_PER_S;
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "-10.0.0.7 +10.0.0.7/arp/3600");
	rig_stop(&rig);
}

static void another_lease_replaces_the_first(void **state UNUSED)
{
	start_bound("dhcp");
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 2});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 2, .yiaddr = "10.0.0.8", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "+10.0.0.8/dhcp/60 -10.0.0.7");
	rig_stop(&rig);
}

static void an_announcement_is_a_claim_and_a_probe_is_none(void **state UNUSED)
{
	rig_start(&rig, "10.0.0.0/24", GUEST_HW);
	arp("0.0.0.0", "10.0.0.7");
	rig_expect(&rig, "");
	arp("10.0.0.7", "10.0.0.7");
	rig_expect(&rig, "+10.0.0.7/arp/3600");
	/* Renewed while seen, and the sink is told when an eighth of the time is over. */
	for (int i = 0; i < 30; i++) {
		rig_wait(&rig, 100 * NS_PER_S);
		arp("10.0.0.7", "10.0.0.1");
	}
	rig_expect(&rig, "+10.0.0.7/arp/3600 +10.0.0.7/arp/3600 +10.0.0.7/arp/3600 "
			 "+10.0.0.7/arp/3600 +10.0.0.7/arp/3600 +10.0.0.7/arp/3600");
	rig_wait(&rig, 3600 * NS_PER_S);
	rig_expect(&rig, "-10.0.0.7");
	/* Others' packets are none of the guest's. */
	frame_arp(&w, OTHER_HW, "10.0.0.8", "10.0.0.7");
	rig_hears(&rig, &w);
	rig_says(&rig, &w);
	rig_expect(&rig, "");
	rig_stop(&rig);
}

static void by_default_only_a_server_gives_ip4_addresses(void **state UNUSED)
{
	rig_start(&rig, "dhcp,slaac", GUEST_HW);
	arp("10.0.0.7", "10.0.0.7");
	arp("10.0.0.7", "10.0.0.7");
	rig_expect(&rig, "refused=10.0.0.7/policy");
	arp("169.254.3.4", "169.254.3.4");
	rig_expect(&rig, "refused=169.254.3.4/policy");
	rig_stop(&rig);
}

static void what_others_have_is_refused(void **state UNUSED)
{
	start_bound("any");
	rig.taken[rig.taken_count++] = rig_addr("10.0.0.2");
	arp("10.0.0.2", "10.0.0.9");
	rig_expect(&rig, "refused=10.0.0.2/taken");
	/* A router that the guest has claimed before: it is lost as soon as that is known. */
	arp("10.0.0.1", "10.0.0.9");
	rig_expect(&rig, "+10.0.0.1/arp/3600");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){.type = ACK,
		.xid = 2,
		.yiaddr = "10.0.0.7",
		.has_lease = true,
		.lease_s = 3600,
		.router = "10.0.0.1",
		.server = "10.0.0.3"});
	rig_expect(&rig, "-10.0.0.1 refused=10.0.0.1/router");
	arp("10.0.0.3", "10.0.0.9");
	rig_expect(&rig, "refused=10.0.0.3/router");
	/* The host gets the guest's address; then it gives it back. */
	rig.taken[0] = rig_addr("10.0.0.7");
	guest_judge(rig.g, rig.now);
	rig_expect(&rig, "+10.0.0.2/arp/3600 -10.0.0.7 refused=10.0.0.7/taken");
	rig.taken_count = 0;
	guest_judge(rig.g, rig.now);
	rig_expect(&rig, "+10.0.0.7/dhcp/3600");
	rig_stop(&rig);
}

static void no_unicast_address_is_refused(void **state UNUSED)
{
	static const char *const addrs[] = {"127.0.0.1", "224.0.0.1", "255.255.255.255", "0.1.2.3"};
	rig_start(&rig, "any", GUEST_HW);
	for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
		char expected[80];
		arp(addrs[i], "10.0.0.9");
		snprintf(expected, sizeof(expected), "refused=%s/class", addrs[i]);
		rig_expect(&rig, expected);
	}
	rig_stop(&rig);
}

static void the_seventeenth_address_replaces_the_one_seen_least_recently(void **state UNUSED)
{
	char addr[32], expected[80];
	rig_start(&rig, "any", GUEST_HW);
	for (int i = 1; i <= 16; i++) {
		snprintf(addr, sizeof(addr), "10.0.1.%d", i);
		arp(addr, "10.0.0.9");
		snprintf(expected, sizeof(expected), "+%s/arp/3600", addr);
		rig_expect(&rig, expected);
		rig_wait(&rig, NS_PER_S);
	}
	arp("10.0.1.1", "10.0.0.9");
	arp("10.0.1.17", "10.0.0.9");
	rig_expect(&rig, "-10.0.1.2 +10.0.1.17/arp/3600");
	/* One that would only be refused replaces nothing. */
	arp("127.0.0.1", "10.0.0.9");
	rig_expect(&rig, "");
	/* IPv6 has room of its own. */
	guest_hint(rig.g, &(struct addr){ADDR_V6, {0x20, 1, [15] = 1}}, rig.now);
	rig_expect(&rig, "+2001::1/kernel/86400");
	rig_stop(&rig);
}

static void a_refused_claim_gives_way_first(void **state UNUSED)
{
	char addr[32];
	start_bound("dhcp,10.0.1.0/24");
	for (int i = 1; i <= 20; i++) {
		rig_wait(&rig, NS_PER_S);
		snprintf(addr, sizeof(addr), "10.0.2.%d", i);
		arp(addr, "10.0.0.9");
		assert_non_null(strstr(rig.log, "refused"));
		rig.log[0] = '\0';
	}
	arp("10.0.1.1", "10.0.0.9");
	rig_expect(&rig, "+10.0.1.1/arp/3600");
	rig_stop(&rig);
}

static void a_hardware_address_is_learnt(void **state UNUSED)
{
	uint8_t hwaddr[GUEST_HWADDR_LEN];
	rig_start(&rig, "any", NULL);
	assert_false(guest_hwaddr(rig.g, hwaddr));
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "+10.0.0.7/arp/3600");
	assert_true(guest_hwaddr(rig.g, hwaddr));
	assert_memory_equal(hwaddr, GUEST_HW, sizeof(hwaddr));
	/* A second machine behind the link. */
	frame_dhcp4(
		&w, OTHER_HW, &(struct rig_dhcp4){.type = REQUEST, .xid = 1, .hwaddr = OTHER_HW});
	rig_says(&rig, &w);
	hears((struct rig_dhcp4){.type = ACK,
		.xid = 1,
		.hwaddr = OTHER_HW,
		.yiaddr = "10.0.0.8",
		.has_lease = true,
		.lease_s = 9});
	rig_expect(&rig, "+10.0.0.8/dhcp/9");
	/* The fifth pushes out the first; a lease for it is nobody's. */
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2});
	for (uint8_t i = 1; i <= 4; i++) {
		const uint8_t other[] = {2, 0, 0, 0, 0, i};
		frame_arp(&w, other, "0.0.0.0", "10.0.0.1");
		rig_says(&rig, &w);
	}
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 2, .yiaddr = "10.0.0.9", .has_lease = true, .lease_s = 9});
	rig_expect(&rig, "");
	/* A group is no source. */
	frame_arp(&w, (const uint8_t[]){1, 0, 0, 0, 0, 9}, "10.0.0.5", "10.0.0.1");
	rig_says(&rig, &w);
	rig_expect(&rig, "");
	rig_stop(&rig);
}

static void the_rewritten_hardware_address_is_the_guests_too(void **state UNUSED)
{
	rig_start(&rig, "any", GUEST_HW);
	frame_arp(&w, PARENT_HW, "10.0.0.7", "10.0.0.1");
	rig_says(&rig, &w);
	rig_expect(&rig, "");
	guest_set_wire_hwaddr(rig.g, PARENT_HW);
	rig_says(&rig, &w);
	rig_expect(&rig, "+10.0.0.7/arp/3600");
	rig_stop(&rig);
}

static void what_the_caller_knew_counts_without_the_policy(void **state UNUSED)
{
	const struct addr mine = rig_addr("10.0.0.7"), hosts = rig_addr("10.0.0.2");
	rig_start(&rig, "dhcp", GUEST_HW);
	rig.taken[rig.taken_count++] = hosts;
	guest_resume(rig.g, &mine, rig.now + 60 * NS_PER_S, rig.now);
	guest_resume(rig.g, &hosts, rig.now + 60 * NS_PER_S, rig.now);
	rig_expect(&rig, "+10.0.0.7/resumed/60 refused=10.0.0.2/taken");
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 2, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 90});
	rig_expect(&rig, "+10.0.0.7/dhcp/90");
	rig_wait(&rig, 90 * NS_PER_S);
	rig_expect(&rig, "-10.0.0.7");
	arp("10.0.0.7", "10.0.0.1");
	rig_expect(&rig, "refused=10.0.0.7/policy");
	rig_stop(&rig);
}

static void a_policy_that_changes_is_applied(void **state UNUSED)
{
	struct guest_policy nothing = {0}, all;
	start_bound("dhcp");
	arp("10.0.0.8", "10.0.0.1");
	rig_expect(&rig, "refused=10.0.0.8/policy");
	assert_int_equal(guest_policy_parse("any", &all), 0);
	guest_set_policy(rig.g, &nothing, rig.now);
	rig_expect(&rig, "-10.0.0.7 refused=10.0.0.7/policy");
	guest_set_policy(rig.g, &all, rig.now);
	rig_expect(&rig, "+10.0.0.8/arp/3600 +10.0.0.7/dhcp/3600");
	guest_forget(rig.g, &(struct addr){ADDR_V4, {10, 0, 0, 8}});
	rig_expect(&rig, "-10.0.0.8");
	rig_stop(&rig);
}

static void the_name_comes_and_goes_with_the_lease(void **state UNUSED)
{
	rig_start(&rig, "dhcp", GUEST_HW);
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 1, .name = "vm"});
	rig_expect(&rig, "name=vm");
	/* Some clients say it in the DISCOVER only. */
	says((struct rig_dhcp4){.type = REQUEST, .xid = 1});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 1, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "+10.0.0.7/dhcp/60");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 2, .ciaddr = "10.0.0.7", .name = "vm"});
	rig_expect(&rig, "");
	says((struct rig_dhcp4){.type = REQUEST, .xid = 3, .ciaddr = "10.0.0.7", .name = "web"});
	rig_expect(&rig, "name=web");
	assert_string_equal(guest_name(rig.g), "web");
	/* What is said with the release does not count. */
	says((struct rig_dhcp4){.type = RELEASE, .xid = 4, .ciaddr = "10.0.0.7", .name = "last"});
	rig_expect(&rig, "-10.0.0.7 name=");
	/* It ends with the lease, and when the next client has none. */
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 5, .name = "vm"});
	hears((struct rig_dhcp4){
		.type = ACK, .xid = 5, .yiaddr = "10.0.0.7", .has_lease = true, .lease_s = 60});
	rig_expect(&rig, "name=vm +10.0.0.7/dhcp/60");
	rig_wait(&rig, 60 * NS_PER_S);
	rig_expect(&rig, "-10.0.0.7 name=");
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 6, .name = "ipxe"});
	says((struct rig_dhcp4){.type = REQUEST, .xid = 7});
	rig_expect(&rig, "name=ipxe name=");
	rig_stop(&rig);
}

static void without_memory_the_next_frame_tries_again(void **state UNUSED)
{
	rig_start(&rig, "any", GUEST_HW);
	for (int i = 0; i < 2; i++) {
		is_short = i == 0;
		arp("10.0.0.7", "10.0.0.1");
		says((struct rig_dhcp4){.type = DISCOVER, .xid = 1, .name = "vm"});
		rig_expect(&rig, is_short ? "" : "+10.0.0.7/arp/3600 name=vm");
	}
	is_short = true; /* the name stays until there is memory for another one */
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 1, .name = "web"});
	assert_string_equal(guest_name(rig.g), "vm");
	is_short = false;
	says((struct rig_dhcp4){.type = DISCOVER, .xid = 1, .name = "web"});
	rig_expect(&rig, "name=web");
	rig_stop(&rig);
}

static void names_in_all_encodings(void **state UNUSED)
{
	static const struct {
		const char *options; /* as they are */
		size_t len;
		const char *name;
	} cases[] = {
#define CASE(text, name) {text, sizeof(text) - 1, name}
		CASE("\x0c\x02vm", "vm"), CASE("\x0c\x05vm\0\0\0", "vm"),
		CASE("\x0c\x07vm.lan.", "vm.lan"), CASE("\x0c\x03vm.", "vm"), CASE("\x0c\x01.", ""),
		CASE("\x0c\x04vm..", ""), CASE("\x0c\x03.vm", ""), CASE("\x0c\x05v..m.", ""),
		CASE("\x0c\x04v m1", ""), CASE("\x0c\x03v\0m", ""), CASE("\x0c\x03v\xc3\xa4", ""),
		CASE("\x0c\x00", ""), CASE("\x0c\x05vm", ""), /* cut */
		/* Option 81: text, and the wire format, whole and partial; it counts more than
		 * option 12. */
		CASE("\x51\x08\x00\x00\x00"
		     "vm.x.",
			"vm.x"),
		CASE("\x51\x09\x04\x00\x00\x02vm\x01x\x00", "vm.x"),
		CASE("\x51\x06\x05\x00\x00\x02vm", "vm"),
		CASE("\x0c\x01y\x51\x06\x04\x00\x00\x02vm\x0c\x01z", "vm"),
		CASE("\x51\x06\x04\x00\x00\x02vm\x0c\x01z", "vm"),
		CASE("\x51\x03\x04\x00\x00\x0c\x01z", "z"),
		CASE("\x51\x06\x04\x00\x00\x03vm\x0c\x01z", "z"),     /* a label that is cut */
		CASE("\x51\x07\x04\x00\x00\x02vm\xc0\x0c\x01z", "z"), /* compression */
		CASE("\x51\x02\x04\x00\x0c\x01z", "z"),               /* too short */
		CASE("\x00\x00\x0c\x02vm", "vm"),                     /* padding */
		CASE("\xff\x0c\x02vm", ""),                           /* behind the end */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char expected[80] = "";
		rig_start(&rig, "dhcp", GUEST_HW);
		says((struct rig_dhcp4){.type = REQUEST,
			.xid = 1,
			.more = cases[i].options,
			.more_len = cases[i].len});
		if (cases[i].name[0])
			snprintf(expected, sizeof(expected), "name=%s", cases[i].name);
		rig_expect(&rig, expected);
		rig_stop(&rig);
	}
}

static void long_names(void **state UNUSED)
{
	uint8_t options[257] = {12, 63};
	for (unsigned len = 60; len <= 255; len++) {
		rig_start(&rig, "dhcp", GUEST_HW);
		options[1] = (uint8_t)len;
		for (unsigned i = 0; i < len; i++)
			options[2 + i] = len > 70 && i % 50 == 49 ? '.' : 'a';
		says((struct rig_dhcp4){
			.type = REQUEST, .xid = 1, .more = options, .more_len = 2 + len});
		bool ends_with_dot = len > 70 && len % 50 == 0;
		size_t text = len - ends_with_dot;
		assert_int_equal(strlen(guest_name(rig.g)),
			text <= 253 && (len <= 63 || len > 70) ? text : 0);
		rig.log[0] = '\0';
		rig_stop(&rig);
	}
}

static void options_in_file_and_sname(void **state UNUSED)
{
	static const char name[] = "\x0c\x02vm", ends[] = "\xff\x0c\x02no";
	rig_start(&rig, "dhcp", GUEST_HW);
	says((struct rig_dhcp4){.type = REQUEST, .xid = 1, .file = name, .file_len = 4});
	rig_expect(&rig, "name=vm");
	says((struct rig_dhcp4){.type = REQUEST,
		.xid = 2,
		.file = ends,
		.file_len = 5,
		.sname = "\x0c\x01s",
		.sname_len = 3});
	rig_expect(&rig, "name=s");
	/* The lease and the type of an answer. */
	static const char rest[] = "\x33\x04\x00\x00\x00\x3c\x35\x01\x05";
	hears((struct rig_dhcp4){
		.xid = 2, .yiaddr = "10.0.0.7", .sname = rest, .sname_len = sizeof(rest) - 1});
	rig_expect(&rig, "+10.0.0.7/dhcp/60");
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_gives_an_address_until_it_ends),
		cmocka_unit_test(a_renewal_moves_the_end),
		cmocka_unit_test(only_the_answer_to_the_own_request_counts),
		cmocka_unit_test(an_inform_changes_nothing),
		cmocka_unit_test(nak_release_and_decline_take_it_away),
		cmocka_unit_test(an_ack_that_comes_after_a_release_is_late),
		cmocka_unit_test(leases_of_no_time_and_of_all_time),
		cmocka_unit_test(a_refused_lease_is_no_claim_afterwards),
		cmocka_unit_test(a_late_poll_does_no_harm),
		cmocka_unit_test(another_lease_replaces_the_first),
		cmocka_unit_test(an_announcement_is_a_claim_and_a_probe_is_none),
		cmocka_unit_test(by_default_only_a_server_gives_ip4_addresses),
		cmocka_unit_test(what_others_have_is_refused),
		cmocka_unit_test(no_unicast_address_is_refused),
		cmocka_unit_test(the_seventeenth_address_replaces_the_one_seen_least_recently),
		cmocka_unit_test(a_refused_claim_gives_way_first),
		cmocka_unit_test(a_hardware_address_is_learnt),
		cmocka_unit_test(the_rewritten_hardware_address_is_the_guests_too),
		cmocka_unit_test(what_the_caller_knew_counts_without_the_policy),
		cmocka_unit_test(a_policy_that_changes_is_applied),
		cmocka_unit_test(the_name_comes_and_goes_with_the_lease),
		cmocka_unit_test(without_memory_the_next_frame_tries_again),
		cmocka_unit_test(names_in_all_encodings),
		cmocka_unit_test(long_names),
		cmocka_unit_test(options_in_file_and_sname),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
