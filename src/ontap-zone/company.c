/* SPDX-License-Identifier: ISC */
/*
 * Owns the count of sockets on a port.
 * Never keeps what it has read.
 */
#include "ontap-zone/company.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/socket_line.h"

static unsigned count_in(const char *path, uint16_t port)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	ssize_t len;
	unsigned count = 0;
	struct socket_line line;
	while (file && (len = getline(&text, &cap, file)) > 0) {
		const size_t text_len = (size_t)len - (text[len - 1] == '\n');
		if (socket_line_parse(text, text_len, &line) == 0 && line.port == port)
			count++;
	}
	free(text);
	if (file)
		fclose(file);
	return count;
}

unsigned company_sockets(uint16_t port)
{
	return count_in("/proc/self/net/udp", port) + count_in("/proc/self/net/udp6", port);
}
