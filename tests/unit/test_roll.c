/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of how keys come and go: a world of caches and slow servers, in virtual time, in which validation must
 * never fail; the states, their text, and kills between any two steps.
 * Never uses a key: it is a bit. Run by `make check`.
 */
#include "dnssec/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

enum { KEY_TTL = 100, ZONE_TTL = 300, DS_TTL = 700, SPREAD = 40, VALIDITY = 5000 };

static const uint8_t zone_name[] = "\7Example\3org";
static const struct roll_times real_times = {KEY_TTL, ZONE_TTL, DS_TTL, SPREAD, VALIDITY};

/* The world. Each key has a bit: its tag is its number. What others may have is a set of bits, for a while. */

enum { SPANS_MAX = 512, TAGS_MAX = 30 };

struct span {
	uint64_t from, to; /* served */
	uint32_t bits;
};

struct spans {
	struct span at[SPANS_MAX];
	unsigned count;
};

struct world {
	struct roll roll;
	uint64_t now;
	unsigned seed;
	struct spans ds, dnskey, data;
	unsigned algs[TAGS_MAX];
	unsigned tags;
	uint32_t wanted_data; /* what data is being signed with */
	uint64_t fresh_at;    /* when that is done; 0: never told, only by expiry */
};

static unsigned random_below(struct world *w, unsigned below)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return (w->seed >> 8) % below;
}

/* From now on it is this. */
static void serve(struct spans *s, uint64_t now, uint32_t bits)
{
	if (s->count > 0 && s->at[s->count - 1].to == UINT64_MAX) {
		if (s->at[s->count - 1].bits == bits)
			return;
		s->at[s->count - 1].to = now;
	}
	assert_true(s->count < SPANS_MAX);
	s->at[s->count++] = (struct span){now, UINT64_MAX, bits};
}

/* For a while it is this, beside what is served otherwise. */
static void serve_beside(struct spans *s, uint64_t from, uint64_t to, uint32_t bits)
{
	assert_true(s->count < SPANS_MAX);
	s->at[s->count] = s->at[s->count - 1];
	s->at[s->count - 1] = (struct span){from, to, bits};
	s->count++;
}

static uint32_t bits_of(const struct roll *r, bool (*does)(const struct roll *, unsigned))
{
	uint32_t bits = 0;
	for (unsigned i = 0; i < r->count; i++)
		bits |= does(r, i) ? 1u << r->keys[i].id.tag : 0;
	return bits;
}

/* Which algorithms those keys have. */
static unsigned algs_of(const struct world *w, uint32_t bits)
{
	unsigned algs = 0;
	for (unsigned tag = 0; tag < w->tags; tag++)
		if (bits >> tag & 1)
			algs |= 1u << w->algs[tag];
	return algs;
}

/* True if some resolver may have both at once. */
static bool may_meet(const struct span *a, uint64_t a_ttl, const struct span *b, uint64_t b_ttl)
{
	const uint64_t a_end = a->to == UINT64_MAX ? a->to : a->to + a_ttl + SPREAD;
	const uint64_t b_end = b->to == UINT64_MAX ? b->to : b->to + b_ttl + SPREAD;
	return a->from < b_end && b->from < a_end;
}

/* How a validator judges what it has, one that is strict about algorithms (RFC 6840 §5.11). */
static bool is_bogus(const struct world *w, uint32_t ds, uint32_t keys, uint32_t data)
{
	return ds != 0 && ((ds & keys) == 0 || (keys & data) == 0 ||
				  (algs_of(w, keys) & ~algs_of(w, data)) != 0);
}

/* Returns how many of the combinations that some validator may have are bogus. Spans that meet in pairs meet all at
 * once, too. */
static unsigned count_bogus(const struct world *w)
{
	unsigned bogus = 0;
	for (unsigned i = 0; i < w->ds.count; i++)
		for (unsigned k = 0; k < w->dnskey.count; k++)
			for (unsigned d = 0; d < w->data.count; d++) {
				const struct span *ds = &w->ds.at[i], *keys = &w->dnskey.at[k],
						  *data = &w->data.at[d];
				bogus += is_bogus(w, ds->bits, keys->bits, data->bits) &&
					 may_meet(ds, DS_TTL, keys, KEY_TTL) &&
					 may_meet(ds, DS_TTL, data, ZONE_TTL) &&
					 may_meet(keys, KEY_TTL, data, ZONE_TTL);
			}
	return bogus;
}

