/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the module for the C library: which answers it accepts, and how it fills a
 * caller's buffer of any size and alignment.
 * Never opens a socket: tests/net/test_nss.py does. Run by `make check`.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "nss/answer.h"
#include "nss/fill.h"
#include "unit.h"

static struct answer answer_of(const char *text)
{
	struct answer a = {0};
	assert_int_equal(answer_feed(&a, text, strlen(text)), 0);
	return a;
}

static const char web[] = "name web.home.arpa\nttl 60\naddress 10.7.0.2\naddress 2001:db8::2\n"
			  "address fe80::2%7\nend found\n";

static void an_answer_is_read_whole(void **state)
{
	struct answer a = answer_of(web);
	char text[INET6_ADDRSTRLEN];
	(void)state;
	assert_int_equal(a.verdict, ANSWER_FOUND);
	assert_int_equal(a.ttl_s, 60);
	assert_string_equal(answer_next_name(&a, NULL), "web.home.arpa");
	assert_null(answer_next_name(&a, answer_next_name(&a, NULL)));
	assert_int_equal(a.addr_count, 3);
	assert_int_equal(a.addrs[0].family, AF_INET);
	assert_string_equal(inet_ntop(AF_INET, a.addrs[0].bytes, text, sizeof(text)), "10.7.0.2");
	assert_int_equal(a.addrs[1].scope, 0);
	assert_int_equal(a.addrs[2].family, AF_INET6);
	assert_int_equal(a.addrs[2].scope, 7);
}

static void an_answer_is_the_same_in_any_pieces(void **state)
{
	const struct answer whole = answer_of(web);
	(void)state;
	for (size_t piece = 1; piece < sizeof(web); piece++) {
		struct answer a = {0};
		for (size_t at = 0; at < sizeof(web) - 1; at += piece) {
			size_t left = sizeof(web) - 1 - at;
			assert_int_equal(answer_feed(&a, web + at, left < piece ? left : piece), 0);
		}
		assert_int_equal(a.verdict, ANSWER_FOUND);
		assert_memory_equal(a.addrs, whole.addrs, sizeof(a.addrs));
		assert_memory_equal(a.names, whole.names, sizeof(a.names));
	}
}

static void each_verdict_ends_the_answer_and_what_follows_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(answer_of("end nodata\n").verdict, ANSWER_NODATA);
	assert_int_equal(answer_of("end nxdomain\n").verdict, ANSWER_NXDOMAIN);
	assert_int_equal(answer_of("end foreign\n\0name ..\n").verdict, ANSWER_FOREIGN);
	assert_int_equal(answer_of("end foreign\nend found\n").verdict, ANSWER_FOREIGN);
	assert_int_equal(answer_of("name a\nend found").verdict, ANSWER_UNFINISHED);
	assert_int_equal(answer_of("").verdict, ANSWER_UNFINISHED);
}

static void keywords_of_later_versions_are_passed_over(void **state)
{
	struct answer a = answer_of("name a.b\ncolour blue\naddress ::1\nend found\n");
	(void)state;
	assert_int_equal(a.verdict, ANSWER_FOUND);
	assert_int_equal(a.addr_count, 1);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char *const texts[] = {"\n", "nonsense\n", "end\n", "end \n", "end here\n",
		"end found\n", "end found \n", "name \nend found\n", "name a..b\n", "name .a\n",
		"name a.\n", "name a b\n", "name a\r\n", "name \303\251\n", "name ../x\n",
		"name a%s\n", "address \n", "address 10.7.0\n", "address 10.7.0.2%1\n",
		"address fe80::1%\n", "address fe80::1%eth0\n", "address fe80::1%4294967296\n",
		"address fe80::1%-1\n", "address fe80::1%1%1\n", "ttl \n", "ttl -1\n", "ttl 1x\n",
		"ttl 99999999999\n", "ttl 4294967296\n"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct answer a = {0};
		if (answer_feed(&a, texts[i], strlen(texts[i])) != ERR_SYNTAX)
			fail_msg("taken: %s", texts[i]);
	}
	struct answer a = {0};
	assert_int_equal(answer_feed(&a, "name a\0b\n", 9), ERR_SYNTAX);
}

