/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of base/map.h and base/list.h, and of the hash that maps are used with.
 * Never owns elements longer than a case. Run by `make check`.
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"
#include "unit.h"

struct item {
	int key;
	struct map_node node;
	struct list link;
};

enum { MANY = 5000 };

static void add(struct map *m, struct item *item, int key, uint64_t hash)
{
	item->key = key;
	assert_int_equal(map_add(m, &item->node, hash), 0);
}

static struct item *find(const struct map *m, int key, uint64_t hash)
{
	return MAP_FIND(m, hash, struct item, node, item, item->key == key);
}

static uint64_t hash_of(int key)
{
	return hash_bytes(7, &key, sizeof(key));
}

static void an_empty_map_has_nothing_and_costs_nothing(void **state)
{
	struct map m = {0};
	(void)state;
	assert_null(map_first(&m, 1));
	assert_null(map_begin(&m));
	MAP_EACH(item, &m, struct item, node)
		fail();
	map_fini(&m);
}

static void every_element_is_found_after_many_growths(void **state)
{
	struct item *items = calloc(MANY, sizeof(*items));
	struct map m;
	(void)state;
	map_init(&m);
	for (int i = 0; i < MANY; i++)
		add(&m, &items[i], i, hash_of(i));
	assert_int_equal(m.count, MANY);
	assert_true(m.bucket_count >= MANY);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(find(&m, i, hash_of(i)), &items[i]);
	assert_null(find(&m, MANY, hash_of(MANY)));
	map_fini(&m);
	free(items);
}

static void equal_hashes_are_told_apart_by_their_owner(void **state)
{
	struct item items[100];
	struct map m = {0};
	int seen = 0;
	(void)state;
	for (int i = 0; i < 100; i++)
		add(&m, &items[i], i, 42);
	for (int i = 0; i < 100; i++)
		assert_ptr_equal(find(&m, i, 42), &items[i]);
	MAP_EACH_WITH(item, &m, 42, struct item, node)
		seen++;
	assert_int_equal(seen, 100);
	map_fini(&m);
}

static void hashes_of_one_bucket_that_differ_are_not_mixed_up(void **state)
{
	struct item a, b, c;
	struct map m = {0};
	(void)state;
	add(&m, &a, 1, 0x100);
	add(&m, &b, 2, 0x200);
	add(&m, &c, 3, 0x100);
	struct map_node *first = map_first(&m, 0x100), *second = map_next(first);
	assert_true(first == &c.node && second == &a.node);
	assert_null(map_next(second));
	map_fini(&m);
}

static void removal_takes_out_first_middle_and_last_of_a_chain(void **state)
{
	(void)state;
	for (int victim = 0; victim < 3; victim++) {
		struct item items[3];
		struct map m = {0};
		for (int i = 0; i < 3; i++)
			add(&m, &items[i], i, 5);
		map_remove(&m, &items[victim].node);
		assert_int_equal(m.count, 2);
		for (int i = 0; i < 3; i++)
			assert_ptr_equal(find(&m, i, 5), i == victim ? NULL : &items[i]);
		map_fini(&m);
	}
}

static void a_map_that_was_emptied_can_be_filled_again(void **state)
{
	struct item item;
	struct map m = {0};
	(void)state;
	for (int round = 0; round < 3; round++) {
		add(&m, &item, round, hash_of(round));
		map_remove(&m, &item.node);
		assert_null(map_begin(&m));
		assert_null(map_first(&m, hash_of(round)));
	}
	map_fini(&m);
}

