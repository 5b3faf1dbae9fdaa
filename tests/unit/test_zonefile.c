/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of zonefile/zonefile.h and io/file.h: which master files are read, which are
 * refused and with which message, and how files are replaced.
 * Never writes outside its own directory. Run by `make check`.
 */
#include "zonefile/zonefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "zonefile/plain.h"
#include "zonefile_rig.h"

static void records_are_grouped_by_owner_and_type(void **state)
{
	struct zonefile *z = parse("www A 192.0.2.2\nb A 192.0.2.9\nWWW A 192.0.2.1\n\tAAAA ::5\n");
	(void)state;
	assert_int_equal(zonefile_count(z), 2);
	assert_owner(z, 0, "b.home.arpa.", 1);
	assert_owner(z, 1, "www.home.arpa.", 2);
	struct zonefile_owner www = zonefile_owner(z, 1);
	assert_int_equal(www.line, 1);
	assert_int_equal(www.sets[0].type, RR_A);
	assert_int_equal(www.sets[0].count, 2);
	assert_int_equal(www.sets[0].view, VIEW_ANY);
	assert_memory_equal(www.sets[0].rdata[0].bytes, "\300\0\2\1", 4);
	assert_int_equal(www.sets[1].type, RR_AAAA);
	zonefile_free(z);
}

static void equal_records_are_one_and_a_set_has_its_lowest_ttl(void **state)
{
	struct zonefile *z = parse("$TTL 1h\na A 192.0.2.2\na 5 A 192.0.2.2\na 30 A 192.0.2.3\n");
	(void)state;
	struct zonefile_owner a = zonefile_owner(z, 0);
	assert_int_equal(a.sets[0].count, 2);
	assert_int_equal(a.sets[0].ttl, 5);
	zonefile_free(z);
}

static void ttl_comes_from_the_record_the_file_or_the_caller(void **state)
{
	struct zonefile *z = parse("a A 192.0.2.1\n$TTL 1h30m\nb A 192.0.2.1\nc 7 A 192.0.2.1\n"
				   "d 3000000000 A 192.0.2.1\n");
	static const uint32_t ttls[] = {60, 5400, 7, 0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ttls); i++)
		assert_int_equal(zonefile_owner(z, i).sets[0].ttl, ttls[i]);
	zonefile_free(z);
}

static void origin_changes_what_names_are_completed_with(void **state)
{
	struct zonefile *z = parse("a A 192.0.2.1\n$ORIGIN local.\na A 192.0.2.1\n@ TXT x\n");
	(void)state;
	assert_int_equal(zonefile_count(z), 3);
	assert_owner(z, 0, "a.home.arpa.", 1);
	assert_owner(z, 1, "local.", 1);
	assert_owner(z, 2, "a.local.", 1);
	zonefile_free(z);
}

static void types_that_are_not_known_are_read_in_their_own_form(void **state)
{
	struct zonefile *z = parse("a TYPE65 \\# 3 000100\na TYPE731 \\# 2 abcd\n");
	(void)state;
	struct zonefile_owner a = zonefile_owner(z, 0);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.sets[1].type, 731);
	assert_memory_equal(a.sets[1].rdata[0].bytes, "\xab\xcd", 2);
	zonefile_free(z);
}

