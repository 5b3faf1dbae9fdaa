/* SPDX-License-Identifier: ISC */
/*
 * Owns the rig of the tests of guest/guest.h, and the bytes of the frames that it makes.
 * Never reads a frame.
 */
#include "guest_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

const uint8_t GUEST_HW[GUEST_HWADDR_LEN] = {0x52, 0x54, 0, 0, 0, 0x07};
const uint8_t PARENT_HW[GUEST_HWADDR_LEN] = {0x52, 0x54, 0, 0, 0, 0x50};
const uint8_t ROUTER_HW[GUEST_HWADDR_LEN] = {0x52, 0x54, 0, 0, 0, 0x01};
const uint8_t OTHER_HW[GUEST_HWADDR_LEN] = {0x52, 0x54, 0, 0, 0, 0x99};

struct addr rig_addr(const char *text)
{
	struct addr a = {ADDR_V4, {0}};
	if (text)
		assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void note(struct guest_rig *rig, const char *text)
{
	assert_true(strlen(rig->log) + strlen(text) < sizeof(rig->log));
	strcat(rig->log, text);
}

static void on_addr(void *arg, const struct guest_addr *a)
{
	char text[160], addr[ADDR_TEXT_CAP], end[16] = "ever";
	struct guest_rig *rig = arg;
	assert_true(a->until > rig->now);
	assert_int_equal(a->until == NS_NEVER, a->lifetime_s == UINT32_MAX);
	if (a->until != NS_NEVER)
		snprintf(end, sizeof(end), "%u", a->lifetime_s);
	snprintf(text, sizeof(text), "+%s/%s/%s ", addr_format(&a->addr, addr),
		guest_origin_text(a->origin), end);
	note(rig, text);
}

static void on_addr_gone(void *arg, const struct addr *a)
{
	char text[80], addr[ADDR_TEXT_CAP];
	snprintf(text, sizeof(text), "-%s ", addr_format(a, addr));
	note(arg, text);
}

static void on_name(void *arg, const char *name)
{
	char text[GUEST_NAME_CAP + 16];
	snprintf(text, sizeof(text), "name=%s ", name);
	note(arg, text);
}

static void on_refused(void *arg, const struct addr *a, enum guest_refusal why)
{
	static const char *const words[] = {"class", "taken", "router", "policy", "lost", "away"};
	char text[80], addr[ADDR_TEXT_CAP];
	snprintf(text, sizeof(text), "refused=%s/%s ", addr_format(a, addr), words[why]);
	note(arg, text);
}

static bool is_taken(void *arg, const struct addr *a)
{
	const struct guest_rig *rig = arg;
	for (unsigned i = 0; i < rig->taken_count; i++)
		if (addr_equal(&rig->taken[i], a))
			return true;
	return false;
}

void rig_start(struct guest_rig *rig, const char *policy, const uint8_t *hwaddr)
{
	struct guest_config config = {.sink = {.on_addr = on_addr,
					      .on_addr_gone = on_addr_gone,
					      .on_name = on_name,
					      .on_refused = on_refused,
					      .is_taken = is_taken,
					      .arg = rig}};
	*rig = (struct guest_rig){.now = 1000 * NS_PER_S};
	if (policy[0])
		assert_int_equal(guest_policy_parse(policy, &config.policy), 0);
	if (hwaddr)
		memcpy(config.hwaddr, hwaddr, GUEST_HWADDR_LEN);
	rig->g = guest_new(&config);
	assert_non_null(rig->g);
}

void rig_stop(struct guest_rig *rig)
{
	rig_expect(rig, "");
	guest_free(rig->g);
}

void rig_expect_at(struct guest_rig *rig, const char *text, const char *file, int line)
{
	size_t len = strlen(rig->log);
	if (len > 0)
		rig->log[len - 1] = '\0';
	if (strcmp(rig->log, text) != 0) {
		print_error("expected \"%s\"\n     got \"%s\"\n", text, rig->log);
		_fail(file, line);
	}
	rig->log[0] = '\0';
}

void rig_wait(struct guest_rig *rig, ns_t span)
{
	ns_t end = rig->now + span;
	while (guest_deadline(rig->g) <= end) {
		ns_t at = guest_deadline(rig->g);
		rig->now = ns_max(rig->now, at);
		guest_poll(rig->g, rig->now);
		assert_true(guest_deadline(rig->g) > at);
	}
	rig->now = end;
}

static void hand_over(struct guest_rig *rig, enum guest_way way, const struct wr *w)
{
	size_t len = wr_len(w);
	assert_int_equal(w->err, 0);
	uint8_t *bytes = malloc(len);
	assert_non_null(bytes);
	memcpy(bytes, w->start, len);
	guest_hear(rig->g, way, bytes, len, rig->now);
	free(bytes);
}

void rig_says(struct guest_rig *rig, const struct wr *w)
{
	hand_over(rig, GUEST_SAYS, w);
}

void rig_hears(struct guest_rig *rig, const struct wr *w)
{
	hand_over(rig, GUEST_HEARS, w);
}

static void add_addr(struct wr *w, const char *text)
{
	struct addr a = rig_addr(text);
	wr_bytes(w, a.bytes, addr_len(&a));
}

static void add_ethernet(struct wr *w, const uint8_t *from, uint16_t type)
{
	static const uint8_t all[GUEST_HWADDR_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	*w = wr_init(w->start, FRAME_CAP);
	wr_bytes(w, all, sizeof(all));
	wr_bytes(w, from, GUEST_HWADDR_LEN);
	wr_u16(w, type);
}

void frame_arp(struct wr *w, const uint8_t *from, const char *sender, const char *target)
{
	static const uint8_t nobody[GUEST_HWADDR_LEN];
	add_ethernet(w, from, 0x0806);
	wr_u16(w, 1);
	wr_u16(w, 0x0800);
	wr_u8(w, 6);
	wr_u8(w, 4);
	wr_u16(w, 1);
	wr_bytes(w, from, GUEST_HWADDR_LEN);
	add_addr(w, sender);
	wr_bytes(w, nobody, sizeof(nobody));
	add_addr(w, target);
}

static void add_ip4_udp(struct wr *w, uint16_t from_port, uint16_t to_port, size_t len)
{
	wr_u16(w, 0x4500);
	wr_u16(w, (uint16_t)(28 + len));
	wr_u32(w, 0);
	wr_u32(w, 64u << 24 | 17u << 16);
	wr_u32(w, 0);
	wr_u32(w, 0xffffffff);
	wr_u16(w, from_port);
	wr_u16(w, to_port);
	wr_u16(w, (uint16_t)(8 + len));
	wr_u16(w, 0);
}

static void add_option(struct wr *w, uint8_t code, const void *bytes, size_t len)
{
	wr_u8(w, code);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, bytes, len);
}

static void add_addr_option(struct wr *w, uint8_t code, const char *text)
{
	struct addr a = rig_addr(text);
	if (text)
		add_option(w, code, a.bytes, 4);
}

static void add_options(struct wr *w, const struct rig_dhcp4 *m)
{
	if (m->type)
		add_option(w, 53, &m->type, 1);
	add_addr_option(w, 50, m->requested);
	add_addr_option(w, 54, m->server);
	add_addr_option(w, 3, m->router);
	if (m->has_lease) {
		uint8_t lease[4];
		put_u32(lease, m->lease_s);
		add_option(w, 51, lease, sizeof(lease));
	}
	if (m->name)
		add_option(w, 12, m->name, strlen(m->name));
	wr_bytes(w, m->more, m->more_len);
	uint8_t overload = (uint8_t)((m->file ? 1 : 0) | (m->sname ? 2 : 0));
	if (overload)
		add_option(w, 52, &overload, 1);
	wr_u8(w, 255);
}

static void add_field(struct wr *w, size_t size, const void *bytes, size_t len)
{
	uint8_t field[128] = {0};
	assert_true(len <= size);
	if (len > 0)
		memcpy(field, bytes, len);
	wr_bytes(w, field, size);
}

void frame_dhcp4(struct wr *w, const uint8_t *from, const struct rig_dhcp4 *m)
{
	uint8_t bytes[FRAME_CAP];
	struct wr options = wr_init(bytes, sizeof(bytes));
	add_options(&options, m);
	add_ethernet(w, from, 0x0800);
	add_ip4_udp(w, m->is_reply ? 67 : 68, m->is_reply ? 68 : 67, 240 + wr_len(&options));
	wr_u32(w, m->is_reply ? 0x02010600 : 0x01010600);
	wr_u32(w, m->xid);
	wr_u32(w, 0);
	add_addr(w, m->ciaddr);
	add_addr(w, m->yiaddr);
	wr_u32(w, 0);
	wr_u32(w, 0);
	add_field(w, 16, m->hwaddr ? m->hwaddr : GUEST_HW, GUEST_HWADDR_LEN);
	add_field(w, 64, m->sname, m->sname_len);
	add_field(w, 128, m->file, m->file_len);
	wr_u32(w, 0x63825363);
	wr_bytes(w, bytes, wr_len(&options));
}

static void add_ip6(struct wr *w, const char *source, const char *dest, uint8_t next, size_t len)
{
	wr_u32(w, 6u << 28);
	wr_u16(w, (uint16_t)len);
	wr_u8(w, next);
	wr_u8(w, 255);
	add_addr(w, source);
	add_addr(w, dest);
}

void frame_udp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	uint16_t port, const void *payload, size_t len)
{
	add_ethernet(w, from, 0x86dd);
	add_ip6(w, source, dest, 17, 8 + len);
	wr_u16(w, port);
	wr_u16(w, port);
	wr_u16(w, (uint16_t)(8 + len));
	wr_u16(w, 0);
	wr_bytes(w, payload, len);
}

