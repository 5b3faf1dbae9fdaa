/* SPDX-License-Identifier: ISC */
/*
 * Owns the events of the simulated daemon, one at a time, encoded in a few bytes, so that the
 * random runs and the fuzzer have the same choice.
 * Never decides what follows from an event.
 */
#include <linux/if_addr.h>
#include <string.h>

#include "whole.h"

enum what {
	STEP_WAIT,
	STEP_ADD_SPACE,
	STEP_REMOVE_SPACE,
	STEP_SET_LINK,
	STEP_REMOVE_LINK,
	STEP_SET_ADDR,
	STEP_REMOVE_ADDR,
	STEP_HOSTNAME,
	STEP_RELOAD,
	STEP_PEER,
	STEP_STRANGER,
	STEP_FAIL_DUMPS,
	STEP_FLAP,
	STEP_COUNT
};

static const char *const aliases[] = {
	"", "web", "db", "web, db", "mail", "WEB", "not_a_name", "mail not_a_name"};
static const char *const hostnames[] = {"", "web", "db", "box", "crate", "mail"};

static void pick(const char *const *texts, size_t count, uint8_t by, char *out, size_t cap)
{
	snprintf(out, cap, "%s", texts[by % count]);
}

/* Our own namespace only has links for which mDNS has wires. */
static int link_of(int space, uint8_t by)
{
	return by % (space == 0 ? WHOLE_WIRES : KERNEL_LINKS);
}

static void set_link(struct whole *w, const uint8_t *step)
{
	int space = step[1] % KERNEL_SPACES;
	struct kernel_link link = {.is_up = step[3] & 1 || step[3] & 2,
		.mtu = step[3] & 4 ? 9000 : 1500,
		.lower = step[3] >> 3 & 3};
	if (link.lower > WHOLE_WIRES)
		link.lower = 0;
	pick(aliases, ARRAY_LEN(aliases), step[3] >> 5, link.alias, sizeof(link.alias));
	simkernel_set_link(&w->kernel, space, link_of(space, step[2]), &link);
}

/* Returns the address for that slot: on the LAN of a wire, shared with other namespaces, or IPv6
 * of either scope. */
static struct kernel_addr addr_for(const struct whole *w, int space, int l, uint8_t by)
{
	const struct kernel_link *link = &w->kernel.spaces[space].links[l];
	struct kernel_addr a = {0};
	uint8_t wire = (uint8_t)(space == 0 ? l : link->lower ? (int)link->lower - 1 : by >> 2 & 1);
	uint8_t host = (uint8_t)(l * 2 + (by >> 3 & 1) + 1), s = (uint8_t)space;
	const uint8_t v4[][4] = {{10, wire, s, host}, {198, 51, 100, host}};
	const uint8_t v6[][16] = {{0x20, 1, 0x0d, 0xb8, 0, wire, [13] = s, [15] = host},
		{0xfe, 0x80, [13] = s, [15] = host}};
	unsigned slot = by % KERNEL_ADDRS;
	a.addr = slot < 2 ? addr_make(ADDR_V4, v4[slot]) : addr_make(ADDR_V6, v6[slot - 2]);
	a.prefix_len = slot == 0 ? 16 : slot == 1 ? 24 : 64;
	a.flags = (by & 0x10 ? IFA_F_DEPRECATED : 0) | ((by & 0x60) == 0x60 ? IFA_F_TENTATIVE : 0);
	return a;
}

static void set_addr(struct whole *w, const uint8_t *step)
{
	int space = step[1] % KERNEL_SPACES, l = link_of(space, step[2]);
	const struct kernel_addr addr = addr_for(w, space, l, step[3]);
	simkernel_set_addr(&w->kernel, space, l, step[3] % KERNEL_ADDRS, &addr);
}

