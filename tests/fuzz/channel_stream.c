/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the input of fuzz_channel and fuzz_keeper.
 * Never reads what comes back.
 */
#include "channel_stream.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/cursor.h"

enum { MESSAGES_MAX = 128, STREAM_MAX = 1 << 20, ZEROS_UNIT = 4 };

static void add_zeros(struct buf *out, size_t count)
{
	static const uint8_t zeros[1024];
	for (size_t now; count > 0; count -= now) {
		now = count < sizeof(zeros) ? count : sizeof(zeros);
		buf_add(out, zeros, now);
	}
}

void channel_stream_make(const uint8_t *bytes, size_t len, struct buf *ret)
{
	struct rd in = rd_init(bytes, len);
	for (unsigned i = 0; i < MESSAGES_MAX && ret->len < STREAM_MAX && rd_left(&in) > 0; i++) {
		const uint8_t control = rd_u8(&in);
		size_t own = rd_u16(&in);
		const uint32_t said = control & 0x20 ? rd_u32(&in) : 0;
		const size_t zeros = control & 0x40 ? (size_t)ZEROS_UNIT * rd_u16(&in) : 0;
		own = own < rd_left(&in) ? own : rd_left(&in);
		const uint32_t header[] = {
			control & 0x1f, control & 0x20 ? said : (uint32_t)(own + zeros)};
		const uint8_t *content = rd_bytes(&in, own);
		if (in.err)
			return;
		buf_add(ret, header, sizeof(header));
		buf_add(ret, content, own);
		add_zeros(ret, zeros);
	}
}

bool channel_stream_send(int fd, const struct buf *stream, size_t piece, size_t *sent)
{
	size_t len = stream->len - *sent < piece ? stream->len - *sent : piece;
	ssize_t n = len > 0 ? send(fd, stream->bytes + *sent, len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	*sent += n > 0 ? (size_t)n : 0;
	return *sent < stream->len;
}

void channel_stream_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		abort();
}
