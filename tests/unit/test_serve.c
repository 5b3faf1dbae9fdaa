/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the answer path: which query gets which reply, byte limits, hostile bytes.
 * Run by `make check`.
 */
#include "serve/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "serve/fastpath.h"
#include "unit.h"
#include "wire/pack.h"
#include "zone_rig.h"

static struct zone *zone;
static struct view_slot views;
static struct serve_ctx ctx;
static struct serve_client client;

static uint8_t query[MSG_CAP];
static size_t query_len;
static uint8_t reply[MSG_CAP];
static size_t reply_len;
static char text[1 << 18]; /* of the last reply */

static int set_up(void **state)
{
	(void)state;
	zone = zone_new(99, (struct zone_listener){NULL, NULL});
	rig_apex(zone, "example.");
	rig_apex(zone, "2.0.192.in-addr.arpa.");
	rig_put(zone, ZONE_STATIC, "www.example.", "60 A 192.0.2.1 192.0.2.2",
		"60 AAAA 2001:db8::1", NULL);
	rig_put(zone, ZONE_STATIC, "ns.example.", "60 A 192.0.2.53", NULL);
	rig_put(zone, ZONE_DERIVED, "view.example.", "60 A @lan 10.0.0.1", "60 A @wan 192.0.2.3",
		NULL);
	rig_put(zone, ZONE_DERIVED, "inside.example.", "60 A @lan 10.0.0.1", NULL);
	rig_put(zone, ZONE_DERIVED, "h.lan.example.", "60 A 10.0.0.1", NULL);
	rig_put(zone, ZONE_STATIC, "alias.example.", "50 CNAME www.example.", NULL);
	rig_put(zone, ZONE_STATIC, "chain.example.", "50 CNAME Alias.example.", NULL);
	rig_put(zone, ZONE_STATIC, "out.example.", "50 CNAME www.elsewhere.", NULL);
	rig_put(zone, ZONE_STATIC, "dangling.example.", "50 CNAME nowhere.example.", NULL);
	rig_put(zone, ZONE_STATIC, "leaks.example.", "50 CNAME host.local.", NULL);
	rig_put(zone, ZONE_STATIC, "loop1.example.", "50 CNAME loop2.example.", NULL);
	rig_put(zone, ZONE_STATIC, "loop2.example.", "50 CNAME loop1.example.", NULL);
	rig_put(zone, ZONE_STATIC, "*.wild.example.", "60 A 192.0.2.7", NULL);
	rig_put(zone, ZONE_STATIC, "mail.example.", "60 MX #000a03777777076578616d706c6500", NULL);
	rig_put(zone, ZONE_STATIC, "text.example.", "60 TXT #0141 #03414243", "60 TYPE65280 #",
		NULL);
	rig_put(zone, ZONE_STATIC, "1.2.0.192.in-addr.arpa.", "60 PTR www.example.", NULL);
	rig_commit(zone, 7);
	struct view_table *table = view_table_new(NULL, 0);
	assert_non_null(table);
	assert_null(view_slot_publish(&views, table));
	memset(&ctx, 0, sizeof(ctx));
	ctx.zone = zone_reader(zone);
	ctx.views = &views;
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

static void add_text(const char *format, ...) PRINTFLIKE(1, 2);
static void add_text(const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
}

static void describe_rdata(struct rd *message, const struct rr *rr)
{
	char out[NAME_TEXT_CAP];
	uint8_t bytes[4096];
	struct wr w = wr_init(bytes, sizeof(bytes));
	assert_int_equal(rr_rdata_expand(message, rr, &w), 0);
	if (rr->type == RR_A || rr->type == RR_AAAA) {
		struct addr a = addr_make(rr->type == RR_A ? ADDR_V4 : ADDR_V6, bytes);
		add_text(" %s", addr_format(&a, out));
		return;
	}
	struct rr_layout layout = rr_layout(rr->type);
	const uint8_t *at = bytes + layout.lead;
	for (int i = 0; i < layout.names; i++, at += name_len(at))
		add_text(" %s", name_to_text(at, out));
	if (rr->type == RR_SOA)
		add_text(" %u", get_u32(at));
	if (layout.names == 0)
		for (size_t i = 0; i < wr_len(&w); i++)
			add_text("%s%02x", i ? "" : " ", bytes[i]);
}

/* Writes the reply as text: "rcode flags | answers | authority | additional". Each byte of the
 * reply must belong to some part. */
static const char *describe(void)
{
	static const struct {
		unsigned bit;
		const char *name;
	} flags[] = {{MSG_AA, "aa"}, {MSG_TC, "tc"}, {MSG_RD, "rd"}, {MSG_RA, "ra"}, {MSG_Z, "z"},
		{MSG_AD, "ad"}, {MSG_CD, "cd"}};
	struct rd r = rd_init(reply, reply_len);
	struct msg_header h;
	struct question q;
	struct edns edns = {0};
	char out[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	text[0] = '\0';
	if (reply_len == 0)
		return "dropped";
	rd_header(&r, &h);
	assert_true(h.flags & MSG_QR);
	assert_int_equal(h.id, get_u16(query));
	add_text("%u", msg_rcode(&h));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (h.flags & flags[i].bit)
			add_text(" %s", flags[i].name);
	if (h.qdcount == 0)
		add_text(" noquestion");
	for (unsigned i = 0; i < h.qdcount; i++) {
		rd_question(&r, &q);
		assert_memory_equal(query + MSG_HEADER_LEN, reply + MSG_HEADER_LEN, q.name.len + 4);
	}
	for (int s = 0; s < SECTION_COUNT; s++) {
		add_text(" |");
		for (unsigned i = 0; i < h.count[s]; i++) {
			struct rr rr;
			rd_rr(&r, &rr);
			assert_int_equal(r.err, 0);
			if (rr.type == RR_OPT) {
				edns = rr_edns(&rr);
				continue;
			}
			assert_int_equal(rr.class, CLASS_IN);
			add_text(" %s %u %s", name_to_text(rr.owner.wire, out), rr.ttl,
				rr_type_text(rr.type, type));
			describe_rdata(&r, &rr);
		}
	}
	if (edns.is_present)
		add_text(" | edns %u ext %u%s", edns.version, edns.ext_rcode,
			edns.has_do ? " do" : "");
	if (edns.is_present)
		assert_int_equal(edns.payload, EDNS_PAYLOAD);
	assert_int_equal(rd_left(&r), 0);
	return text;
}

static void make_query(const char *name, uint16_t type, uint16_t class, uint16_t flags)
{
	struct pack p;
	struct name n = rig_name(name);
	pack_init(&p, query, sizeof(query), 0x1234, flags);
	assert_int_equal(pack_question(&p, n.wire, type, class), 0);
	query_len = p.len;
}

static void add_opt_full(uint16_t payload, uint32_t ttl, const void *options, uint16_t len)
{
	struct wr w = wr_init(query, sizeof(query));
	w.at += query_len;
	wr_u8(&w, 0);
	wr_u16(&w, RR_OPT);
	wr_u16(&w, payload);
	wr_u32(&w, ttl);
	wr_u16(&w, len);
	wr_bytes(&w, options, len);
	query_len = wr_len(&w);
	put_u16(query + 10, (uint16_t)(get_u16(query + 10) + 1));
}

static void add_opt(uint16_t payload)
{
	add_opt_full(payload, 0, "", 0);
}

/* Sends the query in a block of exactly its size, so that a sanitizer detects an access beyond
 * it. */
static const char *send_query_cap(size_t cap)
{
	uint8_t *in = malloc(query_len ? query_len : 1), *out = malloc(cap);
	assert_non_null(in);
	assert_non_null(out);
	memcpy(in, query, query_len);
	reply_len = serve_answer(&ctx, &client, in, query_len, out, cap);
	assert_true(reply_len <= cap);
	memcpy(reply, out, reply_len);
	free(in);
	free(out);
	return describe();
}

static const char *send_query(void)
{
	return send_query_cap(client.is_tcp ? MSG_CAP : EDNS_PAYLOAD);
}

static const char *ask(const char *name, uint16_t type)
{
	make_query(name, type, CLASS_IN, 0);
	return send_query();
}

#define SOA "example. 30 SOA ns.example. hostmaster.example. 7"
#define REV_SOA                                                                                    \
	"2.0.192.in-addr.arpa. 30 SOA ns.2.0.192.in-addr.arpa. hostmaster.2.0.192.in-addr.arpa. 7"

static void answers_by_table(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *reply;
	} table[] = {
		{"www.example.", RR_A,
			"0 aa | www.example. 60 A 192.0.2.1 www.example. 60 A 192.0.2.2 | |"},
		{"wWw.eXample.", RR_AAAA, "0 aa | wWw.eXample. 60 AAAA 2001:db8::1 | |"},
		{"www.example.", RR_MX, "0 aa | | " SOA " |"},
		{"www.example.", 65280, "0 aa | | " SOA " |"},
		{"none.example.", RR_A, "3 aa | | " SOA " |"},
		{"a.www.example.", RR_A, "3 aa | | " SOA " |"},
		{"lan.example.", RR_A, "0 aa | | " SOA " |"},
		{"wild.example.", RR_A, "0 aa | | " SOA " |"},
		{"x.y.wild.example.", RR_A, "0 aa | x.y.wild.example. 60 A 192.0.2.7 | |"},
		{"x.wild.example.", RR_AAAA, "0 aa | | " SOA " |"},
		{"example.", RR_SOA,
			"0 aa | example. 300 SOA ns.example. hostmaster.example. 7 | |"},
		{"example.", RR_NS,
			"0 aa | example. 300 NS ns.example. | | ns.example. 60 A 192.0.2.53"},
		{"EXAMPLE.", RR_A, "0 aa | | EXAMPLE. 30 SOA ns.example. hostmaster.example. 7 |"},
		{"mail.example.", RR_MX,
			"0 aa | mail.example. 60 MX www.example. | | "
			"www.example. 60 A 192.0.2.1 www.example. 60 A 192.0.2.2 "
			"www.example. 60 AAAA 2001:db8::1"},
		{"text.example.", RR_TXT,
			"0 aa | text.example. 60 TXT 0141 text.example. 60 TXT 03414243 | |"},
		{"text.example.", 65280, "0 aa | text.example. 60 TYPE65280 | |"},
		{"1.2.0.192.in-addr.arpa.", RR_PTR,
			"0 aa | 1.2.0.192.in-addr.arpa. 60 PTR www.example. | |"},
		{"2.2.0.192.in-addr.arpa.", RR_PTR, "3 aa | | " REV_SOA " |"},
		{"alias.example.", RR_A,
			"0 aa | alias.example. 50 CNAME www.example. "
			"www.example. 60 A 192.0.2.1 www.example. 60 A 192.0.2.2 | |"},
		{"alias.example.", RR_CNAME, "0 aa | alias.example. 50 CNAME www.example. | |"},
		{"alias.example.", RR_MX,
			"0 aa | alias.example. 50 CNAME www.example. | " SOA " |"},
		{"chain.example.", RR_AAAA,
			"0 aa | chain.example. 50 CNAME Alias.example. "
			"Alias.example. 50 CNAME www.example. www.example. 60 AAAA 2001:db8::1 | "
			"|"},
		{"out.example.", RR_A, "0 aa | out.example. 50 CNAME www.elsewhere. | |"},
		{"dangling.example.", RR_A,
			"3 aa | dangling.example. 50 CNAME nowhere.example. | " SOA " |"},
		{"www.elsewhere.", RR_A, "5 | | |"},
		{".", RR_NS, "5 | | |"},
		{"in-addr.arpa.", RR_NS, "5 | | |"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_string_equal(ask(table[i].name, table[i].type), table[i].reply);
}

static void private_addresses_are_for_lan_clients_only(void **state)
{
	(void)state;
	assert_string_equal(ask("view.example.", RR_A), "0 aa | view.example. 60 A 192.0.2.3 | |");
	assert_string_equal(ask("inside.example.", RR_A), "0 aa | | " SOA " |");
	assert_int_equal(addr_parse("192.168.3.4", &client.addr), 0);
	assert_string_equal(ask("view.example.", RR_A), "0 aa | view.example. 60 A 10.0.0.1 | |");
	assert_string_equal(
		ask("inside.example.", RR_A), "0 aa | inside.example. 60 A 10.0.0.1 | |");
	/* Without a table, no client is a lan client. */
	view_table_free(view_slot_publish(&views, NULL));
	assert_string_equal(ask("view.example.", RR_A), "0 aa | view.example. 60 A 192.0.2.3 | |");
}

/* Publishes the table for clients of eth0 and of an inner bridge. */
static void publish_wires(void)
{
	struct view_rule rules[2] = {{.view = VIEW_LAN, .reason = VIEW_BY_LINK, .wire = 1},
		{.view = VIEW_LAN, .reason = VIEW_BY_LINK, .wire = 2, .is_inner = true}};
	assert_int_equal(prefix_parse("192.168.3.0/24", &rules[0].prefix), 0);
	assert_int_equal(prefix_parse("10.0.0.0/16", &rules[1].prefix), 0);
	view_table_free(view_slot_publish(&views, view_table_new(rules, 2)));
}

static void of_several_addresses_a_client_is_told_those_it_can_reach(void **state)
{
	(void)state;
	rig_put(zone, ZONE_DERIVED, "two.lan.example.", "60 A 10.0.0.1 192.168.3.1", NULL);
	rig_put(zone, ZONE_DERIVED, "*.any.example.", "60 A 10.0.0.1 192.168.3.1", NULL);
	rig_put(zone, ZONE_STATIC, "fixed.example.", "60 A 10.0.0.1 192.168.3.1", NULL);
	rig_put(zone, ZONE_STATIC, "to.example.", "50 CNAME two.lan.example.", NULL);
	rig_commit(zone, 8);
	publish_wires();
	assert_int_equal(addr_parse("192.168.3.4", &client.addr), 0);
	assert_string_equal(
		ask("two.lan.example.", RR_A), "0 aa | two.lan.example. 60 A 192.168.3.1 | |");
	assert_string_equal(
		ask("x.any.example.", RR_A), "0 aa | x.any.example. 60 A 192.168.3.1 | |");
	assert_string_equal(ask("to.example.", RR_A),
		"0 aa | to.example. 50 CNAME two.lan.example. "
		"two.lan.example. 60 A 192.168.3.1 | |");
	assert_int_equal(addr_parse("10.0.5.5", &client.addr), 0);
	assert_string_equal(
		ask("two.lan.example.", RR_A), "0 aa | two.lan.example. 60 A 10.0.0.1 | |");
	assert_int_equal(addr_parse("172.16.0.1", &client.addr), 0);
	assert_string_equal(
		ask("two.lan.example.", RR_A), "0 aa | two.lan.example. 60 A 192.168.3.1 | |");
	/* Records written by an administrator are not filtered. */
	assert_string_equal(ask("fixed.example.", RR_A),
		"0 aa | fixed.example. 60 A 10.0.0.1 fixed.example. 60 A 192.168.3.1 | |");
	/* A single address is always in the answer. */
	assert_string_equal(ask("h.lan.example.", RR_A), "0 aa | h.lan.example. 60 A 10.0.0.1 | |");
}

static void alias_loops_end_where_they_began(void **state)
{
	(void)state;
	rig_put(zone, ZONE_STATIC, "self.example.", "50 CNAME SELF.example.", NULL);
	rig_put(zone, ZONE_STATIC, "*.star.example.", "50 CNAME x.star.example.", NULL);
	assert_string_equal(ask("loop1.example.", RR_A),
		"0 aa | loop1.example. 50 CNAME loop2.example. "
		"loop2.example. 50 CNAME loop1.example. | |");
	assert_string_equal(
		ask("self.example.", RR_A), "0 aa | self.example. 50 CNAME SELF.example. | |");
	assert_string_equal(ask("a.star.example.", RR_A),
		"0 aa | a.star.example. 50 CNAME x.star.example. "
		"x.star.example. 50 CNAME x.star.example. | |");
}

static void long_chains_end(void **state)
{
	(void)state;
	rig_put(zone, ZONE_STATIC, "grow.example.", "50 DNAME a.grow.example.", NULL);
	client.is_tcp = true;
	const char *answer = ask("x.grow.example.", RR_A);
	unsigned records = 0;
	for (const char *p = answer; (p = strstr(p, "CNAME")); p++)
		records++;
	assert_int_equal(records, 16);
	/* The DNAME occurs once. */
	const char *dname = strstr(answer, "DNAME");
	assert_non_null(dname);
	assert_null(strstr(dname + 1, "DNAME"));
}

static void rfc6762_s22_1_local_is_never_answered(void **state)
{
	(void)state;
	assert_string_equal(ask("local.", RR_SOA), "5 | | |");
	assert_string_equal(ask("host.LOCAL.", RR_A), "5 | | |");
	rig_apex(zone, "local.");
	rig_put(zone, ZONE_STATIC, "host.local.", "60 A 192.0.2.9", NULL);
	rig_commit(zone, 8);
	assert_string_equal(ask("local.", RR_SOA), "5 | | |");
	assert_string_equal(ask("host.local.", RR_A), "5 | | |");
	assert_string_equal(
		ask("leaks.example.", RR_A), "0 aa | leaks.example. 50 CNAME host.local. | |");
	rig_apex(zone, "notlocal.");
	assert_memory_equal(ask("notlocal.", RR_A), "0 aa", 4);
	/* One label whose last bytes look like "local". */
	rig_apex(zone, ".");
	assert_memory_equal(ask("x\\005local.", RR_A), "3 aa", 4);
}

static void rfc6672_dname_is_followed_with_a_made_cname(void **state)
{
	(void)state;
	rig_put(zone, ZONE_STATIC, "old.example.", "40 DNAME example.", NULL);
	assert_string_equal(ask("www.Old.example.", RR_AAAA),
		"0 aa | Old.example. 40 DNAME example. "
		"www.Old.example. 40 CNAME www.example. www.example. 60 AAAA 2001:db8::1 | |");
	assert_string_equal(ask("old.example.", RR_A), "0 aa | | " SOA " |");
	/* A query for CNAME does not follow it. */
	assert_string_equal(ask("no.old.example.", RR_CNAME),
		"0 aa | old.example. 40 DNAME example. "
		"no.old.example. 40 CNAME no.example. | |");
	rig_put(zone, ZONE_STATIC, "old.example.",
		"40 DNAME "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.",
		NULL);
	assert_memory_equal(ask("toolong.old.example.", RR_A), "6 aa | old.example. 40 DNAME", 28);
	rig_put(zone, ZONE_STATIC, "old.example.", "40 DNAME old.example.", NULL);
	assert_string_equal(ask("x.old.example.", RR_A),
		"0 aa | old.example. 40 DNAME old.example. "
		"x.old.example. 40 CNAME x.old.example. | |");
}

static void referral_has_glue_and_no_aa(void **state)
{
	(void)state;
	rig_put(zone, ZONE_STATIC, "sub.example.", "60 NS ns.sub.example. ns.elsewhere.", NULL);
	rig_put(zone, ZONE_STATIC, "ns.sub.example.", "60 A 192.0.2.77", NULL);
	rig_put(zone, ZONE_STATIC, "to.example.", "60 CNAME x.sub.example.", NULL);
	assert_string_equal(ask("a.b.sub.example.", RR_A),
		"0 | | sub.example. 60 NS ns.sub.example. "
		"sub.example. 60 NS ns.elsewhere. | ns.sub.example. 60 A 192.0.2.77");
	assert_string_equal(ask("sub.example.", RR_DS), "0 aa | | " SOA " |");
	assert_string_equal(ask("to.example.", RR_A),
		"0 aa | to.example. 60 CNAME x.sub.example. | "
		"sub.example. 60 NS ns.sub.example. sub.example. 60 NS ns.elsewhere. | "
		"ns.sub.example. 60 A 192.0.2.77");
	/* Glue is not an answer. */
	assert_memory_equal(ask("ns.sub.example.", RR_A), "0 | | sub.example.", 18);
}

static void rfc8482_any_gets_one_set(void **state)
{
	(void)state;
	assert_string_equal(ask("www.example.", RR_ANY),
		"0 aa | www.example. 60 A 192.0.2.1 www.example. 60 A 192.0.2.2 | |");
	assert_string_equal(
		ask("alias.example.", RR_ANY), "0 aa | alias.example. 50 CNAME www.example. | |");
	assert_string_equal(ask("lan.example.", RR_ANY), "0 aa | | " SOA " |");
	assert_string_equal(ask("inside.example.", RR_ANY), "0 aa | | " SOA " |");
	assert_string_equal(ask("none.example.", RR_ANY), "3 aa | | " SOA " |");
}

static void transfers_and_meta_types_are_refused(void **state)
{
	(void)state;
	assert_string_equal(ask("example.", RR_AXFR), "5 | | |");
	assert_string_equal(ask("example.", RR_IXFR), "5 | | |");
	assert_string_equal(ask("elsewhere.", RR_AXFR), "9 | | |");
	assert_string_equal(ask("example.", RR_OPT), "1 | | |");
	assert_string_equal(ask("example.", RR_TSIG), "1 | | |");
	assert_string_equal(ask("example.", RR_MAILB), "4 | | |");
	assert_string_equal(ask("example.", 200), "0 aa | | " SOA " |");
}

static void other_classes_are_refused(void **state)
{
	static const uint16_t classes[] = {0, CLASS_CH, CLASS_NONE, 0x8001};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		make_query("www.example.", RR_A, classes[i], 0);
		assert_string_equal(send_query(), "5 | | |");
	}
}

static void class_any_is_answered_without_authority(void **state)
{
	(void)state;
	make_query("mail.example.", RR_MX, CLASS_ANY, 0);
	assert_string_equal(send_query(), "0 | mail.example. 60 MX www.example. | | "
					  "www.example. 60 A 192.0.2.1 www.example. 60 A 192.0.2.2 "
					  "www.example. 60 AAAA 2001:db8::1");
	make_query("none.example.", RR_MX, CLASS_ANY, 0);
	assert_string_equal(send_query(), "3 | | " SOA " |");
	make_query("none.elsewhere.", RR_MX, CLASS_ANY, 0);
	assert_string_equal(send_query(), "5 | | |");
}

static void rfc8906_header_bits(void **state)
{
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN,
		MSG_RD | MSG_AD | MSG_CD | MSG_Z | MSG_RA | MSG_AA | MSG_TC);
	assert_string_equal(send_query(), "0 aa rd | ns.example. 60 A 192.0.2.53 | |");
	for (unsigned opcode = 1; opcode < 16; opcode++) {
		make_query("ns.example.", RR_A, CLASS_IN, (uint16_t)(opcode << 11));
		assert_string_equal(send_query(), "4 | | |");
		assert_int_equal(get_u16(reply + 2) >> 11 & 15, opcode);
		query_len = MSG_HEADER_LEN;
		assert_string_equal(send_query(), "4 noquestion | | |");
		memset(query + 4, 0xff, 8);
		assert_string_equal(send_query(), "4 noquestion | | |");
	}
}

static void rfc8906_edns(void **state)
{
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt(4096);
	assert_string_equal(send_query(), "0 aa | ns.example. 60 A 192.0.2.53 | | | edns 0 ext 0");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt_full(4096, 0x00008000, "", 0);
	assert_string_equal(
		send_query(), "0 aa | ns.example. 60 A 192.0.2.53 | | | edns 0 ext 0 do");
	/* Unknown flags are not echoed, unknown options are ignored, higher versions are
	 * refused. */
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt_full(4096, 0x00004001, "\0\144\0\2xy\0\145\0\0", 10);
	assert_string_equal(send_query(), "0 aa | ns.example. 60 A 192.0.2.53 | | | edns 0 ext 0");
	assert_int_equal(get_u16(reply + reply_len - 4), 0);
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt_full(4096, 0x00010000, "", 0);
	assert_string_equal(send_query(), "0 | | | | edns 0 ext 1");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt_full(4096, 0x00ff8000, "\0\144\0\0", 4);
	assert_string_equal(send_query(), "0 | | | | edns 0 ext 1 do");
}

static void broken_edns_is_formerr(void **state)
{
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt(4096);
	add_opt(4096);
	assert_string_equal(send_query(), "1 | | | | edns 0 ext 0");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt_full(4096, 0, "\0\144\0\5xy", 6);
	assert_string_equal(send_query(), "1 | | | | edns 0 ext 0");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	add_opt(4096);
	query_len -= 1;
	assert_string_equal(send_query(), "1 | | |");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	put_u16(query + 10, 1);
	assert_string_equal(send_query(), "1 | | |");
}

static void other_records_behind_the_question_are_passed_over(void **state)
{
	static const uint8_t rr[] = {0xc0, 12, 0, RR_TXT, 0, 1, 0, 0, 0, 0, 0, 2, 1, 'x'};
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	memcpy(query + query_len, rr, sizeof(rr));
	query_len += sizeof(rr);
	put_u16(query + 8, 1);
	add_opt(4096);
	assert_string_equal(send_query(), "0 aa | ns.example. 60 A 192.0.2.53 | | | edns 0 ext 0");
}

static void what_must_be_dropped_is_dropped(void **state)
{
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN, MSG_QR);
	assert_string_equal(send_query(), "dropped");
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	client.port = 0;
	assert_string_equal(send_query(), "dropped");
	client.port = 1;
	for (query_len = 0; query_len < MSG_HEADER_LEN; query_len++)
		assert_string_equal(send_query(), "dropped");
	assert_int_equal(ctx.counts[SERVE_DROPPED], 2 + MSG_HEADER_LEN);
}