/* The server takes a while to sign all data anew. It may tell when that is done, or not. */
static void sign_data(struct world *w, uint32_t bits)
{
	if (bits == w->wanted_data)
		return;
	const uint64_t took = random_below(w, 2) ? 1 + random_below(w, 200) : VALIDITY;
	if (w->data.count == 0)
		serve(&w->data, w->now, 0);
	const uint32_t before = w->wanted_data;
	/* News that all is done is of older turns, too. */
	for (unsigned i = 0; took < VALIDITY && i < w->data.count; i++)
		if (w->data.at[i].to != UINT64_MAX && w->data.at[i].to > w->now + took)
			w->data.at[i].to = w->now + took;
	serve(&w->data, w->now, bits);
	/* Old signatures of an earlier turn may be there still. */
	serve_beside(&w->data, w->now, w->now + took, before);
	w->wanted_data = bits;
	w->fresh_at = took < VALIDITY ? w->now + took : 0;
}

static void tell_fresh(struct world *w)
{
	struct dnssec_key_id ids[RRSIG_KEYS_MAX];
	unsigned count = 0;
	if (w->fresh_at == 0 || w->now < w->fresh_at)
		return;
	for (unsigned i = 0; i < w->roll.count; i++)
		if (roll_signs_data(&w->roll, i))
			ids[count++] = w->roll.keys[i].id;
	(void)!roll_fresh(&w->roll, w->now, ids, count);
	w->fresh_at = 0;
}

/* The process is killed, and reads its state again. */
static void restart(struct world *w)
{
	struct buf text = {0};
	struct roll again;
	unsigned line;
	memset(&again, 0xa5, sizeof(again));
	roll_print(&w->roll, &text);
	if (roll_parse(buf_text(&text), &again, &line))
		fail_msg("line %u of:\n%s", line, buf_text(&text));
	w->roll = again;
	buf_fini(&text);
}

static void take_effect(struct world *w);

/* The whole daemon begins again. */
static void start_again(struct world *w)
{
	restart(w);
	if (roll_end(&w->roll, w->now))
		take_effect(w);
}

static void take_effect(struct world *w)
{
	serve(&w->dnskey, w->now, bits_of(&w->roll, roll_is_in_set));
	sign_data(w, bits_of(&w->roll, roll_signs_data));
	assert_true(w->roll.count <= ROLL_KEYS_MAX);
}

/* Goes on until no step is due before `until`. */
static void run(struct world *w, uint64_t until)
{
	for (;;) {
		uint64_t next = roll_deadline(&w->roll);
		if (w->fresh_at && w->fresh_at < next)
			next = w->fresh_at;
		if (next > until)
			break;
		w->now = next > w->now ? next : w->now;
		tell_fresh(w);
		if (random_below(w, 3) == 0)
			restart(w);
		if (roll_step(&w->roll, w->now))
			take_effect(w);
	}
	w->now = until > w->now ? until : w->now;
}

static void begin(struct world *w, unsigned seed, const struct roll_times *times)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->now = 1000000;
	roll_init(&w->roll, zone_name, times);
	serve(&w->ds, w->now, 0);
	serve(&w->dnskey, w->now, 0);
	serve(&w->data, w->now, 0);
}

static void add_key(struct world *w, unsigned alg)
{
	const struct dnssec_key_id id = {.tag = (uint16_t)w->tags, .alg = (uint8_t)alg};
	assert_true(w->tags < TAGS_MAX);
	w->algs[w->tags++] = alg;
	assert_int_equal(roll_add(&w->roll, w->now, id), 0);
	take_effect(w);
}

