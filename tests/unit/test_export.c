/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/export: formats, views, order, and hostile bytes.
 * Never runs other programs: tests/net/test_export.py has the real readers of the formats. Run by
 * `make check`.
 */
#include "export/export.h"

#include <string.h>

#include "base/err.h"
#include "export/jsonw.h"
#include "export/text.h"
#include "io/zoneldns.h"
#include "zonefile/zonefile.h"
#include "unit.h"

/* Reads the records of a zone as master text into an export, for one view. */
static void add_zone_text(struct export *e, enum view view, const char *zone, const char *text)
{
	struct zonefile *file;
	struct zonefile_error error;
	struct name origin;
	assert_int_equal(name_from_text(zone, NULL, &origin), 0);
	if (zonefile_parse(&file,
		    &(struct zonefile_source){.path = "test",
			    .text = text,
			    .len = strlen(text),
			    .origin = origin.wire,
			    .ttl_s = 60,
			    .rr_reader = &zoneldns_reader},
		    &error))
		fail_msg("%s", error.text);
	for (size_t i = 0; i < zonefile_count(file); i++) {
		struct zonefile_owner owner = zonefile_owner(file, i);
		for (size_t j = 0; j < owner.count; j++)
			for (unsigned k = 0; k < owner.sets[j].count; k++)
				export_add(e, &(struct zone_change){.is_added = true,
						      .owner = owner.name,
						      .type = owner.sets[j].type,
						      .view = view,
						      .ttl = owner.sets[j].ttl,
						      .rdata = owner.sets[j].rdata[k]});
	}
	zonefile_free(file);
}

static void add_text(struct export *e, enum view view, const char *text)
{
	add_zone_text(e, view, "home.arpa", text);
}

static const char soa_and_ns[] =
	"@ 3600 SOA ns hostmaster 7 3600 900 604800 60\n@ 3600 NS ns\nns 60 A 192.0.2.1\n";

static void write_with(struct export *e, const struct export_options *options, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(export_write(e, options, out), 0);
}

/* Writes zone home.arpa, or all zones, in that format and view. */
static void write_as(struct export *e, enum export_format format, unsigned view, struct buf *out)
{
	struct name apex;
	assert_int_equal(name_from_text("home.arpa", NULL, &apex), 0);
	write_with(e, &(struct export_options){.format = format, .view = view, .apex = apex.wire},
		out);
}

static bool has_line(const struct buf *b, const char *line)
{
	size_t len = strlen(line);
	for (const char *p = buf_text(b); (p = strstr(p, line)); p++)
		if ((p == buf_text(b) || p[-1] == '\n') && (p[len] == '\n' || p[len] == '\0'))
			return true;
	return false;
}

static void assert_line(const struct buf *b, const char *line)
{
	if (!has_line(b, line))
		fail_msg("there is no line\n%s\nin\n%s", line, buf_text(b));
}

static void assert_no_line(const struct buf *b, const char *line)
{
	if (has_line(b, line))
		fail_msg("there is a line\n%s\nin\n%s", line, buf_text(b));
}

static void a_zone_file_begins_with_its_soa_and_is_read_to_the_same_zone(void **state)
{
	struct export *e = export_new(), *again = export_new();
	struct buf first = {0}, second = {0};
	(void)state;
	add_text(e, VIEW_ANY, soa_and_ns);
	add_text(e, VIEW_ANY,
		"www 60 A 192.0.2.2\na\\.b\\032c AAAA 2001:db8::1\nmail MX 10 mail\n*.x TXT "
		"\"a\\\"b\" \"\\200\"\n"
		"s SRV 0 1 80 www\nc CAA 0 issue \"ca.example\"\nu TYPE731 \\# 2 abcd\nh TYPE65 "
		"\\# 3 000100\n"
		"f SSHFP 4 2 00ff\nd DNAME other.example.\nn NAPTR 1 2 \"u\" \"\" \"\" .\n");
	write_as(e, EXPORT_ZONE, 0, &first);
	assert_memory_equal(
		buf_text(&first), "$ORIGIN home.arpa.\n$TTL 3600\n@\t3600\tIN\tSOA\t", 40);
	assert_line(&first, "www\t60\tIN\tA\t192.0.2.2");
	assert_line(&first, "a\\.b\\032c\t60\tIN\tAAAA\t2001:db8::1");
	assert_line(&first, "*.x\t60\tIN\tTXT\t\"a\\\"b\" \"\\200\"");
	assert_line(&first, "u\t60\tIN\tTYPE731\t\\# 2 abcd");
	add_text(again, VIEW_ANY, buf_text(&first));
	write_as(again, EXPORT_ZONE, 0, &second);
	assert_string_equal(buf_text(&first), buf_text(&second));
	buf_fini(&first);
	buf_fini(&second);
	export_free(e);
	export_free(again);
}

