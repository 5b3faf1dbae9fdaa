/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/collect, one rule each. Run by `make check`.
 */
#include <string.h>

#include "base/err.h"
#include "collect_rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_host h1, h2, h3;

/* A collector that trusts h1 without a pattern. */
static void begin(struct rig *r)
{
	static struct collect_trust trust;
	trust = (struct collect_trust){
		.signer = h1.signer.wire, .key = {h1.rdata, (uint16_t)h1.rdata_len}};
	rig_begin(r,
		&(struct collect_config){.keep_s = 30 * 86400, .trust = &trust, .trust_count = 1});
}

static int setup(void **state)
{
	(void)state;
	h1 = rig_host(1);
	h2 = rig_host(2);
	h3 = rig_host(4);
	return 0;
}

static void a_signed_name_is_served_and_a_goodbye_makes_it_away(void **state)
{
	(void)state;
	begin(&rig);
	assert_int_equal(
		rig_say(&rig, &h1, "web", "web", "192.0.2.7 2001:db8::7", 120), COLLECT_ACCEPTED);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_HERE_S);
	assert_int_equal(
		rig_say(&rig, &h1, "web", "web", "192.0.2.7 2001:db8::7", 120), COLLECT_KNOWN);
	rig_pass(&rig, 10);
	assert_int_equal(
		rig_say(&rig, &h1, "web", "web", "192.0.2.7 2001:db8::7", 0), COLLECT_ACCEPTED);
	assert_int_equal(rig_state(&rig, "web"), COLLECT_AWAY);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
	rig_pass(&rig, 30 * 86400 - 1);
	rig_assert(&rig, "web", "192.0.2.7 2001:db8::7", COLLECT_TTL_GONE_S);
	rig_pass(&rig, 1);
	rig_assert(&rig, "web", NULL, 0);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_name_is_served_and_a_goodbye_makes_it_away),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
