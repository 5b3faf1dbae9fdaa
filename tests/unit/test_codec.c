/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of our message codec with ldns: we read what ldns writes as ldns does, and
 * ldns reads what we write as we do. The messages have records of every type; they are random, but
 * always the same.
 * Never looks at hostile bytes: the fuzz target fuzz_msg does. Run by `make check`.
 */
#include <ldns/ldns.h>

#include "base/hash.h"
#include "unit.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum { ROUNDS = 3000, RECORDS_MAX = 12, RDATA_MAX = 70000 };

static const char *const records[] = {
	"example. 60 IN SOA ns.example. hostmaster.example. 1 2 3 4 5",
	"example. 60 IN NS ns.example.",
	"example. 4294967295 IN MX 10 mail.example.",
	"a.example. 0 IN A 192.0.2.1",
	"b.a.example. 60 IN AAAA 2001:db8::1",
	"c.b.a.example. 60 IN CNAME d.b.a.example.",
	"*.example. 60 IN TXT \"one\" \"\" \"three\"",
	"_x._tcp.example. 60 IN SRV 1 2 3 a.example.",
	"_y._tcp.EXAMPLE. 60 IN SRV 1 2 3 A.Example.",
	"1.2.0.192.in-addr.arpa. 60 IN PTR b.a.example.",
	"old.example. 60 IN DNAME new.a.example.",
	"a.example. 60 IN HINFO \"x\" \"y\"",
	"a.example. 60 IN MINFO a.example. b.a.example.",
	"a.example. 60 IN MB a.example.",
	"a.example. 60 IN MG b.a.example.",
	"a.example. 60 IN MR a.example.",
	"a.example. 60 IN MD a.example.",
	"a.example. 60 IN MF a.example.",
	"a.example. 60 IN RP a.example. b.a.example.",
	"a.example. 60 IN AFSDB 1 a.example.",
	"a.example. 60 IN RT 1 a.example.",
	"a.example. 60 IN KX 1 a.example.",
	"a.example. 60 IN PX 1 a.example. b.a.example.",
	"a.example. 60 IN NAPTR 1 2 \"s\" \"x\" \"\" a.example.",
	"a.example. 60 IN DS 1 8 2 00ff",
	"a.example. 60 IN SSHFP 1 1 00ff",
	"a.example. 60 IN TLSA 3 1 1 00ff",
	"a.example. 60 IN CAA 0 issue \"ca.example\"",
	"a.example. 60 IN HTTPS 1 b.a.example. alpn=h2 port=8443",
	"a.example. 60 IN HTTPS 1 . alpn=h2 port=8443",
	"a.example. 60 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
	"a.example. 60 IN TYPE65280 \\# 5 c00cc00c00",
	"a.example. 60 IN TYPE65280 \\# 0",
	"a.example. 60 CH TXT \"chaos\"",
	"a\\.b\\000\\255.example. 60 IN A 192.0.2.2",
	". 60 IN NS a.example.",
	("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example. 60 IN A "
	 "192.0.2.3"),
};

static uint64_t state_of_chance;

static unsigned chance(unsigned below)
{
	state_of_chance = hash_mix(state_of_chance + 1, 0x9e3779b97f4a7c15);
	return (unsigned)(state_of_chance >> 32) % below;
}

static ldns_rr *any_record(void)
{
	ldns_rr *rr = NULL;
	const char *text = records[chance(ARRAY_LEN(records))];
	assert_int_equal(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL), LDNS_STATUS_OK);
	return rr;
}

static ldns_pkt *any_packet(void)
{
	static const ldns_pkt_section sections[] = {
		LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY, LDNS_SECTION_ADDITIONAL};
	ldns_pkt *pkt = ldns_pkt_new();
	ldns_rr *question = any_record();
	ldns_pkt_set_id(pkt, (uint16_t)chance(65536));
	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_set_aa(pkt, chance(2));
	ldns_pkt_set_rcode(pkt, (uint8_t)chance(16));
	ldns_rr_set_question(question, true);
	ldns_rr_set_ttl(question, 0);
	while (ldns_rr_rd_count(question) > 0)
		ldns_rdf_deep_free(ldns_rr_pop_rdf(question));
	ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, question);
	for (unsigned i = chance(RECORDS_MAX); i > 0; i--)
		ldns_pkt_push_rr(pkt, sections[chance(ARRAY_LEN(sections))], any_record());
	return pkt;
}

/* The rdata of ldns' record, in one piece. */
static size_t rdata_of(const ldns_rr *rr, uint8_t *out)
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		memcpy(out + len, ldns_rdf_data(field), ldns_rdf_size(field));
		len += ldns_rdf_size(field);
	}
	return len;
}

/* A compressed name has the case of the name it points to. */
static void assert_same_but_for_case(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(byte_lower(a[i]), byte_lower(b[i]));
}

