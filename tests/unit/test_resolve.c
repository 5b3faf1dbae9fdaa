/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the answers to programs of this machine about names and addresses.
 * Never opens a socket. Run by `make check`.
 */
#include "pipeline/resolve.h"

#include <stdio.h>
#include <string.h>

#include "nss/answer.h"
#include "unit.h"
#include "zone_rig.h"

enum { LINK_ONE = 3, LINK_TWO = 4 };

/* The objects of a case. */
static struct {
	struct zone *zone;
	struct view_slot views;
	struct mdns *mdns;
	struct name domain;
	ns_t now;
	bool is_elsewhere;
} here;

static int setup(void **state)
{
	(void)state;
	here.zone = zone_new(1, (struct zone_listener){NULL, NULL});
	here.mdns = mdns_new(1);
	here.domain = rig_name("home.arpa.");
	here.now = NS_PER_S;
	here.is_elsewhere = false;
	assert_null(view_slot_publish(&here.views, view_table_new(NULL, 0)));
	rig_apex(here.zone, "home.arpa.");
	rig_apex(here.zone, "7.10.in-addr.arpa.");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mdns_free(here.mdns);
	view_table_free(view_slot_publish(&here.views, NULL));
	zone_free(here.zone);
	return 0;
}

/* Puts the workload's address on the link, until it is announced. */
static void put_mdns(
	uint32_t link, const char *owner, uint16_t type, const uint8_t *rdata, size_t len)
{
	static uint8_t packet[9000];
	const struct mdns_link up = {.id = link, .mtu = 1500, .has_v4 = true, .has_v6 = true};
	const struct rdata one = {rdata, (uint16_t)len};
	const struct mdns_rrset set = {
		.set = {.type = type, .view = VIEW_ANY, .ttl = 120, .count = 1, .rdata = &one},
		.is_unique = true};
	struct name name = rig_name(owner);
	struct mdns_path to;
	assert_int_equal(mdns_link_up(here.mdns, here.now, &up), 0);
	assert_int_equal(mdns_put(here.mdns, here.now, link, name.wire, &set, 1), 0);
	for (int i = 0; i < 100; i++, here.now += 100 * NS_PER_MS)
		while (mdns_poll(here.mdns, here.now, &to, packet, sizeof(packet)) > 0)
			;
}

static void put_mdns_addr(uint32_t link, const char *owner, const char *text)
{
	struct addr addr;
	assert_int_equal(addr_parse(text, &addr), 0);
	put_mdns(link, owner, addr.family == ADDR_V4 ? RR_A : RR_AAAA, addr.bytes, addr_len(&addr));
}

static void put_mdns_name(uint32_t link, const char *owner, uint16_t type, const char *text)
{
	struct name target = rig_name(text);
	put_mdns(link, owner, type, target.wire, target.len);
}

static void assert_answer(const char *request, const char *expected)
{
	const struct resolve_source source = {.zone = zone_reader(here.zone),
		.views = &here.views,
		.domain = here.domain.wire,
		.mdns = here.mdns,
		.has_links = !here.is_elsewhere};
	struct buf out = {0};
	rig_commit(here.zone, 1);
	resolve_answer(&source, request, &out);
	assert_string_equal(buf_text(&out), expected);
	/* The module must understand the answer. */
	struct answer answer = {0};
	if (strcmp(expected, "end unknown\n") != 0)
		assert_int_equal(answer_feed(&answer, out.bytes, out.len), 0);
	assert_true(answer.addr_count <= LIMIT_RESOLVE_ADDRS);
	buf_fini(&out);
}

static void put_web(void)
{
	rig_put(here.zone, ZONE_DERIVED, "web.home.arpa.", "60 A @lan 10.7.0.2",
		"60 A @wan 192.0.2.2", "30 AAAA 2001:db8::2", NULL);
	rig_put(here.zone, ZONE_DERIVED, "web.lan.home.arpa.", "60 A 10.7.0.2", NULL);
	rig_put(here.zone, ZONE_DERIVED, "2.0.7.10.in-addr.arpa.",
		"60 PTR web.lan.home.arpa. mail.home.arpa.", NULL);
}

