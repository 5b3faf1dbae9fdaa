/* SPDX-License-Identifier: ISC */
/*
 * Owns the property test of signed zones: random changes go to two stores, one of which is signed. A signer that
 * is late, and sometimes refuses, makes signatures that are hashes of what they sign. After each step no name may be
 * denied that exists, and what is published has all its signatures; at each new serial, what the listener was told is
 * a closed chain; and when nothing waits any more, both stores say the same, and the chain is that of a model which
 * sorts all names. With every third seed, allocations fail. ZONE_SEED=N repeats one seed, ZONE_SEEDS=N tries so many. Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_rig.h"
#include "zone/canon.h"
#include "zone/lookup.h"

enum { SEEDS = 60, STEPS = 120 };

static const char *const labels[] = {"a", "B", "*", "\\000", "\\001x", "z-long-label-of-17", "c"};
static const uint16_t types[] = {RR_A, RR_TXT, RR_CNAME, RR_NS, RR_DNAME, RR_AAAA, RR_MX, RR_DS};

/* Random changes. */

static struct name *random_name(struct rig *rig)
{
	struct name name = rig->apex, next;
	if (rig->count > 0 && roll(3) > 0)
		return &rig->names[roll((unsigned)rig->count)];
	for (unsigned depth = 1 + roll(3); depth > 0; depth--) {
		char text[64];
		snprintf(text, sizeof(text), "%s", labels[roll(ARRAY_LEN(labels))]);
		if (roll(3) == 0)
			snprintf(text, sizeof(text), "n%u", roll(40));
		assert_int_equal(name_from_text(text, name.wire, &next), 0);
		name = next;
	}
	if (rig->count == NAMES_CAP)
		return &rig->names[roll(NAMES_CAP)];
	rig->names[rig->count] = name;
	return &rig->names[rig->count++];
}

static uint16_t make_rdata(uint16_t type, unsigned value, uint8_t out[64])
{
	struct name target;
	unsigned lead = type == RR_MX ? 2 : 0;
	memset(out, 0, 64);
	if (type == RR_A || type == RR_AAAA) {
		out[0] = 10;
		out[type == RR_A ? 3 : 15] = (uint8_t)value;
		return type == RR_A ? 4 : 16;
	}
	if (type == RR_TXT || type == RR_DS) {
		out[0] = (uint8_t)(value % 20 + 4);
		return (uint16_t)(out[0] + 1u);
	}
	assert_int_equal(name_from_text(value % 2 ? "Target.Other." : "t.zone.", NULL, &target), 0);
	memcpy(out + lead, target.wire, target.len);
	return (uint16_t)(lead + target.len);
}

static void put_random(struct rig *rig)
{
	enum zone_source source = (enum zone_source)roll(ZONE_SOURCE_COUNT);
	const struct name *name = roll(20) ? random_name(rig) : &rig->apex;
	uint8_t bytes[4][64];
	struct rdata rdata[4];
	struct rrset sets[3];
	unsigned count = roll(4), used = 0;
	count = count > 3 ? 3 : count;
	for (unsigned i = 0; i < count; i++) {
		unsigned records = 1 + (roll(4) == 0 && used < 2), pick = roll(12);
		/* Cuts and aliases are rarer than addresses. */
		uint16_t type = types[pick < ARRAY_LEN(types) && roll(2) ? pick : 0];
		if (name == &rig->apex && (type == RR_CNAME || (type == RR_DNAME && roll(3))))
			type = RR_TXT;
		sets[i] = (struct rrset){.type = type,
			.view = (uint8_t)(1 + roll(3)),
			.ttl = 60 * (1 + roll(2)),
			.count = (uint16_t)records,
			.rdata = &rdata[used]};
		if (type == RR_NS || type == RR_CNAME || type == RR_DNAME || type == RR_DS)
			sets[i].view = VIEW_ANY;
		for (unsigned k = 0; k < records; k++, used++)
			rdata[used] = (struct rdata){
				bytes[used], make_rdata(type, roll(3) * 2 + k, bytes[used])};
	}
	assert_int_equal(zone_put(rig->plain, source, name->wire, sets, count), 0);
	int tried = zone_try(rig->signed_, source, name->wire, sets, count);
	assert_true(tried == 0 || tried == ERR_NOMEM);
	INSIST(zone_put(rig->signed_, source, name->wire, sets, count));
}

