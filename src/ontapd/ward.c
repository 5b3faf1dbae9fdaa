/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision which address is a guest's, and the addresses on the links in the nursery.
 * Never reads a frame: the learner does, and what it says is not trusted.
 */
#include "ontapd/ward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "device/request.h"

static uint64_t hash_of(const struct addr *addr)
{
	return hash_bytes(addr->family, addr->bytes, sizeof(addr->bytes));
}

struct ward *ward_find(const struct autoconf *a, uint32_t ifindex)
{
	return MAP_FIND(&a->guests, hash_mix(ifindex, 0), struct ward, by_ifindex, w,
		w->ifindex == ifindex);
}

struct wire *wire_find(const struct autoconf *a, uint32_t ifindex)
{
	LIST_EACH(wire, &a->wires, struct wire, in_all)
		if (wire->ifindex == ifindex)
			return wire;
	return NULL;
}

static struct ward_addr *find_addr(
	const struct autoconf *a, const struct wire *wire, const struct addr *addr)
{
	return MAP_FIND(&a->addrs, hash_of(addr), struct ward_addr, by_addr, each,
		each->ward->wire == wire && addr_equal(&each->addr, addr));
}

void ward_order(struct autoconf *a, const struct learner_order *order)
{
	int err = learner_is_running(&a->learner) ? learner_order(&a->learner, order, -1) : 0;
	if (err && log_limit_may(&a->complaints, loop_now()))
		log_warning(a->log, "the learner is not told: ifindex=%u error=\"%s\"",
			order->ifindex, err_text(err));
}

static void order_addr(struct autoconf *a, enum learner_order_type type, const struct ward *ward,
	const struct addr *addr, uint32_t lifetime_s)
{
	const struct learner_order order = {
		.type = type, .ifindex = ward->ifindex, .addr = *addr, .lifetime_s = lifetime_s};
	ward_order(a, &order);
}

/* --- the guard ---------------------------------------------------------------------------- */

static void put_claim(
	struct autoconf *a, const struct wire *wire, const struct addr *addr, uint32_t ifindex)
{
	int err = a->rewrite ? rewrite_put_claim(a->rewrite, wire->ifindex, addr, ifindex) : 0;
	if (err && log_limit_may(&a->complaints, loop_now()))
		log_warning(a->log, "the guard is not told: ifindex=%u error=\"%s\"", ifindex,
			err_text(err));
}

static void drop_claim(struct autoconf *a, const struct wire *wire, const struct addr *addr)
{
	if (a->rewrite)
		rewrite_drop_claim(a->rewrite, wire->ifindex, addr);
}

/* The prefixes of a policy are judged by the learner; the guard lets the claim through to it. */
static uint32_t flags_of(const struct guest_policy *policy)
{
	bool has_prefix[ADDR_V6 + 1] = {false};
	for (size_t i = 0; i < policy->prefix_count; i++)
		has_prefix[policy->prefixes[i].addr.family] = true;
	bool is_any = policy->kinds & GUEST_KIND_ANY;
	return (is_any || has_prefix[ADDR_V4] ? BPF_GUEST_ARP : 0) |
	       (is_any || has_prefix[ADDR_V6] || policy->kinds ? BPF_GUEST_ND : 0);
}

static void put_own(struct bpf_guest *guest, const struct ward *ward)
{
	size_t v4 = 0, v6 = 0;
	LIST_EACH(each, &ward->addrs, const struct ward_addr, in_ward)
		if (each->addr.family == ADDR_V6 && v6 < BPF_OWN_V6)
			memcpy(guest->own_v6[v6++], each->addr.bytes, BPF_ADDR_LEN);
		else if (each->addr.family == ADDR_V4 && v4 < BPF_OWN_V4)
			memcpy(&guest->own_v4[v4++], each->addr.bytes, sizeof(guest->own_v4[0]));
}

int ward_tell_programs(struct autoconf *a, const struct ward *ward)
{
	struct bpf_guest guest = {.wire = ward->wire->ifindex, .flags = flags_of(&ward->policy)};
	if (!a->rewrite)
		return 0;
	put_own(&guest, ward);
	if (ward->is_rewritten)
		guest.flags |= BPF_GUEST_SHARES;
	memcpy(guest.hwaddr, ward->hwaddr, sizeof(guest.hwaddr));
	memcpy(guest.wire_hwaddr, ward->is_rewritten ? ward->wire->hwaddr : ward->hwaddr,
		sizeof(guest.wire_hwaddr));
	return rewrite_put_guest(a->rewrite, ward->ifindex, &guest);
}

