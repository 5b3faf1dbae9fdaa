/* SPDX-License-Identifier: ISC */
/*
 * Owns the question which links have guests behind them.
 * Never looks at a frame, nor at what a guest says.
 */
#include "name/guest_link.h"

#include <net/if_arp.h>
#include <string.h>

#include "name/client_link.h"
#include "name/judge.h"

static bool is_kind(const struct event_link *link, const char *kind)
{
	return strcmp(link->kind, kind) == 0;
}

bool guest_link_may_be(const struct event_link *link)
{
	return link->type == ARPHRD_ETHER &&
	       (is_kind(link, "tun") || is_kind(link, "macvtap") || is_kind(link, "veth"));
}

bool guest_link_is_inverse(const struct event_link *link)
{
	return is_kind(link, "macvtap");
}

/* The kernel gives each link that is up an IPv6 link-local address, also a link that is only for a guest. */
static bool has_own_addr(const struct model_link *link)
{
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
		const struct addr *a = &addr->info.addr;
		bool is_automatic = a->family == ADDR_V6 && addr_scope(a) == ADDR_SCOPE_LOCAL;
		if (addr->is_present && !addr->info.is_guest && !is_automatic)
			return true;
	}
	return false;
}

static bool wants(const struct policy *policy, enum name_source source)
{
	for (unsigned i = 0; i < policy->source_count; i++)
		if (policy->sources[i] == source)
			return true;
	return false;
}

static bool may_have_name(const struct policy *policy, const struct model_link *link)
{
	return (link->info.alias[0] && wants(policy, NAME_ALIAS)) || wants(policy, NAME_DHCP);
}

/* True if the other end of the veth is in no namespace that we see. */
static bool has_unknown_peer(const struct model *m, const struct model_link *link)
{
	const struct event_link *info = &link->info;
	return info->parent == 0 || info->parent_nsid == NSID_UNKNOWN ||
	       !model_link(m, info->parent_nsid, info->parent);
}

static bool is_of_guest(
	const struct policy *policy, const struct model *m, const struct model_link *link)
{
	if (link->info.is_granted || has_own_addr(link) || !may_have_name(policy, link))
		return false;
	return !is_kind(&link->info, "veth") ||
	       (client_link_is_port(m, link) && has_unknown_peer(m, link));
}

static bool is_listed(const struct policy *policy, const struct model_link *link)
{
	for (unsigned i = 0; i < policy->guest_link_count; i++)
		if (link->ns->nsid == NSID_OWN &&
			strcmp(policy->guest_links[i], link->info.name) == 0)
			return true;
	return false;
}

bool guest_link_is(
	const struct policy *policy, const struct model *m, const struct model_link *link)
{
	if (policy->guests == NAME_GUESTS_NONE || !guest_link_may_be(&link->info) ||
		!model_link_is_up(&link->info) || link_is_foreign(policy, m, link))
		return false;
	return policy->guests == NAME_GUESTS_LISTED ? is_listed(policy, link)
						    : is_of_guest(policy, m, link);
}

bool guest_link_is_beside(
	const struct model_link *link, const struct model_link *port, uint16_t vid)
{
	return link->ns == port->ns && link->info.master != 0 &&
	       link->info.master == port->info.master && (vid == 0 || vid == link->info.pvid);
}
