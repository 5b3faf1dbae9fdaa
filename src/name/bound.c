/* SPDX-License-Identifier: ISC */
/*
 * Owns the claims of single addresses: by their label (`eth0:git`), and by --address-names. Several
 * programs on one stack have names in this way.
 * Never decides who gets a name: host.c does.
 */
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/address_names.h"
#include "name/index.h"

static bool wants_labels(const struct policy *policy)
{
	for (unsigned i = 0; i < policy->source_count; i++)
		if (policy->sources[i] == NAME_LABEL)
			return true;
	return false;
}

static bool wants_any(const struct policy *policy)
{
	return policy->address_names || wants_labels(policy);
}

/* An address of others is as little the administrator's as their alias; a user may have asked ontapd
 * for the address of his device. */
static enum claim_rank rank_of(const struct names *n, const struct model_link *link)
{
	if (link_is_foreign(&n->policy, n->model, link))
		return RANK_ROOTLESS;
	return link->info.is_of_user ? RANK_GRANTED : RANK_OWN;
}

/* The names of one address: its label, then those of --address-names. */
struct bound_names {
	const struct model_addr *addr;
	const char *label; /* "" if it is not wanted, or done */
	const struct address_name *at;
	size_t left; /* of `at` */
	enum claim_rank rank;
};

static struct bound_names bound_begin(const struct names *n, const struct model_addr *addr)
{
	struct bound_names b = {.addr = addr, .label = "", .rank = rank_of(n, addr->link)};
	if (!addr->is_present)
		return b;
	if (wants_labels(&n->policy))
		b.label = addr->info.label;
	if (n->policy.address_names)
		b.at = address_names_find(n->policy.address_names, &addr->info.addr, &b.left);
	return b;
}

/* Finds the next name and judges it; false if there is no more. The reader of the files has judged
 * theirs. */
static bool bound_next(
	struct bound_names *b, struct candidate *ret, enum label_verdict *ret_verdict)
{
	*ret = (struct candidate){.rank = b->rank, .only = b->addr, .source = NAME_LABEL};
	if (*b->label) {
		ret->word = b->label;
		ret->len = strlen(b->label);
		b->label = "";
		*ret_verdict = label_judge(ret->word, ret->len);
		return true;
	}
	if (b->left == 0)
		return false;
	ret->word = b->at->label;
	ret->len = strlen(b->at->label);
	ret->source = NAME_ADDRESS;
	b->at++;
	b->left--;
	*ret_verdict = LABEL_OK;
	return true;
}

static bool is_claim_of(const struct claim *claim, const struct candidate *c)
{
	return claim->only == c->only && claim->source == c->source && claim->rank == c->rank &&
	       strlen(claim->label) == c->len && memcmp(claim->label, c->word, c->len) == 0;
}

/* Returns the claim that makes this one needless: it is there, or another source has that name for
 * the address already. */
static struct claim *find_like(const struct nlink *nlink, const struct candidate *c)
{
	char label[LABEL_TEXT_CAP], key[LABEL_TEXT_CAP];
	memcpy(label, c->word, c->len);
	label[c->len] = '\0';
	label_lower(key, label);
	if (claim_find(nlink, key))
		return claim_find(nlink, key);
	LIST_EACH(claim, &nlink->bound, struct claim, in_link)
		if (claim->only == c->only && strcmp(claim->group->label, key) == 0 &&
			(!claim->is_stale || is_claim_of(claim, c)))
			return claim;
	return NULL;
}

static void keep_or_add(struct names *n, struct nlink *nlink, const struct candidate *c)
{
	struct claim *claim = find_like(nlink, c);
	if (claim) {
		claim->is_stale = false;
		return;
	}
	const unsigned allowed = link_names_max(&n->policy, nlink->link, nlink->is_foreign);
	if (nlink->bound_count >= LIMIT_ADDRESS_CLAIMS || nlink->bound_count >= allowed) {
		nlink->has_surplus = true;
		return;
	}
	int err = claim_add(n, nlink, c);
	names_check(n, err);
	n->has_lost_links |= err != 0;
}

static void add_all(struct names *n, struct nlink *nlink, const struct model_addr *addr)
{
	struct bound_names names = bound_begin(n, addr);
	struct candidate candidate;
	enum label_verdict verdict;
	while (bound_next(&names, &candidate, &verdict))
		if (verdict == LABEL_OK)
			keep_or_add(n, nlink, &candidate);
}

/* Marks the claims of one address as stale, or of all with NULL. */
static void make_stale(struct nlink *nlink, const struct model_addr *addr)
{
	LIST_EACH(claim, &nlink->bound, struct claim, in_link)
		claim->is_stale = !addr || claim->only == addr;
}

static void remove_stale(struct names *n, struct nlink *nlink)
{
	LIST_EACH(claim, &nlink->bound, struct claim, in_link)
		if (claim->is_stale)
			claim_remove(n, claim);
}

void bound_update_link(struct names *n, struct nlink *nlink)
{
	if (list_is_empty(&nlink->bound) && !wants_any(&n->policy))
		return;
	nlink->has_surplus = false;
	make_stale(nlink, NULL);
	LIST_EACH(addr, &nlink->link->addrs, const struct model_addr, in_link)
		add_all(n, nlink, addr);
	remove_stale(n, nlink);
}

void bound_update(
	struct names *n, struct nlink *nlink, const struct model_addr *addr, bool may_report)
{
	if (list_is_empty(&nlink->bound) && !wants_any(&n->policy))
		return;
	if (may_report && n->sink.on_reject)
		bound_each_reject(n, addr, n->sink.on_reject, n->sink.arg);
	make_stale(nlink, addr);
	add_all(n, nlink, addr);
	remove_stale(n, nlink);
}

void bound_drop(struct names *n, struct nlink *nlink, const struct model_addr *addr)
{
	LIST_EACH(claim, &nlink->bound, struct claim, in_link)
		if (claim->only == addr)
			claim_remove(n, claim);
	if (nlink->has_surplus)
		bound_update_link(n, nlink);
}

void bound_each_reject(
	const struct names *n, const struct model_addr *addr, reject_fn *visit, void *arg)
{
	struct bound_names names = bound_begin(n, addr);
	struct candidate candidate;
	enum label_verdict verdict;
	while (bound_next(&names, &candidate, &verdict))
		if (verdict != LABEL_OK)
			visit(arg, addr->link, candidate.word, candidate.len, verdict);
}
