/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the table of record types: each row is compared with ldns' knowledge of the
 * type.
 * Never looks at types that are not in the table. Run by `make check`.
 */
#include <ldns/ldns.h>

#include "base/err.h"
#include "export/text.h"
#include "unit.h"
#include "wire/rr.h"
#include "zonefile/plain.h"
#include "zonefile/zonefile.h"

enum { LINE_CAP = 400, RDATA_CAP = 400 };

#define ROW_NUMBER(text, number, ...) number,
static const uint16_t types[] = {RR_TYPES(ROW_NUMBER)};

static const char *const samples[] = {
	[RF_U8] = "7",
	[RF_U16] = "300",
	[RF_U32] = "70000",
	[RF_V4] = "192.0.2.1",
	[RF_V6] = "2001:db8::1",
	[RF_NAME] = "b.example.",
	[RF_STRING] = "\"ab\"",
	[RF_STRINGS] = "\"one\" \"two three\"",
	[RF_WORD] = "issue",
	[RF_REST] = "\"ca.example\"",
	[RF_HEX] = "00ff0102",
	[RF_TIME] = "90000",
	[RF_ALGORITHM] = "8",
	[RF_CERT_TYPE] = "3",
	[RF_SCHEME] = "1",
	[RF_TYPE] = "CDS",
	[RF_BASE64] = "AAECAw==",
	[RF_LOC] = "52 22 23.5 N 4 53 32 W -2.1m 0m 100m 12.34m",
	[RF_PARAMS] = "alpn=\"h2,h3\" port=8443",
};

/* Types that ldns does not know yet. */
static bool is_new(uint16_t type)
{
	return type == RR_NINFO || type == RR_AVC || type == RR_DSYNC || type == RR_AMTRELAY ||
	       type == RR_RESINFO || type == RR_WALLET;
}

/* True if there is sample text for all fields of the type. */
static bool has_samples(uint16_t type)
{
	const uint8_t *field = rr_info(type)->fields;
	while (*field < ARRAY_LEN(samples) && samples[*field])
		field++;
	return *field == RF_END && field != rr_info(type)->fields;
}

/* Makes a line of a master file. `last` replaces the sample of field number `which`. */
static void make_line(uint16_t type, int which, const char *last, char line[LINE_CAP])
{
	int len = snprintf(line, LINE_CAP, "a.example. 60 IN %s", rr_info(type)->text);
	const uint8_t *fields = rr_info(type)->fields;
	for (int i = 0; fields[i] != RF_END; i++)
		len += snprintf(line + len, (size_t)(LINE_CAP - len), " %s",
			i == which ? last : samples[fields[i]]);
	snprintf(line + len, (size_t)(LINE_CAP - len), "\n");
}

static ldns_rr *read_by_ldns(const char *line)
{
	ldns_rr *rr = NULL;
	char text[LINE_CAP];
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
	ldns_status status = ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL);
	if (status != LDNS_STATUS_OK)
		fail_msg("%s: %s", line, ldns_get_errorstr_by_id(status));
	return rr;
}

static size_t rdata_of(const ldns_rr *rr, uint8_t out[RDATA_CAP])
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		memcpy(out + len, ldns_rdf_data(field), ldns_rdf_size(field));
		len += ldns_rdf_size(field);
	}
	return len;
}

static void mnemonics_are_those_of_ldns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char text[RR_TYPE_TEXT_CAP], lower[RR_TYPE_TEXT_CAP] = "";
		rr_type_text(types[i], text);
		assert_string_equal(text, rr_info(types[i])->text);
		assert_true(is_new(types[i]) || ldns_get_rr_type_by_name(text) == types[i]);
		for (size_t c = 0; text[c]; c++)
			lower[c] = (char)byte_lower((uint8_t)text[c]);
		assert_int_equal(rr_type_from_text(text, strlen(text)), types[i]);
		assert_int_equal(rr_type_from_text(lower, strlen(lower)), types[i]);
		assert_int_equal(rr_type_from_text(text, strlen(text) - 1) == types[i], false);
	}
}

