/* SPDX-License-Identifier: ISC */
/*
 * Owns the configuration texts for other resolvers.
 * Never finds out what is installed on the machine: the recipe says so.
 */
#include "recipe/recipe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DNS_PORT = 53, PLACE_CAP = ADDR_TEXT_CAP + 16 };

/* --- the address -------------------------------------------------------------------------- */

static const struct addr own_loopback = {ADDR_V4, {127, 0, 0, 56}};

/* Returns the rank of an address for a resolver of this host: higher is better; 0: unsuitable. */
static int rank_for_host(const struct addr *a)
{
	if (addr_is_loopback(a))
		return addr_equal(a, &own_loopback) ? 5 : a->family == ADDR_V4 ? 4 : 3;
	return addr_scope(a) <= ADDR_SCOPE_LOCAL ? 0 : a->family == ADDR_V4 ? 2 : 1;
}

static int rank_for_network(const struct addr *a)
{
	switch (addr_scope(a)) {
	case ADDR_SCOPE_LAN: return a->family == ADDR_V4 ? 4 : 3;
	case ADDR_SCOPE_WAN: return a->family == ADDR_V4 ? 2 : 1;
	case ADDR_SCOPE_NONE:
	case ADDR_SCOPE_LOCAL:
	case ADDR_SCOPE_COUNT: break;
	}
	return 0;
}

int recipe_choose(enum recipe_kind kind, const struct recipe_place *places, size_t count)
{
	int best = -1, best_rank = 0;
	for (size_t i = 0; i < count; i++) {
		const struct addr *a = &places[i].addr;
		int rank = 2 * (kind == RECIPE_OPENWRT ? rank_for_network(a) : rank_for_host(a));
		if (rank > 0 && places[i].port == DNS_PORT)
			rank++;
		if (rank > best_rank) {
			best = (int)i;
			best_rank = rank;
		}
	}
	return best;
}

bool recipe_has_network(const struct recipe_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].port == DNS_PORT && rank_for_network(&places[i].addr) > 0)
			return true;
	return false;
}

/* Writes the address in the form of a program: `mark` precedes a port other than 53, and then IPv6
 * addresses have brackets, if the program needs them. */
static const char *place_text(
	const struct recipe_place *p, const char *mark, bool has_brackets, char out[PLACE_CAP])
{
	char addr[ADDR_TEXT_CAP];
	struct buf text = {0};
	bool has_port = p->port != DNS_PORT;
	has_brackets = has_brackets && has_port && p->addr.family == ADDR_V6;
	buf_printf(&text, has_brackets ? "[%s]" : "%s", addr_format(&p->addr, addr));
	if (has_port)
		buf_printf(&text, "%s%u", mark, p->port);
	strncpy(out, buf_text(&text), PLACE_CAP - 1);
	out[PLACE_CAP - 1] = '\0';
	buf_fini(&text);
	return out;
}

/* --- zones -------------------------------------------------------------------------------- */

/* Finds the network of a zone like "168.192.in-addr.arpa"; the missing bytes are zero. */
static bool read_network(const char *zone, struct addr *ret)
{
	uint8_t octets[4] = {0};
	size_t count = 0;
	/* Progress: each turn reads a number and the dot after it. */
	while (count < 4 && isdigit((unsigned char)*zone)) {
		char *end;
		unsigned long number = strtoul(zone, &end, 10);
		if (number > UINT8_MAX || *end != '.')
			return false;
		memmove(octets + 1, octets, count);
		octets[0] = (uint8_t)number;
		count++;
		zone = end + 1;
	}
	*ret = addr_make(ADDR_V4, octets);
	return count > 0 && strcmp(zone, "in-addr.arpa") == 0;
}

bool recipe_wants_reverse(const char *zone)
{
	struct addr network;
	return !read_network(zone, &network) || addr_scope(&network) == ADDR_SCOPE_LAN;
}

/* --- texts -------------------------------------------------------------------------------- */

/* Calls `write` for the domain and each reverse zone. */
static void each_zone(
	struct buf *out, const struct recipe *r, void (*write)(struct buf *, const char *zone))
{
	write(out, r->domain);
	for (size_t i = 0; i < r->reverse_count; i++)
		write(out, r->reverse[i]);
}