static void put_addrs(struct autoconf *a, const struct ward *ward)
{
	int err = ward_tell_programs(a, ward);
	if (err && log_limit_may(&a->complaints, loop_now()))
		log_warning(a->log, "the guard is not told: ifindex=%u error=\"%s\"", ward->ifindex,
			err_text(err));
}

/* --- addresses ---------------------------------------------------------------------------- */

static struct device_addr on_link(const struct addr *addr, uint32_t lifetime_s)
{
	return (struct device_addr){.addr = *addr,
		.prefix_len = (uint8_t)(8 * addr_len(addr)),
		.lifetime_s = lifetime_s};
}

static int add_to_link(
	struct autoconf *a, const struct ward *ward, const struct addr *addr, uint32_t lifetime_s)
{
	struct asker *asker = &a->nursery.asker;
	const struct device_addr wanted = on_link(addr, lifetime_s);
	const struct rtnl_request request =
		request_add_guest_addr(++asker->seq, ward->ifindex, &wanted);
	return asker_ask(asker, &request, NSID_OWN);
}

static void delete_from_link(struct autoconf *a, const struct ward *ward, const struct addr *addr)
{
	struct asker *asker = &a->nursery.asker;
	const struct device_addr wanted = on_link(addr, 0);
	const struct rtnl_request request =
		request_delete_addr(++asker->seq, ward->ifindex, &wanted);
	(void)!asker_ask(asker, &request, NSID_OWN); /* its lifetime may have ended */
}

/* Forgets the address; the link still has it. */
static void forget(struct autoconf *a, struct ward_addr *each)
{
	if (taken_has(&a->taken, &each->addr))
		put_claim(a, each->ward->wire, &each->addr, 0);
	else
		drop_claim(a, each->ward->wire, &each->addr);
	map_remove(&a->addrs, &each->by_addr);
	list_remove(&each->in_ward);
	put_addrs(a, each->ward);
	free(each);
}

static bool may_log(struct ward *ward)
{
	return budget_may(
		&ward->logged, loop_now(), LIMIT_GUEST_LINES, LIMIT_GUEST_LINE_S * NS_PER_S);
}

static void take_away(struct autoconf *a, struct ward_addr *each, const char *why)
{
	char text[ADDR_TEXT_CAP];
	delete_from_link(a, each->ward, &each->addr);
	if (may_log(each->ward))
		log_info(a->log, "guest has no longer: ifindex=%u addr=%s by=\"%s\"",
			each->ward->ifindex, addr_format(&each->addr, text), why);
	forget(a, each);
}

static size_t count_family(const struct ward *ward, uint8_t family)
{
	size_t count = 0;
	LIST_EACH(each, &ward->addrs, const struct ward_addr, in_ward)
		count += each->addr.family == family;
	return count;
}

/* Returns NULL if there is no memory. */
static struct ward_addr *remember(struct autoconf *a, struct ward *ward, const struct addr *addr)
{
	struct ward_addr *each = malloc(sizeof(*each));
	if (!each)
		return NULL;
	*each = (struct ward_addr){.ward = ward, .addr = *addr};
	if (map_add(&a->addrs, &each->by_addr, hash_of(addr))) {
		free(each);
		return NULL;
	}
	list_append(&ward->addrs, &each->in_ward);
	put_claim(a, ward->wire, addr, ward->ifindex);
	put_addrs(a, ward);
	return each;
}

/* --- judging ------------------------------------------------------------------------------ */

static bool is_unicast(const struct addr *addr)
{
	enum addr_scope scope = addr_scope(addr);
	return scope == ADDR_SCOPE_LOCAL || scope == ADDR_SCOPE_LAN || scope == ADDR_SCOPE_WAN;
}

/* Returns why the guest must not have the address; NULL: it may. May take addresses of the host away from guests. */
static const char *why_not(struct autoconf *a, const struct ward *ward, const struct addr *addr)
{
	if (!is_unicast(addr))
		return "no address of a host";
	if (!taken_is_sure(&a->taken, loop_now()))
		return "it may be this host's: the kernel does not tell its addresses now";
	const struct ward_addr *other = find_addr(a, ward->wire, addr);
	if (taken_has(&a->taken, addr))
		return "it is this host's";
	if (other && other->ward != ward)
		return "another guest has it";
	if (!other && count_family(ward, addr->family) >= LIMIT_GUEST_ADDRS)
		return "too many";
	return NULL;
}

static void refuse(
	struct autoconf *a, const struct ward *ward, const struct addr *addr, const char *why)
{
	char text[ADDR_TEXT_CAP];
	if (log_limit_may(&a->complaints, loop_now()))
		log_warning(a->log, "guest is refused: ifindex=%u uid=%u addr=%s error=\"%s\"",
			ward->ifindex, ward->uid, addr_format(addr, text), why);
}

