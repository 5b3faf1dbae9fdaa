/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of NOTIFY, in virtual time.
 * Never sends anything. Run by `make check`.
 */
#include "transfer/notify.h"

#include <string.h>

#include "unit.h"
#include "wire/msg.h"
#include "wire/rr.h"

static const uint8_t example[] = "\7example", other[] = "\5other";

static struct notify *make(size_t targets)
{
	struct notify *n = notify_new(7);
	assert_non_null(n);
	static const struct tsig_key *const none[4];
	assert_int_equal(notify_set_targets(n, none, targets), 0);
	return n;
}

/* Reports a zone with a SOA of serial 5. */
static int tell(struct notify *n, ns_t now, const uint8_t *apex)
{
	static const uint8_t rdata[22] = {0, 0, 0, 0, 0, 5};
	struct buf b = {0};
	records_add(&b, &(struct record){apex, RR_SOA, VIEW_ANY, 60, {rdata, sizeof(rdata)}});
	struct records *soa = records_new(&b);
	assert_non_null(soa);
	int err = notify_zone(n, now, apex, soa);
	records_unref(soa);
	buf_fini(&b);
	return err;
}

/* Takes the message that is due at `now`, and returns its id. */
static uint16_t take(struct notify *n, ns_t now, size_t target, uint8_t out[512])
{
	size_t found = 99;
	size_t len = notify_poll(n, now, 0, &found, out, 512);
	assert_true(len > 12);
	assert_int_equal(found, target);
	assert_int_equal(get_u16(out + 2), 0x2400); /* NOTIFY, AA */
	assert_int_equal(get_u16(out + 6), 1);      /* the SOA */
	assert_int_equal(get_u32(out + len - 20), 5);
	return get_u16(out);
}

static bool answer(
	struct notify *n, ns_t now UNUSED, size_t target, const uint8_t *msg, unsigned rcode)
{
	uint8_t reply[512];
	memcpy(reply, msg, 512);
	put_u16(reply + 2, (uint16_t)(0xa400 | rcode));
	return notify_input(n, 0, target, reply, 12 + 9 + 4);
}

static void a_change_is_told_at_once_to_all(void **state)
{
	(void)state;
	struct notify *n = make(2);
	uint8_t msg[512];
	size_t target;
	assert_int_equal(notify_deadline(n), NS_NEVER);
	assert_int_equal(tell(n, 1000, example), 0);
	assert_int_equal(notify_deadline(n), 1000);
	uint16_t first = take(n, 1000, 0, msg);
	assert_int_not_equal(first, take(n, 1000, 1, msg));
	assert_int_equal(notify_poll(n, 1000, 0, &target, msg, sizeof(msg)), 0);
	notify_free(n);
}

static void what_is_acknowledged_is_not_told_again(void **state)
{
	(void)state;
	struct notify *n = make(1);
	uint8_t msg[512];
	assert_int_equal(tell(n, 0, example), 0);
	take(n, 0, 0, msg);
	assert_true(answer(n, 1, 0, msg, 0));
	assert_int_equal(notify_deadline(n), NS_NEVER);
	assert_int_equal(notify_stats(n).acknowledged, 1);
	assert_int_equal(notify_stats(n).waiting, 0);
	assert_false(answer(n, 2, 0, msg, 0)); /* only once */
	notify_free(n);
}

static void without_an_answer_it_is_told_again_with_back_off(void **state)
{
	(void)state;
	struct notify *n = make(1);
	uint8_t msg[512];
	ns_t now = 0, wait = NOTIFY_RETRY_MIN;
	assert_int_equal(tell(n, now, example), 0);
	for (int i = 0; i < 20; i++) {
		take(n, now, 0, msg);
		assert_int_equal(notify_deadline(n), now + wait);
		now += wait;
		wait = ns_min(2 * wait, NOTIFY_RETRY_MAX);
	}
	assert_int_equal(wait, NOTIFY_RETRY_MAX);
	notify_free(n);
}

struct health {
	unsigned told[3];
	size_t target;
};

static void on_health(void *arg, size_t target, const uint8_t *apex, enum notify_health health)
{
	struct health *h = arg;
	(void)apex;
	h->told[health]++;
	h->target = target;
}