static bool has_delegates(const struct recipe *r)
{
	return r->systemd >= RECIPE_DELEGATE_SINCE;
}

/* A leading "~" means: names in this domain are asked there, and the domain is not appended to
 * short names. A delegate with only such domains is asked for nothing else; the servers of
 * [Resolve] are asked for other names too, at the same time as those of links. */
static void write_resolved(struct buf *out, const struct recipe *r)
{
	char place[PLACE_CAP];
	if (strcasecmp(r->domain, "home.arpa") != 0)
		buf_printf(out,
			"# With DNSSEC=yes, which is not the default, another file has to say "
			"that\n"
			"# nothing is signed: echo %s "
			">/etc/dnssec-trust-anchors.d/ontap.negative\n",
			r->domain);
	buf_puts(out, has_delegates(r) ? "[Delegate]\n" : "[Resolve]\n");
	buf_printf(out, "DNS=%s\nDomains=~%s", place_text(&r->server, ":", true, place), r->domain);
	for (size_t i = 0; i < r->reverse_count; i++)
		buf_printf(out, " ~%s", r->reverse[i]);
	buf_puts(out, "\n");
}

static void write_dnsmasq_server(struct buf *out, const struct recipe *r, const char *zone)
{
	char place[PLACE_CAP];
	buf_printf(out, "server=/%s/%s\n", zone, place_text(&r->server, "#", false, place));
}

/* dnsmasq takes port 53 of every address, unless it is configured to bind to its links one by one,
 * or to some addresses. NetworkManager configures its own dnsmasq so. */
static void write_dnsmasq_listen(struct buf *out, const struct recipe *r)
{
	buf_puts(out, "# Leaves port 53 of ontap-zone's address alone. Remove this line where\n"
		      "# bind-interfaces is set: that does the same.\n"
		      "bind-dynamic\n");
	if (r->has_network)
		buf_puts(out, "# ontap-zone answers other machines here, so dnsmasq answers this "
			      "one. To\n"
			      "# have it the other way round: listen = 127.0.0.56 in "
			      "/etc/ontap/zone.conf.\n"
			      "listen-address=127.0.0.1\n");
}

static void write_dnsmasq(struct buf *out, const struct recipe *r)
{
	if (r->kind == RECIPE_DNSMASQ && r->server.port == DNS_PORT)
		write_dnsmasq_listen(out, r);
	write_dnsmasq_server(out, r, r->domain);
	for (size_t i = 0; i < r->reverse_count; i++)
		write_dnsmasq_server(out, r, r->reverse[i]);
	buf_printf(out,
		"# Its names have private addresses: no attack (stop-dns-rebind).\n"
		"rebind-domain-ok=/%s/\n",
		r->domain);
}

/* No parent zone delegates our zones, so no chain of signatures leads to them. */
static void write_unbound_zone(struct buf *out, const char *zone)
{
	buf_printf(out, "    domain-insecure: \"%s.\"\n", zone);
}

/* unbound itself answers for private zones that they are empty. "nodefault" removes such a
 * zone, but only one with exactly that name. Our zones below one, such as those of a ULA,
 * need another type. */
static void write_unbound_local(struct buf *out, const char *zone)
{
	size_t len = strlen(zone), suffix = sizeof(".ip6.arpa") - 1;
	bool is_part = len > suffix && strcmp(zone + len - suffix, ".ip6.arpa") == 0;
	buf_printf(
		out, "    local-zone: \"%s.\" %s\n", zone, is_part ? "transparent" : "nodefault");
}

static void write_unbound_stub(struct buf *out, const struct recipe *r, const char *zone)
{
	char addr[ADDR_TEXT_CAP];
	buf_printf(out, "stub-zone:\n    name: \"%s.\"\n    stub-addr: %s@%u\n", zone,
		addr_format(&r->server.addr, addr), r->server.port);
}

static void write_unbound(struct buf *out, const struct recipe *r)
{
	buf_puts(out, "server:\n");
	each_zone(out, r, write_unbound_local);
	each_zone(out, r, write_unbound_zone);
	buf_printf(out, "    private-domain: \"%s.\"\n", r->domain);
	if (addr_is_loopback(&r->server.addr))
		buf_puts(out, "    do-not-query-localhost: no\n");
	write_unbound_stub(out, r, r->domain);
	for (size_t i = 0; i < r->reverse_count; i++)
		write_unbound_stub(out, r, r->reverse[i]);
}

