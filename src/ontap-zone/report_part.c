/* SPDX-License-Identifier: ISC */
/*
 * Owns the parts that several answers on the control socket share.
 * Never knows which answer they belong to.
 */
#include "ontap-zone/report_part.h"

#include <string.h>

const char *report_view_text(unsigned view)
{
	return view == VIEW_LAN ? "lan" : view == VIEW_WAN ? "wan" : "any";
}

void report_name(struct jsonw *w, const char *key, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	jsonw_text(w, key, name_to_text(name, text));
}

void report_addr(struct jsonw *w, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT_CAP];
	jsonw_text(w, key, addr_format(addr, text));
}

void report_end_line(struct buf *out)
{
	buf_puts(out, "\n");
}

void report_error(struct buf *out, const char *text)
{
	struct jsonw w = {.out = out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "error", text);
	jsonw_close(&w, '}');
	report_end_line(out);
}

void report_link(struct jsonw *w, const struct model_link *link)
{
	const struct model_hostname *hostname =
		LIST_FIRST(&link->ns->hostnames, const struct model_hostname, in_ns);
	jsonw_number(w, "nsid", link->ns->nsid);
	jsonw_text(w, "netns", link->ns->info.name);
	if (hostname && link->ns->nsid != NSID_OWN)
		jsonw_text(w, "hostname", hostname->info.name);
	jsonw_text(w, "link", link->info.name);
}

void report_addr_members(struct jsonw *w, const struct names_addr *na)
{
	const struct model_link *link = na->addr->link;
	report_addr(w, "address", &na->addr->info.addr);
	jsonw_text(w, "scope", addr_scope_text(na->scope));
	jsonw_bool(w, "served", na->verdict == ADDR_SERVED);
	jsonw_text(w, "reason", addr_verdict_text(na->verdict));
	jsonw_text(w, "verdict", addr_verdict_word(na->verdict));
	jsonw_text(w, "source", na->is_self ? "self" : name_source_text(na->source));
	jsonw_text(w, "origin", na->addr->info.is_guest ? "guest" : "kernel");
	report_link(w, link);
	jsonw_number(w, "ifindex", link->info.ifindex);
}

/* mDNS */

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

void report_ifname(const struct report *r, struct jsonw *w, uint32_t ifindex)
{
	const struct model_link *link = model_link(pipeline_model(r->pipeline), NSID_OWN, ifindex);
	jsonw_text(w, "link", link ? link->info.name : "");
}

void report_mdns_status(void *arg, const struct mdns_status *status)
{
	struct report_mdns *list = arg;
	struct jsonw *w = list->w;
	jsonw_open(w, NULL, '{');
	report_name(w, "name", status->name.wire);
	if (!name_equal(status->name.wire, status->current.wire))
		report_name(w, "renamed", status->current.wire);
	report_ifname(list->report, w, status->link);
	jsonw_text(w, "state", mdns_state_text(status->state));
	jsonw_number(w, "seconds", (list->report->now - status->since) / NS_PER_S);
	if (status->against.family != ADDR_NONE)
		report_addr(w, "against", &status->against);
	jsonw_close(w, '}');
}

void report_local(struct jsonw *w, const struct report *r, const uint8_t *owner)
{
	struct report_mdns list = {.report = r, .w = w};
	jsonw_open(w, "local", '[');
	mdns_each_status_of(r->mdns, owner, report_mdns_status, &list);
	jsonw_close(w, ']');
}