static void a_zone_file_without_soa_is_an_error(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	struct export_options options = {
		.format = EXPORT_ZONE, .apex = (const uint8_t *)"\4home\4arpa"};
	(void)state;
	add_text(e, VIEW_ANY, "a A 192.0.2.1\n");
	assert_int_equal(export_write(e, &options, &out), ERR_ABSENT);
	buf_fini(&out);
	export_free(e);
}

static void a_zone_file_has_one_view_and_that_is_wan_unless_asked(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	add_text(e, VIEW_ANY, soa_and_ns);
	add_text(e, VIEW_LAN, "web A 10.0.0.1\nboth A 192.0.2.9\n");
	add_text(e, VIEW_WAN, "web A 192.0.2.8\nboth A 192.0.2.9\n");
	write_as(e, EXPORT_ZONE, 0, &out);
	assert_line(&out, "web\t60\tIN\tA\t192.0.2.8");
	assert_no_line(&out, "web\t60\tIN\tA\t10.0.0.1");
	write_as(e, EXPORT_ZONE, VIEW_LAN, &out);
	assert_line(&out, "web\t60\tIN\tA\t10.0.0.1");
	assert_no_line(&out, "web\t60\tIN\tA\t192.0.2.8");
	write_as(e, EXPORT_ZONE, VIEW_ANY, &out);
	char *first = strstr(buf_text(&out), "both\t");
	assert_non_null(first);
	assert_null(strstr(first + 1, "both\t"));
	buf_fini(&out);
	export_free(e);
}

static void a_zone_below_is_delegated_and_not_printed(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	add_text(e, VIEW_ANY, soa_and_ns);
	add_text(e, VIEW_ANY, "suburb A 192.0.2.4\nhome.arpa.example. A 192.0.2.5\n");
	add_zone_text(e, VIEW_ANY, "sub.home.arpa",
		"@ SOA ns hostmaster 1 1 1 1 1\n@ NS ns.home.arpa.\nwww A 192.0.2.3\n");
	write_as(e, EXPORT_ZONE, 0, &out);
	assert_line(&out, "sub\t60\tIN\tNS\tns.home.arpa.");
	assert_line(&out, "suburb\t60\tIN\tA\t192.0.2.4");
	assert_null(strstr(buf_text(&out), "192.0.2.3"));
	assert_null(strstr(buf_text(&out), "192.0.2.5"));
	assert_null(strstr(buf_text(&out), "sub\t60\tIN\tSOA"));
	buf_fini(&out);
	export_free(e);
}

static void tinydns_has_a_letter_for_each_type_that_has_one(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	add_text(e, VIEW_ANY, soa_and_ns);
	add_text(e, VIEW_ANY,
		"www AAAA 2001:db8::1\nmail MX 10 mx\nal CNAME www\nt TXT \"a:b\"\n_s._tcp SRV 0 0 "
		"80 www\n"
		"1.2.0.192.in-addr.arpa. PTR ns\n");
	write_as(e, EXPORT_TINYDNS, 0, &out);
	assert_line(
		&out, "Zhome.arpa.:ns.home.arpa.:hostmaster.home.arpa.:7:3600:900:604800:60:3600");
	assert_line(&out, "&home.arpa.::ns.home.arpa.:3600");
	assert_line(&out, "+ns.home.arpa.:192.0.2.1:60");
	assert_line(&out, ":www.home.arpa.:28:"
			  "\\040\\001\\015\\270\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\"
			  "000\\001:60");
	assert_line(&out, "@mail.home.arpa.::mx.home.arpa.:10:60");
	assert_line(&out, "Cal.home.arpa.:www.home.arpa.:60");
	assert_line(&out, ":t.home.arpa.:16:\\003a\\072b:60");
	assert_line(&out, "^1.2.0.192.in-addr.arpa.:ns.home.arpa.:60");
	buf_fini(&out);
	export_free(e);
}

