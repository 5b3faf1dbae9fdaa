/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of words, numbers, strings, fields and directives in master files, as BIND and NSD
 * read them; beside these programs, tests/net/test_zone_grammar.py has them.
 * Never looks at what records mean together: tests/unit/test_zonefile.c does. Run by `make check`.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "wire/rr.h"
#include "zonefile/zonefile.h"
#include "zonefile_rig.h"

/* Reads the text and checks the only record of the owner `x`. */
static void assert_data(const char *text, uint16_t type, const void *rdata, size_t len)
{
	static const uint8_t x[] = "\1x\4home\4arpa";
	struct zonefile *z = parse(text);
	const struct rrset *set = NULL;
	for (size_t i = 0; i < zonefile_count(z); i++)
		if (name_equal(zonefile_owner(z, i).name, x))
			set = zonefile_owner(z, i).sets;
	if (!set || set->type != type || set->count != 1 ||
		rdata_cmp(set->rdata[0].bytes, set->rdata[0].len, rdata, len) != 0)
		fail_msg("%s", text);
	zonefile_free(z);
}

#define DATA(bytes) bytes, sizeof(bytes) - 1

static void a_quote_a_comment_or_a_parenthesis_ends_a_word(void **state)
{
	(void)state;
	assert_data("x TXT \"x\"y\"z\"\n", RR_TXT, DATA("\1x\1y\1z"));
	assert_data("x TXT x\"y z\"\n", RR_TXT, DATA("\1x\3y z"));
	assert_data("x TXT ( a;c\nb )\n", RR_TXT, DATA("\1a\1b"));
	assert_data("x TXT a(b)c\n", RR_TXT, DATA("\1a\1b\1c"));
	assert_data("x TXT a;c\n", RR_TXT, DATA("\1a"));
	assert_data("x TXT a\\;c \\065\\\"\n", RR_TXT, DATA("\3a;c\2A\""));
	assert_data("x TXT(\"\")\n", RR_TXT, DATA("\0"));
	assert_refused("x MX ( 1;c\n0 mail )\n", "z:1: the record ends before this word: mail");
	assert_refused("x MX 10 \"mail.\"\n", "z:1: a name has no quotes: mail.");
	assert_data("\"x\" A 192.0.2.1\n", RR_A, DATA("\300\0\2\1"));
	assert_data("x A 192.0.2.1;\n", RR_A, DATA("\300\0\2\1"));
	assert_refused("x TXT a\\\nb\n", "z:1: a line ends with a backslash");
}

static void a_carriage_return_ends_a_line(void **state)
{
	struct zonefile *z = parse("\r\na A 192.0.2.1\rb A 192.0.2.1\r\n\r\rc A 192.0.2.1\r");
	(void)state;
	assert_int_equal(zonefile_count(z), 3);
	assert_int_equal(zonefile_owner(z, 1).line, 3);
	assert_int_equal(zonefile_owner(z, 2).line, 6);
	zonefile_free(z);
	assert_refused("a A 192.0.2.1 ; c\rb A 192.0.2.1\n",
		"z:1: a carriage return does not end a comment");
	assert_refused("; c\rb A 192.0.2.1\n", "z:1: a carriage return does not end a comment");
	assert_data("x TXT \"x\ry\"\n", RR_TXT, DATA("\3x\ry"));
}

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	assert_refused("x 1y A 192.0.2.1\n", "z:1: not a TTL, a class or a type: 1y");
	assert_refused("x 1.5h A 192.0.2.1\n", "z:1: not a TTL, a class or a type: 1.5h");
	assert_refused("x -1 A 192.0.2.1\n", "z:1: not a TTL, a class or a type: -1");
	assert_refused("x 1 2 A 192.0.2.1\n", "z:1: not a TTL, a class or a type: 2");
	assert_refused("x TYPE1x A\n", "z:1: not a TTL, a class or a type: TYPE1x");
	assert_refused("x LOC@ x\n", "z:1: not a TTL, a class or a type: LOC@");
	assert_refused("x IN IN A 192.0.2.1\n", "z:1: not a TTL, a class or a type: IN");
	assert_refused("$TTL 1.5h\n", "z:1: $TTL needs a time in seconds");
	assert_refused("x MX -1 mail\n", "z:1: not a number: -1");
	assert_refused("x MX \"1\" mail\n", "z:1: not a number: 1");
	assert_refused("x SVCB 1 . port=65536\n", "z:1: a number is too large: 65536");
	assert_refused("x SVCB 1 . port=1x\n", "z:1: not a number: 1x");
	assert_refused("x NID -1 0:0:0:0\n", "z:1: not a number: -1");
}

