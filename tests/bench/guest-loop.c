/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of the automaton for guests alone, without sockets: N guests hear a recording of
 * tests/net/record-guest up to a time, and keep what it gave them; then it is played again and again to one after the
 * other. Prints the memory of a guest, how many addresses each has, and the time for a frame.
 *
 *	tests/bench/guest-loop FILE MILLISECONDS [GUESTS [ROUNDS]]
 *
 * Run by bench.py.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest/guest.h"

enum { FRAMES = 256, LINE_CAP = 8192 };

static struct recorded {
	ns_t at;
	enum guest_way way;
	size_t len;
	uint8_t bytes[LIMIT_GUEST_FRAME];
} frames[FRAMES];
static size_t frame_count, addr_count;

static void die(const char *what)
{
	fprintf(stderr, "guest-loop: %s\n", what);
	exit(111);
}

static ns_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void on_addr(void *arg, const struct guest_addr *a)
{
	(void)arg;
	(void)a;
	addr_count++;
}

static void on_addr_gone(void *arg, const struct addr *a)
{
	(void)arg;
	(void)a;
	addr_count--;
}

static void read_bytes(struct recorded *f, const char *hex)
{
	unsigned byte;
	for (f->len = 0; f->len < sizeof(f->bytes) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		f->bytes[f->len++] = (uint8_t)byte;
}

static void read_frames(const char *path, unsigned until_ms)
{
	static char line[LINE_CAP], hex[LINE_CAP];
	unsigned ms;
	char way[8];
	FILE *file = fopen(path, "r");
	if (!file)
		die("cannot read the recording");
	while (frame_count < FRAMES && fgets(line, sizeof(line), file)) {
		struct recorded *f = &frames[frame_count];
		if (sscanf(line, "%u %7s %8191s", &ms, way, hex) != 3 || ms > until_ms)
			break;
		f->at = ms * NS_PER_MS;
		f->way = strcmp(way, "says") == 0 ? GUEST_SAYS : GUEST_HEARS;
		read_bytes(f, hex);
		frame_count++;
	}
	fclose(file);
	if (frame_count == 0)
		die("no frames");
}

static struct guest *make_guest(void)
{
	struct guest_config config = {.policy = guest_policy_default(),
		.sink = {.on_addr = on_addr, .on_addr_gone = on_addr_gone}};
	struct guest *g = guest_new(&config);
	if (!g)
		die("no memory");
	return g;
}

/* Returns when it ends, on the guest's clock. */
static ns_t play(struct guest *g, ns_t start)
{
	for (size_t i = 0; i < frame_count; i++) {
		ns_t at = start + frames[i].at;
		guest_hear(g, frames[i].way, frames[i].bytes, frames[i].len, at);
	}
	guest_poll(g, start + frames[frame_count - 1].at + 2 * NS_PER_S);
	return start + frames[frame_count - 1].at + 2 * NS_PER_S;
}

static size_t heap(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 3 ? (unsigned)atoi(argv[3]) : 1000;
	unsigned rounds = argc > 4 ? (unsigned)atoi(argv[4]) : 20000;
	if (argc < 3 || count == 0 || rounds == 0)
		die("usage: guest-loop FILE MILLISECONDS [GUESTS [ROUNDS]]");
	read_frames(argv[1], (unsigned)atoi(argv[2]));
	struct guest **guests = calloc(count, sizeof(struct guest *));
	if (!guests)
		die("no memory");
	size_t before = heap();
	ns_t clock = NS_PER_S;
	for (unsigned i = 0; i < count; i++) {
		guests[i] = make_guest();
		clock = play(guests[i], NS_PER_S);
	}
	printf("bytes_per_guest=%.0f addrs_per_guest=%.2f\n", (double)(heap() - before) / count,
		(double)addr_count / count);
	ns_t begin = now();
	for (unsigned i = 0; i < rounds; i++)
		clock = ns_max(clock, play(guests[i % count], clock));
	ns_t taken = now() - begin;
	printf("ns_per_frame=%.1f frames=%zu\n", (double)taken / rounds / (double)frame_count,
		frame_count);
	for (unsigned i = 0; i < count; i++)
		guest_free(guests[i]);
	free(guests);
	return 0;
}
