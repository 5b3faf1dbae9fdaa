/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of net/sockaddr.h.
 * Never opens a socket. Run by `make check`.
 */
#include "net/sockaddr.h"

#include "unit.h"

static struct addr parse(const char *text)
{
	struct addr a;
	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void an_address_comes_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1", "0.0.0.0", "2001:db8::1", "fe80::1", "::", "::192.0.2.1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		union sockaddr_inet at;
		struct addr a = parse(texts[i]), back;
		socklen_t len = sockaddr_make(&a, 5353, 7, &at);
		back = sockaddr_addr(&at);
		assert_true(addr_equal(&a, &back));
		assert_int_equal(sockaddr_port(&at), 5353);
		assert_int_equal(len, a.family == ADDR_V4 ? sizeof(at.v4) : sizeof(at.v6));
		if (a.family == ADDR_V6)
			assert_int_equal(at.v6.sin6_scope_id, 7);
	}
}

static void ipv4_on_a_socket_for_both_is_ipv4(void **state)
{
	union sockaddr_inet at;
	struct addr mapped = parse("::ffff:192.0.2.1"), plain = parse("192.0.2.1"), found;
	(void)state;
	sockaddr_make(&mapped, 53, 0, &at);
	assert_int_equal(at.any.sa_family, AF_INET6);
	found = sockaddr_addr(&at);
	assert_true(addr_equal(&found, &plain));
	assert_int_equal(sockaddr_port(&at), 53);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_comes_back_as_it_was),
		cmocka_unit_test(ipv4_on_a_socket_for_both_is_ipv4),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
