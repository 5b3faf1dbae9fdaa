/* SPDX-License-Identifier: ISC */
/*
 * Owns the names as served: which group gives which name its addresses (--duplicates), and the
 * difference between the records a name should have and those it had last.
 * Never sees kernel events.
 */
#include <assert.h>
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

void host_free(struct names *n, struct host *host)
{
	heap_remove(&n->expiring, &host->in_expiring);
	free(host->want.list);
	free(host->said.list);
	free(host);
}

static void host_mark(struct names *n, struct host *host)
{
	if (list_is_empty(&host->in_dirty))
		list_append(&n->dirty_hosts, &host->in_dirty);
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
static bool is_of_file(const struct names *n, const struct group *group)
{
	return n->sink.is_of_file && n->sink.is_of_file(n->sink.arg, group->label);
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
	if (claim->rank != RANK_GRANTED && is_of_file(n, group))
		return true;
	if (claim->rank == RANK_GUEST && has_guest_before(group, claim))
		return true;
	char base[LABEL_TEXT_CAP];
	strcpy(base, group->label);
	char *hyphen = strrchr(base, '-');
	if (n->policy.duplicates != DUPLICATES_NUMBER || !hyphen)
		return false;
	*hyphen = '\0';
	const struct group *of = group_find(n, base);
	return of && has_claim_before(of, claim->rank);
}

/* Gives the name `label` the addresses of `count` claims of the group. */
static int group_give(struct names *n, struct group *group, const char *label,
	const struct claim *const *claims, size_t count)
{
	char key[LABEL_TEXT_CAP];
	struct host_addrs addrs;
	label_lower(key, label);
	struct host *host = host_get(n, key);
	if (!host)
		return ERR_NOMEM;
	host->group = group;
	list_remove(&host->in_group);
	list_append(&group->hosts, &host->in_group);
	host_mark(n, host);
	int err = gather_claims(n, claims, count, &addrs);
	if (err)
		return err; /* the host keeps its former addresses */
	free(host->want.list);
	host->want = addrs;
	host->has_want = true;
	host->nsid = claims[0]->nlink->link->ns->nsid;
	if (addrs.lower_at == NS_NEVER)
		heap_remove(&n->expiring, &host->in_expiring);
	else
		heap_put(&n->expiring, &host->in_expiring, addrs.lower_at);
	host->workload_count = 0;
	host->is_silent = !n->policy.has_self_mdns;
	host->rank = claims[0]->rank; /* all have this rank: worse ones were refused */
	for (size_t i = 0; i < count; i++) {
		host->is_silent &= claims[i]->is_self;
		host->workload_count +=
			i == 0 || claims[i]->nlink->link->ns != claims[i - 1]->nlink->link->ns;
	}
	strcpy(host->label, label);
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

/* The sets of one owner, while they are built: at most lan and wan views of A and AAAA. The rdata
 * lists share one array, which has room for each address twice. */
struct owner_sets {
	struct rrset sets[4];
	size_t count;
	struct rdata *rdata;
	size_t used;
	uint32_t ttl_s;
};

static bool is_same_as_last(const struct host_addrs *addrs, size_t i)
{
	return i > 0 && addr_equal(&addrs->list[i].addr, &addrs->list[i - 1].addr);
}

/* Adds the set of all addresses of that family and scope, if there are any. */
static void sets_add(struct owner_sets *o, const struct host_addrs *addrs, enum addr_family family,
	enum addr_scope scope, enum view view)
{
	struct rdata *start = o->rdata + o->used;
	uint16_t count = 0;
	uint32_t ttl_s = o->ttl_s;
	for (size_t i = 0; i < addrs->count; i++) {
		const struct host_addr *ha = &addrs->list[i];
		if (ha->addr.family != family || ha->scope != scope)
			continue;
		ttl_s = ha->step_s < ttl_s ? ha->step_s : ttl_s; /* RFC 2181 §5.2: a set has one */
		if (!is_same_as_last(addrs, i))
			start[count++] =
				(struct rdata){ha->addr.bytes, (uint16_t)addr_len(&ha->addr)};
	}
	if (count == 0)
		return;
	o->used += count;
	o->sets[o->count++] = (struct rrset){.type = family == ADDR_V4 ? RR_A : RR_AAAA,
		.view = (uint8_t)view,
		.ttl = ttl_s,
		.count = count,
		.rdata = start};
}

static bool has_any(const struct host_addrs *addrs, enum addr_family family, enum addr_scope scope)
{
	for (size_t i = 0; i < addrs->count; i++)
		if (addrs->list[i].addr.family == family && addrs->list[i].scope == scope)
			return true;
	return false;
}

/* N.DOMAIN, for each family: a lan client gets the lan addresses, or the wan ones if there are
 * none. Other clients get only wan addresses, so private addresses stay inside. */
static void sets_by_client(struct owner_sets *o, const struct host_addrs *addrs)
{
	for (enum addr_family family = ADDR_V4; family <= ADDR_V6; family++) {
		bool has_lan = has_any(addrs, family, ADDR_SCOPE_LAN);
		sets_add(o, addrs, family, ADDR_SCOPE_LAN, VIEW_LAN);
		sets_add(o, addrs, family, ADDR_SCOPE_WAN, has_lan ? VIEW_WAN : VIEW_ANY);
	}
}

static void put_unicast(
	struct names *n, const struct host *host, const char *branch, const struct owner_sets *o)
{
	struct name owner;
	int err = host_owner(n, host, branch, &owner);
	if (!err)
		err = n->sink.put_unicast(n->sink.arg, owner.wire, o->sets, o->count);
	n->stats.puts++;
	names_check(n, err);
}

static void host_say_unicast(struct names *n, const struct host *host,
	const struct host_addrs *addrs, struct rdata *room)
{
	static const struct {
		const char *branch;
		enum addr_scope scope;
	} branches[] = {{"wan", ADDR_SCOPE_WAN}, {"lan", ADDR_SCOPE_LAN}};
	for (size_t i = 0; i < ARRAY_LEN(branches); i++) {
		struct owner_sets o = {.rdata = room, .ttl_s = n->policy.ttl_s};
		const bool is_hidden = branches[i].scope == ADDR_SCOPE_LAN && n->policy.hides_lan;
		const enum view view = is_hidden ? VIEW_LAN : VIEW_ANY;
		sets_add(&o, addrs, ADDR_V4, branches[i].scope, view);
		sets_add(&o, addrs, ADDR_V6, branches[i].scope, view);
		put_unicast(n, host, branches[i].branch, &o);
	}
	struct owner_sets o = {.rdata = room, .ttl_s = n->policy.ttl_s};
	sets_by_client(&o, addrs);
	put_unicast(n, host, "", &o);
}

/* Writes the addresses that are valid on `link` to `o`. Routable ones come first: phones and
 * browsers cannot use a link-local address without a zone id. */
static void sets_on_link(const struct names *n, struct owner_sets *o,
	const struct host_addrs *addrs, const struct spoken_link *link)
{
	for (enum addr_family family = ADDR_V4; family <= ADDR_V6; family++) {
		struct rdata *start = o->rdata + o->used;
		uint16_t count = 0;
		const uint8_t *last = NULL;
		for (enum addr_scope scope = ADDR_SCOPE_WAN; scope > ADDR_SCOPE_NONE; scope--)
			for (size_t i = 0; i < addrs->count; i++) {
				const struct host_addr *ha = &addrs->list[i];
				size_t len = addr_len(&ha->addr);
				if (ha->addr.family != family || ha->scope != scope ||
					count == LIMIT_HOST_ADDRS ||
					(last && memcmp(last, ha->addr.bytes, len) == 0) ||
					!host_addr_is_on(n, ha, link))
					continue;
				last = ha->addr.bytes;
				start[count++] = (struct rdata){last, (uint16_t)len};
			}
		if (count == 0)
			continue;
		o->used += count;
		o->sets[o->count++] = (struct rrset){.type = family == ADDR_V4 ? RR_A : RR_AAAA,
			.view = VIEW_ANY,
			.ttl = o->ttl_s,
			.count = count,
			.rdata = start};
	}
}

/* True if it has the name that other programs here use for this host, even if others have it, too. */
static bool is_this_host(const struct names *n, const struct host *host)
{
	char key[LABEL_TEXT_CAP];
	label_lower(key, n->policy.host);
	return strcmp(key, host->key) == 0;
}

static void host_say_mdns(struct names *n, const struct host *host, const struct host_addrs *addrs,
	struct rdata *room)
{
	static const struct host_addrs none = {0};
	struct name owner;
	if (host_owner(n, host, "local", &owner))
		return;
	const struct names_mdns_kind kind = {.is_of_host = is_this_host(n, host)};
	if (host->is_silent)
		addrs = &none;
	for (size_t i = 0; i < n->spoken_link_count; i++) {
		struct owner_sets o = {.rdata = room, .ttl_s = NAMES_MDNS_TTL_S};
		sets_on_link(n, &o, addrs, &n->spoken_links[i]);
		names_check(n, n->sink.put_mdns(n->sink.arg, n->spoken_links[i].ifindex, owner.wire,
				       o.sets, o.count, kind));
	}
}

/* True if it differs by more than its addresses, or was not put completely. */
static bool host_is_renewed(const struct host *host)
{
	return host->is_incomplete || host->is_silent != host->was_silent ||
	       host->rank != host->was_rank || strcmp(host->label, host->said_label) != 0;
}

static bool host_has_news(const struct host *host, const struct host_addrs *addrs)
{
	const struct host_addrs *said = &host->said;
	return host_is_renewed(host) || addrs->count != said->count ||
	       (addrs->count > 0 &&
		       memcmp(addrs->list, said->list, addrs->count * sizeof(*addrs->list)) != 0);
}

bool names_has_on(const struct names *n, const char *label, uint32_t ifindex)
{
	char key[LABEL_TEXT_CAP];
	if (strlen(label) >= sizeof(key))
		return false;
	label_lower(key, label);
	const struct host *host = host_find(n, key);
	if (!host || host->is_silent)
		return host != NULL;
	const struct host_addrs *addrs = host->has_want ? &host->want : &host->said;
	for (size_t i = 0; host->group && i < n->spoken_link_count; i++) {
		if (n->spoken_links[i].ifindex != ifindex)
			continue;
		for (size_t j = 0; j < addrs->count; j++)
			if (host_addr_is_on(n, &addrs->list[j], &n->spoken_links[i]))
				return true;
	}
	return false;
}

/* Puts the records of a host, if they differ, and remembers them. ERR_NOMEM: nothing was put. */
static int host_say(struct names *n, struct host *host, const struct host_addrs *addrs)
{
	bool has_news = n->has_new_policy || host_has_news(host, addrs);
	struct rdata *room = calloc(2 * addrs->count + 1, sizeof(*room));
	if (!room)
		return ERR_NOMEM;
	if (has_news)
		host_say_unicast(n, host, addrs, room);
	if (has_news || n->has_new_spoken_links)
		host_say_mdns(n, host, addrs, room);
	free(room);
	if (addrs->left_out > 0 && host->said.left_out == 0 && n->sink.on_left_out)
		n->sink.on_left_out(n->sink.arg, host->label, addrs->left_out);
	if (!has_news)
		return 0;
	ptrs_update(n, host, addrs, host_is_renewed(host));
	strcpy(host->said_label, host->label);
	host->was_silent = host->is_silent;
	host->was_rank = host->rank;
	if (n->sink.on_host)
		n->sink.on_host(n->sink.arg, host->label, addrs->count == 0);
	return 0;
}

static void host_addrs_replace(struct host_addrs *addrs, const struct host_addrs *by)
{
	free(addrs->list);
	*addrs = *by;
}

/* The sink has got the addresses that the host should have. */
static void host_remember(struct host *host)
{
	static const struct host_addrs none = {0};
	if (!host->group)
		host_addrs_replace(&host->said, &none);
	else if (host->has_want)
		host_addrs_replace(&host->said, &host->want);
	if (host->group && host->has_want)
		host->want = none;
	host_addrs_replace(&host->want, &none);
	host->has_want = false;
}

/* A host that was not put completely, for lack of memory, stays marked. */
static void host_settle(struct names *n, struct host *host)
{
	static const struct host_addrs none = {0};
	const struct host_addrs *addrs = !host->group     ? &none
					 : host->has_want ? &host->want
							  : &host->said;
	const uint64_t before = n->shortages;
	int err = host_say(n, host, addrs);
	names_check(n, err);
	host->is_incomplete = n->shortages != before;
	if (!err)
		host_remember(host);
	if (host->is_incomplete)
		return;
	list_remove(&host->in_dirty);
	if (host->group)
		return;
	map_remove(&n->hosts, &host->node);
	host_free(n, host);
}

void hosts_say(struct names *n)
{
	LIST_EACH(host, &n->dirty_hosts, struct host, in_dirty)
		host_settle(n, host);
}

/* The group chooses the addresses again, and with them when the host is due next. */
void hosts_mark_expiring(struct names *n)
{
	for (struct heap_node *due; (due = heap_first(&n->expiring)) && due->at <= n->now;) {
		struct host *host = container_of(due, struct host, in_expiring);
		heap_remove(&n->expiring, due);
		if (host->group)
			group_mark(n, host->group);
	}
}

void hosts_mark_all(struct names *n)
{
	MAP_EACH(host, &n->hosts, struct host, node)
		host_mark(n, host);
}