/* What must be so at any time. */

static bool is_hidden(const struct zone *z, const struct name *name, const struct name *apex)
{
	for (const uint8_t *up = name->wire; !name_equal(up, apex->wire);) {
		struct key key;
		up = name_parent(up);
		key_from_name(&key, up);
		const struct node *n = zone_node(zone_reader(z), &key);
		if (n && n->flags &
				 (name_equal(up, apex->wire) ? NODE_DNAME : NODE_CUT | NODE_DNAME))
			return true;
	}
	return false;
}

static void check_sigs(const struct node *n)
{
	struct buf message = {0}, scratch = {0};
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		bool is_told = set->type != RR_DNSKEY;
		bool is_able = !is_told || rr_type_is_signable(set->type, n->flags & NODE_APEX);
		if (!set->is_signed) {
			assert_true(n->flags & NODE_CUT || !(n->flags & NODE_SIGNED) || !is_able);
			continue;
		}
		assert_true(is_able); /* the signer refuses all others */
		for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
			uint8_t expected[RRSIG_BYTES];
			buf_clear(&message);
			assert_int_equal(canon_add_message(n, set, sig, &message, &scratch), 0);
			hash_message(message.bytes, message.len, expected);
			if (is_told)
				assert_memory_equal(expected, sig->bytes, RRSIG_BYTES);
			if (!sig->has_more)
				break;
		}
	}
	buf_fini(&message);
	buf_fini(&scratch);
}

/* Returns the name to which the link leads, which is written to `buf`. NULL: there is no link. */
static const uint8_t *next_of(const struct node *n, unsigned view, uint8_t buf[NODE_NEXT_ROOM])
{
	const struct node_set *set = node_set(n, RR_NSEC, view);
	if (!set)
		return NULL;
	const struct node_next next = node_next(n, set);
	node_write_next(n, &next, buf);
	assert_int_equal(node_next_len(&next), name_len(buf));
	return buf;
}

static bool is_seen(const struct rig *rig, const struct node *n, unsigned view)
{
	return n && (!rig->hides || view == VIEW_LAN || node_has_view(n, view));
}

/* No name that exists is denied: neither one that is published, nor one that is not. */
static void check_denial_in(const struct rig *rig, const struct order *order,
	const struct name *name, const struct node *n, unsigned view)
{
	struct key key;
	key_from_name(&key, name->wire);
	const struct node *before = order_at_or_before(order, &key);
	char text[3][NAME_TEXT_CAP];
	assert_non_null(before);
	if (is_seen(rig, n, view)) {
		if (n != before)
			fail_msg("%s is there, but before it is %s (flags %x %x)",
				name_to_text(node_name(n), text[0]),
				name_to_text(node_name(before), text[1]), n->flags, before->flags);
		return;
	}
	uint8_t buf[NODE_NEXT_ROOM];
	const uint8_t *next = next_of(before, view, buf);
	assert_non_null(next);
	if (!name_equal(next, rig->apex.wire) && name_cmp(name->wire, next) >= 0)
		fail_msg("%s is neither there nor denied by %s, whose next is %s",
			name_to_text(name->wire, text[0]), name_to_text(node_name(before), text[1]),
			name_to_text(next, text[2]));
}

