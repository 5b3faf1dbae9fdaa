/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of configuration for other resolvers: the address, the zones, and the syntax.
 * tests/net/test_resolver.py shows that the programs understand it.
 * Never finds out what is installed. Run by `make check`.
 */
#include <string.h>

#include "recipe/recipe.h"
#include "unit.h"

static struct recipe_place place(const char *text, uint16_t port)
{
	struct recipe_place p = {.port = port};
	assert_int_equal(addr_parse(text, &p.addr), 0);
	return p;
}

/* Returns the address that is chosen; "": none. */
static const char *chosen(enum recipe_kind kind, const char *const *texts)
{
	struct recipe_place places[8];
	size_t count = 0;
	for (; texts[count]; count++)
		places[count] = place(texts[count], 53);
	int best = recipe_choose(kind, places, count);
	return best < 0 ? "" : texts[best];
}

#define CHOSEN(kind, ...) chosen(kind, (const char *const[]){__VA_ARGS__, NULL})

static void a_resolver_of_this_host_asks_at_a_loopback_address(void **state)
{
	(void)state;
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "192.168.1.2", "::1", "127.0.0.1", "127.0.0.56"),
		"127.0.0.56");
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "fd00::1", "::1", "127.0.0.1"), "127.0.0.1");
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "192.168.1.2", "::1"), "::1");
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "fd00::1", "192.168.1.2"), "192.168.1.2");
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "fe80::1", "2001:db8::1"), "2001:db8::1");
	assert_string_equal(CHOSEN(RECIPE_UNBOUND, "fe80::1", "0.0.0.0", "169.254.1.1"), "");
	assert_int_equal(recipe_choose(RECIPE_UNBOUND, (struct recipe_place[1]){{{0}, 0}}, 0), -1);
}

static void a_router_asks_at_an_address_on_its_network(void **state)
{
	(void)state;
	assert_string_equal(CHOSEN(RECIPE_OPENWRT, "127.0.0.56", "198.18.1.1", "2001:db8::1",
				    "fd00::1", "192.168.1.2"),
		"192.168.1.2");
	assert_string_equal(CHOSEN(RECIPE_OPENWRT, "127.0.0.56", "2001:db8::1"), "2001:db8::1");
	assert_string_equal(CHOSEN(RECIPE_OPENWRT, "127.0.0.56", "::1", "fe80::1"), "");
}

static void the_usual_port_is_preferred_among_equals_only(void **state)
{
	const struct recipe_place places[] = {
		place("127.0.0.1", 5353), place("127.0.0.2", 53), place("127.0.0.3", 53)};
	const struct recipe_place own[] = {place("127.0.0.1", 53), place("127.0.0.56", 5300)};
	(void)state;
	assert_int_equal(recipe_choose(RECIPE_DNSMASQ, places, 3), 1);
	assert_int_equal(recipe_choose(RECIPE_DNSMASQ, own, 2), 1);
}

static const char *const reverse[] = {"168.192.in-addr.arpa", "0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa"};

static void assert_text(const struct recipe *r, const char *path, const char *expected)
{
	struct buf out = {0};
	recipe_write(&out, r);
	assert_int_equal(out.err, 0);
	const char *text = buf_text(&out);
	assert_int_equal(strncmp(text, RECIPE_MARK, strlen(RECIPE_MARK)), 0);
	const char *second = text + strlen(RECIPE_MARK);
	if (path) {
		assert_string_equal(recipe_path(r), path);
		assert_int_equal(strncmp(second + 2, path, strlen(path)), 0);
	} else {
		assert_null(recipe_path(r));
	}
	assert_string_equal(strchr(second, '\n') + 1, expected);
	buf_fini(&out);
}

static void other_machines_are_answered_at_port_53_of_their_network_only(void **state)
{
	const struct recipe_place none[] = {
		place("127.0.0.56", 53), place("192.168.1.2", 5300), place("fe80::1", 53)};
	const struct recipe_place some[] = {place("127.0.0.56", 53), place("192.168.1.2", 53)};
	(void)state;
	assert_false(recipe_has_network(none, 3));
	assert_true(recipe_has_network(some, 2));
}

