/* SPDX-License-Identifier: ISC */
/*
 * Owns the claims of links to labels, and the groups that they form.
 * Never decides what a link claims, nor who gets a name: claim.c, bound.c and host.c do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "name/index.h"

struct group *group_get(struct names *n, const char *key)
{
	struct group *group = group_find(n, key);
	if (group)
		return group;
	group = calloc(1, sizeof(*group));
	if (!group || map_add(&n->groups, &group->node, label_hash(n, key))) {
		free(group);
		return NULL;
	}
	strcpy(group->label, key);
	list_init(&group->claims);
	list_init(&group->hosts);
	list_init(&group->in_dirty);
	return group;
}

/* Frees a group if nothing refers to it any more. A marked group stays until the flush. */
void group_unref(struct names *n, struct group *group)
{
	if (!list_is_empty(&group->claims) || group->collected || !list_is_empty(&group->hosts) ||
		!list_is_empty(&group->in_dirty))
		return;
	map_remove(&n->groups, &group->node);
	free(group);
}

void group_mark(struct names *n, struct group *group)
{
	if (list_is_empty(&group->in_dirty))
		list_append(&n->dirty_groups, &group->in_dirty);
}

/* With --duplicates=number, the second "web" may have the name "web-2". So a claim to "web-2"
 * itself changes what the group "web" gives. */
static void group_mark_base(struct names *n, const struct group *group)
{
	char base[LABEL_TEXT_CAP];
	strcpy(base, group->label);
	char *hyphen = strrchr(base, '-');
	if (n->policy.duplicates != DUPLICATES_NUMBER || !hyphen)
		return;
	*hyphen = '\0';
	struct group *of = group_find(n, base);
	if (of)
		group_mark(n, of);
}

/* Likewise, a rootless "web-2", or a guest's, is refused while the host has a "web". This is rare, so we may
 * look at all names. */
static void group_mark_numbered(struct names *n)
{
	bool has_rootless = n->policy.rootless == ROOTLESS_YES || n->lesser_claim_count > 0;
	if (n->policy.duplicates != DUPLICATES_NUMBER || !has_rootless)
		return;
	MAP_EACH(group, &n->groups, struct group, node)
		group_mark(n, group);
}

static void group_changed(struct names *n, struct group *group)
{
	group_mark(n, group);
	group_mark_base(n, group);
	group_mark_numbered(n);
}

struct claim *claim_find(const struct nlink *nlink, const char *key)
{
	LIST_EACH(claim, &nlink->claims, struct claim, in_link)
		if (strcmp(claim->group->label, key) == 0)
			return claim;
	return NULL;
}

static bool is_lesser(const struct claim *claim)
{
	return claim->rank == RANK_GRANTED || claim->rank == RANK_GUEST;
}

int claim_add(struct names *n, struct nlink *nlink, const struct candidate *candidate)
{
	char label[LABEL_TEXT_CAP], key[LABEL_TEXT_CAP];
	memcpy(label, candidate->word, candidate->len);
	label[candidate->len] = '\0';
	label_lower(key, label);
	if (claim_find(nlink, key))
		return 0;
	struct group *group = group_get(n, key);
	struct claim *claim = group ? calloc(1, sizeof(*claim)) : NULL;
	if (!claim) {
		if (group)
			group_unref(n, group);
		return ERR_NOMEM;
	}
	claim->nlink = nlink;
	claim->group = group;
	claim->is_self = candidate->is_self;
	claim->rank = candidate->rank;
	claim->source = candidate->source;
	claim->only = candidate->only;
	claim->has_link_addrs = candidate->has_link_addrs;
	claim->has_guest_addrs = candidate->has_guest_addrs;
	strcpy(claim->label, label);
	list_append(claim->only ? &nlink->bound : &nlink->claims, &claim->in_link);
	nlink->bound_count += claim->only != NULL;
	list_append(&group->claims, &claim->in_group);
	group->ranks[claim->rank]++;
	n->stats.claims++;
	n->lesser_claim_count += is_lesser(claim);
	group_changed(n, group);
	return 0;
}

void claim_remove(struct names *n, struct claim *claim)
{
	claim->nlink->bound_count -= claim->only != NULL;
	list_remove(&claim->in_link);
	list_remove(&claim->in_group);
	claim->group->ranks[claim->rank]--;
	group_changed(n, claim->group);
	n->stats.claims--;
	n->lesser_claim_count -= is_lesser(claim);
	free(claim);
}

bool claim_names(const struct claim *claim, const struct model_addr *addr)
{
	if (claim->only)
		return claim->only == addr;
	return addr->info.is_guest ? claim->has_guest_addrs : claim->has_link_addrs;
}

bool claim_is_host_end(const struct claim *claim, const struct model_addr *addr)
{
	return claim->has_guest_addrs && !addr->info.is_guest && addr->link->guest_addr_count > 0;
}

void claims_drop_all(struct names *n, struct list *claims)
{
	LIST_EACH(claim, claims, struct claim, in_link)
		claim_remove(n, claim);
}

void claims_drop(struct names *n, struct nlink *nlink)
{
	claims_drop_all(n, &nlink->claims);
	claims_drop_all(n, &nlink->bound);
}

void claims_mark(struct names *n, struct nlink *nlink, const struct model_addr *only)
{
	LIST_EACH(claim, &nlink->claims, struct claim, in_link)
		group_mark(n, claim->group);
	LIST_EACH(claim, &nlink->bound, struct claim, in_link)
		if (!only || claim->only == only)
			group_mark(n, claim->group);
}
