/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the text of addresses and prefixes: accepted text is written and read the
 * same.
 * Never checks which texts are right: tests/unit/test_addr.c does. Run by a fuzzer and its replay.
 */
#include "base/addr.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), out[ADDR_TEXT_CAP];
	struct prefix first, second;
	if (!text)
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (prefix_parse(text, &first) == 0) {
		prefix_format(&first, out);
		check(prefix_parse(out, &second) == 0);
		check(prefix_equal(&first, &second));
		check(prefix_has(&first, &first.addr));
		check(addr_scope(&first.addr) < ADDR_SCOPE_COUNT);
	}
	free(text);
	return 0;
}
