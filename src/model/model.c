/* SPDX-License-Identifier: ISC */
/*
 * Owns the meaning of events: objects appear, change and disappear; a dump removes unmarked ones.
 * Never decides what an address is used for, never asks the kernel.
 */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "model/lacking.h"
#include "model/table.h"

/* The news about an object since EV_SYNC_BEGIN of its namespace. From MARK_FRESH on, a
 * dump does not change the object; from MARK_REMOVED on, it does not change the addresses of
 * the link either. */
enum mark {
	MARK_OLD,     /* nothing yet: removed at the end of the dump */
	MARK_SEEN,    /* listed by the dump */
	MARK_FRESH,   /* in news */
	MARK_REMOVED, /* removed by news: a tombstone */
	MARK_REMADE   /* removed by news, and in news again since */
};

/* Events are compared with stored ones byte by byte: they must have no padding. */
_Static_assert(sizeof(struct event_link) == 40 + HWADDR_CAP + IF_NAMESIZE + KIND_CAP + ALIAS_CAP,
	"padding in struct event_link");
_Static_assert(sizeof(struct event_addr) == 8 + 2 * sizeof(struct addr) + 2 + 4 + IF_NAMESIZE + 4,
	"padding in struct event_addr");
_Static_assert(sizeof(struct event_hostname) == 8 + 3 + HOSTNAME_CAP + 4,
	"padding in struct event_hostname");

/* --- listeners ---------------------------------------------------------------------------- */

static void tell_ns(const struct model *m, enum model_change change, const struct model_ns *ns)
{
	if (m->listener.on_ns)
		m->listener.on_ns(m->listener.arg, change, ns);
}

static void tell_link(const struct model *m, enum model_change change,
	const struct model_link *link, const struct event_link *before)
{
	if (m->listener.on_link)
		m->listener.on_link(m->listener.arg, change, link, before);
}

static void tell_addr(const struct model *m, enum model_change change, const struct model_addr *a,
	const struct event_addr *before)
{
	if (m->listener.on_addr)
		m->listener.on_addr(m->listener.arg, change, a, before);
}

static void tell_hostnames(const struct model *m, const struct model_ns *ns)
{
	if (m->listener.on_hostnames)
		m->listener.on_hostnames(m->listener.arg, ns);
}

/* Frees a placeholder that is not needed any more. */
static void link_free_if_empty(struct model *m, struct model_link *link)
{
	if (!link->is_present && link->mark < MARK_REMOVED && list_is_empty(&link->addrs))
		table_free_link(m, link);
}

/* --- appearance and removal --------------------------------------------------------------- */

/* Returns the mark of an object after news or a dump has listed it. */
static enum mark mark_named(enum mark mark, bool is_dump)
{
	if (is_dump)
		return MARK_SEEN;
	return mark >= MARK_REMOVED ? MARK_REMADE : MARK_FRESH;
}

static void addr_appear(struct model *m, struct model_addr *a)
{
	m->addrs_present++;
	a->link->guest_addr_count += a->info.is_guest;
	tell_addr(m, MODEL_ADDR_NEW, a, NULL);
}

/* The address has disappeared. Its owner frees it, or keeps it as a tombstone. */
static void addr_vanish(struct model *m, struct model_addr *a)
{
	if (!a->is_present)
		return;
	a->is_present = false;
	if (!a->link->is_present)
		return; /* the listener never heard of it */
	m->addrs_present--;
	a->link->guest_addr_count -= a->info.is_guest;
	tell_addr(m, MODEL_ADDR_GONE, a, NULL);
}

static void link_appear(struct model *m, struct model_link *link)
{
	link->is_present = true;
	m->links_present++;
	tell_link(m, MODEL_LINK_NEW, link, NULL);
	LIST_EACH(a, &link->addrs, struct model_addr, in_link) {
		if (a->is_present)
			addr_appear(m, a);
	}
}

/* The link has disappeared with all its addresses. Its owner frees it, or keeps it as a tombstone,
 * which stands for its addresses too. */