/* Two zones, several changes a second: a target that fails is told once, and once that it is well. */
static void a_target_that_fails_is_told_once_and_once_that_it_is_well(void **state)
{
	(void)state;
	for (int is_refusing = 0; is_refusing < 2; is_refusing++) {
		struct notify *n = make(2);
		struct health health = {.target = 99};
		uint8_t msg[512];
		size_t target;
		notify_set_listener(n, on_health, &health);
		for (ns_t now = 0; now < 3000 * NS_PER_S; now += 250 * NS_PER_MS) {
			const bool is_well = now > 2000 * NS_PER_S;
			if (now < 1000 * NS_PER_S || is_well) {
				assert_int_equal(tell(n, now, example), 0);
				assert_int_equal(tell(n, now, other), 0);
			}
			while (notify_poll(n, now, 0, &target, msg, sizeof(msg)) > 0) {
				const size_t len = 12 + (msg[12] + 2u) + 4;
				if (target == 1 && !is_well && !is_refusing)
					continue;
				put_u16(msg + 2, target == 1 && !is_well ? 0xa405 : 0xa400);
				put_u16(msg + 6, 0);
				assert_true(notify_input(n, 0, target, msg, len));
			}
			if (now < 10 * NS_PER_S)
				assert_int_equal(health.told[NOTIFY_SILENT + is_refusing], 0);
			assert_int_equal(
				notify_stats(n).failing, health.told[NOTIFY_SILENT + is_refusing] -
								 health.told[NOTIFY_WELL]);
		}
		assert_int_equal(health.told[NOTIFY_SILENT], !is_refusing);
		assert_int_equal(health.told[NOTIFY_REFUSING], is_refusing);
		assert_int_equal(health.told[NOTIFY_WELL], 1);
		assert_int_equal(health.target, 1);
		notify_free(n);
	}
}

/* The answer comes when the zone has changed again: it is an answer all the same. */
static void an_answer_that_comes_after_the_next_change_shows_a_target_that_is_well(void **state)
{
	(void)state;
	struct notify *n = make(1);
	struct health health = {.target = 99};
	uint8_t msg[512];
	notify_set_listener(n, on_health, &health);
	assert_int_equal(tell(n, 0, example), 0);
	for (ns_t now = 0; now < 100 * NS_PER_S; now += NOTIFY_PAUSE) {
		take(n, now, 0, msg);
		assert_int_equal(tell(n, now + 1, example), 0);
		assert_false(answer(n, now + 2, 0, msg, 0));
		assert_int_equal(notify_stats(n).waiting, 1);
	}
	assert_int_equal(health.target, 99);
	notify_free(n);
}

static void a_refusal_is_tried_again(void **state)
{
	(void)state;
	struct notify *n = make(1);
	uint8_t msg[512];
	assert_int_equal(tell(n, 0, example), 0);
	take(n, 0, 0, msg);
	assert_true(answer(n, 1, 0, msg, RCODE_NOTAUTH));
	assert_int_equal(notify_deadline(n), NOTIFY_RETRY_MIN);
	assert_int_equal(notify_stats(n).refused, 1);
	notify_free(n);
}

static void a_thousand_changes_are_told_at_a_bounded_rate(void **state)
{
	(void)state;
	struct notify *n = make(1);
	uint8_t msg[512];
	unsigned sent = 0;
	size_t target;
	for (ns_t now = 0; now < NS_PER_S; now += NS_PER_MS) {
		assert_int_equal(tell(n, now, example), 0);
		while (notify_poll(n, now, 0, &target, msg, sizeof(msg)) > 0) {
			answer(n, now, 0, msg, 0);
			sent++;
		}
	}
	assert_int_equal(sent, 2);
	/* The last change is notified, too. */
	assert_int_equal(notify_deadline(n), NS_PER_S);
	notify_free(n);
}

static void a_change_while_an_answer_is_awaited_is_told_too(void **state)
{
	(void)state;
	struct notify *n = make(1);
	uint8_t first[512], second[512];
	assert_int_equal(tell(n, 0, example), 0);
	take(n, 0, 0, first);
	assert_int_equal(tell(n, 10, example), 0);
	/* The answer is about the previous serial: it does not count. */
	assert_false(answer(n, 20, 0, first, 0));
	take(n, NOTIFY_PAUSE, 0, second);
	assert_true(answer(n, NOTIFY_PAUSE, 0, second, 0));
	assert_int_equal(notify_deadline(n), NS_NEVER);
	notify_free(n);
}

