/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the effects of EDNS options and the administrator's policy: cookies, limits,
 * NSID, identity, keepalive, client subnets, extended errors. Run by `make check`.
 */
#include "serve/answer.h"

#include <stdio.h>
#include <string.h>

#include "serve/edns_options.h"
#include "unit.h"
#include "wire/pack.h"
#include "zone_rig.h"

static struct zone *zone;
static struct view_slot views;
static struct rrl rrl;
static struct serve_policy policy;
static struct serve_ctx ctx;
static struct serve_client client;

static uint8_t query[UDP_PAYLOAD_MIN];
static size_t query_len;

/* The last reply, parsed. */
static struct {
	size_t len;
	unsigned rcode, flags, questions, answers;
	bool has_edns;
	struct rr first;          /* of the answers */
	uint8_t options[16][256]; /* by code: length, bytes */
	bool has_option[16];
	unsigned option_len[16];
	uint8_t bytes[MSG_CAP];
} reply;

static int set_up(void **state)
{
	(void)state;
	zone = zone_new(99, (struct zone_listener){NULL, NULL});
	rig_apex(zone, "example.");
	rig_put(zone, ZONE_STATIC, "www.example.", "60 A 192.0.2.1", NULL);
	rig_put(zone, ZONE_DERIVED, "view.example.", "60 A @lan 10.0.0.1", "60 A @wan 192.0.2.3",
		NULL);
	rig_commit(zone, 7);
	struct view_table *table = view_table_new(NULL, 0);
	assert_non_null(table);
	assert_null(view_slot_publish(&views, table));
	static struct cookie_keys keys = {true, 1, {{"a seed of 16 ..."}}};
	static struct cookie_slot slot;
	(void)!cookie_slot_publish(&slot, &keys);
	policy = (struct serve_policy){.cookies = SERVE_COOKIES_GIVEN, .cookie_keys = &slot};
	memset(&ctx, 0, sizeof(ctx));
	ctx.zone = zone_reader(zone);
	ctx.views = &views;
	ctx.policy = &policy;
	ctx.unix_s = 1700000000;
	ctx.now = 5 * NS_PER_S;
	client = (struct serve_client){.port = 40000};
	assert_int_equal(addr_parse("198.51.100.9", &client.addr), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	view_table_free(view_slot_publish(&views, NULL));
	zone_free(zone);
	return 0;
}

static uint64_t counted(enum serve_count which)
{
	uint64_t sums[SERVE_COUNT] = {0};
	serve_add_counts(&ctx, sums);
	return sums[which];
}

static void make_query_of(const char *name, uint16_t type, uint16_t class)
{
	struct pack p;
	struct name n = rig_name(name);
	pack_init(&p, query, sizeof(query), 0x1234, 0);
	assert_int_equal(pack_question(&p, n.wire, type, class), 0);
	query_len = p.len;
}

/* A query with one option. */
static void make_query(
	const char *name, uint16_t type, unsigned code, const void *bytes, size_t len)
{
	make_query_of(name, type, CLASS_IN);
	struct wr w = wr_init(query, sizeof(query));
	w.at += query_len;
	wr_bytes(&w, "\0\0\51\4\xd0\0\0\0\0", 9);
	wr_u16(&w, (uint16_t)(4 + len));
	wr_u16(&w, (uint16_t)code);
	wr_u16(&w, (uint16_t)len);
	wr_bytes(&w, bytes, len);
	assert_int_equal(w.err, 0);
	query_len = wr_len(&w);
	put_u16(query + 10, 1);
}

static void take_options(const struct edns *edns)
{
	struct rd r = rd_init(edns->options, edns->options_len);
	reply.has_edns = true;
	while (rd_left(&r) > 0) {
		unsigned code = rd_u16(&r), len = rd_u16(&r);
		const uint8_t *bytes = rd_bytes(&r, len);
		assert_int_equal(r.err, 0);
		assert_true(code < 16 && !reply.has_option[code] && len <= 256);
		reply.has_option[code] = true;
		reply.option_len[code] = len;
		memcpy(reply.options[code], bytes, len);
	}
}

static void take_reply(void)
{
	struct rd r = rd_init(reply.bytes, reply.len);
	struct msg_header h;
	struct question question;
	rd_header(&r, &h);
	reply.rcode = msg_rcode(&h);
	reply.flags = h.flags;
	reply.questions = h.qdcount;
	reply.answers = h.count[SECTION_ANSWER];
	if (h.qdcount)
		rd_question(&r, &question);
	for (int s = 0; s < SECTION_COUNT; s++)
		for (unsigned i = 0; i < h.count[s]; i++) {
			struct rr rr;
			rd_rr(&r, &rr);
			assert_int_equal(r.err, 0);
			if (s == SECTION_ANSWER && i == 0)
				reply.first = rr;
			if (rr.type == RR_OPT) {
				const struct edns edns = rr_edns(&rr);
				reply.rcode |= (unsigned)edns.ext_rcode << 4;
				take_options(&edns);
			}
		}
	assert_int_equal(rd_left(&r), 0);
}

/* Sends the query; false if there is no reply. */
static bool send_query(void)
{
	memset(&reply, 0, sizeof(reply));
	reply.len = serve_answer(&ctx, &client, query, query_len, reply.bytes,
		client.is_tcp ? MSG_CAP : EDNS_PAYLOAD);
	if (reply.len > 0)
		take_reply();
	return reply.len > 0;
}

/* 0: no option at all. */
static bool has_only_option(unsigned code)
{
	for (unsigned i = 1; i < ARRAY_LEN(reply.has_option); i++)
		if (reply.has_option[i] != (i == code))
			return false;
	return true;
}

/* The first address of the answer. */
static const char *answer(void)
{
	static char text[ADDR_TEXT_CAP];
	if (!send_query() || reply.answers == 0 || reply.first.type != RR_A)
		return "none";
	struct addr a = addr_make(ADDR_V4, reply.first.rdata);
	return addr_format(&a, text);
}

static void ask_with_cookie(const void *cookie, size_t len)
{
	make_query("www.example.", RR_A, OPTION_COOKIE, cookie, len);
	assert_true(send_query());
}

static void a_client_cookie_is_answered_with_one_that_is_good(void **state)
{
	(void)state;
	uint8_t cookie[COOKIE_LEN];
	ask_with_cookie("client 1", 8);
	assert_int_equal(reply.answers, 1);
	assert_true(has_only_option(OPTION_COOKIE));
	assert_int_equal(reply.option_len[OPTION_COOKIE], COOKIE_LEN);
	memcpy(cookie, reply.options[OPTION_COOKIE], COOKIE_LEN);
	assert_memory_equal(cookie, "client 1", 8);
	assert_int_equal(counted(SERVE_COOKIES), 0);
	ctx.unix_s += 1799;
	ask_with_cookie(cookie, COOKIE_LEN);
	assert_memory_equal(reply.options[OPTION_COOKIE], cookie, COOKIE_LEN);
	assert_int_equal(counted(SERVE_COOKIES), 1);
	ctx.unix_s += 1;
	ask_with_cookie(cookie, COOKIE_LEN);
	assert_memory_not_equal(reply.options[OPTION_COOKIE], cookie, COOKIE_LEN);
	assert_int_equal(counted(SERVE_COOKIES), 2);
	ctx.unix_s += 3600;
	ask_with_cookie(cookie, COOKIE_LEN);
	assert_int_equal(counted(SERVE_COOKIES), 2);
}

static void a_cookie_of_a_length_that_none_has_is_a_format_error(void **state)
{
	static const uint8_t zero[48];
	(void)state;
	for (unsigned len = 0; len < sizeof(zero); len++) {
		bool is_good = len == 8 || (len >= 16 && len <= 40);
		ask_with_cookie(zero, len);
		assert_int_equal(reply.rcode, is_good ? RCODE_NOERROR : RCODE_FORMERR);
		assert_true(reply.has_edns);
	}
}

static void without_the_policy_cookies_are_not_known(void **state)
{
	(void)state;
	policy.cookies = SERVE_COOKIES_NONE;
	ask_with_cookie("client 1", 8);
	assert_true(reply.answers == 1 && has_only_option(0));
	ctx.policy = NULL;
	ask_with_cookie("client 1", 8);
	assert_true(reply.answers == 1 && has_only_option(0));
}

static void the_strict_policy_sends_who_has_no_good_cookie_for_one(void **state)
{
	(void)state;
	uint8_t cookie[COOKIE_LEN];
	policy.cookies = SERVE_COOKIES_STRICT;
	ask_with_cookie("client 1", 8);
	assert_true(reply.rcode == RCODE_BADCOOKIE && reply.answers == 0 && reply.questions == 1);
	assert_int_equal(counted(SERVE_BADCOOKIE), 1);
	memcpy(cookie, reply.options[OPTION_COOKIE], COOKIE_LEN);
	ask_with_cookie(cookie, COOKIE_LEN);
	assert_true(reply.rcode == RCODE_NOERROR && reply.answers == 1);
	ask_with_cookie("client 1a cookie of another", 24);
	assert_int_equal(reply.rcode, RCODE_BADCOOKIE);
	client.is_tcp = true;
	ask_with_cookie("client 1", 8);
	assert_int_equal(reply.answers, 1);
	client.is_tcp = false;
	make_query_of("www.example.", RR_A, CLASS_IN);
	assert_string_equal(answer(), "192.0.2.1");
}

/* RFC 7873 §5.4 */
static void a_query_without_a_question_gets_a_cookie(void **state)
{
	(void)state;
	make_query(".", 0, OPTION_COOKIE, "client 1", 8);
	memmove(query + MSG_HEADER_LEN, query + MSG_HEADER_LEN + 5, query_len - MSG_HEADER_LEN - 5);
	query_len -= 5;
	put_u16(query + 4, 0);
	assert_true(send_query());
	assert_true(reply.rcode == RCODE_NOERROR && reply.questions == 0 && reply.answers == 0);
	assert_int_equal(reply.option_len[OPTION_COOKIE], COOKIE_LEN);
	/* Without a cookie, such a query is an error. */
	query[query_len - 11] = OPTION_NSID;
	assert_true(send_query());
	assert_int_equal(reply.rcode, RCODE_FORMERR);
}

static void limits_deny_and_invite_to_tcp(void **state)
{
	unsigned given = 0, truncated = 0, dropped = 0;
	(void)state;
	rrl_init(&rrl, 1, 10);
	ctx.rrl = &rrl;
	make_query_of("www.example.", RR_A, CLASS_IN);
	for (int i = 0; i < 50; i++) {
		if (!send_query())
			dropped++;
		else if (reply.flags & MSG_TC)
			truncated += reply.answers == 0 && reply.rcode == RCODE_NOERROR;
		else
			given += reply.answers;
	}
	assert_true(given == 10 && truncated == 20 && dropped == 20);
	assert_int_equal(counted(SERVE_LIMITED), 40);
	make_query_of("nowhere.example.", RR_A, CLASS_IN);
	assert_true(send_query() && reply.rcode == RCODE_NXDOMAIN);
}

static void a_name_that_does_not_exist_is_not_denied_by_tc(void **state)
{
	(void)state;
	rrl_init(&rrl, 1, 1);
	ctx.rrl = &rrl;
	make_query_of("nowhere.example.", RR_A, CLASS_IN);
	assert_true(send_query() && reply.rcode == RCODE_NXDOMAIN);
	assert_true(send_query() && reply.rcode == RCODE_NOERROR && reply.flags & MSG_TC);
	assert_false(send_query());
	/* Malformed queries count too, and their replies have no question. */
	put_u16(query + 4, 2);
	assert_true(send_query() && reply.rcode == RCODE_FORMERR);
	assert_true(send_query() && reply.rcode == RCODE_FORMERR && reply.len == MSG_HEADER_LEN);
	assert_false(send_query());
}

static void who_is_where_it_says_is_not_limited(void **state)
{
	(void)state;
	uint8_t cookie[COOKIE_LEN];
	rrl_init(&rrl, 1, 1);
	ctx.rrl = &rrl;
	ask_with_cookie("client 1", 8);
	memcpy(cookie, reply.options[OPTION_COOKIE], COOKIE_LEN);
	ask_with_cookie("client 1", 8);
	/* A limited client gets a cookie, so that it will not be limited again. */
	assert_true(reply.flags & MSG_TC && reply.option_len[OPTION_COOKIE] == COOKIE_LEN);
	assert_false(send_query());
	for (int i = 0; i < 100; i++) {
		ask_with_cookie(cookie, COOKIE_LEN);
		assert_int_equal(reply.answers, 1);
	}
	client.is_tcp = true;
	make_query_of("www.example.", RR_A, CLASS_IN);
	for (int i = 0; i < 100; i++)
		assert_true(send_query() && reply.answers == 1);
}

static void nsid_is_told_to_who_asks(void **state)
{
	(void)state;
	make_query("www.example.", RR_A, OPTION_NSID, "", 0);
	assert_true(send_query() && has_only_option(0));
	policy.nsid = (struct serve_text){3, "ns1"};
	assert_true(send_query() && has_only_option(OPTION_NSID));
	assert_int_equal(reply.option_len[OPTION_NSID], 3);
	assert_memory_equal(reply.options[OPTION_NSID], "ns1", 3);
	assert_int_equal(reply.answers, 1);
}

static void identity_is_told_by_id_server_and_never_a_version(void **state)
{
	static const char *const names[] = {"id.server.", "ID.Server.", "hostname.bind.",
		"version.bind.", "version.server.", "www.example."};
	(void)state;
	for (int has_identity = 0; has_identity < 2; has_identity++) {
		if (has_identity)
			policy.identity = (struct serve_text){3, "ns1"};
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			make_query_of(names[i], RR_TXT, CLASS_CH);
			assert_true(send_query());
			bool is_told = has_identity && i < 3;
			assert_int_equal(reply.rcode, is_told ? RCODE_NOERROR : RCODE_REFUSED);
			assert_int_equal(reply.answers, is_told);
		}
	}
	make_query_of("id.server.", RR_TXT, CLASS_CH);
	assert_true(send_query() && reply.flags & MSG_AA);
	assert_true(reply.first.class == CLASS_CH && reply.first.ttl == 0 &&
		    reply.first.rdata_len == 4);
	assert_memory_equal(reply.first.rdata, "\3ns1", 4);
	make_query_of("id.server.", RR_A, CLASS_CH);
	assert_true(send_query() && reply.rcode == RCODE_REFUSED);
	make_query_of("id.server.", RR_TXT, CLASS_IN);
	assert_true(send_query() && reply.rcode == RCODE_REFUSED);
}

