/* SPDX-License-Identifier: ISC */
/*
 * Owns the rules for what guests may claim.
 * Never remembers a claim.
 */
#include "ontap-zone/guest_rules.h"

#include "base/limits.h"

/* Who has an address already. */
struct taken {
	const struct names *names;
	const struct model_link *link;
	uint64_t wire;
	bool is_taken;
};

/* An address means the same everywhere if it is global, and to us if it is ours; otherwise on one wire only. What a
 * stranger has somewhere takes nothing: anybody may give any address to a namespace of his own. */
static void look_at_holder(void *arg, const struct model_addr *holder)
{
	struct taken *t = arg;
	const enum addr_scope scope = addr_scope(&holder->info.addr);
	if (holder->link == t->link)
		return;
	bool is_ours = holder->link->ns->nsid == NSID_OWN && !holder->info.is_guest &&
		       scope != ADDR_SCOPE_LOCAL;
	bool is_here = t->wire != 0 && names_segment(t->names, holder->link) == t->wire;
	bool is_roots = !holder->link->ns->share;
	t->is_taken |= is_ours || is_here || (is_roots && scope == ADDR_SCOPE_WAN);
}

bool guest_rules_is_taken(
	const struct pipeline *p, const struct model_link *link, const struct addr *addr)
{
	struct taken t = {.names = pipeline_names(p), .link = link};
	t.wire = names_segment(t.names, link);
	model_each_holder(pipeline_model(p), addr, look_at_holder, &t);
	return t.is_taken;
}

struct networks {
	struct guest_policy *policy;
	uint64_t wire;
	bool has_v4;
};

static void allow(struct guest_policy *policy, const char *text)
{
	if (policy->prefix_count < LIMIT_GUEST_RULE_PREFIXES &&
		prefix_parse(text, &policy->prefixes[policy->prefix_count]) == 0)
		policy->prefix_count++;
}

static void allow_network(void *arg, const struct names_onlink *onlink)
{
	struct networks *n = arg;
	if (onlink->wire != n->wire || n->policy->prefix_count == LIMIT_GUEST_RULE_PREFIXES)
		return;
	n->policy->prefixes[n->policy->prefix_count++] = onlink->prefix;
	n->has_v4 |= onlink->prefix.addr.family == ADDR_V4;
}

struct guest_policy guest_rules_policy(
	const struct pipeline *p, const struct model_link *link, bool is_trusted)
{
	const struct names *names = pipeline_names(p);
	struct guest_policy policy = guest_policy_default();
	struct networks networks = {.policy = &policy};
	allow(&policy, "169.254.0.0/16");
	if (is_trusted)
		policy.kinds |= GUEST_KIND_ANY;
	networks.wire = link ? names_segment(names, link) : 0;
	if (networks.wire)
		names_each_onlink(names, allow_network, &networks);
	if (!networks.has_v4) {
		allow(&policy, "10.0.0.0/8");
		allow(&policy, "172.16.0.0/12");
		allow(&policy, "192.168.0.0/16");
		allow(&policy, "100.64.0.0/10");
	}
	return policy;
}
