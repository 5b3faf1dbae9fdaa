/* SPDX-License-Identifier: ISC */
/*
 * Owns the property test of the zone: random changes, compared with a model that is too simple to
 * be wrong. After each batch, every name of a small world is looked up in both. Their records must
 * be equal, and so must the sum of the reported changes. ZONE_SEED=N repeats one seed. Run by `make
 * check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "unit.h"
#include "zone/lookup.h"

enum { DEPTH = 4, OWNERS_CAP = 512, SETS_CAP = 4, RECORDS_CAP = 8192, SEEDS = 40, BATCHES = 40 };

static const char *const labels[] = {"a", "B", "*", "long-label-of-16"};
static const char *const tops[] = {"zone.", "a.zone.", "B.a.a.zone.", "other.test."};
static const uint16_t types[] = {RR_A, RR_TXT, RR_CNAME, RR_NS, RR_DNAME, RR_AAAA};

static uint64_t rng_state;

static unsigned roll(unsigned sides)
{
	rng_state = hash_mix(rng_state + 0x9e3779b97f4a7c15u, 0x1234567);
	return (unsigned)(rng_state >> 20) % sides;
}

/* A set of one source: up to three records, each given by a number. */
struct said_set {
	uint16_t type;
	uint8_t view;
	uint32_t ttl;
	unsigned count;
	unsigned values[3];
};

struct said_owner {
	struct name name;
	unsigned count[ZONE_SOURCE_COUNT];
	struct said_set sets[ZONE_SOURCE_COUNT][SETS_CAP];
};

struct record {
	struct name owner;
	uint16_t type;
	uint8_t view; /* one bit */
	uint32_t ttl;
	uint8_t len;
	uint8_t rdata[40];
};

struct records {
	size_t count;
	struct record at[RECORDS_CAP];
};

struct world {
	size_t owner_count;
	struct said_owner owners[OWNERS_CAP];
	bool has_top[ARRAY_LEN(tops)];
};

static struct world world;
static struct records told; /* the sum of the reported changes */
static struct records expected, found;

/* Makes rdata of a type from a number. */
static size_t make_rdata(uint16_t type, unsigned value, uint8_t out[40])
{
	struct name target;
	char text[32];
	switch (type) {
	case RR_A:
		memset(out, 0, 4);
		out[3] = (uint8_t)value;
		return 4;
	case RR_AAAA:
		memset(out, 0, 16);
		out[15] = (uint8_t)value;
		return 16;
	case RR_TXT:
		out[0] = (uint8_t)(value + 1);
		memset(out + 1, 'x', value + 1);
		return value + 2;
	default:
		snprintf(text, sizeof(text), "target%u.a.zone.", value);
		assert_int_equal(name_from_text(text, NULL, &target), 0);
		memcpy(out, target.wire, target.len);
		return target.len;
	}
}

static int record_cmp(const void *left, const void *right)
{
	const struct record *a = left, *b = right;
	int order = name_cmp(a->owner.wire, b->owner.wire);
	if (!order)
		order = a->type - b->type;
	if (!order)
		order = a->view - b->view;
	if (!order)
		order = rdata_cmp(a->rdata, a->len, b->rdata, b->len);
	return order ? order : (a->ttl > b->ttl) - (a->ttl < b->ttl);
}

static void add_record(struct records *to, const uint8_t *owner, uint16_t type, uint8_t view,
	uint32_t ttl, const uint8_t *rdata, size_t len)
{
	assert_true(to->count < RECORDS_CAP && len <= sizeof(to->at[0].rdata));
	struct record *r = &to->at[to->count++];
	memset(r, 0, sizeof(*r));
	name_copy(&r->owner, owner);
	r->type = type;
	r->view = view;
	r->ttl = ttl;
	r->len = (uint8_t)len;
	memcpy(r->rdata, rdata, len);
}

static void remove_record(struct records *from, const struct record *like)
{
	for (size_t i = 0; i < from->count; i++)
		if (record_cmp(&from->at[i], like) == 0) {
			from->at[i] = from->at[--from->count];
			return;
		}
	fail_msg("a record was told to go that never came");
}