static void write_openwrt_server(struct buf *out, const struct recipe *r, const char *zone)
{
	char place[PLACE_CAP];
	buf_printf(out, "uci add_list dhcp.@dnsmasq[0].server='/%s/%s'\n", zone,
		place_text(&r->server, "#", false, place));
}

static void write_openwrt(struct buf *out, const struct recipe *r)
{
	write_openwrt_server(out, r, r->domain);
	for (size_t i = 0; i < r->reverse_count; i++)
		write_openwrt_server(out, r, r->reverse[i]);
	buf_printf(out,
		"# Its names have private addresses: no attack (rebind_protection).\n"
		"uci add_list dhcp.@dnsmasq[0].rebind_domain='/%s/'\n"
		"uci commit dhcp\n"
		"/etc/init.d/dnsmasq restart\n",
		r->domain);
}

/* --- the file ----------------------------------------------------------------------------- */

static bool is_for_resolved(const struct recipe *r)
{
	return r->kind == RECIPE_RESOLVED ||
	       (r->kind == RECIPE_NETWORKMANAGER && r->manager == RECIPE_MANAGER_RESOLVED);
}

const char *recipe_path(const struct recipe *r)
{
	if (is_for_resolved(r))
		return has_delegates(r) ? "/etc/systemd/dns-delegate.d/ontap.dns-delegate"
					: "/etc/systemd/resolved.conf.d/ontap.conf";
	switch (r->kind) {
	case RECIPE_DNSMASQ: return "/etc/dnsmasq.d/ontap.conf";
	case RECIPE_UNBOUND: return "/etc/unbound/unbound.conf.d/ontap.conf";
	case RECIPE_NETWORKMANAGER: return "/etc/NetworkManager/dnsmasq.d/ontap.conf";
	case RECIPE_RESOLVED:
	case RECIPE_OPENWRT:
	case RECIPE_COUNT: break;
	}
	return NULL;
}

/* Returns the command that makes the program read the file. */
static const char *reader_of(const struct recipe *r)
{
	if (is_for_resolved(r))
		return "systemctl restart systemd-resolved";
	return r->kind == RECIPE_NETWORKMANAGER ? "systemctl restart NetworkManager"
	       : r->kind == RECIPE_UNBOUND      ? "systemctl restart unbound"
						: "systemctl restart dnsmasq";
}

static void write_head(struct buf *out, const struct recipe *r)
{
	const char *path = recipe_path(r);
	buf_puts(out, RECIPE_MARK);
	if (path)
		buf_printf(out, "# %s; then: %s\n", path, reader_of(r));
	else
		buf_puts(out, "# Commands for the router's shell.\n");
	if (r->kind == RECIPE_NETWORKMANAGER && !is_for_resolved(r))
		buf_puts(out, "# NetworkManager.conf needs: [main] dns=dnsmasq\n");
}

void recipe_write(struct buf *out, const struct recipe *r)
{
	write_head(out, r);
	if (is_for_resolved(r))
		write_resolved(out, r);
	else if (r->kind == RECIPE_UNBOUND)
		write_unbound(out, r);
	else if (r->kind == RECIPE_OPENWRT)
		write_openwrt(out, r);
	else
		write_dnsmasq(out, r);
}

bool recipe_needs_no_rivals(const struct recipe *r)
{
	return is_for_resolved(r) && !has_delegates(r);
}

bool recipe_has_rivals(const char *text, const struct recipe_place *own)
{
	static const char title[] = "Global:";
	char place[PLACE_CAP];
	const char *at = strstr(text, title);
	size_t len;
	place_text(own, ":", true, place);
	/* Progress: each turn reads a word and the spaces before it. */
	for (at = at ? at + sizeof(title) - 1 : ""; *at && *at != '\n'; at += len) {
		at += strspn(at, " ");
		len = strcspn(at, " \n");
		if (len > 0 && (strlen(place) != len || memcmp(at, place, len) != 0))
			return true;
	}
	return false;
}

unsigned recipe_version(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	unsigned long number = at ? strtoul(at + strlen(word), NULL, 10) : 0;
	return number <= 100000 ? (unsigned)number : 0;
}