static void check_denial(struct rig *rig)
{
	const struct zone *z = rig->signed_;
	const struct signing *s = LIST_FIRST(&z->signings, struct signing, in_zone);
	if (!s->has_closed)
		return; /* before that the daemon is not ready */
	for (size_t i = 0; i < rig->count; i++) {
		struct key key;
		key_from_name(&key, rig->names[i].wire);
		const struct node *n = zone_node(zone_reader(z), &key);
		if (n)
			check_sigs(n);
		if (is_hidden(z, &rig->names[i], &rig->apex))
			continue;
		check_denial_in(rig, s->order, &rig->names[i], n, VIEW_LAN);
		check_denial_in(rig, s->wan ? s->wan : s->order, &rig->names[i], n, VIEW_WAN);
	}
}

/* What must be so at the end. */

static int cmp_names(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	return name_cmp(node_name(*x), node_name(*y));
}

static void check_bitmap(const struct node *n, unsigned view)
{
	const struct node_set *set = node_set(n, RR_NSEC, view);
	static uint8_t link[NSEC_RDATA_MAX];
	const uint8_t *at = node_rdata(n, set);
	struct rdata rdata = node_read_rdata(n, set, &at, link);
	for (unsigned type = 1; type < 256; type++) {
		bool has = type == RR_RRSIG || node_set(n, (uint16_t)type, view), is_set = false;
		if (n->flags & NODE_CUT)
			has = type == RR_NS || type == RR_RRSIG || type == RR_NSEC ||
			      (type == RR_DS && node_set(n, RR_DS, view));
		const uint8_t *window = rdata.bytes + name_len(rdata.bytes);
		for (; window < rdata.bytes + rdata.len; window += 2 + window[1])
			if (window[0] == 0 && type / 8 < window[1])
				is_set = window[2 + type / 8] & 0x80 >> type % 8;
		assert_int_equal(has, is_set);
	}
}

static void check_said(const struct rig *rig, const struct name *name, const struct node *n)
{
	struct key key;
	key_from_name(&key, name->wire);
	const struct node *plain = zone_node(zone_reader(rig->plain), &key);
	assert_int_equal(plain != NULL, n != NULL);
	/* Serials differ, and the keys are only here. */
	if (n && !(n->flags & NODE_APEX) && !node_equal(plain, n)) {
		char text[NAME_TEXT_CAP];
		for (unsigned i = 0; i < plain->set_count; i++)
			print_error("plain %u view %u ttl %u count %u near %u\n",
				plain->sets[i].type, plain->sets[i].view, plain->sets[i].ttl,
				plain->sets[i].count, plain->sets[i].is_near);
		for (unsigned i = 0; i < n->set_count; i++)
			print_error("signed %u view %u ttl %u count %u near %u\n", n->sets[i].type,
				n->sets[i].view, n->sets[i].ttl, n->sets[i].count,
				n->sets[i].is_near);
		fail_msg("%s differs", name_to_text(name->wire, text));
	}
}

static long count_records(const struct rig *rig)
{
	struct facts facts = {0};
	long count = 0;
	size_t i = 0;
	const struct table *t = atomic_load(&rig->signed_->reader.table);
	for (struct node *n; (n = table_next(t, &i));) {
		facts.count = 0;
		assert_int_equal(facts_add_all(&facts, n), 0);
		facts_settle(&facts);
		for (size_t k = 0; k < facts.count; k++)
			count += views_in(facts.at[k].view);
	}
	facts_fini(&facts);
	return count;
}

/* The owners that a view has are a ring; others have no link there. */
static void check_chain(
	const struct rig *rig, const struct node *const *chain, size_t count, unsigned view)
{
	const struct node *seen[NAMES_CAP + 1];
	uint8_t buf[NODE_NEXT_ROOM];
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_seen(rig, chain[i], view))
			seen[n++] = chain[i];
		else
			assert_null(next_of(chain[i], view, buf));
	}
	for (size_t i = 0; i < n; i++) {
		const uint8_t *next = next_of(seen[i], view, buf);
		assert_non_null(next);
		assert_true(name_equal(next, node_name(seen[(i + 1) % n])));
		check_bitmap(seen[i], view);
	}
}

