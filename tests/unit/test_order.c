/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the ordered index: random changes, compared with a sorted array; and readers that
 * ask while the writer changes it. ORDER_SEED=N repeats one seed. Run by `make check`.
 */
#include "zone/order.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "io/rcu.h"
#include "unit.h"
#include "zone/zone.h"
#include "zone_rig.h"

enum { SEEDS = 10000, STEPS = 40, LONG_SEEDS = 40, LONG_STEPS = 6000, MODEL_CAP = 8192 };

/* The model: nodes in canonical order, by name_cmp(), and their states. */
static struct {
	struct node *node;
	unsigned state;
} model[MODEL_CAP];
static size_t model_count;

static uint64_t dice;

static unsigned roll(unsigned sides)
{
	dice = hash_mix(dice, 0x9e3779b97f4a7c15);
	return (unsigned)((dice >> 32) % sides);
}

/* A label out of a few: those with bytes that are special in a key, prefixes of others, long ones. */
static unsigned make_label(uint8_t out[LABEL_CAP], unsigned world)
{
	static const char *const odd[] = {
		"a", "b", "ab", "abc", "\1", "\2", "a\1", "\1\1", "\1\2", "*", "z"};
	unsigned kind = roll(8);
	if (kind == 0) {
		out[0] = 'a';
		out[1] = 0;
		return 1 + roll(2);
	}
	if (kind == 1 || world == 2) {
		unsigned len = 1 + roll(LABEL_CAP);
		memset(out, roll(2) ? 'x' : roll(2), len);
		out[len - 1] = (uint8_t)roll(4);
		return len;
	}
	if (kind < 5 || world == 1)
		return (unsigned)snprintf(
			(char *)out, LABEL_CAP, "host%u", roll(world ? 3000 : 12));
	const char *label = odd[roll(ARRAY_LEN(odd))];
	memcpy(out, label, strlen(label));
	return (unsigned)strlen(label);
}

static struct name random_name(unsigned world)
{
	struct name n = rig_name(roll(3) ? "example." : "wan.example.");
	for (unsigned i = roll(world == 2 ? 8 : 4); i > 0; i--) {
		struct name longer;
		uint8_t label[LABEL_CAP];
		unsigned len = make_label(label, world);
		if (name_prepend(label, len, n.wire, &longer) == 0)
			n = longer;
	}
	return n;
}

static struct node *make_node(const uint8_t *name)
{
	const struct facts none = {0};
	struct node *n;
	assert_int_equal(node_new(name, &none, (struct node_form){0}, &n), 0);
	return n;
}

/* Returns how many owners of the model are before the name. */
static size_t rank_of(const uint8_t *name)
{
	size_t at = 0;
	for (size_t left = model_count; left > 0;) {
		size_t half = left / 2;
		bool is_before = name_cmp(node_name(model[at + half].node), name) < 0;
		at = is_before ? at + half + 1 : at;
		left = is_before ? left - half - 1 : half;
	}
	return at;
}

static bool is_there(size_t at, const uint8_t *name)
{
	return at < model_count && name_equal(node_name(model[at].node), name);
}

static const struct node *model_before(size_t at, unsigned skip)
{
	while (at > 0 && model[at - 1].state & skip)
		at--;
	return at > 0 ? model[at - 1].node : NULL;
}

static const struct node *model_from(size_t at, unsigned skip)
{
	while (at < model_count && model[at].state & skip)
		at++;
	return at < model_count ? model[at].node : NULL;
}

static void check_name(const struct order *o, const struct name *name)
{
	struct key key;
	struct name lower = *name;
	unsigned state;
	name_lower(&lower);
	key_from_name(&key, name->wire);
	size_t at = rank_of(lower.wire);
	bool is_in = is_there(at, lower.wire);
	const struct node *node = is_in ? model[at].node : NULL;
	assert_ptr_equal(order_at_or_before(o, &key), model_before(at + is_in, ORDER_COMING));
	assert_ptr_equal(order_previous(o, lower.wire), model_before(at, ORDER_LEAVING));
	assert_ptr_equal(order_next(o, lower.wire), model_from(at + is_in, ORDER_LEAVING));
	assert_ptr_equal(order_walk(o, lower.wire), model_from(at + is_in, ORDER_COMING));
	assert_ptr_equal(order_find(o, lower.wire, &state), node);
	assert_int_equal(state, is_in ? model[at].state : 0);
}

static void add(struct order *o, struct garbage *g, size_t at, const uint8_t *name)
{
	if (model_count == MODEL_CAP)
		return;
	memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(*model));
	model[at].node = make_node(name);
	model[at].state = ORDER_COMING;
	model_count++;
	assert_int_equal(order_add(o, g, model[at].node), 0);
}

