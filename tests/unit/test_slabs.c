/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/slabs.h: blocks at random, some of which another thread gives back.
 * Never looks into a slab. Run by `make check`.
 */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/slabs.h"

enum { BLOCKS = 20000, ROUNDS = 200000, GIVEN = 1 << 12 };

static unsigned roll(unsigned sides)
{
	return (unsigned)rand() % sides;
}

struct block {
	uint8_t *at; /* NULL: none */
	size_t size;
	uint8_t mark;
};

static struct block blocks[BLOCKS];

static void take(struct slabs *s, struct block *b)
{
	b->size = roll(10) ? 300 + roll(30) : 1 + roll(SLABS_SIZE_MAX);
	b->mark = (uint8_t)(1 + roll(255));
	b->at = slabs_take(s, b->size);
	assert_non_null(b->at);
	assert_int_equal((uintptr_t)b->at % SLABS_STEP, 0);
	for (size_t i = 0; i < b->size; i++)
		assert_int_equal(b->at[i], 0);
	memset(b->at, b->mark, b->size);
}

/* Nobody else has written to it. */
static void check(const struct block *b)
{
	for (size_t i = 0; i < b->size; i++)
		assert_int_equal(b->at[i], b->mark);
}

/* The other thread gives back what is in the ring. */
static struct {
	_Atomic(void *) ring[GIVEN];
	_Atomic bool is_over;
} other;

static void *give_back(void *arg)
{
	(void)arg;
	for (bool is_over = false; !is_over;) {
		is_over = other.is_over;
		for (unsigned i = 0; i < GIVEN; i++) {
			void *block = atomic_exchange(&other.ring[i], NULL);
			if (block)
				slabs_give(block);
		}
	}
	return NULL;
}

static void give(struct block *b)
{
	void *none = NULL;
	check(b);
	if (roll(2) ||
		!atomic_compare_exchange_strong(&other.ring[roll(GIVEN)], &none, (void *)b->at))
		slabs_give(b->at);
	b->at = NULL;
}

static void blocks_are_alone(void **state)
{
	struct slabs s = {.returned = NULL};
	pthread_t thread;
	(void)state;
	if (!slabs_have(1))
		skip(); /* a sanitizer */
	srand(1);
	assert_int_equal(pthread_create(&thread, NULL, give_back, NULL), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* They become many, and few again. */
		struct block *b = &blocks[roll(round / 20000 % 2 ? BLOCKS / 50 : BLOCKS)];
		if (b->at)
			give(b);
		else
			take(&s, b);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].at)
			give(&blocks[i]);
	other.is_over = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	slabs_tidy(&s);
	assert_null(s.regions); /* all memory is given back */
}

static void large_blocks_are_not_ours(void **state)
{
	struct slabs s = {.returned = NULL};
	(void)state;
	assert_false(slabs_have(SLABS_SIZE_MAX + 1));
	assert_null(slabs_take(&s, SLABS_SIZE_MAX + 1));
	slabs_tidy(&s);
}

/* What is read to answer is not spread over more memory than it needs. */
static void blocks_of_a_size_are_dense(void **state)
{
	enum { COUNT = 10000, SIZE = 324 };
	struct slabs s = {.returned = NULL};
	uintptr_t low = UINTPTR_MAX, high = 0;
	(void)state;
	if (!slabs_have(SIZE))
		skip();
	for (unsigned i = 0; i < COUNT; i++) {
		blocks[i].at = slabs_take(&s, SIZE);
		assert_non_null(blocks[i].at);
	}
	for (unsigned i = 0; i < 90; i++) { /* of one slab */
		low = (uintptr_t)blocks[i].at < low ? (uintptr_t)blocks[i].at : low;
		high = (uintptr_t)blocks[i].at > high ? (uintptr_t)blocks[i].at : high;
	}
	assert_int_equal(high - low, 89 * SIZE);
	for (unsigned i = 0; i < COUNT; i++)
		slabs_give(blocks[i].at);
	slabs_tidy(&s);
	assert_null(s.regions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_alone),
		cmocka_unit_test(large_blocks_are_not_ours),
		cmocka_unit_test(blocks_of_a_size_are_dense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
