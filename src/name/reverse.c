/* SPDX-License-Identifier: ISC */
/*
 * Owns reverse names: the hosts that an address points to. The zones that we serve for them are in rzone.c.
 * Never decides what is served: an address has a PTR while some host has that address.
 *
 * A PTR points to N.wan.DOMAIN or N.lan.DOMAIN, by the scope of its address, because these names
 * have that address for every client; N.DOMAIN has not. So a forward lookup of the target returns
 * the address.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "name/index.h"

static uint64_t addr_hash(const struct names *n, const struct addr *addr)
{
	return hash_bytes(n->seed, addr, sizeof(*addr));
}

static struct ptr *ptr_find(const struct names *n, const struct addr *addr)
{
	return MAP_FIND(
		&n->ptrs, addr_hash(n, addr), struct ptr, node, ptr, addr_equal(&ptr->addr, addr));
}

/* fe80::/10 and 169.254/16 have reverse names in mDNS only (RFC 6762 §4). */
static bool has_rzone(const struct addr *addr)
{
	return addr_scope(addr) != ADDR_SCOPE_LOCAL;
}

static void ptr_mark(struct names *n, struct ptr *ptr)
{
	if (list_is_empty(&ptr->in_dirty))
		list_append(&n->dirty_ptrs, &ptr->in_dirty);
}

/* A zone has come: the names of addresses that begin none may be in it. */
static void ptrs_mark_zoneless(struct names *n)
{
	MAP_EACH(ptr, &n->ptrs, struct ptr, node)
		if (!ptr->has_zone)
			ptr_mark(n, ptr);
}

static struct ptr *ptr_get(struct names *n, const struct addr *addr)
{
	struct ptr *ptr = ptr_find(n, addr);
	if (ptr)
		return ptr;
	ptr = calloc(1, sizeof(*ptr));
	if (!ptr || map_add(&n->ptrs, &ptr->node, addr_hash(n, addr))) {
		free(ptr);
		return NULL;
	}
	ptr->addr = *addr;
	list_init(&ptr->hosts);
	list_init(&ptr->in_dirty);
	return ptr;
}

static struct ptr_host *ptr_host_find(const struct ptr *ptr, const struct host *host)
{
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr)
		if (ptr_host->host == host)
			return ptr_host;
	return NULL;
}

static int ptr_add_host(struct names *n, const struct addr *addr, struct host *host)
{
	struct ptr *ptr = ptr_get(n, addr);
	if (!ptr)
		return ERR_NOMEM;
	ptr_mark(n, ptr);
	if (ptr_host_find(ptr, host))
		return 0;
	struct ptr_host *ph = calloc(1, sizeof(*ph));
	if (!ph)
		return ERR_NOMEM;
	ph->host = host;
	list_append(&ptr->hosts, &ph->in_ptr);
	return 0;
}

static void ptr_remove_host(struct names *n, const struct addr *addr, const struct host *host)
{
	struct ptr *ptr = ptr_find(n, addr);
	struct ptr_host *ph = ptr ? ptr_host_find(ptr, host) : NULL;
	if (!ph)
		return;
	list_remove(&ph->in_ptr);
	free(ph);
	ptr_mark(n, ptr);
}

static bool has_addr(const struct host_addrs *addrs, const struct addr *addr)
{
	return host_addrs_find(addrs, addr) < addrs->count;
}

/* True if the entry is the same in both lists. */
static bool is_in_both(const struct host_addrs *a, size_t at, const struct host_addrs *b)
{
	/* Of an address on several wires there are as many entries. */
	for (size_t i = host_addrs_find(b, &a->list[at].addr); i < b->count; i++) {
		if (memcmp(&a->list[at], &b->list[i], sizeof(*b->list)) == 0)
			return true;
		if (!addr_equal(&a->list[at].addr, &b->list[i].addr))
			return false;
	}
	return false;
}

