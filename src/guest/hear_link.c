/* SPDX-License-Identifier: ISC */
/*
 * Owns what ARP and neighbour discovery say of a guest (RFC 826, 5227, 4861, 4862).
 * Never reads bytes: frame.h and nd.h do.
 */
#include "guest/hear.h"
#include "guest/hold.h"
#include "guest/nd.h"
#include "guest/own.h"

/* A probe (RFC 5227 §2.1.1) has no sender address. A conflict that others show is the guest's to
 * judge: it declines its lease or is silent. */
void hear_arp(struct guest *g, enum guest_way way, const struct frame *f, ns_t now)
{
	struct arp arp;
	if (way != GUEST_SAYS || arp_read(f->body, &arp) || !own_has(g, arp.sender_hwaddr) ||
		addr_is_unspecified(&arp.sender))
		return;
	hold_claim(g, &arp.sender, GUEST_ARP, f->from, now);
}

static void says(struct guest *g, const struct frame *f, const struct nd *m, ns_t now)
{
	bool has_source = !addr_is_unspecified(&f->source);
	if (has_source)
		hold_claim(g, &f->source, GUEST_ND, f->from, now);
	if (m->type == ND_NS && !has_source)
		hold_probe(g, &m->target, f->from, now);
	if (m->type == ND_NA && has_source && !addr_equal(&m->target, &f->source))
		hold_claim(g, &m->target, GUEST_ND, f->from, now);
}

/* A router sends from its link-local address (RFC 4861 §6.1.2). */
static void hears_ra(struct guest *g, const struct frame *f, const struct nd *m, ns_t now)
{
	if (addr_scope(&f->source) != ADDR_SCOPE_LOCAL)
		return;
	for (unsigned i = 0; i < m->prefix_count; i++)
		lan_add_prefix(&g->lan, &m->prefixes[i].prefix, m->prefixes[i].valid_s, now);
	(void)lan_add_server(&g->lan, &f->source, lan_after(now, LIMIT_GUEST_ND_S), now);
	hold_judge(g, now);
}

static void hears(struct guest *g, const struct frame *f, const struct nd *m, ns_t now)
{
	bool is_probe = m->type == ND_NS && addr_is_unspecified(&f->source);
	if (m->type == ND_RA)
		hears_ra(g, f, m, now);
	else if (m->type == ND_NA || is_probe)
		hold_object(g, &m->target, now);
}

/* A frame from the guest's own address comes back from a bridge or an access point, or says that
 * the rewritten address has what the guest probes for: both are no objection. */
void hear_nd(struct guest *g, enum guest_way way, const struct frame *f, ns_t now)
{
	struct nd m;
	if (nd_read(f->body, &m))
		return;
	if (way == GUEST_SAYS)
		says(g, f, &m, now);
	else if (!own_has(g, f->from))
		hears(g, f, &m, now);
}
