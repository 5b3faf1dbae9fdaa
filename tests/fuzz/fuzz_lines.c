/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of both ends of a socket for questions. The daemon: of any bytes, in any pieces, the first line is
 * the request, if it is not too long, and nothing else is one. The client: each whole line is passed on, and nothing
 * else.
 * Never listens: each connection is a pair of sockets. Run by a fuzzer, and its replay.
 *
 * The input: a byte for the length of the pieces, of which 0 stands for the client's end, and the bytes.
 */
#include "io/control.c" /* without its listening socket */

#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* As much as a pair of sockets takes at once. */
enum { ANSWER_MAX = 32768, PIECE_UNIT = 17 };

struct told {
	size_t calls;
	char line[CONTROL_LINE_CAP];
};

static unsigned answer(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out)
{
	struct told *told = arg;
	told->calls++;
	require(asker->uid == geteuid() && strlen(request) < sizeof(told->line));
	strcpy(told->line, request);
	buf_puts(out, "answered\n");
	return 0;
}

static void daemon_end(const uint8_t *bytes, size_t len, size_t piece)
{
	struct told told = {0};
	int fds[2];
	char out[64];
	struct control c = {.config = {.clients_max = 4,
				    .user_clients_max = 4,
				    .patience = NS_PER_S,
				    .answer = answer,
				    .arg = &told},
		.loop = loop_new(),
		.watch = {.fd = -1}};
	require(c.loop && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	list_init(&c.clients);
	control_add(&c, fds[0]);
	for (size_t sent = 0, now; sent < len && c.client_count > 0; sent += now) {
		now = len - sent < piece ? len - sent : piece;
		now = now < ANSWER_MAX ? now : ANSWER_MAX;
		if (send(fds[1], bytes + sent, now, MSG_NOSIGNAL) < 0)
			break;
		require(loop_turn(c.loop, loop_now()) == 0);
	}
	shutdown(fds[1], SHUT_WR);
	if (c.client_count > 0)
		require(loop_turn(c.loop, loop_now()) == 0);
	require(c.client_count == 0);
	const size_t head = len < CONTROL_LINE_CAP ? len : CONTROL_LINE_CAP;
	const uint8_t *newline = head > 0 ? memchr(bytes, '\n', head) : NULL;
	require(told.calls == (newline != NULL));
	if (newline) {
		const size_t line = (size_t)(newline - bytes);
		require(strncmp(told.line, (const char *)bytes, line) == 0 &&
			strlen(told.line) <= line);
		require(recv(fds[1], out, sizeof(out), 0) == (ssize_t)strlen("answered\n"));
	}
	close(fds[1]);
	loop_free(c.loop);
}

/* What the client still has to get. */
struct expected {
	const uint8_t *bytes;
	size_t len;
};

static bool on_line(void *arg, const char *line)
{
	struct expected *e = arg;
	const uint8_t *newline = memchr(e->bytes, '\n', e->len);
	require(newline != NULL);
	const size_t len = (size_t)(newline - e->bytes);
	require(strlen(line) == strnlen((const char *)e->bytes, len) &&
		memcmp(line, e->bytes, strlen(line)) == 0);
	e->bytes += len + 1;
	e->len -= len + 1;
	return true;
}

static void client_end(const uint8_t *bytes, size_t len)
{
	struct expected e = {bytes, len < ANSWER_MAX ? len : ANSWER_MAX};
	int fds[2];
	require(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	require(e.len == 0 || send(fds[1], e.bytes, e.len, MSG_NOSIGNAL) == (ssize_t)e.len);
	close(fds[1]);
	require(ask_read(fds[0], on_line, &e) == 0);
	require(e.len == 0 || !memchr(e.bytes, '\n', e.len));
	close(fds[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	if (bytes[0] == 0)
		client_end(bytes + 1, len - 1);
	else
		daemon_end(bytes + 1, len - 1, (size_t)bytes[0] * PIECE_UNIT);
	return 0;
}
