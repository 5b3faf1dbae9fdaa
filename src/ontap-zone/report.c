/* SPDX-License-Identifier: ISC */
/*
 * Owns the format of answers on the control socket: one JSON object per line.
 * Never changes anything and never waits.
 */
#include "ontap-zone/report.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "export/jsonw.h"
#include "guest/guest.h"
#include "ontap-zone/report_part.h"
#include "ontap-zone/served.h"
#include "zone/sign.h"

/* status */

static void count_owner(void *arg, const struct model_ns *ns)
{
	int64_t *counts = arg;
	counts[ns->info.owner]++;
}

/* The number of namespaces by owner: see --rootless. */
static void status_owners(const struct report *r, struct jsonw *w)
{
	int64_t counts[UINT8_MAX + 1] = {0};
	if (model_each_ns(pipeline_model(r->pipeline), count_owner, counts))
		return;
	jsonw_open(w, "owners", '{');
	for (int owner = OWNER_HOST; owner >= OWNER_UNKNOWN; owner--)
		jsonw_number(w, event_owner_text((uint8_t)owner), counts[owner]);
	jsonw_close(w, '}');
}

static void status_kernel(const struct report *r, struct jsonw *w)
{
	const struct kernel_stats k = r->kernel;
	struct model_stats m = model_stats(pipeline_model(r->pipeline));
	jsonw_open(w, "kernel", '{');
	jsonw_number(w, "namespaces", (int64_t)m.namespaces);
	jsonw_number(w, "links", (int64_t)m.links);
	jsonw_number(w, "addresses", (int64_t)m.addrs);
	jsonw_number(w, "datagrams", (int64_t)k.datagrams);
	jsonw_number(w, "events", (int64_t)k.events);
	jsonw_number(w, "dumps", (int64_t)k.dumps);
	jsonw_number(w, "overruns", (int64_t)k.overruns);
	jsonw_number(w, "interrupted", (int64_t)k.interrupted);
	jsonw_number(w, "malformed", (int64_t)k.malformed);
	jsonw_number(w, "refused", (int64_t)pipeline_refused(r->pipeline));
	jsonw_bool(w, "own_namespace_only", k.is_own_only);
	status_owners(r, w);
	jsonw_close(w, '}');
}

