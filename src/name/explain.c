/* SPDX-License-Identifier: ISC */
/*
 * Owns the listing of the index: names in order, and the reason why an address has no name.
 * Never changes the index.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/index.h"

static int host_cmp(const void *a, const void *b)
{
	const struct names_host *x = a, *y = b;
	char key_x[LABEL_TEXT_CAP], key_y[LABEL_TEXT_CAP];
	label_lower(key_x, x->label);
	label_lower(key_y, y->label);
	return strcmp(key_x, key_y);
}

/* True if the label is claimed, but given to nobody: only rootless namespaces claim it. */
static bool is_given_to_nobody(const struct names *n, const struct group *group)
{
	return !list_is_empty(&group->claims) && list_is_empty(&group->hosts) &&
	       !host_find(n, group->label);
}

int names_each_host(
	const struct names *n, void (*visit)(void *arg, const struct names_host *host), void *arg)
{
	size_t count = 0;
	struct names_host *hosts = calloc(n->hosts.count + n->groups.count + 1, sizeof(*hosts));
	if (!hosts)
		return ERR_NOMEM;
	MAP_EACH(host, &n->hosts, const struct host, node) {
		if (!host->group)
			continue; /* its records are still to be removed */
		hosts[count++] = (struct names_host){.label = host->label,
			.group = host->group->label,
			.addr_count = host->said.count,
			.workload_count = host->workload_count,
			.is_collected = host->rank == RANK_COLLECTED};
	}
	MAP_EACH(group, &n->groups, const struct group, node) {
		if (!is_given_to_nobody(n, group))
			continue;
		const struct list *first = group->claims.next;
		hosts[count++] = (struct names_host){.group = group->label,
			.label = container_of(first, struct claim, in_group)->label};
	}
	qsort(hosts, count, sizeof(*hosts), host_cmp);
	for (size_t i = 0; i < count; i++)
		visit(arg, &hosts[i]);
	free(hosts);
	return 0;
}

const char *name_source_text(enum name_source source)
{
	switch (source) {
	case NAME_ALIAS: return "alias";
	case NAME_HOSTNAME: return "hostname";
	case NAME_NETNS: return "netns";
	case NAME_LABEL: return "label";
	case NAME_ADDRESS: return "address";
	case NAME_DHCP: return "dhcp";
	case NAME_SOURCE_COUNT: break;
	}
	return "";
}

static bool says(const struct host *host, const struct addr *addr)
{
	return host && host_addrs_find(&host->said, addr) < host->said.count;
}

/* True if the host has as many addresses of the family and scope as it may have, all lower than this. */
static bool is_above_all(const struct host *host, const struct model_addr *addr)
{
	size_t count = 0;
	for (size_t i = 0; i < host->said.count; i++) {
		const struct host_addr *ha = &host->said.list[i];
		if (ha->addr.family != addr->info.addr.family || ha->scope != addr->scope)
			continue;
		if (addr_cmp(&ha->addr, &addr->info.addr) > 0)
			return false;
		count++;
	}
	return count >= LIMIT_HOST_ADDRS;
}

/* True if the host would have the address of this claim, if there was no limit. */
static bool is_left_out(const struct names *n, const struct host *host, const struct claim *claim,
	const struct model_addr *addr)
{
	return host && host->said.left_out > 0 && is_above_all(host, addr) &&
	       (n->policy.duplicates == DUPLICATES_MERGE ||
		       claim->nlink->link->ns->nsid == host->nsid);
}

/* Returns the verdict on an address of a claim, with regard to the name `host`
 * (NULL: nobody has it). */
static enum addr_verdict verdict_for(const struct names *n, const struct group *group,
	const struct claim *claim, const struct host *host, const struct model_addr *addr)
{
	enum addr_verdict verdict = addr_judge(&n->policy, addr, claim->nlink->is_bridge_port,
		link_is_foreign(&n->policy, n->model, addr->link));
	if (verdict == ADDR_ROOTLESS || verdict == ADDR_SYSTEM || verdict == ADDR_UNATTACHED ||
		verdict == ADDR_OWNER_UNKNOWN)
		return verdict;
	if (claim->rank == RANK_ROOTLESS && n->policy.rootless != ROOTLESS_YES)
		return ADDR_ROOTLESS_NAME;
	if (group_refuses(n, group, claim))
		return claim->rank == RANK_GUEST ? ADDR_GUEST_TAKEN : ADDR_ROOTLESS_TAKEN;
	if (claim_is_host_end(claim, addr))
		return ADDR_HOST_END;
	if (verdict != ADDR_SERVED && verdict != ADDR_SPARE)
		return verdict;
	if (says(host, &addr->info.addr))
		return ADDR_SERVED;
	if (is_left_out(n, host, claim, addr))
		return ADDR_SURPLUS;
	return verdict == ADDR_SPARE ? ADDR_SPARE : ADDR_OUTRANKED;
}

static const struct group *group_of(
	const struct names *n, const char *label, const struct host **ret_host)
{
	char key[LABEL_TEXT_CAP];
	if (strlen(label) >= sizeof(key))
		return NULL;
	label_lower(key, label);
	const struct host *host = host_find(n, key);
	*ret_host = host && host->group ? host : NULL;
	return *ret_host ? host->group : group_find(n, key);
}

int names_explain(const struct names *n, const char *label,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg)
{
	const struct host *host;
	const struct claim **claims;
	size_t count;
	const struct group *group = group_of(n, label, &host);
	if (!group || list_is_empty(&group->claims))
		return ERR_ABSENT;
	int err = claims_sorted(group, &claims, &count);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		LIST_EACH(addr, &claims[i]->nlink->link->addrs, const struct model_addr, in_link) {
			if (!addr->is_present || !claim_names(claims[i], addr))
				continue;
			visit(arg, &(struct names_addr){.addr = addr,
					   .verdict = verdict_for(n, group, claims[i], host, addr),
					   .source = claims[i]->source,
					   .is_self = claims[i]->is_self,
					   .scope = addr_scope(&addr->info.addr)});
		}
	free(claims);
	return 0;
}

/* Returns the set of a host's link-local addresses of one family; its data is in `rdata`. */
static struct rrset linklocal_set(
	const struct host *host, enum addr_family family, struct rdata *rdata)
{
	struct rrset set = {.type = family == ADDR_V4 ? RR_A : RR_AAAA,
		.view = VIEW_ANY,
		.ttl = NAMES_MDNS_TTL_S,
		.rdata = rdata};
	for (size_t i = 0; i < host->said.count && set.count < LIMIT_HOST_ADDRS; i++) {
		const struct host_addr *ha = &host->said.list[i];
		if (ha->addr.family == family && ha->scope == ADDR_SCOPE_LOCAL &&
			(i == 0 || !addr_equal(&ha->addr, &host->said.list[i - 1].addr)))
			rdata[set.count++] =
				(struct rdata){ha->addr.bytes, (uint16_t)addr_len(&ha->addr)};
	}
	return set;
}

void names_each_linklocal(const struct names *n,
	void (*visit)(void *arg, const char *label, const struct rrset *sets, size_t count),
	void *arg)
{
	struct rdata rdata[2][LIMIT_HOST_ADDRS];
	MAP_EACH(host, &n->hosts, const struct host, node) {
		struct rrset sets[2];
		size_t count = 0;
		for (enum addr_family family = ADDR_V4; family <= ADDR_V6; family++) {
			sets[count] = linklocal_set(host, family, rdata[count]);
			count += sets[count].count > 0;
		}
		if (count > 0)
			visit(arg, host->label, sets, count);
	}
}