static void tinydns_tells_views_by_locations(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	add_text(e, VIEW_LAN, "web A 10.0.0.1\n");
	add_text(e, VIEW_WAN, "web A 192.0.2.8\n");
	add_text(e, VIEW_ANY, "web.wan A 192.0.2.8\n");
	write_as(e, EXPORT_TINYDNS, 0, &out);
	assert_line(&out, "+web.home.arpa.:10.0.0.1:60::la");
	assert_line(&out, "+web.home.arpa.:192.0.2.8:60::ex");
	assert_line(&out, "+web.wan.home.arpa.:192.0.2.8:60");
	buf_fini(&out);
	export_free(e);
}

static struct view_rule rule_of(const char *prefix, enum view view)
{
	struct view_rule rule = {.view = view, .reason = VIEW_BY_OPTION};
	assert_int_equal(prefix_parse(prefix, &rule.prefix), 0);
	return rule;
}

static void tinydns_locations_are_prefixes_spelled_out_in_octets(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	struct view_rule rules[] = {rule_of("198.51.100.0/24", VIEW_LAN),
		rule_of("203.0.113.252/30", VIEW_LAN), rule_of("2001:db8::/32", VIEW_LAN),
		rule_of("192.0.2.7/32", VIEW_LAN), rule_of("10.1.0.0/16", VIEW_LAN),
		rule_of("198.51.100.0/24", VIEW_LAN)};
	(void)state;
	write_with(e,
		&(struct export_options){
			.format = EXPORT_TINYDNS, .rules = rules, .rule_count = ARRAY_LEN(rules)},
		&out);
	assert_line(&out, "%la:10");
	assert_line(&out, "%la:127");
	assert_line(&out, "%la:172.16");
	assert_line(&out, "%la:172.31");
	assert_no_line(&out, "%la:172.32");
	assert_line(&out, "%la:100.127");
	assert_line(&out, "%la:192.168");
	assert_line(&out, "%la:198.51.100");
	assert_line(&out, "%la:203.0.113.252");
	assert_line(&out, "%la:203.0.113.255");
	assert_no_line(&out, "%la:203.0.113.251");
	assert_line(&out, "%la:192.0.2.7");
	assert_no_line(&out, "%la:10.1");
	assert_line(&out, "%ex:");
	const char *once = strstr(buf_text(&out), "%la:198.51.100\n");
	assert_null(strstr(once + 1, "%la:198.51.100\n"));
	buf_fini(&out);
	export_free(e);
}

static void those_who_are_lan_in_tinydns_are_lan_clients_here(void **state)
{
	static const char *const addrs[] = {"10.0.0.0", "10.255.255.255", "127.0.0.1", "100.64.0.0",
		"100.127.255.255", "169.254.1.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"};
	struct view_table *views = view_table_new(NULL, 0);
	(void)state;
	assert_non_null(views);
	for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
		struct addr addr;
		assert_int_equal(addr_parse(addrs[i], &addr), 0);
		assert_int_equal(view_table_match(views, &addr)->view, VIEW_LAN);
	}
	view_table_free(views);
}

static void the_same_records_give_the_same_bytes_in_any_order(void **state)
{
	static const char *const lines[] = {"a A 192.0.2.1\n", "A 30 A 192.0.2.1\n",
		"b A 192.0.2.2\n", "a AAAA 2001:db8::1\n", "a.b TXT x\n", "@ SOA a b 1 2 3 4 5\n",
		"@ NS a\n"};
	struct buf out[2] = {{0}, {0}};
	(void)state;
	for (enum export_format format = 0; format < EXPORT_FORMAT_COUNT; format++) {
		for (int backwards = 0; backwards < 2; backwards++) {
			struct export *e = export_new();
			for (size_t i = 0; i < ARRAY_LEN(lines); i++)
				add_text(e, VIEW_ANY,
					lines[backwards ? ARRAY_LEN(lines) - 1 - i : i]);
			write_as(e, format, 0, &out[backwards]);
			export_free(e);
		}
		assert_string_equal(buf_text(&out[0]), buf_text(&out[1]));
	}
	buf_fini(&out[0]);
	buf_fini(&out[1]);
}

