/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to "graph": a line for each namespace, with its links and all their names.
 * Never decides how it is drawn.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "ontap-zone/collecting_text.h"
#include "ontap-zone/report_part.h"
#include "zone/node.h"

/* A name that only a zone file has, for one address. */
struct file_name {
	struct addr addr;
	struct name owner;
};

struct graph {
	const struct report *report;
	struct jsonw w;
	struct file_name *files; /* sorted by address */
	size_t file_count, file_cap;
	unsigned collected; /* names of other hosts so far */
	int err;
};

/* Names from zone files. */

/* True if the name is N.DOMAIN, N.wan.DOMAIN or N.lan.DOMAIN of a workload: then its link has
 * it. */
static bool is_of_workload(const struct graph *g, const uint8_t *owner)
{
	const uint8_t *domain = pipeline_domain(g->report->pipeline);
	char label[LABEL_CAP + 1];
	if (owner[0] == 0)
		return false;
	memcpy(label, owner + 1, owner[0]);
	label[owner[0]] = '\0';
	const uint8_t *above = name_parent(owner);
	bool is_branch = above[0] == 3 &&
			 (memcmp(above + 1, "wan", 3) == 0 || memcmp(above + 1, "lan", 3) == 0);
	return (name_equal(above, domain) ||
		       (is_branch && name_equal(name_parent(above), domain))) &&
	       names_has(pipeline_names(g->report->pipeline), label);
}

static void note_holder(void *arg, const struct model_addr *holder UNUSED)
{
	*(bool *)arg = true;
}

/* There may be very many names, and few with an address that a link has. */
static void keep_file_name(struct graph *g, const uint8_t *owner, const struct addr *addr)
{
	bool is_held = false;
	model_each_holder(pipeline_model(g->report->pipeline), addr, note_holder, &is_held);
	if (!is_held || g->err || is_of_workload(g, owner))
		return;
	g->err = ARRAY_RESERVE(g->files, g->file_cap, g->file_count + 1);
	if (g->err)
		return;
	struct file_name *file = &g->files[g->file_count++];
	file->addr = *addr;
	name_copy(&file->owner, owner);
}

static void keep_file_node(void *arg, const struct node *n)
{
	for (const struct node_set *set = n->sets; set < n->sets + n->set_count; set++) {
		if (set->type != RR_A && set->type != RR_AAAA)
			continue;
		const uint8_t *at = node_rdata(n, set);
		for (unsigned i = 0; i < set->count; i++) {
			const struct rdata rdata = node_next_rdata(set, &at);
			const struct addr addr =
				addr_make(set->type == RR_A ? ADDR_V4 : ADDR_V6, rdata.bytes);
			keep_file_name(arg, node_spelling(n), &addr);
		}
	}
}

static int compare_files(const void *a, const void *b)
{
	const struct file_name *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);
	return order ? order : name_cmp(x->owner.wire, y->owner.wire);
}

static int keep_file_names(struct graph *g)
{
	zone_each_node(pipeline_zone(g->report->pipeline), keep_file_node, g);
	if (g->err)
		return ERR_NOMEM;
	if (g->file_count > 0)
		qsort(g->files, g->file_count, sizeof(*g->files), compare_files);
	return 0;
}

/* Returns the index of the first one that is not before that address. */
static size_t first_file_name(const struct graph *g, const struct addr *addr)
{
	size_t low = 0, high = g->file_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&g->files[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Writes the name without the domain, if it is directly below it. */
static const char *file_name_text(const struct graph *g, const uint8_t *owner, char *text)
{
	name_to_text(owner, text);
	if (owner[0] > 0 && name_equal(name_parent(owner), pipeline_domain(g->report->pipeline)))
		text[strcspn(text, ".")] = '\0';
	return text;
}

static void write_name(struct jsonw *w, const char *name, const char *source)
{
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "name", name);
	jsonw_text(w, "source", source);
	jsonw_close(w, '}');
}

static void write_file_names(struct graph *g, const struct addr *addr)
{
	char text[NAME_TEXT_CAP];
	for (size_t i = first_file_name(g, addr);
		i < g->file_count && addr_equal(&g->files[i].addr, addr); i++)
		write_name(&g->w, file_name_text(g, g->files[i].owner.wire, text), "zone-file");
}

/* Links. */

static void write_label(void *arg, const char *label, enum name_source source, bool is_self)
{
	write_name(arg, label, is_self ? "self" : name_source_text(source));
}

static void write_names(struct graph *g, const struct model_link *link)
{
	jsonw_open(&g->w, "names", '[');
	names_each_label(pipeline_names(g->report->pipeline), link, write_label, &g->w);
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		if (addr->is_present)
			write_file_names(g, &addr->info.addr);
	jsonw_close(&g->w, ']');
}

/* Those of its guest have a list of their own, too, for the kernel does not know them. */
static void write_addrs(struct jsonw *w, const struct model_link *link)
{
	bool has_guest = false;
	jsonw_open(w, "addresses", '[');
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
		has_guest |= addr->is_present && addr->info.is_guest;
		if (addr->is_present)
			report_addr(w, NULL, &addr->info.addr);
	}
	jsonw_close(w, ']');
	if (!has_guest)
		return;
	jsonw_open(w, "guest_addresses", '[');
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		if (addr->is_present && addr->info.is_guest)
			report_addr(w, NULL, &addr->info.addr);
	jsonw_close(w, ']');
}