static void a_line_or_an_answer_that_is_too_long_is_refused(void **state)
{
	char line[ANSWER_LINE_CAP];
	struct answer a = {0};
	(void)state;
	memset(line, 'a', sizeof(line));
	assert_int_equal(answer_feed(&a, line, sizeof(line)), ERR_RANGE);
	a = (struct answer){0};
	size_t total = 0;
	int err = 0;
	for (; !err && total <= LIMIT_RESOLVE_BYTES; total += 4)
		err = answer_feed(&a, "x y\n", 4);
	assert_int_equal(err, ERR_RANGE);
	assert_in_range(total, LIMIT_RESOLVE_BYTES - 4, LIMIT_RESOLVE_BYTES + 4);
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
	struct answer a = {0};
	char line[ANSWER_LINE_CAP];
	(void)state;
	for (int i = 0; i < LIMIT_RESOLVE_ADDRS + 8; i++) {
		int len = snprintf(line, sizeof(line), "address 10.0.0.%d\n", i);
		assert_int_equal(answer_feed(&a, line, (size_t)len), 0);
	}
	memset(line, 'a', sizeof(line));
	memcpy(line, "name ", 5);
	line[5 + 253] = '\n';
	for (int i = 0; i < 8; i++)
		assert_int_equal(answer_feed(&a, line, 5 + 253 + 1), 0);
	assert_int_equal(a.addr_count, LIMIT_RESOLVE_ADDRS);
	assert_int_equal(a.names_len, 4 * ANSWER_NAME_CAP);
	assert_int_equal(answer_feed(&a, "end found\n", 10), 0);
	assert_int_equal(a.verdict, ANSWER_FOUND);
}

static void names_that_a_host_may_have(void **state)
{
	static const char *const good[] = {"a", "web", "WEB-2", "_dns.a_b", "a.b.c", "1"};
	static const char *const bad[] = {
		"", ".", "a..b", ".a", "a b", "a/b", "a\\b", "a\n", "\303\251", "a.."};
	char longest[256];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(answer_is_host_name(good[i], false));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(answer_is_host_name(bad[i], true));
	assert_true(answer_is_host_name("a.b.", true));
	assert_false(answer_is_host_name("a.b.", false));
	memset(longest, 'a', sizeof(longest));
	longest[253] = '\0';
	assert_true(answer_is_host_name(longest, true));
	longest[253] = '.', longest[254] = '\0';
	assert_true(answer_is_host_name(longest, true));
	longest[253] = 'a', longest[254] = '\0';
	assert_false(answer_is_host_name(longest, true));
}

/* Filling. Each result is filled into separate buffers of all sizes, up to one that is
 * large enough, so that a sanitizer finds a write outside. The buffers begin at all
 * remainders of an alignment. */

enum { ROOM_MAX = 4096, ALIGNMENTS = 8 };

typedef int fill_fn(const struct answer *a, struct fill_space space);

static bool is_within(const void *p, size_t size, struct fill_space space)
{
	return (const char *)p >= space.at && (const char *)p + size <= space.at + space.left;
}

static void fill_in_every_room(const struct answer *a, fill_fn *fill)
{
	for (size_t gap = 0; gap < ALIGNMENTS; gap++) {
		size_t size = 0;
		int err = ERR_SPACE;
		for (; err == ERR_SPACE && size < ROOM_MAX; size++) {
			char *room = malloc(gap + size + 1);
			assert_non_null(room);
			err = fill(a, (struct fill_space){room + gap, size});
			free(room);
		}
		assert_int_equal(err, 0);
		assert_true(size > 1);
	}
}

static int check_tuples(const struct answer *a, struct fill_space space)
{
	struct gaih_addrtuple *tuple = NULL;
	int err = fill_tuples(a, space, &tuple);
	if (err)
		return err;
	for (size_t i = 0; i < a->addr_count; i++, tuple = tuple->next) {
		assert_true(is_within(tuple, sizeof(*tuple), space));
		assert_true((uintptr_t)tuple % _Alignof(struct gaih_addrtuple) == 0);
		assert_true(is_within(tuple->name, sizeof("web.home.arpa"), space));
		assert_string_equal(tuple->name, "web.home.arpa");
		assert_int_equal(tuple->family, a->addrs[i].family);
		assert_int_equal(tuple->scopeid, a->addrs[i].scope);
		assert_memory_equal(tuple->addr, a->addrs[i].bytes, fill_addr_len(tuple->family));
	}
	assert_null(tuple);
	return 0;
}