static void link_vanish(struct model *m, struct model_link *link)
{
	LIST_EACH(a, &link->addrs, struct model_addr, in_link) {
		addr_vanish(m, a);
		table_free_addr(m, a);
	}
	if (!link->is_present)
		return;
	link->is_present = false;
	m->links_present--;
	tell_link(m, MODEL_LINK_GONE, link, NULL);
	free(link->guest);
	link->guest = NULL;
}

static void hostnames_free(struct model_ns *ns)
{
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns) {
		list_remove(&model_hostname->in_ns);
		free(model_hostname);
	}
	ns->hostname_count = 0;
}

static void ns_vanish(struct model *m, struct model_ns *ns)
{
	LIST_EACH(link, &ns->links, struct model_link, in_ns) {
		link_vanish(m, link);
		table_free_link(m, link);
	}
	lacking_forget(m, ns);
	table_remove_ns(m, ns);
	tell_ns(m, MODEL_NS_GONE, ns);
	hostnames_free(ns);
	free(ns);
}

/* --- events ------------------------------------------------------------------------------- */

static bool ns_is_equal(const struct event_ns *a, const struct event_ns *b)
{
	return memcmp(a->name, b->name, sizeof(a->name)) == 0 && a->cookie == b->cookie &&
	       a->owner == b->owner && a->uid == b->uid;
}

static int apply_ns(struct model *m, const struct event *ev)
{
	struct model_ns *ns = table_find_ns(m, ev->nsid);
	if (!ns)
		return table_make_ns(m, ev->nsid, &ev->ns, &ns);
	if (ns_is_equal(&ns->info, &ev->ns))
		return 0;
	int err = table_set_ns(m, ns, &ev->ns);
	if (!err)
		tell_ns(m, MODEL_NS_CHANGED, ns);
	return err;
}

static int apply_link(struct model *m, const struct event *ev)
{
	struct model_link *link = table_find_link(m, ev->nsid, ev->link.ifindex);
	if (ev->is_dump && link && link->mark >= MARK_FRESH)
		return 0;
	int err = link ? 0 : table_make_link(m, ev->nsid, ev->link.ifindex, &link);
	if (err)
		return err;

	link->mark = mark_named(link->mark, ev->is_dump);
	struct event_link before = link->info;
	link->info = ev->link;
	if (!link->is_present)
		link_appear(m, link);
	else if (memcmp(&before, &link->info, sizeof(before)) != 0)
		tell_link(m, MODEL_LINK_CHANGED, link, &before);
	return 0;
}

static int apply_link_gone(struct model *m, const struct event *ev)
{
	const struct model_ns *ns = table_find_ns(m, ev->nsid);
	if (!ns)
		return 0;
	struct model_link *link = table_find_link(m, ev->nsid, ev->link.ifindex);
	if (link)
		link_vanish(m, link);
	if (!ns->is_syncing) {
		if (link)
			table_free_link(m, link);
		return 0;
	}
	int err = link ? 0 : table_make_link(m, ev->nsid, ev->link.ifindex, &link);
	if (!err)
		link->mark = MARK_REMOVED;
	return err;
}

/* True if a dump may add or change that address: not if news has mentioned it, or the
 * removal of its link. */
static bool may_dump_name(const struct model *m, const struct event *ev, const struct model_addr *a)
{
	if (a)
		return a->mark < MARK_FRESH && a->link->mark < MARK_REMOVED;
	const struct model_link *link = table_find_link(m, ev->nsid, ev->addr.ifindex);
	return !link || link->mark < MARK_REMOVED;
}

