/* SPDX-License-Identifier: ISC */
/*
 * Owns the observation of a server while one record changes: asks the same question at a steady
 * pace until the answer has the new address, and a little longer.
 * Never makes the change. Run by bench.py.
 *
 *	follow ADDR PORT NAME IPV4 INTERVAL_US SECONDS [do]
 *
 * "do": asks for signatures, too; an answer without them is not the right one.
 *
 * Prints a line when the server answers. At the end, which is after the address was first in an
 * answer, or SECONDS after that line, prints as JSON: that time (nanoseconds of CLOCK_MONOTONIC; 0:
 * never), and the longest time between two answers since that line.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "asked.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum {
	REPLY_CAP = 4096,
	TAIL_MS = 30,
	EDNS_DO = 0x8000,
	GUARD_S = 600 /* a server that does not answer for so long hangs */
};

static struct follow {
	int fd;
	uint8_t query[ASKED_LEN_MAX];
	size_t query_len;
	bool has_do;
	struct in_addr wanted;
	ns_t first_answer, last_answer, longest_gap, first_right;
} follow;

static void make_query(struct follow *f, const char *text)
{
	struct name name;
	struct pack p;
	const struct pack_rr opt = {name_root, RR_OPT, EDNS_PAYLOAD, EDNS_DO, name_root, 0};
	pack_init(&p, f->query, sizeof(f->query), 1, 0);
	if (name_from_text(text, NULL, &name) || pack_question(&p, name.wire, RR_A, CLASS_IN) ||
		(f->has_do && pack_rr(&p, SECTION_ADDITIONAL, &opt)))
		asked_die("bad name");
	f->query_len = p.len;
}

static void connect_to(struct follow *f, const char *addr, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->fd < 0 || inet_pton(AF_INET, addr, &to.sin_addr) != 1 ||
		connect(f->fd, (struct sockaddr *)&to, sizeof(to)))
		asked_die(addr);
}

static int start_pace(long interval_us)
{
	const struct timespec interval = {interval_us / 1000000, interval_us % 1000000 * 1000};
	const struct itimerspec pace = {interval, interval};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0 || timerfd_settime(fd, 0, &pace, NULL))
		asked_die("timer");
	return fd;
}

/* The type and class of an RRSIG record are in no other place of such an answer, but by a rare accident. */
static bool is_right(const struct follow *f, const uint8_t *reply, size_t len)
{
	static const uint8_t rrsig[] = {0, RR_RRSIG, 0, CLASS_IN};
	return memmem(reply, len, &f->wanted, sizeof(f->wanted)) &&
	       (!f->has_do || memmem(reply, len, rrsig, sizeof(rrsig)));
}

/* Reads all answers that have arrived. */
static void take(struct follow *f)
{
	uint8_t reply[REPLY_CAP];
	ssize_t len;
	while ((len = recv(f->fd, reply, sizeof(reply), 0)) > 0) {
		ns_t now = loop_now();
		if (len < MSG_HEADER_LEN || (reply[3] & 15) != RCODE_NOERROR)
			continue;
		if (f->last_answer && now - f->last_answer > f->longest_gap)
			f->longest_gap = now - f->last_answer;
		if (!f->first_answer) {
			f->first_answer = now;
			puts("answered");
			fflush(stdout);
		}
		f->last_answer = now;
		if (!f->first_right && is_right(f, reply, (size_t)len))
			f->first_right = now;
	}
}

/* Returns when to stop, as far as it is known yet. */
static ns_t end_of(const struct follow *f, ns_t start, ns_t span)
{
	if (f->first_right)
		return f->first_right + TAIL_MS * NS_PER_MS;
	return f->first_answer ? f->first_answer + span : start + GUARD_S * NS_PER_S;
}

int main(int argc, char **argv)
{
	struct follow *f = &follow;
	if (argc < 7 || argc > 8) {
		fprintf(stderr, "usage: follow ADDR PORT NAME IPV4 INTERVAL_US SECONDS [do]\n");
		return 100;
	}
	f->has_do = argc > 7;
	connect_to(f, argv[1], argv[2]);
	make_query(f, argv[3]);
	if (inet_pton(AF_INET, argv[4], &f->wanted) != 1)
		asked_die(argv[4]);
	int timer = start_pace(atol(argv[5]));
	ns_t start = loop_now(), span = (ns_t)(atof(argv[6]) * NS_PER_S);
	struct pollfd fds[] = {{.fd = f->fd, .events = POLLIN}, {.fd = timer, .events = POLLIN}};
	while (loop_now() < end_of(f, start, span)) {
		uint64_t ticks;
		if (poll(fds, 2, TAIL_MS) < 0)
			asked_die("poll");
		/* A question that could not be sent counts as one without an answer. */
		if (read(timer, &ticks, sizeof(ticks)) > 0)
			(void)!send(f->fd, f->query, f->query_len, 0);
		take(f);
	}
	printf("{\"first_right_ns\": %lld, \"longest_gap_us\": %.1f}\n", (long long)f->first_right,
		(double)f->longest_gap / NS_PER_US);
	return 0;
}