static void on_change(void *arg, const struct zone_change *c)
{
	(void)arg;
	if (c->type == RR_SOA)
		return;
	for (uint8_t bit = 1; bit <= VIEW_WAN; bit <<= 1) {
		if (!(c->view & bit))
			continue;
		add_record(&told, c->owner, c->type, bit, c->ttl, c->rdata.bytes, c->rdata.len);
		struct record r = told.at[told.count - 1];
		if (c->is_added)
			continue;
		told.count--;
		remove_record(&told, &r);
	}
}

static void collect(void *arg, const struct zone_change *c)
{
	struct records *to = arg;
	if (c->type == RR_SOA)
		return;
	for (uint8_t bit = 1; bit <= VIEW_WAN; bit <<= 1)
		if (c->view & bit)
			add_record(
				to, c->owner, c->type, bit, c->ttl, c->rdata.bytes, c->rdata.len);
}

static struct name top_name(size_t i)
{
	struct name n;
	assert_int_equal(name_from_text(tops[i], NULL, &n), 0);
	return n;
}

static bool is_top(const uint8_t *name)
{
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct name top = top_name(i);
		if (world.has_top[i] && name_equal(top.wire, name))
			return true;
	}
	return false;
}

/* Returns the zone that contains a name; NULL: none. In static storage until the next call. */
static const uint8_t *zone_of(const uint8_t *name)
{
	for (;; name = name_parent(name)) {
		if (is_top(name))
			return name;
		if (!*name)
			return NULL;
	}
}

/* Adds the records at the owner in one view, unsorted, by the model. */
static void add_visible(struct records *to, const struct said_owner *o, uint8_t bit)
{
	static struct records gathered;
	struct records *all = &gathered;
	all->count = 0;
	bool has_other = is_top(o->name.wire), has_static_ns = false;
	for (int s = 0; s < ZONE_SOURCE_COUNT; s++)
		for (unsigned i = 0; i < o->count[s]; i++) {
			has_other |= o->sets[s][i].type != RR_CNAME;
			has_static_ns |= s == ZONE_STATIC && o->sets[s][i].type == RR_NS;
		}
	for (int s = 0; s < ZONE_SOURCE_COUNT; s++)
		for (unsigned i = 0; i < o->count[s]; i++) {
			const struct said_set *set = &o->sets[s][i];
			if (!(set->view & bit) || (set->type == RR_CNAME && has_other))
				continue;
			for (unsigned v = 0; v < set->count; v++) {
				uint8_t rdata[40];
				size_t len = make_rdata(set->type, set->values[v], rdata);
				add_record(all, o->name.wire, set->type, bit, set->ttl, rdata, len);
			}
		}
	if (is_top(o->name.wire) && !has_static_ns) {
		uint8_t rdata[40];
		add_record(all, o->name.wire, RR_NS, bit, 300, rdata, make_rdata(RR_NS, 9, rdata));
	}
	/* One TTL per set, each record once. */
	for (size_t i = 0; i < all->count; i++)
		for (size_t j = 0; j < all->count; j++)
			if (all->at[i].type == all->at[j].type && all->at[j].ttl < all->at[i].ttl)
				all->at[i].ttl = all->at[j].ttl;
	for (size_t i = 0; i < all->count; i++) {
		bool is_twice = false;
		for (size_t j = 0; j < i; j++)
			is_twice |= record_cmp(&all->at[i], &all->at[j]) == 0;
		if (!is_twice)
			to->at[to->count++] = all->at[i];
	}
}

static struct said_owner *owner_of(const uint8_t *name)
{
	for (size_t i = 0; i < world.owner_count; i++)
		if (name_equal(world.owners[i].name.wire, name))
			return &world.owners[i];
	return NULL;
}

static void sort(struct records *r)
{
	qsort(r->at, r->count, sizeof(r->at[0]), record_cmp);
}