static void anything_but_one_question_is_formerr(void **state)
{
	(void)state;
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	size_t whole = query_len;
	for (query_len = MSG_HEADER_LEN; query_len < whole; query_len++)
		assert_string_equal(send_query(), "1 noquestion | | |");
	put_u16(query + 4, 0);
	assert_string_equal(send_query(), "1 noquestion | | |");
	put_u16(query + 4, 2);
	assert_string_equal(send_query(), "1 noquestion | | |");
	/* A pointer in the only question could at best point to itself. */
	make_query("ns.example.", RR_A, CLASS_IN, 0);
	memcpy(query + MSG_HEADER_LEN, "\300\014", 2);
	assert_string_equal(send_query(), "1 noquestion | | |");
	query[MSG_HEADER_LEN] = 0x40;
	assert_string_equal(send_query(), "1 noquestion | | |");
}

static void name_of_255_bytes_is_answered_and_of_256_is_not(void **state)
{
	(void)state;
	memset(query, 0, sizeof(query));
	put_u16(query + 4, 1);
	for (unsigned i = 0; i < 127; i++)
		memcpy(query + MSG_HEADER_LEN + 2 * i, "\1a", 2);
	memcpy(query + MSG_HEADER_LEN + 254, "\0\0\1\0\1", 5);
	query_len = MSG_HEADER_LEN + 255 + 4;
	assert_string_equal(send_query(), "5 | | |");
	memcpy(query + MSG_HEADER_LEN + 252, "\2aa\0\0\1\0\1", 8);
	query_len = MSG_HEADER_LEN + 256 + 4;
	assert_string_equal(send_query(), "1 noquestion | | |");
}

