/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of net/group.h.
 * Never opens a file. Run by `make check`.
 */
#include "net/group.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "unit.h"

static void v4_lines_belong_to_the_link_above(void **state)
{
	char line[64];
	struct group_line read = {0};
	(void)state;
	group_read_v4("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n", &read);
	assert_int_equal(read.members, 0);
	group_read_v4("2\teth0      :     2      V3\n", &read);
	assert_int_equal(read.members, 0);
	/* As the kernel prints it on this machine, in any byte order. */
	snprintf(line, sizeof(line), "\t\t\t\t%08X     3 0:00000000\t\t0\n", htonl(0xe00000fb));
	group_read_v4(line, &read);
	assert_int_equal(read.ifindex, 2);
	assert_int_equal(read.members, 3);
	snprintf(line, sizeof(line), "\t\t\t\t%08X     1 0:00000000\t\t0\n", htonl(0xe0000001));
	group_read_v4(line, &read);
	assert_int_equal(read.members, 0);
	group_read_v4("17\twlan0     :     2      V3\n", &read);
	assert_int_equal(read.ifindex, 17);
}

static void v6_lines_are_complete(void **state)
{
	struct group_line read = {0};
	(void)state;
	group_read_v6(
		"2    eth0            ff0200000000000000000000000000fb     2 00000004 0\n", &read);
	assert_int_equal(read.ifindex, 2);
	assert_int_equal(read.members, 2);
	group_read_v6(
		"2    eth0            ff020000000000000000000000000001     1 0000000C 0\n", &read);
	assert_int_equal(read.members, 0);
	group_read_v6("", &read);
	assert_int_equal(read.members, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v4_lines_belong_to_the_link_above),
		cmocka_unit_test(v6_lines_are_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
