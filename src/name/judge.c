/* SPDX-License-Identifier: ISC */
/*
 * Owns the verdict on a single address: from kernel flags and the policy to "served" or a reason
 * against.
 * Never looks at other addresses or names.
 */
#include "name/judge.h"

#include <limits.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/limits.h"

static enum addr_verdict judge_link(const struct model_link *link)
{
	if (!(link->info.flags & IFF_UP))
		return ADDR_LINK_DOWN;
	return model_link_is_up(&link->info) ? ADDR_SERVED : ADDR_NO_CARRIER;
}

/* The flags of IPv6 addresses; IFA_F_TEMPORARY's bit means "secondary" on an IPv4 address. */
static enum addr_verdict judge_v6_flags(const struct policy *policy, uint32_t flags)
{
	if (flags & IFA_F_DADFAILED)
		return ADDR_DAD_FAILED;
	if ((flags & IFA_F_TENTATIVE) && !(flags & IFA_F_OPTIMISTIC))
		return ADDR_TENTATIVE;
	if ((flags & IFA_F_TEMPORARY) && !policy->has_temporary)
		return ADDR_TEMPORARY;
	return ADDR_SERVED;
}

/* True if nobody can reach the address because the bridge takes all frames that arrive at the port:
 * the bridge gets the neighbour solicitations for the address (RFC 4861 §7.2.3), but does not have
 * it. Addresses of wider scope are reached through other links, and ARP is answered on every
 * link. */
static bool is_behind_bridge(const struct event_addr *info, bool is_bridge_port)
{
	return is_bridge_port && !info->is_guest && info->addr.family == ADDR_V6 &&
	       addr_scope(&info->addr) == ADDR_SCOPE_LOCAL;
}

bool owner_is_foreign(const struct policy *policy, uint8_t owner)
{
	return owner < (policy->rootless == ROOTLESS_NO ? OWNER_HOST : OWNER_SYSTEM);
}

bool ns_is_foreign(const struct policy *policy, const struct model_ns *ns)
{
	return ns->nsid != NSID_OWN && owner_is_foreign(policy, ns->info.owner);
}

/* Follows parents. Bounded, because the two ends of a veth are the parents of each other. */
static bool leads_to_host(const struct model *m, const struct model_link *link)
{
	enum { HOPS_MAX = 8 };
	for (int hops = 0; m && link && link->info.parent != 0 && hops < HOPS_MAX; hops++) {
		const nsid_t nsid = link->info.parent_nsid;
		const struct model_ns *ns = model_ns(m, nsid);
		if (nsid == NSID_OWN || (ns && ns->info.owner == OWNER_HOST))
			return true;
		link = model_link(m, nsid, link->info.parent);
	}
	return false;
}

bool link_is_foreign(
	const struct policy *policy, const struct model *m, const struct model_link *link)
{
	if (ns_is_foreign(policy, link->ns))
		return true;
	return link->ns->nsid != NSID_OWN && link->ns->info.owner == OWNER_SYSTEM &&
	       !leads_to_host(m, link);
}

unsigned link_names_max(const struct policy *policy, const struct model_link *link, bool is_foreign)
{
	if (!is_foreign)
		return UINT_MAX;
	bool is_served = policy->rootless == ROOTLESS_YES || link->info.is_granted;
	return is_served ? LIMIT_FOREIGN_NAMES : LIMIT_REFUSED_NAMES;
}

static enum addr_verdict judge_owner(const struct policy *policy, uint8_t owner)
{
	switch ((enum event_owner)owner) {
	case OWNER_USER: return ADDR_ROOTLESS;
	case OWNER_SYSTEM: return owner_is_foreign(policy, owner) ? ADDR_SYSTEM : ADDR_UNATTACHED;
	case OWNER_HOST:
	case OWNER_UNKNOWN: break;
	}
	return ADDR_OWNER_UNKNOWN;
}

