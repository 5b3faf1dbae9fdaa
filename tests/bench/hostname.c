/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of a changed host name: sets one in the UTS namespace of another process,
 * and asks the server until it answers for it.
 * Never starts a server. Run by bench.py and in a machine of tests/vm.
 *
 *	hostname COUNT PID ADDR PORT DOMAIN
 *	hostname calls
 *
 * The first prints the microseconds from before each sethostname(2) to the first answer with an
 * address, as JSON. The second prints the median cost in nanoseconds of an unrelated system call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asked.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum {
	COUNT_MAX = 10000,
	PATIENCE_MS = 20, /* for one reply */
	GIVE_UP_S = 600,  /* for one change: after so long something hangs */
	PAUSE_MS = 20,    /* between changes, so that they are separate */
	CALL_ROUNDS = 101,
	CALLS = 20000
};

static size_t make_query(uint8_t query[512], uint16_t id, const char *label, const char *domain)
{
	char text[NAME_TEXT_CAP];
	struct name name;
	struct pack p;
	snprintf(text, sizeof(text), "%s.lan.%s.", label, domain);
	pack_init(&p, query, 512, id, 0);
	if (name_from_text(text, NULL, &name) || pack_question(&p, name.wire, RR_A, CLASS_IN))
		asked_die(text);
	return p.len;
}

static bool has_answer(int fd, const uint8_t *query, size_t len)
{
	uint8_t reply[4096];
	struct msg_header header;
	if (send(fd, query, len, 0) < 0)
		return false;
	ssize_t got = recv(fd, reply, sizeof(reply), 0);
	if (got < 0)
		return false;
	struct rd r = rd_init(reply, (size_t)got);
	rd_header(&r, &header);
	return !r.err && header.id == get_u16(query) && header.count[SECTION_ANSWER] > 0;
}

static void enter_uts(const char *pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%s/ns/uts", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWUTS))
		asked_die(path);
	close(fd);
}

static void measure_changes(unsigned count, int fd, const char *domain)
{
	printf("[");
	for (unsigned i = 0; i < count && i < COUNT_MAX; i++) {
		char label[32];
		uint8_t query[512];
		snprintf(label, sizeof(label), "bench-%u-%u", (unsigned)getpid(), i);
		size_t len = make_query(query, (uint16_t)i, label, domain);
		const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};
		nanosleep(&pause, NULL);
		ns_t start = loop_now();
		if (sethostname(label, strlen(label)))
			asked_die("sethostname");
		while (!has_answer(fd, query, len))
			if (loop_now() - start > GIVE_UP_S * NS_PER_S) {
				errno = ETIMEDOUT;
				asked_die(label);
			}
		printf("%s%.1f", i ? "," : "", (double)(loop_now() - start) / 1e3);
	}
	printf("]\n");
}

static int cmp(const void *a, const void *b)
{
	ns_t x = *(const ns_t *)a, y = *(const ns_t *)b;
	return (x > y) - (x < y);
}

static void measure_calls(void)
{
	static ns_t rounds[CALL_ROUNDS];
	for (unsigned r = 0; r < CALL_ROUNDS; r++) {
		ns_t start = loop_now();
		for (unsigned i = 0; i < CALLS; i++)
			syscall(SYS_getppid);
		rounds[r] = loop_now() - start;
	}
	qsort(rounds, CALL_ROUNDS, sizeof(rounds[0]), cmp);
	printf("%.1f\n", (double)rounds[CALL_ROUNDS / 2] / CALLS);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "calls") == 0) {
		measure_calls();
		return 0;
	}
	if (argc != 6) {
		fputs("usage: hostname COUNT PID ADDR PORT DOMAIN | hostname calls\n", stderr);
		return 100;
	}
	int fd = asked_connect(argv[3], argv[4], PATIENCE_MS);
	enter_uts(argv[2]);
	measure_changes((unsigned)atoi(argv[1]), fd, argv[5]);
	return 0;
}