/* Goes on until the parent is asked, which does it at some moment; somebody says so at a later one. */
static void follow_parent(struct world *w)
{
	for (unsigned i = 0; !roll_is_asking(&w->roll); i++) {
		assert_true(i < 100);
		run(w, w->now + 500);
	}
	run(w, w->now + random_below(w, 3000));
	const uint32_t wanted = bits_of(&w->roll, roll_is_in_cds);
	assert_true((wanted == 0) == roll_has_delete(&w->roll));
	serve(&w->ds, w->now, wanted);
	run(w, w->now + random_below(w, 1000));
	assert_int_equal(roll_ds_seen(&w->roll, w->now), 0);
	take_effect(w);
	assert_int_equal(roll_ds_seen(&w->roll, w->now), ERR_ABSENT);
}

static void finish(struct world *w)
{
	for (unsigned i = 0; roll_is_busy(&w->roll); i++) {
		assert_true(i < 100);
		run(w, w->now + 1 + random_below(w, 1000));
		start_again(w);
	}
}

static void live(struct world *w, unsigned seed, const struct roll_times *times)
{
	begin(w, seed, times);
	unsigned alg = random_below(w, 2) ? DNSSEC_P256 : DNSSEC_ED25519;
	add_key(w, alg);
	follow_parent(w);
	finish(w);
	for (int i = 0; i < 3; i++) {
		run(w, w->now + random_below(w, 2000));
		if (random_below(w, 2))
			alg ^= DNSSEC_P256 ^ DNSSEC_ED25519;
		add_key(w, alg);
		follow_parent(w);
		finish(w);
		assert_int_equal(w->roll.count, 1);
		assert_int_equal(w->roll.keys[0].id.tag, w->tags - 1);
		assert_int_equal(w->roll.keys[0].state, ROLL_ACTIVE);
	}
	assert_int_equal(roll_unsign(&w->roll, w->now), 0);
	take_effect(w);
	follow_parent(w);
	finish(w);
	assert_int_equal(w->roll.mode, ROLL_UNSIGNED);
	assert_int_equal(w->roll.count, 0);
	add_key(w, alg);
	follow_parent(w);
	finish(w);
}

static void no_cache_finds_the_zone_bogus(void **state)
{
	struct world *w = malloc(sizeof(*w));
	(void)state;
	for (unsigned seed = 1; seed <= 2000; seed++) {
		live(w, seed, &real_times);
		const unsigned bogus = count_bogus(w);
		if (bogus > 0)
			fail_msg("seed %u: bogus %u times", seed, bogus);
	}
	free(w);
}

/* The world finds what is wrong: each of the times matters. */
static void a_time_that_is_too_short_is_found(void **state)
{
	struct world *w = malloc(sizeof(*w));
	(void)state;
	for (unsigned field = 0; field < 5; field++) {
		struct roll_times times = real_times;
		uint32_t *const fields[] = {&times.dnskey_ttl_s, &times.zone_ttl_s, &times.ds_ttl_s,
			&times.propagation_s, &times.validity_s};
		unsigned bogus = 0;
		*fields[field] = 0;
		for (unsigned seed = 1; seed <= 200; seed++) {
			live(w, seed, &times);
			bogus += count_bogus(w);
		}
		if (bogus == 0)
			fail_msg("time %u does not matter", field);
	}
	free(w);
}

/* The parent takes what CDS says in the moment in which it is said, the first one, too (RFC 8078 §3); and if `takes_first`, the
 * keys of a zone that says nothing. */
static void follow_at_once(struct world *w, bool (*takes_first)(const struct roll *))
{
	for (unsigned i = 0; i < 100; i++) {
		uint32_t wanted = bits_of(&w->roll, roll_is_in_cds);
		if (wanted == 0 && !roll_has_delete(&w->roll) && takes_first(&w->roll))
			wanted = bits_of(&w->roll, roll_is_in_set);
		if (wanted != 0 || roll_has_delete(&w->roll))
			serve(&w->ds, w->now, wanted);
		if (roll_is_asking(&w->roll))
			return;
		run(w, w->now + 10 + random_below(w, 60));
	}
}