static void grant(struct autoconf *a, struct ward *ward, const struct learner_news *news)
{
	char text[ADDR_TEXT_CAP];
	const char *why = why_not(a, ward, &news->addr);
	const struct ward_addr *known = find_addr(a, ward->wire, &news->addr);
	if (!why && !known &&
		!budget_may(
			&ward->added, loop_now(), LIMIT_GUEST_NEW, NS_PER_S / LIMIT_GUEST_NEW_S))
		why = "too many new ones in a second";
	int err = why ? 0 : add_to_link(a, ward, &news->addr, news->lifetime_s);
	if (err) /* of an ipvlan, the kernel knows all siblings */
		why = err == -EADDRINUSE ? "another device has it" : err_text(err);
	if (!why && !known && !remember(a, ward, &news->addr))
		why = err_text(ERR_NOMEM);
	if (why) {
		refuse(a, ward, &news->addr, why);
		order_addr(a, LEARNER_FORGET, ward, &news->addr, 0);
	} else if (!known && may_log(ward)) {
		log_info(a->log, "guest has: ifindex=%u addr=%s by=%s", ward->ifindex,
			addr_format(&news->addr, text), guest_origin_text(news->origin));
	}
}

static bool is_banned(const struct wire *wire, const struct addr *addr)
{
	for (size_t i = 0; i < wire->banned_count; i++)
		if (addr_equal(&wire->banned[i], addr))
			return true;
	return false;
}

/* A router's address, once a guest has claimed it, is never let through again. */
static void ban(struct autoconf *a, const struct ward *ward, const struct learner_news *news)
{
	struct wire *wire = ward->wire;
	refuse(a, ward, &news->addr, guest_refusal_text(news->why));
	if (news->why != GUEST_REFUSED_ROUTER || find_addr(a, wire, &news->addr) ||
		is_banned(wire, &news->addr) || wire->banned_count >= LIMIT_GUEST_ROUTERS)
		return;
	wire->banned[wire->banned_count++] = news->addr;
	put_claim(a, wire, &news->addr, 0);
}

void ward_on_news(void *arg, const struct learner_news *news)
{
	struct autoconf *a = arg;
	struct ward *ward = ward_find(a, news->ifindex);
	struct ward_addr *known = ward ? find_addr(a, ward->wire, &news->addr) : NULL;
	if (!ward)
		return; /* it has gone meanwhile */
	if (news->type == LEARNER_HAS)
		grant(a, ward, news);
	else if (news->type == LEARNER_GONE && known && known->ward == ward)
		take_away(a, known, "ended");
	else if (news->type == LEARNER_REFUSED)
		ban(a, ward, news);
}

void ward_on_stray(void *arg, uint32_t ifindex, const struct addr *addr)
{
	struct autoconf *a = arg;
	const struct ward *ward = ward_find(a, ifindex);
	if (ward && is_unicast(addr))
		order_addr(a, LEARNER_HINT, ward, addr, 0);
}

void ward_on_taken(void *arg, const struct addr *addr, bool is_taken)
{
	struct autoconf *a = arg;
	LIST_EACH(wire, &a->wires, struct wire, in_all) {
		struct ward_addr *each = find_addr(a, wire, addr);
		if (is_taken && each) {
			const struct ward *ward = each->ward;
			take_away(a, each, "the host has it now");
			order_addr(a, LEARNER_FORGET, ward, addr, 0);
		} else if (is_taken) {
			put_claim(a, wire, addr, 0);
		} else {
			drop_claim(a, wire, addr);
		}
	}
}

void ward_resume(
	struct autoconf *a, struct ward *ward, const struct addr *addr, uint32_t lifetime_s)
{
	const struct ward_addr *known = find_addr(a, ward->wire, addr);
	bool is_own = known && known->ward == ward;
	if (!is_own && (why_not(a, ward, addr) || !remember(a, ward, addr))) {
		delete_from_link(a, ward, addr);
		return;
	}
	order_addr(a, LEARNER_RESUME, ward, addr, lifetime_s);
}

/* --- wires -------------------------------------------------------------------------------- */

struct ban_host {
	struct autoconf *a;
	struct wire *wire;
};

static void ban_host_addr(void *arg, const struct addr *addr)
{
	const struct ban_host *b = arg;
	put_claim(b->a, b->wire, addr, 0);
}

static struct wire *wire_get(struct autoconf *a, uint32_t ifindex)
{
	struct wire *wire = wire_find(a, ifindex);
	struct event link;
	if (wire)
		return wire;
	if (asker_get_link(&a->visits->asker, NSID_OWN, ifindex, &link) ||
		link.link.hwaddr_len != DEVICE_HWADDR_LEN || !(wire = calloc(1, sizeof(*wire))))
		return NULL;
	wire->ifindex = ifindex;
	memcpy(wire->hwaddr, link.link.hwaddr, sizeof(wire->hwaddr));
	list_append(&a->wires, &wire->in_all);
	struct ban_host b = {a, wire};
	taken_each(&a->taken, ban_host_addr, &b);
	return wire;
}