static void assert_same(struct records *a, struct records *b)
{
	sort(a);
	sort(b);
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		if (record_cmp(&a->at[i], &b->at[i]) == 0)
			continue;
		char left[NAME_TEXT_CAP], right[NAME_TEXT_CAP];
		fail_msg("seed's records differ at %zu: %s type %u view %u ttl %u, %s type %u view "
			 "%u ttl %u",
			i, name_to_text(a->at[i].owner.wire, left), a->at[i].type, a->at[i].view,
			a->at[i].ttl, name_to_text(b->at[i].owner.wire, right), b->at[i].type,
			b->at[i].view, b->at[i].ttl);
	}
	assert_int_equal(a->count, b->count);
}

/* The whole content of the model. An apex without other records has an owner, too. */
static void expect_all(void)
{
	expected.count = 0;
	for (size_t i = 0; i < world.owner_count; i++) {
		const struct said_owner *o = &world.owners[i];
		if (zone_of(o->name.wire))
			for (uint8_t bit = 1; bit <= VIEW_WAN; bit <<= 1)
				add_visible(&expected, o, bit);
	}
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct said_owner bare = {.name = top_name(i)};
		if (world.has_top[i] && !owner_of(bare.name.wire))
			for (uint8_t bit = 1; bit <= VIEW_WAN; bit <<= 1)
				add_visible(&expected, &bare, bit);
	}
}

static bool has_any(const struct said_owner *o)
{
	for (int s = 0; s < ZONE_SOURCE_COUNT; s++)
		if (o->count[s] > 0)
			return true;
	return false;
}

static bool has_type(const struct said_owner *o, uint16_t type)
{
	bool has = false, has_other = o && is_top(o->name.wire);
	for (int s = 0; o && s < ZONE_SOURCE_COUNT; s++)
		for (unsigned i = 0; i < o->count[s]; i++) {
			has |= o->sets[s][i].type == type;
			has_other |= o->sets[s][i].type != RR_CNAME;
		}
	return has && (type != RR_CNAME || !has_other);
}

static bool exists(const uint8_t *name)
{
	for (size_t i = 0; i < world.owner_count; i++)
		if (has_any(&world.owners[i]) && name_is_below(world.owners[i].name.wire, name))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct name top = top_name(i);
		if (world.has_top[i] && name_is_below(top.wire, name))
			return true;
	}
	return false;
}

/* Returns the ancestor of the name (or the name) below the apex, nearest to it, that has the
 * type. */
static const uint8_t *highest_with(
	const uint8_t *name, const uint8_t *apex, uint16_t type, bool apex_counts)
{
	const uint8_t *highest = NULL;
	for (;; name = name_parent(name)) {
		bool is_apex = name_equal(name, apex);
		if ((!is_apex || apex_counts) && has_type(owner_of(name), type))
			highest = name;
		if (is_apex)
			return highest;
	}
}

/* Computes the model's answer: the outcome, and the records of the set in `expected`. */
static enum zone_outcome model_lookup(const uint8_t *name, uint16_t type, uint8_t view)
{
	const uint8_t *apex = zone_of(name);
	struct name wildcard;
	expected.count = 0;
	if (!apex)
		return ZONE_OUTSIDE;
	const uint8_t *cut = highest_with(name, apex, RR_NS, false);
	const uint8_t *dname = name_equal(name, apex)
				       ? NULL
				       : highest_with(name_parent(name), apex, RR_DNAME, true);
	if (cut && dname && name_is_below(dname, cut))
		dname = NULL;
	else if (dname)
		cut = NULL;
	if (cut && !(type == RR_DS && name_equal(cut, name)))
		return ZONE_DELEGATED;
	if (dname)
		return ZONE_RENAMED;
	if (!exists(name)) {
		const uint8_t *encloser = name_parent(name);
		while (!exists(encloser))
			encloser = name_parent(encloser);
		assert_int_equal(name_prepend("*", 1, encloser, &wildcard), 0);
		if (!exists(wildcard.wire))
			return ZONE_NO_NAME;
		name = wildcard.wire;
	}
	struct said_owner bare = {0};
	const struct said_owner *o = owner_of(name);
	name_copy(&bare.name, name);
	add_visible(&expected, o ? o : &bare, view);
	size_t kept = 0;
	bool is_alias = false;
	for (size_t i = 0; i < expected.count; i++) {
		is_alias |= expected.at[i].type == RR_CNAME;
		if (expected.at[i].type == type)
			expected.at[kept++] = expected.at[i];
	}
	expected.count = kept;
	return is_alias && type != RR_CNAME ? ZONE_ALIAS : ZONE_FOUND;
}