void frame_icmp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	const void *payload, size_t len)
{
	add_ethernet(w, from, 0x86dd);
	add_ip6(w, source, dest, 58, len);
	wr_bytes(w, payload, len);
}

void frame_nd(struct wr *w, const uint8_t *from, uint8_t type, const char *source, const char *dest,
	const char *target)
{
	uint8_t bytes[24] = {type};
	struct addr a = rig_addr(target);
	memcpy(bytes + 8, a.bytes, 16);
	frame_icmp6(w, from, source, dest, bytes, sizeof(bytes));
}

void frame_ra(struct wr *w, const char *source, const char *prefix, uint8_t bits, uint32_t valid_s)
{
	uint8_t bytes[48] = {134};
	struct wr ra = wr_init(bytes, sizeof(bytes));
	wr_u32(&ra, 134u << 24);
	wr_u32(&ra, 64u << 24 | 1800);
	wr_u32(&ra, 0);
	wr_u32(&ra, 0);
	if (prefix) {
		wr_u32(&ra, 3u << 24 | 4u << 16 | (uint32_t)bits << 8 | 0xc0);
		wr_u32(&ra, valid_s);
		wr_u32(&ra, valid_s);
		wr_u32(&ra, 0);
		add_addr(&ra, prefix);
	}
	frame_icmp6(w, ROUTER_HW, source, "ff02::1", bytes, wr_len(&ra));
}