/* Whether a name exists in the wan view: it or a name below it has records there. */
static void check_existence(const struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++) {
		struct zone_answer found;
		struct key key;
		bool exists = false;
		for (size_t k = 0; k < rig->count; k++) {
			if (!name_is_below(rig->names[k].wire, rig->names[i].wire))
				continue;
			key_from_name(&key, rig->names[k].wire);
			const struct node *n = zone_node(zone_reader(rig->plain), &key);
			exists |= is_seen(rig, n, VIEW_WAN);
		}
		key_from_name(&key, rig->names[i].wire);
		zone_lookup(zone_reader(rig->plain), &key, RR_TXT, VIEW_WAN, &found);
		if (found.outcome == ZONE_DELEGATED || found.outcome == ZONE_RENAMED ||
			found.is_wildcard)
			continue;
		assert_int_equal(exists, found.outcome != ZONE_NO_NAME);
	}
}

static void check_end(struct rig *rig)
{
	const struct node *chain[NAMES_CAP + 1];
	size_t count = 0;
	struct key key;
	key_from_name(&key, rig->apex.wire);
	chain[count++] = zone_node(zone_reader(rig->signed_), &key);
	for (size_t i = 0; i < rig->count; i++) {
		key_from_name(&key, rig->names[i].wire);
		const struct node *n = zone_node(zone_reader(rig->signed_), &key);
		bool is_hid = is_hidden(rig->signed_, &rig->names[i], &rig->apex), is_twice = false;
		for (size_t k = 0; k < i; k++)
			is_twice |= name_equal(rig->names[k].wire, rig->names[i].wire);
		check_said(rig, &rig->names[i], n);
		if (!n || is_twice)
			continue;
		check_sigs(n);
		char text[NAME_TEXT_CAP];
		if (is_hid == ((n->flags & NODE_SIGNED) != 0))
			fail_msg("%s: hidden %d, flags %x", name_to_text(node_name(n), text),
				is_hid, n->flags);
		if (!is_hid)
			chain[count++] = n;
	}
	qsort(chain, count, sizeof(chain[0]), cmp_names);
	check_chain(rig, chain, count, VIEW_LAN);
	check_chain(rig, chain, count, VIEW_WAN);
	check_existence(rig);
	assert_int_equal(count_records(rig), rig->told);
	struct zone_sign_stats stats;
	assert_int_equal(zone_sign_stats(rig->signed_, rig->apex.wire, &stats), 0);
	assert_int_equal(stats.owners, count);
}

/* All signatures are by the active keys, and go on for some time. */
static bool are_sigs_fresh(struct rig *rig)
{
	const struct table *t = atomic_load(&rig->signed_->reader.table);
	size_t slot = 0;
	for (struct node *n; (n = table_next(t, &slot));)
		for (unsigned i = 0; i < n->set_count; i++) {
			const struct node_set *set = &n->sets[i];
			unsigned count = 0;
			if (!set->is_signed || set->type == RR_DNSKEY)
				continue;
			for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
				const struct rrsig value = node_read_sig(n, sig);
				bool is_active =
					value.key.tag == rig->keys[0].tag ||
					(rig->key_count == 2 && value.key.tag == rig->keys[1].tag);
				if (!is_active || value.expiration < rig->now_s + 6 * 86400 ||
					value.inception > rig->now_s)
					return false;
				count++;
				if (!sig->has_more)
					break;
			}
			if (count != rig->key_count)
				return false;
		}
	return true;
}

static void drain(struct rig *rig);

/* Signatures are renewed a bit at a time. */
static void refresh_all(struct rig *rig)
{
	for (unsigned turns = 0; !are_sigs_fresh(rig); turns++) {
		assert_true(turns < 300);
		refresh(rig);
		drain(rig);
	}
}

static void roll_keys(struct rig *rig)
{
	const struct dnssec_key_id first = rig->keys[0];
	rig->keys[0] = rig->keys[1];
	rig->keys[1] = first;
	rig->key_count = 1 + roll(2);
	set_keys(rig);
}