/* A zone line of `count` addresses. */
static char *address_line(unsigned count)
{
	char *line = malloc(16 + 16 * count);
	assert_non_null(line);
	strcpy(line, "60 A");
	for (unsigned i = 0; i < count; i++)
		sprintf(line + strlen(line), " 10.1.%u.%u", i / 250, i % 250);
	return line;
}

static void reply_fits_at_every_size_or_is_whole_question_with_tc(void **state)
{
	(void)state;
	for (unsigned records = 1; records < 90; records++) {
		char *line = address_line(records);
		rig_put(zone, ZONE_STATIC, "big.example.", line, NULL);
		rig_commit(zone, 0);
		free(line);
		size_t full = MSG_HEADER_LEN + 13 + 4 + 16 * records;
		for (unsigned payload = 0; payload <= 1300; payload += payload < 500 ? 100 : 1) {
			make_query("big.example.", RR_A, CLASS_IN, 0);
			add_opt((uint16_t)payload);
			size_t limit = payload < 512 ? 512 : payload > 1232 ? 1232 : payload;
			const char *answer = send_query();
			assert_true(reply_len <= limit);
			assert_int_equal(strncmp(answer, "0 aa tc", 7) == 0, full + 11 > limit);
			if (full + 11 > limit)
				assert_string_equal(answer, "0 aa tc | | | | edns 0 ext 0");
			else
				assert_int_equal(reply_len, full + 11);
		}
		make_query("big.example.", RR_A, CLASS_IN, 0);
		send_query();
		assert_int_equal(reply_len, full > 512 ? MSG_HEADER_LEN + 13 + 4 : full);
	}
}

