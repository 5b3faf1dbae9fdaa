/* SPDX-License-Identifier: ISC */
/*
 * Owns the property test of guest/guest.h: random messages and pauses, compared with a model that is too simple to be
 * wrong. It has a few variables for each address and goes through every second. After each step, the addresses that
 * the sink knows must be those of the model. GUEST_SEED=N repeats one seed. Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "guest/guest.h"
#include "guest_rig.h"
#include "unit.h"

enum { SEEDS = 150, STEPS = 250, ADDRS = 7, FIRST_V6 = 3, LINK_LOCAL = 3, XIDS = 3 };
enum { DAY_S = 86400, HOUR_S = 3600, TWO_HOURS_S = 7200 };
#define LL     "fe80::5054:ff:fe00:7"
#define PREFIX "2001:db8::"

static const char *const addrs[ADDRS] = {
	"10.0.0.5", "10.0.0.6", "10.0.0.7", LL, "2001:db8::5", "2001:db8::6", "2001:db8:1::7"};

/* Times are in seconds; 0: never. */
static struct model {
	long now, prefix_until;
	bool is_any; /* policy "any"; else "dhcp,slaac" */
	struct {
		bool is_taken, is_claimed, is_tentative, is_held, is_lost;
		long seen, probe, lease_until, away_at;
	} at[ADDRS];
	int asked[XIDS]; /* DHCP: which address was asked for, by xid, + 1; 0: no request */
	long asked_at[XIDS];
	long asked6_at[XIDS];
} model;

static uint64_t rng_state;

static unsigned roll(unsigned sides)
{
	rng_state = hash_mix(rng_state + 0x9e3779b97f4a7c15u, 0x1234567);
	return (unsigned)(rng_state >> 20) % sides;
}

static bool is_in_prefix(int a)
{
	return a == 4 || a == 5;
}

static bool is_allowed(int a)
{
	return model.is_any || model.at[a].lease_until > model.now || a == LINK_LOCAL ||
	       (is_in_prefix(a) && model.prefix_until > model.now);
}

static void model_drop(int a)
{
	bool is_taken = model.at[a].is_taken;
	memset(&model.at[a], 0, sizeof(model.at[a]));
	model.at[a].is_taken = is_taken;
}

static bool is_away(int a)
{
	return model.at[a].away_at && model.at[a].away_at <= model.now;
}

static void model_settle(int a)
{
	bool has_it = model.at[a].is_claimed || model.at[a].lease_until > model.now;
	bool may_have_it = !model.at[a].is_tentative && !model.at[a].is_taken &&
			   !model.at[a].is_lost && !is_away(a);
	model.at[a].is_held = has_it && may_have_it && is_allowed(a);
}

/* The guest was heard with it. */
static void model_hear(int a)
{
	model.at[a].seen = model.now;
	model.at[a].is_lost = false;
	model.at[a].away_at = 0;
}

static void model_judge(void)
{
	for (int a = 0; a < ADDRS; a++)
		model_settle(a);
}

static long model_until(int a)
{
	if (model.at[a].lease_until)
		return model.at[a].lease_until;
	long until = model.at[a].seen + (a < FIRST_V6 ? HOUR_S : DAY_S);
	bool has_prefix = is_in_prefix(a) && model.prefix_until > model.now;
	return has_prefix && model.prefix_until < until ? model.prefix_until : until;
}

/* The prefix ends in the second in which its addresses do. */
static void model_second(void)
{
	model.now++;
	for (int a = 0; a < ADDRS; a++) {
		if (model.at[a].lease_until && model.at[a].lease_until <= model.now)
			model_drop(a);
		if (model.at[a].is_held && is_in_prefix(a) && !model.at[a].lease_until &&
			model.prefix_until == model.now)
			model_drop(a);
		if (model.at[a].is_claimed && model_until(a) <= model.now)
			model_drop(a);
		if (is_away(a))
			model.at[a].is_held = false;
		if (model.at[a].is_tentative && model.at[a].probe < model.now) {
			model.at[a].is_tentative = false;
			model.at[a].is_claimed = true;
			model_settle(a);
		}
	}
}

static void model_claim(int a)
{
	model.at[a].is_claimed = true;
	model.at[a].is_tentative = false;
	model_hear(a);
	model_settle(a);
}

static void model_probe(int a)
{
	model.at[a].probe = model.now;
	model_hear(a);
	if (!model.at[a].is_held)
		model.at[a].is_tentative = true;
}

/* ---- the two together */

static uint8_t bytes[FRAME_CAP];
static struct wr w = {.start = bytes};
static struct guest_rig rig;

static void says_dhcp(uint8_t type, unsigned xid, int a)
{
	frame_dhcp4(&w, GUEST_HW,
		&(struct rig_dhcp4){.type = type,
			.xid = xid,
			.requested = addrs[a],
			.ciaddr = type == 7 ? addrs[a] : NULL});
	rig_says(&rig, &w);
}

