/* SPDX-License-Identifier: ISC */
/*
 * Owns the names as served: the difference between the records a name should have and those it had last.
 * Never sees kernel events, and never decides who has a name: assign.c does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/index.h"

void host_free(struct names *n, struct host *host)
{
	heap_remove(&n->expiring, &host->in_expiring);
	free(host->want.list);
	free(host->said.list);
	free(host);
}

void host_mark(struct names *n, struct host *host)
{
	if (list_is_empty(&host->in_dirty))
		list_append(&n->dirty_hosts, &host->in_dirty);
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

static bool is_away(const struct host *host)
{
	return host->group && host->is_away;
}

/* A name of another host without an address: this keeps it from being NXDOMAIN. */
static void sets_add_away(struct owner_sets *o)
{
	static const uint8_t text[] = "\4away";
	static const struct rdata away = {text, sizeof(text) - 1};
	o->sets[o->count++] = (struct rrset){
		.type = RR_TXT, .view = VIEW_ANY, .ttl = o->ttl_s, .count = 1, .rdata = &away};
}

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
		if (is_away(host) && branches[i].scope == ADDR_SCOPE_WAN)
			sets_add_away(&o);
		put_unicast(n, host, branches[i].branch, &o);
	}
	struct owner_sets o = {.rdata = room, .ttl_s = n->policy.ttl_s};
	sets_by_client(&o, addrs);
	if (is_away(host))
		sets_add_away(&o);
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
	       is_away(host) != host->was_away || host->rank != host->was_rank ||
	       strcmp(host->label, host->said_label) != 0;
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
	host->was_away = is_away(host);
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
