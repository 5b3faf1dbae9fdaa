/* SPDX-License-Identifier: ISC */
/*
 * Owns the rig for unit tests of the mDNS engine.
 * Never waits in real time. Called by tests/unit/test_mdns_*.c.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/msgtext.h"

struct rig rig;

void rig_link(uint32_t link, uint32_t mtu, bool has_v6)
{
	struct prefix prefixes[2];
	struct addr addrs[2];
	assert_int_equal(prefix_parse("10.0.0.0/24", &prefixes[0]), 0);
	assert_int_equal(prefix_parse("2001:db8::/64", &prefixes[1]), 0);
	assert_int_equal(addr_parse("10.0.0.200", &addrs[0]), 0);
	assert_int_equal(addr_parse("fe80::200", &addrs[1]), 0);
	struct mdns_link l = {
		.id = link,
		.mtu = mtu,
		.has_v4 = true,
		.has_v6 = has_v6,
		.prefixes = prefixes,
		.prefix_count = 2,
		.addrs = addrs,
		.addr_count = 2,
	};
	assert_int_equal(mdns_link_up(rig.m, rig.now, &l), 0);
}

void rig_init(uint64_t seed)
{
	memset(&rig, 0, sizeof(rig));
	rig.now = 1000 * NS_PER_S;
	rig.m = mdns_new(seed);
	assert_non_null(rig.m);
	rig_link(RIG_LINK, 1500, true);
}

void rig_forget(void)
{
	for (unsigned i = 0; i < rig.heard_count; i++) {
		free(rig.heard[i].text);
		free(rig.heard[i].bytes);
	}
	rig.heard_count = 0;
}

void rig_fini(void)
{
	rig_forget();
	mdns_free(rig.m);
}

void rig_hear(const struct mdns_path *to, const uint8_t *packet, size_t len)
{
	bool is_second = to->is_multicast && to->peer.family == ADDR_V6;
	if (is_second && !rig.has_both)
		return;
	assert_true(rig.heard_count < RIG_HEARD);
	rig.heard[rig.heard_count++] = (struct rig_packet){
		.at = rig.now,
		.to = *to,
		.len = len,
		.bytes = malloc(len),
		.text = strdup(msgtext_show(packet, len)),
	};
	memcpy(rig.heard[rig.heard_count - 1].bytes, packet, len);
}

static void hear(void)
{
	static uint8_t packet[9000];
	struct mdns_path to;
	size_t len;
	while ((len = mdns_poll(rig.m, rig.now, &to, packet, sizeof(packet))) > 0)
		rig_hear(&to, packet, len);
}

static bool take_word(const char **text, const char *word)
{
	const char *p = *text + strspn(*text, " ");
	size_t len = strlen(word);
	if (strncmp(p, word, len) != 0 || p[len] != ' ')
		return false;
	*text = p + len;
	return true;
}

int rig_put(uint32_t link, const char *owner, const char *records)
{
	enum { SETS = 8, RECORDS = 64 };
	static uint8_t bytes[SETS][RECORDS][MSGTEXT_RDATA_CAP];
	struct rdata rdata[SETS][RECORDS];
	struct mdns_rrset sets[SETS] = {0};
	struct name name = msgtext_name(owner);
	size_t count = 0;
	while (records) {
		bool is_shared = take_word(&records, "shared"),
		     is_known = take_word(&records, "known"),
		     is_of_host = take_word(&records, "host"),
		     is_public = take_word(&records, "public"),
		     is_quiet = take_word(&records, "quiet");
		uint8_t one[MSGTEXT_RDATA_CAP];
		uint16_t type, len;
		records = msgtext_rdata(records, name.wire, &type, one, &len);
		size_t i = 0;
		while (i < count && sets[i].set.type != type)
			i++;
		struct mdns_rrset *set = &sets[i];
		if (i == count) {
			assert_true(count++ < SETS);
			bool is_host = type == RR_A || type == RR_AAAA || type == RR_SRV;
			set->set = (struct rrset){.type = type,
				.ttl = is_host || is_known ? 120 : 4500,
				.rdata = rdata[i]};
			set->is_unique = !is_shared;
			set->is_known_unique = is_known;
			set->is_of_host = is_of_host;
			set->is_public = is_public;
			set->is_quiet = is_quiet;
		}
		assert_true(set->set.count < RECORDS);
		memcpy(bytes[i][set->set.count], one, len);
		rdata[i][set->set.count] = (struct rdata){bytes[i][set->set.count], len};
		set->set.count++;
	}
	int err = mdns_put(rig.m, rig.now, link, name.wire, sets, count);
	hear();
	return err;
}

struct mdns_path rig_path(uint32_t link, const char *peer)
{
	char text[ADDR_TEXT_CAP];
	struct mdns_path from = {.link = link, .peer_port = MDNS_PORT, .is_multicast = true};
	size_t len = strcspn(peer, "!");
	const char *colon = strchr(peer, '.') ? strchr(peer, ':') : NULL;
	if (peer[len] == '!')
		from.is_multicast = false;
	if (colon) {
		from.peer_port = (uint16_t)atoi(colon + 1);
		len = (size_t)(colon - peer);
	}
	memcpy(text, peer, len);
	text[len] = '\0';
	assert_int_equal(addr_parse(text, &from.peer), 0);
	return from;
}

void rig_say_on(uint32_t link, const char *peer, const char *message)
{
	static uint8_t packet[9000];
	const struct mdns_path from = rig_path(link, peer);
	size_t packet_len = msgtext_pack(message, packet);
	mdns_input(rig.m, rig.now, &from, packet, packet_len);
	hear();
}

void rig_say(const char *peer, const char *message)
{
	rig_say_on(RIG_LINK, peer, message);
}

void rig_wait(ns_t duration)
{
	ns_t until = rig.now + duration;
	for (ns_t at = mdns_deadline(rig.m); at <= until; at = mdns_deadline(rig.m)) {
		rig.now = at > rig.now ? at : rig.now;
		hear();
		assert_true(mdns_deadline(rig.m) > rig.now);
	}
	rig.now = until;
}

void rig_settle(void)
{
	rig_wait(5 * NS_PER_S);
	rig_forget();
}

unsigned rig_count(const char *part, const char *other)
{
	unsigned count = 0;
	for (unsigned i = 0; i < rig.heard_count; i++)
		count += strstr(rig.heard[i].text, part) &&
			 (!other || strstr(rig.heard[i].text, other));
	return count;
}

static void show_heard(void)
{
	for (unsigned i = 0; i < rig.heard_count; i++) {
		char to[ADDR_TEXT_CAP];
		print_error("%9.3f ms %s#%u: %s\n",
			(double)(rig.heard[i].at - 1000 * NS_PER_S) / 1e6,
			addr_format(&rig.heard[i].to.peer, to), rig.heard[i].to.peer_port,
			rig.heard[i].text);
	}
}

const struct rig_packet *rig_expect(const char *part)
{
	for (unsigned i = 0; i < rig.heard_count; i++)
		if (strstr(rig.heard[i].text, part))
			return &rig.heard[i];
	show_heard();
	fail_msg("not heard: %s", part);
	return NULL;
}

void rig_expect_none(const char *part)
{
	if (rig_count(part, NULL) == 0)
		return;
	show_heard();
	fail_msg("heard: %s", part);
}

void rig_expect_silence(void)
{
	if (rig.heard_count == 0)
		return;
	show_heard();
	fail_msg("%u packets", rig.heard_count);
}

struct wanted_status {
	uint32_t link;
	struct name owner;
	struct mdns_status status;
	bool is_found;
};

static void look(void *arg, const struct mdns_status *status)
{
	struct wanted_status *wanted = arg;
	if (status->link == wanted->link && name_equal(status->name.wire, wanted->owner.wire)) {
		wanted->status = *status;
		wanted->is_found = true;
	}
}

struct mdns_status rig_status(uint32_t link, const char *owner)
{
	struct wanted_status wanted = {.link = link, .owner = msgtext_name(owner)};
	mdns_each_status(rig.m, look, &wanted);
	assert_true(wanted.is_found);
	return wanted.status;
}

const char *rig_current(const char *owner)
{
	static char text[NAME_TEXT_CAP];
	struct mdns_status status = rig_status(RIG_LINK, owner);
	return name_to_text(status.current.wire, text);
}

int rig_setup(void **state)
{
	(void)state;
	rig_init(17);
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	rig_fini();
	return 0;
}

void put_on(uint32_t link, const char *owner, const char *records)
{
	assert_int_equal(rig_put(link, owner, records), 0);
}

void put(const char *owner, const char *records)
{
	put_on(RIG_LINK, owner, records);
}

void put_settled(const char *owner, const char *records)
{
	put(owner, records);
	rig_settle();
}

void ask(const char *peer, const char *message)
{
	rig_say(peer, message);
	rig_wait(NS_PER_S);
}