static void keepalive_tells_how_long_over_tcp_only(void **state)
{
	(void)state;
	make_query("www.example.", RR_A, OPTION_KEEPALIVE, "", 0);
	assert_true(send_query() && has_only_option(0));
	client.is_tcp = true;
	assert_true(send_query() && has_only_option(OPTION_KEEPALIVE));
	assert_int_equal(reply.option_len[OPTION_KEEPALIVE], 2);
	assert_int_equal(get_u16(reply.options[OPTION_KEEPALIVE]), LIMIT_TCP_IDLE_S * 10);
	ctx.is_short_of_conns = true;
	assert_true(send_query() && has_only_option(OPTION_KEEPALIVE));
	assert_int_equal(get_u16(reply.options[OPTION_KEEPALIVE]), 0);
	make_query_of("www.example.", RR_A, CLASS_IN);
	assert_true(send_query() && !reply.has_edns);
}

static void extended_errors_say_why(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		unsigned rcode, why;
	} rows[] = {
		{"www.elsewhere.", RR_A, RCODE_REFUSED, EXTENDED_NOT_AUTHORITATIVE},
		{"elsewhere.", RR_AXFR, RCODE_NOTAUTH, EXTENDED_NOT_AUTHORITATIVE},
		{"www.local.", RR_A, RCODE_REFUSED, EXTENDED_NOT_AUTHORITATIVE},
		{"example.", RR_AXFR, RCODE_REFUSED, EXTENDED_PROHIBITED},
		{"example.", RR_IXFR, RCODE_REFUSED, EXTENDED_PROHIBITED},
		{"nowhere.example.", RR_A, RCODE_NXDOMAIN, EXTENDED_NONE},
		{"www.example.", RR_A, RCODE_NOERROR, EXTENDED_NONE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make_query(rows[i].name, rows[i].type, 65001, "", 0);
		assert_true(send_query());
		assert_int_equal(reply.rcode, rows[i].rcode);
		assert_true(has_only_option(rows[i].why ? OPTION_ERROR : 0));
		assert_int_equal(get_u16(reply.options[OPTION_ERROR]), rows[i].why);
		make_query_of(rows[i].name, rows[i].type, CLASS_IN);
		assert_true(send_query() && !reply.has_edns);
	}
}

