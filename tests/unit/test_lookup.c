/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of zone/lookup.h: the meaning of names in a zone, by the cases of the RFCs.
 * test_zone_random compares random lookups with a model. Run by `make check`.
 */
#include "zone/lookup.h"

#include "unit.h"
#include "zone_rig.h"

static struct zone_answer look(const struct zone *z, const char *name, uint16_t type)
{
	struct zone_answer answer;
	struct name n = rig_name(name);
	struct key key;
	key_from_name(&key, n.wire);
	zone_lookup(zone_reader(z), &key, type, VIEW_WAN, &answer);
	return answer;
}

static void check(const struct zone *z, const char *name, uint16_t type, enum zone_outcome outcome,
	bool has_set)
{
	struct zone_answer answer = look(z, name, type);
	if (answer.outcome != outcome || (answer.set != NULL) != has_set)
		fail_msg("%s type %u: outcome %d, set %d", name, type, answer.outcome,
			answer.set != NULL);
}

/* The zone of RFC 4592 §2.2.1. */
static struct zone *wildcard_zone(void)
{
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_put(z, ZONE_STATIC, "*.example.", "60 TXT #0141",
		"60 MX #000a05686f737431076578616d706c6500", NULL);
	rig_put(z, ZONE_STATIC, "sub.*.example.", "60 TXT #0142", NULL);
	rig_put(z, ZONE_STATIC, "host1.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_STATIC, "_ssh._tcp.host1.example.",
		"60 SRV #000000000016"
		"00",
		NULL);
	rig_put(z, ZONE_STATIC, "_ssh._tcp.host2.example.",
		"60 SRV #000000000016"
		"00",
		NULL);
	rig_put(z, ZONE_STATIC, "subdel.example.", "60 NS ns.example.com. ns.example.net.", NULL);
	return z;
}

static void rfc4592_s2_2_1_synthesised_from_a_wildcard(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	assert_true(look(z, "host3.example.", RR_MX).is_wildcard);
	check(z, "host3.example.", RR_MX, ZONE_FOUND, true);
	check(z, "host3.example.", RR_A, ZONE_FOUND, false);
	check(z, "foo.bar.example.", RR_TXT, ZONE_FOUND, true);
	zone_free(z);
}

static void rfc4592_s2_2_1_not_synthesised_from_a_wildcard(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	check(z, "host1.example.", RR_MX, ZONE_FOUND, false);
	assert_false(look(z, "host1.example.", RR_MX).is_wildcard);
	check(z, "sub.*.example.", RR_MX, ZONE_FOUND, false);
	check(z, "_telnet._tcp.host1.example.", RR_SRV, ZONE_NO_NAME, false);
	check(z, "host.subdel.example.", RR_A, ZONE_DELEGATED, true);
	check(z, "ghost.*.example.", RR_MX, ZONE_NO_NAME, false);
	zone_free(z);
}

static void wildcard_itself_is_a_name_like_others(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	check(z, "*.example.", RR_TXT, ZONE_FOUND, true);
	assert_false(look(z, "*.example.", RR_TXT).is_wildcard);
	zone_free(z);
}

static void empty_non_terminal_blocks_a_wildcard(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	check(z, "_tcp.host2.example.", RR_TXT, ZONE_FOUND, false);
	check(z, "host2.example.", RR_TXT, ZONE_FOUND, false);
	check(z, "x.host2.example.", RR_TXT, ZONE_NO_NAME, false);
	zone_free(z);
}

static void wildcard_that_is_empty_gives_nodata(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_put(z, ZONE_STATIC, "a.*.b.example.", "60 A 192.0.2.1", NULL);
	check(z, "x.b.example.", RR_A, ZONE_FOUND, false);
	check(z, "x.c.example.", RR_A, ZONE_NO_NAME, false);
	check(z, "*.b.example.", RR_A, ZONE_FOUND, false);
	zone_free(z);
}

static void cut_covers_what_is_at_and_below_it(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	rig_put(z, ZONE_STATIC, "www.subdel.example.", "60 A 192.0.2.9", NULL);
	check(z, "subdel.example.", RR_A, ZONE_DELEGATED, true);
	check(z, "subdel.example.", RR_NS, ZONE_DELEGATED, true);
	check(z, "www.subdel.example.", RR_A, ZONE_DELEGATED, true);
	/* DS is in the parent zone (RFC 4035 §3.1.4.1), at the cut only. */
	check(z, "subdel.example.", RR_DS, ZONE_FOUND, false);
	check(z, "www.subdel.example.", RR_DS, ZONE_DELEGATED, true);
	check(z, "example.", RR_NS, ZONE_FOUND, true);
	zone_free(z);
}

static void zone_below_a_cut_that_is_ours_is_answered(void **state)
{
	(void)state;
	struct zone *z = wildcard_zone();
	rig_apex(z, "subdel.example.");
	rig_put(z, ZONE_STATIC, "www.subdel.example.", "60 A 192.0.2.9", NULL);
	check(z, "www.subdel.example.", RR_A, ZONE_FOUND, true);
	check(z, "subdel.example.", RR_SOA, ZONE_FOUND, true);
	check(z, "x.subdel.example.", RR_A, ZONE_NO_NAME, false);
	zone_free(z);
}

static void dname_covers_what_is_below_it_and_not_itself(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_put(z, ZONE_STATIC, "old.example.", "60 DNAME new.example.", "60 A 192.0.2.1", NULL);
	check(z, "old.example.", RR_A, ZONE_FOUND, true);
	check(z, "old.example.", RR_DNAME, ZONE_FOUND, true);
	check(z, "old.example.", RR_TXT, ZONE_FOUND, false);
	check(z, "w.old.example.", RR_A, ZONE_RENAMED, true);
	check(z, "w.old.example.", RR_DNAME, ZONE_RENAMED, true);
	zone_free(z);
}