static void drop(struct order *o, struct garbage *g, size_t at)
{
	order_remove(o, g, node_name(model[at].node));
	node_free(model[at].node);
	model_count--;
	memmove(&model[at], &model[at + 1], (model_count - at) * sizeof(*model));
}

static void change(struct order *o, struct garbage *g, const uint8_t *name, unsigned what)
{
	size_t at = rank_of(name);
	struct node *old = is_there(at, name) ? model[at].node : NULL;
	if (!old) {
		add(o, g, at, name);
	} else if (what == 0) {
		drop(o, g, at);
	} else if (what < 4) {
		model[at].node = make_node(name);
		if (what < 3) {
			model[at].state &= ~(unsigned)ORDER_COMING;
			order_replace(o, model[at].node);
		} else {
			order_renew(o, model[at].node);
		}
		node_free(old);
	} else if (what == 4) {
		model[at].state |= ORDER_LEAVING;
		order_leave(o, name);
	} else {
		model[at].state &= ~(unsigned)ORDER_LEAVING;
		order_stay(o, name);
	}
}

static void check_all(const struct order *o)
{
	size_t i = 0;
	assert_int_equal(order_count(o), model_count);
	assert_ptr_equal(order_first(o), model_from(0, ORDER_LEAVING));
	for (const struct node *n = order_walk(o, name_root); n; n = order_walk(o, node_name(n))) {
		assert_ptr_equal(n, model_from(i, ORDER_COMING));
		i = rank_of(node_name(n)) + 1;
	}
	assert_null(model_from(i, ORDER_COMING));
}

static void run_seed(uint64_t seed, unsigned steps)
{
	struct order *o = order_new();
	struct garbage g = {0};
	unsigned world = seed % 3, shrinks = 6 + seed % 2 * 6;
	assert_non_null(o);
	dice = seed;
	model_count = 0;
	if (seed % 2) /* garbage or none: the rest is the same */
		order_show(o);
	for (unsigned i = 0; i < steps; i++) {
		struct name name = random_name(world);
		bool is_shrinking = i % (steps / 2) > steps / 3 && model_count > 0;
		name_lower(&name);
		if (is_shrinking && roll(2))
			drop(o, &g, roll((unsigned)model_count));
		else
			change(o, &g, name.wire, roll(shrinks));
		name = random_name(world);
		check_name(o, &name);
		if (i % 64 == 0)
			garbage_free_all(&g);
	}
	check_all(o);
	while (model_count > 0)
		drop(o, &g, roll(2) ? 0 : model_count - 1);
	assert_null(order_first(o));
	order_free(o);
	garbage_free_all(&g);
}

static void run_seeds(uint64_t count, unsigned steps)
{
	const char *only = getenv("ORDER_SEED");
	for (uint64_t seed = 1; seed <= count && !only; seed++) {
		if (seed % 1000 == 0 || steps == LONG_STEPS)
			print_message("ORDER_SEED up to %llu\n", (unsigned long long)seed);
		run_seed(seed, steps);
	}
	if (only)
		run_seed(strtoull(only, NULL, 0), steps);
}

static void few_random_changes_equal_the_model(void **state)
{
	(void)state;
	run_seeds(SEEDS, STEPS);
}

static void many_random_changes_equal_the_model(void **state)
{
	(void)state;
	run_seeds(LONG_SEEDS, LONG_STEPS);
}

enum { READERS = 3, CHANGES = 200000, PASSING = 4000 };

static struct order *shared;
static _Atomic bool is_over;
static _Atomic unsigned wrong;
static _Atomic unsigned long asked;

/* The names h0.example. to h3999.example. come and go, but each tenth stays. */
static struct name passing_name(unsigned i)
{
	char text[32];
	snprintf(text, sizeof(text), "h%04u.example.", i);
	return rig_name(text);
}

/* True if the answer for h`i`x.example., which is just behind h`i`.example., may be right: an owner before
 * it, and not before the last one that stays. */
static bool is_possible(const struct node *n, unsigned i)
{
	char text[NAME_TEXT_CAP];
	if (!n)
		return false;
	unsigned found = (unsigned)atoi(name_to_text(node_name(n), text) + 1);
	return found <= i && found >= i / 10 * 10;
}

static void *ask_on_and_on(void *arg)
{
	uint64_t at = (uintptr_t)arg;
	unsigned long count = 0;
	rcu_reader_begin();
	while (!is_over) {
		struct key key;
		char text[32];
		at = hash_mix(at, ++count);
		unsigned i = (unsigned)(at >> 20) % PASSING;
		snprintf(text, sizeof(text), "h%04ux.example.", i);
		struct name name = rig_name(text);
		key_from_name(&key, name.wire);
		wrong += !is_possible(order_at_or_before(shared, &key), i);
		if (count % 16 == 0) {
			rcu_reader_offline();
			rcu_reader_online();
		}
	}
	rcu_reader_end();
	asked += count;
	return NULL;
}