/* There is only one CNAME or DNAME: the model keeps all, the zone the first. */
static void check_lookup(const struct zone *z, const uint8_t *name, uint16_t type, uint8_t view)
{
	struct zone_answer answer;
	struct key key;
	char text[NAME_TEXT_CAP];
	key_from_name(&key, name);
	zone_lookup(zone_reader(z), &key, type, view, &answer);
	enum zone_outcome outcome = model_lookup(name, type, view);
	if (answer.outcome != outcome)
		fail_msg("%s type %u view %u: outcome %d, expected %d", name_to_text(name, text),
			type, view, answer.outcome, outcome);
	if (outcome != ZONE_FOUND || type == RR_SOA)
		return;
	found.count = 0;
	const uint8_t *at = answer.set ? node_rdata(answer.node, answer.set) : NULL;
	for (unsigned i = 0; answer.set && i < answer.set->count; i++) {
		struct rdata rdata = node_next_rdata(answer.set, &at);
		add_record(&found, name, type, view, answer.set->ttl, rdata.bytes, rdata.len);
	}
	for (size_t i = 0; i < expected.count; i++)
		name_copy(&expected.at[i].owner, name);
	assert_same(&found, &expected);
	if (!answer.set)
		assert_non_null(answer.apex);
}

/* Calls the function for `suffix` and each name up to DEPTH labels below it. */
static void each_name(const struct zone *z, const uint8_t *suffix, unsigned depth)
{
	static const uint16_t asked[] = {RR_A, RR_TXT, RR_CNAME, RR_DS};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		check_lookup(z, suffix, asked[i], roll(2) ? VIEW_LAN : VIEW_WAN);
	for (size_t i = 0; depth > 0 && i < ARRAY_LEN(labels); i++) {
		struct name n;
		assert_int_equal(name_prepend(labels[i], strlen(labels[i]), suffix, &n), 0);
		each_name(z, n.wire, depth - 1);
	}
}

static struct name random_name(void)
{
	struct name n = top_name(roll(3) ? 0 : 3);
	for (unsigned i = roll(DEPTH + 1); i > 0; i--) {
		struct name longer;
		const char *label = labels[roll(ARRAY_LEN(labels))];
		assert_int_equal(name_prepend(label, strlen(label), n.wire, &longer), 0);
		n = longer;
	}
	return n;
}

static void random_set(struct said_set *set, uint16_t type)
{
	unsigned first = roll(4);
	*set = (struct said_set){.type = type, .view = (uint8_t)(1 + roll(3)), .ttl = 60 + roll(3)};
	/* The model has sets of several records, and has aliases for all views. */
	if (type == RR_CNAME || type == RR_DNAME || type == RR_NS)
		set->view = VIEW_ANY;
	set->count = type == RR_CNAME || type == RR_DNAME ? 1 : 1 + roll(3);
	for (unsigned i = 0; i < set->count; i++)
		set->values[i] = type == RR_CNAME || type == RR_DNAME ? 1 : first + i;
}

static int put(struct zone *z, enum zone_source source, const struct said_owner *o)
{
	struct rrset sets[SETS_CAP];
	struct rdata rdata[SETS_CAP][3];
	uint8_t bytes[SETS_CAP][3][40];
	for (unsigned i = 0; i < o->count[source]; i++) {
		const struct said_set *set = &o->sets[source][i];
		for (unsigned v = 0; v < set->count; v++)
			rdata[i][v] = (struct rdata){bytes[i][v],
				(uint16_t)make_rdata(set->type, set->values[v], bytes[i][v])};
		sets[i] = (struct rrset){
			set->type, set->view, set->ttl, (uint16_t)set->count, rdata[i]};
	}
	return zone_put(z, source, o->name.wire, sets, o->count[source]);
}

