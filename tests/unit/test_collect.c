/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/collect about names: what is taken of a packet, states, conflicts, updates, links. Run by
 * `make check`.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "collect_rig.h"
#include "unit.h"

enum { KEEP_S = 30 * 86400 };

static struct rig rig;
static struct rig_packet m;
static struct rig_host h1, h2;

static struct collect_trust trust_of(const struct rig_host *h)
{
	return (struct collect_trust){
		.signer = h->signer.wire, .key = {h->rdata, (uint16_t)h->rdata_len}};
}

/* A collector that trusts both hosts without patterns. */
static int setup(void **state)
{
	static struct collect_trust trust[2];
	(void)state;
	h1 = rig_host(1);
	h2 = rig_host(4);
	trust[0] = trust_of(&h1);
	trust[1] = trust_of(&h2);
	rig_begin(
		&rig, &(struct collect_config){.keep_s = KEEP_S, .trust = trust, .trust_count = 2});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

static void accept(const struct rig_host *h, const char *host, const char *addrs, uint32_t ttl_s)
{
	assert_int_equal(rig_say(&rig, h, host, host, addrs, ttl_s), COLLECT_ACCEPTED);
}

static void a_goodbye_makes_a_name_away_and_it_keeps_its_addresses(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 120);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_HERE_S);
	rig_pass(&rig, 10);
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 0);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
	rig_pass(&rig, KEEP_S - 1);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
	rig_pass(&rig, 1);
	rig_assert(&rig, "web", NULL, 0);
	assert_int_equal(rig.news[COLLECT_NEWS_GONE], 1);
}

/* Goodbyes of one name in two packets: the addresses of both are the last ones. */
static void a_goodbye_in_parts_keeps_all_addresses(void **state)
{
	(void)state;
	const struct addr a = rig_addr("192.0.2.7"), b = rig_addr("2001:db8::7");
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 120);
	rig_pass(&rig, 10);
	packet_begin(&m);
	packet_add_addr(&m, "web", &a, 0);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	packet_begin(&m);
	packet_add_addr(&m, "web", &b, 0);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
}

static void withdraw_takes_the_addresses_and_keeps_the_name(void **state)
{
	(void)state;
	rig.config.away = COLLECT_WITHDRAW;
	accept(&h1, "web", "192.0.2.7", 120);
	rig_pass(&rig, 5);
	accept(&h1, "web", "192.0.2.7", 0);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_GONE_S);
	assert_int_equal(collect_set_config(rig.c, rig.now, rig.now_s, &rig.config), 0);
	rig_assert(&rig, "web", "", COLLECT_TTL_GONE_S);
	rig_pass(&rig, 5);
	accept(&h1, "web", "192.0.2.8", 120);
	rig_assert(&rig, "web", "192.0.2.8", COLLECT_TTL_HERE_S);
}

static void silence_is_noticed_at_the_end_of_the_ttl(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 120);
	assert_int_equal(rig.asks, 1 + 2); /* PTR; A and AAAA */
	rig_pass(&rig, 119);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	rig_pass(&rig, 1);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_SILENT);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
	rig_pass(&rig, 119);
	assert_int_equal(rig.asks, 1 + 2);
	rig_pass(&rig, 1);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
	assert_int_equal(rig.asks, 1);
	assert_int_equal(collect_stats(rig.c).said, 0);
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 120);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_HERE_S);
}

static void what_is_said_again_is_verified_after_a_quarter_of_the_ttl(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7", 120);
	rig_pass(&rig, 29);
	assert_int_equal(rig_say(&rig, &h1, "web", "web", "192.0.2.7", 120), COLLECT_KNOWN);
	rig_pass(&rig, 1);
	accept(&h1, "web", "192.0.2.7", 120);
	rig_pass(&rig, 119);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	assert_int_equal(collect_stats(rig.c).verified, 2);
}

static bool is_wanted(void *arg, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	(void)arg;
	return from->link == RIG_LINK && packet[2] & 0x80 && len > 12;
}

static void what_the_querier_wants_is_verified_too(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7", 120);
	rig_pass(&rig, 1);
	assert_int_equal(rig_say(&rig, &h1, "web", "web", "192.0.2.7", 120), COLLECT_KNOWN);
	rig.is_wanted = is_wanted;
	rig_restart(&rig);
	accept(&h1, "web", "192.0.2.7", 120);
	rig_pass(&rig, 1);
	accept(&h1, "web", "192.0.2.7", 120);
	assert_int_equal(collect_stats(rig.c).verified, 2);
}

