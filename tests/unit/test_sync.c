/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of model/sync.h alone: its requests and events.
 * Never has a model or a kernel: test_resync.c has both. Run by `make check`.
 */
#include "model/sync.h"

#include "unit.h"

/* The events in the sink, oldest first, as letters: B begin, L links, E end, A abort, G gone. */
struct record {
	char letters[64];
	size_t count;
	nsid_t last;
};

static void keep(void *arg, const struct event *ev)
{
	struct record *r = arg;
	const char letter = ev->type == EV_SYNC_BEGIN   ? 'B'
			    : ev->type == EV_SYNC_LINKS ? 'L'
			    : ev->type == EV_SYNC_END   ? 'E'
			    : ev->type == EV_SYNC_ABORT ? 'A'
							: 'G';
	assert_true(r->count < sizeof(r->letters) - 1);
	r->letters[r->count++] = letter;
	r->last = ev->nsid;
}

static void expect(struct record *r, const char *letters)
{
	assert_string_equal(r->letters, letters);
	*r = (struct record){0};
}

static void expect_ask(struct sync *s, ns_t now, enum sync_ask ask, nsid_t nsid)
{
	struct sync_request request = sync_next(s, now);
	assert_int_equal(request.ask, ask);
	if (ask == SYNC_ASK_LINKS || ask == SYNC_ASK_ADDRS)
		assert_int_equal(request.nsid, nsid);
}

static void dump_well(struct sync *s, ns_t now, nsid_t nsid)
{
	expect_ask(s, now, SYNC_ASK_LINKS, nsid);
	sync_dump_done(s, SYNC_OK, now);
	expect_ask(s, now, SYNC_ASK_ADDRS, nsid);
	sync_dump_done(s, SYNC_OK, now);
}

/* Returns an idle automaton that knows only our own namespace. */
static struct sync *at_rest(struct record *r)
{
	*r = (struct record){0};
	struct sync *s = sync_new(true, keep, r);
	assert_non_null(s);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	assert_true(sync_has_table(s));
	assert_false(sync_is_settled(s));
	dump_well(s, 0, NSID_OWN);
	assert_true(sync_is_settled(s));
	expect(r, "BLE");
	return s;
}

static void the_start_dumps_the_table_and_then_each_namespace_once(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	assert_false(sync_is_settled(s));
	dump_well(s, 1, 5);
	assert_int_equal(sync_ns_appeared(s, 5), 0); /* known: its dump was fine */
	expect_ask(s, 2, SYNC_ASK_NOTHING, 0);
	expect(&r, "BLE");
	sync_free(s);
}

static void without_a_table_only_our_own_namespace_is_dumped(void **state)
{
	struct record r = {0};
	struct sync *s = sync_new(false, keep, &r);
	(void)state;
	dump_well(s, 0, NSID_OWN);
	sync_overrun(s, 1);
	sync_drained(s, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BLEBLE");
	sync_free(s);
}

static void nothing_is_dumped_before_the_queue_of_an_overrun_is_read(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_overrun(s, 3);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_received(s, 0);
	sync_received(s, 0);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	sync_received(s, 0); /* as many as the queue can hold, though it is not empty */
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BLE");
	sync_free(s);
}

static void an_overrun_during_a_dump_aborts_it_and_all_is_dumped_again(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 5);
	sync_overrun(s, 100);
	assert_false(sync_is_dumping(s));
	sync_dump_done(s, SYNC_OK, 0); /* of an older dump: no meaning */
	expect(&r, "BA");
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	sync_dump_done(s, SYNC_OK, 0);
	for (int i = 0; i < 2; i++) {
		struct sync_request request = sync_next(s, 0);
		assert_int_equal(request.ask, SYNC_ASK_LINKS);
		sync_dump_done(s, SYNC_OK, 0);
		expect_ask(s, 0, SYNC_ASK_ADDRS, request.nsid);
		sync_dump_done(s, SYNC_OK, 0);
	}
	expect(&r, "BLEBLE");
	assert_true(sync_is_settled(s));
	sync_free(s);
}

static void overruns_that_follow_each_other_hold_dumps_back(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_overrun(s, 100);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_overrun(s, 100);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == 10 * NS_PER_MS);
	for (int i = 0; i < 20; i++) {
		sync_overrun(s, 100);
		sync_drained(s, 0);
	}
	assert_true(sync_deadline(s) == NS_PER_S);
	sync_free(s);
}

static void a_namespace_not_in_the_table_is_gone(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	assert_int_equal(sync_ns_appeared(s, 6), 0);
	dump_well(s, 0, 5);
	dump_well(s, 0, 6);
	expect(&r, "BLEBLE");
	sync_overrun(s, 1);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	assert_int_equal(sync_ns_appeared(s, 6), 0);
	sync_dump_done(s, SYNC_OK, 0);
	assert_int_equal(r.last, 5);
	expect(&r, "G");
	sync_free(s);
}