static const char *answer_for_subnet(const void *bytes, size_t len)
{
	make_query("view.example.", RR_A, OPTION_SUBNET, bytes, len);
	return answer();
}

static void a_subnet_counts_only_from_a_resolver_that_is_trusted(void **state)
{
	struct prefix trusted;
	(void)state;
	assert_int_equal(prefix_parse("198.51.100.0/24", &trusted), 0);
	assert_string_equal(answer_for_subnet("\0\1\10\0\12", 5), "192.0.2.3");
	assert_true(has_only_option(0));
	policy.trusted = &trusted;
	policy.trusted_count = 1;
	assert_string_equal(answer_for_subnet("\0\1\10\0\12", 5), "10.0.0.1");
	assert_true(has_only_option(OPTION_SUBNET));
	assert_int_equal(reply.option_len[OPTION_SUBNET], 5);
	assert_memory_equal(reply.options[OPTION_SUBNET], "\0\1\10\10\12", 5);
	assert_string_equal(answer_for_subnet("\0\1\30\0\12\1\2", 7), "10.0.0.1");
	assert_string_equal(answer_for_subnet("\0\1\30\0\13\1\2", 7), "192.0.2.3");
	assert_string_equal(answer_for_subnet("\0\2\10\0\xfd", 5), "10.0.0.1");
	/* Only half of 10.0.0.0/7 is on the LAN. */
	assert_string_equal(answer_for_subnet("\0\1\7\0\12", 5), "192.0.2.3");
	/* A client that hides its subnet counts as being at its resolver. */
	assert_string_equal(answer_for_subnet("\0\1\0\0", 4), "192.0.2.3");
	assert_memory_equal(reply.options[OPTION_SUBNET], "\0\1\0\0", 4);
	assert_string_equal(answer_for_subnet("\0\0\0\0", 4), "192.0.2.3");
	assert_int_equal(addr_parse("192.0.2.9", &client.addr), 0);
	assert_string_equal(answer_for_subnet("\0\1\10\0\12", 5), "192.0.2.3");
}