static int apply_addr(struct model *m, const struct event *ev)
{
	struct model_addr *a = table_find_addr(m, ev->nsid, &ev->addr);
	if (ev->addr.is_guest && !model_link(m, ev->nsid, ev->addr.ifindex))
		return ERR_ABSENT;
	if (ev->is_dump && !may_dump_name(m, ev, a))
		return 0;
	int err = a ? 0 : table_make_addr(m, ev->nsid, &ev->addr, &a);
	if (err)
		return err;

	bool was_present = a->is_present;
	struct event_addr before = a->info;
	a->mark = mark_named(a->mark, ev->is_dump);
	a->is_present = true;
	a->info = ev->addr;
	if (!a->link->is_present)
		return 0;
	if (!was_present)
		addr_appear(m, a);
	else if (memcmp(&before, &a->info, sizeof(before)) != 0)
		tell_addr(m, MODEL_ADDR_CHANGED, a, &before);
	return 0;
}

static int apply_addr_gone(struct model *m, const struct event *ev)
{
	const struct model_ns *ns = table_find_ns(m, ev->nsid);
	if (!ns)
		return 0;
	struct model_addr *a = table_find_addr(m, ev->nsid, &ev->addr);
	if (a)
		addr_vanish(m, a);
	if (!ns->is_syncing || ev->addr.is_guest) {
		struct model_link *link = a ? a->link : NULL;
		if (a) {
			table_free_addr(m, a);
			link_free_if_empty(m, link);
		}
		return 0;
	}
	int err = a ? 0 : table_make_addr(m, ev->nsid, &ev->addr, &a);
	if (!err)
		a->mark = MARK_REMOVED;
	return err;
}

static struct model_hostname *hostname_find(const struct model_ns *ns, uint64_t uts)
{
	LIST_EACH(h, &ns->hostnames, struct model_hostname, in_ns) {
		if (h->info.uts == uts)
			return h;
	}
	return NULL;
}

static void hostname_remove(struct model_ns *ns, struct model_hostname *h)
{
	list_remove(&h->in_ns);
	ns->hostname_count--;
	free(h);
}

/* Inserts it in order: the most trusted owner comes first, so that no foreign name displaces ours at
 * the limit. */
static void hostname_insert(struct model_ns *ns, struct model_hostname *h)
{
	struct list *before = &ns->hostnames;
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns) {
		const struct event_hostname *at = &model_hostname->info;
		if (at->owner < h->info.owner ||
			(at->owner == h->info.owner && at->uts > h->info.uts)) {
			before = &model_hostname->in_ns;
			break;
		}
	}
	list_append(before, &h->in_ns);
	ns->hostname_count++;
}

static int hostname_make(struct model_ns *ns, const struct event_hostname *info)
{
	if (ns->hostname_count >= LIMIT_NS_HOSTNAMES) {
		struct model_hostname *last =
			container_of(ns->hostnames.prev, struct model_hostname, in_ns);
		if (info->owner <= last->info.owner)
			return ERR_RANGE;
		hostname_remove(ns, last);
	}
	struct model_hostname *h = calloc(1, sizeof(*h));
	if (!h)
		return ERR_NOMEM;
	h->info = *info;
	hostname_insert(ns, h);
	return 0;
}

static int apply_hostname(struct model *m, const struct event *ev)
{
	struct model_ns *ns;
	int err = table_get_ns(m, ev->nsid, &ns);
	if (err)
		return err;
	struct model_hostname *h = hostname_find(ns, ev->hostname.uts);
	if (h && memcmp(&h->info, &ev->hostname, sizeof(h->info)) == 0)
		return 0;
	if (h) {
		list_remove(&h->in_ns);
		ns->hostname_count--;
		h->info = ev->hostname;
		hostname_insert(ns, h);
	} else {
		err = hostname_make(ns, &ev->hostname);
	}
	if (!err)
		tell_hostnames(m, ns);
	return err;
}

static void apply_hostname_gone(struct model *m, const struct event *ev)
{
	struct model_ns *ns = table_find_ns(m, ev->nsid);
	struct model_hostname *h = ns ? hostname_find(ns, ev->hostname.uts) : NULL;
	if (h) {
		hostname_remove(ns, h);
		tell_hostnames(m, ns);
	}
}

