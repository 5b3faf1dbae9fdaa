/* SPDX-License-Identifier: ISC */
/*
 * Owns the round trip of zones: what an export writes as a master file is read again as the same
 * zone, word by word and the quick way. The zones are random, but always the same.
 * Never reads the text of others: tests/net/test_zone_grammar.py does. Run by `make check`.
 */
#include "export/export.h"
#include "unit.h"
#include "wire/rr.h"
#include "zonefile/zonefile.h"

enum { ZONES = 10000, RDATA_CAP = 700, RECORDS_MOST = 12 };

static const uint8_t apex[] = "\1z\4home\4arpa";

#define ROW_NUMBER(text, number, ...) number,
static const uint16_t types[] = {RR_TYPES(ROW_NUMBER)};

static uint64_t random_state = 1;

static unsigned chance(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

/* Any byte, most often one with a meaning in a master file. */
static uint8_t any_byte(void)
{
	static const char signs[] = "\"\\();@$.# \t\n\r*-_0a\0\x7f\xc3";
	return chance(2) ? (uint8_t)chance(256) : (uint8_t)signs[chance(sizeof(signs))];
}

static void put_label(struct wr *w, unsigned len)
{
	wr_u8(w, (uint8_t)len);
	while (len-- > 0)
		wr_u8(w, any_byte());
}

/* A name of any bytes, in the zone or not. */
static void put_name(struct wr *w, bool is_inside)
{
	for (unsigned labels = chance(4); labels > 0; labels--)
		put_label(w, chance(8) ? 1 + chance(10) : LABEL_CAP - chance(2));
	if (is_inside)
		wr_bytes(w, apex, sizeof(apex));
	else
		wr_u8(w, 0);
}

static void put_string(struct wr *w)
{
	unsigned len = chance(10) ? chance(20) : 250 + chance(6);
	wr_u8(w, (uint8_t)len);
	while (len-- > 0)
		wr_u8(w, any_byte());
}

static void put_bytes(struct wr *w, unsigned len)
{
	while (len-- > 0)
		wr_u8(w, any_byte());
}

static void put_params(struct wr *w)
{
	static const uint8_t alpn[] = "\0\1\0\3\2h2", port[] = "\0\3\0\2\0\65",
			     other[] = "\0\11\0\1";
	if (chance(2))
		wr_bytes(w, alpn, sizeof(alpn) - 1);
	if (chance(2))
		wr_bytes(w, port, sizeof(port) - 1);
	if (chance(2)) {
		wr_bytes(w, other, sizeof(other) - 1);
		wr_u8(w, any_byte());
	}
}

static void put_field(struct wr *w, enum rr_field field)
{
	switch (field) {
	case RF_U8:
	case RF_ALGORITHM:
	case RF_SCHEME: put_bytes(w, 1); break;
	case RF_U16:
	case RF_CERT_TYPE:
	case RF_TYPE: put_bytes(w, 2); break;
	case RF_U32:
	case RF_TIME:
	case RF_V4: put_bytes(w, 4); break;
	case RF_V6:
	case RF_LOC: put_bytes(w, 16); break;
	case RF_NAME: put_name(w, chance(2)); break;
	case RF_STRING: put_string(w); break;
	case RF_STRINGS:
		for (unsigned i = 1 + chance(3); i > 0; i--)
			put_string(w);
		break;
	case RF_WORD: wr_bytes(w, "\5issue", 6); break;
	case RF_REST: put_bytes(w, chance(30)); break;
	case RF_HEX:
	case RF_BASE64:
	case RF_OTHER: put_bytes(w, 1 + chance(30)); break;
	case RF_PARAMS: put_params(w); break;
	case RF_RELAY: wr_u8(w, 0); break;
	case RF_SIG:
	case RF_END: break;
	}
}

/* A type that a zone may have anywhere; now and then an unknown one. */
static uint16_t any_type(void)
{
	for (;;) {
		uint16_t type = chance(10) ? types[chance(ARRAY_LEN(types))]
					   : (uint16_t)(1000 + chance(60000));
		if (!rr_type_is_meta(type) && !rr_type_has(type, RR_IS_SINGLE) &&
			type != RR_RRSIG && type != RR_NSEC && type != RR_SIG)
			return type;
	}
}

static void add(struct export *e, const uint8_t *owner, uint16_t type, uint32_t ttl,
	const uint8_t *rdata, size_t len)
{
	export_add(e, &(struct zone_change){.owner = owner,
			      .view = VIEW_ANY,
			      .type = type,
			      .ttl = ttl,
			      .rdata = {.bytes = rdata, .len = (uint16_t)len}});
}

static void add_random(struct export *e)
{
	uint8_t rdata[RDATA_CAP];
	struct name owner;
	struct wr name = wr_init(owner.wire, sizeof(owner.wire)), w = wr_init(rdata, sizeof(rdata));
	put_name(&name, true);
	uint16_t type = any_type();
	for (const uint8_t *f = rr_info(type)->fields; *f != RF_END; f++)
		put_field(&w, (enum rr_field) * f);
	if (w.err || name.err)
		return;
	/* One TTL per set: it follows from the type. */
	add(e, owner.wire, type, type % 7 * 1000, rdata, wr_len(&w));
}

static struct export *make_zone(void)
{
	static const uint8_t soa[] = "\1n\0\1h\0\0\0\0\7\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4";
	struct export *e = export_new();
	add(e, apex, RR_SOA, 60, soa, sizeof(soa) - 1);
	for (unsigned i = chance(RECORDS_MOST); i > 0; i--)
		add_random(e);
	return e;
}

static void write_zone(struct export *e, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(
		export_write(e, &(struct export_options){.format = EXPORT_ZONE, .apex = apex}, out),
		0);
}

/* Without a reader for rare types: none of ours is one. */
static struct zonefile *read_zone(const struct buf *text, bool has_no_plain_lines)
{
	struct zonefile *z;
	struct zonefile_error error;
	if (zonefile_parse(&z,
		    &(struct zonefile_source){.path = "z",
			    .text = buf_text(text),
			    .len = text->len,
			    .origin = apex,
			    .ttl_s = 1,
			    .has_no_plain_lines = has_no_plain_lines},
		    &error))
		fail_msg("%s\n%s", error.text, buf_text(text));
	return z;
}

static void add_zone(struct export *e, const struct zonefile *z)
{
	for (size_t i = 0; i < zonefile_count(z); i++) {
		struct zonefile_owner owner = zonefile_owner(z, i);
		for (size_t k = 0; k < owner.count; k++)
			for (unsigned n = 0; n < owner.sets[k].count; n++)
				add(e, owner.name, owner.sets[k].type, owner.sets[k].ttl,
					owner.sets[k].rdata[n].bytes, owner.sets[k].rdata[n].len);
	}
}

static void assert_reads_again(const struct buf *text, bool has_no_plain_lines)
{
	struct zonefile *z = read_zone(text, has_no_plain_lines);
	struct export *again = export_new();
	struct buf second = {0};
	add_zone(again, z);
	write_zone(again, &second);
	assert_string_equal(buf_text(&second), buf_text(text));
	buf_fini(&second);
	export_free(again);
	zonefile_free(z);
}

static void what_an_export_writes_is_read_as_the_same_zone(void **state)
{
	struct buf text = {0};
	(void)state;
	for (unsigned i = 0; i < ZONES; i++) {
		struct export *e = make_zone();
		write_zone(e, &text);
		assert_reads_again(&text, false);
		assert_reads_again(&text, true);
		export_free(e);
	}
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_export_writes_is_read_as_the_same_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
