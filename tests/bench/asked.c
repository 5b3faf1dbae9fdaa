/* SPDX-License-Identifier: ISC */
/*
 * Owns what the clients of the measurements have in common: the reading of question files, and the socket of
 * those that ask one question after another.
 * Never sends any.
 *
 * Each question is: length (2 bytes), expected rcode, least number of answers, the message.
 */
#include "asked.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/cursor.h"
#include "wire/msg.h"

_Noreturn void asked_die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(111);
}

int asked_connect(const char *addr, const char *port, unsigned patience_ms)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct timeval patience = {.tv_usec = patience_ms * 1000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (inet_pton(AF_INET, addr, &to.sin_addr) != 1)
		asked_die(addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		asked_die("socket");
	return fd;
}

/* Reads a whole file; `*ret_size` is its length. */
static uint8_t *read_whole(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END))
		asked_die(path);
	size_t size = (size_t)ftell(f);
	uint8_t *bytes = malloc(size + 1);
	rewind(f);
	if (!bytes || fread(bytes, 1, size, f) != size)
		asked_die(path);
	fclose(f);
	*ret_size = size;
	return bytes;
}

size_t asked_read(const char *path, struct asked **ret_asked)
{
	size_t size, count = 0;
	const uint8_t *bytes = read_whole(path, &size);
	struct asked *all = calloc(size / 4 + 1, sizeof(*all));
	struct rd r = rd_init(bytes, size);
	if (!all)
		asked_die("memory");
	while (rd_left(&r) > 0 && !r.err) {
		struct asked *a = &all[count++];
		a->len = rd_u16(&r);
		a->rcode = rd_u8(&r);
		a->answers = rd_u8(&r);
		a->bytes = rd_bytes(&r, a->len);
		if (a->len > ASKED_LEN_MAX || a->len < MSG_HEADER_LEN)
			asked_die("a question is too long or too short");
	}
	if (r.err || count == 0)
		asked_die("no questions");
	*ret_asked = all;
	return count;
}
