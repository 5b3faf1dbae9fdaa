/* SPDX-License-Identifier: ISC */
/*
 * Owns who has which name: which group gives which name its addresses (--duplicates).
 * Never says them: host.c does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/index.h"

static struct host *host_get(struct names *n, const char *key)
{
	struct host *host = host_find(n, key);
	if (host)
		return host;
	host = calloc(1, sizeof(*host));
	if (!host || map_add(&n->hosts, &host->node, label_hash(n, key))) {
		free(host);
		return NULL;
	}
	strcpy(host->key, key);
	list_init(&host->in_group);
	list_init(&host->in_dirty);
	return host;
}

/* Of one link: the claim of all its addresses, then those of single ones, by address. */
static int only_cmp(const struct claim *p, const struct claim *q)
{
	if (!p->only || !q->only)
		return (p->only != NULL) - (q->only != NULL);
	int diff = addr_cmp(&p->only->info.addr, &q->only->info.addr);
	return diff ? diff : strcmp(p->label, q->label);
}

/* The order of workloads that claim the same name: the host's own namespaces before rootless ones
 * (enum claim_rank), then by nsid (our own namespace first), then by ifindex. Both ids increase as
 * namespaces and links are made, so a newcomer does not take a name away; yet the order depends
 * only on the state. A guest may call itself something else at any time, so of guests the one that has
 * said the name first comes first. */
static int claim_cmp(const void *a, const void *b)
{
	const struct claim *p = *(const struct claim *const *)a;
	const struct claim *q = *(const struct claim *const *)b;
	const struct model_link *x = p->nlink->link, *y = q->nlink->link;
	if (p->rank != q->rank)
		return p->rank < q->rank ? -1 : 1;
	if (p->rank == RANK_GUEST && x->guest->since != y->guest->since)
		return x->guest->since < y->guest->since ? -1 : 1;
	if (x->ns->nsid != y->ns->nsid)
		return x->ns->nsid < y->ns->nsid ? -1 : 1;
	if (x->info.ifindex != y->info.ifindex)
		return x->info.ifindex < y->info.ifindex ? -1 : 1;
	return only_cmp(p, q);
}

int claims_sorted(const struct group *group, const struct claim ***ret, size_t *ret_count)
{
	size_t count = 0;
	LIST_EACH(claim, &group->claims, struct claim, in_group)
		count++;
	const struct claim **sorted = calloc(count ? count : 1, sizeof(*sorted));
	if (!sorted)
		return ERR_NOMEM;
	count = 0;
	LIST_EACH(claim, &group->claims, struct claim, in_group)
		sorted[count++] = claim;
	qsort(sorted, count, sizeof(*sorted), claim_cmp);
	*ret = sorted;
	*ret_count = count;
	return 0;
}

/* True if a claim of a better rank exists. */
static bool has_claim_before(const struct group *group, enum claim_rank rank)
{
	size_t before = 0;
	for (enum claim_rank r = RANK_OWN; r < rank; r++)
		before += group->ranks[r];
	return before > 0;
}

/* True if another guest has claimed the name before. */
static bool has_guest_before(const struct group *group, const struct claim *claim)
{
	LIST_EACH(other, &group->claims, const struct claim, in_group) {
		if (other->rank == RANK_GUEST &&
			other->nlink->link->guest->since < claim->nlink->link->guest->since)
			return true;
	}
	return false;
}

/* Whoever is named by its own word must not add an address to what an administrator wrote. */
static bool is_of_file(const struct names *n, const char *key)
{
	return n->sink.is_of_file && n->sink.is_of_file(n->sink.arg, key);
}

/* True if a better claim could get the name as a numbered one. */
static bool may_be_numbered(const struct names *n, const char *key, enum claim_rank rank)
{
	char base[LABEL_TEXT_CAP];
	strcpy(base, key);
	char *hyphen = strrchr(base, '-');
	if (n->policy.duplicates != DUPLICATES_NUMBER || !hyphen)
		return false;
	*hyphen = '\0';
	const struct group *of = group_find(n, base);
	return of && has_claim_before(of, rank);
}