static void status_fault(struct jsonw *w, enum census_means means, const struct census_fault *fault)
{
	static const struct {
		unsigned bit;
		const char *name;
	} known[] = {{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}};
	jsonw_open(w, census_means_text(means), '{');
	jsonw_text(w, "error", err_text(fault->err));
	jsonw_open(w, "missing", '[');
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (fault->missing >> known[i].bit & 1)
			jsonw_text(w, NULL, known[i].name);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

/* The method that finds host names, and why no better one is used. */
static void status_hostnames(const struct report *r, struct jsonw *w)
{
	const struct census_stats *c = &r->kernel.census;
	jsonw_open(w, "hostnames", '{');
	jsonw_text(w, "by", census_means_text(c->means));
	jsonw_number(w, "pairs", (int64_t)c->pairs);
	jsonw_number(w, "looks", (int64_t)c->looks);
	jsonw_number(w, "news_lost", (int64_t)c->news_lost);
	jsonw_number(w, "given_to_rootless", (int64_t)c->given);
	jsonw_open(w, "refused", '{');
	for (enum census_means means = CENSUS_AUTO; means < CENSUS_MEANS_COUNT; means++)
		if (c->faults[means].err)
			status_fault(w, means, &c->faults[means]);
	jsonw_close(w, '}');
	jsonw_close(w, '}');
}

static void status_names(const struct report *r, struct jsonw *w)
{
	struct names_stats n = names_stats(pipeline_names(r->pipeline));
	jsonw_open(w, "names", '{');
	jsonw_number(w, "served", (int64_t)n.hosts);
	jsonw_number(w, "claims", (int64_t)n.claims);
	jsonw_number(w, "rejected", (int64_t)n.rejects);
	jsonw_number(w, "left_out", (int64_t)n.left_out);
	jsonw_number(w, "reverse_zones", (int64_t)n.reverse_zones);
	jsonw_number(w, "lost", (int64_t)n.lost);
	jsonw_close(w, '}');
}

static void status_zone(const struct report *r, struct jsonw *w)
{
	struct zone_stats z = zone_stats(pipeline_zone(r->pipeline));
	const uint8_t *domain = pipeline_domain(r->pipeline);
	jsonw_open(w, "zone", '{');
	report_name(w, "domain", domain);
	jsonw_number(w, "serial", zone_serial(pipeline_zone(r->pipeline), domain));
	jsonw_number(w, "zones", (int64_t)z.zones);
	jsonw_number(w, "owners", (int64_t)z.names);
	jsonw_number(w, "records", (int64_t)z.records);
	jsonw_number(w, "bytes", (int64_t)z.bytes);
	jsonw_close(w, '}');
}

static void status_dns(const struct report *r, struct jsonw *w)
{
	if (!r->dns)
		return;
	struct dns_stats d = dns_stats(r->dns);
	jsonw_open(w, "dns", '{');
	jsonw_number(w, "listening", (int64_t)dns_served(r->dns));
	jsonw_number(w, "not_listening", (int64_t)dns_waiting(r->dns));
	listening_report(r->listening, w);
	for (int i = 0; i < SERVE_COUNT; i++)
		jsonw_number(w, serve_count_text((enum serve_count)i), (int64_t)d.counts[i]);
	jsonw_number(w, "send_failed", (int64_t)d.send_failed);
	jsonw_number(w, "tcp_accepted", (int64_t)d.tcp_accepted);
	jsonw_number(w, "tcp_open", (int64_t)d.tcp_open);
	jsonw_number(w, "tcp_limited", (int64_t)d.tcp_limited);
	jsonw_close(w, '}');
}

/* The program that answers for this host. A browser may have the port, too. */
static const struct event_port *find_responder(const struct listening *l)
{
	static const char *const known[] = {"avahi-daemon", "systemd-resolve", NULL};
	const struct event_port *owner = NULL;
	for (size_t i = 0; i < ARRAY_LEN(known) && !owner; i++)
		owner = listening_find_owner(l, MDNS_PORT, known[i]);
	return owner;
}

static void write_neighbour(void *arg, const struct mdns_neighbour *neighbour)
{
	struct report_mdns *list = arg;
	struct jsonw *w = list->w;
	jsonw_open(w, NULL, '{');
	report_ifname(list->report, w, neighbour->link);
	const struct event_port *owner = find_responder(list->report->listening);
	jsonw_text(w, "program", owner ? owner->program : "");
	if (owner)
		jsonw_number(w, "pid", owner->pid);
	jsonw_number(w, "seconds", (list->report->now - neighbour->since) / NS_PER_S);
	if (neighbour->peer.family != ADDR_NONE)
		report_addr(w, "peer", &neighbour->peer);
	jsonw_close(w, '}');
}

static void status_mdns(const struct report *r, struct jsonw *w)
{
	struct mdns_stats m = mdns_stats(r->mdns);
	struct report_mdns list = {.report = r, .w = w};
	size_t link_count;
	const uint32_t *links = pipeline_mdns_links(r->pipeline, &link_count);
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = {{"packets_in", m.packets_in}, {"packets_out", m.packets_out},
		{"bytes_out", m.bytes_out}, {"malformed", m.malformed}, {"off_link", m.off_link},
		{"ignored", m.ignored}, {"queries", m.queries}, {"responses", m.responses},
		{"answers", m.answers}, {"suppressed", m.suppressed}, {"conflicts", m.conflicts},
		{"renames", m.renames}, {"limited", m.limited}};
	jsonw_open(w, "mdns", '{');
	jsonw_open(w, "links", '[');
	for (size_t i = 0; i < link_count; i++) {
		const struct model_link *link =
			model_link(pipeline_model(r->pipeline), NSID_OWN, links[i]);
		if (link)
			jsonw_text(w, NULL, link->info.name);
	}
	jsonw_close(w, ']');
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		jsonw_number(w, counts[i].key, (int64_t)counts[i].value);
	jsonw_open(w, "neighbours", '[');
	mdns_each_neighbour(r->mdns, write_neighbour, &list);
	jsonw_close(w, ']');
	jsonw_open(w, "names", '[');
	mdns_each_status(r->mdns, report_mdns_status, &list);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void write_refused(struct jsonw *w, const struct guest_status *status)
{
	jsonw_open(w, "refused", '[');
	for (size_t i = 0; i < status->refused_count; i++) {
		jsonw_open(w, NULL, '{');
		report_addr(w, "address", &status->refused[i]);
		jsonw_text(w, "reason", guest_refusal_text((enum guest_refusal)status->why[i]));
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void write_guest(void *arg, const struct guest_status *status)
{
	struct jsonw *w = arg;
	if (!status->link)
		return;
	jsonw_open(w, NULL, '{');
	report_link(w, status->link);
	jsonw_bool(w, "heard", status->is_open);
	jsonw_text(w, "says", status->name);
	jsonw_number(w, "frames", (int64_t)status->frames);
	jsonw_number(w, "pauses", (int64_t)status->pauses);
	jsonw_open(w, "addresses", '[');
	LIST_EACH(a, &status->link->addrs, const struct model_addr, in_link)
		if (a->is_present && a->info.is_guest)
			report_addr(w, NULL, &a->info.addr);
	jsonw_close(w, ']');
	write_refused(w, status);
	jsonw_close(w, '}');
}

/* The links whose guests are listened to. */
static void status_guests(const struct report *r, struct jsonw *w)
{
	jsonw_open(w, "guests", '[');
	guests_each(r->guests, write_guest, w);
	jsonw_close(w, ']');
}

static void write_time(struct jsonw *w, const char *key, uint32_t unix_s)
{
	char text[DATE_TEXT_CAP];
	jsonw_text(w, key, unix_s ? date_text(unix_s, text) : "");
}

static void write_signed(void *arg, const uint8_t *apex, const struct zone_sign_stats *stats)
{
	struct jsonw *w = arg;
	jsonw_open(w, NULL, '{');
	report_name(w, "zone", apex);
	jsonw_open(w, "keys", '[');
	for (unsigned i = 0; i < stats->key_count; i++)
		jsonw_number(w, NULL, stats->keys[i].tag);
	jsonw_close(w, ']');
	jsonw_number(w, "owners", (int64_t)stats->owners);
	jsonw_number(w, "waiting", (int64_t)stats->waiting);
	jsonw_number(w, "signatures_made", (int64_t)stats->made);
	jsonw_number(w, "signatures_kept", (int64_t)stats->kept);
	jsonw_number(w, "refused", (int64_t)stats->refused);
	write_time(w, "next_renewal", stats->next_renewal);
	write_time(w, "first_end", stats->expiration);
	jsonw_close(w, '}');
}

/* Signed zones; what their keys do is the answer to "keys". */
static void status_signed(const struct report *r, struct jsonw *w)
{
	jsonw_open(w, "signed", '[');
	zone_each_signed(pipeline_zone(r->pipeline), write_signed, w);
	jsonw_close(w, ']');
}

static void status_public(const struct report *r, struct jsonw *w)
{
	const struct spoken *s = r->spoken;
	if (!r->host)
		return;
	jsonw_open(w, "public", '{');
	report_name(w, "key", r->host->name.wire);
	jsonw_number(w, "algorithm", r->host->alg);
	jsonw_number(w, "tag", r->host->tag);
	jsonw_bool(w, "signing", s->has_signer);
	jsonw_number(w, "signed", (int64_t)s->stats.signed_packets);
	jsonw_number(w, "unsigned_late", (int64_t)s->stats.late);
	jsonw_number(w, "unsigned_limited", (int64_t)s->stats.limited);
	jsonw_close(w, '}');
}

static void report_status(const struct report *r, struct buf *out)
{
	struct jsonw w = {.out = out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "version", PACKAGE_VERSION);
	jsonw_number(&w, "pid", getpid());
	jsonw_number(&w, "uptime", (r->now - r->started) / NS_PER_S);
	jsonw_bool(&w, "ready", r->is_ready);
	jsonw_bool(&w, "degraded", listening_is_degraded(r->listening));
	status_zone(r, &w);
	status_signed(r, &w);
	status_names(r, &w);
	status_kernel(r, &w);
	status_hostnames(r, &w);
	status_guests(r, &w);
	status_dns(r, &w);
	status_mdns(r, &w);
	status_public(r, &w);
	peers_report(r->peers, &w);
	updates_report(r->updates, &w);
	report_collector(r, &w);
	report_sandbox(r, &w);
	jsonw_close(&w, '}');
	report_end_line(out);
}

void report_answer(const struct report *r, const char *request, struct buf *out)
{
	if (strcmp(request, "names") == 0)
		report_names(r, out);
	else if (strcmp(request, "status") == 0)
		report_status(r, out);
	else if (strcmp(request, "delegation") == 0)
		report_delegation(r, out);
	else if (strcmp(request, "graph") == 0)
		report_graph(r, out);
	else if (strcmp(request, "resolver") == 0)
		served_report(r, out);
	else if (strncmp(request, "explain ", 8) == 0)
		report_explain(r, request + 8, out);
	else
		report_error(out,
			"unknown request: names, status, explain, graph, keys, resolver, watch, "
			"follow, reload and stop are known");
}