/* An address appears and disappears several times, and exists in the end or not. */
static void flap(struct whole *w, const uint8_t *step)
{
	for (unsigned i = 0; i < 4 + step[1] % 16u; i++) {
		set_addr(w, step);
		if (i % 2 == step[1] % 2)
			continue;
		int space = step[1] % KERNEL_SPACES;
		simkernel_remove_addr(
			&w->kernel, space, link_of(space, step[2]), step[3] % KERNEL_ADDRS);
	}
}

/* Another host announces one of our names, or removes it. */
static void peer(struct whole *w, const uint8_t *step)
{
	char owner[32], records[64];
	unsigned host = 1 + step[1] % 2u, link = 1 + step[2] % (unsigned)WHOLE_WIRES;
	snprintf(owner, sizeof(owner), "%s.local", naive_labels[step[3] % naive_label_count]);
	snprintf(records, sizeof(records), "A 10.%u.0.%u", link - 1, 200 + host);
	sim_put(&w->net, host, link, owner, step[3] & 0x80 ? NULL : records);
}

/* A stranger without an engine asks, or claims a name. */
static void stranger(struct whole *w, const uint8_t *step)
{
	char message[128], from[32];
	const char *label = naive_labels[step[2] % naive_label_count];
	unsigned wire = step[1] % (unsigned)WHOLE_WIRES;
	snprintf(from, sizeof(from), "10.%u.0.%u", wire, 210 + (step[1] >> 4));
	switch (step[3] % 6) {
	case 0:
		snprintf(message, sizeof(message), "id=5; q %s.local A", label);
		sim_say(&w->net, wire, from, 40000, message);
		return;
	case 1: snprintf(message, sizeof(message), "q %s.local ANY", label); break;
	case 2: snprintf(message, sizeof(message), "q %s.local AAAA qu", label); break;
	case 3:
		snprintf(message, sizeof(message), "qr; an %s.local 120 A flush %s", label, from);
		break;
	case 4: snprintf(message, sizeof(message), "qr; an %s.local 0 A %s", label, from); break;
	default:
		snprintf(message, sizeof(message), "q %s.local ANY; ns %s.local 120 A %s", label,
			label, from);
		break;
	}
	sim_say(&w->net, wire, from, MDNS_PORT, message);
}

static void set_hostname(struct whole *w, const uint8_t *step)
{
	char hostname[16];
	pick(hostnames, ARRAY_LEN(hostnames), step[2], hostname, sizeof(hostname));
	simkernel_set_hostname(&w->kernel, step[1] % KERNEL_SPACES, hostname);
}

void whole_step(struct whole *w, const uint8_t step[WHOLE_STEP_LEN])
{
	int space = step[1] % KERNEL_SPACES;
	switch ((enum what)((step[0] & ~WHOLE_NO_TURN) % STEP_COUNT)) {
	case STEP_WAIT: whole_run(w, w->net.now + (ns_t)step[1] * step[1] * NS_PER_MS / 4); break;
	case STEP_ADD_SPACE: simkernel_add_space(&w->kernel, space); break;
	case STEP_REMOVE_SPACE: simkernel_remove_space(&w->kernel, space); break;
	case STEP_SET_LINK: set_link(w, step); break;
	case STEP_REMOVE_LINK:
		simkernel_remove_link(&w->kernel, space, link_of(space, step[2]));
		break;
	case STEP_SET_ADDR: set_addr(w, step); break;
	case STEP_REMOVE_ADDR:
		simkernel_remove_addr(
			&w->kernel, space, link_of(space, step[2]), step[3] % KERNEL_ADDRS);
		break;
	case STEP_HOSTNAME: set_hostname(w, step); break;
	case STEP_RELOAD: whole_reload(w, step[1]); break;
	case STEP_PEER: peer(w, step); break;
	case STEP_STRANGER: stranger(w, step); break;
	case STEP_FAIL_DUMPS: w->kernel.failures = 1 + step[1] % 3u; break;
	case STEP_FLAP: flap(w, step); break;
	case STEP_COUNT: break;
	}
	if (!(step[0] & WHOLE_NO_TURN))
		whole_turn(w);
}
