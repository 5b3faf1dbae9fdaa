/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of answers from signed zones: what a client that wants signatures gets (RFC 4035 §3.1), and
 * that others get what they got before. Run by `make check`.
 */
#include "serve/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "serve/fastpath.h"
#include "sign_rig.h"
#include "unit.h"
#include "wire/pack.h"
#include "zone_rig.h"

enum { MARK = 's', UNSIGNED, SIGNED, TWICE, STORES };

static struct zone *stores[STORES + 1];
static struct sign_rig *rigs[STORES + 1];
static struct view_slot views;
static struct serve_ctx ctx;
static struct serve_client client = {.port = 1};

static uint8_t query[512];
static size_t query_len;
static uint8_t reply[MSG_CAP];
static size_t reply_len;
static char text[1 << 16];

static struct zone *make_zone(bool has_cuts)
{
	struct zone *z = zone_new(99, (struct zone_listener){NULL, NULL});
	assert_non_null(z);
	rig_apex(z, "x.");
	rig_put(z, ZONE_STATIC, "a.x.", "60 A 192.0.2.1 192.0.2.2", "60 AAAA 2001:db8::1", NULL);
	rig_put(z, ZONE_DERIVED, "near.x.", "60 A 10.0.0.1 192.168.0.1", NULL);
	rig_put(z, ZONE_DERIVED, "view.x.", "60 A @lan 10.0.0.1", "60 A @wan 192.0.2.3", NULL);
	rig_put(z, ZONE_DERIVED, "lan.x.", "60 A @lan 10.0.0.1", NULL);
	rig_put(z, ZONE_STATIC, "alias.x.", "50 CNAME a.x.", NULL);
	rig_put(z, ZONE_STATIC, "*.wild.x.", "60 A 192.0.2.7", NULL);
	rig_put(z, ZONE_STATIC, "*.walias.x.", "60 CNAME q.wild.x.", NULL);
	rig_put(z, ZONE_STATIC, "a.b.c.x.", "60 TXT #00", NULL);
	rig_put(z, ZONE_STATIC, "mx.x.", "60 MX #00000161017800", NULL);
	if (has_cuts) {
		rig_put(z, ZONE_STATIC, "safe.x.", "60 NS ns.safe.x.", "60 DS #00010d0200", NULL);
		rig_put(z, ZONE_STATIC, "ns.safe.x.", "60 A 192.0.2.9", NULL);
		rig_put(z, ZONE_STATIC, "bare.x.", "60 NS ns.bare.x.", NULL);
		rig_put(z, ZONE_STATIC, "ns.bare.x.", "60 A 192.0.2.10", NULL);
		rig_put(z, ZONE_STATIC, "d.x.", "60 DNAME wild.x.", NULL);
	}
	rig_commit(z, 7);
	return z;
}

static void publish_views(void)
{
	struct view_rule rules[] = {
		{.view = VIEW_LAN, .wire = 1, .is_inner = true}, {.view = VIEW_WAN, .wire = 2}};
	assert_int_equal(prefix_parse("10.0.0.0/8", &rules[0].prefix), 0);
	assert_int_equal(prefix_parse("8.0.0.0/8", &rules[1].prefix), 0);
	assert_null(view_slot_publish(&views, view_table_new(rules, 2)));
}

static int set_up_with(bool has_cuts)
{
	for (int i = UNSIGNED; i < STORES; i++)
		stores[i] = make_zone(has_cuts);
	rigs[SIGNED] = rig_sign(stores[SIGNED], "x.", 1, MARK);
	rigs[TWICE] = rig_sign(stores[TWICE], "x.", 2, MARK);
	publish_views();
	memset(&ctx, 0, sizeof(ctx));
	ctx.views = &views;
	client.is_tcp = false;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(true);
}

static int set_up_without_cuts(void **state)
{
	(void)state;
	return set_up_with(false);
}

static int tear_down(void **state)
{
	(void)state;
	view_table_free(view_slot_publish(&views, NULL));
	rig_sign_free(rigs[SIGNED]);
	rig_sign_free(rigs[TWICE]);
	for (int i = UNSIGNED; i < STORES; i++)
		zone_free(stores[i]);
	return 0;
}

