/* SPDX-License-Identifier: ISC */
/*
 * Owns reverse names: the hosts that an address points to, and the reverse zones that we serve for
 * it.
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

/* The length of the reverse zone of an address. Private IPv4: the zones of RFC 6303; other IPv4:
 * /24. ULA: /48, since its 40 random bits identify a site (RFC 4193 §3.2); other IPv6: /64. */
static unsigned rzone_bits(const struct addr *addr)
{
	bool is_lan = addr_scope(addr) == ADDR_SCOPE_LAN;
	if (addr->family == ADDR_V6)
		return is_lan ? 48 : 64;
	if (!is_lan)
		return 24;
	return addr->bytes[0] == 10 ? 8 : 16;
}

static struct rzone *rzone_get(struct names *n, const struct addr *addr)
{
	struct name apex;
	name_reverse(addr, rzone_bits(addr), &apex);
	uint64_t hash = name_hash(n->seed, apex.wire);
	struct rzone *rzone = MAP_FIND(
		&n->rzones, hash, struct rzone, node, r, name_equal(r->apex.wire, apex.wire));
	if (rzone)
		return rzone;
	rzone = calloc(1, sizeof(*rzone));
	if (!rzone || map_add(&n->rzones, &rzone->node, hash)) {
		free(rzone);
		return NULL;
	}
	name_copy(&rzone->apex, apex.wire);
	return rzone;
}

static void rzone_free(struct names *n, struct rzone *rzone)
{
	map_remove(&n->rzones, &rzone->node);
	free(rzone);
}

static int rzone_put(struct names *n, const struct rzone *rzone, bool is_ours)
{
	int err = n->sink.put_reverse_zone(n->sink.arg, rzone->apex.wire, is_ours);
	names_check(n, err);
	return err == ERR_NOMEM ? err : 0;
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

/* Counts an address in its zone. ERR_NOMEM: it is not counted. */
static int rzone_enter(struct names *n, const struct addr *addr)
{
	struct rzone *rzone = rzone_get(n, addr);
	if (!rzone) {
		names_check(n, ERR_NOMEM);
		return ERR_NOMEM;
	}
	bool has_to_put = rzone->count == 0 || rzone->is_half_removed;
	int err = has_to_put ? rzone_put(n, rzone, true) : 0;
	if (err && rzone->count == 0)
		rzone_free(n, rzone);
	if (err)
		return err;
	if (has_to_put)
		ptrs_mark_zoneless(n);
	rzone->is_half_removed = false;
	rzone->count++;
	return 0;
}

/* Counts it out. ERR_NOMEM: it is still counted. */
static int rzone_leave(struct names *n, const struct addr *addr)
{
	struct rzone *rzone = rzone_get(n, addr); /* exists: the address is counted in it */
	if (rzone->count > 1) {
		rzone->count--;
		return 0;
	}
	rzone->is_half_removed = rzone_put(n, rzone, false) != 0;
	if (rzone->is_half_removed)
		return ERR_NOMEM;
	rzone_free(n, rzone);
	return 0;
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

/* Whether a link of our own namespace has the address. */
static bool is_own_addr(const struct ptr *ptr)
{
	LIST_EACH(ptr_host, &ptr->hosts, struct ptr_host, in_ptr) {
		const struct host_addrs *said = &ptr_host->host->said;
		for (size_t i = host_addrs_find(said, &ptr->addr);
			i < said->count && addr_equal(&said->list[i].addr, &ptr->addr); i++)
			if (said->list[i].is_own)
				return true;
	}
	return false;
}

static void ptr_say_mdns(struct names *n, const struct ptr *ptr, const uint8_t *owner)
{
	enum claim_rank rank = ptr_rank(ptr);
	const struct names_mdns_kind kind = {.is_reverse = true, .is_of_host = is_own_addr(ptr)};
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
	LIST_EACH(ptr, &n->dirty_ptrs, struct ptr, in_dirty) {
		if (needs_zone(ptr) && !ptr->has_zone)
			ptr->has_zone = rzone_enter(n, &ptr->addr) == 0;
	}
	LIST_EACH(ptr, &n->dirty_ptrs, struct ptr, in_dirty) {
		if (!ptr_say(n, ptr))
			continue;
		list_remove(&ptr->in_dirty);
		if (list_is_empty(&ptr->hosts))
			ptr_free(n, ptr);
	}
}

void ptrs_free(struct names *n)
{
	MAP_EACH(ptr, &n->ptrs, struct ptr, node)
		ptr_free(n, ptr);
	map_fini(&n->ptrs);
	MAP_EACH(rzone, &n->rzones, struct rzone, node) {
		map_remove(&n->rzones, &rzone->node);
		free(rzone);
	}
	map_fini(&n->rzones);
}