static void add_ia_na(struct wr *w, const struct rig_dhcp6 *m)
{
	wr_u16(w, 3);
	wr_u16(w, 40);
	wr_u32(w, 1);
	wr_u32(w, 0);
	wr_u32(w, 0);
	wr_u16(w, 5);
	wr_u16(w, 24);
	add_addr(w, m->addr);
	wr_u32(w, m->valid_s);
	wr_u32(w, m->valid_s);
}

void frame_dhcp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	const struct rig_dhcp6 *m)
{
	uint8_t bytes[FRAME_CAP];
	struct wr body = wr_init(bytes, sizeof(bytes));
	wr_u32(&body, (uint32_t)m->type << 24 | m->xid);
	if (m->addr)
		add_ia_na(&body, m);
	if (m->status >= 0) {
		wr_u32(&body, 13u << 16 | 2);
		wr_u16(&body, (uint16_t)m->status);
	}
	if (m->fqdn) {
		wr_u16(&body, 39);
		wr_u16(&body, (uint16_t)(1 + m->fqdn_len));
		wr_u8(&body, 0);
		wr_bytes(&body, m->fqdn, m->fqdn_len);
	}
	frame_udp6(w, from, source, dest, m->type == 7 || m->type == 2 ? 546 : 547, bytes,
		wr_len(&body));
}