static void hosts_has_the_name_of_the_ptr_first(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	add_text(e, VIEW_ANY,
		"web.lan A 10.0.0.1\na A 10.0.0.1\nb AAAA fd00::1\n1.0.0.10.in-addr.arpa. PTR "
		"web.lan\n"
		"_x A 10.0.0.2\n*.w A 10.0.0.3\nbad\\032name A 10.0.0.4\nll AAAA fe80::1\n"
		"web.local. A 169.254.0.1\n");
	add_text(e, VIEW_LAN, "web A 10.0.0.1\n");
	add_text(e, VIEW_WAN, "web A 192.0.2.1\n");
	write_as(e, EXPORT_HOSTS, 0, &out);
	assert_string_equal(buf_text(&out),
		"10.0.0.1\tweb.lan.home.arpa a.home.arpa web.home.arpa\n"
		"10.0.0.2\t_x.home.arpa\n"
		"169.254.0.1\tweb.local\n"
		"fd00::1\tb.home.arpa\n");
	write_as(e, EXPORT_HOSTS, VIEW_WAN, &out);
	assert_line(&out, "192.0.2.1\tweb.home.arpa");
	buf_fini(&out);
	export_free(e);
}

static void json_has_stable_keys_and_the_view(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	write_as(e, EXPORT_JSON, 0, &out);
	assert_string_equal(buf_text(&out), "{\"records\":[\n]}\n");
	add_text(e, VIEW_LAN, "a A 10.0.0.1\n");
	add_text(e, VIEW_ANY, "b TXT \"x\\\"\\001\"\n");
	write_as(e, EXPORT_JSON, 0, &out);
	assert_string_equal(buf_text(&out),
		"{\"records\":[\n"
		"{\"name\":\"a.home.arpa.\",\"type\":\"A\",\"view\":\"lan\",\"ttl\":60,\"data\":"
		"\"10.0.0.1\"},\n"
		"{\"name\":\"b.home.arpa.\",\"type\":\"TXT\",\"view\":\"any\",\"ttl\":60,"
		"\"data\":\"\\\"x\\\\\\\"\\\\001\\\"\"}\n]}\n");
	write_as(e, EXPORT_JSON, VIEW_WAN, &out);
	assert_null(strstr(buf_text(&out), "10.0.0.1"));
	buf_fini(&out);
	export_free(e);
}

static void an_empty_export_is_written_in_each_format_but_zone(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	(void)state;
	write_as(e, EXPORT_HOSTS, 0, &out);
	assert_string_equal(buf_text(&out), "");
	write_as(e, EXPORT_TINYDNS, 0, &out);
	buf_fini(&out);
	export_free(e);
	export_free(NULL);
}

static void any_byte_in_a_name_stays_inside_its_field_and_line(void **state)
{
	struct export *e = export_new();
	struct buf out = {0};
	struct name owner;
	uint8_t label[LABEL_CAP];
	(void)state;
	for (unsigned first = 0; first < 256; first += 32) {
		for (unsigned i = 0; i < 32; i++)
			label[i] = (uint8_t)(first + i);
		assert_int_equal(
			name_prepend(label, 32, (const uint8_t *)"\4home\4arpa", &owner), 0);
		export_add(e, &(struct zone_change){.owner = owner.wire,
				      .type = RR_A,
				      .view = VIEW_ANY,
				      .rdata = {(const uint8_t *)"\1\2\3\4", 4}});
	}
	add_text(e, VIEW_ANY, "@ SOA a b 1 2 3 4 5\n");
	for (enum export_format format = 0; format < EXPORT_FORMAT_COUNT; format++) {
		size_t lines = 0;
		write_as(e, format, 0, &out);
		for (size_t i = 0; i < out.len; i++) {
			uint8_t c = (uint8_t)out.bytes[i];
			assert_true(c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f));
			lines += c == '\n' && (format != EXPORT_TINYDNS || out.bytes[0] != '%');
		}
		if (format == EXPORT_ZONE)
			assert_int_equal(lines, 2 + 9);
		if (format == EXPORT_JSON)
			assert_int_equal(lines, 2 + 9);
	}
	buf_fini(&out);
	export_free(e);
}