static void generic_data_is_exactly_that_of_its_type(void **state)
{
	static const char *const faulty[] = {"x A \\# 5 0102030405\n", "x A \\# 3 010203\n",
		"x MX \\# 4 000a0001\n", "x MX \\# 2 000a\n", "x TXT \\# 2 0261\n", "x TXT \\# 0\n",
		"x SRV \\# 8 0000000000000000\n", "x CAA \\# 2 0000\n", "x SSHFP \\# 2 0101\n",
		"x HINFO \\# 3 000000\n", "x CNAME \\# 3 016100ff\n",
		"x HTTPS \\# 8 0001000003000150\n", "x TYPE1 \\# 2 01020\n",
		"x TYPE731 \\# 3 0102\n", "x TYPE731 \\# 1 0102\n", "x TYPE731 \\# 0 01\n",
		"x AMTRELAY \\# 3 000101\n", "x TYPE731 01\n", "x TYPE731\n",
		"x TYPE731 ( ) ; \\# 0\n"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faulty); i++)
		assert_refused_for(faulty[i], "z:1: ");
	assert_data("x A \\# 4 01 02 (\n0304 )\n", RR_A, DATA("\1\2\3\4"));
	assert_data("x TYPE731 \\# 0\n", 731, DATA(""));
	assert_data("x TXT \"\\#\" 0\n", RR_TXT, DATA("\1#\0010"));
	assert_data("x APL\n", 42, DATA(""));
}

static void what_is_legal_is_read(void **state)
{
	(void)state;
	assert_data("x CAA 0 issue letsencrypt.org\n", RR_CAA, DATA("\0\5issueletsencrypt.org"));
	assert_data("x (IN 300 A 192.0.2.1)\n", RR_A, DATA("\300\0\2\1"));
	assert_data("x 5 TXT x\n ( IN 300 TXT x )\n", RR_TXT, DATA("\1x"));
	assert_data("x URI 1 2 sip:a\n", RR_URI, DATA("\0\1\0\2sip:a"));
	struct zonefile *z = parse("@ SOA ns h.t.(1 1h 1w 1D 1m30s)\n$ttl 7\n@ NS ns\n");
	const struct rrset *sets = zonefile_owner(z, 0).sets;
	assert_memory_equal(sets[1].rdata[0].bytes + sets[1].rdata[0].len - 16,
		"\0\0\16\20\0\11\72\200\0\1\121\200\0\0\0\132", 16);
	assert_int_equal(sets[0].ttl, 7);
	zonefile_free(z);
}

/* RFC 1035 §5.1; RFC 2308 §4. */
static void a_record_without_a_ttl_has_the_last_stated_one_until_a_directive(void **state)
{
	static const uint32_t ttls[] = {60, 5, 5, 9, 9, 0, 30, 0};
	struct zonefile *z = parse("a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n"
				   "d 9 CAA 0 issue x\ne A 192.0.2.1\n$TTL 0\nf A 192.0.2.1\n"
				   "g 30 A 192.0.2.1\nh A 192.0.2.1\n");
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ttls); i++)
		assert_int_equal(zonefile_owner(z, i).sets[0].ttl, ttls[i]);
	zonefile_free(z);
}

static void newer_types_are_read_by_name(void **state)
{
	(void)state;
	assert_data("x AMTRELAY 10 1 3 a.\n", RR_AMTRELAY, DATA("\12\203\1a\0"));
	assert_data("x AMTRELAY 10 0 0 .\n", RR_AMTRELAY, DATA("\12\0"));
	assert_data("x AMTRELAY 0 0 1 192.0.2.1\n", RR_AMTRELAY, DATA("\0\1\300\0\2\1"));
	assert_data("x RESINFO qnamemin exterr=15\n", RR_RESINFO, DATA("\10qnamemin\11exterr=15"));
	assert_data("x WALLET BTC a\n", RR_WALLET, DATA("\3BTC\1a"));
	assert_data("x DSYNC CDS NOTIFY 5359 a.\n", RR_DSYNC, DATA("\0\73\1\24\357\1a\0"));
	assert_data("x HTTPS 1 . port=53 alpn=\"h2,a\\\\,b\" ipv4hint=192.0.2.1\n", RR_HTTPS,
		DATA("\0\1\0\0\1\0\7\2h2\3a,b\0\3\0\2\0\65\0\4\0\4\300\0\2\1"));
	assert_data("x SVCB 1 a. mandatory=port,alpn alpn=h3 port=\"1\" key9=\"a b\"\n", RR_SVCB,
		DATA("\0\1\1a\0\0\0\0\4\0\1\0\3\0\1\0\3\2h3\0\3\0\2\0\1\0\11\0\3a b"));
	assert_refused_for("x HTTPS 1 . alpn=\n", "z:1: not a list of values");
	assert_refused_for("x HTTPS 1 . alpn=a,,b\n", "z:1: not a list of values");
	assert_refused_for("x HTTPS 1 . ohttp=1\n", "z:1: it has no value");
	assert_refused_for("x HTTPS 1 . key00001=h2\n", "z:1: not a service parameter");
	assert_refused_for("x HTTPS 1 . no-default-alpn\n", "z:1: a service parameter has a bad");
}

