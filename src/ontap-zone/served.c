/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to "resolver": the zones of this daemon and the addresses where it answers.
 * Never decides which of them a resolver should use: recipe/ does.
 */
#include "ontap-zone/served.h"

#include "export/jsonw.h"
#include "pipeline/pipeline.h"
#include "wire/msg.h"
#include "zone/node.h"

struct served {
	const struct report *report;
	struct jsonw w;
};

static void write_zone(struct jsonw *w, const char *key, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	jsonw_text(w, key, name_to_text(name, text));
}

static void write_reverse(void *arg, const struct node *n)
{
	struct served *s = arg;
	if (name_is_reverse(node_name(n)))
		write_zone(&s->w, NULL, node_name(n));
}

static void write_place(struct served *s, const struct addr *addr, uint16_t port)
{
	char text[ADDR_TEXT_CAP];
	jsonw_open(&s->w, NULL, '{');
	jsonw_text(&s->w, "address", addr_format(addr, text));
	jsonw_number(&s->w, "port", port ? port : DNS_PORT);
	jsonw_close(&s->w, '}');
}

/* The addresses at which a wildcard socket of that family can be reached: all
 * addresses of this host. */
static void write_wildcard(struct served *s, enum addr_family family, uint16_t port)
{
	const struct addr loopback = family == ADDR_V4 ? (struct addr){ADDR_V4, {127, 0, 0, 1}}
						       : (struct addr){ADDR_V6, {[15] = 1}};
	const struct model_ns *own = model_ns(pipeline_model(s->report->pipeline), NSID_OWN);
	write_place(s, &loopback, port);
	if (!own)
		return;
	LIST_EACH(link, &own->links, const struct model_link, in_ns)
		LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
			if (link->is_present && addr->is_present && !addr->info.is_guest &&
				addr->info.addr.family == family &&
				addr_scope(&addr->info.addr) > ADDR_SCOPE_LOCAL)
				write_place(s, &addr->info.addr, port);
}

/* A link-local address is useless without its link. */
static void write_listen(struct served *s, const struct dns_listen *at)
{
	if (addr_is_unspecified(&at->addr))
		write_wildcard(s, (enum addr_family)at->addr.family, at->port);
	else if (at->ifindex == 0)
		write_place(s, &at->addr, at->port);
}

static void write_listens(struct served *s, const struct dns *dns)
{
	struct dns_place place;
	for (size_t i = 0; dns_place(dns, i, &place); i++)
		if (!place.err)
			write_listen(s, &place.at);
}

void served_report(const struct report *r, struct buf *out)
{
	struct served s = {.report = r, .w = {.out = out}};
	jsonw_open(&s.w, NULL, '{');
	write_zone(&s.w, "domain", pipeline_domain(r->pipeline));
	jsonw_open(&s.w, "reverse_zones", '[');
	zone_each_apex(pipeline_zone(r->pipeline), write_reverse, &s);
	jsonw_close(&s.w, ']');
	jsonw_open(&s.w, "listening", '[');
	if (r->dns)
		write_listens(&s, r->dns);
	jsonw_close(&s.w, ']');
	jsonw_close(&s.w, '}');
	buf_puts(out, "\n");
}