static void hears_dhcp(uint8_t type, unsigned xid, int a, uint32_t lease_s)
{
	frame_dhcp4(&w, ROUTER_HW,
		&(struct rig_dhcp4){.type = type,
			.is_reply = true,
			.xid = xid,
			.yiaddr = type == 5 ? addrs[a] : NULL,
			.has_lease = true,
			.lease_s = lease_s});
	rig_hears(&rig, &w);
}

static void step_request(int a)
{
	unsigned xid = roll(XIDS);
	says_dhcp(roll(2) ? 1 : 3, xid, a);
	model.asked[xid] = a + 1;
	model.asked_at[xid] = model.now;
}

static bool is_asked(unsigned xid)
{
	return model.asked[xid] && model.now < model.asked_at[xid] + 60;
}

static void step_ack(int a)
{
	unsigned xid = roll(XIDS);
	uint32_t lease_s = (const uint32_t[]){0, 30, 2000}[roll(3)];
	hears_dhcp(5, xid, a, lease_s);
	if (!is_asked(xid))
		return;
	model.asked[xid] = 0;
	for (int other = 0; other < FIRST_V6; other++)
		if (other != a && model.at[other].lease_until)
			model_drop(other);
	if (lease_s == 0) {
		model_drop(a);
		return;
	}
	model.at[a].lease_until = model.now + lease_s;
	model_hear(a);
	model_settle(a);
}

static void step_nak(void)
{
	unsigned xid = roll(XIDS);
	hears_dhcp(6, xid, 0, 0);
	if (is_asked(xid))
		model_drop(model.asked[xid] - 1);
	if (is_asked(xid))
		model.asked[xid] = 0;
}

static void step_give_back(int a)
{
	says_dhcp(roll(2) ? 7 : 4, 9, a);
	model_drop(a);
	memset(model.asked, 0, sizeof(model.asked));
}

static void step_arp(int a)
{
	frame_arp(&w, GUEST_HW, addrs[a], "10.0.0.1");
	rig_says(&rig, &w);
	model_claim(a);
}

static void step_v4(void)
{
	int a = (int)roll(FIRST_V6);
	switch (roll(6)) {
	case 0:
	case 1: step_request(a); break;
	case 2: step_ack(a); break;
	case 3: roll(3) ? step_ack(a) : step_nak(); break;
	case 4: roll(2) ? step_give_back(a) : step_arp(a); break;
	default: step_arp(a); break;
	}
}

static void says_nd(uint8_t type, const char *source, const char *target)
{
	frame_nd(&w, GUEST_HW, type, source, "ff02::1", target);
	rig_says(&rig, &w);
}

static void step_object(int a)
{
	bool is_probe = roll(2);
	frame_nd(&w, OTHER_HW, is_probe ? 135 : 136, is_probe ? "::" : addrs[a], "ff02::1",
		addrs[a]);
	rig_hears(&rig, &w);
	if (model.at[a].probe == model.now && model.at[a].probe)
		model_drop(a);
}

static void step_ra(void)
{
	uint32_t valid_s = (const uint32_t[]){0, 1000, 9000, 20000}[roll(4)];
	long until = model.now + valid_s;
	frame_ra(&w, "fe80::1", PREFIX, 64, valid_s);
	rig_hears(&rig, &w);
	if (valid_s > TWO_HOURS_S || until > model.prefix_until)
		model.prefix_until = until;
	else if (model.prefix_until > model.now + TWO_HOURS_S)
		model.prefix_until = model.now + TWO_HOURS_S;
	model_judge();
}

static void says_dhcp6(uint8_t type, unsigned xid, int a)
{
	frame_dhcp6(&w, GUEST_HW, LL, "ff02::1:2",
		&(struct rig_dhcp6){.type = type, .xid = xid, .addr = addrs[a], .status = -1});
	rig_says(&rig, &w);
	model_claim(LINK_LOCAL);
}

static void step_reply(int a)
{
	unsigned xid = roll(XIDS);
	uint32_t valid_s = (const uint32_t[]){0, 30, 2000}[roll(3)];
	frame_dhcp6(&w, ROUTER_HW, "fe80::1", LL,
		&(struct rig_dhcp6){.type = 7, .xid = xid, .addr = addrs[a], .valid_s = valid_s});
	rig_hears(&rig, &w);
	if (!model.asked6_at[xid] || model.now >= model.asked6_at[xid] + 60)
		return;
	model.asked6_at[xid] = 0;
	if (valid_s == 0) {
		model_drop(a);
		return;
	}
	model.at[a].lease_until = model.now + valid_s;
	model_hear(a);
	if (!model.at[a].is_held)
		model_probe(a);
	model_settle(a);
}

static void step_dhcp6(int a)
{
	unsigned xid = roll(XIDS);
	switch (roll(5)) {
	case 0:
	case 1:
		says_dhcp6(roll(2) ? 3 : 5, xid, a);
		model.asked6_at[xid] = model.now;
		break;
	case 2:
		says_dhcp6(roll(2) ? 8 : 9, xid, a);
		model_drop(a);
		break;
	default: step_reply(a); break;
	}
}