static const char web[] =
	"name web.home.arpa\nttl 30\naddress 10.7.0.2\naddress 2001:db8::2\nend found\n";

static void a_name_is_found_with_and_without_the_domain(void **state)
{
	(void)state;
	put_web();
	assert_answer("resolve web", web);
	assert_answer("resolve web.home.arpa", web);
	assert_answer("resolve web.home.arpa.", web);
	assert_answer("resolve web.lan.home.arpa",
		"name web.lan.home.arpa\nttl 60\naddress 10.7.0.2\nend found\n");
}

static void what_is_not_there_is_told_from_what_is_not_ours(void **state)
{
	(void)state;
	rig_put(here.zone, ZONE_STATIC, "text.home.arpa.", "60 TXT #0161", NULL);
	rig_put(here.zone, ZONE_STATIC, "sub.home.arpa.", "60 NS ns.example.", NULL);
	assert_answer("resolve nope.home.arpa", "end nxdomain\n");
	assert_answer("resolve text.home.arpa", "end nodata\n");
	assert_answer("resolve text", "end nodata\n");
	assert_answer("resolve a.sub.home.arpa", "end foreign\n");
	assert_answer("resolve www.example.com", "end foreign\n");
	assert_answer("resolve nope.local", "end foreign\n");
	/* It may exist in a search list of the resolver. */
	assert_answer("resolve nope", "end foreign\n");
	assert_answer("resolve web.", "end foreign\n");
}

static void requests_that_are_none(void **state)
{
	(void)state;
	put_web();
	assert_answer("names", "end unknown\n");
	assert_answer("", "end unknown\n");
	assert_answer("resolve", "end unknown\n");
	assert_answer("resolve ", "end foreign\n");
	assert_answer("resolve web..home.arpa", "end foreign\n");
	assert_answer("resolve web home", "end foreign\n");
	assert_answer("resolve \\", "end foreign\n");
	assert_answer("reverse ", "end foreign\n");
	assert_answer("reverse web", "end foreign\n");
	assert_answer("reverse fe80::1%3", "end foreign\n");
}

static void the_name_at_the_end_of_aliases_is_the_canonical_one(void **state)
{
	(void)state;
	put_web();
	rig_put(here.zone, ZONE_STATIC, "www.home.arpa.", "10 CNAME web.home.arpa.", NULL);
	rig_put(here.zone, ZONE_STATIC, "gone.home.arpa.", "10 CNAME nope.home.arpa.", NULL);
	rig_put(here.zone, ZONE_STATIC, "mute.home.arpa.", "10 CNAME text.home.arpa.", NULL);
	rig_put(here.zone, ZONE_STATIC, "text.home.arpa.", "60 TXT #0161", NULL);
	rig_put(here.zone, ZONE_STATIC, "out.home.arpa.", "10 CNAME www.example.com.", NULL);
	rig_put(here.zone, ZONE_STATIC, "loop.home.arpa.", "10 CNAME loop.home.arpa.", NULL);
	assert_answer("resolve www",
		"name web.home.arpa\nttl 10\naddress 10.7.0.2\naddress 2001:db8::2\nend found\n");
	assert_answer("resolve gone.home.arpa", "end nxdomain\n");
	assert_answer("resolve mute", "end nodata\n");
	assert_answer("resolve out", "end foreign\n");
	assert_answer("resolve loop.home.arpa", "end nodata\n");
}

static void an_address_leads_to_its_names(void **state)
{
	(void)state;
	put_web();
	assert_answer("reverse 10.7.0.2",
		"name web.lan.home.arpa\nname mail.home.arpa\nttl 60\nend found\n");
	assert_answer("reverse ::ffff:10.7.0.2",
		"name web.lan.home.arpa\nname mail.home.arpa\nttl 60\nend found\n");
	assert_answer("reverse 10.7.0.3", "end nxdomain\n");
	assert_answer("reverse 192.0.2.1", "end foreign\n");
	assert_answer("reverse fe80::2", "end foreign\n");
	put_mdns_name(LINK_ONE,
		"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa.", RR_PTR,
		"web.local.");
	assert_answer("reverse fe80::2", "name web.local\nttl 120\nend found\n");
	here.is_elsewhere = true;
	assert_answer("reverse fe80::2", "end foreign\n");
}