static void an_origin_may_be_relative(void **state)
{
	struct zonefile *z = parse("$ORIGIN b\na A 192.0.2.1\n$ORIGIN c\na A 192.0.2.1\n");
	(void)state;
	assert_owner(z, 0, "a.b.home.arpa.", 1);
	assert_owner(z, 1, "a.c.b.home.arpa.", 1);
	zonefile_free(z);
}

static void a_generated_record_is_made_for_each_number(void **state)
{
	struct zonefile *z =
		parse("o A 192.0.2.1\n$GENERATE 9-11/2 a$ 5 IN A 192.0.2.$ ; c\n TXT x\n"
		      "$GENERATE 254-255 ${0,3,n}.b TXT \"x$ ${-254,3,X} \\$ $$\"\n");
	(void)state;
	assert_int_equal(zonefile_count(z), 5);
	assert_owner(z, 0, "a11.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 0).sets[0].rdata[0].bytes[3], 11);
	assert_owner(z, 1, "a9.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 1).sets[0].ttl, 5);
	assert_owner(z, 2, "e.f.b.home.arpa.", 1);
	assert_owner(z, 3, "f.f.b.home.arpa.", 1);
	assert_memory_equal(zonefile_owner(z, 3).sets[0].rdata[0].bytes, "\4x255\003001\1$\1$", 13);
	assert_owner(z, 4, "o.home.arpa.", 2);
	zonefile_free(z);
	assert_refused_for("$GENERATE 1 a A 192.0.2.$\n", "z:1: $GENERATE needs a range");
	assert_refused_for("$GENERATE 2-1 a A 192.0.2.$\n", "z:1: $GENERATE needs a range");
	assert_refused_for("$GENERATE 1-2/0 a A 192.0.2.$\n", "z:1: $GENERATE needs a range");
	assert_refused_for(
		"$GENERATE 0-65536 a A 192.0.2.$\n", "z:1: $GENERATE makes more records");
	assert_refused_for("$GENERATE 1-2 a$ A\n", "z:1: $GENERATE needs an owner");
	assert_refused_for(
		"$GENERATE 1-2 a${-2} A 192.0.2.1\n", "z:1: $GENERATE makes a number below");
	assert_refused_for("$GENERATE 1-2 a${0,1,q} A 192.0.2.1\n", "z:1: not a form of a number");
	assert_refused_for(
		"\n$GENERATE 255-256 a$ A 192.0.2.$\n", "z:2: not an IPv4 address: 192.0.2.256");
}

/* A DNS-SD instance in UTF-8: exports escape each byte. */
static void a_name_of_the_longest_labels_is_read_with_each_byte_escaped(void **state)
{
	char label[4 * LABEL_CAP + 1] = "", text[NAME_TEXT_CAP + 16];
	(void)state;
	for (size_t i = 0; i < LABEL_CAP; i++)
		memcpy(label + 4 * i, "\\200", 5);
	snprintf(text, sizeof(text), "%s.%s.%s A 192.0.2.1\n", label, label, label);
	struct zonefile *z = parse(text);
	assert_int_equal(name_len(zonefile_owner(z, 0).name), 203);
	zonefile_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_a_comment_or_a_parenthesis_ends_a_word),
		cmocka_unit_test(a_carriage_return_ends_a_line),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(generic_data_is_exactly_that_of_its_type),
		cmocka_unit_test(what_is_legal_is_read),
		cmocka_unit_test(a_record_without_a_ttl_has_the_last_stated_one_until_a_directive),
		cmocka_unit_test(newer_types_are_read_by_name),
		cmocka_unit_test(an_origin_may_be_relative),
		cmocka_unit_test(a_generated_record_is_made_for_each_number),
		cmocka_unit_test(a_name_of_the_longest_labels_is_read_with_each_byte_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