enum addr_verdict addr_judge(const struct policy *policy, const struct model_addr *addr,
	bool is_bridge_port, bool is_foreign)
{
	const struct event_addr *info = &addr->info;
	if (is_foreign && policy->rootless != ROOTLESS_YES && !addr->link->info.is_granted)
		return judge_owner(policy, addr->link->ns->info.owner);
	if (addr_is_loopback(&info->addr) || info->rt_scope == RT_SCOPE_HOST)
		return ADDR_HOST_SCOPE;
	if (addr->scope == ADDR_SCOPE_NONE)
		return ADDR_NOT_UNICAST;
	if (is_behind_bridge(info, is_bridge_port))
		return ADDR_BRIDGE_PORT;

	enum addr_verdict verdict = judge_link(addr->link);
	if (verdict == ADDR_SERVED && info->addr.family == ADDR_V6)
		verdict = judge_v6_flags(policy, info->flags);
	if (verdict == ADDR_SERVED && (info->flags & IFA_F_DEPRECATED) && !policy->has_deprecated)
		verdict = ADDR_SPARE;
	return verdict;
}

const char *addr_verdict_text(enum addr_verdict verdict)
{
	switch (verdict) {
	case ADDR_SERVED: return "served";
	case ADDR_SPARE: return "deprecated, and a better one of its scope exists";
	case ADDR_LINK_DOWN: return "link is down";
	case ADDR_NO_CARRIER: return "link has no carrier";
	case ADDR_TENTATIVE: return "tentative: duplicate address detection is running";
	case ADDR_DAD_FAILED: return "duplicate address detection failed";
	case ADDR_TEMPORARY: return "temporary (--temporary publishes it)";
	case ADDR_HOST_SCOPE: return "valid on its own host only";
	case ADDR_BRIDGE_PORT: return "link-local, on a port of a bridge: use the bridge's own";
	case ADDR_NOT_UNICAST: return "not an address that others could use";
	case ADDR_ROOTLESS: return "namespace of another user namespace (--rootless serves it)";
	case ADDR_SYSTEM:
		return "namespace of a user namespace that root made (--rootless=system serves "
		       "it)";
	case ADDR_UNATTACHED:
		return "namespace of a user namespace, and its link leads to none of the host "
		       "(--rootless=yes serves it)";
	case ADDR_OWNER_UNKNOWN:
		return "nobody can say who owns its namespace (--rootless serves it)";
	case ADDR_ROOTLESS_NAME:
		return "host name given in another user namespace (--rootless serves it)";
	case ADDR_SURPLUS:
		return "left out: a name has at most 100 addresses of a family and scope, the "
		       "lowest ones";
	case ADDR_OUTRANKED: return "another workload has the name";
	case ADDR_ROOTLESS_TAKEN:
		return "one of the host's own namespaces has the name, one to which it was "
		       "granted, or a zone file";
	case ADDR_HOST_END: return "of this host's end of the link: the name is the guest's";
	case ADDR_GUEST_TAKEN:
		return "the guest calls itself so, but somebody else has the name already";
	case ADDR_VERDICT_COUNT: break;
	}
	return "";
}

const char *addr_verdict_word(enum addr_verdict verdict)
{
	switch (verdict) {
	case ADDR_SERVED: return "served";
	case ADDR_SPARE: return "deprecated";
	case ADDR_LINK_DOWN: return "link-down";
	case ADDR_NO_CARRIER: return "no-carrier";
	case ADDR_TENTATIVE: return "tentative";
	case ADDR_DAD_FAILED: return "dad-failed";
	case ADDR_TEMPORARY: return "temporary";
	case ADDR_HOST_SCOPE: return "host-scope";
	case ADDR_BRIDGE_PORT: return "bridge-port";
	case ADDR_NOT_UNICAST: return "not-unicast";
	case ADDR_ROOTLESS: return "rootless";
	case ADDR_SYSTEM: return "system";
	case ADDR_UNATTACHED: return "unattached";
	case ADDR_OWNER_UNKNOWN: return "owner-unknown";
	case ADDR_ROOTLESS_NAME: return "rootless-name";
	case ADDR_SURPLUS: return "left-out";
	case ADDR_OUTRANKED: return "outranked";
	case ADDR_ROOTLESS_TAKEN: return "taken";
	case ADDR_HOST_END: return "host-end";
	case ADDR_GUEST_TAKEN: return "guest-taken";
	case ADDR_VERDICT_COUNT: break;
	}
	return "";
}
