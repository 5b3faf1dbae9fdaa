/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of output with files that were judged to be good.
 * Never judges itself.
 */
#include "golden_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

const char *golden_read(const char *name)
{
	char path[512];
	const char *top = getenv("top_srcdir");
	static char text[1 << 17];
	snprintf(path, sizeof(path), "%s/tests/unit/golden/%s", top ? top : ".", name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot read %s", path);
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

void golden_check(struct buf *out, const char *name)
{
	const char *dir = getenv("SHOW_GOLDEN");
	if (dir) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(buf_text(out), file);
		fclose(file);
	} else {
		assert_string_equal(buf_text(out), golden_read(name));
	}
	buf_fini(out);
}
