/* SPDX-License-Identifier: ISC */
/*
 * Owns the conversion of the answer to "graph" to wires, which src/show draws.
 * Never draws itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/dot.h"
#include "show/outline.h"
#include "show/svg.h"
#include "show/wires.h"

struct maker {
	struct wires_link *links;
	size_t count;
	struct arena texts;
	int err;
};

static const char *keep_text(struct maker *m, struct buf *text)
{
	const char *kept = arena_copy(&m->texts, buf_text(text), text->len + 1);
	if (!kept || text->err)
		m->err = ERR_NOMEM;
	buf_fini(text);
	return kept ? kept : "";
}

/* Returns the name of the namespace for people. */
static const char *title_of(struct maker *m, const json_t *ns)
{
	struct buf text = {0};
	const json_t *names = json_object_get(ns, "hostnames");
	const char *hostname = json_string_value(json_array_get(names, 0));
	if (*answer_text(ns, "netns") || !hostname || answer_number(ns, "nsid") == WIRES_NSID_HOST)
		answer_workload(&text, ns);
	else
		buf_puts(&text, hostname);
	return keep_text(m, &text);
}

static bool is_before(const json_t *names, size_t end)
{
	const char *name = answer_text(json_array_get(names, end), "name");
	for (size_t i = 0; i < end; i++)
		if (answer_is(json_array_get(names, i), "name", name))
			return true;
	return false;
}

/* Reads all names, each once. The answer of an older daemon has only the alias. */
static void take_names(struct maker *m, struct wires_link *to, const json_t *link)
{
	const json_t *names = json_object_get(link, "names");
	struct buf text = {0};
	for (size_t i = 0; i < json_array_size(names); i++) {
		const json_t *name = json_array_get(names, i);
		bool is_of_ns = answer_is(name, "source", "hostname") ||
				answer_is(name, "source", "netns") ||
				answer_is(name, "source", "self");
		to->has_alias |= !is_of_ns;
		if (!is_before(names, i))
			buf_printf(
				&text, "%s%s", text.len > 0 ? ", " : "", answer_text(name, "name"));
	}
	if (!names) {
		buf_puts(&text, answer_text(link, "alias"));
		to->has_alias = text.len > 0;
	}
	to->names = keep_text(m, &text);
}

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		if (item && strcmp(item, text) == 0)
			return true;
	}
	return false;
}

/* Returns the address for people: whose it is, if it is that of a guest. */
static const char *addr_text(struct maker *m, const json_t *link, const json_t *addr)
{
	const char *text = json_string_value(addr);
	struct buf marked = {0};
	if (!text)
		return "";
	if (!has_text(json_object_get(link, "guest_addresses"), text))
		return text;
	buf_printf(&marked, "%s (guest)", text);
	return keep_text(m, &marked);
}

static void take_addrs(struct maker *m, struct wires_link *to, const json_t *link)
{
	const json_t *addrs = json_object_get(link, "addresses");
	size_t count = json_array_size(addrs);
	const char **kept = calloc(count + 1, sizeof(*kept));
	if (!kept) {
		m->err = ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++)
		kept[i] = addr_text(m, link, json_array_get(addrs, i));
	to->addrs = kept;
	to->addr_count = count;
}

static void take_link(struct maker *m, const json_t *ns, const char *title, const json_t *link)
{
	struct wires_link *to = &m->links[m->count++];
	*to = (struct wires_link){.nsid = (int32_t)answer_number(ns, "nsid"),
		.ifindex = (uint32_t)answer_number(link, "ifindex"),
		.segment = (uint64_t)answer_number(link, "segment"),
		.netns = title,
		.name = answer_text(link, "link"),
		.kind = answer_text(link, "kind"),
		.is_up = answer_is_true(link, "up"),
		.is_loopback = answer_is_true(link, "loopback"),
		.parent = (uint32_t)answer_number(link, "parent"),
		.parent_nsid = json_object_get(link, "parent_nsid")
				       ? (int32_t)answer_number(link, "parent_nsid")
				       : WIRES_NSID_UNKNOWN,
		.master = (uint32_t)answer_number(link, "master"),
		.vlan_id = (uint16_t)answer_number(link, "vlan")};
	take_names(m, to, link);
	take_addrs(m, to, link);
}

static size_t count_links(const json_t *lines)
{
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(lines); i++)
		count += json_array_size(json_object_get(json_array_get(lines, i), "links"));
	return count;
}

static int take_all(struct maker *m, const json_t *lines)
{
	m->links = calloc(count_links(lines) + 1, sizeof(*m->links));
	if (!m->links)
		return ERR_NOMEM;
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *ns = json_array_get(lines, i), *links = json_object_get(ns, "links");
		const char *title = title_of(m, ns);
		for (size_t j = 0; j < json_array_size(links); j++)
			take_link(m, ns, title, json_array_get(links, j));
	}
	return m->err;
}

static void draw(const struct look *look, const struct wires *wires, struct buf *out)
{
	if (look->format == CONF_GRAPH_SVG)
		svg_write(out, wires);
	else if (look->format == CONF_GRAPH_DOT)
		dot_write(out, wires);
	else
		outline_write(out, wires, look->width, look->has_colour);
}

void print_graph(const struct look *look, const json_t *lines, struct buf *out)
{
	struct maker m = {0};
	struct wires wires;
	int err = take_all(&m, lines);
	if (!err)
		err = wires_make(&wires, m.links, m.count);
	if (!err) {
		draw(look, &wires, out);
		wires_fini(&wires);
	} else {
		out->err = err;
	}
	for (size_t i = 0; i < m.count; i++)
		free((void *)m.links[i].addrs);
	free(m.links);
	arena_fini(&m.texts);
}
