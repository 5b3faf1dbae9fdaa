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
#include "export/jsonw.h"
#include "export/text.h"
#include "ontap-zone/served.h"
#include "pipeline/explain.h"
#include "wire/msg.h"

static const char *view_text(unsigned view)
{
	return view == VIEW_LAN ? "lan" : view == VIEW_WAN ? "wan" : "any";
}

static void write_name(struct jsonw *w, const char *key, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	jsonw_text(w, key, name_to_text(name, text));
}

static void write_addr(struct jsonw *w, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT_CAP];
	jsonw_text(w, key, addr_format(addr, text));
}

static void end_line(struct buf *out)
{
	buf_puts(out, "\n");
}

/* names */

static void write_link(struct jsonw *w, const struct model_link *link)
{
	jsonw_number(w, "nsid", link->ns->nsid);
	jsonw_text(w, "netns", link->ns->info.name);
	jsonw_text(w, "link", link->info.name);
}

static void write_names_addr(void *arg, const struct names_addr *na)
{
	struct jsonw *w = arg;
	const struct model_link *link = na->addr->link;
	jsonw_open(w, NULL, '{');
	write_addr(w, "address", &na->addr->info.addr);
	jsonw_text(w, "scope", addr_scope_text(na->scope));
	jsonw_bool(w, "served", na->verdict == ADDR_SERVED);
	jsonw_text(w, "reason", addr_verdict_text(na->verdict));
	jsonw_text(w, "source", na->is_self ? "self" : name_source_text(na->source));
	write_link(w, link);
	jsonw_number(w, "ifindex", link->info.ifindex);
	jsonw_close(w, '}');
}

struct names_line {
	const struct report *report;
	struct buf *out;
};

static void write_host(void *arg, const struct names_host *host)
{
	struct names_line *line = arg;
	struct jsonw w = {.out = line->out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "name", host->label);
	jsonw_number(&w, "workloads", (int64_t)host->workload_count);
	jsonw_open(&w, "addresses", '[');
	(void)!names_explain(
		pipeline_names(line->report->pipeline), host->label, write_names_addr, &w);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	end_line(line->out);
}

static void write_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct names_line *line = arg;
	struct jsonw w = {.out = line->out};
	jsonw_open(&w, NULL, '{');
	jsonw_bytes(&w, "rejected", word, len);
	jsonw_text(&w, "reason", label_verdict_text(verdict));
	write_link(&w, link);
	jsonw_close(&w, '}');
	end_line(line->out);
}

static void report_names(const struct report *r, struct buf *out)
{
	struct names_line line = {.report = r, .out = out};
	if (names_each_host(pipeline_names(r->pipeline), write_host, &line))
		out->err = ERR_NOMEM;
	names_each_reject(pipeline_names(r->pipeline), write_reject, &line);
}

/* status */

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
	jsonw_number(w, "reverse_zones", (int64_t)n.reverse_zones);
	jsonw_number(w, "lost", (int64_t)n.lost);
	jsonw_close(w, '}');
}

static void status_zone(const struct report *r, struct jsonw *w)
{
	struct zone_stats z = zone_stats(pipeline_zone(r->pipeline));
	const uint8_t *domain = pipeline_domain(r->pipeline);
	jsonw_open(w, "zone", '{');
	write_name(w, "domain", domain);
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
	for (int i = 0; i < SERVE_COUNT; i++)
		jsonw_number(w, serve_count_text((enum serve_count)i), (int64_t)d.counts[i]);
	jsonw_number(w, "send_failed", (int64_t)d.send_failed);
	jsonw_number(w, "tcp_accepted", (int64_t)d.tcp_accepted);
	jsonw_number(w, "tcp_open", (int64_t)d.tcp_open);
	jsonw_number(w, "tcp_limited", (int64_t)d.tcp_limited);
	jsonw_close(w, '}');
}

static const char *mdns_state_text(enum mdns_state state)
{
	switch (state) {
	case MDNS_PROBING: return "probing";
	case MDNS_ANNOUNCING: return "announcing";
	case MDNS_ESTABLISHED: return "established";
	case MDNS_CONFLICT: return "conflict";
	case MDNS_YIELDED: return "yielded";
	case MDNS_SILENT: return "silent";
	case MDNS_DEFERRED: return "deferred";
	case MDNS_STATE_COUNT: break;
	}
	return "";
}

/* A list of mDNS names, while it is built. */
struct mdns_list {
	const struct report *report;
	struct jsonw *w;
};

static void write_ifname(const struct report *r, struct jsonw *w, uint32_t ifindex)
{
	const struct model_link *link = model_link(pipeline_model(r->pipeline), NSID_OWN, ifindex);
	jsonw_text(w, "link", link ? link->info.name : "");
}