static void rdata_that_is_not_that_of_its_type_is_hex(void **state)
{
	static const struct {
		uint16_t type;
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{RR_A, "\1\2\3", 3, "\\# 3 010203"},
		{RR_A, "", 0, "\\# 0"},
		{RR_SOA, "\0\0\1", 3, "\\# 3 000001"},
		{RR_TXT, "\5ab", 3, "\\# 3 056162"},
		{RR_TXT, "\0", 1, "\"\""},
		{RR_MX, "\0\1\300\0", 4, "\\# 4 0001c000"},
		{RR_CAA, "\0\5is ue", 7, "\\# 7 00056973207565"},
		{RR_NAPTR, "\0\1\0\1\0\0\0\300\0", 9, "\\# 9 00010001000000c000"},
		{RR_TLSA, "\0\1\0", 3, "\\# 3 000100"},
		{9999, "\377", 1, "\\# 1 ff"},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&out);
		export_rdata_text(
			&out, cases[i].type, (const uint8_t *)cases[i].bytes, cases[i].len);
		assert_string_equal(buf_text(&out), cases[i].text);
	}
	buf_fini(&out);
}

static void json_text_is_always_utf8(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"a\"\\\n\x7f", "\"a\\\"\\\\\\u000a\\u007f\""},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
			"\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
		{"\xc2\x9b \xc2\xa0", "\"\\u009b \xc2\xa0\""},
		{"\xe2\x80\xae \xe2\x81\xa6 \xe2\x81\xa9 \xe2\x81\xaa",
			"\"\\u202e \\u2066 \\u2069 \xe2\x81\xaa\""},
		{"\xff\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct jsonw w = {.out = &out};
		buf_clear(&out);
		jsonw_text(&w, NULL, cases[i].bytes);
		assert_string_equal(buf_text(&out), cases[i].text);
	}
	buf_fini(&out);
}

static void json_values_have_commas_between_and_not_behind(void **state)
{
	struct buf out = {0};
	struct jsonw w = {.out = &out};
	(void)state;
	jsonw_open(&w, NULL, '{');
	jsonw_number(&w, "a", -1);
	jsonw_open(&w, "b", '[');
	jsonw_bool(&w, NULL, true);
	jsonw_open(&w, NULL, '{');
	jsonw_close(&w, '}');
	jsonw_close(&w, ']');
	jsonw_text(&w, "c", "");
	jsonw_close(&w, '}');
	assert_string_equal(buf_text(&out), "{\"a\":-1,\"b\":[true,{}],\"c\":\"\"}");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_file_begins_with_its_soa_and_is_read_to_the_same_zone),
		cmocka_unit_test(a_zone_file_without_soa_is_an_error),
		cmocka_unit_test(a_zone_file_has_one_view_and_that_is_wan_unless_asked),
		cmocka_unit_test(a_zone_below_is_delegated_and_not_printed),
		cmocka_unit_test(tinydns_has_a_letter_for_each_type_that_has_one),
		cmocka_unit_test(tinydns_tells_views_by_locations),
		cmocka_unit_test(tinydns_locations_are_prefixes_spelled_out_in_octets),
		cmocka_unit_test(those_who_are_lan_in_tinydns_are_lan_clients_here),
		cmocka_unit_test(the_same_records_give_the_same_bytes_in_any_order),
		cmocka_unit_test(hosts_has_the_name_of_the_ptr_first),
		cmocka_unit_test(json_has_stable_keys_and_the_view),
		cmocka_unit_test(an_empty_export_is_written_in_each_format_but_zone),
		cmocka_unit_test(any_byte_in_a_name_stays_inside_its_field_and_line),
		cmocka_unit_test(rdata_that_is_not_that_of_its_type_is_hex),
		cmocka_unit_test(json_text_is_always_utf8),
		cmocka_unit_test(json_values_have_commas_between_and_not_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
