/* SPDX-License-Identifier: ISC */
/*
 * Owns the test of proofs that something does not exist: random zones, each name of a small world asked for,
 * and a validator (RFC 4035 §5.4) that knows only the answer and the links given with it. It must find
 * each proof, and a lie must not pass. DENIAL_SEED=N repeats one seed. Run by `make check`.
 */
#include "zone/denial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sign_rig.h"
#include "unit.h"
#include "zone/sign.h"
#include "zone_rig.h"

enum { SEEDS = 10000, CHANGING_SEEDS = 1000, DEPTH = 3 };

static const char *const labels[] = {"a", "b", "*", "m", "\1", "A2"};
static const uint16_t asked[] = {RR_A, RR_TXT, RR_DS};

static uint64_t dice;
static struct zone *zone;
static unsigned checks;
static bool is_changing; /* the zone, and links wait for signatures */

static unsigned roll(unsigned sides)
{
	dice = hash_mix(dice, 0x9e3779b97f4a7c15);
	return (unsigned)((dice >> 32) % sides);
}

/* --- The validator: sees links as a resolver does. --- */

struct link {
	const uint8_t *owner, *next, *bitmap;
	unsigned bitmap_len;
};

struct proof {
	struct link at[DENIAL_LINKS_MAX];
	unsigned count;
};

static bool has_type(const struct link *l, uint16_t type)
{
	return type / 8 < l->bitmap[1] && l->bitmap[2 + type / 8] & 0x80 >> type % 8;
}

static bool is_over(const struct link *l, const uint8_t *name)
{
	bool is_last = name_cmp(l->next, l->owner) <= 0;
	return name_cmp(l->owner, name) < 0 && (is_last || name_cmp(name, l->next) < 0);
}

/* A link of a cut or a DNAME above the name says nothing of it (RFC 6840 §4.1). */
static bool may_speak_of(const struct link *l, const uint8_t *name)
{
	bool is_cut = has_type(l, RR_NS) && !has_type(l, RR_SOA);
	return !((is_cut || has_type(l, RR_DNAME)) && !name_equal(l->owner, name) &&
		 name_is_below(name, l->owner));
}

static const struct link *link_over(const struct proof *p, const uint8_t *name)
{
	for (unsigned i = 0; i < p->count; i++)
		if (is_over(&p->at[i], name) && may_speak_of(&p->at[i], name))
			return &p->at[i];
	return NULL;
}

static const struct link *link_of(const struct proof *p, const uint8_t *name)
{
	for (unsigned i = 0; i < p->count; i++)
		if (name_equal(p->at[i].owner, name))
			return &p->at[i];
	return NULL;
}

/* Returns the closest encloser that the link over the name tells. */
static const uint8_t *encloser(const struct link *over, const uint8_t *name)
{
	while (!name_is_below(over->owner, name) && !name_is_below(over->next, name))
		name = name_parent(name);
	return name;
}

static bool proves_no_type(const struct proof *p, const uint8_t *name, uint16_t type)
{
	const struct link *l = link_of(p, name);
	if (l) {
		bool is_cut = has_type(l, RR_NS) && !has_type(l, RR_SOA);
		return !has_type(l, type) && !has_type(l, RR_CNAME) && (!is_cut || type == RR_DS);
	}
	l = link_over(p, name);
	return l && name_is_below(l->next, name);
}

/* True if the name itself does not exist, so that only the wildcard at `*ret` could be the answer. */
static bool proves_no_name(const struct proof *p, const uint8_t *name, struct name *ret)
{
	const struct link *l = link_over(p, name);
	if (!l || name_is_below(l->next, name))
		return false;
	return name_prepend("*", 1, encloser(l, name), ret) == 0;
}

static bool proves_nxdomain(const struct proof *p, const uint8_t *name)
{
	struct name wildcard;
	if (!proves_no_name(p, name, &wildcard))
		return false;
	const struct link *l = link_over(p, wildcard.wire);
	return l && !name_is_below(l->next, wildcard.wire);
}

