/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of updates by hosts whose names are collected, as src/collect takes them. Run by `make check`.
 */
#include "base/err.h"
#include "collect_rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_host host;

static int setup(void **state)
{
	static struct collect_trust trust;
	(void)state;
	host = rig_host(1);
	trust = (struct collect_trust){
		.signer = host.signer.wire, .key = {host.rdata, (uint16_t)host.rdata_len}};
	rig_begin(&rig,
		&(struct collect_config){.keep_s = 30 * 86400, .trust = &trust, .trust_count = 1});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

/* The host says by an update from there that it has addresses, signed now. */
static enum collect_word update_from(const char *from)
{
	const struct collect_statement statement = {.signer = host.signer.wire,
		.alg = host.key.alg,
		.tag = host.key.tag,
		.label = "web",
		.when_s = rig.now_s,
		.has_addrs = true,
		.from = rig_addr(from)};
	assert_int_equal(collect_update(rig.c, rig.now, rig.now_s, &statement), 0);
	return collect_word(rig.c, "web");
}

static void who_is_heard_on_a_link_says_nothing_new_from_there(void **state)
{
	(void)state;
	assert_int_equal(rig_say(&rig, &host, "web", "web", "192.0.2.7", 120), COLLECT_ACCEPTED);
	rig_pass(&rig, 5);
	assert_int_equal(update_from("192.0.2.7"), COLLECT_LINK);
	assert_int_equal(update_from("10.9.9.9"), COLLECT_LINK);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
	assert_int_equal(update_from("198.51.100.1"), COLLECT_UPDATE);
	rig_assert(&rig, "web", NULL, 0);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_MOVED);
}

static void who_is_heard_no_more_is_believed_from_there(void **state)
{
	(void)state;
	assert_int_equal(rig_say(&rig, &host, "web", "web", "192.0.2.7", 120), COLLECT_ACCEPTED);
	rig_pass(&rig, 150);
	assert_int_not_equal(rig_state(&rig, "web"), COLLECT_HERE);
	assert_int_equal(update_from("192.0.2.7"), COLLECT_UPDATE);
}

static void who_was_never_heard_is_believed_from_there(void **state)
{
	(void)state;
	assert_int_equal(update_from("192.0.2.7"), COLLECT_UPDATE);
	assert_int_equal(update_from("192.0.2.7"), COLLECT_UPDATE);
	rig_pass(&rig, 2);
	assert_int_equal(rig_say(&rig, &host, "web", "web", "192.0.2.7", 120), COLLECT_ACCEPTED);
	assert_int_equal(collect_word(rig.c, "web"), COLLECT_LINK);
	rig_assert(&rig, "web", "192.0.2.7", COLLECT_TTL_HERE_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_heard_on_a_link_says_nothing_new_from_there),
		TEST(who_is_heard_no_more_is_believed_from_there),
		TEST(who_was_never_heard_is_believed_from_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
