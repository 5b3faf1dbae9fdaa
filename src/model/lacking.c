/* SPDX-License-Identifier: ISC */
/*
 * Owns the knowledge of what was refused for lack of room, and when there is room for it.
 * Never asks for it again: the caller does.
 */
#include "model/lacking.h"

#include "base/limits.h"

/* struct model_ns.lacks */
enum { LACKS_OBJECTS = 1 << 0, LACKS_HOSTNAMES = 1 << 1 };

static void set(struct model *m, struct model_ns *ns, uint8_t lacks)
{
	m->lacking -= ns->lacks != 0;
	ns->lacks = lacks;
	m->lacking += ns->lacks != 0;
}

void lacking_note(struct model *m, const struct event *ev)
{
	struct model_ns *ns = table_find_ns(m, ev->nsid);
	uint8_t what = ev->type == EV_HOSTNAME ? LACKS_HOSTNAMES : LACKS_OBJECTS;
	if (ns)
		set(m, ns, ns->lacks | what);
}

void lacking_forget(struct model *m, struct model_ns *ns)
{
	set(m, ns, 0);
}

bool model_is_lacking(const struct model *m)
{
	return m->lacking > 0 || m->has_lost_ns;
}

static bool may_be_completed(const struct model *m, const struct model_ns *ns)
{
	return ((ns->lacks & LACKS_OBJECTS) && table_ns_has_room(m, ns)) ||
	       ((ns->lacks & LACKS_HOSTNAMES) && ns->hostname_count < LIMIT_NS_HOSTNAMES);
}

bool model_next_lacking(const struct model *m, nsid_t *ret)
{
	const struct model_ns *best = NULL;
	if (m->lacking > 0)
		MAP_EACH(ns, &m->namespaces, const struct model_ns, node)
			if (may_be_completed(m, ns) && (!best || (best->share && !ns->share)))
				best = ns;
	*ret = best ? best->nsid : NSID_UNKNOWN;
	return best || (m->has_lost_ns && m->namespaces.count < m->limits.namespaces);
}

void model_is_asked(struct model *m, nsid_t nsid)
{
	struct model_ns *ns = table_find_ns(m, nsid);
	if (nsid == NSID_UNKNOWN)
		m->has_lost_ns = false;
	if (ns)
		set(m, ns, 0);
}