/* RFC 6762 §10.2: another packet of a moment ago belongs to the same set. */
static void a_set_that_is_said_replaces_what_is_older_of_its_family(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7 2001:db8::7", 120);
	accept(&h1, "web", "192.0.2.8", 120);
	rig_assert(&rig, "web", "192.0.2.7 192.0.2.8 2001:db8::7", COLLECT_TTL_HERE_S);
	rig_pass(&rig, 2);
	accept(&h1, "web", "192.0.2.9", 120);
	rig_assert(&rig, "web", "192.0.2.9 2001:db8::7", COLLECT_TTL_HERE_S);
}

static void addresses_without_an_instance_are_no_name(void **state)
{
	(void)state;
	const struct addr a = rig_addr("192.0.2.7");
	packet_begin(&m);
	packet_add_addr(&m, "web", &a, 120);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", NULL, 0);
	/* Another key has said the instance. */
	accept(&h2, "web", "", 120);
	rig_assert(&rig, "web", NULL, 0);
	rig_pass(&rig, 1);
	accept(&h1, "web", "", 120);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
}

/* What an instance is, is asked for if only the pointer to it was heard. */
static void an_instance_is_asked_for_until_it_is_known(void **state)
{
	(void)state;
	const uint8_t instance[] = "\3web\6_ontap\4_udp\5local";
	packet_begin(&m);
	packet_add(&m, "_ontap._udp.local.", RR_PTR, 4500, false, instance, sizeof(instance));
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
	assert_int_equal(rig.asks, 1 + 2);
	assert_string_equal(rig.last_ask, "web._ontap._udp.local.");
	assert_int_equal(rig.last_ask_type, RR_TXT);
	rig_pass(&rig, 1);
	accept(&h1, "web", "", 4500);
	assert_int_equal(rig.asks, 1 + 2);
	assert_string_equal(rig.last_ask, "web.local.");
	rig_pass(&rig, 4500);
	assert_int_equal(rig.asks, 1);
	assert_int_equal(collect_stats(rig.c).said, 0);
}

static void a_renamed_name_keeps_its_label(void **state)
{
	(void)state;
	assert_int_equal(rig_say(&rig, &h1, "web-2", "Web", "192.0.2.7", 120), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	rig_assert(&rig, "web-2", NULL, 0);
	rig_pass(&rig, 1);
	assert_int_equal(rig_say(&rig, &h1, "web-2", "mail", "192.0.2.7", 120), COLLECT_ACCEPTED);
	rig_assert(&rig, "mail", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
}

static void what_no_key_may_say_is_refused_and_told_once(void **state)
{
	static const char *const bad[] = {
		"ns1", "wan", "lan", "localhost", "a_b", "-a", "a-", "a.b", "*", "taken"};
	(void)state;
	rig.taken = "taken";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			rig_say(&rig, &h1, "x", bad[i], "192.0.2.7", 120), COLLECT_ACCEPTED);
		assert_int_equal(rig.news[COLLECT_NEWS_REFUSED], i + 1);
		assert_int_equal(collect_stats(rig.c).names, 0);
		rig_pass(&rig, 40);
		assert_int_equal(
			rig_say(&rig, &h1, "x", bad[i], "192.0.2.7", 120), COLLECT_ACCEPTED);
		assert_int_equal(rig.news[COLLECT_NEWS_REFUSED], i + 1);
	}
	assert_int_equal(rig.put_count, 0);
	assert_int_equal(rig.asks, 1);
}

static void only_addresses_within_the_prefixes_are_taken(void **state)
{
	(void)state;
	accept(&h1, "web",
		"192.0.2.7 198.51.100.1 169.254.1.1 127.0.0.1 224.0.0.1 fe80::1 2001:db8:1::1 ::1",
		120);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig.news[COLLECT_NEWS_OUTSIDE], 1);
	assert_int_equal(collect_stats(rig.c).outside, 2);
	/* By option, those instead. */
	struct addr a = rig_addr("198.51.100.0");
	const struct prefix prefix = prefix_make(&a, 24);
	rig.config.prefixes = &prefix;
	rig.config.prefix_count = 1;
	assert_int_equal(collect_set_config(rig.c, rig.now, rig.now_s, &rig.config), 0);
	rig_pass(&rig, 2);
	accept(&h1, "web", "192.0.2.7 198.51.100.1 169.254.1.1", 120);
	rig_assert(&rig, "web", "198.51.100.1", COLLECT_TTL_HERE_S);
}

static void take_rival(void *arg, const struct collect_name *name)
{
	if (name->rival)
		name_to_text(name->rival, arg);
}

