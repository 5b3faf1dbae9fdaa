/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/heap.h, against a plain search.
 * Never owns elements longer than a case. Run by `make check`.
 */
#include "base/heap.h"

#include <stdlib.h>

#include "unit.h"

enum { COUNT = 500, STEPS = 20000 };

static ns_t earliest(const struct heap_node *nodes)
{
	ns_t at = NS_NEVER;
	for (int i = 0; i < COUNT; i++)
		if (heap_has(&nodes[i]))
			at = ns_min(at, nodes[i].at);
	return at;
}

static void empty_heap_is_never_due(void **state)
{
	(void)state;
	struct heap h = {0};
	assert_null(heap_first(&h));
	assert_int_equal(heap_deadline(&h), NS_NEVER);
}

static void elements_come_out_in_order(void **state)
{
	(void)state;
	static struct heap_node nodes[COUNT];
	struct heap h = {0};
	for (int i = 0; i < COUNT; i++)
		heap_put(&h, &nodes[i], (i * 7919) % 1000);
	ns_t last = -1;
	for (int i = 0; i < COUNT; i++) {
		struct heap_node *n = heap_first(&h);
		assert_true(n->at >= last);
		last = n->at;
		heap_remove(&h, n);
		assert_false(heap_has(n));
	}
	assert_null(heap_first(&h));
}

static void adding_moving_removing_keep_the_first_right(void **state)
{
	(void)state;
	static struct heap_node nodes[COUNT];
	struct heap h = {0};
	unsigned seed = 1;
	for (int step = 0; step < STEPS; step++) {
		struct heap_node *n = &nodes[rand_r(&seed) % COUNT];
		if (rand_r(&seed) % 3 == 0)
			heap_remove(&h, n);
		else
			heap_put(&h, n, rand_r(&seed) % 100000);
		assert_int_equal(heap_deadline(&h), earliest(nodes));
	}
}

static void removing_what_is_not_in_does_nothing(void **state)
{
	(void)state;
	struct heap h = {0};
	struct heap_node a = {0}, b = {0};
	heap_put(&h, &a, 5);
	heap_remove(&h, &b);
	assert_ptr_equal(heap_first(&h), &a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_heap_is_never_due),
		cmocka_unit_test(elements_come_out_in_order),
		cmocka_unit_test(adding_moving_removing_keep_the_first_right),
		cmocka_unit_test(removing_what_is_not_in_does_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
