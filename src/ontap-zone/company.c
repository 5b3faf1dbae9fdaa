/* SPDX-License-Identifier: ISC */
/*
 * Owns the count of sockets on a port.
 * Never keeps what it has read, but the files.
 */
#include "ontap-zone/company.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/file.h"
#include "model/socket_line.h"

void company_open(struct company *c)
{
	c->fds[0] = open("/proc/self/net/udp", O_RDONLY | O_CLOEXEC);
	c->fds[1] = open("/proc/self/net/udp6", O_RDONLY | O_CLOEXEC);
}

void company_close(struct company *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->fds); i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	*c = (struct company){{-1, -1}};
}

static unsigned count_in(int fd, uint16_t port)
{
	FILE *file = file_again(fd);
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

unsigned company_sockets(const struct company *c, uint16_t port)
{
	return count_in(c->fds[0], port) + count_in(c->fds[1], port);
}
