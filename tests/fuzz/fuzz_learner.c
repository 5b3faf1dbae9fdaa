/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of what ontapd hears from the learner, which may be under a guest's control: whatever it sends,
 * ontapd gets values that exist, and after the first that does not it hears no more.
 * Never starts a process: the learner is a pair of sockets. Run by a fuzzer, and its replay.
 *
 * The input: messages, each of two bytes with its length and its content.
 */
#include "ontapd/learner.c" /* without its process */

#include <limits.h>

#include "base/cursor.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MESSAGES_MAX = 64, NO_PROCESS = INT_MAX };

struct told {
	unsigned calls, again, ends;
};

/* Never called: there is no process. */
int pupil_run(int fd, const struct log *log)
{
	(void)fd, (void)log;
	abort();
}

static void on_news(void *arg, const struct learner_news *news)
{
	struct told *told = arg;
	told->calls++;
	require(told->ends == 0 && (unsigned)news->type < LEARNER_AGAIN);
	require(news->addr.family == ADDR_V4 || news->addr.family == ADDR_V6);
	const struct addr same = addr_make((enum addr_family)news->addr.family, news->addr.bytes);
	require(memcmp(&same, &news->addr, sizeof(same)) == 0 || addr_equal(&same, &news->addr));
	require(guest_origin_text(news->origin)[0] && guest_refusal_text(news->why)[0]);
}

static void on_again(void *arg)
{
	struct told *told = arg;
	told->again++;
	require(told->ends == 0);
}

static void on_end(void *arg)
{
	struct told *told = arg;
	told->ends++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct told told = {0};
	struct rd in = rd_init(bytes, len);
	struct learner l = {.watch = {.fd = -1},
		.pid = NO_PROCESS,
		.on_news = on_news,
		.on_again = on_again,
		.on_end = on_end,
		.arg = &told};
	unsigned sent = 0;
	int fds[2];
	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) == 0);
	l.watch.fd = fds[0];
	while (sent < MESSAGES_MAX && rd_left(&in) > 0) {
		size_t own = rd_u16(&in);
		own = own < rd_left(&in) ? own : rd_left(&in);
		const uint8_t *content = rd_bytes(&in, own);
		if (in.err || send(fds[1], content, own, MSG_NOSIGNAL) < 0)
			break;
		sent++;
		on_ready(&l, 0);
	}
	require(told.calls + told.again + told.ends == sent && told.ends <= 1);
	require(learner_is_running(&l) == (told.ends == 0));
	close(fds[1]);
	if (learner_is_running(&l))
		on_ready(&l, 0);
	require(!learner_is_running(&l) && told.ends == 1);
	return 0;
}
