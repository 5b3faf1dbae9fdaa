/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to "delegation": what the parent of the domain should have.
 * Never asks the parent: delegation.c does.
 */
#include "export/text.h"
#include "ontap-zone/report_part.h"
#include "zone/node.h"

static const struct node_set *wan_set(const struct node *n, uint16_t type)
{
	return n ? node_set(n, type, VIEW_WAN) : NULL;
}

static void write_texts(struct jsonw *w, const struct node *n, uint16_t type, uint16_t as)
{
	const struct node_set *set = wan_set(n, type);
	const uint8_t *at = set ? node_rdata(n, set) : NULL;
	for (unsigned i = 0; set && i < set->count; i++) {
		struct buf text = {0};
		struct rdata rdata = node_next_rdata(set, &at);
		export_rdata_text(&text, as, rdata.bytes, rdata.len);
		jsonw_text(w, NULL, buf_text(&text));
		buf_fini(&text);
	}
}

/* Of a server inside of the domain, the parent needs the addresses, too. */
static void write_server(
	struct jsonw *w, const struct zone *zone, const uint8_t *domain, const uint8_t *name)
{
	const struct node *n = zone_latest(zone, name);
	const bool is_inside = name_is_below(name, domain);
	jsonw_open(w, NULL, '{');
	report_name(w, "name", name);
	jsonw_bool(w, "inside", is_inside);
	jsonw_open(w, "addresses", '[');
	write_texts(w, is_inside ? n : NULL, RR_A, RR_A);
	write_texts(w, is_inside ? n : NULL, RR_AAAA, RR_AAAA);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

/* CDS is the DS that the parent should have (RFC 7344 §3.1). */
static bool is_deletion(const struct node *apex)
{
	const struct node_set *set = wan_set(apex, RR_CDS);
	const uint8_t *at = set ? node_rdata(apex, set) : NULL;
	return set && node_next_rdata(set, &at).len == 5;
}

void report_delegation(const struct report *r, struct buf *out)
{
	struct jsonw w = {.out = out};
	const struct zone *zone = pipeline_zone(r->pipeline);
	const uint8_t *domain = pipeline_domain(r->pipeline);
	const struct node *apex = zone_latest(zone, domain);
	const struct node_set *ns = wan_set(apex, RR_NS);
	const uint8_t *at = ns ? node_rdata(apex, ns) : NULL;
	jsonw_open(&w, NULL, '{');
	report_name(&w, "domain", domain);
	jsonw_open(&w, "servers", '[');
	for (unsigned i = 0; ns && i < ns->count; i++)
		write_server(&w, zone, domain, node_next_rdata(ns, &at).bytes);
	jsonw_close(&w, ']');
	jsonw_bool(&w, "signed", wan_set(apex, RR_DNSKEY));
	jsonw_open(&w, "ds", '[');
	if (!is_deletion(apex))
		write_texts(&w, apex, RR_CDS, RR_DS);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	report_end_line(out);
}