static void see_at_once(struct world *w, bool (*takes_first)(const struct roll *))
{
	while (!roll_is_asking(&w->roll))
		follow_at_once(w, takes_first);
	follow_at_once(w, takes_first);
	run(w, w->now + random_below(w, 1000));
	assert_int_equal(roll_ds_seen(&w->roll, w->now), 0);
	take_effect(w);
	finish(w);
}

static unsigned bogus_of_quick_parents(bool (*takes_first)(const struct roll *))
{
	struct world *w = malloc(sizeof(*w));
	unsigned bogus = 0;
	for (unsigned seed = 1; seed <= 300; seed++) {
		begin(w, seed, &real_times);
		add_key(w, DNSSEC_P256);
		see_at_once(w, takes_first);
		add_key(w, seed % 2 ? DNSSEC_P256 : DNSSEC_ED25519);
		see_at_once(w, takes_first);
		assert_int_equal(roll_unsign(&w->roll, w->now), 0);
		take_effect(w);
		see_at_once(w, takes_first);
		bogus += count_bogus(w);
	}
	free(w);
	return bogus;
}

static bool never(const struct roll *r)
{
	(void)r;
	return false;
}

static bool has_published(const struct roll *r)
{
	return r->count > 0 && r->keys[0].state == ROLL_PUBLISHED;
}

static void a_parent_may_follow_cds_at_once(void **state)
{
	(void)state;
	assert_int_equal(bogus_of_quick_parents(never), 0);
	/* And so the first key must not be in CDS before. */
	assert_true(bogus_of_quick_parents(has_published) > 0);
}

/* From the first one on: one key, or the deletion, whatever the state. */
static void cds_says_always_what_the_parent_should_have(void **state)
{
	struct world *w = malloc(sizeof(*w));
	(void)state;
	for (unsigned seed = 1; seed <= 100; seed++) {
		begin(w, seed, &real_times);
		add_key(w, DNSSEC_P256);
		while (!roll_is_asking(&w->roll)) {
			assert_int_equal(bits_of(&w->roll, roll_is_in_cds), 0);
			assert_false(roll_has_delete(&w->roll));
			run(w, w->now + 50);
		}
		for (unsigned tag = 0; tag < 3; tag++) {
			assert_int_equal(bits_of(&w->roll, roll_is_in_cds), 1u << tag);
			follow_parent(w);
			while (roll_is_busy(&w->roll)) {
				assert_int_equal(bits_of(&w->roll, roll_is_in_cds), 1u << tag);
				run(w, w->now + 50);
			}
			add_key(w, random_below(w, 2) ? DNSSEC_P256 : DNSSEC_ED25519);
			while (!roll_is_asking(&w->roll)) {
				assert_int_equal(bits_of(&w->roll, roll_is_in_cds), 1u << tag);
				run(w, w->now + 50);
			}
		}
		follow_parent(w);
		finish(w);
		assert_int_equal(roll_unsign(&w->roll, w->now), 0);
		take_effect(w);
		while (w->roll.mode != ROLL_UNSIGNED) {
			assert_true(roll_has_delete(&w->roll));
			assert_int_equal(bits_of(&w->roll, roll_is_in_cds), 0);
			if (roll_is_asking(&w->roll))
				follow_parent(w);
			run(w, w->now + 50);
			start_again(w);
		}
		assert_false(roll_has_delete(&w->roll));
	}
	free(w);
}

static void what_goes_on_is_not_begun_again(void **state)
{
	struct world *w = malloc(sizeof(*w));
	const struct dnssec_key_id id = {.tag = 9, .alg = DNSSEC_P256};
	(void)state;
	begin(w, 1, &real_times);
	assert_int_equal(roll_ds_seen(&w->roll, w->now), ERR_ABSENT);
	assert_int_equal(roll_unsign(&w->roll, w->now), ERR_ABSENT);
	add_key(w, DNSSEC_P256);
	assert_int_equal(roll_add(&w->roll, w->now, id), ERR_EXISTS);
	assert_int_equal(roll_ds_seen(&w->roll, w->now), ERR_ABSENT);
	follow_parent(w);
	finish(w);
	add_key(w, DNSSEC_P256);
	assert_int_equal(roll_add(&w->roll, w->now, id), ERR_EXISTS);
	assert_int_equal(roll_unsign(&w->roll, w->now), ERR_EXISTS);
	follow_parent(w);
	finish(w);
	assert_int_equal(roll_unsign(&w->roll, w->now), 0);
	assert_int_equal(roll_add(&w->roll, w->now, id), ERR_EXISTS);
	assert_int_equal(roll_unsign(&w->roll, w->now), ERR_EXISTS);
	free(w);
}