/* True if the claim may not get the name: it is a guest's or rootless, and a claim of a better rank has
 * this name or could get it as a numbered one; or another guest or a zone file has it. */
bool group_refuses(const struct names *n, const struct group *group, const struct claim *claim)
{
	if (claim->rank == RANK_OWN)
		return false;
	if ((claim->rank == RANK_ROOTLESS && n->policy.rootless != ROOTLESS_YES) ||
		has_claim_before(group, claim->rank))
		return true;
	if (claim->rank != RANK_GRANTED && is_of_file(n, group->label))
		return true;
	if (claim->rank == RANK_GUEST && has_guest_before(group, claim))
		return true;
	return may_be_numbered(n, group->label, claim->rank);
}

enum names_collected names_judge_collected(const struct names *n, const char *label)
{
	char key[LABEL_TEXT_CAP];
	if (strlen(label) >= sizeof(key))
		return COLLECTED_SERVED; /* it is no label, and nobody's */
	label_lower(key, label);
	if (is_of_file(n, key))
		return COLLECTED_FILE;
	const struct group *group = group_find(n, key);
	if (group)
		LIST_EACH(claim, &group->claims, const struct claim, in_group)
			if (!group_refuses(n, group, claim))
				return COLLECTED_WORKLOAD;
	return may_be_numbered(n, key, RANK_COLLECTED) ? COLLECTED_WORKLOAD : COLLECTED_SERVED;
}

/* Returns the name `label`, which is the group's now. NULL: no memory. */
static struct host *group_take(struct names *n, struct group *group, const char *label)
{
	char key[LABEL_TEXT_CAP];
	label_lower(key, label);
	struct host *host = host_get(n, key);
	if (!host)
		return NULL;
	host->group = group;
	list_remove(&host->in_group);
	list_append(&group->hosts, &host->in_group);
	host_mark(n, host);
	return host;
}

static void host_want(
	struct names *n, struct host *host, const char *label, const struct host_addrs *addrs)
{
	free(host->want.list);
	host->want = *addrs;
	host->has_want = true;
	if (addrs->lower_at == NS_NEVER)
		heap_remove(&n->expiring, &host->in_expiring);
	else
		heap_put(&n->expiring, &host->in_expiring, addrs->lower_at);
	strcpy(host->label, label);
	host->workload_count = 0;
}

/* Gives the name `label` the addresses of `count` claims of the group. */
static int group_give(struct names *n, struct group *group, const char *label,
	const struct claim *const *claims, size_t count)
{
	struct host_addrs addrs;
	struct host *host = group_take(n, group, label);
	if (!host)
		return ERR_NOMEM;
	int err = gather_claims(n, claims, count, &addrs);
	if (err)
		return err; /* the host keeps its former addresses */
	host_want(n, host, label, &addrs);
	host->nsid = claims[0]->nlink->link->ns->nsid;
	host->is_away = false;
	host->is_silent = !n->policy.has_self_mdns;
	host->rank = claims[0]->rank; /* all have this rank: worse ones were refused */
	for (size_t i = 0; i < count; i++) {
		host->is_silent &= claims[i]->is_self;
		host->workload_count +=
			i == 0 || claims[i]->nlink->link->ns != claims[i - 1]->nlink->link->ns;
	}
	return 0;
}

/* Gives the name what is collected of it. Over mDNS its host says it itself. */
static int group_give_collected(struct names *n, struct group *group)
{
	const struct collected *collected = group->collected;
	struct host_addrs addrs;
	struct host *host = group_take(n, group, collected->label);
	if (!host)
		return ERR_NOMEM;
	int err = gather_collected(n, collected, &addrs);
	if (err)
		return err;
	host_want(n, host, collected->label, &addrs);
	host->is_away = addrs.count == 0;
	host->is_silent = true;
	host->rank = RANK_COLLECTED;
	return 0;
}