/* The listener sees a change of the link. */
static int apply_guest_name(struct model *m, const struct event *ev)
{
	struct model_link *link = table_find_link(m, ev->nsid, ev->guest.ifindex);
	if (!link || !link->is_present)
		return ERR_ABSENT;
	if (strcmp(link->guest ? link->guest->name : "", ev->guest.name) == 0)
		return 0;
	if (!link->guest)
		link->guest = calloc(1, sizeof(*link->guest));
	if (!link->guest)
		return ERR_NOMEM;
	memcpy(link->guest->name, ev->guest.name, sizeof(link->guest->name));
	link->guest->since = ++m->last_guest_name;
	tell_link(m, MODEL_LINK_CHANGED, link, &link->info);
	return 0;
}

/* --- dumps -------------------------------------------------------------------------------- */

/* Frees the tombstones of the link; everything else gets `mark`. May free the link. */
static void link_settle(struct model *m, struct model_link *link, enum mark mark)
{
	LIST_EACH(a, &link->addrs, struct model_addr, in_link) {
		if (a->is_present)
			a->mark = (uint8_t)mark;
		else
			table_free_addr(m, a);
	}
	link->mark = (uint8_t)mark;
	link_free_if_empty(m, link);
}

static void ns_settle(struct model *m, struct model_ns *ns, enum mark mark)
{
	LIST_EACH(model_link, &ns->links, struct model_link, in_ns)
		link_settle(m, model_link, mark);
}

static int apply_sync_begin(struct model *m, const struct event *ev)
{
	struct model_ns *ns;
	int err = table_get_ns(m, ev->nsid, &ns);
	if (err)
		return err;
	ns_settle(m, ns, MARK_OLD);
	ns->is_syncing = true;
	return 0;
}

/* Placeholders stay: at EV_SYNC_END their addresses decide. */
static void sweep_links(struct model *m, struct model_ns *ns)
{
	LIST_EACH(link, &ns->links, struct model_link, in_ns) {
		if (link->is_present && link->mark == MARK_OLD) {
			link_vanish(m, link);
			table_free_link(m, link);
		}
	}
}

static void sweep_addrs(struct model *m, struct model_ns *ns)
{
	LIST_EACH(link, &ns->links, struct model_link, in_ns) {
		LIST_EACH(a, &link->addrs, struct model_addr, in_link) {
			if (a->mark == MARK_OLD && !a->info.is_guest)
				addr_vanish(m, a);
		}
	}
}

/* EV_SYNC_LINKS, EV_SYNC_END, EV_SYNC_ABORT. They cannot fail. */
static void apply_sync(struct model *m, const struct event *ev)
{
	struct model_ns *ns = table_find_ns(m, ev->nsid);
	if (!ns || !ns->is_syncing)
		return;
	if (ev->type == EV_SYNC_LINKS) {
		sweep_links(m, ns);
		return;
	}
	if (ev->type == EV_SYNC_END)
		sweep_addrs(m, ns);
	ns->is_syncing = false;
	ns_settle(m, ns, MARK_SEEN);
}

/* True if the kernel half could have made the event: it may come from a file or another process. */
static bool event_is_sane(const struct event *ev)
{
	if (ev->nsid < NSID_OWN)
		return false;
	switch (ev->type) {
	case EV_NS: return ev->ns.name[NETNS_NAME_CAP - 1] == '\0';
	case EV_LINK:
		return ev->link.name[IF_NAMESIZE - 1] == '\0' &&
		       ev->link.kind[KIND_CAP - 1] == '\0' &&
		       ev->link.alias[ALIAS_CAP - 1] == '\0' && ev->link.hwaddr_len <= HWADDR_CAP;
	case EV_ADDR:
	case EV_ADDR_GONE:
		return (ev->addr.addr.family == ADDR_V4 || ev->addr.addr.family == ADDR_V6) &&
		       ev->addr.prefix_len <= 8 * addr_len(&ev->addr.addr) &&
		       ev->addr.label[IF_NAMESIZE - 1] == '\0';
	case EV_HOSTNAME: return ev->hostname.name[HOSTNAME_CAP - 1] == '\0';
	case EV_GUEST_NAME: return ev->guest.name[GUEST_LABEL_CAP - 1] == '\0';
	case EV_HOSTNAME_GONE:
	case EV_NS_GONE:
	case EV_LINK_GONE:
	case EV_SYNC_BEGIN:
	case EV_SYNC_LINKS:
	case EV_SYNC_END:
	case EV_SYNC_ABORT: return true;
	case EV_PORT_OWNER:
	case EV_PORTS_LISTED:
	case EV_PORT_FREE:
	case EV_GUEST_SOCKET:
	case EV_NEIGHBOUR: /* not of the model */
	case EV_COUNT: break;
	}
	return false;
}

