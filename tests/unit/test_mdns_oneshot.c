/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of cached replies to one-shot queries: they equal a newly written reply byte for
 * byte, whatever happens in between.
 * Never waits in real time. Run by `make check`.
 */
#include "mdns_rig.h"

#include <stdio.h>
#include <string.h>

#include "../sim/msgtext.h"

enum { REPLY_CAP = 9000, STEPS = 4000 };

struct reply {
	size_t len;
	uint8_t bytes[REPLY_CAP];
};

/* Returns only the reply to a query from port 4000 of 10.0.0.8; multicasts in between are
 * ignored. */
static void reply_to(const char *message, struct reply *ret)
{
	static uint8_t query[REPLY_CAP], packet[REPLY_CAP];
	struct mdns_path to, from = {.link = RIG_LINK, .peer_port = 4000, .is_multicast = true};
	assert_int_equal(addr_parse("10.0.0.8", &from.peer), 0);
	size_t len = msgtext_pack(message, query);
	mdns_input(rig.m, rig.now, &from, query, len);
	ret->len = 0;
	while ((len = mdns_poll(rig.m, rig.now, &to, packet, sizeof(packet))) > 0)
		if (!to.is_multicast) {
			assert_int_equal(ret->len, 0);
			assert_true(addr_equal(&to.peer, &from.peer) && to.peer_port == 4000);
			memcpy(ret->bytes, packet, ret->len = len);
		}
}

/* Asks twice, so that the second reply may come from the cache, and once with a known answer about
 * nothing, which never gets a cached reply. */
static void check_both_ways(const char *name, const char *type)
{
	static struct reply first, second, anew;
	char message[600];
	snprintf(message, sizeof(message), "id=77; q %s %s", name, type);
	reply_to(message, &first);
	reply_to(message, &second);
	snprintf(message, sizeof(message), "id=77; q %s %s; an nobody.local 10 A 10.0.0.7", name,
		type);
	reply_to(message, &anew);
	if (first.len != anew.len || memcmp(first.bytes, anew.bytes, anew.len) != 0 ||
		second.len != anew.len || memcmp(second.bytes, anew.bytes, anew.len) != 0)
		fail_msg("%s %s: not the same: %s", name, type,
			msgtext_show(first.bytes, first.len));
}

/* So long that not all sets fit in the smallest packet. */
static const char *many_addresses(void)
{
	static char text[2000];
	size_t len = 0;
	for (int i = 1; i <= 20; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"A 10.0.0.%d, AAAA 2001:db8::%d%s", i, i, i < 20 ? ", " : "");
	return text;
}

static void something_happens(uint64_t dice)
{
	static const char *const owners[] = {"web.local", "db.local", "a.b.local", "alias.local"};
	const char *records[] = {"A 10.0.0.1", "A 10.0.0.1, AAAA 2001:db8::1", "AAAA 2001:db8::2",
		"CNAME web.local", "CNAME web.local, A 10.0.0.3, A 10.0.0.4", "TXT a=b", NULL,
		many_addresses()};
	const char *owner = owners[dice & 3];
	unsigned choice = (unsigned)(dice >> 2) & 7;
	char message[200];
	switch (dice >> 5 & 15) {
	case 0: rig_link(RIG_LINK, 576 + 100 * choice, choice & 1); break;
	case 1: mdns_link_down(rig.m, rig.now, RIG_LINK); break;
	case 2:
	case 3:
		snprintf(message, sizeof(message), "qr; an %s 120 A 10.0.0.%u", owner, 90 + choice);
		rig_say("10.0.0.9", message);
		break;
	case 4: /* the workload itself, perhaps */
		snprintf(message, sizeof(message), "qr; an %s 120 A 10.0.0.%u", owner, 30 + choice);
		rig_say("10.0.0.1", message);
		break;
	case 5:
	case 6:
	case 7:
	case 8: rig_wait(choice * 400 * NS_PER_MS); break;
	case 9:
		rig_link(RIG_LINK, 1500, true);
		rig_wait(2 * NS_PER_S);
		break;
	case 10:
		snprintf(message, sizeof(message), "x%u.local", choice);
		if (mdns_set_name(rig.m, msgtext_name(owner).wire, msgtext_name(message).wire))
			rig_wait(NS_PER_S); /* a peer has it */
		break;
	default: assert_int_equal(rig_put(RIG_LINK, owner, records[choice]), 0);
	}
}

static void kept_replies_are_what_is_written_anew(void **state)
{
	static const char *const names[] = {"web.local", "WEB.local", "db.local", "A.b.local",
		"alias.local", "web-2.local", "db-2.local", "x3.local"};
	uint64_t dice = 1;
	(void)state;
	for (int i = 0; i < STEPS; i++) {
		dice = dice * 6364136223846793005u + 1442695040888963407u;
		something_happens(dice >> 40);
		rig_forget();
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			check_both_ways(names[j], "A");
			check_both_ways(names[j], "AAAA");
		}
	}
}

static void reply_has_the_spelling_and_the_id_of_its_query(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	ask("10.0.0.8:4000", "id=7; q web.local A");
	rig_forget();
	ask("10.0.0.8:4001", "id=8; q WEB.Local A qu");
	const struct rig_packet *reply =
		rig_expect("id=8; qr; aa; q WEB.Local. A qu; an WEB.Local. 10 A 10.0.0.1");
	assert_int_equal(reply->to.peer_port, 4001);
}

static void kept_reply_goes_to_hosts_on_the_link_only(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	ask("10.0.0.8:4000", "id=7; q web.local A");
	rig_forget();
	ask("192.0.2.8:4000", "id=7; q web.local A");
	rig_expect_silence();
}

static void denial_is_kept_too_until_it_is_untrue(void **state)
{
	(void)state;
	put_settled("web.local", "A 10.0.0.1");
	for (int i = 0; i < 2; i++)
		ask("10.0.0.8:4000", "id=7; q web.local AAAA");
	assert_int_equal(rig_count("ns web.local. 10 NSEC", NULL), 2);
	put("web.local", "A 10.0.0.1, AAAA 2001:db8::1");
	rig_forget();
	rig_say("10.0.0.8:4000", "id=7; q web.local AAAA");
	rig_expect("an web.local. 10 AAAA 2001:db8::1");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(kept_replies_are_what_is_written_anew),
		CASE(reply_has_the_spelling_and_the_id_of_its_query),
		CASE(kept_reply_goes_to_hosts_on_the_link_only),
		CASE(denial_is_kept_too_until_it_is_untrue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