static void drain(struct rig *rig)
{
	unsigned turns = 0;
	do {
		assert_true(++turns < 100000);
		ask(rig);
		answer(rig);
		refresh(rig); /* refused ones again */
		zone_garbage_free(commit(rig));
		check_denial(rig);
	} while (zone_is_signing(rig->signed_) || rig->waiting_count > 0);
	assert_true(zone_is_whole(rig->signed_));
}

/* The zone goes, whatever it is doing, and comes back. */
static void remove_and_return(struct rig *rig)
{
	INSIST(zone_remove_apex(rig->signed_, rig->apex.wire));
	assert_int_equal(count_records(rig), 0);
	assert_int_equal(rig->told, 0);
	zone_garbage_free(commit(rig));
	while (rig->waiting_count > 0)
		answer(rig);
	chain_add_apex(rig->signed_, &rig->apex);
	INSIST(zone_sign(rig->signed_, rig->apex.wire));
	set_keys(rig);
	for (size_t i = 0; i < rig->count; i++)
		INSIST(zone_put(rig->signed_, ZONE_DERIVED, rig->names[i].wire, NULL, 0));
	drain(rig);
	assert_int_equal(count_records(rig), rig->told);
}

static void run_seed(uint64_t seed)
{
	static struct rig rig;
	chain_seed = seed;
	is_faulty = seed % 3 == 0;
	chain_setup(&rig, seed);
	const bool is_late = roll(2);
	for (unsigned i = 0; is_late && i < 20; i++)
		put_random(&rig);
	if (is_late)
		zone_garbage_free(commit(&rig));
	INSIST(zone_sign(rig.signed_, rig.apex.wire));
	set_keys(&rig);
	drain(&rig);
	for (unsigned step = 0; step < STEPS; step++) {
		for (unsigned i = roll(6); i > 0; i--)
			put_random(&rig);
		for (unsigned i = roll(4); i > 0; i--) {
			zone_garbage_free(commit(&rig));
			check_denial(&rig);
			ask(&rig);
			if (roll(3))
				answer(&rig);
		}
		if (roll(10) == 0)
			refresh(&rig);
		if (roll(15) == 0)
			rig.now_s += roll(16) * 86400;
		if (roll(25) == 0)
			roll_keys(&rig);
		if (roll(20) == 0) {
			drain(&rig);
			check_end(&rig);
		}
	}
	drain(&rig);
	refresh_all(&rig);
	check_end(&rig);
	check_links(&rig);
	for (unsigned i = roll(30); i > 0; i--)
		put_random(&rig);
	for (unsigned i = roll(3); i > 0; i--) {
		zone_garbage_free(commit(&rig));
		ask(&rig);
	}
	remove_and_return(&rig);
	chain_teardown(&rig);
}

