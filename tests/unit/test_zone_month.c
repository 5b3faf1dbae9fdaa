/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of signatures over time: a month in a second, and a clock that jumps. Run by `make check`.
 */
#include <stdio.h>
#include <string.h>

#include "chain_rig.h"

enum { MONTH_S = 30 * 86400, MONTH_NAMES = 600 };

static void put_address(struct rig *rig, unsigned which, unsigned value)
{
	struct name name;
	char label[16];
	uint8_t bytes[4] = {192, 0, 2, (uint8_t)value};
	const struct rdata rdata = {bytes, sizeof(bytes)};
	const struct rrset set = {
		.type = RR_A, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
	snprintf(label, sizeof(label), "w%u", which);
	assert_int_equal(name_from_text(label, rig->apex.wire, &name), 0);
	assert_int_equal(zone_put(rig->signed_, ZONE_DERIVED, name.wire, &set, value ? 1 : 0), 0);
}

/* Returns the earliest end of all signatures that are served. */
static uint32_t first_end(const struct rig *rig)
{
	const struct table *t = atomic_load(&rig->signed_->reader.table);
	uint32_t first = UINT32_MAX;
	size_t slot = 0;
	for (struct node *n; (n = table_next(t, &slot));)
		for (unsigned i = 0; i < n->set_count; i++) {
			if (!n->sets[i].is_signed || n->sets[i].type == RR_DNSKEY)
				continue;
			const struct rrsig sig = node_read_sig(n, node_sigs(n, &n->sets[i]));
			assert_true(sig.inception <= rig->now_s);
			first = sig.expiration < first ? sig.expiration : first;
		}
	return first;
}

/* All that can be done at one moment. Returns the number of new serials. */
static uint32_t work(struct rig *rig)
{
	const uint32_t before = zone_serial(rig->signed_, rig->apex.wire);
	for (unsigned turns = 0; turns < 400; turns++) {
		zone_garbage_free(zone_commit(rig->signed_, 1));
		ask(rig);
		if (rig->waiting_count == 0)
			break;
		while (rig->waiting_count > 0)
			answer(rig);
	}
	return zone_serial(rig->signed_, rig->apex.wire) - before;
}

/* A zone of many names, all signed, whose signer refuses nothing. */
static void begin(struct rig *rig, uint64_t seed)
{
	chain_seed = seed;
	is_faulty = false;
	chain_setup(rig, 1);
	rig->is_obliging = true;
	assert_int_equal(zone_sign(rig->signed_, rig->apex.wire), 0);
	set_keys(rig);
	for (unsigned i = 0; i < MONTH_NAMES; i++)
		put_address(rig, i, 1);
	zone_set_clock(rig->signed_, rig->now_s);
	(void)work(rig);
}

/* A month goes by, from one look to the next: signatures are renewed days before they end, a few at a time, at most
 * one serial for each second; and a name that comes or goes each hour does not disturb that. */
static void a_month_passes(void **state UNUSED)
{
	static struct rig rig;
	uint32_t next_change = NOW, renewed = 0;
	begin(&rig, 1);
	while (rig.now_s < NOW + MONTH_S) {
		const unsigned after = zone_refresh(rig.signed_);
		assert_true(after >= 1);
		const bool has_change = rig.now_s >= next_change;
		if (has_change) {
			put_address(&rig, roll(MONTH_NAMES), roll(2) * (1 + roll(200)));
			next_change += 3600;
		}
		const uint32_t serials = work(&rig);
		assert_true(serials <= 1u + has_change);
		renewed += serials;
		assert_true(first_end(&rig) > rig.now_s + 5 * 86400);
		rig.now_s += after;
		zone_set_clock(rig.signed_, rig.now_s);
	}
	assert_true(renewed > 4 * MONTH_NAMES / 64);
	chain_teardown(&rig);
}

/* After the machine has slept for weeks, all that is late is renewed within minutes; and a clock that is put back makes
 * nothing that begins in the future stay. */
static void the_clock_jumps(void **state UNUSED)
{
	static const int jumps[] = {13 * 86400, 20 * 86400, -86400, -30 * 86400, 60 * 86400};
	static struct rig rig;
	begin(&rig, 2);
	for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
		rig.now_s += (uint32_t)jumps[i];
		zone_set_clock(rig.signed_, rig.now_s);
		for (unsigned turn = 0; turn < 120; turn++) {
			const unsigned after = zone_refresh(rig.signed_);
			(void)work(&rig);
			rig.now_s += after > 10 ? 10 : after;
			zone_set_clock(rig.signed_, rig.now_s);
		}
		assert_true(first_end(&rig) > rig.now_s + 5 * 86400);
	}
	chain_teardown(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_passes),
		cmocka_unit_test(the_clock_jumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