/* Finds the next free name of the form LABEL-number, which nobody claims itself. False if the
 * number makes it too long, or after LIMIT_NAME_NUMBER_TRIES. */
static bool numbered_label(
	const struct names *n, const char *label, unsigned *number, char ret[LABEL_TEXT_CAP])
{
	char key[LABEL_TEXT_CAP];
	for (unsigned tries = 0; tries < LIMIT_NAME_NUMBER_TRIES; tries++) {
		int len = snprintf(ret, LABEL_TEXT_CAP, "%s-%u", label, (*number)++);
		if (len >= LABEL_TEXT_CAP)
			return false;
		label_lower(key, ret);
		const struct group *other = group_find(n, key);
		if (!other || !has_claim_before(other, RANK_GRANTED))
			return true;
	}
	return false;
}

/* Returns how many of the sorted claims belong to the first one's workload. */
static size_t workload_len(const struct claim *const *claims, size_t count)
{
	size_t len = 1;
	while (len < count && claims[len]->nlink->link->ns == claims[0]->nlink->link->ns)
		len++;
	return len;
}

static int group_give_each(
	struct names *n, struct group *group, const struct claim *const *claims, size_t count)
{
	char label[LABEL_TEXT_CAP];
	unsigned number = 2;
	int err = 0;
	strcpy(label, claims[0]->label);
	for (size_t i = 0, len; i < count; i += len) {
		len = workload_len(claims + i, count - i);
		if (i > 0 && !numbered_label(n, claims[0]->label, &number, label))
			return err ? err : ERR_RANGE;
		int give_err = group_give(n, group, label, claims + i, len);
		err = give_err ? give_err : err;
	}
	return err;
}

/* Gives the names of the group, from its sorted claims. */
static int group_assign(struct names *n, struct group *group)
{
	const struct claim **claims = group->sorted;
	size_t kept = 0;
	int err = 0;
	for (size_t i = 0; i < group->sorted_count; i++)
		if (!group_refuses(n, group, claims[i]))
			claims[kept++] = claims[i];
	if (kept > 0) {
		switch (n->policy.duplicates) {
		case DUPLICATES_MERGE:
			err = group_give(n, group, claims[0]->label, claims, kept);
			break;
		case DUPLICATES_FIRST:
			err = group_give(
				n, group, claims[0]->label, claims, workload_len(claims, kept));
			break;
		case DUPLICATES_NUMBER: err = group_give_each(n, group, claims, kept); break;
		case DUPLICATES_COUNT: break;
		}
	} else if (group->collected && names_judge_collected(n, group->label) == COLLECTED_SERVED) {
		err = group_give_collected(n, group);
	}
	return err;
}

static void group_let_go(struct names *n, struct group *group)
{
	LIST_EACH(host, &group->hosts, struct host, in_group) {
		list_remove(&host->in_group);
		host->group = NULL;
		host_mark(n, host);
	}
}

/* First removes all names that the marked groups gave, then lets each group give names again. So
 * two groups may exchange a name, whatever their order. A group for which there is no memory keeps
 * its names and its mark. */
void hosts_assign(struct names *n)
{
	struct list done;
	list_init(&done);
	LIST_EACH(group, &n->dirty_groups, struct group, in_dirty) {
		names_check(n, claims_sorted(group, &group->sorted, &group->sorted_count));
		if (group->sorted)
			group_let_go(n, group);
	}
	LIST_EACH(group, &n->dirty_groups, struct group, in_dirty) {
		int err = group->sorted ? group_assign(n, group) : 0;
		bool is_done = group->sorted && err != ERR_NOMEM;
		names_check(n, err);
		free(group->sorted);
		group->sorted = NULL;
		if (is_done) {
			list_remove(&group->in_dirty);
			list_append(&done, &group->in_dirty);
		}
	}
	LIST_EACH(group, &done, struct group, in_dirty) {
		list_remove(&group->in_dirty);
		group_unref(n, group);
	}
}