static void smaller_buffer_than_the_limit_is_kept_to(void **state)
{
	(void)state;
	char *line = address_line(60);
	rig_put(zone, ZONE_STATIC, "big.example.", line, NULL);
	free(line);
	for (size_t cap = 0; cap <= 1232; cap += 7) {
		make_query("big.example.", RR_A, CLASS_IN, 0);
		add_opt(1232);
		const char *answer = send_query_cap(cap ? cap : 1);
		if (cap < 512)
			assert_string_equal(answer, "dropped");
	}
}

static void tcp_gets_it_whole(void **state)
{
	(void)state;
	char *line = address_line(1000);
	rig_put(zone, ZONE_STATIC, "big.example.", line, NULL);
	free(line);
	client.is_tcp = true;
	make_query("big.example.", RR_A, CLASS_IN, 0);
	add_opt(512);
	send_query();
	assert_int_equal(get_u16(reply + 6), 1000);
	assert_false(get_u16(reply + 2) & MSG_TC);
	assert_int_equal(ctx.counts[SERVE_QUERIES_TCP], 1);
}

static void additional_that_does_not_fit_is_left_out_without_tc(void **state)
{
	(void)state;
	char *line = address_line(40);
	rig_put(zone, ZONE_STATIC, "big.example.", line, NULL);
	free(line);
	rig_put(zone, ZONE_STATIC, "m.example.", "60 MX #000a03626967076578616d706c6500", NULL);
	assert_string_equal(ask("m.example.", RR_MX), "0 aa | m.example. 60 MX big.example. | |");
	/* Glue is never left out (RFC 9471). */
	rig_put(zone, ZONE_STATIC, "sub.example.", "60 NS big.example.", NULL);
	assert_string_equal(ask("x.sub.example.", RR_A), "0 tc | | |");
}

