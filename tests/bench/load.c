/* SPDX-License-Identifier: ISC */
/*
 * Owns the client of the measurements: keeps WINDOW questions in flight, checks each answer, and
 * prints the results as JSON.
 * Never makes questions: questions.py does. Run by bench.py.
 *
 *	load FILE ADDR PORT COUNT WINDOW SECONDS [LINK [any] [wait]]
 *
 * FILE is a question file (asked.h). COUNT of its questions are asked in turn, for at most SECONDS.
 * LINK: sent only there, as multicast requires. any: every reply counts as right. wait: begins when
 * its standard input ends, which several clients may share. SIGTERM: ends it early.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "asked.h"
#include "base/cursor.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"

enum { BATCH = 32, SLOTS = 256, REPLY_CAP = 4096, PATIENCE_MS = 250 };

/* A question in flight. Its id is the slot's number, and how often the slot was used. */
struct slot {
	const struct asked *asked;
	ns_t sent_at;
	uint8_t uses;
	bool is_waiting;
	uint8_t bytes[ASKED_LEN_MAX];
};

static struct load {
	int fd;
	struct sockaddr_in to;
	bool takes_any;
	struct asked *asked;
	size_t asked_count;
	unsigned window;
	struct slot slots[SLOTS];
	uint64_t goal, sent, answered, wrong, lost;
	uint32_t *latency_ns; /* `goal` of them */
	uint8_t replies[BATCH][REPLY_CAP];
} load;

static volatile sig_atomic_t is_over;

static void end_early(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

static void open_socket(struct load *l, const char *addr, const char *port, const char *link)
{
	const struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
	const int room = 4 << 20, off = 0;
	l->to = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	if (inet_pton(AF_INET, addr, &l->to.sin_addr) != 1)
		asked_die(addr);
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
		setsockopt(l->fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)))
		asked_die("socket");
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (link && setsockopt(l->fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)))
		asked_die(link);
}

static void start_slot(struct load *l, unsigned i, ns_t now)
{
	struct slot *s = &l->slots[i];
	s->asked = &l->asked[l->sent++ % l->asked_count];
	s->uses++;
	s->is_waiting = true;
	s->sent_at = now;
	memcpy(s->bytes, s->asked->bytes, s->asked->len);
	put_u16(s->bytes, (uint16_t)(i << 8 | s->uses));
}

/* Fills the free slots with questions, and sends them in batches. */
static void fill(struct load *l)
{
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	ns_t now = loop_now();
	for (unsigned i = 0; i < l->window && l->sent < l->goal;) {
		unsigned count = 0;
		for (; i < l->window && count < BATCH && l->sent < l->goal; i++) {
			if (l->slots[i].is_waiting)
				continue;
			start_slot(l, i, now);
			vectors[count] = (struct iovec){l->slots[i].bytes, l->slots[i].asked->len};
			messages[count].msg_hdr = (struct msghdr){.msg_name = &l->to,
				.msg_namelen = sizeof(l->to),
				.msg_iov = &vectors[count],
				.msg_iovlen = 1};
			count++;
		}
		/* A question that the kernel refuses is lost, and is detected by its time. */
		if (count > 0)
			sendmmsg(l->fd, messages, count, 0);
	}
}

static void take_reply(struct load *l, const uint8_t *bytes, size_t len, ns_t now)
{
	if (len < MSG_HEADER_LEN)
		return;
	struct slot *s = &l->slots[bytes[0]];
	if (!s->is_waiting || s->uses != bytes[1])
		return;
	s->is_waiting = false;
	if (!l->takes_any && !asked_is_right(s->asked, bytes)) {
		l->wrong++;
		return;
	}
	ns_t latency = now - s->sent_at;
	l->latency_ns[l->answered++] = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
}

/* Reads the answers; waits for one. If none arrives, all questions in flight are lost. */
static void drain(struct load *l)
{
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){l->replies[i], REPLY_CAP};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
	}
	int count = recvmmsg(l->fd, messages, BATCH, MSG_WAITFORONE, NULL);
	if (count < 0) {
		for (unsigned i = 0; i < l->window; i++) {
			l->lost += l->slots[i].is_waiting;
			l->slots[i].is_waiting = false;
		}
		return;
	}
	ns_t now = loop_now();
	for (int i = 0; i < count; i++)
		take_reply(l, l->replies[i], messages[i].msg_len, now);
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double latency_us(const struct load *l, unsigned percent)
{
	return l->answered ? l->latency_ns[(l->answered - 1) * percent / 100] / 1000.0 : 0;
}

int main(int argc, char **argv)
{
	struct load *l = &load;
	if (argc < 7 || argc > 10) {
		fprintf(stderr,
			"usage: load FILE ADDR PORT COUNT WINDOW SECONDS [LINK [any] [wait]]\n");
		return 100;
	}
	l->goal = strtoull(argv[4], NULL, 10);
	l->window = (unsigned)atoi(argv[5]);
	if (l->window < 1 || l->window > SLOTS || l->goal < 1)
		asked_die("bad count or window");
	bool waits = false;
	for (int i = 8; i < argc; i++) {
		l->takes_any |= strcmp(argv[i], "any") == 0;
		waits |= strcmp(argv[i], "wait") == 0;
	}
	l->latency_ns = calloc(l->goal, sizeof(*l->latency_ns));
	if (!l->latency_ns)
		asked_die("memory");
	l->asked_count = asked_read(argv[1], &l->asked);
	open_socket(l, argv[2], argv[3], argc > 7 && argv[7][0] ? argv[7] : NULL);
	signal(SIGTERM, end_early);
	while (waits && getchar() != EOF)
		;

	ns_t start = loop_now(), end = start + (ns_t)(atof(argv[6]) * NS_PER_S), now = start;
	while (l->answered + l->wrong + l->lost < l->goal && now < end && !is_over) {
		fill(l);
		drain(l);
		now = loop_now();
	}
	qsort(l->latency_ns, l->answered, sizeof(*l->latency_ns), compare_u32);
	printf("{\"answered\": %llu, \"wrong\": %llu, \"lost\": %llu, \"seconds\": %.6f, "
	       "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
		(unsigned long long)l->answered, (unsigned long long)l->wrong,
		(unsigned long long)l->lost, (double)(now - start) / NS_PER_S, latency_us(l, 50),
		latency_us(l, 99));
	return 0;
}