static void free_garbage(void *arg)
{
	garbage_free_all(arg);
	free(arg);
}

static void commit(struct garbage *g)
{
	struct garbage *kept = malloc(sizeof(*kept));
	assert_non_null(kept);
	*kept = *g;
	*g = (struct garbage){0};
	rcu_defer(free_garbage, kept);
}

static void discard_node(struct garbage *g, struct node *n)
{
	assert_int_equal(garbage_reserve(g, 1), 0);
	garbage_add(g, n);
}

static void change_on_and_on(struct node *nodes[PASSING])
{
	struct garbage g = {0};
	for (unsigned i = 1; i <= CHANGES; i++) {
		/* Half of the changes go through the names in order, so that whole leaves come and go. */
		unsigned at = i % 2 ? roll(PASSING) : i / 2 % PASSING;
		struct node *old = nodes[at];
		struct name name = passing_name(at);
		bool is_kept = at % 10 == 0 || roll(4) == 0;
		if (!old || is_kept)
			nodes[at] = make_node(name.wire);
		if (!old) {
			assert_int_equal(order_add(shared, &g, nodes[at]), 0);
			if (roll(8))
				order_replace(shared, nodes[at]);
		} else if (is_kept) {
			order_replace(shared, nodes[at]);
			discard_node(&g, old);
		} else {
			order_remove(shared, &g, name.wire);
			discard_node(&g, old);
			nodes[at] = NULL;
		}
		if (i % 10 == 0)
			commit(&g);
	}
	commit(&g);
}

static void readers_see_what_was_there_at_some_moment(void **state)
{
	static struct node *nodes[PASSING];
	struct garbage g = {0};
	pthread_t threads[READERS];
	(void)state;
	dice = 1;
	shared = order_new();
	assert_non_null(shared);
	order_show(shared);
	for (unsigned i = 0; i < PASSING; i += 10) {
		struct name name = passing_name(i);
		nodes[i] = make_node(name.wire);
		assert_int_equal(order_add(shared, &g, nodes[i]), 0);
		order_replace(shared, nodes[i]);
	}
	rcu_start(NULL);
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, ask_on_and_on, (void *)(i + 1)), 0);
	change_on_and_on(nodes);
	is_over = true;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rcu_drain();
	order_free(shared);
	garbage_free_all(&g);
	for (unsigned i = 0; i < PASSING; i++)
		node_free(nodes[i]);
	assert_int_equal(wrong, 0);
	assert_true(asked > 0);
}

/* --- Without memory. --- */

static unsigned allocations_left = UINT_MAX;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left != UINT_MAX) /* while there is one thread */
		allocations_left--;
	return __real_malloc(size);
}

/* Tries to add an owner with ever more memory, until that works. Until then nothing changes. */
static void add_with_little_memory(struct order *o, struct garbage *g, const struct name *name)
{
	size_t at = rank_of(name->wire), bytes = order_bytes(o);
	if (is_there(at, name->wire) || model_count == MODEL_CAP)
		return;
	struct node *n = make_node(name->wire);
	for (unsigned left = 0;; left++) {
		allocations_left = left;
		int err = order_add(o, g, n);
		allocations_left = UINT_MAX;
		if (!err)
			break;
		assert_int_equal(err, ERR_NOMEM);
		assert_int_equal(order_bytes(o), bytes);
		check_name(o, name);
		order_walk(o, name->wire);
	}
	memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(*model));
	model[at].node = n;
	model[at].state = ORDER_COMING;
	model_count++;
}

static void nothing_is_lost_without_memory(void **state)
{
	struct order *o = order_new();
	struct garbage g = {0};
	(void)state;
	assert_non_null(o);
	dice = 77;
	model_count = 0;
	for (unsigned i = 0; i < 3000; i++) {
		struct name name = random_name(1);
		name_lower(&name);
		add_with_little_memory(o, &g, &name);
		if (i % 100 == 0)
			check_all(o);
	}
	/* Removing never fails. */
	while (model_count > 0) {
		allocations_left = roll(4);
		order_remove(o, &g, node_name(model[roll((unsigned)model_count)].node));
		allocations_left = UINT_MAX;
		size_t at = model_count;
		while (order_find(o, node_name(model[--at].node), NULL))
			;
		node_free(model[at].node);
		model_count--;
		memmove(&model[at], &model[at + 1], (model_count - at) * sizeof(*model));
		if (model_count % 100 == 0)
			check_all(o);
	}
	order_free(o);
	garbage_free_all(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_random_changes_equal_the_model),
		cmocka_unit_test(many_random_changes_equal_the_model),
		cmocka_unit_test(nothing_is_lost_without_memory),
		cmocka_unit_test(readers_see_what_was_there_at_some_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
