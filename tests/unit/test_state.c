/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the names after mDNS conflicts, as they are kept from one start to the next.
 * Never waits in real time. Run by `make check`.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/msgtext.h"
#include "base/buf.h"
#include "base/limits.h"
#include "ontap-zone/state.h"

static struct lab {
	struct buf file;
	struct mdns *m;
	struct state_names names;
} lab;

static int setup(void **state)
{
	(void)state;
	lab = (struct lab){.m = mdns_new(1)};
	return lab.m ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	mdns_free(lab.m);
	buf_fini(&lab.file);
	return 0;
}

static void rename_to(const char *wanted, const char *current)
{
	struct name a = msgtext_name(wanted), b = msgtext_name(current);
	assert_int_equal(mdns_set_name(lab.m, a.wire, b.wire), 0);
	lab.names.has_changed = true;
}

/* What is to be written is written at once. */
static void poll_at(ns_t now)
{
	struct buf text = {0};
	if (!state_names_poll(&lab.names, now, lab.m, &text))
		return;
	assert_true(state_names_deadline(&lab.names) == NS_NEVER);
	buf_fini(&lab.file);
	lab.file = text;
	state_names_written(&lab.names, now, NULL, 0);
}

static void expect_stored(const char *line)
{
	assert_non_null(strstr(buf_text(&lab.file), line));
}

static void first_name_is_stored_at_once_and_more_a_second_later_together(void **state)
{
	const ns_t start = 1000 * NS_PER_S;
	(void)state;
	assert_true(state_names_deadline(&lab.names) == NS_NEVER);
	rename_to("web.local", "web-2.local");
	assert_true(state_names_deadline(&lab.names) <= start);
	poll_at(start);
	expect_stored("web.local. web-2.local.\n");
	assert_true(state_names_deadline(&lab.names) == NS_NEVER);
	buf_fini(&lab.file);
	rename_to("web.local", "web-3.local");
	rename_to("db.local", "db-2.local");
	assert_true(state_names_deadline(&lab.names) == start + NS_PER_S);
	poll_at(start + NS_PER_S - 1);
	assert_int_equal(lab.file.len, 0);
	poll_at(start + NS_PER_S);
	expect_stored("web.local. web-3.local.\n");
	expect_stored("db.local. db-2.local.\n");
}

static void name_that_is_its_own_again_is_forgotten(void **state)
{
	(void)state;
	rename_to("web.local", "web-2.local");
	rename_to("web.local", "web.local");
	rename_to("db.local", "db-2.local");
	poll_at(NS_PER_S);
	assert_string_equal(buf_text(&lab.file), "db.local. db-2.local.\n");
}

static void what_was_not_written_is_written_later(void **state)
{
	struct buf text = {0};
	(void)state;
	rename_to("web.local", "web-2.local");
	assert_true(state_names_poll(&lab.names, NS_PER_S, lab.m, &text));
	buf_clear(&text);
	assert_false(state_names_poll(&lab.names, 100 * NS_PER_S, lab.m, &text));
	state_names_written(&lab.names, 100 * NS_PER_S, NULL, -ENOSPC);
	const ns_t again = state_names_deadline(&lab.names);
	assert_true(again > 100 * NS_PER_S && again != NS_NEVER);
	buf_fini(&text);
	poll_at(again);
	expect_stored("web.local. web-2.local.\n");
}

static void a_serial_is_reserved_until_half_of_it_is_used(void **state)
{
	struct state_serial serial = {0};
	char text[STATE_SERIAL_CAP];
	(void)state;
	assert_true(state_reserve_serial(&serial, 0, 1000, text));
	assert_string_equal(text, "4600\n");
	assert_false(state_reserve_serial(&serial, 0, 3000, text)); /* it is being written */
	state_serial_written(&serial, 0, NULL, -ENOSPC);
	assert_false(state_reserve_serial(&serial, 0, 1001, text));
	const ns_t again = state_serial_deadline(&serial);
	assert_true(state_reserve_serial(&serial, again, 1001, text));
	state_serial_written(&serial, again, NULL, 0);
	assert_true(state_serial_deadline(&serial) == NS_NEVER);
	assert_false(state_reserve_serial(&serial, again, 2000, text));
	assert_true(state_reserve_serial(&serial, again, 3000, text));
	assert_string_equal(text, "6600\n");
}

