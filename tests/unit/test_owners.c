/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of ontap-zone/owners.h: random zone files, and what is sent from one to the next.
 * Never reads a file. Run by `make check`.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/msgtext.h"
#include "base/buf.h"
#include "base/err.h"
#include "ontap-zone/owners.h"

enum { NAMES = 30, ROUNDS = 300, BYTES_CAP = 1 << 17 };

static struct name domain;

static unsigned roll(unsigned sides)
{
	return (unsigned)rand() % sides;
}

/* Some of the names have some records; the same `variant` of a name is the same set of records. */
static struct collection *make(const unsigned variants[NAMES])
{
	struct buf text = {0};
	struct zonefile_error error;
	for (unsigned i = 0; i < NAMES; i++) {
		for (unsigned k = 0; k < variants[i]; k++)
			buf_printf(&text, "n%u%s 60 A 192.0.2.%u\n", i, i % 7 ? "" : ".local.",
				10 * variants[i] + k);
		if (variants[i] > 2)
			buf_printf(&text, "n%u%s 60 TXT \"%u\"\n", i, i % 7 ? "" : ".local.", i);
	}
	struct collection *c = collection_new(domain.wire);
	const struct zonefile_source source = {.path = "z",
		.text = buf_text(&text),
		.len = text.len,
		.origin = domain.wire,
		.ttl_s = 60};
	if (collection_add(c, &source, &error) || collection_finish(c, &error))
		fail_msg("%s", error.text);
	buf_fini(&text);
	return c;
}

/* The other side: what is sent goes through bytes, and is compared with what was to be said. */
static struct other {
	uint8_t bytes[BYTES_CAP];
	struct wr w;
	unsigned count;
} other;

static void send_owner(void *arg, const uint8_t *name, const struct rrset *sets, size_t count)
{
	struct other *o = arg;
	owners_write(&o->w, name, sets, count);
	assert_int_equal(o->w.err, 0);
	o->count++;
}

static void expect_same(const struct static_owner *a, const struct owners_read *b)
{
	assert_int_equal(a ? a->count : 0, b->count);
	for (size_t i = 0; i < b->count; i++) {
		assert_int_equal(a->sets[i].type, b->sets[i].type);
		assert_int_equal(a->sets[i].ttl, b->sets[i].ttl);
		assert_int_equal(a->sets[i].count, b->sets[i].count);
		for (size_t j = 0; j < b->sets[i].count; j++) {
			assert_int_equal(a->sets[i].rdata[j].len, b->sets[i].rdata[j].len);
			assert_memory_equal(a->sets[i].rdata[j].bytes, b->sets[i].rdata[j].bytes,
				b->sets[i].rdata[j].len);
		}
	}
}

/* Reads all that was sent: each is what the new files say. */
static void expect_told(const struct collection *now)
{
	struct rd r = rd_init(other.bytes, wr_len(&other.w));
	struct owners_room room = {0};
	struct owners_read owner;
	unsigned count = 0;
	for (; rd_left(&r) > 0; count++) {
		assert_int_equal(owners_next(&r, &room, &owner), 0);
		expect_same(collection_find(now, owner.name), &owner);
	}
	assert_int_equal(count, other.count);
	owners_room_fini(&room);
}

static bool has_changed(const struct collection *a, const struct collection *b, const uint8_t *name)
{
	const struct static_owner *x = collection_find(a, name), *y = collection_find(b, name);
	if (!x || !y || x->count != y->count)
		return x != y;
	for (size_t i = 0; i < x->count; i++) {
		if (x->sets[i].count != y->sets[i].count)
			return true;
		for (size_t j = 0; j < x->sets[i].count; j++)
			if (x->sets[i].rdata[j].len != y->sets[i].rdata[j].len ||
				memcmp(x->sets[i].rdata[j].bytes, y->sets[i].rdata[j].bytes,
					x->sets[i].rdata[j].len) != 0)
				return true;
	}
	return false;
}

static unsigned count_changes(const struct collection *a, const struct collection *b)
{
	unsigned changes = 0;
	for (size_t i = 0; i < collection_count(b); i++)
		changes += has_changed(a, b, collection_at(b, i)->name);
	for (size_t i = 0; i < collection_count(a); i++)
		changes += !collection_find(b, collection_at(a, i)->name);
	return changes;
}

/* Exactly the differences are sent, and nothing if there are none. */
static void only_differences_are_sent(void **state)
{
	unsigned variants[NAMES] = {0};
	(void)state;
	srand(1);
	struct collection *before = make(variants);
	struct owners_sent *sent = owners_sent_new(before);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned changes = roll(4); changes > 0; changes--)
			variants[roll(NAMES)] = roll(5);
		struct collection *now = make(variants);
		struct owners_sent *next = owners_sent_new(now);
		other.w = wr_init(other.bytes, sizeof(other.bytes));
		other.count = 0;
		owners_each_change(sent, next, now, send_owner, &other);
		assert_int_equal(other.count, count_changes(before, now));
		expect_told(now);
		owners_sent_free(sent);
		collection_free(before);
		sent = next;
		before = now;
	}
	owners_sent_free(sent);
	collection_free(before);
}

static void without_what_was_sent_all_is_sent(void **state)
{
	unsigned variants[NAMES];
	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		variants[i] = 1;
	struct collection *now = make(variants);
	struct owners_sent *sent = owners_sent_new(now);
	other.w = wr_init(other.bytes, sizeof(other.bytes));
	other.count = 0;
	owners_each_change(NULL, sent, now, send_owner, &other);
	assert_int_equal(other.count, collection_count(now));
	owners_sent_free(sent);
	collection_free(now);
}

/* Bytes that are cut or changed anywhere are read without harm, to an end. */
static void broken_bytes_are_refused(void **state)
{
	unsigned variants[NAMES];
	(void)state;
	for (unsigned i = 0; i < NAMES; i++)
		variants[i] = 1 + i % 4;
	struct collection *now = make(variants);
	struct owners_sent *sent = owners_sent_new(now);
	other.w = wr_init(other.bytes, sizeof(other.bytes));
	owners_each_change(NULL, sent, now, send_owner, &other);
	const size_t len = wr_len(&other.w);
	struct owners_room room = {0};
	for (unsigned round = 0; round < 20 * ROUNDS; round++) {
		const size_t cut = roll((unsigned)len), at = roll((unsigned)len);
		uint8_t *copy = malloc(cut + 1);
		memcpy(copy, other.bytes, cut);
		if (at < cut)
			copy[at] = (uint8_t)roll(256);
		struct rd r = rd_init(copy, cut);
		struct owners_read owner;
		while (rd_left(&r) > 0 && owners_next(&r, &room, &owner) == 0)
			assert_true(name_len(owner.name) <= NAME_CAP);
		free(copy);
	}
	owners_room_fini(&room);
	owners_sent_free(sent);
	collection_free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_differences_are_sent),
		cmocka_unit_test(without_what_was_sent_all_is_sent),
		cmocka_unit_test(broken_bytes_are_refused),
	};
	domain = msgtext_name("vanya");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