static bool is_of_no_dump(const struct model *m, const struct event *ev)
{
	if (!ev->is_dump || (ev->type != EV_LINK && ev->type != EV_ADDR))
		return false;
	const struct model_ns *ns = table_find_ns(m, ev->nsid);
	return !ns || !ns->is_syncing;
}

static int apply(struct model *m, const struct event *ev)
{
	switch (ev->type) {
	case EV_NS: return apply_ns(m, ev);
	case EV_LINK: return apply_link(m, ev);
	case EV_LINK_GONE: return apply_link_gone(m, ev);
	case EV_ADDR: return apply_addr(m, ev);
	case EV_ADDR_GONE: return apply_addr_gone(m, ev);
	case EV_SYNC_BEGIN: return apply_sync_begin(m, ev);
	case EV_HOSTNAME: return apply_hostname(m, ev);
	case EV_GUEST_NAME: return apply_guest_name(m, ev);
	case EV_HOSTNAME_GONE: apply_hostname_gone(m, ev); return 0;
	case EV_NS_GONE: {
		struct model_ns *ns = table_find_ns(m, ev->nsid);
		if (ns)
			ns_vanish(m, ns);
		return 0;
	}
	case EV_SYNC_LINKS:
	case EV_SYNC_END:
	case EV_SYNC_ABORT: apply_sync(m, ev); return 0;
	case EV_PORT_OWNER:
	case EV_PORTS_LISTED:
	case EV_PORT_FREE:
	case EV_GUEST_SOCKET:
	case EV_NEIGHBOUR:
	case EV_COUNT: break;
	}
	return ERR_SYNTAX;
}

int model_apply(struct model *m, const struct event *ev)
{
	if (!event_is_sane(ev))
		return ERR_SYNTAX;
	if (is_of_no_dump(m, ev))
		return 0;
	int err = apply(m, ev);
	if (err == ERR_RANGE)
		lacking_note(m, ev);
	return err;
}

/* --- life --------------------------------------------------------------------------------- */

struct model *model_new(uint64_t seed, struct model_listener listener)
{
	struct model *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->seed = seed;
	m->listener = listener;
	m->limits =
		(struct model_limits){LIMIT_MODEL_NAMESPACES, LIMIT_MODEL_LINKS, LIMIT_MODEL_ADDRS};

	/* Adding to a map can fail only for its first element. If one is added and removed now, no
	 * half-made object has to be undone later. */
	struct map *tables[] = {&m->namespaces, &m->links, &m->addrs, &m->holders};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct map_node node;
		if (map_add(tables[i], &node, 0)) {
			model_free(m);
			return NULL;
		}
		map_remove(tables[i], &node);
	}
	return m;
}

void model_set_limits(struct model *m, struct model_limits limits)
{
	m->limits = limits;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	m->listener = (struct model_listener){0};
	MAP_EACH(model_ns, &m->namespaces, struct model_ns, node)
		ns_vanish(m, model_ns);
	map_fini(&m->namespaces);
	map_fini(&m->links);
	map_fini(&m->addrs);
	map_fini(&m->holders);
	shares_fini(&m->strangers);
	free(m);
}