static void alias_is_found_for_each_type_but_its_own(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_put(z, ZONE_STATIC, "w.example.", "60 CNAME v.example.", NULL);
	check(z, "w.example.", RR_A, ZONE_ALIAS, true);
	check(z, "w.example.", RR_CNAME, ZONE_FOUND, true);
	check(z, "w.example.", RR_ANY, ZONE_FOUND, true);
	zone_free(z);
}

static void answers_that_need_no_apex_have_none_and_negative_ones_do(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	rig_put(z, ZONE_STATIC, "w.example.", "60 A 192.0.2.1", NULL);
	rig_put(z, ZONE_STATIC, "a.b.c.d.e.f.example.", "60 A 192.0.2.1", NULL);
	assert_null(look(z, "w.example.", RR_A).apex);
	static const char *const negative[] = {"w.example.", "x.example.", "x.w.example.",
		"a.b.c.d.e.f.example.", "b.c.d.e.f.example.", "x.a.b.c.d.e.f.example.",
		"f.example.", "x.f.example.", "1.2.3.4.5.6.7.8.9.example.", "example."};
	for (size_t i = 0; i < ARRAY_LEN(negative); i++) {
		struct zone_answer answer = look(z, negative[i], RR_TXT);
		assert_non_null(answer.apex);
		assert_true(answer.apex->flags & NODE_APEX);
	}
	zone_free(z);
}

static void root_can_be_a_zone(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	const struct zone_apex params = {name_root, name_root, name_root, 1, 2, 3, 4, 5};
	check(z, ".", RR_SOA, ZONE_OUTSIDE, false);
	assert_int_equal(zone_add_apex(z, &params), 0);
	rig_put(z, ZONE_STATIC, "w.example.", "60 A 192.0.2.1", NULL);
	check(z, ".", RR_SOA, ZONE_FOUND, true);
	check(z, ".", RR_A, ZONE_FOUND, false);
	check(z, "example.", RR_A, ZONE_FOUND, false);
	check(z, "w.example.", RR_A, ZONE_FOUND, true);
	check(z, "w.", RR_A, ZONE_NO_NAME, false);
	assert_int_equal(zone_remove_apex(z, name_root), 0);
	check(z, "w.example.", RR_A, ZONE_OUTSIDE, false);
	zone_free(z);
}

static void longest_names_are_found(void **state)
{
	(void)state;
	struct zone *z = zone_new(7, (struct zone_listener){NULL, NULL});
	rig_apex(z, "example.");
	struct name n = rig_name("example."), longer;
	while (n.len + 2 <= NAME_CAP) {
		assert_int_equal(name_prepend("A", 1, n.wire, &longer), 0);
		n = longer;
	}
	uint8_t bytes[4] = {192, 0, 2, 1};
	const struct rdata rdata = {bytes, 4};
	const struct rrset set = {RR_A, VIEW_ANY, 60, 1, &rdata};
	assert_int_equal(zone_put(z, ZONE_STATIC, n.wire, &set, 1), 0);
	for (const uint8_t *up = n.wire; name_len(up) > 9; up = name_parent(up)) {
		struct zone_answer answer;
		struct key key;
		key_from_name(&key, up);
		zone_lookup(zone_reader(z), &key, RR_A, VIEW_WAN, &answer);
		assert_int_equal(answer.outcome, ZONE_FOUND);
		assert_int_equal(answer.set != NULL, up == n.wire);
	}
	zone_free(z);
}

static void keys_of_all_lengths_hash_like_their_copies(void **state)
{
	(void)state;
	uint8_t message[12 + NAME_CAP + 4] = {0};
	struct name n = {1, {0}};
	for (unsigned i = 0; n.len < NAME_CAP - 8; i++) {
		struct name longer;
		char label[] = "aBcDeF";
		assert_int_equal(name_prepend(label, 1 + i % 6, n.wire, &longer), 0);
		n = longer;
		memcpy(message + 12, n.wire, n.len);
		memset(message + 12 + n.len, 0xff, 4);
		struct key a, b;
		memset(&a, 0xee, sizeof(a));
		memset(&b, 0x11, sizeof(b));
		key_from_message(&a, message + 12, n.len);
		name_lower(&n);
		key_from_name(&b, n.wire);
		assert_memory_equal(key_lower(&a), n.wire, n.len);
		struct key_labels labels;
		key_split(&a, &labels);
		for (unsigned l = 0; l <= labels.count; l++)
			assert_true(key_hash(3, &a, labels.start[l]) ==
				    key_hash(3, &b, labels.start[l]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4592_s2_2_1_synthesised_from_a_wildcard),
		cmocka_unit_test(rfc4592_s2_2_1_not_synthesised_from_a_wildcard),
		cmocka_unit_test(wildcard_itself_is_a_name_like_others),
		cmocka_unit_test(empty_non_terminal_blocks_a_wildcard),
		cmocka_unit_test(wildcard_that_is_empty_gives_nodata),
		cmocka_unit_test(cut_covers_what_is_at_and_below_it),
		cmocka_unit_test(zone_below_a_cut_that_is_ours_is_answered),
		cmocka_unit_test(dname_covers_what_is_below_it_and_not_itself),
		cmocka_unit_test(alias_is_found_for_each_type_but_its_own),
		cmocka_unit_test(answers_that_need_no_apex_have_none_and_negative_ones_do),
		cmocka_unit_test(root_can_be_a_zone),
		cmocka_unit_test(longest_names_are_found),
		cmocka_unit_test(keys_of_all_lengths_hash_like_their_copies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