static void write_mdns_name(void *arg, const struct mdns_status *status)
{
	struct mdns_list *list = arg;
	struct jsonw *w = list->w;
	jsonw_open(w, NULL, '{');
	write_name(w, "name", status->name.wire);
	if (!name_equal(status->name.wire, status->current.wire))
		write_name(w, "renamed", status->current.wire);
	write_ifname(list->report, w, status->link);
	jsonw_text(w, "state", mdns_state_text(status->state));
	jsonw_number(w, "seconds", (list->report->now - status->since) / NS_PER_S);
	if (status->against.family != ADDR_NONE)
		write_addr(w, "against", &status->against);
	jsonw_close(w, '}');
}

static void write_neighbour(void *arg, const struct mdns_neighbour *neighbour)
{
	struct mdns_list *list = arg;
	struct jsonw *w = list->w;
	jsonw_open(w, NULL, '{');
	write_ifname(list->report, w, neighbour->link);
	jsonw_text(w, "program", "");
	jsonw_number(w, "seconds", (list->report->now - neighbour->since) / NS_PER_S);
	if (neighbour->peer.family != ADDR_NONE)
		write_addr(w, "peer", &neighbour->peer);
	jsonw_close(w, '}');
}

static void status_mdns(const struct report *r, struct jsonw *w)
{
	struct mdns_stats m = mdns_stats(r->mdns);
	struct mdns_list list = {.report = r, .w = w};
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
	mdns_each_status(r->mdns, write_mdns_name, &list);
	jsonw_close(w, ']');
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
	status_zone(r, &w);
	status_names(r, &w);
	status_kernel(r, &w);
	status_hostnames(r, &w);
	status_dns(r, &w);
	status_mdns(r, &w);
	peers_report(r->peers, &w);
	jsonw_close(&w, '}');
	end_line(out);
}

/* graph */

struct graph {
	const struct report *report;
	struct jsonw w;
};

/* A link's alias has words for labels. `names` tells which of them are names. */
static void write_graph_link(struct graph *g, const struct model_link *link)
{
	struct jsonw *w = &g->w;
	const struct event_link *info = &link->info;
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "ifindex", info->ifindex);
	jsonw_text(w, "link", info->name);
	jsonw_text(w, "kind", info->kind);
	jsonw_text(w, "alias", info->alias);
	jsonw_bool(w, "up", model_link_is_up(info));
	jsonw_number(
		w, "segment", (int64_t)names_segment(pipeline_names(g->report->pipeline), link));
	if (info->parent) {
		jsonw_number(w, "parent", info->parent);
		jsonw_number(w, "parent_nsid", info->parent_nsid);
	}
	if (info->master)
		jsonw_number(w, "master", info->master);
	jsonw_open(w, "addresses", '[');
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
		if (addr->is_present)
			write_addr(w, NULL, &addr->info.addr);
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void write_graph_ns(void *arg, const struct model_ns *ns)
{
	struct graph *g = arg;
	jsonw_open(&g->w, NULL, '{');
	jsonw_number(&g->w, "nsid", ns->nsid);
	jsonw_text(&g->w, "netns", ns->info.name);
	jsonw_bool(&g->w, "rootless", ns->info.is_rootless);
	jsonw_open(&g->w, "hostnames", '[');
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns)
		jsonw_text(&g->w, NULL, model_hostname->info.name);
	jsonw_close(&g->w, ']');
	jsonw_open(&g->w, "links", '[');
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		if (link->is_present)
			write_graph_link(g, link);
	}
	jsonw_close(&g->w, ']');
	jsonw_close(&g->w, '}');
	end_line(g->w.out);
	g->w.needs_comma = false;
}

static void report_graph(const struct report *r, struct buf *out)
{
	struct graph g = {.report = r, .w = {.out = out}};
	if (model_each_ns(pipeline_model(r->pipeline), write_graph_ns, &g))
		out->err = ERR_NOMEM;
}

/* explain */

static void write_answer(void *arg, const struct zone_change *record)
{
	struct jsonw *w = arg;
	struct buf text = {0};
	char type[RR_TYPE_TEXT_CAP];
	export_rdata_text(&text, record->type, record->rdata.bytes, record->rdata.len);
	jsonw_open(w, NULL, '{');
	write_name(w, "name", record->owner);
	jsonw_text(w, "type", rr_type_text(record->type, type));
	jsonw_number(w, "ttl", record->ttl);
	jsonw_text(w, "data", buf_text(&text));
	jsonw_close(w, '}');
	buf_fini(&text);
}

static void write_hidden_alias(const struct report *r, const struct explained *e, struct jsonw *w)
{
	struct rdata alias;
	if (!explain_hidden_alias(r->pipeline, e, &alias))
		return;
	jsonw_open(w, "hidden", '{');
	jsonw_text(w, "type", "CNAME");
	write_name(w, "data", alias.bytes);
	jsonw_text(w, "reason", "an alias gives way to others of its name");
	jsonw_close(w, '}');
}