static void step_v6(void)
{
	int a = FIRST_V6 + (int)roll(ADDRS - FIRST_V6);
	switch (roll(7)) {
	case 0:
		says_nd(136, addrs[a], addrs[a]);
		model_claim(a);
		break;
	case 1:
	case 2:
		says_nd(135, "::", addrs[a]);
		model_probe(a);
		break;
	case 3: step_object(a); break;
	case 4: step_ra(); break;
	default: step_dhcp6(a == LINK_LOCAL ? 4 : a); break;
	}
}

static void step_lose(int a)
{
	struct addr addr = rig_addr(addrs[a]);
	guest_lose(rig.g, &addr, rig.now);
	if (model.at[a].is_held && model.now >= model.at[a].seen + 1) {
		model.at[a].is_lost = true;
		model.at[a].is_held = false;
	}
}

static void step_move(bool is_to_another)
{
	guest_move(rig.g, GUEST_HW, is_to_another, rig.now);
	for (int a = 0; a < ADDRS; a++) {
		if (is_to_another && !model.at[a].away_at)
			model.at[a].away_at = model.now + 5;
		if (is_to_another)
			continue;
		model.at[a].away_at = 0;
		model_settle(a);
	}
}

static void step_other(void)
{
	unsigned a = roll(ADDRS);
	struct addr addr = rig_addr(addrs[a]);
	switch (roll(5)) {
	case 0:
		model.at[a].is_taken = !model.at[a].is_taken;
		rig.taken_count = 0;
		for (int i = 0; i < ADDRS && rig.taken_count < TAKEN_CAP; i++)
			if (model.at[i].is_taken)
				rig.taken[rig.taken_count++] = rig_addr(addrs[i]);
			else
				model.at[i].is_taken = false;
		for (int i = 0, count = 0; i < ADDRS; i++)
			model.at[i].is_taken = model.at[i].is_taken && count++ < TAKEN_CAP;
		guest_judge(rig.g, rig.now);
		model_judge();
		break;
	case 1:
		guest_hint(rig.g, &addr, rig.now);
		model_claim((int)a);
		break;
	case 2: step_lose((int)a); break;
	case 3: step_move(roll(3)); break;
	default:
		guest_forget(rig.g, &addr);
		model_drop((int)a);
		break;
	}
}

static void step_time(void)
{
	static const unsigned spans[] = {1, 1, 1, 2, 5, 29, 31, 60, 400, 1500, 3500, 8000};
	unsigned span = spans[roll(ARRAY_LEN(spans))];
	rig_wait(&rig, span * NS_PER_S);
	for (unsigned i = 0; i < span; i++)
		model_second();
}

/* Reads what the sink was told, and keeps it. */
static void take_told(bool *held)
{
	for (char *word = strtok(rig.log, " "); word; word = strtok(NULL, " ")) {
		char addr[ADDR_TEXT_CAP] = "";
		if (word[0] != '+' && word[0] != '-')
			continue;
		assert_int_equal(sscanf(word + 1, "%51[^/]", addr), 1);
		int a = 0;
		while (a < ADDRS && strcmp(addrs[a], addr) != 0)
			a++;
		assert_true(a < ADDRS);
		assert_true(word[0] == '+' || held[a]);
		held[a] = word[0] == '+';
	}
	rig.log[0] = '\0';
}

/* The sink hears of a later end only when an eighth of the time is over, so an address may go
 * earlier. Then the model takes over what the sink knows. */
static bool may_have_gone(int a)
{
	long span = a < FIRST_V6 ? HOUR_S : DAY_S;
	return !model.at[a].lease_until && model.at[a].is_held &&
	       model_until(a) - model.now <= span / 8;
}

static void compare(bool *held, uint64_t seed, int step)
{
	take_told(held);
	for (int a = 0; a < ADDRS; a++) {
		if (held[a] == model.at[a].is_held)
			continue;
		if (!held[a] && may_have_gone(a)) {
			model_drop(a);
			continue;
		}
		fail_msg("seed %llu, step %d, second %ld: %s is %s", (unsigned long long)seed, step,
			model.now, addrs[a], held[a] ? "held" : "not held");
	}
}

static void run(uint64_t seed)
{
	bool held[ADDRS] = {false};
	rng_state = seed;
	memset(&model, 0, sizeof(model));
	model.is_any = roll(2);
	rig_start(&rig, model.is_any ? "any" : "dhcp,slaac", GUEST_HW);
	model.now = rig.now / NS_PER_S;
	for (int step = 0; step < STEPS; step++) {
		unsigned kind = roll(10);
		if (kind < 3)
			step_v4();
		else if (kind < 6)
			step_v6();
		else if (kind < 7)
			step_other();
		else
			step_time();
		compare(held, seed, step);
	}
	guest_free(rig.g);
}

static void the_guest_has_what_the_model_says(void **state UNUSED)
{
	const char *only = getenv("GUEST_SEED");
	if (only) {
		run(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_guest_has_what_the_model_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
