/* SPDX-License-Identifier: ISC */
/*
 * Owns the replay of recorded guests (tests/net/record-guest): real clients with dnsmasq, radvd and a Linux kernel. Each
 * frame is given whole, and before that cut at each length, which must change nothing.
 * Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden_file.h"
#include "guest/guest.h"
#include "guest_rig.h"
#include "unit.h"

static struct guest_rig rig;

/* A line of a recording. */
struct recorded {
	ns_t at; /* since its start */
	enum guest_way way;
	size_t len;
	uint8_t bytes[FRAME_CAP];
};

/* Reads the line at `*text`, and moves it to the next one. False: there is none. */
static bool next_line(const char **text, struct recorded *ret)
{
	unsigned ms, byte;
	char way[8];
	int used = 0;
	if (sscanf(*text, "%u %7s %n", &ms, way, &used) != 2)
		return false;
	ret->at = ms * NS_PER_MS;
	ret->way = strcmp(way, "says") == 0 ? GUEST_SAYS : GUEST_HEARS;
	for (*text += used, ret->len = 0; sscanf(*text, "%2x", &byte) == 1; *text += 2) {
		ret->bytes[ret->len++] = (uint8_t)byte;
		if ((*text)[2] == '\n')
			break;
	}
	*text = strchr(*text, '\n') + 1;
	return true;
}

/* In a block of exactly its size. */
static void give(const struct recorded *f, const uint8_t *frame, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, frame, len);
	guest_hear(rig.g, f->way, copy, len, rig.now);
	free(copy);
}

static void nothing(const struct recorded *f UNUSED)
{
}

static void at_each_length(const struct recorded *f)
{
	for (size_t len = 0; len < f->len; len++)
		give(f, f->bytes, len);
}

static void play(const char *name, const uint8_t *hwaddr, void (*before)(const struct recorded *))
{
	char path[64];
	snprintf(path, sizeof(path), "guest/%s.txt", name);
	const char *text = golden_read(path);
	static struct recorded f;
	rig_start(&rig, "dhcp,slaac", hwaddr);
	ns_t start = rig.now;
	while (next_line(&text, &f)) {
		rig_wait(&rig, start + f.at - rig.now);
		before(&f);
		give(&f, f.bytes, f.len);
	}
}

static const struct {
	const char *name;
	const char *told;
} recordings[] = {
	{"udhcpc", "name=vm-udhcpc +10.7.0.106/dhcp/3600 -10.7.0.106 name="},
	{"dhclient", "name=vm-dhclient.example +10.7.0.106/dhcp/3600 -10.7.0.106 name="},
	{"dhclient6",
		"+fe80::5054:ff:fe00:7/nd/86399 name=vm-six.example +2001:db8:7::145/dhcpv6/3599 "
		"-2001:db8:7::145 name="},
	{"dhcpcd", "name=vm-dhcpcd +10.7.0.106/dhcp/3600 +fe80::5054:ff:fe00:7/nd/86399 "
		   "+2001:db8:7::18e/dhcpv6/3599 -2001:db8:7::18e -10.7.0.106 name="},
	/* It says the same name in DHCPv6, and does not release that lease. */
	{"networkd", "name=vm-networkd +10.7.0.106/dhcp/3600 +fe80::5054:ff:fe00:7/nd/86399 "
		     "+2001:db8:7::11b/dhcpv6/3599 -10.7.0.106"},
	/* The DAD of another address has failed. */
	{"kernel", "+fe80::5054:ff:fe00:7/nd/86399 +2001:db8:7:0:5054:ff:fe00:7/nd/600"},
};

static void real_clients_are_understood(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(recordings); i++) {
		play(recordings[i].name, GUEST_HW, nothing);
		rig_expect(&rig, recordings[i].told);
		rig_stop(&rig);
	}
}

static void and_without_their_hardware_address(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(recordings); i++) {
		play(recordings[i].name, NULL, nothing);
		rig_expect(&rig, recordings[i].told);
		rig_stop(&rig);
	}
}

/* The length of IP says that something is missing. */
static void cut_frames_change_nothing(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(recordings); i++) {
		play(recordings[i].name, GUEST_HW, at_each_length);
		rig_expect(&rig, recordings[i].told);
		rig_stop(&rig);
	}
}

/* Cut, with the lengths of IP and UDP that belong to the shorter frame: so only the message
 * inside is cut. */
static void with_mended_lengths(const struct recorded *f)
{
	static uint8_t frame[FRAME_CAP];
	bool is_ip4 = get_u16(f->bytes + 12) == 0x0800, is_ip6 = get_u16(f->bytes + 12) == 0x86dd;
	size_t head = is_ip4 ? 34 : is_ip6 ? 54 : 14;
	bool is_udp = (is_ip4 ? f->bytes[23] : is_ip6 ? f->bytes[20] : 0) == 17;
	for (size_t len = head + (is_udp ? 8 : 0); len <= f->len; len++) {
		memcpy(frame, f->bytes, len);
		if (is_ip4)
			put_u16(frame + 16, (uint16_t)(len - 14));
		if (is_ip6)
			put_u16(frame + 18, (uint16_t)(len - 54));
		if (is_udp)
			put_u16(frame + head + 4, (uint16_t)(len - head));
		give(f, frame, len);
	}
}

/* What a cut message says is less than the whole one, and never something else. */
static void cut_messages_say_no_other_address(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(recordings); i++) {
		char addr[ADDR_TEXT_CAP];
		play(recordings[i].name, GUEST_HW, with_mended_lengths);
		for (const char *at = rig.log; (at = strchr(at, '+')); at++) {
			assert_int_equal(sscanf(at, "+%51[^/]", addr), 1);
			assert_non_null(strstr(recordings[i].told, addr));
		}
		rig.log[0] = '\0';
		rig_stop(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_clients_are_understood),
		cmocka_unit_test(and_without_their_hardware_address),
		cmocka_unit_test(cut_frames_change_nothing),
		cmocka_unit_test(cut_messages_say_no_other_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