/* A name that a workload has given itself, but that is not a valid label. */
static void write_rejected(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct jsonw *w = arg;
	jsonw_open(w, NULL, '{');
	jsonw_bytes(w, "name", word, len);
	write_link(w, link);
	jsonw_text(w, "reason", label_verdict_text(verdict));
	jsonw_close(w, '}');
}

static void write_explained(const struct report *r, struct explained *e, struct jsonw *w)
{
	jsonw_open(w, NULL, '{');
	write_name(w, "name", e->name.wire);
	write_addr(w, "client", &e->client);
	jsonw_text(w, "view", view_text(e->rule->view));
	jsonw_open(w, "rule", '{');
	char prefix[ADDR_TEXT_CAP];
	jsonw_text(w, "prefix",
		e->rule->reason == VIEW_BY_DEFAULT ? "" : prefix_format(&e->rule->prefix, prefix));
	jsonw_text(w, "reason", view_reason_text((enum view_reason)e->rule->reason));
	jsonw_text(w, "detail", e->rule->detail);
	jsonw_close(w, '}');
	jsonw_text(w, "rcode", e->rcode);
	jsonw_open(w, "answers", '[');
	explain_each_answer(r->pipeline, e, write_answer, w);
	jsonw_close(w, ']');
	write_hidden_alias(r, e, w);
	jsonw_open(w, "addresses", '[');
	explain_each_addr(r->pipeline, e, write_names_addr, w);
	jsonw_close(w, ']');
	jsonw_open(w, "rejected", '[');
	explain_each_reject(r->pipeline, e, write_rejected, w);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void report_error(struct buf *out, const char *text)
{
	struct jsonw w = {.out = out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "error", text);
	jsonw_close(&w, '}');
	end_line(out);
}

static void report_explain(const struct report *r, const char *words, struct buf *out)
{
	struct explained *e = calloc(1, sizeof(*e));
	struct jsonw w = {.out = out};
	if (!e) {
		out->err = ERR_NOMEM;
		return;
	}
	const char *wrong = explain_start(r->pipeline, words, e);
	if (wrong) {
		report_error(out, wrong);
	} else {
		write_explained(r, e, &w);
		end_line(out);
	}
	free(e);
}

/* watch */

void report_change(const struct zone_change *change, struct buf *out)
{
	struct jsonw w = {.out = out};
	struct buf text = {0};
	char type[RR_TYPE_TEXT_CAP];
	export_rdata_text(&text, change->type, change->rdata.bytes, change->rdata.len);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "event", change->is_added ? "added" : "removed");
	write_name(&w, "name", change->owner);
	jsonw_text(&w, "type", rr_type_text(change->type, type));
	jsonw_number(&w, "ttl", change->ttl);
	jsonw_text(&w, "view", view_text(change->view));
	jsonw_text(&w, "data", buf_text(&text));
	jsonw_close(&w, '}');
	end_line(out);
	buf_fini(&text);
}

static const char *notice_text(enum mdns_notice_type type)
{
	switch (type) {
	case MDNS_NOTICE_ESTABLISHED: return "mdns-established";
	case MDNS_NOTICE_RENAMED: return "mdns-renamed";
	case MDNS_NOTICE_CONFLICT: return "mdns-conflict";
	case MDNS_NOTICE_YIELDED: return "mdns-yielded";
	case MDNS_NOTICE_NEIGHBOUR: return "mdns-neighbour";
	case MDNS_NOTICE_NEIGHBOUR_GONE: return "mdns-neighbour-gone";
	case MDNS_NOTICE_COUNT: break;
	}
	return "";
}

void report_notice(const struct mdns_notice *notice, struct buf *out)
{
	struct jsonw w = {.out = out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "event", notice_text(notice->type));
	if (notice->name.len > 0)
		write_name(&w, "name", notice->name.wire);
	if (notice->type == MDNS_NOTICE_RENAMED)
		write_name(&w, "current", notice->current.wire);
	jsonw_number(&w, "ifindex", notice->link);
	if (notice->peer.family != ADDR_NONE)
		write_addr(&w, "peer", &notice->peer);
	jsonw_close(&w, '}');
	end_line(out);
}

bool report_answer(const struct report *r, const char *request, struct buf *out)
{
	if (strcmp(request, "watch") == 0)
		return true;
	if (strcmp(request, "names") == 0)
		report_names(r, out);
	else if (strcmp(request, "status") == 0)
		report_status(r, out);
	else if (strcmp(request, "graph") == 0)
		report_graph(r, out);
	else if (strcmp(request, "resolver") == 0)
		served_report(r, out);
	else if (strncmp(request, "explain ", 8) == 0)
		report_explain(r, request + 8, out);
	else
		report_error(
			out, "unknown request: names, status, explain, graph and watch are known");
	return false;
}
