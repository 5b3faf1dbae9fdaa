/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the kernel's tables of sockets: an accepted line has an address of a known
 * family, with nothing after its length, and no byte after the line is read.
 * Never checks which lines are valid: that is tests/unit/test_socket_line.c.
 */
#include "model/socket_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_addr(const struct addr *addr)
{
	struct addr again = addr_make((enum addr_family)addr->family, addr->bytes);
	check(addr->family == ADDR_V4 || addr->family == ADDR_V6);
	check(addr_equal(&again, addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct socket_line line;
	char *exact = malloc(len + !len); /* exact size: the sanitizer sees a read past it */
	if (!exact)
		return 0;
	memcpy(exact, bytes, len);
	if (socket_line_parse(exact, len, &line) == 0)
		check_addr(&line.addr);
	free(exact);
	return 0;
}