void ptrs_update(
	struct names *n, struct host *host, const struct host_addrs *addrs, bool is_renewed)
{
	for (size_t i = 0; i < host->said.count; i++)
		if (!has_addr(addrs, &host->said.list[i].addr))
			ptr_remove_host(n, &host->said.list[i].addr, host);
		else if (!is_in_both(&host->said, i, addrs))
			names_check(n, ptr_add_host(n, &host->said.list[i].addr, host));
	for (size_t i = 0; i < addrs->count; i++)
		if (is_renewed || !is_in_both(addrs, i, &host->said))
			names_check(n, ptr_add_host(n, &addrs->list[i].addr, host));
}

void ptrs_mark_all(struct names *n)
{
	MAP_EACH(ptr, &n->ptrs, struct ptr, node)
		ptr_mark(n, ptr);
}

/* Targets of a PTR set, while they are collected. */
struct targets {
	struct name names[LIMIT_PTR_TARGETS];
	struct rdata rdata[LIMIT_PTR_TARGETS];
	uint16_t count;
};

static void targets_add(
	struct names *n, struct targets *t, const struct host *host, const char *branch)
{
	if (t->count == LIMIT_PTR_TARGETS || host_owner(n, host, branch, &t->names[t->count]))
		return;
	t->rdata[t->count] = (struct rdata){t->names[t->count].wire, t->names[t->count].len};
	t->count++;
}

static struct rrset targets_set(const struct targets *t, uint32_t ttl_s)
{
	return (struct rrset){.type = RR_PTR,
		.view = VIEW_ANY,
		.ttl = ttl_s,
		.count = t->count,
		.rdata = t->rdata};
}

/* Root in a user's own namespace can configure any address. So a rootless name gets no PTR for an
 * address that a namespace of the host has, and begins no reverse zone. */
static enum claim_rank ptr_rank(const struct ptr *ptr)
{
	enum claim_rank best = RANK_COUNT - 1;
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr) {
		const struct host *host = ptr_host->host;
		if (host->rank < best)
			best = host->rank;
	}
	return best;
}

/* The records of an address on several wires last as long as the one that ends first. */
static uint32_t ttl_of(const struct host *host, const struct addr *addr, uint32_t ttl_s)
{
	const struct host_addrs *said = &host->said;
	for (size_t i = host_addrs_find(said, addr);
		i < said->count && addr_equal(&said->list[i].addr, addr); i++)
		if (said->list[i].step_s < ttl_s)
			ttl_s = said->list[i].step_s;
	return ttl_s;
}

static void ptr_say_unicast(struct names *n, const struct ptr *ptr, const uint8_t *owner)
{
	struct targets t = {.count = 0};
	enum claim_rank rank = ptr_rank(ptr);
	uint32_t ttl_s = n->policy.ttl_s;
	if (addr_scope(&ptr->addr) == ADDR_SCOPE_LOCAL)
		return;
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr) {
		const struct host *host = ptr_host->host;
		if (host->rank != rank)
			continue;
		targets_add(n, &t, host, addr_scope_text(addr_scope(&ptr->addr)));
		ttl_s = ttl_of(host, &ptr->addr, ttl_s);
	}
	struct rrset set = targets_set(&t, ttl_s);
	if (n->policy.hides_lan && addr_scope(&ptr->addr) == ADDR_SCOPE_LAN)
		set.view = VIEW_LAN;
	n->stats.puts++;
	names_check(n, n->sink.put_unicast(n->sink.arg, owner, &set, t.count > 0));
}

static bool is_host_addr_on(const struct names *n, const struct host *host, const struct addr *addr,
	const struct spoken_link *link)
{
	const struct host_addrs *said = &host->said;
	for (size_t i = host_addrs_find(said, addr);
		i < said->count && addr_equal(&said->list[i].addr, addr); i++)
		if (host_addr_is_on(n, &said->list[i], link))
			return true;
	return false;
}

