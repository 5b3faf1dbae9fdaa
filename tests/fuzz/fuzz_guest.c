/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of guest/guest.h: any frames at any time, and what the sink is told compared with its own
 * list of the guest's addresses.
 * Never knows a format. Built by tests/fuzz/local.mk.
 *
 * Input: a byte with the policy (bits 0-2) and whether the hardware address is given (bit 3) and rewritten (bit 4);
 * then records of a control byte, two bytes of length (big endian), and so many of a frame. Control byte: bit 0 from
 * the guest or to it, bit 1 a poll before, bits 2-4 the time that passes, bit 5 a judgement after it, bit 6
 * the frame begins with an address for a hint, bit 7 for the end of one; with both bits, one that is lost or a
 * hardware address that moves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "guest/guest.h"
#include "steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { HELD_CAP = 2 * LIMIT_GUEST_ADDRS, STEPS_A_BYTE = 3, STEPS_FIXED = 200 };

/* What the sink was told. */
struct told {
	ns_t now;
	size_t count;
	struct guest_addr held[HELD_CAP];
	char name[GUEST_NAME_CAP];
};

static struct guest_addr *find(struct told *t, const struct addr *a)
{
	for (size_t i = 0; i < t->count; i++)
		if (addr_equal(&t->held[i].addr, a))
			return &t->held[i];
	return NULL;
}

static size_t count_of(const struct told *t, enum addr_family family)
{
	size_t count = 0;
	for (size_t i = 0; i < t->count; i++)
		count += t->held[i].addr.family == family;
	return count;
}

static bool is_taken(void *arg, const struct addr *a)
{
	(void)arg;
	return a->bytes[addr_len(a) - 1] == 1;
}

static void on_addr(void *arg, const struct guest_addr *a)
{
	struct told *t = arg;
	struct guest_addr *known = find(t, &a->addr);
	if (addr_scope(&a->addr) == ADDR_SCOPE_NONE || is_taken(NULL, &a->addr) ||
		a->until <= t->now)
		abort();
	if (known && known->until == a->until && known->origin == a->origin)
		abort(); /* not news */
	if (!known && count_of(t, a->addr.family) >= LIMIT_GUEST_ADDRS)
		abort();
	if (!known)
		known = &t->held[t->count++];
	*known = *a;
}

static void on_addr_gone(void *arg, const struct addr *a)
{
	struct told *t = arg;
	struct guest_addr *known = find(t, a);
	if (!known)
		abort();
	*known = t->held[--t->count];
}

static void on_name(void *arg, const char *name)
{
	struct told *t = arg;
	if (strlen(name) >= sizeof(t->name) || strcmp(name, t->name) == 0 || name[0] == '.' ||
		strstr(name, "..") ||
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
			strlen(name))
		abort();
	strcpy(t->name, name);
}

static struct guest *start(struct told *t, uint8_t how)
{
	static const char *const policies[] = {"dhcp,slaac", "dhcp", "slaac", "any",
		"10.0.0.0/8,2001:db8::/32", "0.0.0.0/0", "::/0", "dhcp,any"};
	struct guest_config config = {.sink = {.on_addr = on_addr,
					      .on_addr_gone = on_addr_gone,
					      .on_name = on_name,
					      .is_taken = is_taken,
					      .arg = t}};
	if (guest_policy_parse(policies[how & 7], &config.policy))
		abort();
	if (how & 8)
		memcpy(config.hwaddr, "\x52\x54\0\0\0\x07", GUEST_HWADDR_LEN);
	if (how & 16)
		memcpy(config.wire_hwaddr, "\x52\x54\0\0\0\x50", GUEST_HWADDR_LEN);
	return guest_new(&config);
}

static void poll(struct guest *g, struct told *t)
{
	guest_poll(g, t->now);
	if (guest_deadline(g) <= t->now)
		abort();
	for (size_t i = 0; i < t->count; i++)
		if (t->held[i].until <= t->now)
			abort();
}

static void hint(struct guest *g, const struct told *t, uint8_t control, const uint8_t *bytes)
{
	struct addr a = addr_make(control & 1 ? ADDR_V4 : ADDR_V6, bytes);
	switch (control & 0xc0) {
	case 0x40: guest_hint(g, &a, t->now); break;
	case 0x80: guest_forget(g, &a); break;
	default:
		guest_lose(g, &a, t->now);
		guest_move(g, bytes + 6, bytes[0] & 1, t->now);
		break;
	}
}

static void one_frame(
	struct guest *g, struct told *t, uint8_t control, const uint8_t *frame, size_t len)
{
	static const ns_t spans[] = {0, 1, NS_PER_S / 2, NS_PER_S, 61 * NS_PER_S, 3601 * NS_PER_S,
		90000 * NS_PER_S, 3000000000 * NS_PER_S};
	t->now += spans[control >> 2 & 7];
	if (t->now > NS_NEVER / 2) /* a century */
		t->now = NS_NEVER / 2;
	if (control & 2 || guest_deadline(g) <= t->now)
		poll(g, t);
	steps_begin();
	guest_hear(g, control & 1 ? GUEST_SAYS : GUEST_HEARS, frame, len, t->now);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	if (control & 0x20)
		guest_judge(g, t->now);
	if (control & 0xc0 && len >= 16)
		hint(g, t, control, frame);
	if (strcmp(guest_name(g), t->name) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct told told;
	struct rd in = rd_init(bytes, len);
	told = (struct told){.now = NS_PER_S};
	struct guest *g = start(&told, rd_u8(&in));
	if (!g)
		return 0;
	while (rd_left(&in) > 0) {
		uint8_t control = rd_u8(&in);
		size_t part = rd_u16(&in);
		const uint8_t *at = rd_bytes(&in, part);
		if (in.err)
			break;
		uint8_t *frame = malloc(part ? part : 1); /* exactly as long as the frame */
		if (!frame)
			break;
		memcpy(frame, at, part);
		one_frame(g, &told, control, frame, part);
		free(frame);
	}
	guest_free(g);
	return 0;
}