static void random_put(struct zone *z, bool has_cuts)
{
	struct name name = random_name();
	enum zone_source source = roll(ZONE_SOURCE_COUNT);
	struct said_owner *o = owner_of(name.wire);
	if (!o) {
		assert_true(world.owner_count < OWNERS_CAP);
		o = &world.owners[world.owner_count++];
		*o = (struct said_owner){.name = name};
	}
	o->count[source] = 0;
	unsigned wanted = roll(3) ? roll(SETS_CAP) : 0;
	for (unsigned i = 0; i < wanted; i++) {
		uint16_t type = types[roll(ARRAY_LEN(types))];
		if ((type == RR_NS && is_top(name.wire)) ||
			(!has_cuts && (type == RR_NS || type == RR_DNAME)))
			type = RR_A;
		random_set(&o->sets[source][o->count[source]++], type);
	}
	int err = put(z, source, o);
	if (!zone_of(name.wire)) {
		assert_int_equal(err, ERR_RANGE);
		o->count[source] = 0;
		return;
	}
	assert_int_equal(err, 0);
}

static void toggle_top(struct zone *z, size_t i)
{
	struct name top = top_name(i), ns;
	uint8_t rdata[40];
	ns.len = (uint8_t)make_rdata(RR_NS, 9, rdata);
	memcpy(ns.wire, rdata, ns.len);
	struct zone_apex apex = {top.wire, ns.wire, ns.wire, 1, 2, 3, 4, 300};
	if (!world.has_top[i]) {
		assert_int_equal(zone_add_apex(z, &apex), 0);
		world.has_top[i] = true;
		return;
	}
	assert_int_equal(zone_remove_apex(z, top.wire), 0);
	world.has_top[i] = false;
	/* Records outside of any zone are lost. */
	for (size_t o = 0; o < world.owner_count; o++)
		if (!zone_of(world.owners[o].name.wire))
			memset(world.owners[o].count, 0, sizeof(world.owners[o].count));
}

static void check_all(struct zone *z)
{
	struct name other = top_name(3), zone = top_name(0);
	found.count = 0;
	assert_int_equal(zone_each_record(z, name_root, collect, &found), 0);
	expect_all();
	assert_same(&found, &expected);
	assert_same(&found, &told);
	each_name(z, zone.wire, DEPTH);
	each_name(z, other.wire, 2);
	check_lookup(z, name_root, RR_A, VIEW_LAN);
	check_lookup(z, name_parent(other.wire), RR_A, VIEW_LAN);
}

static void run_seed(uint64_t seed)
{
	struct zone_listener listener = {on_change, NULL};
	struct zone *z = zone_new(seed, listener);
	assert_non_null(z);
	rng_state = seed;
	memset(&world, 0, sizeof(world));
	told.count = 0;
	toggle_top(z, 0);
	uint32_t serial = 0;
	for (int batch = 0; batch < BATCHES; batch++) {
		for (unsigned i = roll(12); i > 0; i--)
			random_put(z, seed % 2);
		if (roll(4) == 0)
			toggle_top(z, batch % 8 == 0 ? 0 : 1 + roll(3));
		struct name zone = top_name(0);
		zone_garbage_free(zone_commit(z, 5));
		uint32_t next = zone_serial(z, zone.wire);
		assert_true(next >= serial || !world.has_top[0]);
		serial = world.has_top[0] ? next : 0;
		if (batch % 4 == 3)
			check_all(z);
	}
	/* After all sources are empty, nothing is left. */
	for (size_t i = 0; i < world.owner_count; i++)
		for (int s = 0; s < ZONE_SOURCE_COUNT; s++)
			(void)!zone_put(z, s, world.owners[i].name.wire, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		if (world.has_top[i])
			toggle_top(z, i);
	zone_garbage_free(zone_commit(z, 5));
	assert_int_equal(zone_stats(z).names, 0);
	assert_int_equal(zone_stats(z).records, 0);
	assert_int_equal(zone_stats(z).zones, 0);
	assert_int_equal(told.count, 0);
	zone_free(z);
}

static void random_changes_equal_the_model(void **state)
{
	(void)state;
	const char *only = getenv("ZONE_SEED");
	if (only) {
		run_seed(strtoull(only, NULL, 0));
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		print_message("ZONE_SEED=%llu\n", (unsigned long long)seed);
		run_seed(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes_equal_the_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