static void one_key_has_a_name_until_it_is_free(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7", 120);
	accept(&h2, "web", "192.0.2.8", 120);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig.news[COLLECT_NEWS_CONFLICT], 1);
	char rival[NAME_TEXT_CAP] = "";
	assert_true(collect_find(rig.c, "web", take_rival, rival));
	assert_string_equal(rival, "h4.example.");
	rig_pass(&rig, 100);
	accept(&h2, "web", "192.0.2.8", 120);
	assert_int_equal(rig.news[COLLECT_NEWS_CONFLICT], 1);
	/* Silent, away, but its own; then it is forgotten. */
	rig_pass(&rig, 100);
	accept(&h2, "web", "192.0.2.8", 120);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_GONE_S);
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "WEB"), 0);
	rig_assert(&rig, "web", "192.0.2.8", COLLECT_TTL_HERE_S);
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "mail"), ERR_ABSENT);
}

static void a_put_that_fails_is_tried_again(void **state)
{
	(void)state;
	rig.put_fails = true;
	accept(&h1, "web", "192.0.2.7", 120);
	rig_assert(&rig, "web", NULL, 0);
	rig_pass(&rig, 3);
	rig_assert(&rig, "web", NULL, 0);
	rig.put_fails = false;
	rig_pass(&rig, 1);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	const unsigned puts = rig.put_count;
	rig_pass(&rig, 60);
	assert_int_equal(rig.put_count, puts);
	rig.put_fails = true;
	assert_int_equal(collect_forget(rig.c, rig.now, rig.now_s, "web"), ERR_NOMEM);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
}

/* Links. */

static void what_is_said_on_two_links_counts_together(void **state)
{
	(void)state;
	const struct addr a = rig_addr("10.1.2.3");
	rig_add_link(&rig, 4);
	assert_int_equal(rig.asks, 2);
	accept(&h1, "web", "192.0.2.7", 120);
	packet_begin(&m);
	packet_add_addr(&m, "web", &a, 120);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, 4, &m), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", "10.1.2.3 192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig.asks, 2 + 4);
	/* A link that is gone takes nothing along. What was said there is asked for on the other one. */
	collect_link_gone(rig.c, rig.now, rig.now_s, RIG_LINK);
	rig_assert(&rig, "web", "10.1.2.3 192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(rig.asks, 1 + 2);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_OFF_LINK);
	collect_link_gone(rig.c, rig.now, rig.now_s, 4);
	assert_int_equal(rig.asks, 0);
	rig_pass(&rig, 120);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_SILENT);
	rig_add_link(&rig, 4);
	assert_int_equal(rig.asks, 1 + 2);
	rig_pass(&rig, 120);
	assert_int_equal(rig.asks, 1);
}

static void packets_from_elsewhere_are_not_looked_at(void **state)
{
	(void)state;
	const struct addr inside = rig_addr("192.0.2.77"), outside = rig_addr("198.51.100.1");
	packet_begin(&m);
	packet_add_instance(&m, "web", NULL, 120);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send_from(&rig, RIG_LINK, &m, &outside), COLLECT_OFF_LINK);
	assert_int_equal(packet_send(&rig, 99, &m), COLLECT_OFF_LINK);
	const struct mdns_path from = {.link = RIG_LINK, .peer = inside, .peer_port = 5354};
	assert_int_equal(
		collect_input(rig.c, rig.now, rig.now_s, &from, m.bytes, m.len), COLLECT_OFF_LINK);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
}

/* Nor does it make an address stay that has left. */
static void a_goodbye_before_a_link_goes_counts(void **state)
{
	(void)state;
	const struct addr a = rig_addr("2001:db8::7"), b = rig_addr("192.0.2.7");
	rig_add_link(&rig, 4);
	accept(&h1, "web", "2001:db8::7", 120);
	collect_link_gone(rig.c, rig.now, rig.now_s, RIG_LINK);
	packet_begin(&m);
	packet_add_addr(&m, "web", &b, 120);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, 4, &m), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_HERE_S);
	packet_begin(&m);
	packet_add_addr(&m, "web", &b, 0);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, 4, &m), COLLECT_ACCEPTED);
	collect_link_gone(rig.c, rig.now, rig.now_s, 4);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	rig_add_link(&rig, RIG_LINK);
	packet_begin(&m);
	packet_add_addr(&m, "web", &a, 0);
	packet_sign(&m, &h1, rig.now_s - 60);
	assert_int_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
}

static void the_number_of_links_is_bounded(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < LIMIT_COLLECT_LINKS; i++)
		rig_add_link(&rig, 100 + i);
	assert_int_equal(collect_link(rig.c, rig.now, rig.now_s, 99, NULL, 0), ERR_RANGE);
	assert_int_equal(collect_link(rig.c, rig.now, rig.now_s, 0, NULL, 0), ERR_RANGE);
	rig_add_link(&rig, RIG_LINK); /* it is there */
	assert_int_equal(rig.asks, LIMIT_COLLECT_LINKS);
}