static void a_walk_sees_each_once_and_may_free_what_it_sees(void **state)
{
	struct map m = {0};
	char seen[300] = {0};
	(void)state;
	for (int i = 0; i < 300; i++)
		add(&m, calloc(1, sizeof(struct item)), i, hash_of(i % 100));
	MAP_EACH(item, &m, struct item, node) {
		seen[item->key]++;
		map_remove(&m, &item->node);
		free(item);
	}
	for (int i = 0; i < 300; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(m.count, 0);
	map_fini(&m);
}

static void a_random_history_ends_as_a_plain_array_would(void **state)
{
	struct item *items = calloc(MANY, sizeof(*items));
	char *is_in = calloc(MANY, 1);
	struct map m = {0};
	size_t count = 0;
	uint64_t random = 1;
	(void)state;
	for (int step = 0; step < 20 * MANY; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		int i = (int)((random >> 33) % MANY);
		if (is_in[i])
			map_remove(&m, &items[i].node);
		else
			add(&m, &items[i], i, hash_of(i) & 0xfff);
		is_in[i] = !is_in[i];
		count = is_in[i] ? count + 1 : count - 1;
		assert_int_equal(m.count, count);
	}
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(find(&m, i, hash_of(i) & 0xfff), is_in[i] ? &items[i] : NULL);
	map_fini(&m);
	free(is_in);
	free(items);
}

/* Counted in buckets, not in time: what one addition moves does not grow with the map. */
static void an_addition_moves_few_buckets_whatever_the_size(void **state)
{
	struct item *items = calloc(MANY, sizeof(*items));
	struct map m = {0};
	int growths = 0;
	(void)state;
	for (int i = 0; i < MANY; i++) {
		size_t buckets = m.bucket_count, moved = m.moved;
		bool was_growing = m.smaller != NULL;
		add(&m, &items[i], i, hash_of(i));
		growths += m.bucket_count != buckets;
		if (m.bucket_count != buckets)
			assert_false(was_growing);
		if (m.smaller)
			assert_in_range(m.moved - (was_growing ? moved : 0), 0, 4);
		else if (was_growing)
			assert_in_range(buckets / 2 - moved, 0, 4);
		/* At any moment all elements are found, and a walk visits each once. */
		if (i % 97 == 0) {
			size_t seen = 0;
			MAP_EACH(item, &m, struct item, node)
				seen++;
			assert_int_equal(seen, i + 1);
			for (int k = 0; k <= i; k += 13)
				assert_ptr_equal(find(&m, k, hash_of(k)), &items[k]);
		}
	}
	assert_true(growths > 5);
	map_fini(&m);
	free(items);
}

static void hashes_depend_on_seed_length_and_every_byte(void **state)
{
	uint8_t bytes[40] = {0};
	uint64_t plain = hash_bytes(1, bytes, sizeof(bytes));
	(void)state;
	assert_true(hash_bytes(2, bytes, sizeof(bytes)) != plain);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_true(hash_bytes(1, bytes, i) != plain);
		bytes[i] ^= 1;
		assert_true(hash_bytes(1, bytes, sizeof(bytes)) != plain);
		bytes[i] ^= 1;
	}
}

static void a_list_keeps_the_order_of_its_appends(void **state)
{
	struct item items[3];
	struct list head;
	int next = 0;
	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	for (int i = 0; i < 3; i++) {
		items[i].key = i;
		list_append(&head, &items[i].link);
	}
	LIST_EACH(item, &head, struct item, link)
		assert_int_equal(item->key, next++);
	assert_int_equal(next, 3);
}

static void list_elements_may_go_while_walked_and_twice(void **state)
{
	struct item items[4];
	struct list head;
	(void)state;
	list_init(&head);
	for (int i = 0; i < 4; i++) {
		items[i].key = i;
		list_append(&head, &items[i].link);
	}
	LIST_EACH(item, &head, struct item, link)
		if (item->key % 2 == 0)
			list_remove(&item->link);
	list_remove(&items[0].link);
	assert_ptr_equal(head.next, &items[1].link);
	assert_ptr_equal(head.prev, &items[3].link);
	list_remove(&items[1].link);
	list_remove(&items[3].link);
	assert_true(list_is_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing_and_costs_nothing),
		cmocka_unit_test(every_element_is_found_after_many_growths),
		cmocka_unit_test(equal_hashes_are_told_apart_by_their_owner),
		cmocka_unit_test(hashes_of_one_bucket_that_differ_are_not_mixed_up),
		cmocka_unit_test(removal_takes_out_first_middle_and_last_of_a_chain),
		cmocka_unit_test(a_map_that_was_emptied_can_be_filled_again),
		cmocka_unit_test(a_walk_sees_each_once_and_may_free_what_it_sees),
		cmocka_unit_test(a_random_history_ends_as_a_plain_array_would),
		cmocka_unit_test(an_addition_moves_few_buckets_whatever_the_size),
		cmocka_unit_test(hashes_depend_on_seed_length_and_every_byte),
		cmocka_unit_test(a_list_keeps_the_order_of_its_appends),
		cmocka_unit_test(list_elements_may_go_while_walked_and_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