/* --- The zones. --- */

static struct name random_name(void)
{
	struct name n = rig_name("x.");
	for (unsigned i = 1 + roll(DEPTH); i > 0; i--) {
		struct name longer;
		const char *label = labels[roll(ARRAY_LEN(labels))];
		assert_int_equal(name_prepend(label, strlen(label), n.wire, &longer), 0);
		n = longer;
	}
	return n;
}

static void random_put(void)
{
	static const uint8_t zero[4], target[] = {1, 'y', 0}, ds[] = {0, 1, 13, 2, 0};
	const struct rdata a = {zero, 4}, text = {zero, 1}, name = {target, 3}, digest = {ds, 5};
	const struct rrset addr = {RR_A, (uint8_t)(1 + roll(3)), 60, 1, &a};
	const struct rrset txt = {RR_TXT, VIEW_ANY, 60, 1, &text};
	const struct rrset ns = {RR_NS, VIEW_ANY, 60, 1, &name},
			   cut_ds = {RR_DS, VIEW_ANY, 60, 1, &digest};
	const struct rrset dname = {RR_DNAME, VIEW_ANY, 60, 1, &name};
	const struct rrset cname = {RR_CNAME, VIEW_ANY, 60, 1, &name};
	struct rrset sets[2] = {addr, txt};
	struct name owner = random_name();
	size_t count = 1 + roll(2);
	/* What NS and DNAME at a wildcard mean is not defined (RFC 4592 §4.2, §4.4). */
	bool is_wildcard = owner.wire[1] == '*';
	switch (is_wildcard ? 3 + roll(3) : roll(8)) {
	case 0:
		sets[0] = ns;
		sets[1] = cut_ds;
		break;
	case 1: sets[0] = dname; break;
	case 3:
		sets[0] = cname;
		count = 1;
		break;
	default: break;
	}
	assert_int_equal(zone_put(zone, ZONE_DERIVED, owner.wire, sets, count), 0);
}

/* --- The check. --- */

static struct proof proof_of(const struct zone_denial *denial, unsigned view)
{
	struct proof p = {.count = denial->count};
	for (unsigned i = 0; i < denial->count; i++) {
		const struct node_set *set = node_set(denial->at[i], RR_NSEC, view);
		assert_non_null(set);
		const uint8_t *at = node_rdata(denial->at[i], set);
		static uint8_t links[DENIAL_LINKS_MAX][NSEC_RDATA_MAX];
		struct rdata rdata = node_read_rdata(denial->at[i], set, &at, links[i]);
		p.at[i].owner = node_name(denial->at[i]);
		p.at[i].next = rdata.bytes;
		p.at[i].bitmap = rdata.bytes + name_len(rdata.bytes);
		for (unsigned k = 0; k < i; k++)
			assert_ptr_not_equal(denial->at[i], denial->at[k]);
	}
	return p;
}

static bool is_proved(const struct zone_answer *found, const struct proof *p, const uint8_t *name,
	uint16_t type, unsigned view)
{
	struct name wildcard;
	switch (found->outcome) {
	case ZONE_FOUND:
	case ZONE_ALIAS:
		if (!found->is_wildcard)
			return found->set ? p->count == 0 : proves_no_type(p, name, type);
		/* The labels of the signature tell the wildcard that was used. */
		return proves_no_name(p, name, &wildcard) &&
		       (found->set ? name_equal(node_name(found->node), wildcard.wire)
				   : proves_no_type(p, wildcard.wire, type));
	case ZONE_NO_NAME: return proves_nxdomain(p, name);
	case ZONE_DELEGATED:
		return node_set(found->node, RR_DS, view) ||
		       (link_of(p, node_name(found->node)) && has_type(&p->at[0], RR_NS) &&
			       !has_type(&p->at[0], RR_DS));
	case ZONE_RENAMED: return p->count == 0;
	case ZONE_OUTSIDE:
	case ZONE_OUTCOME_COUNT: break;
	}
	return false;
}

