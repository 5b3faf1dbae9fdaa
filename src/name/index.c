/* SPDX-License-Identifier: ISC */
/*
 * Owns the lookups in the index: links by nsid and ifindex, groups and hosts by label, the name of
 * a host in a zone, and whether an address is on a link.
 * Never changes the index.
 */
#include "name/index.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"

size_t host_addrs_find(const struct host_addrs *addrs, const struct addr *addr)
{
	size_t from = 0, to = addrs->count;
	/* Progress: each turn halves what is left. */
	while (from < to) {
		const size_t middle = (from + to) / 2;
		if (addr_cmp(&addrs->list[middle].addr, addr) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < addrs->count && addr_equal(&addrs->list[from].addr, addr) ? from
										: addrs->count;
}

struct nlink *nlink_find(const struct names *n, nsid_t nsid, uint32_t ifindex)
{
	uint64_t hash = link_hash(n, nsid, ifindex);
	return MAP_FIND(&n->links, hash, struct nlink, node, nlink,
		nlink->link->info.ifindex == ifindex && nlink->link->ns->nsid == nsid);
}

void label_lower(char *dst, const char *label)
{
	do
		*dst++ = (char)byte_lower((uint8_t)*label);
	while (*label++);
}

uint64_t label_hash(const struct names *n, const char *key)
{
	return hash_bytes(n->seed, key, strlen(key));
}

struct group *group_find(const struct names *n, const char *key)
{
	return MAP_FIND(&n->groups, label_hash(n, key), struct group, node, group,
		strcmp(group->label, key) == 0);
}

struct host *host_find(const struct names *n, const char *key)
{
	return MAP_FIND(&n->hosts, label_hash(n, key), struct host, node, host,
		strcmp(host->key, key) == 0);
}

int host_owner(const struct names *n, const struct host *host, const char *branch, struct name *ret)
{
	struct name suffix;
	if (strcmp(branch, "local") == 0) {
		name_copy(&suffix, name_local);
	} else {
		name_copy(&suffix, n->policy.domain.wire);
		if (*branch && name_prepend(branch, strlen(branch), suffix.wire, &suffix))
			return ERR_RANGE;
	}
	return name_prepend(host->label, strlen(host->label), suffix.wire, ret);
}

static bool is_segment_spoken(const struct names *n, uint64_t segment)
{
	for (size_t i = 0; i < n->spoken_link_count; i++)
		if (n->spoken_links[i].segment == segment)
			return true;
	return false;
}

bool host_addr_is_on(
	const struct names *n, const struct host_addr *ha, const struct spoken_link *link)
{
	if (ha->segment == link->segment)
		return true;
	if (ha->scope == ADDR_SCOPE_LOCAL || !ha->is_open || !link->is_open ||
		is_segment_spoken(n, ha->segment))
		return false;
	return prefixes_have(link->prefixes, link->prefix_count, &ha->addr);
}
