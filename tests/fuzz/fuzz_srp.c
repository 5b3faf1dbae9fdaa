/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of registrations (update/srp.h) and of the option with their lease. Whatever comes, nothing is
 * registered outside of the domain or without a lease, no key is served, and all is gone when the leases have ended.
 * Never verifies a signature. Run by a fuzzer, and its replay.
 *
 * The input: messages, each behind two bytes of length. The key of a message is its first KEY.
 */
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "steps.h"
#include "update/srp.h"
#include "zone/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MESSAGES_MAX = 16, STEPS_A_BYTE = 400, STEPS_FIXED = 4000, NOW = 1700000000 };

struct fuzz {
	struct zone *zone;
	struct added *added;
	struct name apex;
};

static void begin(struct fuzz *f)
{
	static const uint8_t addr[] = {192, 0, 2, 1};
	const struct rdata rdata = {addr, sizeof(addr)};
	const struct rrset set = {RR_A, VIEW_ANY, 60, 1, &rdata};
	struct name web = name_of("web.vanya.");
	*f = (struct fuzz){.zone = zone_new(1, (struct zone_listener){0}),
		.added = added_new(2),
		.apex = name_of("vanya.")};
	require(f->zone && f->added);
	const struct zone_apex apex = {f->apex.wire, f->apex.wire, f->apex.wire, 1, 2, 3, 4, 5};
	require(zone_add_apex(f->zone, &apex) == 0);
	require(zone_put(f->zone, ZONE_DERIVED, web.wire, &set, 1) == 0);
}

static void check_owner(void *arg, const struct added_owner *o)
{
	const struct fuzz *f = arg;
	const struct node *n = zone_said(f->zone, ZONE_UPDATED, o->name);
	require(name_is_below(o->name, f->apex.wire) && !name_equal(o->name, f->apex.wire));
	require(added_owner_next_end(o) > NOW && added_owner_next_end(o) != UINT64_MAX);
	require(!n || !node_set(n, RR_KEY, VIEW_ANY));
	for (unsigned i = 0; i < o->set_count; i++)
		for (size_t at = 0; at < o->sets[i]->len;) {
			require(added_set_until(o->sets[i], at) > NOW);
			(void)added_set_next(o->sets[i], &at);
		}
}

static int put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	int err = zone_put(arg, ZONE_UPDATED, owner, sets, count);
	require(err != ERR_RANGE); /* what was judged has room */
	return err;
}

static int try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_try(arg, ZONE_UPDATED, owner, sets, count);
}

static const struct update_record *first_key(const struct update_message *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->records[i].type == RR_KEY && m->records[i].rdata.len > 0)
			return &m->records[i];
	return NULL;
}

static void judge(struct fuzz *f, const struct update_message *m, const struct update_lease *lease)
{
	const struct update_record *key = first_key(m);
	struct update_outcome outcome;
	struct added_draft d;
	if (!key)
		return;
	const struct srp srp = {.key = key->rdata, .lease = update_lease_grant(lease)};
	const struct update_ground ground = {.zone = f->zone,
		.domain = f->apex.wire,
		.by = {.key = key->owner, .when_s = NOW},
		.try = try,
		.try_arg = f->zone};
	added_draft_init(&d, f->added);
	int rcode = srp_judge(&ground, &srp, m, &d, &outcome);
	require(!rcode == !outcome.reason);
	if (!rcode)
		require(added_take(&d) == 0 && added_put_all(f->added, put, f->zone) == 0);
	added_draft_fini(&d);
}

static void take_message(struct fuzz *f, const uint8_t *msg, size_t len)
{
	struct update_message m;
	struct update_lease lease;
	struct sig0 sig;
	struct rdata key;
	steps_begin();
	if (sig0_find(msg, len, &sig) == 1)
		(void)!srp_find_key(msg, len, &sig, &key);
	if (update_lease_find(msg, len, &lease) == 1 && update_message_parse(msg, len, &m) == 0) {
		judge(f, &m, &lease);
		update_message_fini(&m);
	}
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	added_each(f->added, check_owner, f);
	zone_garbage_free(zone_commit(f->zone, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_init(bytes, len);
	struct fuzz f;
	begin(&f);
	for (int i = 0; i < MESSAGES_MAX && rd_left(&r) > 2; i++) {
		size_t want = rd_u16(&r);
		want = want > rd_left(&r) ? rd_left(&r) : want;
		want = want > LIMIT_UPDATE_UDP ? LIMIT_UPDATE_UDP : want;
		uint8_t *msg = malloc(want + 1); /* of that size: a read behind it is found */
		require(msg != NULL);
		memcpy(msg, rd_bytes(&r, want), want);
		take_message(&f, msg, want);
		free(msg);
	}
	(void)added_expire(f.added, NOW + LIMIT_LEASE_KEY_MAX_S);
	require(added_stats(f.added).owners == 0 && added_stats(f.added).leased == 0);
	require(added_put_all(f.added, put, f.zone) == 0);
	added_free(f.added);
	zone_garbage_free(zone_commit(f.zone, 1));
	zone_free(f.zone);
	return 0;
}