static void make_query(const uint8_t *name, uint16_t type, bool has_do, uint16_t payload)
{
	struct pack p;
	const struct pack_rr opt = {name_root, RR_OPT, payload, has_do ? 0x8000 : 0, name_root, 0};
	pack_init(&p, query, sizeof(query), 0x1234, 0);
	assert_int_equal(pack_question(&p, name, type, CLASS_IN), 0);
	assert_int_equal(pack_rr(&p, SECTION_ADDITIONAL, &opt), 0);
	query_len = p.len;
}

/* Sends the query. The fast and the slow path must agree. */
static void send_query(int store)
{
	static uint8_t other[MSG_CAP];
	size_t cap = client.is_tcp ? MSG_CAP : EDNS_PAYLOAD;
	ctx.zone = zone_reader(stores[store]);
	reply_len = serve_answer(&ctx, &client, query, query_len, reply, cap);
	assert_int_equal(serve_any(&ctx, &client, query, query_len, other, cap), reply_len);
	assert_memory_equal(reply, other, reply_len);
}

static void add_text(const char *format, ...) PRINTFLIKE(1, 2);
static void add_text(const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
}

/* Checks a signature, and returns the type that it is of. */
static uint16_t check_sig(struct rd *message, const struct rr *rr)
{
	uint8_t bytes[RRSIG_RDATA_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(rr_rdata_expand(message, rr, &w), 0);
	assert_int_equal(wr_len(&w), RRSIG_HEAD_LEN + 3 + RRSIG_BYTES);
	assert_memory_equal(bytes + RRSIG_HEAD_LEN, "\1x", 3);
	for (unsigned i = 0; i < RRSIG_BYTES; i++)
		assert_int_equal(bytes[RRSIG_HEAD_LEN + 3 + i], MARK);
	assert_int_equal(bytes[2], 13);
	assert_true(get_u32(bytes + 4) >= rr->ttl);
	assert_int_equal(get_u32(bytes + 8), 1000);
	assert_int_equal(get_u32(bytes + 12), 500);
	return get_u16(bytes);
}

/* Writes the reply as text: "rcode flags | answer | authority | additional". A set is written once; "+" for each
 * of its signatures. */
static const char *describe(void)
{
	struct rd r = rd_init(reply, reply_len);
	struct msg_header h;
	struct question q;
	char out[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP], set[NAME_TEXT_CAP + 64], last[sizeof(set)];
	text[0] = last[0] = '\0';
	rd_header(&r, &h);
	add_text("%u%s%s", msg_rcode(&h), h.flags & MSG_AA ? " aa" : "",
		h.flags & MSG_TC ? " tc" : "");
	assert_false(h.flags & (MSG_AD | MSG_CD));
	rd_question(&r, &q);
	for (int s = 0; s < SECTION_COUNT; s++) {
		add_text(" |");
		last[0] = '\0';
		for (unsigned i = 0; i < h.count[s]; i++) {
			struct rr rr;
			rd_rr(&r, &rr);
			assert_int_equal(r.err, 0);
			if (rr.type == RR_OPT)
				continue;
			uint16_t of = rr.type == RR_RRSIG ? check_sig(&r, &rr) : rr.type;
			snprintf(set, sizeof(set), "%s/%s", name_to_text(rr.owner.wire, out),
				rr_type_text(of, type));
			bool is_same = strcmp(set, last) == 0;
			if (rr.type == RR_RRSIG)
				add_text(is_same ? "+" : " %s+", set);
			else if (!is_same)
				add_text(" %s", set);
			strcpy(last, set);
		}
	}
	assert_int_equal(r.err, 0);
	assert_int_equal(rd_left(&r), 0);
	return text;
}

struct row {
	const char *name;
	uint16_t type;
	const char *expected;
};

static void check_rows(const struct row *rows, size_t count, int store, bool has_do)
{
	for (size_t i = 0; i < count; i++) {
		struct name n = rig_name(rows[i].name);
		make_query(n.wire, rows[i].type, has_do, 1232);
		send_query(store);
		if (strcmp(describe(), rows[i].expected) != 0)
			fail_msg("%s %u\n got:      %s\n expected: %s", rows[i].name, rows[i].type,
				text, rows[i].expected);
	}
}

static void each_kind_of_answer_is_signed(void **state)
{
	static const struct row rows[] = {
		{"a.x.", RR_A, "0 aa | a.x./A+ | |"},
		{"A.X.", RR_AAAA, "0 aa | A.X./AAAA+ | |"},
		{"x.", RR_SOA, "0 aa | x./SOA+ | |"},
		{"a.x.", RR_NSEC, "0 aa | a.x./NSEC+ | |"},
		{"alias.x.", RR_NSEC, "0 aa | alias.x./NSEC+ | |"},
		{"alias.x.", RR_A, "0 aa | alias.x./CNAME+ a.x./A+ | |"},
		{"mx.x.", RR_MX, "0 aa | mx.x./MX+ | | a.x./A+ a.x./AAAA+"},
		/* No such type. */
		{"a.x.", RR_TXT, "0 aa | | x./SOA+ a.x./NSEC+ |"},
		{"x.", RR_TXT, "0 aa | | x./SOA+ x./NSEC+ |"},
		{"lan.x.", RR_A, "0 aa | | x./SOA+ lan.x./NSEC+ |"},
		{"lan.x.", RR_AAAA, "0 aa | | x./SOA+ lan.x./NSEC+ |"},
		/* A name in between. */
		{"b.c.x.", RR_A, "0 aa | | x./SOA+ bare.x./NSEC+ |"},
		{"wild.x.", RR_A, "0 aa | | x./SOA+ *.walias.x./NSEC+ |"},
		/* No such name: a link over it, and one over the wildcard. */
		{"no.x.", RR_A, "3 aa | | x./SOA+ near.x./NSEC+ x./NSEC+ |"},
		{"0.x.", RR_A, "3 aa | | x./SOA+ x./NSEC+ |"},
		{"q.a.x.", RR_A, "3 aa | | x./SOA+ a.x./NSEC+ |"},
		{"c.b.c.x.", RR_A, "3 aa | | x./SOA+ a.b.c.x./NSEC+ bare.x./NSEC+ |"},
		/* Wildcards. */
		{"q.wild.x.", RR_A, "0 aa | q.wild.x./A+ | *.wild.x./NSEC+ |"},
		{"q.wild.x.", RR_TXT, "0 aa | | x./SOA+ *.wild.x./NSEC+ |"},
		{"q.walias.x.", RR_A,
			"0 aa | q.walias.x./CNAME+ q.wild.x./A+ | *.walias.x./NSEC+ "
			"*.wild.x./NSEC+ |"},
		{"q.walias.x.", RR_TXT,
			"0 aa | q.walias.x./CNAME+ | x./SOA+ *.walias.x./NSEC+ *.wild.x./NSEC+ |"},
		/* A renamed tree: the CNAME has no signature. */
		{"q.d.x.", RR_A,
			"0 aa | d.x./DNAME+ q.d.x./CNAME q.wild.x./A+ | *.wild.x./NSEC+ |"},
		/* Delegations. */
		{"q.safe.x.", RR_A, "0 | | safe.x./NS safe.x./DS+ | ns.safe.x./A"},
		{"q.bare.x.", RR_A, "0 | | bare.x./NS bare.x./NSEC+ | ns.bare.x./A"},
		{"ns.safe.x.", RR_A, "0 | | safe.x./NS safe.x./DS+ | ns.safe.x./A"},
		{"safe.x.", RR_DS, "0 aa | safe.x./DS+ | |"},
		{"safe.x.", RR_NSEC, "0 aa | safe.x./NSEC+ | |"},
		{"safe.x.", RR_RRSIG, "0 aa | safe.x./DS+ safe.x./NSEC+ | |"},
		{"safe.x.", RR_NS, "0 | | safe.x./NS safe.x./DS+ | ns.safe.x./A"},
		{"bare.x.", RR_DS, "0 aa | | x./SOA+ bare.x./NSEC+ |"},
		/* Signatures as records, and any record. */
		{"a.x.", RR_RRSIG, "0 aa | a.x./A+ a.x./AAAA+ a.x./NSEC+ | |"},
		{"alias.x.", RR_RRSIG, "0 aa | alias.x./CNAME+ alias.x./NSEC+ | |"},
		{"no.x.", RR_RRSIG, "3 aa | | x./SOA+ near.x./NSEC+ x./NSEC+ |"},
		{"c.x.", RR_RRSIG, "0 aa | | x./SOA+ bare.x./NSEC+ |"},
		{"a.x.", RR_ANY, "0 aa | a.x./A+ | |"},
		{"lan.x.", RR_ANY, "0 aa | lan.x./NSEC+ | |"},
		{"q.y.", RR_A, "5 | | |"},
	};
	(void)state;
	assert_int_equal(addr_parse("8.0.0.1", &client.addr), 0);
	check_rows(rows, ARRAY_LEN(rows), SIGNED, true);
}

static void without_do_there_are_no_signatures(void **state)
{
	static const struct row rows[] = {
		{"a.x.", RR_A, "0 aa | a.x./A | |"},
		{"no.x.", RR_A, "3 aa | | x./SOA |"},
		{"q.bare.x.", RR_A, "0 | | bare.x./NS | ns.bare.x./A"},
		/* But what is asked for as a record is answered. */
		{"a.x.", RR_NSEC, "0 aa | a.x./NSEC | |"},
		{"a.x.", RR_RRSIG, "0 aa | a.x./A+ a.x./AAAA+ a.x./NSEC+ | |"},
	};
	(void)state;
	assert_int_equal(addr_parse("8.0.0.1", &client.addr), 0);
	check_rows(rows, ARRAY_LEN(rows), SIGNED, false);
}

static void two_keys_give_two_signatures(void **state)
{
	static const struct row rows[] = {
		{"a.x.", RR_A, "0 aa | a.x./A++ | |"},
		{"no.x.", RR_A, "3 aa | | x./SOA++ near.x./NSEC++ x./NSEC++ |"},
		{"q.safe.x.", RR_A, "0 | | safe.x./NS safe.x./DS++ | ns.safe.x./A"},
	};
	(void)state;
	assert_int_equal(addr_parse("8.0.0.1", &client.addr), 0);
	check_rows(rows, ARRAY_LEN(rows), TWICE, true);
}

static void a_view_has_its_own_sets_and_links(void **state)
{
	static const struct row rows[] = {
		{"lan.x.", RR_A, "0 aa | lan.x./A+ | |"},
		{"view.x.", RR_A, "0 aa | view.x./A+ | |"},
		{"view.x.", RR_TXT, "0 aa | | x./SOA+ view.x./NSEC+ |"},
	};
	(void)state;
	assert_int_equal(addr_parse("10.0.0.1", &client.addr), 0);
	check_rows(rows, ARRAY_LEN(rows), SIGNED, true);
}

/* A signature is of all addresses, so its client gets all of them. */
static void addresses_are_chosen_only_without_signatures(void **state)
{
	static const struct {
		int store;
		bool has_do;
		unsigned answers;
	} rows[] = {
		{UNSIGNED, false, 1}, {UNSIGNED, true, 1}, {SIGNED, false, 1}, {SIGNED, true, 3}};
	struct view_rule rules[] = {{.view = VIEW_LAN, .wire = 1}, {.view = VIEW_LAN, .wire = 2}};
	struct name n = rig_name("near.x.");
	(void)state;
	assert_int_equal(prefix_parse("10.0.0.0/24", &rules[0].prefix), 0);
	assert_int_equal(prefix_parse("192.168.0.0/24", &rules[1].prefix), 0);
	view_table_free(view_slot_publish(&views, view_table_new(rules, 2)));
	assert_int_equal(addr_parse("10.0.0.9", &client.addr), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make_query(n.wire, RR_A, rows[i].has_do, 1232);
		send_query(rows[i].store);
		assert_int_equal(get_u16(reply + 6), rows[i].answers);
	}
}

/* Whatever does not fit, no set is without its signature, and no proof is cut. */
static void what_does_not_fit_is_truncated(void **state)
{
	static const char *const names[] = {
		"a.x.", "no.x.", "q.wild.x.", "q.safe.x.", "q.walias.x."};
	char whole[1024];
	(void)state;
	assert_int_equal(addr_parse("8.0.0.1", &client.addr), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct name n = rig_name(names[i]);
		unsigned changes = 0;
		make_query(n.wire, RR_A, true, 1232);
		send_query(TWICE);
		strcpy(whole, describe());
		size_t whole_len = reply_len;
		for (uint16_t payload = 512; payload <= 1232; payload++) {
			make_query(n.wire, RR_A, true, payload);
			send_query(TWICE);
			assert_true(reply_len <= payload);
			describe();
			bool is_cut = reply[2] & MSG_TC >> 8;
			assert_int_equal(is_cut, payload < whole_len);
			assert_true(is_cut ? strstr(text, " tc | | |") != NULL
					   : strcmp(text, whole) == 0);
			changes += is_cut;
		}
		assert_true(whole_len <= 512 || changes > 0);
	}
}

/* Additional sets lose their signatures before they are left out. */
static void additional_signatures_give_way(void **state)
{
	struct name n = rig_name("mx.x.");
	unsigned seen[3] = {0};
	(void)state;
	assert_int_equal(addr_parse("8.0.0.1", &client.addr), 0);
	for (uint16_t payload = 512; payload <= 1232; payload++) {
		make_query(n.wire, RR_MX, true, payload);
		send_query(TWICE);
		describe();
		assert_null(strstr(text, "tc"));
		assert_non_null(strstr(text, "mx.x./MX++"));
		seen[0] += strstr(text, "a.x./A++ a.x./AAAA++") != NULL;
		seen[1] += strstr(text, "a.x./A++ a.x./AAAA") && !strstr(text, "AAAA++");
		seen[2] += strstr(text, "a.x./A a.x./AAAA") != NULL;
	}
	assert_true(seen[0] > 0 && seen[1] > 0);
	assert_int_equal(seen[0] + seen[1] + seen[2], 1232 - 512 + 1);
}

/* A client that does not want signatures gets the bytes of an unsigned zone. */
static void without_do_all_is_as_before(void **state)
{
	static const char *const labels[] = {"a", "alias", "b", "bare", "c", "d", "lan", "mx",
		"near", "no", "ns", "safe", "view", "walias", "wild", "*", "zz"};
	static const uint16_t types[] = {
		RR_A, RR_AAAA, RR_TXT, RR_DS, RR_MX, RR_NS, RR_SOA, RR_CNAME};
	static uint8_t before[MSG_CAP];
	uint64_t dice = 1;
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct name n = rig_name("x."), longer;
		dice = hash_mix(dice, i);
		assert_int_equal(addr_parse(dice & 1 ? "10.0.0.1" : "8.0.0.1", &client.addr), 0);
		for (unsigned k = (dice >> 1) % 4, shift = 8; k > 0; k--, shift += 8) {
			const char *label = labels[(dice >> shift) % ARRAY_LEN(labels)];
			assert_int_equal(name_prepend(label, strlen(label), n.wire, &longer), 0);
			n = longer;
		}
		make_query(n.wire, types[(dice >> 40) % ARRAY_LEN(types)], false, 1232);
		send_query(UNSIGNED);
		size_t len = reply_len;
		memcpy(before, reply, len);
		send_query(SIGNED);
		assert_int_equal(reply_len, len);
		assert_memory_equal(reply, before, len);
		/* With DO, the two paths agree, too, and all is well formed. */
		query[query_len - 4] |= 0x80;
		send_query(SIGNED);
		describe();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind_of_answer_is_signed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_do_there_are_no_signatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_keys_give_two_signatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_view_has_its_own_sets_and_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_are_chosen_only_without_signatures,
			set_up_without_cuts, tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_truncated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(additional_signatures_give_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_do_all_is_as_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_do_all_is_as_before, set_up_without_cuts, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