static void tuples_have_all_addresses_with_their_scopes(void **state)
{
	struct answer a = answer_of(web), empty = answer_of("name a.b\nend found\n");
	struct gaih_addrtuple *ret = NULL;
	char room[64];
	(void)state;
	fill_in_every_room(&a, check_tuples);
	assert_int_equal(
		fill_tuples(&empty, (struct fill_space){room, sizeof(room)}, &ret), ERR_ABSENT);
	assert_null(ret);
}

static int check_host_v6(const struct answer *a, struct fill_space space)
{
	struct hostent host = {0};
	int err = fill_host(a, AF_INET6, space, &host);
	if (err) {
		assert_null(host.h_name);
		return err;
	}
	assert_string_equal(host.h_name, "web.home.arpa");
	assert_true(is_within(host.h_name, sizeof("web.home.arpa"), space));
	assert_int_equal(host.h_addrtype, AF_INET6);
	assert_int_equal(host.h_length, 16);
	assert_null(host.h_aliases[0]);
	assert_true(is_within(host.h_addr_list, 2 * sizeof(char *), space));
	assert_true(is_within(host.h_addr_list[0], 16, space));
	assert_memory_equal(host.h_addr_list[0], a->addrs[1].bytes, 16);
	/* The other one needs a scope. */
	assert_null(host.h_addr_list[1]);
	return 0;
}

static void a_host_has_the_addresses_of_one_family_that_need_no_scope(void **state)
{
	struct answer a = answer_of(web), v4 = answer_of("name a.b\naddress 10.0.0.1\nend found\n");
	struct hostent host = {0};
	char room[256];
	(void)state;
	fill_in_every_room(&a, check_host_v6);
	struct fill_space space = {room, sizeof(room)};
	assert_int_equal(fill_host(&v4, AF_INET6, space, &host), ERR_ABSENT);
	assert_int_equal(fill_host(&v4, AF_INET, space, &host), 0);
	assert_int_equal(host.h_length, 4);
}

static int check_host_of_addr(const struct answer *a, struct fill_space space)
{
	const struct answer_addr addr = {.family = AF_INET, .bytes = {10, 7, 0, 2}};
	struct hostent host = {0};
	int err = fill_host_of_addr(a, &addr, space, &host);
	if (err)
		return err;
	assert_string_equal(host.h_name, "web.lan.home.arpa");
	assert_string_equal(host.h_aliases[0], "b.home.arpa");
	assert_string_equal(host.h_aliases[1], "c.home.arpa");
	assert_true(is_within(host.h_aliases, 3 * sizeof(char *), space));
	assert_true(is_within(host.h_aliases[1], sizeof("c.home.arpa"), space));
	assert_null(host.h_aliases[2]);
	assert_memory_equal(host.h_addr_list[0], addr.bytes, 4);
	assert_true(is_within(host.h_addr_list[0], 4, space));
	assert_null(host.h_addr_list[1]);
	return 0;
}

static void an_address_has_its_first_name_and_the_others_as_aliases(void **state)
{
	struct answer a = answer_of(
		"name web.lan.home.arpa\nname b.home.arpa\nname c.home.arpa\nend found\n");
	(void)state;
	fill_in_every_room(&a, check_host_of_addr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_whole),
		cmocka_unit_test(an_answer_is_the_same_in_any_pieces),
		cmocka_unit_test(each_verdict_ends_the_answer_and_what_follows_is_left_out),
		cmocka_unit_test(keywords_of_later_versions_are_passed_over),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(a_line_or_an_answer_that_is_too_long_is_refused),
		cmocka_unit_test(more_than_there_is_room_for_is_left_out),
		cmocka_unit_test(names_that_a_host_may_have),
		cmocka_unit_test(tuples_have_all_addresses_with_their_scopes),
		cmocka_unit_test(a_host_has_the_addresses_of_one_family_that_need_no_scope),
		cmocka_unit_test(an_address_has_its_first_name_and_the_others_as_aliases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