static void unban_host_addr(void *arg, const struct addr *addr)
{
	const struct ban_host *b = arg;
	drop_claim(b->a, b->wire, addr);
}

static void wire_put(struct autoconf *a, struct wire *wire)
{
	if (wire->ward_count > 0)
		return;
	struct ban_host b = {a, wire};
	taken_each(&a->taken, unban_host_addr, &b);
	for (size_t i = 0; i < wire->banned_count; i++)
		drop_claim(a, wire, &wire->banned[i]);
	list_remove(&wire->in_all);
	free(wire);
}

/* The program on the parent: for the first ipvtap there. */
static int attach_to_parent(struct autoconf *a, struct wire *wire)
{
	struct asker *own = &a->visits->asker;
	if (wire->tap_count > 0)
		return 0;
	int err = rewrite_put_parent(a->rewrite, wire->ifindex, wire->hwaddr);
	if (!err)
		err = rewrite_attach(a->rewrite, own, wire->ifindex, REWRITE_ON_PARENT);
	if (!err && rewrite_is_behind_others(own, wire->ifindex, REWRITE_ON_PARENT))
		log_warning(a->log,
			"other programs run before ours: ifindex=%u note=\"if they end the chain, "
			"DHCP and the detection of conflicts may fail for guests\"",
			wire->ifindex);
	return err;
}

static void detach_from_parent(struct autoconf *a, struct wire *wire)
{
	if (wire->tap_count > 0)
		return;
	rewrite_detach(&a->visits->asker, wire->ifindex, REWRITE_ON_PARENT);
	rewrite_drop_parent(a->rewrite, wire->ifindex);
}

/* --- guests ------------------------------------------------------------------------------- */

static int attach(struct autoconf *a, const struct ward *ward)
{
	struct asker *there = &a->nursery.asker;
	if (!a->rewrite)
		return 0;
	int err = ward_tell_programs(a, ward);
	if (!err)
		err = rewrite_attach(a->rewrite, there, ward->ifindex, REWRITE_FROM_GUEST);
	if (!err)
		err = rewrite_attach(a->rewrite, there, ward->ifindex, REWRITE_TO_GUEST);
	if (!err && ward->is_rewritten)
		err = attach_to_parent(a, ward->wire);
	return err;
}

void ward_tell_learner(struct autoconf *a, const struct ward *ward)
{
	struct learner_order order = {
		.type = LEARNER_BEGIN, .ifindex = ward->ifindex, .policy = ward->policy};
	memcpy(order.hwaddr, ward->hwaddr, sizeof(order.hwaddr));
	if (ward->is_rewritten)
		memcpy(order.wire_hwaddr, ward->wire->hwaddr, sizeof(order.wire_hwaddr));
	ward_order(a, &order);
}

int ward_add(struct autoconf *a, const struct ward *ward, uint32_t wire_ifindex)
{
	struct ward *copy = malloc(sizeof(*copy));
	struct wire *wire = copy ? wire_get(a, wire_ifindex) : NULL;
	int err = !copy ? -ENOMEM : !wire ? -ENODEV : 0;
	if (!err) {
		*copy = *ward;
		copy->wire = wire;
		list_init(&copy->addrs);
		err = attach(a, copy);
	}
	if (!err && map_add(&a->guests, &copy->by_ifindex, hash_mix(copy->ifindex, 0)))
		err = -ENOMEM;
	if (err) {
		if (wire && a->rewrite)
			detach_from_parent(a, wire);
		if (wire)
			wire_put(a, wire);
		free(copy);
		return err;
	}
	wire->ward_count++;
	wire->tap_count += copy->is_rewritten;
	ward_tell_learner(a, copy);
	return 0;
}

void ward_remove(struct autoconf *a, struct ward *ward)
{
	const struct learner_order order = {.type = LEARNER_END, .ifindex = ward->ifindex};
	struct wire *wire = ward->wire;
	ward_order(a, &order);
	LIST_EACH(each, &ward->addrs, struct ward_addr, in_ward)
		forget(a, each);
	if (a->rewrite)
		rewrite_drop_guest(a->rewrite, ward->ifindex);
	map_remove(&a->guests, &ward->by_ifindex);
	wire->ward_count--;
	wire->tap_count -= ward->is_rewritten;
	if (a->rewrite && ward->is_rewritten)
		detach_from_parent(a, wire);
	wire_put(a, wire);
	free(ward);
}