/* Writes the lower device of the link, and the bridge that it is a port of. */
static void write_relations(struct jsonw *w, const struct event_link *info)
{
	if (info->parent) {
		jsonw_number(w, "parent", info->parent);
		jsonw_number(w, "parent_nsid", info->parent_nsid);
	}
	if (info->master)
		jsonw_number(w, "master", info->master);
	if (info->vlan_id)
		jsonw_number(w, "vlan", info->vlan_id);
}

static void write_link(struct graph *g, const struct model_link *link)
{
	struct jsonw *w = &g->w;
	const struct event_link *info = &link->info;
	const struct names *names = pipeline_names(g->report->pipeline);
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "ifindex", info->ifindex);
	jsonw_text(w, "link", info->name);
	jsonw_text(w, "kind", info->kind);
	jsonw_text(w, "alias", info->alias);
	jsonw_bool(w, "up", model_link_is_up(info));
	jsonw_bool(w, "loopback", (info->flags & IFF_LOOPBACK) != 0);
	jsonw_number(w, "segment", (int64_t)names_segment(names, link));
	write_relations(w, info);
	write_names(g, link);
	write_addrs(w, link);
	jsonw_close(w, '}');
}

static void write_ns(void *arg, const struct model_ns *ns)
{
	struct graph *g = arg;
	jsonw_open(&g->w, NULL, '{');
	jsonw_number(&g->w, "nsid", ns->nsid);
	jsonw_text(&g->w, "netns", ns->info.name);
	jsonw_bool(
		&g->w, "rootless", ns->info.owner == OWNER_USER || ns->info.owner == OWNER_SYSTEM);
	jsonw_text(&g->w, "owner", event_owner_text(ns->info.owner));
	jsonw_open(&g->w, "hostnames", '[');
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns)
		jsonw_text(&g->w, NULL, model_hostname->info.name);
	jsonw_close(&g->w, ']');
	jsonw_open(&g->w, "links", '[');
	LIST_EACH(link, &ns->links, const struct model_link, in_ns)
		if (link->is_present)
			write_link(g, link);
	jsonw_close(&g->w, ']');
	jsonw_close(&g->w, '}');
	report_end_line(g->w.out);
	g->w.needs_comma = false;
}

/* Names of other hosts: each is a namespace of its own, which nobody else has, on the wire where it was said. */
enum { NSID_COLLECTED = -1000 };

static void write_collected(void *arg, const struct collect_name *n)
{
	struct graph *g = arg;
	struct jsonw *w = &g->w;
	const struct pipeline *p = g->report->pipeline;
	const struct model_link *link =
		n->link ? model_link(pipeline_model(p), NSID_OWN, n->link) : NULL;
	char signer[NAME_TEXT_CAP];
	if (!link)
		return;
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "nsid", NSID_COLLECTED - (int64_t)g->collected++);
	jsonw_text(w, "netns", name_to_text(n->signer, signer));
	jsonw_text(w, "owner", "collected");
	jsonw_open(w, "links", '[');
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "ifindex", 1);
	jsonw_text(w, "link", "mdns");
	jsonw_text(w, "kind", collecting_state_text(n->state));
	jsonw_bool(w, "up", n->state == COLLECT_HERE);
	jsonw_number(w, "segment", (int64_t)names_segment(pipeline_names(p), link));
	jsonw_open(w, "names", '[');
	write_name(w, n->label, "collected");
	jsonw_close(w, ']');
	jsonw_open(w, "addresses", '[');
	for (size_t i = 0; i < n->addr_count; i++)
		report_addr(w, NULL, &n->addrs[i]);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	report_end_line(w->out);
	w->needs_comma = false;
}

void report_graph(const struct report *r, struct buf *out)
{
	struct graph g = {.report = r, .w = {.out = out}};
	if (keep_file_names(&g) || model_each_ns(pipeline_model(r->pipeline), write_ns, &g))
		out->err = ERR_NOMEM;
	if (r->collect)
		collect_each_name(r->collect, write_collected, &g);
	free(g.files);
}
