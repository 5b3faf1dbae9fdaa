/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision on which addresses unicast DNS is served.
 * Never opens a socket.
 */
#include "name/listen.h"

#include <linux/if_addr.h>
#include <string.h>

#include "name/client_link.h"

bool listen_place_equal(const struct listen_place *a, const struct listen_place *b)
{
	return a->port == b->port && a->ifindex == b->ifindex && addr_equal(&a->addr, &b->addr);
}

/* A wildcard socket takes the packets for all addresses of its family; another socket of ours on
 * one of them would be refused. */
static bool is_covered(const struct listen_plan *plan, const struct listen_place *place)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct listen_place *at = &plan->places[i];
		if (listen_place_equal(at, place) ||
			(addr_is_unspecified(&at->addr) && at->port == place->port &&
				at->addr.family == place->addr.family))
			return true;
	}
	return false;
}

static void plan_add(struct listen_plan *plan, const struct listen_place *place)
{
	if (is_covered(plan, place))
		return;
	if (plan->count == LIMIT_DNS_PLACES)
		plan->left_out++;
	else
		plan->places[plan->count++] = *place;
}

/* A guest's address is not ours. The kernel refuses sockets on an address until it is known that nobody else has it (RFC 4862 §5.4),
 * unless it is optimistic (RFC 4429). */
static bool is_usable(const struct model_addr *addr)
{
	const uint32_t flags = addr->info.flags;
	return addr->is_present && !addr->info.is_guest && !(flags & IFA_F_DADFAILED) &&
	       (!(flags & IFA_F_TENTATIVE) || (flags & IFA_F_OPTIMISTIC));
}

static bool is_link_local_v6(const struct addr *addr)
{
	return addr->family == ADDR_V6 && addr_scope(addr) == ADDR_SCOPE_LOCAL;
}

/* The places that one walk over the links adds. Link-local ones come last, because a machine may have
 * very many of them, one for each container; and of these, those of the last plan come first. */
struct turn {
	bool is_local;                  /* link-local ones, or all others */
	const struct listen_plan *only; /* no places but those in it; NULL: all */
};

static bool has_place(const struct listen_plan *plan, const struct listen_place *place)
{
	for (size_t i = 0; i < plan->count; i++)
		if (listen_place_equal(&plan->places[i], place))
			return true;
	return false;
}

static bool is_of_turn(const struct turn *turn, const struct listen_place *place)
{
	return is_link_local_v6(&place->addr) == turn->is_local &&
	       (!turn->only || has_place(turn->only, place));
}

static void add_link(struct listen_plan *plan, const struct model_link *link, uint16_t port,
	const struct turn *turn)
{
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
		struct listen_place place = {.addr = addr->info.addr, .port = port};
		if (is_link_local_v6(&place.addr))
			place.ifindex = link->info.ifindex;
		if (is_usable(addr) && is_of_turn(turn, &place))
			plan_add(plan, &place);
	}
}

const struct model_link *listen_find_link(const struct model *m, const char *ifname)
{
	const struct model_ns *ns = model_ns(m, NSID_OWN);
	if (!ns)
		return NULL;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		if (link->is_present && strcmp(link->info.name, ifname) == 0)
			return link;
	}
	return NULL;
}

static int add_auto(
	const struct model *m, struct listen_plan *plan, uint16_t port, const struct turn *turn)
{
	const struct listen_place host = {.addr = LISTEN_HOST_ADDR, .port = port};
	const struct model_ns *ns = model_ns(m, NSID_OWN);
	struct client_bridges bridges;
	plan_add(plan, &host);
	int err = ns ? client_bridges_find(ns, &bridges) : 0;
	if (err || !ns)
		return err;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		if (link->is_present && client_link_may_be(m, link) &&
			!client_link_is_tunnel(link) && !client_bridges_is_inner(&bridges, link))
			add_link(plan, link, port, turn);
	}
	client_bridges_fini(&bridges);
	return 0;
}

static void add_wildcards(struct listen_plan *plan, uint16_t port)
{
	const struct listen_place v4 = {.addr.family = ADDR_V4, .port = port};
	const struct listen_place v6 = {.addr.family = ADDR_V6, .port = port};
	plan_add(plan, &v4);
	plan_add(plan, &v6);
}

static void add_addr(
	const struct model *m, struct listen_plan *plan, const struct listen_rule *rule)
{
	struct listen_place place = {.addr = rule->addr, .port = rule->port};
	const struct model_link *link = *rule->ifname ? listen_find_link(m, rule->ifname) : NULL;
	if (*rule->ifname && !link)
		return;
	if (link)
		place.ifindex = link->info.ifindex;
	plan_add(plan, &place);
}

static int add_rule(const struct model *m, struct listen_plan *plan, const struct listen_rule *rule,
	const struct turn *turn)
{
	const struct model_link *link;
	switch (rule->kind) {
	case LISTEN_AUTO: return add_auto(m, plan, rule->port, turn);
	case LISTEN_ANY: add_wildcards(plan, rule->port); break;
	case LISTEN_ADDR:
		if (!turn->is_local) /* one that was requested is not left out */
			add_addr(m, plan, rule);
		break;
	case LISTEN_LINK:
		link = listen_find_link(m, rule->ifname);
		if (link)
			add_link(plan, link, rule->port, turn);
		break;
	}
	return 0;
}

static bool is_wildcard(const struct listen_rule *rule)
{
	return rule->kind == LISTEN_ANY ||
	       (rule->kind == LISTEN_ADDR && addr_is_unspecified(&rule->addr));
}

static int add_rules(const struct model *m, const struct listen_rules *rules, bool are_wildcards,
	const struct turn *turn, struct listen_plan *plan)
{
	int err = 0;
	for (size_t i = 0; i < rules->count && !err; i++)
		if (is_wildcard(&rules->at[i]) == are_wildcards)
			err = add_rule(m, plan, &rules->at[i], turn);
	return err;
}

/* Wildcards come first: they cover other places, wherever these are in the rules. */
int listen_plan_make(const struct model *m, const struct listen_rules *rules,
	const struct listen_plan *before, struct listen_plan *ret)
{
	static const struct listen_plan none;
	const struct turn turns[] = {{false, NULL}, {true, before ? before : &none}, {true, NULL}};
	struct listen_plan plan = none;
	int err = add_rules(m, rules, true, &turns[0], &plan);
	for (size_t i = 0; i < ARRAY_LEN(turns) && !err; i++) {
		const size_t left_out = plan.left_out;
		err = add_rules(m, rules, false, &turns[i], &plan);
		if (turns[i].only) /* the next turn counts these */
			plan.left_out = left_out;
	}
	if (!err)
		*ret = plan;
	return err;
}

enum listen_lack listen_rule_lack(const struct model *m, const struct listen_rule *rule)
{
	const struct model_link *link = *rule->ifname ? listen_find_link(m, rule->ifname) : NULL;
	if (!*rule->ifname)
		return LISTEN_LACK_NOTHING;
	if (!link)
		return LISTEN_LACK_LINK;
	if (rule->kind == LISTEN_ADDR)
		return LISTEN_LACK_NOTHING;
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
		if (is_usable(addr))
			return LISTEN_LACK_NOTHING;
	}
	return LISTEN_LACK_ADDRESS;
}