static void a_local_name_has_what_each_link_has(void **state)
{
	(void)state;
	put_mdns_addr(LINK_ONE, "web.local.", "10.7.0.2");
	put_mdns_addr(LINK_TWO, "web.local.", "10.7.0.2");
	assert_answer(
		"resolve web.local", "name web.local\nttl 120\naddress 10.7.0.2\nend found\n");
	put_mdns_name(LINK_ONE, "www.local.", RR_CNAME, "web.local.");
	put_mdns_name(LINK_ONE, "out.local.", RR_CNAME, "other.local.");
	put_mdns_name(LINK_ONE, "loop.local.", RR_CNAME, "loop.local.");
	put_mdns(LINK_ONE, "text.local.", RR_TXT, (const uint8_t[]){1, 'a'}, 2);
	assert_answer(
		"resolve www.local", "name web.local\nttl 120\naddress 10.7.0.2\nend found\n");
	assert_answer("resolve out.local", "end foreign\n");
	assert_answer("resolve loop.local", "end nodata\n");
	assert_answer("resolve text.local", "end nodata\n");
}

static void a_link_local_address_comes_with_its_link_for_who_has_it(void **state)
{
	(void)state;
	put_mdns_addr(LINK_ONE, "web.local.", "fe80::2");
	put_mdns_addr(LINK_TWO, "web.local.", "fe80::2");
	assert_answer("resolve web.local",
		"name web.local\nttl 120\naddress fe80::2%3\naddress fe80::2%4\nend found\n");
	here.is_elsewhere = true;
	assert_answer("resolve web.local", "end nodata\n");
}

static void of_too_many_addresses_the_first_are_told(void **state)
{
	struct buf line = {0};
	(void)state;
	buf_puts(&line, "60 AAAA");
	for (int i = 0; i < 100; i++)
		buf_printf(&line, " 2001:db8:ffff:ffff:ffff:ffff:ffff:%x", 0xf000 + i);
	rig_put(here.zone, ZONE_STATIC, "many.home.arpa.", buf_text(&line), NULL);
	buf_clear(&line);
	rig_commit(here.zone, 1);
	const struct resolve_source source = {.zone = zone_reader(here.zone),
		.views = &here.views,
		.domain = here.domain.wire,
		.mdns = here.mdns};
	resolve_answer(&source, "resolve many", &line);
	struct answer answer = {0};
	assert_int_equal(answer_feed(&answer, line.bytes, line.len), 0);
	assert_int_equal(answer.verdict, ANSWER_FOUND);
	assert_int_equal(answer.addr_count, LIMIT_RESOLVE_ADDRS);
	buf_fini(&line);
}

static void a_host_whose_name_no_program_can_take_is_not_told(void **state)
{
	(void)state;
	rig_put(here.zone, ZONE_STATIC, "a\\032b.home.arpa.", "60 A 10.7.0.9", NULL);
	rig_put(here.zone, ZONE_STATIC, "c.home.arpa.", "60 CNAME a\\032b.home.arpa.", NULL);
	assert_answer("resolve a\\032b.home.arpa", "end nodata\n");
	assert_answer("resolve c.home.arpa", "end nodata\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_name_is_found_with_and_without_the_domain),
		CASE(what_is_not_there_is_told_from_what_is_not_ours),
		CASE(requests_that_are_none),
		CASE(the_name_at_the_end_of_aliases_is_the_canonical_one),
		CASE(an_address_leads_to_its_names),
		CASE(a_local_name_has_what_each_link_has),
		CASE(a_link_local_address_comes_with_its_link_for_who_has_it),
		CASE(of_too_many_addresses_the_first_are_told),
		CASE(a_host_whose_name_no_program_can_take_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