/* Before the parent was asked, it cannot have a DS. */
static void a_zone_without_ds_need_not_wait(void **state)
{
	struct world *w = malloc(sizeof(*w));
	(void)state;
	begin(w, 1, &real_times);
	add_key(w, DNSSEC_P256);
	run(w, w->now + 1);
	assert_false(roll_end(&w->roll, w->now));
	assert_int_equal(roll_unsign(&w->roll, w->now), 0);
	assert_true(roll_signs_data(&w->roll, 0)); /* until the next start */
	run(w, w->now + 100000);
	assert_false(roll_is_asking(&w->roll));
	assert_int_equal(roll_ds_seen(&w->roll, w->now), ERR_ABSENT);
	assert_true(roll_end(&w->roll, w->now));
	assert_int_equal(w->roll.mode, ROLL_UNSIGNED);
	assert_false(roll_signs_data(&w->roll, 0));
	assert_false(roll_is_in_set(&w->roll, 0));
	free(w);
}

static void news_of_other_keys_is_none(void **state)
{
	struct world *w = malloc(sizeof(*w));
	const struct dnssec_key_id ids[2] = {
		{.tag = 0, .alg = DNSSEC_P256}, {.tag = 1, .alg = DNSSEC_P256}};
	const struct dnssec_key_id other = {.tag = 0, .alg = DNSSEC_ED25519};
	(void)state;
	begin(w, 1, &real_times);
	add_key(w, DNSSEC_P256);
	assert_true(roll_step(&w->roll, w->now));
	assert_false(roll_fresh(&w->roll, w->now, &other, 1));
	assert_false(roll_fresh(&w->roll, w->now, &ids[1], 1));
	assert_false(roll_fresh(&w->roll, w->now, NULL, 0));
	const uint64_t late = roll_deadline(&w->roll);
	assert_int_equal(late, w->now + VALIDITY + ZONE_TTL + SPREAD);
	assert_true(roll_fresh(&w->roll, w->now, ids, 1));
	assert_false(roll_fresh(&w->roll, w->now + 1, ids, 1));
	assert_int_equal(roll_deadline(&w->roll), w->now + ZONE_TTL + SPREAD);
	free(w);
}

/* Caches have what was served with the longer TTL. */
static void a_shorter_ttl_counts_when_the_longer_one_is_over(void **state)
{
	struct world *w = malloc(sizeof(*w));
	struct roll_times times = real_times;
	(void)state;
	begin(w, 1, &real_times);
	add_key(w, DNSSEC_P256);
	follow_parent(w);
	finish(w);
	times.dnskey_ttl_s = 7;
	times.ds_ttl_s = 5;
	assert_true(roll_set_times(&w->roll, w->now, &times));
	assert_false(roll_set_times(&w->roll, w->now, &times));
	assert_int_equal(w->roll.times.dnskey_ttl_s, KEY_TTL);
	restart(w);
	assert_int_equal(roll_deadline(&w->roll), w->now + DS_TTL + SPREAD);
	assert_false(roll_step(&w->roll, w->now + DS_TTL + SPREAD - 1));
	assert_true(roll_step(&w->roll, w->now + DS_TTL + SPREAD));
	assert_int_equal(w->roll.times.dnskey_ttl_s, 7);
	assert_int_equal(w->roll.times.ds_ttl_s, 5);
	times.zone_ttl_s = 9000;
	assert_true(roll_set_times(&w->roll, w->now, &times));
	assert_int_equal(w->roll.times.zone_ttl_s, 9000);
	free(w);
}

