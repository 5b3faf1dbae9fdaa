/* SPDX-License-Identifier: ISC */
/*
 * Owns the signed store of tests, its signer and its listener.
 * Never used by the product.
 */
#include "chain_rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

uint64_t chain_seed;

unsigned roll(unsigned sides)
{
	chain_seed = hash_mix(chain_seed + 0x9e3779b97f4a7c15u, 0x1234567);
	return (unsigned)(chain_seed >> 20) % sides;
}

/* Memory: with some seeds, each allocation of the store may fail. */

enum { FAULT_ODDS = 12 };

bool is_faulty, is_working;

static bool must_fail(void)
{
	return is_faulty && is_working && roll(FAULT_ODDS) == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return must_fail() ? NULL : __real_realloc(p, size);
}

void hash_message(const void *bytes, size_t len, uint8_t out[RRSIG_BYTES])
{
	for (unsigned i = 0; i < RRSIG_BYTES / 8; i++) {
		uint64_t h = hash_bytes(i + 1, bytes, len);
		memcpy(out + 8 * (size_t)i, &h, 8);
	}
}

/* A record that both views have may be told in one or in two pieces. */
long views_in(unsigned view)
{
	return view == VIEW_ANY ? 2 : 1;
}

static int cmp_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	return x->view != y->view ? x->view - y->view : name_cmp(x->owner.wire, y->owner.wire);
}

/* At each serial the chain is closed: that is what secondaries get. */
void check_links(struct rig *rig)
{
	size_t half = 0, end;
	qsort(rig->links, rig->link_count, sizeof(rig->links[0]), cmp_links);
	while (half < rig->link_count && rig->links[half].view == VIEW_LAN)
		half++;
	assert_true(half <= rig->link_count - half || rig->hides);
	for (size_t i = 0; i < rig->link_count; i++) {
		size_t first = i < half ? 0 : half, next;
		end = i < half ? half : rig->link_count;
		next = i + 1 < end ? i + 1 : first;
		assert_int_equal(rig->links[i].view, i < half ? VIEW_LAN : VIEW_WAN);
		char text[3][NAME_TEXT_CAP];
		if (!name_equal(rig->links[i].next.wire, rig->links[next].owner.wire))
			fail_msg("%s leads to %s, and before that is %s",
				name_to_text(rig->links[i].owner.wire, text[0]),
				name_to_text(rig->links[i].next.wire, text[1]),
				name_to_text(rig->links[next].owner.wire, text[2]));
	}
}

static void tell_link(struct rig *rig, const struct zone_change *change, uint8_t view)
{
	struct link link = {.view = view};
	name_copy(&link.owner, change->owner);
	name_copy(&link.next, change->rdata.bytes);
	if (change->is_added) {
		assert_true(rig->link_count < LINKS_CAP);
		rig->links[rig->link_count++] = link;
		return;
	}
	for (size_t i = 0; i < rig->link_count; i++)
		if (rig->links[i].view == view &&
			name_equal(rig->links[i].owner.wire, link.owner.wire)) {
			rig->links[i] = rig->links[--rig->link_count];
			return;
		}
	fail_msg("a link is removed that was not told");
}

static void on_change(void *arg, const struct zone_change *change)
{
	struct rig *rig = arg;
	rig->told += change->is_added ? views_in(change->view) : -views_in(change->view);
	/* The new serial is told with other additions at the apex: what comes after these is later. */
	if (rig->is_closed && !(change->is_added && name_equal(change->owner, rig->apex.wire))) {
		check_links(rig);
		rig->is_closed = false;
	}
	/* Before the first link, the zone was not signed. */
	rig->is_closed |= change->is_added && change->type == RR_SOA && rig->link_count > 0;
	for (uint8_t view = VIEW_LAN; change->type == RR_NSEC && view <= VIEW_WAN; view++)
		if (change->view & view)
			tell_link(rig, change, view);
}

void chain_add_apex(struct zone *z, const struct name *name)
{
	static const char *const ns = "ns.Zone.";
	struct name mname;
	assert_int_equal(name_from_text(ns, NULL, &mname), 0);
	const struct zone_apex apex = {.name = name->wire,
		.mname = mname.wire,
		.rname = mname.wire,
		.refresh_s = 1,
		.retry_s = 1,
		.expire_s = 1,
		.minimum_s = 30,
		.ttl_s = 60};
	assert_int_equal(zone_add_apex(z, &apex), 0);
}

void set_keys(struct rig *rig)
{
	static const uint8_t dnskey[] = {1, 1, 3, 13, 9, 9};
	static const struct rdata rdata = {dnskey, sizeof(dnskey)};
	struct zone_keys keys = {.active_count = rig->key_count, .set_count = 1};
	memcpy(keys.active, rig->keys, sizeof(keys.active));
	keys.sets[0].set = (struct rrset){
		.type = RR_DNSKEY, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
	keys.sets[0].sig_count = RRSIG_KEYS_MAX;
	for (unsigned i = 0; i < RRSIG_KEYS_MAX; i++)
		keys.sets[0].sigs[i] = (struct rrsig){.key = {1, 13}, .expiration = NOW * 2u};
	INSIST(zone_set_keys(rig->signed_, rig->apex.wire, &keys));
}

struct zone_garbage *commit(struct rig *rig)
{
	zone_set_clock(rig->signed_, rig->now_s);
	zone_garbage_free(zone_commit(rig->plain, rig->now_s));
	is_working = true;
	struct zone_garbage *garbage = zone_commit(rig->signed_, rig->now_s);
	is_working = false;
	return garbage;
}

void chain_setup(struct rig *rig, uint64_t seed)
{
	*rig = (struct rig){.keys = {{7, 13}, {8, 15}}, .key_count = 1, .now_s = NOW};
	assert_int_equal(name_from_text("zone.", NULL, &rig->apex), 0);
	rig->plain = zone_new(seed, (struct zone_listener){0});
	rig->signed_ = zone_new(seed, (struct zone_listener){on_change, rig});
	rig->hides = seed % 4 >= 2;
	zone_hide_lan(rig->plain, rig->hides);
	zone_hide_lan(rig->signed_, rig->hides);
	chain_add_apex(rig->plain, &rig->apex);
	chain_add_apex(rig->signed_, &rig->apex);
}

void chain_teardown(struct rig *rig)
{
	zone_free(rig->plain);
	zone_free(rig->signed_);
}

/* The signer. */

void ask(struct rig *rig)
{
	struct zone_request request;
	for (;;) {
		is_working = true;
		bool has_request = zone_next_request(rig->signed_, &request);
		is_working = false;
		if (!has_request)
			break;
		assert_true(rig->waiting_count < ZONE_REQUESTS);
		struct request *to = &rig->waiting[rig->waiting_count++];
		to->ticket = request.ticket;
		to->count = request.count;
		for (size_t i = 0; i < request.count; i++) {
			hash_message(
				request.messages[i].bytes, request.messages[i].len, to->sigs[i]);
			to->is_refused[i] = !rig->is_obliging && roll(200) == 0;
		}
	}
}

void answer(struct rig *rig)
{
	if (rig->waiting_count == 0)
		return;
	const struct request r = rig->waiting[0];
	rig->waiting[0] = rig->waiting[1];
	rig->waiting_count--;
	is_working = true;
	zone_signed(rig->signed_, r.ticket, r.sigs, r.is_refused, r.count);
	is_working = false;
}

void refresh(struct rig *rig)
{
	is_working = true;
	(void)zone_refresh(rig->signed_);
	is_working = false;
}
