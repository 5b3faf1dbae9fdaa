/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision which link is drawn on which wire, in which row, or not at all.
 * Never decides which links share a wire: the daemon's segments do.
 */
#include "show/wires.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/err.h"
#include "show/natural.h"

/* Where a link is drawn. The links of a wire are sorted in this order. */
enum place { PLACE_ROW, PLACE_PORT, PLACE_NOWHERE };

struct item {
	const struct wires_link *link;
	const struct item *carrier; /* the link that gives its wire the name; may be itself */
	bool is_lower;              /* other links of its wire are on top of it */
	bool is_idle;
	enum place place;
};

struct maker {
	struct item *items;           /* sorted by wire */
	const struct item **by_index; /* sorted by namespace and ifindex */
	size_t count;
};

static int index_cmp(const struct wires_link *a, int32_t nsid, uint32_t ifindex)
{
	if (a->nsid != nsid)
		return a->nsid < nsid ? -1 : 1;
	return a->ifindex < ifindex ? -1 : a->ifindex > ifindex;
}

static int compare_index(const void *a, const void *b)
{
	const struct wires_link *x = (*(const struct item *const *)a)->link;
	const struct wires_link *y = (*(const struct item *const *)b)->link;
	return index_cmp(x, y->nsid, y->ifindex);
}

static int compare_segment(const void *a, const void *b)
{
	const struct wires_link *x = ((const struct item *)a)->link;
	const struct wires_link *y = ((const struct item *)b)->link;
	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	return index_cmp(x, y->nsid, y->ifindex);
}

static struct item *find(const struct maker *m, int32_t nsid, uint32_t ifindex)
{
	size_t low = 0, high = m->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = index_cmp(m->by_index[middle]->link, nsid, ifindex);
		if (order == 0)
			return (struct item *)m->by_index[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool is_kind(const struct wires_link *link, const char *kind)
{
	return strcmp(link->kind, kind) == 0;
}

/* True if the link is in the daemon's own namespace. */
static bool is_here(const struct wires_link *link)
{
	return link->nsid == WIRES_NSID_HOST;
}

bool wires_is_linklocal(const char *text)
{
	struct addr addr;
	char word[ADDR_TEXT_CAP];
	const size_t len = strcspn(text, " ");
	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return addr_parse(word, &addr) == 0 && addr_scope(&addr) == ADDR_SCOPE_LOCAL;
}

/* A port's link-local addresses are of no use: the bridge takes its packets. */
static bool has_something(const struct wires_link *link)
{
	if (link->has_alias)
		return true;
	for (size_t i = 0; i < link->addr_count; i++)
		if (!link->master || !wires_is_linklocal(link->addrs[i]))
			return true;
	return false;
}

/* Returns how suitable a link is to give the wire its name. */
static unsigned rank_of(const struct item *item)
{
	if (is_kind(item->link, "bridge"))
		return 5;
	if (is_kind(item->link, "bond") || is_kind(item->link, "team"))
		return 4;
	if (item->is_lower)
		return 3;
	return item->link->kind[0] == '\0' && !item->link->master ? 2 : 1;
}

static bool is_better_carrier(const struct item *a, const struct item *b)
{
	if (rank_of(a) != rank_of(b))
		return rank_of(a) > rank_of(b);
	return is_here(a->link) && !is_here(b->link);
}

static enum place place_of(const struct item *item)
{
	const struct wires_link *link = item->link;
	if (has_something(link) || item->is_idle)
		return PLACE_ROW;
	if (link->master)
		return is_kind(link, "veth") ? PLACE_NOWHERE : PLACE_PORT;
	return item == item->carrier && rank_of(item) > 1 ? PLACE_NOWHERE : PLACE_ROW;
}

/* Places the links of one wire. */
static void place_wire(struct item *first, size_t count)
{
	struct item *carrier = first;
	for (size_t i = 1; i < count; i++)
		if (is_better_carrier(&first[i], carrier))
			carrier = &first[i];
	for (size_t i = 0; i < count; i++) {
		first[i].carrier = carrier;
		first[i].is_idle = count == 1 && !has_something(first[i].link);
		first[i].place = place_of(&first[i]);
	}
}

static size_t wire_length(const struct maker *m, size_t at)
{
	size_t end = at + 1;
	while (end < m->count && m->items[end].link->segment == m->items[at].link->segment)
		end++;
	return end - at;
}

static void place_all(struct maker *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct wires_link *link = m->items[i].link;
		struct item *lower = link->parent && !is_kind(link, "veth")
					     ? find(m, link->parent_nsid, link->parent)
					     : NULL;
		if (lower && lower->link->segment == link->segment)
			lower->is_lower = true;
	}
	for (size_t i = 0, length; i < m->count; i += length) {
		length = wire_length(m, i);
		place_wire(&m->items[i], length);
	}
}

/* From here on items move, so carriers are links instead. */
struct placed {
	const struct wires_link *link, *carrier; /* NULL: idle, on no wire */
	enum place place;
};

static const char *title_of(const struct wires_link *link)
{
	return *link->names ? link->names : link->netns;
}

/* The daemon's own namespace comes first; then sorted by name. */
static int compare_links(const struct wires_link *x, const struct wires_link *y)
{
	if (is_here(x) != is_here(y))
		return is_here(x) ? -1 : 1;
	int order = natural_cmp(x->name, y->name);
	return order ? order : index_cmp(x, y->nsid, y->ifindex);
}

static int compare_wires(const struct wires_link *x, const struct wires_link *y)
{
	if (x == y)
		return 0;
	if (!x || !y)
		return x ? -1 : 1;
	return compare_links(x, y);
}

static bool is_same_row(const struct placed *a, const struct placed *b)
{
	return a->place == PLACE_ROW && b->place == PLACE_ROW && a->carrier == b->carrier &&
	       a->link->nsid == b->link->nsid && strcmp(a->link->names, b->link->names) == 0;
}

/* Sorts by wire, place and row. */
static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = compare_wires(x->carrier, y->carrier);
	if (order || x->place != y->place)
		return order ? order : (int)x->place - (int)y->place;
	if (x->place == PLACE_ROW && !is_same_row(x, y)) {
		if (is_here(x->link) != is_here(y->link))
			return is_here(x->link) ? -1 : 1;
		order = natural_cmp(title_of(x->link), title_of(y->link));
		if (order)
			return order;
		if (x->link->nsid != y->link->nsid)
			return x->link->nsid < y->link->nsid ? -1 : 1;
		return strcmp(x->link->names, y->link->names);
	}
	return compare_links(x->link, y->link);
}