/* Updates. */

static int update(const struct rig_host *h, const char *label, uint64_t lease_s, bool has_addrs)
{
	const struct collect_statement s = {.signer = h->signer.wire,
		.alg = h->key.alg,
		.tag = h->key.tag,
		.label = label,
		.when_s = rig.now_s,
		.lease_s = lease_s,
		.has_addrs = has_addrs};
	return collect_update(rig.c, rig.now, rig.now_s, &s);
}

static void an_update_has_the_word_until_the_link_says_the_name_again(void **state)
{
	(void)state;
	accept(&h1, "web", "192.0.2.7", 120);
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_LINK);
	rig_pass(&rig, 10);
	assert_int_equal(update(&h1, "web", 0, true), 0);
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_UPDATE);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_MOVED);
	rig_assert(&rig, "web", NULL, 0);
	/* A goodbye on the link, or its end there, changes nothing of that. */
	rig_pass(&rig, 300);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_MOVED);
	assert_int_equal(collect_stats(rig.c).said, 0);
	accept(&h1, "web", "192.0.2.9", 120);
	rig_assert(&rig, "web", "192.0.2.9", COLLECT_TTL_HERE_S);
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_LINK);
	assert_int_equal(rig.news[COLLECT_NEWS_WORD], 2);
}

static void a_lease_ends(void **state)
{
	(void)state;
	assert_int_equal(update(&h1, "web", 100, true), 0);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_MOVED);
	rig_pass(&rig, 60);
	assert_int_equal(update(&h1, "web", 100, true), 0);
	rig_pass(&rig, 99);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_MOVED);
	rig_pass(&rig, 1);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
	/* Its last addresses are those of the update. */
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_UPDATE);
	assert_int_equal(update(&h1, "web", 0, false), 0);
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_LINK);
	rig_assert(&rig, "web", "", COLLECT_TTL_GONE_S);
}

static void updates_have_the_rights_of_packets(void **state)
{
	(void)state;
	const struct rig_host stranger = rig_host(9);
	accept(&h1, "web", "192.0.2.7", 120);
	assert_int_equal(update(&h2, "web", 0, true), ERR_EXISTS);
	assert_int_equal(update(&h2, "ns1", 0, true), ERR_DENIED);
	assert_int_equal(update(&h2, "a.b", 0, true), ERR_DENIED);
	assert_int_equal(update(&stranger, "mail", 0, true), ERR_ABSENT);
	assert_int_equal(collect_may_say(rig.c, h1.signer.wire, h1.key.alg, h1.key.tag, "WEB"), 0);
	assert_int_equal(
		collect_may_say(rig.c, h2.signer.wire, h2.key.alg, h2.key.tag, "web"), ERR_EXISTS);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
	/* One that was signed before the link has said the name. */
	rig.now_s -= 5;
	assert_int_equal(update(&h1, "web", 0, true), 0);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_HERE);
}

#define NAME_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAME_TEST(a_goodbye_makes_a_name_away_and_it_keeps_its_addresses),
		NAME_TEST(a_goodbye_in_parts_keeps_all_addresses),
		NAME_TEST(withdraw_takes_the_addresses_and_keeps_the_name),
		NAME_TEST(silence_is_noticed_at_the_end_of_the_ttl),
		NAME_TEST(what_is_said_again_is_verified_after_a_quarter_of_the_ttl),
		NAME_TEST(what_the_querier_wants_is_verified_too),
		NAME_TEST(a_set_that_is_said_replaces_what_is_older_of_its_family),
		NAME_TEST(addresses_without_an_instance_are_no_name),
		NAME_TEST(an_instance_is_asked_for_until_it_is_known),
		NAME_TEST(a_renamed_name_keeps_its_label),
		NAME_TEST(what_no_key_may_say_is_refused_and_told_once),
		NAME_TEST(only_addresses_within_the_prefixes_are_taken),
		NAME_TEST(one_key_has_a_name_until_it_is_free),
		NAME_TEST(a_put_that_fails_is_tried_again),
		NAME_TEST(what_is_said_on_two_links_counts_together),
		NAME_TEST(packets_from_elsewhere_are_not_looked_at),
		NAME_TEST(a_goodbye_before_a_link_goes_counts),
		NAME_TEST(the_number_of_links_is_bounded),
		NAME_TEST(an_update_has_the_word_until_the_link_says_the_name_again),
		NAME_TEST(a_lease_ends),
		NAME_TEST(updates_have_the_rights_of_packets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