static void note_pair(void *arg, const uint8_t *owner, const uint8_t *current)
{
	unsigned *count = arg;
	struct name web = msgtext_name("a\\032b.local"), other = msgtext_name("a\\032b-2.local");
	assert_true(name_equal(owner, web.wire) && name_equal(current, other.wire));
	++*count;
}

static void what_is_stored_is_read_at_the_next_start(void **state)
{
	unsigned count = 0;
	(void)state;
	rename_to("a\\032b.local", "a\\032b-2.local");
	poll_at(NS_PER_S);
	mdns_free(lab.m);
	lab.m = mdns_new(2);
	state_take_names(buf_text(&lab.file), NULL, lab.m);
	mdns_each_renamed(lab.m, note_pair, &count);
	assert_int_equal(count, 1);
}

/* Renames the names with numbers [first, end), each with a label that leaves no room for a
 * number. */
static void rename_many(unsigned first, unsigned end)
{
	char wanted[80], current[80];
	for (unsigned i = first; i < end; i++) {
		snprintf(wanted, sizeof(wanted), "n%05u-%056u.local", i, 0);
		snprintf(current, sizeof(current), "n%05u-%054u-2.local", i, 0);
		rename_to(wanted, current);
	}
}

static struct renamed {
	unsigned count;
	struct name first, last;
} renamed;

static void note_renamed(void *arg, const uint8_t *owner, const uint8_t *current)
{
	(void)arg;
	(void)current;
	name_copy(&renamed.last, owner);
	if (renamed.count++ == 0)
		renamed.first = renamed.last;
}

static void look_at_renamed(void)
{
	renamed = (struct renamed){0};
	mdns_each_renamed(lab.m, note_renamed, NULL);
}

static bool has_number(const struct name *name, unsigned number)
{
	char label[8];
	snprintf(label, sizeof(label), "n%05u-", number);
	return memcmp(name->wire + 1, label, 7) == 0;
}

static void as_many_as_ten_thousand_outlive_a_start(void **state)
{
	enum { MANY = 10000 };
	(void)state;
	rename_many(0, MANY);
	poll_at(NS_PER_S);
	mdns_free(lab.m);
	lab.m = mdns_new(2);
	state_take_names(buf_text(&lab.file), NULL, lab.m);
	look_at_renamed();
	assert_int_equal(renamed.count, MANY);
	assert_true(has_number(&renamed.first, 0) && has_number(&renamed.last, MANY - 1));
}

static void of_too_many_the_ones_longest_out_of_use_are_forgotten(void **state)
{
	const uint8_t bytes[] = {10, 0, 0, 1};
	const struct rdata rdata = {bytes, sizeof(bytes)};
	const struct mdns_rrset set = {
		.is_unique = true, .set = {.type = RR_A, .ttl = 120, .count = 1, .rdata = &rdata}};
	char text[80];
	(void)state;
	rename_many(0, LIMIT_MDNS_KEPT);
	snprintf(text, sizeof(text), "n%05u-%056u.local", 0, 0);
	struct name used = msgtext_name(text);
	assert_int_equal(mdns_put(lab.m, 0, 1, used.wire, &set, 1), 0);
	rename_many(LIMIT_MDNS_KEPT, LIMIT_MDNS_KEPT + 11);
	look_at_renamed();
	assert_int_equal(renamed.count, LIMIT_MDNS_KEPT + 1);
	assert_true(has_number(&renamed.first, 11) && has_number(&renamed.last, 0));
	assert_int_equal(mdns_put(lab.m, 0, 1, used.wire, NULL, 0), 0);
	look_at_renamed();
	assert_int_equal(renamed.count, LIMIT_MDNS_KEPT);
	assert_true(has_number(&renamed.first, 12) && has_number(&renamed.last, 0));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_name_is_stored_at_once_and_more_a_second_later_together),
		CASE(name_that_is_its_own_again_is_forgotten),
		CASE(what_was_not_written_is_written_later),
		CASE(a_serial_is_reserved_until_half_of_it_is_used),
		CASE(what_is_stored_is_read_at_the_next_start),
		CASE(as_many_as_ten_thousand_outlive_a_start),
		CASE(of_too_many_the_ones_longest_out_of_use_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