/* tests/fuzz/fuzz_zonefile.c tests whether both ways of reading agree; this tests that both are used. */
static void a_line_is_plain_if_each_of_its_words_means_itself(void **state)
{
	static const char *const plain[] = {"a A 192.0.2.1\n",
		"a 60 IN AAAA ::1 ; with a comment\n", "\tin ptr b.c.\n", "a MX 10 b\n",
		"a TXT x=1 y\t\n", "*.a CNAME b\n", "@ A 192.0.2.1\n", "a MX 10 @ ; c\n",
		"_x._tcp SRV 1 2 3 b\n", "a TXT \"v=x; y\" z ; c\n", "@ IN SOA a b 1 2 3 4 5\n",
		"@ IN SOA a b 2026112101 2 3 4 4294967295\n", "a IN 300 A 192.0.2.1\n",
		"a.b. A 192.0.2.1\n", "a CNAME .\n"};
	static const char *const others[] = {"", "\n", "a A 192.0.2.1", "a A 192.0.2\n",
		"a A ::1\n", "@a A 192.0.2.1\n", "a A ( 192.0.2.1\n", "a TXT \"x\n",
		"a\\.b A 192.0.2.1\n", "a TXT \"\"\n", "a TXT \"x\"y\n", "a TXT x\"y\"\n",
		"a TXT \"(\"\n", "a SRV 1 2 b\n", "@ SOA a b 1 2h 3 4 5\n", "@ SOA a b 1 2 3 4\n",
		"a 1h A 192.0.2.1\n", "a CH A 192.0.2.1\n", "a A 192.0.2.1 x\n", "$TTL 5\n",
		"a A 192.0.2.1\r\n", "a MX b\n", "a MX 65536 b\n", "a TXT\n", "a A 192.0.2.1;\n",
		"a A 192.0.2.1 ; \"\n", "a..b A 192.0.2.1\n", ".a A 192.0.2.1\n",
		".. A 192.0.2.1\n", "a.. A 192.0.2.1\n", "@ SOA a b 4294967296 2 3 4 5\n",
		"a IN 300 IN A 192.0.2.1\n", "a 300 IN 300 A 192.0.2.1\n",
		"a 4294967295 A 192.0.2.1\n"};
	struct zoneplain line;
	struct name origin;
	name_copy(&origin, home_arpa);
	zoneplain_forget(&line);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		assert_int_equal(zoneplain_read(plain[i], strlen(plain[i]), &origin, &line),
			strlen(plain[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		zoneplain_forget(&line);
		assert_int_equal(zoneplain_read(others[i], strlen(others[i]), &origin, &line), 0);
	}
}

/* Names are made of plain words without name_from_text(): both must give the same name. */
static void a_plain_word_is_the_name_that_its_text_is(void **state)
{
	const char l63[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	char words[][260] = {"a", "a.", "a.b", "A.b.c.", "*", "-", "xn--a", "", "", "", ""};
	(void)state;
	snprintf(words[7], sizeof(words[7]), "%s", l63);
	snprintf(words[8], sizeof(words[8]), "%sx", l63);
	snprintf(words[9], sizeof(words[9]),
		"%s.%s.%s.12345678901234567890123456789012345678901234567", l63, l63, l63);
	snprintf(words[10], sizeof(words[10]),
		"%s.%s.%s.123456789012345678901234567890123456789012345678", l63, l63, l63);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char text[400];
		struct zoneplain line;
		struct name origin, expected;
		name_copy(&origin, home_arpa);
		zoneplain_forget(&line);
		snprintf(text, sizeof(text), "%.259s A 192.0.2.1\n", words[i]);
		bool is_name = name_from_text(words[i], home_arpa, &expected) == 0;
		assert_int_equal(zoneplain_read(text, strlen(text), &origin, &line) > 0, is_name);
		if (is_name)
			assert_memory_equal(&line.owner, &expected, 1 + expected.len);
	}
}

static void a_word_is_another_owner_below_another_origin_or_if_it_is_longer(void **state)
{
	(void)state;
	struct zonefile *z = parse(
		"a A 192.0.2.1\na\tA 192.0.2.2\n$ORIGIN b.home.arpa.\na A 192.0.2.3\n"
		"a.c A 192.0.2.4\na A 192.0.2.5\nd A ( 192.0.2.6 )\na A 192.0.2.7\n A 192.0.2.8\n");
	assert_int_equal(zonefile_count(z), 4);
	assert_owner(z, 0, "a.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 0).sets[0].count, 2);
	assert_owner(z, 1, "a.b.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 1).sets[0].count, 4);
	assert_owner(z, 2, "a.c.b.home.arpa.", 1);
	assert_owner(z, 3, "d.b.home.arpa.", 1);
	zonefile_free(z);
}

static void what_a_line_leaves_out_comes_from_the_one_before_whoever_read_it(void **state)
{
	struct zonefile *z = parse("b A 192.0.2.1\n A ( 192.0.2.2 )\n A 192.0.2.3\n"
				   "@ A 192.0.2.1\n A 192.0.2.4\n$TTL 0\nc A 192.0.2.1\n");
	(void)state;
	assert_owner(z, 0, "home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 0).sets[0].count, 2);
	assert_owner(z, 1, "b.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 1).sets[0].count, 3);
	assert_int_equal(zonefile_owner(z, 2).sets[0].ttl, 0); /* RFC 2308 §4 */
	zonefile_free(z);
}

/* RFC 1035 §5.1. */
static void class_and_ttl_may_stand_in_either_order(void **state)
{
	(void)state;
	struct zonefile *z =
		parse("a IN 300 A 192.0.2.1\nb.x in  1h\tTXT ( IN 5\n IN 6 )\n IN 300 MX 1 b\n"
		      "in 300 IN A 192.0.2.1\nc\\ d IN 300 TXT \"IN 300\" ; IN 300\n");
	assert_owner(z, 0, "a.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 0).sets[0].ttl, 300);
	assert_owner(z, 1, "c\\032d.home.arpa.", 1);
	assert_owner(z, 2, "in.home.arpa.", 1);
	assert_int_equal(zonefile_owner(z, 2).sets[0].ttl, 300);
	assert_owner(z, 3, "b.x.home.arpa.", 2);
	assert_int_equal(zonefile_owner(z, 3).sets[0].ttl, 300);
	assert_memory_equal(zonefile_owner(z, 3).sets[1].rdata[0].bytes, "\2IN\0015\2IN\0016", 10);
	assert_int_equal(zonefile_owner(z, 3).sets[1].ttl, 3600);
	zonefile_free(z);
}

static void owners_come_in_canonical_order(void **state)
{
	static const char *const names[] = {"home.arpa.", "\\000.home.arpa.",
		"\\000\\000.home.arpa.", "\\001.home.arpa.", "\\002.home.arpa.", "a.home.arpa.",
		"Z.a.home.arpa.", "yy.a.home.arpa.", "zz.a.home.arpa.", "a\\000.home.arpa.",
		"ab.home.arpa.", "\\200.home.arpa."};
	static const uint8_t order[] = {0, 1, 2, 3, 4, 5, 7, 6, 8, 9, 10, 11};
	struct buf text = {0};
	(void)state;
	for (size_t i = ARRAY_LEN(names); i-- > 0;)
		buf_printf(&text, "%s A 192.0.2.1\n", names[i]);
	struct zonefile *z = parse(buf_text(&text));
	assert_int_equal(zonefile_count(z), ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_owner(z, i, names[order[i]], 1);
	zonefile_free(z);
	buf_fini(&text);
}

static void owners_in_the_reverse_order_are_sorted_and_repeated_ones_joined(void **state)
{
	enum { OWNERS = 2000 };
	struct buf text = {0};
	(void)state;
	for (unsigned turn = 0; turn < 2; turn++)
		for (unsigned i = OWNERS; i-- > 0;)
			buf_printf(&text, "h%04u A 192.0.2.%u\n", i, 2 - turn);
	struct zonefile *z = parse(buf_text(&text));
	assert_int_equal(zonefile_count(z), OWNERS);
	for (unsigned i = 0; i < OWNERS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "h%04u.home.arpa.", i);
		assert_owner(z, i, name, 1);
		assert_int_equal(zonefile_owner(z, i).line, OWNERS - i);
		assert_int_equal(zonefile_owner(z, i).sets[0].count, 2);
		assert_int_equal(zonefile_owner(z, i).sets[0].rdata[0].bytes[3], 1);
	}
	zonefile_free(z);
	buf_fini(&text);
}

static void a_record_is_named_by_the_line_where_it_begins(void **state)
{
	(void)state;
	assert_refused("\n; x\na A (\n192.0.2 )\n\n\n", "z:3: not an IPv4 address: 192.0.2");
	assert_refused("a A 192.0.2\n\n\n", "z:1: not an IPv4 address: 192.0.2");
	assert_refused("a A 192.0.2.1\n\n\n\na CNAME b\n\n",
		"z:1: a.home.arpa. has a CNAME and other records");
}

static void an_empty_file_has_no_owners(void **state)
{
	static const char *const texts[] = {"", "\n", "; nothing", " \t \n\n", "$TTL 5"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct zonefile *z = parse(texts[i]);
		assert_int_equal(zonefile_count(z), 0);
		zonefile_free(z);
	}
	zonefile_free(NULL);
}

static void a_faulty_line_is_named_and_nothing_is_read(void **state)
{
	(void)state;
	assert_refused("a A 192.0.2.1\n\n; x\nb A 192.0.2\n", "z:4: not an IPv4 address: 192.0.2");
	assert_refused(
		"a A 192.0.2.1\na CNAME b\n", "z:1: a.home.arpa. has a CNAME and other records");
	assert_refused("b A 192.0.2.1\na CNAME b\na CNAME c\n",
		"z:2: a.home.arpa. has more than one CNAME");
	assert_refused("@ SOA a b 1 2 3 4 5\n@ SOA a b 2 2 3 4 5\n",
		"z:1: home.arpa. has more than one SOA");
	assert_refused("a CH A 192.0.2.1\n", "z:1: the class is not IN");
	assert_refused("a NSEC b A\n", "z:1: signatures of a file are not served: NSEC");
	assert_refused("a TYPE1 \\# 3 010203\n", "z:1: the data is not that of the type: A");
}

static void what_is_elsewhere_or_of_another_zone_is_no_record(void **state)
{
	(void)state;
	assert_refused("b A 192.0.2.1\na DNAME b\nx.y.a A 192.0.2.1\n",
		"z:3: x.y.a.home.arpa. is below the DNAME of a.home.arpa.");
	assert_refused("@ DNAME b.\n@ A 192.0.2.1\nx A 192.0.2.1\n",
		"z:3: x.home.arpa. is below the DNAME of home.arpa.");
	assert_refused("a DNAME b\na NS c\n", "z:1: a.home.arpa. has a DNAME and NS");
	assert_refused("a DNAME b\na DNAME c\n", "z:1: a.home.arpa. has more than one DNAME");
	assert_refused("a SOA b c 1 2 3 4 5\n",
		"z:1: a.home.arpa. has a SOA and is not the top of the zone");
	/* A sibling of a DNAME is not below it, nor is a name that only sorts after it; the
	 * apex may have both. */
	struct zonefile *z = parse("@ DNAME b.\n@ NS c.\n@ SOA a b 1 2 3 4 5\n");
	zonefile_free(z);
	z = parse("a DNAME b\na A 192.0.2.1\naa A 192.0.2.1\nb A 192.0.2.1\nx.b DNAME c\n");
	assert_int_equal(zonefile_count(z), 4);
	zonefile_free(z);
}

static void parameters_of_services_are_checked(void **state)
{
	static const char fault[] =
		"z:1: a service parameter has a bad value, or needs another one";
	(void)state;
	assert_refused("a HTTPS 1 . port=1 port=2\n", "z:1: a parameter is there twice: port=2");
	assert_refused("a HTTPS 1 . mandatory=port\n", fault);
	assert_refused("a SVCB 1 . mandatory=mandatory port=1\n", fault);
	assert_refused("a TYPE64 \\# 7 00010000030001\n", fault);
	assert_refused("a TYPE64 \\# 7 00010000000000\n", fault);
	zonefile_free(parse("a HTTPS 1 . mandatory=alpn,port alpn=h2 port=1\n"));
	zonefile_free(parse("a HTTPS 0 b.\n"));
}

/* It could be transferred, but no message could hold it: so it is refused at once. */
static void a_set_that_no_message_holds_is_refused(void **state)
{
	enum { RECORDS = 5000, LINE = 32 };
	char *text = calloc(RECORDS, LINE);
	size_t len = 0;
	(void)state;
	for (int i = 0; i < 4000; i++)
		len += (size_t)snprintf(
			text + len, LINE, "many 60 A 10.0.%d.%d\n", i >> 8, i & 255);
	zonefile_free(parse(text));
	for (int i = 4000; i < RECORDS; i++)
		len += (size_t)snprintf(
			text + len, LINE, "many 60 A 10.0.%d.%d\n", i >> 8, i & 255);
	assert_refused(text, "z:1: many.home.arpa. has more than 64 KiB of records: A");
	free(text);
}

/* Multicast DNS would leave it out, and only a counter would tell. */
static void a_name_that_multicast_dns_cannot_announce_is_refused(void **state)
{
	enum { RECORDS = 600, LINE = 40 };
	char *text = calloc(RECORDS, LINE);
	(void)state;
	for (unsigned count = 400; count <= RECORDS; count += 200) {
		size_t len = 0;
		for (unsigned i = 0; i < count; i++)
			len += (size_t)snprintf(
				text + len, LINE, "a.local. 60 A 10.0.%u.%u\n", i >> 8, i & 255);
		if (count == RECORDS)
			assert_refused(text,
				"z:1: a.local. has more records than multicast DNS can announce");
		else
			zonefile_free(parse(text));
	}
	size_t len = 0;
	for (unsigned i = 0; i < RECORDS; i++) /* shared: they need no probe */
		len += (size_t)snprintf(text + len, LINE, "_http._tcp.local. PTR i%u.local.\n", i);
	zonefile_free(parse(text));
	free(text);
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	static const char *const faulty[] = {"a MX 65536 b\n", "a 4294967296 A 192.0.2.1\n",
		"a 9999999999 IN A 192.0.2.1\n", "a SRV 0 70000 80 b\n",
		"a SRV 0 0 ( ; x\n 65536 ) b\n", "a CAA 256 issue \"x\"\n", "a SSHFP 1 256 00\n",
		"a TLSA 3 1 300 00\n", "a DS 1 256 2 00\n", "@ SOA a b 1 2 3 4 4294967296\n",
		"a HTTPS 65536 .\n", "a URI 1 65536 \"x\"\n"};
	static const char *const good[] = {"a MX 65535 b\n", "a 4294967295 A 192.0.2.1\n",
		"4294967296 CAA 255 issue \"1000\"\n", "a TYPE44 \\# 3 010100\n",
		"a TLSA 3 1 1 (00 1\n 1)\n", "a SRV 1 ( 2 ; 99999\n 3 ) 99999\n",
		"@ SOA 9999999999 b 1 2 3 1w 4294967295\n", "a\\ 9999999999 1w TXT 9999999999\n",
		"a 5 CLASS1 NAPTR 1 2 \"\" \"\" \"\" .\n"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faulty); i++)
		assert_refused_for(faulty[i], "z:1: a number is too large: ");
	assert_refused(
		"a SSHFP 1 1 ( 00\n 123 )\n", "z:1: the hexadecimal digits end within a byte");
	assert_refused("a DS 1 8 2 00 1\n", "z:1: the hexadecimal digits end within a byte");
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		zonefile_free(parse(good[i]));
}

static void a_faulty_frame_is_named_by_its_line(void **state)
{
	(void)state;
	assert_refused("a A 192.0.2.1\n$INCLUDE /etc/passwd\n",
		"z:2: $INCLUDE is not read: name the other file in the configuration");
	assert_refused("$WHAT x\n", "z:1: only $ORIGIN, $TTL and $GENERATE are read here");
	assert_refused("$origin a..b\n", "z:1: $ORIGIN needs a name");
	assert_refused("$ORIGIN\n", "z:1: $ORIGIN needs a name");
	assert_refused("$TTL 1x\n", "z:1: $TTL needs a time in seconds");
	assert_refused("$TTL\n", "z:1: $TTL needs a time in seconds");
	assert_refused("$TTL 9999999999\n", "z:1: $TTL needs a time in seconds");
	assert_refused(
		"a TXT \"x\nb A 192.0.2.1\n", "z:1: a quoted string does not end on its line");
	assert_refused("a TXT \"x\\\"", "z:1: a quoted string does not end on its line");
	assert_refused("\na TXT ( x\nb A 192.0.2.1\n", "z:2: a parenthesis is not closed");
	assert_refused("a TXT x )\n", "z:1: a parenthesis is closed that was not opened");
}

static void signs_in_quotes_comments_and_escapes_are_not_the_frame(void **state)
{
	struct zonefile *z =
		parse("a TXT \"()\\\";\" ; ) \"\nb\\( A 192.0.2.1\n@ TXT ( \"a\"\n $x ) ; (\n");
	(void)state;
	assert_int_equal(zonefile_count(z), 3);
	zonefile_free(z);
}

static void a_zero_byte_is_refused(void **state)
{
	struct zonefile *z = NULL;
	struct zonefile_error error;
	(void)state;
	assert_int_equal(read_text(&z, "a A 1.2.3.4\0\n", 13, &error), ERR_SYNTAX);
	assert_string_equal(error.text, "z: has a zero byte");
}

static void messages_are_printable_and_bounded(void **state)
{
	struct zonefile_error error;
	char path[1000];
	(void)state;
	memset(path, '\x1b', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	zonefile_fail(&error, path, 7, "%s", path);
	assert_true(strlen(error.text) < sizeof(error.text));
	assert_null(strchr(error.text, '\x1b'));
}

static void the_sample_zones_are_read(void **state)
{
	static const char *const names[] = {"home.arpa.zone", "local.zone"};
	static const uint8_t local[] = "\5local";
	const char *top = getenv("top_srcdir");
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[4096];
		struct zonefile *z;
		struct zonefile_error error;
		snprintf(path, sizeof(path), "%s/zones/%s", top ? top : ".", names[i]);
		struct buf text = {0};
		assert_int_equal(file_read(path, 100000, &text), 0);
		if (read_text(&z, buf_text(&text), text.len, &error))
			fail_msg("%s", error.text);
		buf_fini(&text);
		assert_true(zonefile_count(z) > 3);
		for (size_t k = 0; k < zonefile_count(z); k++)
			assert_true(name_is_below(
				zonefile_owner(z, k).name, i == 0 ? home_arpa : local));
		zonefile_free(z);
	}
}

/* Makes a directory for this test. */
static int make_directory(void **state)
{
	char *path = strdup("/tmp/ontap-test-file-XXXXXX");
	if (!path || !mkdtemp(path))
		return -1;
	*state = path;
	return 0;
}

static int remove_directory(void **state)
{
	char path[100];
	static const char *const names[] = {"a", "link"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", (char *)*state, names[i]);
		unlink(path);
	}
	int err = rmdir(*state); /* fails if a temporary file was left behind */
	free(*state);
	return err;
}

static void assert_content(const char *path, const char *text)
{
	struct buf b = {0};
	assert_int_equal(file_read(path, 1000, &b), 0);
	assert_string_equal(buf_text(&b), text);
	buf_fini(&b);
}

static void a_file_is_replaced_whole_and_a_link_to_it_stays(void **state)
{
	char path[100], link[100];
	struct stat st;
	snprintf(path, sizeof(path), "%s/a", (char *)*state);
	snprintf(link, sizeof(link), "%s/link", (char *)*state);
	assert_int_equal(file_write(path, "one", 3), 0);
	assert_content(path, "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(file_write(path, "two", 3), 0);
	assert_content(path, "two");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(file_write(link, NULL, 0), 0);
	assert_content(path, "");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void what_is_no_regular_file_is_not_replaced(void **state)
{
	char path[100];
	(void)state;
	assert_int_equal(file_write("/dev/null", "x", 1), ERR_DENIED);
	assert_int_equal(file_write(*state, "x", 1), ERR_DENIED);
	snprintf(path, sizeof(path), "%s/none/a", (char *)*state);
	assert_int_equal(file_write(path, "x", 1), -ENOENT);
}

static void a_file_that_is_too_large_or_absent_is_not_read(void **state)
{
	struct buf b = {0};
	(void)state;
	assert_int_equal(file_read("/dev/zero", 100000, &b), ERR_RANGE);
	buf_fini(&b);
	assert_int_equal(file_read("/nowhere/z", 100000, &b), -ENOENT);
}

static void a_command_runs_in_the_shell_and_is_not_waited_for(void **state)
{
	char path[100], command[300];
	pid_t pid;
	int status;
	snprintf(path, sizeof(path), "%s/a", (char *)*state);
	snprintf(command, sizeof(command), "cat > %s; echo x >> %s; exit 3", path, path);
	assert_int_equal(file_run_command(command, &pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	assert_content(path, "x\n");
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_grouped_by_owner_and_type),
		cmocka_unit_test(equal_records_are_one_and_a_set_has_its_lowest_ttl),
		cmocka_unit_test(ttl_comes_from_the_record_the_file_or_the_caller),
		cmocka_unit_test(origin_changes_what_names_are_completed_with),
		cmocka_unit_test(types_that_are_not_known_are_read_in_their_own_form),
		cmocka_unit_test(a_line_is_plain_if_each_of_its_words_means_itself),
		cmocka_unit_test(a_plain_word_is_the_name_that_its_text_is),
		cmocka_unit_test(a_word_is_another_owner_below_another_origin_or_if_it_is_longer),
		cmocka_unit_test(what_a_line_leaves_out_comes_from_the_one_before_whoever_read_it),
		cmocka_unit_test(class_and_ttl_may_stand_in_either_order),
		cmocka_unit_test(owners_come_in_canonical_order),
		cmocka_unit_test(owners_in_the_reverse_order_are_sorted_and_repeated_ones_joined),
		cmocka_unit_test(a_record_is_named_by_the_line_where_it_begins),
		cmocka_unit_test(an_empty_file_has_no_owners),
		cmocka_unit_test(a_faulty_line_is_named_and_nothing_is_read),
		cmocka_unit_test(what_is_elsewhere_or_of_another_zone_is_no_record),
		cmocka_unit_test(parameters_of_services_are_checked),
		cmocka_unit_test(a_set_that_no_message_holds_is_refused),
		cmocka_unit_test(a_name_that_multicast_dns_cannot_announce_is_refused),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(a_faulty_frame_is_named_by_its_line),
		cmocka_unit_test(signs_in_quotes_comments_and_escapes_are_not_the_frame),
		cmocka_unit_test(a_zero_byte_is_refused),
		cmocka_unit_test(messages_are_printable_and_bounded),
		cmocka_unit_test(the_sample_zones_are_read),
		FILE_TEST(a_file_is_replaced_whole_and_a_link_to_it_stays),
		FILE_TEST(what_is_no_regular_file_is_not_replaced),
		FILE_TEST(a_file_that_is_too_large_or_absent_is_not_read),
		FILE_TEST(a_command_runs_in_the_shell_and_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