static void make_row(struct wires_row *row, const struct placed *p, size_t count,
	const struct wires_link *const *links)
{
	*row = (struct wires_row){.title = title_of(p->link),
		.netns = *p->link->names ? p->link->netns : "",
		.links = links,
		.link_count = count};
	for (size_t i = 0; i < count; i++)
		row->is_up |= p[i].link->is_up;
}

static const struct wires_link *trunk_of(const struct maker *m, const struct wires_link *carrier)
{
	const struct item *trunk = carrier && carrier->vlan_id && carrier->parent
					   ? find(m, carrier->parent_nsid, carrier->parent)
					   : NULL;
	return trunk ? trunk->link : NULL;
}

/* Adds the wire of placed[0], which has `count` links. */
static void add_wire(struct wires *w, const struct placed *placed, size_t count, size_t offset)
{
	struct wires_wire *wire = &w->list[w->count++];
	struct wires_row *row = w->rows;
	if (wire > w->list)
		row = wire[-1].rows + wire[-1].row_count;
	*wire = (struct wires_wire){.carrier = placed->carrier, .rows = row};
	for (size_t i = 0, length; i < count; i += length) {
		length = 1;
		if (placed[i].place == PLACE_PORT && wire->port_count++ == 0)
			wire->ports = &w->sorted[offset + i];
		if (placed[i].place != PLACE_ROW)
			continue;
		while (i + length < count && is_same_row(&placed[i], &placed[i + length]))
			length++;
		make_row(
			&wire->rows[wire->row_count++], &placed[i], length, &w->sorted[offset + i]);
	}
}

static void add_wires(struct wires *w, const struct placed *placed, size_t count)
{
	for (size_t i = 0, length; i < count; i += length) {
		length = 1;
		while (i + length < count && placed[i + length].carrier == placed[i].carrier)
			length++;
		add_wire(w, &placed[i], length, i);
	}
}

static int take_links(struct maker *m, const struct wires_link *links, size_t count)
{
	m->items = calloc(count + 1, sizeof(*m->items));
	m->by_index = calloc(count + 1, sizeof(const struct item *));
	if (!m->items || !m->by_index)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		if (!links[i].is_loopback)
			m->items[m->count++].link = &links[i];
	qsort(m->items, m->count, sizeof(*m->items), compare_segment);
	for (size_t i = 0; i < m->count; i++)
		m->by_index[i] = &m->items[i];
	qsort(m->by_index, m->count, sizeof(const struct item *), compare_index);
	return 0;
}

static int group(struct wires *w, const struct maker *m)
{
	struct placed *placed = calloc(m->count + 1, sizeof(*placed));
	w->list = calloc(m->count + 1, sizeof(*w->list));
	w->rows = calloc(m->count + 1, sizeof(*w->rows));
	w->sorted = calloc(m->count + 1, sizeof(const struct wires_link *));
	if (!placed || !w->list || !w->rows || !w->sorted) {
		free(placed);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->count; i++) {
		const struct item *item = &m->items[i];
		placed[i] = (struct placed){.link = item->link,
			.carrier = item->is_idle ? NULL : item->carrier->link,
			.place = item->place};
	}
	qsort(placed, m->count, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < m->count; i++)
		w->sorted[i] = placed[i].link;
	add_wires(w, placed, m->count);
	for (size_t i = 0; i < w->count; i++)
		w->list[i].trunk = trunk_of(m, w->list[i].carrier);
	free(placed);
	return 0;
}

int wires_make(struct wires *ret, const struct wires_link *links, size_t count)
{
	struct maker m = {0};
	struct wires w = {0};
	int err = take_links(&m, links, count);
	if (!err) {
		place_all(&m);
		err = group(&w, &m);
	}
	free(m.items);
	free(m.by_index);
	if (err)
		wires_fini(&w);
	else
		*ret = w;
	return err;
}

void wires_fini(struct wires *w)
{
	free(w->list);
	free(w->sorted);
	free(w->rows);
	*w = (struct wires){0};
}

const char *wires_title(const struct wires_wire *wire)
{
	return wire->carrier ? wire->carrier->name : "On no wire";
}

void wires_describe(struct buf *out, const struct wires_wire *wire)
{
	const struct wires_link *carrier = wire->carrier;
	if (!carrier)
		return;
	if (carrier->vlan_id)
		buf_printf(out, "VLAN %u%s%s in ", carrier->vlan_id, wire->trunk ? " on " : "",
			wire->trunk ? wire->trunk->name : "");
	else
		buf_printf(out, "%s in ", *carrier->kind ? carrier->kind : "link");
	buf_puts(out, carrier->netns);
	for (size_t i = 0; i < wire->port_count; i++)
		buf_printf(out, "%s%s", i == 0 ? ", with " : ", ", wire->ports[i]->name);
	if (!carrier->is_up)
		buf_puts(out, ", down");
}