/* No proof may serve for another answer that is not true. */
static bool is_misleading(
	const struct zone_answer *found, const struct proof *p, const uint8_t *name, uint16_t type)
{
	struct name wildcard;
	bool is_there = found->set && found->outcome == ZONE_FOUND && !found->is_wildcard;
	/* The link before it may not know it yet. Its own signature says that it is there. */
	bool is_new_wildcard = is_changing && found->is_wildcard && found->set;
	return (is_there && proves_no_type(p, name, type)) ||
	       (found->outcome != ZONE_NO_NAME && !is_new_wildcard && proves_nxdomain(p, name)) ||
	       (found->outcome == ZONE_FOUND && !found->is_wildcard &&
		       proves_no_name(p, name, &wildcard));
}

static void check(const uint8_t *name, uint16_t type)
{
	struct zone_answer found;
	struct zone_denial denial;
	struct key key;
	char text[NAME_TEXT_CAP];
	unsigned view = roll(2) ? VIEW_LAN : VIEW_WAN;
	key_from_name(&key, name);
	if (!zone_lookup_proved(zone_reader(zone), &key, type, view, &found, &denial))
		fail_msg("%s %u: outcome %d, but the chain contradicts", name_to_text(name, text),
			type, found.outcome);
	struct proof p = proof_of(&denial, view);
	if (!is_proved(&found, &p, name, type, view))
		fail_msg("%s %u: outcome %d is not proved", name_to_text(name, text), type,
			found.outcome);
	if (is_misleading(&found, &p, name, type))
		fail_msg("%s %u: outcome %d, but something else is proved",
			name_to_text(name, text), type, found.outcome);
	checks++;
}

static void check_below(const uint8_t *suffix, unsigned depth)
{
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		check(suffix, asked[i]);
	for (size_t i = 0; depth > 0 && i < ARRAY_LEN(labels); i++) {
		struct name n;
		assert_int_equal(name_prepend(labels[i], strlen(labels[i]), suffix, &n), 0);
		check_below(n.wire, depth - 1);
	}
}

static void run_seed(uint64_t seed, bool is_all)
{
	dice = seed;
	zone = zone_new(seed, (struct zone_listener){NULL, NULL});
	assert_non_null(zone);
	rig_apex(zone, "x.");
	for (unsigned i = roll(12); i > 0; i--)
		random_put();
	rig_commit(zone, 1);
	struct sign_rig *rig = rig_sign(zone, "x.", 1, 's');
	struct name apex = rig_name("x.");
	if (is_all)
		check_below(apex.wire, DEPTH + 1);
	for (unsigned i = 0; i < 40; i++) {
		struct name n = random_name();
		check(n.wire, asked[roll(ARRAY_LEN(asked))]);
	}
	rig_sign_free(rig);
	zone_free(zone);
}

static void each_no_is_proved(void **state)
{
	(void)state;
	const char *only = getenv("DENIAL_SEED");
	if (only) {
		run_seed(strtoull(only, NULL, 0), true);
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		if (seed % 100 == 0)
			print_message("DENIAL_SEED up to %llu\n", (unsigned long long)seed);
		run_seed(seed, seed % 100 == 0);
	}
	assert_true(checks > SEEDS);
}

/* --- A zone that changes, and a signer that is late. --- */

struct request {
	uint64_t ticket;
	size_t count;
};

static void set_keys(const struct name *apex)
{
	static const uint8_t dnskey[] = {1, 1, 3, 13, 9, 9};
	static const struct rdata rdata = {dnskey, sizeof(dnskey)};
	struct zone_keys keys = {.active = {{7, 13}}, .active_count = 1, .set_count = 1};
	keys.sets[0].set = (struct rrset){RR_DNSKEY, VIEW_ANY, 60, 1, &rdata};
	keys.sets[0].sig_count = 1;
	keys.sets[0].sigs[0] = (struct rrsig){.key = {7, 13}, .expiration = UINT32_MAX};
	assert_int_equal(zone_set_keys(zone, apex->wire, &keys), 0);
}