static void random_changes(void **state UNUSED)
{
	const char *only = getenv("ZONE_SEED"), *most = getenv("ZONE_SEEDS");
	const uint64_t seeds = most ? strtoull(most, NULL, 10) : SEEDS;
	if (only) {
		run_seed(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		fprintf(stderr, "ZONE_SEED=%d\n", (int)seed);
		run_seed(seed);
	}
}

/* A large zone is not in the hand of one generation; its chain is closed when all are there. */
static void large_start(void **state UNUSED)
{
	enum { OWNERS = 2 * FIRST_OWNERS };
	static struct rig rig;
	static const uint8_t address[4] = {10};
	static const struct rdata rdata = {address, sizeof(address)};
	static const struct rrset set = {RR_A, VIEW_ANY, 60, 1, &rdata};
	size_t most = 0;
	chain_seed = 1;
	is_faulty = false;
	chain_setup(&rig, 1);
	assert_int_equal(zone_sign(rig.signed_, rig.apex.wire), 0);
	set_keys(&rig);
	for (unsigned i = 0; i < OWNERS; i++) {
		char text[64];
		struct name name;
		snprintf(text, sizeof(text), "n%u.zone.", (unsigned)(i * 2654435761u));
		assert_int_equal(name_from_text(text, NULL, &name), 0);
		assert_int_equal(zone_put(rig.signed_, ZONE_STATIC, name.wire, &set, 1), 0);
	}
	const struct signing *s = LIST_FIRST(&rig.signed_->signings, struct signing, in_zone);
	do {
		zone_garbage_free(commit(&rig));
		most = s->gen.count > most ? s->gen.count : most;
		ask(&rig);
		answer(&rig);
		refresh(&rig); /* refused ones again */
		assert_true(!s->has_closed || s->waiting_count == 0);
	} while (zone_is_signing(rig.signed_) || rig.waiting_count > 0);
	assert_in_range(most, FIRST_OWNERS, 2 * FIRST_OWNERS);
	assert_int_equal(order_count(s->order), OWNERS + 1);
	for (const struct node *n = order_first(s->order), *next; n; n = next) {
		next = order_walk(s->order, node_name(n));
		check_sigs(n);
		uint8_t buf[NODE_NEXT_ROOM];
		assert_true(name_equal(
			next_of(n, VIEW_WAN, buf), next ? node_name(next) : rig.apex.wire));
	}
	chain_teardown(&rig);
}

/* What is taken can be signed, whatever it is: with the most types, in the most windows, in both views. */
static void the_largest_owners(void **state UNUSED)
{
	static struct rig rig;
	static uint8_t bytes[60000];
	static struct rrset sets[UINT8_MAX];
	struct name name;
	unsigned taken = 0, refused = 0;
	chain_seed = 3;
	is_faulty = false;
	chain_setup(&rig, 1);
	rig.is_obliging = true;
	assert_int_equal(zone_sign(rig.signed_, rig.apex.wire), 0);
	set_keys(&rig);
	drain(&rig);
	assert_int_equal(name_from_text("large", rig.apex.wire, &name), 0);
	for (unsigned step = 0; step < 400; step++) {
		const unsigned count = 230 + roll(26), apart = 1 + 255 * roll(2);
		const struct rdata rdata = {
			bytes, (uint16_t)(1 + roll(2) * roll(60000) / (1 + roll(200)))};
		for (unsigned i = 0; i < count; i++)
			sets[i] = (struct rrset){(uint16_t)(300 + i * apart),
				(uint8_t)(roll(2) ? VIEW_ANY : 1 + roll(2)), 60, 1, &rdata};
		int err = zone_put(rig.signed_, ZONE_STATIC, name.wire, sets, roll(4) ? count : 1);
		taken += !err;
		refused += err == ERR_RANGE;
		drain(&rig);
	}
	assert_true(taken > 20 && refused > 20);
	chain_teardown(&rig);
}

/* The same keys, told again, make nothing old: what is between the members of an id may be anything. */
static void same_keys(void **state UNUSED)
{
	static struct rig rig;
	chain_seed = 1;
	is_faulty = false;
	chain_setup(&rig, 1);
	assert_int_equal(zone_sign(rig.signed_, rig.apex.wire), 0);
	set_keys(&rig);
	const struct signing *s = LIST_FIRST(&rig.signed_->signings, struct signing, in_zone);
	do {
		zone_garbage_free(commit(&rig));
		ask(&rig);
		answer(&rig);
		refresh(&rig);
	} while (zone_is_signing(rig.signed_) || rig.waiting_count > 0 || !s->is_fresh);
	memset(rig.keys, 0xff, sizeof(rig.keys));
	rig.keys[0].tag = 7;
	rig.keys[0].alg = 13;
	set_keys(&rig);
	assert_true(s->is_fresh);
	rig.keys[0].tag = 8;
	set_keys(&rig);
	assert_false(s->is_fresh);
	chain_teardown(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_keys),
		cmocka_unit_test(large_start),
		cmocka_unit_test(random_changes),
		cmocka_unit_test(the_largest_owners),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
