/* SPDX-License-Identifier: ISC */
/* Lines of /proc/net/{tcp,udp}{,6}: model/socket_line.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/socket_line.h"
#include "unit.h"

static void assert_line(const char *line, const char *wanted)
{
	struct socket_line got;
	char text[128], addr[ADDR_TEXT_CAP];
	assert_int_equal(socket_line_parse(line, strlen(line), &got), 0);
	snprintf(text, sizeof(text), "%s %u state %u inode %" PRIu64, addr_format(&got.addr, addr),
		got.port, got.state, got.inode);
	assert_string_equal(text, wanted);
}

static void assert_none(const char *line)
{
	struct socket_line got;
	assert_int_equal(socket_line_parse(line, strlen(line), &got), ERR_SYNTAX);
}

/* The address as the kernel writes it, whose 32-bit numbers are in the machine's byte order. */
static const char *hex_of(const char *addr, char out[33])
{
	struct addr a;
	uint32_t words[4];
	assert_int_equal(addr_parse(addr, &a), 0);
	memcpy(words, a.bytes, sizeof(words));
	for (size_t i = 0; i < addr_len(&a) / 4; i++)
		snprintf(out + 8 * i, 9, "%08X", words[i]);
	return out;
}

static void assert_addr(const char *addr, const char *wanted)
{
	char line[256], hex[33], text[128];
	snprintf(line, sizeof(line),
		"   0: %s:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101       "
		" "
		"0 17712 1 0000000000000000 100 0 0 10 5",
		hex_of(addr, hex));
	snprintf(text, sizeof(text), "%s 53 state 10 inode 17712", wanted);
	assert_line(line, text);
}

static void a_listening_socket_is_read(void **state)
{
	(void)state;
	assert_addr("127.0.0.53", "127.0.0.53");
	assert_addr("0.0.0.0", "0.0.0.0");
	assert_addr("2001:db8::7", "2001:db8::7");
	assert_addr("::", "::");
}

static void a_mapped_address_is_one_of_ipv4(void **state)
{
	(void)state;
	assert_addr("::ffff:192.0.2.1", "192.0.2.1");
}

static void a_datagram_socket_has_a_longer_slot_and_no_state(void **state)
{
	(void)state;
	assert_line("12345: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000  "
		    "   0        0 18446744073709551615 2 0000000000000000 0",
		"0.0.0.0 5353 state 7 inode 18446744073709551615");
}

static void what_is_no_socket_is_refused(void **state)
{
	(void)state;
	assert_none("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt");
	assert_none("");
	assert_none("   0: ");
	assert_none("   0: 0000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 1");
	assert_none("   0: 000000000000000000000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 1");
	assert_none("   0: 00000000:0035 00000000:0000 0A 0:0 0:0 0 0 0");
	assert_none("   0: 00000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 x");
	assert_none("   0: 00000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 18446744073709551616");
	assert_none("   x: 00000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listening_socket_is_read),
		cmocka_unit_test(a_mapped_address_is_one_of_ipv4),
		cmocka_unit_test(a_datagram_socket_has_a_longer_slot_and_no_state),
		cmocka_unit_test(what_is_no_socket_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