static void a_malformed_subnet_is_a_format_error_from_a_trusted_resolver(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {{"", 0}, {"\0\1\0", 3}, {"\0\1\10\0", 4}, {"\0\1\10\0\12\0", 6},
		{"\0\1\10\1\12", 5}, {"\0\1\41\0\12\1\2\3\4", 9}, {"\0\1\7\0\13", 5},
		{"\0\3\10\0\12", 5}, {"\0\0\1\0\0", 5}};
	struct prefix trusted;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(answer_for_subnet(rows[i].bytes, rows[i].len), "192.0.2.3");
	assert_int_equal(prefix_parse("198.51.100.9", &trusted), 0);
	policy.trusted = &trusted;
	policy.trusted_count = 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(answer_for_subnet(rows[i].bytes, rows[i].len), "none");
		assert_int_equal(reply.rcode, RCODE_FORMERR);
	}
}

static void all_options_at_once_fit_into_the_shortest_reply(void **state)
{
	static const char label[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.";
	char name[256];
	struct prefix trusted;
	(void)state;
	snprintf(name, sizeof(name), "%s%s%s%.61s.", label, label, label, label);
	assert_int_equal(prefix_parse("198.51.100.9", &trusted), 0);
	policy.trusted = &trusted;
	policy.trusted_count = 1;
	policy.nsid.len = LIMIT_IDENTITY;
	make_query(name, RR_A, OPTION_COOKIE, "client 1", 8);
	put_u16(query + query_len - 20, 512);
	struct wr w = wr_init(query, sizeof(query));
	w.at += query_len;
	wr_bytes(&w, "\0\3\0\0\0\13\0\0\0\10\0\24\0\2\x80\0", 16);
	wr_bytes(&w, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(w.err, 0);
	put_u16(query + query_len - 14, (uint16_t)(12 + 32));
	query_len = wr_len(&w);
	assert_true(send_query());
	assert_true(reply.rcode == RCODE_REFUSED && reply.len <= UDP_PAYLOAD_MIN);
	assert_true(reply.has_option[OPTION_NSID] && reply.has_option[OPTION_COOKIE] &&
		    reply.has_option[OPTION_SUBNET] && reply.has_option[OPTION_ERROR]);
	client.is_tcp = true;
	assert_true(send_query() && reply.has_option[OPTION_KEEPALIVE]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		CASE(a_client_cookie_is_answered_with_one_that_is_good),
		CASE(a_cookie_of_a_length_that_none_has_is_a_format_error),
		CASE(without_the_policy_cookies_are_not_known),
		CASE(the_strict_policy_sends_who_has_no_good_cookie_for_one),
		CASE(a_query_without_a_question_gets_a_cookie),
		CASE(limits_deny_and_invite_to_tcp),
		CASE(a_name_that_does_not_exist_is_not_denied_by_tc),
		CASE(who_is_where_it_says_is_not_limited),
		CASE(nsid_is_told_to_who_asks),
		CASE(identity_is_told_by_id_server_and_never_a_version),
		CASE(keepalive_tells_how_long_over_tcp_only),
		CASE(extended_errors_say_why),
		CASE(a_subnet_counts_only_from_a_resolver_that_is_trusted),
		CASE(a_malformed_subnet_is_a_format_error_from_a_trusted_resolver),
		CASE(all_options_at_once_fit_into_the_shortest_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