static void targets_bring_their_addresses_once(void **state)
{
	(void)state;
	/* "1 ns", "2 NS", "3 x.wild", which only a wildcard matches, and "4 ns" below it, which
	 * nothing matches. */
	rig_put(zone, ZONE_STATIC, "m.example.",
		"60 MX #0001026e73076578616d706c6500 "
		"#0002024e53076578616d706c6500 #000301780477696c64076578616d706c6500 "
		"#0004016e026e73076578616d706c6500",
		NULL);
	assert_string_equal(strstr(ask("m.example.", RR_MX), " | | "),
		" | | ns.example. 60 A 192.0.2.53 "
		"x.wild.example. 60 A 192.0.2.7");
	rig_put(zone, ZONE_STATIC, "sub.example.", "60 NS x.wild.example.", NULL);
	assert_string_equal(ask("sub.example.", RR_A), "0 | | sub.example. 60 NS x.wild.example. | "
						       "x.wild.example. 60 A 192.0.2.7");
}

static void rfc9460_s4_1_targets_of_services_go_along(void **state)
{
	(void)state;
	/* "0 pool" is an alias; "1 ns" and "2 ." are services. */
	rig_put(zone, ZONE_STATIC, "svc.example.", "60 HTTPS #000004706f6f6c076578616d706c6500",
		NULL);
	rig_put(zone, ZONE_STATIC, "pool.example.", "60 A 192.0.2.8",
		"60 HTTPS #0001026e73076578616d706c6500 "
		"#000200",
		NULL);
	assert_string_equal(strstr(ask("svc.example.", RR_HTTPS), " | | "),
		" | | "
		"pool.example. 60 A 192.0.2.8 pool.example. 60 HTTPS ns.example. pool.example. 60 "
		"HTTPS .");
	/* RFC 9460 §2.5.2: "." in a service is its owner. */
	assert_string_equal(strstr(ask("pool.example.", RR_HTTPS), " | | "),
		" | | ns.example. 60 A 192.0.2.53 pool.example. 60 A 192.0.2.8");
	rig_put(zone, ZONE_STATIC, "none.example.", "60 A 192.0.2.8", "60 HTTPS #000000", NULL);
	assert_null(strstr(ask("none.example.", RR_HTTPS), "192.0.2.8"));
}