static uint32_t holder_of(const struct host_addr *ha)
{
	return ha->nsid == NSID_OWN && ha->guest ? HOLDER_GUEST | ha->guest : (uint32_t)ha->nsid;
}

/* Returns one of those who have the address: our own namespace, if it has it. */
static uint32_t ptr_holder(const struct ptr *ptr)
{
	uint32_t holder = 0;
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr) {
		const struct host_addrs *said = &ptr_host->host->said;
		for (size_t i = host_addrs_find(said, &ptr->addr);
			i < said->count && addr_equal(&said->list[i].addr, &ptr->addr); i++)
			if (holder_of(&said->list[i]) > holder)
				holder = holder_of(&said->list[i]);
	}
	return holder;
}

static void ptr_say_mdns(struct names *n, const struct ptr *ptr, const uint8_t *owner)
{
	enum claim_rank rank = ptr_rank(ptr);
	const struct names_mdns_kind kind = {
		.is_reverse = true, .is_of_host = ptr_holder(ptr) == HOLDER_OWN};
	for (size_t i = 0; i < n->spoken_link_count; i++) {
		struct targets t = {.count = 0};
		LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr) {
			const struct host *host = ptr_host->host;
			if (host->rank == rank && !host->is_silent &&
				is_host_addr_on(n, host, &ptr->addr, &n->spoken_links[i]))
				targets_add(n, &t, host, "local");
		}
		struct rrset set = targets_set(&t, NAMES_MDNS_TTL_S);
		names_check(n, n->sink.put_mdns(n->sink.arg, n->spoken_links[i].ifindex, owner,
				       &set, t.count > 0, kind));
	}
}

static void ptr_free(struct names *n, struct ptr *ptr)
{
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr)
		free(ptr_host);
	map_remove(&n->ptrs, &ptr->node);
	free(ptr);
}

static bool needs_zone(const struct ptr *ptr)
{
	return ptr_rank(ptr) == RANK_OWN && has_rzone(&ptr->addr);
}

static void ptr_enter_zone(struct names *n, struct ptr *ptr)
{
	bool is_new = false;
	if (!needs_zone(ptr))
		return;
	if (ptr->has_zone)
		rzone_offer(n, &ptr->addr, ptr_holder(ptr));
	else
		ptr->has_zone = rzone_enter(n, &ptr->addr, ptr_holder(ptr), &is_new) == 0;
	if (is_new)
		ptrs_mark_zoneless(n);
}

/* False: there was no memory for all of it. */
static bool ptr_say(struct names *n, struct ptr *ptr)
{
	const uint64_t before = n->shortages;
	struct name owner;
	name_reverse(&ptr->addr, 8 * (unsigned)addr_len(&ptr->addr), &owner);
	ptr_say_unicast(n, ptr, owner.wire);
	ptr_say_mdns(n, ptr, owner.wire);
	if (n->shortages == before && ptr->has_zone && !needs_zone(ptr))
		ptr->has_zone = rzone_leave(n, &ptr->addr) != 0;
	return n->shortages == before && ptr->has_zone == needs_zone(ptr);
}

/* Runs after hosts_say(): PTRs follow from the hosts' records. New zones begin before any zone
 * ends, so a zone that continues does not end in between. */
void ptrs_say(struct names *n)
{
	LIST_EACH(ptr, &n->dirty_ptrs, struct ptr, in_dirty)
		ptr_enter_zone(n, ptr);
	LIST_EACH(ptr, &n->dirty_ptrs, struct ptr, in_dirty) {
		if (!ptr_say(n, ptr))
			continue;
		list_remove(&ptr->in_dirty);
		if (list_is_empty(&ptr->hosts))
			ptr_free(n, ptr);
	}
	rzones_settle(n);
}

void ptrs_free(struct names *n)
{
	MAP_EACH(ptr, &n->ptrs, struct ptr, node)
		ptr_free(n, ptr);
	map_fini(&n->ptrs);
	rzones_free(n);
}