static void resolved_gets_routes_for_the_zones_and_nothing_else(void **state)
{
	struct recipe r = {.domain = "home.arpa",
		.reverse = reverse,
		.reverse_count = 2,
		.server = place("127.0.0.56", 53),
		.systemd = 257};
	(void)state;
	assert_text(&r, "/etc/systemd/resolved.conf.d/ontap.conf",
		"[Resolve]\nDNS=127.0.0.56\n"
		"Domains=~home.arpa ~168.192.in-addr.arpa ~0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa\n");
	r.reverse_count = 0;
	r.server = place("fd00::1", 5300);
	r.systemd = 0;
	assert_text(&r, "/etc/systemd/resolved.conf.d/ontap.conf",
		"[Resolve]\nDNS=[fd00::1]:5300\nDomains=~home.arpa\n");
	r.systemd = 258;
	assert_text(&r, "/etc/systemd/dns-delegate.d/ontap.dns-delegate",
		"[Delegate]\nDNS=[fd00::1]:5300\nDomains=~home.arpa\n");
	r.domain = "vanya";
	assert_text(&r, "/etc/systemd/dns-delegate.d/ontap.dns-delegate",
		"# With DNSSEC=yes, which is not the default, another file has to say that\n"
		"# nothing is signed: echo vanya >/etc/dnssec-trust-anchors.d/ontap.negative\n"
		"[Delegate]\nDNS=[fd00::1]:5300\nDomains=~vanya\n");
}

static void dnsmasq_leaves_the_address_alone_that_it_shall_ask(void **state)
{
	struct recipe r = {.kind = RECIPE_DNSMASQ,
		.domain = "vanya",
		.reverse = reverse,
		.reverse_count = 1,
		.server = place("127.0.0.56", 53)};
	(void)state;
	assert_text(&r, "/etc/dnsmasq.d/ontap.conf",
		"# Leaves port 53 of ontap-zone's address alone. Remove this line where\n"
		"# bind-interfaces is set: that does the same.\n"
		"bind-dynamic\n"
		"server=/vanya/127.0.0.56\n"
		"server=/168.192.in-addr.arpa/127.0.0.56\n"
		"# Its names have private addresses: no attack (stop-dns-rebind).\n"
		"rebind-domain-ok=/vanya/\n");
	r.reverse_count = 0;
	r.has_network = true;
	assert_text(&r, "/etc/dnsmasq.d/ontap.conf",
		"# Leaves port 53 of ontap-zone's address alone. Remove this line where\n"
		"# bind-interfaces is set: that does the same.\n"
		"bind-dynamic\n"
		"# ontap-zone answers other machines here, so dnsmasq answers this one. To\n"
		"# have it the other way round: listen = 127.0.0.56 in /etc/ontap/zone.conf.\n"
		"listen-address=127.0.0.1\n"
		"server=/vanya/127.0.0.56\n"
		"# Its names have private addresses: no attack (stop-dns-rebind).\n"
		"rebind-domain-ok=/vanya/\n");
	r.server = place("::1", 5300);
	assert_text(&r, "/etc/dnsmasq.d/ontap.conf",
		"server=/vanya/::1#5300\n"
		"# Its names have private addresses: no attack (stop-dns-rebind).\n"
		"rebind-domain-ok=/vanya/\n");
}

static void unbound_gives_up_what_it_would_answer_itself(void **state)
{
	struct recipe r = {.kind = RECIPE_UNBOUND,
		.domain = "home.arpa",
		.reverse = reverse + 1,
		.reverse_count = 1,
		.server = place("127.0.0.56", 53)};
	(void)state;
	assert_text(&r, "/etc/unbound/unbound.conf.d/ontap.conf",
		"server:\n"
		"    local-zone: \"home.arpa.\" nodefault\n"
		"    local-zone: \"0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa.\" transparent\n"
		"    domain-insecure: \"home.arpa.\"\n"
		"    domain-insecure: \"0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa.\"\n"
		"    private-domain: \"home.arpa.\"\n"
		"    do-not-query-localhost: no\n"
		"stub-zone:\n    name: \"home.arpa.\"\n    stub-addr: 127.0.0.56@53\n"
		"stub-zone:\n    name: \"0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa.\"\n"
		"    stub-addr: 127.0.0.56@53\n");
	r.reverse_count = 0;
	r.server = place("10.0.0.1", 53);
	assert_text(&r, "/etc/unbound/unbound.conf.d/ontap.conf",
		"server:\n"
		"    local-zone: \"home.arpa.\" nodefault\n"
		"    domain-insecure: \"home.arpa.\"\n"
		"    private-domain: \"home.arpa.\"\n"
		"stub-zone:\n    name: \"home.arpa.\"\n    stub-addr: 10.0.0.1@53\n");
}

static void networkmanager_is_told_by_the_one_that_resolves_for_it(void **state)
{
	struct recipe r = {.kind = RECIPE_NETWORKMANAGER,
		.domain = "home.arpa",
		.server = place("127.0.0.56", 53),
		.systemd = 252};
	(void)state;
	assert_text(&r, "/etc/NetworkManager/dnsmasq.d/ontap.conf",
		"# NetworkManager.conf needs: [main] dns=dnsmasq\n"
		"server=/home.arpa/127.0.0.56\n"
		"# Its names have private addresses: no attack (stop-dns-rebind).\n"
		"rebind-domain-ok=/home.arpa/\n");
	r.manager = RECIPE_MANAGER_RESOLVED;
	assert_text(&r, "/etc/systemd/resolved.conf.d/ontap.conf",
		"[Resolve]\nDNS=127.0.0.56\nDomains=~home.arpa\n");
	r.systemd = 300;
	assert_text(&r, "/etc/systemd/dns-delegate.d/ontap.dns-delegate",
		"[Delegate]\nDNS=127.0.0.56\nDomains=~home.arpa\n");
}