static void outcomes_are_counted(void **state)
{
	(void)state;
	uint64_t sums[SERVE_COUNT] = {0};
	ask("www.example.", RR_A);
	ask("www.example.", RR_MX);
	ask("none.example.", RR_A);
	ask("other.", RR_A);
	ask("alias.example.", RR_A);
	ask("example.", RR_AXFR);
	make_query("www.example.", RR_A, CLASS_IN, 0);
	add_opt(512);
	send_query();
	serve_add_counts(&ctx, sums);
	assert_int_equal(sums[SERVE_QUERIES_UDP], 7);
	assert_int_equal(sums[SERVE_NOERROR], 3);
	assert_int_equal(sums[SERVE_NODATA], 1);
	assert_int_equal(sums[SERVE_NXDOMAIN], 1);
	assert_int_equal(sums[SERVE_REFUSED], 2);
	assert_int_equal(sums[SERVE_EDNS], 1);
	for (int i = 0; i < SERVE_COUNT; i++)
		assert_string_not_equal(serve_count_text(i), "unknown");
}

static void random_damage_never_breaks_the_reply(void **state)
{
	(void)state;
	static const char *const names[] = {"www.example.", "chain.example.", "x.wild.example.",
		"mail.example.", "1.2.0.192.in-addr.arpa."};
	uint64_t rng = 5;
	for (int round = 0; round < 20000; round++) {
		make_query(names[round % ARRAY_LEN(names)], RR_A, CLASS_IN, 0);
		add_opt_full(1232, 0, "\0\144\0\2xy", 6);
		for (int i = 0; i < 1 + round % 4; i++) {
			rng = hash_mix(rng, (uint64_t)i + 1);
			query[rng % query_len] = (uint8_t)(rng >> 32);
		}
		rng = hash_mix(rng, 9);
		if (rng % 4 == 0)
			query_len = (rng >> 8) % (query_len + 1);
		client.is_tcp = rng % 3 == 0;
		send_query();
	}
}