static void an_interrupted_dump_concludes_nothing_and_is_repeated_later(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	ns_t now = 0;
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	for (int i = 0; i < 10; i++) {
		static const int wait_ms[] = {0, 0, 10, 20, 40, 80, 160, 320, 640, 1000};
		assert_true(i == 0 || sync_deadline(s) == now + wait_ms[i] * NS_PER_MS);
		now += wait_ms[i] * NS_PER_MS;
		if (i > 1)
			expect_ask(s, now - 1, SYNC_ASK_NOTHING, 0);
		expect_ask(s, now, SYNC_ASK_LINKS, 5);
		/* Addresses are requested although the links were interrupted:
		 * listed objects count. */
		sync_dump_done(s, i % 2 ? SYNC_OK : SYNC_INTERRUPTED, now);
		expect_ask(s, now, SYNC_ASK_ADDRS, 5);
		sync_dump_done(s, i % 2 ? SYNC_INTERRUPTED : SYNC_OK, now);
		expect(&r, i % 2 ? "BLA" : "BA");
		assert_int_equal(sync_is_settled(s), i + 1 >= SYNC_READY_FAILURES);
	}
	now += NS_PER_S;
	dump_well(s, now, 5);
	assert_true(sync_is_settled(s));
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_free(s);
}

static void one_that_fails_or_is_refused_does_not_stop_the_others(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	for (nsid_t nsid = 1; nsid <= 4; nsid++)
		assert_int_equal(sync_ns_appeared(s, nsid), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 1);
	sync_dump_done(s, SYNC_REFUSED, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 2);
	sync_dump_done(s, SYNC_FAILED, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 3);
	sync_dump_done(s, SYNC_ABSENT, 0);
	expect(&r, "BABABG");
	dump_well(s, 0, 4);
	dump_well(s, 0, 2); /* again, behind the others */
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	assert_true(sync_deadline(s) == NS_NEVER);
	assert_true(sync_is_settled(s));
	sync_free(s);
}

static void a_namespace_that_goes_while_it_is_dumped_ends_its_dump(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	for (int phase = 0; phase < 3; phase++) {
		assert_int_equal(sync_ns_appeared(s, 5), 0);
		expect_ask(s, 0, SYNC_ASK_LINKS, 5);
		if (phase > 0)
			sync_dump_done(s, SYNC_OK, 0);
		if (phase > 1)
			expect_ask(s, 0, SYNC_ASK_ADDRS, 5);
		sync_ns_gone(s, 5);
		assert_false(sync_is_dumping(s));
		expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	}
	assert_true(sync_deadline(s) == NS_NEVER);
	sync_free(s);
}

static void our_own_namespace_never_goes(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_ns_gone(s, NSID_OWN);
	sync_overrun(s, 1);
	sync_drained(s, 0);
	expect_ask(s, 0, SYNC_ASK_TABLE, 0);
	sync_dump_done(s, SYNC_OK, 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, NSID_OWN);
	sync_dump_done(s, SYNC_ABSENT, 0);
	dump_well(s, 0, NSID_OWN);
	expect(&r, "BABLE");
	sync_free(s);
}

static void a_dump_without_an_answer_is_given_up(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	assert_int_equal(sync_ns_appeared(s, 5), 0);
	expect_ask(s, 0, SYNC_ASK_LINKS, 5);
	assert_true(sync_deadline(s) == SYNC_PATIENCE);
	expect_ask(s, SYNC_PATIENCE - 1, SYNC_ASK_NOTHING, 0);
	expect_ask(s, SYNC_PATIENCE, SYNC_ASK_LINKS, 5);
	expect(&r, "BAB");
	sync_free(s);
}

static void a_namespace_of_which_something_was_not_stored_is_dumped_again(void **state)
{
	struct record r;
	struct sync *s = at_rest(&r);
	(void)state;
	sync_ns_again(s, 5); /* not known */
	expect_ask(s, 0, SYNC_ASK_NOTHING, 0);
	sync_ns_again(s, NSID_OWN);
	dump_well(s, 1, NSID_OWN);
	expect_ask(s, 1, SYNC_ASK_NOTHING, 0);
	expect(&r, "BLE");
	sync_ns_again(s, NSID_OWN);
	expect_ask(s, 2, SYNC_ASK_LINKS, NSID_OWN);
	sync_ns_again(s, NSID_OWN); /* the dump in flight may be too old */
	sync_dump_done(s, SYNC_OK, 2);
	expect_ask(s, 2, SYNC_ASK_ADDRS, NSID_OWN);
	sync_dump_done(s, SYNC_OK, 2);
	dump_well(s, 2, NSID_OWN);
	expect_ask(s, 2, SYNC_ASK_NOTHING, 0);
	expect(&r, "BLEBLE");
	sync_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_dumps_the_table_and_then_each_namespace_once),
		cmocka_unit_test(without_a_table_only_our_own_namespace_is_dumped),
		cmocka_unit_test(nothing_is_dumped_before_the_queue_of_an_overrun_is_read),
		cmocka_unit_test(an_overrun_during_a_dump_aborts_it_and_all_is_dumped_again),
		cmocka_unit_test(overruns_that_follow_each_other_hold_dumps_back),
		cmocka_unit_test(a_namespace_not_in_the_table_is_gone),
		cmocka_unit_test(an_interrupted_dump_concludes_nothing_and_is_repeated_later),
		cmocka_unit_test(one_that_fails_or_is_refused_does_not_stop_the_others),
		cmocka_unit_test(a_namespace_that_goes_while_it_is_dumped_ends_its_dump),
		cmocka_unit_test(our_own_namespace_never_goes),
		cmocka_unit_test(a_dump_without_an_answer_is_given_up),
		cmocka_unit_test(a_namespace_of_which_something_was_not_stored_is_dumped_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