static void strangers_answers_do_not_count(void **state)
{
	(void)state;
	struct notify *n = make(2);
	uint8_t msg[512], second[512], reply[512];
	assert_int_equal(tell(n, 0, example), 0);
	take(n, 0, 0, msg);
	take(n, 0, 1, second);
	assert_false(answer(n, 1, 1, msg, 0)); /* from another target */
	memcpy(reply, msg, sizeof(reply));
	reply[0] ^= 1; /* another id */
	assert_false(answer(n, 1, 0, reply, 0));
	assert_false(notify_input(n, 0, 0, msg, 12 + 9 + 4)); /* not a reply */
	for (size_t len = 0; len < 12 + 9 + 4; len++)
		assert_false(notify_input(n, 0, 0, reply, len));
	assert_int_equal(notify_stats(n).waiting, 2);
	notify_free(n);
}

static void a_zone_that_is_gone_is_forgotten(void **state)
{
	(void)state;
	struct notify *n = make(2);
	assert_int_equal(tell(n, 5, example), 0);
	assert_int_equal(tell(n, 6, other), 0);
	notify_forget(n, example);
	assert_int_equal(notify_deadline(n), 6);
	notify_forget(n, other);
	assert_int_equal(notify_deadline(n), NS_NEVER);
	notify_free(n);
}

/* Each answer is verified with the signature of its own request, however many are in flight. */
static void signed_answers_of_many_zones_all_count(void **state)
{
	(void)state;
	enum { ZONES = 300, AT = 1000000 };
	static uint8_t msgs[ZONES][512];
	size_t lens[ZONES], target;
	struct notify *n = notify_new(7);
	struct tsig_key key;
	assert_null(tsig_key_parse("One:hmac-sha256:c2VjcmV0IG9mIHRoZSB0ZXN0cyE=", &key));
	assert_int_equal(notify_set_targets(n, (const struct tsig_key *[]){&key}, 1), 0);
	for (unsigned i = 0; i < ZONES; i++) {
		uint8_t apex[] = {3, (uint8_t)('a' + i / 100), (uint8_t)('0' + i / 10 % 10),
			(uint8_t)('0' + i % 10), 0};
		assert_int_equal(tell(n, 0, apex), 0);
	}
	for (int i = 0; i < ZONES; i++)
		assert_true((lens[i] = notify_poll(n, 0, AT, &target, msgs[i], 512)) > 0);
	for (int i = 0; i < ZONES; i++) {
		uint8_t reply[512];
		struct tsig_rr rr;
		struct tsig tsig;
		memcpy(reply, msgs[i], lens[i]);
		assert_int_equal(tsig_find(reply, lens[i], &rr), 1);
		assert_int_equal(tsig_verify_request(&key, 1, reply, &rr, AT, &tsig), 0);
		put_u16(reply + 10, 0);
		put_u16(reply + 2, 0xa400);
		assert_false(notify_input(n, AT, 0, reply, rr.off)); /* not signed */
		size_t len = tsig_sign_reply(&tsig, reply, rr.off, sizeof(reply), AT);
		assert_false(notify_input(n, AT + 2 * LIMIT_TSIG_FUDGE_S, 0, reply, len));
		assert_true(notify_input(n, AT, 0, reply, len));
	}
	assert_int_equal(notify_stats(n).waiting, 0);
	notify_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_told_at_once_to_all),
		cmocka_unit_test(what_is_acknowledged_is_not_told_again),
		cmocka_unit_test(without_an_answer_it_is_told_again_with_back_off),
		cmocka_unit_test(a_refusal_is_tried_again),
		cmocka_unit_test(a_target_that_fails_is_told_once_and_once_that_it_is_well),
		cmocka_unit_test(
			an_answer_that_comes_after_the_next_change_shows_a_target_that_is_well),
		cmocka_unit_test(a_thousand_changes_are_told_at_a_bounded_rate),
		cmocka_unit_test(a_change_while_an_answer_is_awaited_is_told_too),
		cmocka_unit_test(strangers_answers_do_not_count),
		cmocka_unit_test(a_zone_that_is_gone_is_forgotten),
		cmocka_unit_test(signed_answers_of_many_zones_all_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