/* Asks the signer, or gives its answer to what was asked first. */
static void sign_some(struct request *under_way, unsigned *count)
{
	static const uint8_t sigs[ZONE_REQUEST_MAX][RRSIG_BYTES];
	static const bool is_refused[ZONE_REQUEST_MAX];
	struct zone_request request;
	while (zone_next_request(zone, &request)) {
		assert_true(*count < ZONE_REQUESTS);
		under_way[(*count)++] = (struct request){request.ticket, request.count};
	}
	if (*count == 0)
		return;
	zone_signed(zone, under_way[0].ticket, sigs, is_refused, under_way[0].count);
	under_way[0] = under_way[--*count];
}

static void check_some(void)
{
	for (unsigned i = 0; i < 20; i++) {
		struct name n = random_name();
		check(n.wire, asked[roll(ARRAY_LEN(asked))]);
	}
}

static void run_changes(uint64_t seed)
{
	struct request requests[ZONE_REQUESTS];
	struct name apex = rig_name("x.");
	unsigned count = 0;
	dice = seed;
	zone = zone_new(seed, (struct zone_listener){NULL, NULL});
	assert_non_null(zone);
	zone_hide_lan(zone, seed % 2);
	rig_apex(zone, "x.");
	assert_int_equal(zone_sign(zone, apex.wire), 0);
	set_keys(&apex);
	zone_set_clock(zone, 1700000000);
	do {
		rig_commit(zone, 1);
		sign_some(requests, &count);
	} while (zone_is_signing(zone)); /* until then the daemon is not ready */
	for (unsigned step = 0; step < 60; step++) {
		for (unsigned i = roll(4); i > 0; i--)
			random_put();
		for (unsigned i = roll(3); i > 0; i--) {
			rig_commit(zone, 1);
			check_some();
			sign_some(requests, &count);
		}
	}
	zone_free(zone);
}

static void each_no_is_proved_while_the_zone_changes(void **state)
{
	(void)state;
	const char *only = getenv("DENIAL_SEED");
	is_changing = true;
	for (uint64_t seed = 1; seed <= CHANGING_SEEDS && !only; seed++)
		run_changes(seed);
	if (only)
		run_changes(strtoull(only, NULL, 0));
}

static void a_chain_that_lags_behind_is_noticed(void **state)
{
	static const struct {
		const char *name;
		enum zone_outcome outcome;
		bool is_ok;
	} rows[] = {
		{"b.x.", ZONE_NO_NAME, true}, {"a.x.", ZONE_NO_NAME, false}, /* it has a link */
		{"p.x.", ZONE_NO_NAME, false},                               /* a name in between */
		{"a.x.", ZONE_FOUND, true}, {"p.x.", ZONE_FOUND, true},
		{"b.x.", ZONE_FOUND, false}, /* nothing is there */
	};
	(void)state;
	zone = zone_new(1, (struct zone_listener){NULL, NULL});
	rig_apex(zone, "x.");
	rig_put(zone, ZONE_DERIVED, "a.x.", "60 TXT #00", NULL);
	rig_put(zone, ZONE_DERIVED, "a.p.x.", "60 TXT #00", NULL);
	rig_commit(zone, 1);
	struct sign_rig *rig = rig_sign(zone, "x.", 1, 's');
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct name name = rig_name(rows[i].name), apex = rig_name("x.");
		struct zone_denial denial;
		struct key key, apex_key;
		key_from_name(&key, name.wire);
		key_from_name(&apex_key, apex.wire);
		const struct zone_answer found = {.outcome = rows[i].outcome,
			.node = zone_node(zone_reader(zone), &key),
			.apex = zone_node(zone_reader(zone), &apex_key)};
		assert_int_equal(zone_deny(zone_reader(zone), &key, VIEW_WAN, &found, &denial),
			rows[i].is_ok);
	}
	rig_sign_free(rig);
	zone_free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_no_is_proved),
		cmocka_unit_test(each_no_is_proved_while_the_zone_changes),
		cmocka_unit_test(a_chain_that_lags_behind_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
