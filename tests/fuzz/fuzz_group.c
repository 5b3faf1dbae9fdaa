/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the readers of /proc/net/igmp and igmp6: any text, line by line.
 * Never opens a file. Run by a fuzzer and its replay.
 */
#include "net/group.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct group_line v4 = {0}, v6 = {0};
	char *text = malloc(len + 1), *rest = text, *line;
	if (!text)
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		uint32_t before = v4.ifindex;
		group_read_v4(line, &v4);
		group_read_v6(line, &v6);
		if (line[0] == '\t' && v4.ifindex != before)
			abort(); /* a group belongs to the link above it */
		if (v6.members > 0 && !strstr(line, "ff02"))
			abort();
	}
	free(text);
	return 0;
}