static void a_router_gets_commands_and_no_file(void **state)
{
	struct recipe r = {.kind = RECIPE_OPENWRT,
		.domain = "home.arpa",
		.reverse = reverse,
		.reverse_count = 1,
		.server = place("192.168.1.2", 53)};
	(void)state;
	assert_text(&r, NULL,
		"uci add_list dhcp.@dnsmasq[0].server='/home.arpa/192.168.1.2'\n"
		"uci add_list dhcp.@dnsmasq[0].server='/168.192.in-addr.arpa/192.168.1.2'\n"
		"# Its names have private addresses: no attack (rebind_protection).\n"
		"uci add_list dhcp.@dnsmasq[0].rebind_domain='/home.arpa/'\n"
		"uci commit dhcp\n"
		"/etc/init.d/dnsmasq restart\n");
}

static void reverse_zones_of_public_networks_are_left_to_others(void **state)
{
	static const char *const wanted[] = {"10.in-addr.arpa", "168.192.in-addr.arpa",
		"31.172.in-addr.arpa", "64.100.in-addr.arpa", "0.0.0.0.0.0.0.0.7.0.d.f.ip6.arpa",
		"8.b.d.0.1.0.0.2.ip6.arpa"};
	static const char *const others[] = {"2.0.192.in-addr.arpa", "32.172.in-addr.arpa",
		"1.168.193.in-addr.arpa", "11.in-addr.arpa"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_true(recipe_wants_reverse(wanted[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(recipe_wants_reverse(others[i]));
}

static void servers_of_resolved_itself_are_rivals_and_those_of_links_are_not(void **state)
{
	static const char *const none[] = {"", "Global:", "Global:\nLink 2 (eth0): 10.0.0.1\n",
		"Global: 127.0.0.56\nLink 2 (eth0): 10.0.0.1 10.0.0.2\n"};
	static const char *const some[] = {"Global: 10.0.0.1\nLink 2 (eth0):\n",
		"Global: 127.0.0.56 10.0.0.1", "Global: 127.0.0.5", "Global: 127.0.0.56:5300"};
	struct recipe_place own = place("127.0.0.56", 53);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(recipe_has_rivals(none[i], &own));
	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		assert_true(recipe_has_rivals(some[i], &own));
	own.port = 5300;
	assert_false(recipe_has_rivals("Global: 127.0.0.56:5300\n", &own));
	assert_true(recipe_needs_no_rivals(&(struct recipe){.systemd = 257}));
	assert_false(recipe_needs_no_rivals(&(struct recipe){.systemd = 258}));
	assert_false(recipe_needs_no_rivals(&(struct recipe){.kind = RECIPE_UNBOUND}));
}

static void a_version_is_the_number_behind_the_name(void **state)
{
	(void)state;
	assert_int_equal(recipe_version("systemd 252 (252.39-1)\n+PAM", "systemd"), 252);
	assert_int_equal(recipe_version("systemd 258~rc1", "systemd"), 258);
	assert_int_equal(recipe_version("systemd", "systemd"), 0);
	assert_int_equal(recipe_version("", "systemd"), 0);
	assert_int_equal(recipe_version("systemd 99999999999999999999", "systemd"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_of_this_host_asks_at_a_loopback_address),
		cmocka_unit_test(a_router_asks_at_an_address_on_its_network),
		cmocka_unit_test(the_usual_port_is_preferred_among_equals_only),
		cmocka_unit_test(other_machines_are_answered_at_port_53_of_their_network_only),
		cmocka_unit_test(resolved_gets_routes_for_the_zones_and_nothing_else),
		cmocka_unit_test(dnsmasq_leaves_the_address_alone_that_it_shall_ask),
		cmocka_unit_test(unbound_gives_up_what_it_would_answer_itself),
		cmocka_unit_test(networkmanager_is_told_by_the_one_that_resolves_for_it),
		cmocka_unit_test(a_router_gets_commands_and_no_file),
		cmocka_unit_test(reverse_zones_of_public_networks_are_left_to_others),
		cmocka_unit_test(servers_of_resolved_itself_are_rivals_and_those_of_links_are_not),
		cmocka_unit_test(a_version_is_the_number_behind_the_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
