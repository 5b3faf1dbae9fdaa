/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of the writer's part in a signed zone, alone: puts names with one A and two AAAA each, and
 * signs them by a signer that takes no time. Prints the CPU time of the thread for a signature, and bytes of an owner,
 * of the heap and of memory that the kernel has given; then the CPU time of single changes.
 * Never makes a real signature. Run by hand.
 *
 *	sign-loop [NAMES [CHANGES]]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "zone/sign.h"
#include "zone/zone.h"

static struct loop {
	struct zone *zone;
	uint64_t signatures, requests;
} loop;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "sign-loop: %s\n", what);
	exit(111);
}

static ns_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static size_t heap(void)
{
	const struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

/* What the process has of the kernel for its heap, apart from pages that it has given back. */
static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f || fscanf(f, "%*u %lu", &pages) != 1)
		die("/proc/self/statm");
	fclose(f);
	return pages * 4096;
}

static struct name name_of(const char *text)
{
	struct name n;
	if (name_from_text(text, NULL, &n))
		die("bad name");
	return n;
}

static void put_host(unsigned i, const char *below, uint8_t net)
{
	char text[64];
	uint8_t bytes[3][16] = {{10}, {0x20, 1}, {0xfd}};
	struct rdata a = {bytes[0], 4}, aaaa[] = {{bytes[1], 16}, {bytes[2], 16}};
	const struct rrset sets[] = {{RR_A, VIEW_ANY, 60, 1, &a}, {RR_AAAA, VIEW_ANY, 60, 2, aaaa}};
	snprintf(text, sizeof(text), "h%06u%s.bench.example.", i, below);
	struct name owner = name_of(text);
	for (int b = 0; b < 3; b++)
		put_u32(bytes[b] + (b ? 12 : 0), i);
	bytes[0][0] = net;
	if (zone_put(loop.zone, ZONE_STATIC, owner.wire, sets, ARRAY_LEN(sets)))
		die("zone_put failed");
}

/* Until nothing waits any more. */
static void sign_all(void)
{
	static uint8_t sigs[ZONE_REQUEST_MAX][RRSIG_BYTES];
	static const bool is_refused[ZONE_REQUEST_MAX];
	struct zone_request request;
	memset(sigs, 's', sizeof(sigs));
	do {
		zone_garbage_free(zone_commit(loop.zone, 1));
		while (zone_next_request(loop.zone, &request)) {
			loop.signatures += request.count;
			loop.requests++;
			zone_signed(loop.zone, request.ticket, sigs, is_refused, request.count);
		}
	} while (zone_is_signing(loop.zone));
	zone_garbage_free(zone_commit(loop.zone, 1));
}

static void start_zone(void)
{
	struct name apex = name_of("bench.example."), ns = name_of("ns.bench.example.");
	const struct zone_apex params = {apex.wire, ns.wire, ns.wire, 3600, 600, 86400, 60, 300};
	const struct zone_keys keys = {
		.active = {{.alg = DNSSEC_P256, .tag = 1}}, .active_count = 1};
	loop.zone = zone_new(0x1234567890abcdef, (struct zone_listener){0});
	if (!loop.zone || zone_add_apex(loop.zone, &params) || zone_sign(loop.zone, apex.wire) ||
		zone_set_keys(loop.zone, apex.wire, &keys))
		die("no zone");
	zone_set_clock(loop.zone, 1700000000);
}

int main(int argc, char **argv)
{
	static const char *const below[] = {"", ".wan", ".lan"};
	unsigned names = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	unsigned changes = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	size_t before = heap(), pages = resident();
	start_zone();
	ns_t start = now();
	for (unsigned i = 0; i < names; i++)
		for (size_t k = 0; k < ARRAY_LEN(below); k++)
			put_host(i, below[k], 10);
	ns_t put = now();
	sign_all();
	ns_t done = now();
	struct zone_stats stats = zone_stats(loop.zone);
	printf("owners=%zu put_ns=%.0f sign_ns_per_signature=%.0f signatures=%llu "
	       "heap_per_owner=%.0f "
	       "resident=%.0f nodes=%.0f\n",
		stats.names, (double)(put - start) / (double)stats.names,
		(double)(done - put) / (double)loop.signatures, (unsigned long long)loop.signatures,
		(double)(heap() - before) / (double)stats.names,
		(double)(resident() - pages) / (double)stats.names,
		(double)stats.bytes / (double)stats.names);
	malloc_trim(0);
	printf("resident_after_trim=%.0f\n", (double)(resident() - pages) / (double)stats.names);
	loop.signatures = loop.requests = 0;
	start = now();
	for (unsigned i = 0; i < changes; i++) {
		put_host(i % names, ".wan", (uint8_t)(11 + i / names));
		sign_all();
	}
	printf("change_ns=%.0f signatures=%.1f requests=%.1f\n",
		(double)(now() - start) / (double)changes,
		(double)loop.signatures / (double)changes, (double)loop.requests / (double)changes);
	zone_free(loop.zone);
	return 0;
}