static void reading_a_batch_ahead_is_safe_and_changes_no_answer(void **state)
{
	(void)state;
	enum { NAMES = 30000 };
	static struct serve_asked asked[2];
	static uint8_t ahead[EDNS_PAYLOAD], at_once[EDNS_PAYLOAD];
	char owner[64];
	for (int i = 0; i < NAMES; i++) {
		snprintf(owner, sizeof(owner), "n%d.example.", i);
		rig_put(zone, ZONE_STATIC, owner, "60 A 192.0.2.1", NULL);
	}
	rig_commit(zone, 9);
	make_query("n77.example.", RR_A, CLASS_IN, 0);
	serve_read(&ctx, query, query_len, &asked[0]);
	assert_true(asked[0].is_plain && asked[0].hash != 0);
	assert_string_equal(send_query(), "0 aa | n77.example. 60 A 192.0.2.1 | |");
	uint64_t rng = 3;
	for (int round = 0; round < 5000; round++) {
		rng = hash_mix(rng, 1 + (uint64_t)round);
		make_query(rng % 2 ? "." : "n77.example.", RR_A, CLASS_IN, 0);
		size_t len = (rng >> 8) % (query_len + 1);
		uint8_t *in = malloc(len ? len : 1);
		assert_non_null(in);
		memcpy(in, query, len);
		if (len > 0)
			in[(rng >> 16) % len] = (uint8_t)(rng >> 40);
		serve_read(&ctx, in, len, &asked[round % 2]);
		serve_read(&ctx, query, query_len, &asked[(round + 1) % 2]);
		serve_look(&ctx, asked, ARRAY_LEN(asked));
		size_t ahead_len =
			serve_reply(&ctx, &client, &asked[round % 2], ahead, sizeof(ahead));
		assert_int_equal(
			serve_any(&ctx, &client, in, len, at_once, sizeof(at_once)), ahead_len);
		assert_memory_equal(ahead, at_once, ahead_len);
		free(in);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(answers_by_table),
		CASE(private_addresses_are_for_lan_clients_only),
		CASE(of_several_addresses_a_client_is_told_those_it_can_reach),
		CASE(alias_loops_end_where_they_began),
		CASE(long_chains_end),
		CASE(rfc6762_s22_1_local_is_never_answered),
		CASE(rfc6672_dname_is_followed_with_a_made_cname),
		CASE(referral_has_glue_and_no_aa),
		CASE(rfc8482_any_gets_one_set),
		CASE(transfers_and_meta_types_are_refused),
		CASE(other_classes_are_refused),
		CASE(class_any_is_answered_without_authority),
		CASE(targets_bring_their_addresses_once),
		CASE(rfc9460_s4_1_targets_of_services_go_along),
		CASE(rfc8906_header_bits),
		CASE(rfc8906_edns),
		CASE(broken_edns_is_formerr),
		CASE(other_records_behind_the_question_are_passed_over),
		CASE(what_must_be_dropped_is_dropped),
		CASE(anything_but_one_question_is_formerr),
		CASE(name_of_255_bytes_is_answered_and_of_256_is_not),
		CASE(reply_fits_at_every_size_or_is_whole_question_with_tc),
		CASE(smaller_buffer_than_the_limit_is_kept_to),
		CASE(tcp_gets_it_whole),
		CASE(additional_that_does_not_fit_is_left_out_without_tc),
		CASE(outcomes_are_counted),
		CASE(random_damage_never_breaks_the_reply),
		CASE(reading_a_batch_ahead_is_safe_and_changes_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