static void fields_and_traits_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct rr_info *info = rr_info(types[i]);
		struct rr_layout layout = rr_layout(types[i]);
		assert_int_equal(info->fields[RR_FIELDS_CAP - 1], RF_END);
		assert_true(i == 0 || types[i - 1] < types[i]);
		if (info->traits & (RR_HAS_TARGET | RR_HAS_ADDRS))
			assert_int_equal(layout.names, 1);
		if (info->traits & RR_HAS_ADDRS)
			assert_true(info->traits & RR_HAS_TARGET);
		if (info->traits & (RR_MAY_COMPRESS | RR_MAY_COMPRESS_MDNS))
			assert_true(layout.names > 0);
		if (info->traits & (RR_IS_PLAIN | RR_HAS_TEXT))
			assert_true(has_samples(types[i]));
		if (rr_type_is_meta(types[i]))
			assert_int_equal(info->traits, 0);
	}
}

/* The known positions of names, and what precedes them, agree with ldns' description of the
 * type. */
static void names_are_where_ldns_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const ldns_rr_descriptor *known = ldns_rr_descript(types[i]);
		struct rr_layout layout = rr_layout(types[i]);
		unsigned names = 0;
		for (size_t f = 0; f < ldns_rr_descriptor_minimum(known); f++)
			names += ldns_rr_descriptor_field_type(known, f) == LDNS_RDF_TYPE_DNAME;
		if (has_samples(types[i]) && !is_new(types[i]) && types[i] != RR_NAPTR)
			assert_int_equal(layout.names, names);
		if (rr_type_has(types[i], RR_MAY_COMPRESS))
			assert_int_equal(known->_compress, LDNS_RR_COMPRESS);
	}
}

static void text_is_read_by_ldns_and_written_as_it_was(void **state)
{
	unsigned count = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char line[LINE_CAP];
		uint8_t rdata[RDATA_CAP];
		struct buf text = {0};
		if (!has_samples(types[i]) || is_new(types[i]))
			continue;
		make_line(types[i], -1, NULL, line);
		ldns_rr *rr = read_by_ldns(line);
		size_t len = rdata_of(rr, rdata);
		assert_int_equal(ldns_rr_get_type(rr), types[i]);
		assert_true(rdata_is_valid(types[i], rdata, len));
		export_rdata_text(&text, types[i], rdata, len);
		if (rr_type_has(types[i], RR_HAS_TEXT)) {
			line[strlen(line) - 1] = '\0';
			const char *data = line + strlen(line) - text.len;
			assert_string_equal(buf_text(&text), data);
		} else {
			assert_int_equal(strncmp(buf_text(&text), "\\# ", 3), 0);
		}
		count++;
		buf_fini(&text);
		ldns_rr_free(rr);
	}
	assert_true(count > 30);
}

static void plain_types_are_read_as_ldns_reads_them(void **state)
{
	unsigned count = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct name root = {.len = 1};
		char text[LINE_CAP];
		uint8_t rdata[RDATA_CAP];
		struct zoneplain line;
		if (!has_samples(types[i]))
			continue;
		make_line(types[i], -1, NULL, text);
		zoneplain_forget(&line);
		bool is_plain = zoneplain_read(text, strlen(text), &root, &line) > 0;
		assert_int_equal(is_plain, rr_type_has(types[i], RR_IS_PLAIN));
		if (!is_plain)
			continue;
		ldns_rr *rr = read_by_ldns(text);
		assert_int_equal(line.type, types[i]);
		assert_int_equal(line.len, rdata_of(rr, rdata));
		assert_memory_equal(line.rdata, rdata, line.len);
		count++;
		ldns_rr_free(rr);
	}
	assert_int_equal(count, 9);
}