/* Time that the clock leaves out does not pass for caches, and a wait is never longer than from now on. */
static void a_clock_that_leaps_ends_no_wait(void **state)
{
	struct world *w = malloc(sizeof(*w));
	enum { YEAR = 365 * 86400 };
	(void)state;
	begin(w, 1, &real_times);
	add_key(w, DNSSEC_P256);
	follow_parent(w);
	finish(w);
	add_key(w, DNSSEC_P256);
	assert_true(roll_step(&w->roll, w->now));
	assert_false(roll_leap(&w->roll, w->now, 0));
	const uint64_t end = roll_deadline(&w->roll), later = w->now + YEAR + 10;
	assert_true(end > w->now + 10);
	assert_true(roll_leap(&w->roll, later, YEAR));
	restart(w);
	assert_int_equal(roll_deadline(&w->roll), end + YEAR);
	assert_false(roll_step(&w->roll, later));
	assert_false(roll_step(&w->roll, end + YEAR - 1));
	/* The leap was a mistake. */
	assert_true(roll_leap(&w->roll, w->now + 20, 0));
	assert_true(roll_deadline(&w->roll) > end);
	assert_true(roll_deadline(&w->roll) <= end + 20);
	assert_true(roll_step(&w->roll, end + 20));
	/* Much of it is not beyond now. */
	assert_true(roll_leap(&w->roll, w->now + 30, UINT64_MAX));
	assert_true(roll_deadline(&w->roll) >= w->now + 30);
	free(w);
}

#define HEAD                                                                                       \
	"ontap-zone keys 1\nzone example.org.\nmode signed 20260101120000\n"                       \
	"fresh 19700101000000\ntimes 1 2 3 4 5\nnext 1 2 3 4 5 20260101120000\n"
#define KEY "key 13 55648 active 20260101120000 20260102130000\n"

static void the_state_is_read_as_it_was_written(void **state)
{
	struct roll r;
	unsigned line = 0;
	struct buf text = {0};
	(void)state;
	assert_int_equal(roll_parse(HEAD KEY, &r, &line), 0);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.keys[0].id.tag, 55648);
	assert_int_equal(r.keys[0].state, ROLL_ACTIVE);
	assert_int_equal(r.times.validity_s, 5);
	roll_print(&r, &text);
	assert_string_equal(buf_text(&text), HEAD KEY);
	buf_fini(&text);
}

static void other_text_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {{"", 1}, {"ontap-zone keys 2\n", 1}, {"ontap-zone keys 1\n", 2},
		{"ontap-zone keys 1\nzone a..b\n", 2},
		{"ontap-zone keys 1\nzone a.\nmode sgned 20260101120000\n", 3},
		{"ontap-zone keys 1\nzone a.\nmode signed 20260101120000 x\n", 3},
		{HEAD "key 8 1 active 20260101120000 20260102130000\n", 7},
		{HEAD "key 13 65536 active 20260101120000 20260102130000\n", 7},
		{HEAD "key 13 1 happy 20260101120000 20260102130000\n", 7},
		{HEAD "key 13 1 active 20260101120000 20260102130060\n", 7},
		{HEAD "key 13 1 active 20260101120000 20260102130000", 7}, {HEAD "\n", 7},
		{HEAD KEY KEY KEY KEY, 10}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct roll r;
		unsigned line = 0;
		assert_int_equal(roll_parse(cases[i].text, &r, &line), ERR_SYNTAX);
		assert_int_equal(line, cases[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cache_finds_the_zone_bogus),
		cmocka_unit_test(a_time_that_is_too_short_is_found),
		cmocka_unit_test(a_parent_may_follow_cds_at_once),
		cmocka_unit_test(cds_says_always_what_the_parent_should_have),
		cmocka_unit_test(what_goes_on_is_not_begun_again),
		cmocka_unit_test(a_zone_without_ds_need_not_wait),
		cmocka_unit_test(news_of_other_keys_is_none),
		cmocka_unit_test(a_shorter_ttl_counts_when_the_longer_one_is_over),
		cmocka_unit_test(a_clock_that_leaps_ends_no_wait),
		cmocka_unit_test(the_state_is_read_as_it_was_written),
		cmocka_unit_test(other_text_is_refused_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