static void assert_same_name(const uint8_t *ours, const ldns_rdf *theirs)
{
	assert_int_equal(name_len(ours), ldns_rdf_size(theirs));
	assert_same_but_for_case(ours, ldns_rdf_data(theirs), ldns_rdf_size(theirs));
}

/* Reads the next record and adds it to `p`. */
static void take_record(
	struct rd *r, const ldns_rr *theirs, enum msg_section section, struct pack *p)
{
	static uint8_t rdata[RDATA_MAX], expected[RDATA_MAX];
	struct rr rr;
	struct wr w = wr_init(rdata, sizeof(rdata));
	rd_rr(r, &rr);
	assert_int_equal(r->err, 0);
	assert_int_equal(rr_rdata_expand(r, &rr, &w), 0);
	size_t len = rdata_of(theirs, expected);
	assert_same_name(rr.owner.wire, ldns_rr_owner(theirs));
	assert_int_equal(rr.type, ldns_rr_get_type(theirs));
	assert_int_equal(rr.class, ldns_rr_get_class(theirs));
	assert_int_equal(rr.ttl, ldns_rr_ttl(theirs));
	assert_int_equal(wr_len(&w), len);
	assert_same_but_for_case(rdata, expected, len);
	assert_true(rdata_is_valid(rr.type, rdata, len));
	const struct pack_rr out = {.owner = rr.owner.wire,
		.type = rr.type,
		.class = rr.class,
		.ttl = rr.ttl,
		.rdata = rdata,
		.rdata_len = (uint16_t)len};
	assert_int_equal(pack_rr(p, section, &out), 0);
}

/* Reads what ldns has written, and writes it to `p`. */
static void take_packet(const uint8_t *wire, size_t len, const ldns_pkt *pkt, struct pack *p)
{
	const ldns_rr_list *lists[] = {
		ldns_pkt_answer(pkt), ldns_pkt_authority(pkt), ldns_pkt_additional(pkt)};
	struct rd r = rd_init(wire, len);
	struct msg_header header;
	struct question q;
	rd_header(&r, &header);
	assert_int_equal(header.id, ldns_pkt_id(pkt));
	assert_int_equal(msg_rcode(&header), ldns_pkt_get_rcode(pkt));
	assert_int_equal(header.qdcount, 1);
	pack_init(p, p->start, MSG_CAP, header.id, header.flags);
	rd_question(&r, &q);
	assert_same_name(q.name.wire, ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0)));
	assert_int_equal(pack_question(p, q.name.wire, q.type, q.class), 0);
	for (int s = 0; s < SECTION_COUNT; s++) {
		assert_int_equal(header.count[s], ldns_rr_list_rr_count(lists[s]));
		for (unsigned i = 0; i < header.count[s]; i++)
			take_record(&r, ldns_rr_list_rr(lists[s], i), (enum msg_section)s, p);
	}
	assert_int_equal(rd_left(&r), 0);
}

static void assert_same_list(const ldns_rr_list *a, const ldns_rr_list *b)
{
	assert_int_equal(ldns_rr_list_rr_count(a), ldns_rr_list_rr_count(b));
	for (size_t i = 0; i < ldns_rr_list_rr_count(a); i++) {
		ldns_rr *x = ldns_rr_clone(ldns_rr_list_rr(a, i)),
			*y = ldns_rr_clone(ldns_rr_list_rr(b, i));
		ldns_rr2canonical(x);
		ldns_rr2canonical(y);
		assert_int_equal(ldns_rr_compare(x, y), 0);
		if (!ldns_rr_is_question(x))
			assert_int_equal(ldns_rr_ttl(x), ldns_rr_ttl(y));
		ldns_rr_free(x);
		ldns_rr_free(y);
	}
}

static void messages_mean_to_ldns_what_they_mean_to_us(void **state)
{
	static uint8_t bytes[MSG_CAP];
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct pack p = {.start = bytes};
		uint8_t *wire = NULL;
		size_t len = 0;
		ldns_pkt *pkt = any_packet(), *again = NULL;
		assert_int_equal(ldns_pkt2wire(&wire, pkt, &len), LDNS_STATUS_OK);
		take_packet(wire, len, pkt, &p);
		assert_int_equal(ldns_wire2pkt(&again, bytes, p.len), LDNS_STATUS_OK);
		assert_int_equal(ldns_pkt_aa(pkt), ldns_pkt_aa(again));
		assert_same_list(ldns_pkt_question(pkt), ldns_pkt_question(again));
		assert_same_list(ldns_pkt_answer(pkt), ldns_pkt_answer(again));
		assert_same_list(ldns_pkt_authority(pkt), ldns_pkt_authority(again));
		assert_same_list(ldns_pkt_additional(pkt), ldns_pkt_additional(again));
		/* Ours is not longer: we compress everything that may be compressed. */
		assert_true(p.len <= len);
		free(wire);
		ldns_pkt_free(pkt);
		ldns_pkt_free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_mean_to_ldns_what_they_mean_to_us),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