/* Reads the line by our reader, the whole one. */
static int read_line(struct zonefile **ret, const char *line)
{
	struct zonefile_error error;
	return zonefile_parse(ret,
		&(struct zonefile_source){.path = "z",
			.text = line,
			.len = strlen(line),
			.origin = name_root,
			.has_no_plain_lines = true},
		&error);
}

static void text_of_each_type_is_read_as_ldns_reads_it(void **state)
{
	unsigned count = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char line[LINE_CAP];
		uint8_t rdata[RDATA_CAP];
		struct zonefile *z;
		if (!has_samples(types[i]) || is_new(types[i]) || types[i] == RR_SOA)
			continue;
		make_line(types[i], -1, NULL, line);
		assert_int_equal(read_line(&z, line), 0);
		const struct rrset *set = zonefile_owner(z, 0).sets;
		ldns_rr *rr = read_by_ldns(line);
		assert_int_equal(set->type, types[i]);
		assert_int_equal(set->rdata[0].len, rdata_of(rr, rdata));
		assert_memory_equal(set->rdata[0].bytes, rdata, set->rdata[0].len);
		count++;
		zonefile_free(z);
		ldns_rr_free(rr);
	}
	assert_true(count > 35);
}

static void assert_not_read(uint16_t type, int which, const char *last)
{
	char line[LINE_CAP];
	struct zonefile *z;
	make_line(type, which, last, line);
	if (read_line(&z, line) != ERR_SYNTAX)
		fail_msg("%s", line);
}

static void a_wrong_field_of_any_type_is_refused(void **state)
{
	static const char *const wrong[][4] = {
		[RF_U8] = {"256", "-1", "1x", "\"1\""},
		[RF_U16] = {"65536", "-1", "0x1", "+1"},
		[RF_U32] = {"4294967296", "-1", "1h", ""},
		[RF_TIME] = {"4294967296", "-1", "1.5h", "h"},
		[RF_ALGORITHM] = {"256", "-1", "RSA", "1.0"},
		[RF_CERT_TYPE] = {"65536", "-1", "X509", ""},
		[RF_SCHEME] = {"256", "-1", "PUSH", ""},
		[RF_TYPE] = {"1", "TYPE65536", "WHAT", ""},
		[RF_V4] = {"192.0.2", "192.0.2.256", "::1", "\"192.0.2.1\""},
		[RF_V6] = {"1:::2", "192.0.2.1", "::1%1", "1:2:3:4:5:6:7:8:9"},
		[RF_NAME] = {"a..b", ".a", "a\\256", ""},
		[RF_STRING] = {"a\\25", "\"", "", ")"},
		[RF_STRINGS] = {"a\\256", "\"a", "", "("},
		[RF_WORD] = {"a-b", "\"issue\"", "", "\\097"},
		[RF_REST] = {"a b", "a\\2", "", "\"a"},
		[RF_HEX] = {"00f", "0g", "", "\"00\""},
		[RF_LOC] = {"52 N 4 E 0m 1 1 1 1", "90 1 N 4 E 0m", "52 X 4 E 0m", "52 60 N 4 E 1"},
		[RF_BASE64] = {"AAE", "AA=A", "", "A-=="},
	};
	unsigned count = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const uint8_t *fields = rr_info(types[i])->fields;
		if (!has_samples(types[i]))
			continue;
		for (int f = 0; fields[f] != RF_END; f++)
			for (size_t k = 0; k < ARRAY_LEN(wrong[0]); k++, count++)
				assert_not_read(types[i], f, wrong[fields[f]][k]);
	}
	assert_true(count > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnemonics_are_those_of_ldns),
		cmocka_unit_test(fields_and_traits_agree),
		cmocka_unit_test(names_are_where_ldns_has_them),
		cmocka_unit_test(text_is_read_by_ldns_and_written_as_it_was),
		cmocka_unit_test(plain_types_are_read_as_ldns_reads_them),
		cmocka_unit_test(text_of_each_type_is_read_as_ldns_reads_it),
		cmocka_unit_test(a_wrong_field_of_any_type_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
